/* The dry run: what would be done, in which order.
 *
 * Everything happens inside the transaction that start_dry of run.c began and that is rolled back,
 * so tasks can simply be marked done one after the other, which is what lets the ones behind them
 * come up. */
#include "config/local.h"
#include "run/estimate.h"
#include "run/runner.h"

/* Longer plans are cut: a person reads this. */
#define SHOWN_MAX 1000

/* Once for each provider; the map remembers whom. */
static void tell_missing(orx_runner *r, const orx_provider_config *cfg, orx_map *told) {
    if (orx_map_put(told, orx_view_of(cfg->name), r))
        return;
    bool others = r->cfg->run.router || orx_config_stand_ins(r->cfg, cfg) > 0;
    const char *forbidden = others ? NULL : orx_config_forbidden(r->cfg, cfg, &r->arena);
    if (forbidden)
        orx_run_tell(r, ORX_NOTE_PROBLEM, NULL, false, "%s; a run would block its tasks",
                     forbidden);
    if (orx_exists(r->p, cfg->repo))
        return;
    orx_run_tell(r, ORX_NOTE_PROBLEM, NULL, false,
                 "providers.%s.repo: %s does not exist; a run would leave its tasks waiting",
                 cfg->name, cfg->repo);
}

/* With nobody configured for its owner a task would not be done at all. */
static void estimate(orx_runner *r, const orx_task_row *task, const orx_provider_config *cfg) {
    orx_run_estimate e = {.task = task->id, .title = task->title};
    if (!cfg)
        return;
    orx_run_estimate_of(r, cfg, &e);
    r->setup.estimated(&e, r->setup.user);
}

static int show(orx_runner *r, const char *id, int64_t place, orx_map *told, orx_err *err) {
    orx_try t = {.r = r, .model = "", .problem = "", .note = ""};
    int rc = orx_task_get(r->s, r->lane, id, &t.arena, &t.task, err);
    if (rc == 0) {
        const orx_provider_config *cfg = orx_config_provider(r->cfg, t.task.owner);
        t.number = t.task.attempts + 1;
        if (cfg)
            tell_missing(r, cfg, told);
        if (r->setup.estimated)
            estimate(r, &t.task, cfg);
        else
            orx_run_tell(r, ORX_NOTE_SELECTED, &t, true, "%lld. %s (%s%s%s)", (long long)place,
                         t.task.title, t.task.owner, cfg && cfg->model ? ", " : "",
                         cfg && cfg->model ? cfg->model : "");
        rc = orx_task_select(r->s, r->lane, id, NULL, err);
    }
    if (rc == 0)
        rc = orx_task_done(r->s, r->lane, id, "", err);
    orx_arena_free(&t.arena);
    return rc;
}

static void conclude(orx_runner *r, int64_t shown) {
    orx_task_counts n;
    (void)orx_task_count(r->s, r->lane, &n, NULL);
    orx_run_tell(r, ORX_NOTE_ENDED, NULL, true,
                 "dry run: nothing was changed; %lld task%s would be done%s, %lld would wait for a "
                 "retry delay, %lld for other tasks, %lld are blocked",
                 (long long)shown, shown == 1 ? "" : "s", n.ready ? " and more after these" : "",
                 (long long)n.delayed, (long long)n.held, (long long)n.blocked);
}

int orx_run_dry(orx_runner *r, orx_err *err) {
    ORX_CLEANUP(orx_arena_free) orx_arena arena = {0};
    ORX_CLEANUP(orx_map_free) orx_map told = {0};
    int64_t shown = 0;
    int rc = r->setup.estimated
                 ? orx_price_files_read(r->p, r->cfg->root, r->cfg->paths.pricing_file,
                                        r->cfg->paths.prices_file, &r->prices, err)
                 : 0;
    if (rc < 0)
        return rc;
    rc = 0;
    while (rc == 0 && shown < SHOWN_MAX) {
        const char *id = NULL;
        rc = orx_queue_next(r->queue, NULL, &arena, &id, err);
        if (rc == 0)
            rc = show(r, id, ++shown, &told, err);
    }
    if (rc < 0 && rc != ORX_E_NOT_FOUND)
        return rc;
    if (!r->setup.estimated)
        conclude(r, shown);
    return 0;
}

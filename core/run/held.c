/* Owners whose tasks wait because nothing that could do them takes a call. */
#include "run/deployments.h"

#include "config/local.h"
#include "run/candidates.h"
#include "run/fallbacks.h"
#include "run/network.h"
#include "run/routers.h"
#include "run/strategy.h"

/* How long an owner is held at most before it is looked again: other processes change things. */
#define HELD_LEAST_NS (100 * ORX_MS)
#define HELD_MOST_NS  (60 * ORX_SEC)

/* What was found about everything that could do a task. */
typedef struct survey {
    orx_arena *arena;
    int64_t tokens;
    bool open;          /* something takes a call now */
    int64_t wait_ns;    /* until something may, -1 = nothing will */
    orx_node *filtered; /* as the event shows it */
} survey;

static void survey_model(orx_try *t, const orx_provider_config *p, const char *model, survey *out) {
    if (t->r->cfg->run.local_only && !orx_config_is_local(p))
        return;
    orx_run_filtered f = {.deployment = orx_run_deployment(out->arena, p->name, model)};
    f.why = orx_run_deployment_refusal(t, p, model, out->tokens, &f.wait_ns);
    out->open = !f.why;
    if (!f.why)
        return;
    if (f.wait_ns >= 0 && (out->wait_ns < 0 || f.wait_ns < out->wait_ns))
        out->wait_ns = f.wait_ns;
    orx_node_push(out->filtered, orx_run_filtered_node(out->arena, &f));
}

static void survey_provider(orx_try *t, const orx_provider_config *p, survey *out) {
    size_t count = 0;
    const char *const *models = orx_run_models(p, out->arena, &count);
    for (size_t i = 0; i < count && !out->open; i++)
        survey_model(t, p, models[i], out);
}

static void survey_fallbacks(orx_try *t, survey *out) {
    const orx_strings *names = orx_run_list_names(t->r->cfg, t->provider->cfg, ORX_LIST_GENERAL);
    for (size_t i = 0; i < names->count && !out->open; i++) {
        orx_view model = orx_view_of(names->items[i]);
        orx_view name;
        (void)orx_view_split(&model, '/', &name);
        const orx_provider_config *p =
            orx_config_provider(t->r->cfg, orx_arena_dup(out->arena, name));
        if (p)
            survey_model(t, p,
                         model.len  ? orx_arena_dup(out->arena, model)
                         : p->model ? p->model
                                    : "",
                         out);
    }
}

/* Whether others than the task's owner may do it. */
static bool has_others(const orx_try *t) {
    const orx_config *cfg = t->r->cfg;
    const orx_provider_config *own = t->provider->cfg;
    return orx_run_router_name(t) || orx_run_list_names(cfg, own, ORX_LIST_GENERAL)->count ||
           orx_config_strategy(cfg, own) != ORX_STRATEGY_ORDER;
}

static void survey_all(orx_try *t, survey *out) {
    const orx_config *cfg = t->r->cfg;
    const orx_provider_config *own = t->provider->cfg;
    survey_provider(t, own, out);
    for (size_t i = 0; !out->open && i < cfg->provider_count; i++) {
        const orx_provider_config *p = &cfg->providers[i];
        bool may = orx_run_router_name(t) ? p->enabled && p != own : orx_run_in_group(cfg, own, p);
        if (may)
            survey_provider(t, p, out);
    }
    survey_fallbacks(t, out);
}

/* Told once, however often it is looked again. */
static int tell_held(orx_try *t, const survey *found, orx_err *err) {
    const orx_node *first = orx_node_at(found->filtered, 0);
    if (t->provider->held)
        return 0;
    t->provider->held = true;
    orx_run_tell(t->r, ORX_NOTE_WAITING, NULL, true, "tasks of %s wait: %s takes no call (%s)",
                 t->task.owner, orx_node_str(orx_node_get(first, "deployment"), ""),
                 orx_node_str(orx_node_get(first, "why"), ""));
    orx_node *body = orx_node_new(&t->arena, ORX_OBJECT);
    orx_node_set_str(&t->arena, body, "owner", t->task.owner);
    orx_node_set_int(&t->arena, body, "wait_ms", found->wait_ns / ORX_MS);
    orx_node_set(&t->arena, body, "filtered", found->filtered);
    const orx_event e = {.kind = "route.held", .schema = 1, .task = t->task.id, .body = body};
    return orx_event_note(t->r->s, &e, err);
}

static int hold(orx_try *t, const survey *found, orx_err *err) {
    int64_t wait = found->wait_ns < HELD_LEAST_NS ? HELD_LEAST_NS : found->wait_ns;
    wait = wait > HELD_MOST_NS ? HELD_MOST_NS : wait;
    t->provider->held_until_ns = orx_mono_ns(t->r->p) + wait;
    t->r->cycle--;
    int rc = tell_held(t, found, err);
    return rc < 0 ? rc : 1;
}

int orx_run_deployments_look(orx_try *t, orx_err *err) {
    bool anybody = orx_run_router_name(t) || t->provider->forbidden;
    const char *only = anybody || has_others(t) ? NULL : t->provider->cfg->name;
    orx_deployment_rows *rows = ORX_ARENA_NEW(&t->arena, orx_deployment_rows);
    int rc = orx_deployments_read(t->r->s, only, &t->arena, rows, err);
    if (rc == 0)
        rc = orx_run_network_read(t, err);
    if (rc < 0)
        return rc;
    t->deployments = rows;
    /* All models of a provider are where it is, whichever the plan would name. */
    bool away = orx_run_network_shuts(t, t->provider->cfg, &(int64_t){0});
    if (!away && (!rows->count || (!anybody && !t->provider->own_models)))
        return 0;
    survey found = {.arena = &t->arena, .tokens = orx_run_least_tokens(t), .wait_ns = -1};
    found.filtered = orx_node_new(&t->arena, ORX_ARRAY);
    survey_all(t, &found);
    if (!found.open && found.wait_ns >= 0)
        return hold(t, &found, err);
    t->provider->held = false;
    return 0;
}

/* ---- Waiting --------------------------------------------------------------------------------- */

bool orx_run_is_held(const orx_runner *r, orx_provider *v) {
    v->waiting = v->held_until_ns > orx_mono_ns(r->p);
    return v->waiting;
}

int64_t orx_run_held_wait(const orx_runner *r, int64_t wait_ns) {
    size_t i = 0;
    const orx_map_entry *e;
    while ((e = orx_map_next(&r->providers, &i))) {
        const orx_provider *v = e->value;
        int64_t left = v->held_until_ns - orx_mono_ns(r->p);
        left = left > 0 ? left : 0;
        if (v->waiting && (wait_ns < 0 || left < wait_ns))
            wait_ns = left;
    }
    return wait_ns;
}

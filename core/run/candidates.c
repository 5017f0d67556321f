/* Candidates and what is known of them. */
#include "run/candidates.h"

#include "run/agent.h"

#define CANDIDATES_MAX 1024

const char *orx_run_deployment(orx_arena *arena, const char *provider, const char *model) {
    return *model ? orx_arena_printf(arena, "%s/%s", provider, model)
                  : orx_arena_strdup(arena, provider);
}

static bool listed(const char *const *models, size_t count, const char *model) {
    for (size_t i = 0; i < count; i++)
        if (orx_view_ieq(orx_view_of(models[i]), orx_view_of(model)))
            return true;
    return false;
}

const char *const *orx_run_models(const orx_provider_config *provider, orx_arena *arena,
                                  size_t *ret_count) {
    const char **models = orx_arena_zalloc(arena, provider->models.count + 1, sizeof *models);
    size_t n = 0;
    if (!provider->router_name || !provider->models.count)
        models[n++] = provider->model ? provider->model : "";
    for (size_t i = 0; i < provider->models.count; i++)
        if (!listed(models, n, provider->models.items[i]))
            models[n++] = provider->models.items[i];
    *ret_count = n;
    return models;
}

/* ---- What is known of one -------------------------------------------------------------------- */

static int read_history(orx_store *s, const orx_candidate *c, orxaq_candidate *view, orx_err *err) {
    orx_sql *q;
    int rc = orx_sql_get(
        s,
        "SELECT count(*), coalesce(sum(good), 0), coalesce(avg(wall_ns), -1),"
        " coalesce(avg(cost), -1) FROM (SELECT c.wall_ns AS wall_ns, c.cost_nano_usd AS cost,"
        " (a.verdict = 'done' AND c.id = (SELECT max(id) FROM call WHERE attempt = a.id)) AS good"
        " FROM call AS c JOIN attempt AS a ON a.id = c.attempt"
        " WHERE c.provider = ?1 AND c.model_asked = ?2 AND c.kind >= 0"
        " ORDER BY c.id DESC LIMIT 200)",
        &q, err);
    if (rc < 0)
        return rc;
    orx_sql_str(q, 1, c->provider->cfg->name);
    orx_sql_str(q, 2, c->model);
    rc = orx_sql_step(q, err);
    if (rc == 1) {
        view->calls = orx_sql_col_int(q, 0);
        view->success_ppm =
            view->calls ? orx_sql_col_int(q, 1) * 1000000 / view->calls : view->success_ppm;
        view->latency_ns = orx_sql_col_int(q, 2);
        view->cost_nano_usd = orx_sql_col_int(q, 3);
    }
    orx_sql_reset(q);
    return rc < 0 ? rc : 0;
}

static int describe(orx_try *t, const orx_candidate *c, orxaq_candidate *ret_view, orx_err *err) {
    orxaq_candidate view = {
        .struct_size = sizeof view,
        .deployment = orxaq_str(c->deployment),
        .provider = orxaq_str(c->provider->cfg->name),
        .model = orxaq_str(c->model),
        .account = orxaq_str(c->provider->cfg->account),
        .features = orx_instance_features(c->provider->instance),
        .context_tokens = -1,
        .input_price = -1,
        .output_price = -1,
        .in_flight = -1,
        .limit = -1,
        .success_ppm = -1,
    };
    int rc = read_history(t->r->s, c, &view, err);
    if (rc == 0)
        *ret_view = view;
    return rc;
}

/* ---- All of them ----------------------------------------------------------------------------- */

bool orx_run_does_tasks(const orx_instance *instance) {
    return (orx_instance_ops(instance) & ORXAQ_OP_BIT(ORXAQ_OP_TASK)) ||
           orx_run_needs_agent(instance);
}

static int add_provider(orx_try *t, orx_provider *v, orx_candidates *c, orx_err *err) {
    size_t n = 0;
    const char *const *models = orx_run_models(v->cfg, &t->arena, &n);
    if (v->forbidden || !orx_run_does_tasks(v->instance))
        return 0;
    for (size_t i = 0; i < n && c->count < CANDIDATES_MAX; i++) {
        orx_candidate *item = &c->items[c->count];
        *item =
            (orx_candidate){v, orx_run_deployment(&t->arena, v->cfg->name, models[i]), models[i]};
        int rc = describe(t, item, &c->views[c->count], err);
        if (rc < 0)
            return rc;
        c->count++;
    }
    return 0;
}

int orx_run_candidates(orx_try *t, orx_candidates *ret_candidates, orx_err *err) {
    const orx_config *cfg = t->r->cfg;
    orx_candidates c = {0};
    size_t most = 0;
    for (size_t i = 0; i < cfg->provider_count; i++)
        most += 1 + cfg->providers[i].models.count;
    most = most < CANDIDATES_MAX ? most : CANDIDATES_MAX;
    c.items = orx_arena_zalloc(&t->arena, most, sizeof *c.items);
    c.views = orx_arena_zalloc(&t->arena, most, sizeof *c.views);
    int rc = add_provider(t, t->provider, &c, err);
    for (size_t i = 0; rc == 0 && i < cfg->provider_count; i++) {
        const orx_provider_config *p = &cfg->providers[i];
        if (!p->enabled || !p->routed || p == t->provider->cfg)
            continue;
        orx_provider *v = orx_run_provider(t->r, p->name);
        if (v)
            rc = add_provider(t, v, &c, err);
    }
    if (rc == 0)
        *ret_candidates = c;
    return rc;
}

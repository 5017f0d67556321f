/* Plans without what may not be called, and what calls say of their deployments. */
#include "run/deployments.h"

#include "config/local.h"
#include "run/candidates.h"
#include "run/network.h"
#include "run/text.h"

void orx_run_deployment_ref(orx_try *t, const orx_run_step *step, orx_deployment_ref *ret_ref) {
    orx_deployment_ref_of(t->r->cfg, step->provider->cfg, step->model, &t->arena, ret_ref);
}

/* ---- Hard filters ---------------------------------------------------------------------------- */

int64_t orx_run_least_tokens(const orx_try *t) {
    return orx_text_tokens(orx_view_of(t->task.title)) +
           orx_text_tokens(orx_view_of(t->task.description));
}

const char *orx_run_deployment_refusal(orx_try *t, const orx_provider_config *p, const char *model,
                                       int64_t tokens, int64_t *ret_wait_ns) {
    orx_deployment_ref ref;
    int64_t wait = 0;
    *ret_wait_ns = -1;
    if (p->context_tokens && tokens > p->context_tokens)
        return "context_window";
    if (orx_run_network_shuts(t, p, ret_wait_ns))
        return "network_offline";
    orx_deployment_ref_of(t->r->cfg, p, model, &t->arena, &ref);
    orx_gate gate = orx_deployments_gate(t->r->s, t->deployments, &ref, tokens, &wait);
    if (gate == ORX_GATE_OPEN)
        return NULL;
    *ret_wait_ns = wait;
    return orx_gate_word(gate);
}

orx_node *orx_run_filtered_node(orx_arena *arena, const orx_run_filtered *f) {
    orx_node *n = orx_node_new(arena, ORX_OBJECT);
    orx_node_set_str(arena, n, "deployment", f->deployment);
    orx_node_set_str(arena, n, "why", f->why);
    if (f->wait_ns >= 0)
        orx_node_set_int(arena, n, "wait_ms", f->wait_ns / ORX_MS);
    return n;
}

/* ---- The plan -------------------------------------------------------------------------------- */

/* What was found about each of a set. */
typedef struct sieve {
    orx_run_filtered *found; /* why NULL: it may be called */
    size_t count;
    size_t open;
    size_t passing;   /* may not, but may later */
    bool last_resort; /* something has to remain */
} sieve;

typedef void (*look_at)(orx_try *t, const void *set, size_t i, int64_t tokens,
                        orx_run_filtered *ret);

static sieve sift(orx_try *t, size_t count, look_at look, const void *set) {
    sieve s = {.found = orx_arena_zalloc(&t->arena, count + 1, sizeof *s.found), .count = count};
    int64_t tokens = orx_run_least_tokens(t);
    for (size_t i = 0; i < count; i++) {
        look(t, set, i, tokens, &s.found[i]);
        s.open += !s.found[i].why;
        s.passing += s.found[i].why && s.found[i].wait_ns >= 0;
    }
    t->plan.group = s.open + s.passing;
    return s;
}

static bool is_noted(const orx_run_plan *plan, const char *deployment) {
    for (size_t i = 0; i < plan->filtered_count; i++)
        if (strcmp(plan->filtered[i].deployment, deployment) == 0)
            return true;
    return false;
}

/* Room for what a set may add. */
static void make_room(orx_try *t, size_t more) {
    orx_run_plan *plan = &t->plan;
    orx_run_filtered *list = orx_arena_zalloc(&t->arena, plan->filtered_count + more, sizeof *list);
    for (size_t i = 0; i < plan->filtered_count; i++)
        list[i] = plan->filtered[i];
    plan->filtered = list;
}

/* Whether entry i goes; notes it then. */
static bool drops(orx_try *t, const sieve *s, size_t i) {
    const orx_run_filtered *f = &s->found[i];
    bool for_ever = f->wait_ns < 0 && (s->passing || !s->last_resort);
    if (!f->why || (!s->open && !for_ever))
        return false;
    if (!is_noted(&t->plan, f->deployment))
        t->plan.filtered[t->plan.filtered_count++] = *f;
    return true;
}

static void look_at_step(orx_try *t, const void *set, size_t i, int64_t tokens,
                         orx_run_filtered *ret) {
    const orx_run_step *step = &((const orx_run_step *)set)[i];
    ret->deployment = step->deployment;
    ret->why =
        orx_run_deployment_refusal(t, step->provider->cfg, step->model, tokens, &ret->wait_ns);
}

/* Whether all models of the plan are the provider's own, or of another one: then looking at those
 * says beforehand whether a plan would find anybody. */
static bool own_models(orx_try *t) {
    size_t count = 0;
    size_t own = 0;
    const char *const *models = orx_run_models(t->provider->cfg, &t->arena, &count);
    for (size_t i = 0; i < t->plan.count; i++) {
        bool listed = t->plan.steps[i].provider != t->provider;
        for (size_t k = 0; k < count && !listed; k++)
            listed = strcmp(t->plan.steps[i].model, models[k]) == 0;
        own += listed;
    }
    return own == t->plan.count;
}

void orx_run_deployments_filter(orx_try *t) {
    orx_run_plan *plan = &t->plan;
    size_t kept = 0;
    if (!t->deployments)
        return;
    t->provider->own_models = own_models(t);
    sieve s = sift(t, plan->count, look_at_step, plan->steps);
    s.last_resort = true;
    make_room(t, s.count);
    for (size_t i = 0; i < s.count; i++)
        if (!drops(t, &s, i))
            plan->steps[kept++] = plan->steps[i];
    plan->count = kept;
}

/* ---- For a router ---------------------------------------------------------------------------- */

static void look_at_candidate(orx_try *t, const void *set, size_t i, int64_t tokens,
                              orx_run_filtered *ret) {
    const orx_candidate *c = &((const orx_candidate *)set)[i];
    ret->deployment = c->deployment;
    ret->why = orx_run_deployment_refusal(t, c->provider->cfg, c->model, tokens, &ret->wait_ns);
}

static void describe(orx_try *t, const orx_candidate *c, orxaq_candidate *view) {
    const orx_provider_config *p = c->provider->cfg;
    const orx_deployment_row *row = orx_deployments_find(t->deployments, p->name, c->model);
    orx_deployment_ref ref;
    orx_deployment d = {.at = 0};
    if (row)
        d = row->d;
    orx_deployment_ref_of(t->r->cfg, p, c->model, &t->arena, &ref);
    orx_deployment_settle(&d, &ref.policy, t->deployments->now);
    view->local = orx_config_is_local(p);
    view->context_tokens = p->context_tokens ? p->context_tokens : -1;
    view->in_flight = row ? row->in_flight : 0;
    view->limit = d.limit;
}

void orx_run_deployments_offer(orx_try *t, orx_candidates *c) {
    if (!t->deployments)
        return;
    sieve s = sift(t, c->count, look_at_candidate, c->items);
    size_t kept = 0;
    make_room(t, s.count);
    for (size_t i = 0; i < s.count; i++) {
        if (drops(t, &s, i))
            continue;
        c->items[kept] = c->items[i];
        c->views[kept] = c->views[i];
        describe(t, &c->items[kept], &c->views[kept]);
        kept++;
    }
    c->count = kept;
}

/* ---- The call -------------------------------------------------------------------------------- */

int orx_run_turned_away(orx_try *t, const orx_admission *admission) {
    t->turned_away = true;
    t->no_program = false;
    t->wait_ns = admission->wait_ns > ORX_SEC ? admission->wait_ns : ORX_SEC;
    t->facts.kind = ORXAQ_KIND_OVERLOADED;
    t->facts.claim = ORX_CLAIM_NONE;
    t->problem = orx_arena_printf(&t->arena, "%s took no call: %s", t->step->deployment,
                                  orx_gate_word(admission->gate));
    return 0;
}

static int64_t stated(int64_t n) {
    return n > 0 ? n : 0;
}

orx_deployment_end orx_run_deployment_end(orx_try *t, const orx_deployment_ref *ref,
                                          const orx_run_ended *ended) {
    int64_t requests = 0;
    int64_t output = -1;
    for (size_t i = 0; i < ended->usage_count; i++) {
        const orxaq_usage *u = &ended->usage[i];
        if (u->scope == ORXAQ_SCOPE_SESSION)
            continue;
        requests += stated(u->requests);
        output = stated(output) + stated(u->output_tokens) + stated(u->reasoning_tokens);
    }
    int64_t retry_after = ended->kind == ORXAQ_KIND_OK ? 0 : stated(ended->retry_after_ms);
    t->called = true;
    return (orx_deployment_end){
        .ref = ref,
        .lane = t->r->lane,
        .task = t->task.id,
        .attempt = t->id,
        .call = t->call,
        .kind = ended->kind,
        .signal = {.retry_after_ns =
                       retry_after < INT64_MAX / ORX_MS ? retry_after * ORX_MS : INT64_MAX,
                   .duration_ns = ended->wall_ns,
                   .group = (int64_t)t->plan.group,
                   .requests = stated(requests - 1),
                   .tokens = ended->tokens >= 0 ? ended->tokens - t->charged : 0,
                   .output_tokens = output},
    };
}

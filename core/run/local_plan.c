#include "run/local_plan.h"

#include "base/vec.h"
#include "config/fleet_status.h"
#include "platform/loop.h"
#include "plugin/job.h"
#include "run/candidates.h"

#include <stdlib.h>

#define PATIENCE_NS (1500 * ORX_MS)
#define MODELS_MAX  1024
#define STEPS_MAX   256

/* What an endpoint said it serves. */
struct orx_run_served {
    orx_arena arena;
    ORX_VEC(const char *) models; /* NULL-terminated when asked is done */
    int64_t until_ns;             /* monotonic; believed until then */
    orx_job *job;                 /* that asks, or NULL */
    orxaq_probe_args args;
    orx_job_events events;
};

typedef struct orx_run_served served;

void orx_run_served_free(served *s) {
    if (!s)
        return;
    orx_job_free(s->job);
    orx_vec_free(&s->models);
    orx_arena_free(&s->arena);
    free(s);
}

/* ---- What they serve ------------------------------------------------------------------------- */

static void on_model(void *user, const orxaq_model *m) {
    served *s = user;
    bool chats = !m->abilities || (m->abilities & ORXAQ_MODEL_CHAT);
    if (chats && m->id.len && s->models.len < MODELS_MAX)
        orx_vec_push(&s->models, orx_arena_dup(&s->arena, orx_view_mem(m->id.data, m->id.len)));
}

/* Nobody is to write there; a job has to have a folder all the same. */
static const char *folder_of(orx_runner *r, const orx_provider *v, orx_arena *arena) {
    const char *dir =
        orx_arena_printf(arena, "%s/providers/%s", r->cfg->paths.state_dir, v->cfg->name);
    (void)orx_mkdirs(r->p, dir, true, NULL);
    return dir;
}

/* An endpoint that cannot even be asked serves nothing that is known of. */
static void begin_look(orx_runner *r, orx_provider *v) {
    served *s = v->served;
    if (!s)
        s = v->served = orx_xcalloc(1, sizeof *s);
    orx_arena_free(&s->arena);
    orx_vec_free(&s->models);
    const char *dir = folder_of(r, v, &s->arena);
    s->until_ns = orx_mono_ns(r->p) + r->cfg->local.models_ttl_ns;
    s->args = (orxaq_probe_args){
        .struct_size = sizeof s->args, .files_dir = orxaq_str(dir), .state_dir = orxaq_str(dir)};
    s->events = (orx_job_events){.model = on_model, .user = s};
    const orx_job_spec spec = {.instance = v->instance,
                               .kind = ORX_JOB_PROVIDER,
                               .op = ORXAQ_OP_MODELS,
                               .args = &s->args,
                               .events = &s->events,
                               .files_dir = dir,
                               .total_ns = PATIENCE_NS,
                               .plain_http = v->cfg->plain_http,
                               .ca_file = v->cfg->ca_file};
    (void)orx_job_start(r->p, &spec, &s->job, NULL);
}

static void end_look(orx_runner *r, served *s) {
    if (!s->job)
        return;
    while (!*orx_job_done(s->job)) {
        if (r->stop)
            orx_job_cancel(s->job, ORXAQ_CANCEL_ASKED);
        orx_loop_step(r->p, 200 * ORX_MS);
    }
    /* What came before it broke off is not the whole. */
    if (orx_job_result_of(s->job)->kind != ORXAQ_KIND_OK)
        orx_vec_free(&s->models);
    orx_job_free(s->job);
    s->job = NULL;
}

static bool is_stale(const orx_runner *r, const served *s) {
    return !s || orx_mono_ns(r->p) >= s->until_ns;
}

static void look_all(orx_runner *r, orx_local_member *members, size_t count) {
    for (size_t i = 0; i < count; i++)
        if (is_stale(r, members[i].provider->served))
            begin_look(r, members[i].provider);
    for (size_t i = 0; i < count; i++) {
        served *s = members[i].provider->served;
        end_look(r, s);
        members[i].served = (orx_strings){s->models.items, s->models.len};
    }
}

/* ---- How they are ---------------------------------------------------------------------------- */

/* A file that cannot be read says nothing; it is read again when it is due. */
static void read_fleet(orx_runner *r) {
    orx_fleet_status none = {0};
    if (r->fleet_until_ns && orx_mono_ns(r->p) < r->fleet_until_ns)
        return;
    r->fleet_until_ns = orx_mono_ns(r->p) + r->cfg->local.health_ttl_ns;
    orx_arena_free(&r->fleet_arena);
    r->fleet = none;
    (void)orx_fleet_status_read(r->p, r->cfg->paths.fleet_status_file, &r->fleet_arena, &r->fleet,
                                NULL);
}

static bool is_sick(const orx_runner *r, const orx_provider_config *p) {
    const char *url = orx_node_str(orx_node_get(p->settings, "base_url"), "");
    const orx_fleet_endpoint *known = orx_fleet_find(&r->fleet, url);
    return known && known->sick;
}

/* Calls that began and did not end; those of runners that died are made up by the next. */
static int64_t in_flight(orx_runner *r, const char *provider) {
    orx_sql *q;
    int64_t n = 0;
    if (orx_sql_get(r->s,
                    "SELECT count(*) FROM attempt AS a CROSS JOIN call AS c ON c.attempt = a.id"
                    " WHERE a.step < 5 AND c.provider = ?1 AND c.kind < 0",
                    &q, NULL) < 0)
        return 0;
    orx_sql_str(q, 1, provider);
    if (orx_sql_step(q, NULL) == 1)
        n = orx_sql_col_int(q, 0);
    orx_sql_reset(q);
    return n;
}

size_t orx_run_local_members(orx_runner *r, const orx_provider_config *owner, orx_arena *arena,
                             orx_local_member **ret_members) {
    const orx_config *cfg = r->cfg;
    orx_local_member *members = orx_arena_zalloc(arena, cfg->provider_count + 1, sizeof *members);
    size_t n = 0;
    read_fleet(r);
    for (size_t i = 0; i < cfg->provider_count; i++) {
        const orx_provider_config *p = &cfg->providers[i];
        if (!p->stands_for || strcmp(p->stands_for, owner->name) != 0)
            continue;
        orx_provider *v = orx_run_provider(r, p->name);
        if (v)
            members[n++] = (orx_local_member){
                .provider = v, .sick = is_sick(r, p), .in_flight = in_flight(r, p->name)};
    }
    look_all(r, members, n);
    *ret_members = members;
    return n;
}

/* ---- Models ---------------------------------------------------------------------------------- */

/* The model as the list spells it, or NULL. */
static const char *listed(const orx_strings *list, const char *model) {
    for (size_t i = 0; i < list->count; i++)
        if (orx_routellm_same_model(orx_view_of(list->items[i]), orx_view_of(model)))
            return list->items[i];
    return NULL;
}

orx_strings orx_run_local_served(const orx_local_member *members, size_t count, orx_arena *arena) {
    size_t most = 1;
    for (size_t i = 0; i < count; i++)
        most += members[i].served.count;
    const char **models = orx_arena_zalloc(arena, most, sizeof *models);
    orx_strings all = {models, 0};
    for (size_t i = 0; i < count; i++)
        for (size_t k = 0; k < members[i].served.count; k++)
            if (!listed(&all, members[i].served.items[k]))
                models[all.count++] = orx_arena_strdup(arena, members[i].served.items[k]);
    return all;
}

/* ---- Which endpoint ---------------------------------------------------------------------------
 */

/* Keeps those that are wanted, unless that would leave none. */
static size_t keep(size_t *order, size_t count, const bool *wanted) {
    size_t kept = 0;
    for (size_t i = 0; i < count; i++)
        kept += wanted[order[i]];
    if (!kept)
        return count;
    kept = 0;
    for (size_t i = 0; i < count; i++)
        if (wanted[order[i]])
            order[kept++] = order[i];
    return kept;
}

/* Stable, so that equals stay in turn. */
static void by_load(size_t *order, size_t count, const orx_local_member *members) {
    for (size_t i = 1; i < count; i++) {
        size_t one = order[i];
        size_t k = i;
        for (; k > 0 && members[order[k - 1]].in_flight > members[one].in_flight; k--)
            order[k] = order[k - 1];
        order[k] = one;
    }
}

size_t orx_run_local_order(const orx_local_member *members, size_t count, const char *model,
                           uint64_t turn, orx_arena *arena, size_t **ret_order) {
    size_t *all = orx_arena_zalloc(arena, count + 1, sizeof *all);
    size_t *order = orx_arena_zalloc(arena, count + 1, sizeof *order);
    bool *wanted = orx_arena_zalloc(arena, count + 1, sizeof *wanted);
    size_t n = count;
    for (size_t i = 0; i < count; i++) {
        all[i] = i;
        wanted[i] = listed(&members[i].served, model) != NULL;
    }
    n = keep(all, n, wanted);
    for (size_t i = 0; i < count; i++)
        wanted[i] = !members[i].sick;
    n = keep(all, n, wanted);
    for (size_t i = 0; i < n; i++)
        order[i] = all[(i + (size_t)(turn % n)) % n];
    by_load(order, n, members);
    *ret_order = order;
    return n;
}

/* How often a model was asked for before. */
static uint64_t next_turn(orx_runner *r, const char *model) {
    uint64_t *turn = orx_map_get(&r->local_turns, orx_view_of(model));
    if (!turn) {
        turn = ORX_ARENA_NEW(&r->arena, uint64_t);
        orx_map_put(&r->local_turns, orx_view_of(model), turn);
    }
    return (*turn)++;
}

/* [K] Where the first call goes. */
static void note_endpoint(orx_routellm_decision *d, const orx_local_member *m, size_t i,
                          size_t count) {
    d->endpoint = orx_node_str(orx_node_get(m->provider->cfg->settings, "base_url"), "");
    d->endpoint_slot = (int64_t)i + 1;
    d->endpoint_count = (int64_t)count;
}

static void add_step(orx_try *t, const orx_local_member *m, const char *model) {
    const char *own = listed(&m->served, model);
    const char *asked = orx_arena_strdup(&t->arena, own ? own : model);
    t->plan.steps[t->plan.count++] = (orx_run_step){
        .provider = m->provider,
        .deployment = orx_run_deployment(&t->arena, m->provider->cfg->name, asked),
        .model = asked,
    };
}

void orx_run_local_steps(orx_try *t, const orx_local_member *members, size_t count,
                         const char *const *models, size_t model_count) {
    t->plan.count = 0;
    t->plan.steps = orx_arena_zalloc(&t->arena, STEPS_MAX, sizeof *t->plan.steps);
    for (size_t i = 0; i < model_count; i++) {
        size_t *order = NULL;
        uint64_t turn = next_turn(t->r, models[i]);
        size_t n = orx_run_local_order(members, count, models[i], turn, &t->arena, &order);
        for (size_t k = 0; k < n && t->plan.count < STEPS_MAX; k++) {
            if (!t->plan.count)
                note_endpoint(&t->plan.decision, &members[order[k]], order[k], count);
            add_step(t, &members[order[k]], models[i]);
        }
    }
}

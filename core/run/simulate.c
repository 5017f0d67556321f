#include "run/simulate.h"

#include "base/vec.h"
#include "data/json.h"
#include "plugin/route.h"
#include "route/strategy.h"
#include "run/embedding.h"
#include "run/record.h"
#include "run/text.h"
#include "task/task.h"

#include <stdlib.h>

#define SELECT_NS (2 * ORX_SEC)

typedef ORX_VEC(orx_replayed) replayed_vec;

typedef struct replaying {
    orx_store *s;
    const orx_decider *by;
    orx_arena *arena; /* of the result */
    orx_arena work;   /* of one decision */
    orx_embedding_need need;
    orx_simulation sum;
    replayed_vec items;
} replaying;

/* ---- What was known -------------------------------------------------------------------------- */

static int64_t figure(const orx_node *n, const char *key) {
    return orx_node_int(orx_node_get(n, key), -1);
}

/* "PROVIDER/MODEL" or "PROVIDER". */
static void split(const char *deployment, orx_view *ret_provider, orx_view *ret_model) {
    *ret_model = orx_view_of(deployment);
    (void)orx_view_split(ret_model, '/', ret_provider);
}

static orxaq_view out(orx_view v) {
    return orxaq_view_of(v.len ? v.p : "", v.len);
}

static orxaq_candidate candidate_of(const orx_node *n) {
    orx_view provider;
    orx_view model;
    const char *deployment = orx_node_str(orx_node_get(n, "deployment"), "");
    int64_t latency = figure(n, "latency_ms");
    split(deployment, &provider, &model);
    return (orxaq_candidate){
        .struct_size = sizeof(orxaq_candidate),
        .local = orx_node_bool(orx_node_get(n, "local"), false),
        .deployment = orxaq_str(deployment),
        .provider = out(provider),
        .model = out(model),
        .account = out(provider),
        .context_tokens = figure(n, "context_tokens"),
        .input_price = -1,
        .output_price = -1,
        .in_flight = figure(n, "in_flight"),
        .limit = -1,
        .calls = orx_node_int(orx_node_get(n, "calls"), 0),
        .success_ppm = figure(n, "success_ppm"),
        .latency_ns = latency < 0 ? -1 : latency * ORX_MS,
        .cost_nano_usd = figure(n, "cost_nano_usd"),
    };
}

/* The candidates of a decision: those a router was shown, else the static order. */
static const orx_node *recorded(const orx_node *body) {
    const orx_node *candidates = orx_node_get(body, "candidates");
    return candidates ? candidates : orx_node_get(body, "static");
}

static uint32_t candidates_of(replaying *r, const orx_node *body, orxaq_candidate **ret_list) {
    const orx_node *from = recorded(body);
    uint32_t count = 0;
    orxaq_candidate *list = orx_arena_zalloc(&r->work, (from ? from->count : 0) + 1, sizeof *list);
    ORX_NODE_EACH(from, n) {
        list[count++] = candidate_of(n);
    }
    *ret_list = list;
    return count;
}

/* How the attempt before this one ended. */
static int32_t last_kind(replaying *r, const orx_attempt_row *a) {
    orx_sql *q;
    int32_t kind = -1;
    if (orx_sql_get(r->s,
                    "SELECT c.kind FROM attempt a JOIN call c ON c.attempt = a.id"
                    " WHERE a.lane = ?1 AND a.task = ?2 AND a.number = ?3"
                    " ORDER BY c.id DESC LIMIT 1",
                    &q, NULL) < 0)
        return -1;
    orx_sql_str(q, 1, a->lane);
    orx_sql_str(q, 2, a->task);
    orx_sql_int(q, 3, a->number - 1);
    if (orx_sql_step(q, NULL) == 1)
        kind = (int32_t)orx_sql_col_int(q, 0);
    orx_sql_reset(q);
    return kind;
}

/* ---- Asking again ---------------------------------------------------------------------------- */

static uint64_t seed_of(const orx_node *body, int64_t otherwise) {
    const char *seed = orx_node_str(orx_node_get(body, "seed"), "");
    return *seed ? strtoull(seed, NULL, 16) : (uint64_t)otherwise;
}

/* Only what is kept: nobody is called. */
static orx_vector vector_of(replaying *r, const orx_task_row *task) {
    ORX_CLEANUP(orx_secrets_free) orx_secrets secrets = {0};
    orx_vector v = {0};
    if (!orx_embedding_is_outside(&r->need))
        return v;
    if (r->by->cfg)
        orx_record_secrets(r->by->cfg, NULL, &secrets);
    const orx_view text =
        orx_embedding_text(task->title, task->description, task->acceptance, &secrets, &r->work);
    (void)orx_vectors_find(r->s, r->need.source, text, &r->work, &v, NULL);
    return v;
}

static int ask(replaying *r, const orx_attempt_row *a, const orx_task_row *task,
               const orx_node *body, orx_plan *ret_plan, orxaq_candidate **ret_list, orx_err *err) {
    ORX_CLEANUP(orx_str_free) orx_str text = {0};
    const char *wanted = orx_node_str(orx_node_get(body, "wanted"), task->model);
    orx_str_addf(&text, "%s\n%s", task->title, task->description);
    const orx_vector vector = vector_of(r, task);
    const orxaq_task_features features = {.struct_size = sizeof features,
                                          .priority = (int32_t)task->priority,
                                          .attempt = (int32_t)a->number,
                                          .last_kind = last_kind(r, a),
                                          .task_id = orxaq_str(task->id),
                                          .owner = orxaq_str(task->owner),
                                          .role = orxaq_str(a->provider),
                                          .title = orxaq_str(task->title),
                                          .text = orxaq_str(task->description),
                                          .model_wanted = orxaq_str(wanted),
                                          .prompt_tokens = orx_text_tokens(orx_str_view(&text)),
                                          .embedding = vector.count ? vector.values : NULL,
                                          .embedding_count = vector.count};
    const orxaq_budget budget = {.struct_size = sizeof budget,
                                 .task_nano_usd = -1,
                                 .day_nano_usd = -1,
                                 .tokens = -1,
                                 .time_ns = -1};
    const orxaq_route_request request = {.struct_size = sizeof request,
                                         .candidate_count = candidates_of(r, body, ret_list),
                                         .task = &features,
                                         .candidates = *ret_list,
                                         .budget = &budget,
                                         .seed = seed_of(body, 0),
                                         .deadline_ns = SELECT_NS};
    return orx_route_select(r->by->router, &request, &r->work, ret_plan, err);
}

static const char *deployment_of(orx_arena *arena, const char *provider, const char *model) {
    return *model ? orx_arena_printf(arena, "%s/%s", provider, model)
                  : orx_arena_strdup(arena, provider);
}

/* Who would have been called, and why. */
static int decide(replaying *r, const orx_attempt_row *a, const orx_task_row *task,
                  const orx_node *body, orx_replayed *item, orx_err *err) {
    orx_plan plan;
    orxaq_candidate *list = NULL;
    if (!r->by->router) {
        const char *first = "";
        int rc =
            orx_simulate_order(r->by, recorded(body), seed_of(body, a->id), &r->work, &first, err);
        item->would = orx_arena_strdup(r->arena, first);
        item->why = orx_strategy_reason(r->by->strategy);
        return rc;
    }
    int rc = ask(r, a, task, body, &plan, &list, err);
    if (rc < 0)
        return rc;
    const orxaq_candidate *c = &list[plan.steps[0].candidate];
    const char *provider = orx_arena_dup(&r->work, orx_view_mem(c->provider.data, c->provider.len));
    item->would = deployment_of(r->arena, provider, plan.steps[0].model);
    item->why = orx_arena_strdup(r->arena, plan.reason);
    return 0;
}

/* ---- Against what was ------------------------------------------------------------------------ */

/* What calls to a deployment cost on average; -1 = there were none whose cost is known. */
static int expect(replaying *r, orx_replayed *item, orx_err *err) {
    orx_sql *q;
    orx_view provider;
    orx_view model;
    int rc = orx_sql_get(r->s,
                         "SELECT count(cost_nano_usd), coalesce(avg(cost_nano_usd), -1) FROM call"
                         " WHERE provider = ?1 AND model_asked = ?2 AND asked = 1"
                         " AND cost_nano_usd >= 0",
                         &q, err);
    if (rc < 0)
        return rc;
    split(item->would, &provider, &model);
    orx_sql_text(q, 1, provider);
    orx_sql_text(q, 2, model);
    rc = orx_sql_step(q, err);
    if (rc == 1) {
        item->samples = orx_sql_col_int(q, 0);
        item->expected = item->samples ? orx_sql_col_int(q, 1) : -1;
    }
    orx_sql_reset(q);
    return rc < 0 ? rc : 0;
}

static int64_t cost_of(const orx_call_row *call) {
    return call->cost_source == ORX_COST_UNKNOWN ? -1 : call->cost_nano_usd;
}

/* The call that the attempt itself made to a deployment. */
static const orx_call_row *made(replaying *r, const orx_call_row *calls, int n, const char *name) {
    for (int i = 0; i < n; i++)
        if (strcmp(deployment_of(&r->work, calls[i].provider, calls[i].model_asked), name) == 0)
            return &calls[i];
    return NULL;
}

static int judge(replaying *r, orx_replayed *item, const orx_call_row *calls, int n, orx_err *err) {
    orx_simulation *sum = &r->sum;
    const orx_call_row *call = made(r, calls, n, item->would);
    item->kind = call ? call->kind : -1;
    if (call == &calls[0]) {
        sum->same++;
        item->expected = item->cost;
        return 0;
    }
    sum->differ++;
    sum->unknown += !call;
    int rc = expect(r, item, err);
    if (rc == 0 && item->cost >= 0 && item->expected >= 0) {
        sum->compared++;
        sum->recorded += item->cost;
        sum->expected += item->expected;
    }
    return rc;
}

/* ---- One decision ---------------------------------------------------------------------------- */

static int replay(replaying *r, const orx_attempt_row *a, const orx_task_row *task,
                  const orx_node *body, const orx_call_row *calls, int n, orx_err *err) {
    orx_err why = ORX_ERR_INIT;
    orx_replayed item = {
        .attempt = a->id,
        .task = orx_arena_strdup(r->arena, a->task),
        .verdict = orx_arena_strdup(r->arena, a->verdict),
        .chose = deployment_of(r->arena, calls[0].provider, calls[0].model_asked),
        .would = "",
        .kind = -1,
        .cost = cost_of(&calls[0]),
        .expected = -1,
    };
    int rc = decide(r, a, task, body, &item, &why);
    if (rc < 0)
        item.why = orx_arena_strdup(r->arena, why.msg);
    r->sum.failed += rc < 0;
    rc = rc < 0 ? 0 : judge(r, &item, calls, n, err);
    orx_vec_push(&r->items, item);
    return rc;
}

/* An attempt whose task is gone, or that called nobody, says nothing. */
static int one(replaying *r, int64_t attempt, const orx_node *body, orx_err *err) {
    orx_attempt_row a = {0};
    orx_task_row task = {0};
    orx_call_row *calls = NULL;
    int rc = orx_attempt_get(r->s, attempt, &r->work, &a, err);
    if (rc == 0)
        rc = orx_task_get(r->s, a.lane, a.task, &r->work, &task, err);
    int n = rc < 0 ? rc : orx_attempt_calls(r->s, attempt, &r->work, &calls, err);
    if (n == ORX_E_NOT_FOUND || n == 0) {
        r->sum.skipped++;
        return 0;
    }
    return n < 0 ? n : replay(r, &a, &task, body, calls, n, err);
}

/* ---- All of them ----------------------------------------------------------------------------- */

typedef struct visiting {
    replaying *r;
    int rc;
    orx_err *err;
} visiting;

static bool visit(const orx_event_row *row, void *user) {
    visiting *v = user;
    replaying *r = v->r;
    ORX_CLEANUP(orx_str_free) orx_str text = {0};
    const orx_node *body = NULL;
    orx_arena_reset(&r->work, (size_t)1 << 20);
    v->rc = orx_event_body(r->s, row, &text, v->err);
    if (v->rc == 0)
        v->rc = orx_json_parse(&r->work, "route.planned", orx_str_view(&text), &orx_limits_data,
                               &body, v->err);
    if (v->rc == 0)
        v->rc = one(r, row->attempt, body, v->err);
    return v->rc == 0;
}

int orx_run_simulate(orx_store *s, const orx_decider *by, int64_t attempt, int limit,
                     orx_arena *arena, orx_simulation *ret_simulation, orx_err *err) {
    replaying r = {.s = s, .by = by, .arena = arena};
    if (by->router)
        r.need = orx_embedding_needed(by->router, arena);
    visiting v = {.r = &r, .err = err};
    const orx_event_filter f = {.kind_prefix = "route.planned",
                                .attempt = attempt,
                                .limit = limit > 0 && limit < ORX_SIMULATE_MAX ? limit
                                                                               : ORX_SIMULATE_MAX,
                                .newest = true};
    int rc = orx_event_each(s, &f, visit, &v, err);
    rc = rc < 0 ? rc : v.rc;
    if (rc == 0) {
        *ret_simulation = r.sum;
        ret_simulation->count = r.items.len;
        ret_simulation->items = orx_arena_zalloc(arena, r.items.len + 1, sizeof *r.items.items);
        for (size_t i = 0; i < r.items.len; i++)
            ret_simulation->items[i] = r.items.items[i];
    }
    orx_vec_free(&r.items);
    orx_arena_free(&r.work);
    return rc;
}

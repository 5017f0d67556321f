/* What became of the tasks of a microbench: begun anew before, looked up in the journal after. */
#include "cli/microbench.h"

#include "platform/files.h"
#include "run/attempt.h"

#include <math.h>
#include <orxaq/event.h>

/* ---- Before ---------------------------------------------------------------------------------- */

int orx_bench_begin(orx_bench *b, orx_err *err) {
    orx_cli *c = b->c;
    orx_attempt_row *last = NULL;
    int rc = orx_cli_store(c, ORX_STORE_CREATE, err);
    int n = rc < 0 ? rc : orx_attempt_list(c->store, NULL, 1, &c->arena, &last, err);
    if (n < 0)
        return n;
    b->before = n ? last->id : 0;
    rc = orx_tx_begin(c->store, err);
    if (rc < 0)
        return rc;
    for (size_t i = 0; rc == 0 && i < b->count; i++) {
        orx_task_row row;
        if (orx_task_get(c->store, b->unit, b->tasks[i].id, &c->arena, &row, NULL) == 0)
            rc = orx_task_reset(c->store, b->unit, row.id, "microbench", err);
    }
    if (rc == 0)
        return orx_tx_commit(c->store, err);
    orx_tx_rollback(c->store);
    return rc;
}

/* ---- After ----------------------------------------------------------------------------------- */

/* Whether the way a call ended says something of the model rather than of the way to it. */
static bool says_something(int kind) {
    switch (kind) {
    case ORXAQ_KIND_OK:
    case ORXAQ_KIND_TIMEOUT:
    case ORXAQ_KIND_NO_PROGRESS:
    case ORXAQ_KIND_CONTEXT_TOO_LONG:
    case ORXAQ_KIND_REFUSED:
    case ORXAQ_KIND_LIMIT:
        return true;
    default:
        return false;
    }
}

static bool fits(orx_bench *b, const orx_bench_task *t) {
    orx_arena *a = &b->c->arena;
    const char *file = orx_arena_printf(a, "%s/%s/%s.txt", b->repo, b->answers, t->id);
    const char *const argv[] = {"grep", "-E", "-q", "-e", t->expected, "--", file, NULL};
    orx_err err = ORX_ERR_INIT;
    bool well = false;
    if (orx_exists(b->c->p, file) && orx_bench_program(b->c, argv, &well, &err) < 0)
        orx_cli_complain("%s: %s", t->id, err.msg);
    return well;
}

static void put_run(orx_bench *b, const orx_bench_task *t, const orx_attempt_row *row,
                    orx_node *n) {
    orx_arena *a = &b->c->arena;
    orx_call_row *calls = NULL;
    int count = orx_attempt_calls(b->c->store, row->id, a, &calls, NULL);
    const orx_call_row *last = count > 0 ? &calls[count - 1] : NULL;
    int64_t ns = 0;
    for (int i = 0; i < count; i++)
        ns += calls[i].wall_ns;
    bool ours = last && last->asked && strcmp(last->provider, b->provider->name) == 0;
    bool ran = ours && says_something(last->kind);
    bool priced = row->cost_nano_usd >= 0 && !row->unpriced;
    orx_node_set_bool(a, n, "passed", ran && strcmp(row->verdict, "done") == 0 && fits(b, t));
    orx_node_set(a, n, "duration_ms", orx_node_new_double(a, nearbyint((double)ns / 1e3) / 1e3));
    orx_node_set(a, n, "cost_usd",
                 priced ? orx_node_new_double(a, (double)row->cost_nano_usd / 1e9)
                        : orx_node_new(a, ORX_NULL));
    orx_node_set_bool(a, n, "ran", ran);
    orx_node_set_str(a, n, "provider", last ? last->provider : "");
    orx_node_set_str(a, n, "model", row->model);
    orx_node_set_str(a, n, "reason", row->reason);
    orx_node_set_int(a, n, "attempt", row->id);
}

static orx_node *row_of(orx_bench *b, const orx_bench_task *t) {
    orx_arena *a = &b->c->arena;
    orx_attempt_row row;
    orx_node *n = orx_node_new(a, ORX_OBJECT);
    orx_node_set_str(a, n, "id", t->id);
    orx_node_set_str(a, n, "task_type", t->type);
    orx_node_set_str(a, n, "lane", b->lane);
    if (orx_attempt_last(b->c->store, b->unit, t->id, a, &row, NULL) == 0 && row.id > b->before) {
        put_run(b, t, &row, n);
        return n;
    }
    orx_node_set_bool(a, n, "passed", false);
    orx_node_set_int(a, n, "duration_ms", 0);
    orx_node_set(a, n, "cost_usd", orx_node_new(a, ORX_NULL));
    orx_node_set_bool(a, n, "ran", false);
    orx_node_set_str(a, n, "reason", "not_begun");
    return n;
}

orx_node *orx_bench_results(orx_bench *b) {
    orx_arena *a = &b->c->arena;
    orx_node *n = orx_node_new(a, ORX_OBJECT);
    orx_node *rows = orx_node_new(a, ORX_ARRAY);
    bool executed = false;
    for (size_t i = 0; b->unit && i < b->count; i++) {
        orx_node *row = row_of(b, &b->tasks[i]);
        executed = executed || orx_node_bool(orx_node_get(row, "ran"), false);
        orx_node_push(rows, row);
    }
    orx_node_set_int(a, n, "seed", b->seed);
    orx_node_set_str(a, n, "lane", b->lane);
    orx_node_set_bool(a, n, "executed", executed);
    orx_node_set(a, n, "results", rows);
    return n;
}

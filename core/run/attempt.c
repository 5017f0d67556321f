/* Writing the steps of an attempt. Each public function is one transaction: rows and event
 * together. */
#include "run/attempt.h"

#include "agent/steps.h"
#include "base/vec.h"
#include "run/bill.h"
#include "run/records.h"
#include "run/summary.h"

#include <stdlib.h>

typedef ORX_VEC(int64_t) int64_vec;

static const char *const steps[] = {"intent",    "spawned",   "exited",
                                    "validated", "committed", "settled"};

const char *orx_step_name(orx_step step) {
    return steps[step];
}

static int64_t last_id(orx_store *s, orx_err *err) {
    orx_sql *q;
    int rc = orx_sql_get(s, "SELECT last_insert_rowid()", &q, err);
    if (rc < 0)
        return rc;
    rc = orx_sql_step(q, err);
    int64_t id = rc == 1 ? orx_sql_col_int(q, 0) : rc;
    orx_sql_reset(q);
    return id;
}

static int append(orx_store *s, const char *kind, const char *task, int64_t attempt, int64_t call,
                  const orx_node *body, orx_err *err) {
    const orx_event e = {
        .kind = kind, .schema = 1, .task = task, .attempt = attempt, .call = call, .body = body};
    return orx_event_append(s, &e, NULL, err);
}

/* Ends a transaction begun by the caller according to rc. */
static int end(orx_store *s, int rc, orx_err *err) {
    if (rc < 0) {
        orx_tx_rollback(s);
        return rc;
    }
    return orx_tx_commit(s, err);
}

static int insert_attempt(orx_store *s, const orx_intent *in, int64_t number, orx_err *err) {
    orx_sql *q;
    int rc = orx_sql_get(s,
                         "INSERT INTO attempt(lane, task, number, provider, repo, base, branch,"
                         " fingerprint, step, begun) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, 0, ?9)",
                         &q, err);
    if (rc < 0)
        return rc;
    orx_sql_str(q, 1, in->lane);
    orx_sql_str(q, 2, in->task);
    orx_sql_int(q, 3, number);
    orx_sql_str(q, 4, in->provider);
    orx_sql_str(q, 5, in->repo);
    orx_sql_str(q, 6, in->base);
    orx_sql_str(q, 7, in->branch);
    orx_sql_str(q, 8, in->fingerprint);
    orx_sql_int(q, 9, orx_wall_ns(orx_store_platform(s)));
    int64_t n = orx_sql_run(q, err);
    return n < 0 ? (int)n : 0;
}

static int begin_inside(orx_store *s, const orx_intent *in, int64_t *id, int64_t *number,
                        orx_err *err) {
    int rc = orx_task_select(s, in->lane, in->task, number, err);
    if (rc == 0)
        rc = insert_attempt(s, in, *number, err);
    if (rc < 0)
        return rc;
    *id = last_id(s, err);
    if (*id < 0)
        return (int)*id;
    ORX_CLEANUP(orx_arena_free) orx_arena arena = {0};
    orx_node *body = orx_node_new(&arena, ORX_OBJECT);
    orx_node_set_str(&arena, body, "lane", in->lane);
    orx_node_set_int(&arena, body, "number", *number);
    orx_node_set_str(&arena, body, "provider", in->provider);
    orx_node_set_str(&arena, body, "repo", in->repo);
    orx_node_set_str(&arena, body, "base", in->base);
    orx_node_set_str(&arena, body, "branch", in->branch);
    return append(s, "attempt.intent", in->task, *id, 0, body, err);
}

int orx_attempt_begin(orx_store *s, const orx_intent *intent, int64_t *ret_attempt,
                      int64_t *ret_number, orx_err *err) {
    int64_t id = 0;
    int64_t number = 0;
    int rc = orx_tx_begin(s, err);
    if (rc < 0)
        return rc;
    rc = end(s, begin_inside(s, intent, &id, &number, err), err);
    if (rc == 0) {
        *ret_attempt = id;
        *ret_number = number;
    }
    return rc;
}

static int reserve(orx_store *s, const orx_call_begin *c, int64_t call, orx_err *err) {
    if (!c->budget)
        return 0;
    c->reserve->call = call;
    return orx_budget_reserve(s, c->budget, c->reserve, err);
}

static int admit(orx_store *s, const orx_call_begin *c, int64_t call, orx_err *err) {
    orx_admission *a = c->admission;
    return a ? orx_deployments_admit(s, a->deployment, call, a->tokens, &a->gate, &a->wait_ns, err)
             : 0;
}

static int insert_call(orx_store *s, const orx_call_begin *c, int64_t *ret_call, orx_err *err) {
    orx_sql *q;
    int rc =
        orx_sql_get(s,
                    "INSERT INTO call(attempt, provider, plugin, model_asked, prompt_sha256,"
                    " prompt_tokens, difficulty, begun) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
                    &q, err);
    if (rc < 0)
        return rc;
    orx_sql_int(q, 1, c->attempt);
    orx_sql_str(q, 2, c->provider);
    orx_sql_str(q, 3, c->plugin);
    orx_sql_str(q, 4, c->model_asked);
    orx_sql_str(q, 5, c->prompt_sha256);
    orx_sql_int(q, 6, c->prompt_tokens);
    orx_sql_int(q, 7, c->difficulty);
    orx_sql_int(q, 8, c->begun_ns ? c->begun_ns : orx_wall_ns(orx_store_platform(s)));
    int64_t n = orx_sql_run(q, err);
    if (n < 0)
        return (int)n;
    *ret_call = last_id(s, err);
    if (*ret_call < 0)
        return (int)*ret_call;
    if ((rc = admit(s, c, *ret_call, err)) < 0 || (rc = reserve(s, c, *ret_call, err)) < 0)
        return rc;
    ORX_CLEANUP(orx_arena_free) orx_arena arena = {0};
    orx_node *body = orx_node_new(&arena, ORX_OBJECT);
    orx_node_set_str(&arena, body, "provider", c->provider);
    orx_node_set_str(&arena, body, "plugin", c->plugin);
    orx_node_set_str(&arena, body, "model_asked", c->model_asked);
    orx_node_set_str(&arena, body, "prompt_sha256", c->prompt_sha256);
    orx_node_set_int(&arena, body, "prompt_tokens_est", c->prompt_tokens);
    if (c->continues)
        orx_node_set_str(&arena, body, "continues", c->continues);
    orx_node *privilege = c->privilege ? orx_privilege_node(c->privilege, &arena) : NULL;
    if (privilege)
        orx_node_set(&arena, body, "privilege", privilege);
    if (c->routing)
        orx_node_set(&arena, body, "routing", orx_node_copy(&arena, c->routing));
    orx_node_set(&arena, body, "prompt", orx_node_new_str(&arena, c->prompt_excerpt));
    return append(s, "call.begun", c->task, c->attempt, *ret_call, body, err);
}

int orx_attempt_call(orx_store *s, const orx_call_begin *c, int64_t *ret_call, orx_err *err) {
    int64_t call = 0;
    int rc = orx_tx_begin(s, err);
    if (rc < 0)
        return rc;
    rc = end(s, insert_call(s, c, &call, err), err);
    if (rc == 0)
        *ret_call = call;
    return rc;
}

static int prompt_inside(orx_store *s, const orx_call_prompt *said, orx_err *err) {
    orx_sql *q;
    int rc = orx_sql_get(s, "UPDATE call SET prompt_sha256 = ?2, prompt_tokens = ?3 WHERE id = ?1",
                         &q, err);
    if (rc < 0)
        return rc;
    orx_sql_int(q, 1, said->call);
    orx_sql_str(q, 2, said->sha256);
    orx_sql_int(q, 3, said->tokens);
    int64_t n = orx_sql_run(q, err);
    if (n < 0)
        return (int)n;
    ORX_CLEANUP(orx_arena_free) orx_arena arena = {0};
    orx_node *body = orx_node_new(&arena, ORX_OBJECT);
    orx_node_set_str(&arena, body, "prompt_sha256", said->sha256);
    orx_node_set_int(&arena, body, "prompt_tokens_est", said->tokens);
    orx_node_set_int(&arena, body, "left_out_bytes", said->left_out);
    return append(s, "call.shortened", said->task, said->attempt, said->call, body, err);
}

int orx_attempt_prompt(orx_store *s, const orx_call_prompt *said, orx_err *err) {
    int rc = orx_tx_begin(s, err);
    return rc < 0 ? rc : end(s, prompt_inside(s, said, err), err);
}

static int spawned_inside(orx_store *s, int64_t attempt, int64_t call, int64_t pid, int64_t start,
                          orx_err *err) {
    orx_sql *q;
    int rc = orx_sql_get(
        s, "UPDATE attempt SET step = 1, pid = ?2, start = ?3, boot = ?4 WHERE id = ?1", &q, err);
    if (rc < 0)
        return rc;
    orx_sql_int(q, 1, attempt);
    orx_sql_int(q, 2, pid);
    orx_sql_int(q, 3, start);
    orx_sql_str(q, 4, orx_boot_id(orx_store_platform(s)));
    int64_t n = orx_sql_run(q, err);
    if (n < 0)
        return (int)n;
    ORX_CLEANUP(orx_arena_free) orx_arena arena = {0};
    orx_node *body = orx_node_new(&arena, ORX_OBJECT);
    orx_node_set_int(&arena, body, "pid", pid);
    orx_node_set_int(&arena, body, "start", start);
    return append(s, "call.spawned", NULL, attempt, call, body, err);
}

int orx_attempt_spawned(orx_store *s, int64_t attempt, int64_t call, int64_t pid, int64_t start,
                        orx_err *err) {
    int rc = orx_tx_begin(s, err);
    return rc < 0 ? rc : end(s, spawned_inside(s, attempt, call, pid, start, err), err);
}

static int write_call_end(orx_store *s, int64_t call, const orx_call_end *e, orx_err *err) {
    orx_sql *q;
    int rc =
        orx_sql_get(s,
                    "UPDATE call SET kind = ?2, retry_after_ms = ?3, message = ?4, session = ?5,"
                    " model_answered = CASE WHEN ?6 = '' THEN model_answered ELSE ?6 END,"
                    " claim = ?7, exit_code = ?8, wall_ns = ?9, answer_bytes = ?10, asked = ?11"
                    " WHERE id = ?1",
                    &q, err);
    if (rc < 0)
        return rc;
    orx_sql_int(q, 1, call);
    orx_sql_int(q, 2, e->kind);
    orx_sql_int(q, 3, e->retry_after_ms);
    orx_sql_str(q, 4, e->message);
    orx_sql_str(q, 5, e->session);
    orx_sql_str(q, 6, e->model_answered);
    orx_sql_int(q, 7, (int64_t)e->claim);
    orx_sql_int(q, 8, e->exit_code);
    orx_sql_int(q, 9, e->wall_ns);
    orx_sql_int(q, 10, e->answer_bytes);
    orx_sql_int(q, 11, !e->not_asked);
    int64_t n = orx_sql_run(q, err);
    return n < 0 ? (int)n : orx_records_note(s, call, e->record_bytes, err);
}

static int set_step(orx_store *s, int64_t attempt, orx_step step, orx_err *err) {
    orx_sql *q;
    int rc = orx_sql_get(s, "UPDATE attempt SET step = ?2 WHERE id = ?1", &q, err);
    if (rc < 0)
        return rc;
    orx_sql_int(q, 1, attempt);
    orx_sql_int(q, 2, step);
    int64_t n = orx_sql_run(q, err);
    return n < 0 ? (int)n : 0;
}

static void add_cost(orx_arena *arena, orx_node *body, const orx_billed *b) {
    if (b->cost >= 0)
        orx_node_set_int(arena, body, "cost_nano_usd", b->cost);
    orx_node_set_str(arena, body, "cost_source", orx_cost_source_word(b->source));
    if (b->price && *b->price)
        orx_node_set_str(arena, body, "price", b->price);
}

static int exited_inside(orx_store *s, int64_t attempt, int64_t call, const orx_meter *meter,
                         const orx_call_end *e, orx_err *err) {
    ORX_CLEANUP(orx_arena_free) orx_arena arena = {0};
    orx_billed billed = {0};
    int rc = write_call_end(s, call, e, err);
    if (rc == 0)
        rc = orx_bill_end(s, call, meter, &arena, &billed, err);
    if (rc == 0 && e->deployment)
        rc = orx_deployments_learn(s, e->deployment, err);
    if (rc == 0)
        rc = set_step(s, attempt, ORX_STEP_EXITED, err);
    if (rc < 0)
        return rc;
    orx_node *body = orx_node_new(&arena, ORX_OBJECT);
    orx_node_set_str(&arena, body, "kind", orx_kind_word(e->kind));
    orx_node_set_str(&arena, body, "claim", orx_claim_name(e->claim));
    orx_node_set_int(&arena, body, "exit_code", e->exit_code);
    orx_node_set_int(&arena, body, "wall_ms", e->wall_ns / ORX_MS);
    if (e->retry_after_ms >= 0)
        orx_node_set_int(&arena, body, "retry_after_ms", e->retry_after_ms);
    if (*e->message)
        orx_node_set_str(&arena, body, "message", e->message);
    if (*e->model_answered)
        orx_node_set_str(&arena, body, "model_answered", e->model_answered);
    add_cost(&arena, body, &billed);
    orx_node_set_str(&arena, body, "answer", e->answer_excerpt);
    return append(s, "call.exited", e->task, attempt, call, body, err);
}

int orx_attempt_exited(orx_store *s, int64_t attempt, int64_t call, const orx_meter *meter,
                       const orx_call_end *e, const orxaq_usage *usage, size_t usage_count,
                       orx_err *err) {
    int rc = orx_tx_begin(s, err);
    if (rc < 0)
        return rc;
    for (size_t i = 0; rc == 0 && i < usage_count; i++)
        rc = orx_usage_book(s, call, meter, &usage[i], err);
    if (rc == 0)
        rc = exited_inside(s, attempt, call, meter, e, err);
    return end(s, rc, err);
}

static int insert_check(orx_store *s, int64_t attempt, int position, const orx_check *c,
                        orx_err *err) {
    orx_sql *q;
    int rc =
        orx_sql_get(s,
                    "INSERT OR REPLACE INTO evidence(attempt, position, command, ran, passed,"
                    " code, tries, wall_ns, output) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
                    &q, err);
    if (rc < 0)
        return rc;
    orx_sql_int(q, 1, attempt);
    orx_sql_int(q, 2, position);
    orx_sql_str(q, 3, c->command);
    orx_sql_str(q, 4, c->ran ? c->ran : c->command);
    orx_sql_int(q, 5, c->passed);
    orx_sql_int(q, 6, c->code);
    orx_sql_int(q, 7, c->tries);
    orx_sql_int(q, 8, c->wall_ns);
    orx_sql_str(q, 9, c->output);
    int64_t n = orx_sql_run(q, err);
    return n < 0 ? (int)n : 0;
}

static const char *evidence_word(orx_evidence e) {
    static const char *const words[] = {"none",      "passed",       "failed",  "transient",
                                        "no-change", "out-of-scope", "tampered"};
    return words[e];
}

static orx_node *checks_node(orx_arena *arena, const orx_validation *v) {
    orx_node *list = orx_node_new(arena, ORX_ARRAY);
    for (size_t i = 0; v && i < v->count && i < 32; i++) {
        orx_node *c = orx_node_new(arena, ORX_OBJECT);
        orx_node_set_str(arena, c, "command", v->checks[i].command);
        orx_node_set_bool(arena, c, "passed", v->checks[i].passed);
        orx_node_set_int(arena, c, "code", v->checks[i].code);
        orx_node_set_int(arena, c, "tries", v->checks[i].tries);
        orx_node_push(list, c);
    }
    return list;
}

static int validated_inside(orx_store *s, int64_t attempt, orx_evidence evidence, const char *note,
                            const char *work, const orx_validation *v, orx_err *err) {
    orx_sql *q;
    int rc = orx_sql_get(
        s, "UPDATE attempt SET step = 3, evidence = ?2, note = ?3, work = ?4 WHERE id = ?1", &q,
        err);
    if (rc < 0)
        return rc;
    orx_sql_int(q, 1, attempt);
    orx_sql_int(q, 2, evidence);
    orx_sql_str(q, 3, note);
    orx_sql_str(q, 4, work);
    int64_t n = orx_sql_run(q, err);
    rc = n < 0 ? (int)n : 0;
    for (size_t i = 0; rc == 0 && v && i < v->count; i++)
        rc = insert_check(s, attempt, (int)i, &v->checks[i], err);
    if (rc < 0)
        return rc;
    ORX_CLEANUP(orx_arena_free) orx_arena arena = {0};
    orx_node *body = orx_node_new(&arena, ORX_OBJECT);
    orx_node_set_str(&arena, body, "evidence", evidence_word(evidence));
    if (*note)
        orx_node_set_str(&arena, body, "note", note);
    if (*work)
        orx_node_set_str(&arena, body, "work", work);
    orx_node_set(&arena, body, "checks", checks_node(&arena, v));
    return append(s, "attempt.validated", NULL, attempt, 0, body, err);
}

int orx_attempt_validated(orx_store *s, int64_t attempt, orx_evidence evidence, const char *note,
                          const char *work, const orx_validation *validation, orx_err *err) {
    int rc = orx_tx_begin(s, err);
    if (rc == 0)
        rc = end(s, validated_inside(s, attempt, evidence, note, work, validation, err), err);
    return rc;
}

static int committed_inside(orx_store *s, int64_t attempt, const char *sha, orx_err *err) {
    orx_sql *q;
    int rc = orx_sql_get(s, "UPDATE attempt SET step = 4, sha = ?2 WHERE id = ?1", &q, err);
    if (rc < 0)
        return rc;
    orx_sql_int(q, 1, attempt);
    orx_sql_str(q, 2, sha);
    int64_t n = orx_sql_run(q, err);
    if (n < 0)
        return (int)n;
    ORX_CLEANUP(orx_arena_free) orx_arena arena = {0};
    orx_node *body = orx_node_new(&arena, ORX_OBJECT);
    orx_node_set_str(&arena, body, "commit", sha);
    return append(s, "attempt.committed", NULL, attempt, 0, body, err);
}

int orx_attempt_committed(orx_store *s, int64_t attempt, const char *sha, orx_err *err) {
    int rc = orx_tx_begin(s, err);
    return rc < 0 ? rc : end(s, committed_inside(s, attempt, sha, err), err);
}

/* ---- Settlement ------------------------------------------------------------------------------ */

static const char *verdict_word(orx_verdict_kind kind) {
    static const char *const verdicts[] = {"done", "retry", "retry_later", "blocked"};
    return verdicts[kind];
}

static int settle_task(orx_store *s, const orx_settlement *st, orx_err *err) {
    switch (st->verdict->kind) {
    case ORX_VERDICT_DONE:
        return orx_task_done(s, st->lane, st->task, st->summary, err);
    case ORX_VERDICT_RETRY:
    case ORX_VERDICT_RETRY_LATER:
        return orx_task_retry(s, st->lane, st->task, st->verdict->delay_ns,
                              st->verdict->kind == ORX_VERDICT_RETRY_LATER, st->summary, st->error,
                              err);
    case ORX_VERDICT_BLOCKED:
    default:
        return orx_task_blocked(s, st->lane, st->task, st->summary, st->error, err);
    }
}

static void bind_decision(orx_sql *q, const orx_routellm_decision *d) {
    orx_sql_str(q, 7, d ? d->strategy : "");
    orx_sql_str(q, 8, d ? d->reason : "");
    orx_sql_str(q, 9, d ? d->requested : "");
    orx_sql_str(q, 10, d ? d->selected : "");
    orx_sql_str(q, 11, d ? d->error : "");
    orx_sql_int(q, 12, d ? d->latency_ns / 1000 : 0);
}

static int settle_row(orx_store *s, const orx_settlement *st, orx_err *err) {
    orx_sql *q;
    int rc = orx_sql_get(s,
                         "UPDATE attempt SET step = 5, verdict = ?2, reason = ?3, parked = ?4,"
                         " ended = ?5, routing = ?6, route_strategy = ?7, route_reason = ?8,"
                         " route_requested = ?9, route_selected = ?10, route_error = ?11,"
                         " route_latency_us = ?12 WHERE id = ?1",
                         &q, err);
    if (rc < 0)
        return rc;
    orx_sql_int(q, 1, st->attempt);
    orx_sql_str(q, 2, verdict_word(st->verdict->kind));
    orx_sql_str(q, 3, st->verdict->reason);
    orx_sql_str(q, 4, st->parked ? st->parked : "");
    orx_sql_int(q, 5, orx_wall_ns(orx_store_platform(s)));
    orx_sql_int(q, 6, (int64_t)st->routing);
    bind_decision(q, st->decided);
    int64_t n = orx_sql_run(q, err);
    return n < 0 ? (int)n : 0;
}

/* At most this many of the agent's next actions are kept. */
#define ACTIONS_MAX 20

static orx_node *actions_node(orx_arena *arena, const char *const *actions) {
    orx_node *list = orx_node_new(arena, ORX_ARRAY);
    for (int i = 0; actions[i] && i < ACTIONS_MAX; i++)
        orx_node_push(list, orx_node_new_str(arena, orx_view_of(actions[i])));
    return list;
}

static int calls_of_task(orx_store *s, const orx_settlement *st, int64_vec *out, orx_err *err) {
    orx_sql *q;
    int rc = orx_sql_get(s,
                         "SELECT c.id FROM attempt a JOIN call c ON c.attempt = a.id"
                         " WHERE a.lane = ?1 AND a.task = ?2",
                         &q, err);
    if (rc < 0)
        return rc;
    orx_sql_str(q, 1, st->lane);
    orx_sql_str(q, 2, st->task);
    while ((rc = orx_sql_step(q, err)) == 1)
        orx_vec_push(out, orx_sql_col_int(q, 0));
    return rc;
}

/* What a model and its tools said to each other is of no use any more. */
static int drop_talk(orx_store *s, const orx_settlement *st, orx_err *err) {
    int64_vec calls = {0};
    int rc = calls_of_task(s, st, &calls, err);
    for (size_t i = 0; rc == 0 && i < calls.len; i++)
        rc = orx_steps_drop(s, calls.items[i], err);
    orx_vec_free(&calls);
    return rc;
}

static int settle_inside(orx_store *s, const orx_settlement *st, orx_err *err) {
    int rc = st->commit ? committed_inside(s, st->attempt, st->commit, err) : 0;
    if (rc == 0)
        rc = settle_task(s, st, err);
    if (rc == 0 && st->talked && st->verdict->kind == ORX_VERDICT_DONE)
        rc = drop_talk(s, st, err);
    if (rc == 0)
        rc = settle_row(s, st, err);
    if (rc == 0)
        rc = orx_summary_add(s, st->attempt, err);
    if (rc < 0)
        return rc;
    ORX_CLEANUP(orx_arena_free) orx_arena arena = {0};
    orx_node *body = orx_node_new(&arena, ORX_OBJECT);
    orx_node_set_str(&arena, body, "verdict", verdict_word(st->verdict->kind));
    orx_node_set_str(&arena, body, "reason", st->verdict->reason);
    orx_node_set_int(&arena, body, "delay_ms", st->verdict->delay_ns / ORX_MS);
    orx_node_set_str(&arena, body, "summary", st->summary);
    if (*st->error)
        orx_node_set_str(&arena, body, "error", st->error);
    if (st->parked)
        orx_node_set_str(&arena, body, "parked", st->parked);
    if (st->next_actions && st->next_actions[0])
        orx_node_set(&arena, body, "next_actions", actions_node(&arena, st->next_actions));
    return append(s, "attempt.settled", st->task, st->attempt, 0, body, err);
}

int orx_attempt_settle(orx_store *s, const orx_settlement *st, orx_err *err) {
    int rc = orx_tx_begin(s, err);
    return rc < 0 ? rc : end(s, settle_inside(s, st, err), err);
}

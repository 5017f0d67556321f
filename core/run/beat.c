/* What each phase adds to the heartbeat [K]: keys of the predecessor, beside the ones every
 * heartbeat has. They are set when the phase begins, and stay until the next one does. */
#include "run/runner.h"

#include "run/text.h"

/* So many waiting tasks are named; the counts tell the rest. */
#define WAITING_MAX 100

#define ERROR_MAX 300

static void set_profile(orx_runner *r) {
    orx_node_set_str(&r->beat_arena, r->beat, "execution_profile",
                     orx_profile_name(r->cfg->run.execution_profile));
}

void orx_run_beat_started(orx_runner *r, const orx_effective_run *e, int64_t tasks) {
    orx_arena *a = &r->beat_arena;
    set_profile(r);
    orx_node_set_int(a, r->beat, "tasks", tasks);
    orx_node_set_bool(a, r->beat, "continuous", e->continuous);
    orx_node_set_bool(a, r->beat, "queue_persistent_mode", e->queue_persistent);
    orx_node_set_bool(a, r->beat, "force_continuation", e->force_continuation);
    orx_node_set_bool(a, r->beat, "assume_true_full_autonomy", e->assume_full_autonomy);
    orx_node_set_int(a, r->beat, "effective_max_cycles", e->max_cycles);
}

void orx_run_beat_profile(orx_runner *r, const char *reason) {
    set_profile(r);
    if (reason)
        orx_node_set_str(&r->beat_arena, r->beat, "reason", reason);
}

void orx_run_beat_queue(orx_runner *r) {
    orx_node_set_str(&r->beat_arena, r->beat, "queue_file", r->cfg->paths.task_queue_file);
}

/* {task: [what it waits for]} */
static orx_node *waiting_node(orx_runner *r) {
    orx_sql *q;
    orx_node *all = orx_node_new(&r->beat_arena, ORX_OBJECT);
    orx_node *deps = NULL;
    const char *last = "";
    if (orx_sql_get(r->s,
                    "SELECT d.task, d.dep FROM (SELECT id FROM task WHERE lane = ?1"
                    " AND status = 'pending' AND waiting > 0 ORDER BY id LIMIT ?2) t"
                    " JOIN task_dep d ON d.lane = ?1 AND d.task = t.id AND d.open = 1"
                    " ORDER BY d.task, d.position LIMIT 1000",
                    &q, NULL) < 0)
        return all;
    orx_sql_str(q, 1, r->lane);
    orx_sql_int(q, 2, WAITING_MAX);
    while (orx_sql_step(q, NULL) == 1) {
        orx_view task = orx_sql_col_text(q, 0);
        if (!deps || !orx_view_is(task, last)) {
            last = orx_arena_dup(&r->beat_arena, task);
            deps = orx_node_new(&r->beat_arena, ORX_ARRAY);
            orx_node_set(&r->beat_arena, all, last, deps);
        }
        orx_node_push(deps, orx_node_new_str(&r->beat_arena, orx_sql_col_text(q, 1)));
    }
    orx_sql_reset(q);
    return all;
}

void orx_run_beat_waiting(orx_runner *r, const orx_task_counts *n) {
    orx_arena *a = &r->beat_arena;
    orx_node_set_int(a, r->beat, "pending", n->pending);
    orx_node_set_int(a, r->beat, "blocked", n->blocked);
    orx_node_set(a, r->beat, "waiting_on_deps", waiting_node(r));
}

void orx_run_beat_report(orx_runner *r, const orx_node *report) {
    ORX_NODE_EACH(report, it)
    orx_node_set(&r->beat_arena, r->beat, it->key.p, orx_node_copy(&r->beat_arena, it));
}

static void set_error(orx_runner *r, const char *error) {
    ORX_CLEANUP(orx_str_free) orx_str line = {0};
    orx_text_line(orx_view_of(error), ERROR_MAX, &line);
    orx_node_set_str(&r->beat_arena, r->beat, "error", orx_str_cstr(&line));
}

void orx_run_beat_settled(orx_try *t, const orx_verdict *v, const char *error) {
    orx_runner *r = t->r;
    const char *id = t->task.id;
    bool partial = strcmp(v->reason, "partial") == 0;
    if (v->kind == ORX_VERDICT_DONE) {
        orx_run_phase(r, "task_done", id, t->task.title);
    } else if (partial && v->kind == ORX_VERDICT_RETRY) {
        orx_run_phase(r, "task_partial", id, t->task.title);
    } else if (v->kind == ORX_VERDICT_BLOCKED) {
        orx_run_phase(r, "task_blocked", id, t->task.title);
        if (!partial) {
            orx_node_set_int(&r->beat_arena, r->beat, "attempts", t->number);
            set_error(r, error);
        }
    } else {
        orx_run_phase(r, "task_retry_scheduled", id, t->task.title);
        orx_node_set_int(&r->beat_arena, r->beat, "attempts", t->number);
        if (v->kind == ORX_VERDICT_RETRY_LATER)
            orx_node_set_int(&r->beat_arena, r->beat, "retryable_failures",
                             t->facts.retryable_failures + 1);
    }
}

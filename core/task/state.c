#include "task/state.h"

#include <stdio.h>

static const char *const names[] = {"pending", "in_progress", "done", "blocked"};

const char *orx_status_name(orx_status status) {
    return names[status];
}

orx_status orx_status_of(orx_view word) {
    for (size_t i = 0; i < ORX_ARRAY_LEN(names); i++)
        if (orx_view_is(word, names[i]))
            return (orx_status)i;
    return ORX_TASK_PENDING;
}

void orx_task_state_free(orx_task_state *st) {
    if (!st)
        return;
    orx_str_free(&st->last_update);
    orx_str_free(&st->last_summary);
    orx_str_free(&st->last_error);
}

void orx_task_set_text(orx_str *to, const char *text, size_t max) {
    orx_view v = orx_view_of(text ? text : "");
    if (v.len > max) {
        v.len = max;
        while (v.len && ((unsigned char)v.p[v.len] & 0xC0) == 0x80)
            v.len--;
    }
    orx_str_clear(to);
    orx_str_addv(to, v);
}

void orx_task_not_before(const orx_wait *w, char out[ORX_ISO_MAX]) {
    out[0] = '\0';
    if (w->delay_ns > 0)
        orx_iso_time(w->wall_ns + w->delay_ns, out);
}

static void read_state(orx_sql *q, orx_task_state *st) {
    *st = (orx_task_state){
        .status = orx_status_of(orx_sql_col_text(q, 0)),
        .present = orx_sql_col_int(q, 1) != 0,
        .waiting = orx_sql_col_int(q, 2),
        .attempts = orx_sql_col_int(q, 3),
        .retryable_failures = orx_sql_col_int(q, 4),
        .deadlock_recoveries = orx_sql_col_int(q, 5),
        .deadlock_reopens = orx_sql_col_int(q, 6),
        .wait = {.delay_ns = orx_sql_col_int(q, 7),
                 .wall_ns = orx_sql_col_int(q, 8),
                 .mono_ns = orx_sql_col_int(q, 9)},
        .wait_seq = orx_sql_col_int(q, 11),
    };
    orx_view boot = orx_sql_col_text(q, 10);
    (void)snprintf(st->wait.boot, sizeof st->wait.boot, "%.*s", ORX_VIEW_ARG(boot));
    orx_str_addv(&st->last_update, orx_sql_col_text(q, 12));
    orx_str_addv(&st->last_summary, orx_sql_col_text(q, 13));
    orx_str_addv(&st->last_error, orx_sql_col_text(q, 14));
}

int orx_task_state_get(orx_store *s, const char *lane, const char *id, orx_task_state *ret_state,
                       orx_err *err) {
    orx_sql *q;
    int rc = orx_sql_get(s,
                         "SELECT status, present, waiting, attempts, retryable_failures,"
                         " deadlock_recoveries, deadlock_reopens, wait_delay, wait_wall, wait_mono,"
                         " wait_boot, wait_seq, last_update, last_summary, last_error"
                         " FROM task WHERE lane = ?1 AND id = ?2",
                         &q, err);
    if (rc < 0)
        return rc;
    orx_sql_str(q, 1, lane);
    orx_sql_str(q, 2, id);
    rc = orx_sql_step(q, err);
    if (rc < 0)
        return rc;
    if (rc == 0)
        return orx_err_set(err, ORX_E_NOT_FOUND, "no task \"%s\" in lane \"%s\"", id, lane);
    read_state(q, ret_state);
    orx_sql_reset(q);
    return 0;
}

/* The counter a row belongs to; every present row is in exactly one. */
static const char *category(const orx_task_state *st) {
    if (!st || !st->present)
        return NULL;
    if (st->status != ORX_TASK_PENDING)
        return names[st->status];
    if (st->waiting > 0)
        return "held";
    return st->wait.delay_ns > 0 ? "delayed" : "ready";
}

static int count(orx_store *s, const char *lane, const char *what, int64_t delta, orx_err *err) {
    char name[256];
    (void)snprintf(name, sizeof name, "task.%s.%s", lane, what);
    return orx_counter_add(s, name, delta, err);
}

int orx_task_counters_move(orx_store *s, const char *lane, const orx_task_state *before,
                           const orx_task_state *after, orx_err *err) {
    const char *from = category(before);
    const char *to = category(after);
    if (from == to || (from && to && strcmp(from, to) == 0))
        return 0;
    int rc = from ? count(s, lane, from, -1, err) : 0;
    if (rc == 0 && to)
        rc = count(s, lane, to, 1, err);
    return rc;
}

static int write_row(orx_store *s, const char *lane, const char *id, const orx_task_state *st,
                     orx_err *err) {
    orx_sql *q;
    int rc =
        orx_sql_get(s,
                    "UPDATE task SET status = ?3, present = ?4, waiting = ?5, attempts = ?6,"
                    " retryable_failures = ?7, deadlock_recoveries = ?8, deadlock_reopens = ?9,"
                    " wait_delay = ?10, wait_wall = ?11, wait_mono = ?12, wait_boot = ?13,"
                    " wait_seq = ?14, last_update = ?15, last_summary = ?16, last_error = ?17"
                    " WHERE lane = ?1 AND id = ?2",
                    &q, err);
    if (rc < 0)
        return rc;
    const int64_t numbers[] = {st->present,
                               st->waiting,
                               st->attempts,
                               st->retryable_failures,
                               st->deadlock_recoveries,
                               st->deadlock_reopens,
                               st->wait.delay_ns,
                               st->wait.wall_ns,
                               st->wait.mono_ns};
    orx_sql_str(q, 1, lane);
    orx_sql_str(q, 2, id);
    orx_sql_str(q, 3, orx_status_name(st->status));
    for (int i = 0; i < (int)ORX_ARRAY_LEN(numbers); i++)
        orx_sql_int(q, 4 + i, numbers[i]);
    orx_sql_str(q, 13, st->wait.boot);
    orx_sql_int(q, 14, st->wait_seq);
    orx_sql_str(q, 15, orx_str_cstr(&st->last_update));
    orx_sql_str(q, 16, orx_str_cstr(&st->last_summary));
    orx_sql_str(q, 17, orx_str_cstr(&st->last_error));
    int64_t changed = orx_sql_run(q, err);
    if (changed < 0)
        return (int)changed;
    return changed == 1
               ? 0
               : orx_err_set(err, ORX_E_NOT_FOUND, "no task \"%s\" in lane \"%s\"", id, lane);
}

static void stamp(orx_store *s, const orx_task_state *before, orx_task_state *after) {
    if (!orx_view_eq(orx_str_view(&before->last_update), orx_str_view(&after->last_update)))
        return;
    char now[ORX_ISO_MAX];
    orx_iso_time(orx_wall_ns(orx_store_platform(s)), now);
    orx_task_set_text(&after->last_update, now, sizeof now);
}

int orx_task_state_put(orx_store *s, const char *lane, const char *id, const orx_task_state *before,
                       orx_task_state *after, orx_err *err) {
    stamp(s, before, after);
    int rc = write_row(s, lane, id, after, err);
    if (rc == 0)
        rc = orx_task_counters_move(s, lane, before, after, err);
    bool was_done = before->status == ORX_TASK_DONE;
    bool is_done = after->status == ORX_TASK_DONE;
    if (rc == 0 && was_done != is_done)
        rc = orx_task_dependents(s, lane, id, !is_done, err);
    orx_projection_dirty(s, "state");
    return rc < 0 ? rc : 0;
}

static void copy_state(orx_task_state *to, const orx_task_state *from) {
    *to = *from;
    to->last_update = to->last_summary = to->last_error = (orx_str){0};
    orx_str_addv(&to->last_update, orx_str_view(&from->last_update));
    orx_str_addv(&to->last_summary, orx_str_view(&from->last_summary));
    orx_str_addv(&to->last_error, orx_str_view(&from->last_error));
}

int orx_task_state_change(orx_store *s, const char *lane, const char *id,
                          int (*change)(orx_task_state *st, void *user, orx_err *err), void *user,
                          orx_err *err) {
    orx_task_state before;
    int rc = orx_task_state_get(s, lane, id, &before, err);
    if (rc < 0)
        return rc;
    orx_task_state after;
    copy_state(&after, &before);
    rc = change(&after, user, err);
    if (rc == 0)
        rc = orx_task_state_put(s, lane, id, &before, &after, err);
    orx_task_state_free(&before);
    orx_task_state_free(&after);
    return rc;
}

int orx_task_state_wait(orx_store *s, const char *lane, orx_task_state *st, int64_t delay_ns,
                        orx_err *err) {
    if (delay_ns <= 0) {
        st->wait = (orx_wait){0};
        st->wait_seq = 0;
        return 0;
    }
    char name[256];
    (void)snprintf(name, sizeof name, "task.%s.wait_seq", lane);
    int rc = orx_counter_add(s, name, 1, err);
    if (rc < 0)
        return rc;
    orx_wait_begin(orx_store_platform(s), delay_ns, &st->wait);
    st->wait_seq = orx_counter_get(s, name);
    return 0;
}

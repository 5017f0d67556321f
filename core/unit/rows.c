/* Units in the journal. */
#include "unit/internal.h"

#include "data/doc.h"

#include <stdio.h>

/* So many changes are one transaction: others wait to write for no longer than that takes. */
#define BATCH_MAX 256

/* ---- Writing -------------------------------------------------------------------------------- */

static int64_t wait_of(const orx_kept *u) {
    int64_t left = u->deadline_ns - orx_mono_ns(u->k->p);
    return u->m.state == ORX_UNIT_BACKOFF && left > 0 ? left : 0;
}

static int write_row(orx_kept *u, orx_err *err) {
    orx_sql *q;
    int rc =
        orx_sql_get(u->k->s,
                    "INSERT OR REPLACE INTO unit(name, kind, state, cause, since_ns, will,"
                    " level, failures, starts, last_exit, status, pid, start, boot, delay_ns,"
                    " wall_ns, mono_ns, cgroup, lacks) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9,"
                    " ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19)",
                    &q, err);
    if (rc < 0)
        return rc;
    orx_wait wait;
    orx_wait_begin(u->k->p, wait_of(u), &wait);
    orx_sql_str(q, 1, u->spec.name);
    orx_sql_str(q, 2, orx_unit_kind_name(u->spec.kind));
    orx_sql_str(q, 3, orx_unit_state_name(u->m.state));
    orx_sql_str(q, 4, u->m.cause ? u->m.cause : "");
    orx_sql_int(q, 5, u->since_wall_ns);
    orx_sql_int(q, 6, u->will);
    orx_sql_int(q, 7, u->m.level);
    orx_sql_int(q, 8, u->m.failures);
    orx_sql_int(q, 9, u->starts);
    orx_sql_str(q, 10, u->last_exit);
    orx_sql_str(q, 11, u->status);
    orx_sql_int(q, 12, u->pid);
    orx_sql_int(q, 13, u->start);
    orx_sql_str(q, 14, wait.boot);
    orx_sql_int(q, 15, wait.delay_ns);
    orx_sql_int(q, 16, wait.wall_ns);
    orx_sql_int(q, 17, wait.mono_ns);
    orx_sql_str(q, 18, u->group ? u->group : "");
    orx_sql_str(q, 19, u->lacks ? u->lacks : "");
    int64_t changed = orx_sql_run(q, err);
    return changed < 0 ? (int)changed : 0;
}

static int write_event(orx_kept *u, const char *kind, orx_unit_state before, const char *wish,
                       orx_err *err) {
    ORX_CLEANUP(orx_arena_free) orx_arena a = {0};
    orx_node *body = orx_node_new(&a, ORX_OBJECT);
    orx_node_set_str(&a, body, "unit", u->spec.name);
    if (wish)
        orx_node_set_str(&a, body, "wish", wish);
    if (before != ORX_UNIT_STATES)
        orx_node_set_str(&a, body, "from", orx_unit_state_name(before));
    orx_node_set_str(&a, body, "state", orx_unit_state_name(u->m.state));
    if (u->m.cause)
        orx_node_set_str(&a, body, "cause", u->m.cause);
    if (u->pid)
        orx_node_set_int(&a, body, "pid", u->pid);
    if (u->last_exit[0])
        orx_node_set_str(&a, body, "last_exit", u->last_exit);
    if (u->met_memory || u->met_tasks)
        orx_node_set_str(&a, body, "limit", u->met_memory ? "memory_max" : "tasks_max");
    if (wait_of(u))
        orx_node_set_int(&a, body, "wait_ms", wait_of(u) / ORX_MS);
    const orx_event event = {.kind = kind, .schema = 1, .body = body};
    return orx_event_append(u->k->s, &event, NULL, err);
}

/* What was gathered is undone with the transaction: the next tick writes it down. */
static void all_behind(orx_keeper *k) {
    ORX_LIST_EACH(&k->units, it)
    ORX_LIST_ITEM(it, orx_kept, link)->unsaved = true;
}

static int commit(orx_keeper *k, orx_err *err) {
    bool many = k->batched > 1;
    k->batched = 0;
    int rc = orx_tx_commit(k->s, err);
    if (rc < 0 && many)
        all_behind(k);
    return rc;
}

int orx_kept_save(orx_kept *u, const char *kind, orx_unit_state before, const char *wish,
                  orx_err *err) {
    orx_keeper *k = u->k;
    int rc = k->batched ? 0 : orx_tx_begin(k->s, err);
    if (rc < 0)
        return rc;
    k->batched++;
    rc = write_row(u, err);
    if (rc == 0)
        rc = write_event(u, kind, before, wish, err);
    if (rc < 0) {
        orx_tx_rollback(k->s);
        if (k->batched > 1)
            all_behind(k);
        k->batched = 0;
        return rc;
    }
    return k->batch && k->batched < BATCH_MAX ? 0 : commit(k, err);
}

void orx_keeper_batch(orx_keeper *k, bool on) {
    orx_err err = ORX_ERR_INIT;
    k->batch = on;
    if (!on && k->batched && commit(k, &err) < 0)
        orx_keeper_problem(k, "states of units cannot be written down now: %s", err.msg);
    if (!on && k->begun)
        orx_keeper_pass_turn(k);
}

/* ---- Reading -------------------------------------------------------------------------------- */

static void copy_text(orx_sql *q, int column, char *to, size_t size) {
    orx_view text = orx_sql_col_text(q, column);
    (void)snprintf(to, size, "%.*s", ORX_VIEW_ARG(text));
}

static orx_unit_state state_of(orx_sql *q, int column) {
    char name[32];
    orx_unit_state state = ORX_UNIT_STOPPED;
    copy_text(q, column, name, sizeof name);
    (void)orx_unit_state_parse(name, &state);
    return state;
}

/* A process that an earlier keeper left: it is on its way out, as its lifeline is gone. */
static void take_process(orx_kept *u) {
    u->earlier = true;
    u->m.state = ORX_UNIT_STOPPING;
    u->m.alive = true;
    u->m.wanted = u->will != ORX_WILL_STOP;
    u->m.after = u->will == ORX_WILL_STOP    ? ORX_UNIT_STOPPED
                 : u->will == ORX_WILL_PAUSE ? ORX_UNIT_PAUSED
                                             : ORX_UNIT_STARTING;
    u->m.cause = "left behind by an earlier supervisor";
    u->pending_exit = ORX_UNIT_EXIT_CLEAN;
}

/* What was so within this boot and is still so. */
static void take_past(orx_kept *u, orx_unit_state state, const orx_wait *wait, orx_sql *q) {
    u->m.level = (int)orx_sql_col_int(q, 2);
    u->m.failures = orx_sql_col_int(q, 3);
    int64_t pid = orx_sql_col_int(q, 6);
    int64_t start = orx_sql_col_int(q, 7);
    bool wanted = u->will == ORX_WILL_NONE || u->will == ORX_WILL_RUN;
    bool alive = pid && orx_pid_state_of(u->k->p, pid, start) == ORX_PID_ALIVE;
    /* What escaped from its tree before that was killed may be all that is left. */
    bool left = orx_kept_group_recall(u, orx_sql_col_text(q, 12));
    if (alive || left) {
        u->pid = pid;
        u->start = start;
        take_process(u);
    } else if (state == ORX_UNIT_FATAL && wanted) {
        orx_kept_set_lacks(u, orx_sql_col_text(q, 13));
        u->m.state = state;
        u->m.wanted = true;
        u->m.cause = "failed before this supervisor began";
    } else if (state == ORX_UNIT_BACKOFF && wanted) {
        u->m.state = state;
        u->m.wanted = true;
        u->m.cause = "waits as under an earlier supervisor";
        orx_kept_set_lacks(u, orx_sql_col_text(q, 13));
        u->deadline_ns = orx_wait_left(u->k->p, wait, orx_mono_ns(u->k->p));
    }
}

static void take_row(orx_kept *u, orx_sql *q) {
    orx_wait wait = {.delay_ns = orx_sql_col_int(q, 9),
                     .wall_ns = orx_sql_col_int(q, 10),
                     .mono_ns = orx_sql_col_int(q, 11)};
    copy_text(q, 8, wait.boot, sizeof wait.boot);
    int64_t will = orx_sql_col_int(q, 1);
    u->will = will >= ORX_WILL_NONE && will <= ORX_WILL_PAUSE ? (orx_unit_will)will : ORX_WILL_NONE;
    u->known = true;
    u->rested = state_of(q, 0) == ORX_UNIT_IDLE;
    u->starts = orx_sql_col_int(q, 4);
    copy_text(q, 5, u->last_exit, sizeof u->last_exit);
    if (strcmp(wait.boot, orx_boot_id(u->k->p)) == 0)
        take_past(u, state_of(q, 0), &wait, q);
}

int orx_kept_load(orx_kept *u, orx_err *err) {
    orx_sql *q;
    int rc = orx_sql_get(u->k->s,
                         "SELECT state, will, level, failures, starts, last_exit, pid, start, boot,"
                         " delay_ns, wall_ns, mono_ns, cgroup, lacks FROM unit WHERE name = ?1",
                         &q, err);
    if (rc < 0)
        return rc;
    orx_sql_str(q, 1, u->spec.name);
    rc = orx_sql_step(q, err);
    if (rc == 1)
        take_row(u, q);
    orx_sql_reset(q);
    if (!u->earlier)
        orx_kept_group_drop(u);
    return rc < 0 ? rc : 0;
}

int orx_unit_rows_each(orx_store *s, void (*fn)(const orx_unit_view *unit, void *user), void *user,
                       orx_err *err) {
    orx_sql *q;
    int rc = orx_sql_get(s,
                         "SELECT state, name, kind, cause, last_exit, since_ns, pid, starts,"
                         " failures, will, status FROM unit ORDER BY name",
                         &q, err);
    if (rc < 0)
        return rc;
    while ((rc = orx_sql_step(q, err)) == 1) {
        ORX_CLEANUP(orx_arena_free) orx_arena a = {0};
        const orx_unit_view view = {
            .state = state_of(q, 0),
            .name = orx_arena_dup(&a, orx_sql_col_text(q, 1)),
            .kind = orx_arena_dup(&a, orx_sql_col_text(q, 2)),
            .owner = "",
            .cause = orx_arena_dup(&a, orx_sql_col_text(q, 3)),
            .last_exit = orx_arena_dup(&a, orx_sql_col_text(q, 4)),
            .status = orx_arena_dup(&a, orx_sql_col_text(q, 10)),
            .since_wall_ns = orx_sql_col_int(q, 5),
            .pid = orx_sql_col_int(q, 6),
            .starts = orx_sql_col_int(q, 7),
            .failures = orx_sql_col_int(q, 8),
            .held = orx_sql_col_int(q, 9) >= ORX_WILL_STOP,
        };
        fn(&view, user);
    }
    return rc;
}

int orx_unit_rows_stop(orx_store *s, const char *name, orx_unit_kind kind, orx_err *err) {
    orx_sql *q;
    int rc =
        orx_sql_get(s,
                    "INSERT INTO unit(name, kind, state, cause, since_ns, will, level,"
                    " failures, starts, last_exit, status, pid, start, boot, delay_ns, wall_ns,"
                    " mono_ns) VALUES(?1, ?2, 'stopped', 'asked to stop', 0, 2, 0, 0, 0, '',"
                    " '', 0, 0, '', 0, 0, 0) ON CONFLICT(name) DO UPDATE SET will = 2",
                    &q, err);
    if (rc < 0)
        return rc;
    orx_sql_str(q, 1, name);
    orx_sql_str(q, 2, orx_unit_kind_name(kind));
    int64_t changed = orx_sql_run(q, err);
    if (changed < 0)
        return (int)changed;
    ORX_CLEANUP(orx_arena_free) orx_arena a = {0};
    orx_node *body = orx_node_new(&a, ORX_OBJECT);
    orx_node_set_str(&a, body, "unit", name);
    orx_node_set_str(&a, body, "wish", "stop");
    const orx_event event = {.kind = "unit.asked", .schema = 1, .body = body};
    return orx_event_append(s, &event, NULL, err);
}

int orx_unit_rows_known(orx_store *s, bool *ret_known, orx_err *err) {
    orx_sql *q;
    int rc = orx_sql_get(s, "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'unit'",
                         &q, err);
    if (rc == 0)
        rc = orx_sql_step(q, err);
    if (rc < 0)
        return rc;
    *ret_known = rc == 1;
    orx_sql_reset(q);
    return 0;
}

/* note.c: events that explain no state change wait for company.
 *
 * They ride in the next transaction, or 200 ms later in one of their own. Until a commit succeeded
 * they stay in memory, so a rolled back transaction does not lose them.
 */
#include "store/internal.h"

#define NOTE_DELAY (200 * ORX_MS)
#define NOTE_RETRY (2 * ORX_SEC)
#define NOTE_LIMIT 10000

static void write_now(void *user);

static void arm(orx_store *s, int64_t delay) {
    if (!s->notes.timer && s->notes.list.len)
        s->notes.timer = orx_timer_start(s->p, delay, write_now, s);
}

/* A transaction of its own, only for the notes. */
static int write_alone(orx_store *s, orx_err *err) {
    int rc = orx_tx_begin(s, err);
    return rc < 0 ? rc : orx_tx_commit(s, err);
}

static void write_now(void *user) {
    orx_store *s = user;
    s->notes.timer = NULL;
    if (orx_store_busy(s))
        arm(s, NOTE_DELAY);
    else if (write_alone(s, NULL) < 0)
        arm(s, NOTE_RETRY);
}

static void keep(orx_store *s, const orx_event_row *row) {
    orx_arena *a = &s->notes.arena;
    orx_note n = {.row = *row};
    n.row.kind = orx_arena_view(a, row->kind);
    if (row->task.p)
        n.row.task = orx_arena_view(a, row->task);
    if (row->body.p)
        n.row.body = orx_arena_view(a, row->body);
    n.row.wall_ns = orx_wall_ns(s->p);
    n.row.mono_ns = orx_mono_ns(s->p);
    orx_vec_push(&s->notes.list, n);
}

int orx_event_note(orx_store *s, const orx_event *e, orx_err *err) {
    if (s->read_only)
        return orx_err_set(err, ORX_E_DENIED, "%s is open for reading only", s->db_path);
    orx_event_row row;
    ORX_CLEANUP(orx_str_free) orx_str body = {0};
    int rc = orx_event_render(e, &body, &row, err);
    if (rc < 0)
        return rc;
    bool full = s->notes.list.len - s->notes.written >= NOTE_LIMIT ||
                orx_arena_used(&s->notes.arena) + body.len > ORX_BODY_MAX;
    if (full && !s->reading) {
        rc = s->in_tx ? orx_notes_write(s, err) : write_alone(s, err);
        if (rc < 0)
            return rc;
    }
    keep(s, &row);
    arm(s, NOTE_DELAY);
    return 0;
}

int orx_notes_write(orx_store *s, orx_err *err) {
    while (s->notes.written < s->notes.list.len) {
        orx_event_row row = s->notes.list.items[s->notes.written].row;
        int rc = orx_chain_append(s, &row, err);
        if (rc < 0)
            return rc;
        s->notes.written++;
    }
    return 0;
}

void orx_notes_committed(orx_store *s) {
    orx_timer_cancel(s->p, s->notes.timer);
    s->notes.timer = NULL;
    s->notes.list.len = 0;
    s->notes.written = 0;
    orx_arena_free(&s->notes.arena);
}

void orx_notes_undone(orx_store *s) {
    s->notes.written = 0;
    arm(s, NOTE_DELAY);
}

void orx_notes_free(orx_store *s) {
    orx_timer_cancel(s->p, s->notes.timer);
    s->notes.timer = NULL;
    orx_vec_free(&s->notes.list);
    orx_arena_free(&s->notes.arena);
}

/* What is known of a sink across processes: cursor, lock, deaths. */
#include "run/sink.h"

#include "data/doc.h"

static int load_cursor(orx_sink *s, orx_err *err) {
    orx_sql *q;
    int rc = orx_sql_get(s->r->s, "SELECT seq FROM sink_cursor WHERE name = ?1", &q, err);
    if (rc < 0)
        return rc;
    orx_sql_str(q, 1, s->name);
    rc = orx_sql_step(q, err);
    if (rc < 0)
        return rc;
    s->fresh = rc == 0;
    s->cursor = rc == 1 ? orx_sql_col_int(q, 0) : 0;
    s->seen = s->cursor;
    orx_sql_reset(q);
    return 0;
}

static int write_cursor(orx_sink *s, int64_t seq, orx_err *err) {
    orx_sql *q;
    int rc = orx_sql_get(s->r->s,
                         "INSERT INTO sink_cursor(name, seq) VALUES(?1, ?2)"
                         " ON CONFLICT(name) DO UPDATE SET seq = excluded.seq",
                         &q, err);
    if (rc < 0)
        return rc;
    orx_sql_str(q, 1, s->name);
    orx_sql_int(q, 2, seq);
    int64_t n = orx_sql_run(q, err);
    return n < 0 ? (int)n : 0;
}

int orx_sink_commit(orx_sink *s, int64_t seq, orx_err *err) {
    int rc = orx_tx_begin(s->r->s, err);
    if (rc < 0)
        return rc;
    rc = write_cursor(s, seq, err);
    if (rc < 0)
        orx_tx_rollback(s->r->s);
    else
        rc = orx_tx_commit(s->r->s, err);
    if (rc == 0)
        s->cursor = seq;
    return rc;
}

/* ---- The lock -------------------------------------------------------------------------------- */

int orx_sink_mark(orx_sink *s, int deaths, orx_err *err) {
    const char text[2] = {(char)('0' + (deaths < 9 ? deaths : 9)), '\n'};
    return orx_file_write(s->r->p, s->lock, 0, text, sizeof text, err);
}

static int read_deaths(orx_sink *s, orx_err *err) {
    char digit = '0';
    int64_t n = orx_file_read(s->r->p, s->lock, 0, &digit, 1, err);
    if (n < 0)
        return (int)n;
    s->deaths = digit > '0' && digit <= '9' ? digit - '0' : 0;
    s->late = s->deaths > 0;
    s->off = s->deaths >= ORX_SINK_DEATHS;
    if (s->off)
        orx_run_tell(s->r, ORX_NOTE_PROBLEM, NULL, false,
                     "sink %s is left alone: %d processes in a row died in it; remove %s to try it "
                     "again",
                     s->name, s->deaths, s->lock_path);
    else if (s->late)
        orx_run_tell(s->r, ORX_NOTE_PROBLEM, NULL, false,
                     "sink %s: a process died in it; it is fed when the work is over", s->name);
    return 0;
}

int orx_sink_take(orx_sink *s, orx_err *err) {
    orx_file *f = NULL;
    if (s->lock)
        return 1;
    int rc = orx_mkdirs(s->r->p, s->dir, true, err);
    if (rc == 0)
        rc = orx_file_open(s->r->p, s->lock_path, ORX_OPEN_READ | ORX_OPEN_WRITE | ORX_OPEN_CREATE,
                           0600, &f, err);
    if (rc < 0)
        return rc;
    rc = orx_file_lock(s->r->p, f, ORX_LOCK_EXCLUSIVE, false, err);
    if (rc < 0) {
        orx_file_close(s->r->p, f);
        return rc == ORX_E_BUSY ? 0 : rc;
    }
    s->lock = f;
    rc = read_deaths(s, err);
    if (rc == 0)
        rc = load_cursor(s, err);
    if (rc < 0) {
        orx_file_close(s->r->p, s->lock);
        s->lock = NULL;
    }
    return rc < 0 ? rc : 1;
}

/* ---- Events ---------------------------------------------------------------------------------- */

void orx_sink_note(orx_sink *s, const char *kind, const char *message, int64_t first,
                   int64_t last) {
    ORX_CLEANUP(orx_arena_free) orx_arena arena = {0};
    orx_node *body = orx_node_new(&arena, ORX_OBJECT);
    orx_node_set_str(&arena, body, "sink", s->name);
    if (message)
        orx_node_set_str(&arena, body, "message", message);
    if (first >= 0) {
        orx_node_set_int(&arena, body, "first_seq", first);
        orx_node_set_int(&arena, body, "last_seq", last);
    }
    const orx_event e = {.kind = kind, .schema = 1, .body = body};
    (void)orx_event_note(s->r->s, &e, NULL);
}

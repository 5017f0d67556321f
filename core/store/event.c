/* event.c: appending one event, and reading many. */
#include "store/internal.h"

#include "data/json.h"

#define KIND_MAX 64
#define TASK_MAX 1024

/* ---- Appending ------------------------------------------------------------------------------ */

static bool is_kind(const char *kind) {
    size_t len = kind ? strlen(kind) : 0;
    return len > 0 && len <= KIND_MAX &&
           strspn(kind, "abcdefghijklmnopqrstuvwxyz0123456789._-") == len;
}

static int check(const orx_event *e, orx_err *err) {
    if (!is_kind(e->kind))
        return orx_err_set(err, ORX_E_INVALID,
                           "event kind \"%.80s\": expected 1 to %d of [a-z0-9._-]",
                           e->kind ? e->kind : "", KIND_MAX);
    if (e->schema < 1)
        return orx_err_set(err, ORX_E_INVALID, "event %s: schema is %d, expected 1 or more",
                           e->kind, e->schema);
    if (e->attempt < 0 || e->call < 0 || e->cause < 0)
        return orx_err_set(err, ORX_E_INVALID, "event %s: a negative attempt, call or cause",
                           e->kind);
    orx_view task = orx_view_of(e->task);
    if (task.len > TASK_MAX || !orx_view_is_utf8(task))
        return orx_err_set(err, ORX_E_INVALID,
                           "event %s: its task id is no UTF-8 or longer than %d bytes", e->kind,
                           TASK_MAX);
    if (e->body && e->body->kind != ORX_OBJECT)
        return orx_err_set(err, ORX_E_INVALID, "event %s: its body is %s, expected an object",
                           e->kind, orx_kind_name(e->body->kind));
    return 0;
}

int orx_event_render(const orx_event *e, orx_str *body, orx_event_row *row, orx_err *err) {
    int rc = check(e, err);
    if (rc < 0)
        return rc;
    orx_str_clear(body);
    if (e->body)
        orx_json_write(body, e->body, ORX_JSON_CANONICAL);
    if (body->len > ORX_BODY_MAX)
        return orx_err_set(err, ORX_E_LIMIT, "event %s: its body has %zu bytes, at most %zu",
                           e->kind, body->len, ORX_BODY_MAX);
    *row = (orx_event_row){
        .kind = orx_view_of(e->kind),
        .schema = e->schema,
        .task = orx_view_of(e->task),
        .attempt = e->attempt,
        .call = e->call,
        .cause = e->cause,
        .body = e->body ? orx_str_view(body) : (orx_view){0},
    };
    return 0;
}

static int append_allowed(orx_store *s, orx_err *err) {
    if (!s->in_tx)
        return orx_err_set(err, ORX_E_INTERNAL, "%s: an event outside a transaction", s->db_path);
    return 0;
}

int orx_event_append(orx_store *s, const orx_event *e, int64_t *ret_seq, orx_err *err) {
    orx_event_row row;
    int rc = append_allowed(s, err);
    if (rc == 0)
        rc = orx_notes_write(s, err); /* what was noted before stands before */
    if (rc == 0)
        rc = orx_event_render(e, &s->body, &row, err);
    if (rc < 0)
        return rc;
    row.wall_ns = orx_wall_ns(s->p);
    row.mono_ns = orx_mono_ns(s->p);
    rc = orx_chain_append(s, &row, err);
    if (rc == 0 && ret_seq)
        *ret_seq = row.seq;
    return rc;
}

/* ---- Reading -------------------------------------------------------------------------------- */

/* Rows per page: bounds how long one read transaction lasts and how much is copied. */
#define PAGE 128

#define MATCH                                                                                      \
    " WHERE e.seq > ?1 AND e.seq <= ?2"                                                            \
    " AND (?3 IS NULL OR substr(e.kind, 1, length(?3)) = ?3)"
#define ANY_TASK     " AND (?4 IS NULL OR e.task = ?4) AND ?5 IS NULL"
#define ONE_TASK     " AND e.task = ?4 AND ?5 IS NULL"
#define ONE_ATTEMPT  " AND (?4 IS NULL OR e.task = ?4) AND e.attempt = ?5"
#define PAGE_END     " ORDER BY e.seq LIMIT ?6"
#define NEWEST_BEGIN "SELECT min(seq) FROM (SELECT e.seq AS seq FROM event AS e "
#define NEWEST_END   " ORDER BY e.seq DESC LIMIT ?6)"
#define BY_TASK      "INDEXED BY event_task"
#define BY_ATTEMPT   "INDEXED BY event_attempt"
#define BY_KIND      "INDEXED BY event_apart"
/* No byte of a kind is as large as '~'. */
#define APART                                                                                      \
    " WHERE e.task IS NULL AND e.attempt IS NULL AND e.kind >= coalesce(?3, '')"                   \
    " AND e.kind < coalesce(?3, '') || '~' AND e.seq > ?1 AND e.seq <= ?2"                         \
    " AND ?4 IS NULL AND ?5 IS NULL"

/* The index to use is ours to know: without statistics SQLite cannot. */
static const char *const page_sql[] = {
    ORX_EVENT_SELECT ORX_EVENT_JOIN MATCH ANY_TASK PAGE_END,
    ORX_EVENT_SELECT BY_TASK ORX_EVENT_JOIN MATCH ONE_TASK PAGE_END,
    ORX_EVENT_SELECT BY_ATTEMPT ORX_EVENT_JOIN MATCH ONE_ATTEMPT PAGE_END,
    ORX_EVENT_SELECT BY_KIND ORX_EVENT_JOIN APART PAGE_END,
};
static const char *const newest_sql[] = {
    NEWEST_BEGIN MATCH ANY_TASK NEWEST_END,
    NEWEST_BEGIN BY_TASK MATCH ONE_TASK NEWEST_END,
    NEWEST_BEGIN BY_ATTEMPT MATCH ONE_ATTEMPT NEWEST_END,
    NEWEST_BEGIN BY_KIND APART NEWEST_END,
};

void orx_event_row_read(orx_sql *q, orx_event_row *row) {
    row->seq = orx_sql_col_int(q, 0);
    row->origin = orx_sql_col_text(q, 1);
    row->origin_seq = orx_sql_col_int(q, 2);
    row->hlc = orx_sql_col_int(q, 3);
    row->wall_ns = orx_sql_col_int(q, 4);
    row->mono_ns = orx_sql_col_int(q, 5);
    row->boot = orx_sql_col_text(q, 6);
    row->kind = orx_sql_col_text(q, 7);
    row->schema = (int)orx_sql_col_int(q, 8);
    row->task = orx_sql_col_text(q, 9);
    row->attempt = orx_sql_col_int(q, 10);
    row->call = orx_sql_col_int(q, 11);
    row->cause = orx_sql_col_int(q, 12);
    row->body = orx_sql_col_text(q, 13);
    row->hash = orx_sql_col_blob(q, 14);
    row->memo = NULL;
}

static void row_keep(orx_arena *a, orx_event_row *row) {
    orx_view *views[] = {&row->origin, &row->boot, &row->kind, &row->task, &row->body, &row->hash};
    for (size_t i = 0; i < ORX_ARRAY_LEN(views); i++)
        if (views[i]->p)
            *views[i] = orx_arena_view(a, *views[i]);
}

static int prepare(orx_store *s, const char *const sql[], const orx_event_filter *f, int64_t after,
                   int64_t until, int64_t limit, orx_sql **ret_q, orx_err *err) {
    size_t which = f->apart ? 3 : f->attempt ? 2 : f->task ? 1 : 0;
    int rc = orx_sql_get(s, sql[which], ret_q, err);
    if (rc < 0)
        return rc;
    orx_sql *q = *ret_q;
    orx_sql_int(q, 1, after);
    orx_sql_int(q, 2, until);
    orx_sql_str(q, 3, f->kind_prefix);
    orx_sql_str(q, 4, f->task);
    if (f->attempt)
        orx_sql_int(q, 5, f->attempt);
    orx_sql_int(q, 6, limit);
    return 0;
}

/* Moves *after so that exactly the last f->limit matches follow it. */
static int skip_to_newest(orx_store *s, const orx_event_filter *f, int64_t *after, int64_t until,
                          orx_err *err) {
    orx_sql *q;
    int rc = prepare(s, newest_sql, f, *after, until, f->limit, &q, err);
    if (rc == 0)
        rc = orx_sql_step(q, err);
    if (rc < 0)
        return rc;
    if (rc == 1 && !orx_sql_col_is_null(q, 0))
        *after = orx_sql_col_int(q, 0) - 1;
    orx_sql_reset(q);
    return 0;
}

/* Copies the next page into rows; returns how many. */
static int read_page(orx_store *s, const orx_event_filter *f, int64_t after, int64_t until,
                     int64_t limit, orx_arena *a, orx_event_row rows[PAGE], orx_err *err) {
    orx_sql *q;
    int rc = prepare(s, page_sql, f, after, until, limit < PAGE ? limit : PAGE, &q, err);
    if (rc < 0)
        return rc;
    int n = 0;
    while ((rc = orx_sql_step(q, err)) == 1) {
        orx_event_row_read(q, &rows[n]);
        row_keep(a, &rows[n++]);
    }
    return rc < 0 ? rc : n;
}

static void memo_free(orx_event_memo *memo) {
    orx_arena_free(&memo->of_row);
    orx_arena_free(&memo->of_attempt);
    free(memo->made);
}

int orx_event_each(orx_store *s, const orx_event_filter *f,
                   bool (*fn)(const orx_event_row *row, void *user), void *user, orx_err *err) {
    /* The end is fixed now, so that a callback that writes events does not chase itself. */
    int64_t until = orx_event_last(s);
    int64_t after = f->after_seq;
    int64_t left = f->limit > 0 ? f->limit : INT64_MAX;
    int rc = f->newest && f->limit > 0 ? skip_to_newest(s, f, &after, until, err) : 0;
    while (rc == 0 && left > 0 && after < until) {
        ORX_CLEANUP(orx_arena_free) orx_arena a = {0};
        ORX_CLEANUP(memo_free) orx_event_memo memo = {0};
        orx_event_row rows[PAGE];
        int n = read_page(s, f, after, until, left, &a, rows, err);
        if (n < 0)
            return n;
        for (int i = 0; i < n; i++) {
            rows[i].memo = &memo;
            if (!fn(&rows[i], user))
                return 0;
        }
        if (n < PAGE)
            return 0;
        after = rows[n - 1].seq;
        left -= n;
    }
    return rc;
}

int orx_store_last(orx_store *s, int64_t *ret_seq, orx_err *err) {
    return orx_store_int(s, "SELECT max(seq) FROM event", 0, ret_seq, err);
}

int64_t orx_event_last(orx_store *s) {
    int64_t last = 0;
    (void)orx_store_last(s, &last, NULL);
    return last;
}

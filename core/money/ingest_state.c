/* How far a source has got, and how its last fetch ended. */
#include "money/ingest_fetch.h"

#include "data/json.h"

/* The texts and numbers of a row, in the order of its columns from `provider` and `fetch` on. */
#define COLUMNS                                                                                    \
    "instance, provider, endpoint, checkpoint, reasons, status, message, covers, fetch, begun, "   \
    "from_ns,"                                                                                     \
    " to_ns, open, rows, seen, rejected, pages, calls, first, last, ok, ended, good"

static orx_ingest_state read_state(orx_sql *q, orx_arena *arena) {
    orx_ingest_state st = {0};
    const char **texts[] = {&st.instance, &st.provider, &st.endpoint, &st.checkpoint,
                            &st.reasons,  &st.status,   &st.message,  &st.covers};
    int64_t open = 0;
    int64_t ok = 0;
    int64_t *numbers[] = {&st.fetch,    &st.begun_ns, &st.from_ns,  &st.to_ns,    &open,
                          &st.rows,     &st.seen,     &st.rejected, &st.pages,    &st.calls,
                          &st.first_ns, &st.last_ns,  &ok,          &st.ended_ns, &st.good_ns};
    for (int i = 0; i < (int)ORX_ARRAY_LEN(texts); i++)
        *texts[i] = orx_arena_dup(arena, orx_sql_col_text(q, i));
    for (int i = 0; i < (int)ORX_ARRAY_LEN(numbers); i++)
        *numbers[i] = orx_sql_col_int(q, (int)ORX_ARRAY_LEN(texts) + i);
    st.open = open != 0;
    st.ok = ok != 0;
    return st;
}

int orx_ingest_state_get(orx_store *s, const char *instance, orx_arena *arena,
                         orx_ingest_state *ret_state, orx_err *err) {
    orx_sql *q;
    int rc = orx_sql_get(s, "SELECT " COLUMNS " FROM ingest_state WHERE instance = ?1", &q, err);
    if (rc < 0)
        return rc;
    orx_sql_str(q, 1, instance);
    rc = orx_sql_step(q, err);
    if (rc == 1)
        *ret_state = read_state(q, arena);
    orx_sql_reset(q);
    return rc;
}

int orx_ingest_state_put(orx_store *s, const orx_ingest_state *st, orx_err *err) {
    orx_sql *q;
    int rc = orx_sql_get(s,
                         "INSERT OR REPLACE INTO ingest_state(" COLUMNS ") VALUES(?1, ?2, ?3, ?4,"
                         " ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19,"
                         " ?20, ?21, ?22, ?23)",
                         &q, err);
    if (rc < 0)
        return rc;
    const char *const texts[] = {st->instance, st->provider, st->endpoint, st->checkpoint,
                                 st->reasons,  st->status,   st->message,  st->covers};
    const int64_t numbers[] = {st->fetch,    st->begun_ns, st->from_ns,  st->to_ns,    st->open,
                               st->rows,     st->seen,     st->rejected, st->pages,    st->calls,
                               st->first_ns, st->last_ns,  st->ok,       st->ended_ns, st->good_ns};
    for (int i = 0; i < (int)ORX_ARRAY_LEN(texts); i++)
        orx_sql_str(q, 1 + i, texts[i] ? texts[i] : "");
    for (int i = 0; i < (int)ORX_ARRAY_LEN(numbers); i++)
        orx_sql_int(q, 1 + (int)ORX_ARRAY_LEN(texts) + i, numbers[i]);
    int64_t n = orx_sql_run(q, err);
    return n < 0 ? (int)n : 0;
}

/* ---- Reports --------------------------------------------------------------------------------- */

/* A list of texts in JSON, behind a first one unless that is empty. */
static const char *const *texts_of(const char *first, const char *json, orx_arena *arena) {
    const orx_node *list = NULL;
    if (*json)
        (void)orx_json_parse(arena, "list", orx_view_of(json), &orx_limits_data, &list, NULL);
    const char **texts = orx_arena_zalloc(arena, (list ? list->count : 0) + 2, sizeof *texts);
    size_t n = 0;
    if (*first)
        texts[n++] = first;
    for (const orx_node *r = orx_node_first(list); r; r = r->next)
        texts[n++] = orx_node_str(r, "");
    return texts;
}

orx_ingest_report orx_ingest_report_of(const orx_ingest_state *st, orx_arena *arena) {
    bool skipped = strcmp(st->status, "skipped") == 0;
    static const char *const none[] = {NULL};
    return (orx_ingest_report){.source = st->instance,
                               .provider = st->provider,
                               .endpoint = st->endpoint,
                               .status = *st->status ? st->status : "failed",
                               .reason = skipped ? st->message : "",
                               .ok = st->ok,
                               .records = st->rows,
                               .seen = st->seen,
                               .rejected = st->rejected,
                               .pages = st->pages,
                               .calls = st->calls,
                               .first_ns = st->first_ns,
                               .last_ns = st->last_ns,
                               .ended_ns = st->ended_ns,
                               .good_ns = st->good_ns,
                               .errors = skipped ? none : texts_of(st->message, st->reasons, arena),
                               .covers = texts_of("", st->covers, arena)};
}

orx_ingest_report orx_ingest_skipped(const char *source, const char *provider, const char *reason) {
    static const char *const none[] = {NULL};
    return (orx_ingest_report){.source = source,
                               .provider = provider,
                               .endpoint = "",
                               .status = "skipped",
                               .reason = reason,
                               .errors = none,
                               .covers = none};
}

int orx_ingest_reports(orx_store *s, orx_arena *arena, orx_ingest_report **ret_reports,
                       orx_err *err) {
    orx_sql *q;
    ORX_VEC(orx_ingest_state) all = {0};
    int rc = orx_sql_get(s, "SELECT " COLUMNS " FROM ingest_state ORDER BY instance", &q, err);
    while (rc >= 0 && (rc = orx_sql_step(q, err)) == 1)
        orx_vec_push(&all, read_state(q, arena));
    if (rc >= 0) {
        orx_ingest_report *reports = orx_arena_zalloc(arena, all.len + 1, sizeof *reports);
        for (size_t i = 0; i < all.len; i++)
            reports[i] = orx_ingest_report_of(&all.items[i], arena);
        *ret_reports = reports;
        rc = (int)all.len;
    }
    orx_vec_free(&all);
    return rc;
}

/* ---- Sources that could not begin ------------------------------------------------------------ */

/* A transaction of one statement. */
static int change(orx_store *s, int (*fn)(orx_store *s, const void *what, orx_err *err),
                  const void *what, orx_err *err) {
    int rc = orx_tx_begin(s, err);
    if (rc < 0)
        return rc;
    rc = fn(s, what, err);
    if (rc >= 0)
        return orx_tx_commit(s, err);
    orx_tx_rollback(s);
    return rc;
}

static int put_state(orx_store *s, const void *what, orx_err *err) {
    return orx_ingest_state_put(s, what, err);
}

int orx_ingest_note(orx_store *s, const orx_ingest_report *report, orx_err *err) {
    ORX_CLEANUP(orx_arena_free) orx_arena arena = {0};
    orx_ingest_state st = {0};
    int rc = orx_ingest_state_get(s, report->source, &arena, &st, err);
    if (rc < 0)
        return rc;
    if (rc == 0)
        st = (orx_ingest_state){.instance = report->source};
    st.provider = report->provider;
    st.status = report->status;
    st.ok = report->ok;
    st.message = report->reason;
    return change(s, put_state, &st, err);
}

static int drop_skipped(orx_store *s, const void *what ORX_UNUSED, orx_err *err) {
    orx_sql *q;
    int rc =
        orx_sql_get(s, "DELETE FROM ingest_state WHERE status = 'skipped' AND fetch = 0", &q, err);
    int64_t n = rc < 0 ? rc : orx_sql_run(q, err);
    return n < 0 ? (int)n : 0;
}

int orx_ingest_forget_skipped(orx_store *s, orx_err *err) {
    return change(s, drop_skipped, NULL, err);
}

/* The rows of deployments: reading, writing, and what is under way. */
#include "route/internal.h"

#include "base/vec.h"
#include "platform/proc.h"

/* The columns that are the machine, in the order of `numbers`, and what else is known. */
#define MACHINE                                                                                    \
    "at, lim, stable, quiet_at, lowered_at, signals, opened_at, cooldown_ns, openings, in_a_row,"  \
    " window_at, window_calls, window_failures, requests_full_at, tokens_full_at, latency_ns,"     \
    " milli_tps, samples"
#define MACHINE_COLUMNS 18
#define REST            "ceiling, calls, failures, last_kind, last_signal, last_recovery, updated"
#define COLUMNS         (MACHINE_COLUMNS + 7)

static void numbers(orx_deployment_row *row, int64_t *n[COLUMNS]) {
    orx_deployment *d = &row->d;
    int64_t *const all[COLUMNS] = {&d->at,
                                   &d->limit,
                                   &d->stable,
                                   &d->quiet_at,
                                   &d->lowered_at,
                                   &d->signals,
                                   &d->opened_at,
                                   &d->cooldown_ns,
                                   &d->openings,
                                   &d->in_a_row,
                                   &d->window_at,
                                   &d->window_calls,
                                   &d->window_failures,
                                   &d->requests_full_at,
                                   &d->tokens_full_at,
                                   &d->latency_ns,
                                   &d->milli_tps,
                                   &d->samples,
                                   &row->ceiling,
                                   &row->calls,
                                   &row->failures,
                                   &row->last_kind,
                                   &row->last_signal,
                                   &row->last_recovery,
                                   &row->updated};
    memcpy(n, all, sizeof all);
}

/* boot, MACHINE, REST from this column. What another boot wrote was measured by another clock: it
 * is made to look as if it lay ahead. */
static void read_numbers(orx_store *s, orx_sql *q, int column, orx_deployment_row *row) {
    int64_t *n[COLUMNS];
    bool ours = orx_view_is(orx_sql_col_text(q, column), orx_boot_id(orx_store_platform(s)));
    numbers(row, n);
    for (int i = 0; i < COLUMNS; i++)
        *n[i] = orx_sql_col_int(q, column + 1 + i);
    if (row->d.at && !ours)
        row->d.at = INT64_MAX;
}

/* ---- Many ------------------------------------------------------------------------------------ */

typedef ORX_VEC(orx_deployment_row) row_vec;

static int read_rows(orx_store *s, const char *provider, orx_arena *arena, row_vec *out,
                     orx_err *err) {
    orx_sql *q;
    int rc = provider
                 ? orx_sql_get(s,
                               "SELECT provider, model, endpoint, (SELECT count(*) FROM reservation"
                               " WHERE provider = d.provider AND model = d.model), boot, " MACHINE
                               ", " REST " FROM deployment d WHERE provider = ?1 ORDER BY model",
                               &q, err)
                 : orx_sql_get(s,
                               "SELECT provider, model, endpoint, (SELECT count(*) FROM reservation"
                               " WHERE provider = d.provider AND model = d.model), boot, " MACHINE
                               ", " REST " FROM deployment d ORDER BY provider, model",
                               &q, err);
    if (rc < 0)
        return rc;
    if (provider)
        orx_sql_str(q, 1, provider);
    while ((rc = orx_sql_step(q, err)) == 1) {
        orx_deployment_row row = {.provider = orx_arena_dup(arena, orx_sql_col_text(q, 0)),
                                  .model = orx_arena_dup(arena, orx_sql_col_text(q, 1)),
                                  .endpoint = orx_arena_dup(arena, orx_sql_col_text(q, 2)),
                                  .in_flight = orx_sql_col_int(q, 3)};
        read_numbers(s, q, 4, &row);
        orx_vec_push(out, row);
    }
    return rc;
}

int orx_deployments_read(orx_store *s, const char *provider, orx_arena *arena,
                         orx_deployment_rows *ret_rows, orx_err *err) {
    row_vec rows = {0};
    int rc = read_rows(s, provider, arena, &rows, err);
    if (rc == 0) {
        ret_rows->items = orx_arena_zalloc(arena, rows.len + 1, sizeof *ret_rows->items);
        ret_rows->count = rows.len;
        ret_rows->now = orx_mono_ns(orx_store_platform(s));
        for (size_t i = 0; i < rows.len; i++)
            ret_rows->items[i] = rows.items[i];
    }
    orx_vec_free(&rows);
    return rc;
}

static int compare(const orx_deployment_row *row, const char *provider, const char *model) {
    int order = strcmp(row->provider, provider);
    return order ? order : strcmp(row->model, model);
}

orx_deployment_row *orx_deployments_find(const orx_deployment_rows *rows, const char *provider,
                                         const char *model) {
    size_t low = 0;
    size_t high = rows->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = compare(&rows->items[middle], provider, model);
        if (order == 0)
            return &rows->items[middle];
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}

/* ---- What is under way ----------------------------------------------------------------------- */

/* Whether the process that made a reservation is there still: pid, start, boot from this column. */
static bool is_alive(orx_store *s, orx_sql *q, int column) {
    orx_platform *p = orx_store_platform(s);
    return orx_view_is(orx_sql_col_text(q, column + 2), orx_boot_id(p)) &&
           orx_pid_state_of(p, orx_sql_col_int(q, column), orx_sql_col_int(q, column + 1)) ==
               ORX_PID_ALIVE;
}

int orx_route_count_alive(orx_store *s, const char *provider, const char *model, int64_t call,
                          int64_t *ret_count, orx_err *err) {
    orx_sql *q;
    int64_t n = 0;
    int rc = orx_sql_get(s,
                         "SELECT pid, start, boot FROM reservation WHERE provider = ?1"
                         " AND (?2 IS NULL OR model = ?2) AND call <> ?3",
                         &q, err);
    if (rc < 0)
        return rc;
    orx_sql_str(q, 1, provider);
    orx_sql_str(q, 2, model);
    orx_sql_int(q, 3, call);
    while ((rc = orx_sql_step(q, err)) == 1)
        n += is_alive(s, q, 0);
    if (rc == 0)
        *ret_count = n;
    return rc;
}

int orx_deployments_verify(orx_store *s, orx_deployment_rows *rows, orx_err *err) {
    for (size_t i = 0; i < rows->count; i++) {
        orx_deployment_row *row = &rows->items[i];
        int rc = row->in_flight
                     ? orx_route_count_alive(s, row->provider, row->model, 0, &row->in_flight, err)
                     : 0;
        if (rc < 0)
            return rc;
    }
    return 0;
}

/* ---- One, in a transaction ------------------------------------------------------------------- */

int orx_route_row_get(orx_store *s, const orx_deployment_ref *ref, int64_t call,
                      orx_deployment_row *ret_row, bool *ret_there, orx_err *err) {
    orx_sql *q;
    orx_deployment_row row = {
        .provider = ref->provider, .model = ref->model, .endpoint = ref->endpoint, .last_kind = -1};
    int rc = orx_sql_get(s,
                         "SELECT (SELECT count(*) FROM reservation WHERE provider = ?1"
                         " AND model = ?2 AND call <> ?3), boot, " MACHINE ", " REST
                         " FROM (SELECT 1) LEFT JOIN deployment ON provider = ?1 AND model = ?2",
                         &q, err);
    if (rc < 0)
        return rc;
    orx_sql_str(q, 1, ref->provider);
    orx_sql_str(q, 2, ref->model);
    orx_sql_int(q, 3, call);
    rc = orx_sql_step(q, err);
    if (rc < 0)
        return rc;
    row.in_flight = orx_sql_col_int(q, 0);
    *ret_there = !orx_sql_col_is_null(q, 1);
    if (*ret_there)
        read_numbers(s, q, 1, &row);
    orx_sql_reset(q);
    *ret_row = row;
    return 0;
}

static int insert(orx_store *s, orx_sql **ret_q, orx_err *err) {
    return orx_sql_get(s,
                       "INSERT INTO deployment(provider, model, endpoint, boot, " MACHINE ", " REST
                       ") VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15,"
                       " ?16, ?17, ?18, ?19, ?20, ?21, ?22, ?23, ?24, ?25, ?26, ?27, ?28, ?29)",
                       ret_q, err);
}

static int update(orx_store *s, orx_sql **ret_q, orx_err *err) {
    return orx_sql_get(
        s,
        "UPDATE deployment SET (endpoint, boot, " MACHINE ", " REST ") = (?3, ?4, ?5, ?6, ?7, ?8,"
        " ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21, ?22, ?23, ?24, ?25, ?26,"
        " ?27, ?28, ?29) WHERE provider = ?1 AND model = ?2",
        ret_q, err);
}

int orx_route_row_put(orx_store *s, const orx_deployment_row *from, bool there, orx_err *err) {
    orx_sql *q;
    orx_deployment_row row = *from;
    int64_t *n[COLUMNS];
    numbers(&row, n);
    int rc = there ? update(s, &q, err) : insert(s, &q, err);
    if (rc < 0)
        return rc;
    const char *const texts[] = {row.provider, row.model, row.endpoint,
                                 orx_boot_id(orx_store_platform(s))};
    for (int i = 0; i < (int)ORX_ARRAY_LEN(texts); i++)
        orx_sql_str(q, 1 + i, texts[i]);
    for (int i = 0; i < COLUMNS; i++)
        orx_sql_int(q, 5 + i, *n[i]);
    int64_t changed = orx_sql_run(q, err);
    return changed < 0 ? (int)changed : 0;
}

/* Services in the journal. */
#include "unit/services_internal.h"

#include "base/mem.h"
#include "data/doc.h"
#include "platform/loop.h"

#include <stdio.h>

const char *orx_service_outcome_name(orx_service_outcome outcome) {
    static const char *const names[] = {"never", "ok", "failed", "final"};
    return names[outcome];
}

/* ---- Writing --------------------------------------------------------------------------------- */

static int write_row(orx_service *s, orx_err *err) {
    orx_sql *q;
    int rc = orx_sql_get(s->all->office->store,
                         "INSERT OR REPLACE INTO service(name, schedule, open, outcome, began_ns,"
                         " ended_ns, from_ns, next_ns, runs, delay_ns, wall_ns, mono_ns, boot)"
                         " VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)",
                         &q, err);
    if (rc < 0)
        return rc;
    orx_sql_str(q, 1, s->cfg->name);
    orx_sql_str(q, 2, s->schedule);
    orx_sql_int(q, 3, s->row.open);
    orx_sql_int(q, 4, s->row.outcome);
    orx_sql_int(q, 5, s->row.began_ns);
    orx_sql_int(q, 6, s->row.ended_ns);
    orx_sql_int(q, 7, s->from_ns);
    orx_sql_int(q, 8, s->row.next_ns);
    orx_sql_int(q, 9, s->row.runs);
    orx_sql_int(q, 10, s->wait.delay_ns);
    orx_sql_int(q, 11, s->wait.wall_ns);
    orx_sql_int(q, 12, s->wait.mono_ns);
    orx_sql_str(q, 13, s->wait.boot);
    int64_t changed = orx_sql_run(q, err);
    return changed < 0 ? (int)changed : 0;
}

static int write_event(orx_service *s, const char *kind, orx_err *err) {
    ORX_CLEANUP(orx_arena_free) orx_arena a = {0};
    char next[ORX_ISO_MAX];
    orx_node *body = orx_node_new(&a, ORX_OBJECT);
    orx_iso_time(s->row.next_ns, next);
    orx_node_set_str(&a, body, "service", s->cfg->name);
    orx_node_set_bool(&a, body, "open", s->row.open);
    orx_node_set_str(&a, body, "outcome", orx_service_outcome_name(s->row.outcome));
    orx_node_set_int(&a, body, "runs", s->row.runs);
    orx_node_set_str(&a, body, "next", next);
    const orx_event event = {.kind = kind, .schema = 1, .body = body};
    return orx_event_append(s->all->office->store, &event, NULL, err);
}

int orx_service_save(orx_service *s, const char *kind, orx_err *err) {
    orx_store *store = s->all->office->store;
    int rc = orx_tx_begin(store, err);
    if (rc < 0)
        return rc;
    rc = write_row(s, err);
    if (rc == 0)
        rc = write_event(s, kind, err);
    if (rc == 0)
        return orx_tx_commit(store, err);
    orx_tx_rollback(store);
    return rc;
}

/* ---- Reading --------------------------------------------------------------------------------- */

#define COLUMNS                                                                                    \
    "SELECT open, outcome, began_ns, ended_ns, next_ns, runs, schedule, from_ns, delay_ns,"        \
    " wall_ns, mono_ns, boot FROM service WHERE name = ?1"

static orx_service_row row_of(orx_sql *q) {
    int64_t outcome = orx_sql_col_int(q, 1);
    bool known = outcome >= ORX_SERVICE_NEVER && outcome <= ORX_SERVICE_FINAL;
    return (orx_service_row){
        .open = orx_sql_col_int(q, 0) != 0,
        .outcome = known ? (orx_service_outcome)outcome : ORX_SERVICE_NEVER,
        .began_ns = orx_sql_col_int(q, 2),
        .ended_ns = orx_sql_col_int(q, 3),
        .next_ns = orx_sql_col_int(q, 4),
        .runs = orx_sql_col_int(q, 5),
    };
}

static int find(orx_store *store, const char *name, orx_sql **ret_q, orx_err *err) {
    int rc = orx_sql_get(store, COLUMNS, ret_q, err);
    if (rc < 0)
        return rc;
    orx_sql_str(*ret_q, 1, name);
    return orx_sql_step(*ret_q, err);
}

int orx_service_row_get(orx_store *s, const char *name, orx_service_row *ret_row, orx_err *err) {
    orx_sql *q = NULL;
    int rc = find(s, name, &q, err);
    if (rc == 1)
        *ret_row = row_of(q);
    if (rc >= 0)
        orx_sql_reset(q);
    return rc;
}

static void take_times(orx_service *s, orx_sql *q) {
    orx_view boot = orx_sql_col_text(q, 11);
    s->from_ns = orx_sql_col_int(q, 7);
    s->wait = (orx_wait){.delay_ns = orx_sql_col_int(q, 8),
                         .wall_ns = orx_sql_col_int(q, 9),
                         .mono_ns = orx_sql_col_int(q, 10)};
    (void)snprintf(s->wait.boot, sizeof s->wait.boot, "%.*s", ORX_VIEW_ARG(boot));
    s->seen_ns = orx_mono_ns(s->all->office->p);
}

int orx_service_load(orx_service *s, orx_err *err) {
    orx_sql *q = NULL;
    bool same = false;
    int rc = find(s->all->office->store, s->cfg->name, &q, err);
    if (rc < 0)
        return rc;
    if (rc == 1) {
        s->row = row_of(q);
        same = orx_view_is(orx_sql_col_text(q, 6), s->schedule);
    }
    if (same)
        take_times(s, q);
    orx_sql_reset(q);
    return same;
}

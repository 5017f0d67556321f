#include "run/outcomes.h"

#include "run/candidates.h"
#include "run/judge.h"

#define NANO 1e9

/* ---- Attempts -------------------------------------------------------------------------------- */

static void take(orx_sql *q, orx_arena *arena, orx_outcomes *m) {
    const char *provider = orx_arena_dup(arena, orx_sql_col_text(q, 1));
    const char *model = orx_arena_dup(arena, orx_sql_col_text(q, 2));
    *m = (orx_outcomes){
        .lane = orx_arena_dup(arena, orx_sql_col_text(q, 0)),
        .deployment = orx_run_deployment(arena, provider, model),
        .outcomes = orx_sql_col_int(q, 3),
        .passed = orx_sql_col_int(q, 4),
        .priced = orx_sql_col_int(q, 5),
        .cost_usd = (double)orx_sql_col_int(q, 6) / NANO,
        .timed = orx_sql_col_int(q, 7),
        .seconds = (double)orx_sql_col_int(q, 8) / NANO,
    };
}

static int open_query(orx_store *s, int64_t from_ns, orx_sql **ret_q, orx_err *err) {
    int rc = orx_sql_get(
        s,
        "SELECT a.lane, c.provider, c.model_asked, count(*), sum(a.verdict = 'done'),"
        " sum(b.unknown = 0), sum(CASE WHEN b.unknown = 0 THEN b.cost ELSE 0 END),"
        " sum(a.ended > a.begun), sum(CASE WHEN a.ended > a.begun THEN a.ended - a.begun ELSE 0"
        " END) FROM attempt AS a"
        " JOIN call AS c ON c.id = (SELECT max(id) FROM call WHERE attempt = a.id)"
        " JOIN attempt_bill AS b ON b.attempt = a.id"
        " WHERE a.ended >= ?1 AND c.kind = 0 AND a.verdict <> ''"
        " AND (a.verdict = 'done' OR a.evidence IN (?2, ?3, ?4))"
        " GROUP BY a.lane, c.provider, c.model_asked ORDER BY 1, 2, 3",
        ret_q, err);
    if (rc < 0)
        return rc;
    orx_sql_int(*ret_q, 1, from_ns);
    orx_sql_int(*ret_q, 2, ORX_EVIDENCE_FAILED);
    orx_sql_int(*ret_q, 3, ORX_EVIDENCE_NO_CHANGE);
    orx_sql_int(*ret_q, 4, ORX_EVIDENCE_OUT_OF_SCOPE);
    return 0;
}

int orx_outcomes_read(orx_store *s, int64_t from_ns, orx_arena *arena, orx_outcomes **ret_rows,
                      orx_err *err) {
    orx_sql *q = NULL;
    orx_outcomes *rows = NULL;
    int count = 0, room = 0;
    int rc = open_query(s, from_ns, &q, err);
    if (rc < 0)
        return rc;
    while ((rc = orx_sql_step(q, err)) == 1) {
        if (count == room) {
            room = room ? 2 * room : 64;
            orx_outcomes *more = orx_arena_zalloc(arena, (size_t)room, sizeof *more);
            if (count)
                memcpy(more, rows, (size_t)count * sizeof *rows);
            rows = more;
        }
        take(q, arena, &rows[count++]);
    }
    orx_sql_reset(q);
    if (rc < 0)
        return rc;
    *ret_rows = rows;
    return count;
}

/* ---- Routers --------------------------------------------------------------------------------- */

int orx_outcomes_routing(orx_store *s, int64_t from_ns, int64_t *ret_decisions, int64_t *ret_errors,
                         int64_t *ret_disruptive, orx_err *err) {
    orx_sql *q = NULL;
    int rc = orx_sql_get(
        s,
        "SELECT count(*), coalesce(sum(r.router_error AND a.route_error NOT LIKE"
        " 'router_model_not_allowed:%'), 0), coalesce(sum(a.routing = 2 AND NOT r.router_error"
        " AND a.route_reason <> 'router_model_disallowed_fallback'), 0) FROM attempt AS a"
        " JOIN attempt_route AS r ON r.attempt = a.id WHERE a.ended >= ?1 AND a.routing <> 0",
        &q, err);
    if (rc < 0)
        return rc;
    orx_sql_int(q, 1, from_ns);
    rc = orx_sql_step(q, err);
    if (rc == 1) {
        *ret_decisions = orx_sql_col_int(q, 0);
        *ret_errors = orx_sql_col_int(q, 1);
        *ret_disruptive = orx_sql_col_int(q, 2);
    }
    orx_sql_reset(q);
    return rc < 0 ? rc : 0;
}

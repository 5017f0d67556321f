#include "route/network_row.h"

#include "platform/platform.h"

#include <stdio.h>

/* Clocks of processors may disagree a little. */
#define CLOCK_SLACK_NS ORX_SEC

/* ---- Reading --------------------------------------------------------------------------------- */

static orx_network state_at(orx_sql *q, int column) {
    int64_t n = orx_sql_col_int(q, column);
    return n >= 0 && n < ORX_NETWORKS ? (orx_network)n : ORX_NETWORK_ONLINE;
}

static bool is_fresh(orx_store *s, orx_view boot, int64_t mono_ns) {
    orx_platform *p = orx_store_platform(s);
    int64_t age = orx_mono_ns(p) - mono_ns;
    return orx_view_is(boot, orx_boot_id(p)) && age >= -CLOCK_SLACK_NS &&
           age < ORX_NETWORK_FRESH_NS;
}

int orx_network_read(orx_store *s, orx_arena *arena, orx_network_row *ret_row, orx_err *err) {
    orx_sql *q;
    orx_network_row row = {.rungs = "{}"};
    int rc = orx_sql_get(s,
                         "SELECT looks, state, mildest, differing, reachable, asked, since, at,"
                         " boot, mono, rungs FROM network WHERE id = 1",
                         &q, err);
    if (rc < 0)
        return rc;
    rc = orx_sql_step(q, err);
    if (rc == 1)
        row = (orx_network_row){.m = {.looks = orx_sql_col_int(q, 0),
                                      .state = state_at(q, 1),
                                      .mildest = state_at(q, 2),
                                      .differing = orx_sql_col_int(q, 3)},
                                .reachable = orx_sql_col_int(q, 4),
                                .asked = orx_sql_col_int(q, 5),
                                .since_ns = orx_sql_col_int(q, 6),
                                .at_ns = orx_sql_col_int(q, 7),
                                .fresh = is_fresh(s, orx_sql_col_text(q, 8), orx_sql_col_int(q, 9)),
                                .rungs = orx_arena_dup(arena, orx_sql_col_text(q, 10))};
    orx_sql_reset(q);
    if (rc >= 0)
        *ret_row = row;
    return rc < 0 ? rc : 0;
}

unsigned orx_network_rungs(const orx_node *rungs, const orx_provider_config *p) {
    const orx_node *own = orx_node_get(rungs, p->name);
    return own ? (unsigned)orx_node_int(own, 0) : orx_rungs_at(orx_place_of(p));
}

orx_node *orx_network_node(const orx_network_row *row, orx_arena *arena) {
    char since[ORX_ISO_MAX];
    orx_node *n = orx_node_new(arena, ORX_OBJECT);
    orx_iso_time(row->since_ns, since);
    orx_node_set_str(arena, n, "state", orx_network_word(row->m.state));
    orx_node_set_str(arena, n, "since", since);
    orx_node_set_int(arena, n, "reachable", row->reachable);
    orx_node_set_int(arena, n, "asked", row->asked);
    return n;
}

/* ---- Looking --------------------------------------------------------------------------------- */

static int write_row(orx_store *s, const orx_network_row *row, orx_err *err) {
    orx_sql *q;
    orx_platform *p = orx_store_platform(s);
    int rc = orx_sql_get(s,
                         "INSERT INTO network(id, looks, state, mildest, differing, reachable,"
                         " asked, since, at, boot, mono, rungs)"
                         " VALUES(1, ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)"
                         " ON CONFLICT(id) DO UPDATE SET (looks, state, mildest, differing,"
                         " reachable, asked, since, at, boot, mono, rungs) ="
                         " (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
                         &q, err);
    if (rc < 0)
        return rc;
    const int64_t numbers[] = {row->m.looks,   row->m.state, row->m.mildest, row->m.differing,
                               row->reachable, row->asked,   row->since_ns,  row->at_ns};
    for (int i = 0; i < (int)ORX_ARRAY_LEN(numbers); i++)
        orx_sql_int(q, 1 + i, numbers[i]);
    orx_sql_str(q, 9, orx_boot_id(p));
    orx_sql_int(q, 10, orx_mono_ns(p));
    orx_sql_str(q, 11, row->rungs);
    return orx_sql_run(q, err) < 0 ? ORX_E_IO : 0;
}

static int note(orx_store *s, const orx_network_row *row, const char *before, orx_err *err) {
    ORX_CLEANUP(orx_arena_free) orx_arena arena = {0};
    orx_node *body = orx_network_node(row, &arena);
    orx_node_set_str(&arena, body, "before", before);
    const orx_event e = {.kind = "network.changed", .schema = 1, .body = body};
    return orx_event_append(s, &e, NULL, err);
}

int orx_network_look(orx_store *s, int64_t reachable, int64_t asked, const char *rungs,
                     bool at_once, orx_arena *arena, orx_network_row *ret_row, orx_err *err) {
    orx_network_row row;
    int rc = orx_tx_begin(s, err);
    if (rc < 0)
        return rc;
    rc = orx_network_read(s, arena, &row, err);
    if (rc == 0) {
        const char *before = row.m.looks ? orx_network_word(row.m.state) : "";
        bool changed =
            orx_network_step(&row.m, orx_network_of(reachable, asked), at_once) || !*before;
        row.at_ns = orx_wall_ns(orx_store_platform(s));
        row.since_ns = changed ? row.at_ns : row.since_ns;
        row.reachable = reachable;
        row.asked = asked;
        row.rungs = rungs;
        row.fresh = true;
        rc = write_row(s, &row, err);
        if (rc == 0 && changed)
            rc = note(s, &row, before, err);
        rc = rc < 0 ? rc : changed;
    }
    if (rc < 0) {
        orx_tx_rollback(s);
        return rc;
    }
    *ret_row = row;
    return orx_tx_commit(s, err) < 0 ? ORX_E_IO : rc;
}

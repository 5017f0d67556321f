#include "route/switch.h"

#include "data/doc.h"
#include "platform/platform.h"

static int read_row(orx_store *s, orx_arena *arena, orx_route_switch *ret_switch, orx_err *err) {
    orx_sql *q;
    int rc = orx_sql_get(s, "SELECT reason, at FROM route_switch WHERE id = 1", &q, err);
    if (rc < 0)
        return rc;
    rc = orx_sql_step(q, err);
    if (rc == 1)
        *ret_switch = (orx_route_switch){.off = true,
                                         .reason = orx_arena_dup(arena, orx_sql_col_text(q, 0)),
                                         .at_ns = orx_sql_col_int(q, 1)};
    orx_sql_reset(q);
    return rc < 0 ? rc : 0;
}

int orx_route_switch_read(orx_store *s, const orx_config *cfg, orx_arena *arena,
                          orx_route_switch *ret_switch, orx_err *err) {
    orx_route_switch sw = {.reason = ""};
    int rc = s ? read_row(s, arena, &sw, err) : 0;
    if (rc < 0)
        return rc;
    if (cfg->route.kill_switch)
        sw = (orx_route_switch){.off = true, .configured = true, .reason = "route.kill_switch"};
    *ret_switch = sw;
    return 0;
}

/* ---- Setting --------------------------------------------------------------------------------- */

static int change(orx_store *s, bool off, const char *reason, orx_err *err) {
    orx_sql *q;
    int rc = off ? orx_sql_get(s,
                               "INSERT INTO route_switch(id, reason, at) VALUES(1, ?1, ?2)"
                               " ON CONFLICT DO NOTHING",
                               &q, err)
                 : orx_sql_get(s,
                               "DELETE FROM route_switch WHERE id = 1 AND ?1 IS NOT NULL"
                               " AND ?2 IS NOT NULL",
                               &q, err);
    if (rc < 0)
        return rc;
    orx_sql_str(q, 1, reason);
    orx_sql_int(q, 2, orx_wall_ns(orx_store_platform(s)));
    return (int)orx_sql_run(q, err);
}

static int note(orx_store *s, bool off, const char *reason, orx_err *err) {
    ORX_CLEANUP(orx_arena_free) orx_arena arena = {0};
    orx_node *body = orx_node_new(&arena, ORX_OBJECT);
    orx_node_set_str(&arena, body, "reason", reason);
    const orx_event e = {.kind = off ? "route.off" : "route.on", .schema = 1, .body = body};
    return orx_event_append(s, &e, NULL, err);
}

int orx_route_switch_set(orx_store *s, bool off, const char *reason, orx_err *err) {
    orx_view text = orx_view_of(reason);
    if (text.len > ORX_SWITCH_REASON_MAX || !orx_view_is_utf8(text))
        return orx_err_set(err, ORX_E_INVALID,
                           "the reason: expected UTF-8 text of at most %d bytes",
                           ORX_SWITCH_REASON_MAX);
    int rc = orx_tx_begin(s, err);
    if (rc < 0)
        return rc;
    int changed = change(s, off, reason, err);
    rc = changed > 0 ? note(s, off, reason, err) : changed;
    if (rc == 0)
        return orx_tx_commit(s, err) < 0 ? ORX_E_IO : changed;
    orx_tx_rollback(s);
    return rc;
}

/* Which endpoints answer: asked when it is time to, else as the fleet's file says. */
#include "cli/idle_guard.h"

#include "base/address.h"
#include "cli/endpoint_files.h"
#include "cli/fleet_files.h"
#include "fleet/local_scan.h"

static int64_t now_sec(orx_idle_run *r) {
    return orx_wall_ns(r->c->p) / ORX_SEC;
}

/* A time in the future is one of another clock. */
static bool is_due(orx_idle_run *r, int64_t epoch, int64_t interval_sec) {
    int64_t age = now_sec(r) - epoch;
    return age < 0 || age >= interval_sec;
}

static void tell(orx_idle_run *r, const char *kind, bool ok, const char *error) {
    orx_arena *a = &r->c->arena;
    orx_node *n = orx_node_new(a, ORX_OBJECT);
    orx_node_set_str(a, n, "kind", kind);
    orx_node_set_bool(a, n, "ok", ok);
    orx_node_set_str(a, n, "error", error);
    orx_node_push(r->refreshes, n);
}

static void add_key(orx_idle_run *r, const char *base_url) {
    ORX_CLEANUP(orx_str_free) orx_str key = {0};
    if (!orx_address_key(orx_view_of(base_url), &key))
        return;
    ORX_NODE_EACH(r->healthy, n)
    if (orx_view_is(orx_str_view(&key), n->u.s.p))
        return;
    const char *text = orx_arena_dup(&r->c->arena, orx_str_view(&key));
    orx_node_push(r->healthy, orx_node_new_str(&r->c->arena, orx_view_of(text)));
}

static void take_keys(orx_idle_run *r, const orx_node *probe) {
    ORX_NODE_EACH(orx_node_get(probe, "endpoints"), row)
    if (orx_node_bool(orx_node_get(row, "ok"), false))
        add_key(r, orx_node_str(orx_node_get(row, "base_url"), ""));
}

static const orx_node *ask(orx_idle_run *r, const orx_fleet_files *files, orx_local_fleet *fleet,
                           bool *scan, orx_err *err) {
    orx_arena *a = &r->c->arena;
    orx_local_work w = {0};
    orx_node *made = orx_node_new(a, ORX_OBJECT);
    orx_fleet_work(r->c, fleet, &w);
    orx_local_look(&w, fleet->bench.timeout_ns);
    orx_node_set(a, made, "probe", orx_local_probe_report(&w));
    *scan = *scan && orx_fleet_may_ask(r->c, &w, "capability-scan", err) == 0;
    if (*scan)
        orx_node_set(a, made, "capability_scan",
                     orx_local_scan_report(&w, orx_node_get(files->before, "capability_scan")));
    return orx_fleet_files_write(r->c, files, made, err) < 0 ? NULL : orx_node_get(made, "probe");
}

void orx_idle_refresh(orx_idle_run *r) {
    orx_err err = ORX_ERR_INIT;
    orx_fleet_files files = {0};
    orx_local_fleet fleet = {0};
    bool scan = is_due(r, r->scan_epoch, r->g.scan_interval_sec);
    bool due = scan || is_due(r, r->probe_epoch, r->g.probe_interval_sec);
    int rc = orx_fleet_files_at(r->c, "config/local_model_fleet.json", r->fleet_status_file, &files,
                                &fleet, &err);
    const orx_node *probe = rc == 0 && due ? ask(r, &files, &fleet, &scan, &err) : NULL;
    if (probe) {
        r->probe_epoch = now_sec(r);
        r->scan_epoch = scan ? r->probe_epoch : r->scan_epoch;
        tell(r, scan ? "capability_scan" : "probe", true, "");
    } else if (rc < 0 || due)
        tell(r, scan ? "capability_scan" : "probe", false, err.msg);
    take_keys(r, probe ? probe : rc == 0 && !due ? orx_node_get(files.before, "probe") : NULL);
}

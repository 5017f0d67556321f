/* status, health, watchdog and full-autonomy as documents. */
#include "unit/health_doc.h"

#include "route/network_row.h"

static void set_time(orx_arena *a, orx_node *n, const orx_fleet_facts *f) {
    char text[ORX_ISO_MAX];
    orx_iso_time(f->wall_ns, text);
    orx_node_set_str(a, n, "timestamp", text);
}

static void set_pid(orx_arena *a, orx_node *n, const char *key, int64_t pid) {
    orx_node_set(a, n, key, pid > 0 ? orx_node_new_int(a, pid) : orx_node_new(a, ORX_NULL));
}

orx_node *orx_health_status_doc(const orx_fleet_facts *f, orx_arena *a) {
    orx_node *n = orx_node_new(a, ORX_OBJECT);
    orx_node_set_bool(a, n, "supervisor_running", f->supervisor_pid != 0);
    set_pid(a, n, "supervisor_pid", f->supervisor_pid);
    orx_node_set_bool(a, n, "runner_running", f->runner.running);
    set_pid(a, n, "runner_pid", f->runner.running ? f->runner.pid : 0);
    orx_node_set_int(a, n, "heartbeat_age_sec", f->file_age_sec);
    orx_node_set_int(a, n, "heartbeat_stale_threshold_sec", f->stale_sec);
    orx_node_set_str(a, n, "state_file", f->state_file);
    orx_node_set_str(a, n, "log_file", f->log_file);
    if (f->routers_off)
        orx_node_set_str(a, n, "routers_off", f->routers_off);
    if (f->network)
        orx_node_set(a, n, "network", orx_network_node(f->network, a));
    return n;
}

orx_node *orx_health_findings_doc(const orx_health_report *r, orx_arena *a) {
    orx_node *list = orx_node_new(a, ORX_ARRAY);
    for (const orx_health_finding *i = r->first; i; i = i->next) {
        orx_node *n = orx_node_new(a, ORX_OBJECT);
        orx_node_set_str(a, n, "id", i->id);
        orx_node_set_str(a, n, "subject", i->subject);
        orx_node_set_str(a, n, "severity", orx_health_severity_name(i->severity));
        orx_node_set_str(a, n, "text", i->text);
        orx_node_set_str(a, n, "remedy", i->remedy);
        orx_node_push(list, n);
    }
    return list;
}

/* [K] unknown: what cannot be read counts as one. */
static orx_node *state_counts(const orx_fleet_facts *f, orx_arena *a) {
    const orx_task_counts *t = &f->runner.tasks;
    orx_node *n = orx_node_new(a, ORX_OBJECT);
    orx_node_set_int(a, n, "pending", t->pending);
    orx_node_set_int(a, n, "in_progress", t->in_progress);
    orx_node_set_int(a, n, "done", t->done);
    orx_node_set_int(a, n, "blocked", t->blocked);
    orx_node_set_int(a, n, "unknown", *f->journal_error ? 1 : 0);
    return n;
}

static orx_node *blocked_tasks(const orx_fleet_facts *f, orx_arena *a) {
    orx_node *list = orx_node_new(a, ORX_ARRAY);
    for (size_t i = 0; i < f->blocked_count; i++)
        orx_node_push(list, orx_node_new_str(a, orx_view_of(f->blocked[i])));
    return list;
}

orx_node *orx_health_doc(const orx_fleet_facts *f, const orx_health_report *r, orx_arena *a) {
    orx_node *n = orx_node_new(a, ORX_OBJECT);
    set_time(a, n, f);
    orx_node_set_bool(a, n, "ok", r->ok);
    orx_node_set(a, n, "status", orx_health_status_doc(f, a));
    orx_node_set(a, n, "state_counts", state_counts(f, a));
    orx_node_set(a, n, "blocked_tasks", blocked_tasks(f, a));
    orx_node_set_bool(a, n, "heartbeat_stale", r->runner == ORX_WORD_STALE);
    orx_node_set(a, n, "findings", orx_health_findings_doc(r, a));
    return n;
}

/* ---- Watchdog and full autonomy -------------------------------------------------------------- */

orx_node *orx_health_process_doc(const char *id, const orx_watch_row *row, orx_arena *a) {
    orx_node *n = orx_node_new(a, ORX_OBJECT);
    orx_node_set_str(a, n, "id", id);
    set_pid(a, n, "pid", row->pid);
    orx_node_set_str(a, n, "status", orx_watch_status_name(row->status));
    orx_node_set_str(a, n, "detail", row->detail);
    return n;
}

orx_node *orx_health_watchdog_doc(const orx_fleet_facts *f, const orx_watch_row *supervisor,
                                  const orx_watch_row *runner, orx_arena *a) {
    orx_node *n = orx_node_new(a, ORX_OBJECT);
    orx_node *list = orx_node_new(a, ORX_ARRAY);
    orx_node_push(list, orx_health_process_doc("supervisor", supervisor, a));
    orx_node_push(list, orx_health_process_doc("runner", runner, a));
    set_time(a, n, f);
    orx_node_set_int(a, n, "heartbeat_age_sec", f->file_age_sec);
    orx_node_set_int(a, n, "heartbeat_stale_threshold_sec", f->stale_sec);
    orx_node_set_bool(a, n, "ok",
                      orx_watch_is_fine(supervisor->status) && orx_watch_is_fine(runner->status));
    orx_node_set(a, n, "processes", list);
    return n;
}

bool orx_health_autonomy_ok(const orx_health_report *r, bool preflight_clean) {
    return r->ok && preflight_clean;
}

orx_node *orx_health_autonomy_doc(const orx_fleet_facts *f, const orx_health_report *r,
                                  const orx_node *preflight, const orx_node *watchdog,
                                  orx_arena *a) {
    orx_node *n = orx_node_new(a, ORX_OBJECT);
    bool clean = orx_node_bool(orx_node_get(preflight, "clean"), false);
    set_time(a, n, f);
    orx_node_set_bool(a, n, "ok", orx_health_autonomy_ok(r, clean));
    orx_node_set_str(a, n, "phase", *f->phase ? f->phase : orx_unit_word_name(r->runner));
    if (r->runner == ORX_WORD_IDLE)
        orx_node_set_str(a, n, "phase", "idle");
    orx_node_set(a, n, "preflight", orx_node_copy(a, preflight));
    orx_node_set(a, n, "watchdog", orx_node_copy(a, watchdog));
    orx_node_set(a, n, "status", orx_health_status_doc(f, a));
    orx_node_set(a, n, "health", orx_health_doc(f, r, a));
    return n;
}

/* What the idle guard writes down [K]: report, state and history. */
#include "cli/idle_guard.h"

#include "cli/endpoint_files.h"
#include "data/ndjson.h"
#include "platform/files.h"

void orx_idle_note(orx_idle_run *r, orx_node *list, const char *lane, const char *key,
                   const char *text) {
    orx_node *n = orx_node_new(&r->c->arena, ORX_OBJECT);
    orx_node_set_str(&r->c->arena, n, "lane_id", lane);
    orx_node_set_str(&r->c->arena, n, key, text);
    orx_node_push(list, n);
}

static orx_node *anomalies_of(orx_idle_run *r) {
    orx_arena *a = &r->c->arena;
    orx_node *list = orx_node_new(a, ORX_ARRAY);
    const struct {
        bool there;
        const char *word;
    } all[] = {
        {r->idle_cycles > 0, "idle_while_endpoints_healthy"},
        {r->idle_cycles >= r->g.alert_cycles, "persistent_idle_condition"},
        {r->failed->count > 0, "self_healing_errors"},
        {r->revived->count > 0, "stalled_state_revived"},
        {r->recycled->count > 0, "backlog_recycled"},
    };
    for (size_t i = 0; r->g.enabled && i < ORX_ARRAY_LEN(all); i++)
        if (all[i].there)
            orx_node_push(list, orx_node_new_str(a, orx_view_of(all[i].word)));
    return list;
}

static orx_node *ids_of(orx_idle_run *r, const orx_node *rows) {
    orx_node *list = orx_node_new(&r->c->arena, ORX_ARRAY);
    ORX_NODE_EACH(rows, row)
    orx_node_push(list, orx_node_copy(&r->c->arena, orx_node_get(row, "lane_id")));
    return list;
}

static orx_node *advice(orx_idle_run *r) {
    static const char *const lines[] = {
        "`orxaq local-model-fleet-probe` shows which servers answer and what they have loaded",
        "`orxaq lanes-status` shows why a lane has no process",
        "a pause that is to last needs a reason in paused.flag, or its lane in lane_id_denylist",
        "`orxaq tasks list --lane ID` shows what is left to do"};
    orx_node *list = orx_node_new(&r->c->arena, ORX_ARRAY);
    for (size_t i = 0; i < ORX_ARRAY_LEN(lines); i++)
        orx_node_push(list, orx_node_new_str(&r->c->arena, orx_view_of(lines[i])));
    return list;
}

static void put_paths(orx_idle_run *r, orx_node *n) {
    orx_arena *a = &r->c->arena;
    orx_node_set_str(a, n, "repo_root", r->c->cfg->root);
    orx_node_set_str(a, n, "config_file", r->config_file);
    orx_node_set_str(a, n, "state_file", r->state_file);
    orx_node_set_str(a, n, "history_file", r->history_file);
    orx_node_set_str(a, n, "fleet_status_file", r->fleet_status_file);
}

static void put_counts(orx_idle_run *r, orx_node *n) {
    const struct {
        const char *key;
        int64_t value;
    } counts[] = {
        {"local_lane_total", (int64_t)r->count},
        {"local_running_before", r->running_before},
        {"local_running_after", r->running_after},
        {"healthy_endpoint_count", r->healthy->count},
        {"candidate_count", (int64_t)orx_idle_candidates(r->items, r->count)},
        {"started_count", r->started->count},
        {"unpaused_count", r->unpaused->count},
        {"revived_state_count", r->revived->count},
        {"backlog_recycled_count", r->recycled->count},
        {"failed_count", r->failed->count},
        {"skipped_count", r->skipped->count},
        {"consecutive_idle_cycles", r->idle_cycles},
    };
    for (size_t i = 0; i < ORX_ARRAY_LEN(counts); i++)
        orx_node_set_int(&r->c->arena, n, counts[i].key, counts[i].value);
}

static orx_node *ensure_of(orx_idle_run *r) {
    orx_arena *a = &r->c->arena;
    orx_node *n = orx_node_new(a, ORX_OBJECT);
    orx_node_set_bool(a, n, "ok", r->ensured);
    orx_node_set_int(a, n, "started_count", r->supervisor_started);
    orx_node_set_int(a, n, "restarted_count", 0);
    orx_node_set_int(a, n, "failed_count", !r->ensured);
    orx_node_set_int(a, n, "skipped_count", 0);
    return n;
}

static orx_node *report_of(orx_idle_run *r, const char *now, orx_node *anomalies) {
    orx_arena *a = &r->c->arena;
    orx_node *n = orx_node_new(a, ORX_OBJECT);
    orx_node_set_str(a, n, "timestamp", now);
    if (!r->g.enabled) {
        orx_node_set_bool(a, n, "enabled", false);
        orx_node_set_str(a, n, "reason", "guard_disabled");
        put_paths(r, n);
        return n;
    }
    orx_node_set_bool(a, n, "ok", !r->failed->count);
    put_paths(r, n);
    put_counts(r, n);
    orx_node_set(a, n, "healthy_endpoint_keys", r->healthy);
    orx_node_set(a, n, "anomalies", anomalies);
    orx_node_set(a, n, "started", r->started);
    orx_node_set(a, n, "unpaused", r->unpaused);
    orx_node_set(a, n, "skipped", r->skipped);
    orx_node_set(a, n, "failed", r->failed);
    orx_node_set(a, n, "revived_states", r->revived);
    orx_node_set(a, n, "backlog_recycled", r->recycled);
    orx_node_set(a, n, "fleet_refresh_events", r->refreshes);
    orx_node_set(a, n, "ensure", ensure_of(r));
    orx_node_set(a, n, "recommendations", advice(r));
    return n;
}

static orx_node *state_of(orx_idle_run *r, const char *now, const orx_node *anomalies) {
    orx_arena *a = &r->c->arena;
    orx_node *n = orx_node_new(a, ORX_OBJECT);
    orx_node_set_str(a, n, "last_cycle_at", now);
    orx_node_set_int(a, n, "last_probe_epoch", r->probe_epoch);
    orx_node_set_int(a, n, "last_capability_epoch", r->scan_epoch);
    orx_node_set_int(a, n, "consecutive_idle_cycles", r->idle_cycles);
    orx_node_set(a, n, "last_anomalies", orx_node_copy(a, anomalies));
    orx_node_set(a, n, "last_started_lane_ids", ids_of(r, r->started));
    orx_node_set(a, n, "last_failed_lane_ids", ids_of(r, r->failed));
    orx_node_set(a, n, "last_backlog_recycled_lane_ids", ids_of(r, r->recycled));
    return n;
}

/* At log.max_bytes the history becomes FILE.1. */
static int append(orx_idle_run *r, const orx_node *report, orx_err *err) {
    orx_cli *c = r->c;
    orx_file_info info;
    if (orx_stat(c->p, r->history_file, &info, NULL) == 0 && info.size >= c->cfg->log.max_bytes)
        (void)orx_rename(c->p, r->history_file,
                         orx_arena_printf(&c->arena, "%s.1", r->history_file), NULL);
    int rc = orx_ep_mkdir_for(c, r->history_file, err);
    return rc < 0 ? rc : orx_ndjson_append(c->p, r->history_file, report, false, err);
}

int orx_idle_write(orx_idle_run *r, orx_node **ret_report, orx_err *err) {
    char now[ORX_ISO_MAX];
    orx_iso_time(orx_wall_ns(r->c->p), now);
    orx_node *anomalies = anomalies_of(r);
    orx_node *report = report_of(r, now, anomalies);
    int rc = orx_ep_write(r->c, r->report_file, report, ORX_JSON_PY_INDENT, err);
    if (rc == 0 && r->g.enabled)
        rc =
            orx_ep_write(r->c, r->state_file, state_of(r, now, anomalies), ORX_JSON_PY_INDENT, err);
    if (rc == 0 && r->g.enabled)
        rc = append(r, report, err);
    *ret_report = report;
    return rc;
}

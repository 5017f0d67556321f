#include "lane/idle_guard.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#define FILES "artifacts/autonomy/local_models/"
#define LATER "max_auto_starts_per_cycle"

/* ---- The file -------------------------------------------------------------------------------- */

typedef struct reading {
    const orx_node *doc;
    const char *file;
    orx_err *err;
    int rc;
} reading;

static const orx_node *member(reading *r, const char *key, orx_kind kind, const char *expected) {
    const orx_node *n = orx_node_get(r->doc, key);
    if (!n || n->kind == kind)
        return n;
    if (r->rc == 0)
        r->rc = orx_err_set(r->err, ORX_E_INVALID, "%s:%u: %s: expected %s", r->file, n->line, key,
                            expected);
    return NULL;
}

static bool flag(reading *r, const char *key) {
    return orx_node_bool(member(r, key, ORX_BOOL, "true or false"), true);
}

static int64_t number(reading *r, const char *key, int64_t otherwise, int64_t least) {
    int64_t n = orx_node_int(member(r, key, ORX_INT, "a whole number"), otherwise);
    return n < least ? least : n;
}

static const char *path(reading *r, const char *key, const char *otherwise) {
    const char *text = orx_node_str(member(r, key, ORX_STRING, "a path"), "");
    return *text ? text : otherwise;
}

static const orx_node *ids(reading *r, const char *key) {
    const orx_node *list = member(r, key, ORX_ARRAY, "a list of lane ids");
    ORX_NODE_EACH(list, n)
    if (n->kind != ORX_STRING && r->rc == 0)
        r->rc = orx_err_set(r->err, ORX_E_INVALID, "%s:%u: %s: expected a list of lane ids",
                            r->file, n->line, key);
    return list;
}

int orx_idle_read(const orx_node *doc, const char *file, orx_idle_config *ret_cfg, orx_err *err) {
    reading r = {.doc = doc, .file = file, .err = err};
    if (!doc || doc->kind != ORX_OBJECT)
        return orx_err_set(err, ORX_E_INVALID, "%s:1: expected an object", file);
    const orx_idle_config g = {
        .enabled = flag(&r, "enabled"),
        .probe_interval_sec = number(&r, "fleet_probe_interval_sec", 120, 30),
        .scan_interval_sec = number(&r, "fleet_capability_scan_interval_sec", 600, 60),
        .minimum_healthy = number(&r, "minimum_healthy_endpoints", 1, 0),
        .auto_unpause = flag(&r, "auto_unpause_local_lanes"),
        .stale_pause_sec = number(&r, "stale_manual_pause_sec", 600, 0),
        .max_starts = number(&r, "max_auto_starts_per_cycle", 4, 1),
        .allow_blocked_recovery = flag(&r, "allow_blocked_recovery"),
        .require_local_only = flag(&r, "require_local_only"),
        .require_pending_work = flag(&r, "require_pending_work"),
        .queue_enables_start = flag(&r, "queue_depth_enables_start"),
        .recycle_on_idle = flag(&r, "backlog_recycle_on_idle"),
        .recycle_delay_sec = number(&r, "backlog_recycle_delay_sec", 45, 1),
        .recycle_max = number(&r, "backlog_recycle_max_per_lane", 6, 1),
        .alert_cycles = number(&r, "idle_alert_threshold_cycles", 6, 1),
        .revive_on_idle = flag(&r, "revive_stalled_state_on_idle"),
        .revive_after = number(&r, "revive_after_idle_cycles", 2, 1),
        .allow = ids(&r, "lane_id_allowlist"),
        .deny = ids(&r, "lane_id_denylist"),
        .report_file = path(&r, "report_file", FILES "idle_guard_report.json"),
        .state_file = path(&r, "state_file", FILES "idle_guard_state.json"),
        .history_file = path(&r, "history_file", FILES "idle_guard_history.ndjson"),
        .fleet_status_file = path(&r, "fleet_status_file", NULL),
    };
    if (r.rc == 0)
        *ret_cfg = g;
    return r.rc;
}

static bool has(const orx_node *list, const char *id) {
    ORX_NODE_EACH(list, n)
    if (strcmp(orx_node_str(n, ""), id) == 0)
        return true;
    return false;
}

bool orx_idle_lists(const orx_idle_config *g, const char *lane) {
    return (!g->allow || !g->allow->count || has(g->allow, lane)) && !has(g->deny, lane);
}

/* ---- One lane -------------------------------------------------------------------------------- */

/* [K] A pause without a reason of its own. */
static bool is_manual(const char *text) {
    static const char word[] = "manual";
    bool empty = true;
    for (const char *p = text; *p; p++) {
        size_t n = 0;
        while (word[n] && tolower((unsigned char)p[n]) == word[n])
            n++;
        if (!word[n])
            return true;
        empty = empty && isspace((unsigned char)*p);
    }
    return empty;
}

static const char *unpause_of(const orx_idle_config *g, const orx_idle_lane *l, bool force) {
    if (g->auto_unpause && is_manual(l->pause) && l->pause_age_sec >= g->stale_pause_sec)
        return "stale_manual_pause";
    return force ? "force_unpause" : NULL;
}

/* [K] */
static bool weigh(const orx_idle_config *g, orx_idle_lane *l) {
    bool work = l->pending || l->in_progress || (l->blocked && g->allow_blocked_recovery);
    l->score = 100 * l->pending + 50 * l->in_progress + 5 * l->blocked;
    if (l->queued && g->queue_enables_start) {
        work = true;
        l->score += 120 * l->queued;
    }
    if (work || !g->require_pending_work)
        return true;
    if (!g->recycle_on_idle || !l->recyclable)
        return false;
    l->recycle = true;
    l->score += l->recyclable > 1 ? 80 * l->recyclable : 80;
    return true;
}

static void judge(const orx_idle_config *g, orx_idle_lane *l, bool force) {
    l->skip = NULL;
    l->unpause = NULL;
    l->recycle = false;
    l->score = 0;
    if (l->running)
        l->skip = "running";
    else if (l->fatal)
        l->skip = "crash_breaker_open";
    else if (l->endpoint_known && !l->endpoint_ok)
        l->skip = "endpoint_unhealthy";
    else if (l->pause && !(l->unpause = unpause_of(g, l, force)))
        l->skip = "manual_pause_active";
    else if (!weigh(g, l))
        l->skip = "no_runnable_work";
}

/* ---- All of them ----------------------------------------------------------------------------- */

static int by_score(const void *a, const void *b) {
    const orx_idle_lane *x = a;
    const orx_idle_lane *y = b;
    if (!x->skip != !y->skip)
        return x->skip ? 1 : -1;
    if (!x->skip && x->score != y->score)
        return x->score > y->score ? -1 : 1;
    return strcmp(x->id, y->id);
}

size_t orx_idle_judge(const orx_idle_config *g, orx_idle_lane *lanes, size_t count, int64_t healthy,
                      bool force_unpause) {
    size_t starts = 0;
    for (size_t i = 0; i < count; i++) {
        judge(g, &lanes[i], force_unpause);
        if (!lanes[i].skip && healthy < g->minimum_healthy)
            lanes[i].skip = "healthy_endpoint_floor_not_met";
    }
    if (count)
        qsort(lanes, count, sizeof *lanes, by_score);
    for (size_t i = 0; i < count && !lanes[i].skip; i++)
        if (starts < (size_t)g->max_starts)
            starts++;
        else
            lanes[i].skip = LATER;
    return starts;
}

size_t orx_idle_candidates(const orx_idle_lane *lanes, size_t count) {
    size_t n = 0;
    for (size_t i = 0; i < count; i++)
        n += !lanes[i].skip || strcmp(lanes[i].skip, LATER) == 0;
    return n;
}

int64_t orx_idle_cycles(const orx_idle_config *g, int64_t before, int64_t running_after,
                        int64_t healthy) {
    return running_after || healthy < g->minimum_healthy ? 0 : before + 1;
}

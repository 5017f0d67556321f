/* orxaq local-idle-guard: brings lanes back that stand still although models of one's own are
 * there. */
#include "cli/endpoint_files.h"
#include "cli/idle_guard.h"
#include "cli/lanes.h"
#include "cli/supervised.h"

/* ---- Deeds ----------------------------------------------------------------------------------- */

static void failed(orx_idle_run *r, const char *lane, const char *source, const char *error) {
    orx_node *n = orx_node_new(&r->c->arena, ORX_OBJECT);
    orx_node_set_str(&r->c->arena, n, "lane_id", lane);
    orx_node_set_str(&r->c->arena, n, "source", source);
    orx_node_set_str(&r->c->arena, n, "error", error);
    orx_node_push(r->failed, n);
}

/* What is blocked gets another try, as deadlock recovery gives it: once for each task. */
static void revive(orx_idle_run *r, orx_idle_lane *l) {
    orx_err err = ORX_ERR_INIT;
    orx_node *report = NULL;
    if (l->running || l->fatal || l->pause || !l->blocked || l->pending || l->in_progress)
        return;
    int rc = orx_task_recover_deadlock(r->c->store, l->id, 1, &r->c->arena, &report, &err);
    if (rc < 0)
        failed(r, l->id, "revive_state", err.msg);
    else if (rc > 0)
        orx_idle_note(r, r->revived, l->id, "reason", "stalled_state_revived");
}

static int revive_all(orx_idle_run *r, orx_err *err) {
    int64_t idle = orx_node_int(orx_node_get(r->before, "consecutive_idle_cycles"), 0);
    if (!r->g.revive_on_idle || r->running_before || idle < r->g.revive_after ||
        r->healthy->count < r->g.minimum_healthy || !r->c->cfg->recovery)
        return 0;
    for (size_t i = 0; i < r->count; i++)
        revive(r, &r->items[i]);
    return r->revived->count ? orx_idle_look(r, err) : 0;
}

static bool recycle(orx_idle_run *r, const orx_idle_lane *l) {
    orx_err err = ORX_ERR_INIT;
    int n = orx_task_recycle_backlog(r->c->store, l->id, r->g.recycle_delay_sec * ORX_SEC,
                                     r->g.recycle_max, &err);
    if (n < 0) {
        failed(r, l->id, "backlog_recycle", err.msg);
        return false;
    }
    orx_node *row = orx_node_new(&r->c->arena, ORX_OBJECT);
    orx_node_set_str(&r->c->arena, row, "lane_id", l->id);
    orx_node_set_str(&r->c->arena, row, "reason", n ? "backlog_recycled" : "no_recyclable_backlog");
    orx_node_set_int(&r->c->arena, row, "count", n);
    orx_node_push(r->recycled, row);
    return n > 0;
}

/* The supervisor takes the pause away with the start, since both are its own. */
static void start(orx_idle_run *r, const orx_idle_lane *l) {
    orx_err err = ORX_ERR_INIT;
    if (l->recycle && !recycle(r, l))
        return;
    if (orx_cli_call(r->c, "start", l->id, false, NULL, &err) < 0) {
        failed(r, l->id, l->unpause ? "unpause" : "start_lane", err.msg);
        return;
    }
    if (l->unpause)
        orx_idle_note(r, r->unpaused, l->id, "reason", l->unpause);
    orx_node *row = orx_node_new(&r->c->arena, ORX_OBJECT);
    orx_node_set_str(&r->c->arena, row, "lane_id", l->id);
    orx_node_set_int(&r->c->arena, row, "score", l->score);
    orx_node_push(r->started, row);
}

static void start_best(orx_idle_run *r) {
    bool force = orx_cli_option(r->c, "force-unpause") != NULL;
    size_t n = orx_idle_judge(&r->g, r->items, r->count, r->healthy->count, force);
    if (r->healthy->count < r->g.minimum_healthy)
        orx_idle_note(r, r->skipped, "*", "reason", "healthy_endpoint_floor_not_met");
    for (size_t i = 0; i < n; i++)
        start(r, &r->items[i]);
    for (size_t i = n; i < r->count; i++)
        if (!r->items[i].running)
            orx_idle_note(r, r->skipped, r->items[i].id, "reason", r->items[i].skip);
}

/* ---- The cycle ------------------------------------------------------------------------------- */

static void ensure(orx_idle_run *r) {
    orx_err err = ORX_ERR_INIT;
    int64_t pid = 0;
    r->ensured = orx_cli_ensure_supervisor(r->c, &r->supervisor_started, &pid, &err) == 0;
    if (!r->ensured)
        failed(r, "*", "start_lane", err.msg);
}

static int cycle(orx_idle_run *r, orx_err *err) {
    int64_t idle = orx_node_int(orx_node_get(r->before, "consecutive_idle_cycles"), 0);
    int rc = orx_cli_store(r->c, ORX_STORE_CREATE, err);
    if (rc < 0)
        return rc;
    orx_idle_refresh(r);
    ensure(r);
    rc = orx_idle_look(r, err);
    for (size_t i = 0; rc == 0 && i < r->count; i++)
        r->running_before += r->items[i].running;
    if (rc == 0)
        rc = revive_all(r, err);
    if (rc < 0)
        return rc;
    start_best(r);
    r->running_after = orx_idle_running(r);
    r->idle_cycles = orx_idle_cycles(&r->g, idle, r->running_after, r->healthy->count);
    return 0;
}

static int begin(orx_idle_run *r, orx_err *err) {
    orx_cli *c = r->c;
    ORX_CLEANUP(orx_diags_free) orx_diags diags = {0};
    const orx_node *doc = NULL;
    r->config_file =
        orx_ep_path(c, orx_ep_option(c, "config", "config/local_model_idle_guard.json"));
    int rc = orx_ep_read(c, r->config_file, &doc, err);
    if (rc == 0)
        rc = orx_idle_read(doc, r->config_file, &r->g, err);
    if (rc == 0)
        rc = orx_lanes_load(c->p, c->cfg, &c->arena, &diags, &r->lanes, err);
    if (rc < 0)
        return rc;
    r->report_file = orx_ep_path(c, r->g.report_file);
    r->state_file = orx_ep_path(c, r->g.state_file);
    r->history_file = orx_ep_path(c, r->g.history_file);
    r->fleet_status_file = orx_ep_path(c, r->g.fleet_status_file ? r->g.fleet_status_file
                                                                 : c->cfg->paths.fleet_status_file);
    if (orx_ep_read(c, r->state_file, &r->before, NULL) < 0 || r->before->kind != ORX_OBJECT)
        r->before = NULL;
    r->probe_epoch = orx_node_int(orx_node_get(r->before, "last_probe_epoch"), 0);
    r->scan_epoch = orx_node_int(orx_node_get(r->before, "last_capability_epoch"), 0);
    orx_node **const lists[] = {&r->healthy, &r->started, &r->unpaused, &r->skipped,
                                &r->failed,  &r->revived, &r->recycled, &r->refreshes};
    for (size_t i = 0; i < ORX_ARRAY_LEN(lists); i++)
        *lists[i] = orx_node_new(&c->arena, ORX_ARRAY);
    return 0;
}

int orx_cmd_idle_guard(orx_cli *c, orx_err *err) {
    orx_idle_run r = {.c = c};
    orx_node *report = NULL;
    int rc = orx_cli_config(c, err);
    if (rc == 0)
        rc = begin(&r, err);
    if (rc == 0 && r.g.enabled)
        rc = cycle(&r, err);
    if (rc == 0)
        rc = orx_idle_write(&r, &report, err);
    if (rc < 0)
        return rc;
    orx_ep_print(c, report);
    return orx_node_int(orx_node_get(report, "failed_count"), 0) ? ORX_EXIT_FAILED : ORX_EXIT_OK;
}

/* The local lanes of a root, and what the idle guard has to know of each. */
#include "cli/idle_guard.h"

#include "base/address.h"
#include "cli/lanes.h"
#include "cli/supervised.h"
#include "config/local.h"
#include "lane/units.h"
#include "task/queue_file.h"

#define FLAG_MAX 4096

/* ---- Where its model is ---------------------------------------------------------------------- */

static void try_url(orx_idle_run *r, orx_idle_lane *l, const char *url) {
    ORX_CLEANUP(orx_str_free) orx_str key = {0};
    if (!url || !orx_address_key(orx_view_of(url), &key))
        return;
    l->endpoint_known = true;
    ORX_NODE_EACH(r->healthy, n)
    l->endpoint_ok = l->endpoint_ok || orx_view_is(orx_str_view(&key), n->u.s.p);
}

/* Whether what its tasks need is a model of one's own, and where. */
static bool locate(orx_idle_run *r, const orx_config *cfg, const char *owner, orx_idle_lane *l) {
    const orx_provider_config *p = orx_config_provider(cfg, owner);
    if (!p || (r->g.require_local_only && !cfg->run.local_only))
        return false;
    if (orx_config_is_local(p)) {
        try_url(r, l, orx_node_str(orx_node_get(p->settings, "base_url"), NULL));
        return true;
    }
    if (!cfg->run.local_only || !orx_config_stand_ins(cfg, p))
        return false;
    try_url(r, l, cfg->local.base_url);
    for (size_t i = 0; i < cfg->local.base_urls.count; i++)
        try_url(r, l, cfg->local.base_urls.items[i]);
    return true;
}

/* ---- What there is to do --------------------------------------------------------------------- */

static int count_queue(orx_idle_run *r, const orx_config *cfg, const orx_lane *lane,
                       orx_idle_lane *l, orx_err *err) {
    ORX_CLEANUP(orx_arena_free) orx_arena a = {0};
    ORX_CLEANUP(orx_str_free) orx_str text = {0};
    const char *path = cfg->paths.task_queue_file;
    const char **owners = orx_arena_zalloc(&a, cfg->provider_count + 1, sizeof *owners);
    const orx_task_load_options options = {.owners = owners, .dangling_ok = true};
    orx_queue_batch batch;
    for (size_t i = 0; i < cfg->provider_count; i++)
        owners[i] = cfg->providers[i].name;
    if (!path || orx_read_file(r->c->p, path, orx_limits_data.max_bytes, &text, NULL) < 0)
        return 0;
    orx_queue_parse(&a, path, orx_str_view(&text), &options, &batch);
    return orx_queue_depth(r->c->store, lane->id, &batch, lane->owner, &l->queued, err);
}

static int count_tasks(orx_idle_run *r, orx_idle_lane *l, orx_err *err) {
    const char *const *ids = NULL;
    orx_task_counts n = {0};
    int rc = orx_task_count(r->c->store, l->id, &n, err);
    if (rc < 0)
        return rc;
    l->pending = n.pending;
    l->in_progress = n.in_progress;
    l->blocked = n.blocked;
    rc = orx_task_recyclable(r->c->store, l->id, r->g.recycle_max, &r->c->arena, &ids, err);
    l->recyclable = rc > 0 ? rc : 0;
    return rc < 0 ? rc : 0;
}

/* A lane whose runner never was here has its tasks in the file only. */
static void count_unseen(orx_idle_run *r, const orx_lane *lane, orx_idle_lane *l) {
    if (!l->pending && !l->in_progress && !l->blocked && orx_exists(r->c->p, lane->tasks_file) &&
        !orx_exists(r->c->p, lane->heartbeat_file))
        l->pending = 1;
}

/* ---- Whether it may -------------------------------------------------------------------------- */

static void read_pause(orx_idle_run *r, const orx_lane *lane, orx_idle_lane *l) {
    ORX_CLEANUP(orx_str_free) orx_str text = {0};
    const char *path = orx_lane_file(lane, ORX_LANE_PAUSE_FILE, &r->c->arena);
    orx_file_info info;
    if (orx_stat(r->c->p, path, &info, NULL) < 0)
        return;
    (void)orx_read_file(r->c->p, path, FLAG_MAX, &text, NULL);
    l->pause = orx_arena_dup(&r->c->arena, orx_str_view(&text));
    l->pause_age_sec = (orx_wall_ns(r->c->p) - info.mtime_ns) / ORX_SEC;
}

static bool has_process(const char *state) {
    static const char *const words[] = {"starting", "ready", "draining", "stopping", "backoff"};
    for (size_t i = 0; i < ORX_ARRAY_LEN(words); i++)
        if (strcmp(state, words[i]) == 0)
            return true;
    return false;
}

static const char *state_of(const orx_node *units, const char *lane) {
    return orx_node_str(orx_node_get(orx_cli_unit_in(units, lane), "state"), "");
}

/* ---- All of them ----------------------------------------------------------------------------- */

static int look_at(orx_idle_run *r, const orx_lane *lane, const orx_node *units, orx_err *err) {
    orx_config *cfg = NULL;
    orx_idle_lane l = {.id = lane->id};
    int rc = orx_cli_lane_config(r->c, &r->lanes, lane, &cfg, err);
    if (rc == 0 && !locate(r, cfg, lane->owner, &l)) {
        orx_config_free(cfg);
        return 0;
    }
    l.running = has_process(state_of(units, lane->id));
    l.fatal = strcmp(state_of(units, lane->id), "fatal") == 0;
    read_pause(r, lane, &l);
    if (rc == 0)
        rc = count_tasks(r, &l, err);
    if (rc == 0)
        rc = count_queue(r, cfg, lane, &l, err);
    count_unseen(r, lane, &l);
    orx_config_free(cfg);
    if (rc == 0)
        r->items[r->count++] = l;
    return rc;
}

int orx_idle_look(orx_idle_run *r, orx_err *err) {
    const orx_node *units = NULL;
    bool live = false;
    int rc = orx_cli_units(r->c, &live, &units, err);
    r->count = 0;
    r->items = orx_arena_zalloc(&r->c->arena, r->lanes.count + 1, sizeof *r->items);
    for (size_t i = 0; rc == 0 && i < r->lanes.count; i++) {
        const orx_lane *lane = &r->lanes.items[i];
        if (lane->enabled && !lane->problem && orx_idle_lists(&r->g, lane->id))
            rc = look_at(r, lane, units, err);
    }
    return rc;
}

int64_t orx_idle_running(orx_idle_run *r) {
    const orx_node *units = NULL;
    bool live = false;
    int64_t n = 0;
    if (orx_cli_units(r->c, &live, &units, NULL) < 0 || !live)
        return 0;
    for (size_t i = 0; i < r->count; i++)
        n += has_process(state_of(units, r->items[i].id));
    return n;
}

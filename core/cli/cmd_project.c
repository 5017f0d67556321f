/* orxaq project rebuild: the files of the root and of every lane. */
#include "cli/lanes.h"

#include "lane/units.h"
#include "platform/files.h"
#include "task/queue_file.h"
#include "unit/supervisor.h"

typedef struct rebuild {
    orx_cli *c;
    int files;
    int failed;
} rebuild;

static void foreign(const char *path, const char *note, void *user ORX_UNUSED) {
    orx_cli_complain("%s: %s", path, note);
}

/* The places that a configuration gives to the projections. */
static int set_paths(orx_store *s, const orx_config *cfg, orx_arena *a, orx_err *err) {
    orx_claims_shown *claims = ORX_ARENA_NEW(a, orx_claims_shown);
    *claims = (orx_claims_shown){orx_run_lane(cfg), cfg->queue.max_claimed};
    const char *handoffs = cfg->paths.handoff_dir;
    const char *artifacts = cfg->paths.artifacts_dir;
    const struct {
        const char *name;
        const char *path;
        void *user;
    } files[] = {
        {"state", cfg->paths.state_file, orx_arena_strdup(a, orx_run_lane(cfg))},
        {"heartbeat", cfg->paths.heartbeat_file, NULL},
        {"conversations", cfg->paths.conversation_log_file, NULL},
        {"metrics", cfg->paths.metrics_file, NULL},
        {"metrics_summary", cfg->paths.metrics_summary_file, NULL},
        {"to_gemini", orx_path_join(a, handoffs, "to_gemini.ndjson"), NULL},
        {"to_codex", orx_path_join(a, handoffs, "to_codex.ndjson"), NULL},
        {"claims", cfg->paths.task_queue_state_file, claims},
        {"reports", artifacts, NULL},
        {"capacity_state", cfg->paths.capacity_state_file, NULL},
        {"capacity_log", cfg->paths.capacity_log_file, NULL},
        {"stop_report", orx_path_join(a, artifacts, "stop_report.md"), NULL},
    };
    for (size_t i = 0; i < ORX_ARRAY_LEN(files); i++) {
        int rc = orx_store_set_projection(s, files[i].name, files[i].path, files[i].user, err);
        if (rc < 0)
            return rc;
    }
    return 0;
}

static int rebuild_store(rebuild *r, orx_store *s, const orx_config *cfg, orx_err *err) {
    int rc = set_paths(s, cfg, &r->c->arena, err);
    int files = rc < 0 ? rc : orx_projection_rebuild(s, foreign, NULL, err);
    if (files > 0)
        r->files += files;
    return files < 0 ? files : 0;
}

/* One that nobody ever ran has no files. */
static bool has_run(orx_cli *c, const orx_lane *lane) {
    orx_task_counts n = {0};
    return orx_task_count(c->store, lane->id, &n, NULL) == 0 && n.total > 0;
}

static int rebuild_lane(rebuild *r, const orx_lanes *lanes, const orx_lane *lane, orx_err *err) {
    orx_cli *c = r->c;
    orx_config *cfg = NULL;
    orx_store *s = NULL;
    int rc = orx_cli_lane_config(c, lanes, lane, &cfg, err);
    if (rc == 0)
        rc = orx_store_open(c->p, c->cfg->root, orx_run_origin(cfg, &c->arena), orx_cli_rooms, 0,
                            &s, err);
    if (rc == 0)
        rc = rebuild_store(r, s, cfg, err);
    orx_store_close(s);
    orx_config_free(cfg);
    return rc;
}

/* One whose runner is at work, or that is wrong, keeps no other from being written. */
static int rebuild_lanes(rebuild *r, orx_err *err) {
    ORX_CLEANUP(orx_diags_free) orx_diags diags = {0};
    orx_cli *c = r->c;
    orx_lanes lanes;
    int rc = orx_lanes_load(c->p, c->cfg, &c->arena, &diags, &lanes, err);
    for (size_t i = 0; rc == 0 && i < lanes.count; i++) {
        orx_err why = ORX_ERR_INIT;
        const orx_lane *lane = &lanes.items[i];
        if (lane->problem || !has_run(c, lane) || rebuild_lane(r, &lanes, lane, &why) == 0)
            continue;
        orx_cli_complain("lane %s: %s", lane->id, why.msg);
        r->failed++;
    }
    /* A supervisor writes them itself. */
    if (rc == 0 && orx_supervisor_pid(c->p, c->cfg) == 0)
        rc = orx_lanes_write_history(c->p, c->store, &lanes, err);
    if (rc > 0)
        r->files += rc;
    return rc < 0 ? rc : 0;
}

int orx_cmd_project_rebuild(orx_cli *c, orx_err *err) {
    rebuild r = {.c = c};
    int rc = orx_cli_config(c, err);
    if (rc == 0)
        rc = orx_cli_store(c, 0, err);
    if (rc == 0)
        rc = rebuild_store(&r, c->store, c->cfg, err);
    if (rc == 0)
        rc = rebuild_lanes(&r, err);
    if (rc < 0)
        return rc;
    if (c->json) {
        orx_node *n = orx_node_new(&c->arena, ORX_OBJECT);
        orx_node_set_int(&c->arena, n, "files", r.files);
        orx_node_set_int(&c->arena, n, "failed_lanes", r.failed);
        orx_cli_json(c, n);
    } else {
        orx_cli_printf("wrote %d file%s from %lld events\n", r.files, r.files == 1 ? "" : "s",
                       (long long)orx_event_last(c->store));
    }
    return r.failed ? ORX_EXIT_FAILED : ORX_EXIT_OK;
}

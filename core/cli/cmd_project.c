/* orxaq project rebuild */
#include "cli/cli.h"

#include "platform/files.h"

static void foreign(const char *path, const char *note, void *user ORX_UNUSED) {
    orx_cli_complain("%s: %s", path, note);
}

/* The places the configuration gives to the projections. */
static int set_paths(orx_cli *c, orx_err *err) {
    orx_arena *a = &c->arena;
    const char *handoffs = c->cfg->paths.handoff_dir;
    const char *artifacts = c->cfg->paths.artifacts_dir;
    const char *const paths[][2] = {
        {"state", c->cfg->paths.state_file},
        {"heartbeat", c->cfg->paths.heartbeat_file},
        {"conversations", c->cfg->paths.conversation_log_file},
        {"metrics", c->cfg->paths.metrics_file},
        {"metrics_summary", c->cfg->paths.metrics_summary_file},
        {"to_gemini", orx_path_join(a, handoffs, "to_gemini.ndjson")},
        {"to_codex", orx_path_join(a, handoffs, "to_codex.ndjson")},
        {"reports", artifacts},
        {"capacity_state", c->cfg->paths.capacity_state_file},
        {"capacity_log", c->cfg->paths.capacity_log_file},
        {"stop_report", orx_path_join(a, artifacts, "stop_report.md")},
    };
    for (size_t i = 0; i < ORX_ARRAY_LEN(paths); i++) {
        int rc = orx_store_set_projection(c->store, paths[i][0], paths[i][1], NULL, err);
        if (rc < 0)
            return rc;
    }
    return 0;
}

int orx_cmd_project_rebuild(orx_cli *c, orx_err *err) {
    int rc = orx_cli_config(c, err);
    if (rc == 0)
        rc = orx_cli_store(c, 0, err);
    if (rc == 0)
        rc = set_paths(c, err);
    int files = rc < 0 ? rc : orx_projection_rebuild(c->store, foreign, NULL, err);
    if (files < 0)
        return files;
    if (c->json) {
        orx_node *n = orx_node_new(&c->arena, ORX_OBJECT);
        orx_node_set_int(&c->arena, n, "files", files);
        orx_cli_json(c, n);
    } else {
        orx_cli_printf("wrote %d file%s from %lld events\n", files, files == 1 ? "" : "s",
                       (long long)orx_event_last(c->store));
    }
    return ORX_EXIT_OK;
}

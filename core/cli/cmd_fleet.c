/* orxaq local-model-fleet-probe, -benchmark, -sync, -capability-scan, -full-cycle: what the model
 * servers of one's own have, how fast they are and how much they take. */
#include "cli/endpoint_files.h"
#include "cli/fleet_files.h"

#include "data/ndjson.h"
#include "fleet/local_bench.h"
#include "fleet/local_scan.h"

/* Which sections are made anew; the others stay as they were. All but the first ask models. */
enum { PROBE = 1, BENCHMARK = 2, SYNC = 4, SCAN = 8 };

static int append_rows(orx_cli *c, const char *path, const orx_node *section, orx_err *err) {
    int rc = orx_ep_mkdir_for(c, path, err);
    ORX_NODE_EACH(orx_node_get(section, "results"), row)
    if (rc == 0)
        rc = orx_ndjson_append(c->p, path, row, false, err);
    return rc;
}

static const char *download_command(orx_cli *c, const orx_local_fleet *fleet) {
    const char *own = orx_config_env(c->cfg, "ORXAQ_LOCAL_MODEL_SYNC_COMMAND");
    return own && *own ? own : fleet->download_command;
}

static int make(orx_cli *c, const orx_fleet_files *files, orx_local_work *w, int sections,
                orx_node *made, orx_err *err) {
    orx_arena *a = &c->arena;
    const orx_child_env what = {0};
    const char *const *env = NULL;
    int rc = orx_config_env_for_child(c->cfg, &what, a, &env, err);
    orx_local_look(w, w->fleet->bench.timeout_ns);
    orx_node_set(a, made, "probe", orx_local_probe_report(w));
    if (rc == 0 && sections & SYNC)
        orx_node_set(a, made, "sync", orx_local_sync_report(w, download_command(c, w->fleet), env));
    if (rc == 0 && sections & SYNC) /* what was loaded counts from here on */
        orx_local_look(w, w->fleet->bench.timeout_ns);
    if (rc == 0 && sections & SCAN)
        orx_node_set(a, made, "capability_scan",
                     orx_local_scan_report(w, orx_node_get(files->before, "capability_scan")));
    if (rc == 0 && sections & BENCHMARK) {
        orx_node_set(a, made, "benchmark", orx_local_bench_report(w));
        rc = append_rows(c, files->bench_log, orx_node_get(made, "benchmark"), err);
    }
    return rc;
}

static void print_table(orx_cli *c, const orx_node *probe) {
    static const char *const titles[] = {"ENDPOINT", "STATE", "MODELS", "LOADED", "WHAT", NULL};
    orx_table *t = orx_table_new(c, titles);
    ORX_NODE_EACH(orx_node_get(probe, "endpoints"), row) {
        const orx_node *models = orx_node_get(row, "models");
        const char *loaded = "";
        bool ok = orx_node_bool(orx_node_get(row, "ok"), false);
        ORX_NODE_EACH(models, m)
        if (!*loaded && orx_node_bool(orx_node_get(m, "loaded"), false))
            loaded = orx_node_str(orx_node_get(m, "id"), "");
        const char *const cells[] = {orx_node_str(orx_node_get(row, "id"), ""), ok ? "up" : "down",
                                     orx_cli_count(c, (int64_t)models->count),
                                     *loaded ? loaded : "-",
                                     orx_node_str(orx_node_get(row, "error"), "")};
        orx_table_row(t, cells, ok ? "32" : "31");
    }
    orx_table_print(t);
}

/* [K] The summary of the probe. */
static void show(orx_cli *c, const orx_fleet_files *files, const orx_node *made) {
    if (c->json || !c->terminal) {
        orx_ep_print_summary(c, orx_node_get(made, "probe"), files->output);
        return;
    }
    print_table(c, orx_node_get(made, "probe"));
    orx_cli_printf("\n%s\n", files->output);
}

/* [K] Exit code 0 whatever was found; with --strict 1 when an endpoint that is on does not answer,
 * or what was to be fetched or loaded was not. */
static bool is_well(const orx_local_work *w, const orx_node *made) {
    for (size_t i = 0; i < w->fleet->count; i++)
        if (w->fleet->items[i].enabled && !w->states[i].ok)
            return false;
    return orx_node_bool(orx_node_path(made, "sync.ok"), true);
}

static const char *name_of(int sections) {
    return sections == (PROBE | BENCHMARK) ? "benchmark"
           : sections == (PROBE | SYNC)    ? "sync"
           : sections == (PROBE | SCAN)    ? "capability-scan"
                                           : "full-cycle";
}

static int fleet(orx_cli *c, int sections, orx_err *err) {
    orx_fleet_files files = {0};
    orx_local_fleet fleet = {0};
    orx_local_work w = {0};
    int rc = orx_cli_config(c, err);
    if (rc == 0)
        rc = orx_fleet_files_open(c, &files, &fleet, err);
    if (rc < 0)
        return rc;
    orx_node *made = orx_node_new(&c->arena, ORX_OBJECT);
    orx_fleet_work(c, &fleet, &w);
    if (sections != PROBE)
        rc = orx_fleet_may_ask(c, &w, name_of(sections), err);
    if (rc < 0)
        return rc == ORX_E_LIMIT ? orx_fleet_unpaid(&w) : rc;
    if (rc == 0)
        rc = make(c, &files, &w, sections, made, err);
    if (rc == 0)
        rc = orx_fleet_files_write(c, &files, made, err);
    if (rc < 0)
        return rc;
    show(c, &files, made);
    int unpaid = orx_fleet_unpaid(&w);
    return unpaid ? unpaid : c->strict && !is_well(&w, made) ? ORX_EXIT_FAILED : ORX_EXIT_OK;
}

int orx_cmd_fleet_probe(orx_cli *c, orx_err *err) {
    return fleet(c, PROBE, err);
}

int orx_cmd_fleet_benchmark(orx_cli *c, orx_err *err) {
    return fleet(c, PROBE | BENCHMARK, err);
}

int orx_cmd_fleet_sync(orx_cli *c, orx_err *err) {
    return fleet(c, PROBE | SYNC, err);
}

int orx_cmd_fleet_scan(orx_cli *c, orx_err *err) {
    return fleet(c, PROBE | SCAN, err);
}

int orx_cmd_fleet_cycle(orx_cli *c, orx_err *err) {
    return fleet(c, PROBE | SYNC | SCAN | BENCHMARK, err);
}

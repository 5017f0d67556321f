#include "cli/fleet_files.h"

#include "base/address.h"
#include "cli/endpoint_files.h"
#include "platform/files.h"
#include "route/deployments.h"

static const char *const sections[] = {"probe", "benchmark", "sync", "capability_scan"};

static const orx_node *read_before(orx_cli *c, const char *path) {
    const orx_node *doc = NULL;
    if (orx_ep_read(c, path, &doc, NULL) < 0 || doc->kind != ORX_OBJECT)
        return NULL;
    return doc;
}

int orx_fleet_files_at(orx_cli *c, const char *config, const char *output,
                       orx_fleet_files *ret_files, orx_local_fleet *ret_fleet, orx_err *err) {
    const char *bench = "artifacts/autonomy/local_models/benchmarks.ndjson";
    const orx_node *doc = NULL;
    orx_fleet_files f = {.config = orx_ep_path(c, config),
                         .output = orx_ep_path(c, output),
                         .bench_log = orx_ep_path(c, orx_ep_option(c, "bench-log", bench))};
    int rc = orx_ep_read(c, f.config, &doc, err);
    if (rc == 0)
        rc = orx_local_fleet_read(f.config, doc, &c->arena, ret_fleet, err);
    if (rc < 0)
        return rc;
    const char *key = c->cfg->local.api_key ? orx_config_env(c->cfg, c->cfg->local.api_key) : NULL;
    ret_fleet->api_key = orx_secret_is_set(key) ? key : "";
    f.before = read_before(c, f.output);
    *ret_files = f;
    return 0;
}

int orx_fleet_files_open(orx_cli *c, orx_fleet_files *ret_files, orx_local_fleet *ret_fleet,
                         orx_err *err) {
    return orx_fleet_files_at(c, orx_ep_option(c, "config", "config/local_model_fleet.json"),
                              orx_ep_option(c, "output", c->cfg->paths.fleet_status_file),
                              ret_files, ret_fleet, err);
}

/* ---- Who is at work -------------------------------------------------------------------------- */

static bool is_at(const orx_config *cfg, const char *provider, const char *key) {
    ORX_CLEANUP(orx_str_free) orx_str own = {0};
    const orx_provider_config *p = orx_config_provider(cfg, provider);
    const char *url = p ? orx_node_str(orx_node_get(p->settings, "base_url"), "") : "";
    return orx_address_key(orx_view_of(url), &own) && orx_view_is(orx_str_view(&own), key);
}

/* A root without a journal calls nobody. */
static int64_t in_flight(const char *key, void *user) {
    orx_cli *c = user;
    orx_deployment_rows rows = {0};
    int64_t n = 0;
    if (!c->store && orx_cli_store(c, ORX_STORE_READ_ONLY, NULL) < 0)
        return 0;
    if (orx_deployments_read(c->store, NULL, &c->arena, &rows, NULL) < 0)
        return 0;
    (void)orx_deployments_verify(c->store, &rows, NULL);
    for (size_t i = 0; i < rows.count; i++)
        if (strcmp(rows.items[i].endpoint, key) == 0 ||
            (!*rows.items[i].endpoint && is_at(c->cfg, rows.items[i].provider, key)))
            n += rows.items[i].in_flight;
    return n;
}

void orx_fleet_work(orx_cli *c, const orx_local_fleet *fleet, orx_local_work *ret_work) {
    *ret_work = (orx_local_work){
        .p = c->p, .fleet = fleet, .arena = &c->arena, .in_flight = in_flight, .user = c};
}

/* ---- Writing --------------------------------------------------------------------------------- */

static orx_node *merged(orx_cli *c, const orx_fleet_files *files, const orx_node *made) {
    orx_arena *a = &c->arena;
    const orx_node *now = read_before(c, files->output); /* another may have written meanwhile */
    orx_node *n = orx_node_new(a, ORX_OBJECT);
    orx_node_set_str(a, n, "timestamp", orx_node_str(orx_node_path(made, "probe.timestamp"), ""));
    orx_node_set_str(a, n, "config_file", files->config);
    orx_node_set_str(a, n, "output_file", files->output);
    orx_node_set_str(a, n, "bench_log_file", files->bench_log);
    for (size_t i = 0; i < ORX_ARRAY_LEN(sections); i++) {
        const orx_node *new = orx_node_get(made, sections[i]);
        const orx_node *old = new ? new : orx_node_get(now, sections[i]);
        orx_node_set(a, n, sections[i], old ? orx_node_copy(a, old) : orx_node_new(a, ORX_OBJECT));
    }
    return n;
}

int orx_fleet_files_write(orx_cli *c, const orx_fleet_files *files, const orx_node *made,
                          orx_err *err) {
    orx_file *lock = NULL;
    const char *path = orx_arena_printf(&c->arena, "%s.lock", files->output);
    int rc = orx_ep_mkdir_for(c, path, err);
    if (rc == 0)
        rc = orx_file_open(c->p, path, ORX_OPEN_WRITE | ORX_OPEN_CREATE, 0644, &lock, err);
    if (rc == 0)
        rc = orx_file_lock(c->p, lock, ORX_LOCK_EXCLUSIVE, true, err);
    if (rc == 0)
        rc = orx_ep_write(c, files->output, merged(c, files, made), ORX_JSON_PY_INDENT, err);
    if (lock)
        orx_file_close(c->p, lock);
    return rc;
}

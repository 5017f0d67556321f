/* orxaq model-router-connectivity, providers-check and profile-apply: which endpoints are there. */
#include "cli/endpoint_files.h"

#include "data/json.h"
#include "fleet/connectivity.h"

/* ---- model-router-connectivity --------------------------------------------------------------- */

/* Whoever reads the report must not find the good one of yesterday when today's configuration is
 * broken: then it says that there is nothing healthy. */
static int connectivity(orx_cli *c, const char *config, const char *output, bool *ret_ok,
                        orx_err *err) {
    const orx_endpoint_source source = orx_ep_source(c, config);
    orx_endpoints list = {0};
    orx_connectivity_sum sum = {0};
    const orx_node *doc = NULL;
    int64_t timeout_ns = 0;
    int rc = orx_ep_timeout(c, 6, &timeout_ns, err);
    if (rc < 0)
        return rc;
    rc = orx_ep_read(c, config, &doc, err);
    if (rc == 0)
        rc = orx_endpoints_read(&source, doc, &c->arena, &list, err);
    if (rc < 0)
        list.len = 0;
    orx_node *report = orx_connectivity_check(c->p, config, &list, timeout_ns, &c->arena, &sum);
    orx_vec_free(&list);
    int written = orx_ep_write(c, output, report, ORX_JSON_PY_INDENT, rc < 0 ? NULL : err);
    if (rc < 0 || written < 0)
        return rc < 0 ? rc : written;
    orx_ep_show(c, report, "endpoints", "id", output);
    *ret_ok = sum.required_down == 0;
    return 0;
}

int orx_cmd_connectivity(orx_cli *c, orx_err *err) {
    bool ok = false;
    int rc = orx_cli_config(c, err);
    if (rc < 0)
        return rc;
    const char *config = orx_ep_option(c, "config", "config/litellm_swarm_router.json");
    const char *output = orx_ep_option(c, "output", "artifacts/model_connectivity.json");
    rc = connectivity(c, orx_ep_path(c, config), orx_ep_path(c, output), &ok, err);
    if (rc < 0)
        return rc;
    return c->strict && !ok ? ORX_EXIT_FAILED : ORX_EXIT_OK;
}

/* ---- providers-check ------------------------------------------------------------------------- */

static int check(orx_cli *c, orx_check *what, const orx_node **ret_report, bool *ret_ok,
                 orx_err *err) {
    const char *given = orx_ep_option(c, "profile", "");
    const char *path = orx_ep_path(c, given);
    const orx_node *doc = NULL;
    const orx_node *profile = NULL;
    orx_node *report = NULL;
    int rc = orx_ep_timeout(c, 5, &what->timeout_ns, err);
    if (rc == 0)
        rc = orx_ep_read(c, what->source.config_path, &doc, err);
    if (rc == 0 && *given)
        rc = orx_ep_read(c, path, &profile, err);
    if (rc == 0)
        rc = orx_providers_check(c->p, what, doc, profile, path, &c->arena, &report, ret_ok, err);
    if (rc == 0)
        *ret_report = report;
    return rc;
}

int orx_cmd_providers_check(orx_cli *c, orx_err *err) {
    const orx_node *report = NULL;
    bool ok = false;
    int rc = orx_cli_config(c, err);
    if (rc < 0)
        return rc;
    const char *config = orx_ep_option(c, "config", "config/providers.example.yaml");
    const char *output =
        orx_ep_path(c, orx_ep_option(c, "output", "artifacts/providers_check.json"));
    orx_check what = {.source = orx_ep_source(c, orx_ep_path(c, config))};
    rc = check(c, &what, &report, &ok, err);
    if (rc == 0)
        rc = orx_ep_write(c, output, report, ORX_JSON_PY_INDENT, err);
    if (rc < 0)
        return rc;
    orx_ep_show(c, report, "providers", "name", output);
    return c->strict && !ok ? ORX_EXIT_FAILED : ORX_EXIT_OK;
}

/* ---- profile-apply --------------------------------------------------------------------------- */

int orx_cmd_profile_apply(orx_cli *c, orx_err *err) {
    int rc = orx_cli_config(c, err);
    if (rc < 0)
        return rc;
    const orx_ep_making making = {
        .name = c->args[0],
        .dir = orx_ep_option(c, "profiles-dir", "profiles"),
        .base = orx_ep_option(c, "config", "config/providers.example.yaml"),
        .active = orx_ep_option(c, "active-config", "config/providers.active.yaml"),
        .apply = orx_profile_providers};
    return orx_ep_apply_command(c, &making, err);
}

/* orxaq router-check, router-lanes-status and router-profile-apply: the ladder of lanes L0 to L3
 * and who stands on it. */
#include "cli/endpoint_files.h"

#include "data/json.h"
#include "platform/files.h"

#define ROUTER_EXAMPLE "config/router.example.yaml"
#define ROUTER_ACTIVE  "config/router.active.yaml"

static orx_ep_making making_of(const orx_cli *c, const char *name) {
    return (orx_ep_making){.name = name,
                           .dir = orx_ep_option(c, "profiles-dir", "router_profiles"),
                           .base = orx_ep_option(c, "config", ROUTER_EXAMPLE),
                           .active = orx_ep_option(c, "active-config", ROUTER_ACTIVE),
                           .apply = orx_profile_router};
}

int orx_cmd_router_profile_apply(orx_cli *c, orx_err *err) {
    int rc = orx_cli_config(c, err);
    if (rc < 0)
        return rc;
    const orx_ep_making making = making_of(c, c->args[0]);
    return orx_ep_apply_command(c, &making, err);
}

/* ---- router-check ---------------------------------------------------------------------------- */

/* A profile is applied first, and what came out is looked at. */
static int check(orx_cli *c, orx_router_about *about, const orx_node **ret_report, bool *ret_ok,
                 orx_err *err) {
    const orx_ep_making making = making_of(c, about->profile);
    const orx_node *doc = NULL;
    orx_node *result = NULL;
    orx_node *report = NULL;
    orx_check what = {.source = {.config_path = orx_ep_path(c, making.base)}};
    int rc = orx_ep_timeout(c, 5, &what.timeout_ns, err);
    if (rc == 0 && *about->profile) {
        rc = orx_ep_apply(c, &making, &result, err);
        what.source.config_path = orx_ep_path(c, making.active);
    }
    if (rc == 0)
        rc = orx_ep_read(c, what.source.config_path, &doc, err);
    about->profile_result = result;
    if (rc == 0)
        rc = orx_router_check(c->p, &what, about, doc, &c->arena, &report, ret_ok, err);
    if (rc == 0)
        *ret_report = report;
    return rc;
}

int orx_cmd_router_check(orx_cli *c, orx_err *err) {
    const orx_node *report = NULL;
    bool ok = false;
    int rc = orx_cli_config(c, err);
    if (rc < 0)
        return rc;
    const char *output = orx_ep_path(c, orx_ep_option(c, "output", "artifacts/router_check.json"));
    orx_router_about about = {.root = c->cfg->root,
                              .output = output,
                              .profile = orx_ep_option(c, "profile", ""),
                              .lane = orx_ep_option(c, "lane", "")};
    rc = check(c, &about, &report, &ok, err);
    if (rc == 0)
        rc = orx_ep_write(c, output, report, ORX_JSON_PY_INDENT, err);
    if (rc < 0)
        return rc;
    orx_ep_show(c, report, "providers", "name", output);
    return c->strict && !ok ? ORX_EXIT_FAILED : ORX_EXIT_OK;
}

/* ---- router-lanes-status --------------------------------------------------------------------- */

static void print_lanes(orx_cli *c, const orx_node *lanes) {
    static const char *const titles[] = {"LANE", "STATE", "UP", NULL};
    orx_table *t = orx_table_new(c, titles);
    ORX_NODE_EACH(lanes, n) {
        bool healthy = orx_node_bool(orx_node_get(n, "healthy"), false);
        const char *const cells[] = {
            orx_node_str(orx_node_get(n, "lane"), ""), healthy ? "healthy" : "degraded",
            orx_arena_printf(&c->arena, "%lld of %lld",
                             (long long)orx_node_int(orx_node_get(n, "up"), 0),
                             (long long)orx_node_int(orx_node_get(n, "total"), 0))};
        orx_table_row(t, cells, healthy ? "32" : "31");
    }
    orx_table_print(t);
}

/* The active file, else the example it is made from. */
static const char *router_file(orx_cli *c) {
    const char *given = orx_cli_option(c, "config");
    const char *active = orx_ep_path(c, ROUTER_ACTIVE);
    if (given)
        return orx_ep_path(c, given);
    return orx_exists(c->p, active) ? active : orx_ep_path(c, ROUTER_EXAMPLE);
}

static int look(orx_cli *c, orx_node **ret_report, bool *ret_ok, orx_err *err) {
    orx_check what = {.source = {.config_path = router_file(c)}};
    const orx_node *doc = NULL;
    int rc = orx_ep_timeout(c, 5, &what.timeout_ns, err);
    if (rc == 0)
        rc = orx_ep_read(c, what.source.config_path, &doc, err);
    if (rc == 0)
        rc = orx_router_lanes(c->p, &what, doc, &c->arena, ret_report, ret_ok, err);
    return rc;
}

int orx_cmd_router_lanes(orx_cli *c, orx_err *err) {
    orx_node *report = NULL;
    bool ok = false;
    int rc = orx_cli_config(c, err);
    if (rc < 0)
        return rc;
    const char *output = orx_ep_path(c, orx_ep_option(c, "output", "artifacts/lanes_status.json"));
    rc = look(c, &report, &ok, err);
    if (rc == 0)
        rc = orx_ep_write(c, output, report, ORX_JSON_PY_INDENT, err);
    if (rc < 0)
        return rc;
    if (c->json || !c->terminal)
        orx_ep_print_summary(c, report, output);
    else
        print_lanes(c, orx_node_get(report, "lanes"));
    return c->strict && !ok ? ORX_EXIT_FAILED : ORX_EXIT_OK;
}

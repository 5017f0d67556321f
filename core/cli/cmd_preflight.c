/* orxaq preflight, preflight-autonomy. */
#include "cli/health_view.h"
#include "cli/preflight.h"

static int preflight(orx_cli *c, bool allow_dirty, orx_err *err) {
    orx_node *doc = NULL;
    int rc = orx_cli_config(c, err);
    if (rc == 0)
        rc = orx_cli_preflight(c, allow_dirty, &doc, err);
    if (rc < 0)
        return rc;
    if (orx_cli_wants_json(c))
        orx_cli_json_kept(doc);
    else
        orx_cli_preflight_print(c, doc);
    return orx_node_bool(orx_node_get(doc, "clean"), false) ? ORX_EXIT_OK : ORX_EXIT_FAILED;
}

int orx_cmd_preflight(orx_cli *c, orx_err *err) {
    return preflight(c, orx_cli_option(c, "allow-dirty") != NULL, err);
}

int orx_cmd_preflight_autonomy(orx_cli *c, orx_err *err) {
    return preflight(c, true, err);
}

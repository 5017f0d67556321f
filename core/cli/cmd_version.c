/* orxaq version */
#include "cli/cli.h"

#include "cli/version.h"

int orx_cmd_version(orx_cli *c, orx_err *err ORX_UNUSED) {
    if (!c->json) {
        orx_cli_printf("orxaq %s (plugin ABI %d.%d)\n", ORX_VERSION, ORXAQ_ABI_MAJOR,
                       ORXAQ_ABI_MINOR);
        return ORX_EXIT_OK;
    }
    orx_node *n = orx_node_new(&c->arena, ORX_OBJECT);
    orx_node *abi = orx_node_new(&c->arena, ORX_OBJECT);
    orx_node_set_str(&c->arena, n, "version", ORX_VERSION);
    orx_node_set_int(&c->arena, abi, "major", ORXAQ_ABI_MAJOR);
    orx_node_set_int(&c->arena, abi, "minor", ORXAQ_ABI_MINOR);
    orx_node_set(&c->arena, n, "abi", abi);
    orx_cli_json(c, n);
    return ORX_EXIT_OK;
}

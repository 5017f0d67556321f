/* orxaq route off, route on: the switch of every learned router (route/switch.h). */
#include "cli/cli.h"

#include "route/switch.h"

static void print(orx_cli *c, const orx_route_switch *sw, bool changed) {
    if (c->json) {
        orx_node *n = orx_node_new(&c->arena, ORX_OBJECT);
        orx_node_set_bool(&c->arena, n, "off", sw->off);
        orx_node_set_bool(&c->arena, n, "changed", changed);
        orx_node_set_str(&c->arena, n, "reason", sw->reason);
        orx_cli_json(c, n);
        return;
    }
    const char *since = changed ? "from the next decision on" : "as they were";
    if (sw->off)
        orx_cli_printf("routers are off, %s: %s\n", since,
                       *sw->reason ? sw->reason : "no reason was given");
    else
        orx_cli_printf("routers are on, %s\n", since);
}

static int turn(orx_cli *c, bool off, orx_err *err) {
    const char *reason = orx_cli_option(c, "reason");
    orx_route_switch sw = {.reason = ""};
    int rc = orx_cli_config(c, err);
    if (rc == 0)
        rc = orx_cli_store(c, ORX_STORE_CREATE, err);
    int changed = rc < 0 ? rc : orx_route_switch_set(c->store, off, reason ? reason : "", err);
    rc = changed < 0 ? changed : orx_route_switch_read(c->store, c->cfg, &c->arena, &sw, err);
    if (rc < 0)
        return rc;
    print(c, &sw, changed > 0);
    if (!off && sw.configured)
        return orx_err_set(err, ORX_E_DENIED,
                           "routers stay off: route.kill_switch is set; `%s config show "
                           "route.kill_switch` says where",
                           c->program);
    return ORX_EXIT_OK;
}

int orx_cmd_route_off(orx_cli *c, orx_err *err) {
    return turn(c, true, err);
}

int orx_cmd_route_on(orx_cli *c, orx_err *err) {
    return turn(c, false, err);
}

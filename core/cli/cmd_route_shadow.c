/* orxaq route shadow: what the shadow would have done in one attempt, into the journal. The runner
 * starts it (run/shadow.h). */
#include "cli/cli.h"

#include "run/kv.h"
#include "run/simulate.h"

static int open_all(orx_cli *c, orx_instance **ret_router, orx_err *err) {
    const char *name = orx_cli_option(c, "router");
    int rc = orx_cli_config(c, err);
    if (rc == 0 && !name)
        name = c->cfg->route.shadow;
    if (rc == 0 && !name)
        return orx_err_set(err, ORX_E_USAGE, "route.shadow is not set: give --router NAME");
    if (rc == 0)
        rc = orx_cli_store(c, 0, err);
    if (rc == 0)
        rc = orx_cli_plugins(c, err);
    if (rc < 0)
        return rc;
    orx_plugins_set_kv(c->plugins, &orx_run_kv, c->store);
    return orx_run_make_router(c->cfg, c->plugins, name, ret_router, err);
}

static int note(orx_cli *c, const orx_replayed *r, const char *router, orx_err *err) {
    orx_arena *a = &c->arena;
    orx_node *body = orx_node_new(a, ORX_OBJECT);
    orx_node_set_str(a, body, "router", router);
    orx_node_set_str(a, body, "chose", r->chose);
    orx_node_set_str(a, body, "would_choose", r->would);
    orx_node_set_str(a, body, *r->would ? "reason" : "error", r->why);
    orx_node_set_bool(a, body, "same", strcmp(r->chose, r->would) == 0);
    const orx_event e = {.kind = "route.shadowed",
                         .schema = 1,
                         .task = r->task,
                         .attempt = r->attempt,
                         .body = body};
    int rc = orx_tx_begin(c->store, err);
    if (rc < 0)
        return rc;
    rc = orx_event_append(c->store, &e, NULL, err);
    if (rc == 0)
        return orx_tx_commit(c->store, err);
    orx_tx_rollback(c->store);
    return rc;
}

int orx_cmd_route_shadow(orx_cli *c, orx_err *err) {
    orx_instance *router = NULL;
    orx_simulation s = {0};
    int64_t attempt = 0;
    if (!orx_view_to_i64(orx_view_of(c->args[0]), &attempt) || attempt <= 0)
        return orx_err_set(err, ORX_E_USAGE, "an attempt is named by its number, not \"%s\"",
                           c->args[0]);
    int rc = open_all(c, &router, err);
    const char *name = rc == 0 ? orx_instance_name(router) : "";
    if (rc == 0)
        rc = orx_run_simulate(c->store, &(orx_decider){.router = router, .cfg = c->cfg}, attempt, 0,
                              &c->arena, &s, err);
    for (size_t i = 0; rc == 0 && i < s.count; i++)
        rc = note(c, &s.items[i], name, err);
    orx_instance_free(router);
    return rc < 0 ? rc : ORX_EXIT_OK;
}

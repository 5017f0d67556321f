/* The lanes of a root, for the commands. */
#include "cli/lanes.h"

#include "cli/supervised.h"
#include "lane/units.h"
#include "platform/files.h"
#include "task/task.h"

static void show_warnings(const orx_cli *c, const orx_diags *d) {
    for (const orx_diag *i = d->first; !c->quiet && i; i = i->next)
        if (i->severity == ORX_DIAG_WARNING)
            orx_cli_complain("%s: warning: %s", i->where, i->text);
}

int orx_cli_lanes(orx_cli *c, orx_diags *ret_diags, orx_lanes *ret_lanes, orx_err *err) {
    ORX_CLEANUP(orx_diags_free) orx_diags own = {0};
    orx_diags *diags = ret_diags ? ret_diags : &own;
    int rc = orx_cli_config(c, err);
    if (rc == 0)
        rc = orx_lanes_load(c->p, c->cfg, &c->arena, diags, ret_lanes, err);
    show_warnings(c, diags);
    return rc;
}

static bool is_done(const char *lane, void *user) {
    orx_cli *c = user;
    orx_task_counts n = {0};
    return c->store && orx_task_count(c->store, lane, &n, NULL) == 0 && n.total > 0 &&
           n.done == n.total;
}

static orx_lane_plan_input plan_input(orx_cli *c, const orx_lane *only) {
    /* Without a journal nothing is done. */
    if (!c->store && orx_cli_store(c, ORX_STORE_READ_ONLY, NULL) < 0)
        c->store = NULL;
    return (orx_lane_plan_input){
        .p = c->p, .cfg = c->cfg, .is_done = is_done, .user = c, .only = only};
}

const orx_lane_verdict *orx_cli_lanes_plan(orx_cli *c, const orx_lanes *lanes,
                                           const orx_lane *only) {
    const orx_lane_plan_input input = plan_input(c, only);
    return orx_lanes_plan(lanes, &input, &c->arena);
}

orx_lane_scaling orx_cli_lanes_scaling(orx_cli *c, const orx_lanes *lanes, const orx_lane *only,
                                       orx_node **ret_node) {
    const orx_lane_plan_input input = plan_input(c, only);
    const orx_lane_scaling scaling = orx_lanes_scaling(lanes, &input, &c->arena);
    if (ret_node)
        *ret_node = orx_lanes_scaling_node(lanes, &input, &scaling, &c->arena);
    return scaling;
}

/* The flag may have the name in another case; everything that follows goes by the id. */
static const orx_flag_value *flags_named(orx_cli *c, const orx_config_options *options,
                                         const char *id) {
    orx_flag_value *flags = orx_arena_zalloc(&c->arena, options->flag_count + 1, sizeof *flags);
    for (size_t i = 0; i < options->flag_count; i++) {
        flags[i] = options->flags[i];
        if (strcmp(flags[i].name, "lane") == 0)
            flags[i].value = id;
    }
    return flags;
}

int orx_cli_take_lane(orx_cli *c, const orx_config_options *options, orx_diags *diags,
                      orx_err *err) {
    ORX_CLEANUP(orx_diags_free) orx_diags found = {0};
    orx_lanes lanes;
    const orx_lane *lane = NULL;
    int rc = orx_lanes_load(c->p, c->cfg, &c->arena, &found, &lanes, err);
    if (rc < 0 || !lanes.there)
        return rc;
    rc = orx_lanes_find(&lanes, c->cfg->lane, &lane, err);
    if (rc == ORX_E_NOT_FOUND && !lanes.count && found.first)
        return orx_err_set(err, ORX_E_INVALID, "%s: %s", found.first->where, found.first->text);
    if (rc == 0 && lane->problem)
        rc = orx_err_set(err, ORX_E_INVALID, "lane %s: %s", lane->id, lane->problem);
    if (rc < 0)
        return rc;
    orx_config_lane *overrides = ORX_ARENA_NEW(&c->arena, orx_config_lane);
    orx_config_options with = *options;
    orx_lane_overrides(&lanes, lane, c->cfg, &c->arena, overrides);
    with.lane = overrides;
    with.flags = flags_named(c, options, lane->id);
    /* Texts of the lane lie in the configuration of the root. */
    c->root_cfg = c->cfg;
    c->cfg = NULL;
    return orx_config_load(c->p, &with, &c->cfg, diags, err);
}

int orx_cli_lane_config(orx_cli *c, const orx_lanes *lanes, const orx_lane *lane,
                        orx_config **ret_cfg, orx_err *err) {
    ORX_CLEANUP(orx_diags_free) orx_diags diags = {0};
    orx_config_lane *overrides = ORX_ARENA_NEW(&c->arena, orx_config_lane);
    orx_lane_overrides(lanes, lane, c->cfg, &c->arena, overrides);
    orx_config_options options = orx_cli_config_options(c);
    options.lane = overrides;
    return orx_config_load(c->p, &options, ret_cfg, &diags, err);
}

const char *orx_cli_unit_log(orx_cli *c, const char *unit) {
    ORX_CLEANUP(orx_diags_free) orx_diags diags = {0};
    orx_lanes lanes;
    const char *path = orx_unit_log_file(c->cfg, unit, &c->arena);
    if (path || orx_lanes_load(c->p, c->cfg, &c->arena, &diags, &lanes, NULL) < 0)
        return path;
    for (size_t i = 0; i < lanes.count; i++)
        if (strcmp(lanes.items[i].id, unit) == 0 && !lanes.items[i].problem)
            return orx_lane_file(&lanes.items[i], ORX_LANE_LOG_FILE, &c->arena);
    return NULL;
}

int orx_cli_lane_named(orx_cli *c, const orx_lanes *lanes, const orx_lane **ret_lane,
                       orx_err *err) {
    const char *name = c->arg_count ? c->args[0] : orx_cli_option(c, "lane");
    bool needed = strncmp(c->command->name, "lanes-", 6) != 0;
    *ret_lane = NULL;
    if (name && *orx_view_trim(orx_view_of(name)).p)
        return orx_lanes_find(lanes, name, ret_lane, err);
    return needed ? orx_err_set(err, ORX_E_USAGE,
                                "%s needs the id of a lane: --lane ID; `%s lanes-plan` shows those "
                                "there are",
                                c->command->name, c->program)
                  : 0;
}

orx_node *orx_cli_lane_errors(orx_cli *c, const orx_diags *diags) {
    orx_node *list = orx_node_new(&c->arena, ORX_ARRAY);
    for (const orx_diag *d = diags->first; d; d = d->next) {
        if (d->severity != ORX_DIAG_ERROR)
            continue;
        orx_node *n = orx_node_new(&c->arena, ORX_OBJECT);
        orx_node_set_str(&c->arena, n, "where", d->where);
        orx_node_set_str(&c->arena, n, "error", d->text);
        orx_node_push(list, n);
    }
    return list;
}

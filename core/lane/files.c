/* The files of a lane that show what became of it [K]. */
#include "lane/internal.h"

#include "data/json.h"

#define META_MAX ((size_t)1 << 20)

static void put_branches(orx_arena *a, orx_node *n, const orx_lane *lane) {
    orx_node *branches = orx_node_new(a, ORX_OBJECT);
    bool shared = strcmp(lane->impl_repo, lane->test_repo) == 0;
    const char *role = shared                                     ? "shared"
                       : strcmp(lane->repo, lane->test_repo) == 0 ? "test"
                                                                  : "impl";
    if (lane->isolated_worktree)
        orx_node_set_str(a, branches, role, orx_arena_printf(a, "orxaq/%s", lane->id));
    orx_node_set(a, n, "worktree_branches", branches);
}

static orx_node *command_of(orx_arena *a, const orx_lane_spec *spec) {
    orx_node *list = orx_node_new(a, ORX_ARRAY);
    const orx_supervisor_setup *setup = spec->kept->fleet->office->setup;
    const char *const ends[] = {"run", "--lane", spec->lane->id};
    orx_node_push(list, orx_node_new_str(a, orx_view_of(setup->exe)));
    for (const char *const *f = setup->exe_flags; *f; f++)
        orx_node_push(list, orx_node_new_str(a, orx_view_of(*f)));
    for (size_t i = 0; i < ORX_ARRAY_LEN(ends); i++)
        orx_node_push(list, orx_node_new_str(a, orx_view_of(ends[i])));
    return list;
}

static void write_text(orx_lane_fleet *f, const char *path, orx_view text) {
    orx_err err = ORX_ERR_INIT;
    if (orx_write_replace(f->office->p, path, text, 0600, &err) < 0)
        orx_lane_say(f, "%s", err.msg);
}

void orx_lane_write_meta(const orx_lane_spec *spec) {
    ORX_CLEANUP(orx_arena_free) orx_arena a = {0};
    ORX_CLEANUP(orx_str_free) orx_str text = {0};
    orx_lane_fleet *f = spec->kept->fleet;
    char now[ORX_ISO_MAX];
    orx_iso_time(orx_wall_ns(f->office->p), now);
    orx_node *n = orx_lane_node(spec->lane, &a);
    orx_node_set_str(&a, n, "lane_id", spec->lane->id);
    orx_node_set_str(&a, n, "started_at", now);
    orx_node_set(&a, n, "command", command_of(&a, spec));
    orx_node_set_str(&a, n, "build_id", spec->build);
    orx_node_set_str(&a, n, "runtime_impl_repo", spec->lane->impl_repo);
    orx_node_set_str(&a, n, "runtime_test_repo", spec->lane->test_repo);
    put_branches(&a, n, spec->lane);
    orx_json_write(&text, n, ORX_JSON_PY_INDENT);
    orx_str_addc(&text, '\n');
    write_text(f, orx_lane_file(spec->lane, ORX_LANE_META_FILE, &a), orx_str_view(&text));
}

bool orx_lane_meta_is_of(orx_platform *p, const char *file, const char *build) {
    ORX_CLEANUP(orx_arena_free) orx_arena a = {0};
    ORX_CLEANUP(orx_str_free) orx_str text = {0};
    const orx_node *n = NULL;
    return orx_read_file(p, file, META_MAX, &text, NULL) == 0 &&
           orx_json_parse(&a, file, orx_str_view(&text), &orx_limits_data, &n, NULL) == 0 &&
           strcmp(orx_node_str(orx_node_get(n, "build_id"), ""), build) == 0;
}

static void write_flag(const orx_unit_view *unit, void *user) {
    ORX_CLEANUP(orx_arena_free) orx_arena a = {0};
    orx_lane_fleet *f = user;
    orx_lane_kept *kept = orx_map_get(&f->lanes, orx_view_of(unit->name));
    bool held = unit->held && !unit->manual;
    if (!kept || kept->flagged == held)
        return;
    const char *path = orx_lane_file(kept->spec->lane, ORX_LANE_PAUSE_FILE, &a);
    if (held)
        write_text(f, path, orx_view_of("manual\n"));
    else
        (void)orx_unlink(f->office->p, path, NULL);
    kept->flagged = held;
}

void orx_lane_write_flags(orx_lane_fleet *f) {
    orx_keeper_each(f->office->keeper, write_flag, f);
}

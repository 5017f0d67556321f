/* orxaq lanes-plan: the lanes of the root, what would start, and why not. */
#include "cli/health_view.h"
#include "cli/lanes.h"

static const char *joined(orx_cli *c, const orx_strings *list) {
    ORX_CLEANUP(orx_str_free) orx_str text = {0};
    for (size_t i = 0; i < list->count; i++)
        orx_str_addf(&text, "%s%s", i ? ", " : "", list->items[i]);
    return text.len ? orx_arena_dup(&c->arena, orx_str_view(&text)) : "(none)";
}

/* [K] the lines up to exclusive_paths. */
static void print_lane(orx_cli *c, const orx_lane_verdict *v) {
    const orx_lane *l = v->lane;
    orx_cli_printf("- %s (%s, %s)\n", l->id, l->owner, l->enabled ? "enabled" : "disabled");
    if (!l->problem) {
        orx_cli_printf("    description: %s\n", l->description);
        orx_cli_printf("    impl_repo: %s\n", l->impl_repo);
        orx_cli_printf("    test_repo: %s\n", l->test_repo);
        orx_cli_printf("    tasks_file: %s\n", l->tasks_file);
        orx_cli_printf("    objective_file: %s\n", l->objective_file);
        orx_cli_printf("    exclusive_paths: %s\n", joined(c, &l->exclusive_paths));
    }
    if (l->depends_on.count)
        orx_cli_printf("    depends_on: %s\n", joined(c, &l->depends_on));
    orx_cli_printf("    plan: %s\n",
                   v->start ? orx_cli_paint(c, "32", "starts") : orx_cli_paint(c, "33", v->text));
}

static void print_text(orx_cli *c, const orx_lanes *lanes, const orx_lane_verdict *plan) {
    orx_cli_printf("lanes_file: %s\n", lanes->file);
    if (!lanes->count)
        orx_cli_printf("%s\n", lanes->there ? "no lanes" : "no lanes: there is no such file");
    for (size_t i = 0; i < lanes->count; i++)
        print_lane(c, &plan[i]);
}

/* [K] lanes_file and lanes with their specs; the rest is ours. */
static void print_json(orx_cli *c, const orx_lanes *lanes, const orx_lane_verdict *plan,
                       const orx_diags *diags) {
    orx_arena *a = &c->arena;
    orx_node *root = orx_node_new(a, ORX_OBJECT);
    orx_node *list = orx_node_new(a, ORX_ARRAY);
    for (size_t i = 0; i < lanes->count; i++) {
        orx_node *n = orx_lane_node(&lanes->items[i], a);
        orx_node_set_bool(a, n, "start", plan[i].start);
        orx_node_set_str(a, n, "reason", plan[i].code);
        orx_node_set_str(a, n, "reason_text", plan[i].text);
        orx_node_push(list, n);
    }
    orx_node_set_str(a, root, "lanes_file", lanes->file);
    orx_node_set(a, root, "lanes", list);
    orx_node_set_int(a, root, "config_error_count", diags->errors);
    orx_node_set(a, root, "config_errors", orx_cli_lane_errors(c, diags));
    orx_node_set_bool(a, root, "ok", diags->errors == 0);
    orx_cli_json_kept(root);
}

static void print_errors(const orx_diags *diags) {
    for (const orx_diag *d = diags->first; d; d = d->next)
        if (d->severity == ORX_DIAG_ERROR)
            orx_cli_complain("%s: %s", d->where, d->text);
    if (diags->errors > ORX_DIAG_MAX)
        orx_cli_complain("and %d more", diags->errors - ORX_DIAG_MAX);
}

int orx_cmd_lanes_plan(orx_cli *c, orx_err *err) {
    ORX_CLEANUP(orx_diags_free) orx_diags diags = {0};
    orx_lanes lanes;
    int rc = orx_cli_lanes(c, &diags, &lanes, err);
    if (rc < 0)
        return rc;
    const orx_lane_verdict *plan = orx_cli_lanes_plan(c, &lanes, NULL);
    if (c->json) {
        print_json(c, &lanes, plan, &diags);
    } else {
        print_text(c, &lanes, plan);
        print_errors(&diags);
    }
    return diags.errors ? ORX_EXIT_FAILED : ORX_EXIT_OK;
}

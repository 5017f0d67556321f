/* orxaq route scale: how many lanes of each group are worth their money, written down for those
 * that start them. */
#include "cli/scaling.h"

#include "data/json.h"
#include "platform/files.h"

#include <math.h>

/* ---- The files ------------------------------------------------------------------------------- */

/* [K] the first group's decision at the top; all of them below `groups`. */
static orx_node *file_node(orx_cli *c, const orx_scaling_report *r, const char *file) {
    orx_arena *a = &c->arena;
    char now[ORX_ISO_MAX];
    orx_node *n = NULL;
    orx_node *groups = orx_node_new(a, ORX_OBJECT);
    for (size_t i = 0; i < r->count; i++) {
        const orx_scaling_group *g = &r->groups[i];
        if (strcmp(g->lanes->decision_file, file) != 0)
            continue;
        orx_node *one = orx_scaling_group_node(c, g);
        n = n ? n : orx_node_copy(a, one);
        orx_node_set(a, groups, g->lanes->name, one);
    }
    orx_iso_time(orx_wall_ns(c->p), now);
    orx_node_set_str(a, n, "timestamp", now);
    orx_node_set(a, n, "groups", groups);
    return n;
}

static bool is_first(const orx_scaling_report *r, size_t at) {
    for (size_t i = 0; i < at; i++)
        if (strcmp(r->groups[i].lanes->decision_file, r->groups[at].lanes->decision_file) == 0)
            return false;
    return true;
}

static const char *folder_of(orx_cli *c, const char *file) {
    const char *end = strrchr(file, '/');
    return end ? orx_arena_dup(&c->arena, orx_view_mem(file, (size_t)(end - file) + 1)) : ".";
}

static int write_files(orx_cli *c, const orx_scaling_report *r, orx_err *err) {
    int rc = 0;
    for (size_t i = 0; i < r->count && rc == 0; i++) {
        ORX_CLEANUP(orx_str_free) orx_str text = {0};
        const char *file = r->groups[i].lanes->decision_file;
        if (!is_first(r, i))
            continue;
        orx_json_write(&text, file_node(c, r, file), ORX_JSON_PY_INDENT);
        orx_str_addc(&text, '\n');
        rc = orx_mkdirs(c->p, folder_of(c, file), true, err);
        if (rc == 0)
            rc = orx_write_atomic(c->p, file, orx_str_view(&text), 0644, err);
    }
    return rc;
}

/* Each decision is in the journal with all it rests on. */
static int note(orx_cli *c, const orx_scaling_report *r, orx_err *err) {
    int rc = r->count ? orx_tx_begin(c->store, err) : 0;
    if (rc < 0 || !r->count)
        return rc;
    for (size_t i = 0; i < r->count && rc == 0; i++) {
        const orx_event e = {
            .kind = "route.scaled", .schema = 1, .body = orx_scaling_group_node(c, &r->groups[i])};
        rc = orx_event_append(c->store, &e, NULL, err);
    }
    if (rc == 0)
        return orx_tx_commit(c->store, err);
    orx_tx_rollback(c->store);
    return rc;
}

/* ---- For people ------------------------------------------------------------------------------ */

static const char *usd(orx_cli *c, double value) {
    return isfinite(value) ? orx_arena_printf(&c->arena, "%.4f USD", value) : "unknown";
}

static const char *percent(orx_cli *c, double value) {
    return isfinite(value) ? orx_arena_printf(&c->arena, "%.1f %%", 100 * value) : "unknown";
}

static void print_inputs(orx_cli *c, const orx_scaling_group *g) {
    const orx_npv_work *w = &g->facts.work;
    orx_cli_printf("  queue      %.0f open task%s\n", w->tasks, w->tasks == 1 ? "" : "s");
    orx_cli_printf("  measured   %s of %.0f attempts of the %s passed; %s each, %s\n",
                   percent(c, w->pass_rate), w->outcomes, g->of_root ? "root" : "group",
                   usd(c, w->cost),
                   isfinite(w->seconds) ? orx_arena_printf(&c->arena, "%.1f s", w->seconds)
                                        : "of unknown length");
    orx_cli_printf("  today      %s spent, of %s\n", usd(c, g->facts.spent_usd),
                   g->facts.daily_budget_usd > 0 ? usd(c, g->facts.daily_budget_usd) : "no budget");
}

static void print_steps(orx_cli *c, const orx_scaling_choice *choice) {
    static const char *const titles[] = {"LANES", "UPLIFT", "COST",    "PENALTY",
                                         "NPV",   "DAY",    "VERDICT", NULL};
    orx_table *t = orx_table_new(c, titles);
    for (size_t i = 0; i < choice->step_count; i++) {
        const orx_scaling_step *s = &choice->steps[i];
        const char *cells[] = {orx_arena_printf(&c->arena, "%lld", (long long)s->lanes),
                               usd(c, s->margin.uplift),
                               usd(c, s->margin.cost),
                               usd(c, s->margin.penalty),
                               usd(c, s->margin.npv),
                               usd(c, s->projected_usd),
                               s->blocked ? s->blocked : "allowed"};
        orx_table_row(t, cells, s->blocked ? "33" : "32");
    }
    if (choice->step_count)
        orx_table_print(t);
}

static void print_models(orx_cli *c, const orx_scaling_group *g) {
    for (size_t i = 0; i < g->model_count; i++) {
        const orx_scaling_model *m = &g->models[i];
        const char *worth = m->used      ? "is used"
                            : m->problem ? orx_scaling_words(m->problem)
                                         : orx_arena_printf(&c->arena, "is worth %s instead",
                                                            usd(c, m->margin.npv));
        orx_cli_printf("  model      %s passes %s (%s), %s each: %s\n", m->deployment,
                       percent(c, m->work.pass_rate), m->predicted ? "predicted" : "measured",
                       usd(c, m->work.cost), worth);
    }
}

static void print_group(orx_cli *c, const orx_scaling_group *g) {
    const orx_scaling_choice *choice = &g->choice;
    orx_cli_printf("%s: %s, %lld of %zu lanes\n", g->lanes->name,
                   orx_cli_paint(c, choice->lanes > 1 ? "32" : "33", choice->decision),
                   (long long)choice->lanes, g->lanes->count);
    for (size_t i = 0; i < choice->reason_count; i++)
        orx_cli_printf("  %-26s %s\n", choice->reasons[i], orx_scaling_words(choice->reasons[i]));
    print_inputs(c, g);
    print_steps(c, choice);
    print_models(c, g);
}

static void print_json(orx_cli *c, const orx_scaling_report *r, bool dry) {
    orx_arena *a = &c->arena;
    orx_node *root = orx_node_new(a, ORX_OBJECT);
    orx_node *list = orx_node_new(a, ORX_ARRAY);
    for (size_t i = 0; i < r->count; i++) {
        orx_node *n = orx_scaling_group_node(c, &r->groups[i]);
        orx_node_set_str(a, n, "decision_file", r->groups[i].lanes->decision_file);
        orx_node_push(list, n);
    }
    orx_node_set_bool(a, root, "written", !dry);
    orx_node_set_bool(a, root, "enabled", c->cfg->scaling.enabled);
    if (r->prediction_error)
        orx_node_set_str(a, root, "prediction_error", r->prediction_error);
    orx_node_set(a, root, "groups", list);
    orx_cli_json(c, root);
}

static void print_text(orx_cli *c, const orx_scaling_report *r) {
    for (size_t i = 0; i < r->count; i++)
        print_group(c, &r->groups[i]);
    if (!r->count)
        orx_cli_printf("no lane with work has scaling_mode npv\n");
    if (r->prediction_error)
        orx_cli_complain("the weights were not asked: %s", r->prediction_error);
}

int orx_cmd_route_scale(orx_cli *c, orx_err *err) {
    bool dry = orx_cli_option(c, "dry-run") != NULL;
    orx_scaling_report r = {0};
    int rc = orx_cli_config(c, err);
    if (rc == 0)
        rc = orx_cli_store(c, dry ? ORX_STORE_READ_ONLY : ORX_STORE_CREATE, err);
    if (rc == 0)
        rc = orx_scaling_report_make(c, &r, err);
    if (rc == 0 && !dry)
        rc = note(c, &r, err);
    if (rc == 0 && !dry)
        rc = write_files(c, &r, err);
    if (rc < 0)
        return rc;
    if (c->json)
        print_json(c, &r, dry);
    else
        print_text(c, &r);
    return ORX_EXIT_OK;
}

/* Looking at a root, and showing what was found. */
#include "cli/health_view.h"

#include "data/json.h"
#include "lane/lane.h"
#include "platform/files.h"
#include "unit/health_facts.h"

/* Why the journal cannot be read; "" when it can, or when there is none. */
static const char *open_journal(orx_cli *c) {
    orx_err err = ORX_ERR_INIT;
    if (c->store)
        return "";
    int rc = orx_cli_store(c, ORX_STORE_READ_ONLY, &err);
    return rc < 0 && rc != ORX_E_NOT_FOUND ? orx_arena_strdup(&c->arena, err.msg) : "";
}

static void take_lanes(orx_cli *c, orx_health_sources *from) {
    ORX_CLEANUP(orx_diags_free) orx_diags diags = {0};
    orx_lanes lanes;
    if (orx_lanes_load(c->p, c->cfg, &c->arena, &diags, &lanes, NULL) < 0)
        return;
    orx_health_lane *list = orx_arena_zalloc(&c->arena, lanes.count + 1, sizeof *list);
    for (size_t i = 0; i < lanes.count; i++) {
        const orx_lane *l = &lanes.items[i];
        list[i] = (orx_health_lane){l->id, l->owner, l->heartbeat_file, l->problem, l->enabled};
    }
    from->lanes = list;
    from->lane_count = lanes.count;
}

int orx_cli_look(orx_cli *c, orx_look *ret_look, orx_err *err) {
    int rc = c->cfg ? 0 : orx_cli_config(c, err);
    if (rc < 0)
        return rc;
    const orx_health_sources sources = {.cfg = c->cfg, .journal_error = open_journal(c)};
    orx_health_sources from = sources;
    from.store = c->store;
    take_lanes(c, &from);
    orx_health_gather(c->p, &from, &c->arena, &ret_look->facts);
    orx_health_judge(&ret_look->facts, &c->arena, &ret_look->report);
    return 0;
}

bool orx_cli_wants_json(const orx_cli *c) {
    return c->json || (!c->terminal && !orx_cli_option(c, "text"));
}

void orx_cli_write_kept(orx_str *out, const orx_node *n) {
    orx_json_write(out, n, ORX_JSON_PY_INDENT);
    orx_str_addc(out, '\n');
}

void orx_cli_json_kept(const orx_node *n) {
    ORX_CLEANUP(orx_str_free) orx_str s = {0};
    orx_cli_write_kept(&s, n);
    orx_cli_print(orx_str_view(&s));
}

void orx_cli_write_document(orx_cli *c, const char *path, const orx_node *n) {
    ORX_CLEANUP(orx_str_free) orx_str s = {0};
    orx_err err = ORX_ERR_INIT;
    orx_cli_write_kept(&s, n);
    int rc = orx_mkdirs_unsynced(c->p, c->cfg->paths.artifacts_dir, false, &err);
    if (rc == 0)
        rc = orx_write_replace(c->p, path, orx_str_view(&s), 0644, &err);
    if (rc < 0)
        orx_cli_complain("%s is not written: %s", path, err.msg);
}

void orx_cli_print_findings(orx_cli *c, const orx_health_report *r) {
    static const char *const colors[] = {"32", "33", "31"};
    for (const orx_health_finding *n = r->first; n; n = n->next) {
        if (n->severity == ORX_HEALTH_NOTES)
            continue;
        orx_cli_printf("%s  %s\n",
                       orx_cli_paint(c, colors[n->severity], orx_health_severity_name(n->severity)),
                       n->text);
        if (*n->remedy)
            orx_cli_printf("      -> %s\n", n->remedy);
    }
}

/* ---- A look for people ----------------------------------------------------------------------- */

static const char *pid_text(orx_cli *c, int64_t pid) {
    return pid > 0 ? orx_arena_printf(&c->arena, " (pid %lld)", (long long)pid) : "";
}

static void print_supervisor(orx_cli *c, const orx_fleet_facts *f) {
    if (f->supervisor_pid)
        orx_cli_printf("supervisor %s%s%s\n", orx_cli_paint(c, f->answers ? "32" : "31", "running"),
                       pid_text(c, f->supervisor_pid), f->answers ? "" : ", does not answer");
    else
        orx_cli_printf("supervisor not running\n");
}

/* Its state is the supervisor's to say; whether there is a process shows by its lock. */
static void print_runner(orx_cli *c, const orx_look *l) {
    const orx_fleet_facts *f = &l->facts;
    const orx_unit_facts *u = &f->runner;
    const char *color = orx_unit_word_is_fine(l->report.runner) ? "32" : "31";
    if (u->running)
        orx_cli_printf("runner     %s%s%s%s%s%s\n", orx_cli_paint(c, color, "running"),
                       pid_text(c, u->pid), *f->phase ? ": " : "", f->phase, *f->task ? " " : "",
                       f->task);
    else
        orx_cli_printf("runner     %s%s%s\n",
                       u->known ? orx_cli_paint(c, color, orx_unit_state_name(u->state))
                                : "not running",
                       *f->phase ? "; last phase: " : "", f->phase);
    if (f->file_age_sec >= 0)
        orx_cli_printf("heartbeat  %s ago\n", orx_cli_duration(c, f->file_age_sec * ORX_SEC));
}

static void print_counts(orx_cli *c, const orx_fleet_facts *f) {
    const orx_task_counts *n = &f->runner.tasks;
    if (!f->runner.counted) {
        orx_cli_printf("tasks      unknown: %s\n",
                       *f->journal_error ? "the journal cannot be read" : "nothing was run here");
        return;
    }
    orx_cli_printf(
        "tasks      %lld: %lld done, %lld in progress, %lld ready, %lld delayed, %lld waiting for "
        "others, %s\n",
        (long long)n->total, (long long)n->done, (long long)n->in_progress, (long long)n->ready,
        (long long)n->delayed, (long long)n->held,
        n->blocked
            ? orx_cli_paint(c, "31",
                            orx_arena_printf(&c->arena, "%lld blocked", (long long)n->blocked))
            : "none blocked");
}

static void print_units(const orx_look *l) {
    size_t running = 0;
    size_t fine = 0;
    if (!l->facts.unit_count)
        return;
    for (size_t i = 0; i < l->facts.unit_count; i++) {
        running += l->facts.units[i].running;
        fine += orx_unit_word_is_fine(l->report.units[i]);
    }
    orx_cli_printf("units      %zu beside it: %zu running, %zu fine\n", l->facts.unit_count,
                   running, fine);
}

void orx_cli_print_look(orx_cli *c, const orx_look *l) {
    orx_cli_printf("root       %s\n", l->facts.root);
    print_supervisor(c, &l->facts);
    print_runner(c, l);
    print_units(l);
    print_counts(c, &l->facts);
    if (c->store)
        orx_cli_printf("journal    %lld events\n", (long long)orx_event_last(c->store));
}

int orx_cli_health_exit(const orx_cli *c, const orx_look *l, bool ok) {
    if (*l->facts.journal_error)
        return ORX_EXIT_FAILED;
    return orx_cli_option(c, "strict") && !ok ? ORX_EXIT_FAILED : ORX_EXIT_OK;
}

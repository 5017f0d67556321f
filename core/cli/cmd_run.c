/* orxaq run: a runner with progress for a person, or one line per event for a log. */
#include "cli/run_lane.h"

#include "data/json.h"

#include <stdio.h>

typedef struct progress {
    orx_cli *c;
    int64_t begun_ns;
} progress;

static const char *mark_of(orx_cli *c, const orx_run_note *n) {
    switch (n->kind) {
    case ORX_NOTE_SELECTED:
        return orx_cli_paint(c, "1;36", ">>");
    case ORX_NOTE_COMMITTED:
        return orx_cli_paint(c, "32", "++");
    case ORX_NOTE_SETTLED:
        return n->good ? orx_cli_paint(c, "32", "ok") : orx_cli_paint(c, "33", "--");
    case ORX_NOTE_PROBLEM:
        return orx_cli_paint(c, "31", "!!");
    case ORX_NOTE_CALLED:
    case ORX_NOTE_COST:
    case ORX_NOTE_CHECKED:
        return n->good ? "  " : orx_cli_paint(c, "33", "??");
    case ORX_NOTE_STARTED:
    case ORX_NOTE_RECOVERED:
    case ORX_NOTE_AGENT:
    case ORX_NOTE_VALIDATING:
    case ORX_NOTE_WAITING:
    case ORX_NOTE_ENDED:
    default:
        return "  ";
    }
}

static const char *verb_of(orx_note_kind kind) {
    static const char *const verbs[] = {"start", "recover", "task",     "agent",  "agent ended",
                                        "cost",  "check",   "evidence", "commit", "result",
                                        "wait",  "problem", "end"};
    return verbs[kind];
}

static void show(progress *g, const orx_run_note *n) {
    orx_cli *c = g->c;
    ORX_CLEANUP(orx_str_free) orx_str line = {0};
    double t = (double)(orx_mono_ns(c->p) - g->begun_ns) / (double)ORX_SEC;
    orx_str_addf(&line, "%7.2fs %s %-11s ", t, mark_of(c, n), verb_of(n->kind));
    if (n->task)
        orx_str_addf(&line, "%s#%lld ", n->task, (long long)n->attempt);
    if (n->kind == ORX_NOTE_SELECTED && n->provider)
        orx_str_addf(&line, "[%s%s%s] ", n->provider, *n->model ? "/" : "", n->model);
    bool dim = n->kind == ORX_NOTE_AGENT || n->kind == ORX_NOTE_VALIDATING;
    orx_str_adds(&line, dim ? orx_cli_paint(c, "2", n->text) : n->text);
    orx_str_addc(&line, '\n');
    (void)fwrite(line.buf, 1, line.len, stderr);
}

static void show_json(progress *g, const orx_run_note *n) {
    ORX_CLEANUP(orx_arena_free) orx_arena arena = {0};
    ORX_CLEANUP(orx_str_free) orx_str line = {0};
    char now[ORX_ISO_MAX];
    orx_iso_time(orx_wall_ns(g->c->p), now);
    orx_node *row = orx_node_new(&arena, ORX_OBJECT);
    orx_node_set_str(&arena, row, "time", now);
    orx_node_set_str(&arena, row, "event", verb_of(n->kind));
    if (n->task) {
        orx_node_set_str(&arena, row, "task", n->task);
        orx_node_set_int(&arena, row, "attempt", n->attempt);
    }
    if (n->provider)
        orx_node_set_str(&arena, row, "provider", n->provider);
    orx_node_set_bool(&arena, row, "good", n->good);
    orx_node_set_str(&arena, row, "text", n->text);
    orx_json_write(&line, row, ORX_JSON_OURS);
    orx_str_addc(&line, '\n');
    orx_cli_print(orx_str_view(&line));
    (void)fflush(stdout);
}

static void listener(const orx_run_note *note, void *user) {
    progress *g = user;
    if (g->c->json)
        show_json(g, note);
    else if (!g->c->quiet)
        show(g, note);
}

static int start(orx_cli *c, bool dry_run, const char *checkpoint, progress *g,
                 orx_runner **ret_runner, orx_err *err) {
    int rc = dry_run ? orx_cli_store_for_plan(c, err) : orx_cli_store(c, ORX_STORE_CREATE, err);
    if (rc == 0)
        rc = orx_cli_plugins(c, err);
    if (rc < 0)
        return rc;
    const orx_run_setup setup = {
        .cfg = c->cfg,
        .store = c->store,
        .plugins = c->plugins,
        .exe = c->exe,
        .dry_run = dry_run,
        .checkpoint = checkpoint,
        .listener = listener,
        .user = g,
    };
    return orx_runner_new(c->p, &setup, ret_runner, err);
}

int orx_cli_run(orx_cli *c, bool dry_run, const char *checkpoint, orx_err *err) {
    progress g = {.c = c, .begun_ns = orx_mono_ns(c->p)};
    orx_runner *runner = NULL;
    orx_run_end end = ORX_RUN_ALL_DONE;
    int rc = start(c, dry_run, checkpoint, &g, &runner, err);
    if (rc == 0)
        rc = orx_runner_run(runner, &end, err);
    bool summary = rc == 0 && !c->json && !c->quiet && !dry_run;
    orx_runner_free(runner);
    if (summary)
        (void)orx_cli_summary(c, NULL);
    return rc < 0 ? rc : (int)end;
}

int orx_cmd_run(orx_cli *c, orx_err *err) {
    if (orx_cli_option(c, "estimate"))
        return orx_cmd_run_estimate(c, err);
    int rc = orx_cli_config(c, err);
    if (rc < 0)
        return rc;
    return orx_cli_run(c, orx_cli_option(c, "dry-run") != NULL,
                       orx_cli_option(c, "resume-checkpoint"), err);
}

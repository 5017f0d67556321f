/* orxaq merge-queue: what lanes delivered comes back to the base. */
#include "cli/lanes.h"

#include "base/vec.h"
#include "lane/merge.h"
#include "platform/loop.h"
#include "platform/proc.h"

/* One invocation. */
typedef struct merging {
    orx_cli *c;
    orx_diags diags;
    orx_lanes lanes;
    ORX_VEC(orx_config *) configs;
    bool stop;
    int signum;
} merging;

/* ---- Setting up ------------------------------------------------------------------------------ */

static int config_of(const orx_lane *lane, void *user, const orx_config **ret_cfg, orx_err *err) {
    merging *m = user;
    orx_config *cfg = NULL;
    int rc = orx_cli_lane_config(m->c, &m->lanes, lane, &cfg, err);
    if (rc < 0)
        return rc;
    orx_vec_push(&m->configs, cfg);
    *ret_cfg = cfg;
    return 0;
}

static void tell(const char *line, void *user) {
    const merging *m = user;
    if (!m->c->quiet)
        orx_cli_complain("%s", line);
}

/* The first signal ends the check that runs; what was merged stays. The second waits for nobody. */
static void on_signal(int signum, void *user) {
    merging *m = user;
    if (signum == orx_drain_signal())
        return;
    if (m->stop)
        orx_proc_kill_all(m->c->p);
    m->signum = signum;
    m->stop = true;
}

/* The lanes asked for by their ids, NULL = all. */
static int names_of(merging *m, const char *const **ret_names, orx_err *err) {
    const orx_cli *c = m->c;
    size_t n = 0;
    const char **names =
        orx_arena_zalloc(&m->c->arena, (size_t)c->arg_count + c->option_count + 1, sizeof *names);
    for (int i = 0; i < c->arg_count; i++)
        names[n++] = c->args[i];
    for (size_t i = 0; i < c->option_count; i++)
        if (strcmp(c->options[i].name, "lane") == 0)
            names[n++] = c->options[i].value;
    for (size_t i = 0; i < n; i++) {
        const orx_lane *lane = NULL;
        if (strcmp(names[i], "primary") == 0)
            continue;
        int rc = orx_lanes_find(&m->lanes, names[i], &lane, err);
        if (rc == 0 && lane->problem)
            rc = orx_err_set(err, ORX_E_INVALID, "lane %s: %s", lane->id, lane->problem);
        if (rc < 0)
            return rc;
        names[i] = lane->id;
    }
    *ret_names = n ? names : NULL;
    return 0;
}

static int open_journal(merging *m, bool dry_run, orx_err *err) {
    if (!dry_run)
        return orx_cli_store(m->c, ORX_STORE_CREATE, err);
    if (orx_cli_store(m->c, ORX_STORE_READ_ONLY, NULL) < 0)
        m->c->store = NULL;
    return 0;
}

/* ---- Showing --------------------------------------------------------------------------------- */

static orx_node *item_node(orx_cli *c, const orx_merge_item *item) {
    orx_arena *a = &c->arena;
    orx_node *n = orx_node_new(a, ORX_OBJECT);
    orx_node *files = orx_node_new(a, ORX_ARRAY);
    for (size_t i = 0; item->files && item->files[i]; i++)
        orx_node_push(files, orx_node_new_str(a, orx_view_of(item->files[i])));
    orx_node_set_str(a, n, "lane", item->lane);
    orx_node_set_str(a, n, "branch", item->branch);
    orx_node_set_str(a, n, "tip", item->tip);
    orx_node_set_int(a, n, "commits", item->commits);
    orx_node_set_str(a, n, "verdict", orx_merge_verdict_name(item->verdict));
    orx_node_set_str(a, n, "reason", item->reason);
    orx_node_set_str(a, n, "text", item->text);
    orx_node_set(a, n, "files", files);
    return n;
}

static orx_node *batch_node(orx_cli *c, const orx_merge_batch *b) {
    orx_arena *a = &c->arena;
    orx_node *n = orx_node_new(a, ORX_OBJECT);
    orx_node *items = orx_node_new(a, ORX_ARRAY);
    for (size_t i = 0; i < b->count; i++)
        orx_node_push(items, item_node(c, &b->items[i]));
    orx_node_set_str(a, n, "repo", b->repo);
    orx_node_set_str(a, n, "target", b->target);
    orx_node_set_str(a, n, "after", b->after);
    orx_node_set_int(a, n, "validations", b->validations);
    if (b->warning)
        orx_node_set_str(a, n, "warning", b->warning);
    orx_node_set(a, n, "branches", items);
    return n;
}

static void print_json(merging *m, const orx_merge_report *r, bool dry_run, bool ok) {
    orx_arena *a = &m->c->arena;
    char now[ORX_ISO_MAX];
    orx_node *n = orx_node_new(a, ORX_OBJECT);
    orx_node *batches = orx_node_new(a, ORX_ARRAY);
    for (size_t i = 0; i < r->count; i++)
        orx_node_push(batches, batch_node(m->c, &r->batches[i]));
    orx_iso_time(orx_wall_ns(m->c->p), now);
    orx_node_set_str(a, n, "timestamp", now);
    orx_node_set_bool(a, n, "dry_run", dry_run);
    orx_node_set_int(a, n, "merged_count", r->merged);
    orx_node_set_int(a, n, "refused_count", r->refused);
    orx_node_set_int(a, n, "held_count", r->held);
    orx_node_set(a, n, "batches", batches);
    orx_node_set_int(a, n, "config_error_count", m->diags.errors);
    orx_node_set(a, n, "config_errors", orx_cli_lane_errors(m->c, &m->diags));
    orx_node_set_bool(a, n, "ok", ok);
    orx_cli_json(m->c, n);
}

/* A text may go on below with what a check printed. */
static void print_item(orx_cli *c, const orx_merge_batch *b, const orx_merge_item *item) {
    static const char *const colors[] = {
        [ORX_MERGE_QUEUED] = "1",   [ORX_MERGE_NOTHING] = "2", [ORX_MERGE_MERGED] = "32",
        [ORX_MERGE_REFUSED] = "31", [ORX_MERGE_HELD] = "33",   [ORX_MERGE_DISABLED] = "2"};
    orx_view rest = orx_view_of(item->text);
    orx_view line;
    orx_cli_printf("%-8s %s -> %s (%lld commit%s)\n",
                   orx_cli_paint(c, colors[item->verdict], orx_merge_verdict_name(item->verdict)),
                   item->branch, *b->target ? b->target : "?", (long long)item->commits,
                   item->commits == 1 ? "" : "s");
    while (rest.len && orx_view_split(&rest, '\n', &line))
        orx_cli_printf("         %.*s\n", ORX_VIEW_ARG(line));
}

static void print_text(merging *m, const orx_merge_report *r) {
    size_t lines = 0;
    for (size_t i = 0; i < r->count; i++) {
        const orx_merge_batch *b = &r->batches[i];
        for (size_t k = 0; k < b->count; k++, lines++)
            print_item(m->c, b, &b->items[k]);
        if (b->warning)
            orx_cli_complain("warning: %s", b->warning);
    }
    if (!lines)
        orx_cli_printf("nothing to merge: no lane has a branch of its own here\n");
    for (const orx_diag *d = m->diags.first; d; d = d->next)
        if (d->severity == ORX_DIAG_ERROR)
            orx_cli_complain("%s: %s", d->where, d->text);
}

/* ---- Running --------------------------------------------------------------------------------- */

static int run(merging *m, bool dry_run, orx_err *err) {
    orx_cli *c = m->c;
    orx_merge_report report = {0};
    orx_merge_setup setup = {.p = c->p,
                             .cfg = c->cfg,
                             .lanes = &m->lanes,
                             .config_of = config_of,
                             .dry_run = dry_run,
                             .stop = &m->stop,
                             .tell = tell,
                             .user = m};
    int rc = names_of(m, &setup.only, err);
    if (rc == 0)
        rc = open_journal(m, dry_run, err);
    if (rc == 0)
        rc = orx_watch_signals(c->p, on_signal, m, err);
    if (rc < 0)
        return rc;
    setup.store = c->store;
    rc = orx_merge_run(&setup, &c->arena, &report, err);
    (void)orx_watch_signals(c->p, NULL, NULL, NULL);
    if (rc < 0 && !report.batches)
        return rc;
    bool ok = rc == 0 && !report.refused && !report.held && !m->diags.errors;
    if (c->json)
        print_json(m, &report, dry_run, ok);
    else
        print_text(m, &report);
    bool by_keyboard = m->signum == 2;
    if (rc == ORX_E_CANCELLED && m->signum)
        return by_keyboard ? ORX_RUN_INTERRUPTED : ORX_RUN_TERMINATED;
    return rc < 0 ? rc : ok ? ORX_EXIT_OK : ORX_EXIT_FAILED;
}

int orx_cmd_merge_queue(orx_cli *c, orx_err *err) {
    merging m = {.c = c};
    int rc = orx_cli_lanes(c, &m.diags, &m.lanes, err);
    if (rc == 0)
        rc = run(&m, orx_cli_option(c, "dry-run") != NULL, err);
    for (size_t i = 0; i < m.configs.len; i++)
        orx_config_free(m.configs.items[i]);
    orx_vec_free(&m.configs);
    orx_diags_free(&m.diags);
    return rc;
}

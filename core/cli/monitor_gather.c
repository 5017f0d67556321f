/* One look at everything that `monitor` shows. */
#include "cli/monitor_gather.h"

#include "cli/health_view.h"
#include "cli/lanes.h"
#include "cli/metrics.h"
#include "cli/talks.h"

#include "data/ndjson.h"
#include "git/git.h"
#include "lane/status.h"
#include "platform/files.h"
#include "unit/monitor.h"

#define TALK_LINES 60  /* [K] of each log */
#define NOTE_LINES 500 /* [K] of each inbox */
#define LOG_TAIL   ((size_t)16 << 10)
#define DAY_NS     (86400 * ORX_SEC)

typedef struct gathering {
    orx_cli *c;
    orx_arena *a;
    orx_look look;
    orx_talks talks;
    orx_monitor_parts parts;
} gathering;

/* ---- Repositories ---------------------------------------------------------------------------- */

static orx_monitor_repo look_at_repo(gathering *g, const char *path) {
    orx_monitor_repo r = {.path = path, .error = "", .branch = "", .head = "", .upstream = ""};
    orx_err err = ORX_ERR_INIT;
    orx_git *git = NULL;
    orx_git_status s;
    int rc = orx_cli_open_repo(g->c, path, &git, &err);
    if (rc == 0)
        rc = orx_git_status_of(git, g->a, &s, &err);
    if (rc == 0) {
        r.branch = s.branch ? s.branch : "";
        r.head = orx_arena_strdup(g->a, s.head);
        r.upstream = s.upstream ? s.upstream : "";
        r.compared = s.compared;
        r.ahead = s.ahead;
        r.behind = s.behind;
        r.changed_files = (int64_t)s.count;
    } else {
        r.error = orx_arena_strdup(g->a, err.msg);
    }
    orx_git_close(git);
    return r;
}

static void look_at_repos(gathering *g) {
    const orx_config *cfg = g->c->cfg;
    bool one = strcmp(cfg->repos.impl, cfg->repos.test) == 0;
    g->parts.implementation = look_at_repo(g, cfg->repos.impl);
    g->parts.tests = one ? g->parts.implementation : look_at_repo(g, cfg->repos.test);
}

/* ---- Lanes and money ------------------------------------------------------------------------- */

static void look_at_lanes(gathering *g) {
    ORX_CLEANUP(orx_diags_free) orx_diags diags = {0};
    orx_lanes lanes;
    if (orx_lanes_load(g->c->p, g->c->cfg, g->a, &diags, &lanes, NULL) < 0)
        return;
    const orx_lane_sources from = {.p = g->c->p,
                                   .cfg = g->c->cfg,
                                   .store = g->c->store,
                                   .exe = g->c->exe,
                                   .lanes = &lanes,
                                   .diags = &diags,
                                   .facts = &g->look.facts};
    g->parts.lanes = orx_lanes_snapshot(&from, NULL, g->a);
}

static void look_at_money(gathering *g) {
    orx_err err = ORX_ERR_INIT;
    orx_node *doc = NULL;
    if (orx_cli_metrics(g->c, &doc, &err) < 0)
        g->parts.metrics_error = orx_arena_strdup(g->a, err.msg);
    g->parts.metrics = doc;
}

/* ---- Done within a day ----------------------------------------------------------------------- */

static void take_done(gathering *g, orx_sql *q) {
    char from[ORX_ISO_MAX];
    orx_node *owners = orx_node_new(g->a, ORX_OBJECT);
    orx_iso_time(g->look.facts.wall_ns - DAY_NS, from);
    orx_sql_str(q, 1, from);
    while (orx_sql_step(q, NULL) == 1) {
        int64_t n = orx_sql_col_int(q, 1);
        g->parts.done.tasks += n;
        orx_node_set_int(g->a, owners, orx_arena_dup(g->a, orx_sql_col_text(q, 0)), n);
    }
    orx_sql_reset(q);
    g->parts.done.by_owner = owners;
}

/* The queues that the journal knows are those of the facts. */
static void count_done(gathering *g) {
    orx_sql *q;
    const orx_fleet_facts *f = &g->look.facts;
    g->parts.done.sources = f->runner.counted;
    for (size_t i = 0; i < f->unit_count; i++)
        g->parts.done.sources += f->units[i].counted;
    if (g->parts.done.sources &&
        orx_sql_get(g->c->store,
                    "SELECT owner, count(*) FROM task WHERE status = 'done' AND last_update >= ?1"
                    " GROUP BY owner ORDER BY owner",
                    &q, NULL) == 0)
        take_done(g, q);
}

/* ---- Files ----------------------------------------------------------------------------------- */

static orx_monitor_notes read_notes(gathering *g, const char *name) {
    orx_monitor_notes n = {.error = ""};
    orx_err err = ORX_ERR_INIT;
    const orx_node **rows = NULL;
    const char *path = orx_path_join(g->a, g->c->cfg->paths.handoff_dir, name);
    int count = orx_ndjson_tail(g->c->p, path, NOTE_LINES, g->a, &rows, &err);
    if (count < 0)
        n.error = orx_arena_strdup(g->a, err.msg);
    n.events = count > 0 ? count : 0;
    n.latest = count > 0 ? rows[count - 1] : NULL;
    return n;
}

/* Its last line; "" = there is none. */
static void read_log(gathering *g) {
    ORX_CLEANUP(orx_str_free) orx_str tail = {0};
    orx_err err = ORX_ERR_INIT;
    int rc = orx_read_tail(g->c->p, g->c->cfg->paths.log_file, LOG_TAIL, &tail, &err);
    if (rc < 0 && rc != ORX_E_NOT_FOUND)
        g->parts.log_error = orx_arena_strdup(g->a, err.msg);
    g->parts.log_line =
        orx_arena_dup(g->a, orx_view_last_lines(orx_view_trim(orx_str_view(&tail)), 1));
}

int orx_cli_monitor_doc(orx_cli *c, orx_node **ret_doc, orx_err *err) {
    gathering g = {.c = c, .a = &c->arena};
    int rc = orx_cli_look(c, &g.look, err);
    if (rc < 0)
        return rc;
    g.parts = (orx_monitor_parts){.facts = &g.look.facts,
                                  .report = &g.look.report,
                                  .talks = &g.talks,
                                  .metrics_error = "",
                                  .log_error = "",
                                  .done = {.error = ""},
                                  .handoff_dir = c->cfg->paths.handoff_dir};
    look_at_lanes(&g);
    look_at_money(&g);
    count_done(&g);
    orx_store_close(c->store);
    c->store = NULL; /* nobody reads the journal while something slow is asked, or waits */
    look_at_repos(&g);
    orx_cli_talks(c, TALK_LINES, true, &g.talks);
    g.parts.to_codex = read_notes(&g, "to_codex.ndjson");
    g.parts.to_gemini = read_notes(&g, "to_gemini.ndjson");
    read_log(&g);
    *ret_doc = orx_monitor_doc(&g.parts, g.a);
    return 0;
}

/* orxaq status, health. */
#include "cli/health_view.h"

#include "platform/files.h"

#define TAIL_LINES 40
#define TAIL_BYTES ((size_t)64 << 10)

/* [K] the line with which a launch begins. */
#define LAUNCH "supervisor: launching runner"

/* ---- The end of the log ---------------------------------------------------------------------- */

/* What belongs to the newest launch: an error of an earlier one is old news. */
static orx_view since_launch(orx_view text) {
    orx_view rest = text;
    orx_view found = text;
    orx_view line;
    while (rest.len && orx_view_split(&rest, '\n', &line))
        if (orx_view_find(line, LAUNCH) >= 0)
            found = (orx_view){line.p, (size_t)(text.p + text.len - line.p)};
    return found;
}

/* [K] */
static void print_log(orx_cli *c) {
    ORX_CLEANUP(orx_str_free) orx_str text = {0};
    (void)orx_read_tail(c->p, c->cfg->paths.log_file, TAIL_BYTES, &text, NULL);
    if (!text.len)
        return;
    orx_view lines = orx_view_last_lines(since_launch(orx_str_view(&text)), TAIL_LINES);
    orx_cli_printf("--- logs ---\n%.*s\n", ORX_VIEW_ARG(lines));
}

/* ---- Commands -------------------------------------------------------------------------------- */

int orx_cmd_status(orx_cli *c, orx_err *err) {
    orx_look l;
    int rc = orx_cli_look(c, &l, err);
    if (rc < 0)
        return rc;
    if (orx_cli_wants_json(c)) {
        orx_cli_json_kept(orx_health_status_doc(&l.facts, &c->arena));
        if (*l.facts.journal_error)
            orx_cli_complain("%s", l.facts.journal_error);
    } else {
        orx_cli_print_look(c, &l);
        orx_cli_print_findings(c, &l.report);
        print_log(c);
    }
    return orx_cli_health_exit(c, &l, l.report.ok);
}

static void print_health(orx_cli *c, const orx_look *l) {
    orx_cli_printf("%s\n",
                   l->report.ok ? orx_cli_paint(c, "32", "ok") : orx_cli_paint(c, "31", "not ok"));
    orx_cli_print_look(c, l);
    orx_cli_print_findings(c, &l->report);
}

int orx_cmd_health(orx_cli *c, orx_err *err) {
    orx_look l;
    int rc = orx_cli_look(c, &l, err);
    if (rc < 0)
        return rc;
    orx_node *doc = orx_health_doc(&l.facts, &l.report, &c->arena);
    const char *path = orx_path_join(&c->arena, c->cfg->paths.artifacts_dir, "health.json");
    orx_cli_write_document(c, path, doc);
    orx_node_set_str(&c->arena, doc, "health_file", path);
    if (orx_cli_wants_json(c))
        orx_cli_json_kept(doc);
    else
        print_health(c, &l);
    return orx_cli_health_exit(c, &l, l.report.ok);
}

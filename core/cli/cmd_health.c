/* orxaq status, health. */
#include "cli/health_view.h"

#include "platform/files.h"

#define TAIL_LINES 40
#define TAIL_BYTES ((int64_t)64 << 10)

/* [K] the line with which a launch begins. */
#define LAUNCH "supervisor: launching runner"

/* ---- The end of the log ---------------------------------------------------------------------- */

/* The last bytes of a file, from a line's beginning. */
static void read_tail(orx_cli *c, const char *path, orx_str *out) {
    orx_file *f = NULL;
    orx_file_info info = {0};
    if (orx_file_open(c->p, path, ORX_OPEN_READ, 0, &f, NULL) < 0)
        return;
    if (orx_file_info_of(c->p, f, &info, NULL) == 0 && info.kind == ORX_FILE_REGULAR) {
        int64_t at = info.size > TAIL_BYTES ? info.size - TAIL_BYTES : 0;
        char *to = orx_str_reserve(out, (size_t)TAIL_BYTES);
        int64_t n = orx_file_read(c->p, f, at, to, (size_t)TAIL_BYTES, NULL);
        orx_str_commit(out, n > 0 ? (size_t)n : 0);
        const char *end = at && out->len ? memchr(out->buf, '\n', out->len) : NULL;
        if (end)
            orx_str_drop(out, (size_t)(end - out->buf) + 1);
    }
    orx_file_close(c->p, f);
}

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

static orx_view last_lines(orx_view text, int lines) {
    size_t at = text.len;
    if (at && text.p[at - 1] == '\n')
        at--;
    while (at > 0 && (text.p[at - 1] != '\n' || --lines > 0))
        at--;
    return (orx_view){text.p + at, text.len - at};
}

/* [K] */
static void print_log(orx_cli *c) {
    ORX_CLEANUP(orx_str_free) orx_str text = {0};
    read_tail(c, c->cfg->paths.log_file, &text);
    if (!text.len)
        return;
    orx_cli_printf("--- logs ---\n");
    orx_cli_print(last_lines(since_launch(orx_str_view(&text)), TAIL_LINES));
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

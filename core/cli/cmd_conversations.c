/* orxaq conversations, conversation-inspect. */
#include "cli/health_view.h"
#include "cli/talks.h"

static int number(const orx_cli *c, const char *name, int64_t otherwise, int64_t *ret,
                  orx_err *err) {
    const char *text = orx_cli_option(c, name);
    *ret = otherwise;
    if (!text || orx_view_to_i64(orx_view_of(text), ret))
        return 0;
    return orx_err_set(err, ORX_E_USAGE, "--%s needs a number, not \"%s\"", name, text);
}

static const char *text_of(const orx_cli *c, const char *name) {
    const char *text = orx_cli_option(c, name);
    return text ? text : "";
}

/* ---- For people ------------------------------------------------------------------------------ */

static const char *field(const orx_node *n, const char *key) {
    return orx_node_str(orx_node_get(n, key), "");
}

static void print_event(orx_cli *c, const orx_node *n) {
    const char *lane = field(n, "lane_id");
    orx_cli_printf("%s  %s%s%s %s%s%s\n", orx_cli_paint(c, "2", field(n, "timestamp")), lane,
                   *lane ? " " : "", orx_cli_paint(c, "1", field(n, "owner")),
                   field(n, "event_type"), *field(n, "task_id") ? " " : "", field(n, "task_id"));
    orx_view rest = orx_view_of(field(n, "content"));
    orx_view line;
    while (rest.len && orx_view_split(&rest, '\n', &line))
        orx_cli_printf("    %.*s\n", ORX_VIEW_ARG(line));
}

static void print_talks(orx_cli *c, const orx_node *doc) {
    ORX_NODE_EACH(orx_node_get(doc, "events"), n)
    print_event(c, n);
    ORX_NODE_EACH(orx_node_get(doc, "errors"), n)
    orx_cli_complain("%s", orx_node_str(n, ""));
    if (!c->quiet && !orx_node_int(orx_node_get(doc, "total_events"), 0))
        orx_cli_complain("nothing was said that fits");
}

int orx_cmd_conversations(orx_cli *c, orx_err *err) {
    int64_t lines = ORX_TALK_LINES;
    orx_talks talks;
    orx_talk_filter f = {.owner = text_of(c, "owner"),
                         .lane = text_of(c, "lane"),
                         .event_type = text_of(c, "event-type"),
                         .contains = text_of(c, "contains")};
    int rc = number(c, "lines", ORX_TALK_LINES, &lines, err);
    if (rc == 0)
        rc = number(c, "tail", 0, &f.tail, err);
    if (rc == 0)
        rc = orx_cli_config(c, err);
    if (rc < 0)
        return rc;
    lines = lines < 1 ? 1 : lines > ORX_TALK_LINES_MAX ? ORX_TALK_LINES_MAX : lines;
    orx_cli_talks(c, (int)lines, !orx_cli_option(c, "no-lanes"), &talks);
    const orx_node *doc = orx_talks_filtered_doc(&talks, &f, orx_wall_ns(c->p), &c->arena);
    if (orx_cli_wants_json(c))
        orx_cli_json_kept(doc);
    else
        print_talks(c, doc);
    return ORX_EXIT_OK;
}

/* orxaq process-watchdog, full-autonomy. */
#include "cli/preflight.h"
#include "cli/watchdog.h"

static bool is_ok(const orx_node *doc) {
    return orx_node_bool(orx_node_get(doc, "ok"), false);
}

static void print_pass(orx_cli *c, const orx_node *doc) {
    ORX_NODE_EACH(orx_node_get(doc, "processes"), n) {
        const char *status = orx_node_str(orx_node_get(n, "status"), "");
        int64_t pid = orx_node_int(orx_node_get(n, "pid"), 0);
        bool fine = strcmp(status, "healthy") == 0 || strcmp(status, "restarted") == 0;
        orx_cli_printf("%-10s %s%s: %s\n", orx_node_str(orx_node_get(n, "id"), ""),
                       orx_cli_paint(c, fine ? "32" : "31", status),
                       pid ? orx_arena_printf(&c->arena, " (pid %lld)", (long long)pid) : "",
                       orx_node_str(orx_node_get(n, "detail"), ""));
    }
}

int orx_cmd_process_watchdog(orx_cli *c, orx_err *err) {
    orx_look l;
    orx_node *doc = NULL;
    int rc = orx_cli_watchdog_pass(c, &l, &doc, err);
    if (rc < 0)
        return rc;
    if (orx_cli_wants_json(c))
        orx_cli_json_kept(doc);
    else
        print_pass(c, doc);
    return orx_cli_health_exit(c, &l, is_ok(doc));
}

/* ---- Full autonomy --------------------------------------------------------------------------- */

static void print_autonomy(orx_cli *c, const orx_look *l, const orx_node *doc) {
    const orx_node *preflight = orx_node_get(doc, "preflight");
    orx_cli_printf("%s\n",
                   is_ok(doc) ? orx_cli_paint(c, "32", "ok") : orx_cli_paint(c, "31", "not ok"));
    if (!orx_node_bool(orx_node_get(preflight, "clean"), false))
        orx_cli_preflight_print(c, preflight);
    print_pass(c, orx_node_get(doc, "watchdog"));
    orx_cli_print_look(c, l);
    orx_cli_print_findings(c, &l->report);
}

static const char *report_file(orx_cli *c) {
    return orx_cli_artifact(c, "ORXAQ_AUTONOMY_FULL_AUTONOMY_REPORT_FILE",
                            "full_autonomy_report.json");
}

int orx_cmd_full_autonomy(orx_cli *c, orx_err *err) {
    orx_look l;
    orx_node *preflight = NULL;
    orx_node *watchdog = NULL;
    int rc = orx_cli_config(c, err);
    if (rc == 0)
        rc = orx_cli_preflight(c, orx_cli_option(c, "allow-dirty") != NULL, &preflight, err);
    if (rc == 0)
        rc = orx_cli_watchdog_pass(c, &l, &watchdog, err);
    if (rc < 0)
        return rc;
    orx_node *doc = orx_health_autonomy_doc(&l.facts, &l.report, preflight, watchdog, &c->arena);
    const char *path = report_file(c);
    orx_cli_write_document(c, path, doc);
    orx_node_set_str(&c->arena, doc, "full_autonomy_report_file", path);
    if (orx_cli_wants_json(c))
        orx_cli_json_kept(doc);
    else
        print_autonomy(c, &l, doc);
    return orx_cli_health_exit(c, &l, is_ok(doc));
}

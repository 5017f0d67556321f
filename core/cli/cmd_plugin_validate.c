/* orxaq plugin validate: the proof of a module, and the child that runs one check of it. */
#include "cli/cli.h"

#include "platform/files.h"
#include "plugin/validate.h"

#include <stdio.h>

static const char *const words[] = {"ok", "FAILED", "skipped"};
static const char *const colors[] = {"32", "31", "2"};

static orx_node *result_node(orx_cli *c, const orx_check_result *r) {
    orx_arena *a = &c->arena;
    orx_node *n = orx_node_new(a, ORX_OBJECT);
    orx_node_set_str(a, n, "id", r->check->id);
    orx_node_set_str(a, n, "family", r->check->family);
    orx_node_set_bool(a, n, "ok", r->verdict != ORX_VERDICT_FAILED);
    orx_node_set_bool(a, n, "skipped", r->verdict == ORX_VERDICT_SKIPPED);
    orx_node_set_str(a, n, "proves", r->check->proves);
    orx_node_set_str(a, n, "reason", r->reason);
    orx_node_set_int(a, n, "ms", r->took_ns / ORX_MS);
    return n;
}

static void print_json(orx_cli *c, const char *path, const orx_check_result *all, int failed) {
    orx_arena *a = &c->arena;
    orx_node *n = orx_node_new(a, ORX_OBJECT);
    orx_node *checks = orx_node_new(a, ORX_ARRAY);
    orx_node_set_str(a, n, "file", path);
    orx_node_set_bool(a, n, "ok", failed == 0);
    for (; all->check; all++)
        orx_node_push(checks, result_node(c, all));
    orx_node_set(a, n, "checks", checks);
    orx_cli_json(c, n);
}

static void print_table(orx_cli *c, const char *path, const orx_check_result *all, int failed) {
    static const char *const titles[] = {"CHECK", "RESULT", "MS", "PROVES / WHY NOT", NULL};
    orx_table *t = orx_table_new(c, titles);
    int count = 0, skipped = 0;
    for (; all->check; all++, count++) {
        const char *cells[] = {all->check->id, words[all->verdict],
                               orx_arena_printf(&c->arena, "%d", (int)(all->took_ns / ORX_MS)),
                               all->verdict == ORX_VERDICT_PASSED ? all->check->proves
                                                                  : all->reason};
        orx_table_row(t, cells, colors[all->verdict]);
        skipped += all->verdict == ORX_VERDICT_SKIPPED;
    }
    orx_table_print(t);
    orx_cli_printf("\n%s: %d checks, %d passed, %d failed, %d skipped\n", path, count,
                   count - failed - skipped, failed, skipped);
}

int orx_cmd_plugin_validate(orx_cli *c, orx_err *err) {
    ORX_CLEANUP(orx_str_free) orx_str path = {0};
    const char *const command[] = {c->exe, "plugin", "validate-internal", NULL};
    orx_check_result *all = NULL;
    int rc = orx_realpath(c->p, c->args[0], &path, err);
    if (rc >= 0)
        rc = orx_plugin_validate(c->p, command, orx_str_cstr(&path), &c->arena, &all, err);
    if (rc < 0)
        return rc;
    if (c->json)
        print_json(c, orx_str_cstr(&path), all, rc);
    else
        print_table(c, orx_str_cstr(&path), all, rc);
    return rc == 0 ? ORX_EXIT_OK : ORX_EXIT_FAILED;
}

int orx_cmd_plugin_validate_one(orx_cli *c, orx_err *err) {
    ORX_CLEANUP(orx_str_free) orx_str line = {0};
    int rc = orx_plugin_validate_one(c->p, c->args[0], c->args[1], &line, err);
    orx_cli_print(orx_str_view(&line));
    (void)fflush(stdout);
    return rc == ORX_E_INVALID ? ORX_EXIT_FAILED : rc;
}

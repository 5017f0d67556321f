/* orxaq supervise, and starting it when a command needs it. */
#include "cli/supervised.h"

#include "lane/units.h"
#include "platform/local.h"
#include "platform/loop.h"
#include "unit/server.h"

#include <stdio.h>

#define READY_NS (15 * ORX_SEC)
#define LOOK_NS  (20 * ORX_MS)

/* Words of the global flags that a program of ours is started with. */
#define FLAGS_MAX 8

static void said(const char *line, void *user) {
    const orx_cli *c = user;
    if (!c->quiet)
        (void)fprintf(stderr, "%s\n", line);
}

/* The global flags that a program we start needs to find the same root. */
const char *const *orx_cli_flags(orx_cli *c) {
    const char **flags = orx_arena_zalloc(&c->arena, FLAGS_MAX + 1, sizeof *flags);
    size_t n = 0;
    flags[n++] = "--root";
    flags[n++] = c->cfg->root;
    if (c->env_file && c->cfg->env_file) {
        flags[n++] = "--env-file";
        flags[n++] = c->cfg->env_file;
    }
    if (c->config_file && c->cfg->config_file) {
        flags[n++] = "--config";
        flags[n++] = c->cfg->config_file;
    }
    if (c->cfg->overlay) {
        flags[n++] = "--overlay";
        flags[n++] = c->cfg->overlay;
    }
    return flags;
}

int orx_cmd_supervise(orx_cli *c, orx_err *err) {
    bool other = false;
    int64_t pid = 0;
    int rc = orx_cli_config(c, err);
    if (rc < 0)
        return rc;
    const orx_supervisor_setup setup = {.cfg = c->cfg,
                                        .exe = c->exe,
                                        .exe_flags = orx_cli_flags(c),
                                        .source = &orx_lane_source,
                                        .rooms = orx_cli_rooms,
                                        .wait = orx_cli_option(c, "wait") != NULL,
                                        .said = said,
                                        .user = c};
    rc = orx_supervise(c->p, &setup, &other, &pid, err);
    if (rc == 0 && other)
        orx_cli_complain("a supervisor is at work on %s already%s", c->cfg->root,
                         pid > 0 ? orx_arena_printf(&c->arena, " (pid %lld)", (long long)pid) : "");
    return rc < 0 ? rc : ORX_EXIT_OK;
}

/* ---- Calling it ------------------------------------------------------------------------------ */

int orx_cli_call(orx_cli *c, const char *op, const char *unit, bool now,
                 const orx_node **ret_answer, orx_err *err) {
    orx_node *request = orx_node_new(&c->arena, ORX_OBJECT);
    orx_node_set_str(&c->arena, request, "op", op);
    if (unit)
        orx_node_set_str(&c->arena, request, "unit", unit);
    if (now)
        orx_node_set_bool(&c->arena, request, "now", true);
    return orx_control_call(c->p, orx_supervisor_socket(c->cfg, &c->arena), request, READY_NS,
                            &c->arena, ret_answer, err);
}

int orx_cli_call_kind(orx_cli *c, const char *op, orx_unit_kind kind, const orx_node **ret_answer,
                      orx_err *err) {
    orx_node *request = orx_node_new(&c->arena, ORX_OBJECT);
    orx_node_set_str(&c->arena, request, "op", op);
    orx_node_set_str(&c->arena, request, "kind", orx_unit_kind_name(kind));
    return orx_control_call(c->p, orx_supervisor_socket(c->cfg, &c->arena), request, READY_NS,
                            &c->arena, ret_answer, err);
}

/* The last line of its log, for an error. */
static const char *last_words(orx_cli *c) {
    ORX_CLEANUP(orx_str_free) orx_str text = {0};
    const char *path = orx_unit_log_file(c->cfg, "supervisor", &c->arena);
    if (orx_read_file(c->p, path, (size_t)64 << 20, &text, NULL) < 0)
        return "";
    orx_view all = orx_view_trim(orx_str_view(&text));
    const char *line = all.len ? memrchr(all.p, '\n', all.len) : NULL;
    size_t at = line ? (size_t)(line - all.p) + 1 : 0;
    return orx_arena_printf(&c->arena, ": %.*s", (int)(all.len - at), all.p + at);
}

/* ORX_E_NOT_FOUND: none is there. One that hangs up was just killed or is about to end: whoever
 * connects before the kernel has closed its socket sees that. */
static int ping(orx_cli *c, const orx_node **ret_answer, orx_err *err) {
    int rc = orx_cli_call(c, "ping", NULL, false, ret_answer, err);
    return rc == ORX_E_CHILD ? ORX_E_NOT_FOUND : rc;
}

/* It is there when it answers. */
static int await_answer(orx_cli *c, int64_t pid, orx_err *err) {
    int64_t until = orx_mono_ns(c->p) + READY_NS;
    int rc = ORX_E_NOT_FOUND;
    while (rc == ORX_E_NOT_FOUND && orx_mono_ns(c->p) < until) {
        orx_loop_sleep(c->p, LOOK_NS);
        rc = ping(c, NULL, err);
    }
    if (rc == ORX_E_NOT_FOUND)
        return orx_err_set(err, ORX_E_CHILD, "the supervisor (pid %lld) did not come up%s",
                           (long long)pid, last_words(c));
    return rc;
}

/* One that was started for other work has other tasks and prompts than those that are asked for. */
static int check_overlay(const orx_cli *c, const orx_node *answer, orx_err *err) {
    const char *theirs = orx_node_str(orx_node_get(answer, "overlay"), "");
    const char *ours = c->cfg->overlay;
    if (!ours || strcmp(ours, theirs) == 0)
        return 0;
    return orx_err_set(err, ORX_E_CONFLICT,
                       "the supervisor at work (pid %lld) has %s%s, not the overlay %s; `%s stop` "
                       "ends it",
                       (long long)orx_node_int(orx_node_get(answer, "pid"), 0),
                       *theirs ? "the overlay " : "no overlay", theirs, ours, c->program);
}

int orx_cli_ensure_supervisor(orx_cli *c, bool *ret_started, int64_t *ret_pid, orx_err *err) {
    const orx_node *answer = NULL;
    *ret_started = false;
    int rc = ping(c, &answer, err);
    if (rc == 0)
        *ret_pid = orx_node_int(orx_node_get(answer, "pid"), 0);
    if (rc != ORX_E_NOT_FOUND)
        return rc < 0 ? rc : check_overlay(c, answer, err);
    const char *const *flags = orx_cli_flags(c);
    const char **argv = orx_arena_zalloc(&c->arena, FLAGS_MAX + 3, sizeof *argv);
    int64_t ours = 0;
    size_t n = 0;
    argv[n++] = c->exe;
    while (*flags)
        argv[n++] = *flags++;
    argv[n] = "supervise";
    rc = orx_daemon_start(c->p, argv, c->cfg->root, &ours, err);
    if (rc == 0)
        rc = await_answer(c, ours, err);
    if (rc == 0)
        rc = ping(c, &answer, err);
    if (rc < 0)
        return rc;
    /* Of two who start one at the same time, one did. */
    *ret_pid = orx_node_int(orx_node_get(answer, "pid"), 0);
    *ret_started = *ret_pid == ours;
    return 0;
}

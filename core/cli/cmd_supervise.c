/* orxaq supervise, and starting it when a command needs it. */
#include "cli/supervised.h"

#include "lane/units.h"
#include "platform/local.h"
#include "platform/loop.h"
#include "unit/log.h"
#include "unit/server.h"

#include <stdio.h>

#define ANSWER_NS  (15 * ORX_SEC)
#define COME_UP_NS (60 * ORX_SEC)
#define LOOK_NS    (20 * ORX_MS)
#define TRIES      3
#define WORDS_MAX  ((size_t)16 << 10)

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
    return orx_control_call(c->p, orx_supervisor_socket(c->cfg, &c->arena), request, ANSWER_NS,
                            &c->arena, ret_answer, err);
}

int orx_cli_call_kind(orx_cli *c, const char *op, orx_unit_kind kind, const orx_node **ret_answer,
                      orx_err *err) {
    orx_node *request = orx_node_new(&c->arena, ORX_OBJECT);
    orx_node_set_str(&c->arena, request, "op", op);
    orx_node_set_str(&c->arena, request, "kind", orx_unit_kind_name(kind));
    return orx_control_call(c->p, orx_supervisor_socket(c->cfg, &c->arena), request, ANSWER_NS,
                            &c->arena, ret_answer, err);
}

/* ORX_E_NOT_FOUND: none is there. One that hangs up was just killed or is about to end: whoever
 * connects before the kernel has closed its socket sees that. */
static int ping(orx_cli *c, const orx_node **ret_answer, orx_err *err) {
    int rc = orx_cli_call(c, "ping", NULL, false, ret_answer, err);
    return rc == ORX_E_CHILD ? ORX_E_NOT_FOUND : rc;
}

static int is_mute(orx_cli *c, int64_t pid, orx_err *err) {
    return orx_err_set(err, ORX_E_TIMEOUT,
                       "the supervisor of %s%s holds its lock, but nobody listens at %s; `%s logs "
                       "supervisor` shows what it does",
                       c->cfg->root,
                       pid > 0 ? orx_arena_printf(&c->arena, " (pid %lld)", (long long)pid) : "",
                       orx_supervisor_socket(c->cfg, &c->arena), c->program);
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

/* Between its lock and its socket, and between its socket and the end of its lock. */
int orx_cli_reach_supervisor(orx_cli *c, int64_t *ret_pid, orx_err *err) {
    int64_t until = orx_mono_ns(c->p) + COME_UP_NS;
    bool told = c->quiet;
    for (;;) {
        const orx_node *answer = NULL;
        int rc = ping(c, &answer, err);
        int64_t pid = rc == ORX_E_NOT_FOUND ? orx_supervisor_pid(c->p, c->cfg) : 0;
        if (rc == 0)
            *ret_pid = orx_node_int(orx_node_get(answer, "pid"), 0);
        if (rc != ORX_E_NOT_FOUND || !pid)
            return rc;
        *ret_pid = pid;
        if (orx_mono_ns(c->p) > until)
            return is_mute(c, pid, err);
        if (!told)
            orx_cli_complain("the supervisor does not listen yet, or no more; waiting for it");
        told = true;
        orx_loop_sleep(c->p, LOOK_NS);
    }
}

/* ---- Starting it ----------------------------------------------------------------------------- */

/* A supervisor that we started. */
typedef struct newborn {
    int64_t pid;
    const char *log;
    int64_t log_size; /* before it */
} newborn;

static int64_t size_of(orx_cli *c, const char *path) {
    orx_file_info info = {0};
    (void)orx_stat(c->p, path, &info, NULL);
    return info.size;
}

static int bear(orx_cli *c, newborn *ret_new, orx_err *err) {
    const char *const *flags = orx_cli_flags(c);
    const char **argv = orx_arena_zalloc(&c->arena, FLAGS_MAX + 3, sizeof *argv);
    size_t n = 0;
    argv[n++] = c->exe;
    while (*flags)
        argv[n++] = *flags++;
    argv[n] = "supervise";
    ret_new->log = orx_unit_log_file(c->cfg, "supervisor", &c->arena);
    ret_new->log_size = size_of(c, ret_new->log);
    return orx_daemon_start(c->p, argv, c->cfg->root, &ret_new->pid, err);
}

/* The last line that came to the log since, for an error; without its time. */
static const char *last_words(orx_cli *c, const newborn *b) {
    ORX_CLEANUP(orx_str_free) orx_str text = {0};
    int64_t at;
    if (size_of(c, b->log) == b->log_size ||
        orx_read_tail(c->p, b->log, WORDS_MAX, &text, NULL) < 0)
        return "";
    orx_view line = orx_view_last_lines(orx_view_trim(orx_str_view(&text)), 1);
    const char *end = orx_log_time(line, &at) ? memchr(line.p, ']', line.len) : NULL;
    if (end)
        line = orx_view_trim((orx_view){end + 1, (size_t)(line.p + line.len - end) - 1});
    return orx_arena_printf(&c->arena, ": %.*s", ORX_VIEW_ARG(line));
}

static int has_died(orx_cli *c, const newborn *b, int code, orx_err *err) {
    const char *words = last_words(c, b);
    const char *how = code > 128
                          ? orx_arena_printf(&c->arena, "was ended by signal %d", code - 128)
                          : orx_arena_printf(&c->arena, "ended at once with exit code %d", code);
    if (!*words)
        words = orx_arena_printf(&c->arena, "; `%s supervise` shows what it says", c->program);
    return orx_err_set(err, ORX_E_CHILD, "the supervisor (pid %lld) %s%s", (long long)b->pid, how,
                       words);
}

/* It is there when it answers. Of two that are started at once the second makes way and ends with
 * 0; 1 = and the one it made way for is gone by now. */
static int await_answer(orx_cli *c, const newborn *b, orx_err *err) {
    int64_t until = orx_mono_ns(c->p) + COME_UP_NS;
    bool made_way = false;
    for (;;) {
        int code = 0;
        int rc = ping(c, NULL, err);
        if (rc != ORX_E_NOT_FOUND)
            return rc;
        if (!made_way && orx_daemon_ended(c->p, b->pid, &code)) {
            if (code)
                return has_died(c, b, code, err);
            made_way = true;
        } else if (made_way && !orx_supervisor_pid(c->p, c->cfg)) {
            return 1;
        } else if (orx_mono_ns(c->p) > until) {
            return orx_err_set(err, ORX_E_CHILD, "the supervisor (pid %lld) did not come up%s",
                               (long long)b->pid, last_words(c, b));
        } else {
            orx_loop_sleep(c->p, LOOK_NS);
        }
    }
}

int orx_cli_ensure_supervisor(orx_cli *c, bool *ret_started, int64_t *ret_pid, orx_err *err) {
    const orx_node *answer = NULL;
    newborn b = {0};
    int rc = ping(c, &answer, err);
    bool there = rc == 0;
    if (rc == ORX_E_NOT_FOUND)
        rc = 1;
    for (int tries = 0; rc == 1 && tries < TRIES; tries++) {
        rc = bear(c, &b, err);
        if (rc == 0)
            rc = await_answer(c, &b, err);
    }
    if (rc == 1)
        rc = orx_err_set(err, ORX_E_CONFLICT, "supervisors of %s come and go; try again",
                         c->cfg->root);
    if (rc == 0 && !there)
        rc = ping(c, &answer, err);
    if (rc < 0)
        return rc;
    /* Of two who start one at the same time, one did. */
    *ret_pid = orx_node_int(orx_node_get(answer, "pid"), 0);
    *ret_started = *ret_pid == b.pid;
    return *ret_started ? 0 : check_overlay(c, answer, err);
}

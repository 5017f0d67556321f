#include "run/validate.h"

#include "base/command.h"
#include "base/vec.h"
#include "platform/loop.h"
#include "run/text.h"

#define CAPTURE_BYTES ((size_t)64 * 1024)
#define OUTPUT_MAX    4000

typedef struct running {
    orx_capture out;
    orx_capture err;
    orx_proc_result result;
    bool done;
} running;

static void on_output(orx_proc *proc ORX_UNUSED, orx_stream stream, orx_view bytes, void *user) {
    running *r = user;
    orx_capture_add(stream == ORX_STDOUT ? &r->out : &r->err, bytes);
}

static void on_end(orx_proc *proc ORX_UNUSED, const orx_proc_result *result, void *user) {
    running *r = user;
    r->result = *result;
    r->done = true;
}

/* The base environment with the command's own assignments in front (the first of a name counts). */
static const char *const *with_env(orx_arena *arena, const char *const *base,
                                   const char *const *extra) {
    ORX_VEC(const char *) all = {0};
    for (size_t i = 0; extra[i]; i++)
        orx_vec_push(&all, extra[i]);
    for (size_t i = 0; base && base[i]; i++) {
        size_t name = strcspn(base[i], "=") + 1;
        bool hidden = false;
        for (size_t k = 0; extra[k]; k++)
            hidden = hidden || strncmp(extra[k], base[i], name) == 0;
        if (!hidden)
            orx_vec_push(&all, base[i]);
    }
    const char **list = orx_arena_zalloc(arena, all.len + 1, sizeof *list);
    for (size_t i = 0; i < all.len; i++)
        list[i] = all.items[i];
    orx_vec_free(&all);
    return list;
}

static int wait_for(orx_platform *p, const orx_validate_spec *spec, orx_proc *proc, running *r,
                    orx_err *err) {
    bool stopping = false;
    while (!r->done) {
        if (spec->stop && *spec->stop && !stopping) {
            stopping = true;
            orx_proc_stop(proc, false);
        }
        orx_loop_step(p, 200 * ORX_MS);
    }
    return stopping ? orx_err_set(err, ORX_E_CANCELLED, "stopped while validating") : 0;
}

static void keep_output(orx_arena *arena, const running *r, orx_check *check) {
    ORX_CLEANUP(orx_str_free) orx_str both = {0};
    ORX_CLEANUP(orx_str_free) orx_str tail = {0};
    orx_capture_text(&r->out, &both);
    orx_capture_text(&r->err, &both);
    orx_text_tail(orx_str_view(&both), OUTPUT_MAX, &tail);
    check->output = orx_arena_strdup(arena, orx_str_cstr(&tail));
}

/* One try of one command. */
static int run_once(orx_platform *p, const orx_validate_spec *spec, orx_arena *arena,
                    const char *text, orx_check *check, orx_err *err) {
    orx_command cmd;
    int rc = orx_command_parse(arena, text, &cmd, err);
    if (rc < 0)
        return rc;
    running r = {.out = {.head_max = CAPTURE_BYTES, .tail_max = CAPTURE_BYTES},
                 .err = {.head_max = CAPTURE_BYTES, .tail_max = CAPTURE_BYTES}};
    orx_proc_spec ps = {.argv = cmd.argv,
                        .env = with_env(arena, spec->env, cmd.env),
                        .cwd = spec->repo,
                        .total_timeout_ns = spec->cfg->validation.timeout_ns,
                        .on_output = on_output,
                        .on_exit = on_end,
                        .user = &r};
    if (spec->confine)
        ps.confine = *spec->confine;
    orx_proc *proc = NULL;
    rc = orx_proc_start(p, &ps, &proc, err);
    if (rc == 0)
        rc = wait_for(p, spec, proc, &r, err);
    orx_proc_free(proc);
    check->ran = text;
    check->tries++;
    check->code = r.result.code;
    check->timed_out = r.result.end == ORX_PROC_TIMEOUT;
    check->wall_ns += r.result.wall_ns;
    check->passed = r.result.end == ORX_PROC_EXITED && r.result.code == 0;
    keep_output(arena, &r, check);
    if (r.result.end == ORX_PROC_NOT_STARTED)
        check->output = orx_arena_strdup(arena, r.result.message);
    orx_capture_free(&r.out);
    orx_capture_free(&r.err);
    return rc;
}

static bool runs_tests(const char *command) {
    return strstr(command, "pytest") || strstr(command, "make test");
}

/* [K] What stands in for a make target that does not exist. */
static const char *const *fallbacks_of(const char *command) {
    static const char *const lint[] = {"python3 -m ruff check .", ".venv/bin/ruff check .", NULL};
    static const char *const test[] = {"pytest -q", "python3 -m pytest -q", ".venv/bin/pytest -q",
                                       NULL};
    static const char *const none[] = {NULL};
    if (strcmp(command, "make lint") == 0)
        return lint;
    return strcmp(command, "make test") == 0 ? test : none;
}

/* GNU make's own words for a target, or a makefile, that is not there; its exit code 2 says no more
 * than that something went wrong. */
static bool has_no_rule(const orx_check *check) {
    return check->code == 2 &&
           (strstr(check->output, "No rule to make target") ||
            strstr(check->output, "No targets specified and no makefile found"));
}

static int run_check(orx_platform *p, const orx_validate_spec *spec, orx_arena *arena,
                     const char *command, orx_check *check, orx_err *err) {
    *check = (orx_check){.command = command, .output = ""};
    int64_t tries = 1 + (runs_tests(command) ? spec->cfg->validation.retries : 0);
    int rc = 0;
    for (int64_t i = 0; rc == 0 && i < tries && !check->passed; i++) {
        rc = run_once(p, spec, arena, command, check, err);
        if (has_no_rule(check))
            break;
    }
    if (rc < 0 || check->passed || !has_no_rule(check))
        return rc;
    orx_check first = *check;
    const char *const *fallback = fallbacks_of(command);
    for (size_t i = 0; rc == 0 && fallback[i] && !check->passed; i++)
        rc = run_once(p, spec, arena, fallback[i], check, err);
    if (rc == 0 && !check->passed)
        *check = first;
    return rc;
}

int orx_validate(orx_platform *p, const orx_validate_spec *spec, orx_arena *arena,
                 orx_validation *ret_validation, orx_err *err) {
    const orx_strings *commands = &spec->cfg->validation.commands;
    orx_validation v = {.passed = true};
    v.checks = orx_arena_zalloc(arena, commands->count + 1, sizeof *v.checks);
    for (size_t i = 0; v.passed && i < commands->count; i++) {
        if (spec->on_command)
            spec->on_command(commands->items[i], (int)i, (int)commands->count, spec->user);
        int rc = run_check(p, spec, arena, commands->items[i], &v.checks[i], err);
        if (rc < 0)
            return rc;
        v.count = i + 1;
        v.passed = v.checks[i].passed;
    }
    *ret_validation = v;
    return 0;
}

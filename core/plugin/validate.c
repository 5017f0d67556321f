/* The parent and the child of a validation. */
#include "plugin/validate_trial.h"

#include "base/vec.h"
#include "data/json.h"
#include "platform/module.h"
#include "platform/proc.h"

#define OUTPUT_MAX  ((size_t)1 << 20)
#define LINE_BEGINS "{\"check\":"

static const char *const verdict_words[] = {"passed", "failed", "skipped"};

/* ---- The child ------------------------------------------------------------------------------- */

static const orx_check *find_check(const char *id) {
    for (const orx_check *c = orx_checks; c->id; c++)
        if (strcmp(c->id, id) == 0)
            return c;
    return NULL;
}

int orx_plugin_validate_one(orx_platform *p, const char *id, const char *path, orx_str *out,
                            orx_err *err) {
    const orx_check *check = find_check(id);
    if (!check)
        return orx_err_set(err, ORX_E_USAGE, "there is no check named %s", id);
    int64_t pid, now_pid, start;
    orx_pid_self(p, &pid, &start);
    orx_trial t = {.p = p, .path = path};
    orx_err why = ORX_ERR_INIT;
    int rc = check->run(&t, &why);
    orx_pid_self(p, &now_pid, &start);
    if (now_pid == pid) { /* else: a copy of us that the module forked off; it stays silent */
        orx_verdict_kind kind = rc < 0                    ? ORX_VERDICT_FAILED
                                : rc == ORX_CHECK_SKIPPED ? ORX_VERDICT_SKIPPED
                                                          : ORX_VERDICT_PASSED;
        orx_node *line = orx_node_new(&t.arena, ORX_OBJECT);
        orx_node_set_str(&t.arena, line, "check", id);
        orx_node_set_str(&t.arena, line, "verdict", verdict_words[kind]);
        orx_node_set_str(&t.arena, line, "reason", why.msg);
        orx_json_write(out, line, ORX_JSON_OURS);
        orx_str_addc(out, '\n');
    }
    orx_plugins_free(t.all);
    orx_arena_free(&t.arena);
    /* The module stays open: code of it may still run, and this process ends soon. */
    return rc < 0 ? ORX_E_INVALID : 0;
}

/* ---- The parent ------------------------------------------------------------------------------ */

typedef ORX_VEC(const char *) words;

static const char *describe_end(const orx_proc_result *r, orx_arena *arena) {
    if (r->end == ORX_PROC_EXITED && r->signal)
        return orx_arena_printf(arena, "the process crashed (signal %d)", r->signal);
    if (r->end == ORX_PROC_EXITED)
        return orx_arena_printf(arena, "the module ended the process (exit code %d)", r->code);
    if (r->end == ORX_PROC_OUTPUT_LIMIT)
        return "the module printed without end";
    return orx_arena_printf(arena, "the module did not come back within %d s",
                            (int)(ORX_VALIDATE_DEADLINE_NS / ORX_SEC));
}

/* Our line among what the module may have printed; false when there is none. *ret_other: whether
 * there was anything else. */
static bool take_line(orx_view text, orx_arena *arena, orx_check_result *r, bool *ret_other) {
    orx_view line;
    bool heard = false;
    *ret_other = false;
    while (text.len && orx_view_split(&text, '\n', &line)) {
        int64_t at = orx_view_find(line, LINE_BEGINS);
        const orx_node *n = NULL;
        if (at > 0 || (at < 0 && line.len))
            *ret_other = true;
        if (at < 0)
            continue;
        orx_view json = orx_view_mem(line.p + at, line.len - (size_t)at);
        if (orx_json_parse(arena, "check", json, &orx_limits_config, &n, NULL) < 0 ||
            strcmp(orx_node_str(orx_node_get(n, "check"), ""), r->check->id) != 0)
            continue;
        const char *verdict = orx_node_str(orx_node_get(n, "verdict"), "");
        for (int i = 0; i < (int)ORX_ARRAY_LEN(verdict_words); i++)
            if (strcmp(verdict, verdict_words[i]) == 0)
                r->verdict = (orx_verdict_kind)i;
        r->reason = orx_node_str(orx_node_get(n, "reason"), "");
        heard = true;
    }
    return heard;
}

static void judge(orx_check_result *r, const orx_proc_result *end, const orx_capture *out,
                  const orx_capture *errs, orx_arena *arena) {
    ORX_CLEANUP(orx_str_free) orx_str text = {0};
    bool other = false;
    orx_capture_text(out, &text);
    r->verdict = ORX_VERDICT_FAILED;
    if (!take_line(orx_str_view(&text), arena, r, &other)) {
        r->reason = describe_end(end, arena);
        return;
    }
    if (!(r->check->flags & ORX_CHECK_SILENT) || r->verdict != ORX_VERDICT_PASSED)
        return;
    if (end->end != ORX_PROC_EXITED || end->signal || end->code) {
        r->verdict = ORX_VERDICT_FAILED;
        r->reason = orx_arena_printf(arena, "after its work, %s", describe_end(end, arena));
    } else if (other || errs->total > 0) {
        r->verdict = ORX_VERDICT_FAILED;
        r->reason = "the module prints; text for people goes through the log service";
    }
}

static int try_check(orx_platform *p, const char *const *argv, orx_arena *arena,
                     orx_check_result *r, orx_err *err) {
    orx_capture out = {.head_max = OUTPUT_MAX}, errs = {.head_max = 4096};
    orx_proc_result end = {0};
    const orx_proc_spec spec = {.argv = argv,
                                .env = orx_environ(p),
                                .cwd = "/",
                                .output_max = OUTPUT_MAX,
                                .grace_ns = ORX_MS,
                                .drain_ns = 50 * ORX_MS,
                                .total_timeout_ns = ORX_VALIDATE_DEADLINE_NS};
    int rc = orx_proc_run(p, &spec, &out, &errs, &end, err);
    if (rc >= 0 && end.end == ORX_PROC_NOT_STARTED)
        rc = orx_err_set(err, ORX_E_CHILD, "cannot run %s: %s", argv[0], end.message);
    if (rc >= 0)
        judge(r, &end, &out, &errs, arena);
    r->took_ns = end.wall_ns;
    orx_capture_free(&out);
    orx_capture_free(&errs);
    return rc;
}

/* The result of the check that this one needs, unless that passed. */
static const orx_check_result *blocker(const orx_check_result *all, const orx_check *check) {
    for (; check->needs && all->check; all++)
        if (strcmp(all->check->id, check->needs) == 0)
            return all->verdict == ORX_VERDICT_PASSED ? NULL : all;
    return NULL;
}

static int run_check(orx_platform *p, const char *const *command, const char *path,
                     orx_arena *arena, orx_check_result *r, orx_err *err) {
    words argv = {0};
    for (; *command; command++)
        orx_vec_push(&argv, *command);
    orx_vec_push(&argv, r->check->id);
    orx_vec_push(&argv, path);
    orx_vec_push(&argv, NULL);
    int attempts = r->check->flags & ORX_CHECK_TIMED ? ORX_VALIDATE_ATTEMPTS : 1;
    int rc = 0;
    r->verdict = ORX_VERDICT_FAILED;
    while (attempts-- > 0 && rc >= 0 && r->verdict == ORX_VERDICT_FAILED)
        rc = try_check(p, argv.items, arena, r, err);
    orx_vec_free(&argv);
    return rc;
}

int orx_plugin_validate(orx_platform *p, const char *const *command, const char *path,
                        orx_arena *arena, orx_check_result **ret_results, orx_err *err) {
    size_t count = 0;
    while (orx_checks[count].id)
        count++;
    orx_check_result *all = orx_arena_zalloc(arena, count + 1, sizeof *all);
    int failed = 0, rc = 0;
    for (size_t i = 0; i < count && rc >= 0; i++) {
        orx_check_result *r = &all[i];
        const orx_check_result *before = blocker(all, &orx_checks[i]);
        r->check = &orx_checks[i];
        r->reason = "";
        if (before) {
            r->verdict = ORX_VERDICT_SKIPPED;
            r->reason = orx_arena_printf(arena, "not tried: it needs %s", before->check->id);
        } else {
            rc = run_check(p, command, path, arena, r, err);
        }
        failed += r->verdict == ORX_VERDICT_FAILED;
    }
    if (rc < 0)
        return rc;
    *ret_results = all;
    return failed;
}

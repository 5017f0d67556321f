/* Running the probe command and reading what it says. */
#include "base/vec.h"
#include "data/json.h"
#include "platform/proc.h"
#include "plugin/verdicts.h"

#define OUTPUT_MAX ((size_t)4 << 20)

typedef ORX_VEC(const char *) words;

/* One child for the files from..count. */
static int run_child(orx_platform *p, const char *const *probe, const orx_trusted_file *files,
                     size_t count, orx_capture *out, orx_proc_result *ret_result, orx_err *err) {
    words argv = {0};
    for (; *probe; probe++)
        orx_vec_push(&argv, *probe);
    for (size_t i = 0; i < count; i++)
        orx_vec_push(&argv, files[i].path);
    orx_vec_push(&argv, NULL);
    orx_capture errs = {0};
    orx_proc_spec spec = {.argv = argv.items,
                          .env = orx_environ(p),
                          .cwd = "/",
                          .output_max = OUTPUT_MAX,
                          .grace_ns = ORX_MS,
                          .drain_ns = 50 * ORX_MS,
                          .first_byte_timeout_ns = ORX_PROBE_DEADLINE_NS,
                          .idle_timeout_ns = ORX_PROBE_DEADLINE_NS};
    int rc = orx_proc_run(p, &spec, out, &errs, ret_result, err);
    if (rc >= 0 && ret_result->end == ORX_PROC_NOT_STARTED)
        rc = orx_err_set(err, ORX_E_CHILD, "cannot run the plugin probe %s: %s", argv.items[0],
                         ret_result->message);
    orx_capture_free(&errs);
    orx_vec_free(&argv);
    return rc;
}

/* Keeps the verdict of one line; modules may print, so everything else is passed over. A second
 * line for a file means that the module forked and both copies went on. */
static bool take_line(orx_verdicts *v, const orx_trusted_file *files, size_t count, bool *heard,
                      orx_view line) {
    ORX_CLEANUP(orx_arena_free) orx_arena arena = {0};
    const orx_node *verdict = NULL;
    if (orx_json_parse(&arena, "probe", line, &orx_limits_config, &verdict, NULL) < 0)
        return false;
    const char *path = orx_node_str(orx_node_get(verdict, "path"), "");
    const orx_node *ok = orx_node_get(verdict, "ok");
    for (size_t i = 0; i < count && ok && ok->kind == ORX_BOOL; i++) {
        if (strcmp(path, files[i].path) != 0)
            continue;
        const char *reason =
            ok->u.b ? ""
                    : orx_node_str(orx_node_get(verdict, "reason"), "the probe gave no reason");
        orx_verdicts_put(v, &files[i],
                         heard[i] ? "the module started a process while being loaded" : reason,
                         true);
        heard[i] = true;
        return true;
    }
    return false;
}

static void take_output(orx_verdicts *v, const orx_trusted_file *files, size_t count, bool *heard,
                        const orx_capture *out) {
    ORX_CLEANUP(orx_str_free) orx_str text = {0};
    orx_capture_text(out, &text);
    orx_view rest = orx_str_view(&text), line;
    if (!rest.p)
        return;
    while (orx_view_split(&rest, '\n', &line)) {
        /* A module's own print without a line end may stand before ours. */
        int64_t at = orx_view_find(line, "{\"path\":");
        if (at >= 0)
            (void)take_line(v, files, count, heard,
                            orx_view_mem(line.p + at, line.len - (size_t)at));
    }
}

static void describe_end(const orx_proc_result *r, const char *path, orx_arena *arena,
                         const char **ret_reason) {
    const char *what;
    if (r->end == ORX_PROC_EXITED && r->signal)
        what = orx_arena_printf(arena, "it crashed (signal %d)", r->signal);
    else if (r->end == ORX_PROC_EXITED)
        what = orx_arena_printf(arena, "it ended the process (exit code %d)", r->code);
    else if (r->end == ORX_PROC_OUTPUT_LIMIT)
        what = "it printed without end";
    else
        what = orx_arena_printf(arena, "it did not come back within %d s",
                                (int)(ORX_PROBE_DEADLINE_NS / ORX_SEC));
    *ret_reason = orx_arena_printf(arena, "%s: not loaded: when tried in a process of its own, %s",
                                   path, what);
}

int orx_verdicts_prove(orx_verdicts *v, const char *const *probe, const orx_trusted_file *files,
                       size_t count, orx_err *err) {
    ORX_CLEANUP(orx_arena_free) orx_arena arena = {0};
    while (count > 0) {
        orx_capture out = {.head_max = OUTPUT_MAX};
        orx_proc_result result = {0};
        bool *heard = orx_arena_zalloc(&arena, count, sizeof *heard);
        int rc = run_child(v->p, probe, files, count, &out, &result, err);
        if (rc >= 0)
            take_output(v, files, count, heard, &out);
        orx_capture_free(&out);
        if (rc < 0)
            return rc;
        size_t done = 0;
        while (done < count && heard[done])
            done++;
        if (done == count)
            return 0;
        const char *reason;
        describe_end(&result, files[done].path, &arena, &reason);
        orx_verdicts_put(v, &files[done], reason, false);
        files += done + 1;
        count -= done + 1;
    }
    return 0;
}

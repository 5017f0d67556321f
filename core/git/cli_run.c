/* One git process: its command line, its environment, its end. */
#include "git/cli.h"
#include "platform/proc.h"

enum { ARGS_MAX = 4096, ERRS_MAX = 16 << 10 };

typedef ORX_VEC(const char *) strings;

void orx_git_out_free(orx_git_out *o) {
    orx_str_free(&o->out);
    orx_str_free(&o->errs);
}

static const char *dir_of(const orx_git *g, const orx_git_cmd *cmd) {
    return cmd->dir ? cmd->dir : orx_git_where(g);
}

/* In a repository whose configuration is not trusted every command is fenced in. */
static int flags_of(const orx_git *g, const orx_git_cmd *cmd) {
    int fence = ORX_GIT_NO_HOOKS | ORX_GIT_PINNED | ORX_GIT_NO_REMOTE;
    return g->neutral ? cmd->flags | fence : cmd->flags;
}

static void push_config(strings *argv, const char *setting) {
    orx_vec_push(argv, "-c");
    orx_vec_push(argv, setting);
}

static void build_argv(const orx_git *g, const orx_git_cmd *cmd, strings *argv) {
    orx_vec_push(argv, "git");
    orx_vec_push(argv, "-C");
    orx_vec_push(argv, dir_of(g, cmd));
    push_config(argv, "core.fsmonitor=");
    push_config(argv, "protocol.ext.allow=never");
    push_config(argv, "gc.auto=0");
    push_config(argv, "maintenance.auto=false");
    if (flags_of(g, cmd) & ORX_GIT_NO_HOOKS)
        push_config(argv, "core.hooksPath=/dev/null");
    for (size_t i = 0; g->neutral && g->neutral[i]; i++)
        push_config(argv, g->neutral[i]);
    for (size_t i = 0; cmd->config && cmd->config[i]; i++)
        push_config(argv, cmd->config[i]);
    for (size_t i = 0; cmd->args[i]; i++)
        orx_vec_push(argv, cmd->args[i]);
    orx_vec_push(argv, NULL);
}

/* The directory above the root: git looks for a repository in the root and nowhere higher. */
static const char *ceiling(const orx_git *g, orx_arena *a) {
    const char *slash = g->root ? strrchr(g->root, '/') : NULL;
    if (!slash || slash == g->root)
        return NULL;
    return orx_arena_printf(a, "GIT_CEILING_DIRECTORIES=%.*s", (int)(slash - g->root), g->root);
}

static void build_env(const orx_git *g, const orx_git_cmd *cmd, orx_arena *a, strings *env) {
    int flags = flags_of(g, cmd);
    for (size_t i = 0; i < g->env_count; i++)
        orx_vec_push(env, g->env[i]);
    orx_vec_push(env, "GIT_TERMINAL_PROMPT=0");
    orx_vec_push(env, "GIT_PAGER=cat");
    orx_vec_push(env, "GIT_EDITOR=false");
    orx_vec_push(env, "GIT_NO_REPLACE_OBJECTS=1");
    orx_vec_push(env, "LC_ALL=C");
    if (!(flags & ORX_GIT_WRITES))
        orx_vec_push(env, "GIT_OPTIONAL_LOCKS=0");
    if (flags & ORX_GIT_NO_REMOTE)
        orx_vec_push(env, "GIT_ALLOW_PROTOCOL=none");
    if (cmd->index)
        orx_vec_push(env, orx_arena_printf(a, "GIT_INDEX_FILE=%s", cmd->index));
    if ((flags & ORX_GIT_PINNED) && g->root) {
        orx_vec_push(env, orx_arena_printf(a, "GIT_DIR=%s", g->dir));
        orx_vec_push(env, orx_arena_printf(a, "GIT_WORK_TREE=%s", g->root));
    } else if (!cmd->dir && ceiling(g, a)) {
        orx_vec_push(env, ceiling(g, a));
    }
    orx_vec_push(env, NULL);
}

/* Turns the end of the process into a code; 0 when there is an answer. */
static int judge(const orx_git *g, const orx_git_cmd *cmd, const orx_proc_result *r,
                 orx_git_out *out, orx_err *err) {
    const char *where = dir_of(g, cmd);
    if (r->end == ORX_PROC_EXITED && r->signal == 0)
        out->code = r->code;
    if (out->code == 0 || (cmd->ok_code && out->code == cmd->ok_code))
        return 0;
    if (r->end == ORX_PROC_NOT_STARTED)
        return orx_err_set(err, ORX_E_UNSUPPORTED,
                           "cannot run git (%s): install git 2.36 or newer and put it on PATH",
                           r->message);
    if (r->end == ORX_PROC_TIMEOUT)
        return orx_err_set(
            err, ORX_E_TIMEOUT, "git %s in %s did not end within %lld s", cmd->verb, where,
            (long long)((cmd->flags & ORX_GIT_SLOW ? g->slow_deadline_ns : g->deadline_ns) /
                        ORX_SEC));
    if (r->end == ORX_PROC_OUTPUT_LIMIT)
        return orx_err_set(err, ORX_E_LIMIT, "git %s in %s printed more than %zu bytes", cmd->verb,
                           where, cmd->output_max ? cmd->output_max : g->output_max);
    ORX_CLEANUP(orx_str_free) orx_str last = {0};
    orx_git_last_line(out->errs.len ? orx_str_view(&out->errs) : orx_str_view(&out->out), &last);
    if (r->end != ORX_PROC_EXITED || r->signal)
        return orx_err_set(err, ORX_E_CHILD, "git %s in %s was stopped by signal %d: %s", cmd->verb,
                           where, r->signal, orx_str_cstr(&last));
    if (r->code == 129)
        return orx_err_set(err, ORX_E_UNSUPPORTED,
                           "git %s in %s does not know an option (%s): git 2.36 or newer is needed",
                           cmd->verb, where, orx_str_cstr(&last));
    return orx_err_set(err, orx_git_code_of(orx_str_view(&out->errs)),
                       "git %s in %s failed with exit code %d: %s", cmd->verb, where, r->code,
                       orx_str_cstr(&last));
}

static void fill_spec(const orx_git *g, const orx_git_cmd *cmd, orx_proc_spec *spec) {
    size_t max = cmd->output_max ? cmd->output_max : g->output_max;
    spec->input = cmd->input;
    spec->total_timeout_ns = cmd->flags & ORX_GIT_SLOW ? g->slow_deadline_ns : g->deadline_ns;
    spec->output_max = cmd->flags & ORX_GIT_CUT ? 0 : (int64_t)max + ERRS_MAX;
}

int orx_git_run(orx_git *g, const orx_git_cmd *cmd, orx_git_out *out, orx_err *err) {
    ORX_CLEANUP(orx_arena_free) orx_arena a = {0};
    ORX_CLEANUP(orx_capture_free) orx_capture text = {0};
    ORX_CLEANUP(orx_capture_free) orx_capture errs = {.tail_max = ERRS_MAX};
    strings argv = {0};
    strings env = {0};
    orx_proc_spec spec = {0};
    orx_proc_result result = {0};
    text.head_max = cmd->output_max ? cmd->output_max : g->output_max;
    orx_str_clear(&out->out);
    orx_str_clear(&out->errs);
    out->code = -1;
    build_argv(g, cmd, &argv);
    build_env(g, cmd, &a, &env);
    spec.argv = argv.items;
    spec.env = env.items;
    fill_spec(g, cmd, &spec);
    int rc = orx_proc_run(g->p, &spec, &text, &errs, &result, err);
    orx_vec_free(&argv);
    orx_vec_free(&env);
    if (rc < 0)
        return orx_err_wrap(err, "git %s in %s", cmd->verb, dir_of(g, cmd));
    orx_str_addv(&out->out, orx_str_view(&text.head));
    orx_capture_text(&errs, &out->errs);
    return judge(g, cmd, &result, out, err);
}

int orx_git_run_sha(orx_git *g, const orx_git_cmd *cmd, char ret_sha[ORX_GIT_SHA], orx_err *err) {
    ORX_CLEANUP(orx_git_out_free) orx_git_out out = {0};
    int rc = orx_git_run(g, cmd, &out, err);
    if (rc < 0)
        return rc;
    orx_view v = orx_view_trim(orx_str_view(&out.out));
    if (!orx_git_is_sha(v))
        return orx_err_set(err, ORX_E_CHILD, "git %s in %s printed \"%.*s\" instead of an id",
                           cmd->verb, dir_of(g, cmd), v.len > 80 ? 80 : (int)v.len, v.p ? v.p : "");
    memcpy(ret_sha, v.p, v.len);
    ret_sha[v.len] = '\0';
    return 0;
}

bool orx_git_field(orx_view *rest, orx_view *ret_field) {
    if (!rest->len)
        return false;
    const char *end = memchr(rest->p, 0, rest->len);
    size_t n = end ? (size_t)(end - rest->p) : rest->len;
    *ret_field = (orx_view){rest->p, n};
    size_t used = end ? n + 1 : n;
    *rest = (orx_view){rest->p + used, rest->len - used};
    return true;
}

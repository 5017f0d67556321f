/* Making and releasing the object, and which part of the environment a git may see. */
#include "git/internal.h"

#include <stdlib.h>

enum { DEADLINE_S = 120, SLOW_DEADLINE_S = 1800, OUTPUT_MAX_MIB = 64 };

static bool starts(const char *s, const char *prefix) {
    return strncmp(s, prefix, strlen(prefix)) == 0;
}

/* What a caller's list may hold: everything but the names that turn git to another repository,
 * another configuration or another program. */
static bool may_pass(const char *var) {
    static const char *const fine[] = {
        "GIT_SSH=",         "GIT_SSH_COMMAND=",    "GIT_AUTHOR_NAME=",     "GIT_AUTHOR_EMAIL=",
        "GIT_AUTHOR_DATE=", "GIT_COMMITTER_NAME=", "GIT_COMMITTER_EMAIL=", "GIT_COMMITTER_DATE="};
    if (starts(var, "LC_ALL="))
        return false; /* ours is C */
    if (!starts(var, "GIT_"))
        return strchr(var, '=') != NULL;
    for (size_t i = 0; i < ORX_ARRAY_LEN(fine); i++)
        if (starts(var, fine[i]))
            return true;
    return false;
}

/* What is taken from our own environment when the caller gives no list. */
static bool by_default(const char *var) {
    static const char *const names[] = {
        "PATH=", "HOME=", "USER=",   "LOGNAME=", "SHELL=",    "LANG=",
        "LC_",   "TZ=",   "TMPDIR=", "XDG_",     "SSL_CERT_", "SSH_AUTH_SOCK="};
    for (size_t i = 0; i < ORX_ARRAY_LEN(names); i++)
        if (starts(var, names[i]))
            return true;
    const char *eq = strchr(var, '=');
    orx_view name = {var, eq ? (size_t)(eq - var) : 0};
    return name.len >= 6 &&
           orx_view_ieq((orx_view){name.p + name.len - 6, 6}, orx_view_of("_proxy"));
}

static void take_env(orx_git *g, const char *const *list) {
    const char *const *from = list ? list : orx_environ(g->p);
    size_t n = 0;
    while (from && from[n])
        n++;
    g->env = orx_arena_zalloc(&g->arena, n + 1, sizeof *g->env);
    for (size_t i = 0; i < n; i++)
        if (may_pass(from[i]) && (list || by_default(from[i])))
            g->env[g->env_count++] = orx_arena_strdup(&g->arena, from[i]);
}

static void take_protected(orx_git *g, const char *const *list) {
    static const char *const standard[] = {"main", "master", "trunk", NULL};
    const char *const *from = list ? list : standard;
    size_t n = 0;
    while (from[n])
        n++;
    g->protected_branches = orx_arena_zalloc(&g->arena, n + 1, sizeof(char *));
    for (size_t i = 0; i < n; i++)
        g->protected_branches[i] = orx_arena_strdup(&g->arena, from[i]);
}

static orx_git *make(orx_platform *p, const orx_git_options *o, const orx_git_backend *v) {
    static const orx_git_options none = {0};
    orx_git *g = orx_xcalloc(1, sizeof *g);
    o = o ? o : &none;
    g->p = p;
    g->v = v;
    g->deadline_ns = o->deadline_ns > 0 ? o->deadline_ns : DEADLINE_S * ORX_SEC;
    g->slow_deadline_ns = o->slow_deadline_ns > 0 ? o->slow_deadline_ns : SLOW_DEADLINE_S * ORX_SEC;
    g->output_max = o->output_max ? o->output_max : (size_t)OUTPUT_MAX_MIB << 20;
    g->no_name = g->no_email = -1;
    take_env(g, o->env);
    take_protected(g, o->protected_branches);
    return g;
}

static int check_path(orx_platform *p, const char *path, orx_str *ret_real, orx_err *err) {
    orx_file_info info;
    orx_err why = ORX_ERR_INIT;
    if (!path || !*path)
        return orx_err_set(err, ORX_E_INVALID, "the path of the git repository is empty");
    int rc = orx_stat(p, path, &info, &why);
    if (rc == ORX_E_NOT_FOUND)
        return orx_err_set(err, rc, "the git repository %s does not exist", path);
    if (rc < 0)
        return orx_err_set(err, rc, "%s", why.msg);
    if (info.kind != ORX_FILE_DIRECTORY)
        return orx_err_set(err, ORX_E_INVALID, "%s is not a directory; expected a git repository",
                           path);
    return orx_realpath(p, path, ret_real, err);
}

static int open_on(orx_platform *p, const char *path, const orx_git_options *options,
                   const orx_git_backend *v,
                   int (*locate)(orx_git *g, const char *path, orx_err *err), orx_git **ret_git,
                   orx_err *err) {
    ORX_CLEANUP(orx_str_free) orx_str real = {0};
    int rc = check_path(p, path, &real, err);
    if (rc < 0)
        return rc;
    orx_git *g = make(p, options, v);
    rc = locate(g, orx_str_cstr(&real), err);
    if (rc < 0) {
        orx_git_close(g);
        return rc;
    }
    *ret_git = g;
    return 0;
}

int orx_git_open_twin(orx_platform *p, const char *path, const orx_git_options *options,
                      orx_git **ret_git, orx_err *err) {
    return open_on(p, path, options, &orx_git_twin, orx_git_twin_locate, ret_git, err);
}

int orx_git_open(orx_platform *p, const char *path, const orx_git_options *options,
                 orx_git **ret_git, orx_err *err) {
    if (p->simulated)
        return orx_git_open_twin(p, path, options, ret_git, err);
    return open_on(p, path, options, &orx_git_cli, orx_git_cli_locate, ret_git, err);
}

void orx_git_close(orx_git *g) {
    if (!g)
        return;
    if (g->v && g->v->forget)
        g->v->forget(g);
    orx_arena_free(&g->arena);
    free(g);
}

const char *orx_git_root(const orx_git *g) {
    return g->root;
}

const char *orx_git_dir(const orx_git *g) {
    return g->dir;
}

const char *orx_git_common(const orx_git *g) {
    return g->common;
}

const char *orx_git_hooks(const orx_git *g) {
    return g->hooks;
}

bool orx_git_is_bare(const orx_git *g) {
    return g->bare;
}

const char *orx_git_where(const orx_git *g) {
    return g->root ? g->root : g->dir;
}

const char *orx_git_in_dir(const orx_git *g, orx_arena *arena, const char *name) {
    return orx_path_join(arena, g->dir, name);
}

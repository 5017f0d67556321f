#include "platform/holders.h"

#include "platform/files.h"

#include <stdio.h>

enum { CMDLINE_MAX = 256 << 10 };

typedef struct scan {
    orx_platform *p;
    const orx_holder_query *q;
    orx_file_info file;
    bool has_file;
} scan;

static bool is_number(const char *s) {
    return *s && strspn(s, "0123456789") == strlen(s);
}

static bool lies_in(orx_view path, const char *tree) {
    size_t n = strlen(tree);
    return orx_view_starts(path, tree) && (path.len == n || path.p[n] == '/' || n == 1);
}

static bool in_trees(const orx_holder_query *q, orx_view path) {
    for (size_t i = 0; q->trees && q->trees[i]; i++)
        if (lies_in(path, q->trees[i]))
            return true;
    return false;
}

/* Whether the process has the file open; what cannot be looked into counts as no. */
static bool has_open(const scan *s, const char *pid) {
    ORX_CLEANUP(orx_arena_free) orx_arena a = {0};
    char **fds = NULL;
    const char *dir = orx_arena_printf(&a, "/proc/%s/fd", pid);
    if (!s->has_file || orx_list_dir(s->p, dir, &a, &fds, NULL) < 0)
        return false;
    for (size_t i = 0; fds[i]; i++) {
        orx_file_info info;
        if (orx_stat(s->p, orx_path_join(&a, dir, fds[i]), &info, NULL) == 0 &&
            info.device == s->file.device && info.inode == s->file.inode)
            return true;
    }
    return false;
}

/* "--git-dir=/x" and "/x" alike; a relative argument is covered by the working directory. */
static bool argument_in_trees(const orx_holder_query *q, orx_view cmdline) {
    orx_view arg;
    while (cmdline.len && orx_view_split(&cmdline, '\0', &arg)) {
        const char *slash = arg.len ? memchr(arg.p, '/', arg.len) : NULL;
        if (slash && in_trees(q, (orx_view){slash, arg.len - (size_t)(slash - arg.p)}))
            return true;
    }
    return false;
}

static orx_view base_name(orx_view path) {
    size_t i = path.len;
    while (i > 0 && path.p[i - 1] != '/')
        i--;
    return (orx_view){path.p + i, path.len - i};
}

/* The process may have made the file, as far as its user goes. */
static bool could_own(const scan *s, const char *dir) {
    orx_file_info info;
    if (!s->has_file || orx_stat(s->p, dir, &info, NULL) < 0)
        return false;
    return info.uid == 0 || info.uid == s->file.uid;
}

/* A program of that name: does it work in one of the trees? */
static bool works_here(const scan *s, const char *dir, orx_view cmdline) {
    ORX_CLEANUP(orx_str_free) orx_str cwd = {0};
    ORX_CLEANUP(orx_arena_free) orx_arena a = {0};
    if (argument_in_trees(s->q, cmdline))
        return true;
    int rc = orx_realpath(s->p, orx_path_join(&a, dir, "cwd"), &cwd, NULL);
    if (rc == ORX_E_DENIED)
        return could_own(s, dir);
    return rc == 0 && in_trees(s->q, orx_str_view(&cwd));
}

static bool is_holder(const scan *s, const char *pid, orx_holder *ret) {
    ORX_CLEANUP(orx_arena_free) orx_arena a = {0};
    ORX_CLEANUP(orx_str_free) orx_str cmdline = {0};
    const char *dir = orx_arena_printf(&a, "/proc/%s", pid);
    /* Kernel threads and processes that have ended have no command line. */
    if (orx_read_file(s->p, orx_path_join(&a, dir, "cmdline"), CMDLINE_MAX, &cmdline, NULL) < 0 ||
        !cmdline.len)
        return false;
    orx_view first;
    orx_view rest = orx_str_view(&cmdline);
    orx_view_split(&rest, '\0', &first);
    orx_view name = base_name(first);
    bool named = s->q->program && orx_view_starts(name, s->q->program);
    if (!has_open(s, pid) && !(named && works_here(s, dir, orx_str_view(&cmdline))))
        return false;
    orx_view_to_i64(orx_view_of(pid), &ret->pid);
    snprintf(ret->name, sizeof ret->name, "%.*s", ORX_VIEW_ARG(name));
    return true;
}

int orx_find_holder(orx_platform *p, const orx_holder_query *q, orx_holder *ret_holder,
                    orx_err *err) {
    ORX_CLEANUP(orx_arena_free) orx_arena a = {0};
    char **names = NULL;
    scan s = {.p = p, .q = q};
    if (!orx_exists(p, "/proc/self/cmdline") || orx_list_dir(p, "/proc", &a, &names, NULL) < 0)
        return orx_err_set(err, ORX_E_UNSUPPORTED,
                           "this system does not tell which processes use a file");
    s.has_file = q->file && orx_lstat(p, q->file, &s.file, NULL) == 0;
    orx_holder found = {0};
    for (size_t i = 0; names[i]; i++)
        if (is_number(names[i]) && is_holder(&s, names[i], &found)) {
            *ret_holder = found;
            return 1;
        }
    return 0;
}

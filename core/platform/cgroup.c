#include "platform/cgroup.h"

#include "base/arena.h"
#include "base/mem.h"
#include "platform/files.h"
#include "platform/proc.h"
#include "platform/procstat.h"

#include <stdio.h>

/* Deeper groups are left alone: nobody makes them but to hide. */
enum { DEPTH_MAX = 16, KILL_SIGNAL = 9 };

#define TEXT_MAX  ((size_t)64 << 10)
#define MOUNT_MAX ((size_t)16 << 20)
#define PROCS_MAX ((size_t)4 << 20)

/* ---- Where it is ----------------------------------------------------------------------------- */

bool orx_cgroup_path(orx_view text, orx_view *ret_path) {
    static const char gone[] = " (deleted)";
    static const char unified[] = "0::";
    orx_view line;
    while (orx_view_split(&text, '\n', &line)) {
        if (!orx_view_starts(line, "0::/") || orx_view_ends(line, gone))
            continue;
        *ret_path = (orx_view){line.p + sizeof unified - 1, line.len - sizeof unified + 1};
        return true;
    }
    return false;
}

typedef struct mount {
    orx_view root;
    orx_view point;
} mount;

/* One line: 36 35 98:0 /root /point rw,noatime optional... - type source options. */
static bool is_cgroup2(orx_view line, mount *ret) {
    orx_view field = {NULL, 0};
    mount m = {0};
    for (int n = 1; orx_view_split(&line, ' ', &field); n++) {
        if (n == 4)
            m.root = field;
        else if (n == 5)
            m.point = field;
        else if (n > 6 && orx_view_is(field, "-"))
            break;
    }
    if (!orx_view_split(&line, ' ', &field) || !orx_view_is(field, "cgroup2"))
        return false;
    *ret = m;
    return true;
}

static bool is_octal(const char *c) {
    for (int i = 1; i <= 3; i++)
        if (c[i] < '0' || c[i] > '7')
            return false;
    return true;
}

/* Spaces, tabs, newlines and backslashes stand there as \040 and so on. */
static void add_unescaped(orx_str *out, orx_view v) {
    for (size_t i = 0; i < v.len; i++) {
        if (v.p[i] == '\\' && i + 3 < v.len && is_octal(v.p + i)) {
            int c = (v.p[i + 1] - '0') * 64 + (v.p[i + 2] - '0') * 8 + (v.p[i + 3] - '0');
            orx_str_addc(out, (char)c);
            i += 3;
        } else {
            orx_str_addc(out, v.p[i]);
        }
    }
}

/* What of path lies below root; false when it does not. */
static bool below(orx_view root, orx_view path, orx_view *ret_rest) {
    if (orx_view_is(root, "/"))
        root.len = 0;
    if (path.len < root.len || memcmp(path.p, root.p ? root.p : "", root.len) != 0)
        return false;
    *ret_rest = (orx_view){path.p + root.len, path.len - root.len};
    return ret_rest->len == 0 || ret_rest->p[0] == '/';
}

bool orx_cgroup_place(orx_view mountinfo, orx_view path, orx_str *out) {
    orx_view line;
    /* Beyond the namespace of groups there is nothing that could be named. */
    if (orx_view_starts(path, "/.."))
        return false;
    while (orx_view_split(&mountinfo, '\n', &line)) {
        ORX_CLEANUP(orx_str_free) orx_str root = {0};
        mount m;
        orx_view rest;
        if (!is_cgroup2(line, &m))
            continue;
        add_unescaped(&root, m.root);
        if (!below(orx_str_view(&root), path, &rest))
            continue;
        add_unescaped(out, m.point);
        if (rest.len > 1)
            orx_str_addv(out, rest);
        return true;
    }
    return false;
}

int orx_cgroup_own(orx_platform *p, orx_str *out, orx_err *err) {
    ORX_CLEANUP(orx_str_free) orx_str text = {0};
    ORX_CLEANUP(orx_str_free) orx_str mounts = {0};
    orx_view path;
    if (orx_read_file(p, "/proc/self/cgroup", TEXT_MAX, &text, NULL) < 0 ||
        !orx_cgroup_path(orx_str_view(&text), &path))
        return orx_err_set(err, ORX_E_UNSUPPORTED, "this system has no cgroup version 2");
    if (orx_read_file(p, "/proc/self/mountinfo", MOUNT_MAX, &mounts, NULL) < 0 ||
        !orx_cgroup_place(orx_str_view(&mounts), path, out))
        return orx_err_set(err, ORX_E_UNSUPPORTED, "the cgroup %.*s of this process is not mounted",
                           ORX_VIEW_ARG(path));
    return 0;
}

/* ---- One group ------------------------------------------------------------------------------- */

int orx_cgroup_make(orx_platform *p, const char *dir, orx_err *err) {
    int rc = p->files->mkdir(p, dir, 0755, err);
    return rc == ORX_E_EXISTS ? 0 : rc;
}

int orx_cgroup_populated(orx_platform *p, const char *dir, bool *ret_populated, orx_err *err) {
    ORX_CLEANUP(orx_arena_free) orx_arena a = {0};
    ORX_CLEANUP(orx_str_free) orx_str text = {0};
    const char *file = orx_path_join(&a, dir, "cgroup.events");
    orx_err why = ORX_ERR_INIT;
    orx_view line;
    int rc = orx_read_file(p, file, TEXT_MAX, &text, &why);
    /* Removed while it was read: the file is open still, but has no group. */
    if (rc < 0 && !orx_exists(p, dir)) {
        *ret_populated = false;
        return 0;
    }
    if (rc < 0)
        return orx_err_set(err, rc, "%s", why.msg);
    orx_view rest = orx_str_view(&text);
    while (orx_view_split(&rest, '\n', &line)) {
        if (!orx_view_starts(line, "populated "))
            continue;
        *ret_populated = !orx_view_is(line, "populated 0");
        return 0;
    }
    return orx_err_set(err, ORX_E_CORRUPT, "%s: expected a line that begins with \"populated\"",
                       file);
}

/* ---- Killing --------------------------------------------------------------------------------- */

/* The start time tells the process from another one that gets its pid. */
static void kill_one(orx_platform *p, int64_t pid) {
    ORX_CLEANUP(orx_str_free) orx_str text = {0};
    char path[64];
    orx_procstat st;
    (void)snprintf(path, sizeof path, "/proc/%lld/stat", (long long)pid);
    if (orx_read_file(p, path, TEXT_MAX, &text, NULL) == 0 &&
        orx_procstat_parse(orx_str_view(&text), &st))
        (void)orx_pid_kill(p, pid, st.start, KILL_SIGNAL, NULL);
}

typedef int each_fn(orx_platform *p, const char *dir, int depth, orx_err *err);

/* Groups below dir; the first error ends it. */
static int each_below(orx_platform *p, const char *dir, int depth, each_fn *fn, orx_err *err) {
    ORX_CLEANUP(orx_arena_free) orx_arena a = {0};
    char **names = NULL;
    int rc = depth < DEPTH_MAX ? orx_list_dir(p, dir, &a, &names, err) : 0;
    for (size_t i = 0; rc == 0 && names && names[i]; i++) {
        orx_file_info info;
        const char *path = orx_path_join(&a, dir, names[i]);
        if (orx_lstat(p, path, &info, NULL) == 0 && info.kind == ORX_FILE_DIRECTORY)
            rc = fn(p, path, depth + 1, err);
    }
    return rc;
}

static int kill_each(orx_platform *p, const char *dir, int depth, orx_err *err) {
    ORX_CLEANUP(orx_arena_free) orx_arena a = {0};
    ORX_CLEANUP(orx_str_free) orx_str text = {0};
    orx_view line;
    int64_t pid;
    int rc = orx_read_file(p, orx_path_join(&a, dir, "cgroup.procs"), PROCS_MAX, &text, err);
    if (rc < 0)
        return rc;
    orx_view rest = orx_str_view(&text);
    while (orx_view_split(&rest, '\n', &line))
        /* 0: one of another namespace of pids, which cannot be named. */
        if (orx_view_to_i64(line, &pid) && pid > 1)
            kill_one(p, pid);
    return each_below(p, dir, depth, kill_each, err);
}

int orx_cgroup_kill(orx_platform *p, const char *dir, orx_err *err) {
    ORX_CLEANUP(orx_arena_free) orx_arena a = {0};
    orx_file *f = NULL;
    orx_err why = ORX_ERR_INIT;
    int rc = orx_file_open(p, orx_path_join(&a, dir, "cgroup.kill"), ORX_OPEN_WRITE, 0, &f, &why);
    if (rc == 0) {
        rc = orx_file_write(p, f, 0, "1", 1, &why);
        orx_file_close(p, f);
    }
    if (rc < 0)
        rc = kill_each(p, dir, 0, &why);
    if (rc == 0 || !orx_exists(p, dir))
        return 0;
    return orx_err_set(err, rc, "%s", why.msg);
}

/* ---- The end of a group ---------------------------------------------------------------------- */

static int remove_at(orx_platform *p, const char *dir, int depth, orx_err *err) {
    /* Nearly always there is none below, and looking is slow. */
    int rc = p->files->rmdir(p, dir, NULL);
    if (rc == 0 || rc == ORX_E_NOT_FOUND)
        return 0;
    rc = each_below(p, dir, depth, remove_at, NULL);
    if (rc == 0 || rc == ORX_E_NOT_FOUND)
        rc = p->files->rmdir(p, dir, err);
    return rc == ORX_E_NOT_FOUND ? 0 : rc;
}

int orx_cgroup_remove(orx_platform *p, const char *dir, orx_err *err) {
    orx_err why = ORX_ERR_INIT;
    int rc = remove_at(p, dir, 0, &why);
    return rc < 0 ? orx_err_set(err, rc, "%s", why.msg) : 0;
}

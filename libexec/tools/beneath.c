/* Names. What the text of a path allows is decided first, so that the answer can say why; what the
 * kernel resolves is decided by openat2, so that a tree that changes meanwhile changes nothing. */
#include "tools.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <string.h>
#include <strings.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef __NR_openat2
#define __NR_openat2 437
#endif

enum { RACES = 16 };

int tools_open(int dir, const char *path, int flags) {
    struct open_how how = {
        .flags = (uint64_t)(unsigned)(flags | O_CLOEXEC | O_NOCTTY | O_NONBLOCK),
        .resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS | RESOLVE_NO_SYMLINKS,
    };
    if (flags & O_PATH)
        how.flags &= ~(uint64_t)(O_NOCTTY | O_NONBLOCK);
    long fd = -1;
    /* EAGAIN: something on the way was renamed while the kernel looked. */
    for (int i = 0; i < RACES; i++) {
        fd = syscall(__NR_openat2, dir, path, &how, sizeof how);
        if (fd >= 0 || (errno != EAGAIN && errno != EINTR))
            break;
    }
    return (int)fd;
}

bool tools_fail_errno(orx_str *out, int errnum, const char *path) {
    switch (errnum) {
    case ENOENT:
        return tools_fail(out, "%s: no such file or folder", path);
    case ELOOP:
        return tools_fail(out, "%s: a part of it is a symbolic link, which is not followed", path);
    case EXDEV:
        return tools_fail(out, "%s: outside the working tree", path);
    case ENOTDIR:
        return tools_fail(out, "%s: a part of it is no folder", path);
    case EISDIR:
        return tools_fail(out, "%s: a folder", path);
    case EACCES:
    case EPERM:
        return tools_fail(out, "%s: access refused", path);
    case ENAMETOOLONG:
        return tools_fail(out, "%s: a part of it is too long", path);
    case ENOSPC:
    case EDQUOT:
        return tools_fail(out, "%s: no space left", path);
    default:
        return tools_fail(out, "%s: %s", path, strerror(errnum));
    }
}

/* ---- Text ------------------------------------------------------------------------------------ */

/* An absolute name inside the tree means what is behind the tree's own. */
static bool strip_root(const tools *t, orx_view *path) {
    size_t n = strlen(t->path);
    if (!path->len || path->p[0] != '/')
        return true;
    if (n <= 1 || path->len < n || memcmp(path->p, t->path, n) != 0 ||
        (path->len > n && path->p[n] != '/'))
        return false;
    *path = orx_view_mem(path->p + n, path->len - n);
    return true;
}

static void drop_last(char *text) {
    char *slash = strrchr(text, '/');
    *(slash ? slash : text) = '\0';
}

/* Appends the parts of path to text; false when ".." leaves it. */
static bool resolve(orx_view path, char *text) {
    orx_view part;
    while (orx_view_split(&path, '/', &part)) {
        if (!part.len || orx_view_is(part, "."))
            continue;
        if (orx_view_is(part, "..")) {
            if (!*text)
                return false;
            drop_last(text);
            continue;
        }
        size_t at = strlen(text);
        if (at)
            text[at++] = '/';
        memcpy(text + at, part.p, part.len);
        text[at + part.len] = '\0';
    }
    return true;
}

bool tools_path_of(const tools *t, orx_view given, tools_path *ret_path, orx_str *out) {
    orx_view path = given;
    if (given.len > TOOLS_PATH_MAX || (given.len && memchr(given.p, '\0', given.len)))
        return tools_fail(out, "the path has a NUL in it or more than %d bytes", TOOLS_PATH_MAX);
    ret_path->text[0] = '\0';
    if (!strip_root(t, &path) || (path.len && !resolve(path, ret_path->text)))
        return tools_fail(out, "%.*s: outside the working tree; name files relative to its root",
                          ORX_VIEW_ARG(given));
    if (!ret_path->text[0])
        memcpy(ret_path->text, ".", 2);
    return true;
}

bool tools_path_in_git(const tools_path *path) {
    orx_view rest = orx_view_of(path->text);
    orx_view part;
    while (orx_view_split(&rest, '/', &part))
        if (orx_view_ieq(part, orx_view_of(".git")))
            return true;
    return false;
}

/* ---- Folders --------------------------------------------------------------------------------- */

/* Opens the folder one part after the other and makes what is missing. */
static int make_way(const tools *t, char *folder) {
    int dir = tools_open(t->root, ".", O_PATH | O_DIRECTORY);
    for (char *part = folder, *next; dir >= 0 && part; part = next) {
        char *slash = strchr(part, '/');
        next = slash ? slash + 1 : NULL;
        if (slash)
            *slash = '\0';
        if (mkdirat(dir, part, 0777) != 0 && errno != EEXIST) {
            int saved = errno;
            (void)close(dir);
            errno = saved;
            return -1;
        }
        int below = tools_open(dir, part, O_PATH | O_DIRECTORY);
        int saved = errno;
        (void)close(dir);
        errno = saved;
        dir = below;
    }
    return dir;
}

int tools_open_parent(const tools *t, const tools_path *path, bool make, const char **ret_name,
                      orx_str *out) {
    char folder[TOOLS_PATH_MAX + 1];
    memcpy(folder, path->text, sizeof folder);
    const char *slash = strrchr(path->text, '/');
    const char *name = slash ? slash + 1 : path->text;
    folder[slash ? slash - path->text : 0] = '\0';
    int dir = tools_open(t->root, *folder ? folder : ".", O_PATH | O_DIRECTORY);
    if (dir < 0 && errno == ENOENT && make)
        dir = make_way(t, folder);
    if (dir < 0) {
        (void)tools_fail_errno(out, errno, path->text);
        return -1;
    }
    *ret_name = name;
    return dir;
}

/* Whole files in and out. */
#include "tools.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

bool tools_is_text(orx_view bytes) {
    return !bytes.len || !memchr(bytes.p, '\0', bytes.len);
}

/* ---- In -------------------------------------------------------------------------------------- */

static bool check_kind(const struct stat *st, const char *path, orx_str *out) {
    if (S_ISDIR(st->st_mode))
        return tools_fail(out, "%s: a folder, not a file", path);
    if (S_ISLNK(st->st_mode))
        return tools_fail(out, "%s: a symbolic link, which is not followed", path);
    if (!S_ISREG(st->st_mode))
        return tools_fail(out, "%s: no regular file (a device, a FIFO or a socket)", path);
    if (st->st_size > ORX_TOOLS_FILE_MAX)
        return tools_fail(out,
                          "%s: %lld bytes, at most %u are read; use a command for a part of it",
                          path, (long long)st->st_size, ORX_TOOLS_FILE_MAX);
    return true;
}

/* Looked at before it is opened, because opening a device can already do something; looked at
 * again afterwards, because it can be another one by then. */
static int open_regular(int dir, const char *path, struct stat *st, orx_str *out) {
    int fd = tools_open(dir, path, O_PATH | O_NOFOLLOW);
    bool good = fd >= 0 && fstat(fd, st) == 0;
    if (!good)
        (void)tools_fail_errno(out, errno, path);
    if (fd >= 0)
        (void)close(fd);
    if (!good || !check_kind(st, path, out))
        return -1;
    fd = tools_open(dir, path, O_RDONLY | O_NOFOLLOW);
    if (fd < 0 || fstat(fd, st) != 0)
        (void)tools_fail_errno(out, errno, path);
    else if (check_kind(st, path, out))
        return fd;
    if (fd >= 0)
        (void)close(fd);
    return -1;
}

static bool read_bytes(int fd, const char *path, orx_str *ret_bytes, orx_str *out) {
    for (;;) {
        char *to = orx_str_reserve(ret_bytes, (size_t)64 << 10);
        ssize_t n = read(fd, to, (size_t)64 << 10);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return tools_fail_errno(out, errno, path);
        if (n == 0)
            return true;
        orx_str_commit(ret_bytes, (size_t)n);
        if (ret_bytes->len > ORX_TOOLS_FILE_MAX)
            return tools_fail(out, "%s: it grows while it is read", path);
    }
}

bool tools_load(int dir, const char *path, orx_str *ret_bytes, mode_t *ret_mode, orx_str *out) {
    struct stat st;
    int fd = open_regular(dir, path, &st, out);
    if (fd < 0)
        return false;
    bool good = read_bytes(fd, path, ret_bytes, out);
    (void)close(fd);
    if (ret_mode)
        *ret_mode = st.st_mode & 07777;
    return good;
}

bool tools_load_given(const tools *t, orx_view given, orx_str *ret_bytes, orx_str *out) {
    tools_path path;
    int64_t number;
    if (orx_view_starts(given, "output:")) {
        if (!orx_view_to_i64(orx_view_mem(given.p + 7, given.len - 7), &number) || number < 1)
            return tools_fail(out, "%.*s: expected output: and a number", ORX_VIEW_ARG(given));
        (void)snprintf(path.text, sizeof path.text, "%lld.txt", (long long)number);
        return tools_load(t->outputs, path.text, ret_bytes, NULL, out);
    }
    return tools_path_of(t, given, &path, out) &&
           tools_load(t->root, path.text, ret_bytes, NULL, out);
}

/* ---- Out ------------------------------------------------------------------------------------- */

static bool write_bytes(int fd, orx_view bytes) {
    size_t done = 0;
    while (done < bytes.len) {
        ssize_t n = write(fd, bytes.p + done, bytes.len - done);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return false;
        done += (size_t)n;
    }
    return true;
}

/* What stands under the name now; 0 = nothing or a regular file, whose mode is in *mode. */
static int look_at_old(int dir, const char *name, mode_t *mode) {
    int fd = tools_open(dir, name, O_PATH | O_NOFOLLOW);
    struct stat st;
    if (fd < 0)
        return errno == ENOENT ? 0 : errno;
    int errnum = fstat(fd, &st) == 0 ? 0 : errno;
    (void)close(fd);
    if (!errnum && S_ISDIR(st.st_mode))
        return EISDIR;
    if (!errnum && S_ISLNK(st.st_mode))
        return ELOOP;
    if (!errnum && !S_ISREG(st.st_mode))
        return ENXIO;
    if (!errnum && !*mode)
        *mode = st.st_mode & 07777;
    return errnum;
}

/* The name beside it is always the same, so that one left by a kill is used up by the next try. */
static int save_beside(int dir, const char *name, const char *beside, orx_view bytes, mode_t mode) {
    (void)unlinkat(dir, beside, 0);
    int fd = openat(dir, beside, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
                    mode ? mode & 0777 : 0666);
    if (fd < 0)
        return errno;
    int errnum = write_bytes(fd, bytes) && (!mode || fchmod(fd, mode & 0777) == 0) ? 0 : errno;
    if (close(fd) != 0 && !errnum)
        errnum = errno;
    if (!errnum && renameat(dir, beside, dir, name) != 0)
        errnum = errno;
    if (errnum)
        (void)unlinkat(dir, beside, 0);
    return errnum;
}

bool tools_save(const tools *t, const tools_path *path, orx_view bytes, mode_t mode, orx_str *out) {
    const char *name = NULL;
    char beside[256];
    if (tools_path_in_git(path))
        return tools_fail(out, "%s: nothing named .git is written", path->text);
    if (strcmp(path->text, ".") == 0)
        return tools_fail(out, "the path of the file is missing");
    int dir = tools_open_parent(t, path, true, &name, out);
    if (dir < 0)
        return false;
    (void)snprintf(beside, sizeof beside, ".%.200s.orxaq-new", name);
    int errnum = look_at_old(dir, name, &mode);
    if (!errnum)
        errnum = save_beside(dir, name, beside, bytes, mode);
    (void)close(dir);
    if (errnum == ENXIO)
        return tools_fail(out, "%s: no regular file (a device, a FIFO or a socket)", path->text);
    return !errnum || tools_fail_errno(out, errnum, path->text);
}

bool tools_remove(const tools *t, const tools_path *path, orx_str *out) {
    const char *name = NULL;
    mode_t mode = 0;
    if (tools_path_in_git(path))
        return tools_fail(out, "%s: nothing named .git is removed", path->text);
    int dir = tools_open_parent(t, path, false, &name, out);
    if (dir < 0)
        return false;
    int errnum = look_at_old(dir, name, &mode);
    if (!errnum && unlinkat(dir, name, 0) != 0)
        errnum = errno;
    (void)close(dir);
    return !errnum || tools_fail_errno(out, errnum, path->text);
}

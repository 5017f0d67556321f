/* Hiding one tree from reading, with rules that can only allow: everything beside the way from the
 * root folder to the tree is allowed, one folder after the other, and the tree is not.
 *
 * Links are no way around: one that points into the tree is not followed here, and the kernel
 * refuses to move or link a file to where it could be read. */
#include "exec.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Allows one entry of a folder, unless it is a link: what that points to has a place of its own. */
static void allow_entry(int ruleset, int folder, const char *name, orx_exec_allow_fn allow) {
    struct stat st;
    int fd = openat(folder, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0)
        return;
    if (fstat(fd, &st) == 0 && !S_ISLNK(st.st_mode))
        (void)allow(ruleset, fd);
    (void)close(fd);
}

/* Allows everything in a folder but one name. A folder that we cannot list stays unreadable. */
static void allow_beside(int ruleset, const char *folder, const char *but,
                         orx_exec_allow_fn allow) {
    DIR *d = opendir(folder);
    if (!d)
        return;
    for (const struct dirent *e; (e = readdir(d));) {
        bool dots = strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0;
        if (!dots && strcmp(e->d_name, but) != 0)
            allow_entry(ruleset, dirfd(d), e->d_name, allow);
    }
    (void)closedir(d);
}

void orx_exec_hide(int ruleset, const char *hidden, orx_exec_allow_fn allow) {
    char path[4096];
    size_t len = strlen(hidden);
    if (len >= sizeof path)
        return;
    memcpy(path, hidden, len + 1);
    for (char *at = path; at;) {
        char *name = at + 1;
        char *next = strchr(name, '/');
        *at = '\0';
        if (next)
            *next = '\0';
        allow_beside(ruleset, *path ? path : "/", name, allow);
        *at = '/';
        if (next)
            *next = '/';
        at = next;
    }
}

bool orx_exec_covers(const char *tree, const char *path) {
    size_t n = strlen(tree);
    while (n && tree[n - 1] == '/')
        n--;
    return strncmp(tree, path, n) == 0 && (path[n] == '/' || path[n] == '\0');
}

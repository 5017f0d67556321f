/* A program that begins in a cgroup, which nothing that it starts can leave on its own.
 *
 * We ourselves stay outside: we are to see it empty. The child must be inside before it can fork.
 * Linux 5.7 and later make it there (clone3(2), CLONE_INTO_CGROUP), which is quick; older kernels,
 * and sandboxes that do not let clone3 pass, have the child wait while it is moved. */
#include "exec.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <signal.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { PATH_BYTES = 4096 };

/* Writes text to a file of the group. */
static bool tell_group(const char *group, const char *file, const char *text, size_t len) {
    char path[PATH_BYTES];
    int n = snprintf(path, sizeof path, "%s/%s", group, file);
    if (n < 0 || (size_t)n >= sizeof path)
        return false;
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    bool done = fd >= 0 && write(fd, text, len) == (ssize_t)len;
    if (fd >= 0)
        (void)close(fd);
    return done;
}

static pid_t fork_inside(const char *group) {
    int fd = open(group, O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return -1;
    struct clone_args args = {
        .flags = CLONE_INTO_CGROUP,
        .exit_signal = SIGCHLD,
        .cgroup = (unsigned long long)fd,
    };
    pid_t pid = (pid_t)syscall(SYS_clone3, &args, sizeof args);
    (void)close(fd);
    return pid;
}

static pid_t fork_and_move(const char *group, bool *ret_inside) {
    int gate[2];
    char text[32];
    if (pipe2(gate, O_CLOEXEC) != 0)
        return -1;
    pid_t pid = fork();
    int errnum = errno;
    if (pid == 0) {
        (void)close(gate[1]);
        while (read(gate[0], text, 1) < 0 && errno == EINTR)
            continue;
    } else if (pid > 0) {
        int n = snprintf(text, sizeof text, "%d", (int)pid);
        *ret_inside = tell_group(group, "cgroup.procs", text, (size_t)n);
        (void)close(gate[1]);
    } else {
        (void)close(gate[1]);
    }
    (void)close(gate[0]);
    errno = errnum;
    return pid;
}

pid_t orx_exec_fork(const char *group, bool *ret_inside) {
    *ret_inside = false;
    pid_t pid = group ? fork_inside(group) : -1;
    if (pid > 0)
        *ret_inside = true;
    if (pid >= 0)
        return pid;
    return group ? fork_and_move(group, ret_inside) : fork();
}

void orx_exec_group_kill(const char *group) {
    (void)tell_group(group, "cgroup.kill", "1", 1);
}

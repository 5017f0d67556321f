/* Processes by pid and start time, which together name one process within a boot. */
#include "platform/procstat.h"
#include "platform/uv/procs.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <sys/pidfd.h>
#include <unistd.h>

static bool read_procstat(orx_platform *p, int64_t pid, orx_procstat *ret) {
    char path[64];
    ORX_CLEANUP(orx_str_free) orx_str text = {0};
    (void)snprintf(path, sizeof path, "/proc/%lld/stat", (long long)pid);
    return pid > 0 && orx_read_file(p, path, ORX_PROCSTAT_MAX, &text, NULL) >= 0 &&
           orx_procstat_parse(orx_str_view(&text), ret);
}

int64_t orx_uv_start_time(orx_platform *p, int64_t pid) {
    orx_procstat st;
    return read_procstat(p, pid, &st) ? st.start : 0;
}

/* A zombie does nothing any more: it counts as gone. */
orx_pid_state orx_uv_pid_state(orx_platform *p, int64_t pid, int64_t start) {
    orx_procstat st;
    if (!read_procstat(p, pid, &st) || st.start != start || st.state == 'Z' || st.state == 'X')
        return ORX_PID_GONE;
    return ORX_PID_ALIVE;
}

static int gone(int64_t pid, orx_err *err) {
    return orx_err_set(err, ORX_E_NOT_FOUND, "process %lld is gone", (long long)pid);
}

int orx_uv_pid_kill(orx_platform *p, int64_t pid, int64_t start, int signum, orx_err *err) {
    if (pid <= 0 || pid > INT32_MAX)
        return gone(pid, err);
    /* The descriptor pins the process, then its start time is compared: from here on the number
     * cannot come to mean another one. */
    int fd = pidfd_open((pid_t)pid, 0);
    if (fd < 0 && errno == ESRCH)
        return gone(pid, err);
    if (fd < 0)
        return orx_err_errno(err, errno, "cannot open process %lld", (long long)pid);
    int rc = 0;
    if (orx_uv_pid_state(p, pid, start) == ORX_PID_GONE)
        rc = gone(pid, err);
    else if (pidfd_send_signal(fd, signum, NULL, 0) != 0)
        rc = errno == ESRCH
                 ? gone(pid, err)
                 : orx_err_errno(err, errno, "cannot signal process %lld", (long long)pid);
    (void)close(fd);
    return rc;
}

void orx_uv_pid_self(orx_platform *p, int64_t *ret_pid, int64_t *ret_start) {
    *ret_pid = getpid();
    *ret_start = orx_uv_start_time(p, *ret_pid);
}

/* Telling whoever started this process. */
#include "platform/uv/procs.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

void orx_uv_tell_starter(orx_platform *p, orx_view text) {
    const char *named = orx_env(p, ORX_NOTE_FD_ENV);
    int64_t fd = 0;
    if (!named || !orx_view_to_i64(orx_view_of(named), &fd) || fd <= STDERR_FILENO ||
        fd > INT32_MAX)
        return;
    /* Nothing we start gets it, and a starter that does not read must not hold us up. */
    int flags = fcntl((int)fd, F_GETFL);
    if (flags < 0)
        return;
    (void)fcntl((int)fd, F_SETFD, FD_CLOEXEC);
    if (!(flags & O_NONBLOCK))
        (void)fcntl((int)fd, F_SETFL, flags | O_NONBLOCK);
    ssize_t n;
    do
        n = write((int)fd, text.p, text.len);
    while (n < 0 && errno == EINTR);
}

/* The service manager above us, and processes that outlive us. */
#include "platform/uv/internal.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

/* One datagram, as sd_notify(3) describes. A name that begins with "@" is in the abstract space. */
void orx_uv_notify(orx_platform *p, orx_view text) {
    const char *path = orx_env(p, "NOTIFY_SOCKET");
    struct sockaddr_un to = {.sun_family = AF_UNIX};
    size_t len = path ? strlen(path) : 0;
    if (len < 2 || len >= sizeof to.sun_path || (path[0] != '/' && path[0] != '@'))
        return;
    memcpy(to.sun_path, path, len);
    if (to.sun_path[0] == '@')
        to.sun_path[0] = '\0';
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return;
    socklen_t size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len);
    ssize_t n;
    do
        n = sendto(fd, text.p, text.len, MSG_NOSIGNAL, (const struct sockaddr *)&to, size);
    while (n < 0 && errno == EINTR);
    (void)close(fd);
}

static void on_forgotten(uv_handle_t *h) {
    free(h);
}

int orx_uv_daemon(orx_platform *p, const char *const *argv, const char *cwd, int64_t *ret_pid,
                  orx_err *err) {
    uv_process_t *process = orx_xcalloc(1, sizeof *process);
    uv_stdio_container_t none[3] = {
        {.flags = UV_IGNORE}, {.flags = UV_IGNORE}, {.flags = UV_IGNORE}};
    const uv_process_options_t options = {
        .file = argv[0],
        .args = (char **)argv, /* libuv only reads */
        .cwd = cwd,
        .flags = UV_PROCESS_DETACHED,
        .stdio_count = 3,
        .stdio = none,
    };
    int rc = uv_spawn(&orx_uv_of(p)->loop, process, &options);
    if (rc == 0)
        *ret_pid = process->pid;
    /* Its life is no business of the loop from here on. */
    uv_close((uv_handle_t *)process, on_forgotten);
    return rc < 0 ? orx_uv_err(err, rc, argv[0]) : 0;
}

/* libuv waits for the processes whose handles it has, one by one; that of this one was closed. */
bool orx_uv_daemon_ended(orx_platform *p ORX_UNUSED, int64_t pid, int *ret_code) {
    int status;
    if (pid <= 0 || pid > INT32_MAX || waitpid((pid_t)pid, &status, WNOHANG) != pid)
        return false;
    *ret_code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    return true;
}

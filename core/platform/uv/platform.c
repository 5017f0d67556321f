#include "platform/uv/internal.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

int orx_uv_err(orx_err *err, int uverr, const char *what) {
    /* On Unix libuv's numbers are negated errno values. */
    return orx_err_errno(err, -uverr, "%s", what);
}

static void destroy(orx_platform *p) {
    orx_uv *u = orx_uv_of(p);
    orx_uv_servers_close(u);
    orx_uv_http_close(u);
    orx_uv_procs_close(u);
    orx_uv_modules_close(u);
    orx_uv_loop_close(u);
    free(u);
}

/* Whoever started us may have closed the standard streams. The next files opened would take their
 * numbers, and be written to as such; libuv ends the process rather than that. */
static void fill_streams(void) {
    int fd;
    do
        fd = open("/dev/null", O_RDWR | O_CLOEXEC);
    while (fd >= 0 && fd <= STDERR_FILENO);
    if (fd >= 0)
        (void)close(fd);
}

int orx_platform_uv_new(orx_platform **ret_p, orx_err *err) {
    fill_streams();
    orx_uv *u = orx_xcalloc(1, sizeof *u);
    u->base = (orx_platform){
        .clock = &orx_uv_clock,
        .loop = &orx_uv_loop,
        .files = &orx_uv_files,
        .procs = &orx_uv_procs,
        .modules = &orx_uv_modules,
        .http = &orx_uv_https,
        .servers = &orx_uv_servers,
        .machine = &orx_uv_machine,
        .local = &orx_uv_local,
        .destroy = destroy,
    };
    /* orxaq-exec repeats KILL for 10 s and then gives up by itself; later than this it is stuck. */
    u->watchdog_ns = 20 * ORX_SEC;
    orx_list_init(&u->timers);
    orx_list_init(&u->procs);
    orx_list_init(&u->modules);
    int rc = orx_uv_read_boot_id(u, err);
    if (rc >= 0)
        rc = orx_uv_loop_init(u, err);
    if (rc < 0) {
        free(u);
        return rc;
    }
    /* Writing to a program that closed its input must be an error, not our end. */
    (void)signal(SIGPIPE, SIG_IGN);
    *ret_p = &u->base;
    return 0;
}

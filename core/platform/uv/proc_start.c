/* What orxaq-exec is started with. The streams are real pipes, not socket pairs: programs reopen
 * /dev/stdout, and some buffer differently on a socket. */
#include "platform/uv/procs.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

/* The child's ends of the streams, of the control socket and of the notes, ours to close after the
 * spawn. */
typedef struct child_fds {
    int fd[ORX_UV_PROC_FDS];
} child_fds;

static void close_fds(child_fds *c) {
    for (int i = 0; i < ORX_UV_PROC_FDS; i++)
        if (c->fd[i] >= 0)
            (void)close(c->fd[i]);
}

/* Our end becomes a handle of the loop. */
static int take_end(orx_uv_proc *p, int which, uv_file fd, orx_err *err) {
    (void)uv_pipe_init(&p->u->loop, &p->h[which].pipe, 0);
    p->h[which].any.data = p;
    p->open[which] = true;
    int rc = uv_pipe_open(&p->h[which].pipe, fd);
    if (rc < 0) {
        (void)close(fd);
        return orx_uv_err(err, rc, "cannot use a pipe for a program");
    }
    return 0;
}

static int make_pipe(orx_uv_proc *p, int which, bool child_reads, int *ret_child, orx_err *err) {
    uv_file fds[2];
    int rc = child_reads ? uv_pipe(fds, 0, UV_NONBLOCK_PIPE) : uv_pipe(fds, UV_NONBLOCK_PIPE, 0);
    if (rc < 0)
        return orx_uv_err(err, rc, "cannot make a pipe for a program");
    *ret_child = fds[child_reads ? 0 : 1];
    return take_end(p, which, fds[child_reads ? 1 : 0], err);
}

static int make_control(orx_uv_proc *p, int *ret_child, orx_err *err) {
    uv_os_sock_t fds[2];
    int rc = uv_socketpair(SOCK_STREAM, 0, fds, UV_NONBLOCK_PIPE, 0);
    if (rc < 0)
        return orx_uv_err(err, rc, "cannot make a control socket for a program");
    *ret_child = fds[1];
    return take_end(p, H_CONTROL, fds[0], err);
}

/* Opens what the program reads as standard input. A FIFO would hang here or in the program. */
static int open_input(const char *path, int *ret_fd, orx_err *err) {
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd < 0)
        return orx_err_errno(err, errno, "cannot open %s as standard input", path);
    struct stat st;
    if (fstat(fd, &st) != 0 || (!S_ISREG(st.st_mode) && !S_ISCHR(st.st_mode))) {
        (void)close(fd);
        return orx_err_set(err, ORX_E_INVALID,
                           "%s: expected a regular file as standard input, found a directory, "
                           "FIFO or socket",
                           path);
    }
    *ret_fd = fd;
    return 0;
}

static int open_streams(orx_uv_proc *p, child_fds *c, orx_err *err) {
    const orx_proc_spec *spec = &p->spec;
    int rc;
    if (spec->input.len || spec->input_open)
        rc = make_pipe(p, H_IN, true, &c->fd[0], err);
    else
        rc = open_input(spec->input_path ? spec->input_path : "/dev/null", &c->fd[0], err);
    if (rc >= 0)
        rc = make_pipe(p, H_OUT, false, &c->fd[1], err);
    if (rc >= 0)
        rc = make_pipe(p, H_ERR, false, &c->fd[2], err);
    if (rc >= 0)
        rc = make_control(p, &c->fd[ORX_EXEC_FD], err);
    if (rc >= 0 && spec->notes)
        rc = make_pipe(p, H_NOTES, false, &c->fd[ORX_EXEC_NOTE_FD], err);
    return rc;
}

static void forget_strings(orx_proc_spec *spec) {
    spec->argv = NULL;
    spec->env = NULL;
    spec->cwd = NULL;
    spec->input_path = NULL;
    spec->confine.writable = NULL;
}

int orx_uv_proc_start(orx_platform *platform, const orx_proc_spec *spec, orx_proc **ret_proc,
                      orx_err *err) {
    orx_uv *u = orx_uv_of(platform);
    ORX_CLEANUP(orx_str_free) orx_str frame = {0};
    const char *exec_path = NULL;
    int rc = orx_uv_proc_frame(spec, &frame, err);
    if (rc >= 0)
        rc = orx_uv_exec_path(u, &exec_path, err);
    if (rc < 0)
        return rc;
    orx_uv_proc *p = orx_xcalloc(1, sizeof *p);
    p->head.platform = platform;
    p->u = u;
    p->spec = *spec;
    orx_list_append(&u->procs, &p->link);
    child_fds fds = {{-1, -1, -1, -1, -1}};
    rc = open_streams(p, &fds, err);
    if (rc >= 0)
        rc = orx_uv_proc_spawn(p, exec_path, fds.fd, err);
    close_fds(&fds);
    if (rc < 0) {
        p->detached = p->finished = true;
        orx_uv_proc_close_all(p);
        return rc;
    }
    p->start = orx_uv_start_time(platform, p->pid);
    orx_uv_proc_begin_control(p, &frame);
    orx_uv_proc_begin_io(p);
    if (!spec->hold)
        orx_uv_proc_begin_deadlines(p);
    forget_strings(&p->spec);
    *ret_proc = &p->head;
    return 0;
}

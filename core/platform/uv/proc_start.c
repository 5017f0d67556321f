/* Spawning orxaq-exec. The streams are real pipes, not libuv's socket pairs: programs reopen
 * /dev/stdout, and some buffer differently on a socket. */
#include "platform/uv/procs.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

/* The child's ends of the three streams and of the notes, ours to close after the spawn. */
typedef struct child_fds {
    int fd[4];
} child_fds;

static void close_fds(child_fds *c) {
    for (int i = 0; i < 4; i++)
        if (c->fd[i] >= 0)
            (void)close(c->fd[i]);
}

static int make_pipe(orx_uv_proc *p, int which, bool child_reads, int *ret_child, orx_err *err) {
    uv_file fds[2];
    int rc = child_reads ? uv_pipe(fds, 0, UV_NONBLOCK_PIPE) : uv_pipe(fds, UV_NONBLOCK_PIPE, 0);
    if (rc < 0)
        return orx_uv_err(err, rc, "cannot make a pipe for a program");
    *ret_child = fds[child_reads ? 0 : 1];
    (void)uv_pipe_init(&p->u->loop, &p->h[which].pipe, 0);
    p->h[which].any.data = p;
    p->open[which] = true;
    rc = uv_pipe_open(&p->h[which].pipe, fds[child_reads ? 1 : 0]);
    if (rc < 0) {
        (void)close(fds[child_reads ? 1 : 0]);
        return orx_uv_err(err, rc, "cannot use a pipe for a program");
    }
    return 0;
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
    if (rc >= 0 && spec->notes)
        rc = make_pipe(p, H_NOTES, false, &c->fd[3], err);
    return rc;
}

static int spawn(orx_uv_proc *p, const child_fds *c, const char *exec_path, orx_err *err) {
    char *args[] = {(char[]){"orxaq-exec"}, NULL};
    char *env[] = {NULL};
    uv_stdio_container_t stdio[5] = {
        {.flags = UV_INHERIT_FD, .data.fd = c->fd[0]},
        {.flags = UV_INHERIT_FD, .data.fd = c->fd[1]},
        {.flags = UV_INHERIT_FD, .data.fd = c->fd[2]},
        {.flags = UV_CREATE_PIPE | UV_READABLE_PIPE | UV_WRITABLE_PIPE,
         .data.stream = &p->h[H_CONTROL].stream},
        {.flags = UV_INHERIT_FD, .data.fd = c->fd[3]},
    };
    uv_process_options_t options = {
        .exit_cb = orx_uv_proc_on_exec_exit,
        .file = exec_path,
        .args = args,
        .env = env,
        /* A session of its own: the terminal's Ctrl-C is for us to interpret. */
        .flags = UV_PROCESS_DETACHED,
        .stdio_count = p->spec.notes ? 5 : 4,
        .stdio = stdio,
    };
    (void)uv_pipe_init(&p->u->loop, &p->h[H_CONTROL].pipe, 0);
    p->h[H_CONTROL].any.data = p;
    p->open[H_CONTROL] = true;
    int rc = uv_spawn(&p->u->loop, &p->h[H_PROCESS].process, &options);
    /* The handle is on the loop whether or not it worked. */
    p->h[H_PROCESS].any.data = p;
    p->open[H_PROCESS] = true;
    if (rc < 0) {
        ORX_CLEANUP(orx_str_free) orx_str what = {0};
        orx_str_addf(&what, "cannot start %s", exec_path);
        return orx_uv_err(err, rc, orx_str_cstr(&what));
    }
    return 0;
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
    child_fds fds = {{-1, -1, -1, -1}};
    rc = open_streams(p, &fds, err);
    if (rc >= 0)
        rc = spawn(p, &fds, exec_path, err);
    close_fds(&fds);
    if (rc < 0) {
        p->detached = p->finished = true;
        orx_uv_proc_close_all(p);
        return rc;
    }
    p->pid = p->h[H_PROCESS].process.pid;
    p->start = orx_uv_start_time(platform, p->pid);
    orx_uv_proc_begin_control(p, &frame);
    orx_uv_proc_begin_io(p);
    if (!spec->hold)
        orx_uv_proc_begin_deadlines(p);
    forget_strings(&p->spec);
    *ret_proc = &p->head;
    return 0;
}

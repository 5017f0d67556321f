/* One process per command. The server is the subreaper of what a command starts, so the end of the
 * command is the end of all of it: what is left is killed and collected until there is no child. */
#include "exec.h"
#include "tools.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* Time between TERM and KILL, and how long KILL is repeated on what hangs in the kernel. */
enum { GRACE_MS = 2000, KILL_MS = 10000, ROUND_MS = 20 };

/* A file, descriptors, and a process that writes for ever. */
static const rlim_t file_bytes = (rlim_t)1 << 30;
static const rlim_t open_files = 4096;
static const int64_t said_max = (int64_t)1 << 30;

typedef struct running {
    pid_t pid;
    int pidfd;
    int out; /* -1 = closed by all */
    tools_capture *capture;
    tools_ended *ended;
    bool over; /* the command itself */
} running;

static int64_t now_ms(void) {
    struct timespec ts = {0, 0};
    (void)clock_gettime(CLOCK_MONOTONIC, &ts);
    return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

/* ---- Inside the child ------------------------------------------------------------------------ */

static void lower(int resource, rlim_t value) {
    struct rlimit l;
    if (getrlimit((__rlimit_resource_t)resource, &l) == 0 &&
        (l.rlim_max == RLIM_INFINITY || l.rlim_max > value)) {
        l.rlim_cur = l.rlim_max = value;
        (void)setrlimit((__rlimit_resource_t)resource, &l);
    }
}

static _Noreturn void become(const tools_child *c, int fd) {
    int null = open("/dev/null", O_RDONLY | O_CLOEXEC);
    (void)setsid();
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    (void)signal(SIGPIPE, SIG_DFL);
    lower(RLIMIT_CORE, 0);
    lower(RLIMIT_FSIZE, file_bytes);
    lower(RLIMIT_NOFILE, open_files);
    if (c->cpu_seconds)
        lower(RLIMIT_CPU, (rlim_t)c->cpu_seconds);
#ifndef __SANITIZE_ADDRESS__ /* which reserves terabytes */
    if (c->memory_bytes)
        lower(RLIMIT_AS, (rlim_t)c->memory_bytes);
#endif
    (void)dup2(null, STDIN_FILENO);
    if (c->work) {
        (void)dup2(null, STDOUT_FILENO);
        _exit(c->work(c->user, fd));
    }
    (void)dup2(fd, STDOUT_FILENO);
    (void)dup2(fd, STDERR_FILENO);
    (void)execvp(c->argv[0], c->argv);
    (void)dprintf(STDERR_FILENO, "%s: %s\n", c->argv[0], strerror(errno));
    _exit(errno == ENOENT ? 127 : 126);
}

/* ---- Outside --------------------------------------------------------------------------------- */

static bool start(const tools_child *c, running *r, orx_str *out) {
    int fds[2];
    if (pipe2(fds, O_CLOEXEC) != 0)
        return tools_fail(out, "no pipe for the command: %s", strerror(errno));
    r->pid = fork();
    if (r->pid == 0)
        become(c, fds[1]);
    int errnum = errno;
    (void)close(fds[1]);
    if (r->pid < 0) {
        (void)close(fds[0]);
        return tools_fail(out, "no process for the command: %s", strerror(errnum));
    }
    r->out = fds[0];
    r->pidfd = pidfd_open(r->pid, 0);
    (void)fcntl(r->out, F_SETFL, O_NONBLOCK);
    return true;
}

static void note_end(running *r, int status) {
    r->over = true;
    if (r->ended->end != TOOLS_EXITED)
        return;
    if (WIFSIGNALED(status)) {
        r->ended->end = TOOLS_KILLED;
        r->ended->code = WTERMSIG(status);
    } else {
        r->ended->code = WEXITSTATUS(status);
    }
}

/* Collects the dead; orx_exec_tree_kill calls it too. */
static void reap(void *user) {
    running *r = user;
    int status;
    pid_t pid;
    while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
        if (pid == r->pid)
            note_end(r, status);
        else if (r->over)
            r->ended->leftovers++;
    }
    r->ended->empty = pid < 0 && errno == ECHILD;
}

/* Reads what is there. */
static void drain(running *r) {
    char bytes[64 << 10];
    while (r->out >= 0) {
        ssize_t n = read(r->out, bytes, sizeof bytes);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return;
        if (n == 0) {
            (void)close(r->out);
            r->out = -1;
            return;
        }
        tools_capture_add(r->capture, orx_view_mem(bytes, (size_t)n));
        if (r->capture->total > said_max)
            return;
    }
}

static void wait_a_moment(running *r, int64_t ms) {
    struct pollfd p[2] = {{.fd = r->out, .events = POLLIN},
                          {.fd = r->over ? -1 : r->pidfd, .events = POLLIN}};
    (void)poll(p, 2, (int)(ms < 0 ? 0 : ms > 1000 ? 1000 : ms));
    drain(r);
    reap(r);
}

static void run_until(running *r, int64_t deadline) {
    while (!r->over) {
        int64_t left = deadline - now_ms();
        if (left <= 0 || r->capture->total > said_max) {
            r->ended->end = left <= 0 ? TOOLS_LATE : TOOLS_TOO_LONG;
            return;
        }
        /* Without a pidfd the end is seen by looking. */
        wait_a_moment(r, r->pidfd < 0 && left > ROUND_MS ? ROUND_MS : left);
    }
}

/* TERM for a command that is asked to end; leftovers of one that has ended get none. */
static void ask(running *r) {
    int64_t until = now_ms() + GRACE_MS;
    orx_exec_tree_signal(SIGTERM);
    while (!r->over && now_ms() < until)
        wait_a_moment(r, ROUND_MS);
}

static void end_all(running *r) {
    int64_t until = now_ms() + KILL_MS;
    reap(r);
    while (!r->ended->empty && now_ms() < until) {
        orx_exec_tree_kill(reap, r);
        reap(r);
        if (!r->ended->empty)
            wait_a_moment(r, ROUND_MS);
    }
    drain(r);
}

bool tools_run_child(const tools_child *child, tools_capture *c, tools_ended *ret_ended,
                     orx_str *out) {
    *ret_ended = (tools_ended){0};
    running r = {.pidfd = -1, .out = -1, .capture = c, .ended = ret_ended};
    if (!start(child, &r, out))
        return false;
    run_until(&r, now_ms() + child->timeout_ms);
    if (!r.over)
        ask(&r);
    end_all(&r);
    if (r.out >= 0)
        (void)close(r.out);
    if (r.pidfd >= 0)
        (void)close(r.pidfd);
    return true;
}

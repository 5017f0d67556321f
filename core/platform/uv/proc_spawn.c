/* Starting orxaq-exec, and learning of its end.
 *
 * Not by uv_spawn: it forks, and a fork copies the page tables of a process that may be large, only
 * to throw them away. posix_spawn(3) borrows them until the new program has begun. Nothing has to
 * be done between the two that its attributes cannot say; what else a program needs is orxaq-exec's
 * to do. */
#include "platform/uv/procs.h"

#include <errno.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>

/* ---- The start ------------------------------------------------------------------------------ */

static int set_attributes(posix_spawnattr_t *attr) {
    sigset_t all;
    sigset_t none;
    (void)sigfillset(&all);
    (void)sigemptyset(&none);
    int rc = posix_spawnattr_setsigdefault(attr, &all);
    if (rc == 0)
        rc = posix_spawnattr_setsigmask(attr, &none);
    /* A session of its own: the terminal's Ctrl-C is for us to interpret. */
    short flags = POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSID;
    return rc ? rc : posix_spawnattr_setflags(attr, flags);
}

static int spawn_with(const char *path, const int fds[ORX_UV_PROC_FDS],
                      posix_spawn_file_actions_t *actions, posix_spawnattr_t *attr, pid_t *pid) {
    char *argv[] = {(char[]){"orxaq-exec"}, NULL};
    char *env[] = {NULL};
    /* None takes the place of a later one: standard streams are always there, and the next numbers,
     * if they were free, went to the first pair. */
    int rc = set_attributes(attr);
    for (int i = 0; rc == 0 && i < ORX_UV_PROC_FDS; i++)
        if (fds[i] >= 0)
            rc = posix_spawn_file_actions_adddup2(actions, fds[i], i);
    return rc ? rc : posix_spawn(pid, path, actions, attr, argv, env);
}

static int spawn(const char *path, const int fds[ORX_UV_PROC_FDS], pid_t *pid) {
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attr;
    int rc = posix_spawn_file_actions_init(&actions);
    if (rc)
        return rc;
    rc = posix_spawnattr_init(&attr);
    if (rc == 0) {
        rc = spawn_with(path, fds, &actions, &attr, pid);
        (void)posix_spawnattr_destroy(&attr);
    }
    (void)posix_spawn_file_actions_destroy(&actions);
    return rc;
}

int orx_uv_proc_spawn(orx_uv_proc *p, const char *path, const int fds[ORX_UV_PROC_FDS],
                      orx_err *err) {
    pid_t pid = 0;
    int rc = orx_uv_watch_children(p->u, err);
    if (rc < 0)
        return rc;
    int errnum = spawn(path, fds, &pid);
    if (errnum)
        return orx_err_errno(err, errnum, "cannot start %s", path);
    p->pid = pid;
    return 0;
}

void orx_uv_proc_signal(orx_uv_proc *p, int signum) {
    /* Until it was waited for, the number cannot come to mean another process. */
    if (p->pid && !p->exec_gone)
        (void)kill((pid_t)p->pid, signum);
}

/* ---- The end -------------------------------------------------------------------------------- */

/* Collects one that ended. Somebody else may have done so, behind our back; then nobody knows how
 * it ended. */
static orx_uv_proc *collect(const orx_uv *u) {
    ORX_LIST_EACH(&u->procs, it) {
        orx_uv_proc *p = ORX_LIST_ITEM(it, orx_uv_proc, link);
        int status = 0;
        if (!p->pid || p->exec_gone)
            continue;
        pid_t got = waitpid((pid_t)p->pid, &status, WNOHANG);
        if (got == 0 || (got < 0 && errno != ECHILD))
            continue;
        p->exec_code = got > 0 && WIFEXITED(status) ? WEXITSTATUS(status) : -1;
        p->exec_signal = got > 0 && WIFSIGNALED(status) ? WTERMSIG(status) : 0;
        return p;
    }
    return NULL;
}

/* One at a time, and then from the beginning: what is called may start and free others. */
void orx_uv_procs_collect(orx_uv *u) {
    for (orx_uv_proc *p = collect(u); p; p = collect(u))
        orx_uv_proc_on_exec_exit(p);
}

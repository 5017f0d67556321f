/* exec.h: orxaq-exec from inside.
 *
 * orxaq-exec runs one program and answers for everything that program starts. It is a child
 * subreaper, so processes whose parents ended become its own children, whatever sessions and groups
 * they made; it ends only when it has no child left, or says nothing about emptiness.
 *
 *     main.c       setting up: descriptors, signals, the spec
 *     control.c    frames to and from the core
 *     spec.c       taking the spec apart
 *     group.c      forking into a cgroup
 *     child.c      from fork to execve: session, limits, confinement, program lookup
 *     landlock.c   confinement of writes
 *     hide.c       one tree that cannot be read
 *     tree.c       finding, freezing and killing descendants
 *     supervise.c  the event loop and its phases
 *
 * It is single-threaded, uses no libuv and is linked static where possible, because it is started
 * for every program: a millisecond here is a millisecond for every attempt.
 */
#ifndef ORX_LIBEXEC_EXEC_H
#define ORX_LIBEXEC_EXEC_H

#include "platform/exec_protocol.h"

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* The spec taken apart; all strings point into payload. */
typedef struct orx_exec_job {
    orx_exec_spec head;
    char *payload;
    const char *cwd; /* NULL = ours */
    char **argv;
    char **envp;
    char **writable;
    char *hidden; /* or NULL, as the next */
    char *group;
} orx_exec_job;

/* On success the job owns payload. False when it is not a whole, consistent spec. */
bool orx_exec_job_parse(char *payload, size_t len, orx_exec_job *ret_job);
void orx_exec_job_free(orx_exec_job *job);

/* ---- control.c ---- */

/* Reads exactly len bytes, blocking. False at end of file. */
bool orx_exec_read(int fd, void *to, size_t len);

/* Sends one frame of up to two parts; silently nothing when the core is gone. */
void orx_exec_send(int fd, uint32_t type, const void *a, size_t a_len, const void *b, size_t b_len);

/* ---- group.c ---- */

/* As fork(2), with the child in that cgroup (a directory) before it returns there; NULL = in ours.
 * *ret_inside, in the parent: whether it is. A group that cannot be entered is no failure: the
 * child is in ours then. */
pid_t orx_exec_fork(const char *group, bool *ret_inside);

/* KILL for everything in it at once, where the kernel can (Linux 5.14). */
void orx_exec_group_kill(const char *group);

/* ---- child.c ---- */

/* What the child says when it cannot become the program. One write on a pipe is not torn. */
typedef struct orx_exec_failure {
    orx_exec_not_started head;
    char reason[ORX_EXEC_REASON_MAX + 1];
} orx_exec_failure;

/* Runs in the forked child: becomes the program, or writes an orx_exec_failure to fd and exits. */
_Noreturn void orx_exec_child(const orx_exec_job *job, pid_t supervisor, int fd);

/* ---- landlock.c ---- */

/* Confines this process's writes to the job's writable trees. False = *f says why not. */
bool orx_exec_confine(const orx_exec_job *job, orx_exec_failure *f);

/* ---- caps.c ---- */

/* Gives up what would let a confined process of root look into others. */
void orx_exec_drop_powers(void);

/* Allows reading (by calling allow with an open file or folder) of everything but `hidden`, an
 * absolute path without links. */
typedef bool (*orx_exec_allow_fn)(int ruleset, int fd);
void orx_exec_hide(int ruleset, const char *hidden, orx_exec_allow_fn allow);

/* Whether path is tree or lies in it. */
bool orx_exec_covers(const char *tree, const char *path);

/* Whether this kernel could; `orxaq-exec --can-confine` answers with its exit code. */
bool orx_exec_can_confine(void);

/* Fills in a failure; the errno text is added when errnum is not 0. Returns false. */
bool orx_exec_fail(orx_exec_failure *f, int code, int errnum, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));

/* ---- tree.c ---- */

/* Sends signum, and then CONT so that a stopped process can act on it, to every descendant. */
void orx_exec_tree_signal(int signum);

/* One round of killing: freezes all descendants until no new ones appear (bounded), then kills
 * them all. reap(user) is called in between to collect the dead. Call again until there is no child
 * left. */
typedef void (*orx_exec_reap_fn)(void *user);
void orx_exec_tree_kill(orx_exec_reap_fn reap, void *user);

/* Start time of a process in clock ticks since boot, or 0 when it is gone. */
int64_t orx_exec_start_time(pid_t pid);

/* ---- supervise.c ---- */

/* Runs the job to its end; the exit code of orxaq-exec is returned. signal_fd delivers CHLD, TERM,
 * INT, HUP and QUIT, which are blocked. */
int orx_exec_supervise(const orx_exec_job *job, int control, int signal_fd);

#endif

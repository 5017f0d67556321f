/* procs.h: supervised programs of the real platform, from inside.
 *
 * One orx_uv_proc stands for one orxaq-exec. Its life:
 *
 *     start    orxaq-exec is spawned with pipes for the program's streams and a control socket, and
 *              is sent the spec (proc_spec.c)
 *     running  output is handed on (proc_io.c), frames come in (proc_control.c), deadlines are kept
 *              and a stop is asked for (proc_stop.c)
 *     ending   orxaq-exec says EMPTY and exits; pipes are drained, bounded
 *     finished on_exit was called (proc_end.c)
 *
 * Freeing is a flag: a freed object that still runs is stopped, keeps its place in the platform's
 * list without calling anybody, and goes when orxaq-exec has gone and libuv closed every handle.
 * Nothing here waits. */
#ifndef ORX_PLATFORM_UV_PROCS_H
#define ORX_PLATFORM_UV_PROCS_H

#include "platform/exec_protocol.h"
#include "platform/uv/internal.h"

enum { H_CONTROL, H_IN, H_OUT, H_ERR, H_NOTES, H_COUNT };

/* The standard streams, the control socket, and notes. */
enum { ORX_UV_PROC_FDS = ORX_EXEC_NOTE_FD + 1 };

typedef struct orx_uv_proc {
    orx_proc head;
    orx_list link; /* in orx_uv.procs */
    orx_uv *u;

    /* From the spec; its strings went to orxaq-exec. */
    orx_proc_spec spec;

    union {
        uv_handle_t any;
        uv_stream_t stream;
        uv_pipe_t pipe;
    } h[H_COUNT];
    bool open[H_COUNT]; /* initialised and not being closed */
    int closing;        /* uv_close calls that have not called back */

    int64_t pid; /* 0 = it could not be started */
    int64_t start;
    int64_t program;        /* its own pid, once orxaq-exec told */
    int64_t began_ns;       /* 0 = still held */
    int64_t began_awake_ns; /* the same, and the last byte, by orx_uv_awake_ns */
    int64_t byte_awake_ns;
    int64_t watchdog_awake_ns; /* when it is to act */
    int64_t ended_ns;
    orx_timer *total;
    orx_timer *quiet;    /* first byte, then idle */
    orx_timer *watchdog; /* orxaq-exec itself does not come to an end */
    orx_timer *drain;
    orx_timer *orphans; /* looks again for what a killed orxaq-exec left */
    int orphan_looks;

    orx_str frames;   /* received, not yet complete */
    int in_pending;   /* writes to the program's input under way */
    bool in_close;    /* close the input when they are done */
    bool in_shut;     /* orx_proc_close_input was called */
    bool stopping;    /* STOP was sent */
    bool stop_now;    /* ... with now */
    bool ended_by_us; /* result.end was decided by a stop or a deadline */
    bool started;
    bool grouped; /* ... in the group of the spec */
    bool exited;
    bool not_started;
    bool exec_gone;
    bool drained;
    bool swept; /* ... and what it left was ended by us */
    bool finished;
    bool detached; /* orx_proc_free was called: no callbacks any more */
    int64_t exec_code;
    int exec_signal;
    orx_proc_result result;
} orx_uv_proc;

static inline orx_uv_proc *orx_uv_proc_of(orx_proc *p) {
    return (orx_uv_proc *)(void *)p;
}

/* exec_path.c: where orxaq-exec is; the string lives as long as the platform. */
int orx_uv_exec_path(orx_uv *u, const char **ret_path, orx_err *err);

/* proc_spec.c: checks the spec and appends the whole SPEC frame to out. */
int orx_uv_proc_frame(const orx_proc_spec *spec, orx_str *out, orx_err *err);

/* proc_start.c */
int orx_uv_proc_start(orx_platform *p, const orx_proc_spec *spec, orx_proc **ret_proc,
                      orx_err *err);

/* proc_spawn.c: starts orxaq-exec at path with copies of these descriptors as its own 0, 1 and so
 * on, and sets p->pid. They were opened in this order; negative ones are left out. */
int orx_uv_proc_spawn(orx_uv_proc *p, const char *path, const int fds[ORX_UV_PROC_FDS],
                      orx_err *err);
/* Signals orxaq-exec, unless it has gone. */
void orx_uv_proc_signal(orx_uv_proc *p, int signum);

/* proc_io.c: begins reading, and writing the given input. */
void orx_uv_proc_begin_io(orx_uv_proc *p);
int orx_uv_proc_write(orx_proc *proc, orx_view bytes, orx_err *err);
void orx_uv_proc_close_input(orx_proc *proc);

/* proc_control.c */
void orx_uv_proc_begin_control(orx_uv_proc *p, orx_str *spec_frame);
void orx_uv_proc_send(orx_uv_proc *p, uint32_t type, const void *payload, size_t len);
/* The libuv allocation callback of all streams: the platform's shared buffer. */
void orx_uv_proc_alloc(uv_handle_t *h, size_t suggested, uv_buf_t *buf);

/* proc_stop.c */
void orx_uv_proc_begin_deadlines(orx_uv_proc *p);
void orx_uv_proc_note_byte(orx_uv_proc *p);
void orx_uv_proc_stop_for(orx_uv_proc *p, orx_proc_end reason, bool now);
void orx_uv_proc_arm_watchdog(orx_uv_proc *p, int64_t grace_ns);
void orx_uv_proc_cancel_deadlines(orx_uv_proc *p);

/* proc_end.c */
/* It was collected: exec_code and exec_signal are set. */
void orx_uv_proc_on_exec_exit(orx_uv_proc *p);
void orx_uv_proc_begin_drain(orx_uv_proc *p);
void orx_uv_proc_check_finished(orx_uv_proc *p);
void orx_uv_proc_close_handle(orx_uv_proc *p, int which);
void orx_uv_proc_close_all(orx_uv_proc *p);
void orx_uv_proc_free(orx_proc *proc);

/* pid.c */
int64_t orx_uv_start_time(orx_platform *p, int64_t pid);
orx_pid_state orx_uv_pid_state(orx_platform *p, int64_t pid, int64_t start);
int orx_uv_pid_kill(orx_platform *p, int64_t pid, int64_t start, int signum, orx_err *err);
void orx_uv_pid_self(orx_platform *p, int64_t *ret_pid, int64_t *ret_start);

/* starter.c */
void orx_uv_tell_starter(orx_platform *p, orx_view text);

/* orphans.c */
void orx_uv_adopt_orphans(orx_platform *p);
int orx_uv_end_orphans(orx_platform *p);

#endif

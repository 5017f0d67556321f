/* prog.h: a simulated program, seen from both sides.
 *
 * To its starter it is an orx_proc; inside its coroutine it is an orx_sim_prog. It stands for the
 * program and its supervisor together: its pid is there until the whole tree is empty.
 *
 * Life: held (optional), running, ended (its function returned or it was killed), complete (what it
 * had started itself is gone too), told (the starter had on_exit). It is freed when it is complete
 * and nobody owns it: the starter freed it or died.
 *
 * A tree. Programs that a program started go over to it as leftovers when it ends, and are stopped;
 * it is complete when the last of them is.
 *
 * Threads: one.
 */
#ifndef ORX_PLATFORM_SIM_PROG_H
#define ORX_PLATFORM_SIM_PROG_H

#include "platform/sim/world.h"

typedef struct orx_sim_program_entry {
    orx_sim_program_fn fn;
    void *user;
} orx_sim_program_entry;

/* Bytes on their way; what lies before `at` was taken. */
typedef struct orx_sim_pipe {
    orx_str bytes;
    size_t at;
    bool closed; /* nothing more will come */
} orx_sim_pipe;

struct orx_sim_prog {
    orx_proc base;
    orx_sim *sim;
    orx_sim_task *task;
    orx_sim_task *owner;  /* NULL = nobody waits for it */
    orx_sim_prog *parent; /* the program that started it, NULL = none */
    orx_list link;        /* in the owner's children, or in the tree's leftovers */
    orx_sim_prog *tree;   /* whose leftover it is */
    orx_list leftovers;
    orx_sim_event event; /* output or end, for the owner's loop */
    bool *freed;         /* set when it is freed during a callback */

    orx_arena mem;
    int argc;
    char **argv;
    char **env;
    orx_proc_spec spec;       /* its strings are not kept, but for those above */
    orx_sim_inode **writable; /* NULL-terminated; NULL = not confined */

    orx_sim_pipe in;
    orx_sim_pipe out[3]; /* stdout, stderr, notes */
    int64_t began;
    int64_t last_output;
    orx_sim_alarm total;
    orx_sim_alarm idle;
    orx_sim_alarm first_byte;
    orx_sim_alarm grace;
    orx_sim_alarm lifeline;

    orx_proc_result result;
    const char *refused; /* why it cannot be started, NULL = it can */
    bool decided;        /* result.end is */
    bool launched;
    bool ended;
    bool complete;
    bool told;
    bool limited;  /* output beyond the limit is thrown away */
    bool kill_all; /* leftovers are killed at once */
    bool unproven; /* that the tree is empty */
    bool trapped;
    bool stopping;
    bool sleeping;
    bool on_pipe; /* waits for the other side of one */
};

/* What runs for its argv[0], or NULL (prog.c). */
const orx_sim_program_entry *orx_sim_prog_entry(const orx_sim_prog *g);

/* ---- life.c ------------------------------------------------------------------------------- */

/* Lets the program's coroutine begin, or ends it as not started. */
void orx_sim_prog_launch(orx_sim_prog *g);
/* The reason the result will give, unless there is one already. */
void orx_sim_prog_decide(orx_sim_prog *g, orx_proc_end end);
/* First signal and grace; both may end it before they return. */
void orx_sim_prog_stop(orx_sim_prog *g, int signum);
void orx_sim_prog_kill(orx_sim_prog *g);
/* Frees it for good. */
void orx_sim_prog_free(orx_sim_prog *g);

/* ---- pipe.c ------------------------------------------------------------------------------- */

static inline size_t orx_sim_pipe_held(const orx_sim_pipe *pipe) {
    return pipe->bytes.len - pipe->at;
}
void orx_sim_pipe_put(orx_sim_pipe *pipe, orx_view bytes);
/* Takes up to len bytes. */
size_t orx_sim_pipe_take(orx_sim_pipe *pipe, void *buf, size_t len);
/* Something was put into or taken out of a pipe of g: lets it look again if it waits for that. */
void orx_sim_prog_piped(orx_sim_prog *g);
/* The event of a program: output, or its end. */
void orx_sim_prog_deliver(orx_sim_event *ev);

#endif

/* sim.h: a whole world from one seed.
 *
 * An orx_sim holds virtual time, a scheduler, disks and programs. orx_sim_host adds a host: an
 * orx_platform with its own process identity, environment and disk. orx_sim_spawn starts a C
 * function on a host as a coroutine (a runner, say); inside it every orx_loop_step, waiting lock
 * and (with `yield_on_io`) file operation is a place where the scheduler may let somebody else go
 * on. Which one goes is drawn from the seed, so two runs of one seed are the same run, and a
 * failing seed is a complete bug report.
 *
 * Time stands still while code runs and jumps to the next event when everybody waits: an hour of
 * back-off costs nothing.
 *
 * Disks. A write is visible at once and durable only after sync (names: after sync_dir). A crash
 * (orx_sim_crash_host, or a fault drawn or planned) ends every coroutine of the host at that very
 * operation and leaves on the disk what was durable plus, drawn from the seed, a prefix, a torn
 * part or nothing of each unsynced write. Durable operations are numbered so that a test can crash
 * before, after, or in the middle of operation K for every K.
 *
 * Programs. argv[0]'s base name is looked up in the registry (orx_sim_program); the program is a
 * coroutine too, with standard input, output and the host's files, and can be told to misbehave.
 *
 * Threads: one per simulation; simulations are independent of each other.
 */
#ifndef ORX_PLATFORM_SIM_SIM_H
#define ORX_PLATFORM_SIM_SIM_H

#include "base/str.h"
#include "platform/platform.h"

typedef struct orx_sim orx_sim;
typedef struct orx_sim_host orx_sim_host;
typedef struct orx_sim_prog orx_sim_prog;

/* Probabilities are in 1/10,000 per operation; 0 = never. */
typedef struct orx_sim_faults {
    uint32_t crash;       /* the host loses power at a durable operation */
    uint32_t kill;        /* the calling process alone is killed there (its disk writes survive) */
    uint32_t io_error;    /* an operation fails with ORX_E_IO */
    uint32_t no_space;    /* a write fails with ORX_E_NO_SPACE */
    uint32_t spawn_fails; /* a program cannot be started */
    uint32_t clock_jump;  /* the wall clock jumps by up to +-10 days at a step */
    uint32_t slow;        /* an operation takes up to 2 s of virtual time */
} orx_sim_faults;

orx_sim *orx_sim_new(uint64_t seed);
void orx_sim_free(orx_sim *s);

/* Draws from the simulation's generator: 0 .. bound-1. */
uint64_t orx_sim_draw(orx_sim *s, uint64_t bound);

/* Adds a host with an empty disk. The platform lives as long as the simulation. */
orx_sim_host *orx_sim_add_host(orx_sim *s, const char *name);
orx_platform *orx_sim_platform(orx_sim_host *h);

/* A further process on the same host: same disk and clock, identity of its own. It is ended by
 * kill faults and by orx_sim_crash_host. */
orx_platform *orx_sim_add_process(orx_sim_host *h);

void orx_sim_set_env(orx_sim_host *h, const char *name, const char *value);
void orx_sim_set_faults(orx_sim_host *h, const orx_sim_faults *faults);

/* Starts fn(p, user) as a coroutine of the process p. Its return value is kept for
 * orx_sim_exit_code. */
typedef int (*orx_sim_main)(orx_platform *p, void *user);
void orx_sim_spawn(orx_platform *p, orx_sim_main fn, void *user);

/* Runs until nothing can happen any more or virtual time passes until_ns (0 = no bound). Returns
 * false when coroutines still wait for something that will never come (a deadlock). */
bool orx_sim_run(orx_sim *s, int64_t until_ns);

typedef enum orx_sim_fate { ORX_SIM_RUNNING, ORX_SIM_RETURNED, ORX_SIM_KILLED } orx_sim_fate;
orx_sim_fate orx_sim_fate_of(orx_platform *p, int *ret_code);

/* Durable operations done so far on the host's disk, and the plan to die at one of them. */
uint64_t orx_sim_durable_ops(const orx_sim_host *h);
typedef enum orx_sim_when { ORX_SIM_BEFORE, ORX_SIM_TORN, ORX_SIM_AFTER } orx_sim_when;
/* power = lose unsynced bytes too (machine crash); otherwise only the processes die (SIGKILL). */
void orx_sim_crash_at(orx_sim_host *h, uint64_t op, orx_sim_when when, bool power);
void orx_sim_crash_host(orx_sim_host *h, bool power);

/* A digest of everything the scheduler did so far: equal for two runs of one seed. */
void orx_sim_trace_hash(const orx_sim *s, char out[65]);

/* ---- Programs ----------------------------------------------------------------------------- */

typedef int (*orx_sim_program_fn)(orx_sim_prog *prog, void *user);
/* Registers the program that runs whenever argv[0]'s base name is `name`, on every host. */
void orx_sim_program(orx_sim *s, const char *name, orx_sim_program_fn fn, void *user);

/* For use inside a program. */
int orx_sim_argc(const orx_sim_prog *prog);
const char *orx_sim_argv(const orx_sim_prog *prog, int i);
const char *orx_sim_getenv(const orx_sim_prog *prog, const char *name);
const char *orx_sim_cwd(const orx_sim_prog *prog);
orx_platform *orx_sim_prog_platform(orx_sim_prog *prog); /* the files of the host */
/* Reads standard input to its end. */
void orx_sim_read_input(orx_sim_prog *prog, orx_str *out);
void orx_sim_print(orx_sim_prog *prog, int stream, orx_view bytes);
void orx_sim_sleep(orx_sim_prog *prog, int64_t ns);
/* True once somebody asked this program to stop; a well-behaved one returns then. */
bool orx_sim_stopping(const orx_sim_prog *prog);
uint64_t orx_sim_prog_draw(orx_sim_prog *prog, uint64_t bound);

#endif

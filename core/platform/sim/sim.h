/* sim.h: a whole world from one seed.
 *
 * An orx_sim holds virtual time, a scheduler, disks and programs. orx_sim_add_host adds a host: an
 * orx_platform with its own process identity, environment and disk. orx_sim_spawn starts a C
 * function on a host as a coroutine (a runner, say); inside it every orx_loop_step, waiting lock
 * and file operation is a place where the scheduler may let somebody else go on. Which one goes is
 * drawn from the seed, so two runs of one seed are the same run, and a failing seed is a complete
 * bug report. Nothing is ever decided by a pointer, the real clock or the order of a hash table.
 *
 * Draws come from separate streams (scheduler, faults, each process, orx_sim_draw), so that
 * switching faults off does not change what programs draw.
 *
 * Time stands still while code runs and jumps to the next event when everybody waits: an hour of
 * back-off costs nothing. orx_loop_step with max_wait 0 and nothing due lets one microsecond pass,
 * so that a polling loop does not stop the world.
 *
 * Disks. A write is visible at once and durable only after sync; a name only after sync_dir of its
 * directory, even when the file itself was synced. A crash (orx_sim_crash_host, or a fault drawn or
 * planned) ends every coroutine of the host at that very operation. When power is lost too, each
 * unsynced write of a file is kept, dropped or torn at 512-byte sectors, independently of the
 * others, and of the unsynced name changes of each directory a prefix stays (a rename is old or
 * new, never half; one between two directories happened in both or in neither). Durable operations
 * are numbered from 1 so that a test can crash before, after, or in the middle of operation K for
 * every K.
 *
 * Inside and outside. The platform of a process may also be used outside any coroutine (a test
 * setting up a disk, reading results, or waiting in orx_loop_until, which then runs the world).
 * Such operations are never counted, delayed or failed, and their process is not ended by a crash.
 *
 * Killing. A killed coroutine is abandoned in the operation it was in: nothing is unwound, as with
 * SIGKILL. Its open files, locks, timers, shared memory and programs are taken back, but what its
 * code had allocated stays allocated. Under AddressSanitizer its stack is kept as a root for the
 * leak checker, so only real leaks are reported; tests that kill thousands of processes fork a
 * child per batch to get the memory back. SQLite: a kill happens only inside a platform operation,
 * where SQLite holds mutexes of that connection but no global one (shared cache, which takes one,
 * must be off); the connection is never touched again.
 *
 * Programs. argv[0]'s base name is looked up in the registry (orx_sim_program); the program is a
 * coroutine too, with standard input, output and the host's files, and may misbehave as it likes.
 * When the process that started it dies, its lifeline closes and it is stopped.
 *
 * Threads: one per simulation; simulations are independent of each other.
 */
#ifndef ORX_PLATFORM_SIM_SIM_H
#define ORX_PLATFORM_SIM_SIM_H

#include "base/str.h"
#include "platform/module.h"
#include "platform/platform.h"

typedef struct orx_sim orx_sim;
typedef struct orx_sim_host orx_sim_host;
typedef struct orx_sim_prog orx_sim_prog;

/* Probabilities are in 1/10,000 per operation; 0 = never. */
typedef struct orx_sim_faults {
    uint32_t crash;       /* the host loses power at a durable operation */
    uint32_t kill;        /* the calling process alone is killed there (its disk writes survive) */
    uint32_t io_error;    /* an operation fails with ORX_E_IO; a write may be done in part */
    uint32_t no_space;    /* a write fails with ORX_E_NO_SPACE, done in part */
    uint32_t spawn_fails; /* a program cannot be started: an error, or ORX_PROC_NOT_STARTED */
    uint32_t clock_jump;  /* the wall clock jumps by up to +-10 days at a loop step */
    uint32_t slow;        /* an operation takes up to 2 s of virtual time */
    /* HTTP requests (sim/http.h) of the host's processes: */
    uint32_t http_refused; /* no connection */
    uint32_t http_reset;   /* the connection ends before a drawn part of the answer */
    uint32_t http_stall;   /* nothing comes any more from there on */
    uint32_t http_slow;    /* the answer begins up to a minute late */
} orx_sim_faults;

orx_sim *orx_sim_new(uint64_t seed);

/* Ends everything that still runs, as by SIGKILL, and frees all hosts and platforms. NULL is fine.
 */
void orx_sim_free(orx_sim *s);

/* Draws from the test's own generator: 0 .. bound-1 (bound 0 counts as 1). */
uint64_t orx_sim_draw(orx_sim *s, uint64_t bound);

/* Virtual nanoseconds since orx_sim_new. */
int64_t orx_sim_now(const orx_sim *s);

/* How often a file operation first lets another coroutine go on, in 1/10,000; the default is 1250.
 * Waiting lets others go on in any case. */
void orx_sim_set_preempt(orx_sim *s, uint32_t per_10000);

/* ---- Hosts and processes ------------------------------------------------------------------ */

/* Adds a host with an empty disk. The platform lives as long as the simulation;
 * orx_platform_free only closes what it holds. */
orx_sim_host *orx_sim_add_host(orx_sim *s, const char *name);
orx_platform *orx_sim_platform(orx_sim_host *h);

/* A further process on the same host: same disk and clock, identity of its own. It is ended by
 * kill faults and by orx_sim_crash_host. */
orx_platform *orx_sim_add_process(orx_sim_host *h);

/* Environment of the host's processes (not of programs, which get what they are given). NULL
 * removes the name. */
void orx_sim_set_env(orx_sim_host *h, const char *name, const char *value);
void orx_sim_set_faults(orx_sim_host *h, const orx_sim_faults *faults);

/* Starts fn(p, user) as a coroutine of the process p. Its return value is the exit code that
 * orx_sim_fate_of gives. When it returns, what the process still holds is closed. A process that
 * ended can be spawned again: it is then a new one with a pid and start time of its own. One
 * coroutine per process at a time. */
typedef int (*orx_sim_main)(orx_platform *p, void *user);
void orx_sim_spawn(orx_platform *p, orx_sim_main fn, void *user);

/* Runs until nothing can happen any more or virtual time (orx_sim_now) would pass until_ns (0 = no
 * bound). Returns false when coroutines still wait for something that will never come (a
 * deadlock); orx_sim_explain then says who waits for what. Not to be called from a coroutine. */
bool orx_sim_run(orx_sim *s, int64_t until_ns);
void orx_sim_explain(const orx_sim *s, orx_str *out);

/* NEW: never spawned. *ret_code (may be NULL) is set for RETURNED: the return value, and for
 * KILLED: minus the signal. */
typedef enum orx_sim_fate {
    ORX_SIM_NEW,
    ORX_SIM_RUNNING,
    ORX_SIM_RETURNED,
    ORX_SIM_KILLED
} orx_sim_fate;
orx_sim_fate orx_sim_fate_of(orx_platform *p, int *ret_code);

/* Sends a signal to a process: its watch (orx_watch_signals) sees TERM, INT, HUP and USR1; without
 * one, and by KILL, it ends there. Nothing happens when it does not run. */
void orx_sim_signal(orx_platform *p, int signum);

/* Lets ns pass for the calling process without running its callbacks: for code below the loop that
 * has to wait (SQLite's busy handler, a simulated git command). */
void orx_sim_pause(orx_platform *p, int64_t ns);

/* Makes the wall clock of the host jump. */
void orx_sim_jump_clock(orx_sim_host *h, int64_t ns);

/* ---- Crashes ------------------------------------------------------------------------------ */

/* Durable operations done so far by coroutines on the host's disk, and the plan to die at one of
 * them: op 1 is the first. Counted are create, write, truncate, sync, rename, unlink, mkdir, rmdir
 * and sync_dir, also when they fail. TORN does a drawn first part of a write; a sync
 * makes a drawn part durable (which is what a power loss before it does, too), and the others are
 * done or not. */
uint64_t orx_sim_durable_ops(const orx_sim_host *h);
typedef enum orx_sim_when { ORX_SIM_BEFORE, ORX_SIM_TORN, ORX_SIM_AFTER } orx_sim_when;

/* Every process of the host dies at operation op. power = lose unsynced bytes and names too and
 * boot again (machine crash): new boot id, monotonic clock and pids start over. Without power the
 * disk stays as the processes saw it. One plan at a time, the last one counts; op 0 = none. */
void orx_sim_crash_at(orx_sim_host *h, uint64_t op, orx_sim_when when, bool power);

/* Only the process that does operation op dies (SIGKILL). */
void orx_sim_kill_at(orx_sim_host *h, uint64_t op, orx_sim_when when);

/* Now. From inside a coroutine of that host it does not return. */
void orx_sim_crash_host(orx_sim_host *h, bool power);

/* ---- The trace ---------------------------------------------------------------------------- */

/* A digest of everything the scheduler did so far: equal for two runs of one seed. */
void orx_sim_trace_hash(const orx_sim *s, char out[65]);

/* Calls fn for every step that enters the digest: what, and up to two numbers. For finding the
 * first step where two runs part. NULL = off. */
typedef void (*orx_sim_trace_fn)(const char *what, uint64_t a, uint64_t b, void *user);
void orx_sim_trace(orx_sim *s, orx_sim_trace_fn fn, void *user);

/* ---- Disks -------------------------------------------------------------------------------- */

/* Paths are absolute. Missing parents of a link are made. */
void orx_sim_symlink(orx_sim_host *h, const char *target, const char *path);

/* Changes below path fail with ORX_E_DENIED (EROFS) while on. */
void orx_sim_set_read_only(orx_sim_host *h, const char *path, bool on);

/* orx_is_network_fs says yes for path and what is below. */
void orx_sim_set_network(orx_sim_host *h, const char *path, bool on);

/* Writing fails with ORX_E_NO_SPACE once files hold this many bytes (4 KiB pages); 0 = no limit. */
void orx_sim_set_capacity(orx_sim_host *h, uint64_t bytes);
uint64_t orx_sim_used_bytes(const orx_sim_host *h);

/* Makes everything on the disk durable, as after a long rest. */
void orx_sim_settle(orx_sim_host *h);

/* ---- Modules ------------------------------------------------------------------------------ */

/* Registers an exported function of the module at an absolute path, on every host: plugins are
 * linked into a simulation. The first call for a path makes the module known. */
void orx_sim_module(orx_sim *s, const char *path, const char *symbol, orx_module_fn fn);

/* ---- Programs ----------------------------------------------------------------------------- */

/* The return value is the exit code (0 .. 255). */
typedef int (*orx_sim_program_fn)(orx_sim_prog *prog, void *user);
/* Registers the program that runs whenever argv[0]'s base name is `name`, on every host. */
void orx_sim_program(orx_sim *s, const char *name, orx_sim_program_fn fn, void *user);

/* For use inside a program. argv beyond the end and unset variables are NULL. */
int orx_sim_argc(const orx_sim_prog *prog);
const char *orx_sim_argv(const orx_sim_prog *prog, int i);
const char *orx_sim_getenv(const orx_sim_prog *prog, const char *name);
const char *orx_sim_cwd(const orx_sim_prog *prog);
/* The program's own process: files of the host (relative paths start at its working directory),
 * loop, and programs of its own, which are stopped when it ends. */
orx_platform *orx_sim_prog_platform(orx_sim_prog *prog);
/* Reads standard input to its end. */
void orx_sim_read_input(orx_sim_prog *prog, orx_str *out);
/* Waits for input and takes up to len bytes; 0 = end. */
size_t orx_sim_read_some(orx_sim_prog *prog, void *buf, size_t len);
/* Writes to ORX_STDOUT or ORX_STDERR, or to ORX_NOTES if it was opened; waits while 64 KiB are
 * unread. The reader gets the bytes in pieces drawn from the seed. */
void orx_sim_print(orx_sim_prog *prog, int stream, orx_view bytes);
void orx_sim_printf(orx_sim_prog *prog, int stream, const char *fmt, ...) ORX_PRINTF(3, 4);
void orx_sim_sleep(orx_sim_prog *prog, int64_t ns);
/* TERM, INT, HUP and USR1 end a program at once unless it traps them: then they only make
 * orx_sim_stopping true and cut the sleep short that it is in (that one, not later ones). KILL
 * always ends it. */
void orx_sim_trap(orx_sim_prog *prog, bool on);
/* True once somebody asked this program to stop; a well-behaved one returns then. */
bool orx_sim_stopping(const orx_sim_prog *prog);
/* Ends the program by a signal, as a crash of its own would. Does not return. */
_Noreturn void orx_sim_die(orx_sim_prog *prog, int signum);
/* What its result will say it used. */
void orx_sim_use(orx_sim_prog *prog, int64_t cpu_ns, int64_t rss_bytes);
/* From the program's own stream. */
uint64_t orx_sim_prog_draw(orx_sim_prog *prog, uint64_t bound);

#endif

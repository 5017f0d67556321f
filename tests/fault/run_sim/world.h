/* world.h: a whole root on a simulated machine - configuration, queue, repository, agent, checks -
 * runners that are started on it again and again, and what must hold however they ended. */
#ifndef ORX_TEST_FAULT_RUN_SIM_WORLD_H
#define ORX_TEST_FAULT_RUN_SIM_WORLD_H

#include "platform/sim/sim.h"
#include "run/run.h"

#define ROOT "/srv/project"
#define REPO "/srv/repo"

/* How one start of a runner ended, kept in memory that no crash touches. */
typedef struct run_end {
    bool finished;   /* orx_runner_run returned 0 */
    orx_run_end end; /* then why */
    orx_err err;     /* else what failed */
} run_end;

/* Tasks, and what must become of each. long: seven tasks with dependencies, ten attempts. short:
 * four tasks that still take every path - success, the agent's own commit, a failed check and a
 * retry, the end of all attempts, waiting for what will not come - for tests that run it thousands
 * of times. */
typedef struct run_queue run_queue;
extern const run_queue run_queue_long;
extern const run_queue run_queue_short;

typedef struct run_world {
    const run_queue *queue;
    orx_sim *sim;
    orx_sim_host *host;
    orx_platform *p; /* the process of the runners */
    run_end last;
    bool planted; /* a fault of the agent's: now and then it delivers its work itself, too */
} run_world;

/* A machine with everything in place and durable. Nothing runs yet. In memory of its own, because
 * programs point at it. */
run_world *run_world_new(uint64_t seed, const run_queue *queue);
void run_world_free(run_world *w);

/* Starts a runner in the process of the runners and lets the world go until it ended. False when
 * the world stands still before that. */
bool run_world_run(run_world *w);

/* Looks at what is there as another process and says what is wrong; NULL = every task has the state
 * it must have, every delivered one exactly one commit, chains verify, state.json agrees, the
 * working tree is clean. lenient: tasks that may fail by bad luck may be blocked. The text lives
 * until the next call. */
const char *run_world_problem(run_world *w, bool lenient);

/* The journal as another process opens it; NULL = it cannot be. */
orx_store *run_world_look(run_world *w, orx_platform **ret_p);

/* All events as text, every column, and the hash of the last. */
void run_world_events(run_world *w, orx_str *ret_text);

/* How many tasks are done; -1 when it cannot be told. */
int64_t run_world_done(run_world *w);

#endif

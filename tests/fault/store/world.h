/* world.h: a journal on a simulated disk, a workload whose acknowledged steps are remembered
 * outside of it, and what must hold however the workload ended. */
#ifndef ORX_TEST_FAULT_STORE_WORLD_H
#define ORX_TEST_FAULT_STORE_WORLD_H

#include "platform/sim/sim.h"
#include "store/store.h"

/* The root on a simulated disk. */
#define ROOT "/srv/project"

extern const orx_store_room *const box_rooms[];

/* What a workload did, kept in memory that no crash touches. */
typedef struct job {
    const char *root; /* NULL = ROOT */
    const char *origin;
    int steps;
    int acked;                  /* commits that returned */
    bool opened;                /* orx_store_open returned */
    bool done;                  /* came to its end */
    bool patient;               /* goes on after an error instead of returning */
    int64_t pause_ns;           /* between steps; 0 = 3 s of the simulation's time now and then */
    void (*on_ack)(void *user); /* may be NULL */
    void *user;
    int errors;
    orx_err err;
} job;

/* An orx_sim_main: opens the journal and commits `steps` numbered boxes with their events, with
 * notes, large bodies and flushes between them. user is a job. */
int work(orx_platform *p, void *user);

/* Opens the journal as another process and says what is wrong: NULL = everything acknowledged is
 * there, at most `extra` unacknowledged steps more, chains verify, projections agree, nothing was
 * taken for foreign. The text lives until the next call. */
const char *problem(orx_platform *p, const char *root, int acked, int extra);

#endif

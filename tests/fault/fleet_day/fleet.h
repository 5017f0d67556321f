/* fleet.h: 32 lanes of one root on a simulated machine, for a day and a bit: runners that are
 * started again whenever they ended, agents that work, fail, are turned away or die in silence,
 * processes that are killed, and a machine that loses power. */
#ifndef ORX_TEST_FLEET_DAY_FLEET_H
#define ORX_TEST_FLEET_DAY_FLEET_H

#include "platform/sim/sim.h"
#include "run/run.h"
#include "truth.h"

enum { LANES = 32 };

/* A day in Berlin, as the tz database has it. Wall times in ns. */
typedef struct day {
    const char *name;
    int64_t begin; /* midnight */
    int64_t end;   /* the next one */
    int64_t noon;
} day;

typedef struct fleet fleet;

typedef struct lane {
    fleet *all;
    char name[16];
    char dir[32];
    orx_platform *p;
    int starts;
    int stops; /* ended because of the budget */
    orx_run_end end;
    bool finished;
    orx_err err;
} lane;

struct fleet {
    const day *day;
    orx_sim *sim;
    orx_sim_host *host;
    orx_platform *desk;    /* a process that only looks */
    orx_platform *outside; /* of another machine: its time passes whatever happens here */
    lane lanes[LANES];
    truth truth;
    int kills;
    int crashes;
};

/* The day's cap in USD, whole. */
#define FLEET_CAP INT64_C(500)

/* Before the day begins. In memory of its own. */
fleet *fleet_new(uint64_t seed, const day *d);
void fleet_free(fleet *f);

/* Three hours, in which every lane makes two attempts. False when the day and three hours behind it
 * are over. A runner that works costs the simulation time for each second, so each works for less
 * than a minute of them. */
bool fleet_step(fleet *f);

/* One more attempt of each lane, in which nothing goes wrong; then nobody is there any more. */
void fleet_rest(fleet *f);

/* The journal as another process opens it; to be closed before time goes on. */
orx_store *fleet_look(fleet *f);

int64_t fleet_now(fleet *f);

#endif

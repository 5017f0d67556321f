/* sim.h: a simulated host with a journal, a keeper and programs that behave badly. */
#ifndef ORX_TEST_UNIT_SIM_H
#define ORX_TEST_UNIT_SIM_H

#include "platform/files.h"
#include "platform/loop.h"
#include "platform/proc.h"
#include "platform/sim/sim.h"
#include "unit/keeper.h"

#include "test.h"

#include <stdlib.h>
#include <string.h>

#define ROOT "/srv/root"

typedef struct world {
    orx_sim *sim;
    orx_sim_host *host;
    orx_platform *p;
    orx_store *store;
    orx_keeper *k;
    orx_secrets secrets;
    orx_arena arena; /* of specs */
    orx_err err;
    int launches;    /* of every program */
    int64_t last_ns; /* virtual time of the last one */
    int64_t gap_ns;  /* between the last two */
    int64_t pid;     /* of the last one */
    int64_t start;
    bool doubled; /* a program began while the one before was there */
    bool work;    /* what work() says */
    int signals;  /* drain signals that programs saw */
    /* The cgroups of keepers, as orx_keeper_setup has them; NULL = none. */
    const char *groups;
    bool memory_groups;
    bool tasks_groups;
    char problem[512];
    int problems;
    char history[4096]; /* "unit:state " ... */
} world;

/* Programs: steady (ready, shows progress, ends when asked), fails (exit 7 after a second), crashes
 * (ready, signal 11 after a second), hangs (ready, then nothing), mute (never ready), stubborn
 * (ready, shows progress, ignores what it can), idler (exit 4), final (exit 125), homeless (fails
 * for want of ROOT/repo, then as idler), messy (fails while ROOT/tree/mine is there, then as
 * idler), beats (ready, progress by the file ROOT/beat only), talks (prints a secret in two
 * pieces). */
void world_open(world *w, uint64_t seed);
void world_close(world *w);

/* A spec whose program is `program`, with policies that tests know. */
orx_unit_spec unit_of(world *w, const char *name, const char *program);

/* A keeper with these units, begun. ends with a NULL name. */
void keep(world *w, const orx_unit_spec *specs);

/* Ends the keeper in good order. */
void leave(world *w);

/* Lets time pass. */
void pass(world *w, int64_t ns);

orx_unit_view look(world *w, const char *unit);
void expect_state(world *w, const char *unit, orx_unit_state state);
void ask(world *w, const char *unit, orx_unit_event wish);

/* Lets time pass until the unit is in that state, at most an hour. */
void await(world *w, const char *unit, orx_unit_state state);

/* The content of a file, "" when there is none; to be freed. */
char *content(world *w, const char *path);

#endif

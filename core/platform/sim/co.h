/* co.h: coroutines, each on a stack of its own.
 *
 * One orx_sim_cos per simulation holds the stacks and the side everybody returns to. The owner
 * enters a coroutine; the coroutine runs until it leaves or ends; coroutines never switch to each
 * other. Stacks are mapped with a guard page below, so an overflow faults instead of corrupting a
 * neighbour, and are reused.
 *
 * A coroutine can be dropped while it has left. Its frames are then abandoned: nothing in them
 * runs again, and what only they point to is lost. AddressSanitizer is told about every switch and
 * keeps a copy of an abandoned stack, from which its leak checker sees that memory as still in use.
 *
 * Threads: one.
 */
#ifndef ORX_PLATFORM_SIM_CO_H
#define ORX_PLATFORM_SIM_CO_H

#include "base/vec.h"
#include "platform/sim/switch.h"

#include <stdbool.h>

typedef void (*orx_sim_co_fn)(void *arg);

typedef enum orx_sim_co_state {
    ORX_SIM_CO_NEW,
    ORX_SIM_CO_BEGUN,
    ORX_SIM_CO_DONE,
    ORX_SIM_CO_DOOMED /* entered only to give back what the sanitizer holds for it */
} orx_sim_co_state;

typedef struct orx_sim_co {
    orx_sim_ctx ctx;
    void *stack; /* lowest usable byte */
    orx_sim_co_fn fn;
    void *arg;
    orx_sim_co_state state;
    void *fake; /* the sanitizer's fake stack while not running */
} orx_sim_co;

typedef struct orx_sim_cos {
    orx_sim_ctx outside;
    orx_sim_co *current; /* NULL = outside */
    ORX_VEC(void *) spare;
    ORX_VEC(orx_sim_co *) dropped; /* by a coroutine; released by orx_sim_cos_sweep */
    const void *outside_stack;     /* known to the sanitizer only */
    size_t outside_size;
    void *outside_fake;
} orx_sim_cos;

/* A coroutine that will run fn(arg) when first entered. */
orx_sim_co *orx_sim_co_new(orx_sim_cos *cs, orx_sim_co_fn fn, void *arg);

/* From outside: runs co until it leaves or ends. */
void orx_sim_co_enter(orx_sim_cos *cs, orx_sim_co *co);

/* From inside: goes back outside until entered again. */
void orx_sim_co_leave(orx_sim_cos *cs);

/* From inside: ends this coroutine where it is. */
_Noreturn void orx_sim_co_abandon(orx_sim_cos *cs);

/* Releases a coroutine that is not running, ended or not. Inside another coroutine the release
 * waits for orx_sim_cos_sweep. */
void orx_sim_co_drop(orx_sim_cos *cs, orx_sim_co *co);

/* From outside: releases what was dropped inside. */
void orx_sim_cos_sweep(orx_sim_cos *cs);

/* Frees the spare stacks. */
void orx_sim_cos_free(orx_sim_cos *cs);

/* Tells the leak checker that p is in use, though only an abandoned coroutine knew it. NULL is
 * fine.
 */
void orx_sim_keep(void *p);

#endif

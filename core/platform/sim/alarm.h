/* alarm.h: what happens at a moment of virtual time.
 *
 * A binary heap of alarms owned by others (a timer, a sleep, a deadline), ordered by due time, then
 * by the order they were set: never by address. Setting and cancelling cost log n, asking for the
 * next one nothing.
 *
 * Threads: one.
 */
#ifndef ORX_PLATFORM_SIM_ALARM_H
#define ORX_PLATFORM_SIM_ALARM_H

#include "base/vec.h"

#include <stdbool.h>
#include <stdint.h>

typedef struct orx_sim_alarm {
    int64_t due;
    uint64_t seq;
    size_t at; /* position in the heap + 1; 0 = not set */
    void (*fire)(struct orx_sim_alarm *a);
} orx_sim_alarm;

typedef struct orx_sim_alarms {
    ORX_VEC(orx_sim_alarm *) heap;
    uint64_t seq;
} orx_sim_alarms;

/* Sets a (again, when it is set already) to go off at due. */
void orx_sim_alarm_set(orx_sim_alarms *all, orx_sim_alarm *a, int64_t due);

/* Takes a out; one that is not set stays so. */
void orx_sim_alarm_cancel(orx_sim_alarms *all, orx_sim_alarm *a);

/* The earliest, or NULL. */
static inline orx_sim_alarm *orx_sim_alarm_first(const orx_sim_alarms *all) {
    return all->heap.len ? all->heap.items[0] : NULL;
}

void orx_sim_alarms_free(orx_sim_alarms *all);

#endif

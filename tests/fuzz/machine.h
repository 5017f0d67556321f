/* machine.h: a platform without a world: programs that say what they are told to, one timer. */
#ifndef ORX_FUZZ_MACHINE_H
#define ORX_FUZZ_MACHINE_H

#include "platform/loop.h"
#include "platform/proc.h"

#include "fuzz.h"

#define MACHINE_PROGRAMS 16

typedef struct machine {
    orx_platform base; /* first */
    int64_t now;
    struct machine_program *programs[MACHINE_PROGRAMS]; /* NULL = free */
    orx_timer_fn alarm;
    void *alarm_user;
} machine;

void machine_init(machine *m);

/* Whether program number i (in the order of their starts) exists and nobody asked it to end. */
bool machine_alive(const machine *m, size_t i);

/* The first program says something. */
void machine_output(machine *m, orx_stream stream, orx_view bytes);

/* The timer, if there is one, fires. */
void machine_fire(machine *m);

/* Every program ends: stopped if that was asked for, by itself otherwise. */
void machine_end_all(machine *m);

/* Aborts when a program or a timer is left. */
void machine_check_left(const machine *m);

#endif

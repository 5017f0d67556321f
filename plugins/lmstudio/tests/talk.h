/* talk.h: the driver as built, in the host's job machine, with a network that is a script.
 *
 * The replies are given in advance; what the driver sent is kept. What it says is kept as text, one
 * line per event:
 *
 *   answer+ TEXT   thought+ TEXT   (without "+": in one piece)
 *   call ID NAME ARGUMENTS
 *   usage KEY in=1 read=2 out=3 reason=4 by=1 asked=M answered=M
 *   probe READY PROGRAM VERSION
 *   model ID loaded=1 context=2 size=4 family=F abilities=5
 *   vector INDEX COUNT FIRST
 */
#ifndef TALK_H
#define TALK_H

#include "platform/http.h"
#include "plugin/job.h"

#include "test.h"

/* One reply. body is cut into two pieces at `cut` (0 = one piece). */
typedef struct reply {
    int status; /* 0 = none: no head is told */
    const char *body;
    const char *retry_after;
    orx_http_end end;
    size_t cut;
} reply;

typedef struct talk {
    orx_platform *p;
    orx_plugins *all;
    orx_arena arena;
    orx_instance *instance;
    char dir[64];
    const reply *replies; /* NULL: the real network */
    size_t reply_count;
    size_t asked;
    orx_str sent;   /* "METHOD URL\nname: value\n\nbody\n" of every request */
    orx_str bodies; /* the bodies, one per line */
    orx_str events;
    orx_job_result result;
    const struct orx_http_ops *real;
} talk;

int talk_setup(void **state);
int talk_teardown(void **state);

/* The instance with these settings (YAML), in place of the one before. */
void talk_instance(talk *t, const char *settings);
/* The message when they are refused. */
const char *talk_refused(talk *t, const char *settings);

/* Runs an op with these replies, which must all be used. */
const orx_job_result *talk_op(talk *t, int32_t op, const void *args, const reply *replies,
                              size_t count);

/* TURN with one user message "Say hello." to model "m". */
extern const orxaq_turn_args talk_turn_args;
const orx_job_result *talk_turn(talk *t, const reply *r);

/* Asserts on the kind, showing the message. */
void talk_expect(const talk *t, int32_t kind);

#endif

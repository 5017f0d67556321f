/* orxaq/job.h: the job machine, the one way in which plugins get things done.
 *
 * Every capability with effects (provider, sink) is driven the same way. The host opens a job for
 * one op and turns the crank:
 *
 *     open(op, args) ----> next() --EFFECT--> the host starts it, calls next() again
 *                            |  ^
 *                            |  '-- feed() <-- the host, whenever something happened
 *                          WAIT
 *                            |
 *                          DONE ----> close()
 *
 *   - next answers EFFECT (one was filled in), WAIT (nothing to do until the next feed) or DONE. A
 *     negative code means the driver gives up; explain it through the log service.
 *   - WAIT is legal only while an exec, http or append effect is unfinished: nothing else could
 *     ever wake the job. The host calls next again after each feed.
 *   - Before DONE the driver has given exactly one outcome event (event.h). A job that ends without
 *     one is a fault of the driver, reported as such.
 *   - DONE while effects are unfinished is legal; the host stops them first.
 *   - cancel says that the host wants the job to end. It may come at any time, once. The host still
 *     calls next until WAIT or DONE, so that a driver may write a polite "interrupt" to a program;
 *     new execs and requests are refused from then on. Then the host stops what runs and feeds the
 *     EXITs. No outcome is required after cancel.
 *   - close comes once, last, in every case, also straight after open. It frees the job.
 *
 * Deadlines are the host's; a driver keeps no clock. Retries are the host's too: a driver reports
 * what happened once, in the outcome's kind, and never tries again on its own.
 *
 * Misbehaviour is bounded: at most 8 unfinished effects at a time, 4,096 in a job, 1,024 answers
 * EFFECT in a row without a feed. Beyond that, or with an effect that breaks a rule of effect.h,
 * the host ends the job with a protocol error that names the plugin.
 *
 * A driver is therefore a codec without time, files or processes: its tests open a job, call next,
 * feed recorded frames and look at the events.
 */
#ifndef ORXAQ_JOB_H
#define ORXAQ_JOB_H

#include <orxaq/effect.h>
#include <orxaq/event.h>
#include <orxaq/feed.h>

/* Answers of next; negative codes as in abi.h. */
enum { ORXAQ_NEXT_DONE = 0, ORXAQ_NEXT_WAIT = 1, ORXAQ_NEXT_EFFECT = 2 };

/* Why a job is cancelled. */
enum {
    ORXAQ_CANCEL_ASKED = 1,   /* an operator or a shutdown */
    ORXAQ_CANCEL_DEADLINE = 2 /* the time or the money for the call is used up */
};

/* The five functions. `op` and the type of `args` are defined by the capability (provider.h,
 * sink.h). args and everything it points to live until close [job]; so does events. */
typedef struct orxaq_job {
    uint32_t struct_size;
    uint32_t reserved;
    /* ORXAQ_E_UNSUPPORTED for an op that was not announced. On failure nothing is left behind. */
    int32_t (*open)(void *instance, int32_t op, const void *args, const orxaq_events *events,
                    void **ret_job);
    int32_t (*next)(void *job, orxaq_effect *effect);
    /* 0, or a negative code when the driver cannot go on. */
    int32_t (*feed)(void *job, const orxaq_feed *feed);
    void (*cancel)(void *job, int32_t reason);
    void (*close)(void *job);
} orxaq_job;

#endif

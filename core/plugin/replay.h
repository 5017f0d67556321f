/* replay.h: a job fed from a record instead of by the world.
 *
 * A driver is a codec without time, files or processes (sdk/include/orxaq/job.h), so feeding it the
 * same bytes in the same order makes it say the same again, unless the driver has changed. That is
 * what a replay is for: does today's driver read what was recorded then (orx_job_tap) as it was
 * read then?
 *
 * Set `replay` in the spec of a job and start it as always. Nothing is run, requested or written:
 * each effect that the driver asks for is looked up in the source, which knows what was fed right
 * then (mostly START). Whenever the driver waits, the caller hands over the next thing recorded
 * with the functions below, and says at last that there is no more; the job is done then. Ids are
 * those that the driver gives now.
 *
 * Threads: the platform's thread.
 */
#ifndef ORX_PLUGIN_REPLAY_H
#define ORX_PLUGIN_REPLAY_H

#include "plugin/job.h"

typedef struct orx_replay_source {
    /* The driver asks for this effect. 1: *ret_feed is what it was fed at once (its effect member
     * is set here). 0: nothing was fed at once. Negative: nothing like it is recorded at this
     * point; err says so, and the job ends with it. The feed's views are valid until the next call.
     */
    int (*perform)(void *user, const orxaq_effect *effect, orxaq_feed *ret_feed, orx_err *err);
    void *user;
} orx_replay_source;

/* A feed that is no FRAME. EXIT and ERROR finish the effect. One for an effect that is not
 * unfinished is left out. */
void orx_replay_feed(orx_job *job, const orxaq_feed *feed);

/* Bytes of a program or an answer: framed, then fed. */
void orx_replay_bytes(orx_job *job, uint32_t effect, int32_t stream, orx_view bytes,
                      int64_t elapsed_ns);

/* Bytes are missing here: every stream goes on with its next whole record. */
void orx_replay_gap(orx_job *job);

/* The record ends; the job is done when this returns. Without an outcome by then it ends with kind
 * CRASHED. */
void orx_replay_end(orx_job *job);

#endif

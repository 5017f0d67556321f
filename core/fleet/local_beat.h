/* local_beat.h: keeping the model servers on other machines warm.
 *
 * A server that is not asked for an hour unloads its model, and the next task waits for minutes. So
 * each server that is not on this machine is asked for one word now and then, and has to say it.
 * A server that works for us is warm and left alone; one without a loaded model is told and not
 * made to load one, since that may evict what somebody else uses (`sync` loads).
 *
 * Threads: the platform's thread; runs the loop.
 */
#ifndef ORX_FLEET_LOCAL_BEAT_H
#define ORX_FLEET_LOCAL_BEAT_H

#include "fleet/local_models.h"

typedef struct orx_local_beat {
    const char *const *only; /* ids; NULL-terminated, none = all that are on other machines */
    int64_t timeout_ns;
    int64_t max_tokens;
} orx_local_beat;

/* Whether an endpoint is on, on another machine, and wanted. */
bool orx_local_is_remote(const orx_local_beat *b, const orx_local_endpoint *e);

/* One round: [K] a row for each such endpoint, in their order. *ret_well: all of them are warm. */
orx_node *orx_local_beat_rows(orx_local_work *w, const orx_local_beat *b, bool *ret_well);

#endif

/* pace.h: what calls of a route cost per time.
 *
 * Many programs report what they used only when they are done. Until then the clock is all there is
 * to go by: a call that has taken twice as long as others did has probably cost twice as much. So
 * while a call in flight has reported nothing, its cost is taken to be the time it has taken, at
 * the pace of the newest calls of its provider and model; a machine of one's own is paid for by
 * time anyway. Calls that were booked at what had been reserved for them tell no pace, since nobody
 * knows what they cost.
 *
 * It is a guess and is used as one: it asks for a larger reservation in time, and never reaches the
 * books.
 *
 * Threads: as the store.
 */
#ifndef ORX_RUN_PACE_H
#define ORX_RUN_PACE_H

#include "money/meter.h"
#include "store/store.h"

typedef struct orx_pace {
    int64_t cost; /* nano-USD ... */
    int64_t ns;   /* ... in so much time; 0 = nobody knows */
} orx_pace;

/* Of a call of this model, as it was asked, that began then (wall time). What cannot be read is not
 * known. */
orx_pace orx_pace_of(orx_store *s, const orx_meter *meter, const char *model, int64_t begun_ns);

/* What a call comes to that has taken so long; -1 = nobody knows. Never more than is believed of
 * any price (ORX_RATE_MAX). */
int64_t orx_pace_cost(const orx_pace *pace, int64_t ns);

#endif

/* rate.h: money that goes much faster than it did.
 *
 * The last five minutes of a lane are compared with its last hour. It is an alarm when, taken as
 * USD per hour, they are more than three times as dear and more than one USD. A rate needs two
 * calls in the five minutes and one before them: a lane that begins anew, or makes a dear call now
 * and then, goes at no rate that could have risen.
 *
 * Threads: as the store.
 */
#ifndef ORX_MONEY_RATE_H
#define ORX_MONEY_RATE_H

#include "store/store.h"

typedef struct orx_rate {
    int64_t now;    /* nano-USD per hour, by the last five minutes */
    int64_t before; /* by the last hour, those included */
    bool alarm;
} orx_rate;

/* Calls whose cost nobody knows count as calls and add nothing. Both figures are 0 while all lanes
 * together spend too little for an alarm. */
int orx_rate_of(orx_store *s, const char *lane, orx_rate *ret_rate, orx_err *err);

#endif

/* override.h: a person's word that a cap may be passed for a while.
 *
 * An override adds an amount to the caps of one setting ("budget.daily", "caps.night.monthly") from
 * now until it expires. It says who gave it and why. It is written together with the event
 * budget.override, so that it is in the chained journal, and is never changed: it expires, or is
 * revoked, which is an event, too. Runs that wait see it at their next look.
 *
 * Threads: as the store.
 */
#ifndef ORX_MONEY_OVERRIDE_H
#define ORX_MONEY_OVERRIDE_H

#include "base/arena.h"
#include "base/err.h"
#include "store/store.h"

#define ORX_OVERRIDE_TEXT 500                             /* bytes of a person or a reason */
#define ORX_OVERRIDE_MOST (INT64_C(1000000) * 1000000000) /* nano-USD of one */

typedef struct orx_override {
    int64_t id;
    const char *key; /* the setting whose caps it adds to */
    int64_t amount;  /* nano-USD, more than 0 */
    const char *person;
    const char *reason;
    int64_t at_ns;    /* when it was given */
    int64_t until_ns; /* when it ends */
} orx_override;

/* Gives one; o->id and o->at_ns are filled in. Whether the setting exists the caller knows.
 * ORX_E_INVALID: an amount, an end or a text that cannot be. Outside a transaction. */
int orx_override_give(orx_store *s, orx_override *o, orx_err *err);

/* Takes one back. ORX_E_NOT_FOUND: there is none with this number that still holds. Outside a
 * transaction. */
int orx_override_revoke(orx_store *s, int64_t id, const char *person, orx_err *err);

/* What overrides add to a setting at the moment. */
int orx_override_of(orx_store *s, const char *key, int64_t *ret_amount, orx_err *err);

/* Those that hold at the moment, oldest first, in the arena. Returns how many. */
int orx_override_list(orx_store *s, orx_arena *arena, orx_override **ret_list, orx_err *err);

#endif

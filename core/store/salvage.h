/* salvage.h: a new journal from what is left of a damaged one: `orxaq project recover`.
 *
 * The damaged database (set aside as orxaq.db.damaged-TIME, see damage.c) is never changed: a copy
 * is read, row by row from both ends of every table and around what cannot be read. What was read
 * goes into a new database in state/recover, which takes its place only when it is complete:
 *
 *     rc = orx_salvage_begin(p, root, origin, rooms, &sv, err);  1 = there is something to do
 *     ... more is put into orx_salvage_store(sv) by those who know other sources ...
 *     rc = orx_salvage_finish(sv, err);                          the new journal is in place
 *     orx_salvage_free(sv);
 *
 * A crash before the end leaves everything as it was, and the same can be done again. While it goes
 * on the lock file says "damaged", so nobody opens a journal here.
 *
 * Events keep their number, time and hash. The chain can be checked only from behind the last event
 * that is missing or wrong: events up to there go to state/segments, where all old ones go, and the
 * rest stays in the journal. The event journal.recovered says what was lost; its number is above
 * every number that was ever committed.
 *
 * Threads: as the store.
 */
#ifndef ORX_STORE_SALVAGE_H
#define ORX_STORE_SALVAGE_H

#include "base/vec.h"
#include "store/store.h"

typedef struct orx_salvage orx_salvage;

typedef struct orx_salvage_range {
    int64_t first;
    int64_t last;
} orx_salvage_range;

/* A table of which not every row could be read. */
typedef struct orx_salvage_table {
    const char *name;
    int64_t rows; /* that were read */
    bool gone;    /* it could not even be found */
} orx_salvage_table;

typedef struct orx_salvage_report {
    const char *found;  /* what is wrong, for a person; NULL = the journal is sound */
    const char *source; /* the damaged file; NULL = there is none, only other sources */
    int64_t events;     /* read from it */
    int64_t wrong;      /* of its events left out: their hash does not fit */
    int64_t exported;   /* moved to state/segments */
    int64_t last;       /* number of the newest event that is left, 0 = none */
    int64_t committed;  /* number of the newest that was ever committed, as far as known */
    ORX_VEC(orx_salvage_range) lost;   /* numbers of events that are nowhere any more */
    ORX_VEC(orx_salvage_table) tables; /* damaged ones */
} orx_salvage_report;

/* Looks at the journal of a root whose runners are all stopped. 0 = it is sound, or there is none
 * (then *ret_salvage is untouched); 1 = it is damaged and what could be read is in a new one.
 * *ret_events, of a sound one, may be NULL. */
int orx_salvage_begin(orx_platform *p, const char *root, const char *origin,
                      const orx_store_room *const *rooms, int64_t *ret_events,
                      orx_salvage **ret_salvage, orx_err *err);

/* The new journal, open for writing. Its projections are not written. */
orx_store *orx_salvage_store(orx_salvage *sv);

const orx_salvage_report *orx_salvage_report_of(const orx_salvage *sv);

/* Whether rows of this table may be missing. */
bool orx_salvage_damaged(const orx_salvage *sv, const char *table);

/* Whether the newest changes may be missing: the damaged file ended too early, or was not there. */
bool orx_salvage_old(const orx_salvage *sv);

/* Writes journal.recovered with `more` (an object, or NULL) in its body, and puts the new journal
 * in place. */
int orx_salvage_finish(orx_salvage *sv, const orx_node *more, orx_err *err);

/* NULL is fine. */
void orx_salvage_free(orx_salvage *sv);

#endif

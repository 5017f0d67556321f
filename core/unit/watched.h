/* watched.h: what may mean work for a unit that has none.
 *
 * A runner without work ends; what it would find if it were started again shows in files that
 * changed since it began, and in events about tasks that others left in the journal.
 *
 * Threads: as the platform of the files.
 */
#ifndef ORX_UNIT_WATCHED_H
#define ORX_UNIT_WATCHED_H

#include "platform/files.h"
#include "store/store.h"

#define ORX_WATCHED_FILES 5

typedef struct orx_watched {
    orx_platform *p;
    const char *files[ORX_WATCHED_FILES]; /* NULL = none; must outlive it */
    orx_file_info seen[ORX_WATCHED_FILES];
} orx_watched;

/* From now on only what changes after this counts. */
void orx_watched_begin(orx_watched *w);

/* Whether one of them changed, came or went since. */
bool orx_watched_changed(orx_watched *w);

/* Whether an event says that a queue is another than it was. */
bool orx_event_is_of_tasks(const orx_event_row *row);

#endif

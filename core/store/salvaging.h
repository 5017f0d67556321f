/* salvaging.h: what the files behind salvage.h share. */
#ifndef ORX_STORE_SALVAGING_H
#define ORX_STORE_SALVAGING_H

#include "store/internal.h"
#include "store/salvage.h"

struct orx_salvage {
    orx_platform *p;
    orx_arena arena;
    orx_store *shell; /* names and lock file of the root; no database */
    char *scratch;    /* the root of the new journal */
    orx_store *fresh; /* the new journal */
    sqlite3 *old;     /* the copy of the damaged one, or NULL */
    orx_vfs *vfs;     /* of the copy; simulation only */
    orx_salvage_report report;
};

/* salvage_read.c: opens a copy of the source, mending its header when that is what is broken. No
 * error when it cannot be read at all: then `old` stays NULL. */
int orx_salvage_open_copy(orx_salvage *sv, orx_err *err);

/* salvage_read.c: every readable row of every table of the new journal, into it. Inside a
 * transaction of it. */
int orx_salvage_copy_tables(orx_salvage *sv, orx_err *err);

/* salvage_events.c: sorts out the events that were copied: leaves out what is wrong, exports what
 * the chain cannot reach, sets its ends, finds out which are lost. Inside a transaction. */
int orx_salvage_events(orx_salvage *sv, orx_err *err);

#endif

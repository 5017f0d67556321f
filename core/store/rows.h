/* rows.h: shared by project_rows.c (appending), rows_found.c (the file as it is found),
 * rows_shared.c (a file of several writers) and rows_rebuild.c (writing anew). */
#ifndef ORX_STORE_ROWS_H
#define ORX_STORE_ROWS_H

#include "store/internal.h"

/* How much of a file's end is digested to know it again. */
#define ORX_ROWS_TAIL 4096

/* Digest of the last bytes (at most ORX_ROWS_TAIL) before size. */
int orx_rows_tail(orx_store *s, const char *path, int64_t size, uint8_t ret_sha[ORX_SHA256_LEN],
                  orx_err *err);

/* A transaction of its own that reports a foreign change. */
int orx_rows_report(orx_store *s, const orx_shown *item, const char *note, const char *kept,
                    orx_err *err);

typedef enum orx_rows_state { ORX_ROWS_READY, ORX_ROWS_FOREIGN } orx_rows_state;

/* Makes the file end where the next row belongs. `expected` is what will be appended. FOREIGN: what
 * we had written there is no longer there. */
int orx_rows_reconcile(orx_store *s, orx_shown *item, orx_shown_row *row, orx_view expected,
                       orx_rows_state *ret_state, orx_err *err);

/* Appends the lines of text to a file that others append to as well, without those that an append
 * of ours which was not committed left there, and fills row as it is to be stored. */
int orx_rows_join(orx_store *s, const orx_shown *item, orx_view text, orx_shown_row *row,
                  orx_err *err);

/* Stores the row if the lease is still ours, and reports a foreign change when there is a note. */
int orx_rows_commit(orx_store *s, orx_shown *item, const orx_shown_row *row, const char *note,
                    orx_err *err);

/* Ends a rewriting that was committed, but not yet moved into place when the process died. */
int orx_rows_finish(orx_store *s, orx_shown *item, orx_err *err);

#endif

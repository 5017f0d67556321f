/* records.h: all records of a root: what they take, and which are old enough to go.
 *
 * The journal knows the size of each record (call.record_bytes) and of all together (the counter
 * records.bytes), so that nothing has to be looked up on the disk: with 100,000 records a look
 * costs two rows. Records go oldest first, when they are older than recording.keep_days or all
 * together exceed recording.keep_bytes; one of an attempt that is not settled stays.
 *
 * Threads: as the store.
 */
#ifndef ORX_RUN_RECORDS_H
#define ORX_RUN_RECORDS_H

#include "config/config.h"
#include "store/store.h"

/* Inside a transaction: the record of a call has this size now; 0 = there is none. */
int orx_records_note(orx_store *s, int64_t call, int64_t bytes, orx_err *err);

/* After a crash: notes what is there of the calls of an attempt whose end nobody saw. */
int orx_records_found(orx_store *s, const orx_config *cfg, int64_t attempt, orx_err *err);

/* Removes what is too old or too much. A file that cannot be removed is left for the next time. */
int orx_records_prune(orx_store *s, const orx_config *cfg, orx_err *err);

/* The files of a record that are there: the first, then its parts in order; NULL-terminated, in the
 * arena. *ret_bytes is their size, may be NULL. */
int orx_record_files(orx_platform *p, const char *state_dir, int64_t attempt, int64_t call,
                     orx_arena *arena, char ***ret_paths, int64_t *ret_bytes, orx_err *err);

/* The calls of an attempt that have a record, by its name on the disk, in order and in the arena.
 * Returns how many. */
int orx_record_calls(orx_platform *p, const char *state_dir, int64_t attempt, orx_arena *arena,
                     int64_t **ret_calls, orx_err *err);

#endif

/* record_read.h: reading a record back (record.h says what is in it).
 *
 * Entries come one after the other, through all files of the record, with bounded memory: one entry
 * at a time. A record that breaks off (the process died while writing, power was lost) simply ends
 * there; orx_record_is_complete tells. Everything in it was input once, so nothing is believed.
 *
 *     rc = orx_record_open(p, state_dir, attempt, call, &reader, err);
 *     while ((rc = orx_record_next(reader, &entry, err)) == 1)
 *         ... entry.kind, entry.line, entry.data ...
 *     orx_record_close(reader);
 *
 * Threads: the platform's thread.
 */
#ifndef ORX_RUN_RECORD_READ_H
#define ORX_RUN_RECORD_READ_H

#include "data/doc.h"
#include "platform/platform.h"

typedef struct orx_record_reader orx_record_reader;

/* Valid until the next one is asked for. */
typedef struct orx_record_entry {
    const char *kind;     /* "begin", "out" ... */
    int64_t t;            /* nanoseconds since the beginning */
    const orx_node *line; /* the whole line */
    orx_view members;     /* its text behind k and t: what two lines are compared by */
    orx_view data;        /* the bytes behind it */
    int64_t gap;          /* bytes of output that are missing before this entry */
} orx_record_entry;

/* ORX_E_NOT_FOUND when the call left none, or it was removed. */
int orx_record_open(orx_platform *p, const char *state_dir, int64_t attempt, int64_t call,
                    orx_record_reader **ret_reader, orx_err *err);

/* 1 = an entry, 0 = no more. */
int orx_record_next(orx_record_reader *r, orx_record_entry *ret_entry, orx_err *err);

/* After the last entry: whether it was the end of the call. */
bool orx_record_is_complete(const orx_record_reader *r);

/* All bytes of output that are missing, known so far. */
int64_t orx_record_gap(const orx_record_reader *r);

/* NULL is fine. */
void orx_record_close(orx_record_reader *r);

/* The member of a line, "" or 0 when it has none. */
const char *orx_record_str(const orx_record_entry *e, const char *key);
int64_t orx_record_int(const orx_record_entry *e, const char *key);

#endif

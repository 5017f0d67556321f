/* orxaq/sink.h: the capability "orxaq.sink/1": somebody who wants to know.
 *
 * The host's journal is a sequence of events that explain every change of state. A sink gets those
 * it asked for, in batches, in order, and turns them into something else: lines in a file, rows for
 * another system. It is a job machine like a provider (job.h) with the single op FLUSH: the batch
 * comes in as arguments, the bytes go out as effects, usually one `append` per file. So a sink that
 * writes files and one that posts to a server differ only in the effect they return, and neither
 * can lose or mix bytes: the host writes.
 *
 * Delivery is at least once. When FLUSH ends with the outcome OK the host remembers the last
 * sequence number of the batch; otherwise it delivers the same events again later, perhaps in
 * another batch. A sink that must not repeat itself compares `seq`. A sink that fails never holds
 * up the work; the journal keeps the events until retention removes them.
 */
#ifndef ORXAQ_SINK_H
#define ORXAQ_SINK_H

#include <orxaq/job.h>

#define ORXAQ_SINK_1 "orxaq.sink/1"

enum { ORXAQ_OP_FLUSH = 1 };

/* One event. body is a JSON object, at most 4 KiB; schema is the revision of its shape. [job] */
typedef struct orxaq_record {
    uint32_t struct_size;
    int32_t schema;
    uint64_t seq; /* grows, with gaps where events were not asked for */
    int64_t wall_ns;
    orxaq_view kind; /* "call.exited", "attempt.settled" ... */
    orxaq_view origin;
    orxaq_view task;
    int64_t attempt; /* number of the attempt, 0 = none, likewise call */
    int64_t call;
    orxaq_view body;
} orxaq_record;

/* FLUSH. At most 1,000 records and 4 MiB at a time; never empty. */
typedef struct orxaq_flush_args {
    uint32_t struct_size;
    uint32_t record_count;
    const orxaq_record *records;
    orxaq_view files_dir; /* the job's private folder */
} orxaq_flush_args;

typedef struct orxaq_sink {
    uint32_t struct_size;
    uint32_t reserved;
    /* Whether this instance wants events of a kind: 1 or 0. Must answer the same for the same kind
     * as long as the instance lives. */
    int32_t (*wants)(void *instance, orxaq_view kind);
    const orxaq_job *job;
} orxaq_sink;

#endif

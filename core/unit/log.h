/* log.h: the log of one unit.
 *
 * What a unit prints arrives in pieces; a log holds lines, each with the time at which it was
 * complete in front:
 *
 *     [2026-01-31T12:00:00.123456+00:00] text
 *
 * so that `--since` needs no guess. Known secrets are blotted out before anything is written: a log
 * is read, copied and sent around. When the file is big or old enough it becomes FILE.1, FILE.1
 * becomes FILE.2, and so on up to `keep`; the rest is removed.
 *
 * A log never holds anything up. Lines that cannot be written (a full disk) are counted, and the
 * first line that can be written again says how many are missing. Nothing is synced.
 *
 * Threads: the platform's thread.
 */
#ifndef ORX_UNIT_LOG_H
#define ORX_UNIT_LOG_H

#include "platform/platform.h"
#include "run/secrets.h"

/* A line beyond this is cut into several. */
#define ORX_LOG_LINE_MAX ((size_t)64 << 10)

/* "[", the time, "] ": at most. */
#define ORX_LOG_STAMP_MAX 40

typedef struct orx_log_limits {
    int64_t max_bytes;  /* of one file; 0 = any size */
    int64_t max_age_ns; /* of its first line; 0 = any age */
    int64_t keep;       /* older files beside the present one */
} orx_log_limits;

typedef struct orx_log orx_log;

/* A log that appends to path, whose folder is made when missing. secrets may be NULL and must
 * outlive the log. Nothing is opened before the first line. */
orx_log *orx_log_new(orx_platform *p, const char *path, const orx_log_limits *limits,
                     const orx_secrets *secrets);

/* Bytes as they came: 1 and 2 for the two streams, whose lines are not mixed up. */
void orx_log_add(orx_log *log, int stream, orx_view bytes);

/* A line of our own. */
void orx_log_say(orx_log *log, const char *fmt, ...) ORX_PRINTF(2, 3);

/* Writes what is there of unfinished lines. */
void orx_log_flush(orx_log *log);

/* Flushes and releases. NULL is fine. */
void orx_log_free(orx_log *log);

/* The time of a line of a log; false when it begins with none. */
bool orx_log_time(orx_view line, int64_t *ret_ns);

#endif

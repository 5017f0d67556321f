/* orxaq/feed.h: what the host reports about an effect.
 *
 * For each exec, http and append effect the host feeds the job, in this order:
 *
 *   START   once, when the program or the request is on its way (not for append)
 *   HEAD    http only: `code` is the status; one more HEAD per header with `name` and `data`
 *   FRAME   one per record of a stream, in the order of arrival within that stream
 *   FILE    one per file of `after`, in the order asked, also when the file is missing
 *   EXIT    last: the effect is over; or instead, at any point,
 *   ERROR   last: the effect could not be performed or had to be given up
 *
 * The list of kinds may grow: a driver lets kinds pass that it does not know.
 *
 * So a driver collects, and judges at EXIT with everything in its hands. Exit status is advice, not
 * truth: agent programs end with 0 after failures. A driver calls a run a success only when it has
 * seen the final record that its program writes.
 *
 * Views in a feed are valid during the call [call].
 */
#ifndef ORXAQ_FEED_H
#define ORXAQ_FEED_H

#include <orxaq/view.h>

enum {
    ORXAQ_FEED_START = 1,
    ORXAQ_FEED_HEAD = 2,
    ORXAQ_FEED_FRAME = 3,
    ORXAQ_FEED_FILE = 4,
    ORXAQ_FEED_EXIT = 5,
    ORXAQ_FEED_ERROR = 6
};

/* Standard output or the body of an answer; standard error. */
enum { ORXAQ_STREAM_OUT = 1, ORXAQ_STREAM_ERR = 2 };

/* Marks on a feed. */
enum {
    ORXAQ_FEED_CUT = 1,    /* FRAME, FILE: longer than allowed, the rest was thrown away */
    ORXAQ_FEED_MISSING = 2 /* FILE: there is no such file (or it is not a plain file) */
};

/* Why an effect ended, in `reason` of EXIT. */
enum {
    ORXAQ_END_BY_ITSELF = 0,
    ORXAQ_END_TOTAL = 1,        /* total deadline; the program was stopped, likewise below */
    ORXAQ_END_IDLE = 2,         /* no byte for too long */
    ORXAQ_END_SILENT = 3,       /* no first byte in time */
    ORXAQ_END_OUTPUT_LIMIT = 4, /* more than max_output */
    ORXAQ_END_CANCELLED = 5,    /* the host stopped it: cancel, shutdown, deadline of the call */
    ORXAQ_END_NOT_STARTED = 6   /* could not be executed; `data` says why; code 127 or 126 */
};

typedef struct orxaq_feed {
    uint32_t struct_size;
    int32_t kind;
    uint32_t effect; /* the id the driver gave */
    int32_t stream;  /* FRAME: ORXAQ_STREAM_* */
    int32_t code;    /* EXIT: exit code, -1 after a signal, 0 for http. HEAD: HTTP status. ERROR:
                        ORXAQ_E_* */
    int32_t signal;  /* EXIT: the signal that ended the program, or 0 */
    int32_t reason;  /* EXIT: ORXAQ_END_* */
    uint32_t flags;
    orxaq_view data;    /* FRAME, FILE: bytes. HEAD: header value. EXIT, ERROR: a sentence */
    orxaq_view name;    /* FILE: path as asked. HEAD: header name. FRAME of SSE: event name */
    int64_t elapsed_ns; /* since START */
} orxaq_feed;

#endif

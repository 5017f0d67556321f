/* frame.h: cuts a stream of bytes into the records a driver asked for.
 *
 * The framings are those of sdk/include/orxaq/effect.h; server-sent events follow the WHATWG HTML
 * standard, section "Event stream interpretation" (a byte order mark at the beginning is skipped;
 * lines end in LF, CR LF or CR; "data" lines are joined by LF; a blank line ends an event; comments
 * and unknown fields are skipped; events without data are skipped). Memory is bounded by max_frame.
 *
 * Threads: one owner at a time.
 */
#ifndef ORX_PLUGIN_FRAME_H
#define ORX_PLUGIN_FRAME_H

#include "base/str.h"

/* One record; name is the event's name with SSE, else empty. cut: the end was thrown away. Views
 * are valid during the call. Return false to stop; the rest of the input is dropped. */
typedef bool (*orx_frame_fn)(void *user, orx_view record, orx_view name, bool cut);

typedef struct orx_framer {
    int32_t framing; /* ORXAQ_FRAMING_* */
    size_t max;
    orx_frame_fn fn;
    void *user;
    orx_str line;  /* the line being read */
    orx_str data;  /* SSE: the data so far */
    orx_str event; /* SSE: the event's name */
    bool line_cut;
    bool data_cut;
    bool has_data;
    bool after_cr; /* SSE: an LF now belongs to the CR before */
    int mark;      /* SSE: bytes of a byte order mark seen so far, 3 behind it */
    bool stopped;
} orx_framer;

/* max 0 = ORXAQ_FRAME_MAX, larger ones are lowered to it. */
void orx_framer_init(orx_framer *f, int32_t framing, uint64_t max, orx_frame_fn fn, void *user);
void orx_framer_add(orx_framer *f, orx_view bytes);

/* The stream has ended: hands over a last line without end (not an unfinished SSE event). */
void orx_framer_end(orx_framer *f);

/* NULL is fine. */
void orx_framer_free(orx_framer *f);

#endif

/* ingest_fetch.h: one fetch in progress, for ingest.c and its parts only.
 *
 * ingest_sink.c takes rows from the driver and writes pages, ingest_state.c keeps the state of the
 * source, ingest.c drives.
 */
#ifndef ORX_MONEY_INGEST_FETCH_H
#define ORX_MONEY_INGEST_FETCH_H

#include "base/vec.h"
#include "money/ingest.h"

#define ORX_INGEST_REASONS    10
#define ORX_INGEST_PAGE_ROWS  1000000
#define ORX_INGEST_CHECKPOINT 4096

/* A row of ingest_state. */
typedef struct orx_ingest_state {
    const char *instance;
    const char *provider;
    const char *endpoint;
    int64_t fetch; /* number, 0 = there was none */
    int64_t begun_ns;
    int64_t from_ns;
    int64_t to_ns;
    const char *checkpoint; /* "" = from the beginning */
    bool open;              /* it has not come to its end */
    int64_t rows;
    int64_t seen;
    int64_t rejected;
    int64_t pages;
    int64_t calls;
    int64_t first_ns;
    int64_t last_ns;
    const char *reasons; /* why items were rejected: a JSON list, each once */
    const char *status;  /* "" = it never ended */
    bool ok;
    const char *message;
    const char *covers; /* providers whose calls are on the bill: a JSON list */
    int64_t ended_ns;
    int64_t good_ns;
} orx_ingest_state;

typedef struct orx_ingest_span {
    orx_view source;
    int64_t from_ns;
    int64_t to_ns;
} orx_ingest_span;

typedef struct orx_ingest_fetch {
    orxaq_cost_sink table; /* first: what the driver holds is the fetch */
    orx_platform *p;
    orx_store *s;
    const orx_ingest_spec *spec;
    orx_arena arena;     /* what lives as long as the fetch: the state's texts */
    const char *address; /* where from, as told and compared */
    orx_ingest_state state;
    orx_ingest_state saved; /* as of the last page that was written */
    orx_arena page;         /* rows until they are written */
    ORX_VEC(orx_billed) rows;
    ORX_VEC(orx_ingest_span) covered;
    const char *reasons[ORX_INGEST_REASONS];
    size_t reason_count;
    int64_t pages; /* of this run */
    bool moved;    /* a page was written since the last failure */
    bool broken;   /* err says why nothing more can be written */
    orx_err err;
} orx_ingest_fetch;

/* ---- ingest_sink.c --------------------------------------------------------------------------- */

extern const orxaq_cost_sink orx_ingest_sink;

/* Forgets rows that were not written. */
void orx_ingest_forget(orx_ingest_fetch *f);

/* ---- ingest_state.c -------------------------------------------------------------------------- */

/* 1 = there is one; texts in the arena. */
int orx_ingest_state_get(orx_store *s, const char *instance, orx_arena *arena,
                         orx_ingest_state *ret_state, orx_err *err);
/* Inside a transaction. */
int orx_ingest_state_put(orx_store *s, const orx_ingest_state *state, orx_err *err);

orx_ingest_report orx_ingest_report_of(const orx_ingest_state *state, orx_arena *arena);

#endif

/* salvaging.h: what the files behind salvage.h share. */
#ifndef ORX_RUN_SALVAGING_H
#define ORX_RUN_SALVAGING_H

#include "base/vec.h"
#include "run/salvage.h"

/* A commit that says which attempt of which task it delivers. */
typedef struct orx_delivered {
    const char *task;
    int64_t attempt;
    const char *sha;
} orx_delivered;

typedef struct orx_salvaging {
    orx_platform *p;
    const orx_config *cfg;
    const char *lane;
    orx_arena *arena;
    orx_salvage *sv;
    orx_store *s; /* the new journal; a transaction is open from salvage_fill on */
    ORX_VEC(orx_delivered) commits; /* newest first */
    ORX_VEC(const char *) notes;
    ORX_VEC(const char *) bare;
    ORX_VEC(int64_t) lost;
    orx_run_salvaged *r;
} orx_salvaging;

/* salvage_commits.c: reads the trailers of all repositories that the configuration names; outside
 * the transaction, since git is run. */
void orx_salvage_read_commits(orx_salvaging *g);

/* salvage_commits.c: settles what they prove. */
int orx_salvage_use_commits(orx_salvaging *g, orx_err *err);

/* salvage_records.c: attempts and calls of which there are records, but no rows. */
int orx_salvage_use_records(orx_salvaging *g, orx_err *err);

/* salvage_records.c: what becomes of attempts without an end. */
int orx_salvage_settle(orx_salvaging *g, orx_err *err);

/* Adds a sentence to the notes. */
void orx_salvage_note(orx_salvaging *g, const char *fmt, ...) ORX_PRINTF(2, 3);

/* Runs one statement with an optional number and text. */
int orx_salvage_run(orx_store *s, const char *sql, int64_t number, const char *text, orx_err *err);

#endif

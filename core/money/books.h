/* books.h: the ledger, and its sums.
 *
 * Every call of a model that ended has one row: when, for which task, attempt and lane, at which
 * provider and account, which model was asked and which answered, tokens, money and where the
 * number comes from, and the version of the price. Calls that failed are in it like all others. A
 * better number for a call (an invoice after a price) replaces its row.
 *
 * Nobody ever adds up all rows. Sums per hour and per day (UTC) of each provider and model and of
 * each lane, and per day of each task and of each lane with provider and model, are kept instead:
 * the newest rows, about a hundred, wait until a batch of them is added up in one transaction, and
 * readers add those. Any span of time is made of whole days, whole hours, the rows of at most half
 * an hour at each of its edges (of half a day where there are no sums per hour) and the rows that
 * wait. So it costs the same whether it goes back an hour or ten years. What the cap of a day
 * needs, a sum per quarter of an hour, changes with every row.
 *
 * Threads: as the store.
 */
#ifndef ORX_MONEY_BOOKS_H
#define ORX_MONEY_BOOKS_H

#include "money/meter.h"
#include "store/store.h"

/* The tables of this room. */
extern const orx_store_room orx_money_room;

/* A row of the ledger. */
typedef struct orx_spend {
    int64_t call;
    int64_t attempt;
    int64_t wall_ns; /* when it ended: it belongs to the hour and the day of that moment */
    const char *lane;
    const char *task;
    const char *provider;
    const char *account; /* what a bill is for */
    const char *model_asked;
    const char *model; /* answered, else asked */
    /* Tokens, estimates included; none is negative. */
    int64_t input;
    int64_t cache_read;
    int64_t cache_write;
    int64_t output;
    int64_t reasoning;
    int64_t requests;
    int64_t cost; /* nano-USD; -1 = unknown */
    orx_cost_source source;
    const char *price; /* version, "" = none */
} orx_spend;

/* Writes a row, in place of the one that the call has. Inside a transaction. */
int orx_books_put(orx_store *s, const orx_spend *row, orx_err *err);

/* All sums anew from the rows. Inside a transaction. */
int orx_books_anew(orx_store *s, orx_err *err);

typedef enum orx_spend_by {
    ORX_SPEND_ALL, /* one sum, with the key "" */
    ORX_SPEND_PROVIDER,
    ORX_SPEND_MODEL,
    ORX_SPEND_LANE,
    ORX_SPEND_TASK, /* "LANE/TASK" outside the primary lane */
    ORX_SPEND_EACH  /* "PROVIDER\x1fMODEL\x1fLANE" */
} orx_spend_by;

typedef struct orx_spend_sum {
    const char *key;
    int64_t calls;
    int64_t unknown;   /* of them: nobody knows what they cost */
    int64_t estimated; /* of them: the cost is an estimate */
    int64_t input;
    int64_t cache_read;
    int64_t cache_write;
    int64_t output;
    int64_t reasoning;
    int64_t requests;
    int64_t cost; /* of the calls whose cost is known */
} orx_spend_sum;

/* Sums of from <= time < to, dearest first, then by key, in the arena. Returns how many. */
int orx_books_sum(orx_store *s, int64_t from_ns, int64_t to_ns, orx_spend_by by, orx_arena *arena,
                  orx_spend_sum **ret_rows, orx_err *err);

/* What the calls of a lane, of a provider (exactly one of both) or of all (none) cost from a moment
 * on; unknown costs add nothing. */
int orx_books_spent(orx_store *s, int64_t from_ns, const char *lane, const char *provider,
                    int64_t *ret_cost, orx_err *err);

/* The same for all, from a quarter of an hour on, at once; *ret_unknown is how many calls there are
 * of which nobody knows what they cost. */
int orx_books_spent_quick(orx_store *s, int64_t from_ns, int64_t *ret_cost, int64_t *ret_unknown,
                          orx_err *err);

/* When the newest row was made, 0 = there is none. */
int64_t orx_books_latest(orx_store *s);

#endif

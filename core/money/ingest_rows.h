/* ingest_rows.h: what vendors wrote on their bills, as rows.
 *
 * A row is one line of a bill: what one combination of dimensions came to in one bucket of time.
 * Its identity is a digest over instance, source, provider, bucket and dimensions, never over
 * amounts. It is stored under provider, begin of the bucket and identity; the row of a newer fetch
 * takes the place of an older one's. So the books are the same in whatever order, pieces and
 * repetitions a bill arrives. Parts (ORXAQ_COST_PART) of one fetch are added up.
 *
 * Rows that a newer fetch did not bring, although it told everything for their time, are gone from
 * the bill and are removed (orx_billed_drop).
 *
 * The room of tables is "ingest"; it also has the state of each source (ingest.h).
 *
 * Threads: as the store.
 */
#ifndef ORX_MONEY_INGEST_ROWS_H
#define ORX_MONEY_INGEST_ROWS_H

#include "money/decimal.h"
#include "store/store.h"

#define ORX_BILLED_ID_LEN 16

/* The tables and files of bills. */
extern const orx_store_room orx_ingest_room;

typedef struct orx_billed_tokens {
    int64_t input; /* -1 = not stated, likewise below */
    int64_t cache_read;
    int64_t cache_write_5m;
    int64_t cache_write_1h;
    int64_t output;
    int64_t audio_input;
    int64_t audio_output;
    int64_t total; /* only when it is not the sum of the others */
    int64_t requests;
} orx_billed_tokens;

typedef struct orx_billed {
    orx_view instance; /* who read it */
    orx_view source;   /* which report */
    orx_view provider; /* whose bill */
    orx_view model;    /* "" = not stated */
    orx_view dims;     /* a JSON object, members sorted */
    int64_t start_ns;
    int64_t end_ns;
    bool has_amount;
    orx_decimal amount;
    bool part; /* add to the parts of the same fetch */
    bool estimated;
    orx_billed_tokens tokens;
    int64_t input_price; /* nano-USD for a million tokens, -1 = not stated */
    int64_t output_price;
    int64_t fetch; /* number of the fetch that brought it */
    int64_t at_ns; /* when */
} orx_billed;

void orx_billed_identity(const orx_billed *row, uint8_t ret_id[ORX_BILLED_ID_LEN]);

/* Writes a row, unless there is one of a newer fetch. Inside a transaction. ORX_E_LIMIT: the sum of
 * the parts does not fit. */
int orx_billed_put(orx_store *s, const orx_billed *row, orx_err *err);

/* The same for many, in order, at less than the price of as many calls. */
int orx_billed_put_all(orx_store *s, const orx_billed *rows, size_t count, orx_err *err);

/* Removes rows of a source with from <= start < to that are older than this fetch, whosever bill
 * they are on. Inside a transaction. Returns how many. */
int64_t orx_billed_drop(orx_store *s, orx_view instance, orx_view source, int64_t from_ns,
                        int64_t to_ns, int64_t fetch, orx_err *err);

/* Each row with from <= end and start < to, by provider, begin and identity; fn returns false to
 * stop. Views are valid during the call, in which the store is not written. */
int orx_billed_each(orx_store *s, int64_t from_ns, int64_t to_ns,
                    bool (*fn)(const orx_billed *row, void *user), void *user, orx_err *err);

/* All tokens of a row: the stated total, else the sum of what is stated. */
int64_t orx_billed_total(const orx_billed *row);

#endif

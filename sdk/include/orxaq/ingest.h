/* orxaq/ingest.h: the capability "orxaq.ingest/1": somebody who reads bills.
 *
 * What calls cost by our own count is one thing, what the vendor writes on the bill another. An
 * ingester asks a vendor for the bill, or is handed an exported file, and tells the host its rows.
 * It is a job machine like a provider (job.h) with the single op FETCH. As everywhere the driver is
 * a codec: the host makes the requests, waits between them, puts the key into the header, stores
 * what came and compares it with its own books.
 *
 * A row is one line of a bill: what one combination of dimensions (model, project, line item ...)
 * came to in one span of time, its bucket. Its identity is instance, source, bucket and dimensions;
 * amounts are never part of it. The row of a newer fetch replaces that of an older one, and within
 * a fetch the later one counts. So a bill that is fetched again, in other pieces, with overlaps or
 * restated, comes to the same sum. A row marked as PART is different: the parts of one identity in
 * one fetch are added up, and together replace what earlier fetches gave. That is for exports that
 * have many rows without a name of their own.
 *
 * Money is passed as the text that the vendor wrote, with the power of ten that makes it USD (-2
 * when it counts cents). The driver does not calculate with it: the host does, exactly, and rounds
 * once. Other currencies are passed on as they are; the host refuses them, and says so.
 *
 * Pages. After the rows of a page the driver calls `page` with a checkpoint, a text of its own that
 * says where to go on. The host writes rows and checkpoint in one transaction; a fetch that was cut
 * off, by an error or the power, begins again with the last checkpoint. The host may answer that
 * this was the last page it takes.
 *
 * What is gone. A line may vanish from a bill: a cost is moved to another project. A driver that
 * has told everything there is from a source for a span of time says so with `covered`; with the
 * page that follows, rows of that source and span which this fetch did not bring are removed.
 *
 * Whatever was there and could not be understood is given to `reject` with the reason. A bill that
 * is silently incomplete is worse than none.
 *
 * Failures are outcomes, as event.h has them, and decide what the host does: AUTH is final until
 * somebody acts; RATE_LIMIT, OVERLOADED, NETWORK and TIMEOUT are tried again from the checkpoint,
 * after retry_after_ms at the least; PROTOCOL with status 200 says that the answer has not the
 * shape that is documented; LIMIT that there is more than can be read.
 */
#ifndef ORXAQ_INGEST_H
#define ORXAQ_INGEST_H

#include <orxaq/job.h>

#define ORXAQ_INGEST_1 "orxaq.ingest/1"

enum { ORXAQ_OP_FETCH = 1 };

/* A dimension of a row. name: 1 to 64 bytes; value: at most 1,024 bytes, may be empty. Names with a
 * meaning for the host: "project", "key", "item" (a line item or SKU), "tier", "id" (the vendor's
 * own name of the row). The order does not matter; a name stands at most once. */
typedef struct orxaq_dimension {
    uint32_t struct_size;
    uint32_t reserved;
    orxaq_view name;
    orxaq_view value;
} orxaq_dimension;

/* Marks on a row. */
enum {
    ORXAQ_COST_PART = 1,     /* one of several with this identity: they are added */
    ORXAQ_COST_ESTIMATED = 2 /* the sender itself calls it an estimate */
};

/* One line. Token classes are disjoint, as in event.h; -1 = not stated. total_tokens only where the
 * vendor states it and it is not the sum of the classes. At most 32 dimensions. */
typedef struct orxaq_cost_row {
    uint32_t struct_size;
    uint32_t flags;
    int64_t start_ns; /* the bucket: start <= time < end, since 1970 UTC */
    int64_t end_ns;
    orxaq_view source;   /* which report it is from: "costs", "usage/completions"; 1 to 128 bytes */
    orxaq_view provider; /* whose bill, when a row says so itself; else empty */
    orxaq_view model;    /* "" = not stated; at most 512 bytes */
    const orxaq_dimension *dimensions;
    uint32_t dimension_count;
    int32_t exponent;    /* amount times ten to this is units of currency */
    orxaq_view amount;   /* decimal text, at most 128 bytes; empty = a row without money */
    orxaq_view currency; /* ISO 4217, in any case; empty = USD */
    int64_t input_tokens;
    int64_t cache_read_tokens;
    int64_t cache_write_5m_tokens;
    int64_t cache_write_1h_tokens;
    int64_t output_tokens;
    int64_t audio_input_tokens;
    int64_t audio_output_tokens;
    int64_t total_tokens;
    int64_t requests;
    orxaq_view input_price;  /* USD for a million tokens, decimal text, when stated; else empty */
    orxaq_view output_price; /* likewise */
} orxaq_cost_row;

/* Where rows go. The functions may be called from next and feed of the job. Everything passed is
 * copied before they return [call]. They return 0 or a negative code; a driver may go on after any
 * but ORXAQ_E_IO.
 *
 * row: ORXAQ_E_INVALID when the host does not take it (an amount that is no number, a currency that
 *   is not USD, an impossible bucket); it is then counted as rejected, nothing else is needed.
 * reject: something was there that cannot be understood; one short sentence.
 * covered: everything from `source` in from <= bucket start < to has been told by this fetch.
 * page: what was told up to here belongs together. checkpoint: at most 4 KiB; empty when the fetch
 *   is at its end. ORXAQ_E_LIMIT: no further page is wanted; end with the outcome LIMIT.
 *   ORXAQ_E_IO: it could not be written; end the job. */
typedef struct orxaq_cost_sink orxaq_cost_sink;
struct orxaq_cost_sink {
    uint32_t struct_size;
    uint32_t reserved;
    int32_t (*row)(const orxaq_cost_sink *sink, const orxaq_cost_row *row);
    int32_t (*reject)(const orxaq_cost_sink *sink, orxaq_view reason);
    int32_t (*covered)(const orxaq_cost_sink *sink, orxaq_view source, int64_t from_ns,
                       int64_t to_ns);
    int32_t (*page)(const orxaq_cost_sink *sink, orxaq_view checkpoint);
};

/* A file that the operator named: an exported bill. At most 64 MiB. [job] */
typedef struct orxaq_cost_file {
    uint32_t struct_size;
    uint32_t reserved;
    orxaq_view name;
    orxaq_view bytes;
} orxaq_cost_file;

/* FETCH: the bill of from <= time < to. Buckets at the edges are told whole. to_ns is never later
 * than now_ns, the present. page_items: how many items a page should have, 0 = as the driver
 * likes. checkpoint: as the driver gave it, empty = from the beginning; from_ns and to_ns are those
 * of the fetch it belongs to. */
typedef struct orxaq_fetch_args {
    uint32_t struct_size;
    uint32_t file_count;
    int64_t from_ns;
    int64_t to_ns;
    int64_t now_ns;
    int64_t page_items;
    orxaq_view checkpoint;
    const orxaq_cost_file *files;
    const orxaq_cost_sink *sink;
    orxaq_view files_dir; /* the job's private folder */
} orxaq_fetch_args;

/* provider: whose bill it is, "openai"; a word as in plugin ids. hosts: the names of the machines
 * that may be asked, host_count of them. Besides these only the host in the setting "base_url" may
 * be, which the operator wrote. lag_ns: how late a vendor may be with a complete bucket. [plugin]
 */
typedef struct orxaq_ingest {
    uint32_t struct_size;
    uint32_t host_count;
    const char *provider;
    const char *const *hosts;
    int64_t lag_ns;
    const orxaq_job *job;
} orxaq_ingest;

#endif

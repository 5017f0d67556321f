/* costs.h: what the readers of bills (costs-openai, costs-anthropic ...) have in common.
 *
 *   instance.c  settings that all have, the instance
 *   job.c       the job: one request after the other, their answers, the outcome
 *   buckets.c   the paged reports of buckets with results that OpenAI and Anthropic both have
 *   row.c       one row of a bill, put together and told
 *   module.c    the module itself: its capability and its one exported function
 *   time.c      times as vendors write them, Retry-After
 *   bytes.c     growing text
 *
 * A plugin of this family states three constants: costs_this, costs_ingest and costs_plugin.
 * costs_this says how it begins, and what it makes of an answer; one whose reports are buckets
 * gives only their table. A step prepares a request (costs_ask) and names the function that gets
 * the whole answer, parsed. That one tells rows, ends the page (costs_page) and prepares the next
 * request or finishes the job.
 *
 * Nothing here is shared at run time: the sources are compiled into each of the modules.
 *
 * Threads: the host's.
 */
#ifndef COSTS_H
#define COSTS_H

#include <orxaq/orxaq.h>

#define COSTS_HEADERS_MAX 8
#define COSTS_BODY_MAX    ((uint64_t)16 << 20) /* what the host's parser takes */
#define COSTS_DIMS_MAX    16
#define COSTS_TOKENS_MAX  4096 /* pages of one job, for finding a loop */

#define COSTS_HOUR_NS INT64_C(3600000000000)
#define COSTS_DAY_NS  (24 * COSTS_HOUR_NS)

/* ---- bytes.c --------------------------------------------------------------------------------- */

/* Growing text; {0} is empty. When memory runs out it says so in `failed` and keeps what it has. */
typedef struct costs_bytes {
    char *data;
    uint64_t len;
    uint64_t cap;
    int failed;
} costs_bytes;

void costs_add(costs_bytes *b, orxaq_view v);
void costs_adds(costs_bytes *b, const char *text);
void costs_add_int(costs_bytes *b, int64_t value);
/* Percent-encoded, as a part of a query. */
void costs_add_query(costs_bytes *b, orxaq_view v);
void costs_clear(costs_bytes *b);
void costs_free(costs_bytes *b);
static inline orxaq_view costs_view(const costs_bytes *b) {
    return orxaq_view_of(b->data, b->len);
}

/* ---- time.c ---------------------------------------------------------------------------------- */

/* "2026-01-31T00:00:00Z" appended. */
void costs_add_time(costs_bytes *b, int64_t ns);
/* A date, or date and time (with a fraction, with Z, an offset or neither = UTC). 1 or 0. */
int costs_time(orxaq_view text, int64_t *ret_ns);
/* Milliseconds of a Retry-After value, -1 when it is none. now_ns: the present, since 1970. */
int64_t costs_retry_after(orxaq_view value, int64_t now_ns);

/* ---- The instance ---------------------------------------------------------------------------- */

typedef struct costs_job costs_job;

struct costs_buckets;

/* What makes one plugin of the family. */
typedef struct costs_kind {
    const char *auth_header; /* that carries the key */
    const char *auth_prefix; /* "Bearer " or "" */
    const char *extra_name;  /* a header that every request has, or NULL */
    const char *extra_value;
    const char *secret; /* the settings key of the secret, or NULL */
    /* The reports of a plugin that has no other; begin is then costs_begin_buckets. */
    const struct costs_buckets *buckets;
    /* Prepares the first request after the checkpoint, or finishes the job. */
    void (*begin)(costs_job *job);
    /* NULL, or what is wrong with the settings. */
    const char *(*check)(void *instance);
} costs_kind;

typedef struct costs {
    const orxaq_host *host;
    const orxaq_json_service *json;
    const orxaq_log_service *log;     /* may be NULL */
    const orxaq_clock_service *clock; /* likewise */
    const orxaq_value *settings;
    const costs_kind *kind;
    orxaq_view base; /* setting base_url without a slash at the end */
    uint64_t secret; /* 0 = none */
} costs;

int32_t costs_create(const orxaq_host *host, const orxaq_value *settings, void **ret_instance);
void costs_destroy(void *instance);

orxaq_view costs_text_setting(const costs *c, const char *key);
int costs_flag_setting(const costs *c, const char *key);

/* ---- The job --------------------------------------------------------------------------------- */

struct costs_job {
    const costs *c;
    const orxaq_fetch_args *args;
    const orxaq_events *events;
    int wanted;  /* a request is prepared */
    int running; /* it is on its way */
    int over;    /* the outcome was given */
    int cancelled;
    uint32_t effects;
    void (*then)(costs_job *job, const orxaq_value *answer);
    orxaq_http http;
    orxaq_header headers[COSTS_HEADERS_MAX];
    costs_bytes url;
    costs_bytes body; /* of a POST; empty = a GET */
    int status;
    int64_t retry_after_ms;
    costs_bytes text; /* the answer */
    /* Where it is: kept in the checkpoint. */
    int stage;
    int limit; /* buckets of a page; 0 = the most there may be */
    costs_bytes token;
    /* The row that is put together. */
    orxaq_cost_row row;
    orxaq_dimension dims[COSTS_DIMS_MAX];
    uint64_t seen[COSTS_TOKENS_MAX]; /* digests of the tokens */
    uint32_t seen_count;
};

extern const orxaq_job costs_jobs;

/* Prepares the request in job->url (and job->body); then gets the parsed answer of status 200. */
void costs_ask(costs_job *job, void (*then)(costs_job *job, const orxaq_value *answer));

/* Gives the outcome; nothing follows it. */
void costs_finish(costs_job *job, int32_t kind, int32_t retry, const char *message);

/* Ends a page with the checkpoint of stage and token, or the fetch when more is 0. False: the job
 * is finished. */
int costs_page(costs_job *job, int more);

/* Takes a token for the next page. False: it was there before, the job is finished. */
int costs_take_token(costs_job *job, orxaq_view token);

/* Reads stage, limit and token from the checkpoint in the arguments. */
void costs_resume(costs_job *job);

/* ---- row.c ----------------------------------------------------------------------------------- */

/* Begins a row: everything not stated. */
void costs_row(costs_job *job, const char *source, int64_t start_ns, int64_t end_ns);
/* A dimension of the value's text; one that is null or missing is left out. */
void costs_dim(costs_job *job, const char *name, const orxaq_value *value);
void costs_dim_text(costs_job *job, const char *name, orxaq_view value);
/* The amount: a string, or a number in its shortest exact form. 0 = it is neither. */
int costs_amount(costs_job *job, const orxaq_value *value);
/* A number as text, or the text; empty when it is neither. */
orxaq_view costs_decimal(costs_job *job, const orxaq_value *value);
/* Whether it is a decimal number: 12, -0.5, .5, 1e-05. */
int costs_is_decimal(orxaq_view text);
void costs_tell(costs_job *job);
void costs_reject(costs_job *job, const char *reason);

/* A count of tokens: -1 when it is missing; more than 10^12 or below 0 is -1 too. */
int64_t costs_count(const costs_job *job, const orxaq_value *value);

/* ---- buckets.c ------------------------------------------------------------------------------- */

/* A report: GET base + path. */
typedef struct costs_report {
    const char *source;
    const char *path;
    const char *setting; /* that switches it; its word is the width, "off" = not at all */
    const char *width;   /* or the only one there is */
    int most;            /* buckets of a page at that width; 0 = by the width */
    const char *query;   /* "&group_by=model", behind the others */
    /* Fills the row from one result and tells or rejects it. */
    void (*result)(costs_job *job, const orxaq_value *result);
} costs_report;

/* How a vendor words these reports. */
typedef struct costs_buckets {
    const char *start; /* parameter and member */
    const char *end;
    int rfc3339; /* times are text, else seconds since 1970 */
    const costs_report *reports;
    int count;
} costs_buckets;

/* The begin of a plugin whose reports are costs_this.buckets. */
void costs_begin_buckets(costs_job *job);

/* ---- module.c and the plugin ------------------------------------------------------------------
 */

/* Stated by each plugin; what all have in common stands below, for use in their initialisers. */
extern const costs_kind costs_this;
extern const orxaq_ingest costs_ingest;
extern const orxaq_plugin costs_plugin;

const void *costs_capability(const char *id);

/* A setting. */
#define COSTS_KEY(key_, type_, default_, range_, help_)                                            \
    {                                                                                              \
        .struct_size = sizeof(orxaq_config_key), .type = (type_), .key = (key_),                   \
        .default_value = (default_), .range = (range_), .help = (help_)                            \
    }

/* The settings that go with reports of buckets called "costs" and "usage"; whose: the default of
 * `providers`. */
#define COSTS_BUCKET_KEYS(whose)                                                                   \
    COSTS_KEY("providers", ORXAQ_CONFIG_STRINGS, whose, NULL,                                      \
              "Whose calls are on this bill: names of configured providers."),                     \
        COSTS_KEY("costs", ORXAQ_CONFIG_BOOLEAN, "true", NULL, "Read what was paid, by day."),     \
        COSTS_KEY("usage", ORXAQ_CONFIG_CHOICE, "1d", "off|1d|1h|1m",                              \
                  "Read what was used, in buckets of this width.")

/* Members of costs_ingest: all but the vendor and its hosts. */
#define COSTS_INGEST .struct_size = sizeof(orxaq_ingest), .lag_ns = COSTS_DAY_NS, .job = &costs_jobs

/* Members of costs_plugin: all but its names and its settings. */
#define COSTS_PLUGIN                                                                               \
    .struct_size = sizeof(orxaq_plugin), .magic = ORXAQ_PLUGIN_MAGIC,                              \
    .abi_major = ORXAQ_ABI_MAJOR, .abi_minor = ORXAQ_ABI_MINOR, .min_host_minor = 2,               \
    .layout = ORXAQ_LAYOUT_0_2, .version = ORXAQ_SDK_VERSION, .vendor = "orxaq", .licence = "MIT", \
    .capability = costs_capability, .create = costs_create, .destroy = costs_destroy

#endif

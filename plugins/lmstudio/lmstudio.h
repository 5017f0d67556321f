/* lmstudio.h: the inside of the plugin "lmstudio": models behind an OpenAI-compatible server.
 *
 *   lmstudio.c  settings, instance, descriptor
 *   job.c       the job: one request after the other, their feeds, the outcome
 *   write.c     requests: addresses, headers, bodies
 *   turn.c      the streamed answer of a chat: text, tool calls, usage
 *   models.c    lists of models in three dialects, loading and unloading
 *   embed.c     vectors
 *   error.c     what statuses and error bodies mean
 *   bytes.c     growing text
 *
 * Every op is a chain of requests, one at a time. A step prepares its request (lm_get, lm_post) and
 * names the function that is called with the whole answer (`then`), which prepares the next request
 * or finishes the job. Bodies are read line by line: the lines of a stream are understood as they
 * come, everything else (lists, error bodies) is gathered and parsed at the end.
 *
 * Threads: the host's.
 */
#ifndef LMSTUDIO_H
#define LMSTUDIO_H

#include <orxaq/orxaq.h>

#define LM_HEADERS_MAX 32
#define LM_CALLS_MAX   128
#define LM_BODY_MAX    ((uint64_t)16 << 20) /* what the host's parser takes */
#define LM_EMBED_BATCH 32

/* Growing text; {0} is empty. Never ends the process: when memory runs out it says so in `failed`
 * and keeps what it has. */
typedef struct lm_bytes {
    char *data;
    uint64_t len;
    uint64_t cap;
    int failed;
} lm_bytes;

void lm_add(lm_bytes *b, orxaq_view v);
void lm_adds(lm_bytes *b, const char *text);
void lm_clear(lm_bytes *b);
void lm_free(lm_bytes *b);
static inline orxaq_view lm_view(const lm_bytes *b) {
    return orxaq_view_of(b->data, b->len);
}

/* An instance: its services and its settings, read once. */
typedef struct lmstudio {
    const orxaq_host *host;
    const orxaq_json_service *json;
    const orxaq_log_service *log; /* may be NULL, likewise below */
    const orxaq_clock_service *clock;
    const orxaq_metrics_service *metrics;
    const orxaq_value *settings;
    orxaq_view base; /* "http://127.0.0.1:1234/v1", without a slash at the end */
    orxaq_view root; /* base without "/v1" */
    int native;      /* LM Studio's own API may be asked */
    int stream_usage;
    int local;
    int64_t max_tokens;
    int64_t first_byte_ns;
    int64_t idle_ns;
    uint64_t secret; /* handle of the key; 0 = none */
} lmstudio;

/* One tool call that the model is writing. */
typedef struct lm_call {
    lm_bytes id;
    lm_bytes name;
    lm_bytes arguments;
} lm_call;

/* What was seen of a chat's answer. */
typedef struct lm_turn {
    lm_call *calls;
    uint32_t call_count;
    int chunks;    /* pieces understood */
    int done;      /* "[DONE]" came */
    int32_t stop;  /* ORXAQ_STOPPED_* */
    int malformed; /* a piece was no JSON */
    int told_usage;
    lm_bytes id;    /* of the answer */
    lm_bytes model; /* that answered */
    lm_bytes refusal;
    lm_bytes error; /* an error object inside the stream */
    uint64_t text_bytes;
    int64_t first_ns; /* first piece with content, since the request began */
    int64_t last_ns;
} lm_turn;

typedef struct lm_job lm_job;
struct lm_job {
    lmstudio *lm;
    int32_t op;
    const void *args;
    const orxaq_events *events;
    int wanted;  /* a request is prepared */
    int running; /* it is on its way */
    int over;    /* the outcome was given */
    int cancelled;
    uint32_t effects;
    void (*then)(lm_job *job);
    /* The request. */
    orxaq_http http;
    orxaq_header headers[LM_HEADERS_MAX];
    lm_bytes url;
    lm_bytes body;
    int posts;
    /* The answer. */
    int status;
    int64_t retry_after_ms;
    lm_bytes text; /* the body, but for the pieces of a stream */
    int text_cut;
    lm_turn turn;
    /* Steps of chains. */
    int dialect;     /* models.c */
    lm_bytes unload; /* instance that is being unloaded */
    int unloaded;
    uint32_t embedded; /* texts that have their vector */
    float *vector;
    uint32_t vector_cap;
};

extern const orxaq_job lm_jobs;

/* ---- lmstudio.c ------------------------------------------------------------------------------ */

/* The value at a settings path. */
const orxaq_value *lm_setting(const lmstudio *lm, const char *key);

/* Says why the running call is about to fail; returns code. */
int32_t lm_explain(const lmstudio *lm, int32_t code, const char *text);

/* ---- job.c ----------------------------------------------------------------------------------- */

/* Gives the outcome; nothing follows it. */
void lm_finish(lm_job *job, int32_t kind, int32_t stop, orxaq_view message);
void lm_finish_text(lm_job *job, int32_t kind, const char *message);

/* ---- write.c --------------------------------------------------------------------------------- */

/* Prepares the next request; then is called when its answer is there. */
void lm_get(lm_job *job, orxaq_view base, const char *path, void (*then)(lm_job *job));
/* With the finished text of a writer as its body. */
void lm_post(lm_job *job, orxaq_view base, const char *path, orxaq_writer *writer,
             void (*then)(lm_job *job));
/* Fills effect from the prepared request. */
void lm_fill(lm_job *job, orxaq_effect *effect);

void lm_key(const lmstudio *lm, orxaq_writer *w, const char *name);
void lm_put(const lmstudio *lm, orxaq_writer *w, const char *name, orxaq_view text);
void lm_put_integer(const lmstudio *lm, orxaq_writer *w, const char *name, int64_t value);

/* ---- the ops --------------------------------------------------------------------------------- */

void lm_begin_models(lm_job *job); /* PROBE and MODELS */
void lm_begin_load(lm_job *job);
void lm_begin_unload(lm_job *job);
void lm_begin_turn(lm_job *job);
void lm_begin_embed(lm_job *job);

/* A line of a chat's answer that begins with "data:", without that. */
void lm_turn_piece(lm_job *job, orxaq_view data, int64_t elapsed_ns);
void lm_turn_free(lm_turn *turn);

/* Usage of one request. tokens < 0 = not stated. estimate: bytes read and written, from which they
 * are then guessed. */
void lm_tell_usage(lm_job *job, orxaq_view key, orxaq_view model, const orxaq_value *usage,
                   uint64_t read_bytes, uint64_t written_bytes);

/* ---- error.c --------------------------------------------------------------------------------- */

/* The outcome of an answer whose status is no success, or that holds an error object. */
void lm_fail(lm_job *job);
/* The same for the error found in a text of JSON, with the status that goes with it. */
void lm_fail_with(lm_job *job, int status, orxaq_view body);
/* Milliseconds of a Retry-After value, -1 when it is none. now_ns: the present, since 1970. */
int64_t lm_retry_after(orxaq_view value, int64_t now_ns);

#endif

/* Op embed: vectors from Google's API itself; the program makes none.
 *
 * The server counts no tokens for vectors, so there is no usage to tell. Only a key identifies us
 * here: a login of the program's own is not ours to use. */
#include "gemini.h"

#include <stdio.h>
#include <stdlib.h>

#define BATCH      100 /* what the API takes at once */
#define ANSWER_MAX ((uint64_t)16 * 1024 * 1024)
#define DIMENSIONS 65536

typedef struct bytes {
    char *data;
    uint64_t len;
    uint64_t cap;
} bytes;

typedef struct embed_job {
    int32_t op;   /* first in all kinds of job */
    int32_t step; /* 0 begin or go on, 1 a request runs, 2 over */
    gemini *c;
    const orxaq_embed_args *args;
    const orxaq_events *events;
    uint32_t done; /* texts */
    uint32_t requests;
    int32_t status;
    int32_t failed; /* an answer was too long, or there was no memory */
    char url[1200];
    bytes body;
    bytes answer;
    float *vector;
    uint32_t vector_cap;
    orxaq_header headers[2];
    orxaq_http http;
} embed_job;

int32_t gemini_embed_open(gemini *c, const orxaq_embed_args *args, const orxaq_events *events,
                          void **ret_job) {
    embed_job *job = calloc(1, sizeof *job);
    if (!job)
        return ORXAQ_E_MEMORY;
    job->op = ORXAQ_OP_EMBED;
    job->c = c;
    job->args = args;
    job->events = events;
    *ret_job = job;
    return ORXAQ_OK;
}

void gemini_embed_close(void *self) {
    embed_job *job = self;
    free(job->body.data);
    free(job->answer.data);
    free(job->vector);
    free(job);
}

static int add(bytes *b, orxaq_view v) {
    if (b->len + v.len > b->cap) {
        uint64_t cap = (b->len + v.len) * 2;
        char *grown = realloc(b->data, (size_t)cap);
        if (!grown)
            return -1;
        b->data = grown;
        b->cap = cap;
    }
    if (v.len)
        memcpy(b->data + b->len, v.data, (size_t)v.len);
    b->len += v.len;
    return 0;
}

static void over(embed_job *job, int32_t kind, const char *message) {
    const orxaq_outcome o = {.struct_size = sizeof o,
                             .kind = kind,
                             .http_status = job->status,
                             .retry_after_ms = -1,
                             .message = orxaq_str(message)};
    job->step = 2;
    (void)job->events->outcome(job->events, &o);
}

/* ---- The request ----------------------------------------------------------------------------- */

/* The name without "models/", when it can stand in an address. */
static orxaq_view model_of(const embed_job *job) {
    static const char prefix[] = "models/";
    size_t n = sizeof prefix - 1;
    orxaq_view m = job->args->model;
    if (m.len > n && memcmp(m.data, prefix, n) == 0)
        m = orxaq_view_of(m.data + n, m.len - n);
    for (uint64_t i = 0; i < m.len; i++) {
        char c = m.data[i];
        if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
              c == '-' || c == '_' || c == '.'))
            return (orxaq_view){0};
    }
    return m.len < 256 ? m : (orxaq_view){0};
}

static void put_one(const embed_job *job, orxaq_writer *w, const char *model, orxaq_view text) {
    const orxaq_json_service *json = job->c->json;
    json->begin_map(w);
    json->key(w, orxaq_str("model"));
    json->put_text(w, orxaq_str(model));
    json->key(w, orxaq_str("content"));
    json->begin_map(w);
    json->key(w, orxaq_str("parts"));
    json->begin_list(w);
    json->begin_map(w);
    json->key(w, orxaq_str("text"));
    json->put_text(w, text);
    json->end_map(w);
    json->end_list(w);
    json->end_map(w);
    json->end_map(w);
}

static uint32_t in_batch(const embed_job *job) {
    uint32_t left = job->args->text_count - job->done;
    return left < BATCH ? left : BATCH;
}

/* What was written ends with this call, and the request is read after it: it is copied. */
static int32_t write_body(embed_job *job, orxaq_view model) {
    const orxaq_json_service *json = job->c->json;
    orxaq_writer *w = json->writer(job->c->host);
    char name[300];
    orxaq_view text;
    (void)snprintf(name, sizeof name, "models/%.*s", (int)model.len, model.data);
    json->begin_map(w);
    json->key(w, orxaq_str("requests"));
    json->begin_list(w);
    for (uint32_t i = 0; i < in_batch(job); i++)
        put_one(job, w, name, job->args->texts[job->done + i]);
    json->end_list(w);
    json->end_map(w);
    int32_t code = json->finish(w, &text);
    job->body.len = 0;
    return code == ORXAQ_OK && add(&job->body, text) < 0 ? ORXAQ_E_MEMORY : code;
}

static int write_url(embed_job *job, orxaq_view model) {
    orxaq_view base = gemini_text(job->c, "base_url");
    if (!base.len)
        base = gemini_text(job->c, "public_url");
    while (base.len && base.data[base.len - 1] == '/')
        base.len--;
    int n = snprintf(job->url, sizeof job->url, "%.*s/v1beta/models/%.*s:batchEmbedContents",
                     (int)(base.len < 900 ? base.len : 900), base.data, (int)model.len, model.data);
    return base.len < 900 && n > 0 && (size_t)n < sizeof job->url;
}

static int32_t ask(embed_job *job, orxaq_view model, orxaq_effect *effect) {
    int32_t code = write_body(job, model);
    if (code < 0)
        return code;
    job->headers[0] = (orxaq_header){.struct_size = sizeof(orxaq_header),
                                     .name = orxaq_str("x-goog-api-key"),
                                     .value = orxaq_str(""),
                                     .secret = job->c->secret};
    job->headers[1] = (orxaq_header){.struct_size = sizeof(orxaq_header),
                                     .name = orxaq_str("Content-Type"),
                                     .value = orxaq_str("application/json")};
    job->http = (orxaq_http){.struct_size = sizeof job->http,
                             .header_count = 2,
                             .method = orxaq_str("POST"),
                             .url = orxaq_str(job->url),
                             .headers = job->headers,
                             .body = orxaq_view_of(job->body.data, job->body.len),
                             .framing = ORXAQ_FRAMING_RAW,
                             .max_body = ANSWER_MAX};
    effect->kind = ORXAQ_EFFECT_HTTP;
    effect->id = ++job->requests;
    effect->http = &job->http;
    job->status = 0;
    job->answer.len = 0;
    job->step = 1;
    return ORXAQ_NEXT_EFFECT;
}

int32_t gemini_embed_next(void *self, orxaq_effect *effect) {
    embed_job *job = self;
    if (job->step == 1)
        return ORXAQ_NEXT_WAIT;
    if (job->step == 2)
        return ORXAQ_NEXT_DONE;
    orxaq_view model = model_of(job);
    if (job->done == job->args->text_count)
        over(job, ORXAQ_KIND_OK, "");
    else if (!job->c->secret)
        over(job, ORXAQ_KIND_AUTH,
             "gemini makes vectors with a key only; set the provider's secret");
    else if (!model.len || !write_url(job, model))
        over(job, ORXAQ_KIND_BAD_MODEL,
             "this is no name of a model; expected e.g. gemini-embedding-001");
    else
        return ask(job, model, effect);
    return ORXAQ_NEXT_DONE;
}

/* ---- The answer ------------------------------------------------------------------------------ */

static int32_t kind_of(int32_t status) {
    if (status == 401 || status == 403)
        return ORXAQ_KIND_AUTH;
    if (status == 404)
        return ORXAQ_KIND_BAD_MODEL;
    if (status == 429)
        return ORXAQ_KIND_RATE_LIMIT;
    return status >= 500 ? ORXAQ_KIND_OVERLOADED : ORXAQ_KIND_PROTOCOL;
}

static void refused(embed_job *job, const orxaq_value *tree) {
    char text[600];
    orxaq_view why = gemini_member(job->c, tree, "error.message");
    int n = (int)(why.len < 500 ? why.len : 500);
    (void)snprintf(text, sizeof text, "the server answered %d%s%.*s", job->status, n ? ": " : "", n,
                   n ? why.data : "");
    over(job, kind_of(job->status), text);
}

/* The numbers of one vector; 0 when they are none. */
static uint32_t read_vector(embed_job *job, const orxaq_value *list) {
    const orxaq_json_service *json = job->c->json;
    uint32_t count = json->count(list), n = 0;
    if (count == 0 || count > DIMENSIONS)
        return 0;
    if (count > job->vector_cap) {
        float *grown = realloc(job->vector, count * sizeof *grown);
        if (!grown)
            return 0;
        job->vector = grown;
        job->vector_cap = count;
    }
    for (const orxaq_value *v = json->first(list); v; v = json->next(v)) {
        int32_t kind = json->kind(v);
        if (kind != ORXAQ_VALUE_INTEGER && kind != ORXAQ_VALUE_NUMBER)
            return 0;
        job->vector[n++] = (float)json->number(v, 0);
    }
    return n;
}

/* They come in the order of the texts. */
static int take(embed_job *job, const orxaq_value *list) {
    const orxaq_json_service *json = job->c->json;
    uint32_t index = job->done;
    if (json->count(list) != in_batch(job))
        return 0;
    for (const orxaq_value *v = json->first(list); v; v = json->next(v)) {
        uint32_t count = read_vector(job, json->get(v, "values"));
        const orxaq_embedding e = {
            .struct_size = sizeof e, .index = index++, .count = count, .values = job->vector};
        if (!count)
            return 0;
        (void)job->events->embedding(job->events, &e);
    }
    return 1;
}

static void answered(embed_job *job) {
    const orxaq_json_service *json = job->c->json;
    const orxaq_value *tree = NULL;
    orxaq_view text = orxaq_view_of(job->answer.data ? job->answer.data : "", job->answer.len);
    int parsed = !job->failed && json->parse(job->c->host, text, &tree) == ORXAQ_OK;
    if (job->status != 200) {
        refused(job, parsed ? tree : NULL);
    } else if (!parsed || !take(job, json->get(tree, "embeddings"))) {
        over(job, ORXAQ_KIND_PROTOCOL, "the answer holds other vectors than asked for");
    } else {
        job->done += in_batch(job);
        job->step = 0;
    }
}

static void on_exit_feed(embed_job *job, const orxaq_feed *feed) {
    if (feed->reason == ORXAQ_END_BY_ITSELF)
        answered(job);
    else if (feed->reason == ORXAQ_END_TOTAL)
        over(job, ORXAQ_KIND_TIMEOUT, "no answer in time");
    else
        over(job, feed->reason == ORXAQ_END_CANCELLED ? ORXAQ_KIND_KILLED : ORXAQ_KIND_PROTOCOL,
             "the request was ended");
}

static void on_error_feed(embed_job *job, const orxaq_feed *feed) {
    char text[400];
    (void)snprintf(text, sizeof text, "%.*s", (int)(feed->data.len < 350 ? feed->data.len : 350),
                   feed->data.data ? feed->data.data : "");
    over(job, ORXAQ_KIND_NETWORK, text);
}

int32_t gemini_embed_feed(void *self, const orxaq_feed *feed) {
    embed_job *job = self;
    if (job->step != 1)
        return ORXAQ_OK;
    if (feed->kind == ORXAQ_FEED_HEAD && feed->name.len == 0)
        job->status = feed->code;
    else if (feed->kind == ORXAQ_FEED_FRAME && !job->failed)
        job->failed =
            job->answer.len + feed->data.len > ANSWER_MAX || add(&job->answer, feed->data) < 0;
    else if (feed->kind == ORXAQ_FEED_EXIT)
        on_exit_feed(job, feed);
    else if (feed->kind == ORXAQ_FEED_ERROR)
        on_error_feed(job, feed);
    return ORXAQ_OK;
}

/* The host ends the request; its EXIT ends the job. */
void gemini_embed_cancel(void *self, int32_t reason) {
    embed_job *job = self;
    if (job->step == 0)
        over(job, reason == ORXAQ_CANCEL_DEADLINE ? ORXAQ_KIND_TIMEOUT : ORXAQ_KIND_KILLED,
             "cancelled before it began");
}

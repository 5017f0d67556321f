/* The job: requests one after the other, and the outcome. */
#include "costs.h"

#include <stdio.h>
#include <stdlib.h>

#define ANSWER_NS (INT64_C(300) * 1000000000) /* for one page, however slowly it drips */

/* ---- Outcome --------------------------------------------------------------------------------- */

static void finish(costs_job *job, int32_t kind, int32_t retry, orxaq_view message) {
    if (job->over)
        return;
    const orxaq_outcome o = {.struct_size = sizeof o,
                             .kind = kind,
                             .retry = retry,
                             .http_status = job->status,
                             .retry_after_ms = job->retry_after_ms,
                             .message = message};
    (void)job->events->outcome(job->events, &o);
    job->over = 1;
    job->wanted = 0;
}

void costs_finish(costs_job *job, int32_t kind, int32_t retry, const char *message) {
    finish(job, kind, retry, orxaq_str(message));
}

/* ---- Open and close -------------------------------------------------------------------------- */

static int32_t job_open(void *instance, int32_t op, const void *args, const orxaq_events *events,
                        void **ret_job) {
    if (op != ORXAQ_OP_FETCH)
        return ORXAQ_E_UNSUPPORTED;
    costs_job *job = calloc(1, sizeof *job);
    if (!job)
        return ORXAQ_E_MEMORY;
    job->c = instance;
    job->args = args;
    job->events = events;
    job->retry_after_ms = -1;
    *ret_job = job;
    return ORXAQ_OK;
}

static void job_close(void *self) {
    costs_job *job = self;
    costs_free(&job->url);
    costs_free(&job->body);
    costs_free(&job->text);
    costs_free(&job->token);
    free(job);
}

/* ---- Requests -------------------------------------------------------------------------------- */

void costs_ask(costs_job *job, void (*then)(costs_job *job, const orxaq_value *answer)) {
    job->then = then;
    job->wanted = !job->url.failed && !job->body.failed && !job->token.failed;
    if (!job->wanted)
        costs_finish(job, ORXAQ_KIND_CRASHED, ORXAQ_RETRY_NO, "the request could not be written");
}

static void add_header(costs_job *job, const char *name, const char *value, uint64_t secret) {
    job->headers[job->http.header_count++] = (orxaq_header){.struct_size = sizeof job->headers[0],
                                                            .name = orxaq_str(name),
                                                            .value = orxaq_str(value),
                                                            .secret = secret};
}

static void fill(costs_job *job, orxaq_effect *effect) {
    const costs *c = job->c;
    job->http = (orxaq_http){.struct_size = sizeof job->http,
                             .method = orxaq_str(job->body.len ? "POST" : "GET"),
                             .url = costs_view(&job->url),
                             .headers = job->headers,
                             .body = costs_view(&job->body),
                             .framing = ORXAQ_FRAMING_RAW,
                             .max_body = COSTS_BODY_MAX,
                             .total_ns = ANSWER_NS};
    add_header(job, "accept", "application/json", 0);
    add_header(job, "user-agent", "orxaq/" ORXAQ_SDK_VERSION, 0);
    if (job->body.len)
        add_header(job, "content-type", "application/json", 0);
    if (c->kind->extra_name)
        add_header(job, c->kind->extra_name, c->kind->extra_value, 0);
    if (c->secret)
        add_header(job, c->kind->auth_header, c->kind->auth_prefix, c->secret);
    effect->kind = ORXAQ_EFFECT_HTTP;
    effect->http = &job->http;
}

static int32_t job_next(void *self, orxaq_effect *effect) {
    costs_job *job = self;
    if (!job->over && !job->running && !job->wanted && job->effects == 0 && !job->cancelled)
        job->c->kind->begin(job);
    if (job->cancelled && !job->running)
        costs_finish(job, ORXAQ_KIND_KILLED, ORXAQ_RETRY_BY_KIND, "cancelled");
    if (!job->over && !job->running && !job->wanted)
        costs_finish(job, ORXAQ_KIND_CRASHED, ORXAQ_RETRY_NO, "nothing is left to ask");
    if (job->over)
        return ORXAQ_NEXT_DONE;
    if (job->running)
        return ORXAQ_NEXT_WAIT;
    job->wanted = 0;
    job->running = 1;
    job->status = 0;
    job->retry_after_ms = -1;
    costs_clear(&job->text);
    fill(job, effect);
    effect->id = ++job->effects;
    return ORXAQ_NEXT_EFFECT;
}

/* ---- Answers --------------------------------------------------------------------------------- */

static int32_t kind_of_status(int status) {
    switch (status) {
    case 401:
    case 403:
        return ORXAQ_KIND_AUTH;
    case 402:
        return ORXAQ_KIND_QUOTA;
    case 408:
    case 409:
        return ORXAQ_KIND_OVERLOADED;
    case 429:
        return ORXAQ_KIND_RATE_LIMIT;
    default:
        return status >= 500 ? ORXAQ_KIND_OVERLOADED : ORXAQ_KIND_PROTOCOL;
    }
}

/* What the vendor says about it: {"error": {"message"}}, {"error": "..."} or {"message"}. */
static orxaq_view message_of(costs_job *job) {
    const orxaq_json_service *json = job->c->json;
    const orxaq_value *tree = NULL;
    orxaq_view none = {0};
    if (!job->text.len || json->parse(job->c->host, costs_view(&job->text), &tree) != ORXAQ_OK)
        return none;
    orxaq_view said = json->text(json->get(tree, "error.message"), none);
    if (!said.len)
        said = json->text(json->get(tree, "error"), none);
    return said.len ? said : json->text(json->get(tree, "message"), none);
}

static void refused(costs_job *job) {
    char text[512];
    orxaq_view said = message_of(job);
    (void)snprintf(text, sizeof text, "HTTP %d%s%.*s%s", job->status, said.len ? ": " : "",
                   (int)(said.len < 400 ? said.len : 400), said.len ? said.data : "",
                   job->status >= 300 && job->status < 400
                       ? ": it points elsewhere, which is not followed; correct base_url"
                       : "");
    costs_finish(job, kind_of_status(job->status), ORXAQ_RETRY_BY_KIND, text);
}

static void answered(costs_job *job) {
    const orxaq_value *tree = NULL;
    if (job->status != 200) {
        refused(job);
        return;
    }
    if (job->text.failed ||
        job->c->json->parse(job->c->host, costs_view(&job->text), &tree) != ORXAQ_OK) {
        costs_finish(job, ORXAQ_KIND_NETWORK, ORXAQ_RETRY_BY_KIND, "the answer is no JSON");
        return;
    }
    job->then(job, tree);
}

/* A page too large to be read: fewer buckets, while there are fewer. */
static void too_large(costs_job *job) {
    if (job->limit > 1) {
        job->limit /= 2;
        job->c->kind->begin(job);
        return;
    }
    costs_finish(job, ORXAQ_KIND_LIMIT, ORXAQ_RETRY_NO, "an answer is larger than 16 MiB");
}

static void ended(costs_job *job, const orxaq_feed *feed) {
    switch (feed->reason) {
    case ORXAQ_END_BY_ITSELF:
        answered(job);
        break;
    case ORXAQ_END_OUTPUT_LIMIT:
        too_large(job);
        break;
    case ORXAQ_END_CANCELLED:
        finish(job, ORXAQ_KIND_KILLED, ORXAQ_RETRY_BY_KIND, feed->data);
        break;
    default:
        finish(job, ORXAQ_KIND_TIMEOUT, ORXAQ_RETRY_BY_KIND, feed->data);
        break;
    }
}

/* The network, or a host that did not let the request go: a key that cannot be had, an address
 * that is not allowed. */
static void failed(costs_job *job, const orxaq_feed *feed) {
    int32_t kind = feed->code == ORXAQ_E_CANCELLED   ? ORXAQ_KIND_KILLED
                   : feed->code == ORXAQ_E_NOT_FOUND ? ORXAQ_KIND_AUTH
                   : feed->code == ORXAQ_E_TIMEOUT   ? ORXAQ_KIND_TIMEOUT
                   : feed->code == ORXAQ_E_IO        ? ORXAQ_KIND_NETWORK
                   : feed->code == ORXAQ_E_PROTOCOL  ? ORXAQ_KIND_NETWORK
                                                     : ORXAQ_KIND_CRASHED;
    finish(job, kind, kind == ORXAQ_KIND_CRASHED ? ORXAQ_RETRY_NO : ORXAQ_RETRY_BY_KIND,
           feed->data);
}

static void on_head(costs_job *job, const orxaq_feed *feed) {
    int64_t now = job->c->clock ? job->c->clock->wall_ns(job->c->host) : 0;
    if (feed->name.len == 0)
        job->status = feed->code;
    if (orxaq_view_is(feed->name, "retry-after") && job->retry_after_ms < 0)
        job->retry_after_ms = costs_retry_after(feed->data, now);
}

static int32_t job_feed(void *self, const orxaq_feed *feed) {
    costs_job *job = self;
    if (job->over || feed->effect != job->effects)
        return ORXAQ_OK;
    if (feed->kind == ORXAQ_FEED_HEAD) {
        on_head(job, feed);
    } else if (feed->kind == ORXAQ_FEED_FRAME) {
        costs_add(&job->text, feed->data);
    } else if (feed->kind == ORXAQ_FEED_EXIT) {
        job->running = 0;
        ended(job, feed);
    } else if (feed->kind == ORXAQ_FEED_ERROR) {
        job->running = 0;
        failed(job, feed);
    }
    return ORXAQ_OK;
}

static void job_cancel(void *self, int32_t reason) {
    costs_job *job = self;
    (void)reason;
    job->cancelled = 1;
}

const orxaq_job costs_jobs = {
    .struct_size = sizeof(orxaq_job),
    .open = job_open,
    .next = job_next,
    .feed = job_feed,
    .cancel = job_cancel,
    .close = job_close,
};

/* ---- Pages ----------------------------------------------------------------------------------- */

static orxaq_view checkpoint(costs_job *job) {
    const orxaq_json_service *json = job->c->json;
    orxaq_view text = {0};
    orxaq_writer *w = json->writer(job->c->host);
    json->begin_map(w);
    json->key(w, orxaq_str("stage"));
    json->put_integer(w, job->stage);
    json->key(w, orxaq_str("limit"));
    json->put_integer(w, job->limit);
    json->key(w, orxaq_str("page"));
    json->put_text(w, costs_view(&job->token));
    json->end_map(w);
    (void)json->finish(w, &text);
    return text;
}

int costs_page(costs_job *job, int more) {
    const orxaq_cost_sink *sink = job->args->sink;
    orxaq_view none = {0};
    int32_t code = sink->page(sink, more ? checkpoint(job) : none);
    if (code == ORXAQ_E_LIMIT)
        costs_finish(job, ORXAQ_KIND_LIMIT, ORXAQ_RETRY_NO,
                     "there are more pages than are taken at once");
    else if (code < 0)
        costs_finish(job, ORXAQ_KIND_CRASHED, ORXAQ_RETRY_NO, "the rows could not be stored");
    return code >= 0;
}

/* FNV-1a: only equality within one job counts. */
static uint64_t digest(orxaq_view v) {
    uint64_t h = UINT64_C(14695981039346656037);
    for (uint64_t i = 0; i < v.len; i++)
        h = (h ^ (unsigned char)v.data[i]) * UINT64_C(1099511628211);
    return h;
}

static void note_token(costs_job *job) {
    if (job->token.len && job->seen_count < COSTS_TOKENS_MAX)
        job->seen[job->seen_count++] = digest(costs_view(&job->token));
}

int costs_take_token(costs_job *job, orxaq_view token) {
    uint64_t d = digest(token);
    for (uint32_t i = 0; i < job->seen_count; i++)
        if (job->seen[i] == d) {
            costs_finish(job, ORXAQ_KIND_NO_PROGRESS, ORXAQ_RETRY_NO, "cursor_loop_detected");
            return 0;
        }
    costs_clear(&job->token);
    costs_add(&job->token, token);
    note_token(job);
    return 1;
}

void costs_resume(costs_job *job) {
    const orxaq_json_service *json = job->c->json;
    const orxaq_value *tree = NULL;
    if (!job->args->checkpoint.len || job->effects ||
        json->parse(job->c->host, job->args->checkpoint, &tree) != ORXAQ_OK)
        return;
    int64_t stage = json->integer(json->get(tree, "stage"), 0);
    int64_t limit = json->integer(json->get(tree, "limit"), 0);
    job->stage = stage > 0 && stage < 64 ? (int)stage : 0;
    job->limit = limit > 0 && limit < 100000 ? (int)limit : 0;
    costs_clear(&job->token);
    costs_add(&job->token, json->text(json->get(tree, "page"), orxaq_str("")));
    note_token(job);
}

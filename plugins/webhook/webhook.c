/* webhook.c: a sink that tells a web server of events, one POST each.
 *
 * Meant for budgets: the host writes budget.threshold once for each cap, threshold and day, and
 * this passes it on. The host delivers a batch again until it went well, so what was posted already
 * is remembered by its number, in the host's store. */
#include <orxaq/orxaq.h>

#include <stdio.h>
#include <stdlib.h>

#define HEADERS 3

typedef struct webhook {
    const orxaq_host *host;
    const orxaq_json_service *json;
    const orxaq_kv_service *kv; /* may be NULL */
    orxaq_view url;
    orxaq_view header;
    orxaq_view prefix;
    const orxaq_value *kinds;
    uint64_t secret;
    uint64_t posted; /* the number of the last event that went out */
} webhook;

typedef struct message {
    uint64_t seq;
    char *body;
    uint64_t len;
} message;

typedef struct webhook_job {
    webhook *sink;
    const orxaq_events *events;
    message *messages;
    uint32_t count;
    uint32_t at; /* the one that is on its way or comes next */
    int running, failed, said;
    int32_t status;
    int64_t retry_after_ms;
    char key[32]; /* the number of the event */
    orxaq_header headers[HEADERS];
    orxaq_http http;
} webhook_job;

#define KEY(path, kind, mark, fallback, text)                                                      \
    {                                                                                              \
        .struct_size = sizeof(orxaq_config_key), .type = (kind), .flags = (mark), .key = (path),   \
        .default_value = (fallback), .help = (text)                                                \
    }

static const orxaq_config_key keys[] = {
    KEY("url", ORXAQ_CONFIG_STRING, ORXAQ_KEY_REQUIRED, NULL,
        "Where to post to; https, or http on this machine. Nothing secret: it is shown in "
        "reports."),
    KEY("secret", ORXAQ_CONFIG_SECRET, 0, NULL, "Sent in a header, e.g. env:HOOK_TOKEN."),
    KEY("header", ORXAQ_CONFIG_STRING, 0, "Authorization",
        "The header that the secret is sent in."),
    KEY("prefix", ORXAQ_CONFIG_STRING, 0, "Bearer ", "What stands before the secret there."),
    KEY("kinds", ORXAQ_CONFIG_STRINGS, 0, "[budget.threshold]",
        "Kinds of events, e.g. budget.threshold; budget.* takes all that begin with budget."),
};

/* ---- Which events ---------------------------------------------------------------------------- */

static int pattern_fits(orxaq_view pattern, orxaq_view kind) {
    if (pattern.len == 0 || pattern.data[pattern.len - 1] != '*')
        return orxaq_view_eq(pattern, kind);
    uint64_t len = pattern.len - 1;
    return kind.len >= len && (len == 0 || memcmp(pattern.data, kind.data, (size_t)len) == 0);
}

static int32_t sink_wants(void *instance, orxaq_view kind) {
    const webhook *s = instance;
    for (const orxaq_value *it = s->json->first(s->kinds); it; it = s->json->next(it))
        if (pattern_fits(s->json->text(it, orxaq_str("")), kind))
            return 1;
    return 0;
}

/* ---- What is posted -------------------------------------------------------------------------- */

static double usd(const webhook *s, const orxaq_value *body, const char *key) {
    return (double)s->json->integer(s->json->get(body, key), 0) / 1e9;
}

/* What chat rooms show. */
static void text_of(const webhook *s, const orxaq_record *r, const orxaq_value *body, char *out,
                    size_t size) {
    orxaq_view name = s->json->text(s->json->get(body, "budget"), orxaq_str("a budget"));
    if (!orxaq_view_is(r->kind, "budget.threshold"))
        (void)snprintf(out, size, "orxaq: %.*s", (int)r->kind.len, r->kind.data);
    else
        (void)snprintf(out, size, "orxaq: %d %% of %.*s: %.2f of %.2f USD are spent%s",
                       (int)s->json->integer(s->json->get(body, "percent"), 0),
                       (int)(name.len < 200 ? name.len : 200), name.data,
                       usd(s, body, "spent_nano_usd"), usd(s, body, "limit_nano_usd"),
                       s->json->boolean(s->json->get(body, "stops"), 0) ? "; nothing more begins"
                                                                        : "");
}

static void put(const webhook *s, orxaq_writer *w, const char *key, orxaq_view text) {
    s->json->key(w, orxaq_str(key));
    s->json->put_text(w, text);
}

static int32_t write_body(const webhook *s, const orxaq_record *r, orxaq_view *ret_body) {
    const orxaq_value *body = NULL;
    char text[400];
    int there = r->body.len && s->json->parse(s->host, r->body, &body) == ORXAQ_OK;
    text_of(s, r, body, text, sizeof text);
    orxaq_writer *w = s->json->writer(s->host);
    s->json->begin_map(w);
    put(s, w, "text", orxaq_str(text));
    put(s, w, "event", r->kind);
    s->json->key(w, orxaq_str("seq"));
    s->json->put_integer(w, (int64_t)r->seq);
    s->json->key(w, orxaq_str("wall_ns"));
    s->json->put_integer(w, r->wall_ns);
    put(s, w, "origin", r->origin);
    if (r->task.len)
        put(s, w, "task", r->task);
    if (there) {
        s->json->key(w, orxaq_str("body"));
        s->json->put_value(w, body);
    }
    s->json->end_map(w);
    return s->json->finish(w, ret_body);
}

static int32_t add_message(webhook_job *job, const orxaq_record *r) {
    orxaq_view body = {0};
    if (r->seq <= job->sink->posted)
        return ORXAQ_OK;
    int32_t code = write_body(job->sink, r, &body);
    if (code < 0)
        return code;
    message *m = &job->messages[job->count];
    m->body = malloc((size_t)body.len + 1);
    if (!m->body)
        return ORXAQ_E_MEMORY;
    memcpy(m->body, body.data, (size_t)body.len);
    m->len = body.len;
    m->seq = r->seq;
    job->count++;
    return ORXAQ_OK;
}

/* ---- The job --------------------------------------------------------------------------------- */

static void job_close(void *opaque) {
    webhook_job *job = opaque;
    for (uint32_t i = 0; i < job->count; i++)
        free(job->messages[i].body);
    free(job->messages);
    free(job);
}

static int32_t job_open(void *instance, int32_t op, const void *args, const orxaq_events *events,
                        void **ret_job) {
    const orxaq_flush_args *flush = args;
    if (op != ORXAQ_OP_FLUSH)
        return ORXAQ_E_UNSUPPORTED;
    webhook_job *job = calloc(1, sizeof *job);
    if (!job)
        return ORXAQ_E_MEMORY;
    *job = (webhook_job){.sink = instance, .events = events, .retry_after_ms = -1};
    job->messages = calloc((size_t)flush->record_count + 1, sizeof *job->messages);
    int32_t code = job->messages ? ORXAQ_OK : ORXAQ_E_MEMORY;
    for (uint32_t i = 0; code == ORXAQ_OK && i < flush->record_count; i++)
        code = add_message(job, ORXAQ_AT(orxaq_record, flush->records, i));
    if (code < 0) {
        job_close(job);
        return code;
    }
    *ret_job = job;
    return ORXAQ_OK;
}

static orxaq_header header_of(const char *name, orxaq_view value) {
    return (orxaq_header){
        .struct_size = sizeof(orxaq_header), .name = orxaq_str(name), .value = value};
}

/* The number lets the other side see a repetition, which a crash can cause. */
static void make_request(webhook_job *job) {
    const webhook *s = job->sink;
    const message *m = &job->messages[job->at];
    (void)snprintf(job->key, sizeof job->key, "orxaq-%llu", (unsigned long long)m->seq);
    job->headers[0] = header_of("Content-Type", orxaq_str("application/json"));
    job->headers[1] = header_of("Idempotency-Key", orxaq_str(job->key));
    job->headers[2] = (orxaq_header){.struct_size = sizeof(orxaq_header),
                                     .name = s->header,
                                     .value = s->prefix,
                                     .secret = s->secret};
    job->http = (orxaq_http){.struct_size = sizeof job->http,
                             .header_count = s->secret ? HEADERS : HEADERS - 1,
                             .method = orxaq_str("POST"),
                             .url = s->url,
                             .headers = job->headers,
                             .body = orxaq_view_of(m->body, m->len),
                             .framing = ORXAQ_FRAMING_NONE,
                             .max_body = 65536,
                             .total_ns = INT64_C(10000000000)};
}

static void finish(webhook_job *job, int32_t kind, orxaq_view why) {
    const orxaq_outcome outcome = {.struct_size = sizeof outcome,
                                   .kind = kind,
                                   .retry = kind == ORXAQ_KIND_OK ? 0 : ORXAQ_RETRY_YES,
                                   .retry_after_ms = job->retry_after_ms,
                                   .message = why};
    job->said = 1;
    job->failed = kind != ORXAQ_KIND_OK;
    job->events->outcome(job->events, &outcome);
}

static int32_t job_next(void *opaque, orxaq_effect *effect) {
    webhook_job *job = opaque;
    if (job->running)
        return ORXAQ_NEXT_WAIT;
    if (!job->failed && job->at < job->count) {
        make_request(job);
        job->running = 1;
        job->status = 0;
        effect->kind = ORXAQ_EFFECT_HTTP;
        effect->id = job->at + 1;
        effect->http = &job->http;
        return ORXAQ_NEXT_EFFECT;
    }
    if (!job->said)
        finish(job, ORXAQ_KIND_OK, orxaq_str(""));
    return ORXAQ_NEXT_DONE;
}

/* It is not posted again, whatever becomes of the rest. */
static void remember(webhook *s, uint64_t seq) {
    char text[24];
    s->posted = seq;
    (void)snprintf(text, sizeof text, "%llu", (unsigned long long)seq);
    if (s->kv)
        (void)s->kv->put(s->host, orxaq_str("posted"), orxaq_str(text));
}

static void answered(webhook_job *job, const orxaq_feed *feed) {
    char why[80];
    int whole = feed->code == 0 && feed->signal == 0 && feed->reason == ORXAQ_END_BY_ITSELF;
    job->running = 0;
    if (whole && job->status >= 200 && job->status < 300) {
        remember(job->sink, job->messages[job->at++].seq);
        return;
    }
    (void)snprintf(why, sizeof why, "the server answered HTTP %d%s", (int)job->status,
                   whole ? "" : ", and not to the end");
    finish(job, job->status == 429 ? ORXAQ_KIND_RATE_LIMIT : ORXAQ_KIND_OVERLOADED, orxaq_str(why));
}

/* Seconds only: a date comes later than the host's own back-off would. */
static void take_header(webhook_job *job, orxaq_view name, orxaq_view value) {
    int64_t seconds = 0;
    if (!orxaq_view_is(name, "retry-after") || value.len == 0 || value.len > 5)
        return;
    for (uint64_t i = 0; i < value.len; i++) {
        if (value.data[i] < '0' || value.data[i] > '9')
            return;
        seconds = seconds * 10 + (value.data[i] - '0');
    }
    job->retry_after_ms = seconds * 1000;
}

static int32_t job_feed(void *opaque, const orxaq_feed *feed) {
    webhook_job *job = opaque;
    if (job->failed || !job->running)
        return ORXAQ_OK;
    if (feed->kind == ORXAQ_FEED_HEAD && feed->name.len)
        take_header(job, feed->name, feed->data);
    else if (feed->kind == ORXAQ_FEED_HEAD)
        job->status = feed->code;
    else if (feed->kind == ORXAQ_FEED_EXIT)
        answered(job, feed);
    else if (feed->kind == ORXAQ_FEED_ERROR) {
        job->running = 0;
        finish(job, ORXAQ_KIND_NETWORK, feed->data);
    }
    return ORXAQ_OK;
}

static void job_cancel(void *opaque, int32_t reason) {
    (void)opaque;
    (void)reason;
}

static const orxaq_job job_ops = {.struct_size = sizeof job_ops,
                                  .open = job_open,
                                  .next = job_next,
                                  .feed = job_feed,
                                  .cancel = job_cancel,
                                  .close = job_close};

static const orxaq_sink sink = {.struct_size = sizeof sink, .wants = sink_wants, .job = &job_ops};

/* ---- The module ------------------------------------------------------------------------------ */

static void recall(webhook *s) {
    orxaq_view text = {0};
    if (!s->kv || s->kv->get(s->host, orxaq_str("posted"), &text) != 1)
        return;
    for (uint64_t i = 0; i < text.len && i < 19; i++)
        if (text.data[i] >= '0' && text.data[i] <= '9')
            s->posted = s->posted * 10 + (uint64_t)(text.data[i] - '0');
}

static int32_t set_up(webhook *s, const orxaq_value *settings) {
    const orxaq_secret_service *secret = s->host->service(s->host, ORXAQ_SECRET_1);
    if (!s->json)
        return ORXAQ_E_UNSUPPORTED;
    s->url = s->json->text(s->json->get(settings, "url"), orxaq_str(""));
    s->header = s->json->text(s->json->get(settings, "header"), orxaq_str("Authorization"));
    s->prefix = s->json->text(s->json->get(settings, "prefix"), orxaq_str(""));
    s->kinds = s->json->get(settings, "kinds");
    if (secret)
        s->secret = secret->handle(s->host, orxaq_str("secret"));
    recall(s);
    return ORXAQ_OK;
}

static int32_t create(const orxaq_host *host, const orxaq_value *settings, void **ret_instance) {
    webhook *s = calloc(1, sizeof *s);
    if (!s)
        return ORXAQ_E_MEMORY;
    s->host = host;
    s->json = host->service(host, ORXAQ_JSON_1);
    s->kv = host->service(host, ORXAQ_KV_1);
    int32_t code = set_up(s, settings);
    if (code < 0) {
        free(s);
        return code;
    }
    *ret_instance = s;
    return ORXAQ_OK;
}

static void destroy(void *instance) {
    free(instance);
}

static const void *capability(const char *id) {
    return strcmp(id, ORXAQ_SINK_1) == 0 ? &sink : NULL;
}

static const orxaq_plugin plugin = {
    .struct_size = sizeof plugin,
    .magic = ORXAQ_PLUGIN_MAGIC,
    .abi_major = ORXAQ_ABI_MAJOR,
    .abi_minor = ORXAQ_ABI_MINOR,
    .min_host_minor = 1,
    .config_count = sizeof keys / sizeof keys[0],
    .layout = ORXAQ_LAYOUT,
    .id = "webhook",
    .name = "Webhook",
    .version = ORXAQ_SDK_VERSION,
    .vendor = "orxaq",
    .licence = "MIT",
    .summary = "Tells a web server of budgets at 50, 80 and 100 %, and of other events.",
    .config = keys,
    .capability = capability,
    .create = create,
    .destroy = destroy,
};

ORXAQ_EXPORT int32_t orxaq_plugin_query(const orxaq_host_abi *host,
                                        const orxaq_plugin **ret_plugin) {
    *ret_plugin = &plugin;
    return orxaq_host_fits(host, plugin.min_host_minor);
}

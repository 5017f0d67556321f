/* HTTP requests of a job: started, heard, ended. */
#include "platform/http.h"

#include "plugin/job_state.h"
#include "plugin/view.h"

#include <stdlib.h>

#define ANSWER_MAX ((int64_t)256 << 20) /* when neither driver nor caller says less */

/* One request. */
typedef struct orx_call {
    orx_list link;
    orx_job *job;
    uint32_t id;
    orx_http *http;
    int64_t started;  /* monotonic */
    int64_t heard_ns; /* since then: when the bytes came that frames are cut from */
    orx_framer framer;
} orx_call;

static void call_free(orx_call *call) {
    orx_list_remove(&call->link);
    call->job->run_count--;
    orx_http_free(call->http);
    orx_framer_free(&call->framer);
    free(call);
}

void orx_job_free_calls(orx_job *job) {
    ORX_LIST_EACH(&job->calls, it)
    call_free(ORX_LIST_ITEM(it, orx_call, link));
}

void orx_job_stop_calls(orx_job *job) {
    ORX_LIST_EACH(&job->calls, it)
    orx_http_stop(ORX_LIST_ITEM(it, orx_call, link)->http);
}

/* ---- While it runs ------------------------------------------------------------------------- */

static orxaq_feed feed_of(const orx_call *call, int32_t kind) {
    return (orxaq_feed){.kind = kind,
                        .effect = call->id,
                        .stream = kind == ORXAQ_FEED_FRAME ? ORXAQ_STREAM_OUT : 0,
                        .elapsed_ns = orx_mono_ns(call->job->p) - call->started};
}

static void on_head(orx_http *http, int status, const orx_http_header *headers, size_t count,
                    void *user) {
    (void)http;
    orx_call *call = user;
    orxaq_feed feed = feed_of(call, ORXAQ_FEED_HEAD);
    feed.code = status;
    orx_job_feed(call->job, &feed);
    for (size_t i = 0; i < count; i++) {
        feed.name = orxaq_view_of(headers[i].name.p, headers[i].name.len);
        feed.data = orxaq_view_of(headers[i].value.p, headers[i].value.len);
        orx_job_feed(call->job, &feed);
    }
}

static bool on_frame(void *user, orx_view record, orx_view name, bool cut) {
    orx_call *call = user;
    orxaq_feed feed = feed_of(call, ORXAQ_FEED_FRAME);
    feed.flags = cut ? ORXAQ_FEED_CUT : 0;
    feed.elapsed_ns = call->heard_ns;
    feed.data = orxaq_view_of(record.p, record.len);
    feed.name = orxaq_view_of(name.p, name.len);
    orx_job_feed(call->job, &feed);
    return orx_job_is_running(call->job);
}

static void on_body(orx_http *http, orx_view bytes, void *user) {
    (void)http;
    orx_call *call = user;
    const orx_job_events *events = call->job->spec.events;
    if (events && events->output)
        events->output(events->user, ORX_STDOUT, bytes);
    call->heard_ns = orx_mono_ns(call->job->p) - call->started;
    orx_job_tap_bytes(call->job, call->id, ORXAQ_STREAM_OUT, bytes, call->heard_ns);
    orx_framer_add(&call->framer, bytes);
}

/* ---- The end ------------------------------------------------------------------------------- */

/* EXIT for what was decided here, ERROR for what the network did. */
static orxaq_feed last_feed(const orx_call *call, const orx_http_result *r) {
    static const struct {
        int32_t kind, code, reason;
    } ends[] = {
        [ORX_HTTP_DONE] = {ORXAQ_FEED_EXIT, 0, ORXAQ_END_BY_ITSELF},
        [ORX_HTTP_UNREACHED] = {ORXAQ_FEED_ERROR, ORXAQ_E_IO, 0},
        [ORX_HTTP_CUT] = {ORXAQ_FEED_ERROR, ORXAQ_E_IO, 0},
        [ORX_HTTP_MALFORMED] = {ORXAQ_FEED_ERROR, ORXAQ_E_PROTOCOL, 0},
        [ORX_HTTP_TIMEOUT] = {ORXAQ_FEED_EXIT, 0, ORXAQ_END_TOTAL},
        [ORX_HTTP_IDLE] = {ORXAQ_FEED_EXIT, 0, ORXAQ_END_IDLE},
        [ORX_HTTP_SILENT] = {ORXAQ_FEED_EXIT, 0, ORXAQ_END_SILENT},
        [ORX_HTTP_NO_CONNECT] = {ORXAQ_FEED_ERROR, ORXAQ_E_TIMEOUT, 0},
        [ORX_HTTP_TOO_LARGE] = {ORXAQ_FEED_EXIT, 0, ORXAQ_END_OUTPUT_LIMIT},
        [ORX_HTTP_STOPPED] = {ORXAQ_FEED_EXIT, 0, ORXAQ_END_CANCELLED},
    };
    orxaq_feed feed = feed_of(call, ends[r->end].kind);
    feed.code = ends[r->end].code;
    feed.reason = ends[r->end].reason;
    return feed;
}

static void on_end(orx_http *http, const orx_http_result *result, void *user) {
    (void)http;
    orx_call *call = user;
    orx_job *job = call->job;
    orx_http_result r = *result;
    orx_framer_end(&call->framer);
    orxaq_feed feed = last_feed(call, &r);
    feed.data = orxaq_str(r.message);
    call_free(call);
    orx_job_feed(job, &feed);
    orx_job_settle(job);
}

/* ---- Starting ------------------------------------------------------------------------------ */

static void wipe(orx_str *value) {
    if (value->buf)
        explicit_bzero(value->buf, value->cap);
    orx_str_free(value);
}

static bool is_this_machine(orx_view host) {
    return orx_view_ieq(host, orx_view_of("localhost")) || orx_view_is(host, "::1") ||
           orx_view_starts(host, "127.");
}

/* Whether the request goes to a machine that may be asked. */
static int check_host(const orx_job *job, const char *url, orx_err *err) {
    orx_http_place place;
    const char *const *host = job->spec.hosts;
    int rc = host ? orx_http_place_of(url, &place, err) : 0;
    if (rc < 0 || !host || is_this_machine(place.host))
        return rc;
    for (; *host; host++)
        if (orx_view_ieq(place.host, orx_view_of(*host)))
            return 0;
    return orx_err_set(
        err, ORX_E_DENIED, "plugin %s may not ask the machine %.*s: it is not on its list of hosts",
        orx_plugin_descriptor(orx_instance_plugin(job->instance))->id, ORX_VIEW_ARG(place.host));
}

/* A header's value with its secret behind it. */
static int header_value(orx_job *job, const orxaq_header *h, orx_str *out, orx_err *err) {
    ORX_CLEANUP(wipe) orx_str secret = {0};
    int rc = h->secret ? orx_instance_secret(job->instance, h->secret, &secret, err) : 0;
    if (rc < 0)
        return rc;
    orx_view clean = orx_view_trim(orx_str_view(&secret)); /* a file's last line end */
    if (!orx_http_value_ok(clean))
        return orx_err_set(err, ORX_E_INVALID,
                           "the secret for the header %.*s holds control characters",
                           (int)h->name.len, h->name.data);
    (void)orx_str_reserve(out, (size_t)h->value.len + clean.len + 1); /* nothing is left behind */
    orx_str_add(out, h->value.data, (size_t)h->value.len);
    orx_str_addv(out, clean);
    return 0;
}

/* The shorter of two limits, where 0 is none. */
static int64_t tighter(int64_t a, int64_t b) {
    if (a <= 0)
        return b;
    return b <= 0 || a < b ? a : b;
}

static int64_t as_limit(uint64_t bytes) {
    return bytes > INT64_MAX ? INT64_MAX : (int64_t)bytes;
}

static orx_http_spec http_spec(orx_call *call, const orxaq_http *h) {
    const orx_job_spec *spec = &call->job->spec;
    int64_t most = tighter(as_limit(h->max_body), spec->output_max);
    return (orx_http_spec){
        .body = {h->body.data, (size_t)h->body.len},
        .plain_http = spec->plain_http,
        .ca_file = spec->ca_file,
        .total_timeout_ns = h->total_ns,
        .idle_timeout_ns = h->idle_ns > 0 ? h->idle_ns : spec->idle_ns,
        .first_byte_timeout_ns = tighter(h->first_byte_ns, spec->first_byte_ns),
        .body_max = most > 0 ? most : ANSWER_MAX,
        .on_head = on_head,
        .on_body = on_body,
        .on_end = on_end,
        .user = call,
    };
}

static int start(orx_call *call, const orxaq_http *h, orx_err *err) {
    ORX_CLEANUP(orx_arena_free) orx_arena arena = {0};
    orx_job *job = call->job;
    orx_http_spec spec = http_spec(call, h);
    spec.method = orx_arena_dup(&arena, orx_view_in(h->method));
    spec.url = orx_arena_dup(&arena, orx_view_in(h->url));
    orx_str *values = orx_arena_zalloc(&arena, (size_t)h->header_count + 1, sizeof *values);
    orx_http_header *headers =
        orx_arena_zalloc(&arena, (size_t)h->header_count + 1, sizeof *headers);
    int rc = check_host(job, spec.url, err);
    for (uint32_t i = 0; i < h->header_count && rc >= 0; i++) {
        const orxaq_header *from = ORXAQ_AT(orxaq_header, h->headers, i);
        rc = header_value(job, from, &values[i], err);
        headers[i] = (orx_http_header){orx_view_in(from->name), orx_str_view(&values[i])};
    }
    spec.headers = headers;
    spec.header_count = h->header_count;
    if (rc >= 0)
        rc = orx_http_start(job->p, &spec, &call->http, err);
    for (uint32_t i = 0; i < h->header_count; i++)
        wipe(&values[i]);
    return rc;
}

/* An address that cannot be used is told apart from a network that fails. */
static void refuse(orx_job *job, uint32_t id, const orx_err *err) {
    orxaq_feed feed = {.kind = ORXAQ_FEED_ERROR,
                       .effect = id,
                       .code = ORXAQ_E_INVALID,
                       .data = orxaq_str(err->msg)};
    if (err->code == ORX_E_INVALID)
        orx_job_feed(job, &feed);
    else
        orx_job_feed_error(job, id, err);
}

void orx_job_http(orx_job *job, uint32_t id, const orxaq_http *http) {
    orx_err err = ORX_ERR_INIT;
    orx_call *call = orx_xcalloc(1, sizeof *call);
    call->job = job;
    call->id = id;
    call->started = orx_mono_ns(job->p);
    orx_framer_init(&call->framer, http->framing, http->max_frame, on_frame, call);
    orx_list_append(&job->calls, &call->link);
    job->run_count++;
    if (start(call, http, &err) < 0) {
        call_free(call);
        refuse(job, id, &err);
        return;
    }
    job->result.requests++;
    orxaq_feed feed = feed_of(call, ORXAQ_FEED_START);
    orx_job_feed(job, &feed);
}

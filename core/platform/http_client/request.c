/* The life of a request. */
#include "platform/http_client/client.h"

#include <stdlib.h>

/* ---- End ------------------------------------------------------------------------------------- */

/* Decides the result and lets go of everything that libcurl has of it. */
static void finish(orx_request *r, orx_http_end end, CURLcode code) {
    if (r->over)
        return;
    r->over = true;
    r->result.end = end;
    r->result.wall_ns = orx_mono_ns(r->e->p) - r->started;
    long connects = 1;
    curl_off_t sent = 0;
    (void)curl_easy_getinfo(r->easy, CURLINFO_NUM_CONNECTS, &connects);
    (void)curl_easy_getinfo(r->easy, CURLINFO_SIZE_UPLOAD_T, &sent);
    r->result.reused = connects == 0;
    r->result.sent_bytes = sent;
    orx_answer_message(r, code);
    (void)curl_multi_remove_handle(r->e->multi, r->easy);
    curl_easy_cleanup(r->easy);
    r->easy = NULL;
    orx_request_wipe(r);
    orx_timer_cancel(r->e->p, r->total);
    orx_timer_cancel(r->e->p, r->quiet);
    r->total = r->quiet = NULL;
    orx_engine_ready(r);
}

void orx_request_finished(orx_request *r, CURLcode code) {
    finish(r, orx_answer_end(r, code), code);
}

static void destroy(orx_request *r) {
    orx_list_remove(&r->link);
    orx_list_remove(&r->ready);
    orx_timer_cancel(r->e->p, r->total);
    orx_timer_cancel(r->e->p, r->quiet);
    if (r->easy) {
        (void)curl_multi_remove_handle(r->e->multi, r->easy);
        curl_easy_cleanup(r->easy);
    }
    orx_request_wipe(r);
    orx_str_free(&r->head);
    orx_vec_free(&r->lines);
    orx_str_free(&r->inbox);
    free(r->where);
    free(r->ca_file);
    free(r->body);
    free(r);
}

void orx_request_free(orx_http *http) {
    orx_request *r = (orx_request *)(void *)http;
    if (r->telling)
        r->freed = true; /* as soon as its caller's callback has returned */
    else
        destroy(r);
}

void orx_request_stop(orx_http *http) {
    orx_request *r = (orx_request *)(void *)http;
    if (r->told || r->freed)
        return;
    finish(r, ORX_HTTP_STOPPED, CURLE_OK);
    if (r->result.end != ORX_HTTP_STOPPED) { /* over, but its caller does not know yet */
        r->result.end = ORX_HTTP_STOPPED;
        orx_answer_message(r, CURLE_OK);
        orx_engine_ready(r);
    }
}

/* ---- Telling the caller ---------------------------------------------------------------------- */

static void tell_head(orx_request *r) {
    r->head_told = true;
    if (!r->spec.on_head)
        return;
    orx_http_header *list = orx_xcalloc(r->lines.len + 1, sizeof *list);
    for (size_t i = 0; i < r->lines.len; i++) {
        const orx_head_line *at = &r->lines.items[i];
        list[i] = (orx_http_header){{r->head.buf + at->name, at->name_len},
                                    {r->head.buf + at->value, at->value_len}};
    }
    r->spec.on_head(&r->base, r->result.status, list, r->lines.len, r->spec.user);
    free(list);
}

static void tell_body(orx_request *r) {
    orx_str bytes = r->inbox;
    r->inbox = (orx_str){0};
    r->result.body_bytes += (int64_t)bytes.len;
    if (r->spec.on_body)
        r->spec.on_body(&r->base, orx_str_view(&bytes), r->spec.user);
    /* The memory serves again, unless more came in meanwhile. */
    if (r->inbox.buf) {
        orx_str_free(&bytes);
    } else {
        orx_str_clear(&bytes);
        r->inbox = bytes;
    }
}

/* Whether the caller wants no more of the answer. */
static bool dropped(const orx_request *r) {
    return r->freed || (r->over && r->result.end == ORX_HTTP_STOPPED);
}

/* A pause holds back what came, not the fact that time is up. */
static bool may_tell_end(const orx_request *r) {
    bool now = r->result.end == ORX_HTTP_TIMEOUT || r->result.end == ORX_HTTP_STOPPED;
    return r->over && !r->told && !r->freed && (now || (!r->paused && r->inbox.len == 0));
}

static void go_on_reading(orx_request *r) {
    if (!r->throttled || r->over || r->freed || r->paused || r->inbox.len)
        return;
    r->throttled = false;
    CURLcode code = curl_easy_pause(r->easy, CURLPAUSE_CONT);
    if (code != CURLE_OK)
        orx_request_finished(r, code);
}

void orx_request_tell(orx_request *r) {
    r->telling++;
    if (r->head_complete && !r->head_told && !r->paused && !dropped(r))
        tell_head(r);
    if (r->inbox.len && !r->paused && !dropped(r))
        tell_body(r);
    go_on_reading(r);
    if (may_tell_end(r)) {
        r->told = true;
        orx_http_result result = r->result;
        if (r->spec.on_end)
            r->spec.on_end(&r->base, &result, r->spec.user);
    }
    r->telling--;
    if (r->freed && !r->telling)
        destroy(r);
}

void orx_request_pause(orx_http *http, bool on) {
    orx_request *r = (orx_request *)(void *)http;
    if (r->paused == on)
        return;
    r->paused = on;
    r->heard = orx_mono_ns(r->e->p);
    if (!on)
        orx_engine_ready(r);
}

/* ---- Deadlines ------------------------------------------------------------------------------- */

static void on_total(void *user) {
    orx_request *r = user;
    r->total = NULL;
    finish(r, ORX_HTTP_TIMEOUT, CURLE_OK);
}

static void on_quiet(void *user);

/* Arms the quiet deadline in force for what is left of it. */
static void arm_quiet(orx_request *r) {
    bool first = !r->first_came && r->spec.first_byte_timeout_ns > 0;
    int64_t limit = first ? r->spec.first_byte_timeout_ns : r->spec.idle_timeout_ns;
    if (limit <= 0)
        return;
    int64_t since = r->paused ? 0 : orx_mono_ns(r->e->p) - r->heard;
    if (since >= limit)
        finish(r, first ? ORX_HTTP_SILENT : ORX_HTTP_IDLE, CURLE_OK);
    else
        r->quiet = orx_timer_start(r->e->p, limit - since, on_quiet, r);
}

static void on_quiet(void *user) {
    orx_request *r = user;
    r->quiet = NULL;
    arm_quiet(r);
}

/* Called by libcurl's callbacks, so it must not end the request: the deadline is whole again. */
void orx_request_heard(orx_request *r) {
    r->heard = orx_mono_ns(r->e->p);
    if (r->first_came)
        return;
    r->first_came = true;
    orx_timer_cancel(r->e->p, r->quiet);
    r->quiet = r->spec.idle_timeout_ns > 0
                   ? orx_timer_start(r->e->p, r->spec.idle_timeout_ns, on_quiet, r)
                   : NULL;
}

/* ---- Start ----------------------------------------------------------------------------------- */

static char *where_of(const orx_http_place *place) {
    bool six = place->host.len && memchr(place->host.p, ':', place->host.len);
    orx_str text = {0};
    orx_str_addf(&text, "%s://%s%.*s%s:%d", place->tls ? "https" : "http", six ? "[" : "",
                 ORX_VIEW_ARG(place->host), six ? "]" : "", place->port);
    return orx_str_steal(&text);
}

static orx_request *request_new(orx_engine *e, const orx_http_spec *spec,
                                const orx_http_place *place) {
    orx_request *r = orx_xcalloc(1, sizeof *r);
    r->base.platform = e->p;
    r->e = e;
    r->spec = *spec;
    r->spec.method = r->spec.url = r->spec.ca_file = NULL;
    r->spec.headers = NULL;
    r->spec.body = (orx_view){0};
    r->where = where_of(place);
    r->ca_file = spec->ca_file ? orx_xstrdup(spec->ca_file) : NULL;
    r->body = orx_xmemdup0(spec->body.p, spec->body.len);
    r->started = r->heard = orx_mono_ns(e->p);
    orx_list_append(&e->requests, &r->link);
    return r;
}

int orx_request_start(orx_http_engine *base, const orx_http_spec *spec, const orx_http_place *place,
                      orx_http **ret_http, orx_err *err) {
    orx_engine *e = (orx_engine *)(void *)base;
    orx_request *r = request_new(e, spec, place);
    int rc = 0;
    r->easy = curl_easy_init();
    if (!r->easy)
        rc = orx_err_set(err, ORX_E_IO, "libcurl gives no handle for a request");
    if (rc >= 0)
        rc = orx_request_options(r, spec, place, err);
    if (rc >= 0 && curl_multi_add_handle(e->multi, r->easy) != CURLM_OK)
        rc = orx_err_set(err, ORX_E_IO, "%s: libcurl does not begin the request", r->where);
    if (rc < 0) {
        destroy(r);
        return rc;
    }
    if (spec->total_timeout_ns > 0)
        r->total = orx_timer_start(e->p, spec->total_timeout_ns, on_total, r);
    arm_quiet(r);
    *ret_http = &r->base;
    return 0;
}

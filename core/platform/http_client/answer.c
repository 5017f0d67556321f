/* What libcurl hands over, written down; and what its codes mean. */
#include "platform/http_client/client.h"

#include <stdio.h>

/* ---- Head ------------------------------------------------------------------------------------ */

static char lower(char c) {
    return c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : c;
}

/* "Name: value" goes into the head text; a line that is none is left out. */
static void keep_line(orx_request *r, orx_view line) {
    const char *colon = memchr(line.p, ':', line.len);
    size_t n = colon ? (size_t)(colon - line.p) : 0;
    if (!orx_http_name_ok(orx_view_mem(line.p, n)) || r->lines.len == ORX_HTTP_HEADERS_MAX)
        return;
    orx_view value = orx_view_trim(orx_view_mem(colon + 1, line.len - n - 1));
    orx_head_line at = {r->head.len, n, r->head.len + n, value.len};
    for (size_t i = 0; i < n; i++)
        orx_str_addc(&r->head, lower(line.p[i]));
    orx_str_addv(&r->head, value);
    orx_vec_push(&r->lines, at);
}

static void begin_head(orx_request *r) {
    long status = 0;
    (void)curl_easy_getinfo(r->easy, CURLINFO_RESPONSE_CODE, &status);
    r->result.status = (int)status;
    orx_str_clear(&r->head);
    r->lines.len = 0;
}

static void end_head(orx_request *r) {
    if (r->result.status < 200)
        return;
    r->head_complete = true;
    orx_engine_ready(r);
}

size_t orx_answer_header(char *line, size_t size, size_t count, void *user) {
    orx_request *r = user;
    orx_view v = orx_view_trim(orx_view_mem(line, size * count));
    orx_request_heard(r);
    if (r->head_complete) /* a trailer */
        return size * count;
    r->head_bytes += size * count;
    if (r->head_bytes > ORX_HTTP_HEAD_MAX) {
        r->problem = "the head of the answer is larger than 64 KiB";
        return 0;
    }
    if (orx_view_starts(v, "HTTP/"))
        begin_head(r);
    else if (v.len == 0)
        end_head(r);
    else
        keep_line(r, v);
    return size * count;
}

/* ---- Body ------------------------------------------------------------------------------------ */

size_t orx_answer_body(char *bytes, size_t size, size_t count, void *user) {
    orx_request *r = user;
    size_t len = size * count;
    if (r->inbox.len >= ORX_HTTP_READ_AHEAD) {
        r->throttled = true;
        return CURL_WRITEFUNC_PAUSE;
    }
    orx_request_heard(r);
    int64_t room = r->spec.body_max - r->result.body_bytes - (int64_t)r->inbox.len;
    r->too_large = r->spec.body_max > 0 && (int64_t)len > room;
    size_t take = r->too_large ? (size_t)room : len;
    orx_str_add(&r->inbox, bytes, take);
    orx_engine_ready(r);
    return take;
}

/* ---- Ends ------------------------------------------------------------------------------------ */

orx_http_end orx_answer_end(const orx_request *r, CURLcode code) {
    if (r->too_large)
        return ORX_HTTP_TOO_LARGE;
    if (r->problem)
        return ORX_HTTP_MALFORMED;
    switch (code) {
    case CURLE_OK:
        return ORX_HTTP_DONE;
    case CURLE_OPERATION_TIMEDOUT:
        return ORX_HTTP_NO_CONNECT;
    case CURLE_GOT_NOTHING:
    case CURLE_PARTIAL_FILE:
    case CURLE_SEND_ERROR:
        return ORX_HTTP_CUT;
    case CURLE_RECV_ERROR:
        /* libcurl has no code of its own for a chunk that is none; only the text tells. */
        return strstr(r->error, "chunked-encoding") ? ORX_HTTP_MALFORMED : ORX_HTTP_CUT;
    case CURLE_WEIRD_SERVER_REPLY:
    case CURLE_UNSUPPORTED_PROTOCOL: /* HTTP/0.9 */
    case CURLE_BAD_CONTENT_ENCODING:
    case CURLE_WRITE_ERROR:
        return ORX_HTTP_MALFORMED;
    default:
        return ORX_HTTP_UNREACHED;
    }
}

static const char *words_of(const orx_request *r, CURLcode code, char *buf, size_t size) {
    switch (r->result.end) {
    case ORX_HTTP_TIMEOUT:
        return "no complete answer in time";
    case ORX_HTTP_IDLE:
        return "the server fell silent";
    case ORX_HTTP_SILENT:
        return "the server did not begin to answer in time";
    case ORX_HTTP_NO_CONNECT:
        return "no connection in time";
    case ORX_HTTP_STOPPED:
        return "the request was stopped";
    case ORX_HTTP_TOO_LARGE:
        (void)snprintf(buf, size, "the answer is larger than %lld bytes",
                       (long long)r->spec.body_max);
        return buf;
    default:
        return r->problem ? r->problem : *r->error ? r->error : curl_easy_strerror(code);
    }
}

void orx_answer_message(orx_request *r, CURLcode code) {
    char buf[80];
    r->result.message[0] = '\0';
    if (r->result.end != ORX_HTTP_DONE)
        (void)snprintf(r->result.message, sizeof r->result.message, "%s: %s", r->where,
                       words_of(r, code, buf, sizeof buf));
}

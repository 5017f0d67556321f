/* What holds for servers on every platform: limits, and what may stand in an answer. */
#include "platform/http_server.h"

#include <stdlib.h>

#define CONNECTIONS_MAX 4096U

/* ---- Servers --------------------------------------------------------------------------------- */

static const char *check(const orx_server_spec *spec) {
    if (!spec->on_request)
        return "nobody takes its requests";
    if (spec->port < 0 || spec->port > 65535)
        return "the port is none; expected 0 to 65535";
    if (spec->head_max < 512 || spec->head_max > ORX_HTTP_HEAD_MAX)
        return "head_max is out of range; expected 512 to 65536 bytes";
    if (spec->body_max > ORX_HTTP_SEND_MAX)
        return "body_max is out of range; expected at most 64 MiB";
    if (spec->connections > CONNECTIONS_MAX || spec->per_peer > spec->connections)
        return "the limit of connections is out of range; expected at most 4096, and no more for "
               "one peer than for all";
    if (spec->receive_ns < 0 || spec->idle_ns < 0)
        return "a deadline is negative";
    return NULL;
}

int orx_server_start(orx_platform *p, const orx_server_spec *spec, orx_server **ret_server,
                     orx_err *err) {
    orx_server_spec s = *spec;
    s.host = s.host ? s.host : "127.0.0.1";
    s.head_max = s.head_max ? s.head_max : ORX_HTTP_HEAD_MAX;
    s.body_max = s.body_max ? s.body_max : ORX_SERVER_BODY_MAX;
    s.connections = s.connections ? s.connections : ORX_SERVER_CONNECTIONS;
    s.per_peer = s.per_peer ? s.per_peer : s.connections;
    s.receive_ns = s.receive_ns ? s.receive_ns : ORX_SERVER_RECEIVE_NS;
    s.idle_ns = s.idle_ns ? s.idle_ns : ORX_SERVER_IDLE_NS;
    const char *rule = check(&s);
    if (rule)
        return orx_err_set(err, ORX_E_INVALID, "HTTP server: %s", rule);
    if (!p->servers)
        return orx_err_set(err, ORX_E_UNSUPPORTED, "there are no HTTP servers on this platform");
    return p->servers->start(p, &s, ret_server, err);
}

int orx_server_port(const orx_server *s) {
    return s->work->port(s);
}

unsigned orx_server_connections(const orx_server *s) {
    return s->work->connections(s);
}

void orx_server_stop(orx_server *s) {
    s->work->stop(s);
}

void orx_server_free(orx_server *s) {
    if (s)
        s->work->free(s);
}

orx_view orx_served_header(const orx_served *request, const char *name) {
    for (size_t i = 0; i < request->header_count; i++)
        if (orx_view_is(request->headers[i].name, name))
            return request->headers[i].value;
    return (orx_view){0};
}

/* ---- Answers --------------------------------------------------------------------------------- */

/* Hands over the head with the headers that may be in it. */
static void begin(orx_exchange *x, int status, const orx_http_header *headers, size_t count,
                  orx_view whole, bool streamed) {
    size_t most = count < ORX_HTTP_HEADERS_MAX ? count : ORX_HTTP_HEADERS_MAX;
    orx_http_header *fine = orx_xcalloc(most + 1, sizeof *fine);
    size_t n = 0;
    size_t bytes = 0;
    for (size_t i = 0; i < most; i++) {
        const orx_http_header *h = &headers[i];
        bytes += h->name.len + h->value.len + 4;
        if (orx_http_name_ok(h->name) && orx_http_value_ok(h->value) &&
            !orx_http_name_reserved(h->name) && bytes <= ORX_HTTP_HEAD_MAX)
            fine[n++] = *h;
    }
    bool good = status >= 200 && status <= 599;
    x->work->begin(x, good ? status : 500, fine, n, whole, streamed);
    free(fine);
}

void orx_exchange_answer(orx_exchange *x, int status, const orx_http_header *headers, size_t count,
                         orx_view body) {
    begin(x, status, headers, count, body, false);
}

void orx_exchange_answer_text(orx_exchange *x, int status, const char *text) {
    const orx_http_header plain = {orx_view_of("content-type"),
                                   orx_view_of("text/plain; charset=utf-8")};
    begin(x, status, &plain, 1, orx_view_of(text), false);
}

void orx_exchange_begin(orx_exchange *x, int status, const orx_http_header *headers, size_t count) {
    begin(x, status, headers, count, (orx_view){0}, true);
}

void orx_exchange_send(orx_exchange *x, orx_view bytes) {
    if (bytes.len)
        x->work->send(x, bytes);
}

size_t orx_exchange_queued(const orx_exchange *x) {
    return x->work->queued(x);
}

void orx_exchange_end(orx_exchange *x) {
    x->work->end(x, true);
}

void orx_exchange_cut(orx_exchange *x) {
    x->work->end(x, false);
}

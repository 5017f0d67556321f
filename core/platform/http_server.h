/* http_server.h: an HTTP/1.1 server inside the loop.
 *
 * A server listens on one address. Each request becomes an *exchange*: on_request tells it when it
 * is there as a whole (method, target, headers, body), and from then on the caller owes an answer,
 * now or later, whole (orx_exchange_answer) or in pieces as they come to be known
 * (orx_exchange_begin, _send, _end). on_end follows once, last, always: the answer went out, or
 * somebody went away. Routing, and what a request means, is the caller's business.
 *
 * The real platform does it with libmicrohttpd, a module of its own (libexec/orxaq-httpd.so) that
 * the first server loads (uv/http_server.c, http_server/).
 *
 * What is never done: no TLS, so other machines belong behind something that has it; no files; no
 * compression; no decoding of the target, whose bytes are handed over as they came. A request that
 * two programs could read in two ways (two lengths, a length beside chunks, a coding other than
 * chunked, a control character in the head) is refused with 400. Dates are added, nothing else is.
 *
 * Everything that the other side controls has a limit, see orx_server_spec. Requests beyond them
 * are answered by the server itself (400, 413, 431) or, where no answer is possible any more, cut;
 * connections beyond them wait in the system's queue (all of them) or are closed (one peer's).
 * Time: a request must be there receive_ns after its connection; a kept connection may be silent
 * for idle_ns and then has both; who takes nothing of an answer for idle_ns is cut. While the
 * caller thinks there is no limit: that one is the caller's.
 *
 * Streaming: pieces leave as soon as the socket takes them. What it does not take is kept here, so
 * whoever sends faster than the other side reads looks at orx_exchange_queued and goes on when
 * on_drain says that all of it is gone. To a client of HTTP/1.0 the end of the answer is the end of
 * the connection, to others chunks say it; in both cases orx_exchange_cut, and nothing else, shows
 * the client that the answer is not complete.
 *
 * Threads: the platform's thread. Callbacks run inside the loop only, never inside a function of
 * this header. In them every function below may be called.
 */
#ifndef ORX_PLATFORM_HTTP_SERVER_H
#define ORX_PLATFORM_HTTP_SERVER_H

#include "platform/http.h"

/* What every server and exchange begins with; the platforms put it first in their own structs. */
typedef struct orx_server {
    orx_platform *platform;
    const struct orx_server_work *work;
} orx_server;

typedef struct orx_exchange {
    const struct orx_server_work *work;
    void *data; /* the caller's own */
} orx_exchange;

/* Defaults of the limits. */
#define ORX_SERVER_BODY_MAX    ((size_t)1 << 20)
#define ORX_SERVER_CONNECTIONS 64
#define ORX_SERVER_RECEIVE_NS  (30 * ORX_SEC)
#define ORX_SERVER_IDLE_NS     (60 * ORX_SEC)

/* Valid until on_end. */
typedef struct orx_served {
    const char *method;             /* "GET", "POST" ... as it came */
    orx_view target;                /* path and query: "/v1/models?x=1"; begins with '/' */
    orx_view path;                  /* of the target, up to '?' */
    orx_view query;                 /* behind it; empty when there is none */
    const orx_http_header *headers; /* names in lower case, in the order of arrival */
    size_t header_count;
    orx_view body;
} orx_served;

typedef struct orx_server_spec {
    const char *host; /* a numeric address of this machine; NULL = 127.0.0.1 */
    int port;         /* 0 = one that is free */
    /* Limits; 0 = the default. */
    size_t head_max;      /* bytes of the request line and headers; ORX_HTTP_HEAD_MAX */
    size_t body_max;      /* ORX_SERVER_BODY_MAX; at most ORX_HTTP_SEND_MAX */
    unsigned connections; /* at a time; ORX_SERVER_CONNECTIONS */
    unsigned per_peer;    /* of these from one address; all */
    int64_t receive_ns;   /* ORX_SERVER_RECEIVE_NS */
    int64_t idle_ns;      /* ORX_SERVER_IDLE_NS; counted in whole seconds, rounded up */
    /* A request is there. Mandatory, the others may be NULL. */
    void (*on_request)(orx_exchange *x, const orx_served *request, void *user);
    /* The client has closed its sending side while it waits for the caller, told once. Most have
     * gone then; one that closed only that half still gets its answer. */
    void (*on_hangup)(orx_exchange *x, void *user);
    /* All that was sent so far has left; told after a send that could not leave at once. */
    void (*on_drain)(orx_exchange *x, void *user);
    /* The last word about an exchange that on_request told; afterwards it is gone. whole: the last
     * byte of a complete answer was handed to the system. Not called after orx_server_free. */
    void (*on_end)(orx_exchange *x, bool whole, void *user);
    /* After orx_server_stop: no connection is left. */
    void (*on_stopped)(orx_server *s, void *user);
    void *user;
} orx_server_spec;

/* The platform's part. */
struct orx_server_ops {
    /* The spec is checked and its limits filled in. */
    int (*start)(orx_platform *p, const orx_server_spec *spec, orx_server **ret_server,
                 orx_err *err);
};

/* The functions behind a server and its exchanges. */
struct orx_server_work {
    int (*port)(const orx_server *s);
    unsigned (*connections)(const orx_server *s);
    void (*stop)(orx_server *s);
    void (*free)(orx_server *s);
    /* The headers are checked. streamed: pieces follow instead of the whole body. */
    void (*begin)(orx_exchange *x, int status, const orx_http_header *headers, size_t count,
                  orx_view whole, bool streamed);
    void (*send)(orx_exchange *x, orx_view bytes);
    size_t (*queued)(const orx_exchange *x);
    void (*end)(orx_exchange *x, bool whole);
};

/* Listens; connections are taken while the loop runs. Everything in the spec is copied. ORX_E_BUSY:
 * the port is taken. ORX_E_INVALID: no numeric address, a limit out of range. ORX_E_UNSUPPORTED:
 * there is no server on this platform, or its module is missing. */
int orx_server_start(orx_platform *p, const orx_server_spec *spec, orx_server **ret_server,
                     orx_err *err);

/* The port it listens on. */
int orx_server_port(const orx_server *s);

/* Connections that are open now. */
unsigned orx_server_connections(const orx_server *s);

/* Takes no more connections, closes those that wait for a request, and lets the others end: their
 * answers say "Connection: close". on_stopped follows inside the loop. */
void orx_server_stop(orx_server *s);

/* Ends it at once: every connection is closed, no callback is called. NULL is fine. */
void orx_server_free(orx_server *s);

/* ---- Answers ---------------------------------------------------------------------------------
 *
 * All of them do nothing when the client has gone, so nobody needs to look. Content-Length,
 * Transfer-Encoding, Connection and the other names of orx_http_name_reserved are the server's own:
 * headers of these names, and those that break the rules of http.h, are left out, so that the
 * headers of another server's answer can be passed on as they are. */

/* The whole answer. status is 200 to 599; another one becomes 500. */
void orx_exchange_answer(orx_exchange *x, int status, const orx_http_header *headers, size_t count,
                         orx_view body);

/* The same with a text of our own, as text/plain. */
void orx_exchange_answer_text(orx_exchange *x, int status, const char *text);

/* The head of an answer whose body follows in pieces. */
void orx_exchange_begin(orx_exchange *x, int status, const orx_http_header *headers, size_t count);

/* A piece; copied. Empty ones are left out. */
void orx_exchange_send(orx_exchange *x, orx_view bytes);

/* Bytes that were sent but have not left yet. */
size_t orx_exchange_queued(const orx_exchange *x);

/* The answer is complete. */
void orx_exchange_end(orx_exchange *x);

/* The answer is not, and never will be: the connection is cut. Also instead of any answer. */
void orx_exchange_cut(orx_exchange *x);

/* The value of a request's header; name in lower case. The empty view when it is missing. */
orx_view orx_served_header(const orx_served *request, const char *name);

#endif

/* http.h: one HTTP request at a time, as a client.
 *
 * Requests to model servers go through here: a request is described once, runs inside the loop, and
 * tells its answer in three steps: on_head (status and headers), on_body (bytes as they arrive),
 * on_end (once, last, always). Cutting the body into records is the caller's business.
 *
 * The real platform does it with libcurl, which costs 6 ms to link and is therefore a module of its
 * own, libexec/orxaq-http.so, loaded by the first request (uv/http.c, http_client/). The simulation
 * answers from scripts (sim/http.h).
 *
 * What is never done: a redirect is not followed, so a header with a key goes to the host it was
 * meant for and to no other (the 3xx answer with its Location is the result); no cookies, no
 * .netrc, no compression, no upgrade to another protocol; a URL with a user name or password in it
 * is refused; certificates are always verified. Error texts name scheme, host and port, never the
 * path, a header or a body.
 *
 * Plain http reaches this machine (localhost, 127.0.0.0/8, ::1); for other hosts the caller must
 * say plain_http, because prompts and keys then travel readable for everybody in between. The
 * usual variables (https_proxy, http_proxy, all_proxy, no_proxy) are obeyed, but never for this
 * machine. Certificates are checked against the system's store, or SSL_CERT_FILE and SSL_CERT_DIR,
 * or ca_file.
 *
 * Connections are kept and used again for the same host. A kept connection that the server closed
 * in the meantime is replaced silently when not one byte of an answer had come.
 *
 * Deadlines count from orx_http_start. The quiet one in force is first_byte until the first byte of
 * the answer (without it: idle), then idle; time in which the caller paused is not silence.
 *
 * Threads: the platform's thread. Callbacks run inside the loop only. In them every function below
 * may be called, on this request and on others.
 */
#ifndef ORX_PLATFORM_HTTP_H
#define ORX_PLATFORM_HTTP_H

#include "platform/platform.h"

/* What every request begins with; the platforms put it first in their own structs. */
typedef struct orx_http {
    orx_platform *platform;
} orx_http;

#define ORX_HTTP_HEADERS_MAX  256             /* headers of a request or an answer */
#define ORX_HTTP_HEAD_MAX     ((size_t)65536) /* bytes of them together */
#define ORX_HTTP_URL_MAX      ((size_t)8192)
#define ORX_HTTP_SEND_MAX     ((size_t)64 << 20) /* bytes of a request's body */
#define ORX_HTTP_CONNECT_NS   (30 * ORX_SEC)
#define ORX_HTTP_MESSAGE_SIZE 256

typedef struct orx_http_header {
    orx_view name;
    orx_view value;
} orx_http_header;

typedef enum orx_http_end {
    ORX_HTTP_DONE,      /* the whole answer came, whatever its status */
    ORX_HTTP_UNREACHED, /* no connection: name not found, refused, no route, TLS, proxy */
    ORX_HTTP_CUT,       /* the connection ended before the answer did */
    ORX_HTTP_MALFORMED, /* what came is no HTTP, or its head is beyond the limits */
    ORX_HTTP_TIMEOUT,   /* total_timeout_ns, likewise below */
    ORX_HTTP_IDLE,
    ORX_HTTP_SILENT,
    ORX_HTTP_NO_CONNECT, /* connect_timeout_ns */
    ORX_HTTP_TOO_LARGE,  /* the body is longer than body_max; what fits was handed over */
    ORX_HTTP_STOPPED     /* orx_http_stop */
} orx_http_end;

typedef struct orx_http_result {
    orx_http_end end;
    int status;         /* 0 = none was seen */
    bool reused;        /* went over a kept connection */
    int64_t sent_bytes; /* of the body */
    int64_t body_bytes; /* handed over */
    int64_t wall_ns;
    char message[ORX_HTTP_MESSAGE_SIZE]; /* one sentence; "" when DONE */
} orx_http_result;

typedef struct orx_http_spec {
    const char *method; /* "GET", "POST" ...: letters */
    const char *url;    /* http or https, absolute */
    /* Names are tokens of RFC 9110, values have no control characters. Host, Content-Length,
     * Transfer-Encoding, Connection, Expect, TE, Upgrade and Proxy-* are not the caller's. */
    const orx_http_header *headers;
    size_t header_count;
    orx_view body;
    bool plain_http;     /* allow http to other machines */
    const char *ca_file; /* PEM certificates trusted instead of the system's; NULL = the system's */
    int64_t connect_timeout_ns;    /* 0 = ORX_HTTP_CONNECT_NS */
    int64_t first_byte_timeout_ns; /* 0 = none, likewise below */
    int64_t idle_timeout_ns;
    int64_t total_timeout_ns;
    int64_t body_max;
    /* May be NULL. Everything passed is valid during the call. Headers come in the order of
     * arrival, their names in lower case; interim answers (1xx) and trailers are left out. */
    void (*on_head)(orx_http *http, int status, const orx_http_header *headers, size_t count,
                    void *user);
    void (*on_body)(orx_http *http, orx_view bytes, void *user);
    /* Called once, last; not called after orx_http_free. */
    void (*on_end)(orx_http *http, const orx_http_result *result, void *user);
    void *user;
} orx_http_spec;

/* Where a request goes, read from its URL. host is without brackets and points into the URL. */
typedef struct orx_http_place {
    bool tls;
    orx_view host;
    int port;
} orx_http_place;

struct orx_http_ops {
    /* The spec is admitted already. */
    int (*start)(orx_platform *p, const orx_http_spec *spec, const orx_http_place *place,
                 orx_http **ret_http, orx_err *err);
    void (*pause)(orx_http *http, bool on);
    void (*stop)(orx_http *http);
    void (*free)(orx_http *http);
};

/* Starts a request. Everything in the spec is copied, and the copies of headers are wiped when the
 * request ends. A server that cannot be reached is not an error here: it ends with
 * ORX_HTTP_UNREACHED, through on_end like every other end. ORX_E_INVALID: a spec that breaks a rule
 * above. ORX_E_DENIED: plain http that was not allowed. ORX_E_LIMIT: too large. Others: the module
 * cannot be loaded. */
int orx_http_start(orx_platform *p, const orx_http_spec *spec, orx_http **ret_http, orx_err *err);

/* While paused nothing is called, but on_end after a deadline or a stop; what was read ahead is
 * then lost. About half a mebibyte is read ahead at most, then the server has to wait. on = false
 * goes on. */
void orx_http_pause(orx_http *http, bool on);

/* Ends it; on_end follows inside the loop with ORX_HTTP_STOPPED and nothing in between, unless
 * on_end was called before. */
void orx_http_stop(orx_http *http);

/* Releases a request; one that still runs is dropped without a callback. NULL is fine. */
void orx_http_free(orx_http *http);

/* ---- For the platforms and for callers that check before (http.c) -------------------------- */

/* NULL, or the rule of the spec that is broken (method, headers, sizes); the URL is not read. */
const char *orx_http_check(const orx_http_spec *spec);

/* The rules for one name and one value. */
bool orx_http_name_ok(orx_view name);
bool orx_http_value_ok(orx_view value);
/* Whether the header belongs to the client itself. */
bool orx_http_name_reserved(orx_view name);

/* Reads an absolute http or https URL. ORX_E_INVALID when it is none, has a user part, spaces or
 * control characters. Stricter than needed, so that nobody after us can read another host into it.
 */
int orx_http_place_of(const char *url, orx_http_place *ret_place, orx_err *err);

/* Whether a host name can only mean this machine. */
bool orx_http_is_loopback(orx_view host);

/* All that is checked before a request goes anywhere: spec, URL, plain http. */
int orx_http_admit(const orx_http_spec *spec, orx_http_place *ret_place, orx_err *err);

#endif

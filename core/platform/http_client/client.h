/* client.h: the HTTP client from inside (libcurl's multi interface on our loop).
 *
 *   engine.c   the multi handle: sockets, its alarm, finished transfers
 *   options.c  one transfer's options
 *   request.c  the life of a request: start, deadlines, end, and telling its caller
 *   answer.c   what libcurl hands over: head and body; and what its codes mean
 *
 * Two worlds that must not meet. libcurl forbids most of its functions inside its own callbacks,
 * while our callers may do anything in theirs. So libcurl's callbacks only write down what came (in
 * the request's inbox), and callers are told afterwards, from the loop, with no function of libcurl
 * on the stack.
 *
 * Threads: the platform's thread. libcurl resolves names in a thread of its own, which touches
 * nothing of ours.
 */
#ifndef ORX_PLATFORM_HTTP_CLIENT_CLIENT_H
#define ORX_PLATFORM_HTTP_CLIENT_CLIENT_H

#include "base/list.h"
#include "base/str.h"
#include "base/vec.h"
#include "platform/http_client/door.h"

#include <curl/curl.h>

/* Bytes of a body that wait for the caller before reading stops; libcurl may add what one read
 * gives. */
#define ORX_HTTP_READ_AHEAD ((size_t)256 * 1024)

typedef struct orx_engine {
    orx_http_engine base;
    orx_http_door door;
    orx_platform *p;
    CURLM *multi;
    orx_timer *alarm; /* when libcurl wants to be called */
    orx_timer *kick;  /* when callers are to be told */
    orx_list requests;
    orx_list ready; /* requests with something to tell */
} orx_engine;

/* Where a header of the answer lies in the request's head text. */
typedef struct orx_head_line {
    size_t name, name_len;
    size_t value, value_len;
} orx_head_line;

typedef struct orx_request {
    orx_http base;
    orx_engine *e;
    orx_list link;      /* in the engine's requests */
    orx_list ready;     /* in the engine's ready */
    orx_http_spec spec; /* callbacks and numbers; the rest is cleared */
    char *where;        /* "https://host:port", for messages */
    char *ca_file;
    char *body;
    struct curl_slist *headers;
    CURL *easy;
    char error[CURL_ERROR_SIZE];

    /* What came. */
    orx_str head;
    ORX_VEC(orx_head_line) lines;
    size_t head_bytes;
    bool head_complete;
    bool head_told;
    orx_str inbox;
    const char *problem; /* why we broke it off ourselves, NULL = we did not */
    bool too_large;
    bool throttled; /* libcurl waits until the inbox is empty */

    /* Time. */
    int64_t started;
    int64_t heard; /* last byte of the answer, or begin, or end of a pause */
    bool first_came;
    orx_timer *total;
    orx_timer *quiet;

    /* Life. */
    bool paused;
    bool over; /* result is decided */
    bool told; /* on_end was called */
    bool freed;
    int telling; /* callbacks of the caller that run */
    orx_http_result result;
} orx_request;

/* ---- engine.c ------------------------------------------------------------------------------- */

/* Puts the request on the list of those with something to tell, and sees to it that they are. */
void orx_engine_ready(orx_request *r);

/* ---- options.c ------------------------------------------------------------------------------ */

/* Prepares r->easy. ORX_E_INVALID when libcurl does not take an option. */
int orx_request_options(orx_request *r, const orx_http_spec *spec, const orx_http_place *place,
                        orx_err *err);

/* Overwrites and frees the headers, which may hold a key. */
void orx_request_wipe(orx_request *r);

/* ---- request.c ------------------------------------------------------------------------------ */

int orx_request_start(orx_http_engine *base, const orx_http_spec *spec, const orx_http_place *place,
                      orx_http **ret_http, orx_err *err);
void orx_request_pause(orx_http *http, bool on);
void orx_request_stop(orx_http *http);
void orx_request_free(orx_http *http);

/* libcurl is done with it. */
void orx_request_finished(orx_request *r, CURLcode code);

/* A byte of the answer came. */
void orx_request_heard(orx_request *r);

/* Tells the caller what is to be told. The request may be gone afterwards. */
void orx_request_tell(orx_request *r);

/* ---- answer.c ------------------------------------------------------------------------------- */

/* libcurl's callbacks. */
size_t orx_answer_header(char *line, size_t size, size_t count, void *user);
size_t orx_answer_body(char *bytes, size_t size, size_t count, void *user);

/* The end that a code stands for, and a sentence about it. */
orx_http_end orx_answer_end(const orx_request *r, CURLcode code);
void orx_answer_message(orx_request *r, CURLcode code);

#endif

/* route_answer.h: what the routing service says to a request, without any network.
 *
 * The predecessor's contract [K]: GET /health and POST /route, each exactly (a query makes it
 * another path), answers and errors as JSON objects:
 *
 *     GET /health          200  {"ok", "policy_file", "profile", "router_version"}
 *     POST /route          200  the responder's answer; an empty body is {}
 *     no JSON              400  {"error": "invalid_json", "ok": false}
 *     JSON, no object      400  {"error": "invalid_payload", "ok": false}
 *     another path         404  {"error": "not_found", "ok": false}
 *     another method       501  HTML
 *
 * A body that is no UTF-8, a key that stands twice, NaN and numbers beyond 64 bits are no JSON.
 * When the responder fails it is 500 and "router_failed".
 *
 * Threads: the platform's thread.
 */
#ifndef ORX_RUN_ROUTE_ANSWER_H
#define ORX_RUN_ROUTE_ANSWER_H

#include "plugin/instance.h"

typedef struct orx_route_asked {
    orx_instance *router;    /* a responder */
    const char *policy_file; /* for /health */
    const char *profile;
    const char *method;
    orx_view target; /* path and query */
    orx_view body;
} orx_route_asked;

typedef struct orx_route_answer {
    int status;
    const char *content_type;
    orx_str body; /* the caller's to free */
} orx_route_answer;

/* Answers; there is always an answer. arena: for the work; what is in it may be forgotten after. */
void orx_route_answer_to(const orx_route_asked *asked, orx_arena *arena,
                         orx_route_answer *ret_answer);

#endif

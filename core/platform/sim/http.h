/* http.h: servers of a simulation.
 *
 * A test registers a function for an origin ("http://127.0.0.1:1234"). It is called for every
 * request that arrives there, from any host, and writes down the whole answer with its pauses and
 * its end; the simulation then plays it in virtual time, the body cut into pieces drawn from the
 * seed. So a server is a page of code without state machine, and every way in which a real one goes
 * wrong can be said in one line.
 *
 * Requests to an origin that nobody registered end with ORX_HTTP_UNREACHED. The faults of a host
 * (http_* in orx_sim_faults) hit requests of its processes at drawn moments.
 *
 * Threads: one.
 */
#ifndef ORX_PLATFORM_SIM_HTTP_H
#define ORX_PLATFORM_SIM_HTTP_H

#include "platform/http.h"
#include "platform/sim/sim.h"

typedef struct orx_sim_reply orx_sim_reply;

/* Valid during the call. */
typedef struct orx_sim_request {
    const char *method;
    const char *target; /* path and query, "/v1/models?x=1" */
    const orx_http_header *headers;
    size_t header_count;
    orx_view body;
    uint64_t number; /* of this origin, from 1 */
} orx_sim_request;

typedef void (*orx_sim_endpoint_fn)(const orx_sim_request *request, orx_sim_reply *reply,
                                    void *user);

/* Registers the server at an origin, "scheme://host:port" in lower case with the port; a second
 * call replaces the first. */
void orx_sim_endpoint(orx_sim *s, const char *origin, orx_sim_endpoint_fn fn, void *user);

/* The value of a header, whatever the case of its name; the empty view when it is missing. */
orx_view orx_sim_request_header(const orx_sim_request *request, const char *name);

/* ---- For use inside an endpoint, in the order in which it shall happen ----------------------- */

/* A header; before the head. */
void orx_sim_reply_header(orx_sim_reply *reply, const char *name, const char *value);
/* Sends the head. Left out, it is status 200 before the first body or the end. */
void orx_sim_reply_head(orx_sim_reply *reply, int status);
void orx_sim_reply_body(orx_sim_reply *reply, orx_view bytes);
void orx_sim_reply_wait(orx_sim_reply *reply, int64_t ns);

typedef enum orx_sim_reply_how {
    ORX_SIM_REPLY_DONE,      /* the default */
    ORX_SIM_REPLY_CUT,       /* the connection is reset */
    ORX_SIM_REPLY_MALFORMED, /* what follows is no HTTP */
    ORX_SIM_REPLY_STALL,     /* nothing follows, ever */
    ORX_SIM_REPLY_REFUSED    /* at the beginning: no connection */
} orx_sim_reply_how;

/* What happens behind everything written down so far; nothing more can follow. */
void orx_sim_reply_end(orx_sim_reply *reply, orx_sim_reply_how how);

#endif

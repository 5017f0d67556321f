/* relay.h: between an agent program and its model server, on this machine.
 *
 * A program that is given the relay's address and a token instead of its server's address and the
 * key speaks to the relay, which puts the key in the token's place and passes everything on, both
 * ways, as it comes. So
 *
 *   - the key is in no process but ours: not in the program's environment, which every command that
 *     the model runs could read, nor in its memory or files;
 *   - what the program swallows is seen: the status of every request, Retry-After, the model that
 *     answered, the tokens that its server counted.
 *
 * One relay serves one provider of one run, on a port of 127.0.0.1 that the system chose. A *call*
 * opens the door for the time it lasts: its tokens are random, known to nobody else, and dead when
 * it ends; requests still running then are dropped. Whoever finds a token in that time (commands of
 * the model can) may use the endpoint through us, and every such request is the call's.
 *
 * What is passed on: method, target (only below the endpoint's own path), body, and headers but
 * those of one connection, those that hold the token (they then hold the key) and those that would
 * compress the answer. A token in the query (?key=) becomes a header, so that no URL holds a key.
 * Redirects are answers like others and are not followed.
 *
 * Where a connection fails the program's is cut as well, so that it sees what it would have seen
 * without us.
 *
 * Threads: the platform's thread.
 */
#ifndef ORX_RUN_RELAY_H
#define ORX_RUN_RELAY_H

#include "platform/http.h"
#include "run/wire.h"

typedef struct orx_relay orx_relay;
typedef struct orx_relay_call orx_relay_call;

typedef struct orx_relay_spec {
    const char *upstream;  /* address of the model server, http or https, without a query */
    bool plain_http;       /* as in platform/http.h */
    const char *ca_file;   /* likewise; may be NULL */
    int64_t first_byte_ns; /* limits for one request; 0 = none */
    int64_t idle_ns;
    int64_t body_max; /* of an answer; 0 = 256 MiB */
} orx_relay_spec;

/* One request of a program, when it is over. */
typedef struct orx_relayed {
    const char *method;
    const char *path;       /* without the query */
    int status;             /* 0 = the server gave none */
    int64_t retry_after_ms; /* -1 = not stated */
    orx_http_end end;       /* of the request to the server */
    bool dropped;           /* the program went away, or its call ended */
    const char *message;    /* why it failed, "" = it did not */
    int64_t wall_ns;
    const orx_wire *said;
} orx_relayed;

typedef void (*orx_relayed_fn)(void *user, const orx_relayed *request);

/* Listens. ORX_E_INVALID, ORX_E_DENIED: the address of the server cannot be used. */
int orx_relay_open(orx_platform *p, const orx_relay_spec *spec, orx_relay **ret_relay,
                   orx_err *err);

/* What the program is told as the address of its server. */
const char *orx_relay_url(const orx_relay *r);

/* Opens the door for a call. fn is told each of its requests, inside the loop; not after
 * orx_relay_call_end has returned. */
orx_relay_call *orx_relay_call_begin(orx_relay *r, orx_relayed_fn fn, void *user);

/* Appends what stands in for a key, the same each time. */
void orx_relay_stand_in(orx_relay_call *c, orx_view key, orx_str *out);

/* Drops what still runs, telling it, and forgets the keys. NULL is fine. */
void orx_relay_call_end(orx_relay_call *c);

/* Ends it; its calls must have ended before. NULL is fine. */
void orx_relay_close(orx_relay *r);

#endif

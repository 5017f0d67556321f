/* server.h: the HTTP server from inside (libmicrohttpd's external epoll on our loop).
 *
 *   daemon.c    engine and servers: opening, the daemon's turns, stopping
 *   peer.c      connections: when they come and go, and how long they may take
 *   request.c   what comes in: collected, limited, refused
 *   answer.c    what goes out: whole or in pieces
 *   exchange.c  the life of an exchange, and telling its caller
 *
 * Two worlds that must not meet, as in the client. libmicrohttpd may not be stopped, and not every
 * one of its functions called, inside its own callbacks, while our callers may do anything in
 * theirs. So its callbacks only write down what came and *suspend* the connection, and callers are
 * told afterwards, from the loop, with no function of the library on the stack. A suspended
 * connection is ours: it may be given its answer at any moment and then goes on.
 *
 * What the library does not do for us: it sees nothing of a client that goes while its connection
 * is suspended (we watch the socket meanwhile), it limits silence but not slowness (peer.c counts
 * the time of a whole request), it misses an end that comes together with the last bytes of half a
 * request (the same time ends that), at its limit of connections it looks at the listening socket
 * again only in its next turn, and it must not be stopped while a connection is suspended.
 *
 * Threads: the platform's thread.
 */
#ifndef ORX_PLATFORM_HTTP_SERVER_SERVER_H
#define ORX_PLATFORM_HTTP_SERVER_SERVER_H

#include "base/arena.h"
#include "base/list.h"
#include "base/str.h"
#include "base/vec.h"
#include "platform/http_server/door.h"
#include "platform/loop.h"

#include <microhttpd.h>

typedef struct orx_engine {
    orx_server_engine base;
    orx_server_door door;
    orx_list daemons;
} orx_engine;

typedef struct orx_turn orx_turn;

/* A server. */
typedef struct orx_daemon {
    orx_server base;
    orx_list link; /* in the engine's daemons */
    orx_engine *e;
    orx_server_spec spec; /* callbacks and limits; host is cleared */
    struct MHD_Daemon *mhd;
    int listener; /* -1 = closed */
    int port;
    orx_watch *watch; /* of the library's epoll descriptor */
    orx_timer *alarm; /* when the library wants its next turn */
    orx_timer *kick;  /* when callers are to be told, or the library is to go on */
    bool stirred;     /* a connection was resumed: the library has to have a turn */
    bool stopping;
    bool stopped_told;
    bool freed;
    orx_list peers;
    orx_list turns;
    orx_list ready;    /* turns with something to tell */
    orx_turn *telling; /* whose callback runs, NULL = none */
    unsigned peer_count;
    bool in_callback; /* telling, or on_stopped */
} orx_daemon;

/* A connection. */
typedef struct orx_peer {
    orx_list link; /* in the daemon's peers */
    orx_daemon *d;
    int fd;
    orx_timer *deadline; /* for the request that is to come; NULL = one is there */
    orx_turn *turn;      /* the exchange in progress, or NULL */
} orx_peer;

/* An exchange. */
struct orx_turn {
    orx_exchange base;
    orx_list link;  /* in the daemon's turns */
    orx_list ready; /* in the daemon's ready */
    orx_daemon *d;
    orx_peer *peer;
    struct MHD_Connection *connection; /* NULL = the library is done with it */
    orx_arena mem;

    /* What came. */
    orx_served request;
    ORX_VEC(orx_http_header) headers;
    const char *raw_target;
    orx_str body;
    bool begun; /* its head was looked at */
    bool old;   /* HTTP/1.0: the end of the connection is the end of the answer */
    bool received;

    /* What goes. */
    bool answered; /* a head was given */
    bool streamed;
    bool ended;
    bool cut;
    orx_str out;
    size_t out_at;

    /* Life. */
    bool suspended;
    orx_watch *hangup; /* while suspended */
    bool told;
    bool hangup_due, hangup_told;
    bool drain_due;
    bool whole;
};

/* ---- daemon.c -------------------------------------------------------------------------------- */

/* Sees to it that callers are told and the library has a turn. */
void orx_daemon_kick(orx_daemon *d);

/* ---- peer.c ---------------------------------------------------------------------------------- */

/* The library's callback. */
void orx_peer_notify(void *user, struct MHD_Connection *connection, void **context,
                     enum MHD_ConnectionNotificationCode code);

orx_peer *orx_peer_of(struct MHD_Connection *connection);

/* The request must be there after so long; negative = it is there. */
void orx_peer_deadline(orx_peer *peer, int64_t ns);

/* Makes the library see the end of the connection. */
void orx_peer_close(orx_peer *peer);

/* ---- request.c ------------------------------------------------------------------------------- */

/* The library's callbacks: the target as it came, then the request. */
void *orx_request_target(void *user, const char *target, struct MHD_Connection *connection);
enum MHD_Result orx_request_take(void *user, struct MHD_Connection *connection, const char *target,
                                 const char *method, const char *version, const char *bytes,
                                 size_t *size, void **context);

/* ---- answer.c -------------------------------------------------------------------------------- */

void orx_answer_begin(orx_exchange *x, int status, const orx_http_header *headers, size_t count,
                      orx_view whole, bool streamed);
void orx_answer_send(orx_exchange *x, orx_view bytes);
size_t orx_answer_queued(const orx_exchange *x);
void orx_answer_end(orx_exchange *x, bool whole);

/* Answers in the place of the caller, from inside the library's callback. */
enum MHD_Result orx_answer_refuse(orx_turn *t, unsigned status, const char *text);

/* ---- exchange.c ------------------------------------------------------------------------------ */

orx_turn *orx_turn_new(orx_peer *peer, struct MHD_Connection *connection);
void orx_turn_free(orx_turn *t);

/* From inside the library's callback: the connection waits for us. */
void orx_turn_suspend(orx_turn *t);
void orx_turn_resume(orx_turn *t);

/* There is something to tell. */
void orx_turn_ready(orx_turn *t);

/* Tells it. The exchange, and the server, may be gone afterwards. */
void orx_turn_tell(orx_turn *t);

/* The library's callback: it is done with a request. */
void orx_turn_completed(void *user, struct MHD_Connection *connection, void **context,
                        enum MHD_RequestTerminationCode code);

#endif

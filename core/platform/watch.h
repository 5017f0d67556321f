/* watch.h: what a module of ours that brings sockets of its own is lent by the platform.
 *
 * The HTTP client and the HTTP server are modules around libraries that open sockets themselves and
 * want to be told when one can be used. That is all they need of the loop beyond its timers.
 *
 * Threads: the platform's thread.
 */
#ifndef ORX_PLATFORM_WATCH_H
#define ORX_PLATFORM_WATCH_H

#include "platform/platform.h"

enum {
    ORX_WATCH_READ = 1,
    ORX_WATCH_WRITE = 2,
    ORX_WATCH_HANGUP = 4 /* the other side sends no more */
};

typedef struct orx_watch orx_watch;
/* ready: ORX_WATCH_* bits. Runs inside the loop. */
typedef void (*orx_watch_fn)(void *user, int ready);

typedef struct orx_watch_ops {
    /* Begins to watch a socket for nothing; NULL when that is impossible. One watch per socket. */
    orx_watch *(*watch)(orx_platform *p, int fd, orx_watch_fn fn, void *user);
    /* From now on fn is called while the socket is ready for one of these bits. */
    void (*want)(orx_watch *w, int bits);
    /* Before the socket is closed. */
    void (*unwatch)(orx_watch *w);
} orx_watch_ops;

#endif

/* Sockets of our modules on libuv's loop. */
#include "platform/watch.h"

#include "platform/uv/internal.h"

#include <stdlib.h>

struct orx_watch {
    uv_poll_t poll;
    orx_uv *u;
    orx_watch_fn fn;
    void *user;
};

static void on_closed(uv_handle_t *h) {
    free(h->data);
}

static orx_watch *watch(orx_platform *p, int fd, orx_watch_fn fn, void *user) {
    orx_uv *u = orx_uv_of(p);
    orx_watch *w = orx_xcalloc(1, sizeof *w);
    w->u = u;
    w->fn = fn;
    w->user = user;
    if (uv_poll_init_socket(&u->loop, &w->poll, fd) < 0) {
        free(w);
        return NULL;
    }
    w->poll.data = w;
    return w;
}

static void on_poll(uv_poll_t *h, int status, int events) {
    const orx_watch *w = h->data;
    /* An error is found by reading or writing, which also tells which one it is. */
    int ready = status < 0 ? ORX_WATCH_READ | ORX_WATCH_WRITE | ORX_WATCH_HANGUP : 0;
    if (events & UV_READABLE)
        ready |= ORX_WATCH_READ;
    if (events & UV_WRITABLE)
        ready |= ORX_WATCH_WRITE;
    if (events & UV_DISCONNECT)
        ready |= ORX_WATCH_HANGUP;
    w->u->ran++;
    w->fn(w->user, ready);
}

static void want(orx_watch *w, int bits) {
    int events = bits & ORX_WATCH_READ ? UV_READABLE : 0;
    if (bits & ORX_WATCH_WRITE)
        events |= UV_WRITABLE;
    if (bits & ORX_WATCH_HANGUP)
        events |= UV_DISCONNECT;
    (void)uv_poll_start(&w->poll, events, on_poll);
}

static void unwatch(orx_watch *w) {
    (void)uv_poll_stop(&w->poll);
    uv_close((uv_handle_t *)&w->poll, on_closed);
}

const orx_watch_ops orx_uv_watches = {.watch = watch, .want = want, .unwatch = unwatch};

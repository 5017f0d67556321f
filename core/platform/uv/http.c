/* Requests of the real platform: the module with libcurl, loaded by the first of them, and the
 * sockets it wants watched. */
#include "platform/http.h"

#include "platform/http_client/door.h"
#include "platform/uv/internal.h"

#include <stdlib.h>

/* ---- Watching sockets ------------------------------------------------------------------------ */

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
    int ready = status < 0 ? ORX_WATCH_READ | ORX_WATCH_WRITE : 0;
    if (events & UV_READABLE)
        ready |= ORX_WATCH_READ;
    if (events & UV_WRITABLE)
        ready |= ORX_WATCH_WRITE;
    w->u->ran++;
    w->fn(w->user, ready);
}

static void want(orx_watch *w, int bits) {
    int events = bits & ORX_WATCH_READ ? UV_READABLE : 0;
    if (bits & ORX_WATCH_WRITE)
        events |= UV_WRITABLE;
    (void)uv_poll_start(&w->poll, events, on_poll);
}

static void unwatch(orx_watch *w) {
    (void)uv_poll_stop(&w->poll);
    uv_close((uv_handle_t *)&w->poll, on_closed);
}

/* ---- The module ------------------------------------------------------------------------------ */

static int open_engine(orx_uv *u, orx_err *err) {
    ORX_CLEANUP(orx_str_free) orx_str path = {0};
    orx_module *module = NULL;
    int rc = orx_uv_beside("orxaq-http.so", &path, err);
    /* Resident: libcurl may still have a thread that resolves a name, and OpenSSL leaves work for
     * the end of the process. */
    if (rc >= 0)
        rc = orx_module_open(&u->base, orx_str_cstr(&path), true, &module, err);
    if (rc < 0)
        return orx_err_wrap(err, "cannot make HTTP requests");
    orx_http_module_fn fn =
        (orx_http_module_fn)orx_module_function(&u->base, module, ORX_HTTP_MODULE_SYMBOL);
    if (!fn)
        return orx_err_set(err, ORX_E_UNSUPPORTED, "%s is not orxaq's HTTP module; install again",
                           orx_str_cstr(&path));
    const orx_http_door door = {.size = sizeof door,
                                .spec_size = sizeof(orx_http_spec),
                                .platform = &u->base,
                                .watch = watch,
                                .want = want,
                                .unwatch = unwatch};
    return fn(&door, &u->http, err);
}

static int start(orx_platform *p, const orx_http_spec *spec, const orx_http_place *place,
                 orx_http **ret_http, orx_err *err) {
    orx_uv *u = orx_uv_of(p);
    int rc = u->http ? 0 : open_engine(u, err);
    return rc < 0 ? rc : u->http->start(u->http, spec, place, ret_http, err);
}

static void pause_request(orx_http *http, bool on) {
    orx_uv_of(http->platform)->http->pause(http, on);
}

static void stop(orx_http *http) {
    orx_uv_of(http->platform)->http->stop(http);
}

static void free_request(orx_http *http) {
    orx_uv_of(http->platform)->http->free(http);
}

const struct orx_http_ops orx_uv_https = {
    .start = start, .pause = pause_request, .stop = stop, .free = free_request};

void orx_uv_http_close(orx_uv *u) {
    if (u->http)
        u->http->close(u->http);
    u->http = NULL;
}

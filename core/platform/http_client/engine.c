/* The multi handle on our loop. */
#include "platform/http_client/client.h"

#include <stdlib.h>

#define KEPT_CONNECTIONS 32L

/* ---- Telling callers ------------------------------------------------------------------------- */

static void tell_all(orx_engine *e) {
    /* A request that gets something more to tell meanwhile goes to the end and has its turn in the
     * next step of the loop, so that one that never stops talking cannot hold it. */
    orx_list now;
    orx_list_init(&now);
    while (!orx_list_empty(&e->ready)) {
        orx_list *link = e->ready.next;
        orx_list_remove(link);
        orx_list_append(&now, link);
    }
    while (!orx_list_empty(&now)) {
        orx_request *r = ORX_LIST_ITEM(now.next, orx_request, ready);
        orx_list_remove(&r->ready);
        orx_request_tell(r);
    }
}

static void on_kick(void *user) {
    orx_engine *e = user;
    e->kick = NULL;
    tell_all(e);
}

void orx_engine_ready(orx_request *r) {
    orx_engine *e = r->e;
    if (!r->ready.next)
        orx_list_append(&e->ready, &r->ready);
    if (!e->kick)
        e->kick = orx_timer_start(e->p, 0, on_kick, e);
}

/* ---- Calls into libcurl ---------------------------------------------------------------------- */

static void collect_finished(orx_engine *e) {
    int left;
    CURLMsg *m;
    while ((m = curl_multi_info_read(e->multi, &left))) {
        if (m->msg != CURLMSG_DONE)
            continue;
        void *request = NULL;
        CURLcode code = m->data.result; /* gone with the next call about this handle */
        (void)curl_easy_getinfo(m->easy_handle, CURLINFO_PRIVATE, (char **)&request);
        if (request)
            orx_request_finished(request, code);
    }
}

static void act(orx_engine *e, curl_socket_t fd, int bits) {
    int running;
    (void)curl_multi_socket_action(e->multi, fd, bits, &running);
    collect_finished(e);
}

static void on_alarm(void *user) {
    orx_engine *e = user;
    e->alarm = NULL;
    act(e, CURL_SOCKET_TIMEOUT, 0);
}

static int on_timer_wanted(CURLM *multi, long ms, void *user) {
    (void)multi;
    orx_engine *e = user;
    orx_timer_cancel(e->p, e->alarm);
    e->alarm = ms < 0 ? NULL : orx_timer_start(e->p, (int64_t)ms * ORX_MS, on_alarm, e);
    return 0;
}

/* One socket that libcurl wants to know about. */
typedef struct socket_watch {
    orx_engine *e;
    curl_socket_t fd;
    orx_watch *watch;
} socket_watch;

static void on_ready(void *user, int ready) {
    const socket_watch *s = user;
    int bits = ready & ORX_WATCH_READ ? CURL_CSELECT_IN : 0;
    if (ready & ORX_WATCH_WRITE)
        bits |= CURL_CSELECT_OUT;
    act(s->e, s->fd, bits); /* s may be gone now */
}

static socket_watch *watch_new(orx_engine *e, curl_socket_t fd) {
    socket_watch *s = orx_xcalloc(1, sizeof *s);
    s->e = e;
    s->fd = fd;
    s->watch = e->door.sockets.watch(e->p, fd, on_ready, s);
    if (!s->watch) {
        free(s);
        return NULL;
    }
    (void)curl_multi_assign(e->multi, fd, s);
    return s;
}

static int on_socket_wanted(CURL *easy, curl_socket_t fd, int what, void *user, void *known) {
    (void)easy;
    orx_engine *e = user;
    socket_watch *s = known;
    if (what == CURL_POLL_REMOVE) {
        if (s)
            e->door.sockets.unwatch(s->watch);
        free(s);
        return 0;
    }
    if (!s)
        s = watch_new(e, fd);
    if (!s)
        return -1;
    int bits = what == CURL_POLL_IN ? ORX_WATCH_READ : ORX_WATCH_WRITE;
    e->door.sockets.want(s->watch,
                         what == CURL_POLL_INOUT ? ORX_WATCH_READ | ORX_WATCH_WRITE : bits);
    return 0;
}

/* ---- Open and close -------------------------------------------------------------------------- */

static void engine_close(orx_http_engine *base) {
    orx_engine *e = (orx_engine *)(void *)base;
    ORX_LIST_EACH(&e->requests, it)
    orx_request_free(&ORX_LIST_ITEM(it, orx_request, link)->base);
    if (e->multi)
        (void)curl_multi_cleanup(e->multi);
    orx_timer_cancel(e->p, e->alarm);
    orx_timer_cancel(e->p, e->kick);
    curl_global_cleanup();
    free(e);
}

static void set_up(orx_engine *e) {
    (void)curl_multi_setopt(e->multi, CURLMOPT_SOCKETFUNCTION, on_socket_wanted);
    (void)curl_multi_setopt(e->multi, CURLMOPT_SOCKETDATA, e);
    (void)curl_multi_setopt(e->multi, CURLMOPT_TIMERFUNCTION, on_timer_wanted);
    (void)curl_multi_setopt(e->multi, CURLMOPT_TIMERDATA, e);
    (void)curl_multi_setopt(e->multi, CURLMOPT_MAXCONNECTS, KEPT_CONNECTIONS);
}

int orx_http_module(const orx_http_door *door, orx_http_engine **ret_engine, orx_err *err) {
    if (door->size != sizeof *door || door->spec_size != sizeof(orx_http_spec))
        return orx_err_set(err, ORX_E_UNSUPPORTED,
                           "orxaq-http.so is of another build than orxaq; install both again");
    if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
        return orx_err_set(err, ORX_E_UNSUPPORTED, "libcurl cannot be initialised");
    orx_engine *e = orx_xcalloc(1, sizeof *e);
    e->base = (orx_http_engine){.start = orx_request_start,
                                .pause = orx_request_pause,
                                .stop = orx_request_stop,
                                .free = orx_request_free,
                                .close = engine_close};
    e->door = *door;
    e->p = door->platform;
    orx_list_init(&e->requests);
    orx_list_init(&e->ready);
    e->multi = curl_multi_init();
    if (!e->multi) {
        engine_close(&e->base);
        return orx_err_set(err, ORX_E_UNSUPPORTED, "libcurl gives no multi handle");
    }
    set_up(e);
    *ret_engine = &e->base;
    return 0;
}

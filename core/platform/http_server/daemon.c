/* Engine and servers. */
#include "platform/http_server/server.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#define BACKLOG 128

/* ---- Turns ----------------------------------------------------------------------------------- */

static void on_alarm(void *user);

/* Lets the library do what there is to do, and asks when it wants to be called again. */
static void run(orx_daemon *d) {
    MHD_UNSIGNED_LONG_LONG ms = 0;
    orx_platform *p = d->base.platform;
    d->stirred = false;
    (void)MHD_run(d->mhd);
    orx_timer_cancel(p, d->alarm);
    d->alarm = NULL;
    if (MHD_get_timeout(d->mhd, &ms) == MHD_YES)
        d->alarm = orx_timer_start(p, (int64_t)(ms < 3600000 ? ms : 3600000) * ORX_MS, on_alarm, d);
}

static void on_alarm(void *user) {
    orx_daemon *d = user;
    d->alarm = NULL;
    run(d);
}

static void on_ready(void *user, int ready) {
    (void)ready;
    run(user);
}

static void destroy(orx_daemon *d) {
    orx_list_remove(&d->link);
    free(d);
}

/* Tells those that have something to tell now; one that gets more meanwhile waits for the next
 * step of the loop. */
static void tell_all(orx_daemon *d) {
    orx_list now;
    orx_list_init(&now);
    while (!orx_list_empty(&d->ready)) {
        orx_list *link = d->ready.next;
        orx_list_remove(link);
        orx_list_append(&now, link);
    }
    while (!orx_list_empty(&now) && !d->freed) {
        orx_turn *t = ORX_LIST_ITEM(now.next, orx_turn, ready);
        orx_list_remove(&t->ready);
        orx_turn_tell(t);
    }
}

static void tell_stopped(orx_daemon *d) {
    if (!d->stopping || d->peer_count || d->stopped_told || !orx_list_empty(&d->turns))
        return;
    d->stopped_told = true;
    if (d->spec.on_stopped)
        d->spec.on_stopped(&d->base, d->spec.user);
}

static void on_kick(void *user) {
    orx_daemon *d = user;
    d->kick = NULL;
    d->in_callback = true;
    tell_all(d);
    if (!d->freed)
        tell_stopped(d);
    d->in_callback = false;
    if (d->freed)
        destroy(d);
    else if (d->stirred)
        run(d);
}

void orx_daemon_kick(orx_daemon *d) {
    if (!d->kick && !d->freed)
        d->kick = orx_timer_start(d->base.platform, 0, on_kick, d);
}

/* ---- Ends ------------------------------------------------------------------------------------ */

static void close_listener(orx_daemon *d) {
    if (d->listener >= 0)
        (void)close(d->listener);
    d->listener = -1;
}

static void server_stop(orx_server *s) {
    orx_daemon *d = (orx_daemon *)(void *)s;
    if (d->stopping)
        return;
    d->stopping = true;
    (void)MHD_quiesce_daemon(d->mhd);
    close_listener(d);
    ORX_LIST_EACH(&d->peers, it) {
        orx_peer *peer = ORX_LIST_ITEM(it, orx_peer, link);
        if (!peer->turn)
            orx_peer_close(peer);
    }
    d->stirred = true;
    orx_daemon_kick(d);
}

/* The library must not be stopped with suspended connections. */
static void end_library(orx_daemon *d) {
    if (!d->mhd)
        return;
    ORX_LIST_EACH(&d->turns, it)
    orx_turn_resume(ORX_LIST_ITEM(it, orx_turn, link));
    if (d->watch)
        d->e->door.sockets.unwatch(d->watch);
    MHD_stop_daemon(d->mhd);
    d->mhd = NULL;
}

static void server_free(orx_server *s) {
    orx_daemon *d = (orx_daemon *)(void *)s;
    d->freed = true;
    end_library(d);
    close_listener(d);
    orx_timer_cancel(d->base.platform, d->alarm);
    orx_timer_cancel(d->base.platform, d->kick);
    d->alarm = d->kick = NULL;
    ORX_LIST_EACH(&d->turns, it) {
        orx_turn *t = ORX_LIST_ITEM(it, orx_turn, link);
        if (t != d->telling)
            orx_turn_free(t);
    }
    if (!d->in_callback)
        destroy(d);
}

/* ---- Beginning ------------------------------------------------------------------------------- */

typedef union address {
    struct sockaddr any;
    struct sockaddr_in four;
    struct sockaddr_in6 six;
} address;

static socklen_t read_address(const orx_server_spec *spec, address *a) {
    *a = (address){0};
    if (inet_pton(AF_INET, spec->host, &a->four.sin_addr) == 1) {
        a->four.sin_family = AF_INET;
        a->four.sin_port = htons((uint16_t)spec->port);
        return sizeof a->four;
    }
    if (inet_pton(AF_INET6, spec->host, &a->six.sin6_addr) != 1)
        return 0;
    a->six.sin6_family = AF_INET6;
    a->six.sin6_port = htons((uint16_t)spec->port);
    return sizeof a->six;
}

static int listen_at(orx_daemon *d, const orx_server_spec *spec, orx_err *err) {
    const int on = 1;
    address a;
    socklen_t len = read_address(spec, &a);
    if (!len)
        return orx_err_set(err, ORX_E_INVALID,
                           "HTTP server: \"%s\" is no numeric address; expected e.g. 127.0.0.1",
                           spec->host);
    d->listener = socket(a.any.sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (d->listener < 0)
        return orx_err_errno(err, errno, "HTTP server: no socket");
    (void)setsockopt(d->listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (a.any.sa_family == AF_INET6)
        (void)setsockopt(d->listener, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
    if (bind(d->listener, &a.any, len) < 0 || listen(d->listener, BACKLOG) < 0) {
        if (errno == EADDRINUSE)
            return orx_err_set(err, ORX_E_BUSY,
                               "HTTP server: another program listens at %s port %d already",
                               spec->host, spec->port);
        return orx_err_errno(err, errno, "HTTP server: cannot listen at %s port %d", spec->host,
                             spec->port);
    }
    len = sizeof a;
    if (getsockname(d->listener, &a.any, &len) < 0)
        return orx_err_errno(err, errno, "HTTP server: no port");
    d->port = ntohs(a.any.sa_family == AF_INET ? a.four.sin_port : a.six.sin6_port);
    return 0;
}

static unsigned whole_seconds(int64_t ns) {
    int64_t s = (ns + ORX_SEC - 1) / ORX_SEC;
    return s > 1000000 ? 1000000U : (unsigned)s;
}

/* Everything of a connection lies in one piece of memory of the library's: the request's head, what
 * it makes of it, and the answer's head. */
static size_t connection_memory(const orx_server_spec *spec) {
    return 3 * spec->head_max + (size_t)32 * 1024;
}

static int start_library(orx_daemon *d, orx_err *err) {
    const orx_server_spec *spec = &d->spec;
    d->mhd = MHD_start_daemon(
        MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME, 0, NULL, NULL, orx_request_take, d,
        MHD_OPTION_LISTEN_SOCKET, d->listener, MHD_OPTION_CONNECTION_LIMIT, spec->connections,
        MHD_OPTION_PER_IP_CONNECTION_LIMIT, spec->per_peer, MHD_OPTION_CONNECTION_TIMEOUT,
        whole_seconds(spec->idle_ns), MHD_OPTION_CONNECTION_MEMORY_LIMIT, connection_memory(spec),
        MHD_OPTION_CONNECTION_MEMORY_INCREMENT, (size_t)4096, MHD_OPTION_STRICT_FOR_CLIENT, 1,
        MHD_OPTION_SIGPIPE_HANDLED_BY_APP, 1, MHD_OPTION_URI_LOG_CALLBACK, orx_request_target, d,
        MHD_OPTION_NOTIFY_CONNECTION, orx_peer_notify, d, MHD_OPTION_NOTIFY_COMPLETED,
        orx_turn_completed, d, MHD_OPTION_END);
    if (!d->mhd)
        return orx_err_set(err, ORX_E_UNSUPPORTED, "libmicrohttpd does not start");
    const union MHD_DaemonInfo *info = MHD_get_daemon_info(d->mhd, MHD_DAEMON_INFO_EPOLL_FD);
    d->watch = d->e->door.sockets.watch(d->base.platform, info->epoll_fd, on_ready, d);
    if (!d->watch)
        return orx_err_set(err, ORX_E_IO, "libmicrohttpd's descriptor cannot be watched");
    d->e->door.sockets.want(d->watch, ORX_WATCH_READ);
    return 0;
}

static int server_port(const orx_server *s) {
    return ((const orx_daemon *)(const void *)s)->port;
}

static unsigned server_connections(const orx_server *s) {
    return ((const orx_daemon *)(const void *)s)->peer_count;
}

static const struct orx_server_work work = {.port = server_port,
                                            .connections = server_connections,
                                            .stop = server_stop,
                                            .free = server_free,
                                            .begin = orx_answer_begin,
                                            .send = orx_answer_send,
                                            .queued = orx_answer_queued,
                                            .end = orx_answer_end};

static int engine_start(orx_server_engine *base, const orx_server_spec *spec,
                        orx_server **ret_server, orx_err *err) {
    orx_engine *e = (orx_engine *)(void *)base;
    orx_daemon *d = orx_xcalloc(1, sizeof *d);
    d->base = (orx_server){.platform = e->door.platform, .work = &work};
    d->e = e;
    d->spec = *spec;
    d->spec.host = NULL;
    d->listener = -1;
    orx_list_init(&d->peers);
    orx_list_init(&d->turns);
    orx_list_init(&d->ready);
    orx_list_append(&e->daemons, &d->link);
    int rc = listen_at(d, spec, err);
    if (rc >= 0)
        rc = start_library(d, err);
    if (rc < 0) {
        server_free(&d->base);
        return rc;
    }
    run(d);
    *ret_server = &d->base;
    return 0;
}

static void engine_close(orx_server_engine *base) {
    orx_engine *e = (orx_engine *)(void *)base;
    ORX_LIST_EACH(&e->daemons, it)
    server_free(&ORX_LIST_ITEM(it, orx_daemon, link)->base);
    free(e);
}

int orx_server_module(const orx_server_door *door, orx_server_engine **ret_engine, orx_err *err) {
    if (door->size != sizeof *door || door->spec_size != sizeof(orx_server_spec))
        return orx_err_set(err, ORX_E_UNSUPPORTED,
                           "orxaq-httpd.so is of another build than orxaq; install both again");
    orx_engine *e = orx_xcalloc(1, sizeof *e);
    e->base = (orx_server_engine){.start = engine_start, .close = engine_close};
    e->door = *door;
    orx_list_init(&e->daemons);
    *ret_engine = &e->base;
    return 0;
}

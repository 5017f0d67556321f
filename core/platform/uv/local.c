/* Unix sockets between processes of one user. */
#include "platform/local.h"

#include "platform/uv/internal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

enum { BACKLOG = 128, SHORT_PATH = 100 };

struct orx_listener {
    orx_platform *p; /* first, see platform/local.c */
    uv_pipe_t pipe;
    int dir; /* keeps the short path valid */
    char *path;
    orx_accept_fn fn;
    void *user;
};

struct orx_conn {
    orx_platform *p; /* first */
    uv_pipe_t pipe;
    orx_conn_events events;
    int pending; /* writes under way */
    bool ended;  /* on_end was called, or is not to be */
    bool freed;
    bool closing;
};

typedef struct conn_write {
    uv_write_t req;
    orx_conn *conn;
    char *bytes;
} conn_write;

/* ---- Paths ---------------------------------------------------------------------------------- */

/* A socket address has room for 107 bytes; a folder that is open has a short name. *ret_dir is to
 * be closed. */
static int short_path(const char *path, int *ret_dir, char out[SHORT_PATH], orx_err *err) {
    ORX_CLEANUP(orx_str_free) orx_str dir = {0};
    const char *slash = strrchr(path, '/');
    const char *name = slash ? slash + 1 : path;
    orx_str_add(&dir, slash ? path : ".", slash ? (size_t)(slash - path) + 1 : 1);
    *ret_dir = open(orx_str_cstr(&dir), O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (*ret_dir < 0)
        return orx_err_errno(err, errno, "cannot open %s", orx_str_cstr(&dir));
    int n = snprintf(out, SHORT_PATH, "/proc/self/fd/%d/%s", *ret_dir, name);
    if (n < SHORT_PATH)
        return 0;
    (void)close(*ret_dir);
    return orx_err_set(err, ORX_E_LIMIT, "%s: the name of a socket is at most 64 bytes", path);
}

/* ---- Connections ----------------------------------------------------------------------------- */

static void on_conn_closed(uv_handle_t *h) {
    free(h->data);
}

static void close_conn(orx_conn *c) {
    if (c->closing)
        return;
    c->closing = true;
    uv_close((uv_handle_t *)&c->pipe, on_conn_closed);
}

static orx_conn *new_conn(orx_platform *p) {
    orx_conn *c = orx_xcalloc(1, sizeof *c);
    c->p = p;
    (void)uv_pipe_init(&orx_uv_of(p)->loop, &c->pipe, 0);
    c->pipe.data = c;
    return c;
}

static void conn_alloc(uv_handle_t *h, size_t suggested, uv_buf_t *buf) {
    (void)suggested;
    orx_uv *u = orx_uv_of(((orx_conn *)h->data)->p);
    *buf = uv_buf_init(u->read_buf, sizeof u->read_buf);
}

static void conn_read(uv_stream_t *s, ssize_t n, const uv_buf_t *buf) {
    orx_conn *c = s->data;
    if (n == 0 || c->freed || c->ended)
        return;
    orx_uv_of(c->p)->ran++;
    if (n > 0) {
        c->events.on_bytes(c, orx_view_mem(buf->base, (size_t)n), c->events.user);
        return;
    }
    c->ended = true;
    (void)uv_read_stop(s);
    c->events.on_end(c, c->events.user);
}

static void conn_listen(orx_conn *c, const orx_conn_events *events) {
    c->events = *events;
    (void)uv_read_start((uv_stream_t *)&c->pipe, conn_alloc, conn_read);
}

static void on_sent(uv_write_t *req, int status) {
    (void)status;
    conn_write *w = (conn_write *)(void *)req;
    orx_conn *c = w->conn;
    free(w->bytes);
    free(w);
    if (--c->pending == 0 && c->freed)
        close_conn(c);
}

static int conn_send(orx_conn *c, orx_view bytes, orx_err *err) {
    size_t queued = uv_stream_get_write_queue_size((uv_stream_t *)&c->pipe);
    if (bytes.len > ORX_CONN_QUEUE_MAX || queued > ORX_CONN_QUEUE_MAX - bytes.len)
        return orx_err_set(err, ORX_E_LIMIT, "the other side does not read: %zu bytes wait for it",
                           queued);
    conn_write *w = orx_xcalloc(1, sizeof *w);
    w->conn = c;
    w->bytes = orx_xmemdup0(bytes.p, bytes.len);
    uv_buf_t buf = {.base = w->bytes, .len = bytes.len};
    c->pending++;
    int rc = uv_write(&w->req, (uv_stream_t *)&c->pipe, &buf, 1, on_sent);
    if (rc < 0)
        on_sent(&w->req, rc);
    return 0;
}

static void conn_free(orx_conn *c) {
    c->freed = true;
    (void)uv_read_stop((uv_stream_t *)&c->pipe);
    if (c->pending == 0)
        close_conn(c);
}

/* ---- Listening ------------------------------------------------------------------------------- */

/* The mode of the socket keeps others out; this holds whatever became of the mode. */
static bool is_welcome(uv_pipe_t *pipe) {
    uv_os_fd_t fd;
    struct ucred peer = {0};
    socklen_t len = sizeof peer;
    if (uv_fileno((uv_handle_t *)pipe, &fd) < 0 ||
        getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len) != 0)
        return false;
    return peer.uid == geteuid() || peer.uid == 0;
}

static void on_connection(uv_stream_t *s, int status) {
    orx_listener *l = s->data;
    if (status < 0)
        return;
    orx_conn *c = new_conn(l->p);
    if (uv_accept(s, (uv_stream_t *)&c->pipe) < 0 || !is_welcome(&c->pipe)) {
        conn_free(c);
        return;
    }
    orx_uv_of(l->p)->ran++;
    l->fn(c, l->user);
}

static void on_listener_closed(uv_handle_t *h) {
    orx_listener *l = h->data;
    (void)close(l->dir);
    free(l->path);
    free(l);
}

static void local_close(orx_listener *l) {
    (void)unlink(l->path);
    uv_close((uv_handle_t *)&l->pipe, on_listener_closed);
}

static int bind_and_listen(orx_listener *l, const char *path, orx_err *err) {
    char name[SHORT_PATH];
    int rc = short_path(path, &l->dir, name, err);
    if (rc < 0)
        return rc;
    (void)unlink(path);
    mode_t before = umask(0177);
    rc = uv_pipe_bind(&l->pipe, name);
    (void)umask(before);
    if (rc == 0)
        rc = uv_listen((uv_stream_t *)&l->pipe, BACKLOG, on_connection);
    return rc < 0 ? orx_uv_err(err, rc, path) : 0;
}

static int local_listen(orx_platform *p, const char *path, orx_accept_fn fn, void *user,
                        orx_listener **ret_listener, orx_err *err) {
    orx_listener *l = orx_xcalloc(1, sizeof *l);
    l->p = p;
    l->dir = -1;
    l->fn = fn;
    l->user = user;
    l->path = orx_xstrdup(path);
    (void)uv_pipe_init(&orx_uv_of(p)->loop, &l->pipe, 0);
    l->pipe.data = l;
    int rc = bind_and_listen(l, path, err);
    if (rc < 0) {
        uv_close((uv_handle_t *)&l->pipe, on_listener_closed);
        return rc;
    }
    *ret_listener = l;
    return 0;
}

/* ---- Connecting ------------------------------------------------------------------------------ */

/* A local socket connects at once or not at all, so there is nothing to wait for. */
static int connected_socket(const char *name, const char *path, orx_err *err) {
    struct sockaddr_un to = {.sun_family = AF_UNIX};
    (void)snprintf(to.sun_path, sizeof to.sun_path, "%s", name);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return orx_err_errno(err, errno, "cannot make a socket");
    if (connect(fd, (const struct sockaddr *)&to, sizeof to) == 0)
        return fd;
    int errnum = errno;
    (void)close(fd);
    if (errnum == ENOENT || errnum == ECONNREFUSED)
        return orx_err_set(err, ORX_E_NOT_FOUND, "nobody listens at %s", path);
    return orx_err_errno(err, errnum, "cannot connect to %s", path);
}

static int local_connect(orx_platform *p, const char *path, orx_conn **ret_conn, orx_err *err) {
    char name[SHORT_PATH];
    int dir = -1;
    int fd = short_path(path, &dir, name, err);
    if (fd < 0)
        return fd;
    fd = connected_socket(name, path, err);
    (void)close(dir);
    if (fd < 0)
        return fd;
    orx_conn *c = new_conn(p);
    int rc = uv_pipe_open(&c->pipe, fd);
    if (rc < 0) {
        (void)close(fd);
        conn_free(c);
        return orx_uv_err(err, rc, path);
    }
    *ret_conn = c;
    return 0;
}

const struct orx_local_ops orx_uv_local = {
    .listen = local_listen,
    .close = local_close,
    .connect = local_connect,
    .conn_listen = conn_listen,
    .conn_send = conn_send,
    .conn_free = conn_free,
    .notify = orx_uv_notify,
    .daemon = orx_uv_daemon,
    .daemon_ended = orx_uv_daemon_ended,
};

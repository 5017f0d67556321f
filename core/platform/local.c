#include "platform/local.h"

static int none(orx_err *err) {
    return orx_err_set(err, ORX_E_UNSUPPORTED, "there are no local sockets here");
}

int orx_local_listen(orx_platform *p, const char *path, orx_accept_fn fn, void *user,
                     orx_listener **ret_listener, orx_err *err) {
    return p->local ? p->local->listen(p, path, fn, user, ret_listener, err) : none(err);
}

/* What every object begins with. */
static const struct orx_local_ops *ops_of(void *object) {
    return (*(orx_platform **)object)->local;
}

void orx_local_close(orx_listener *listener) {
    if (listener)
        ops_of(listener)->close(listener);
}

int orx_local_connect(orx_platform *p, const char *path, orx_conn **ret_conn, orx_err *err) {
    return p->local ? p->local->connect(p, path, ret_conn, err) : none(err);
}

void orx_conn_listen(orx_conn *conn, const orx_conn_events *events) {
    ops_of(conn)->conn_listen(conn, events);
}

int orx_conn_send(orx_conn *conn, orx_view bytes, orx_err *err) {
    return ops_of(conn)->conn_send(conn, bytes, err);
}

void orx_conn_free(orx_conn *conn) {
    if (conn)
        ops_of(conn)->conn_free(conn);
}

void orx_service_notify(orx_platform *p, orx_view text) {
    if (p->local)
        p->local->notify(p, text);
}

int orx_daemon_start(orx_platform *p, const char *const *argv, const char *cwd, int64_t *ret_pid,
                     orx_err *err) {
    return p->local ? p->local->daemon(p, argv, cwd, ret_pid, err) : none(err);
}

bool orx_daemon_ended(orx_platform *p, int64_t pid, int *ret_code) {
    return p->local && p->local->daemon_ended(p, pid, ret_code);
}

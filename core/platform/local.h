/* local.h: conversations between processes of one machine and one user, and with the service
 * manager.
 *
 * A server listens at a path; only processes of the same user (and root) get a connection, whatever
 * the mode of the folders above. Both ends have the same object: bytes come through a callback,
 * bytes go out without waiting. The path may be longer than a socket address.
 *
 * There is none of this in the simulation (ORX_E_UNSUPPORTED); what is said over a connection is
 * therefore handled by code that only sees bytes.
 *
 * Threads: the platform's thread. Callbacks run inside the loop.
 */
#ifndef ORX_PLATFORM_LOCAL_H
#define ORX_PLATFORM_LOCAL_H

#include "platform/platform.h"

typedef struct orx_listener orx_listener;
typedef struct orx_conn orx_conn;

typedef struct orx_conn_events {
    /* bytes are valid during the call. May free the connection. */
    void (*on_bytes)(orx_conn *conn, orx_view bytes, void *user);
    /* The other side closed, or it broke; last call. The object is still to be freed. */
    void (*on_end)(orx_conn *conn, void *user);
    void *user;
} orx_conn_events;

/* A new connection, the callee's to free. It sets the events with orx_conn_listen. */
typedef void (*orx_accept_fn)(orx_conn *conn, void *user);

struct orx_local_ops {
    int (*listen)(orx_platform *p, const char *path, orx_accept_fn fn, void *user,
                  orx_listener **ret_listener, orx_err *err);
    void (*close)(orx_listener *listener);
    int (*connect)(orx_platform *p, const char *path, orx_conn **ret_conn, orx_err *err);
    void (*conn_listen)(orx_conn *conn, const orx_conn_events *events);
    int (*conn_send)(orx_conn *conn, orx_view bytes, orx_err *err);
    void (*conn_free)(orx_conn *conn);
    void (*notify)(orx_platform *p, orx_view text);
    int (*daemon)(orx_platform *p, const char *const *argv, const char *cwd, int64_t *ret_pid,
                  orx_err *err);
    bool (*daemon_ended)(orx_platform *p, int64_t pid, int *ret_code);
};

/* Listens at path, whose folder exists. What lies there already is replaced: the caller holds a
 * lock that says it may. */
int orx_local_listen(orx_platform *p, const char *path, orx_accept_fn fn, void *user,
                     orx_listener **ret_listener, orx_err *err);

/* Stops listening and removes the path; connections stay. NULL is fine. */
void orx_local_close(orx_listener *listener);

/* Connects. ORX_E_NOT_FOUND: nobody listens there. */
int orx_local_connect(orx_platform *p, const char *path, orx_conn **ret_conn, orx_err *err);

/* From now on events are told. */
void orx_conn_listen(orx_conn *conn, const orx_conn_events *events);

/* Queues bytes (copied). ORX_E_LIMIT when more than ORX_CONN_QUEUE_MAX wait for a reader that does
 * not read. Nothing happens when the other side is gone. */
#define ORX_CONN_QUEUE_MAX ((size_t)8 << 20)
int orx_conn_send(orx_conn *conn, orx_view bytes, orx_err *err);

/* Closes, after what is queued was sent, and releases; no further calls. NULL is fine. */
void orx_conn_free(orx_conn *conn);

/* Tells the service manager (sd_notify(3): "READY=1", "STOPPING=1", "WATCHDOG=1" ...) when this
 * process runs under one that listens, as NOTIFY_SOCKET says. */
void orx_service_notify(orx_platform *p, orx_view text);

/* Starts a process that outlives this one: a session of its own, this environment, no streams.
 * Nobody is its supervisor, so this is for the supervisor itself and for a person's editor, and for
 * nothing else. A name without a slash is looked up in PATH; ORX_E_NOT_FOUND: there is none. */
int orx_daemon_start(orx_platform *p, const char *const *argv, const char *cwd, int64_t *ret_pid,
                     orx_err *err);

/* Whether the process that orx_daemon_start began as pid has ended; *ret_code is then its exit
 * code, or 128 and the signal that ended it. It is told once: the next call says no. */
bool orx_daemon_ended(orx_platform *p, int64_t pid, int *ret_code);

#endif

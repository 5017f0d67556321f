/* Connections. */
#include "platform/http_server/server.h"

#include <stdlib.h>
#include <sys/socket.h>

orx_peer *orx_peer_of(struct MHD_Connection *connection) {
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
    return info->socket_context;
}

/* The library has no function for this; a socket whose end has come it closes by itself. Both
 * halves: with only the reading one shut, whoever goes on sending goes on being read. */
void orx_peer_close(orx_peer *peer) {
    (void)shutdown(peer->fd, SHUT_RDWR);
}

static void on_deadline(void *user) {
    orx_peer *peer = user;
    peer->deadline = NULL;
    orx_peer_close(peer);
}

void orx_peer_deadline(orx_peer *peer, int64_t ns) {
    orx_platform *p = peer->d->base.platform;
    orx_timer_cancel(p, peer->deadline);
    peer->deadline = ns < 0 ? NULL : orx_timer_start(p, ns, on_deadline, peer);
}

static void came(orx_daemon *d, struct MHD_Connection *connection, void **context) {
    orx_peer *peer = orx_xcalloc(1, sizeof *peer);
    peer->d = d;
    peer->fd = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD)->connect_fd;
    orx_list_append(&d->peers, &peer->link);
    d->peer_count++;
    orx_peer_deadline(peer, d->spec.receive_ns);
    *context = peer;
}

static void went(orx_peer *peer) {
    orx_daemon *d = peer->d;
    orx_peer_deadline(peer, -1);
    orx_list_remove(&peer->link);
    free(peer);
    /* At its limit the library looks away from new connections, and looks again in its next turn
     * only. */
    d->stirred = d->stirred || d->peer_count == d->spec.connections;
    d->peer_count--;
    if (d->stirred || (d->stopping && d->peer_count == 0))
        orx_daemon_kick(d);
}

void orx_peer_notify(void *user, struct MHD_Connection *connection, void **context,
                     enum MHD_ConnectionNotificationCode code) {
    if (code == MHD_CONNECTION_NOTIFY_STARTED)
        came(user, connection, context);
    else
        went(*context);
}

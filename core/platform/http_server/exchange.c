/* The life of an exchange. */
#include "platform/http_server/server.h"

#include <stdlib.h>

orx_turn *orx_turn_new(orx_peer *peer, struct MHD_Connection *connection) {
    orx_turn *t = orx_xcalloc(1, sizeof *t);
    t->base.work = peer->d->base.work;
    t->d = peer->d;
    t->peer = peer;
    t->connection = connection;
    peer->turn = t;
    orx_list_append(&peer->d->turns, &t->link);
    return t;
}

void orx_turn_free(orx_turn *t) {
    orx_list_remove(&t->link);
    orx_list_remove(&t->ready);
    orx_vec_free(&t->headers);
    orx_str_free(&t->body);
    orx_str_free(&t->out);
    orx_arena_free(&t->mem);
    free(t);
}

/* ---- Waiting --------------------------------------------------------------------------------- */

static void unwatch(orx_turn *t) {
    if (t->hangup)
        t->d->e->door.sockets.unwatch(t->hangup);
    t->hangup = NULL;
}

static void on_hangup(void *user, int ready) {
    orx_turn *t = user;
    (void)ready;
    unwatch(t); /* the end of input stays readable for ever */
    t->hangup_due = true;
    orx_turn_ready(t);
}

void orx_turn_suspend(orx_turn *t) {
    const orx_watch_ops *sockets = &t->d->e->door.sockets;
    MHD_suspend_connection(t->connection);
    t->suspended = true;
    if (t->hangup_due || t->hangup_told || !t->d->spec.on_hangup)
        return;
    t->hangup = sockets->watch(t->d->base.platform, t->peer->fd, on_hangup, t);
    if (t->hangup)
        sockets->want(t->hangup, ORX_WATCH_HANGUP);
}

void orx_turn_resume(orx_turn *t) {
    if (!t->suspended)
        return;
    unwatch(t);
    t->suspended = false;
    MHD_resume_connection(t->connection);
    t->d->stirred = true;
    orx_daemon_kick(t->d);
}

/* ---- Telling --------------------------------------------------------------------------------- */

void orx_turn_ready(orx_turn *t) {
    if (!t->ready.next)
        orx_list_append(&t->d->ready, &t->ready);
    orx_daemon_kick(t->d);
}

static void tell_hangup(orx_turn *t) {
    t->hangup_due = false;
    t->hangup_told = true;
    t->d->spec.on_hangup(&t->base, t->d->spec.user);
}

static void tell_drain(orx_turn *t) {
    const orx_server_spec *spec = &t->d->spec;
    t->drain_due = false;
    if (spec->on_drain && t->out.len == t->out_at && !t->ended)
        spec->on_drain(&t->base, spec->user);
}

static void tell(orx_turn *t) {
    const orx_daemon *d = t->d;
    if (t->received && !t->told) {
        t->told = true;
        d->spec.on_request(&t->base, &t->request, d->spec.user);
    }
    if (t->hangup_due && t->connection && !d->freed)
        tell_hangup(t);
    if (t->drain_due && t->connection && !d->freed)
        tell_drain(t);
    if (!t->connection && t->told && d->spec.on_end && !d->freed)
        d->spec.on_end(&t->base, t->whole, d->spec.user);
}

void orx_turn_tell(orx_turn *t) {
    t->d->telling = t;
    tell(t);
    t->d->telling = NULL;
    if (!t->connection)
        orx_turn_free(t);
}

void orx_turn_completed(void *user, struct MHD_Connection *connection, void **context,
                        enum MHD_RequestTerminationCode code) {
    (void)connection;
    orx_daemon *d = user;
    orx_turn *t = *context;
    if (!t)
        return;
    *context = NULL;
    unwatch(t);
    t->whole = code == MHD_REQUEST_TERMINATED_COMPLETED_OK && t->answered && !t->cut;
    t->connection = NULL;
    t->suspended = false;
    t->peer->turn = NULL;
    orx_peer_deadline(t->peer, d->spec.idle_ns + d->spec.receive_ns);
    if (d->stopping)
        orx_peer_close(t->peer);
    t->peer = NULL;
    orx_turn_ready(t);
}

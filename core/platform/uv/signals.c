#include "platform/uv/internal.h"

#include <signal.h>

static const int watched[ORX_UV_SIGNALS] = {SIGTERM, SIGINT, SIGHUP, SIGUSR1};

static void on_signal(uv_signal_t *handle, int signum) {
    orx_uv *u = handle->data;
    u->ran++;
    u->on_signal(signum, u->signal_user);
}

static int unwatch(orx_uv *u) {
    for (int i = 0; u->on_signal && i < ORX_UV_SIGNALS; i++)
        (void)uv_signal_stop(&u->signals[i]);
    u->on_signal = NULL;
    u->signal_user = NULL;
    return 0;
}

int orx_uv_watch_signals(orx_platform *p, orx_signal_fn fn, void *user, orx_err *err) {
    orx_uv *u = orx_uv_of(p);
    if (!fn)
        return unwatch(u);
    if (u->on_signal)
        return orx_err_set(err, ORX_E_EXISTS, "the signals are being watched already");
    u->on_signal = fn;
    u->signal_user = user;
    for (int i = 0; i < ORX_UV_SIGNALS; i++) {
        int rc = uv_signal_start(&u->signals[i], on_signal, watched[i]);
        if (rc < 0) {
            while (--i >= 0)
                (void)uv_signal_stop(&u->signals[i]);
            u->on_signal = NULL;
            return orx_uv_err(err, rc, "cannot watch the signals TERM, INT, HUP and USR1");
        }
    }
    return 0;
}

static void on_child(uv_signal_t *handle, int signum) {
    (void)signum;
    orx_uv_procs_collect(handle->data);
}

int orx_uv_watch_children(orx_uv *u, orx_err *err) {
    int rc = u->collecting ? 0 : uv_signal_start(&u->children, on_child, SIGCHLD);
    if (rc < 0)
        return orx_uv_err(err, rc, "cannot watch the signal CHLD");
    u->collecting = true;
    return 0;
}

static int init(orx_uv *u, uv_signal_t *handle, orx_err *err) {
    int rc = uv_signal_init(&u->loop, handle);
    if (rc < 0)
        return orx_uv_err(err, rc, "cannot set up the event loop's signals");
    handle->data = u;
    return 0;
}

static void finish(uv_signal_t *handle) {
    if (handle->data)
        uv_close((uv_handle_t *)handle, NULL);
}

int orx_uv_signals_init(orx_uv *u, orx_err *err) {
    int rc = init(u, &u->children, err);
    for (int i = 0; rc == 0 && i < ORX_UV_SIGNALS; i++)
        rc = init(u, &u->signals[i], err);
    return rc;
}

void orx_uv_signals_close(orx_uv *u) {
    finish(&u->children);
    for (int i = 0; i < ORX_UV_SIGNALS; i++)
        finish(&u->signals[i]);
}

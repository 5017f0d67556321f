/* The control socket: frames to and from orxaq-exec (platform/exec_protocol.h). */
#include "platform/uv/procs.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

/* No frame from orxaq-exec is longer. */
enum { FRAME_MAX = 1024 };

void orx_uv_proc_alloc(uv_handle_t *h, size_t suggested, uv_buf_t *buf) {
    (void)suggested;
    orx_uv_proc *p = h->data;
    *buf = uv_buf_init(p->u->read_buf, sizeof p->u->read_buf);
}

/* ---- Sending -------------------------------------------------------------------------------- */

typedef struct frame_write {
    uv_write_t req;
    orx_str bytes;
} frame_write;

/* A failure needs no treatment: orxaq-exec is gone then, and its exit is seen. */
static void on_sent(uv_write_t *req, int status) {
    (void)status;
    frame_write *w = (frame_write *)(void *)req;
    orx_str_free(&w->bytes);
    free(w);
}

/* Takes the bytes over. */
static void send_bytes(orx_uv_proc *p, orx_str *bytes) {
    if (!p->open[H_CONTROL])
        return;
    frame_write *w = orx_xcalloc(1, sizeof *w);
    w->bytes = *bytes;
    *bytes = (orx_str){0};
    uv_buf_t buf = {.base = w->bytes.buf, .len = w->bytes.len};
    int rc = uv_write(&w->req, &p->h[H_CONTROL].stream, &buf, 1, on_sent);
    if (rc < 0)
        on_sent(&w->req, rc);
}

void orx_uv_proc_send(orx_uv_proc *p, uint32_t type, const void *payload, size_t len) {
    ORX_CLEANUP(orx_str_free) orx_str bytes = {0};
    orx_exec_frame frame = {type, (uint32_t)len};
    orx_str_add(&bytes, &frame, sizeof frame);
    orx_str_add(&bytes, payload, len);
    send_bytes(p, &bytes);
}

/* ---- Receiving ------------------------------------------------------------------------------ */

static void set_usage(orx_uv_proc *p, const orx_exec_usage *usage) {
    p->result.cpu_user_ns = usage->cpu_user_ns;
    p->result.cpu_sys_ns = usage->cpu_sys_ns;
    p->result.max_rss_bytes = usage->max_rss_bytes;
}

static void on_program_end(orx_uv_proc *p) {
    p->ended_ns = orx_mono_ns(p->head.platform);
    orx_uv_proc_cancel_deadlines(p);
    orx_uv_proc_arm_watchdog(p, 0);
}

static void on_started(orx_uv_proc *p, orx_view payload) {
    orx_exec_started started;
    p->started = true;
    if (payload.len != sizeof started)
        return;
    memcpy(&started, payload.p, sizeof started);
    p->program = started.pid;
    p->grouped = started.grouped != 0;
}

static void on_not_started(orx_uv_proc *p, orx_view payload) {
    orx_exec_not_started head;
    if (payload.len < sizeof head)
        return;
    memcpy(&head, payload.p, sizeof head);
    orx_view reason = {payload.p + sizeof head, payload.len - sizeof head};
    p->not_started = true;
    p->result.code = head.code;
    (void)snprintf(p->result.message, sizeof p->result.message, "%.*s", ORX_VIEW_ARG(reason));
    on_program_end(p);
}

static void on_exited(orx_uv_proc *p, orx_view payload) {
    orx_exec_exited exited;
    if (payload.len != sizeof exited)
        return;
    memcpy(&exited, payload.p, sizeof exited);
    p->exited = true;
    p->result.code = exited.code;
    p->result.signal = exited.signal;
    set_usage(p, &exited.usage);
    on_program_end(p);
}

static void on_empty(orx_uv_proc *p, orx_view payload) {
    orx_exec_usage usage;
    if (payload.len != sizeof usage)
        return;
    memcpy(&usage, payload.p, sizeof usage);
    set_usage(p, &usage);
    p->result.empty = true;
    orx_uv_proc_begin_drain(p);
}

static void on_frame(orx_uv_proc *p, uint32_t type, orx_view payload) {
    switch (type) {
    case ORX_EXEC_STARTED:
        on_started(p, payload);
        break;
    case ORX_EXEC_NOT_STARTED:
        on_not_started(p, payload);
        break;
    case ORX_EXEC_EXITED:
        on_exited(p, payload);
        break;
    case ORX_EXEC_EMPTY:
        on_empty(p, payload);
        break;
    default:
        break;
    }
}

static void take_frames(orx_uv_proc *p) {
    orx_exec_frame frame;
    while (p->frames.len >= sizeof frame) {
        memcpy(&frame, p->frames.buf, sizeof frame);
        if (frame.len > FRAME_MAX) {
            /* Not our orxaq-exec any more; without it the program dies too. */
            orx_uv_proc_signal(p, SIGKILL);
            orx_str_clear(&p->frames);
            return;
        }
        size_t need = sizeof frame + frame.len;
        if (p->frames.len < need)
            return;
        on_frame(p, frame.type, orx_view_mem(p->frames.buf + sizeof frame, frame.len));
        orx_str_drop(&p->frames, need);
    }
}

static void on_control(uv_stream_t *s, ssize_t n, const uv_buf_t *buf) {
    orx_uv_proc *p = s->data;
    if (n > 0) {
        orx_str_add(&p->frames, buf->base, (size_t)n);
        take_frames(p);
    }
    if (n >= 0)
        return;
    orx_uv_proc_close_handle(p, H_CONTROL);
    orx_uv_proc_check_finished(p);
}

void orx_uv_proc_begin_control(orx_uv_proc *p, orx_str *spec_frame) {
    send_bytes(p, spec_frame);
    (void)uv_read_start(&p->h[H_CONTROL].stream, orx_uv_proc_alloc, on_control);
}

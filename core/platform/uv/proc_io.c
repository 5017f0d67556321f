/* The program's standard streams. */
#include "platform/uv/procs.h"

#include <stdlib.h>

#define INPUT_QUEUE_MAX ((size_t)16 << 20)

/* ---- Output --------------------------------------------------------------------------------- */

/* Hands bytes on, up to output_max of both streams together. What comes after the limit is read and
 * thrown away: a program that is blocked writing cannot follow the request to end. */
static void deliver(orx_uv_proc *p, orx_stream stream, orx_view bytes) {
    orx_proc_result *r = &p->result;
    int64_t *count = stream == ORX_STDOUT ? &r->out_bytes : &r->err_bytes;
    bool over = false;
    if (p->spec.output_max > 0) {
        int64_t left = p->spec.output_max - r->out_bytes - r->err_bytes;
        over = (int64_t)bytes.len > left;
        bytes.len = over ? (size_t)left : bytes.len;
    }
    *count += (int64_t)bytes.len;
    orx_uv_proc_note_byte(p);
    if (bytes.len && p->spec.on_output && !p->detached) {
        p->u->ran++;
        p->spec.on_output(&p->head, stream, bytes, p->spec.user);
    }
    if (over)
        orx_uv_proc_stop_for(p, ORX_PROC_OUTPUT_LIMIT, false);
}

static void deliver_note(orx_uv_proc *p, orx_view bytes) {
    if (!p->spec.on_output || p->detached)
        return;
    p->u->ran++;
    p->spec.on_output(&p->head, ORX_NOTES, bytes, p->spec.user);
}

static void on_note(uv_stream_t *s, ssize_t n, const uv_buf_t *buf) {
    orx_uv_proc *p = s->data;
    if (n > 0)
        deliver_note(p, orx_view_mem(buf->base, (size_t)n));
    if (n >= 0)
        return;
    orx_uv_proc_close_handle(p, H_NOTES);
    orx_uv_proc_check_finished(p);
}

static void on_output(uv_stream_t *s, ssize_t n, const uv_buf_t *buf) {
    orx_uv_proc *p = s->data;
    int which = s == &p->h[H_OUT].stream ? H_OUT : H_ERR;
    if (n > 0)
        deliver(p, which == H_OUT ? ORX_STDOUT : ORX_STDERR, orx_view_mem(buf->base, (size_t)n));
    if (n >= 0)
        return;
    orx_uv_proc_close_handle(p, which);
    orx_uv_proc_check_finished(p);
}

/* ---- Input ---------------------------------------------------------------------------------- */

typedef struct input_write {
    uv_write_t req;
    char *bytes; /* ours, or NULL when the caller keeps them */
} input_write;

static void on_input_written(uv_write_t *req, int status) {
    input_write *w = (input_write *)(void *)req;
    orx_uv_proc *p = req->data;
    free(w->bytes);
    free(w);
    p->in_pending--;
    /* A failure means that nobody reads any more. */
    if (status < 0 || (p->in_close && p->in_pending == 0))
        orx_uv_proc_close_handle(p, H_IN);
}

static void write_input(orx_uv_proc *p, orx_view bytes, bool copy) {
    input_write *w = orx_xcalloc(1, sizeof *w);
    if (copy)
        w->bytes = orx_xmemdup0(bytes.p, bytes.len);
    w->req.data = p;
    /* libuv takes a pointer to non-const but only reads. */
    uv_buf_t buf = {.base = copy ? w->bytes : (char *)bytes.p, .len = bytes.len};
    p->in_pending++;
    int rc = uv_write(&w->req, &p->h[H_IN].stream, &buf, 1, on_input_written);
    if (rc < 0)
        on_input_written(&w->req, rc);
}

static void finish_input(orx_uv_proc *p) {
    p->in_close = true;
    if (p->in_pending == 0)
        orx_uv_proc_close_handle(p, H_IN);
}

int orx_uv_proc_write(orx_proc *proc, orx_view bytes, orx_err *err) {
    orx_uv_proc *p = orx_uv_proc_of(proc);
    if (!p->spec.input_open || p->in_shut)
        return orx_err_set(err, ORX_E_INVALID,
                           "standard input of process %lld is not open for writing",
                           (long long)p->pid);
    if (!p->open[H_IN] || !bytes.len)
        return 0;
    size_t queued = uv_stream_get_write_queue_size(&p->h[H_IN].stream);
    if (bytes.len > INPUT_QUEUE_MAX || queued > INPUT_QUEUE_MAX - bytes.len)
        return orx_err_set(err, ORX_E_LIMIT,
                           "process %lld does not read its input: %zu bytes are waiting, %zu more "
                           "would exceed %zu",
                           (long long)p->pid, queued, bytes.len, INPUT_QUEUE_MAX);
    write_input(p, bytes, true);
    return 0;
}

void orx_uv_proc_close_input(orx_proc *proc) {
    orx_uv_proc *p = orx_uv_proc_of(proc);
    if (!p->spec.input_open || p->in_shut)
        return;
    p->in_shut = true;
    finish_input(p);
}

void orx_uv_proc_begin_io(orx_uv_proc *p) {
    (void)uv_read_start(&p->h[H_OUT].stream, orx_uv_proc_alloc, on_output);
    (void)uv_read_start(&p->h[H_ERR].stream, orx_uv_proc_alloc, on_output);
    if (p->open[H_NOTES])
        (void)uv_read_start(&p->h[H_NOTES].stream, orx_uv_proc_alloc, on_note);
    if (p->spec.input.len) {
        write_input(p, p->spec.input, false);
        finish_input(p);
    }
}

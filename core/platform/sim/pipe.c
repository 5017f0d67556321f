/* What flows between a program and its starter. */
#include "platform/sim/prog.h"

#include <stdio.h>

enum { PIPE_MAX = 64 * 1024 };

void orx_sim_pipe_put(orx_sim_pipe *pipe, orx_view bytes) {
    if (pipe->at && pipe->at == pipe->bytes.len) {
        orx_str_clear(&pipe->bytes);
        pipe->at = 0;
    }
    orx_str_addv(&pipe->bytes, bytes);
}

size_t orx_sim_pipe_take(orx_sim_pipe *pipe, void *buf, size_t len) {
    size_t held = orx_sim_pipe_held(pipe);
    if (len > held)
        len = held;
    if (len)
        memcpy(buf, pipe->bytes.buf + pipe->at, len);
    pipe->at += len;
    /* Rarely, so that taking a long input in small pieces stays cheap. */
    if (pipe->at > PIPE_MAX && pipe->at > orx_sim_pipe_held(pipe)) {
        orx_str_drop(&pipe->bytes, pipe->at);
        pipe->at = 0;
    }
    return len;
}

/* A read gets everything, or sometimes only the first part. */
static size_t draw_piece(orx_sim *s, size_t held) {
    size_t n = held;
    if (n > 1 && orx_sim_below(&s->sched, 4) == 0)
        n = 1 + (size_t)orx_sim_below(&s->sched, n - 1);
    return n;
}

/* ---- The program's side ------------------------------------------------------------------- */

/* Waits for the other side of a pipe. */
static void wait_for_pipe(orx_sim_prog *g, const char *what) {
    g->on_pipe = true;
    orx_sim_park(g->task, what, NULL);
}

void orx_sim_prog_piped(orx_sim_prog *g) {
    if (g->on_pipe)
        orx_sim_wake(g->task);
    g->on_pipe = false;
}

size_t orx_sim_read_some(orx_sim_prog *g, void *buf, size_t len) {
    while (!orx_sim_pipe_held(&g->in) && !g->in.closed)
        wait_for_pipe(g, "standard input");
    size_t held = orx_sim_pipe_held(&g->in);
    return orx_sim_pipe_take(&g->in, buf, draw_piece(g->sim, held < len ? held : len));
}

void orx_sim_read_input(orx_sim_prog *g, orx_str *out) {
    size_t n;
    do {
        char *to = orx_str_reserve(out, PIPE_MAX);
        n = orx_sim_read_some(g, to, PIPE_MAX);
        orx_str_commit(out, n);
    } while (n);
}

static void note_output(orx_sim_prog *g) {
    g->last_output = g->sim->now;
    orx_sim_alarm_cancel(&g->sim->alarms, &g->first_byte);
}

void orx_sim_print(orx_sim_prog *g, int stream, orx_view bytes) {
    orx_sim_pipe *pipe = &g->out[stream - ORX_STDOUT];
    if (stream == ORX_NOTES && !g->spec.notes)
        return;
    while (bytes.len) {
        size_t room = PIPE_MAX - orx_sim_pipe_held(pipe);
        if (!g->owner || g->limited)
            return;
        if (!room) {
            wait_for_pipe(g, "room in its output pipe");
            continue;
        }
        size_t n = bytes.len < room ? bytes.len : room;
        orx_sim_pipe_put(pipe, (orx_view){bytes.p, n});
        bytes.p += n;
        bytes.len -= n;
        if (stream != ORX_NOTES)
            note_output(g);
        orx_sim_post(g->owner, &g->event);
    }
    orx_sim_maybe_yield(g->task);
}

void orx_sim_printf(orx_sim_prog *g, int stream, const char *fmt, ...) {
    ORX_CLEANUP(orx_str_free) orx_str text = {0};
    va_list ap;
    va_start(ap, fmt);
    orx_str_vaddf(&text, fmt, ap);
    va_end(ap);
    orx_sim_print(g, stream, orx_str_view(&text));
}

/* ---- The starter's side ------------------------------------------------------------------- */

/* The stream to be read next: drawn when both have something; NULL when none has. */
static orx_sim_pipe *readable(orx_sim_prog *g) {
    if (orx_sim_pipe_held(&g->out[2]) > 0)
        return &g->out[2];
    bool out = orx_sim_pipe_held(&g->out[0]) > 0;
    bool errs = orx_sim_pipe_held(&g->out[1]) > 0;
    if (out && errs)
        return &g->out[orx_sim_below(&g->sim->sched, 2)];
    return out ? &g->out[0] : errs ? &g->out[1] : NULL;
}

static void beyond_limit(orx_sim_prog *g) {
    g->limited = true;
    for (int i = 0; i < 2; i++)
        g->out[i].at = g->out[i].bytes.len;
    orx_sim_prog_decide(g, ORX_PROC_OUTPUT_LIMIT);
    orx_sim_prog_stop(g, 0);
}

/* Notes are no output. */
static void deliver_notes(orx_sim_prog *g, orx_sim_pipe *pipe) {
    ORX_CLEANUP(orx_str_free) orx_str bytes = {0};
    size_t held = orx_sim_pipe_held(pipe);
    orx_str_commit(&bytes, orx_sim_pipe_take(pipe, orx_str_reserve(&bytes, held), held));
    orx_sim_prog_piped(g);
    bool freed = false;
    g->freed = &freed;
    if (g->spec.on_output)
        g->spec.on_output(&g->base, ORX_NOTES, orx_str_view(&bytes), g->spec.user);
    if (freed)
        return;
    g->freed = NULL;
    if (g->complete || readable(g))
        orx_sim_post(g->owner, &g->event);
}

static void deliver_piece(orx_sim_prog *g, orx_sim_pipe *pipe) {
    bool errs = pipe == &g->out[1];
    int64_t *count = errs ? &g->result.err_bytes : &g->result.out_bytes;
    int64_t before = g->result.out_bytes + g->result.err_bytes;
    size_t n = draw_piece(g->sim, orx_sim_pipe_held(pipe));
    int64_t left = g->spec.output_max - before;
    bool over = g->spec.output_max && (int64_t)n > left;
    if (over)
        n = (size_t)left;
    char *copy = orx_xmalloc(n);
    (void)orx_sim_pipe_take(pipe, copy, n);
    *count += (int64_t)n;
    orx_sim_prog_piped(g);
    bool freed = false;
    g->freed = &freed;
    if (g->spec.on_output && n)
        g->spec.on_output(&g->base, errs ? ORX_STDERR : ORX_STDOUT, (orx_view){copy, n},
                          g->spec.user);
    free(copy);
    if (freed)
        return;
    g->freed = NULL;
    if (over)
        beyond_limit(g);
    if (g->complete || readable(g))
        orx_sim_post(g->owner, &g->event);
}

void orx_sim_prog_deliver(orx_sim_event *ev) {
    orx_sim_prog *g = ORX_LIST_ITEM(ev, orx_sim_prog, event);
    orx_sim_pipe *pipe = readable(g);
    if (pipe == &g->out[2]) {
        deliver_notes(g, pipe);
    } else if (pipe) {
        deliver_piece(g, pipe);
    } else if (g->complete && !g->told) {
        g->told = true;
        if (g->spec.on_exit)
            g->spec.on_exit(&g->base, &g->result, g->spec.user);
    }
}

/* The end of a program's object: draining, the result, closing, freeing. */
#include "platform/uv/procs.h"

#include <assert.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#define DEFAULT_DRAIN_NS (500 * ORX_MS)

/* A minute: what was told to die with KILL and is still there hangs in the kernel. */
#define ORPHAN_LOOKS   3000
#define ORPHAN_LOOK_NS (20 * ORX_MS)

/* ---- Handles -------------------------------------------------------------------------------- */

static void release_if_done(orx_uv_proc *p) {
    if (!p->detached || !p->finished || p->closing > 0)
        return;
    orx_list_remove(&p->link);
    orx_str_free(&p->frames);
    free(p);
}

static void on_closed(uv_handle_t *h) {
    orx_uv_proc *p = h->data;
    p->closing--;
    release_if_done(p);
}

void orx_uv_proc_close_handle(orx_uv_proc *p, int which) {
    if (!p->open[which])
        return;
    p->open[which] = false;
    p->closing++;
    uv_close(&p->h[which].any, on_closed);
}

void orx_uv_proc_close_all(orx_uv_proc *p) {
    for (int i = 0; i < H_COUNT; i++)
        orx_uv_proc_close_handle(p, i);
    release_if_done(p);
}

/* ---- The result ----------------------------------------------------------------------------- */

/* orxaq-exec went without saying how the program ended. */
static void explain_lost(orx_uv_proc *p) {
    orx_proc_result *r = &p->result;
    const char *kind = p->exec_signal ? "signal" : "code";
    long long number = p->exec_signal ? p->exec_signal : (long long)p->exec_code;
    r->code = -1;
    if (r->empty)
        return; /* stopped while held: nothing ran */
    /* A program may have killed its supervisor before that could say STARTED; what was never
     * released and what orxaq-exec itself gave up certainly did not run. */
    if (!p->started && (!p->began_ns || !p->exec_signal)) {
        p->not_started = true;
        r->code = 126;
        (void)snprintf(r->message, sizeof r->message,
                       "orxaq-exec ended (%s %lld) before it started the program; if orxaq was "
                       "updated in part, install it again",
                       kind, number);
        return;
    }
    r->signal = SIGKILL; /* it dies with its supervisor */
    r->empty = p->swept;
    (void)snprintf(r->message, sizeof r->message,
                   "orxaq-exec ended (%s %lld) while the program ran; the program was killed with "
                   "it, what it had started %s",
                   kind, number, p->swept ? "was killed as well" : "may still run");
}

static void fill_result(orx_uv_proc *p) {
    orx_proc_result *r = &p->result;
    if (!p->exited && !p->not_started)
        explain_lost(p);
    if (p->not_started)
        r->end = ORX_PROC_NOT_STARTED;
    else if (!p->ended_by_us)
        r->end = ORX_PROC_EXITED;
    int64_t end = p->ended_ns ? p->ended_ns : orx_mono_ns(p->head.platform);
    r->wall_ns = p->began_ns ? end - p->began_ns : 0;
}

static void finish(orx_uv_proc *p) {
    orx_platform *platform = p->head.platform;
    orx_uv_proc_cancel_deadlines(p);
    orx_timer_cancel(platform, p->watchdog);
    orx_timer_cancel(platform, p->drain);
    orx_timer_cancel(platform, p->orphans);
    p->watchdog = p->drain = p->orphans = NULL;
    p->finished = true;
    if (!p->detached) {
        fill_result(p);
        p->u->ran++;
        p->closing++; /* on_exit may free the object: it stays until we are done with it */
        if (p->spec.on_exit)
            p->spec.on_exit(&p->head, &p->result, p->spec.user);
        p->closing--;
    }
    orx_uv_proc_close_all(p);
}

static void on_orphans(void *user) {
    orx_uv_proc *p = user;
    p->orphans = NULL;
    orx_uv_proc_check_finished(p);
}

/* orxaq-exec was killed: whoever hears of an end may take it that nobody works there any more, so
 * what was in its care is ended first, where that comes to us. Whether there is nothing to wait for
 * (any more). */
static bool is_swept(orx_uv_proc *p) {
    if (p->exited || p->result.empty || !p->began_ns || !p->u->adopts || p->swept)
        return true;
    if (p->orphans)
        return false;
    p->swept = orx_uv_end_orphans(p->head.platform) == 0;
    if (p->swept || p->orphan_looks++ >= ORPHAN_LOOKS)
        return true;
    p->orphans = orx_timer_start(p->head.platform, ORPHAN_LOOK_NS, on_orphans, p);
    return false;
}

void orx_uv_proc_check_finished(orx_uv_proc *p) {
    if (p->finished || !p->exec_gone || !is_swept(p))
        return;
    bool read_all = !p->open[H_OUT] && !p->open[H_ERR] && !p->open[H_NOTES] && !p->open[H_CONTROL];
    if (read_all || p->drained)
        finish(p);
}

static void on_drained(void *user) {
    orx_uv_proc *p = user;
    p->drain = NULL;
    p->drained = true;
    orx_uv_proc_check_finished(p);
}

void orx_uv_proc_begin_drain(orx_uv_proc *p) {
    if (p->drain || p->drained)
        return;
    int64_t ns = p->spec.drain_ns > 0 ? p->spec.drain_ns : DEFAULT_DRAIN_NS;
    p->drain = orx_timer_start(p->head.platform, ns, on_drained, p);
}

void orx_uv_proc_on_exec_exit(orx_uv_proc *p) {
    p->exec_gone = true;
    orx_uv_proc_begin_drain(p);
    orx_uv_proc_check_finished(p);
}

/* ---- Freeing -------------------------------------------------------------------------------- */

void orx_uv_proc_free(orx_proc *proc) {
    orx_uv_proc *p = orx_uv_proc_of(proc);
    assert(!p->detached && "a process object was freed twice");
    p->detached = true;
    if (!p->finished) {
        /* The caller's input bytes may go now. */
        orx_uv_proc_close_handle(p, H_IN);
        orx_uv_proc_stop_for(p, ORX_PROC_STOPPED, true);
    }
    release_if_done(p);
}

void orx_uv_procs_close(orx_uv *u) {
    ORX_LIST_EACH(&u->procs, it) {
        orx_uv_proc *p = ORX_LIST_ITEM(it, orx_uv_proc, link);
        if (!p->detached)
            orx_uv_proc_free(&p->head);
    }
    /* Bounded by the watchdog of each. */
    while (!orx_list_empty(&u->procs))
        (void)orx_loop_step(&u->base, 20 * ORX_MS);
    free(u->exec_path);
}

/* What stands in for the world when a job is replayed. */
#include "plugin/replay.h"

#include "plugin/job_state.h"

#include <stdlib.h>

/* An unfinished program or request of the recorded run. */
typedef struct replayed {
    orx_list link;
    orx_job *job;
    uint32_t id;
    orx_framer out;
    orx_framer err;
    int32_t stream; /* the one whose frames are being handed over */
    int64_t elapsed_ns;
    bool skip_out; /* up to the next whole record, behind a gap */
    bool skip_err;
} replayed;

static bool on_frame(void *user, orx_view record, orx_view name, bool cut) {
    replayed *e = user;
    orxaq_feed feed = {.kind = ORXAQ_FEED_FRAME,
                       .effect = e->id,
                       .stream = e->stream,
                       .flags = cut ? ORXAQ_FEED_CUT : 0,
                       .data = {record.p, record.len},
                       .name = {name.p, name.len},
                       .elapsed_ns = e->elapsed_ns};
    orx_job_feed(e->job, &feed);
    return orx_job_is_running(e->job);
}

static void forget(replayed *e) {
    orx_list_remove(&e->link);
    e->job->run_count--;
    orx_framer_free(&e->out);
    orx_framer_free(&e->err);
    free(e);
}

void orx_replay_free(orx_job *job) {
    ORX_LIST_EACH(&job->replayed, it)
    forget(ORX_LIST_ITEM(it, replayed, link));
}

static replayed *find(orx_job *job, uint32_t id) {
    ORX_LIST_EACH(&job->replayed, it) {
        replayed *e = ORX_LIST_ITEM(it, replayed, link);
        if (e->id == id)
            return e;
    }
    return NULL;
}

/* ---- The driver asks ------------------------------------------------------------------------ */

int orx_replay_look_up(orx_job *job, const orxaq_effect *effect, orxaq_feed *ret_first) {
    orx_err err = ORX_ERR_INIT;
    const orx_replay_source *source = job->spec.replay;
    int rc = source->perform(source->user, effect, ret_first, &err);
    if (rc < 0)
        orx_job_fail(job, ORXAQ_KIND_PROTOCOL, &err);
    ret_first->effect = effect->id;
    return rc;
}

void orx_replay_begin(orx_job *job, const orxaq_effect *effect, orxaq_feed *first) {
    bool exec = effect->kind == ORXAQ_EFFECT_EXEC;
    uint64_t max = exec ? effect->exec->max_frame : effect->http->max_frame;
    replayed *e = orx_xcalloc(1, sizeof *e);
    e->job = job;
    e->id = effect->id;
    orx_framer_init(&e->out, exec ? effect->exec->stdout_framing : effect->http->framing, max,
                    on_frame, e);
    orx_framer_init(&e->err, exec ? effect->exec->stderr_framing : ORXAQ_FRAMING_NONE, max,
                    on_frame, e);
    orx_list_append(&job->replayed, &e->link);
    job->run_count++;
    if (first)
        orx_replay_feed(job, first);
}

/* ---- The record says ------------------------------------------------------------------------ */

/* The streams have ended when a file, the exit or an error is reported. */
static void end_streams(replayed *e) {
    e->stream = ORXAQ_STREAM_OUT;
    orx_framer_end(&e->out);
    e->stream = ORXAQ_STREAM_ERR;
    orx_framer_end(&e->err);
}

void orx_replay_feed(orx_job *job, const orxaq_feed *feed) {
    replayed *e = find(job, feed->effect);
    orxaq_feed copy = *feed;
    if (!e)
        return;
    bool last = feed->kind == ORXAQ_FEED_EXIT || feed->kind == ORXAQ_FEED_ERROR;
    if (last || feed->kind == ORXAQ_FEED_FILE)
        end_streams(e);
    if (last)
        forget(e);
    orx_job_feed(job, &copy);
    orx_job_settle(job);
}

/* Drops what belongs to a record whose beginning is missing. */
static orx_view behind_gap(const orx_framer *f, bool *skip, orx_view bytes) {
    if (!*skip || f->framing == ORXAQ_FRAMING_RAW || f->framing == ORXAQ_FRAMING_NONE)
        return bytes;
    int64_t at = orx_view_find(bytes, f->framing == ORXAQ_FRAMING_SSE ? "\n\n" : "\n");
    *skip = at < 0;
    size_t drop = at < 0 ? bytes.len : (size_t)at + 1;
    return orx_view_mem(bytes.p + drop, bytes.len - drop);
}

void orx_replay_bytes(orx_job *job, uint32_t effect, int32_t stream, orx_view bytes,
                      int64_t elapsed_ns) {
    replayed *e = find(job, effect);
    if (!e)
        return;
    bool err = stream == ORXAQ_STREAM_ERR;
    orx_framer *framer = err ? &e->err : &e->out;
    e->stream = stream;
    e->elapsed_ns = elapsed_ns;
    orx_framer_add(framer, behind_gap(framer, err ? &e->skip_err : &e->skip_out, bytes));
}

static void begin_anew(orx_framer *f) {
    orx_framer fresh;
    orx_framer_init(&fresh, f->framing, f->max, f->fn, f->user);
    orx_framer_free(f);
    *f = fresh;
}

void orx_replay_gap(orx_job *job) {
    ORX_LIST_EACH(&job->replayed, it) {
        replayed *e = ORX_LIST_ITEM(it, replayed, link);
        begin_anew(&e->out);
        begin_anew(&e->err);
        e->skip_out = e->skip_err = true;
    }
}

void orx_replay_end(orx_job *job) {
    orx_err err = ORX_ERR_INIT;
    orx_err_set(&err, ORX_E_INVALID, "the record ends before the driver has come to an outcome");
    if (orx_job_is_running(job))
        orx_job_fail(job, ORXAQ_KIND_CRASHED, &err);
    orx_replay_free(job);
    orx_job_settle(job);
}

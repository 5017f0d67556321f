/* The job: requests one after the other, and the outcome. */
#include "lmstudio.h"

#include <stdlib.h>

/* ---- Outcome --------------------------------------------------------------------------------- */

void lm_finish(lm_job *job, int32_t kind, int32_t stop, orxaq_view message) {
    if (job->over)
        return;
    const orxaq_outcome o = {.struct_size = sizeof o,
                             .kind = kind,
                             .stop = stop,
                             .http_status = job->status,
                             .retry_after_ms = job->retry_after_ms,
                             .message = message};
    (void)job->events->outcome(job->events, &o);
    job->over = 1;
}

void lm_finish_text(lm_job *job, int32_t kind, const char *message) {
    lm_finish(job, kind, ORXAQ_STOPPED_NONE, orxaq_str(message));
}

/* ---- Open and close -------------------------------------------------------------------------- */

static void (*const begins[])(lm_job *) = {
    [ORXAQ_OP_PROBE] = lm_begin_models, [ORXAQ_OP_MODELS] = lm_begin_models,
    [ORXAQ_OP_LOAD] = lm_begin_load,    [ORXAQ_OP_UNLOAD] = lm_begin_unload,
    [ORXAQ_OP_TURN] = lm_begin_turn,    [ORXAQ_OP_EMBED] = lm_begin_embed,
};

static int32_t job_open(void *instance, int32_t op, const void *args, const orxaq_events *events,
                        void **ret_job) {
    if (op < 0 || op >= (int32_t)(sizeof begins / sizeof *begins) || !begins[op])
        return ORXAQ_E_UNSUPPORTED;
    lm_job *job = calloc(1, sizeof *job);
    if (!job)
        return ORXAQ_E_MEMORY;
    job->lm = instance;
    job->op = op;
    job->args = args;
    job->events = events;
    job->retry_after_ms = -1;
    *ret_job = job;
    return ORXAQ_OK;
}

static void job_close(void *self) {
    lm_job *job = self;
    lm_free(&job->url);
    lm_free(&job->body);
    lm_free(&job->text);
    lm_free(&job->unload);
    lm_turn_free(&job->turn);
    free(job->vector);
    free(job);
}

/* ---- The crank ------------------------------------------------------------------------------- */

static int32_t job_next(void *self, orxaq_effect *effect) {
    lm_job *job = self;
    if (!job->over && !job->running && !job->wanted && job->effects == 0)
        begins[job->op](job);
    if (job->cancelled && !job->running)
        lm_finish_text(job, ORXAQ_KIND_KILLED, "cancelled");
    if (job->over)
        return ORXAQ_NEXT_DONE;
    if (job->running)
        return ORXAQ_NEXT_WAIT;
    if (!job->wanted) {
        lm_finish_text(job, ORXAQ_KIND_PROTOCOL, "the request could not be written");
        return ORXAQ_NEXT_DONE;
    }
    job->wanted = 0;
    job->running = 1;
    job->status = 0;
    job->retry_after_ms = -1;
    job->text_cut = 0;
    lm_clear(&job->text);
    lm_fill(job, effect);
    effect->id = ++job->effects;
    return ORXAQ_NEXT_EFFECT;
}

/* ---- Feeds ----------------------------------------------------------------------------------- */

static void on_head(lm_job *job, const orxaq_feed *feed) {
    if (feed->name.len == 0)
        job->status = feed->code;
    int64_t now = job->lm->clock ? job->lm->clock->wall_ns(job->lm->host) : 0;
    if (orxaq_view_is(feed->name, "retry-after") && job->retry_after_ms < 0)
        job->retry_after_ms = lm_retry_after(feed->data, now);
}

static void on_line(lm_job *job, const orxaq_feed *feed) {
    orxaq_view line = feed->data;
    int piece = job->op == ORXAQ_OP_TURN && job->status == 200 && line.len >= 5 &&
                memcmp(line.data, "data:", 5) == 0;
    if (feed->flags & ORXAQ_FEED_CUT)
        job->text_cut = 1;
    if (piece) {
        line = orxaq_view_of(line.data + 5, line.len - 5);
        if (line.len && line.data[0] == ' ')
            line = orxaq_view_of(line.data + 1, line.len - 1);
        lm_turn_piece(job, line, feed->elapsed_ns);
    } else if (job->text.len + line.len + 1 <= LM_BODY_MAX) {
        lm_add(&job->text, line);
        lm_adds(&job->text, "\n");
    } else {
        job->text_cut = 1;
    }
}

static void on_exit_feed(lm_job *job, const orxaq_feed *feed) {
    switch (feed->reason) {
    case ORXAQ_END_BY_ITSELF:
        if (job->text_cut || job->text.failed)
            lm_finish_text(job, ORXAQ_KIND_PROTOCOL, "the answer is too large to be understood");
        else
            job->then(job);
        break;
    case ORXAQ_END_TOTAL:
        lm_finish(job, ORXAQ_KIND_TIMEOUT, 0, feed->data);
        break;
    case ORXAQ_END_IDLE:
    case ORXAQ_END_SILENT:
        lm_finish(job, ORXAQ_KIND_NO_PROGRESS, 0, feed->data);
        break;
    case ORXAQ_END_CANCELLED:
        lm_finish(job, ORXAQ_KIND_KILLED, 0, feed->data);
        break;
    default:
        lm_finish(job, ORXAQ_KIND_PROTOCOL, 0, feed->data);
        break;
    }
}

/* The network, or a host that did not let the request go. */
static int32_t kind_of_error(int32_t code) {
    switch (code) {
    case ORXAQ_E_CANCELLED:
        return ORXAQ_KIND_KILLED;
    case ORXAQ_E_PROTOCOL:
    case ORXAQ_E_INVALID:
    case ORXAQ_E_DENIED:
    case ORXAQ_E_LIMIT:
    case ORXAQ_E_UNSUPPORTED:
        return ORXAQ_KIND_PROTOCOL;
    default:
        return ORXAQ_KIND_NETWORK;
    }
}

static int32_t job_feed(void *self, const orxaq_feed *feed) {
    lm_job *job = self;
    if (job->over || feed->effect != job->effects)
        return ORXAQ_OK;
    if (feed->kind == ORXAQ_FEED_HEAD) {
        on_head(job, feed);
    } else if (feed->kind == ORXAQ_FEED_FRAME) {
        on_line(job, feed);
    } else if (feed->kind == ORXAQ_FEED_EXIT) {
        job->running = 0;
        on_exit_feed(job, feed);
    } else if (feed->kind == ORXAQ_FEED_ERROR) {
        job->running = 0;
        lm_finish(job, kind_of_error(feed->code), 0, feed->data);
    }
    return ORXAQ_OK;
}

static void job_cancel(void *self, int32_t reason) {
    lm_job *job = self;
    (void)reason;
    job->cancelled = 1;
}

const orxaq_job lm_jobs = {
    .struct_size = sizeof(orxaq_job),
    .open = job_open,
    .next = job_next,
    .feed = job_feed,
    .cancel = job_cancel,
    .close = job_close,
};

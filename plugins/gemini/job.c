/* Op task: one exec and its feeds. */
#include "gemini.h"

#include <stdlib.h>

static int32_t job_open(void *instance, int32_t op, const void *args, const orxaq_events *events,
                        void **ret_job) {
    if (op == ORXAQ_OP_PROBE || op == ORXAQ_OP_MODELS)
        return gemini_probe_open(instance, op, args, events, ret_job);
    if (op == ORXAQ_OP_EMBED)
        return gemini_embed_open(instance, args, events, ret_job);
    if (op != ORXAQ_OP_TASK)
        return ORXAQ_E_UNSUPPORTED;
    gemini_job *job = calloc(1, sizeof *job);
    if (!job)
        return ORXAQ_E_MEMORY;
    job->op = op;
    job->c = instance;
    job->args = args;
    job->events = events;
    *ret_job = job;
    return ORXAQ_OK;
}

static int32_t begin(gemini_job *job, orxaq_effect *effect) {
    if (job->args->prompt.len > GEMINI_PROMPT_MAX) {
        job->step = 2;
        gemini_finish(job->events, ORXAQ_KIND_CONTEXT_TOO_LONG, ORXAQ_RETRY_NO,
                      "the prompt is longer than the 8 MiB that gemini reads; nothing was sent");
        return ORXAQ_NEXT_DONE;
    }
    int32_t code = gemini_prepare(job);
    if (code < 0)
        return code;
    orxaq_exec *e = &job->exec;
    e->struct_size = sizeof *e;
    e->argc = job->argc;
    e->argv = job->argv;
    e->env_count = job->envc;
    e->env = job->env;
    /* A session belongs to the folder it was begun in. */
    e->cwd = job->args->repo;
    e->stdin_bytes = job->args->prompt;
    e->before = job->files;
    e->stdout_framing = ORXAQ_FRAMING_JSONL;
    e->stderr_framing = ORXAQ_FRAMING_LINES;
    /* No signal makes it end its commands; TERM ends it, the host ends them. */
    e->stop = ORXAQ_STOP_TERMINATE;
    e->grace_ns = INT64_C(2000000000);
    effect->kind = ORXAQ_EFFECT_EXEC;
    effect->id = 1;
    effect->exec = &job->exec;
    job->step = 1;
    return ORXAQ_NEXT_EFFECT;
}

static int32_t task_next(void *self, orxaq_effect *effect) {
    gemini_job *job = self;
    if (job->step == 0)
        return begin(job, effect);
    return job->step == 1 ? ORXAQ_NEXT_WAIT : ORXAQ_NEXT_DONE;
}

static int begins(orxaq_view text, const char *with) {
    size_t n = strlen(with);
    return text.len >= n && memcmp(text.data, with, n) == 0;
}

/* Keeps the end of standard error, for programs that fail before they say anything else. What it
 * prints in every run, and traces of its own calls, help nobody. */
static void keep_error(gemini_job *job, orxaq_view line) {
    if (line.len == 0 || begins(line, " ") || begins(line, "YOLO mode") ||
        begins(line, "Ripgrep is not"))
        return;
    gemini_notice(job, line);
    uint64_t take = line.len < GEMINI_STDERR_MAX / 2 ? line.len : GEMINI_STDERR_MAX / 2;
    if (job->errors_len + take + 1 > GEMINI_STDERR_MAX)
        job->errors_len = 0;
    if (job->errors_len)
        job->errors[job->errors_len++] = ' ';
    memcpy(job->errors + job->errors_len, line.data, (size_t)take);
    job->errors_len += take;
}

static int32_t task_feed(void *self, const orxaq_feed *feed) {
    gemini_job *job = self;
    if (feed->kind == ORXAQ_FEED_FRAME && feed->stream == ORXAQ_STREAM_OUT)
        gemini_record(job, feed->data);
    else if (feed->kind == ORXAQ_FEED_FRAME)
        keep_error(job, feed->data);
    else if (feed->kind == ORXAQ_FEED_EXIT || feed->kind == ORXAQ_FEED_ERROR) {
        gemini_end(job, feed);
        job->step = 2;
    }
    return ORXAQ_OK;
}

/* The host stops the program; its EXIT ends the job. */
static void task_cancel(void *self, int32_t reason) {
    gemini_job *job = self;
    if (job->step != 0)
        return;
    job->step = 2;
    gemini_finish(job->events,
                  reason == ORXAQ_CANCEL_DEADLINE ? ORXAQ_KIND_TIMEOUT : ORXAQ_KIND_KILLED,
                  ORXAQ_RETRY_BY_KIND, "cancelled before it began");
}

static void task_close(void *self) {
    gemini_job *job = self;
    free(job->result);
    free(job->settings_text);
    free(job);
}

/* ---- The table: all kinds of job begin with the op --------------------------------------------
 */

static int32_t op_of(const void *job) {
    return *(const int32_t *)job;
}

static int32_t job_next(void *job, orxaq_effect *effect) {
    if (op_of(job) == ORXAQ_OP_EMBED)
        return gemini_embed_next(job, effect);
    return op_of(job) == ORXAQ_OP_TASK ? task_next(job, effect) : gemini_probe_next(job, effect);
}

static int32_t job_feed(void *job, const orxaq_feed *feed) {
    if (op_of(job) == ORXAQ_OP_EMBED)
        return gemini_embed_feed(job, feed);
    return op_of(job) == ORXAQ_OP_TASK ? task_feed(job, feed) : gemini_probe_feed(job, feed);
}

static void job_cancel(void *job, int32_t reason) {
    if (op_of(job) == ORXAQ_OP_EMBED)
        gemini_embed_cancel(job, reason);
    else if (op_of(job) == ORXAQ_OP_TASK)
        task_cancel(job, reason);
    else
        gemini_probe_cancel(job, reason);
}

static void job_close(void *job) {
    if (op_of(job) == ORXAQ_OP_EMBED)
        gemini_embed_close(job);
    else if (op_of(job) == ORXAQ_OP_TASK)
        task_close(job);
    else
        free(job);
}

const orxaq_job gemini_jobs = {
    .struct_size = sizeof(orxaq_job),
    .open = job_open,
    .next = job_next,
    .feed = job_feed,
    .cancel = job_cancel,
    .close = job_close,
};

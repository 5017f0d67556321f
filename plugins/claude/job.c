/* Op task: one exec and its feeds. */
#include "claude.h"

#include <stdlib.h>

static int32_t job_open(void *instance, int32_t op, const void *args, const orxaq_events *events,
                        void **ret_job) {
    if (op == ORXAQ_OP_PROBE || op == ORXAQ_OP_MODELS)
        return claude_probe_open(instance, op, args, events, ret_job);
    if (op != ORXAQ_OP_TASK)
        return ORXAQ_E_UNSUPPORTED;
    claude_job *job = calloc(1, sizeof *job);
    if (!job)
        return ORXAQ_E_MEMORY;
    job->op = op;
    job->c = instance;
    job->args = args;
    job->events = events;
    *ret_job = job;
    return ORXAQ_OK;
}

static int32_t begin(claude_job *job, orxaq_effect *effect) {
    if (job->args->prompt.len > CLAUDE_PROMPT_MAX) {
        job->step = 2;
        claude_finish(job->events, ORXAQ_KIND_CONTEXT_TOO_LONG, ORXAQ_RETRY_NO,
                      "the prompt is longer than the 10 MiB that claude reads; nothing was sent");
        return ORXAQ_NEXT_DONE;
    }
    int32_t code = claude_words(job);
    if (code < 0)
        return code;
    job->exec = (orxaq_exec){
        .struct_size = sizeof(orxaq_exec),
        .argc = job->argc,
        .env_count = job->envc,
        .argv = job->argv,
        .env = job->env,
        /* A session can be resumed only from the folder it was begun in. */
        .cwd = job->args->repo,
        .stdin_bytes = job->args->prompt,
        .before = &job->tmp,
        .before_count = 1,
        .stdout_framing = ORXAQ_FRAMING_JSONL,
        .stderr_framing = ORXAQ_FRAMING_LINES,
        /* TERM makes it end its commands and leave; what still runs then is the host's. */
        .stop = ORXAQ_STOP_TERMINATE,
        .grace_ns = INT64_C(3000000000),
    };
    effect->kind = ORXAQ_EFFECT_EXEC;
    effect->id = 1;
    effect->exec = &job->exec;
    job->step = 1;
    return ORXAQ_NEXT_EFFECT;
}

static int32_t task_next(void *self, orxaq_effect *effect) {
    claude_job *job = self;
    if (job->step == 0)
        return begin(job, effect);
    return job->step == 1 ? ORXAQ_NEXT_WAIT : ORXAQ_NEXT_DONE;
}

/* Keeps the end of standard error, for programs that fail before they say anything else. */
static void keep_error(claude_job *job, orxaq_view line) {
    claude_notice(job, line);
    if (line.len == 0)
        return;
    uint64_t take = line.len < CLAUDE_STDERR_MAX - 2 ? line.len : CLAUDE_STDERR_MAX - 2;
    if (job->errors_len + take + 1 > CLAUDE_STDERR_MAX)
        job->errors_len = 0;
    if (job->errors_len)
        job->errors[job->errors_len++] = ' ';
    memcpy(job->errors + job->errors_len, line.data, (size_t)take);
    job->errors_len += take;
}

static int32_t task_feed(void *self, const orxaq_feed *feed) {
    claude_job *job = self;
    if (feed->kind == ORXAQ_FEED_FRAME && feed->stream == ORXAQ_STREAM_OUT)
        claude_record(job, feed->data);
    else if (feed->kind == ORXAQ_FEED_FRAME)
        keep_error(job, feed->data);
    else if (feed->kind == ORXAQ_FEED_EXIT || feed->kind == ORXAQ_FEED_ERROR) {
        claude_end(job, feed);
        job->step = 2;
    }
    return ORXAQ_OK;
}

/* The host stops the program; its EXIT ends the job. */
static void task_cancel(void *self, int32_t reason) {
    claude_job *job = self;
    if (job->step != 0)
        return;
    job->step = 2;
    claude_finish(job->events,
                  reason == ORXAQ_CANCEL_DEADLINE ? ORXAQ_KIND_TIMEOUT : ORXAQ_KIND_KILLED,
                  ORXAQ_RETRY_BY_KIND, "cancelled before it began");
}

static void task_close(void *self) {
    claude_job *job = self;
    free(job->result);
    free(job);
}

/* ---- The table: both kinds of job begin with the op --------------------------------------------
 */

static int is_task(const void *job) {
    return *(const int32_t *)job == ORXAQ_OP_TASK;
}

static int32_t job_next(void *job, orxaq_effect *effect) {
    return is_task(job) ? task_next(job, effect) : claude_probe_next(job, effect);
}

static int32_t job_feed(void *job, const orxaq_feed *feed) {
    return is_task(job) ? task_feed(job, feed) : claude_probe_feed(job, feed);
}

static void job_cancel(void *job, int32_t reason) {
    if (is_task(job))
        task_cancel(job, reason);
    else
        claude_probe_cancel(job, reason);
}

static void job_close(void *job) {
    if (is_task(job))
        task_close(job);
    else
        free(job);
}

const orxaq_job claude_jobs = {
    .struct_size = sizeof(orxaq_job),
    .open = job_open,
    .next = job_next,
    .feed = job_feed,
    .cancel = job_cancel,
    .close = job_close,
};

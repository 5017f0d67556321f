/* The job machine: which program is next, where its output goes, and its end. */
#include "codex.h"

#include <stdlib.h>

#define LINE_MAX 4096

void codex_say(const codex_job *job, int32_t channel, int delta, orxaq_view text) {
    const orxaq_text t = {
        .struct_size = sizeof t, .channel = channel, .delta = delta ? 1u : 0u, .text = text};
    if (text.len)
        (void)job->events->text(job->events, &t);
}

/* ---- Opening ------------------------------------------------------------------------------ */

static int32_t job_open(void *instance, int32_t op, const void *args, const orxaq_events *events,
                        void **ret_job) {
    if (op != ORXAQ_OP_TASK && op != ORXAQ_OP_PROBE && op != ORXAQ_OP_MODELS)
        return ORXAQ_E_UNSUPPORTED;
    codex_job *job = calloc(1, sizeof *job);
    if (!job)
        return ORXAQ_E_MEMORY;
    job->c = instance;
    job->op = op;
    job->events = events;
    if (op == ORXAQ_OP_TASK)
        job->task = args;
    else
        job->probe = args;
    job->want = op == ORXAQ_OP_MODELS ? CODEX_RUN_MODELS : CODEX_RUN_VERSION;
    *ret_job = job;
    return ORXAQ_OK;
}

/* Characters, as the program counts them: every byte that does not continue one. */
static uint64_t characters(orxaq_view text) {
    uint64_t n = 0;
    for (uint64_t i = 0; i < text.len; i++)
        n += ((unsigned char)text.data[i] & 0xc0) != 0x80;
    return n;
}

/* Said before anything is started, and so before anything is spent. */
static void check_prompt(codex_job *job) {
    uint64_t n = characters(job->task->prompt);
    if (n <= CODEX_PROMPT_MAX)
        return;
    codex_buf why = {0};
    codex_buf_adds(&why, "the prompt has ");
    codex_buf_addi(&why, (int64_t)n);
    codex_buf_adds(&why, " characters; codex takes at most 1048576");
    codex_finish_kind(job, ORXAQ_KIND_CONTEXT_TOO_LONG, ORXAQ_RETRY_NO, codex_buf_view(&why));
    codex_buf_free(&why);
}

/* ---- Next --------------------------------------------------------------------------------- */

static int32_t start(codex_job *job, orxaq_effect *effect) {
    int32_t code = codex_command(job);
    if (code < 0)
        return code;
    codex_buf_clear(&job->text);
    codex_buf_clear(&job->errors);
    job->runs = job->want;
    job->want = CODEX_NOTHING;
    job->id = ++job->last_id;
    effect->kind = ORXAQ_EFFECT_EXEC;
    effect->id = job->id;
    effect->exec = &job->exec;
    return ORXAQ_NEXT_EFFECT;
}

/* What is to be written is set aside, because more may come up while it is on its way. */
static int32_t write_out(codex_job *job, orxaq_effect *effect) {
    codex_buf sent = job->sent;
    job->sent = job->out;
    job->out = sent;
    codex_buf_clear(&job->out);
    job->write = (orxaq_write){.struct_size = sizeof(orxaq_write),
                               .target = job->id,
                               .bytes = codex_buf_view(&job->sent),
                               .eof = job->out_end ? 1u : 0u};
    job->out_end = 0;
    effect->kind = ORXAQ_EFFECT_WRITE;
    effect->id = ++job->last_id;
    effect->write = &job->write;
    return ORXAQ_NEXT_EFFECT;
}

static int32_t job_next(void *self, orxaq_effect *effect) {
    codex_job *job = self;
    if (!job->begun && job->task)
        check_prompt(job);
    job->begun = 1;
    if (job->no_memory || job->out.broken)
        return codex_explain(job->c, ORXAQ_E_MEMORY, "no memory for a message to codex");
    if (job->runs == CODEX_NOTHING && job->want != CODEX_NOTHING && !job->over && !job->cancelled)
        return start(job, effect);
    if (job->runs == CODEX_RUN_SERVER && (job->out.len || job->out_end))
        return write_out(job, effect);
    return job->runs == CODEX_NOTHING ? ORXAQ_NEXT_DONE : ORXAQ_NEXT_WAIT;
}

/* ---- Feeds -------------------------------------------------------------------------------- */

/* The last line that says something is kept for an end without a reason. */
static void on_error_line(codex_job *job, orxaq_view line) {
    if (line.len == 0 || codex_has(line, "Reading additional input from stdin") ||
        codex_has(line, "could not create PATH aliases"))
        return;
    if (codex_has(line, "no rollout found"))
        job->lost_session = 1;
    if (line.len > LINE_MAX)
        line.len = LINE_MAX;
    codex_buf_clear(&job->errors);
    codex_buf_add(&job->errors, line);
    codex_say(job, ORXAQ_TEXT_NOTICE, 0, line);
}

static void on_record(codex_job *job, orxaq_view text) {
    const orxaq_value *tree = NULL;
    if (job->c->json->parse(job->c->host, text, &tree) != ORXAQ_OK) {
        if (text.len > LINE_MAX)
            text.len = LINE_MAX;
        codex_say(job, ORXAQ_TEXT_NOTICE, 0, text);
    } else if (job->runs == CODEX_RUN_EXEC) {
        codex_exec_record(job, tree);
    } else {
        codex_server_message(job, tree);
    }
}

static void on_frame(codex_job *job, const orxaq_feed *feed) {
    if (job->over)
        return;
    if (feed->stream == ORXAQ_STREAM_ERR)
        on_error_line(job, feed->data);
    else if (job->runs == CODEX_RUN_EXEC || job->runs == CODEX_RUN_SERVER)
        on_record(job, feed->data);
    else
        codex_buf_add(&job->text, feed->data);
}

static void on_exit_feed(codex_job *job, const orxaq_feed *exit) {
    int ran = job->runs;
    job->runs = CODEX_NOTHING;
    if (job->over)
        return;
    switch (ran) {
    case CODEX_RUN_VERSION:
        codex_version_ended(job, exit);
        break;
    case CODEX_RUN_LOGIN:
        codex_login_ended(job, exit);
        break;
    case CODEX_RUN_MODELS:
        codex_models_ended(job, exit);
        break;
    case CODEX_RUN_EXEC:
        codex_exec_ended(job, exit);
        break;
    default:
        codex_finish_exit(job, exit);
        break;
    }
}

static int32_t job_feed(void *self, const orxaq_feed *feed) {
    codex_job *job = self;
    if (feed->effect != job->id)
        return ORXAQ_OK;
    if (feed->kind == ORXAQ_FEED_FRAME)
        on_frame(job, feed);
    else if (feed->kind == ORXAQ_FEED_EXIT)
        on_exit_feed(job, feed);
    else if (feed->kind == ORXAQ_FEED_ERROR) {
        job->runs = CODEX_NOTHING;
        codex_finish_kind(job, ORXAQ_KIND_CRASHED, ORXAQ_RETRY_BY_KIND, feed->data);
    }
    return ORXAQ_OK;
}

/* A turn is interrupted in words; whatever runs is stopped by the host behind that. */
static void job_cancel(void *self, int32_t reason) {
    codex_job *job = self;
    job->cancelled = 1;
    if (job->runs == CODEX_RUN_SERVER && !job->over)
        codex_server_interrupt(job);
    if (job->runs == CODEX_NOTHING)
        codex_finish_kind(job,
                          reason == ORXAQ_CANCEL_DEADLINE ? ORXAQ_KIND_TIMEOUT : ORXAQ_KIND_KILLED,
                          ORXAQ_RETRY_BY_KIND, orxaq_str("cancelled before codex began"));
}

static void job_close(void *self) {
    codex_job *job = self;
    codex_buf *const bufs[] = {&job->text,   &job->errors, &job->answer,   &job->failure,
                               &job->thread, &job->turn,   &job->streamed, &job->out,
                               &job->sent,   &job->model};
    for (size_t i = 0; i < sizeof bufs / sizeof *bufs; i++)
        codex_buf_free(bufs[i]);
    for (size_t i = 0; i < CODEX_ARGS_MAX; i++)
        codex_buf_free(&job->words[i]);
    free(job);
}

const orxaq_job codex_jobs = {
    .struct_size = sizeof(orxaq_job),
    .open = job_open,
    .next = job_next,
    .feed = job_feed,
    .cancel = job_cancel,
    .close = job_close,
};

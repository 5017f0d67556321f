/* The job: one exec and the outcome. */
#include "command.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#define WHOLE_MAX ((uint64_t)16 << 20)

static int32_t job_open(void *instance, int32_t op, const void *args, const orxaq_events *events,
                        void **ret_job) {
    if (op == ORXAQ_OP_PROBE)
        return command_probe_open(instance, args, events, ret_job);
    if (op != ORXAQ_OP_TASK)
        return ORXAQ_E_UNSUPPORTED;
    command_job *job = calloc(1, sizeof *job);
    if (!job)
        return ORXAQ_E_MEMORY;
    job->op = op;
    job->c = instance;
    job->args = args;
    job->events = events;
    *ret_job = job;
    return ORXAQ_OK;
}

/* ---- The exec -------------------------------------------------------------------------------- */

static uint32_t fill_env(command_job *job) {
    const orxaq_json_service *json = job->c->json;
    uint32_t n = 0;
    const orxaq_value *v = json->first(command_setting(job->c, "env"));
    for (; v && n < COMMAND_ENV_MAX; v = json->next(v))
        job->env[n++] = (orxaq_env){.struct_size = sizeof(orxaq_env),
                                    .has_value = 1,
                                    .name = json->name(v),
                                    .value = json->text(v, orxaq_str(""))};
    return n;
}

static int32_t framing_of(int output) {
    if (output == OUTPUT_JSONL)
        return ORXAQ_FRAMING_JSONL;
    return output == OUTPUT_JSON ? ORXAQ_FRAMING_RAW : ORXAQ_FRAMING_LINES;
}

static void finish(command_job *job, int32_t kind, orxaq_view message) {
    orxaq_outcome o = {
        .struct_size = sizeof o,
        .kind = kind,
        .retry_after_ms = -1,
        .message = message,
        .status = job->status,
        .summary = job->summary,
        .commit = job->commit,
        .blocker = job->blocker,
        .next_actions = job->next_actions,
        .next_action_count = job->next_action_count,
    };
    (void)job->events->outcome(job->events, &o);
    job->step = 2;
}

static int32_t begin(command_job *job, orxaq_effect *effect) {
    int32_t argc = command_words(job);
    if (argc < 0)
        return argc;
    job->exec = (orxaq_exec){
        .struct_size = sizeof(orxaq_exec),
        .argc = (uint32_t)argc,
        .env_count = fill_env(job),
        .argv = job->argv,
        .env = job->env,
        .cwd = job->args->repo,
        .stdout_framing = framing_of(job->c->output),
        .stderr_framing = ORXAQ_FRAMING_LINES,
        .stop = job->c->stop,
    };
    if (job->c->prompt == PROMPT_STDIN) {
        job->exec.stdin_bytes = job->args->prompt;
    } else if (job->c->prompt == PROMPT_FILE) {
        job->prompt_file = (orxaq_file){.struct_size = sizeof(orxaq_file),
                                        .path = orxaq_str("prompt.md"),
                                        .bytes = job->args->prompt};
        job->exec.before = &job->prompt_file;
        job->exec.before_count = 1;
    }
    effect->kind = ORXAQ_EFFECT_EXEC;
    effect->id = 1;
    effect->exec = &job->exec;
    job->step = 1;
    return ORXAQ_NEXT_EFFECT;
}

static int32_t task_next(void *self, orxaq_effect *effect) {
    command_job *job = self;
    bool argument = job->c->prompt == PROMPT_ARGUMENT;
    if (job->step == 0 && argument && job->args->prompt.len > COMMAND_ARGUMENT_MAX)
        finish(job, ORXAQ_KIND_CONTEXT_TOO_LONG,
               orxaq_str("the prompt is too long for an argument (100 KiB at most); set prompt: "
                         "stdin or prompt: file"));
    if (job->step == 0)
        return begin(job, effect);
    return job->step == 1 ? ORXAQ_NEXT_WAIT : ORXAQ_NEXT_DONE;
}

/* ---- Output ---------------------------------------------------------------------------------- */

static void say(command_job *job, int32_t channel, orxaq_view text) {
    const orxaq_text t = {.struct_size = sizeof t, .channel = channel, .text = text};
    if (text.len)
        (void)job->events->text(job->events, &t);
}

static void gather(command_job *job, orxaq_view bytes) {
    if (job->whole_len + bytes.len > WHOLE_MAX)
        return;
    char *grown = realloc(job->whole, (size_t)(job->whole_len + bytes.len + 1));
    if (!grown)
        return;
    memcpy(grown + job->whole_len, bytes.data, (size_t)bytes.len);
    job->whole = grown;
    job->whole_len += bytes.len;
}

static void on_json(command_job *job, orxaq_view text) {
    const orxaq_value *record = NULL;
    if (job->c->json->parse(job->c->host, text, &record) == ORXAQ_OK)
        command_record(job, record);
    else
        say(job, ORXAQ_TEXT_NOTICE, text);
}

static void on_frame(command_job *job, const orxaq_feed *feed) {
    if (feed->stream == ORXAQ_STREAM_ERR)
        say(job, ORXAQ_TEXT_NOTICE, feed->data);
    else if (job->c->output == OUTPUT_JSONL)
        on_json(job, feed->data);
    else if (job->c->output == OUTPUT_JSON)
        gather(job, feed->data);
    else
        say(job, ORXAQ_TEXT_ANSWER, feed->data);
}

/* ---- The end --------------------------------------------------------------------------------- */

static const char *const kind_words[] = {
    "ok",          "auth",      "rate_limit",       "quota",   "overloaded", "network", "timeout",
    "no_progress", "bad_model", "context_too_long", "refused", "crashed",    "killed",  "protocol"};

static int32_t kind_of_code(command_job *job, int32_t code) {
    char key[16];
    (void)snprintf(key, sizeof key, "%d", code);
    const orxaq_json_service *json = job->c->json;
    orxaq_view word =
        json->text(json->get(command_setting(job->c, "exit_codes"), key), orxaq_str(""));
    for (int32_t i = 0; i < (int32_t)(sizeof kind_words / sizeof *kind_words); i++)
        if (orxaq_view_is(word, kind_words[i]))
            return i;
    return code == 0 ? ORXAQ_KIND_OK : ORXAQ_KIND_CRASHED;
}

static int32_t kind_of_end(command_job *job, const orxaq_feed *feed) {
    switch (feed->reason) {
    case ORXAQ_END_TOTAL:
        return ORXAQ_KIND_TIMEOUT;
    case ORXAQ_END_IDLE:
    case ORXAQ_END_SILENT:
        return ORXAQ_KIND_NO_PROGRESS;
    case ORXAQ_END_OUTPUT_LIMIT:
        return ORXAQ_KIND_PROTOCOL;
    case ORXAQ_END_CANCELLED:
        return ORXAQ_KIND_KILLED;
    case ORXAQ_END_NOT_STARTED:
        return ORXAQ_KIND_CRASHED;
    default:
        return feed->signal ? ORXAQ_KIND_CRASHED : kind_of_code(job, feed->code);
    }
}

static void on_exit_feed(command_job *job, const orxaq_feed *feed) {
    if (job->c->output == OUTPUT_JSON && job->whole)
        on_json(job, orxaq_view_of(job->whole, job->whole_len));
    int32_t kind = kind_of_end(job, feed);
    orxaq_view message = kind == ORXAQ_KIND_OK ? orxaq_str("") : feed->data;
    if (kind == ORXAQ_KIND_OK && job->c->exit_is_claim && job->status == ORXAQ_STATUS_NONE) {
        job->status = ORXAQ_STATUS_DONE;
    } else if (kind == ORXAQ_KIND_OK && job->c->output != OUTPUT_TEXT && !job->resulted &&
               !job->c->exit_is_claim) {
        /* No final word means it failed, whatever the exit code says. */
        kind = ORXAQ_KIND_PROTOCOL;
        message = orxaq_str("the program ended with exit code 0 but gave no result");
    }
    finish(job, kind, message);
}

static int32_t task_feed(void *self, const orxaq_feed *feed) {
    command_job *job = self;
    if (feed->kind == ORXAQ_FEED_FRAME)
        on_frame(job, feed);
    else if (feed->kind == ORXAQ_FEED_EXIT)
        on_exit_feed(job, feed);
    else if (feed->kind == ORXAQ_FEED_ERROR)
        finish(job, ORXAQ_KIND_CRASHED, feed->data);
    return ORXAQ_OK;
}

/* The host stops the program; its EXIT ends the job. One that never began is over at once. */
static void task_cancel(void *self, int32_t reason) {
    command_job *job = self;
    if (job->step == 0)
        finish(job, reason == ORXAQ_CANCEL_DEADLINE ? ORXAQ_KIND_TIMEOUT : ORXAQ_KIND_KILLED,
               orxaq_str("cancelled before it began"));
}

static void task_close(void *self) {
    command_job *job = self;
    for (uint32_t i = 0; i < job->built_count; i++)
        free(job->built[i]);
    free(job->whole);
    free(job->result_text);
    free(job);
}

/* ---- The table: both kinds of job begin with the op --------------------------------------------
 */

static int is_task(const void *job) {
    return *(const int32_t *)job == ORXAQ_OP_TASK;
}

static int32_t job_next(void *job, orxaq_effect *effect) {
    return is_task(job) ? task_next(job, effect) : command_probe_next(job, effect);
}

static int32_t job_feed(void *job, const orxaq_feed *feed) {
    return is_task(job) ? task_feed(job, feed) : command_probe_feed(job, feed);
}

static void job_cancel(void *job, int32_t reason) {
    if (is_task(job))
        task_cancel(job, reason);
    else
        command_probe_cancel(job, reason);
}

static void job_close(void *job) {
    if (is_task(job))
        task_close(job);
    else
        free(job);
}

const orxaq_job command_jobs = {
    .struct_size = sizeof(orxaq_job),
    .open = job_open,
    .next = job_next,
    .feed = job_feed,
    .cancel = job_cancel,
    .close = job_close,
};

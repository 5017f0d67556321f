/* The records of `codex exec --json`: whole items, one usage at the end, errors as text. */
#include "codex.h"

static orxaq_view text_at(const codex_job *job, const orxaq_value *map, const char *path) {
    const orxaq_json_service *json = job->c->json;
    return json->text(json->get(map, path), orxaq_str(""));
}

static void thread_started(codex_job *job, orxaq_view id) {
    const orxaq_session session = {.struct_size = sizeof session, .id = id};
    codex_buf_clear(&job->thread);
    codex_buf_add(&job->thread, id);
    if (id.len && !job->c->ephemeral)
        (void)job->events->session(job->events, &session);
}

static void turn_completed(codex_job *job, const orxaq_value *usage) {
    const orxaq_json_service *json = job->c->json;
    const codex_tokens t = {
        .input = json->integer(json->get(usage, "input_tokens"), -1),
        .cached = json->integer(json->get(usage, "cached_input_tokens"), -1),
        .written = json->integer(json->get(usage, "cache_write_input_tokens"), -1),
        .output = json->integer(json->get(usage, "output_tokens"), -1),
        .reasoning = json->integer(json->get(usage, "reasoning_output_tokens"), -1),
    };
    codex_tell_usage(job, codex_buf_view(&job->thread), &t);
    job->completed = 1;
}

/* "Reconnecting... 2/5" is news; any other error is the reason of an end that follows. */
static void error(codex_job *job, orxaq_view text) {
    if (codex_has(text, "Reconnecting...")) {
        codex_say(job, ORXAQ_TEXT_NOTICE, 0, text);
        return;
    }
    codex_buf_clear(&job->failure);
    codex_buf_add(&job->failure, text);
}

void codex_exec_record(codex_job *job, const orxaq_value *record) {
    const orxaq_json_service *json = job->c->json;
    orxaq_view type = text_at(job, record, "type");
    if (orxaq_view_is(type, "thread.started")) {
        thread_started(job, text_at(job, record, "thread_id"));
    } else if (orxaq_view_is(type, "item.started")) {
        codex_item(job, json->get(record, "item"), 0);
    } else if (orxaq_view_is(type, "item.completed")) {
        codex_item(job, json->get(record, "item"), 1);
    } else if (orxaq_view_is(type, "turn.completed")) {
        turn_completed(job, json->get(record, "usage"));
    } else if (orxaq_view_is(type, "turn.failed")) {
        error(job, text_at(job, record, "error.message"));
        job->failed = 1;
    } else if (orxaq_view_is(type, "error")) {
        error(job, text_at(job, record, "message"));
    }
}

void codex_exec_ended(codex_job *job, const orxaq_feed *exit) {
    if (job->failed)
        codex_finish_text(job, codex_buf_view(&job->failure));
    else if (job->completed)
        codex_finish_answer(job);
    else if (job->lost_session && !job->fresh) {
        codex_say(job, ORXAQ_TEXT_NOTICE, 0,
                  orxaq_str("the session to be resumed is gone; a new one begins"));
        job->fresh = 1;
        job->want = CODEX_RUN_EXEC;
    } else {
        codex_finish_exit(job, exit);
    }
}

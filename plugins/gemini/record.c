/* What a line of output means while the program runs, and the tokens. */
#include "gemini.h"

#include <stdio.h>
#include <stdlib.h>

/* Of a line that is no JSON this much is shown. */
#define ODD_LINE_MAX 2000

static void say(const gemini_job *job, int32_t channel, uint32_t delta, orxaq_view text) {
    const orxaq_text t = {
        .struct_size = sizeof t, .channel = channel, .delta = delta, .text = text};
    if (text.len)
        (void)job->events->text(job->events, &t);
}

void gemini_notice(const gemini_job *job, orxaq_view text) {
    say(job, ORXAQ_TEXT_NOTICE, 0, text);
}

static orxaq_view member(const gemini_job *job, const orxaq_value *map, const char *path) {
    return gemini_member(job->c, map, path);
}

static void keep(char *out, size_t size, orxaq_view text) {
    (void)snprintf(out, size, "%.*s", (int)(text.len < size ? text.len : size - 1),
                   text.data ? text.data : "");
}

static void on_init(gemini_job *job, const orxaq_value *record) {
    const orxaq_session session = {.struct_size = sizeof session,
                                   .id = member(job, record, "session_id")};
    keep(job->model, sizeof job->model, member(job, record, "model"));
    if (session.id.len)
        (void)job->events->session(job->events, &session);
}

/* The program repeats the whole prompt as a message of the user; nobody needs it twice. */
static void on_message(gemini_job *job, const orxaq_value *record) {
    orxaq_view text = member(job, record, "content");
    if (!orxaq_view_is(member(job, record, "role"), "assistant") || !text.len)
        return;
    if (job->broken && job->said)
        say(job, ORXAQ_TEXT_ANSWER, 1, orxaq_str("\n"));
    job->broken = 0;
    job->said = 1;
    say(job, ORXAQ_TEXT_ANSWER, 1, text);
}

static void on_tool_use(gemini_job *job, const orxaq_value *record) {
    const orxaq_json_service *json = job->c->json;
    orxaq_view arguments = orxaq_str("");
    orxaq_writer *w = json->writer(job->c->host);
    json->put_value(w, json->get(record, "parameters"));
    if (json->finish(w, &arguments) != ORXAQ_OK)
        arguments = orxaq_str("");
    const orxaq_tool_call call = {
        .struct_size = sizeof call,
        .phase = ORXAQ_TOOL_STARTED,
        .ok = -1,
        .id = member(job, record, "tool_id"),
        .name = member(job, record, "tool_name"),
        .arguments = arguments,
    };
    job->acted = 1;
    job->broken = 1;
    (void)job->events->tool_call(job->events, &call);
}

/* A command that failed is "success" here: only the tool's own failures are told. */
static void on_tool_result(gemini_job *job, const orxaq_value *record) {
    orxaq_view output = member(job, record, "output");
    const orxaq_tool_call call = {
        .struct_size = sizeof call,
        .phase = ORXAQ_TOOL_FINISHED,
        .ok = orxaq_view_is(member(job, record, "status"), "success") ? 1 : 0,
        .id = member(job, record, "tool_id"),
        .result = output.len ? output : member(job, record, "error.message"),
    };
    (void)job->events->tool_call(job->events, &call);
}

static void on_error(gemini_job *job, const orxaq_value *record) {
    orxaq_view text = member(job, record, "message");
    keep(job->problem, sizeof job->problem, text);
    gemini_notice(job, text);
}

/* ---- The result -------------------------------------------------------------------------------
 */

static int64_t number(const gemini_job *job, const orxaq_value *map, const char *key) {
    int64_t n = job->c->json->integer(job->c->json->get(map, key), 0);
    return n > 0 && n < INT64_C(1) << 40 ? n : 0;
}

/* The tokens of this run, of all models and of the model that chooses a model. `input_tokens`
 * includes what came from a cache, `output_tokens` leaves out the thinking, which is the rest of
 * the total. A run whose requests all failed states zeros, which is no statement. */
static void tell_usage(const gemini_job *job, const orxaq_value *stats) {
    const orxaq_json_service *json = job->c->json;
    const orxaq_value *models = json->get(stats, "models");
    int64_t total = number(job, stats, "total_tokens");
    int64_t input = number(job, stats, "input_tokens");
    int64_t output = number(job, stats, "output_tokens");
    int64_t cached = number(job, stats, "cached");
    const orxaq_usage u = {
        .struct_size = sizeof u,
        .scope = ORXAQ_SCOPE_PROCESS,
        .mode = ORXAQ_USAGE_TOTAL,
        .provenance = ORXAQ_BY_VENDOR,
        .key = orxaq_str("run"),
        .model_asked = job->args->model,
        .model_answered =
            json->count(models) == 1 ? json->name(json->first(models)) : orxaq_str(job->model),
        .input_tokens = cached < input ? input - cached : 0,
        .cache_read_tokens = cached,
        .cache_write_tokens = -1,
        .output_tokens = output,
        .reasoning_tokens = total > input + output ? total - input - output : 0,
        .requests = -1,
        .cost_nano_usd = -1,
    };
    if (total > 0)
        (void)job->events->usage(job->events, &u);
}

static void on_result(gemini_job *job, const orxaq_value *record, orxaq_view line) {
    char *copy = malloc((size_t)line.len + 1);
    if (!copy)
        return;
    memcpy(copy, line.data, (size_t)line.len);
    free(job->result);
    job->result = copy;
    job->result_len = line.len;
    tell_usage(job, job->c->json->get(record, "stats"));
}

void gemini_record(gemini_job *job, orxaq_view line) {
    const orxaq_value *record = NULL;
    if (job->c->json->parse(job->c->host, line, &record) != ORXAQ_OK) {
        gemini_notice(job,
                      orxaq_view_of(line.data, line.len < ODD_LINE_MAX ? line.len : ODD_LINE_MAX));
        return;
    }
    orxaq_view type = member(job, record, "type");
    if (orxaq_view_is(type, "message"))
        on_message(job, record);
    else if (orxaq_view_is(type, "tool_use"))
        on_tool_use(job, record);
    else if (orxaq_view_is(type, "tool_result"))
        on_tool_result(job, record);
    else if (orxaq_view_is(type, "init"))
        on_init(job, record);
    else if (orxaq_view_is(type, "error"))
        on_error(job, record);
    else if (orxaq_view_is(type, "result"))
        on_result(job, record, line);
}

/* What a line of output means while the program runs. */
#include "claude.h"

#include <stdio.h>
#include <stdlib.h>

/* Of a line that is no JSON this much is shown. */
#define ODD_LINE_MAX 2000

static void say(const claude_job *job, int32_t channel, uint32_t delta, orxaq_view text) {
    const orxaq_text t = {
        .struct_size = sizeof t, .channel = channel, .delta = delta, .text = text};
    if (text.len)
        (void)job->events->text(job->events, &t);
}

void claude_notice(const claude_job *job, orxaq_view text) {
    say(job, ORXAQ_TEXT_NOTICE, 0, text);
}

static orxaq_view member(const claude_job *job, const orxaq_value *map, const char *path) {
    return claude_member(job->c, map, path);
}

static void keep(char *out, size_t size, orxaq_view text) {
    (void)snprintf(out, size, "%.*s", (int)(text.len < size ? text.len : size - 1),
                   text.data ? text.data : "");
}

/* ---- Pieces of messages ------------------------------------------------------------------------
 */

static void on_piece(claude_job *job, const orxaq_value *event) {
    orxaq_view kind = member(job, event, "delta.type");
    if (orxaq_view_is(kind, "text_delta")) {
        say(job, ORXAQ_TEXT_ANSWER, 1, member(job, event, "delta.text"));
        job->said = 1;
    } else if (orxaq_view_is(kind, "thinking_delta")) {
        say(job, ORXAQ_TEXT_REASONING, 1, member(job, event, "delta.thinking"));
    }
}

static void on_stream(claude_job *job, const orxaq_value *record) {
    const orxaq_value *event = job->c->json->get(record, "event");
    orxaq_view type = member(job, event, "type");
    job->streams = 1;
    if (orxaq_view_is(type, "content_block_delta"))
        on_piece(job, event);
    else if (orxaq_view_is(type, "content_block_start") && job->said &&
             orxaq_view_is(member(job, event, "content_block.type"), "text"))
        say(job, ORXAQ_TEXT_ANSWER, 1, orxaq_str("\n")); /* a new message, not a longer word */
    else if (orxaq_view_is(type, "message_start"))
        keep(job->model, sizeof job->model, member(job, event, "message.model"));
    claude_count(job, event);
}

/* ---- Whole messages ---------------------------------------------------------------------------
 */

static orxaq_view as_json(const claude_job *job, const orxaq_value *value) {
    const orxaq_json_service *json = job->c->json;
    orxaq_view text = orxaq_str("");
    orxaq_writer *w = json->writer(job->c->host);
    json->put_value(w, value);
    return json->finish(w, &text) == ORXAQ_OK ? text : orxaq_str("");
}

static void on_tool_use(claude_job *job, const orxaq_value *block) {
    const orxaq_tool_call call = {
        .struct_size = sizeof call,
        .phase = ORXAQ_TOOL_STARTED,
        .ok = -1,
        .id = member(job, block, "id"),
        .name = member(job, block, "name"),
        .arguments = as_json(job, job->c->json->get(block, "input")),
    };
    job->acted = 1;
    (void)job->events->tool_call(job->events, &call);
}

static void on_tool_result(claude_job *job, const orxaq_value *block) {
    const orxaq_json_service *json = job->c->json;
    orxaq_view text = member(job, block, "content");
    const orxaq_tool_call call = {
        .struct_size = sizeof call,
        .phase = ORXAQ_TOOL_FINISHED,
        .ok = json->boolean(json->get(block, "is_error"), 0) ? 0 : 1,
        .id = member(job, block, "tool_use_id"),
        .result = text.len ? text : member(job, block, "content[0].text"),
    };
    (void)job->events->tool_call(job->events, &call);
}

/* A message that the program itself made up: what went wrong, in words. */
static int is_made_up(const claude_job *job, const orxaq_value *record) {
    return orxaq_view_is(member(job, record, "message.model"), "<synthetic>");
}

static void on_block(claude_job *job, const orxaq_value *record, const orxaq_value *block) {
    orxaq_view type = member(job, block, "type");
    if (orxaq_view_is(type, "tool_use"))
        on_tool_use(job, block);
    else if (orxaq_view_is(type, "tool_result"))
        on_tool_result(job, block);
    else if (!orxaq_view_is(type, "text"))
        return;
    else if (is_made_up(job, record))
        claude_notice(job, member(job, block, "text"));
    else if (!job->streams && orxaq_view_is(member(job, record, "type"), "assistant")) {
        say(job, ORXAQ_TEXT_ANSWER, 0, member(job, block, "text"));
        job->said = 1;
    }
}

static void on_message(claude_job *job, const orxaq_value *record) {
    const orxaq_json_service *json = job->c->json;
    const orxaq_value *block = json->first(json->get(record, "message.content"));
    for (; block; block = json->next(block))
        on_block(job, record, block);
    orxaq_view error = member(job, record, "error");
    if (error.len)
        keep(job->error, sizeof job->error, error);
    else if (!job->streams && !is_made_up(job, record) && member(job, record, "message.model").len)
        keep(job->model, sizeof job->model, member(job, record, "message.model"));
}

/* ---- What the program says about itself -------------------------------------------------------
 */

static void on_init(const claude_job *job, const orxaq_value *record) {
    const orxaq_json_service *json = job->c->json;
    const orxaq_session session = {.struct_size = sizeof session,
                                   .id = member(job, record, "session_id")};
    if (session.id.len)
        (void)job->events->session(job->events, &session);
    const orxaq_value *server = json->first(json->get(record, "mcp_servers"));
    for (; server; server = json->next(server)) {
        char text[300];
        orxaq_view name = member(job, server, "name");
        if (!orxaq_view_is(member(job, server, "status"), "failed"))
            continue;
        (void)snprintf(text, sizeof text, "the MCP server %.*s did not start",
                       (int)(name.len < 200 ? name.len : 200), name.data);
        claude_notice(job, orxaq_str(text));
    }
}

static void on_retry(const claude_job *job, const orxaq_value *record) {
    const orxaq_json_service *json = job->c->json;
    orxaq_view why = member(job, record, "error");
    char text[160];
    (void)snprintf(text, sizeof text, "the program tries again (%.*s, attempt %lld, in %lld ms)",
                   (int)(why.len < 60 ? why.len : 60), why.data ? why.data : "",
                   (long long)json->integer(json->get(record, "attempt"), 0),
                   (long long)json->integer(json->get(record, "retry_delay_ms"), 0));
    claude_notice(job, orxaq_str(text));
}

static void on_system(const claude_job *job, const orxaq_value *record) {
    orxaq_view kind = member(job, record, "subtype");
    if (orxaq_view_is(kind, "init"))
        on_init(job, record);
    else if (orxaq_view_is(kind, "api_retry"))
        on_retry(job, record);
    else if (orxaq_view_is(kind, "model_fallback"))
        claude_notice(job, orxaq_str("the program went on with its fallback model"));
    else if (orxaq_view_is(kind, "informational"))
        claude_notice(job, member(job, record, "content"));
}

/* ---- The result -------------------------------------------------------------------------------
 */

/* What was not allowed is no failure of the call, but whoever reads about it should know. */
static void tell_denials(const claude_job *job, const orxaq_value *result) {
    const orxaq_json_service *json = job->c->json;
    const orxaq_value *v = json->first(json->get(result, "permission_denials"));
    for (; v; v = json->next(v)) {
        char text[160];
        orxaq_view tool = member(job, v, "tool_name");
        (void)snprintf(text, sizeof text, "not allowed: %.*s",
                       (int)(tool.len < 100 ? tool.len : 100), tool.data ? tool.data : "a tool");
        claude_notice(job, orxaq_str(text));
    }
}

static void on_result(claude_job *job, const orxaq_value *record, orxaq_view line) {
    char *copy = malloc((size_t)line.len + 1);
    if (!copy)
        return;
    memcpy(copy, line.data, (size_t)line.len);
    free(job->result);
    job->result = copy;
    job->result_len = line.len;
    tell_denials(job, record);
    claude_usage(job, record);
}

void claude_record(claude_job *job, orxaq_view line) {
    const orxaq_value *record = NULL;
    if (job->c->json->parse(job->c->host, line, &record) != ORXAQ_OK) {
        claude_notice(job,
                      orxaq_view_of(line.data, line.len < ODD_LINE_MAX ? line.len : ODD_LINE_MAX));
        return;
    }
    orxaq_view type = member(job, record, "type");
    if (orxaq_view_is(type, "stream_event"))
        on_stream(job, record);
    else if (orxaq_view_is(type, "assistant") || orxaq_view_is(type, "user"))
        on_message(job, record);
    else if (orxaq_view_is(type, "system"))
        on_system(job, record);
    else if (orxaq_view_is(type, "result"))
        on_result(job, record, line);
}

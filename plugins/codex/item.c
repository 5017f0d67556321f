/* Items: what the agent did, in the words of `exec` (snake_case) and of `app-server` (camelCase).
 */
#include "codex.h"

static orxaq_view text_at(const codex_job *job, const orxaq_value *map, const char *key) {
    const orxaq_json_service *json = job->c->json;
    return json->text(json->get(map, key), orxaq_str(""));
}

static int is(orxaq_view type, const char *snake, const char *camel) {
    return orxaq_view_is(type, snake) || orxaq_view_is(type, camel);
}

/* The member under its name here or there. */
static const orxaq_value *either(const codex_job *job, const orxaq_value *item, const char *snake,
                                 const char *camel) {
    const orxaq_json_service *json = job->c->json;
    const orxaq_value *v = json->get(item, snake);
    return v ? v : json->get(item, camel);
}

/* ---- Words -------------------------------------------------------------------------------- */

/* A message whose pieces were told already ends with a line feed, so that the next one is apart. */
static void message(codex_job *job, const orxaq_value *item) {
    orxaq_view text = text_at(job, item, "text");
    orxaq_view id = text_at(job, item, "id");
    if (text.len == 0)
        return;
    codex_buf_clear(&job->answer);
    codex_buf_add(&job->answer, text);
    if (id.len && orxaq_view_eq(id, codex_buf_view(&job->streamed)))
        codex_say(job, ORXAQ_TEXT_ANSWER, 1, orxaq_str("\n"));
    else
        codex_say(job, ORXAQ_TEXT_ANSWER, 0, text);
}

static void reasoning(const codex_job *job, const orxaq_value *item) {
    const orxaq_json_service *json = job->c->json;
    codex_say(job, ORXAQ_TEXT_REASONING, 0, text_at(job, item, "text"));
    const orxaq_value *part = json->first(json->get(item, "summary"));
    for (; part; part = json->next(part))
        codex_say(job, ORXAQ_TEXT_REASONING, 0, json->text(part, orxaq_str("")));
}

/* ---- Tools -------------------------------------------------------------------------------- */

static int32_t worked(const codex_job *job, const orxaq_value *item) {
    const orxaq_json_service *json = job->c->json;
    orxaq_view status = text_at(job, item, "status");
    int64_t code = json->integer(either(job, item, "exit_code", "exitCode"), -1);
    if (code >= 0)
        return code == 0;
    if (orxaq_view_is(status, "completed"))
        return 1;
    return status.len ? 0 : -1;
}

static orxaq_view command_arguments(const codex_job *job, const orxaq_value *item) {
    const orxaq_json_service *json = job->c->json;
    orxaq_view text = {NULL, 0};
    orxaq_writer *w = json->writer(job->c->host);
    json->begin_map(w);
    json->key(w, orxaq_str("command"));
    json->put_text(w, text_at(job, item, "command"));
    json->end_map(w);
    return json->finish(w, &text) == ORXAQ_OK ? text : orxaq_str("{}");
}

static orxaq_view member_arguments(const codex_job *job, const orxaq_value *item, const char *key) {
    const orxaq_json_service *json = job->c->json;
    const orxaq_value *v = json->get(item, key);
    orxaq_view text = {NULL, 0};
    orxaq_writer *w = json->writer(job->c->host);
    if (!v)
        return orxaq_str("{}");
    json->put_value(w, v);
    return json->finish(w, &text) == ORXAQ_OK ? text : orxaq_str("{}");
}

static void tell_call(const codex_job *job, const orxaq_value *item, int done, orxaq_view name,
                      orxaq_view arguments, orxaq_view result) {
    const orxaq_tool_call call = {
        .struct_size = sizeof call,
        .phase = done ? ORXAQ_TOOL_FINISHED : ORXAQ_TOOL_STARTED,
        .ok = done ? worked(job, item) : -1,
        .id = text_at(job, item, "id"),
        .name = name,
        .arguments = arguments,
        .result = done ? result : orxaq_str(""),
    };
    (void)job->events->tool_call(job->events, &call);
}

static void outside_tool(const codex_job *job, const orxaq_value *item, int done) {
    codex_buf name = {0};
    orxaq_view result = member_arguments(job, item, "result");
    codex_buf_add(&name, text_at(job, item, "server"));
    codex_buf_adds(&name, name.len ? "." : "");
    codex_buf_add(&name, text_at(job, item, "tool"));
    tell_call(job, item, done, codex_buf_view(&name), member_arguments(job, item, "arguments"),
              result);
    codex_buf_free(&name);
}

static void tool(const codex_job *job, const orxaq_value *item, orxaq_view type, int done) {
    const orxaq_json_service *json = job->c->json;
    if (is(type, "command_execution", "commandExecution"))
        tell_call(
            job, item, done, orxaq_str("shell"), command_arguments(job, item),
            json->text(either(job, item, "aggregated_output", "aggregatedOutput"), orxaq_str("")));
    else if (is(type, "file_change", "fileChange"))
        tell_call(job, item, done, orxaq_str("edit"), member_arguments(job, item, "changes"),
                  orxaq_str(""));
    else if (is(type, "mcp_tool_call", "mcpToolCall") ||
             is(type, "dynamic_tool_call", "dynamicToolCall"))
        outside_tool(job, item, done);
    else if (is(type, "web_search", "webSearch"))
        tell_call(job, item, done, orxaq_str("web_search"), member_arguments(job, item, "query"),
                  orxaq_str(""));
}

void codex_item(codex_job *job, const orxaq_value *item, int done) {
    orxaq_view type = text_at(job, item, "type");
    if (done && is(type, "agent_message", "agentMessage"))
        message(job, item);
    else if (done && orxaq_view_is(type, "reasoning"))
        reasoning(job, item);
    else if (done && orxaq_view_is(type, "error"))
        codex_say(job, ORXAQ_TEXT_NOTICE, 0, text_at(job, item, "message"));
    else
        tool(job, item, type, done);
}

/* ---- Usage -------------------------------------------------------------------------------- */

static int64_t without(int64_t whole, int64_t part) {
    if (whole < 0 || part <= 0)
        return whole;
    return part <= whole ? whole - part : 0;
}

/* Totals of a thread run on when it is resumed, by whichever interface, hence the scope. */
void codex_tell_usage(const codex_job *job, orxaq_view thread, const codex_tokens *t) {
    const orxaq_usage u = {
        .struct_size = sizeof u,
        .scope = ORXAQ_SCOPE_SESSION,
        .mode = ORXAQ_USAGE_TOTAL,
        .provenance = ORXAQ_BY_VENDOR,
        .key = thread,
        .model_asked = job->task->model,
        .model_answered = codex_buf_view(&job->model),
        .input_tokens = without(without(t->input, t->cached), t->written),
        .cache_read_tokens = t->cached,
        .cache_write_tokens = t->written,
        .output_tokens = without(t->output, t->reasoning),
        .reasoning_tokens = t->reasoning,
        .requests = -1,
        .cost_nano_usd = -1,
    };
    if (t->input >= 0 || t->output >= 0)
        (void)job->events->usage(job->events, &u);
}

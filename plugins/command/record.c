/* What a record of output means. */
#include "command.h"

#include <stdlib.h>

/* The value at a configured path; "." is the record itself, "" nothing. */
static const orxaq_value *at(const command_job *job, const orxaq_value *record, orxaq_view path) {
    char copy[256];
    if (path.len == 0 || path.len >= sizeof copy)
        return NULL;
    if (orxaq_view_is(path, "."))
        return record;
    memcpy(copy, path.data, (size_t)path.len);
    copy[path.len] = '\0';
    return job->c->json->get(record, copy);
}

static orxaq_view member_text(const command_job *job, const orxaq_value *map, const char *key) {
    const orxaq_json_service *json = job->c->json;
    return json->text(json->get(map, key), orxaq_str(""));
}

static void tell_text(const command_job *job, orxaq_view text) {
    const orxaq_text t = {.struct_size = sizeof t, .channel = ORXAQ_TEXT_ANSWER, .text = text};
    if (text.len)
        (void)job->events->text(job->events, &t);
}

/* ---- usage ----------------------------------------------------------------------------------- */

/* The first of the names that is there; -1 when none is. */
static int64_t number(const command_job *job, const orxaq_value *map, const char *const *names) {
    const orxaq_json_service *json = job->c->json;
    for (; *names; names++) {
        int64_t n = json->integer(json->get(map, *names), -1);
        if (n >= 0)
            return n;
    }
    return -1;
}

static int64_t cost_of(const command_job *job, const orxaq_value *map) {
    const orxaq_json_service *json = job->c->json;
    double usd = json->number(json->get(map, "cost_usd"), -1);
    if (!(usd >= 0 && usd < 1e6))
        return -1;
    return (int64_t)(usd * 1e9 + 0.5);
}

static void tell_usage(const command_job *job, const orxaq_value *record, const orxaq_value *map) {
    static const char *const input[] = {"input_tokens", "prompt_tokens", NULL};
    static const char *const output[] = {"output_tokens", "completion_tokens", NULL};
    static const char *const cached[] = {"cached_tokens", "cached_input_tokens", NULL};
    const orxaq_json_service *json = job->c->json;
    orxaq_view model = json->text(at(job, record, job->c->model_path), orxaq_str(""));
    orxaq_usage u = {
        .struct_size = sizeof u,
        .scope = ORXAQ_SCOPE_PROCESS,
        .mode = job->c->usage_adds ? ORXAQ_USAGE_DELTA : ORXAQ_USAGE_TOTAL,
        .provenance = ORXAQ_BY_VENDOR,
        .model_asked = job->args->model,
        .model_answered = model.len ? model : member_text(job, map, "model"),
        .input_tokens = number(job, map, input),
        .cache_read_tokens = number(job, map, cached),
        .cache_write_tokens = -1,
        .output_tokens = number(job, map, output),
        .reasoning_tokens = -1,
        .requests = -1,
        .cost_nano_usd = cost_of(job, map),
    };
    /* Cached input is part of the input in the formats these names come from. */
    if (u.input_tokens >= 0 && u.cache_read_tokens > 0 && u.cache_read_tokens <= u.input_tokens)
        u.input_tokens -= u.cache_read_tokens;
    if (u.input_tokens >= 0 || u.output_tokens >= 0 || u.cost_nano_usd >= 0)
        (void)job->events->usage(job->events, &u);
}

/* ---- tool calls ------------------------------------------------------------------------------ */

static orxaq_view as_json(const command_job *job, const orxaq_value *value) {
    const orxaq_json_service *json = job->c->json;
    orxaq_view text = orxaq_str("");
    orxaq_writer *w = json->writer(job->c->host);
    if (!value)
        return text;
    json->put_value(w, value);
    return json->finish(w, &text) == ORXAQ_OK ? text : orxaq_str("");
}

static void tell_tool_call(const command_job *job, const orxaq_value *map) {
    const orxaq_value *result = job->c->json->get(map, "result");
    const orxaq_tool_call call = {
        .struct_size = sizeof call,
        .phase = result ? ORXAQ_TOOL_FINISHED : ORXAQ_TOOL_STARTED,
        .ok = -1,
        .id = member_text(job, map, "id"),
        .name = member_text(job, map, "name"),
        .arguments = as_json(job, job->c->json->get(map, "arguments")),
        .result = as_json(job, result),
    };
    (void)job->events->tool_call(job->events, &call);
}

/* ---- result ---------------------------------------------------------------------------------- */

static orxaq_view keep(char **end, orxaq_view v) {
    char *start = *end;
    if (v.len)
        memcpy(start, v.data, (size_t)v.len);
    *end += v.len;
    return orxaq_view_of(start, v.len);
}

/* The texts of a list into at; returns how many there are, and adds their lengths to *total. */
static uint32_t read_list(const command_job *job, const orxaq_value *list,
                          orxaq_view at[COMMAND_ACTIONS_MAX], uint64_t *total) {
    const orxaq_json_service *json = job->c->json;
    uint32_t n = 0;
    for (const orxaq_value *v = json->first(list); v && n < COMMAND_ACTIONS_MAX; v = json->next(v))
        if (json->kind(v) == ORXAQ_VALUE_STRING) {
            at[n] = json->text(v, orxaq_str(""));
            *total += at[n++].len;
        }
    return n;
}

/* Views into a record end with the call, so the result's texts are copied. */
static void take_result(command_job *job, const orxaq_value *map, orxaq_view status) {
    orxaq_view summary = member_text(job, map, "summary");
    orxaq_view commit = member_text(job, map, "commit");
    orxaq_view blocker = member_text(job, map, "blocker");
    uint64_t total = summary.len + commit.len + blocker.len + 1;
    orxaq_view actions[COMMAND_ACTIONS_MAX];
    uint32_t count = read_list(job, job->c->json->get(map, "next_actions"), actions, &total);
    char *text = malloc((size_t)total);
    if (!text)
        return;
    char *end = text;
    free(job->result_text);
    job->result_text = text;
    job->summary = keep(&end, summary);
    job->commit = keep(&end, commit);
    job->blocker = keep(&end, blocker);
    job->next_action_count = count;
    for (uint32_t i = 0; i < count; i++)
        job->next_actions[i] = keep(&end, actions[i]);
    job->status = orxaq_view_is(status, "done")      ? ORXAQ_STATUS_DONE
                  : orxaq_view_is(status, "blocked") ? ORXAQ_STATUS_BLOCKED
                                                     : ORXAQ_STATUS_PARTIAL;
    job->resulted = 1;
}

static void look_for_result(command_job *job, const orxaq_value *value) {
    const orxaq_json_service *json = job->c->json;
    orxaq_view status = member_text(job, value, "status");
    if (json->kind(value) == ORXAQ_VALUE_STRING) {
        /* A text that holds the object: the host reads it out of the answer. */
        tell_text(job, json->text(value, orxaq_str("")));
        job->resulted = 1;
    } else if (status.len) {
        take_result(job, value, status);
    }
}

void command_record(command_job *job, const orxaq_value *record) {
    const command *c = job->c;
    tell_text(job, c->json->text(at(job, record, c->text_path), orxaq_str("")));
    const orxaq_value *usage = at(job, record, c->usage_path);
    if (c->json->kind(usage) == ORXAQ_VALUE_MAP)
        tell_usage(job, record, usage);
    const orxaq_value *tool = at(job, record, c->tool_path);
    if (c->json->kind(tool) == ORXAQ_VALUE_MAP)
        tell_tool_call(job, tool);
    orxaq_view id = c->json->text(at(job, record, c->session_path), orxaq_str(""));
    const orxaq_session session = {.struct_size = sizeof session, .id = id};
    if (id.len)
        (void)job->events->session(job->events, &session);
    look_for_result(job, at(job, record, c->result_path));
}

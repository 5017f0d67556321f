/* TURN: messages and tools go out, a stream of pieces comes back. */
#include "lmstudio.h"

#include <stdio.h>
#include <stdlib.h>

#define ARGUMENTS_MAX ((uint64_t)8 << 20) /* of all calls together */

/* ---- The request ----------------------------------------------------------------------------- */

static void put_calls(const lmstudio *lm, orxaq_writer *w, const orxaq_message *m) {
    const orxaq_json_service *json = lm->json;
    lm_key(lm, w, "tool_calls");
    json->begin_list(w);
    for (uint32_t i = 0; i < m->call_count; i++) {
        const orxaq_past_call *c = ORXAQ_AT(orxaq_past_call, m->calls, i);
        json->begin_map(w);
        lm_put(lm, w, "id", c->id);
        lm_put(lm, w, "type", orxaq_str("function"));
        lm_key(lm, w, "function");
        json->begin_map(w);
        lm_put(lm, w, "name", c->name);
        lm_put(lm, w, "arguments", c->arguments);
        json->end_map(w);
        json->end_map(w);
    }
    json->end_list(w);
}

static void put_message(const lmstudio *lm, orxaq_writer *w, const orxaq_message *m) {
    static const char *const roles[] = {"user", "system", "user", "assistant", "tool"};
    int32_t role = m->role >= ORXAQ_ROLE_SYSTEM && m->role <= ORXAQ_ROLE_TOOL ? m->role : 0;
    lm->json->begin_map(w);
    lm_put(lm, w, "role", orxaq_str(roles[role]));
    lm_put(lm, w, "content", m->text);
    if (role == ORXAQ_ROLE_TOOL)
        lm_put(lm, w, "tool_call_id", m->call_id);
    if (role == ORXAQ_ROLE_ASSISTANT && m->call_count)
        put_calls(lm, w, m);
    lm->json->end_map(w);
}

/* A JSON schema is given as text and has to go out as a value; one that is none becomes "anything".
 */
static void put_schema(const lmstudio *lm, orxaq_writer *w, const char *name, orxaq_view text) {
    const orxaq_value *tree = NULL;
    lm_key(lm, w, name);
    if (text.len && lm->json->parse(lm->host, text, &tree) == ORXAQ_OK) {
        lm->json->put_value(w, tree);
        return;
    }
    lm->json->begin_map(w);
    lm_put(lm, w, "type", orxaq_str("object"));
    lm_key(lm, w, "properties");
    lm->json->begin_map(w);
    lm->json->end_map(w);
    lm->json->end_map(w);
}

static void put_tools(const lmstudio *lm, orxaq_writer *w, const orxaq_turn_args *a) {
    const orxaq_json_service *json = lm->json;
    lm_key(lm, w, "tools");
    json->begin_list(w);
    for (uint32_t i = 0; i < a->tool_count; i++) {
        const orxaq_tool *t = ORXAQ_AT(orxaq_tool, a->tools, i);
        json->begin_map(w);
        lm_put(lm, w, "type", orxaq_str("function"));
        lm_key(lm, w, "function");
        json->begin_map(w);
        lm_put(lm, w, "name", t->name);
        lm_put(lm, w, "description", t->help);
        put_schema(lm, w, "parameters", t->parameters);
        json->end_map(w);
        json->end_map(w);
    }
    json->end_list(w);
}

static void put_answer_schema(const lmstudio *lm, orxaq_writer *w, orxaq_view schema) {
    lm_key(lm, w, "response_format");
    lm->json->begin_map(w);
    lm_put(lm, w, "type", orxaq_str("json_schema"));
    lm_key(lm, w, "json_schema");
    lm->json->begin_map(w);
    lm_put(lm, w, "name", orxaq_str("answer"));
    lm_key(lm, w, "strict");
    lm->json->put_boolean(w, 1);
    put_schema(lm, w, "schema", schema);
    lm->json->end_map(w);
    lm->json->end_map(w);
}

static void put_options(const lmstudio *lm, orxaq_writer *w, const orxaq_turn_args *a) {
    int64_t most = a->max_output_tokens > 0 ? a->max_output_tokens : lm->max_tokens;
    if (most > 0)
        lm_put_integer(lm, w, "max_tokens", most);
    if (a->temperature >= 0) {
        lm_key(lm, w, "temperature");
        lm->json->put_number(w, a->temperature);
    }
    if (a->effort.len)
        lm_put(lm, w, "reasoning_effort", a->effort);
    lm_key(lm, w, "stream");
    lm->json->put_boolean(w, 1);
    if (lm->stream_usage) {
        lm_key(lm, w, "stream_options");
        lm->json->begin_map(w);
        lm_key(lm, w, "include_usage");
        lm->json->put_boolean(w, 1);
        lm->json->end_map(w);
    }
}

static void ended(lm_job *job);

void lm_begin_turn(lm_job *job) {
    const lmstudio *lm = job->lm;
    const orxaq_turn_args *a = job->args;
    orxaq_writer *w = lm->json->writer(lm->host);
    lm->json->begin_map(w);
    if (a->model.len)
        lm_put(lm, w, "model", a->model);
    lm_key(lm, w, "messages");
    lm->json->begin_list(w);
    for (uint32_t i = 0; i < a->message_count; i++)
        put_message(lm, w, ORXAQ_AT(orxaq_message, a->messages, i));
    lm->json->end_list(w);
    if (a->tool_count)
        put_tools(lm, w, a);
    if (a->schema.len)
        put_answer_schema(lm, w, a->schema);
    put_options(lm, w, a);
    lm->json->end_map(w);
    lm_post(job, lm->base, "/chat/completions", w, ended);
}

/* ---- Pieces ---------------------------------------------------------------------------------- */

static void say(lm_job *job, int32_t channel, orxaq_view text, uint32_t delta, int64_t elapsed) {
    const orxaq_text t = {
        .struct_size = sizeof t, .channel = channel, .delta = delta, .text = text};
    if (text.len == 0)
        return;
    job->turn.text_bytes += text.len;
    job->turn.first_ns = job->turn.first_ns ? job->turn.first_ns : elapsed;
    job->turn.last_ns = elapsed;
    (void)job->events->text(job->events, &t);
}

static lm_call *call_at(lm_turn *turn, uint32_t index) {
    if (index >= LM_CALLS_MAX)
        return NULL;
    if (index >= turn->call_count) {
        lm_call *grown = realloc(turn->calls, (index + 1) * sizeof *grown);
        if (!grown)
            return NULL;
        memset(grown + turn->call_count, 0, (index + 1 - turn->call_count) * sizeof *grown);
        turn->calls = grown;
        turn->call_count = index + 1;
    }
    return &turn->calls[index];
}

static uint64_t arguments_held(const lm_turn *turn) {
    uint64_t held = 0;
    for (uint32_t i = 0; i < turn->call_count; i++)
        held += turn->calls[i].arguments.len;
    return held;
}

/* A call comes in pieces that name its place; servers that leave the place out send whole calls. */
static void take_call(lm_job *job, const orxaq_value *v, uint32_t place) {
    const orxaq_json_service *json = job->lm->json;
    int64_t index = json->integer(json->get(v, "index"), place);
    lm_call *call = index < 0 ? NULL : call_at(&job->turn, (uint32_t)index);
    orxaq_view none = {0};
    orxaq_view arguments = json->text(json->get(v, "function.arguments"), none);
    if (!call || arguments_held(&job->turn) + arguments.len > ARGUMENTS_MAX) {
        job->turn.malformed = 1;
        return;
    }
    if (call->id.len == 0)
        lm_add(&call->id, json->text(json->get(v, "id"), none));
    if (call->name.len == 0)
        lm_add(&call->name, json->text(json->get(v, "function.name"), none));
    lm_add(&call->arguments, arguments);
}

static int32_t stop_of(orxaq_view reason) {
    if (orxaq_view_is(reason, "tool_calls") || orxaq_view_is(reason, "function_call"))
        return ORXAQ_STOPPED_TOOLS;
    if (orxaq_view_is(reason, "length"))
        return ORXAQ_STOPPED_LENGTH;
    return orxaq_view_is(reason, "content_filter") ? ORXAQ_STOPPED_FILTER : ORXAQ_STOPPED_END;
}

/* One choice: `delta` in a stream, `message` in an answer in one piece. */
static void take_choice(lm_job *job, const orxaq_value *choice, uint32_t delta, int64_t elapsed) {
    const orxaq_json_service *json = job->lm->json;
    const orxaq_value *m = json->get(choice, delta ? "delta" : "message");
    orxaq_view none = {0};
    orxaq_view thought = json->text(json->get(m, "reasoning_content"), none);
    if (thought.len == 0)
        thought = json->text(json->get(m, "reasoning"), none);
    say(job, ORXAQ_TEXT_REASONING, thought, delta, elapsed);
    say(job, ORXAQ_TEXT_ANSWER, json->text(json->get(m, "content"), none), delta, elapsed);
    lm_add(&job->turn.refusal, json->text(json->get(m, "refusal"), none));
    uint32_t place = delta ? 0 : job->turn.call_count;
    for (const orxaq_value *v = json->first(json->get(m, "tool_calls")); v; v = json->next(v))
        take_call(job, v, place++);
    orxaq_view reason = json->text(json->get(choice, "finish_reason"), none);
    if (reason.len)
        job->turn.stop = stop_of(reason);
}

static void take_object(lm_job *job, const orxaq_value *tree, uint32_t delta, int64_t elapsed) {
    const orxaq_json_service *json = job->lm->json;
    lm_turn *turn = &job->turn;
    orxaq_view none = {0};
    if (turn->id.len == 0)
        lm_add(&turn->id, json->text(json->get(tree, "id"), none));
    if (turn->model.len == 0)
        lm_add(&turn->model, json->text(json->get(tree, "model"), none));
    for (const orxaq_value *c = json->first(json->get(tree, "choices")); c; c = json->next(c)) {
        if (json->integer(json->get(c, "index"), 0) == 0)
            take_choice(job, c, delta, elapsed);
        turn->chunks++;
    }
    const orxaq_value *usage = json->get(tree, "usage");
    if (json->kind(usage) == ORXAQ_VALUE_MAP) {
        lm_tell_usage(job, lm_view(&turn->id), lm_view(&turn->model), usage, job->body.len,
                      turn->text_bytes);
        turn->told_usage = 1;
    }
}

void lm_turn_piece(lm_job *job, orxaq_view data, int64_t elapsed_ns) {
    const orxaq_json_service *json = job->lm->json;
    const orxaq_value *tree = NULL;
    if (orxaq_view_is(data, "[DONE]")) {
        job->turn.done = 1;
        return;
    }
    if (json->parse(job->lm->host, data, &tree) != ORXAQ_OK) {
        job->turn.malformed = 1;
        return;
    }
    if (json->get(tree, "error") && json->kind(json->get(tree, "error")) != ORXAQ_VALUE_NULL) {
        lm_clear(&job->turn.error);
        lm_add(&job->turn.error, data);
        return;
    }
    take_object(job, tree, 1, elapsed_ns);
}

void lm_turn_free(lm_turn *turn) {
    for (uint32_t i = 0; i < turn->call_count; i++) {
        lm_free(&turn->calls[i].id);
        lm_free(&turn->calls[i].name);
        lm_free(&turn->calls[i].arguments);
    }
    free(turn->calls);
    lm_free(&turn->id);
    lm_free(&turn->model);
    lm_free(&turn->refusal);
    lm_free(&turn->error);
}

/* ---- Usage ----------------------------------------------------------------------------------- */

/* Vendors count cached tokens inside the input and reasoning inside the output. */
static int64_t without(int64_t whole, int64_t part) {
    if (whole < 0 || part <= 0)
        return whole;
    return whole > part ? whole - part : 0;
}

void lm_tell_usage(lm_job *job, orxaq_view key, orxaq_view model, const orxaq_value *usage,
                   uint64_t read_bytes, uint64_t written_bytes) {
    const orxaq_json_service *json = job->lm->json;
    int64_t in = json->integer(json->get(usage, "prompt_tokens"), -1);
    int64_t out = json->integer(json->get(usage, "completion_tokens"), -1);
    int64_t cached = json->integer(json->get(usage, "prompt_tokens_details.cached_tokens"), -1);
    int64_t reasoning =
        json->integer(json->get(usage, "completion_tokens_details.reasoning_tokens"), -1);
    /* Nothing counted for something read means that it was not counted. About four bytes make a
     * token; an estimate is marked as such. */
    int guessed = in < 0 || (in == 0 && (out <= 0));
    orxaq_usage u = {
        .struct_size = sizeof u,
        .scope = ORXAQ_SCOPE_REQUEST,
        .mode = ORXAQ_USAGE_TOTAL,
        .provenance = guessed ? ORXAQ_BY_ESTIMATION : ORXAQ_BY_VENDOR,
        .key = key,
        .model_answered = model,
        .input_tokens = guessed ? (int64_t)((read_bytes + 3) / 4) : without(in, cached),
        .cache_read_tokens = guessed ? -1 : cached,
        .cache_write_tokens = -1,
        .output_tokens = guessed ? (int64_t)((written_bytes + 3) / 4) : without(out, reasoning),
        .reasoning_tokens = guessed ? -1 : reasoning,
        .requests = 1,
        .cost_nano_usd = -1,
    };
    if (job->op == ORXAQ_OP_TURN)
        u.model_asked = ((const orxaq_turn_args *)job->args)->model;
    else if (job->op == ORXAQ_OP_EMBED)
        u.model_asked = ((const orxaq_embed_args *)job->args)->model;
    (void)job->events->usage(job->events, &u);
    int64_t took = job->turn.last_ns - job->turn.first_ns;
    if (!guessed && out > 1 && took > 0 && job->lm->metrics)
        job->lm->metrics->observe(job->lm->host, "output_tokens_per_second",
                                  (int64_t)((double)out * 1e9 / (double)took));
}

/* ---- The end --------------------------------------------------------------------------------- */

static void tell_calls(lm_job *job) {
    for (uint32_t i = 0; i < job->turn.call_count; i++) {
        const lm_call *c = &job->turn.calls[i];
        char made_up[24];
        (void)snprintf(made_up, sizeof made_up, "call_%u", i + 1);
        const orxaq_tool_call t = {.struct_size = sizeof t,
                                   .phase = ORXAQ_TOOL_REQUESTED,
                                   .ok = -1,
                                   .id = c->id.len ? lm_view(&c->id) : orxaq_str(made_up),
                                   .name = lm_view(&c->name),
                                   .arguments =
                                       c->arguments.len ? lm_view(&c->arguments) : orxaq_str("{}")};
        if (c->name.len)
            (void)job->events->tool_call(job->events, &t);
    }
}

/* An answer in one piece, from a server that does not stream; what is no answer is left alone. */
static void take_whole(lm_job *job) {
    const orxaq_json_service *json = job->lm->json;
    const orxaq_value *tree = NULL;
    if (job->turn.chunks == 0 && job->text.len &&
        json->parse(job->lm->host, lm_view(&job->text), &tree) == ORXAQ_OK &&
        json->count(json->get(tree, "choices"))) {
        take_object(job, tree, 0, 0);
        job->turn.done = 1;
    }
}

static void succeed(lm_job *job) {
    lm_turn *turn = &job->turn;
    if (!turn->told_usage)
        lm_tell_usage(job, lm_view(&turn->id), lm_view(&turn->model), NULL, job->body.len,
                      turn->text_bytes);
    if (turn->refusal.len || turn->stop == ORXAQ_STOPPED_FILTER) {
        lm_finish(job, ORXAQ_KIND_REFUSED, ORXAQ_STOPPED_FILTER,
                  turn->refusal.len ? lm_view(&turn->refusal)
                                    : orxaq_str("the answer was cut by a filter"));
        return;
    }
    tell_calls(job);
    int32_t stop = turn->stop ? turn->stop : ORXAQ_STOPPED_END;
    /* Some servers say "stop" although the model waits for tools. */
    if (turn->call_count && stop == ORXAQ_STOPPED_END)
        stop = ORXAQ_STOPPED_TOOLS;
    lm_finish(job, ORXAQ_KIND_OK, stop, orxaq_str(""));
}

static void ended(lm_job *job) {
    lm_turn *turn = &job->turn;
    if (job->status != 200) {
        lm_fail(job);
        return;
    }
    take_whole(job);
    if (turn->error.len)
        lm_fail_with(job, 0, lm_view(&turn->error));
    else if (turn->malformed)
        lm_finish_text(job, ORXAQ_KIND_PROTOCOL, "a piece of the answer is no JSON");
    else if (turn->chunks == 0 && job->text.len > 1)
        lm_fail(job);
    else if (turn->chunks == 0)
        lm_finish_text(job, ORXAQ_KIND_PROTOCOL, "the server answered nothing");
    else if (!turn->stop)
        lm_finish_text(job, ORXAQ_KIND_PROTOCOL, "the answer ended before its last piece");
    else
        succeed(job);
}

/* The messages of `codex app-server`: JSON-RPC without the version member, one object per line. The
 * talk is short:
 *
 *     we                                  it
 *     initialize, initialized
 *     thread/start or thread/resume       its answer names the thread
 *     turn/start                          item/..., thread/tokenUsage/updated, turn/completed
 *     turn/interrupt, when cancelled
 *     end of input                        the program ends
 *
 * `codex app-server generate-json-schema --out DIR` prints the protocol of a version. */
#include "codex.h"

enum { ID_INITIALIZE = 1, ID_THREAD = 2, ID_TURN = 3, ID_INTERRUPT = 4 };

static const orxaq_value *at(const codex_job *job, const orxaq_value *map, const char *path) {
    return job->c->json->get(map, path);
}

static orxaq_view text_at(const codex_job *job, const orxaq_value *map, const char *path) {
    return job->c->json->text(at(job, map, path), orxaq_str(""));
}

/* ---- What we send ------------------------------------------------------------------------- */

static void put(const codex_job *job, orxaq_writer *w, const char *key, orxaq_view text) {
    job->c->json->key(w, orxaq_str(key));
    job->c->json->put_text(w, text);
}

/* Begins {"id":ID,"method":METHOD,"params":{ */
static orxaq_writer *request(const codex_job *job, int64_t id, const char *method) {
    const orxaq_json_service *json = job->c->json;
    orxaq_writer *w = json->writer(job->c->host);
    json->begin_map(w);
    if (id) {
        json->key(w, orxaq_str("id"));
        json->put_integer(w, id);
    }
    put(job, w, "method", orxaq_str(method));
    json->key(w, orxaq_str("params"));
    json->begin_map(w);
    return w;
}

static void add_line(codex_job *job, orxaq_writer *w, codex_buf *to) {
    orxaq_view text;
    if (job->c->json->finish(w, &text) != ORXAQ_OK) {
        job->no_memory = 1;
        return;
    }
    codex_buf_add(to, text);
    codex_buf_adds(to, "\n");
}

static void end_request(codex_job *job, orxaq_writer *w, codex_buf *to) {
    job->c->json->end_map(w);
    job->c->json->end_map(w);
    add_line(job, w, to);
}

static void ask_thread(codex_job *job, codex_buf *to) {
    const orxaq_json_service *json = job->c->json;
    const orxaq_task_args *a = job->task;
    int resume = a->session.len && !job->fresh;
    orxaq_writer *w = request(job, ID_THREAD, resume ? "thread/resume" : "thread/start");
    if (resume)
        put(job, w, "threadId", a->session);
    put(job, w, "cwd", a->repo);
    put(job, w, "approvalPolicy", orxaq_str("never"));
    put(job, w, "sandbox", orxaq_str(codex_sandbox_mode(job)));
    if (a->model.len)
        put(job, w, "model", a->model);
    if (job->c->ephemeral && !resume) {
        json->key(w, orxaq_str("ephemeral"));
        json->put_boolean(w, 1);
    }
    end_request(job, w, to);
}

void codex_server_greet(codex_job *job) {
    const orxaq_json_service *json = job->c->json;
    codex_buf_clear(&job->sent);
    orxaq_writer *w = request(job, ID_INITIALIZE, "initialize");
    json->key(w, orxaq_str("clientInfo"));
    json->begin_map(w);
    put(job, w, "name", orxaq_str("orxaq"));
    put(job, w, "version", orxaq_str(ORXAQ_SDK_VERSION));
    json->end_map(w);
    end_request(job, w, &job->sent);
    end_request(job, request(job, 0, "initialized"), &job->sent);
    ask_thread(job, &job->sent);
}

static void put_schema(codex_job *job, orxaq_writer *w) {
    const orxaq_json_service *json = job->c->json;
    const orxaq_value *schema = NULL;
    if (!job->task->schema.len || json->parse(job->c->host, job->task->schema, &schema) != ORXAQ_OK)
        return;
    json->key(w, orxaq_str("outputSchema"));
    json->put_value(w, schema);
}

static void ask_turn(codex_job *job) {
    const orxaq_json_service *json = job->c->json;
    orxaq_writer *w = request(job, ID_TURN, "turn/start");
    put(job, w, "threadId", codex_buf_view(&job->thread));
    json->key(w, orxaq_str("input"));
    json->begin_list(w);
    json->begin_map(w);
    put(job, w, "type", orxaq_str("text"));
    put(job, w, "text", job->task->prompt);
    json->end_map(w);
    json->end_list(w);
    put_schema(job, w);
    end_request(job, w, &job->out);
}

void codex_server_interrupt(codex_job *job) {
    if (!job->thread.len || !job->turn.len)
        return;
    orxaq_writer *w = request(job, ID_INTERRUPT, "turn/interrupt");
    put(job, w, "threadId", codex_buf_view(&job->thread));
    put(job, w, "turnId", codex_buf_view(&job->turn));
    end_request(job, w, &job->out);
}

/* The program asks us something (an approval, an input). Nobody is there to answer. */
static void decline(codex_job *job, const orxaq_value *message) {
    const orxaq_json_service *json = job->c->json;
    orxaq_writer *w = json->writer(job->c->host);
    json->begin_map(w);
    json->key(w, orxaq_str("id"));
    json->put_value(w, at(job, message, "id"));
    json->key(w, orxaq_str("error"));
    json->begin_map(w);
    json->key(w, orxaq_str("code"));
    json->put_integer(w, -32601);
    put(job, w, "message", orxaq_str("nobody is present; go on without"));
    json->end_map(w);
    json->end_map(w);
    add_line(job, w, &job->out);
}

/* ---- What it answers ---------------------------------------------------------------------- */

static void thread_known(codex_job *job, const orxaq_value *result) {
    const orxaq_session session = {.struct_size = sizeof session,
                                   .id = text_at(job, result, "thread.id")};
    if (session.id.len == 0) {
        codex_finish_kind(job, ORXAQ_KIND_PROTOCOL, ORXAQ_RETRY_BY_KIND,
                          orxaq_str("codex app-server began a thread without an id"));
        return;
    }
    codex_buf_clear(&job->thread);
    codex_buf_add(&job->thread, session.id);
    codex_buf_clear(&job->model);
    codex_buf_add(&job->model, text_at(job, result, "model"));
    if (!job->c->ephemeral)
        (void)job->events->session(job->events, &session);
    ask_turn(job);
}

static void request_failed(codex_job *job, int64_t id, const orxaq_value *error) {
    orxaq_view text = text_at(job, error, "message");
    if (id == ID_INTERRUPT)
        return;
    if (id == ID_THREAD && job->task->session.len && !job->fresh) {
        codex_say(job, ORXAQ_TEXT_NOTICE, 0,
                  orxaq_str("the session to be resumed is gone; a new one begins"));
        codex_say(job, ORXAQ_TEXT_NOTICE, 0, text);
        job->fresh = 1;
        ask_thread(job, &job->out);
        return;
    }
    codex_finish_text(job, text);
}

static void answered(codex_job *job, const orxaq_value *message) {
    int64_t id = job->c->json->integer(at(job, message, "id"), 0);
    const orxaq_value *error = at(job, message, "error");
    if (error)
        request_failed(job, id, error);
    else if (id == ID_THREAD)
        thread_known(job, at(job, message, "result"));
}

/* ---- What it tells ------------------------------------------------------------------------ */

static int ours(const codex_job *job, const orxaq_value *params) {
    return orxaq_view_eq(text_at(job, params, "threadId"), codex_buf_view(&job->thread));
}

static void usage(codex_job *job, const orxaq_value *params) {
    const orxaq_json_service *json = job->c->json;
    const orxaq_value *total = at(job, params, "tokenUsage.total");
    const codex_tokens t = {
        .input = json->integer(at(job, total, "inputTokens"), -1),
        .cached = json->integer(at(job, total, "cachedInputTokens"), -1),
        .written = json->integer(at(job, total, "cacheWriteInputTokens"), -1),
        .output = json->integer(at(job, total, "outputTokens"), -1),
        .reasoning = json->integer(at(job, total, "reasoningOutputTokens"), -1),
    };
    /* After "context window exceeded" it states zeros, which are no total of anything. */
    if (t.input <= 0 && t.output <= 0)
        return;
    codex_tell_usage(job, text_at(job, params, "threadId"), &t);
    if (t.input + t.output == job->seen_tokens)
        return;
    job->seen_tokens = t.input + t.output;
    job->requests++;
    const orxaq_usage requests = {.struct_size = sizeof requests,
                                  .scope = ORXAQ_SCOPE_PROCESS,
                                  .mode = ORXAQ_USAGE_TOTAL,
                                  .provenance = ORXAQ_BY_VENDOR,
                                  .model_asked = job->task->model,
                                  .model_answered = codex_buf_view(&job->model),
                                  .input_tokens = -1,
                                  .cache_read_tokens = -1,
                                  .cache_write_tokens = -1,
                                  .output_tokens = -1,
                                  .reasoning_tokens = -1,
                                  .requests = job->requests,
                                  .cost_nano_usd = -1};
    (void)job->events->usage(job->events, &requests);
}

static void delta(codex_job *job, const orxaq_value *params) {
    if (!ours(job, params))
        return;
    codex_buf_clear(&job->streamed);
    codex_buf_add(&job->streamed, text_at(job, params, "itemId"));
    codex_say(job, ORXAQ_TEXT_ANSWER, 1, text_at(job, params, "delta"));
}

static void progress(const codex_job *job, orxaq_view method) {
    const orxaq_progress p = {.struct_size = sizeof p, .unit = orxaq_str("output"), .note = method};
    (void)job->events->progress(job->events, &p);
}

static void turn_over(codex_job *job, const orxaq_value *turn) {
    orxaq_view status = text_at(job, turn, "status");
    if (orxaq_view_is(status, "completed"))
        codex_finish_answer(job);
    else if (orxaq_view_is(status, "interrupted"))
        codex_finish_kind(job, ORXAQ_KIND_KILLED, ORXAQ_RETRY_BY_KIND,
                          orxaq_str("the turn was interrupted"));
    else
        codex_finish_error(job, at(job, turn, "error"));
    job->out_end = 1;
}

static void error(codex_job *job, const orxaq_value *params) {
    orxaq_view text = text_at(job, params, "error.message");
    if (job->c->json->boolean(at(job, params, "willRetry"), 0)) {
        codex_say(job, ORXAQ_TEXT_NOTICE, 0, text);
        return;
    }
    codex_buf_clear(&job->failure);
    codex_buf_add(&job->failure, text);
}

static void told(codex_job *job, orxaq_view method, const orxaq_value *params) {
    if (orxaq_view_is(method, "thread/tokenUsage/updated")) {
        usage(job, params);
    } else if (orxaq_view_is(method, "item/agentMessage/delta")) {
        delta(job, params);
    } else if (orxaq_view_is(method, "item/started") && ours(job, params)) {
        codex_item(job, at(job, params, "item"), 0);
    } else if (orxaq_view_is(method, "item/completed") && ours(job, params)) {
        codex_item(job, at(job, params, "item"), 1);
    } else if (orxaq_view_is(method, "turn/started") && ours(job, params)) {
        codex_buf_clear(&job->turn);
        codex_buf_add(&job->turn, text_at(job, params, "turn.id"));
    } else if (orxaq_view_is(method, "turn/completed") && ours(job, params)) {
        turn_over(job, at(job, params, "turn"));
    } else if (orxaq_view_is(method, "error") && ours(job, params)) {
        error(job, params);
    } else if (codex_has(method, "elta")) {
        progress(job, method);
    }
}

void codex_server_message(codex_job *job, const orxaq_value *message) {
    orxaq_view method = text_at(job, message, "method");
    if (job->over)
        return;
    if (method.len && at(job, message, "id"))
        decline(job, message);
    else if (method.len)
        told(job, method, at(job, message, "params"));
    else
        answered(job, message);
    if (job->over)
        job->out_end = 1;
}

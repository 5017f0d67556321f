/* A job turned by a script. */
#include "plugin/validate_drive.h"

#include "plugin/job_state.h"

#define LARGE ((size_t)1 << 20)

/* ---- Events ---------------------------------------------------------------------------------- */

static int32_t on_text(const orxaq_events *e ORX_UNUSED, const orxaq_text *x ORX_UNUSED) {
    return 0;
}
static int32_t on_tool_call(const orxaq_events *e ORX_UNUSED, const orxaq_tool_call *x ORX_UNUSED) {
    return 0;
}
static int32_t on_usage(const orxaq_events *e ORX_UNUSED, const orxaq_usage *x ORX_UNUSED) {
    return 0;
}
static int32_t on_session(const orxaq_events *e ORX_UNUSED, const orxaq_session *x ORX_UNUSED) {
    return 0;
}
static int32_t on_progress(const orxaq_events *e ORX_UNUSED, const orxaq_progress *x ORX_UNUSED) {
    return 0;
}
static int32_t on_outcome(const orxaq_events *e, const orxaq_outcome *x) {
    orx_drive *d = (orx_drive *)e;
    d->outcomes++;
    d->kind = x->kind;
    return 0;
}
static int32_t on_probe(const orxaq_events *e ORX_UNUSED, const orxaq_probe *x ORX_UNUSED) {
    return 0;
}
static int32_t on_model(const orxaq_events *e ORX_UNUSED, const orxaq_model *x ORX_UNUSED) {
    return 0;
}
static int32_t on_embedding(const orxaq_events *e ORX_UNUSED, const orxaq_embedding *x ORX_UNUSED) {
    return 0;
}

static const orxaq_events event_table = {.struct_size = sizeof event_table,
                                         .text = on_text,
                                         .tool_call = on_tool_call,
                                         .usage = on_usage,
                                         .session = on_session,
                                         .progress = on_progress,
                                         .outcome = on_outcome,
                                         .probe = on_probe,
                                         .model = on_model,
                                         .embedding = on_embedding};

/* ---- Arguments ------------------------------------------------------------------------------- */

static const orxaq_view some_text = {"Do it.", 6}, some_folder = {"/trial", 6};

static const orxaq_probe_args probe_args = {.struct_size = sizeof probe_args,
                                            .files_dir = {"/trial", 6},
                                            .state_dir = {"/trial/state", 12}};
static const orxaq_model_args model_args = {
    .struct_size = sizeof model_args, .model = {"m", 1}, .files_dir = {"/trial", 6}};
static const orxaq_task_args task_args = {.struct_size = sizeof task_args,
                                          .sandbox = ORXAQ_SANDBOX_HOST,
                                          .access = ORXAQ_ACCESS_WORKSPACE,
                                          .prompt = {"Do it.", 6},
                                          .repo = {"/trial/repo", 11},
                                          .files_dir = {"/trial", 6},
                                          .task_id = {"trial", 5},
                                          .state_dir = {"/trial/state", 12}};
static const orxaq_message message = {
    .struct_size = sizeof message, .role = ORXAQ_ROLE_USER, .text = {"Do it.", 6}};
static const orxaq_turn_args turn_args = {.struct_size = sizeof turn_args,
                                          .message_count = 1,
                                          .messages = &message,
                                          .model = {"m", 1},
                                          .files_dir = {"/trial", 6},
                                          .temperature = -1};
static const orxaq_embed_args embed_args = {.struct_size = sizeof embed_args,
                                            .text_count = 1,
                                            .texts = &some_text,
                                            .model = {"m", 1},
                                            .files_dir = {"/trial", 6}};
static const orxaq_record record = {.struct_size = sizeof record,
                                    .schema = 1,
                                    .seq = 1,
                                    .kind = {"attempt.settled", 15},
                                    .origin = {"trial", 5},
                                    .task = {"trial", 5},
                                    .body = {"{}", 2}};
static const orxaq_flush_args flush_args = {.struct_size = sizeof flush_args,
                                            .record_count = 1,
                                            .records = &record,
                                            .files_dir = {"/trial", 6}};

static int32_t take_row(const orxaq_cost_sink *sink, const orxaq_cost_row *row) {
    return sink && row ? ORXAQ_OK : ORXAQ_E_INVALID;
}

static int32_t take_view(const orxaq_cost_sink *sink, orxaq_view text) {
    return sink && (text.data || !text.len) ? ORXAQ_OK : ORXAQ_E_INVALID;
}

static int32_t take_span(const orxaq_cost_sink *sink, orxaq_view source, int64_t from_ns,
                         int64_t to_ns) {
    return sink && source.len && from_ns <= to_ns ? ORXAQ_OK : ORXAQ_E_INVALID;
}

static const orxaq_cost_sink cost_sink = {.struct_size = sizeof cost_sink,
                                          .row = take_row,
                                          .reject = take_view,
                                          .covered = take_span,
                                          .page = take_view};
static const orxaq_fetch_args fetch_args = {.struct_size = sizeof fetch_args,
                                            .from_ns = INT64_C(1760000000000000000),
                                            .to_ns = INT64_C(1760086400000000000),
                                            .now_ns = INT64_C(1760086400000000000),
                                            .sink = &cost_sink,
                                            .files_dir = {"/trial", 6}};

static const void *args_for(const orx_drive *d) {
    if (d->ops == &d->t->plugin.view.sink_job)
        return &flush_args;
    if (d->ops == &d->t->plugin.view.ingest_job)
        return &fetch_args;
    switch (d->op) {
    case ORXAQ_OP_LOAD:
    case ORXAQ_OP_UNLOAD:
        return &model_args;
    case ORXAQ_OP_TASK:
        return &task_args;
    case ORXAQ_OP_TURN:
        return &turn_args;
    case ORXAQ_OP_EMBED:
        return &embed_args;
    default:
        return some_folder.len ? &probe_args : NULL;
    }
}

int orx_drive_open(orx_drive *d, orx_err *err) {
    d->events = event_table;
    orx_instance_enter(d->instance);
    int32_t code =
        d->ops->open(orx_instance_object(d->instance), d->op, args_for(d), &d->events, &d->job);
    int rc = code < 0 ? orx_instance_failed(d->instance, "open", code, err) : 0;
    orx_instance_leave(d->instance);
    if (rc >= 0 && !d->job)
        rc = orx_fails(err, "open of op %d returned 0 but gave no job", d->op);
    return rc;
}

/* ---- Effects --------------------------------------------------------------------------------- */

static const char *rule_broken(const orxaq_effect *e) {
    if (e->id == 0)
        return "its id is 0";
    switch (e->kind) {
    case ORXAQ_EFFECT_EXEC:
        return e->exec && e->exec->struct_size >= sizeof *e->exec ? orx_exec_check(e->exec)
                                                                  : "it has no complete exec table";
    case ORXAQ_EFFECT_HTTP:
        return e->http && e->http->struct_size >= sizeof *e->http ? orx_http_effect_check(e->http)
                                                                  : "it has no complete http table";
    case ORXAQ_EFFECT_WRITE:
        return e->write ? NULL : "it has no write table";
    case ORXAQ_EFFECT_APPEND:
        return e->append ? NULL : "it has no append table";
    default:
        return "its kind is unknown";
    }
}

static void note_effect(orx_drive *d, const orxaq_effect *e) {
    const char *rule = rule_broken(e);
    d->effects++;
    d->bad_effect = d->bad_effect ? d->bad_effect : rule;
    for (int i = 0; i < d->id_count; i++)
        d->reused_id = d->reused_id || d->ids[i] == e->id;
    if (d->id_count < (int)ORX_ARRAY_LEN(d->ids))
        d->ids[d->id_count++] = e->id;
    bool starts = e->kind == ORXAQ_EFFECT_EXEC || e->kind == ORXAQ_EFFECT_HTTP;
    d->ran_after_cancel = d->ran_after_cancel || (d->cancelled && starts);
    if (e->kind == ORXAQ_EFFECT_WRITE || d->running_count == ORX_DRIVE_RUNNING)
        return;
    d->running[d->running_count].id = e->id;
    d->running[d->running_count].stage = 0;
    d->running[d->running_count].http = e->kind == ORXAQ_EFFECT_HTTP;
    d->running[d->running_count++].append = e->kind == ORXAQ_EFFECT_APPEND;
}

/* ---- Feeds ----------------------------------------------------------------------------------- */

static uint64_t draw(orx_drive *d) {
    d->seed ^= d->seed << 13; /* xorshift64 */
    d->seed ^= d->seed >> 7;
    d->seed ^= d->seed << 17;
    return d->seed;
}

static void feed(orx_drive *d, orxaq_feed *f) {
    f->struct_size = sizeof *f;
    int64_t start = orx_mono_ns(d->t->p);
    orx_instance_enter(d->instance);
    d->over = d->ops->feed(d->job, f) < 0;
    orx_instance_leave(d->instance);
    int64_t took = orx_mono_ns(d->t->p) - start;
    d->longest_ns = took > d->longest_ns ? took : d->longest_ns;
}

/* A frame of random bytes, often with the beginnings of records in it. */
static void feed_fuzzed(orx_drive *d, orxaq_feed *f) {
    static const char *const pieces[] = {"{\"type\":\"", "\"usage\":{\"input_tokens\":",
                                         "[[[[",         "9999999999999999999999",
                                         "\xff\xfe\x00", "null}",
                                         "data: ",       "\\ud800"};
    ORX_CLEANUP(orx_str_free) orx_str bytes = {0};
    for (uint64_t left = draw(d) % 24; left > 0; left--) {
        if (draw(d) % 3 == 0)
            orx_str_adds(&bytes, pieces[draw(d) % ORX_ARRAY_LEN(pieces)]);
        else
            orx_str_addc(&bytes, (char)(draw(d) >> 24));
    }
    f->kind = ORXAQ_FEED_FRAME;
    f->stream = draw(d) % 4 ? ORXAQ_STREAM_OUT : ORXAQ_STREAM_ERR;
    f->flags = draw(d) % 8 ? 0 : ORXAQ_FEED_CUT;
    f->data = orxaq_view_of(orx_str_cstr(&bytes), bytes.len);
    feed(d, f);
}

static void feed_large(orx_drive *d, orxaq_feed *f) {
    ORX_CLEANUP(orx_freep) char *bytes = orx_xcalloc(1, LARGE);
    memset(bytes, 'x', LARGE);
    f->kind = ORXAQ_FEED_FRAME;
    f->stream = ORXAQ_STREAM_OUT;
    f->data = orxaq_view_of(bytes, LARGE);
    feed(d, f);
}

/* The head of an answer: its status, then a header. */
static void feed_head(orx_drive *d, orxaq_feed *f) {
    static const int statuses[] = {200, 200, 400, 401, 404, 429, 500, 503};
    f->kind = ORXAQ_FEED_HEAD;
    f->code = d->script == ORX_SCRIPT_FUZZED    ? statuses[draw(d) % ORX_ARRAY_LEN(statuses)]
              : d->script == ORX_SCRIPT_REFUSED ? 500
                                                : 200;
    d->failures += d->script == ORX_SCRIPT_REFUSED;
    feed(d, f);
    if (d->over)
        return;
    f->name = orxaq_str("content-type");
    f->data = orxaq_str("application/json");
    feed(d, f);
}

static int frames_of(orx_script script) {
    static const int counts[] = {[ORX_SCRIPT_PLAIN] = 3,
                                 [ORX_SCRIPT_FUZZED] = 200,
                                 [ORX_SCRIPT_LARGE] = 1,
                                 [ORX_SCRIPT_REFUSED] = 3};
    return counts[script];
}

/* The last word on a request: a network that fails, or a stream that was cut by a deadline. */
static void end_http(orx_drive *d, orxaq_feed *f) {
    if (d->script == ORX_SCRIPT_ERROR || d->script == ORX_SCRIPT_NOT_STARTED) {
        f->kind = ORXAQ_FEED_ERROR;
        f->code = d->script == ORX_SCRIPT_ERROR ? ORXAQ_E_IO : ORXAQ_E_TIMEOUT;
    } else if (d->script == ORX_SCRIPT_KILLED) {
        f->reason = ORXAQ_END_IDLE;
        d->failures++;
    }
}

/* The last word on the effect at this place. An append has no exit code: it works or it fails. */
static void feed_end(orx_drive *d, int at, orxaq_feed *f) {
    bool plain = d->running[at].append || d->running[at].http;
    f->kind = d->script == ORX_SCRIPT_ERROR ? ORXAQ_FEED_ERROR : ORXAQ_FEED_EXIT;
    if (d->script == ORX_SCRIPT_ERROR)
        f->code = ORXAQ_E_IO;
    if (d->running[at].http)
        end_http(d, f);
    if (d->script == ORX_SCRIPT_FUZZED && !plain)
        f->code = (int32_t)(draw(d) % 3);
    if (d->script == ORX_SCRIPT_NOT_STARTED && !plain) {
        f->code = 127;
        f->reason = ORXAQ_END_NOT_STARTED;
    }
    if (d->script == ORX_SCRIPT_KILLED && !plain) {
        f->code = -1;
        f->signal = 9;
    }
    if (d->cancelled)
        f->reason = ORXAQ_END_CANCELLED;
    d->failures += f->code != 0;
    f->data = f->code ? orxaq_str("it did not work") : orxaq_str("");
    d->running_count--;
    memmove(&d->running[at], &d->running[at + 1],
            (size_t)(d->running_count - at) * sizeof d->running[0]);
    feed(d, f);
}

/* The next thing that happens to the oldest unfinished effect. */
static void feed_next(orx_drive *d) {
    orxaq_feed f = {.effect = d->running[0].id};
    bool at_once =
        d->script == ORX_SCRIPT_ERROR || d->script == ORX_SCRIPT_NOT_STARTED || d->cancelled;
    int stage = d->running[0].stage++;
    if (at_once || stage > frames_of(d->script)) {
        feed_end(d, 0, &f);
    } else if (stage == 0) {
        bool http = d->running[0].http;
        f.kind = ORXAQ_FEED_START;
        feed(d, &f);
        if (http && !d->over)
            feed_head(d, &f);
    } else if (d->script == ORX_SCRIPT_FUZZED) {
        feed_fuzzed(d, &f);
    } else if (d->script == ORX_SCRIPT_LARGE) {
        feed_large(d, &f);
    } else {
        f.kind = ORXAQ_FEED_FRAME;
        f.stream = ORXAQ_STREAM_OUT;
        f.data = orxaq_str(d->running[0].http ? "{\"answer\":true}" : "a line of output");
        feed(d, &f);
    }
}

/* The host appends at once and answers before it asks for the next effect. */
static void feed_append(orx_drive *d) {
    int last = d->running_count - 1;
    if (last < 0 || !d->running[last].append)
        return;
    orxaq_feed f = {.effect = d->running[last].id};
    feed_end(d, last, &f);
}

/* ---- Turning --------------------------------------------------------------------------------- */

bool orx_drive_step(orx_drive *d) {
    orxaq_effect effect = {.struct_size = sizeof effect};
    if (d->over)
        return false;
    int64_t start = orx_mono_ns(d->t->p);
    orx_instance_enter(d->instance);
    int32_t answer = d->ops->next(d->job, &effect);
    if (answer == ORXAQ_NEXT_EFFECT)
        note_effect(d, &effect);
    orx_instance_leave(d->instance);
    int64_t took = orx_mono_ns(d->t->p) - start;
    d->longest_ns = took > d->longest_ns ? took : d->longest_ns;
    if (answer == ORXAQ_NEXT_DONE || answer < 0)
        d->over = true;
    else if (answer == ORXAQ_NEXT_EFFECT && effect.kind == ORXAQ_EFFECT_APPEND)
        feed_append(d);
    else if (answer == ORXAQ_NEXT_WAIT && d->running_count > 0)
        feed_next(d);
    else if (answer == ORXAQ_NEXT_WAIT)
        d->over = ++d->idle_waits > 3 || d->cancelled;
    return !d->over;
}

void orx_drive_run(orx_drive *d) {
    for (int i = 0; i < ORX_DRIVE_STEPS && orx_drive_step(d); i++)
        continue;
}

void orx_drive_cancel(orx_drive *d) {
    d->cancelled = true;
    orx_instance_enter(d->instance);
    d->ops->cancel(d->job, ORXAQ_CANCEL_ASKED);
    orx_instance_leave(d->instance);
}

void orx_drive_close(orx_drive *d) {
    orx_instance_enter(d->instance);
    d->ops->close(d->job);
    orx_instance_leave(d->instance);
    d->job = NULL;
}

int orx_drive_each(orx_trial *t, orx_script script, orx_drive_fn fn, orx_err *err) {
    orx_instance *instance = NULL;
    int rc = orx_trial_plugin(t, err), tried = 0;
    if (rc >= 0)
        rc = orx_trial_instance(t, 0, &instance, err);
    if (rc < 0)
        return rc;
    orx_drive d = {.t = t, .instance = instance, .script = script, .seed = 0x9e3779b97f4a7c15};
    d.ops = &t->plugin.view.job;
    for (d.op = ORXAQ_OP_PROBE; d.op <= ORXAQ_OP_EMBED && rc >= 0; d.op++)
        if (t->plugin.view.provider.ops & ORXAQ_OP_BIT(d.op)) {
            rc = fn(&d, err);
            tried++;
        }
    d.ops = &t->plugin.view.sink_job;
    d.op = ORXAQ_OP_FLUSH;
    if (t->plugin.view.sink.struct_size && rc >= 0) {
        rc = fn(&d, err);
        tried++;
    }
    d.ops = &t->plugin.view.ingest_job;
    d.op = ORXAQ_OP_FETCH;
    if (t->plugin.view.ingest.struct_size && rc >= 0) {
        rc = fn(&d, err);
        tried++;
    }
    orx_instance_free(instance);
    return rc >= 0 && !tried ? orx_skips(err, "the module has no jobs") : rc;
}

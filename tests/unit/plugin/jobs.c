#include "jobs.h"

#include "test.h"

#include <stdlib.h>

heard here;
orxaq_exec jobs_exec;
orxaq_http jobs_http;

const orxaq_task_args jobs_args = {.struct_size = sizeof jobs_args};

static orx_instance *instance;
static bool exec_asked, exec_over;

static const char *const feed_names[] = {"?", "START", "HEAD", "FRAME", "FILE", "EXIT", "ERROR"};

int32_t jobs_note_feed(const orxaq_events *events, const orxaq_feed *feed) {
    (void)events;
    orx_str_addf(&here.feeds, "%s %u", feed_names[feed->kind], feed->effect);
    if (feed->kind == ORXAQ_FEED_FRAME)
        orx_str_adds(&here.feeds, feed->stream == ORXAQ_STREAM_ERR ? " err" : " out");
    if (feed->kind == ORXAQ_FEED_HEAD && !feed->name.len)
        orx_str_addf(&here.feeds, " %d", feed->code);
    if (feed->name.len)
        orx_str_addf(&here.feeds, " %.*s", (int)feed->name.len, feed->name.data);
    if (feed->kind == ORXAQ_FEED_EXIT || feed->kind == ORXAQ_FEED_ERROR)
        orx_str_addf(&here.feeds, " code=%d signal=%d reason=%d", feed->code, feed->signal,
                     feed->reason);
    if (feed->flags & ORXAQ_FEED_CUT)
        orx_str_adds(&here.feeds, " cut");
    if (feed->flags & ORXAQ_FEED_MISSING)
        orx_str_adds(&here.feeds, " missing");
    if (feed->data.len)
        orx_str_addf(&here.feeds, " %.*s", (int)feed->data.len, feed->data.data);
    orx_str_adds(&here.feeds, "\n");
    exec_over = exec_over || feed->kind == ORXAQ_FEED_EXIT || feed->kind == ORXAQ_FEED_ERROR;
    return ORXAQ_OK;
}

int32_t jobs_outcome(const orxaq_events *events, int32_t kind, const char *message) {
    const orxaq_outcome outcome = {.struct_size = sizeof outcome,
                                   .kind = kind,
                                   .retry_after_ms = -1,
                                   .message = orxaq_str(message)};
    return events->outcome(events, &outcome);
}

static int32_t next_one(const orxaq_events *events, orxaq_effect *effect, int32_t kind) {
    if (!exec_asked) {
        exec_asked = true;
        effect->kind = kind;
        effect->id = 1;
        effect->exec = kind == ORXAQ_EFFECT_EXEC ? &jobs_exec : NULL;
        effect->http = kind == ORXAQ_EFFECT_HTTP ? &jobs_http : NULL;
        return ORXAQ_NEXT_EFFECT;
    }
    if (!exec_over)
        return ORXAQ_NEXT_WAIT;
    jobs_outcome(events, ORXAQ_KIND_OK, "");
    return ORXAQ_NEXT_DONE;
}

int32_t jobs_next_one_exec(const orxaq_events *events, orxaq_effect *effect) {
    return next_one(events, effect, ORXAQ_EFFECT_EXEC);
}

int32_t jobs_next_one_http(const orxaq_events *events, orxaq_effect *effect) {
    return next_one(events, effect, ORXAQ_EFFECT_HTTP);
}

void jobs_reset(void) {
    static const orxaq_view argv[] = {{"agent", 5}, {"--go", 4}};
    const orxaq_plugin keep = tame_descriptor;
    const orxaq_host *host = tame_host;
    tame_reset();
    tame_descriptor = keep;
    tame_host = host;
    tame.feed = jobs_note_feed;
    orx_str_free(&here.events);
    orx_str_free(&here.feeds);
    here = (heard){0};
    exec_asked = exec_over = false;
    jobs_exec = (orxaq_exec){.struct_size = sizeof jobs_exec,
                             .argc = 2,
                             .argv = argv,
                             .stdout_framing = ORXAQ_FRAMING_LINES,
                             .stderr_framing = ORXAQ_FRAMING_LINES};
    jobs_http = (orxaq_http){
        .struct_size = sizeof jobs_http, .method = orxaq_str("GET"), .framing = ORXAQ_FRAMING_RAW};
}

/* ---- The caller's side --------------------------------------------------------------------- */

static void on_text(void *user, const orxaq_text *text) {
    (void)user;
    orx_str_addf(&here.events, "text:%.*s\n", (int)text->text.len, text->text.data);
}

static void on_tool(void *user, const orxaq_tool_call *call) {
    (void)user;
    orx_str_addf(&here.events, "tool:%.*s\n", (int)call->name.len, call->name.data);
}

static void on_usage(void *user, const orxaq_usage *usage) {
    (void)user;
    orx_str_addf(&here.events, "usage:%d:%d:%.*s:%lld:%lld\n", usage->scope, usage->mode,
                 (int)usage->key.len, usage->key.data, (long long)usage->input_tokens,
                 (long long)usage->cost_nano_usd);
}

static void on_session(void *user, const char *id) {
    (void)user;
    orx_str_addf(&here.events, "session:%s\n", id);
}

static void on_progress(void *user, const orxaq_progress *progress) {
    (void)user;
    orx_str_addf(&here.events, "progress:%lld\n", (long long)progress->done);
}

static void on_probe(void *user, const orxaq_probe *probe) {
    (void)user;
    orx_str_addf(&here.events, "probe:%d\n", probe->ready);
}

static void on_model(void *user, const orxaq_model *model) {
    (void)user;
    orx_str_addf(&here.events, "model:%.*s\n", (int)model->id.len, model->id.data);
}

static void on_embedding(void *user, const orxaq_embedding *embedding) {
    (void)user;
    orx_str_addf(&here.events, "embedding:%u\n", embedding->count);
}

static int on_spawned(void *user, int64_t pid, int64_t start, const char *const *argv,
                      orx_err *err) {
    (void)user;
    orx_str_addf(&here.events, "spawned:%lld:%lld:%s\n", (long long)pid, (long long)start, argv[0]);
    if (here.spawn_code < 0)
        return orx_err_set(err, here.spawn_code, "the journal cannot be written");
    return 0;
}

static void on_output(void *user, orx_stream stream, orx_view bytes) {
    (void)user;
    orx_str_addf(&here.events, "output:%d:%zu\n", (int)stream, bytes.len);
}

static void on_exited(void *user, const orx_proc_result *result) {
    (void)user;
    orx_str_addf(&here.events, "exited:%d\n", result->code);
}

static const orx_job_events events = {
    .text = on_text,
    .tool_call = on_tool,
    .usage = on_usage,
    .session = on_session,
    .progress = on_progress,
    .probe = on_probe,
    .model = on_model,
    .embedding = on_embedding,
    .spawned = on_spawned,
    .output = on_output,
    .exited = on_exited,
};

/* ---- Instances and runs -------------------------------------------------------------------- */

void jobs_instance_free(void) {
    orx_instance_free(instance);
    instance = NULL;
    orx_str_free(&here.events);
    orx_str_free(&here.feeds);
}

orx_instance *jobs_instance(world *w, const orxaq_config_key *keys, uint32_t count,
                            const char *settings) {
    orx_err err = ORX_ERR_INIT;
    jobs_instance_free();
    tame_reset();
    tame_descriptor.config = keys;
    tame_descriptor.config_count = count;
    orx_plugin_setup setup = world_plugin_setup(w);
    world_plugins(w, &setup);
    world_module(w, "tame", tame_query);
    const orx_instance_spec spec = {.plugin = world_load(w, "tame"),
                                    .name = "x",
                                    .settings = settings ? world_yaml(w, settings) : NULL};
    assert_ok(orx_instance_new(w->plugins, &spec, &instance, &err), &err);
    jobs_reset();
    return instance;
}

orx_job_spec jobs_spec(world *w) {
    static const char *const env[] = {"PATH=/bin", "LANG=C", NULL};
    const char *dir = world_path(w, "files");
    orx_mkdirs(w->p, dir, true, NULL);
    return (orx_job_spec){.instance = instance,
                          .kind = ORX_JOB_PROVIDER,
                          .op = ORXAQ_OP_TASK,
                          .args = &jobs_args,
                          .files_dir = dir,
                          .cwd = w->dir,
                          .env = env,
                          .events = &events};
}

const orx_job_result *jobs_run(world *w, const orx_job_spec *spec) {
    orx_err err = ORX_ERR_INIT;
    assert_ok(orx_job_start(w->p, spec, &here.job, &err), &err);
    int64_t limit = orx_mono_ns(w->p) + 20 * ORX_SEC;
    assert_ok(orx_loop_until(w->p, orx_job_done(here.job), limit), &err);
    here.result = *orx_job_result_of(here.job);
    here.result.message = orx_arena_strdup(&w->arena, here.result.message);
    here.result.summary = orx_arena_strdup(&w->arena, here.result.summary);
    here.result.session = orx_arena_strdup(&w->arena, here.result.session);
    orx_job_free(here.job);
    here.job = NULL;
    assert_int_equal(tame.closed, tame.opened);
    return &here.result;
}

#include "drive.h"

#include "test.h"

#include <stdlib.h>

int drive_setup(void **state, const char *name) {
    void *world_state = NULL;
    world_setup(&world_state);
    drive *d = orx_xcalloc(1, sizeof *d);
    d->w = world_state;
    d->w->p->modules = d->w->real_modules;
    orx_plugin_setup setup = world_plugin_setup(d->w);
    const char *build = getenv("ORX_BUILD_DIR");
    assert_non_null(build);
    const char **dirs = orx_arena_zalloc(&d->w->arena, 2, sizeof *dirs);
    dirs[0] = orx_arena_printf(&d->w->arena, "%s/plugins", build);
    setup.dirs = dirs;
    world_plugins(d->w, &setup);
    d->plugin = world_load(d->w, name);
    *state = d;
    return 0;
}

int drive_teardown(void **state) {
    drive *d = *state;
    orx_instance_free(d->instance);
    orx_str_free(&d->events);
    orx_str_free(&d->answer);
    void *world_state = d->w;
    free(d);
    return world_teardown(&world_state);
}

static int make(drive *d, const char *settings, orx_err *err) {
    const orx_instance_spec spec = {.plugin = d->plugin,
                                    .name = "x",
                                    .settings = settings ? world_yaml(d->w, settings) : NULL,
                                    .file = "orxaq.yaml",
                                    .path = "providers.x.settings",
                                    .secret = "env:ORX_TEST_SECRET"};
    orx_instance_free(d->instance);
    d->instance = NULL;
    return orx_instance_new(d->w->plugins, &spec, &d->instance, err);
}

void drive_instance(drive *d, const char *settings) {
    orx_err err = ORX_ERR_INIT;
    assert_ok(make(d, settings, &err), &err);
    d->task = (orxaq_task_args){.struct_size = sizeof d->task,
                                .sandbox = ORXAQ_SANDBOX_HOST,
                                .access = ORXAQ_ACCESS_WORKSPACE,
                                .prompt = orxaq_str("do it"),
                                .repo = orxaq_str(d->w->dir),
                                .files_dir = orxaq_str(world_path(d->w, "files"))};
}

const char *drive_refused(drive *d, const char *settings) {
    orx_err err = ORX_ERR_INIT;
    if (make(d, settings, &err) >= 0)
        fail_msg("these settings were accepted: %s", settings);
    return orx_arena_strdup(&d->w->arena, err.msg);
}

/* ---- What is heard ------------------------------------------------------------------------- */

static void on_text(void *user, const orxaq_text *text) {
    static const char *const names[] = {"?", "answer", "reasoning", "notice"};
    drive *d = user;
    orx_str_addf(&d->events, "%s%s %.*s\n", names[text->channel], text->delta ? "+" : "",
                 (int)text->text.len, text->text.data);
    if (text->channel == ORXAQ_TEXT_ANSWER)
        orx_str_add(&d->answer, text->text.data, (size_t)text->text.len);
}

static void on_tool(void *user, const orxaq_tool_call *call) {
    drive *d = user;
    orx_str_addf(&d->events, "tool %.*s\n", (int)call->name.len, call->name.data);
}

static void on_usage(void *user, const orxaq_usage *u) {
    static const char *const scopes[] = {"?", "request", "turn", "process", "session"};
    drive *d = user;
    orx_str_addf(&d->events, "usage %s %s %.*s in=%lld read=%lld write=%lld out=%lld reason=%lld ",
                 scopes[u->scope], u->mode == ORXAQ_USAGE_TOTAL ? "total" : "delta",
                 (int)u->key.len, u->key.data, (long long)u->input_tokens,
                 (long long)u->cache_read_tokens, (long long)u->cache_write_tokens,
                 (long long)u->output_tokens, (long long)u->reasoning_tokens);
    orx_str_addf(&d->events, "requests=%lld cost=%lld model=%.*s\n", (long long)u->requests,
                 (long long)u->cost_nano_usd, (int)u->model_answered.len, u->model_answered.data);
}

static void on_session(void *user, const char *id) {
    drive *d = user;
    orx_str_addf(&d->events, "session %s\n", id);
}

static void on_progress(void *user, const orxaq_progress *progress) {
    drive *d = user;
    orx_str_addf(&d->events, "progress %lld\n", (long long)progress->done);
}

static void on_probe(void *user, const orxaq_probe *probe) {
    drive *d = user;
    orx_str_addf(&d->events, "probe %d %.*s\n", probe->ready, (int)probe->version.len,
                 probe->version.data);
}

/* ---- Running ------------------------------------------------------------------------------- */

static orx_job_spec spec_of(drive *d, const orx_job_events *events) {
    const char *build = getenv("ORX_BUILD_DIR");
    const char **env = orx_arena_zalloc(&d->w->arena, 4, sizeof *env);
    const char *files = world_path(d->w, "files");
    env[0] = "PATH=/usr/local/bin:/usr/bin:/bin";
    env[1] = "LANG=C";
    env[2] = build ? orx_arena_printf(&d->w->arena, "ORX_BUILD_DIR=%s", build) : NULL;
    orx_remove_tree(d->w->p, files, NULL);
    orx_mkdirs(d->w->p, files, true, NULL);
    return (orx_job_spec){.instance = d->instance,
                          .files_dir = files,
                          .cwd = d->w->dir,
                          .env = env,
                          .events = events};
}

const orx_job_result *drive_op(drive *d, orx_job_kind kind, int32_t op, const void *args,
                               program *script) {
    orx_err err = ORX_ERR_INIT;
    const orx_job_events events = {.text = on_text,
                                   .tool_call = on_tool,
                                   .usage = on_usage,
                                   .session = on_session,
                                   .progress = on_progress,
                                   .probe = on_probe,
                                   .user = d};
    const struct orx_proc_ops *scripted = d->w->p->procs;
    if (!script)
        d->w->p->procs = d->w->real_procs;
    world_programs(d->w, script, script ? 1 : 0);
    orx_str_clear(&d->events);
    orx_str_clear(&d->answer);
    orx_job_spec spec = spec_of(d, &events);
    spec.kind = kind;
    spec.op = op;
    spec.args = args;
    spec.total_ns = 30 * ORX_SEC;
    assert_ok(orx_job_run(d->w->p, &spec, &d->w->arena, &d->result, &err), &err);
    d->w->p->procs = scripted;
    if (d->result.fault)
        fail_msg("the driver broke the rules: %s", d->result.message);
    return &d->result;
}

const orx_job_result *drive_task(drive *d, program *script) {
    return drive_op(d, ORX_JOB_PROVIDER, ORXAQ_OP_TASK, &d->task, script);
}

const orx_job_result *drive_output(drive *d, const char *text, int exit_code) {
    const step steps[] = {{.what = STEP_OUT, .bytes = text},
                          {.what = STEP_EXIT, .code = exit_code}};
    program script = {.steps = text ? steps : &steps[1]};
    const orx_job_result *result = drive_task(d, &script);
    world_programs(d->w, NULL, 0);
    return result;
}

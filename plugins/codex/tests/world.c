#include "world.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int world_begin(void **state) {
    world *w = calloc(1, sizeof *w);
    orx_err err = ORX_ERR_INIT;
    assert_ok(orx_platform_uv_new(&w->p, &err), &err);
    (void)snprintf(w->dir, sizeof w->dir, "/tmp/orxaq-codex.XXXXXX");
    assert_non_null(mkdtemp(w->dir));
    w->all = orx_plugins_new(w->p, NULL);
    w->play = "ok";
    w->model = w->session = w->schema = "";
    w->prompt = "the prompt";
    w->sandbox = ORXAQ_SANDBOX_VENDOR;
    w->access = ORXAQ_ACCESS_WORKSPACE;
    *state = w;
    return 0;
}

int world_end(void **state) {
    world *w = *state;
    orx_instance_free(w->instance);
    orx_plugins_free(w->all);
    (void)orx_remove_tree(w->p, w->dir, NULL);
    orx_platform_free(w->p);
    orx_str *const texts[] = {&w->answer, &w->notices, &w->reasoning,
                              &w->tools,  &w->models,  &w->cancel_at};
    for (size_t i = 0; i < ORX_ARRAY_LEN(texts); i++)
        orx_str_free(texts[i]);
    orx_arena_free(&w->arena);
    free(w);
    return 0;
}

/* The settings, in block or flow style, with `program` in front. */
static const char *settings_text(world *w, const char *settings) {
    const char *program =
        orx_arena_printf(&w->arena, "%s/plugins/codex/tests/replay", getenv("ORX_SOURCE_DIR"));
    if (strncmp(settings, "program:", 8) == 0)
        return settings;
    if (*settings == '{')
        return orx_arena_printf(&w->arena, "{program: %s, %s", program, settings + 1);
    return orx_arena_printf(&w->arena, "program: %s\n%s", program, settings);
}

int world_make(world *w, const char *settings, orx_err *err) {
    const orx_plugin_ref ref = {
        .path = orx_arena_printf(&w->arena, "%s/plugins/codex.so", getenv("ORX_BUILD_DIR"))};
    const char *text = settings_text(w, settings);
    const orx_plugin *plugin = NULL;
    const orx_node *tree = NULL;
    assert_ok(orx_plugins_load(w->all, &ref, &plugin, err), err);
    assert_ok(
        orx_yaml_parse(&w->arena, "s.yaml", orx_view_of(text), &orx_limits_config, &tree, err),
        err);
    orx_instance_free(w->instance);
    w->instance = NULL;
    const orx_instance_spec spec = {.plugin = plugin,
                                    .name = "x",
                                    .settings = tree,
                                    .file = "s.yaml",
                                    .path = "settings",
                                    .secret = w->secret};
    return orx_instance_new(w->all, &spec, &w->instance, err);
}

/* ---- Events ------------------------------------------------------------------------------- */

static void on_text(void *user, const orxaq_text *t) {
    world *w = user;
    orx_str *to = t->channel == ORXAQ_TEXT_ANSWER      ? &w->answer
                  : t->channel == ORXAQ_TEXT_REASONING ? &w->reasoning
                                                       : &w->notices;
    orx_str_add(to, t->text.data, (size_t)t->text.len);
    orx_str_addc(to, t->delta ? '+' : '|');
    if (w->cancel_at.len && strstr(orx_str_cstr(to), orx_str_cstr(&w->cancel_at)))
        orx_job_cancel(w->job, ORXAQ_CANCEL_ASKED);
}

static void copy(char *out, size_t size, orxaq_view v) {
    (void)snprintf(out, size, "%.*s", (int)v.len, v.len ? v.data : "");
}

static void on_usage(void *user, const orxaq_usage *u) {
    world *w = user;
    if (u->scope != ORXAQ_SCOPE_SESSION) {
        w->requests = u->requests;
        return;
    }
    w->usage = *u;
    copy(w->usage_key, sizeof w->usage_key, u->key);
    copy(w->model_answered, sizeof w->model_answered, u->model_answered);
    w->usages++;
}

static void on_tool(void *user, const orxaq_tool_call *c) {
    world *w = user;
    orx_str_addf(&w->tools, "%d %.*s %d %.*s %.*s;", c->phase, (int)c->name.len, c->name.data,
                 c->ok, (int)c->arguments.len, c->arguments.data, (int)c->result.len,
                 c->result.data);
}

static void on_probe(void *user, const orxaq_probe *p) {
    world *w = user;
    w->probe = *p;
    copy(w->probe_version, sizeof w->probe_version, p->version);
    w->probes++;
}

static void on_model(void *user, const orxaq_model *m) {
    world *w = user;
    orx_str_addf(&w->models, "%.*s %lld;", (int)m->id.len, m->id.data,
                 (long long)m->context_tokens);
}

/* ---- A run -------------------------------------------------------------------------------- */

static const char *const *environment(world *w) {
    const char **env = orx_arena_zalloc(&w->arena, 10, sizeof *env);
    size_t n = 0;
    env[n++] = "PATH=/usr/bin:/bin";
    env[n++] = orx_arena_printf(&w->arena, "OUT=%s", w->dir);
    env[n++] =
        orx_arena_printf(&w->arena, "DATA=%s/plugins/codex/tests/data", getenv("ORX_SOURCE_DIR"));
    env[n++] = orx_arena_printf(&w->arena, "PLAY=%s", w->play);
    if (w->resumed)
        env[n++] = orx_arena_printf(&w->arena, "RESUMED=%s", w->resumed);
    if (w->version)
        env[n++] = orx_arena_printf(&w->arena, "VERSION=%s", w->version);
    if (w->exit)
        env[n++] = orx_arena_printf(&w->arena, "EXIT=%s", w->exit);
    if (w->more_env)
        env[n++] = w->more_env;
    return env;
}

static void forget(world *w) {
    orx_str *const texts[] = {&w->answer, &w->notices, &w->reasoning, &w->tools, &w->models};
    for (size_t i = 0; i < ORX_ARRAY_LEN(texts); i++)
        orx_str_clear(texts[i]);
    w->usages = w->probes = 0;
    w->requests = -1;
    w->usage = (orxaq_usage){0};
    static const char *const files[] = {"args", "env", "stdin"};
    for (size_t i = 0; i < ORX_ARRAY_LEN(files); i++)
        (void)orx_unlink(w->p, orx_arena_printf(&w->arena, "%s/%s", w->dir, files[i]), NULL);
}

static void drive(world *w, int32_t op, const void *args) {
    const orx_job_events events = {.text = on_text,
                                   .usage = on_usage,
                                   .tool_call = on_tool,
                                   .probe = on_probe,
                                   .model = on_model,
                                   .user = w};
    const orx_job_spec spec = {
        .instance = w->instance,
        .kind = ORX_JOB_PROVIDER,
        .op = op,
        .args = args,
        .files_dir = w->dir,
        .env = environment(w),
        .events = &events,
        .total_ns = 300 * ORX_SEC,
        .idle_ns = w->idle_ns,
        .grace_ns = ORX_SEC,
    };
    orx_err err = ORX_ERR_INIT;
    assert_ok(orx_job_start(w->p, &spec, &w->job, &err), &err);
    while (!*orx_job_done(w->job))
        orx_loop_step(w->p, 100 * ORX_MS);
    w->result = *orx_job_result_of(w->job);
    w->result.message = orx_arena_strdup(&w->arena, w->result.message);
    w->result.summary = orx_arena_strdup(&w->arena, w->result.summary);
    w->result.blocker = orx_arena_strdup(&w->arena, w->result.blocker);
    w->result.commit = orx_arena_strdup(&w->arena, w->result.commit);
    w->result.session = w->result.session ? orx_arena_strdup(&w->arena, w->result.session) : NULL;
    orx_job_free(w->job);
    w->job = NULL;
}

const orx_job_result *world_run(world *w, int32_t op, const char *settings) {
    orx_err err = ORX_ERR_INIT;
    assert_ok(world_make(w, settings, &err), &err);
    forget(w);
    const orxaq_view state = orxaq_str(w->no_state_dir ? "" : "/the/state");
    const orxaq_task_args task = {
        .struct_size = sizeof task,
        .sandbox = w->sandbox,
        .access = w->access,
        .prompt = orxaq_str(w->prompt),
        .model = orxaq_str(w->model),
        .repo = orxaq_str(w->dir),
        .schema = orxaq_str(w->schema),
        .session = orxaq_str(w->session),
        .files_dir = orxaq_str(w->dir),
        .task_id = orxaq_str("t-1"),
        .state_dir = state,
    };
    const orxaq_probe_args probe = {
        .struct_size = sizeof probe, .files_dir = orxaq_str(w->dir), .state_dir = state};
    drive(w, op, op == ORXAQ_OP_TASK ? (const void *)&task : (const void *)&probe);
    return &w->result;
}

const char *world_given(world *w, const char *what) {
    const char *path = orx_arena_printf(&w->arena, "%s/%s", w->dir, what);
    orx_str text = {0};
    (void)orx_read_file(w->p, path, (size_t)8 << 20, &text, NULL);
    const char *copy_of = orx_arena_strdup(&w->arena, orx_str_cstr(&text));
    orx_str_free(&text);
    return copy_of;
}

const char *world_variable(world *w, const char *name) {
    orx_view rest = orx_view_of(world_given(w, "env")), line;
    size_t n = strlen(name);
    while (orx_view_split(&rest, '\n', &line))
        if (line.len > n && strncmp(line.p, name, n) == 0 && line.p[n] == '=')
            return orx_arena_dup(&w->arena, orx_view_mem(line.p + n + 1, line.len - n - 1));
    return NULL;
}

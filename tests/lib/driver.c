#include "driver.h"

static int on_secret(void *user, const char *reference, orx_str *ret_value, orx_err *err) {
    const driver *d = user;
    if (!d->secret || !*d->secret)
        return orx_err_set(err, ORX_E_NOT_FOUND, "the secret %s is not set", reference);
    orx_str_adds(ret_value, d->secret);
    return 0;
}

static const char *path_of(driver *d, const char *name) {
    return orx_arena_printf(&d->arena, "%s/%s", d->dir, name);
}

int driver_begin(void **state) {
    driver *d = calloc(1, sizeof *d);
    orx_err err = ORX_ERR_INIT;
    assert_ok(orx_platform_uv_new(&d->p, &err), &err);
    (void)snprintf(d->dir, sizeof d->dir, "/tmp/orxaq-driver.XXXXXX");
    assert_non_null(mkdtemp(d->dir));
    const orx_plugin_setup setup = {.secret = on_secret, .user = d};
    d->all = orx_plugins_new(d->p, &setup);
    static const char *const folders[] = {"files", "state", "repo", "seen"};
    for (size_t i = 0; i < sizeof folders / sizeof *folders; i++)
        assert_ok(orx_mkdirs(d->p, path_of(d, folders[i]), true, &err), &err);
    d->task = (orxaq_task_args){
        .struct_size = sizeof d->task,
        .sandbox = ORXAQ_SANDBOX_HOST,
        .access = ORXAQ_ACCESS_WORKSPACE,
        .prompt = orxaq_str("the prompt"),
        .repo = orxaq_str(path_of(d, "repo")),
        .files_dir = orxaq_str(path_of(d, "files")),
        .state_dir = orxaq_str(path_of(d, "state")),
        .task_id = orxaq_str("t-1"),
    };
    *state = d;
    return 0;
}

int driver_end(void **state) {
    driver *d = *state;
    orx_instance_free(d->instance);
    orx_plugins_free(d->all);
    (void)orx_remove_tree(d->p, d->dir, NULL);
    orx_platform_free(d->p);
    orx_str *const texts[] = {&d->answer, &d->reasoning, &d->notices, &d->tools, &d->models};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        orx_str_free(texts[i]);
    orx_arena_free(&d->arena);
    free(d);
    return 0;
}

int driver_make(driver *d, orx_err *err, const char *settings, ...) {
    char text[4096];
    va_list ap;
    va_start(ap, settings);
    (void)vsnprintf(text, sizeof text, settings, ap);
    va_end(ap);
    const orx_plugin_ref ref = {.path = orx_arena_printf(&d->arena, "%s/plugins/%s.so",
                                                         getenv("ORX_BUILD_DIR"), d->plugin)};
    const orx_plugin *plugin = NULL;
    const orx_node *tree = NULL;
    assert_ok(orx_plugins_load(d->all, &ref, &plugin, err), err);
    const char *copy = orx_arena_strdup(&d->arena, text);
    assert_ok(
        orx_yaml_parse(&d->arena, "s.yaml", orx_view_of(copy), &orx_limits_config, &tree, err),
        err);
    orx_instance_free(d->instance);
    d->instance = NULL;
    const orx_instance_spec spec = {.plugin = plugin,
                                    .name = "x",
                                    .settings = tree,
                                    .file = "s.yaml",
                                    .path = "settings",
                                    .secret = d->secret ? "env:THE_KEY" : NULL};
    return orx_instance_new(d->all, &spec, &d->instance, err);
}

/* ---- The program -------------------------------------------------------------------------------
 */

static void write_file(driver *d, const char *path, orx_view text, unsigned mode) {
    orx_err err = ORX_ERR_INIT;
    assert_ok(orx_write_replace(d->p, path, text, mode, &err), &err);
}

/* A recording ends where the program was stopped, hence the sleep that a signal ends. */
static const char *replay(driver *d, const char *recording, const char *errors, int code) {
    const char *program = path_of(d, "program");
    const char *seen = path_of(d, "seen");
    const char *end = code < 0 ? "exec sleep 60" : "exit $code";
    const char *text = orx_arena_printf(
        &d->arena,
        "#!/bin/sh\ncode=%d\nenv >%s/env\nprintf '%%s\\n' \"$@\" >%s/argv\npwd >%s/cwd\n"
        "cat >%s/stdin\n{ cat <&3 >%s/fd3; } 2>/dev/null\n[ -z '%s' ] || echo '%s' >&2\ncat "
        "'%s'\n%s\n",
        code, seen, seen, seen, seen, seen, errors ? errors : "", errors ? errors : "", recording,
        end);
    write_file(d, program, orx_view_of(text), 0700);
    return program;
}

const char *driver_replay(driver *d, const char *recording, const char *errors, int code) {
    return replay(d,
                  recording ? orx_arena_printf(&d->arena, "%s/plugins/%s/tests/recorded/%s",
                                               getenv("ORX_SOURCE_DIR"), d->plugin, recording)
                            : "/dev/null",
                  errors, code);
}

const char *driver_replay_text(driver *d, const char *text, const char *errors, int code) {
    const char *path = path_of(d, "text");
    write_file(d, path, orx_view_of(text), 0600);
    return replay(d, path, errors, code);
}

/* ---- Events ------------------------------------------------------------------------------------
 */

static void on_text(void *user, const orxaq_text *t) {
    driver *d = user;
    orx_str *out = t->channel == ORXAQ_TEXT_ANSWER      ? &d->answer
                   : t->channel == ORXAQ_TEXT_REASONING ? &d->reasoning
                                                        : &d->notices;
    orx_str_add(out, t->text.data, (size_t)t->text.len);
    if (!t->delta)
        orx_str_addc(out, '|');
}

static void add_view(orx_str *out, orxaq_view v, char behind) {
    orx_str_add(out, v.data, (size_t)v.len);
    orx_str_addc(out, behind);
}

static void on_tool(void *user, const orxaq_tool_call *c) {
    driver *d = user;
    orx_str_adds(&d->tools, c->phase == ORXAQ_TOOL_STARTED ? "start " : c->ok ? "ok " : "failed ");
    add_view(&d->tools, c->phase == ORXAQ_TOOL_STARTED ? c->name : c->result, ' ');
    add_view(&d->tools, c->arguments, '|');
}

static void on_usage(void *user, const orxaq_usage *u) {
    driver *d = user;
    assert_true(d->usage_count < DRIVER_USAGES);
    (void)snprintf(d->keys[d->usage_count], sizeof d->keys[0], "%.*s", (int)u->key.len,
                   u->key.data);
    (void)snprintf(d->answered, sizeof d->answered, "%.*s", (int)u->model_answered.len,
                   u->model_answered.data);
    d->usages[d->usage_count++] = *u;
}

static void on_probe(void *user, const orxaq_probe *p) {
    driver *d = user;
    d->ready = p->ready;
    (void)snprintf(d->version, sizeof d->version, "%.*s", (int)p->version.len, p->version.data);
    (void)snprintf(d->account, sizeof d->account, "%.*s", (int)p->account.len, p->account.data);
}

static void on_model(void *user, const orxaq_model *m) {
    driver *d = user;
    add_view(&d->models, m->id, '|');
}

static void forget(driver *d) {
    orx_str *const texts[] = {&d->answer, &d->reasoning, &d->notices, &d->tools, &d->models};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        orx_str_clear(texts[i]);
    d->usage_count = d->ready = 0;
    *d->version = *d->account = *d->answered = '\0';
    (void)orx_remove_tree(d->p, path_of(d, "seen"), NULL);
    (void)orx_mkdirs(d->p, path_of(d, "seen"), true, NULL);
}

const orx_job_result *driver_op(driver *d, int32_t op) {
    orx_err err = ORX_ERR_INIT;
    forget(d);
    const orxaq_probe_args probe = {.struct_size = sizeof probe,
                                    .files_dir = d->task.files_dir,
                                    .state_dir = d->task.state_dir};
    const orx_job_events events = {.text = on_text,
                                   .tool_call = on_tool,
                                   .usage = on_usage,
                                   .probe = on_probe,
                                   .model = on_model,
                                   .user = d};
    const char *const env[] = {"PATH=/usr/bin:/bin", "HOME=/nonexistent", "MY_KEY=key-value", NULL};
    const orx_job_spec spec = {
        .instance = d->instance,
        .kind = ORX_JOB_PROVIDER,
        .op = op,
        .args = op == ORXAQ_OP_TASK ? (const void *)&d->task : &probe,
        .files_dir = path_of(d, "files"),
        .env = env,
        .events = &events,
        .total_ns = 300 * ORX_SEC,
        .idle_ns = d->idle_ns,
    };
    assert_ok(orx_job_run(d->p, &spec, &d->arena, &d->result, &err), &err);
    return &d->result;
}

/* ---- What was seen ------------------------------------------------------------------------------
 */

const char *driver_file(driver *d, const char *name) {
    ORX_CLEANUP(orx_str_free) orx_str text = {0};
    const char *path =
        path_of(d, strchr(name, '/') ? name : orx_arena_printf(&d->arena, "seen/%s", name));
    if (orx_read_file(d->p, path, (size_t)64 << 20, &text, NULL) < 0)
        return NULL;
    return orx_arena_dup(&d->arena, orx_str_view(&text));
}

bool driver_has_arg(driver *d, const char *flag, const char *value) {
    const char *argv = driver_file(d, "argv");
    if (!argv)
        return false;
    const char *lines = orx_arena_printf(&d->arena, "\n%s", argv);
    const char *want = value ? orx_arena_printf(&d->arena, "\n%s\n%s\n", flag, value)
                             : orx_arena_printf(&d->arena, "\n%s\n", flag);
    return strstr(lines, want) != NULL;
}

const char *driver_env(driver *d, const char *name) {
    const char *env = driver_file(d, "env");
    const char *lines = orx_arena_printf(&d->arena, "\n%s", env ? env : "");
    const char *want = orx_arena_printf(&d->arena, "\n%s=", name);
    const char *at = strstr(lines, want);
    if (!at)
        return NULL;
    at += strlen(want);
    return orx_arena_dup(&d->arena, orx_view_mem(at, strcspn(at, "\n")));
}

static void add(int64_t *sum, int64_t more) {
    if (more >= 0)
        *sum = (*sum < 0 ? 0 : *sum) + more;
}

orxaq_usage driver_sum(const driver *d) {
    orxaq_usage sum = {.input_tokens = -1,
                       .cache_read_tokens = -1,
                       .cache_write_tokens = -1,
                       .output_tokens = -1,
                       .reasoning_tokens = -1,
                       .requests = -1,
                       .cost_nano_usd = -1};
    for (int i = 0; i < d->usage_count; i++) {
        const orxaq_usage *u = &d->usages[i];
        bool replaced = false;
        for (int j = i + 1; j < d->usage_count && u->mode == ORXAQ_USAGE_TOTAL; j++)
            replaced =
                replaced || (d->usages[j].scope == u->scope && !strcmp(d->keys[i], d->keys[j]));
        if (replaced)
            continue;
        add(&sum.input_tokens, u->input_tokens);
        add(&sum.cache_read_tokens, u->cache_read_tokens);
        add(&sum.cache_write_tokens, u->cache_write_tokens);
        add(&sum.output_tokens, u->output_tokens);
        add(&sum.reasoning_tokens, u->reasoning_tokens);
        add(&sum.requests, u->requests);
        add(&sum.cost_nano_usd, u->cost_nano_usd);
    }
    return sum;
}

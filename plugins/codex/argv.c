/* Command lines and environment. Retries, telemetry and update checks are off: the host retries,
 * with its own deadlines, while codex would wait for minutes or for ever. */
#include "codex.h"

#define KEY_VARIABLE  "ORXAQ_CODEX_KEY"
#define PROVIDER_NAME "orxaq"

/* Longest wait for the first byte; the program says something as soon as it runs. */
/* Its own children are gone after that, or will not go. */
#define GRACE_NS ((int64_t)2 * 1000000000)

#define FIRST_BYTE_NS ((int64_t)60 * 1000000000)

/* What a command run by the model sees of the environment. Everything else is left out, the key
 * first of all. */
static const char *const tool_names[] = {
    "PATH",
    "HOME",
    "USER",
    "SHELL",
    "LANG",
    "LC_*",
    "TZ",
    "TMPDIR",
    "XDG_*",
    "SSL_CERT_*",
    "*_proxy",
    "*_PROXY",
    "CI",
    "TERM",
    "NO_COLOR",
    "FORCE_COLOR",
    "CLICOLOR",
    "GIT_TERMINAL_PROMPT",
    "GIT_PAGER",
    "PIP_NO_INPUT",
    "PIP_DISABLE_PIP_VERSION_CHECK",
    "PIP_PROGRESS_BAR",
    "PYTHONUNBUFFERED",
    "DEBIAN_FRONTEND",
};

/* ---- Words -------------------------------------------------------------------------------- */

static codex_buf *new_word(codex_job *job) {
    if (job->argc == CODEX_ARGS_MAX) {
        job->no_memory = 1;
        return &job->words[CODEX_ARGS_MAX - 1];
    }
    return &job->words[job->argc++];
}

static void word(codex_job *job, const char *text) {
    codex_buf_adds(new_word(job), text);
}

static void view_word(codex_job *job, orxaq_view text) {
    codex_buf_add(new_word(job), text);
}

static void config(codex_job *job, const char *assignment) {
    word(job, "-c");
    word(job, assignment);
}

/* -c KEY="TEXT" */
static void config_text(codex_job *job, const char *key, orxaq_view text) {
    word(job, "-c");
    codex_buf *w = new_word(job);
    codex_buf_adds(w, key);
    codex_buf_adds(w, "=");
    codex_buf_add_toml(w, text);
}

/* Gives the finished words to the effect. */
static int32_t finish_words(codex_job *job) {
    for (uint32_t i = 0; i < job->argc; i++) {
        if (job->words[i].broken)
            job->no_memory = 1;
        job->argv[i] = codex_buf_view(&job->words[i]);
    }
    job->exec.argv = job->argv;
    job->exec.argc = job->argc;
    if (!job->no_memory)
        return ORXAQ_OK;
    return codex_explain(job->c, ORXAQ_E_LIMIT,
                         "the command line does not fit into memory or into its 192 words; set "
                         "fewer or shorter entries in config, disable and tool_env");
}

/* ---- Configuration ------------------------------------------------------------------------ */

static void endpoint(codex_job *job) {
    const codex *c = job->c;
    if (!codex_own_endpoint(c)) {
        if (c->model_provider.len)
            config_text(job, "model_provider", c->model_provider);
        return;
    }
    config_text(job, "model_provider", orxaq_str(PROVIDER_NAME));
    word(job, "-c");
    codex_buf *w = new_word(job);
    codex_buf_adds(w, "model_providers." PROVIDER_NAME "={name=\"" PROVIDER_NAME "\",base_url=");
    codex_buf_add_toml(w, c->base_url.len ? c->base_url : c->public_url);
    if (c->key)
        codex_buf_adds(w, ",env_key=\"" KEY_VARIABLE "\"");
    codex_buf_adds(w, ",wire_api=\"responses\",request_max_retries=0,stream_max_retries=0,"
                      "stream_idle_timeout_ms=");
    codex_buf_addi(w, c->stream_idle_ns / 1000000);
    codex_buf_adds(w, "}");
}

static void tool_environment(codex_job *job) {
    const orxaq_json_service *json = job->c->json;
    word(job, "-c");
    codex_buf *w = new_word(job);
    codex_buf_adds(w, "shell_environment_policy.include_only=[");
    for (size_t i = 0; i < sizeof tool_names / sizeof *tool_names; i++) {
        codex_buf_adds(w, i ? "," : "");
        codex_buf_add_toml(w, orxaq_str(tool_names[i]));
    }
    const orxaq_value *v = json->first(json->get(job->c->settings, "tool_env"));
    for (; v; v = json->next(v)) {
        codex_buf_adds(w, ",");
        codex_buf_add_toml(w, json->text(v, orxaq_str("")));
    }
    codex_buf_adds(w, "]");
}

static void disabled_features(codex_job *job) {
    const orxaq_json_service *json = job->c->json;
    word(job, "--disable");
    word(job, "unbounded_connection_retries");
    const orxaq_value *v = json->first(json->get(job->c->settings, "disable"));
    for (; v; v = json->next(v)) {
        word(job, "--disable");
        view_word(job, json->text(v, orxaq_str("")));
    }
}

/* The operator's own entries come last, so that they win. */
static void further_config(codex_job *job) {
    const orxaq_json_service *json = job->c->json;
    const orxaq_value *v = json->first(json->get(job->c->settings, "config"));
    for (; v; v = json->next(v)) {
        word(job, "-c");
        codex_buf *w = new_word(job);
        codex_buf_add(w, json->name(v));
        codex_buf_adds(w, "=");
        codex_buf_add(w, json->text(v, orxaq_str("")));
    }
}

/* What exec and app-server have in common. */
static void configuration(codex_job *job) {
    const codex *c = job->c;
    orxaq_view effort = job->task->effort.len ? job->task->effort : c->effort;
    disabled_features(job);
    config(job, "analytics.enabled=false");
    config(job, "check_for_update_on_startup=false");
    config_text(job, "web_search", c->web_search);
    config_text(job, "sandbox_mode", orxaq_str(codex_sandbox_mode(job)));
    endpoint(job);
    tool_environment(job);
    if (c->network)
        config(job, "sandbox_workspace_write.network_access=true");
    if (!c->project_docs)
        config(job, "project_doc_max_bytes=0");
    if (effort.len)
        config_text(job, "model_reasoning_effort", effort);
    further_config(job);
}

const char *codex_sandbox_mode(const codex_job *job) {
    static const char *const modes[] = {"read-only", "workspace-write", "danger-full-access"};
    const orxaq_task_args *a = job->task;
    orxaq_view set = job->c->sandbox;
    int granted = a->access == ORXAQ_ACCESS_READ ? 0 : a->access == ORXAQ_ACCESS_WORKSPACE ? 1 : 2;
    if (orxaq_view_is(set, "auto"))
        return a->sandbox == ORXAQ_SANDBOX_VENDOR ? modes[granted] : modes[2];
    /* Inside the host's own confinement codex's sandbox could not start any command. */
    if (a->sandbox == ORXAQ_SANDBOX_HOST)
        return orxaq_view_is(set, modes[2]) ? modes[2] : NULL;
    if (a->sandbox != ORXAQ_SANDBOX_VENDOR)
        granted = 2;
    for (int i = 0; i <= granted; i++)
        if (orxaq_view_is(set, modes[i]))
            return modes[i];
    return NULL;
}

/* ---- Environment -------------------------------------------------------------------------- */

static void variable(codex_job *job, const char *name, orxaq_view value, uint64_t secret) {
    job->env[job->exec.env_count++] = (orxaq_env){.struct_size = sizeof(orxaq_env),
                                                  .has_value = secret == 0,
                                                  .name = orxaq_str(name),
                                                  .value = value,
                                                  .secret = secret};
}

static orxaq_view private_folder(const codex_job *job) {
    if (job->task) {
        if (ORXAQ_HAS(job->task, state_dir) && job->task->state_dir.len)
            return job->task->state_dir;
        return job->task->files_dir;
    }
    if (ORXAQ_HAS(job->probe, state_dir) && job->probe->state_dir.len)
        return job->probe->state_dir;
    return job->probe->files_dir;
}

/* The login that `codex login` left is in the user's own folder, so that one is taken where codex
 * is to use it. */
static void environment(codex_job *job) {
    const codex *c = job->c;
    job->exec.env = job->env;
    variable(job, "RUST_LOG", orxaq_str("off"), 0);
    if (c->home.len)
        variable(job, "CODEX_HOME", c->home, 0);
    else if (codex_own_endpoint(c))
        variable(job, "CODEX_HOME", private_folder(job), 0);
    if (c->key && job->task)
        variable(job, KEY_VARIABLE, orxaq_view_of(NULL, 0), c->key);
}

/* ---- The programs ------------------------------------------------------------------------- */

/* The schema as a file: the host's own, or written beside the prompt. */
static void schema(codex_job *job) {
    const orxaq_task_args *a = job->task;
    if (!a->schema.len && !a->schema_path.len)
        return;
    word(job, "--output-schema");
    if (a->schema_path.len) {
        view_word(job, a->schema_path);
        return;
    }
    codex_buf *w = new_word(job);
    codex_buf_add(w, a->files_dir);
    codex_buf_adds(w, "/schema.json");
    job->schema_file = (orxaq_file){
        .struct_size = sizeof(orxaq_file), .path = orxaq_str("schema.json"), .bytes = a->schema};
    job->exec.before = &job->schema_file;
    job->exec.before_count = 1;
}

static void exec_words(codex_job *job) {
    const orxaq_task_args *a = job->task;
    int resume = a->session.len && !job->fresh;
    word(job, "exec");
    if (resume)
        word(job, "resume");
    word(job, "--json");
    word(job, "--skip-git-repo-check");
    word(job, "--ignore-rules");
    if (!job->c->user_config)
        word(job, "--ignore-user-config");
    if (job->c->ephemeral)
        word(job, "--ephemeral");
    configuration(job);
    if (a->model.len) {
        word(job, "-m");
        view_word(job, a->model);
    }
    schema(job);
    if (resume)
        view_word(job, a->session);
    word(job, "-");
    job->exec.stdin_bytes = a->prompt;
    job->exec.stdout_framing = ORXAQ_FRAMING_JSONL;
}

static void server_words(codex_job *job) {
    word(job, "app-server");
    configuration(job);
    codex_server_greet(job);
    job->exec.flags = ORXAQ_EXEC_INPUT_OPEN;
    job->exec.stdin_bytes = codex_buf_view(&job->sent);
    job->exec.stdout_framing = ORXAQ_FRAMING_JSONL;
}

static void small_words(codex_job *job) {
    if (job->want == CODEX_RUN_VERSION) {
        word(job, "--version");
    } else if (job->want == CODEX_RUN_LOGIN) {
        word(job, "login");
        word(job, "status");
    } else {
        word(job, "debug");
        word(job, "models");
        word(job, "--bundled");
    }
    job->exec.stdout_framing = ORXAQ_FRAMING_RAW;
    job->exec.total_ns = FIRST_BYTE_NS;
}

static void forget_words(codex_job *job) {
    for (uint32_t i = 0; i < job->argc; i++)
        codex_buf_clear(&job->words[i]);
    job->argc = 0;
}

int32_t codex_command(codex_job *job) {
    job->exec = (orxaq_exec){.struct_size = sizeof(orxaq_exec),
                             .stderr_framing = ORXAQ_FRAMING_LINES,
                             .stop = ORXAQ_STOP_INTERRUPT,
                             .grace_ns = GRACE_NS};
    forget_words(job);
    view_word(job, job->c->program);
    if (job->want == CODEX_RUN_EXEC || job->want == CODEX_RUN_SERVER) {
        if (!codex_sandbox_mode(job))
            return codex_explain(
                job->c, ORXAQ_E_DENIED,
                job->task->sandbox == ORXAQ_SANDBOX_VENDOR
                    ? "the setting sandbox asks for more than this task may do; use sandbox: auto, "
                      "or providers.NAME.sandbox: host and the host confines codex"
                    : "the setting sandbox asks for codex's own sandbox, which cannot start inside "
                      "the host's; use sandbox: auto, or providers.NAME.sandbox: vendor");
        job->exec.cwd = job->task->repo;
        job->exec.idle_ns = job->c->idle_ns;
        job->exec.first_byte_ns = FIRST_BYTE_NS;
        if (job->want == CODEX_RUN_EXEC)
            exec_words(job);
        else
            server_words(job);
    } else {
        small_words(job);
    }
    environment(job);
    return finish_words(job);
}

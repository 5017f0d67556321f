/* The command line and the environment of a task. */
#include "claude.h"

#include <stdio.h>

/* The schema and every other word must fit the kernel's 128 KiB per argument. */
#define WORD_MAX ((uint64_t)100 * 1024)

static void word(claude_job *job, orxaq_view text) {
    if (job->argc < CLAUDE_ARGS_MAX)
        job->argv[job->argc++] = text;
}

static void words(claude_job *job, const char *flag, orxaq_view value) {
    word(job, orxaq_str(flag));
    word(job, value);
}

static void variable(claude_job *job, const char *name, orxaq_view value) {
    if (job->envc < CLAUDE_ENV_MAX)
        job->env[job->envc++] = (orxaq_env){.struct_size = sizeof(orxaq_env),
                                            .has_value = 1,
                                            .name = orxaq_str(name),
                                            .value = value};
}

/* ---- The key --------------------------------------------------------------------------------- */

/* The program passes its environment on to every command that the model runs, so the key must not
 * be in it. The program also takes the key from a descriptor, which it reads once and closes and
 * which its commands do not get. Only the environment can carry a secret to us, hence this shell
 * between: it turns the variable into a pipe, forgets the variable and becomes the program. */
static const char over_a_pipe[] =
    "exec 3<<END\n$ORXAQ_CREDENTIAL\nEND\n"
    "unset ORXAQ_CREDENTIAL ANTHROPIC_API_KEY ANTHROPIC_AUTH_TOKEN CLAUDE_CODE_OAUTH_TOKEN\n"
    "exec \"$@\"\n";

static void add_secret(claude_job *job) {
    const claude *c = job->c;
    if (!c->secret)
        return;
    int token = orxaq_view_is(claude_text(c, "credential"), "token");
    variable(job,
             token ? "CLAUDE_CODE_OAUTH_TOKEN_FILE_DESCRIPTOR"
                   : "CLAUDE_CODE_API_KEY_FILE_DESCRIPTOR",
             orxaq_str("3"));
    job->env[job->envc++] = (orxaq_env){.struct_size = sizeof(orxaq_env),
                                        .name = orxaq_str("ORXAQ_CREDENTIAL"),
                                        .secret = c->secret};
    word(job, orxaq_str("/bin/sh"));
    words(job, "-c", orxaq_str(over_a_pipe));
    word(job, orxaq_str("orxaq-claude"));
}

/* ---- What the agent may do ------------------------------------------------------------------- */

static int only_reads(orxaq_view tool) {
    return orxaq_view_is(tool, "Read") || orxaq_view_is(tool, "Glob") ||
           orxaq_view_is(tool, "Grep");
}

/* The tools as one word, joined by commas: the flags that take lists would swallow what follows. */
static orxaq_view tool_list(claude_job *job, int reading) {
    const orxaq_json_service *json = job->c->json;
    const orxaq_value *v = json->first(claude_setting(job->c, "tools"));
    size_t len = 0;
    for (; v; v = json->next(v)) {
        orxaq_view tool = json->text(v, orxaq_str(""));
        if (len + tool.len + 2 > sizeof job->tools || (reading && !only_reads(tool)))
            continue;
        if (len)
            job->tools[len++] = ',';
        memcpy(job->tools + len, tool.data, (size_t)tool.len);
        len += (size_t)tool.len;
    }
    return orxaq_view_of(job->tools, len);
}

/* Where the host confines the agent, asking for each step would only add refusals that nobody can
 * answer; where it does not, the program's own rules stay on: edits below the working directory
 * and the tools offered, nothing else. As root the program skips its questions only when it is told
 * that somebody provides a sandbox, which is said only when it is so. */
static void add_access(claude_job *job) {
    const orxaq_task_args *a = job->args;
    int reading = a->access == ORXAQ_ACCESS_READ;
    orxaq_view tools = tool_list(job, reading);
    words(job, "--tools", tools);
    if (a->sandbox == ORXAQ_SANDBOX_HOST)
        variable(job, "IS_SANDBOX", orxaq_str("1"));
    if (reading)
        words(job, "--permission-mode", orxaq_str("dontAsk"));
    else if (a->sandbox == ORXAQ_SANDBOX_HOST || a->access == ORXAQ_ACCESS_ELEVATED)
        words(job, "--permission-mode", orxaq_str("bypassPermissions"));
    else {
        words(job, "--permission-mode", orxaq_str("acceptEdits"));
        words(job, "--allowedTools", tools);
    }
}

/* ---- The rest -------------------------------------------------------------------------------- */

/* A random UUID (RFC 9562, version 4). */
static int make_uuid(claude_job *job) {
    unsigned char b[16];
    if (job->c->random->fill(job->c->host, b, sizeof b) < 0)
        return 0;
    b[6] = (unsigned char)((b[6] & 0x0f) | 0x40);
    b[8] = (unsigned char)((b[8] & 0x3f) | 0x80);
    char *out = job->session;
    for (size_t i = 0; i < sizeof b; i++) {
        int n = snprintf(out, 4, i == 4 || i == 6 || i == 8 || i == 10 ? "-%02x" : "%02x", b[i]);
        out += n;
    }
    return 1;
}

static orxaq_view state_dir(const claude_job *job) {
    orxaq_view own = claude_text(job->c, "config_dir");
    if (own.len)
        return own;
    return ORXAQ_HAS(job->args, state_dir) ? job->args->state_dir : orxaq_str("");
}

/* Without a folder that outlives the job a session is of no use to anybody. */
static void add_session(claude_job *job) {
    if (job->args->session.len)
        words(job, "--resume", job->args->session);
    else if (state_dir(job).len && make_uuid(job))
        words(job, "--session-id", orxaq_str(job->session));
    else if (!state_dir(job).len)
        word(job, orxaq_str("--no-session-persistence"));
}

static void add_limits(claude_job *job) {
    const orxaq_task_args *a = job->args;
    if (a->max_turns > 0) {
        (void)snprintf(job->turns, sizeof job->turns, "%lld", (long long)a->max_turns);
        words(job, "--max-turns", orxaq_str(job->turns));
    }
    if (a->max_cost_nano_usd > 0) {
        long long nano = a->max_cost_nano_usd;
        (void)snprintf(job->budget, sizeof job->budget, "%lld.%09lld", nano / 1000000000,
                       nano % 1000000000);
        words(job, "--max-budget-usd", orxaq_str(job->budget));
    }
}

static void add_list(claude_job *job, const orxaq_value *list) {
    const orxaq_json_service *json = job->c->json;
    for (const orxaq_value *v = json->first(list); v; v = json->next(v))
        word(job, json->text(v, orxaq_str("")));
}

static int32_t add_words(claude_job *job) {
    static const char *const fixed[] = {"-p",
                                        "--output-format",
                                        "stream-json",
                                        "--verbose",
                                        "--include-partial-messages",
                                        "--setting-sources",
                                        "",
                                        "--strict-mcp-config",
                                        "--disable-slash-commands"};
    const claude *c = job->c;
    const orxaq_task_args *a = job->args;
    word(job, claude_text(c, "program"));
    for (size_t i = 0; i < sizeof fixed / sizeof *fixed; i++)
        word(job, orxaq_str(fixed[i]));
    if (a->model.len)
        words(job, "--model", a->model);
    if (a->effort.len)
        words(job, "--effort", a->effort);
    add_access(job);
    if (claude_text(c, "mcp_config").len)
        words(job, "--mcp-config", claude_text(c, "mcp_config"));
    if (a->schema.len && c->json->boolean(claude_setting(c, "structured"), 0))
        words(job, "--json-schema", a->schema);
    add_limits(job);
    add_session(job);
    if (job->argc + c->json->count(claude_setting(c, "args")) > CLAUDE_ARGS_MAX)
        return claude_explain(c, ORXAQ_E_LIMIT, "args has too many words; expected at most 48");
    add_list(job, claude_setting(c, "args"));
    return ORXAQ_OK;
}

static orxaq_view below(char *path, size_t size, orxaq_view dir, const char *name) {
    int n = snprintf(path, size, "%.*s/%s", (int)dir.len, dir.data ? dir.data : "", name);
    return orxaq_view_of(path, n > 0 && (size_t)n < size ? (uint64_t)n : 0);
}

static orxaq_view milliseconds(const claude_job *job, const char *key, char out[24]) {
    int64_t ns = job->c->json->integer(claude_setting(job->c, key), 0);
    (void)snprintf(out, 24, "%lld", (long long)(ns / 1000000));
    return orxaq_str(out);
}

static void add_variables(claude_job *job) {
    const claude *c = job->c;
    const orxaq_json_service *json = c->json;
    const orxaq_value *v = json->first(claude_setting(c, "env"));
    for (; v && job->envc < CLAUDE_ENV_MAX / 2; v = json->next(v))
        variable(job, json->name(v).data, json->text(v, orxaq_str("")));
    /* Telemetry, update checks and everything else that is not a request to the model. */
    variable(job, "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC", orxaq_str("1"));
    /* The program would retry for minutes to an hour and say nothing; retries are the host's. */
    variable(job, "CLAUDE_CODE_MAX_RETRIES", orxaq_str("0"));
    variable(job, "CLAUDE_CODE_DISABLE_NONSTREAMING_FALLBACK", orxaq_str("1"));
    variable(job, "API_TIMEOUT_MS", milliseconds(job, "request_timeout", job->timeouts[0]));
    variable(job, "CLAUDE_ENABLE_BYTE_WATCHDOG", orxaq_str("1"));
    variable(job, "CLAUDE_BYTE_STREAM_IDLE_TIMEOUT_MS",
             milliseconds(job, "stream_timeout", job->timeouts[1]));
    if (claude_text(c, "base_url").len)
        variable(job, "ANTHROPIC_BASE_URL", claude_text(c, "base_url"));
    orxaq_view state = state_dir(job);
    variable(job, "CLAUDE_CONFIG_DIR",
             state.len
                 ? state
                 : below(job->paths[0], sizeof job->paths[0], job->args->files_dir, "config"));
    /* Sockets and scratch files with pieces of the conversation go where the host removes them. */
    variable(job, "TMPDIR",
             below(job->paths[1], sizeof job->paths[1], job->args->files_dir, "tmp"));
    job->tmp = (orxaq_file){.struct_size = sizeof(orxaq_file), .path = orxaq_str("tmp/.keep")};
}

int32_t claude_words(claude_job *job) {
    const claude *c = job->c;
    const orxaq_task_args *a = job->args;
    if (a->sandbox == ORXAQ_SANDBOX_VENDOR)
        return claude_explain(c, ORXAQ_E_UNSUPPORTED,
                              "claude does not confine itself; expected sandbox: host or none");
    if (a->schema.len > WORD_MAX)
        return claude_explain(c, ORXAQ_E_LIMIT,
                              "the result's schema is longer than 100 KiB; shorten it or set "
                              "structured: false");
    if (a->session.len && a->session.data[0] == '-')
        return claude_explain(c, ORXAQ_E_INVALID, "the session to resume is no session id");
    add_secret(job);
    add_variables(job);
    return add_words(job);
}

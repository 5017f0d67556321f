/* The program's settings file, its command line and environment. */
#include "gemini.h"

#include <stdio.h>
#include <stdlib.h>

static void word(gemini_job *job, orxaq_view text) {
    if (job->argc < GEMINI_ARGS_MAX)
        job->argv[job->argc++] = text;
}

static void words(gemini_job *job, const char *flag, orxaq_view value) {
    word(job, orxaq_str(flag));
    word(job, value);
}

static void variable(gemini_job *job, const char *name, orxaq_view value) {
    if (job->envc < GEMINI_ENV_MAX)
        job->env[job->envc++] = (orxaq_env){.struct_size = sizeof(orxaq_env),
                                            .has_value = 1,
                                            .name = orxaq_str(name),
                                            .value = value};
}

static orxaq_view below(char *path, size_t size, orxaq_view dir, const char *name) {
    int n = snprintf(path, size, "%.*s/%s", (int)dir.len, dir.data ? dir.data : "", name);
    return orxaq_view_of(path, n > 0 && (size_t)n < size ? (uint64_t)n : 0);
}

/* ---- settings.json ------------------------------------------------------------------------------
 */

/* Members of a map: a word is set to a text, a truth or a number. */
static void put_text(const orxaq_json_service *json, orxaq_writer *w, const char *key,
                     const char *value) {
    json->key(w, orxaq_str(key));
    json->put_text(w, orxaq_str(value));
}

static void put_truth(const orxaq_json_service *json, orxaq_writer *w, const char *key,
                      int32_t value) {
    json->key(w, orxaq_str(key));
    json->put_boolean(w, value);
}

static void begin(const orxaq_json_service *json, orxaq_writer *w, const char *key) {
    json->key(w, orxaq_str(key));
    json->begin_map(w);
}

/* With an address of its own and no stated kind of identification the program picks one that it
 * then refuses. The redaction keeps the key out of the environment of commands. */
static void write_security(const gemini *c, orxaq_writer *w) {
    orxaq_view auth = gemini_text(c, "auth");
    begin(c->json, w, "security");
    begin(c->json, w, "auth");
    put_text(c->json, w, "selectedType",
             orxaq_view_is(auth, "vertex")  ? "vertex-ai"
             : orxaq_view_is(auth, "login") ? "oauth-personal"
                                            : "gemini-api-key");
    c->json->end_map(w);
    begin(c->json, w, "folderTrust");
    put_truth(c->json, w, "enabled", 0);
    c->json->end_map(w);
    begin(c->json, w, "environmentVariableRedaction");
    put_truth(c->json, w, "enabled", 1);
    c->json->end_map(w);
    c->json->end_map(w);
}

/* No reports to anybody, no updates, one try per request: retries are the host's. */
static void write_general(const gemini *c, orxaq_writer *w) {
    begin(c->json, w, "privacy");
    put_truth(c->json, w, "usageStatisticsEnabled", 0);
    c->json->end_map(w);
    begin(c->json, w, "telemetry");
    put_truth(c->json, w, "enabled", 0);
    c->json->end_map(w);
    begin(c->json, w, "general");
    put_truth(c->json, w, "enableAutoUpdate", 0);
    put_truth(c->json, w, "enableAutoUpdateNotification", 0);
    c->json->key(w, orxaq_str("maxAttempts"));
    c->json->put_integer(w, 1);
    put_truth(c->json, w, "retryFetchErrors", 0);
    c->json->end_map(w);
}

static void write_options(const gemini_job *job, orxaq_writer *w) {
    const gemini *c = job->c;
    const orxaq_value *servers = NULL;
    orxaq_view text = gemini_text(c, "mcp_servers");
    if (job->args->max_turns > 0) {
        begin(c->json, w, "model");
        c->json->key(w, orxaq_str("maxSessionTurns"));
        c->json->put_integer(w, job->args->max_turns);
        c->json->end_map(w);
    }
    if (text.len && c->json->parse(c->host, text, &servers) == ORXAQ_OK) {
        c->json->key(w, orxaq_str("mcpServers"));
        c->json->put_value(w, servers);
    }
}

static int32_t write_settings(gemini_job *job) {
    const orxaq_json_service *json = job->c->json;
    orxaq_view text;
    orxaq_writer *w = json->writer(job->c->host);
    json->begin_map(w);
    write_security(job->c, w);
    write_general(job->c, w);
    write_options(job, w);
    json->end_map(w);
    int32_t code = json->finish(w, &text);
    if (code != ORXAQ_OK)
        return code;
    job->settings_text = malloc((size_t)text.len + 1);
    if (!job->settings_text)
        return ORXAQ_E_MEMORY;
    memcpy(job->settings_text, text.data, (size_t)text.len);
    job->files[1] = (orxaq_file){.struct_size = sizeof(orxaq_file),
                                 .path = orxaq_str("home/.gemini/settings.json"),
                                 .bytes = orxaq_view_of(job->settings_text, text.len)};
    return ORXAQ_OK;
}

/* ---- Where it lives ----------------------------------------------------------------------------
 */

/* Files can be written for us into the folder of the job only, while sessions must be kept in the
 * provider's own. So the settings are written there, and this brings them to the other. */
static const char move_in[] =
    "mkdir -p \"$GEMINI_CLI_HOME/.gemini\" &&\n"
    "cp \"$TMPDIR/../home/.gemini/settings.json\" \"$GEMINI_CLI_HOME/.gemini/settings.$$\" &&\n"
    "mv -f \"$GEMINI_CLI_HOME/.gemini/settings.$$\" \"$GEMINI_CLI_HOME/.gemini/settings.json\" &&\n"
    "exec \"$@\"\n";

static orxaq_view kept_dir(const gemini_job *job) {
    return ORXAQ_HAS(job->args, state_dir) ? job->args->state_dir : orxaq_str("");
}

/* Sets the home and what must stand before the program; 0 or a negative code. */
static int32_t add_home(gemini_job *job) {
    orxaq_view own = gemini_text(job->c, "home");
    orxaq_view kept = kept_dir(job);
    job->files[0] = (orxaq_file){.struct_size = sizeof(orxaq_file), .path = orxaq_str("tmp/.keep")};
    if (own.len) {
        variable(job, "GEMINI_CLI_HOME", own);
        job->exec.before_count = 1;
        return ORXAQ_OK;
    }
    variable(job, "GEMINI_CLI_HOME",
             kept.len ? kept
                      : below(job->paths[0], sizeof job->paths[0], job->args->files_dir, "home"));
    if (kept.len) {
        word(job, orxaq_str("/bin/sh"));
        words(job, "-c", orxaq_str(move_in));
        word(job, orxaq_str("orxaq-gemini"));
    }
    job->exec.before_count = 2;
    return write_settings(job);
}

/* A random UUID (RFC 9562, version 4). */
static int make_uuid(gemini_job *job) {
    unsigned char b[16];
    if (job->c->random->fill(job->c->host, b, sizeof b) < 0)
        return 0;
    b[6] = (unsigned char)((b[6] & 0x0f) | 0x40);
    b[8] = (unsigned char)((b[8] & 0x3f) | 0x80);
    char *out = job->session;
    for (size_t i = 0; i < sizeof b; i++)
        out += snprintf(out, 4, i == 4 || i == 6 || i == 8 || i == 10 ? "-%02x" : "%02x", b[i]);
    return 1;
}

/* ---- Words and variables
 * ------------------------------------------------------------------------- */

/* What the agent may do is said as a policy, not as a mode of approval. The program takes a mode
 * only in a folder that it trusts, and there it also obeys the repository's own .gemini: its
 * settings, hooks and .env files could give the key away or begin programs, and an agent could have
 * written them. So the folder is not trusted, unless servers for the agent (which need it) or a
 * home of the operator's are configured. */
static const char all_tools[] =
    "[[rule]]\ntoolName = [\"enter_plan_mode\", \"ask_user\"]\ndecision = \"deny\"\npriority = "
    "999\n\n"
    "[[rule]]\ntoolName = \"*\"\ndecision = \"allow\"\npriority = 998\nallowRedirection = true\n";

/* Where nobody confines it: edits, which it keeps below the working directory, and commands. */
static const char some_tools[] =
    "[[rule]]\ntoolName = [\"write_file\", \"replace\", \"run_shell_command\"]\n"
    "decision = \"allow\"\npriority = 998\nallowRedirection = true\n";

static int is_trusted(const gemini_job *job) {
    return gemini_text(job->c, "mcp_servers").len || gemini_text(job->c, "home").len;
}

static void add_policy(gemini_job *job, const char *policy) {
    job->files[job->exec.before_count++] = (orxaq_file){.struct_size = sizeof(orxaq_file),
                                                        .path = orxaq_str("policy.toml"),
                                                        .bytes = orxaq_str(policy)};
    words(job, "--policy",
          below(job->paths[2], sizeof job->paths[2], job->args->files_dir, "policy.toml"));
}

static void add_access(gemini_job *job) {
    const orxaq_task_args *a = job->args;
    int free_hand = a->sandbox == ORXAQ_SANDBOX_HOST || a->access == ORXAQ_ACCESS_ELEVATED;
    variable(job, "GEMINI_CLI_TRUST_WORKSPACE", orxaq_str(is_trusted(job) ? "true" : "false"));
    words(job, "--approval-mode", orxaq_str("default"));
    if (a->access != ORXAQ_ACCESS_READ)
        add_policy(job, free_hand ? all_tools : some_tools);
}

static int32_t add_list(gemini_job *job, const char *key) {
    const orxaq_json_service *json = job->c->json;
    const orxaq_value *v = json->first(gemini_setting(job->c, key));
    if (json->count(gemini_setting(job->c, key)) > GEMINI_ARGS_MAX / 3)
        return gemini_explain(job->c, ORXAQ_E_LIMIT,
                              "program or args has too many words; expected at most 21");
    for (; v; v = json->next(v))
        word(job, json->text(v, orxaq_str("")));
    return ORXAQ_OK;
}

static int32_t add_words(gemini_job *job) {
    const orxaq_task_args *a = job->args;
    int32_t code = add_list(job, "program");
    if (code != ORXAQ_OK)
        return code;
    if (a->model.len)
        words(job, "-m", a->model);
    words(job, "--output-format", orxaq_str("stream-json"));
    add_access(job);
    if (a->session.len)
        words(job, "--resume", a->session);
    else if (make_uuid(job))
        words(job, "--session-id", orxaq_str(job->session));
    return add_list(job, "args");
}

static void add_variables(gemini_job *job) {
    const gemini *c = job->c;
    const orxaq_value *v = c->json->first(gemini_setting(c, "env"));
    for (; v && job->envc < GEMINI_ENV_MAX / 2; v = c->json->next(v))
        variable(job, c->json->name(v).data, c->json->text(v, orxaq_str("")));
    /* Otherwise a second process does the work, and the first passes no signal on. */
    variable(job, "GEMINI_CLI_NO_RELAUNCH", orxaq_str("true"));
    if (gemini_text(c, "base_url").len)
        variable(job, "GOOGLE_GEMINI_BASE_URL", gemini_text(c, "base_url"));
    /* Error reports with the whole conversation go where the host removes them. */
    variable(job, "TMPDIR",
             below(job->paths[1], sizeof job->paths[1], job->args->files_dir, "tmp"));
    if (c->secret)
        job->env[job->envc++] = (orxaq_env){.struct_size = sizeof(orxaq_env),
                                            .name = orxaq_str("GEMINI_API_KEY"),
                                            .secret = c->secret};
}

int32_t gemini_prepare(gemini_job *job) {
    const gemini *c = job->c;
    const orxaq_task_args *a = job->args;
    if (a->sandbox == ORXAQ_SANDBOX_VENDOR)
        return gemini_explain(c, ORXAQ_E_UNSUPPORTED,
                              "gemini does not confine itself; expected sandbox: host or none");
    if (a->session.len && a->session.data[0] == '-')
        return gemini_explain(c, ORXAQ_E_INVALID, "the session to resume is no session id");
    add_variables(job);
    int32_t code = add_home(job);
    return code == ORXAQ_OK ? add_words(job) : code;
}

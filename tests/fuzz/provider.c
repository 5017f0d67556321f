#include "provider.h"

#include "data/yaml.h"
#include "platform/files.h"
#include "platform/sim/http.h"
#include "plugin/job.h"
#include "plugin/registry.h"

#include <orxaq/orxaq.h>

#define ORIGIN "http://127.0.0.1:1234"

typedef struct input {
    char op, end, settings, pieces;
    orx_view rest; /* what was not said yet */
    size_t begun;  /* programs and answers that said something */
} input;

static void take_input(orx_view all, input *in) {
    *in = (input){.op = 't', .end = '0', .settings = '0', .pieces = '0', .rest = all};
    orx_view line;
    if (!all.len || all.p[0] != '#' || !orx_view_split(&in->rest, '\n', &line))
        return;
    char *const chosen[] = {&in->op, &in->end, &in->settings, &in->pieces};
    for (size_t i = 0; i < ORX_ARRAY_LEN(chosen) && i + 1 < line.len; i++)
        *chosen[i] = line.p[i + 1];
    if (!in->rest.p)
        in->rest = orx_view_mem("", 0);
}

/* What comes next, up to the byte. */
static orx_view take_until(orx_view *rest, char byte) {
    const char *end = rest->len ? memchr(rest->p, byte, rest->len) : NULL;
    orx_view part = {rest->p, end ? (size_t)(end - rest->p) : rest->len};
    size_t gone = part.len + (end ? 1 : 0);
    *rest = (orx_view){rest->p + gone, rest->len - gone};
    return part;
}

/* ---- The other side -------------------------------------------------------------------------- */

static bool asked_for_version(const orx_sim_prog *prog) {
    for (int i = 1; i < orx_sim_argc(prog); i++)
        if (strcmp(orx_sim_argv(prog, i), "--version") == 0)
            return true;
    return false;
}

/* Reads until the cue came, or the end. */
static void wait_for(orx_sim_prog *prog, orx_str *heard, const char *cue) {
    char bytes[4096];
    size_t n = 1;
    while (n && orx_view_find(orx_str_view(heard), cue) < 0) {
        n = orx_sim_read_some(prog, bytes, sizeof bytes);
        orx_str_add(heard, bytes, n);
    }
}

static void greet(orx_sim_prog *prog, const char *greeting) {
    ORX_CLEANUP(orx_str_free) orx_str heard = {0};
    wait_for(prog, &heard, provider_target_of.cues[0]);
    orx_sim_print(prog, ORX_STDOUT, orx_view_of(greeting));
    wait_for(prog, &heard, provider_target_of.cues[1]);
}

static int program(orx_sim_prog *prog, void *user) {
    input *in = user;
    const provider_target *t = &provider_target_of;
    const char *greeting = t->greeting ? t->greeting(in->settings - '0', in->rest) : NULL;
    if (t->version && in->op != 'p' && asked_for_version(prog)) {
        orx_sim_printf(prog, ORX_STDOUT, "%s\n", t->version);
        return 0;
    }
    if (greeting && in->op == 't')
        greet(prog, greeting);
    orx_view said = take_until(&in->rest, '\x1e');
    in->begun++;
    for (bool err = false; said.len; err = !err) {
        orx_view part = take_until(&said, '\x1f');
        if (part.len)
            orx_sim_print(prog, err ? ORX_STDERR : ORX_STDOUT, part);
    }
    if (in->end == 'h')
        orx_sim_sleep(prog, 3600 * ORX_SEC);
    return in->end >= '0' && in->end <= '9' ? in->end - '0' : 1;
}

/* "404" on the first line is the status. */
static int take_status(orx_view *said) {
    orx_view rest = *said;
    orx_view line;
    int64_t status;
    if (!said->len || !orx_view_split(&rest, '\n', &line) || line.len != 3 ||
        !orx_view_to_i64(line, &status) || status < 200 || status > 599)
        return 200;
    *said = rest.p ? rest : orx_view_mem("", 0);
    return (int)status;
}

static void endpoint(const orx_sim_request *request, orx_sim_reply *reply, void *user) {
    input *in = user;
    orx_view said = take_until(&in->rest, '\x1e');
    int status = take_status(&said);
    in->begun++;
    FUZZ_CHECK(orx_view_is_utf8(request->body));
    bool events = orx_view_starts(said, "data:") || orx_view_starts(said, "event:");
    orx_sim_reply_header(reply, "Content-Type", events ? "text/event-stream" : "application/json");
    orx_sim_reply_head(reply, status);
    if (said.len)
        orx_sim_reply_body(reply, said);
    orx_sim_reply_end(reply, in->end == 'c'   ? ORX_SIM_REPLY_CUT
                             : in->end == 'h' ? ORX_SIM_REPLY_STALL
                             : in->end == 'm' ? ORX_SIM_REPLY_MALFORMED
                                              : ORX_SIM_REPLY_DONE);
}

/* ---- The caller ------------------------------------------------------------------------------ */

static void check_number(int64_t n, int64_t most) {
    FUZZ_CHECK(n >= -1 && n <= most);
}

static void heard_usage(void *user, const orxaq_usage *u) {
    (void)user;
    check_number(u->input_tokens, ORX_JOB_TOKENS_MAX);
    check_number(u->cache_read_tokens, ORX_JOB_TOKENS_MAX);
    check_number(u->cache_write_tokens, ORX_JOB_TOKENS_MAX);
    check_number(u->output_tokens, ORX_JOB_TOKENS_MAX);
    check_number(u->reasoning_tokens, ORX_JOB_TOKENS_MAX);
    check_number(u->requests, ORX_JOB_TOKENS_MAX);
    check_number(u->cost_nano_usd, ORX_JOB_COST_MAX);
}

static void heard_session(void *user, const char *id) {
    (void)user;
    FUZZ_CHECK(*id && orx_view_is_utf8(orx_view_of(id)));
}

static int on_secret(void *user, const char *reference, orx_str *ret_value, orx_err *err) {
    (void)user, (void)reference, (void)err;
    orx_str_adds(ret_value, "the-key");
    return 0;
}

static const orxaq_task_args task = {.struct_size = sizeof task,
                                     .sandbox = ORXAQ_SANDBOX_HOST,
                                     .access = ORXAQ_ACCESS_WORKSPACE,
                                     .prompt = {"do it", 5},
                                     .model = {"model-1", 7},
                                     .repo = {"/repo", 5},
                                     .files_dir = {"/files", 6},
                                     .state_dir = {"/state", 6},
                                     .schema_path = {"/files/schema.json", 18},
                                     .schema = {"{\"type\":\"object\"}", 17},
                                     .task_id = {"t-1", 3}};
static const orxaq_probe_args probe = {
    .struct_size = sizeof probe, .files_dir = {"/files", 6}, .state_dir = {"/state", 6}};
static const orxaq_model_args models = {.struct_size = sizeof models, .files_dir = {"/files", 6}};
static const orxaq_message message = {
    .struct_size = sizeof message, .role = ORXAQ_ROLE_USER, .text = {"do it", 5}};
static const orxaq_tool tool = {.struct_size = sizeof tool,
                                .name = {"read_file", 9},
                                .help = {"reads", 5},
                                .parameters = {"{\"type\":\"object\"}", 17}};
static const orxaq_turn_args turn = {.struct_size = sizeof turn,
                                     .message_count = 1,
                                     .tool_count = 1,
                                     .messages = &message,
                                     .tools = &tool,
                                     .files_dir = {"/files", 6},
                                     .temperature = -1};

static int32_t op_of(char op, const void **ret_args) {
    switch (op) {
    case 'p':
        return *ret_args = &probe, ORXAQ_OP_PROBE;
    case 'm':
        return *ret_args = &models, ORXAQ_OP_MODELS;
    case 'u':
        return *ret_args = &turn, ORXAQ_OP_TURN;
    default:
        return *ret_args = &task, ORXAQ_OP_TASK;
    }
}

static void check_result(const input *in, const orx_job_result *r, bool nothing_said) {
    FUZZ_CHECK(r->kind >= ORXAQ_KIND_OK && r->kind <= ORXAQ_KIND_LIMIT);
    FUZZ_CHECK(!r->fault);
    FUZZ_CHECK(r->retry_after_ms >= -1);
    FUZZ_CHECK(orx_view_is_utf8(orx_view_of(r->message)));
    FUZZ_CHECK(orx_view_is_utf8(orx_view_of(r->summary)));
    if (provider_target_of.silence_fails && nothing_said && in->begun)
        FUZZ_CHECK(r->kind != ORXAQ_KIND_OK);
}

static void run_job(orx_platform *p, orx_instance *instance, input *in) {
    ORX_CLEANUP(orx_arena_free) orx_arena arena = {0};
    const orx_job_events events = {.usage = heard_usage, .session = heard_session};
    const void *args = NULL;
    bool nothing_said = !in->rest.len;
    int32_t op = op_of(in->op, &args);
    const orx_job_spec spec = {.instance = instance,
                               .kind = ORX_JOB_PROVIDER,
                               .op = op,
                               .args = args,
                               .files_dir = "/files",
                               .cwd = "/repo",
                               .events = &events,
                               .total_ns = 600 * ORX_SEC,
                               .idle_ns = 60 * ORX_SEC,
                               .output_max = 1 << 20};
    orx_job_result result;
    orx_err err = ORX_ERR_INIT;
    /* An op that a driver does not have is refused. */
    if (orx_job_run(p, &spec, &arena, &result, &err) == 0)
        check_result(in, &result, nothing_said && (op == ORXAQ_OP_TASK || op == ORXAQ_OP_TURN));
}

/* ---- The world ------------------------------------------------------------------------------- */

static void load(orx_plugins *all, orx_platform *p, orx_arena *arena, orx_plugin *plugin) {
    orx_err err = ORX_ERR_INIT;
    plugin->all = all;
    FUZZ_CHECK(orx_module_view_open(p, "/plugin.so", false, arena, &plugin->view, &err) == 0);
    if (plugin->view.provider.struct_size)
        plugin->view.provider.job = &plugin->view.job;
}

static void with_instance(orx_platform *p, input *in) {
    ORX_CLEANUP(orx_arena_free) orx_arena arena = {0};
    const orx_plugin_setup setup = {.root = "/", .secret = on_secret};
    const provider_target *t = &provider_target_of;
    const char *text = t->settings ? t->settings(in->settings - '0', in->rest) : NULL;
    const orx_node *settings = NULL;
    orx_err err = ORX_ERR_INIT;
    orx_plugin plugin = {0};
    orx_instance *instance = NULL;
    orx_plugins *all = orx_plugins_new(p, &setup);
    load(all, p, &arena, &plugin);
    if (text)
        FUZZ_CHECK(orx_yaml_parse(&arena, "settings", orx_view_of(text), &orx_limits_config,
                                  &settings, &err) == 0);
    const orx_instance_spec spec = {
        .plugin = &plugin,
        .name = "x",
        .settings = settings,
        .file = "settings",
        .path = "settings",
        .secret = t->keyless && in->settings == '0' + t->keyless ? NULL : "env:KEY"};
    FUZZ_CHECK(orx_instance_new(all, &spec, &instance, &err) == 0);
    run_job(p, instance, in);
    orx_instance_free(instance);
    orx_plugins_free(all);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static const char *const folders[] = {"/files", "/state", "/repo"};
    input in;
    take_input(orx_view_mem(data, size), &in);
    orx_sim *sim = orx_sim_new((uint64_t)(unsigned char)in.pieces);
    orx_platform *p = orx_sim_platform(orx_sim_add_host(sim, "machine"));
    for (size_t i = 0; i < ORX_ARRAY_LEN(folders); i++)
        FUZZ_CHECK(orx_mkdirs(p, folders[i], true, NULL) >= 0);
    orx_sim_module(sim, "/plugin.so", ORXAQ_PLUGIN_SYMBOL,
                   (orx_module_fn)(void (*)(void))orxaq_plugin_query);
    if (provider_target_of.program) {
        orx_sim_program(sim, provider_target_of.program, program, &in);
        orx_sim_program(sim, "sh", program, &in); /* where a shell sets something up first */
    } else
        orx_sim_endpoint(sim, ORIGIN, endpoint, &in);
    with_instance(p, &in);
    orx_sim_free(sim);
    return 0;
}

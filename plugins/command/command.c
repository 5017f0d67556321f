/* Settings, instance and descriptor. */
#include "command.h"

#include <stdlib.h>

#define KEY(key_, type_, default_, range_, help_)                                                  \
    {                                                                                              \
        .struct_size = sizeof(orxaq_config_key), .type = (type_), .key = (key_),                   \
        .default_value = (default_), .range = (range_), .help = (help_)                            \
    }

static const orxaq_config_key keys[] = {
    {.struct_size = sizeof(orxaq_config_key),
     .type = ORXAQ_CONFIG_STRINGS,
     .flags = ORXAQ_KEY_REQUIRED,
     .key = "argv",
     .help =
         "The program and its arguments, without a shell. {model} {repo} {prompt} {prompt_file} "
         "{schema_file} {session} {files_dir} {state_dir} {task} are replaced; {model_args} and "
         "{session_args} alone stand for the lists below."},
    KEY("model_args", ORXAQ_CONFIG_STRINGS, "[]", NULL,
        "What {model_args} stands for when a model is given, e.g. [--model, \"{model}\"]."),
    KEY("session_args", ORXAQ_CONFIG_STRINGS, "[]", NULL,
        "What {session_args} stands for when a session is resumed."),
    KEY("prompt", ORXAQ_CONFIG_CHOICE, "stdin", "stdin|file|argument",
        "How the program gets the prompt: on standard input, in the file {prompt_file}, or as the "
        "word {prompt} (at most 100 KiB, and visible to every user of the machine)."),
    KEY("output", ORXAQ_CONFIG_CHOICE, "text", "text|json|jsonl",
        "What standard output is: text, one JSON document, or one JSON object per line."),
    KEY("text_path", ORXAQ_CONFIG_STRING, "text", NULL,
        "json, jsonl: where in a record the agent's words are. A path like a.b[0].c, or \".\" for "
        "the record itself; likewise below."),
    KEY("usage_path", ORXAQ_CONFIG_STRING, "usage", NULL,
        "json, jsonl: the object with token counts (input_tokens or prompt_tokens, output_tokens "
        "or "
        "completion_tokens, cached_tokens, cost_usd)."),
    KEY("usage_mode", ORXAQ_CONFIG_CHOICE, "total", "total|delta",
        "Whether a usage record replaces the one before it or is added to it."),
    KEY("tool_path", ORXAQ_CONFIG_STRING, "tool_call", NULL,
        "json, jsonl: an object that tells of a tool call: name, arguments and id when it begins, "
        "id "
        "and result when it ends."),
    KEY("session_path", ORXAQ_CONFIG_STRING, "session_id", NULL,
        "json, jsonl: the id under which the conversation can be resumed."),
    KEY("model_path", ORXAQ_CONFIG_STRING, "model", NULL,
        "json, jsonl: the model that answered, in the record or in the usage object."),
    KEY("result_path", ORXAQ_CONFIG_STRING, ".", NULL,
        "json, jsonl: the result object (with status) or the text that holds it."),
    KEY("claim", ORXAQ_CONFIG_CHOICE, "result", "result|exit",
        "What means done: a result object with status done, or for programs that know none the "
        "exit "
        "code 0. Either way the claim is checked."),
    KEY("exit_codes", ORXAQ_CONFIG_STRING_MAP, "{}",
        "ok|auth|rate_limit|quota|overloaded|network|timeout|no_progress|bad_model|context_too_"
        "long|"
        "refused|crashed|killed|protocol",
        "What exit codes mean, e.g. {\"41\": auth, \"75\": overloaded}. Others than 0 mean "
        "crashed."),
    KEY("stop", ORXAQ_CONFIG_CHOICE, "terminate", "terminate|interrupt",
        "How the program is asked to end: TERM, or INT for those that clean up on that one."),
    KEY("version_args", ORXAQ_CONFIG_STRINGS, "[]", NULL,
        "Arguments with which the program says its version and nothing else happens, e.g. "
        "[--version]. Without them `orxaq doctor` looks where the program is and does not start "
        "it."),
    KEY("env", ORXAQ_CONFIG_STRING_MAP, "{}", NULL,
        "Variables set for the program, besides those the host passes."),
};

int32_t command_explain(const command *c, int32_t code, const char *text) {
    if (c->log)
        c->log->explain(c->host, orxaq_str(text));
    return code;
}

const orxaq_value *command_setting(const command *c, const char *key) {
    return c->json->get(c->settings, key);
}

static orxaq_view text_of(const command *c, const char *key) {
    return c->json->text(command_setting(c, key), orxaq_str(""));
}

static void read_settings(command *c) {
    orxaq_view prompt = text_of(c, "prompt");
    orxaq_view output = text_of(c, "output");
    c->prompt = orxaq_view_is(prompt, "file")       ? PROMPT_FILE
                : orxaq_view_is(prompt, "argument") ? PROMPT_ARGUMENT
                                                    : PROMPT_STDIN;
    c->output = orxaq_view_is(output, "jsonl")  ? OUTPUT_JSONL
                : orxaq_view_is(output, "json") ? OUTPUT_JSON
                                                : OUTPUT_TEXT;
    c->stop = orxaq_view_is(text_of(c, "stop"), "interrupt") ? ORXAQ_STOP_INTERRUPT
                                                             : ORXAQ_STOP_TERMINATE;
    c->exit_is_claim = orxaq_view_is(text_of(c, "claim"), "exit");
    c->usage_adds = orxaq_view_is(text_of(c, "usage_mode"), "delta");
    c->text_path = text_of(c, "text_path");
    c->usage_path = text_of(c, "usage_path");
    c->tool_path = text_of(c, "tool_path");
    c->session_path = text_of(c, "session_path");
    c->model_path = text_of(c, "model_path");
    c->result_path = text_of(c, "result_path");
}

static int32_t create(const orxaq_host *host, const orxaq_value *settings, void **ret_instance) {
    const orxaq_json_service *json = host->service(host, ORXAQ_JSON_1);
    if (!json)
        return ORXAQ_E_UNSUPPORTED;
    command *c = calloc(1, sizeof *c);
    if (!c)
        return ORXAQ_E_MEMORY;
    c->host = host;
    c->json = json;
    c->log = host->service(host, ORXAQ_LOG_1);
    c->settings = settings;
    read_settings(c);
    if (json->count(command_setting(c, "argv")) == 0) {
        int32_t code = command_explain(c, ORXAQ_E_INVALID,
                                       "argv names no program; expected e.g. [my-agent, --json]");
        free(c);
        return code;
    }
    *ret_instance = c;
    return ORXAQ_OK;
}

static void destroy(void *instance) {
    free(instance);
}

static uint64_t features(void *instance) {
    const command *c = instance;
    uint64_t can = 0;
    if (c->json->count(command_setting(c, "session_args")))
        can |= ORXAQ_CAN_RESUME;
    if (c->output == OUTPUT_JSONL)
        can |= ORXAQ_CAN_STREAM;
    if (c->output != OUTPUT_TEXT)
        can |= ORXAQ_CAN_USAGE;
    return can;
}

static const orxaq_provider provider = {
    .struct_size = sizeof(orxaq_provider),
    .ops = ORXAQ_OP_BIT(ORXAQ_OP_TASK) | ORXAQ_OP_BIT(ORXAQ_OP_PROBE),
    .features = features,
    .job = &command_jobs,
};

static const void *capability(const char *id) {
    return orxaq_view_is(orxaq_str(id), ORXAQ_PROVIDER_1) ? &provider : NULL;
}

static const orxaq_plugin plugin = {
    .struct_size = sizeof(orxaq_plugin),
    .magic = ORXAQ_PLUGIN_MAGIC,
    .abi_major = ORXAQ_ABI_MAJOR,
    .abi_minor = ORXAQ_ABI_MINOR,
    .min_host_minor = 1,
    .config_count = sizeof keys / sizeof *keys,
    .layout = ORXAQ_LAYOUT,
    .id = "command",
    .name = "Command",
    .version = ORXAQ_SDK_VERSION,
    .vendor = "orxaq",
    .licence = "MIT",
    .summary = "Any agent program, described by configuration.",
    .config = keys,
    .capability = capability,
    .create = create,
    .destroy = destroy,
};

ORXAQ_EXPORT int32_t orxaq_plugin_query(const orxaq_host_abi *host,
                                        const orxaq_plugin **ret_plugin) {
    *ret_plugin = &plugin;
    return orxaq_host_fits(host, plugin.min_host_minor);
}

/* provider.c: a provider as it was written for ABI 0.1. Kept for ever: every later host loads it.
 *
 * The program is imagined. It reads its task on standard input and prints one JSON object a line:
 *
 *     {"type": "session", "id": "s-1"}
 *     {"type": "text", "text": "I will look first."}
 *     {"type": "usage", "input": 1200, "output": 80}
 *     {"type": "error", "reason": "rate_limit", "retry_after": 30, "text": "slow down"}
 *     {"type": "result", "status": "done", "summary": "added the file"}
 */
#include <orxaq/orxaq.h>

#include <stdlib.h>

/* ---- Settings -------------------------------------------------------------------------------- */

static const orxaq_config_key keys[] = {
    {.struct_size = sizeof(orxaq_config_key),
     .type = ORXAQ_CONFIG_STRING,
     .key = "command",
     .default_value = "frozen-provider",
     .help = "The agent program, by path or looked up in PATH."},
    {.struct_size = sizeof(orxaq_config_key),
     .type = ORXAQ_CONFIG_STRINGS,
     .key = "args",
     .default_value = "[]",
     .help = "Arguments in front of those the driver adds."},
    {.struct_size = sizeof(orxaq_config_key),
     .type = ORXAQ_CONFIG_DURATION,
     .key = "first_word",
     .default_value = "2m",
     .range = "1s..1h",
     .help = "How long the program may print nothing at all."},
    {.struct_size = sizeof(orxaq_config_key),
     .type = ORXAQ_CONFIG_SECRET,
     .key = "api_key",
     .help = "Handed to the program as FROZEN_API_KEY."},
};

/* One configured provider. */
typedef struct instance {
    const orxaq_host *host;
    const orxaq_value *settings;
    const orxaq_json_service *json;
    const orxaq_log_service *log;
    const orxaq_secret_service *secret;
} instance;

/* ---- A job ----------------------------------------------------------------------------------- */

enum { STEP_BEGIN, STEP_RUNNING, STEP_OVER };
enum { ARGS_MAX = 64 };

typedef struct job {
    const instance *in;
    const orxaq_events *events;
    int32_t op;
    int step;
    int said; /* the outcome was given */
    const void *args;
    orxaq_view argv[ARGS_MAX];
    orxaq_env env;
    orxaq_exec exec;
} job;

static void say(const job *j, int32_t channel, orxaq_view text) {
    const orxaq_text t = {.struct_size = sizeof t, .channel = channel, .text = text};
    if (text.len)
        (void)j->events->text(j->events, &t);
}

/* The first outcome counts. */
static void finish(job *j, orxaq_outcome o) {
    o.struct_size = sizeof o;
    if (!j->said)
        (void)j->events->outcome(j->events, &o);
    j->said = 1;
}

static void fail(job *j, int32_t kind, orxaq_view message) {
    finish(j, (orxaq_outcome){.kind = kind, .retry_after_ms = -1, .message = message});
}

/* ---- What is run ----------------------------------------------------------------------------- */

/* The command and the configured arguments; how many. */
static uint32_t command_line(job *j) {
    const orxaq_json_service *json = j->in->json;
    uint32_t n = 0;
    j->argv[n++] = json->text(json->get(j->in->settings, "command"), orxaq_str("frozen-provider"));
    const orxaq_value *arg = json->first(json->get(j->in->settings, "args"));
    for (; arg && n < ARGS_MAX - 8; arg = json->next(arg))
        j->argv[n++] = json->text(arg, orxaq_str(""));
    return n;
}

static void begin_task(job *j) {
    const orxaq_task_args *task = j->args;
    const orxaq_json_service *json = j->in->json;
    uint32_t n = command_line(j);
    if (task->model.len) {
        j->argv[n++] = orxaq_str("--model");
        j->argv[n++] = task->model;
    }
    if (task->session.len) {
        j->argv[n++] = orxaq_str("--resume");
        j->argv[n++] = task->session;
    }
    j->exec.argc = n;
    j->exec.cwd = task->repo;
    j->exec.stdin_bytes = task->prompt;
    j->exec.first_byte_ns = json->integer(json->get(j->in->settings, "first_word"), 0);
    j->exec.stop = ORXAQ_STOP_INTERRUPT; /* most agent programs save their session on Ctrl-C */
    j->env = (orxaq_env){.struct_size = sizeof j->env,
                         .name = orxaq_str("FROZEN_API_KEY"),
                         .secret = j->in->secret->handle(j->in->host, orxaq_str("api_key"))};
    j->exec.env = &j->env;
    j->exec.env_count = j->env.secret ? 1 : 0;
}

static void begin_probe(job *j) {
    const orxaq_probe_args *probe = j->args;
    uint32_t n = command_line(j);
    j->argv[n++] = orxaq_str("--version");
    j->exec.argc = n;
    j->exec.cwd = probe->files_dir;
}

static int32_t begin(job *j, orxaq_effect *effect) {
    j->exec = (orxaq_exec){.struct_size = sizeof j->exec,
                           .argv = j->argv,
                           .stdout_framing =
                               j->op == ORXAQ_OP_TASK ? ORXAQ_FRAMING_JSONL : ORXAQ_FRAMING_LINES,
                           .stderr_framing = ORXAQ_FRAMING_LINES};
    if (j->op == ORXAQ_OP_TASK)
        begin_task(j);
    else
        begin_probe(j);
    effect->kind = ORXAQ_EFFECT_EXEC;
    effect->id = 1;
    effect->exec = &j->exec;
    j->step = STEP_RUNNING;
    return ORXAQ_NEXT_EFFECT;
}

/* ---- What it prints -------------------------------------------------------------------------- */

static orxaq_view text_at(const job *j, const orxaq_value *record, const char *path) {
    return j->in->json->text(j->in->json->get(record, path), orxaq_str(""));
}

static int64_t integer_at(const job *j, const orxaq_value *record, const char *path) {
    return j->in->json->integer(j->in->json->get(record, path), -1);
}

/* The program states running sums, so the last one counts: one TOTAL for the whole process. */
static void on_usage(const job *j, const orxaq_value *record) {
    const orxaq_task_args *task = j->args;
    const orxaq_usage u = {.struct_size = sizeof u,
                           .scope = ORXAQ_SCOPE_PROCESS,
                           .mode = ORXAQ_USAGE_TOTAL,
                           .provenance = ORXAQ_BY_VENDOR,
                           .model_asked = task->model,
                           .model_answered = text_at(j, record, "model"),
                           .input_tokens = integer_at(j, record, "input"),
                           .cache_read_tokens = -1,
                           .cache_write_tokens = -1,
                           .output_tokens = integer_at(j, record, "output"),
                           .reasoning_tokens = -1,
                           .requests = integer_at(j, record, "requests"),
                           .cost_nano_usd = -1};
    (void)j->events->usage(j->events, &u);
}

/* The word an error record has for its reason. */
static int32_t kind_of(orxaq_view reason) {
    static const struct {
        const char *word;
        int32_t kind;
    } reasons[] = {{"auth", ORXAQ_KIND_AUTH},
                   {"rate_limit", ORXAQ_KIND_RATE_LIMIT},
                   {"quota", ORXAQ_KIND_QUOTA},
                   {"overloaded", ORXAQ_KIND_OVERLOADED},
                   {"network", ORXAQ_KIND_NETWORK},
                   {"model", ORXAQ_KIND_BAD_MODEL},
                   {"context", ORXAQ_KIND_CONTEXT_TOO_LONG}};
    for (size_t i = 0; i < sizeof reasons / sizeof *reasons; i++)
        if (orxaq_view_is(reason, reasons[i].word))
            return reasons[i].kind;
    return ORXAQ_KIND_CRASHED;
}

static void on_error(job *j, const orxaq_value *record) {
    int64_t seconds = integer_at(j, record, "retry_after");
    finish(j, (orxaq_outcome){.kind = kind_of(text_at(j, record, "reason")),
                              .retry_after_ms =
                                  seconds >= 0 && seconds < 1000000 ? seconds * 1000 : -1,
                              .message = text_at(j, record, "text")});
}

/* The final record. Only this makes a run a success, whatever the exit code says. */
static void on_result(job *j, const orxaq_value *record) {
    orxaq_view status = text_at(j, record, "status");
    finish(j, (orxaq_outcome){.kind = ORXAQ_KIND_OK,
                              .status = orxaq_view_is(status, "done")      ? ORXAQ_STATUS_DONE
                                        : orxaq_view_is(status, "partial") ? ORXAQ_STATUS_PARTIAL
                                        : orxaq_view_is(status, "blocked") ? ORXAQ_STATUS_BLOCKED
                                                                           : ORXAQ_STATUS_NONE,
                              .retry_after_ms = -1,
                              .summary = text_at(j, record, "summary"),
                              .blocker = text_at(j, record, "blocker")});
}

static void on_record(job *j, const orxaq_value *record) {
    orxaq_view type = text_at(j, record, "type");
    if (orxaq_view_is(type, "text")) {
        say(j, ORXAQ_TEXT_ANSWER, text_at(j, record, "text"));
    } else if (orxaq_view_is(type, "session")) {
        const orxaq_session s = {.struct_size = sizeof s, .id = text_at(j, record, "id")};
        (void)j->events->session(j->events, &s);
    } else if (orxaq_view_is(type, "usage")) {
        on_usage(j, record);
    } else if (orxaq_view_is(type, "error")) {
        on_error(j, record);
    } else if (orxaq_view_is(type, "result")) {
        on_result(j, record);
    }
    /* Other types are of a newer program than this driver. */
}

static void on_version(job *j, orxaq_view line) {
    const orxaq_probe p = {
        .struct_size = sizeof p, .ready = 1, .program = j->argv[0], .version = line};
    (void)j->events->probe(j->events, &p);
    finish(j, (orxaq_outcome){.kind = ORXAQ_KIND_OK, .retry_after_ms = -1});
}

static void on_frame(job *j, const orxaq_feed *feed) {
    const orxaq_value *record = NULL;
    if (feed->stream == ORXAQ_STREAM_ERR)
        say(j, ORXAQ_TEXT_NOTICE, feed->data);
    else if (j->op == ORXAQ_OP_PROBE)
        on_version(j, feed->data);
    else if (j->in->json->parse(j->in->host, feed->data, &record) == ORXAQ_OK)
        on_record(j, record);
    else
        say(j, ORXAQ_TEXT_NOTICE, feed->data);
}

/* The program is gone. If its last record was seen, this changes nothing any more. */
static void on_exit_of(job *j, const orxaq_feed *feed) {
    switch (feed->reason) {
    case ORXAQ_END_TOTAL:
        fail(j, ORXAQ_KIND_TIMEOUT, feed->data);
        break;
    case ORXAQ_END_IDLE:
    case ORXAQ_END_SILENT:
        fail(j, ORXAQ_KIND_NO_PROGRESS, feed->data);
        break;
    case ORXAQ_END_CANCELLED:
        fail(j, ORXAQ_KIND_KILLED, feed->data);
        break;
    case ORXAQ_END_BY_ITSELF:
        if (feed->code == 0)
            fail(j, ORXAQ_KIND_PROTOCOL, orxaq_str("it ended without its final record"));
        else
            fail(j, ORXAQ_KIND_CRASHED, feed->data);
        break;
    default:
        fail(j, ORXAQ_KIND_CRASHED, feed->data);
    }
}

/* ---- The job machine ------------------------------------------------------------------------- */

static int32_t job_open(void *self, int32_t op, const void *args, const orxaq_events *events,
                        void **ret_job) {
    if (op != ORXAQ_OP_TASK && op != ORXAQ_OP_PROBE)
        return ORXAQ_E_UNSUPPORTED;
    job *j = calloc(1, sizeof *j);
    if (!j)
        return ORXAQ_E_MEMORY;
    j->in = self;
    j->op = op;
    j->args = args;
    j->events = events;
    *ret_job = j;
    return ORXAQ_OK;
}

static int32_t job_next(void *self, orxaq_effect *effect) {
    job *j = self;
    if (j->step == STEP_BEGIN)
        return begin(j, effect);
    return j->step == STEP_RUNNING ? ORXAQ_NEXT_WAIT : ORXAQ_NEXT_DONE;
}

static int32_t job_feed(void *self, const orxaq_feed *feed) {
    job *j = self;
    if (feed->kind == ORXAQ_FEED_FRAME) {
        on_frame(j, feed);
    } else if (feed->kind == ORXAQ_FEED_EXIT) {
        on_exit_of(j, feed);
        j->step = STEP_OVER;
    } else if (feed->kind == ORXAQ_FEED_ERROR) {
        fail(j, ORXAQ_KIND_CRASHED, feed->data);
        j->step = STEP_OVER;
    }
    return ORXAQ_OK;
}

/* The host stops the program; nothing is to be started any more. */
static void job_cancel(void *self, int32_t reason) {
    job *j = self;
    (void)reason;
    if (j->step == STEP_BEGIN)
        j->step = STEP_OVER;
}

static void job_close(void *self) {
    free(self);
}

static const orxaq_job job_ops = {.struct_size = sizeof job_ops,
                                  .open = job_open,
                                  .next = job_next,
                                  .feed = job_feed,
                                  .cancel = job_cancel,
                                  .close = job_close};

/* ---- The module ------------------------------------------------------------------------------ */

static uint64_t features(void *self) {
    (void)self;
    return ORXAQ_CAN_RESUME | ORXAQ_CAN_STREAM | ORXAQ_CAN_USAGE;
}

static const orxaq_provider provider = {.struct_size = sizeof provider,
                                        .ops = ORXAQ_OP_BIT(ORXAQ_OP_PROBE) |
                                               ORXAQ_OP_BIT(ORXAQ_OP_TASK),
                                        .features = features,
                                        .job = &job_ops};

static int32_t create(const orxaq_host *host, const orxaq_value *settings, void **ret_instance) {
    instance *in = calloc(1, sizeof *in);
    if (!in)
        return ORXAQ_E_MEMORY;
    in->host = host;
    in->settings = settings;
    in->json = host->service(host, ORXAQ_JSON_1);
    in->log = host->service(host, ORXAQ_LOG_1);
    in->secret = host->service(host, ORXAQ_SECRET_1);
    int32_t code = in->json && in->log && in->secret ? ORXAQ_OK : ORXAQ_E_UNSUPPORTED;
    if (code == ORXAQ_OK && in->json->count(in->json->get(settings, "args")) > ARGS_MAX - 9) {
        in->log->explain(host, orxaq_str("args has too many elements; at most 55"));
        code = ORXAQ_E_LIMIT;
    }
    if (code < 0) {
        free(in);
        return code;
    }
    *ret_instance = in;
    return ORXAQ_OK;
}

static void destroy(void *self) {
    free(self);
}

static const void *capability(const char *id) {
    return strcmp(id, ORXAQ_PROVIDER_1) == 0 ? &provider : NULL;
}

static const orxaq_plugin plugin = {
    .struct_size = sizeof plugin,
    .magic = ORXAQ_PLUGIN_MAGIC,
    .abi_major = ORXAQ_ABI_MAJOR,
    .abi_minor = ORXAQ_ABI_MINOR,
    .min_host_minor = 1,
    .config_count = sizeof keys / sizeof *keys,
    .layout = ORXAQ_LAYOUT,
    .id = "frozen-provider",
    .name = "frozen-provider",
    .version = "0.1.0",
    .vendor = "unknown",
    .licence = "MIT",
    .summary = "Runs the agent program frozen-provider.",
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

/* validate_module.h: a module that keeps every promise, with places where a bad one breaks one.
 *
 * A deliberately bad module defines some of the macros below and includes this file. Each of them
 * has a good meaning unless it is defined before. The module is provider, router, sink and
 * responder at once; its jobs run one program and report what it said.
 */
#include <orxaq/orxaq.h>

#include <stdlib.h>

/* Statements at certain moments; what they may use is said behind them. */
#ifndef ON_LOAD
#define ON_LOAD (void)0
#endif
#ifndef ON_CREATE
#define ON_CREATE (void)0 /* host, settings, ret_instance; may return */
#endif
#ifndef ON_DESTROY
#define ON_DESTROY free(instance)
#endif
#ifndef ON_OPEN
#define ON_OPEN (void)0 /* instance, op; may return */
#endif
#ifndef ON_NEXT
#define ON_NEXT (void)0 /* job, effect; may return */
#endif
#ifndef ON_FEED
#define ON_FEED (void)0 /* job, feed; may return */
#endif
#ifndef ON_CANCEL
#define ON_CANCEL (void)0 /* job */
#endif
#ifndef ON_CLOSE
#define ON_CLOSE free(job) /* job */
#endif
#ifndef ON_SELECT
#define ON_SELECT (void)0 /* request, plan; may return */
#endif
#ifndef ON_ANSWER
#define ON_ANSWER (void)0 /* instance, question, reply; may return */
#endif
#ifndef ON_CAPABILITY
#define ON_CAPABILITY (void)0 /* id; may return */
#endif

/* The descriptor and the handshake. */
#ifndef QUERY_NAME
#define QUERY_NAME orxaq_plugin_query
#endif
#ifndef ANSWER
#define ANSWER orxaq_host_fits(host, 1)
#endif
#ifndef SHOWN
#define SHOWN &plugin
#endif
#ifndef PLUGIN_SIZE
#define PLUGIN_SIZE sizeof(orxaq_plugin)
#endif
#ifndef MIN_HOST
#define MIN_HOST 1
#endif
#ifndef LAYOUT
#define LAYOUT ORXAQ_LAYOUT
#endif
#ifndef ID
#define ID "keeps-promises"
#endif
#ifndef SUMMARY
#define SUMMARY "Does what the headers say."
#endif
#ifndef DESTROY
#define DESTROY destroy
#endif
#ifndef PLUGIN_CONST
#define PLUGIN_CONST const
#endif

/* The settings. */
#ifndef KEY_SIZE
#define KEY_SIZE sizeof(orxaq_config_key)
#endif
#ifndef KEY_HELP
#define KEY_HELP "How much, from 1 to 100."
#endif
#ifndef KEY_DEFAULT
#define KEY_DEFAULT "5"
#endif

/* The tables. */
#ifndef PROVIDER_SIZE
#define PROVIDER_SIZE sizeof(orxaq_provider)
#endif
#ifndef OPS
#define OPS (ORXAQ_OP_BIT(ORXAQ_OP_PROBE) | ORXAQ_OP_BIT(ORXAQ_OP_TASK))
#endif
#ifndef JOB_CANCEL
#define JOB_CANCEL job_cancel
#endif
#ifndef WANTED
#define WANTED (kind.len > 0)
#endif

/* The job. */
#ifndef ACCEPTS
#define ACCEPTS(op) ((op) == ORXAQ_OP_PROBE || (op) == ORXAQ_OP_TASK)
#endif
#ifndef NEXT_ID
#define NEXT_ID 1
#endif
#ifndef ARGC
#define ARGC 2
#endif
#ifndef KIND_OF_EXIT
#define KIND_OF_EXIT                                                                               \
    (feed->reason != ORXAQ_END_BY_ITSELF || feed->signal || feed->code ? ORXAQ_KIND_CRASHED        \
                                                                       : ORXAQ_KIND_OK)
#endif

typedef struct good_instance {
    const orxaq_host *host;
    const orxaq_json_service *json;
    const orxaq_value *settings;
} good_instance;

enum { STEP_NEW, STEP_RUNNING, STEP_OVER };

typedef struct good_job {
    const orxaq_events *events;
    int step;
    int started;
    int cancelled;
    int asked;  /* calls of next */
    int frames; /* seen */
    int again;  /* for bad ones */
    uint32_t last_id;
    orxaq_view argv[2];
    orxaq_exec exec;
} good_job;

/* ---- Job ------------------------------------------------------------------------------------- */

static inline void say_outcome(const good_job *job, int32_t kind) {
    const orxaq_outcome o = {.struct_size = sizeof o, .kind = kind, .retry_after_ms = -1};
    (void)job->events->outcome(job->events, &o);
}

static inline int32_t run_program(good_job *job, uint32_t id, orxaq_effect *effect) {
    job->argv[0] = orxaq_str("agent");
    job->argv[1] = orxaq_str("--go");
    job->exec = (orxaq_exec){.struct_size = sizeof job->exec,
                             .argc = ARGC,
                             .argv = job->argv,
                             .stdout_framing = ORXAQ_FRAMING_LINES};
    effect->kind = ORXAQ_EFFECT_EXEC;
    effect->id = job->last_id = id;
    effect->exec = &job->exec;
    job->step = STEP_RUNNING;
    return ORXAQ_NEXT_EFFECT;
}

static int32_t job_open(void *instance, int32_t op, const void *args, const orxaq_events *events,
                        void **ret_job) {
    (void)instance;
    (void)args;
    ON_OPEN;
    if (!ACCEPTS(op))
        return ORXAQ_E_UNSUPPORTED;
    good_job *job = calloc(1, sizeof *job);
    if (!job)
        return ORXAQ_E_MEMORY;
    job->events = events;
    *ret_job = job;
    return ORXAQ_OK;
}

static int32_t job_next(void *self, orxaq_effect *effect) {
    good_job *job = self;
    job->asked++;
    ON_NEXT;
    if (job->step == STEP_NEW)
        return run_program(job, NEXT_ID, effect);
    return job->step == STEP_RUNNING ? ORXAQ_NEXT_WAIT : ORXAQ_NEXT_DONE;
}

static int32_t job_feed(void *self, const orxaq_feed *feed) {
    good_job *job = self;
    job->frames += feed->kind == ORXAQ_FEED_FRAME;
    ON_FEED;
    if (feed->kind == ORXAQ_FEED_START)
        job->started = 1;
    if (feed->kind == ORXAQ_FEED_FRAME) {
        const orxaq_text text = {
            .struct_size = sizeof text, .channel = ORXAQ_TEXT_ANSWER, .text = feed->data};
        (void)job->events->text(job->events, &text);
    }
    if (feed->kind == ORXAQ_FEED_EXIT || feed->kind == ORXAQ_FEED_ERROR) {
        say_outcome(job, feed->kind == ORXAQ_FEED_ERROR ? ORXAQ_KIND_CRASHED : KIND_OF_EXIT);
        job->step = STEP_OVER;
    }
    return ORXAQ_OK;
}

static inline void job_cancel(void *self, int32_t reason) {
    good_job *job = self;
    (void)reason;
    job->cancelled = 1;
    ON_CANCEL;
    if (job->step == STEP_NEW)
        job->step = STEP_OVER;
}

static void job_close(void *self) {
    good_job *job = self;
    ON_CLOSE;
}

static const orxaq_job job_table = {.struct_size = sizeof job_table,
                                    .open = job_open,
                                    .next = job_next,
                                    .feed = job_feed,
                                    .cancel = JOB_CANCEL,
                                    .close = job_close};

/* ---- Capabilities ---------------------------------------------------------------------------- */

static uint64_t features(void *instance) {
    (void)instance;
    return ORXAQ_CAN_STREAM;
}

static const orxaq_provider provider = {
    .struct_size = PROVIDER_SIZE, .ops = OPS, .features = features, .job = &job_table};

static int32_t router_select(void *instance, const orxaq_route_request *request,
                             const orxaq_plan *plan) {
    (void)instance;
    ON_SELECT;
    const orxaq_route_reason reason = {.struct_size = sizeof reason,
                                       .objective = orxaq_str("order"),
                                       .reason = orxaq_str("first"),
                                       .propensity = 1};
    (void)plan->reason(plan, &reason);
    for (uint32_t i = 0; i < request->candidate_count; i++) {
        const orxaq_route_attempt attempt = {.struct_size = sizeof attempt, .candidate = i};
        (void)plan->attempt(plan, &attempt);
    }
    return ORXAQ_OK;
}

static const orxaq_router router = {.struct_size = sizeof router, .select = router_select};

static int32_t wants(void *instance, orxaq_view kind) {
    (void)instance;
    return WANTED;
}

static const orxaq_sink sink = {.struct_size = sizeof sink, .wants = wants, .job = &job_table};

static int32_t answer(void *self, const orxaq_value *question, const orxaq_reply *reply) {
    const good_instance *instance = self;
    orxaq_view text;
    ON_ANSWER;
    orxaq_writer *w = instance->json->writer(instance->host);
    instance->json->begin_map(w);
    instance->json->key(w, orxaq_str("members"));
    instance->json->put_integer(w, instance->json->count(question));
    instance->json->end_map(w);
    int32_t code = instance->json->finish(w, &text);
    return code < 0 ? code : reply->json(reply, text);
}

static const orxaq_responder responder = {
    .struct_size = sizeof responder, .version = "1", .answer = answer};

static const void *capability(const char *id) {
    ON_CAPABILITY;
    if (strcmp(id, ORXAQ_PROVIDER_1) == 0)
        return &provider;
    if (strcmp(id, ORXAQ_ROUTER_1) == 0)
        return &router;
    if (strcmp(id, ORXAQ_RESPONDER_1) == 0)
        return &responder;
    return strcmp(id, ORXAQ_SINK_1) == 0 ? &sink : NULL;
}

/* ---- Instance and descriptor ----------------------------------------------------------------- */

static int32_t create(const orxaq_host *host, const orxaq_value *settings, void **ret_instance) {
    ON_CREATE;
    good_instance *instance = calloc(1, sizeof *instance);
    if (!instance)
        return ORXAQ_E_MEMORY;
    instance->host = host;
    instance->settings = settings;
    instance->json = host->service(host, ORXAQ_JSON_1);
    *ret_instance = instance;
    return ORXAQ_OK;
}

static inline void destroy(void *instance) {
    ON_DESTROY;
}

static const orxaq_config_key keys[] = {
    {.struct_size = KEY_SIZE,
     .type = ORXAQ_CONFIG_INTEGER,
     .key = "level",
     .default_value = KEY_DEFAULT,
     .range = "1..100",
     .help = KEY_HELP},
    {.struct_size = KEY_SIZE,
     .type = ORXAQ_CONFIG_STRINGS,
     .flags = ORXAQ_KEY_REQUIRED,
     .key = "names",
     .help = "Some names."},
};

static PLUGIN_CONST orxaq_plugin plugin = {
    .struct_size = PLUGIN_SIZE,
    .magic = ORXAQ_PLUGIN_MAGIC,
    .abi_major = ORXAQ_ABI_MAJOR,
    .abi_minor = ORXAQ_ABI_MINOR,
    .min_host_minor = MIN_HOST,
    .config_count = sizeof keys / sizeof *keys,
    .layout = LAYOUT,
    .id = ID,
    .name = "Keeps promises",
    .version = "1.0",
    .vendor = "orxaq tests",
    .licence = "MIT",
    .summary = SUMMARY,
    .config = keys,
    .capability = capability,
    .create = create,
    .destroy = DESTROY,
};

__attribute__((constructor)) static void on_load(void) {
    ON_LOAD;
}

ORXAQ_EXPORT int32_t QUERY_NAME(const orxaq_host_abi *host, const orxaq_plugin **ret_plugin);

int32_t QUERY_NAME(const orxaq_host_abi *host, const orxaq_plugin **ret_plugin) {
    *ret_plugin = SHOWN;
    return ANSWER;
}

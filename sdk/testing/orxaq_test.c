/* orxaq_test.c: the host of orxaq_test.h. */
#include "orxaq_test.h"

#include "orxaq_test_json.h"

#include <stdio.h>
#include <stdlib.h>

/* What belongs to the host and not to the tests. host comes first: the services get only that. */
struct orxaq_test_inside {
    orxaq_host host;
    orxaq_events events;
    orxaq_plan plan;
    orxaq_test *test;
    orxaq_test_json json;
    orxaq_value *settings;
    void *instance;
    void *job;
    char *fed; /* bytes of the feed that is being given */
};

void orxaq_test_failed(const char *file, int line, const char *what) {
    (void)fflush(stdout);
    (void)fprintf(stderr, "%s:%d: this does not hold: %s\n", file, line, what);
    exit(1);
}

static void put(char *to, orxaq_view text) {
    size_t len = text.len < ORXAQ_TEST_TEXT - 1 ? (size_t)text.len : ORXAQ_TEST_TEXT - 1;
    if (len)
        memcpy(to, text.data, len);
    to[len] = '\0';
}

/* ---- Services -------------------------------------------------------------------------------- */

static struct orxaq_test_inside *inside_of(const orxaq_host *host) {
    return (struct orxaq_test_inside *)(uintptr_t)host;
}

static void log_write(const orxaq_host *host, int32_t level, orxaq_view text) {
    (void)host;
    (void)level;
    (void)text;
}

static void log_explain(const orxaq_host *host, orxaq_view text) {
    put(inside_of(host)->test->explained, text);
}

static int64_t no_time(const orxaq_host *host) {
    (void)host;
    return 0;
}

static int32_t random_fill(const orxaq_host *host, void *out, uint64_t len) {
    (void)host;
    memset(out, 4, (size_t)len);
    return ORXAQ_OK;
}

/* Every secret of the settings is set here; 7 stands for all of them. */
static uint64_t secret_handle(const orxaq_host *host, orxaq_view key) {
    (void)host;
    return key.len ? 7 : 0;
}

static int32_t kv_get(const orxaq_host *host, orxaq_view key, orxaq_view *ret_value) {
    (void)host;
    (void)key;
    (void)ret_value;
    return 0;
}

static int32_t kv_put(const orxaq_host *host, orxaq_view key, orxaq_view value) {
    (void)host;
    (void)key;
    (void)value;
    return ORXAQ_OK;
}

static int32_t kv_remove(const orxaq_host *host, orxaq_view key) {
    (void)host;
    (void)key;
    return ORXAQ_OK;
}

static void metric(const orxaq_host *host, const char *name, int64_t value) {
    (void)host;
    (void)name;
    (void)value;
}

static orxaq_test_json *json_of(const orxaq_host *host) {
    return &inside_of(host)->json;
}

static int32_t json_parse(const orxaq_host *host, orxaq_view text, const orxaq_value **ret_value) {
    return orxaq_test_json_parse(json_of(host), text, ret_value);
}

static orxaq_writer *json_writer(const orxaq_host *host) {
    return orxaq_test_json_writer(json_of(host));
}

static const void *service(const orxaq_host *host, const char *id) {
    static const orxaq_log_service log = {sizeof log, 0, log_write, log_explain};
    static const orxaq_clock_service clock = {sizeof clock, 0, no_time, no_time};
    static const orxaq_random_service random = {sizeof random, 0, random_fill};
    static const orxaq_secret_service secret = {sizeof secret, 0, secret_handle};
    static const orxaq_kv_service kv = {sizeof kv, 0, kv_get, kv_put, kv_remove};
    static const orxaq_metrics_service metrics = {sizeof metrics, 0, metric, metric, metric};
    const struct {
        const char *id;
        const void *table;
    } all[] = {{ORXAQ_LOG_1, &log},          {ORXAQ_CLOCK_1, &clock}, {ORXAQ_RANDOM_1, &random},
               {ORXAQ_SECRET_1, &secret},    {ORXAQ_KV_1, &kv},       {ORXAQ_METRICS_1, &metrics},
               {ORXAQ_JSON_1, json_of(host)}};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        if (strcmp(all[i].id, id) == 0)
            return all[i].table;
    return NULL;
}

/* ---- Events ---------------------------------------------------------------------------------- */

static orxaq_test *test_of(const orxaq_events *events) {
    const char *at = (const char *)events - offsetof(struct orxaq_test_inside, events);
    return ((const struct orxaq_test_inside *)(const void *)at)->test;
}

static int32_t on_text(const orxaq_events *events, const orxaq_text *text) {
    orxaq_test *t = test_of(events);
    t->texts++;
    if (text->channel == ORXAQ_TEXT_ANSWER) {
        size_t len = strlen(t->answer_text);
        (void)snprintf(t->answer_text + len, ORXAQ_TEST_TEXT - len, "%.*s", (int)text->text.len,
                       text->text.data ? text->text.data : "");
    }
    return ORXAQ_OK;
}

static int32_t on_tool_call(const orxaq_events *events, const orxaq_tool_call *call) {
    (void)call;
    test_of(events)->tools++;
    return ORXAQ_OK;
}

static int32_t on_usage(const orxaq_events *events, const orxaq_usage *usage) {
    orxaq_test *t = test_of(events);
    t->usages++;
    t->usage = *usage;
    put(t->usage_key, usage->key);
    return ORXAQ_OK;
}

static int32_t on_session(const orxaq_events *events, const orxaq_session *session) {
    orxaq_test *t = test_of(events);
    t->sessions++;
    put(t->session, session->id);
    return ORXAQ_OK;
}

static int32_t on_progress(const orxaq_events *events, const orxaq_progress *progress) {
    (void)events;
    (void)progress;
    return ORXAQ_OK;
}

static int32_t on_outcome(const orxaq_events *events, const orxaq_outcome *outcome) {
    orxaq_test *t = test_of(events);
    ORXAQ_CHECK(t->outcomes == 0); /* a job has one */
    t->outcomes = 1;
    t->outcome = *outcome;
    put(t->message, outcome->message);
    put(t->summary, outcome->summary);
    return ORXAQ_OK;
}

static int32_t on_probe(const orxaq_events *events, const orxaq_probe *probe) {
    orxaq_test *t = test_of(events);
    t->probes++;
    t->probe = *probe;
    put(t->version, probe->version);
    return ORXAQ_OK;
}

static int32_t on_model(const orxaq_events *events, const orxaq_model *model) {
    (void)model;
    test_of(events)->models++;
    return ORXAQ_OK;
}

static int32_t on_embedding(const orxaq_events *events, const orxaq_embedding *embedding) {
    (void)events;
    (void)embedding;
    return ORXAQ_OK;
}

/* ---- The instance ---------------------------------------------------------------------------- */

static const orxaq_plugin *query(void) {
    const orxaq_host_abi abi = {sizeof abi, ORXAQ_ABI_MAJOR, 1, ORXAQ_ABI_MINOR, ORXAQ_FINGERPRINT};
    const orxaq_plugin *plugin = NULL;
    ORXAQ_CHECK(orxaq_plugin_query(&abi, &plugin) == ORXAQ_OK);
    ORXAQ_CHECK(plugin && plugin->magic == ORXAQ_PLUGIN_MAGIC);
    return plugin;
}

static void fill_tables(struct orxaq_test_inside *in) {
    in->host = (orxaq_host){sizeof in->host,   ORXAQ_ABI_MAJOR, ORXAQ_ABI_MINOR, 0,
                            ORXAQ_SDK_VERSION, "test",          service};
    in->events = (orxaq_events){.struct_size = sizeof in->events,
                                .text = on_text,
                                .tool_call = on_tool_call,
                                .usage = on_usage,
                                .session = on_session,
                                .progress = on_progress,
                                .outcome = on_outcome,
                                .probe = on_probe,
                                .model = on_model,
                                .embedding = on_embedding};
    orxaq_test_json_init(&in->json);
    in->json.service.parse = json_parse;
    in->json.service.writer = json_writer;
}

orxaq_test *orxaq_test_new(const char *settings) {
    orxaq_test *t = calloc(1, sizeof *t);
    struct orxaq_test_inside *in = calloc(1, sizeof *in);
    ORXAQ_CHECK(t && in);
    t->inside = in;
    in->test = t;
    fill_tables(in);
    in->settings = orxaq_test_json_tree(orxaq_str(settings));
    ORXAQ_CHECK(in->settings != NULL); /* the settings are JSON */
    t->plugin = query();
    t->created = t->plugin->create(&in->host, in->settings, &in->instance);
    orxaq_test_json_forget(&in->json);
    return t;
}

static void close_job(orxaq_test *t);

void orxaq_test_free(orxaq_test *t) {
    if (!t)
        return;
    close_job(t);
    if (t->created == ORXAQ_OK)
        t->plugin->destroy(t->inside->instance);
    orxaq_test_json_forget(&t->inside->json);
    orxaq_test_json_free(t->inside->settings);
    free(t->inside);
    free(t);
}

/* ---- Jobs ------------------------------------------------------------------------------------ */

static const orxaq_job *job_table(const orxaq_test *t) {
    const orxaq_provider *provider = t->plugin->capability(ORXAQ_PROVIDER_1);
    const orxaq_sink *sink = t->plugin->capability(ORXAQ_SINK_1);
    ORXAQ_CHECK(provider || sink);
    return provider ? provider->job : sink->job;
}

/* After each call into the driver: what was valid during the call is gone. */
static int32_t over(orxaq_test *t, int32_t code) {
    orxaq_test_json_forget(&t->inside->json);
    free(t->inside->fed);
    t->inside->fed = NULL;
    return code;
}

static void close_job(orxaq_test *t) {
    if (t->inside->job)
        job_table(t)->close(t->inside->job);
    t->inside->job = NULL;
    (void)over(t, 0);
}

int32_t orxaq_test_open(orxaq_test *t, int32_t op, const void *args) {
    close_job(t);
    t->texts = t->tools = t->usages = t->sessions = t->outcomes = t->probes = t->models = 0;
    t->answer_text[0] = t->session[0] = t->message[0] = t->summary[0] = '\0';
    return over(
        t, job_table(t)->open(t->inside->instance, op, args, &t->inside->events, &t->inside->job));
}

int32_t orxaq_test_next(orxaq_test *t) {
    memset(&t->effect, 0, sizeof t->effect);
    t->effect.struct_size = sizeof t->effect;
    t->answer = over(t, job_table(t)->next(t->inside->job, &t->effect));
    return t->answer;
}

static int32_t give(orxaq_test *t, orxaq_feed feed, const char *text) {
    size_t len = strlen(text);
    char *bytes = malloc(len + 1); /* exactly as long, so that reading beyond is noticed */
    ORXAQ_CHECK(bytes != NULL);
    memcpy(bytes, text, len);
    t->inside->fed = bytes;
    feed.struct_size = sizeof feed;
    feed.data = orxaq_view_of(bytes, len);
    return over(t, job_table(t)->feed(t->inside->job, &feed));
}

int32_t orxaq_test_start(orxaq_test *t, uint32_t id) {
    return give(t, (orxaq_feed){.kind = ORXAQ_FEED_START, .effect = id}, "");
}

int32_t orxaq_test_frame(orxaq_test *t, uint32_t id, int32_t stream, const char *text) {
    return give(t, (orxaq_feed){.kind = ORXAQ_FEED_FRAME, .effect = id, .stream = stream}, text);
}

int32_t orxaq_test_exit(orxaq_test *t, uint32_t id, int32_t code) {
    return give(t, (orxaq_feed){.kind = ORXAQ_FEED_EXIT, .effect = id, .code = code}, "");
}

int32_t orxaq_test_ended(orxaq_test *t, uint32_t id, int32_t reason, const char *sentence) {
    return give(t,
                (orxaq_feed){.kind = ORXAQ_FEED_EXIT, .effect = id, .code = -1, .reason = reason},
                sentence);
}

int32_t orxaq_test_error(orxaq_test *t, uint32_t id, int32_t code, const char *sentence) {
    return give(t, (orxaq_feed){.kind = ORXAQ_FEED_ERROR, .effect = id, .code = code}, sentence);
}

void orxaq_test_cancel(orxaq_test *t, int32_t reason) {
    job_table(t)->cancel(t->inside->job, reason);
    (void)over(t, 0);
}

/* ---- Routers and sinks ----------------------------------------------------------------------- */

static orxaq_test *test_of_plan(const orxaq_plan *plan) {
    const char *at = (const char *)plan - offsetof(struct orxaq_test_inside, plan);
    return ((const struct orxaq_test_inside *)(const void *)at)->test;
}

static int32_t plan_attempt(const orxaq_plan *plan, const orxaq_route_attempt *attempt) {
    orxaq_test *t = test_of_plan(plan);
    if (t->attempts == ORXAQ_TEST_ATTEMPTS)
        return ORXAQ_E_LIMIT;
    t->attempt[t->attempts] = *attempt;
    t->attempt[t->attempts++].model = orxaq_str("");
    return ORXAQ_OK;
}

static int32_t plan_score(const orxaq_plan *plan, uint32_t candidate, double score,
                          orxaq_view why) {
    (void)plan;
    (void)candidate;
    (void)score;
    (void)why;
    return ORXAQ_OK;
}

static int32_t plan_reason(const orxaq_plan *plan, const orxaq_route_reason *reason) {
    put(test_of_plan(plan)->reason, reason->reason);
    return ORXAQ_OK;
}

int32_t orxaq_test_select(orxaq_test *t, const orxaq_route_request *request) {
    const orxaq_router *router = t->plugin->capability(ORXAQ_ROUTER_1);
    ORXAQ_CHECK(router != NULL);
    t->inside->plan =
        (orxaq_plan){sizeof t->inside->plan, 0, plan_attempt, plan_score, plan_reason};
    t->attempts = 0;
    t->reason[0] = '\0';
    return over(t, router->select(t->inside->instance, request, &t->inside->plan));
}

int32_t orxaq_test_wants(orxaq_test *t, const char *kind) {
    const orxaq_sink *sink = t->plugin->capability(ORXAQ_SINK_1);
    ORXAQ_CHECK(sink != NULL);
    return over(t, sink->wants(t->inside->instance, orxaq_str(kind)));
}

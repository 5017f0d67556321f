#include "tame.h"

#include <string.h>

tame_hooks tame;
const orxaq_host *tame_host;
orxaq_plugin tame_descriptor;

static const orxaq_events *job_events;

static int32_t job_open(void *instance, int32_t op, const void *args, const orxaq_events *events,
                        void **ret_job) {
    (void)instance;
    int32_t code = tame.open ? tame.open(op, args, events) : ORXAQ_OK;
    if (code < 0)
        return code;
    tame.opened++;
    job_events = events;
    *ret_job = &job_events;
    return ORXAQ_OK;
}

static int32_t job_next(void *job, orxaq_effect *effect) {
    (void)job;
    if (tame.next)
        return tame.next(job_events, effect);
    const orxaq_outcome ok = {.struct_size = sizeof ok, .retry_after_ms = -1};
    job_events->outcome(job_events, &ok);
    return ORXAQ_NEXT_DONE;
}

static int32_t job_feed(void *job, const orxaq_feed *feed) {
    (void)job;
    return tame.feed ? tame.feed(job_events, feed) : ORXAQ_OK;
}

static void job_cancel(void *job, int32_t reason) {
    (void)job;
    tame.cancelled++;
    if (tame.cancel)
        tame.cancel(job_events, reason);
}

static void job_close(void *job) {
    (void)job;
    tame.closed++;
}

const orxaq_job tame_job = {.struct_size = sizeof tame_job,
                            .open = job_open,
                            .next = job_next,
                            .feed = job_feed,
                            .cancel = job_cancel,
                            .close = job_close};

static uint64_t features(void *instance) {
    (void)instance;
    return tame.features;
}

const orxaq_provider tame_provider = {
    .struct_size = sizeof tame_provider,
    .ops = ORXAQ_OP_BIT(ORXAQ_OP_TASK) | ORXAQ_OP_BIT(ORXAQ_OP_PROBE) | ORXAQ_OP_BIT(ORXAQ_OP_TURN),
    .features = features,
    .job = &tame_job};

static int32_t router_select(void *instance, const orxaq_route_request *request,
                             const orxaq_plan *plan) {
    (void)instance;
    return tame.select ? tame.select(request, plan) : ORXAQ_OK;
}

static int32_t router_feedback(void *instance, const orxaq_route_feedback *feedback) {
    (void)instance;
    return tame.feedback ? tame.feedback(feedback) : ORXAQ_OK;
}

const orxaq_router tame_router = {
    .struct_size = sizeof tame_router, .select = router_select, .feedback = router_feedback};

static int32_t wants(void *instance, orxaq_view kind) {
    (void)instance;
    tame.asked_wants++;
    return tame.wants ? tame.wants(kind) : 0;
}

const orxaq_sink tame_sink = {.struct_size = sizeof tame_sink, .wants = wants, .job = &tame_job};

static const void *capability(const char *id) {
    if (strcmp(id, ORXAQ_PROVIDER_1) == 0)
        return &tame_provider;
    if (strcmp(id, ORXAQ_ROUTER_1) == 0)
        return &tame_router;
    return strcmp(id, ORXAQ_SINK_1) == 0 ? &tame_sink : NULL;
}

static int32_t create(const orxaq_host *host, const orxaq_value *settings, void **ret_instance) {
    tame_host = host;
    int32_t code = tame.create ? tame.create(host, settings) : ORXAQ_OK;
    if (code < 0)
        return code;
    *ret_instance = &tame;
    return ORXAQ_OK;
}

static void destroy(void *instance) {
    (void)instance;
    tame.destroyed++;
}

const orxaq_plugin tame_plugin = {
    .struct_size = sizeof(orxaq_plugin),
    .magic = ORXAQ_PLUGIN_MAGIC,
    .abi_major = ORXAQ_ABI_MAJOR,
    .abi_minor = ORXAQ_ABI_MINOR,
    .min_host_minor = 1,
    .layout = ORXAQ_LAYOUT,
    .id = "tame",
    .name = "Tame",
    .version = "1.0",
    .vendor = "orxaq tests",
    .licence = "MIT",
    .summary = "Does what a test tells it.",
    .capability = capability,
    .create = create,
    .destroy = destroy,
};

int32_t tame_query(const orxaq_host_abi *host, const orxaq_plugin **ret_plugin) {
    *ret_plugin = &tame_descriptor;
    return orxaq_host_fits(host, 1);
}

void tame_reset(void) {
    memset(&tame, 0, sizeof tame);
    tame_descriptor = tame_plugin;
    tame_host = NULL;
}

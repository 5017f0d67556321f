/* A sink that takes its process along with the first batch. */
#include <orxaq/orxaq.h>

#include <signal.h>

static int32_t wants(void *instance, orxaq_view kind) {
    (void)instance;
    (void)kind;
    return 1;
}

static int32_t open_job(void *instance, int32_t op, const void *args, const orxaq_events *events,
                        void **ret_job) {
    (void)op;
    (void)args;
    (void)events;
    (void)raise(SIGKILL);
    *ret_job = instance;
    return ORXAQ_OK;
}

static int32_t next(void *job, orxaq_effect *effect) {
    (void)job;
    (void)effect;
    return ORXAQ_NEXT_DONE;
}

static int32_t feed(void *job, const orxaq_feed *what) {
    (void)job;
    (void)what;
    return ORXAQ_OK;
}

static void cancel(void *job, int32_t reason) {
    (void)job;
    (void)reason;
}

static void close_job(void *job) {
    (void)job;
}

static const orxaq_job job = {.struct_size = sizeof job,
                              .open = open_job,
                              .next = next,
                              .feed = feed,
                              .cancel = cancel,
                              .close = close_job};
static const orxaq_sink sink = {.struct_size = sizeof sink, .wants = wants, .job = &job};

static int32_t create(const orxaq_host *host, const orxaq_value *settings, void **ret_instance) {
    static int nothing;
    (void)host;
    (void)settings;
    *ret_instance = &nothing;
    return ORXAQ_OK;
}

static void destroy(void *instance) {
    (void)instance;
}

static const void *capability(const char *id) {
    return strcmp(id, ORXAQ_SINK_1) == 0 ? &sink : NULL;
}

static const orxaq_plugin plugin = {.struct_size = sizeof plugin,
                                    .magic = ORXAQ_PLUGIN_MAGIC,
                                    .abi_major = ORXAQ_ABI_MAJOR,
                                    .abi_minor = ORXAQ_ABI_MINOR,
                                    .min_host_minor = 1,
                                    .layout = ORXAQ_LAYOUT,
                                    .id = "crashing",
                                    .name = "Crashing sink",
                                    .version = "1.0",
                                    .vendor = "orxaq tests",
                                    .licence = "MIT",
                                    .summary = "Dies with its first batch.",
                                    .capability = capability,
                                    .create = create,
                                    .destroy = destroy};

ORXAQ_EXPORT int32_t orxaq_plugin_query(const orxaq_host_abi *host,
                                        const orxaq_plugin **ret_plugin) {
    *ret_plugin = &plugin;
    return orxaq_host_fits(host, plugin.min_host_minor);
}

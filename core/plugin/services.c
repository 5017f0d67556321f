/* The services but json: log, clock, random, secret, kv, metrics. */
#include "plugin/services.h"

#include "platform/platform.h"
#include "plugin/registry.h"

static orx_platform *platform_of(const orxaq_host *host) {
    return orx_instance_of(host)->all->p;
}

/* Only while the plugin is being called. A plugin with a thread of its own gets nothing. */
static bool in_call(const orxaq_host *host) {
    return orx_instance_of(host)->depth > 0;
}

/* ---- log ----------------------------------------------------------------------------------- */

static bool may_log(orx_instance *instance) {
    int64_t now = orx_mono_ns(instance->all->p);
    if (instance->log_window == 0 || now - instance->log_window > 60 * ORX_SEC) {
        instance->log_window = now;
        instance->log_lines = 0;
    }
    return instance->log_lines++ < ORX_LOG_LINES;
}

static void log_write(const orxaq_host *host, int32_t level, orxaq_view text) {
    orx_instance *instance = orx_instance_of(host);
    if (!in_call(host) || !instance->all->setup.log || !may_log(instance))
        return;
    ORX_CLEANUP(orx_str_free) orx_str clean = {0};
    orx_view bytes = orx_view_in(text);
    if (bytes.len > ORX_LOG_TEXT_MAX)
        bytes.len = ORX_LOG_TEXT_MAX;
    orx_str_add_utf8(&clean, bytes);
    int bounded = level < ORXAQ_LOG_DEBUG   ? ORXAQ_LOG_DEBUG
                  : level > ORXAQ_LOG_ERROR ? ORXAQ_LOG_ERROR
                                            : level;
    instance->all->setup.log(instance->all->setup.user, bounded, instance->name,
                             orx_str_view(&clean));
}

static void log_explain(const orxaq_host *host, orxaq_view text) {
    orx_instance *instance = orx_instance_of(host);
    orx_view bytes = orx_view_in(text);
    if (!in_call(host))
        return;
    if (bytes.len > ORX_LOG_TEXT_MAX)
        bytes.len = ORX_LOG_TEXT_MAX;
    orx_str_clear(&instance->explained);
    orx_str_add_utf8(&instance->explained, bytes);
}

const orxaq_log_service orx_service_log = {
    .struct_size = sizeof(orxaq_log_service), .write = log_write, .explain = log_explain};

/* ---- clock and random ---------------------------------------------------------------------- */

static int64_t clock_wall(const orxaq_host *host) {
    return orx_wall_ns(platform_of(host));
}

static int64_t clock_mono(const orxaq_host *host) {
    return orx_mono_ns(platform_of(host));
}

const orxaq_clock_service orx_service_clock = {
    .struct_size = sizeof(orxaq_clock_service), .wall_ns = clock_wall, .mono_ns = clock_mono};

static int32_t random_fill(const orxaq_host *host, void *out, uint64_t len) {
    if (!in_call(host))
        return ORXAQ_E_INVALID;
    if (len > ORX_RANDOM_MAX)
        return ORXAQ_E_LIMIT;
    orx_random(platform_of(host), out, (size_t)len);
    return ORXAQ_OK;
}

const orxaq_random_service orx_service_random = {.struct_size = sizeof(orxaq_random_service),
                                                 .fill = random_fill};

/* ---- secret -------------------------------------------------------------------------------- */

static uint64_t handle_of(orx_instance *instance, const char *reference) {
    for (size_t i = 0; i < instance->secrets.len; i++)
        if (strcmp(instance->secrets.items[i], reference) == 0)
            return i + 1;
    orx_vec_push(&instance->secrets, orx_arena_strdup(&instance->arena, reference));
    return instance->secrets.len;
}

static uint64_t secret_handle(const orxaq_host *host, orxaq_view key) {
    orx_instance *instance = orx_instance_of(host);
    if (!in_call(host))
        return 0;
    const orx_settings_spec spec = {.plugin = instance->plugin, .given = instance->given};
    const char *reference = orx_settings_secret(&spec, orx_view_in(key));
    if (!reference && orxaq_view_is(key, "secret"))
        reference = instance->own_secret;
    return reference ? handle_of(instance, reference) : 0;
}

const orxaq_secret_service orx_service_secret = {.struct_size = sizeof(orxaq_secret_service),
                                                 .handle = secret_handle};

/* ---- metrics ------------------------------------------------------------------------------- */

static bool metric_ok(orx_instance *instance, const char *name) {
    size_t len = name ? strnlen(name, 65) : 0;
    if (len == 0 || len > 64 || instance->depth == 0)
        return false;
    for (size_t i = 0; i < len; i++)
        if (!((name[i] >= 'a' && name[i] <= 'z') || (name[i] >= '0' && name[i] <= '9') ||
              name[i] == '_'))
            return false;
    if (orx_map_get(&instance->metrics, orx_view_of(name)))
        return true;
    if (instance->metrics.count >= ORX_METRIC_NAMES)
        return false;
    orx_map_put(&instance->metrics, orx_view_of(name), instance);
    return true;
}

static void metric(const orxaq_host *host, orx_metric_kind kind, const char *name, int64_t value) {
    orx_instance *instance = orx_instance_of(host);
    const orx_plugin_setup *setup = &instance->all->setup;
    if (setup->metric && metric_ok(instance, name))
        setup->metric(setup->user, kind, instance->name, name, value);
}

static void metric_add(const orxaq_host *host, const char *name, int64_t delta) {
    metric(host, ORX_METRIC_ADD, name, delta);
}

static void metric_set(const orxaq_host *host, const char *name, int64_t value) {
    metric(host, ORX_METRIC_SET, name, value);
}

static void metric_observe(const orxaq_host *host, const char *name, int64_t value) {
    metric(host, ORX_METRIC_OBSERVE, name, value);
}

const orxaq_metrics_service orx_service_metrics = {.struct_size = sizeof(orxaq_metrics_service),
                                                   .add = metric_add,
                                                   .set = metric_set,
                                                   .observe = metric_observe};

/* ---- By id --------------------------------------------------------------------------------- */

const void *orx_service_find(const orxaq_host *host, const char *id) {
    static const struct {
        const char *id;
        const void *table;
    } services[] = {
        {ORXAQ_LOG_1, &orx_service_log},       {ORXAQ_CLOCK_1, &orx_service_clock},
        {ORXAQ_RANDOM_1, &orx_service_random}, {ORXAQ_SECRET_1, &orx_service_secret},
        {ORXAQ_KV_1, &orx_service_kv},         {ORXAQ_METRICS_1, &orx_service_metrics},
        {ORXAQ_JSON_1, &orx_service_json},
    };
    (void)host;
    for (size_t i = 0; id && i < ORX_ARRAY_LEN(services); i++)
        if (strcmp(id, services[i].id) == 0)
            return services[i].table;
    return NULL;
}

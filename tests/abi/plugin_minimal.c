/* plugin_minimal.c: the least a module can be: it loads, offers nothing and needs only the SDK. */
#include <orxaq/orxaq.h>

static const void *capability(const char *id) {
    (void)id;
    return NULL;
}

static int32_t create(const orxaq_host *host, const orxaq_value *settings, void **ret_instance) {
    (void)host;
    (void)settings;
    *ret_instance = (void *)(uintptr_t)&capability;
    return ORXAQ_OK;
}

static void destroy(void *instance) {
    (void)instance;
}

static const orxaq_plugin plugin = {
    .struct_size = sizeof(orxaq_plugin),
    .magic = ORXAQ_PLUGIN_MAGIC,
    .abi_major = ORXAQ_ABI_MAJOR,
    .abi_minor = ORXAQ_ABI_MINOR,
    .min_host_minor = 1,
    .layout = ORXAQ_LAYOUT,
    .id = "minimal",
    .name = "Minimal",
    .version = "1.0.0",
    .vendor = "orxaq",
    .licence = "MIT",
    .summary = "Offers nothing.",
    .capability = capability,
    .create = create,
    .destroy = destroy,
};

ORXAQ_EXPORT int32_t orxaq_plugin_query(const orxaq_host_abi *host,
                                        const orxaq_plugin **ret_plugin) {
    *ret_plugin = &plugin;
    return orxaq_host_fits(host, plugin.min_host_minor);
}

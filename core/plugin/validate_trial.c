/* The module under test, stage by stage. */
#include "plugin/validate_trial.h"

#include "platform/module.h"

int orx_skips(orx_err *err, const char *why) {
    (void)orx_err_set(err, ORX_E_UNSUPPORTED, "%s", why);
    return ORX_CHECK_SKIPPED;
}

int orx_trial_open(orx_trial *t, orx_err *err) {
    return t->module ? 0 : orx_module_open(t->p, t->path, true, &t->module, err);
}

int orx_trial_symbol(orx_trial *t, orx_err *err) {
    int rc = orx_trial_open(t, err);
    if (rc < 0)
        return rc;
    orx_module_fn found = orx_module_function(t->p, t->module, ORXAQ_PLUGIN_SYMBOL);
    if (!found)
        return orx_fails(err, "the module has no function %s: it is no plugin of orxaq",
                         ORXAQ_PLUGIN_SYMBOL);
    t->query = (orxaq_plugin_query_fn)(void (*)(void))found;
    return 0;
}

int orx_trial_query(orx_trial *t, orx_err *err) {
    int rc = orx_trial_symbol(t, err);
    return rc < 0 ? rc : orx_handshake(t->query, &t->raw, err);
}

orxaq_host_abi orx_trial_host(void) {
    return (orxaq_host_abi){.struct_size = sizeof(orxaq_host_abi),
                            .abi_major = ORXAQ_ABI_MAJOR,
                            .min_minor = ORX_ABI_MIN_MINOR,
                            .max_minor = ORXAQ_ABI_MINOR,
                            .fingerprint = ORXAQ_FINGERPRINT};
}

static const void *no_capability(const char *id ORX_UNUSED) {
    return NULL;
}

static int32_t no_create(const orxaq_host *host ORX_UNUSED, const orxaq_value *settings ORX_UNUSED,
                         void **ret_instance ORX_UNUSED) {
    return ORXAQ_E_UNSUPPORTED;
}

static void no_destroy(void *instance ORX_UNUSED) {}

orxaq_plugin orx_trial_descriptor(void) {
    return (orxaq_plugin){.struct_size = sizeof(orxaq_plugin),
                          .magic = ORXAQ_PLUGIN_MAGIC,
                          .abi_major = ORXAQ_ABI_MAJOR,
                          .abi_minor = ORXAQ_ABI_MINOR,
                          .min_host_minor = 1,
                          .layout = ORXAQ_LAYOUT,
                          .id = "trial",
                          .name = "trial",
                          .version = "1",
                          .vendor = "orxaq",
                          .licence = "MIT",
                          .summary = "trial",
                          .capability = no_capability,
                          .create = no_create,
                          .destroy = no_destroy};
}

int orx_trial_judge(orx_trial *t, const orxaq_plugin *d, orx_err *err) {
    orx_module_view view = {0};
    return orx_descriptor_check(d, &t->arena, &view, err);
}

static void take_tables(orx_module_view *view) {
    const orxaq_provider *provider = view->descriptor.capability(ORXAQ_PROVIDER_1);
    const orxaq_router *router = view->descriptor.capability(ORXAQ_ROUTER_1);
    const orxaq_sink *sink = view->descriptor.capability(ORXAQ_SINK_1);
    const orxaq_ingest *ingest = view->descriptor.capability(ORXAQ_INGEST_1);
    const orxaq_responder *responder = view->descriptor.capability(ORXAQ_RESPONDER_1);
    if (provider) {
        view->provider = *provider;
        view->job = *provider->job;
        view->provider.job = &view->job;
    }
    if (router)
        view->router = *router;
    if (sink) {
        view->sink = *sink;
        view->sink_job = *sink->job;
        view->sink.job = &view->sink_job;
    }
    if (ingest) {
        view->ingest = *ingest;
        view->ingest_job = *ingest->job;
        view->ingest.job = &view->ingest_job;
    }
    if (responder)
        view->responder = *responder;
}

int orx_trial_plugin(orx_trial *t, orx_err *err) {
    int rc = orx_trial_query(t, err);
    if (rc < 0)
        return rc;
    orxaq_plugin d = orx_trial_descriptor();
    d.config = t->raw->config;
    d.config_count = t->raw->config_count;
    d.capability = t->raw->capability;
    d.create = t->raw->create;
    d.destroy = t->raw->destroy;
    rc = orx_descriptor_check(&d, &t->arena, &t->plugin.view, err);
    if (rc < 0)
        return rc;
    t->plugin.view.raw = t->raw;
    t->plugin.view.module = t->module;
    take_tables(&t->plugin.view);
    t->all = t->all ? t->all : orx_plugins_new(t->p, NULL);
    t->plugin.all = t->all;
    t->plugin.path = t->path;
    return 0;
}

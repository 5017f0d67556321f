/* A module opened and looked at. */
#include "platform/module.h"
#include "plugin/registry.h"

static int look(orx_platform *p, orx_module *module, orx_arena *arena, orx_module_view *view,
                orx_err *err) {
    orx_module_fn found = orx_module_function(p, module, ORXAQ_PLUGIN_SYMBOL);
    if (!found)
        return orx_err_set(err, ORX_E_INVALID,
                           "the module has no function %s: it is no plugin of orxaq",
                           ORXAQ_PLUGIN_SYMBOL);
    orxaq_plugin_query_fn query = (orxaq_plugin_query_fn)(void (*)(void))found;
    const orxaq_plugin *raw = NULL;
    int rc = orx_handshake(query, &raw, err);
    if (rc >= 0)
        rc = orx_descriptor_check(raw, arena, view, err);
    if (rc >= 0)
        rc = orx_tables_check(view, err);
    return rc;
}

int orx_module_view_open(orx_platform *p, const char *path, bool resident, orx_arena *arena,
                         orx_module_view *ret_view, orx_err *err) {
    orx_module *module = NULL;
    int rc = orx_module_open(p, path, resident, &module, err);
    if (rc < 0)
        return rc;
    orx_module_view view = {.module = module};
    rc = look(p, module, arena, &view, err);
    if (rc < 0) {
        orx_module_close(p, module);
        return orx_err_wrap(err, "%s", path);
    }
    *ret_view = view;
    /* The copies point at each other. */
    if (view.provider.struct_size)
        ret_view->provider.job = &ret_view->job;
    if (view.sink.struct_size)
        ret_view->sink.job = &ret_view->sink_job;
    if (view.ingest.struct_size)
        ret_view->ingest.job = &ret_view->ingest_job;
    return 0;
}

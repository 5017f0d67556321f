/* What the host sees of every reader of bills. */
#include "costs.h"

const void *costs_capability(const char *id) {
    return orxaq_view_is(orxaq_str(id), ORXAQ_INGEST_1) ? &costs_ingest : NULL;
}

ORXAQ_EXPORT int32_t orxaq_plugin_query(const orxaq_host_abi *host,
                                        const orxaq_plugin **ret_plugin) {
    *ret_plugin = &costs_plugin;
    return orxaq_host_fits(host, costs_plugin.min_host_minor);
}

/* The handshake: who are you, and can we talk. */
#include "plugin/registry.h"

static orxaq_host_abi host_abi(void) {
    return (orxaq_host_abi){
        .struct_size = sizeof(orxaq_host_abi),
        .abi_major = ORXAQ_ABI_MAJOR,
        .min_minor = ORX_ABI_MIN_MINOR,
        .max_minor = ORXAQ_ABI_MINOR,
        .fingerprint = ORXAQ_FINGERPRINT,
    };
}

#define HOST_SPEAKS "this host speaks %d.%d to %d.%d"
#define HOST_RANGE  ORXAQ_ABI_MAJOR, ORX_ABI_MIN_MINOR, ORXAQ_ABI_MAJOR, ORXAQ_ABI_MINOR

/* Whether the first members, equal in every major version, can be read. */
static bool has_versions(const orxaq_plugin *raw) {
    return raw && (uintptr_t)raw % sizeof(void *) == 0 &&
           raw->struct_size >= offsetof(orxaq_plugin, config_count) &&
           raw->struct_size <= ORX_ABI_TABLE_MAX && raw->magic == ORXAQ_PLUGIN_MAGIC;
}

static int refused(const orxaq_plugin *raw, int32_t code, orx_err *err) {
    if (code > 0 || code < ORXAQ_REFUSED_OTHER || code > ORXAQ_REFUSED_MAJOR)
        return orx_err_set(err, ORX_E_INVALID,
                           "%s returned %d; expected 0 or a refusal code of plugin.h",
                           ORXAQ_PLUGIN_SYMBOL, code);
    if (!has_versions(raw))
        return orx_err_set(err, ORX_E_UNSUPPORTED,
                           "the module refuses this host: %s; it does not say which ABI it was "
                           "built for, " HOST_SPEAKS,
                           orx_refusal_name(code), HOST_RANGE);
    return orx_err_set(err, ORX_E_UNSUPPORTED,
                       "the module refuses this host: %s; it was built for ABI %u.%u and needs a "
                       "host of at least %u.%u, " HOST_SPEAKS,
                       orx_refusal_name(code), raw->abi_major, raw->abi_minor, raw->abi_major,
                       raw->min_host_minor, HOST_RANGE);
}

int orx_handshake(orxaq_plugin_query_fn query, const orxaq_plugin **ret_raw, orx_err *err) {
    const orxaq_host_abi abi = host_abi();
    const orxaq_plugin *raw = NULL;
    int32_t code = query(&abi, &raw);
    if (code != ORXAQ_OK)
        return refused(raw, code, err);
    if (!raw)
        return orx_err_set(err, ORX_E_INVALID, "%s returned 0 but gave no descriptor",
                           ORXAQ_PLUGIN_SYMBOL);
    *ret_raw = raw;
    return 0;
}

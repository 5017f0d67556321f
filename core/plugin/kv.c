/* The kv service: bounds, then the caller's store or memory. */
#include "plugin/registry.h"
#include "plugin/services.h"

#include <stdlib.h>

void orx_plugins_set_kv(orx_plugins *all, const orx_kv_ops *kv, void *user) {
    all->kv_ops = kv;
    all->kv_user = user;
}

/* ---- In memory ----------------------------------------------------------------------------- */

static void memory_key(const char *owner, orx_view key, orx_str *out) {
    orx_str_adds(out, owner);
    orx_str_addc(out, '\0');
    orx_str_addv(out, key);
}

static int memory_get(orx_plugins *all, const char *owner, orx_view key, orx_str *ret_value) {
    ORX_CLEANUP(orx_str_free) orx_str full = {0};
    memory_key(owner, key, &full);
    const orx_str *value = orx_map_get(&all->kv, orx_str_view(&full));
    if (!value)
        return 0;
    orx_str_clear(ret_value);
    orx_str_addv(ret_value, orx_str_view(value));
    return 1;
}

static void forget(orx_str *value) {
    orx_str_free(value);
    free(value);
}

static size_t keys_of(const orx_plugins *all, const char *owner) {
    size_t count = 0, len = strlen(owner) + 1;
    const orx_map_entry *e;
    for (size_t i = 0; (e = orx_map_next(&all->kv, &i));)
        count += e->key_len >= len && memcmp(e->key, owner, len) == 0;
    return count;
}

static int memory_put(orx_plugins *all, const char *owner, orx_view key, orx_view value) {
    ORX_CLEANUP(orx_str_free) orx_str full = {0};
    memory_key(owner, key, &full);
    if (!orx_map_get(&all->kv, orx_str_view(&full)) && keys_of(all, owner) >= ORX_KV_KEYS_MAX)
        return ORX_E_LIMIT;
    orx_str *copy = orx_xcalloc(1, sizeof *copy);
    orx_str_addv(copy, value);
    forget(orx_map_put(&all->kv, orx_str_view(&full), copy));
    return 0;
}

static int memory_remove(orx_plugins *all, const char *owner, orx_view key) {
    ORX_CLEANUP(orx_str_free) orx_str full = {0};
    memory_key(owner, key, &full);
    forget(orx_map_remove(&all->kv, orx_str_view(&full)));
    return 0;
}

/* ---- The service --------------------------------------------------------------------------- */

static int32_t check(const orx_instance *instance, orx_view key) {
    if (instance->depth == 0 || key.len == 0)
        return ORXAQ_E_INVALID;
    return key.len > ORX_KV_KEY_MAX ? ORXAQ_E_LIMIT : ORXAQ_OK;
}

static int32_t code_out(int rc) {
    return rc >= 0 ? rc : rc == ORX_E_LIMIT ? ORXAQ_E_LIMIT : ORXAQ_E_IO;
}

static int32_t kv_get(const orxaq_host *host, orxaq_view key, orxaq_view *ret_value) {
    orx_instance *instance = orx_instance_of(host);
    orx_plugins *all = instance->all;
    orx_view k = orx_view_in(key);
    int32_t code = check(instance, k);
    if (code < 0)
        return code;
    ORX_CLEANUP(orx_str_free) orx_str value = {0};
    int rc = all->kv_ops ? all->kv_ops->get(all->kv_user, instance->stored, k, &value, NULL)
                         : memory_get(all, instance->stored, k, &value);
    if (rc > 0)
        *ret_value = orx_view_out(orx_arena_view(&instance->call, orx_str_view(&value)));
    return rc < 0 ? ORXAQ_E_IO : rc > 0;
}

static int32_t kv_put(const orxaq_host *host, orxaq_view key, orxaq_view value) {
    orx_instance *instance = orx_instance_of(host);
    orx_plugins *all = instance->all;
    orx_view k = orx_view_in(key), v = orx_view_in(value);
    int32_t code = check(instance, k);
    if (code < 0)
        return code;
    if (value.len > ORX_KV_VALUE_MAX)
        return ORXAQ_E_LIMIT;
    return code_out(all->kv_ops ? all->kv_ops->put(all->kv_user, instance->stored, k, v, NULL)
                                : memory_put(all, instance->stored, k, v));
}

static int32_t kv_remove(const orxaq_host *host, orxaq_view key) {
    orx_instance *instance = orx_instance_of(host);
    orx_plugins *all = instance->all;
    orx_view k = orx_view_in(key);
    int32_t code = check(instance, k);
    if (code < 0)
        return code;
    return code_out(all->kv_ops ? all->kv_ops->remove(all->kv_user, instance->stored, k, NULL)
                                : memory_remove(all, instance->stored, k));
}

const orxaq_kv_service orx_service_kv = {
    .struct_size = sizeof(orxaq_kv_service), .get = kv_get, .put = kv_put, .remove = kv_remove};

#include "plugin/instance.h"

#include "plugin/registry.h"
#include "plugin/services.h"

#include <stdlib.h>

/* Of the memory of a call so much is kept for the next: one for each record of a program's output.
 */
#define CALL_KEPT ((size_t)64 << 10)

/* ---- Calls into the plugin ------------------------------------------------------------------ */

void orx_instance_enter(orx_instance *instance) {
    if (instance->depth++ == 0)
        orx_str_clear(&instance->explained);
}

void orx_instance_leave(orx_instance *instance) {
    if (--instance->depth > 0)
        return;
    orx_writers_free(&instance->writers);
    orx_arena_reset(&instance->call, CALL_KEPT);
}

static int code_in(int32_t code) {
    switch (code) {
    case ORXAQ_E_UNSUPPORTED:
        return ORX_E_UNSUPPORTED;
    case ORXAQ_E_LIMIT:
        return ORX_E_LIMIT;
    case ORXAQ_E_DENIED:
        return ORX_E_DENIED;
    case ORXAQ_E_NOT_FOUND:
        return ORX_E_NOT_FOUND;
    case ORXAQ_E_CANCELLED:
        return ORX_E_CANCELLED;
    case ORXAQ_E_TIMEOUT:
        return ORX_E_TIMEOUT;
    case ORXAQ_E_IO:
        return ORX_E_IO;
    default:
        return ORX_E_INVALID;
    }
}

int orx_instance_failed(orx_instance *instance, const char *what, int32_t code, orx_err *err) {
    bool why = instance->explained.len > 0;
    return orx_err_set(err, code_in(code), "plugin %s (%s): %s failed (%s)%s%s",
                       orx_plugin_descriptor(instance->plugin)->id, instance->name, what,
                       orx_abi_code_name(code), why ? ": " : "",
                       orx_str_cstr(&instance->explained));
}

/* ---- Making -------------------------------------------------------------------------------- */

static void warn(void *user, const char *text) {
    orx_instance *instance = user;
    orx_plugins_log(instance->all, ORXAQ_LOG_WARNING, instance->name, "%s", text);
}

static orx_settings_spec settings_spec(orx_instance *instance, const orx_instance_spec *spec) {
    return (orx_settings_spec){.plugin = instance->plugin,
                               .given = instance->given,
                               .file = spec->file,
                               .path = spec->path ? spec->path : instance->name,
                               .root = instance->all->setup.root,
                               .home = orx_env(instance->all->p, "HOME"),
                               .p = instance->all->p,
                               .warn = warn,
                               .user = instance};
}

static int create(orx_instance *instance, const orx_instance_spec *spec, orx_err *err) {
    orx_settings_spec ss = settings_spec(instance, spec);
    orx_node *settings = NULL;
    int rc = orx_settings_build(&ss, &instance->arena, &settings, err);
    if (rc < 0)
        return rc;
    instance->settings = settings;
    void *object = NULL;
    orx_instance_enter(instance);
    int32_t code =
        orx_plugin_descriptor(instance->plugin)
            ->create(&instance->host, (const orxaq_value *)(const void *)settings, &object);
    if (code < 0)
        rc = orx_instance_failed(instance, "create", code, err);
    else if (!object)
        rc = orx_err_set(err, ORX_E_INVALID, "plugin %s (%s): create gave no instance",
                         orx_plugin_descriptor(instance->plugin)->id, instance->name);
    orx_instance_leave(instance);
    instance->object = rc < 0 ? NULL : object;
    return rc;
}

int orx_instance_new(orx_plugins *all, const orx_instance_spec *spec, orx_instance **ret_instance,
                     orx_err *err) {
    orx_instance *instance = orx_xcalloc(1, sizeof *instance);
    orx_list_init(&instance->writers);
    instance->all = all;
    instance->plugin = spec->plugin;
    instance->name = orx_arena_strdup(&instance->arena, spec->name ? spec->name : "unnamed");
    instance->stored = orx_arena_printf(&instance->arena, "%s/%s",
                                        orx_plugin_descriptor(spec->plugin)->id, instance->name);
    instance->own_secret = orx_arena_strdup(&instance->arena, spec->secret);
    if (spec->settings)
        instance->given = orx_node_copy(&instance->arena, spec->settings);
    instance->host = (orxaq_host){.struct_size = sizeof instance->host,
                                  .abi_major = ORXAQ_ABI_MAJOR,
                                  .abi_minor = ORXAQ_ABI_MINOR,
                                  .version = ORXAQ_SDK_VERSION,
                                  .instance = instance->name,
                                  .service = orx_service_find};
    int rc = create(instance, spec, err);
    if (rc < 0) {
        orx_instance_free(instance);
        return rc;
    }
    *ret_instance = instance;
    return 0;
}

void orx_instance_free(orx_instance *instance) {
    if (!instance)
        return;
    if (instance->object) {
        orx_instance_enter(instance);
        orx_plugin_descriptor(instance->plugin)->destroy(instance->object);
        orx_instance_leave(instance);
    }
    orx_vec_free(&instance->secrets);
    orx_map_free(&instance->settled);
    orx_map_free(&instance->wants);
    orx_map_free(&instance->metrics);
    orx_str_free(&instance->explained);
    orx_writers_free(&instance->writers);
    orx_arena_free(&instance->call);
    orx_arena_free(&instance->arena);
    free(instance);
}

/* ---- Looking ------------------------------------------------------------------------------- */

const char *orx_instance_name(const orx_instance *instance) {
    return instance->name;
}

const orx_plugin *orx_instance_plugin(const orx_instance *instance) {
    return instance->plugin;
}

const orx_node *orx_instance_settings(const orx_instance *instance) {
    return instance->settings;
}

void *orx_instance_object(const orx_instance *instance) {
    return instance->object;
}

orx_plugins *orx_instance_all(const orx_instance *instance) {
    return instance->all;
}

uint64_t orx_instance_ops(const orx_instance *instance) {
    const orxaq_provider *provider = orx_plugin_provider(instance->plugin);
    return provider ? provider->ops : 0;
}

uint64_t orx_instance_features(const orx_instance *instance) {
    const orxaq_provider *provider = orx_plugin_provider(instance->plugin);
    if (!provider)
        return 0;
    orx_instance *called = (orx_instance *)instance;
    orx_instance_enter(called);
    uint64_t features = provider->features(instance->object);
    orx_instance_leave(called);
    return features;
}

bool orx_instance_wants(orx_instance *instance, const char *kind) {
    const orxaq_sink *sink = orx_plugin_sink(instance->plugin);
    if (!sink)
        return false;
    /* Remembered as the instance itself for yes, its map for no. */
    const void *known = orx_map_get(&instance->wants, orx_view_of(kind));
    if (!known) {
        orx_instance_enter(instance);
        bool wanted = sink->wants(instance->object, orxaq_str(kind)) > 0;
        orx_instance_leave(instance);
        void *answer = wanted ? (void *)instance : (void *)&instance->wants;
        orx_map_put(&instance->wants, orx_view_of(kind), answer);
        known = answer;
    }
    return known == instance;
}

/* ---- Permissions that settings give ---------------------------------------------------------- */

int orx_instance_secret(orx_instance *instance, uint64_t handle, orx_str *out, orx_err *err) {
    if (handle == 0 || handle > instance->secrets.len)
        return orx_err_set(err, ORX_E_DENIED,
                           "plugin %s (%s): secret handle %llu was never given out",
                           orx_plugin_descriptor(instance->plugin)->id, instance->name,
                           (unsigned long long)handle);
    return orx_plugins_secret(instance->all, instance->secrets.items[handle - 1], out, err);
}

void orx_instance_each_secret(orx_instance *instance, void (*fn)(void *user, orx_view value),
                              void *user) {
    for (size_t i = 0; i < instance->secrets.len; i++) {
        orx_str value = {0};
        if (orx_plugins_secret(instance->all, instance->secrets.items[i], &value, NULL) >= 0)
            fn(user, orx_str_view(&value));
        if (value.buf)
            explicit_bzero(value.buf, value.cap);
        orx_str_free(&value);
    }
}

/* Walks the tree beside a declared path; at its end stands the value. */
static bool value_matches(const orx_node *at, const char *path, orx_view wanted) {
    const char *list = strstr(path, "[].");
    if (!list)
        return orx_view_is(wanted, orx_node_str(orx_node_path(at, path), "")) && wanted.len > 0;
    ORX_CLEANUP(orx_freep) char *head = orx_xmemdup0(path, (size_t)(list - path));
    ORX_NODE_EACH(orx_node_path(at, head), it) {
        if (value_matches(it, list + 3, wanted))
            return true;
    }
    return false;
}

bool orx_instance_may_append(const orx_instance *instance, orx_view path) {
    const orxaq_config_key *key;
    for (uint32_t i = 0; (key = orx_plugin_key(instance->plugin, i)); i++)
        if (key->type == ORXAQ_CONFIG_PATH && (key->flags & ORXAQ_KEY_WRITE) &&
            value_matches(instance->settings, key->key, path))
            return true;
    return false;
}

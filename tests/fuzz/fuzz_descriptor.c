/* A module's door: handshake, descriptor, tables and config schema of any content, and settings
 * laid over the schema. Refused with a message, or sound. The input is a recipe (recipe.h). */
#include "data/yaml.h"
#include "plugin/registry.h"
#include "plugin/settings.h"
#include "recipe.h"

#include <string.h>

static void check_text(const char *text, size_t max) {
    FUZZ_CHECK(text && *text && strlen(text) <= max);
    FUZZ_CHECK(orx_view_is_utf8(orx_view_of(text)));
}

static void check_descriptor(const orx_module_view *v) {
    const orxaq_plugin *d = &v->descriptor;
    FUZZ_CHECK(d->struct_size == sizeof *d && d->magic == ORXAQ_PLUGIN_MAGIC);
    FUZZ_CHECK(d->abi_major == ORXAQ_ABI_MAJOR && d->min_host_minor <= ORXAQ_ABI_MINOR);
    FUZZ_CHECK(d->capability && d->create && d->destroy);
    FUZZ_CHECK(d->config == v->keys && d->config_count <= ORX_ABI_KEYS_MAX);
    check_text(d->id, 64);
    check_text(d->name, 256);
    check_text(d->version, 64);
    check_text(d->vendor, 256);
    check_text(d->licence, 256);
    check_text(d->summary, 256);
    for (uint32_t i = 0; i < d->config_count; i++) {
        FUZZ_CHECK(v->keys[i].struct_size == sizeof *v->keys);
        check_text(v->keys[i].key, 299);
        check_text(v->keys[i].help, 1999);
    }
}

static void check_job(const orxaq_job *job) {
    FUZZ_CHECK(job->struct_size == sizeof *job);
    FUZZ_CHECK(job->open && job->next && job->feed && job->cancel && job->close);
}

static void check_tables(const orx_module_view *v) {
    if (v->provider.struct_size) {
        FUZZ_CHECK(v->provider.struct_size == sizeof v->provider);
        FUZZ_CHECK(v->provider.features && v->provider.ops);
        check_job(v->provider.job);
    }
    if (v->router.struct_size)
        FUZZ_CHECK(v->router.struct_size == sizeof v->router && v->router.select);
    if (v->sink.struct_size) {
        FUZZ_CHECK(v->sink.struct_size == sizeof v->sink && v->sink.wants);
        check_job(v->sink.job);
    }
}

/* ---- Settings ------------------------------------------------------------------------------- */

static bool kind_fits(int32_t type, const orx_node *value) {
    switch (type) {
    case ORXAQ_CONFIG_INTEGER:
    case ORXAQ_CONFIG_DURATION:
    case ORXAQ_CONFIG_SIZE:
    case ORXAQ_CONFIG_MONEY:
        return value->kind == ORX_INT;
    case ORXAQ_CONFIG_NUMBER:
        return value->kind == ORX_DOUBLE;
    case ORXAQ_CONFIG_BOOLEAN:
        return value->kind == ORX_BOOL;
    case ORXAQ_CONFIG_STRINGS:
        return value->kind == ORX_ARRAY;
    case ORXAQ_CONFIG_STRING_MAP:
        return value->kind == ORX_OBJECT;
    case ORXAQ_CONFIG_DOCUMENT:
        return value->kind == ORX_OBJECT || value->kind == ORX_ARRAY;
    default:
        return value->kind == ORX_STRING;
    }
}

static void check_value(const orxaq_config_key *key, const orx_node *at, const char *path) {
    const char *list = strstr(path, "[].");
    if (list) {
        ORX_CLEANUP(orx_freep) char *head = orx_xmemdup0(path, (size_t)(list - path));
        const orx_node *maps = orx_node_path(at, head);
        FUZZ_CHECK(maps && maps->kind == ORX_ARRAY);
        ORX_NODE_EACH(maps, it)
        check_value(key, it, list + 3);
        return;
    }
    const orx_node *value = orx_node_path(at, path);
    FUZZ_CHECK(value);
    if (value->kind == ORX_NULL)
        FUZZ_CHECK(!key->default_value && !(key->flags & ORXAQ_KEY_REQUIRED));
    else
        FUZZ_CHECK(kind_fits(key->type, value));
    if (value->kind == ORX_STRING && key->type == ORXAQ_CONFIG_PATH)
        FUZZ_CHECK(value->u.s.p[0] == '/');
    if (value->kind == ORX_STRING && key->type == ORXAQ_CONFIG_SECRET)
        FUZZ_CHECK(orx_view_is(value->u.s, ORX_SECRET_PLACEHOLDER));
}

static void warned(void *user, const char *text) {
    (void)user;
    FUZZ_CHECK(strstr(text, "deprecated"));
}

static void build_settings(const orx_plugin *plugin, const orx_node *given, orx_arena *arena) {
    const orx_settings_spec spec = {.plugin = plugin,
                                    .given = given,
                                    .file = "fuzz",
                                    .path = "settings",
                                    .root = "/root",
                                    .home = "/home",
                                    .warn = warned};
    orx_err err = ORX_ERR_INIT;
    orx_node *tree = NULL;
    int rc = orx_settings_build(&spec, arena, &tree, &err);
    FUZZ_CHECK((rc < 0) == (tree == NULL) && (rc < 0) == (err.code < 0));
    const orxaq_config_key *key;
    for (uint32_t i = 0; tree && (key = orx_plugin_key(plugin, i)); i++)
        check_value(key, tree, key->key);
    for (uint32_t i = 0; (key = orx_plugin_key(plugin, i)); i++) {
        const char *secret = orx_settings_secret(&spec, orx_view_of(key->key));
        FUZZ_CHECK(!secret || key->type == ORXAQ_CONFIG_SECRET);
    }
}

static void use_schema(const orx_module_view *view, orx_view settings) {
    ORX_CLEANUP(orx_arena_free) orx_arena arena = {0};
    const orx_plugin plugin = {.view = *view};
    const orx_node *given = NULL;
    ORX_CLEANUP(orx_str_free) orx_str page = {0};
    orx_settings_reference(&plugin, &page);
    FUZZ_CHECK(orx_view_is_utf8(orx_str_view(&page)));
    build_settings(&plugin, NULL, &arena);
    if (orx_yaml_parse(&arena, "fuzz", settings, &orx_limits_config, &given, NULL) == 0)
        build_settings(&plugin, given, &arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    ORX_CLEANUP(orx_arena_free) orx_arena arena = {0};
    orx_err err = ORX_ERR_INIT;
    const orxaq_plugin *raw = NULL;
    orx_module_view view = {0};
    orx_view settings = {"", 0};
    recipe_cook(orx_view_mem(data, size), &settings);
    int rc = orx_handshake(recipe_query, &raw, &err);
    FUZZ_CHECK((rc < 0) == (raw == NULL));
    if (rc >= 0)
        rc = orx_descriptor_check(raw, &arena, &view, &err);
    if (rc >= 0) {
        check_descriptor(&view);
        rc = orx_tables_check(&view, &err);
        check_tables(&view);
    }
    FUZZ_CHECK((rc < 0) == (err.code < 0) && (rc < 0) == (err.msg[0] != '\0'));
    if (rc >= 0)
        use_schema(&view, settings);
    recipe_free();
    return 0;
}

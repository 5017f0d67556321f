/* A whole settings map against the keys of a plugin. */
#include "plugin/settings.h"

#include "data/json.h"
#include "tame.h"
#include "test.h"
#include "world.h"

#define KEY(path, kind, fallback)                                                                  \
    {                                                                                              \
        .struct_size = sizeof(orxaq_config_key), .type = (kind), .key = (path),                    \
        .default_value = (fallback), .help = "What " path " is for."                               \
    }

static orxaq_config_key keys[] = {
    KEY("model", ORXAQ_CONFIG_STRING, "small"),
    KEY("timeout", ORXAQ_CONFIG_DURATION, "5s"),
    KEY("output.format", ORXAQ_CONFIG_STRING, "text"),
    KEY("output.usage.input", ORXAQ_CONFIG_STRING, NULL),
    KEY("routes[].provider", ORXAQ_CONFIG_STRING, NULL),
    KEY("routes[].limit.tokens", ORXAQ_CONFIG_INTEGER, "100"),
    KEY("routes[].key", ORXAQ_CONFIG_SECRET, NULL),
    KEY("api_key", ORXAQ_CONFIG_SECRET, NULL),
    KEY("old_timeout", ORXAQ_CONFIG_DURATION, NULL),
};

static const orx_plugin *plugin;
static char warned[1000];

static int setup(void **state) {
    world_setup(state);
    world *w = *state;
    tame_reset();
    keys[4].flags = ORXAQ_KEY_REQUIRED;
    keys[8].flags = ORXAQ_KEY_DEPRECATED;
    keys[8].replaced_by = "timeout";
    tame_descriptor.config = keys;
    tame_descriptor.config_count = ORX_ARRAY_LEN(keys);
    world_module(w, "tame", tame_query);
    plugin = world_load(w, "tame");
    return 0;
}

static void warn(void *user, const char *text) {
    (void)user;
    strncat(warned, text, sizeof warned - strlen(warned) - 1);
}

static int build(world *w, const char *yaml, orx_node **ret_tree, orx_err *err) {
    orx_settings_spec spec = {.plugin = plugin,
                              .given = yaml ? world_yaml(w, yaml) : NULL,
                              .file = "orxaq.yaml",
                              .path = "providers.x.settings",
                              .root = w->dir,
                              .warn = warn};
    warned[0] = '\0';
    return orx_settings_build(&spec, &w->arena, ret_tree, err);
}

static const char *built(world *w, const char *yaml) {
    orx_err err = ORX_ERR_INIT;
    orx_node *tree = NULL;
    assert_ok(build(w, yaml, &tree, &err), &err);
    orx_str text = {0};
    orx_json_write(&text, tree, ORX_JSON_OURS);
    const char *copy = orx_arena_dup(&w->arena, orx_str_view(&text));
    orx_str_free(&text);
    return copy;
}

static const char *refused(world *w, const char *yaml) {
    orx_err err = ORX_ERR_INIT;
    orx_node *tree = NULL;
    assert_int_equal(build(w, yaml, &tree, &err), ORX_E_INVALID);
    assert_null(tree);
    return orx_arena_strdup(&w->arena, err.msg);
}

#define DEFAULTS                                                                                   \
    "{\"model\":\"small\",\"timeout\":5000000000,\"output\":{\"format\":\"text\","                 \
    "\"usage\":{\"input\":null}},\"routes\":[],\"api_key\":null,\"old_timeout\":null}"

static void everything_has_a_value(void **state) {
    world *w = *state;
    assert_string_equal(built(w, NULL), DEFAULTS);
    assert_string_equal(built(w, "{}"), DEFAULTS);
    assert_string_equal(built(w, "{model: , output: , routes: }"), DEFAULTS);
}

static void given_values_win_at_every_depth(void **state) {
    world *w = *state;
    assert_string_equal(
        built(w, "model: big\n"
                 "output: {usage: {input: a.b}}\n"
                 "routes:\n"
                 "  - {provider: one}\n"
                 "  - provider: two\n"
                 "    limit: {tokens: 5}\n"
                 "    key: env:K\n"
                 "api_key: env:API\n"),
        "{\"model\":\"big\",\"timeout\":5000000000,"
        "\"output\":{\"format\":\"text\",\"usage\":{\"input\":\"a.b\"}},"
        "\"routes\":[{\"provider\":\"one\",\"limit\":{\"tokens\":100},\"key\":null},"
        "{\"provider\":\"two\",\"limit\":{\"tokens\":5},\"key\":\"(secret)\"}],"
        "\"api_key\":\"(secret)\",\"old_timeout\":null}");
}

static void messages_name_place_key_and_remedy(void **state) {
    world *w = *state;
    assert_string_equal(refused(w, "timeout: soon"),
                        "orxaq.yaml:1:10: providers.x.settings.timeout: expected a duration such "
                        "as 250ms, 5s, 10m, 2h, found \"soon\"");
    assert_string_equal(refused(w, "modle: x"),
                        "orxaq.yaml:1:8: providers.x.settings.modle: the plugin tame has no such "
                        "key; did you mean model?");
    assert_contains(refused(w, "zzz: x"), "see: orxaq plugin info tame");
    assert_contains(refused(w, "output: {formt: x}"),
                    "providers.x.settings.output.formt: the plugin tame has no such key; did you "
                    "mean format?");
    assert_contains(refused(w, "output: text"),
                    "providers.x.settings.output: expected a map, found a string");
    assert_contains(refused(w, "routes: {provider: a}"),
                    "expected a list of maps, found an object");
    assert_contains(refused(w, "routes: [a]"),
                    "providers.x.settings.routes[0]: expected a map, found a string");
    assert_contains(refused(w, "routes: [{provider: a}, {limit: {tokens: many}}]"),
                    "providers.x.settings.routes[1].provider: missing; expected a text: What "
                    "routes[].provider is for.");
    assert_contains(refused(w, "[]"), "providers.x.settings: expected a map, found an array");
}

static void all_problems_are_counted(void **state) {
    world *w = *state;
    assert_contains(refused(w, "{modle: x, timeout: soon, output: {format: 7}}"), "(and 2 more)");
    orx_str many = {0};
    for (int i = 0; i < 5000; i++)
        orx_str_addf(&many, "unknown%d: 1\n", i);
    assert_contains(refused(w, orx_str_cstr(&many)), "(and 99 more)");
    orx_str_free(&many);
}

static void deprecated_keys_warn(void **state) {
    world *w = *state;
    assert_contains(built(w, "old_timeout: 7s"), "\"old_timeout\":7000000000");
    assert_string_equal(warned, "orxaq.yaml:1:14: providers.x.settings.old_timeout: this key is "
                                "deprecated; use timeout");
    built(w, "timeout: 7s");
    assert_string_equal(warned, "");
}

static void secrets_are_found_by_their_path(void **state) {
    world *w = *state;
    orx_settings_spec spec = {
        .plugin = plugin,
        .given =
            world_yaml(w, "{api_key: env:A, model: env:NO, routes: [{provider: p, key: env:B}, "
                          "{provider: q}]}")};
    assert_string_equal(orx_settings_secret(&spec, orx_view_of("api_key")), "env:A");
    assert_string_equal(orx_settings_secret(&spec, orx_view_of("routes[0].key")), "env:B");
    assert_null(orx_settings_secret(&spec, orx_view_of("routes[1].key")));
    assert_null(orx_settings_secret(&spec, orx_view_of("routes[9].key")));
    assert_null(orx_settings_secret(&spec, orx_view_of("model")));
    assert_null(orx_settings_secret(&spec, orx_view_of("")));
}

static void a_plugin_without_keys_takes_none(void **state) {
    world *w = *state;
    const uint32_t count = tame_descriptor.config_count;
    tame_descriptor.config_count = 0;
    tame_descriptor.config = NULL;
    tame_descriptor.id = "bare";
    world_module(w, "bare", tame_query);
    const orx_plugin *keep = plugin;
    plugin = world_load(w, "bare");
    assert_string_equal(built(w, "{}"), "{}");
    assert_contains(refused(w, "a: 1"), "the plugin bare has no such key");
    plugin = keep;
    tame_descriptor.config_count = count;
    tame_descriptor.config = keys;
}

static void the_reference_shows_every_key(void **state) {
    (void)state;
    orx_str text = {0};
    orx_settings_reference(plugin, &text);
    assert_contains(orx_str_cstr(&text), "timeout (duration)\n    What timeout is for.\n"
                                         "    default: 5s\n");
    assert_contains(orx_str_cstr(&text), "routes[].provider (string, required)");
    assert_contains(orx_str_cstr(&text), "old_timeout (duration, deprecated: use timeout)");
    orx_str_free(&text);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(everything_has_a_value),
        cmocka_unit_test(given_values_win_at_every_depth),
        cmocka_unit_test(messages_name_place_key_and_remedy),
        cmocka_unit_test(all_problems_are_counted),
        cmocka_unit_test(deprecated_keys_warn),
        cmocka_unit_test(secrets_are_found_by_their_path),
        cmocka_unit_test(a_plugin_without_keys_takes_none),
        cmocka_unit_test(the_reference_shows_every_key),
    };
    return cmocka_run_group_tests(tests, setup, world_teardown);
}

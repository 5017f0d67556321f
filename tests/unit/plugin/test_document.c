/* Settings that are files. */
#include "data/json.h"
#include "platform/files.h"
#include "plugin/key.h"
#include "tame.h"
#include "test.h"
#include "world.h"

static const orxaq_config_key key = {.struct_size = sizeof key,
                                     .type = ORXAQ_CONFIG_DOCUMENT,
                                     .key = "policy",
                                     .help = "What is allowed."};

static int convert_into(world *w, const char *yaml, orx_node **ret_value, orx_err *err) {
    const orx_bases bases = {.root = w->dir, .home = w->dir, .p = w->p};
    return orx_key_convert(&key, world_yaml(w, yaml), &bases, &w->arena, ret_value, err);
}

/* What the YAML value of the key stands for, as JSON; or the message. */
static const char *converted(world *w, const char *yaml) {
    orx_err err = ORX_ERR_INIT;
    orx_node *value = NULL;
    if (convert_into(w, yaml, &value, &err) < 0) {
        assert_null(value);
        return orx_arena_strdup(&w->arena, err.msg);
    }
    ORX_CLEANUP(orx_str_free) orx_str text = {0};
    orx_json_write(&text, value, ORX_JSON_OURS);
    return orx_arena_dup(&w->arena, orx_str_view(&text));
}

static void the_file_stands_in_place_of_its_path(void **state) {
    world *w = *state;
    world_file(w, "p.json", "{\"a\": [1, 2.5, \"x\"]}\n");
    world_file(w, "p.yaml", "a: [1, 2.5, x]\n");
    world_file(w, "json.yaml", "{\"a\": [1, 2.5, \"x\"]}\n");
    const char *expected = "{\"a\":[1,2.5,\"x\"]}";
    assert_string_equal(converted(w, "p.json"), expected);
    assert_string_equal(converted(w, "./p.yaml"), expected);
    assert_string_equal(converted(w, "~/json.yaml"), expected);
    assert_string_equal(converted(w, world_path(w, "p.json")), expected);
    world_file(w, "list.json", "[]");
    assert_string_equal(converted(w, "list.json"), "[]");
}

static void the_document_may_be_written_in_place(void **state) {
    world *w = *state;
    assert_string_equal(converted(w, "{a: {b: 1}}"), "{\"a\":{\"b\":1}}");
    assert_string_equal(converted(w, "[a]"), "[\"a\"]");
    assert_contains(converted(w, "12"), "expected the path of a JSON or YAML file, found");
    assert_contains(converted(w, "true"), "expected the path");
}

static void a_bad_file_is_named_with_its_line(void **state) {
    world *w = *state;
    world_file(w, "bad.json", "{\"a\": 1,\n \"b\": nan}\n");
    world_file(w, "bad.yaml", "a: 1\nb: [\n");
    world_file(w, "twice.json", "{\"a\": 1,\n \"a\": 2}\n");
    world_file(w, "text.json", "\"just a text\"\n");
    world_file(w, "empty.yaml", "");
    assert_contains(converted(w, "bad.json"), "/bad.json:2:");
    assert_contains(converted(w, "bad.yaml"), "/bad.yaml:");
    assert_contains(converted(w, "twice.json"), "/twice.json:2:");
    assert_contains(converted(w, "text.json"), "text.json: expected a map or a list, found");
    assert_contains(converted(w, "empty.yaml"), "expected YAML, found an empty file");
    assert_contains(converted(w, "missing.json"), "missing.json");
    assert_contains(converted(w, "\"\""), "found an empty text");
    assert_contains(converted(w, "/dev/zero"), "/dev/zero");
}

/* A file of `size` bytes: a list of one string. */
static const char *text_of_size(world *w, const char *name, size_t size) {
    ORX_CLEANUP(orx_str_free) orx_str bytes = {0};
    orx_str_adds(&bytes, "[\"");
    while (bytes.len < size - 2)
        orx_str_addc(&bytes, 'x');
    orx_str_adds(&bytes, "\"]");
    orx_err err = ORX_ERR_INIT;
    const char *path = world_path(w, name);
    assert_ok(orx_write_replace(w->p, path, orx_str_view(&bytes), 0644, &err), &err);
    return path;
}

static void sizes_are_limited(void **state) {
    world *w = *state;
    size_t limit = (size_t)16 << 20;
    orx_err err = ORX_ERR_INIT;
    orx_node *value = NULL;
    assert_ok(convert_into(w, text_of_size(w, "most.json", limit), &value, &err), &err);
    assert_int_equal(orx_node_first(value)->u.s.len, limit - 4);
    value = NULL;
    assert_int_equal(convert_into(w, text_of_size(w, "more.json", limit + 1), &value, &err),
                     ORX_E_LIMIT);
    assert_contains(err.msg, "more.json");
    assert_null(value);
}

static void without_a_world_there_are_no_files(void **state) {
    world *w = *state;
    const orx_bases none = {.root = w->dir};
    orx_err err = ORX_ERR_INIT;
    orx_node *value = NULL;
    assert_int_equal(orx_key_convert(&key, world_yaml(w, "p.json"), &none, &w->arena, &value, &err),
                     ORX_E_UNSUPPORTED);
}

/* The message for a plugin that declares this key. */
static const char *declared(world *w, orxaq_config_key bad) {
    orx_err err = ORX_ERR_INIT;
    if (orx_settings_check_keys(&bad, 1, &err) >= 0)
        return "fine";
    return orx_arena_strdup(&w->arena, err.msg);
}

static void declarations_are_checked(void **state) {
    world *w = *state;
    orxaq_config_key bad = key;
    assert_string_equal(declared(w, bad), "fine");
    bad.flags = ORXAQ_KEY_REQUIRED;
    assert_string_equal(declared(w, bad), "fine");
    bad.flags = ORXAQ_KEY_WRITE;
    assert_contains(declared(w, bad), "only a path can be writable");
    bad = key;
    bad.default_value = "config/policy.json";
    assert_contains(declared(w, bad), "a document has no default");
    bad = key;
    bad.range = "a|b";
    assert_contains(declared(w, bad), "a document has no range");
    /* What a host that is older than a type says of it. */
    bad = key;
    bad.type = ORXAQ_CONFIG_DOCUMENT + 1;
    assert_contains(declared(w, bad), "config key \"policy\": unknown type 14");
}

static orxaq_config_key declared_keys[1];

static const char *built(world *w, const char *yaml) {
    declared_keys[0] = key;
    declared_keys[0].flags = ORXAQ_KEY_REQUIRED;
    tame_reset();
    tame_descriptor.config = declared_keys;
    tame_descriptor.config_count = 1;
    world_module(w, "tame", tame_query);
    const orx_settings_spec spec = {.plugin = world_load(w, "tame"),
                                    .given = yaml ? world_yaml(w, yaml) : NULL,
                                    .file = "orxaq.yaml",
                                    .path = "routers.a.settings",
                                    .root = w->dir,
                                    .p = w->p};
    orx_err err = ORX_ERR_INIT;
    orx_node *tree = NULL;
    if (orx_settings_build(&spec, &w->arena, &tree, &err) < 0)
        return orx_arena_strdup(&w->arena, err.msg);
    ORX_CLEANUP(orx_str_free) orx_str text = {0};
    orx_json_write(&text, tree, ORX_JSON_OURS);
    return orx_arena_dup(&w->arena, orx_str_view(&text));
}

static void settings_hold_the_document(void **state) {
    world *w = *state;
    world_file(w, "good.yaml", "providers: {codex: {enabled: false}}\n");
    world_file(w, "broken.json", "{\n");
    assert_string_equal(built(w, "policy: good.yaml"),
                        "{\"policy\":{\"providers\":{\"codex\":{\"enabled\":false}}}}");
    assert_contains(built(w, "policy: broken.json"),
                    "orxaq.yaml:1:9: routers.a.settings.policy: /");
    assert_contains(built(w, "policy: broken.json"), "/broken.json:");
    assert_contains(built(w, "{}"),
                    "policy: missing; expected the path of a JSON or YAML file: What is allowed.");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_file_stands_in_place_of_its_path),
        cmocka_unit_test(the_document_may_be_written_in_place),
        cmocka_unit_test(a_bad_file_is_named_with_its_line),
        cmocka_unit_test(sizes_are_limited),
        cmocka_unit_test(without_a_world_there_are_no_files),
        cmocka_unit_test(declarations_are_checked),
        cmocka_unit_test(settings_hold_the_document),
    };
    return cmocka_run_group_tests(tests, world_setup, world_teardown);
}

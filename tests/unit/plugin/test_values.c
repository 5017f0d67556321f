/* Single settings: what an operator may write for each type. */
#include "data/json.h"
#include "plugin/key.h"
#include "tame.h"
#include "test.h"
#include "world.h"

static orxaq_config_key key_of(int32_t type, const char *range) {
    return (orxaq_config_key){.struct_size = sizeof(orxaq_config_key),
                              .type = type,
                              .key = "k",
                              .range = range,
                              .help = "h"};
}

/* Converts the YAML text; the value as JSON, or the message. */
static const char *convert(world *w, const orxaq_config_key *key, const char *yaml) {
    static const orx_bases bases = {.root = "/base", .home = "/users/me"};
    orx_err err = ORX_ERR_INIT;
    orx_node *value = NULL;
    if (orx_key_convert(key, world_yaml(w, yaml), &bases, &w->arena, &value, &err) < 0)
        return orx_arena_strdup(&w->arena, err.msg);
    orx_str text = {0};
    orx_json_write(&text, value, ORX_JSON_OURS);
    const char *copy = orx_arena_dup(&w->arena, orx_str_view(&text));
    orx_str_free(&text);
    return copy;
}

#define EXPECT(type, range, yaml, json)                                                            \
    do {                                                                                           \
        orxaq_config_key key_ = key_of(type, range);                                               \
        assert_string_equal(convert(w, &key_, yaml), json);                                        \
    } while (0)

#define REFUSED(type, range, yaml, part)                                                           \
    do {                                                                                           \
        orxaq_config_key key_ = key_of(type, range);                                               \
        assert_contains(convert(w, &key_, yaml), part);                                            \
    } while (0)

static void texts(void **state) {
    world *w = *state;
    EXPECT(ORXAQ_CONFIG_STRING, NULL, "hello", "\"hello\"");
    EXPECT(ORXAQ_CONFIG_STRING, NULL, "\"12\"", "\"12\"");
    EXPECT(ORXAQ_CONFIG_STRING, NULL, "no", "\"no\"");
    REFUSED(ORXAQ_CONFIG_STRING, NULL, "12", "expected a text, found");
    REFUSED(ORXAQ_CONFIG_STRING, NULL, "[a]", "expected a text");
    REFUSED(ORXAQ_CONFIG_STRING, NULL, "\"a\\0b\"", "NUL");
    EXPECT(ORXAQ_CONFIG_CHOICE, "a|b|long one", "long one", "\"long one\"");
    REFUSED(ORXAQ_CONFIG_CHOICE, "a|b", "c", "expected one of a|b, found \"c\"");
    REFUSED(ORXAQ_CONFIG_CHOICE, "a|b", "a|b", "expected one of a|b");
    char *big = orx_arena_alloc(&w->arena, 70000);
    memset(big, 'x', 69999);
    big[69999] = '\0';
    REFUSED(ORXAQ_CONFIG_STRING, NULL, big, "at most 65536");
}

static void numbers(void **state) {
    world *w = *state;
    EXPECT(ORXAQ_CONFIG_INTEGER, NULL, "-7", "-7");
    REFUSED(ORXAQ_CONFIG_INTEGER, NULL, "1.5", "expected a whole number");
    REFUSED(ORXAQ_CONFIG_INTEGER, NULL, "\"7\"", "expected a whole number, found \"7\"");
    EXPECT(ORXAQ_CONFIG_INTEGER, "1..5", "5", "5");
    REFUSED(ORXAQ_CONFIG_INTEGER, "1..5", "6", "in the range 1..5");
    REFUSED(ORXAQ_CONFIG_INTEGER, "1..5", "0", "in the range 1..5");
    EXPECT(ORXAQ_CONFIG_INTEGER, "..5", "-100", "-100");
    REFUSED(ORXAQ_CONFIG_INTEGER, "1..", "0", "in the range 1..");
    EXPECT(ORXAQ_CONFIG_NUMBER, NULL, "2", "2.0");
    EXPECT(ORXAQ_CONFIG_NUMBER, "0..1", "0.25", "0.25");
    REFUSED(ORXAQ_CONFIG_NUMBER, "0..1", "1.01", "in the range 0..1, found 1.01");
    REFUSED(ORXAQ_CONFIG_NUMBER, NULL, "x", "expected a number");
    EXPECT(ORXAQ_CONFIG_BOOLEAN, NULL, "true", "true");
    REFUSED(ORXAQ_CONFIG_BOOLEAN, NULL, "yes", "expected true or false, found \"yes\"");
    REFUSED(ORXAQ_CONFIG_BOOLEAN, NULL, "1", "expected true or false");
}

static void amounts(void **state) {
    world *w = *state;
    EXPECT(ORXAQ_CONFIG_DURATION, NULL, "250ms", "250000000");
    EXPECT(ORXAQ_CONFIG_DURATION, NULL, "1.5h", "5400000000000");
    EXPECT(ORXAQ_CONFIG_DURATION, NULL, "30", "30000000000");
    EXPECT(ORXAQ_CONFIG_DURATION, NULL, "0.5", "500000000");
    REFUSED(ORXAQ_CONFIG_DURATION, NULL, "soon", "a duration such as 250ms");
    REFUSED(ORXAQ_CONFIG_DURATION, NULL, "-5s", "a duration");
    REFUSED(ORXAQ_CONFIG_DURATION, "1s..1m", "2m", "in the range 1s..1m");
    EXPECT(ORXAQ_CONFIG_SIZE, NULL, "64KiB", "65536");
    EXPECT(ORXAQ_CONFIG_SIZE, NULL, "10MB", "10000000");
    EXPECT(ORXAQ_CONFIG_SIZE, NULL, "12", "12");
    REFUSED(ORXAQ_CONFIG_SIZE, NULL, "12 potatoes", "a size such as");
    EXPECT(ORXAQ_CONFIG_MONEY, NULL, "0.25", "250000000");
    EXPECT(ORXAQ_CONFIG_MONEY, NULL, "\"0.1 USD\"", "100000000");
    EXPECT(ORXAQ_CONFIG_MONEY, NULL, "3", "3000000000");
    REFUSED(ORXAQ_CONFIG_MONEY, "..10", "10.5", "in the range ..10");
    REFUSED(ORXAQ_CONFIG_MONEY, NULL, "[1]", "an amount of USD");
}

static void paths_become_absolute(void **state) {
    world *w = *state;
    EXPECT(ORXAQ_CONFIG_PATH, NULL, "logs/a.ndjson", "\"/base/logs/a.ndjson\"");
    EXPECT(ORXAQ_CONFIG_PATH, NULL, "/var/x", "\"/var/x\"");
    EXPECT(ORXAQ_CONFIG_PATH, NULL, "~/x", "\"/users/me/x\"");
    REFUSED(ORXAQ_CONFIG_PATH, NULL, "\"\"", "found an empty text");
    static const orx_bases none = {.root = NULL};
    orxaq_config_key key = key_of(ORXAQ_CONFIG_PATH, NULL);
    orx_err err = ORX_ERR_INIT;
    orx_node *value = NULL;
    assert_int_equal(orx_key_convert(&key, world_yaml(w, "logs/a"), &none, &w->arena, &value, &err),
                     ORX_E_INVALID);
    assert_contains(err.msg, "expected an absolute path, found \"logs/a\"");
    assert_null(value);
}

static void secrets_are_references_and_never_shown(void **state) {
    world *w = *state;
    EXPECT(ORXAQ_CONFIG_SECRET, NULL, "env:API_KEY", "\"(secret)\"");
    EXPECT(ORXAQ_CONFIG_SECRET, NULL, "file:/run/key", "\"(secret)\"");
    orxaq_config_key key = key_of(ORXAQ_CONFIG_SECRET, NULL);
    const char *message = convert(w, &key, "sk-abc123");
    assert_contains(message, "a reference such as env:NAME");
    assert_null(strstr(message, "sk-abc123"));
    REFUSED(ORXAQ_CONFIG_SECRET, NULL, "env:", "a reference");
    REFUSED(ORXAQ_CONFIG_SECRET, NULL, "file:relative", "a reference");
}

static void lists_and_maps(void **state) {
    world *w = *state;
    EXPECT(ORXAQ_CONFIG_STRINGS, NULL, "[a, b]", "[\"a\",\"b\"]");
    EXPECT(ORXAQ_CONFIG_STRINGS, NULL, "[]", "[]");
    REFUSED(ORXAQ_CONFIG_STRINGS, NULL, "a", "expected a list of texts");
    REFUSED(ORXAQ_CONFIG_STRINGS, NULL, "[1]", "expected a list of texts, found");
    REFUSED(ORXAQ_CONFIG_STRINGS, "a|b", "[a, c]", "expected one of a|b");
    EXPECT(ORXAQ_CONFIG_STRING_MAP, NULL, "{\"1\": auth, x: true, y: 7}",
           "{\"1\":\"auth\",\"x\":\"true\",\"y\":\"7\"}");
    REFUSED(ORXAQ_CONFIG_STRING_MAP, NULL, "{a: [1]}", "expected a map of texts");
    REFUSED(ORXAQ_CONFIG_STRING_MAP, NULL, "[a]", "expected a map of texts");
    REFUSED(ORXAQ_CONFIG_STRING_MAP, "on|off", "{a: maybe}", "expected one of on|off");
    orx_str many = {0};
    orx_str_adds(&many, "[a");
    for (int i = 0; i < 4096; i++)
        orx_str_adds(&many, ",a");
    orx_str_adds(&many, "]");
    REFUSED(ORXAQ_CONFIG_STRINGS, NULL, orx_str_cstr(&many), "4097 elements; at most 4096");
    orx_str_free(&many);
}

/* ---- Declarations -------------------------------------------------------------------------- */

static const char *check(world *w, const orxaq_config_key *keys, uint32_t count) {
    orx_err err = ORX_ERR_INIT;
    if (orx_settings_check_keys(keys, count, &err) >= 0)
        return "fine";
    return orx_arena_strdup(&w->arena, err.msg);
}

static void declared_keys_are_checked(void **state) {
    world *w = *state;
    orxaq_config_key good = key_of(ORXAQ_CONFIG_STRING, NULL);
    static const char *const bad_paths[] = {"",       "A",         ".a",      "a.",        "a..b",
                                            "a b",    "a[]",       "a[].b[]", "a[].b[].c", "a-b",
                                            "a[0].b", "a.b.c.d.e", "a[]b"};
    for (size_t i = 0; i < ORX_ARRAY_LEN(bad_paths); i++) {
        orxaq_config_key key = good;
        key.key = bad_paths[i];
        assert_contains(check(w, &key, 1), "config key");
    }
    static const char *const good_paths[] = {"a", "a.b.c.d", "a[].b", "a.b[].c", "a_1.b2"};
    for (size_t i = 0; i < ORX_ARRAY_LEN(good_paths); i++) {
        orxaq_config_key key = good;
        key.key = good_paths[i];
        assert_string_equal(check(w, &key, 1), "fine");
    }
}

static void declarations_must_make_sense(void **state) {
    world *w = *state;
    const struct {
        orxaq_config_key key;
        const char *part;
    } bad[] = {
        {{.type = ORXAQ_CONFIG_STRING, .help = ""}, "expected a help text"},
        {{.type = ORXAQ_CONFIG_STRING}, "expected a help text"},
        {{.type = 0, .help = "h"}, "unknown type 0"},
        {{.type = 14, .help = "h"}, "unknown type 14"},
        {{.type = ORXAQ_CONFIG_CHOICE, .help = "h"}, "needs its words"},
        {{.type = ORXAQ_CONFIG_STRING, .range = "a|b", .help = "h"}, "a string has no range"},
        {{.type = ORXAQ_CONFIG_INTEGER, .range = "5", .help = "h"}, "is not LOW..HIGH"},
        {{.type = ORXAQ_CONFIG_INTEGER, .range = "5..1", .help = "h"}, "is not LOW..HIGH"},
        {{.type = ORXAQ_CONFIG_INTEGER, .range = "..", .help = "h"}, "is not LOW..HIGH"},
        {{.type = ORXAQ_CONFIG_NUMBER, .range = "a..b", .help = "h"}, "is not LOW..HIGH"},
        {{.type = ORXAQ_CONFIG_DURATION, .range = "1x..2x", .help = "h"}, "is not LOW..HIGH"},
        {{.type = ORXAQ_CONFIG_INTEGER, .range = "1..5", .default_value = "9", .help = "h"},
         "the declared default"},
        {{.type = ORXAQ_CONFIG_BOOLEAN, .default_value = "yes", .help = "h"},
         "the declared default"},
        {{.type = ORXAQ_CONFIG_STRINGS, .default_value = "[a", .help = "h"},
         "the declared default"},
        {{.type = ORXAQ_CONFIG_CHOICE, .range = "a|b", .default_value = "c", .help = "h"},
         "the declared default"},
        {{.type = ORXAQ_CONFIG_STRING,
          .flags = ORXAQ_KEY_REQUIRED,
          .default_value = "x",
          .help = "h"},
         "a required key has no default"},
        {{.type = ORXAQ_CONFIG_SECRET, .default_value = "env:X", .help = "h"},
         "a secret has no default"},
        {{.type = ORXAQ_CONFIG_STRING, .flags = ORXAQ_KEY_WRITE, .help = "h"},
         "only a path can be writable"},
    };
    for (size_t i = 0; i < ORX_ARRAY_LEN(bad); i++) {
        orxaq_config_key key = bad[i].key;
        key.struct_size = sizeof key;
        key.key = "k";
        assert_contains(check(w, &key, 1), bad[i].part);
    }
}

static void keys_that_name_one_place_clash(void **state) {
    world *w = *state;
    static const char *const pairs[][2] = {{"a", "a"},       {"a", "a.b"},   {"a[].b", "a"},
                                           {"a[].b", "a.c"}, {"x.a", "x.a"}, {"a[].b", "a[].b"}};
    for (size_t i = 0; i < ORX_ARRAY_LEN(pairs); i++) {
        orxaq_config_key keys[2] = {key_of(ORXAQ_CONFIG_STRING, NULL),
                                    key_of(ORXAQ_CONFIG_STRING, NULL)};
        keys[0].key = pairs[i][0];
        keys[1].key = pairs[i][1];
        assert_contains(check(w, keys, 2), "name the same place");
    }
    orxaq_config_key keys[2] = {key_of(ORXAQ_CONFIG_STRING, NULL),
                                key_of(ORXAQ_CONFIG_STRING, NULL)};
    keys[0].key = "a[].b";
    keys[1].key = "a[].c";
    assert_string_equal(check(w, keys, 2), "fine");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(texts),
        cmocka_unit_test(numbers),
        cmocka_unit_test(amounts),
        cmocka_unit_test(paths_become_absolute),
        cmocka_unit_test(secrets_are_references_and_never_shown),
        cmocka_unit_test(lists_and_maps),
        cmocka_unit_test(declared_keys_are_checked),
        cmocka_unit_test(declarations_must_make_sense),
        cmocka_unit_test(keys_that_name_one_place_clash),
    };
    return cmocka_run_group_tests(tests, world_setup, world_teardown);
}

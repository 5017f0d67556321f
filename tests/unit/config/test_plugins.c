/* The list of plugins. */
#include "support.h"

#include <string.h>

#define DIGEST "0123456789abcdef0123456789abcdef0123456789abcdef0123456789ABCDEF"

static void entries_are_read(void **state) {
    fixture *fx = *state;
    put_env("HOME", "/h/me");
    load_yaml(fx, "plugins:\n"
                  "- name: ndjson\n"
                  "  settings: {file: events.ndjson}\n"
                  "- path: plugins/mine.so\n"
                  "  enabled: false\n"
                  "  sha256: " DIGEST "\n"
                  "- {path: /abs/other.so}\n"
                  "- {path: ~/third.so}\n");
    assert_int_equal(fx->cfg->plugin_count, 4);
    const orx_plugin_config *p = fx->cfg->plugins;
    assert_string_equal(p[0].name, "ndjson");
    assert_null(p[0].path);
    assert_true(p[0].enabled);
    assert_null(p[0].sha256);
    assert_string_equal(orx_node_str(orx_node_get(p[0].settings, "file"), ""), "events.ndjson");
    assert_string_equal(p[0].where, "orxaq.yaml:2:3");
    assert_null(p[1].name);
    assert_string_equal(p[1].path, in_root(fx, "plugins/mine.so"));
    assert_false(p[1].enabled);
    assert_string_equal(p[1].sha256,
                        "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef");
    assert_int_equal(p[1].settings->kind, ORX_OBJECT);
    assert_string_equal(p[2].path, "/abs/other.so");
    assert_string_equal(p[3].path, "/h/me/third.so");
    assert_string_equal(shown(fx, "plugins[1].enabled"), "false");
    assert_string_equal(origin(fx, "plugins[1].enabled"), "orxaq.yaml:5:12");
    assert_string_equal(origin(fx, "plugins[2].enabled"), "default");
    assert_string_equal(shown(fx, "plugins[0].settings.file"), "events.ndjson");
}

static void an_entry_is_a_name_or_a_path(void **state) {
    fixture *fx = *state;
    expect_error(fx, "plugins:\n- enabled: true\n", "orxaq.yaml:2:3",
                 "plugins[0]: expected name or path, found neither");
    expect_error(fx, "plugins:\n- name: a\n- {name: b, path: c}\n", "orxaq.yaml:3:3",
                 "plugins[1]: expected either name or path, found both");
}

static void nothing_is_listed_twice(void **state) {
    fixture *fx = *state;
    expect_error(fx, "plugins:\n- name: a\n- name: b\n- name: a\n", "orxaq.yaml:4:3",
                 "plugins[2]: a is listed already at orxaq.yaml:2:3");
    expect_error(fx, "plugins:\n- path: x.so\n- path: ./x.so\n", "orxaq.yaml:3:3",
                 "is listed already at orxaq.yaml:2:3");
    load_yaml(fx, "plugins: [{name: a}, {path: a}]\n");
}

static void bad_members(void **state) {
    fixture *fx = *state;
    expect_error(fx, "plugins:\n- name: ../evil\n  path: null\n", "orxaq.yaml:2:9",
                 "plugins[0].name: expected a name");
    expect_error(fx, "plugins:\n- name: a\n  sha256: abc\n", "orxaq.yaml:2:3",
                 "plugins[0]: expected sha256 to be 64 hexadecimal digits");
    expect_error(fx, "plugins:\n- name: a\n  enabled: 1\n", "orxaq.yaml:3:12",
                 "plugins[0].enabled: expected true or false, found an integer (1)");
    expect_error(fx, "plugins:\n- name: a\n  settings: x\n", "orxaq.yaml:3:13",
                 "plugins[0].settings: expected an object");
    expect_error(fx, "plugins:\n- name: a\n  sha256: 1234\n", "orxaq.yaml:3:11",
                 "plugins[0].sha256: expected a text");
}

static void elements_that_are_no_objects_are_skipped(void **state) {
    fixture *fx = *state;
    spit(fx, "orxaq.yaml", "plugins: [1, {name: a}, [x]]\n");
    assert_int_equal(load(fx), ORX_E_INVALID);
    assert_int_equal(fx->diags.errors, 2);
    expect_diag(fx, ORX_DIAG_ERROR, "orxaq.yaml:1:11", "plugins[0]: expected an object");
    expect_diag(fx, ORX_DIAG_ERROR, "orxaq.yaml:1:25", "plugins[2]: expected an object");
}

static void the_list_is_bounded(void **state) {
    fixture *fx = *state;
    ORX_CLEANUP(orx_str_free) orx_str text = {0};
    orx_str_adds(&text, "plugins:\n");
    for (int i = 0; i < 256; i++)
        orx_str_addf(&text, "- name: p%d\n", i);
    load_yaml(fx, orx_str_cstr(&text));
    assert_int_equal(fx->cfg->plugin_count, 256);
    assert_string_equal(fx->cfg->plugins[255].name, "p255");
    orx_str_adds(&text, "- name: more\n");
    expect_error(fx, orx_str_cstr(&text), "orxaq.yaml:2:1", "plugins: more than 256 entries");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(entries_are_read),
        TEST(an_entry_is_a_name_or_a_path),
        TEST(nothing_is_listed_twice),
        TEST(bad_members),
        TEST(elements_that_are_no_objects_are_skipped),
        TEST(the_list_is_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

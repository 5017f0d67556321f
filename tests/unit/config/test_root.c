/* Where the root is. */
#include "support.h"

#include <string.h>
#include <unistd.h>

static const char *found_root;
static bool found;

static int find(fixture *fx, const char *given, const char *cwd) {
    fx->err = (orx_err)ORX_ERR_INIT;
    return orx_config_find_root(fx->p, given, cwd, &fx->arena, &found_root, &found, &fx->err);
}

static const char *folder(fixture *fx, const char *name) {
    const char *path = in_root(fx, name);
    assert_ok(orx_mkdirs(fx->p, path, false, &fx->err), &fx->err);
    return path;
}

static void a_given_root_is_taken(void **state) {
    fixture *fx = *state;
    const char *sub = folder(fx, "sub");
    assert_ok(find(fx, sub, "/"), &fx->err);
    assert_string_equal(found_root, sub);
    assert_false(found);
    spit(fx, "sub/orxaq.yaml", "");
    assert_ok(find(fx, sub, "/"), &fx->err);
    assert_true(found);
}

static void a_given_root_is_relative_to_the_working_directory(void **state) {
    fixture *fx = *state;
    folder(fx, "sub/deep");
    assert_ok(find(fx, "sub/../sub/deep", fx->root), &fx->err);
    assert_string_equal(found_root, in_root(fx, "sub/deep"));
    assert_ok(find(fx, ".", fx->root), &fx->err);
    assert_string_equal(found_root, fx->root);
}

static void symbolic_links_are_resolved(void **state) {
    fixture *fx = *state;
    const char *sub = folder(fx, "sub"), *link = in_root(fx, "link");
    assert_int_equal(symlink(sub, link), 0);
    assert_ok(find(fx, link, "/"), &fx->err);
    assert_string_equal(found_root, sub);
}

static void an_impossible_root_is_an_error(void **state) {
    fixture *fx = *state;
    assert_int_equal(find(fx, "nothing", fx->root), ORX_E_NOT_FOUND);
    assert_contains(fx->err.msg, "--root: the root directory cannot be used");
    assert_contains(fx->err.msg, "nothing");
    spit(fx, "file", "x");
    assert_int_equal(find(fx, "file", fx->root), ORX_E_INVALID);
    assert_contains(fx->err.msg, "--root: expected a directory, found a file");
    put_env("ORXAQ_ROOT", "gone");
    assert_int_equal(find(fx, NULL, fx->root), ORX_E_NOT_FOUND);
    assert_contains(fx->err.msg, "ORXAQ_ROOT");
}

static void the_variable_comes_behind_the_flag(void **state) {
    fixture *fx = *state;
    const char *a = folder(fx, "a"), *b = folder(fx, "b");
    put_env("ORXAQ_ROOT", a);
    assert_ok(find(fx, NULL, fx->root), &fx->err);
    assert_string_equal(found_root, a);
    assert_ok(find(fx, b, fx->root), &fx->err);
    assert_string_equal(found_root, b);
}

static void an_empty_variable_is_not_set(void **state) {
    fixture *fx = *state;
    put_env("ORXAQ_ROOT", "");
    assert_ok(find(fx, NULL, fx->root), &fx->err);
    assert_string_equal(found_root, fx->root);
}

static void every_marker_is_found_from_below(void **state) {
    fixture *fx = *state;
    static const char *const markers[] = {
        "orxaq.yaml",    "config/orxaq.yaml", "orxaq.json",        "config/orxaq.json",
        ".env.autonomy", "config/tasks.json", "config/lanes.json", "config/skill_protocol.json"};
    for (size_t i = 0; i < ORX_ARRAY_LEN(markers); i++) {
        const char *top = orx_arena_printf(&fx->arena, "r%zu", i);
        const char *deep = folder(fx, orx_arena_printf(&fx->arena, "%s/x/y/z", top));
        spit(fx, orx_arena_printf(&fx->arena, "%s/%s", top, markers[i]), "");
        assert_ok(find(fx, NULL, deep), &fx->err);
        assert_true(found);
        assert_string_equal(found_root, in_root(fx, top));
        assert_ok(find(fx, NULL, in_root(fx, top)), &fx->err);
        assert_string_equal(found_root, in_root(fx, top));
    }
}

static void the_nearest_root_wins(void **state) {
    fixture *fx = *state;
    const char *deep = folder(fx, "inner/deep");
    spit(fx, "orxaq.yaml", "");
    spit(fx, "inner/.env.autonomy", "");
    assert_ok(find(fx, NULL, deep), &fx->err);
    assert_string_equal(found_root, in_root(fx, "inner"));
}

/* Many projects have a folder config; that alone says nothing. */
static void a_bare_config_folder_is_no_marker(void **state) {
    fixture *fx = *state;
    const char *deep = folder(fx, "p/config/deep");
    assert_ok(find(fx, NULL, deep), &fx->err);
    assert_false(found);
    assert_string_equal(found_root, deep);
}

/* From inside ROOT/config the root is ROOT, although orxaq.yaml stands right there. */
static void the_config_folder_is_not_its_own_root(void **state) {
    fixture *fx = *state;
    const char *inside = folder(fx, "p/config/prompts");
    spit(fx, "p/config/orxaq.yaml", "");
    assert_ok(find(fx, NULL, inside), &fx->err);
    assert_string_equal(found_root, in_root(fx, "p"));
    assert_ok(find(fx, NULL, in_root(fx, "p/config")), &fx->err);
    assert_string_equal(found_root, in_root(fx, "p"));
    folder(fx, "q/myconfig");
    spit(fx, "q/myconfig/orxaq.yaml", "");
    assert_ok(find(fx, NULL, in_root(fx, "q/myconfig")), &fx->err);
    assert_string_equal(found_root, in_root(fx, "q/myconfig"));
}

static void loading_reports_a_missing_root(void **state) {
    fixture *fx = *state;
    fx->options.root = "/nowhere/at/all";
    assert_int_equal(load(fx), ORX_E_NOT_FOUND);
    assert_null(fx->cfg);
    assert_int_equal(fx->diags.errors, 1);
    assert_contains(fx->diags.first->text, "--root");
}

static void loading_tells_the_root(void **state) {
    fixture *fx = *state;
    load_clean(fx);
    assert_string_equal(fx->cfg->root, fx->root);
    assert_false(fx->cfg->root_found);
    assert_null(fx->cfg->config_file);
    assert_null(fx->cfg->env_file);
    load_yaml(fx, "version: 1\n");
    assert_true(fx->cfg->root_found);
    assert_string_equal(fx->cfg->config_file, in_root(fx, "orxaq.yaml"));
}

static void the_platform_is_asked_for_the_working_directory(void **state) {
    fixture *fx = *state;
    char here[4096];
    assert_non_null(getcwd(here, sizeof here));
    assert_int_equal(chdir(fx->root), 0);
    spit(fx, "orxaq.yaml", "lane: asked\n");
    folder(fx, "below");
    fx->options = (orx_config_options){.flags = fx->flags};
    put_flag(fx, "tasks-file", "t.json");
    int rc = load(fx);
    assert_int_equal(chdir(here), 0);
    assert_int_equal(rc, 0);
    assert_string_equal(fx->cfg->root, fx->root);
    assert_string_equal(fx->cfg->lane, "asked");
    assert_string_equal(fx->cfg->paths.tasks_file, in_root(fx, "t.json"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(a_given_root_is_taken),
        TEST(a_given_root_is_relative_to_the_working_directory),
        TEST(symbolic_links_are_resolved),
        TEST(an_impossible_root_is_an_error),
        TEST(the_variable_comes_behind_the_flag),
        TEST(an_empty_variable_is_not_set),
        TEST(every_marker_is_found_from_below),
        TEST(the_nearest_root_wins),
        TEST(a_bare_config_folder_is_no_marker),
        TEST(the_config_folder_is_not_its_own_root),
        TEST(loading_reports_a_missing_root),
        TEST(loading_tells_the_root),
        TEST(the_platform_is_asked_for_the_working_directory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* The two generated files: docs/config-reference.md and config/orxaq.yaml. */
#include "config/table.h"

#include "support.h"

#include <stdlib.h>
#include <string.h>

/* The checked-in file is the generated text; ORX_UPDATE_GENERATED=1 writes it anew. */
static void expect_file(fixture *fx, const char *name, const orx_str *generated) {
    const char *source = getenv("ORX_SOURCE_DIR");
    if (!source)
        fail_msg("ORX_SOURCE_DIR is not set; run this test through ctest");
    char *path = orx_path_join(&fx->arena, source, name);
    if (getenv("ORX_UPDATE_GENERATED"))
        assert_ok(orx_write_replace(fx->p, path, orx_str_view(generated), 0644, &fx->err),
                  &fx->err);
    ORX_CLEANUP(orx_str_free) orx_str file = {0};
    assert_ok(orx_read_file(fx->p, path, (size_t)1 << 20, &file, &fx->err), &fx->err);
    if (!orx_view_eq(orx_str_view(&file), orx_str_view(generated)))
        fail_msg("%s differs from the table of keys; run this test with ORX_UPDATE_GENERATED=1",
                 name);
}

static void the_reference_is_up_to_date(void **state) {
    fixture *fx = *state;
    ORX_CLEANUP(orx_str_free) orx_str text = {0};
    orx_config_reference(&text);
    expect_file(fx, "docs/config-reference.md", &text);
}

static void the_example_is_up_to_date(void **state) {
    fixture *fx = *state;
    ORX_CLEANUP(orx_str_free) orx_str text = {0};
    orx_config_example(&text, true);
    expect_file(fx, "config/orxaq.yaml", &text);
}

static void the_reference_names_everything(void **state) {
    (void)state;
    ORX_CLEANUP(orx_str_free) orx_str text = {0};
    orx_config_reference(&text);
    const char *t = orx_str_cstr(&text);
    for (size_t i = 0; i < orx_config_key_count; i++) {
        const orx_config_key *key = &orx_config_keys[i];
        assert_contains(t, orx_config_key_member(key));
        if (key->env)
            assert_contains(t, key->env);
        if (key->flag)
            assert_contains(t, key->flag);
    }
    for (size_t i = 0; i < orx_builtin_binding_count; i++) {
        assert_contains(t, orx_builtin_bindings[i].env);
        assert_contains(t, orx_builtin_bindings[i].flag);
    }
    assert_contains(t, "| `max_attempts` | whole number | `8` | `ORXAQ_AUTONOMY_MAX_ATTEMPTS` | "
                       "`--max-attempts` |");
    assert_contains(t, "`none\\|full`"); /* a bar would end the cell */
}

/* Every row of a table has as many cells as its head. */
static void tables_are_even(void **state) {
    (void)state;
    ORX_CLEANUP(orx_str_free) orx_str text = {0};
    orx_config_reference(&text);
    orx_view rest = orx_str_view(&text), line;
    int cells = 0;
    while (orx_view_split(&rest, '\n', &line)) {
        int n = 0;
        for (size_t i = 0; i < line.len; i++)
            n += line.p[i] == '|' && (i == 0 || line.p[i - 1] != '\\');
        if (!orx_view_starts(line, "|"))
            cells = 0;
        else if (!cells)
            cells = n;
        else if (n != cells)
            fail_msg("uneven row: %.*s", ORX_VIEW_ARG(line));
    }
}

/* All values of a loaded configuration, one line each. */
static const char *snapshot(fixture *fx) {
    ORX_CLEANUP(orx_str_free) orx_str text = {0};
    const orx_config_value *v;
    for (size_t i = 0; (v = orx_config_value_at(fx->cfg, i)); i++) {
        orx_str_addf(&text, "%s = ", v->path);
        orx_config_value_text(v, &text);
        orx_str_adds(&text, v->set ? "\n" : "(none)\n");
    }
    return orx_arena_strdup(&fx->arena, orx_str_cstr(&text));
}

static void the_example_changes_nothing(void **state) {
    fixture *fx = *state;
    load_clean(fx);
    const char *bare = snapshot(fx);
    fx->options.strict = true;
    for (int active = 0; active < 2; active++) {
        ORX_CLEANUP(orx_str_free) orx_str text = {0};
        orx_config_example(&text, active);
        load_yaml(fx, orx_str_cstr(&text));
        assert_string_equal(snapshot(fx), bare);
    }
}

/* In the active form every key really stands in the file. */
static void the_active_example_sets_every_key(void **state) {
    fixture *fx = *state;
    ORX_CLEANUP(orx_str_free) orx_str text = {0};
    orx_config_example(&text, true);
    load_yaml(fx, orx_str_cstr(&text));
    const orx_config_value *v;
    for (size_t i = 0; (v = orx_config_value_at(fx->cfg, i)); i++)
        if (v->origin == ORX_ORIGIN_DEFAULT && v->set)
            fail_msg("%s is not set by the example", v->path);
}

/* In the other form, taking away the # of every setting gives the same file. */
static void the_commented_example_can_be_uncommented(void **state) {
    fixture *fx = *state;
    load_clean(fx);
    const char *bare = snapshot(fx);
    ORX_CLEANUP(orx_str_free) orx_str text = {0}, open = {0};
    orx_config_example(&text, false);
    orx_view rest = orx_str_view(&text), line;
    size_t settings = 0;
    while (orx_view_split(&rest, '\n', &line)) {
        bool setting =
            orx_view_starts(line, "#") && line.len > 2 && (line.p[1] != ' ' || line.p[2] == ' ');
        if (setting)
            line = (orx_view){line.p + 1, line.len - 1};
        settings += setting;
        orx_str_addv(&open, line);
        orx_str_addc(&open, '\n');
    }
    assert_true(settings > 90);
    fx->options.strict = true;
    load_yaml(fx, orx_str_cstr(&open));
    assert_string_equal(snapshot(fx), bare);
}

static void lines_are_not_too_long(void **state) {
    (void)state;
    ORX_CLEANUP(orx_str_free) orx_str text = {0};
    orx_config_example(&text, false);
    orx_view rest = orx_str_view(&text), line;
    while (orx_view_split(&rest, '\n', &line)) {
        if (line.len > 100 && !strstr(orx_str_cstr(&text), "env_pass"))
            fail_msg("too long: %.*s", ORX_VIEW_ARG(line));
        assert_true(line.len < 200);
        assert_true(!line.len || line.p[line.len - 1] != ' ');
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(the_reference_is_up_to_date),
        TEST(the_example_is_up_to_date),
        cmocka_unit_test(the_reference_names_everything),
        cmocka_unit_test(tables_are_even),
        TEST(the_example_changes_nothing),
        TEST(the_active_example_sets_every_key),
        TEST(the_commented_example_can_be_uncommented),
        cmocka_unit_test(lines_are_not_too_long),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

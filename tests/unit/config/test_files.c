/* The config file and the env file: where they are looked for, and every way they can be bad. */
#include "support.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- Where -------------------------------------------------------------------------------------
 */

static void the_config_file_is_looked_for(void **state) {
    fixture *fx = *state;
    static const char *const names[] = {"config/orxaq.json", "orxaq.json", "config/orxaq.yaml",
                                        "orxaq.yaml"};
    for (size_t i = 0; i < ORX_ARRAY_LEN(names); i++) {
        spit(fx, names[i], orx_arena_printf(&fx->arena, "{\"lane\": \"l%zu\"}", i));
        assert_ok(load(fx), &fx->err);
        assert_string_equal(fx->cfg->config_file, in_root(fx, names[i]));
        assert_string_equal(fx->cfg->config_name, names[i]);
        assert_string_equal(fx->cfg->lane, orx_arena_printf(&fx->arena, "l%zu", i));
        assert_int_equal(fx->diags.warnings, (int)i); /* each other one is named */
        for (size_t k = 0; k < i; k++)
            expect_diag(fx, ORX_DIAG_WARNING, names[k], "not read, because");
    }
}

static void a_named_config_file_replaces_the_search(void **state) {
    fixture *fx = *state;
    spit(fx, "orxaq.yaml", "lane: searched\n");
    spit(fx, "other/mine.yaml", "lane: named\n");
    fx->options.config_file = "other/mine.yaml";
    load_clean(fx);
    assert_string_equal(fx->cfg->lane, "named");
    assert_string_equal(origin(fx, "lane"), "other/mine.yaml:1:7");
    fx->options.config_file = in_root(fx, "other/mine.yaml");
    load_clean(fx);
    fx->options.cwd = in_root(fx, "other");
    fx->options.config_file = "mine.yaml";
    load_clean(fx);
    assert_string_equal(fx->cfg->lane, "named");
}

static void files_outside_the_root_have_whole_names(void **state) {
    fixture *fx = *state;
    spit(fx, "../outside.yaml", "lane: out\n");
    fx->options.config_file = "../outside.yaml";
    load_clean(fx);
    assert_contains(origin(fx, "lane"), fx->dir);
    assert_contains(origin(fx, "lane"), "outside.yaml:1:7");
    assert_string_equal(fx->cfg->config_name, fx->cfg->config_file);
}

/* ---- Bad config files ---------------------------------------------------------------------------
 */

static void fails_with(fixture *fx, int code, const char *where, const char *part) {
    assert_int_equal(load(fx), code);
    expect_diag(fx, ORX_DIAG_ERROR, where, part);
    assert_int_equal(fx->diags.errors, 1);
    assert_null(fx->cfg);
}

static void a_named_config_file_must_exist(void **state) {
    fixture *fx = *state;
    fx->options.config_file = "none.yaml";
    fails_with(fx, ORX_E_INVALID, "none.yaml", "there is no such config file");
}

static void a_directory_is_no_config_file(void **state) {
    fixture *fx = *state;
    assert_ok(orx_mkdirs(fx->p, in_root(fx, "orxaq.yaml"), false, &fx->err), &fx->err);
    fails_with(fx, ORX_E_INVALID, "orxaq.yaml", "directory");
}

/* Opening a FIFO would wait for a writer for ever. */
static void a_fifo_is_no_config_file(void **state) {
    fixture *fx = *state;
    assert_int_equal(mkfifo(in_root(fx, "orxaq.yaml"), 0600), 0);
    fails_with(fx, ORX_E_INVALID, "orxaq.yaml", "orxaq.yaml");
}

static void an_unreadable_config_file(void **state) {
    fixture *fx = *state;
    if (geteuid() == 0)
        skip(); /* nothing is unreadable for the superuser */
    spit(fx, "orxaq.yaml", "version: 1\n");
    assert_int_equal(chmod(in_root(fx, "orxaq.yaml"), 0), 0);
    fails_with(fx, ORX_E_INVALID, "orxaq.yaml", "Permission denied");
}

static void a_dangling_link_to_a_config_file_is_none(void **state) {
    fixture *fx = *state;
    assert_int_equal(symlink("nowhere", in_root(fx, "orxaq.yaml")), 0);
    load_clean(fx);
    assert_null(fx->cfg->config_file);
    assert_null(fx->cfg->config_name);
}

static void empty_files_are_files_of_defaults(void **state) {
    fixture *fx = *state;
    static const char *const texts[] = {
        "", "\n", "  \n\t\n", "# only a comment\n\n# another\n", "null\n", "{}\n"};
    for (size_t i = 0; i < ORX_ARRAY_LEN(texts); i++) {
        load_yaml(fx, texts[i]);
        assert_non_null(fx->cfg->config_file);
        assert_int_equal(fx->cfg->retry.max_attempts, 8);
        assert_int_equal(fx->cfg->provider_count, 3);
    }
}

static void an_empty_json_file_too(void **state) {
    fixture *fx = *state;
    spit(fx, "orxaq.json", "");
    load_clean(fx);
    spit(fx, "orxaq.json", "# no comment in JSON\n");
    assert_int_equal(load(fx), ORX_E_INVALID);
    assert_int_equal(fx->diags.errors, 1);
    assert_contains(fx->diags.first->where, "orxaq.json:1:");
}

static void the_top_must_be_an_object(void **state) {
    fixture *fx = *state;
    expect_error(fx, "- a\n- b\n", "orxaq.yaml:1:1",
                 "expected an object (key: value lines), found an array");
    expect_error(fx, "just a text\n", "orxaq.yaml:1:1", "found a string");
    expect_error(fx, "\n\n42\n", "orxaq.yaml:3:1", "found an integer");
}

static void syntax_errors_have_a_place(void **state) {
    fixture *fx = *state;
    spit(fx, "orxaq.yaml", "run:\n  max_cycles: [1\nretry: 2\n");
    assert_int_equal(load(fx), ORX_E_INVALID);
    assert_int_equal(fx->diags.errors, 1);
    assert_contains(fx->diags.first->where, "orxaq.yaml:");
    assert_null(strstr(fx->diags.first->text, "orxaq.yaml:"));
    spit(fx, "orxaq.yaml", "lane: a\nlane: b\n");
    assert_int_equal(load(fx), ORX_E_INVALID);
    assert_contains(fx->diags.first->where, "orxaq.yaml:2:1");
    assert_contains(fx->diags.first->text, "lane");
}

static void junk_of_a_megabyte(void **state) {
    fixture *fx = *state;
    static const char *const fillers[] = {"[",  "{",         "a: ",    "- ", "x",
                                          "\"", "&a [*a]\n", "k: v\n", "? "};
    for (size_t i = 0; i < ORX_ARRAY_LEN(fillers); i++) {
        ORX_CLEANUP(orx_str_free) orx_str text = {0};
        while (text.len + strlen(fillers[i]) < ((size_t)1 << 20))
            orx_str_adds(&text, fillers[i]);
        spit_bytes(fx, "orxaq.yaml", orx_str_view(&text));
        assert_int_equal(load(fx), ORX_E_INVALID);
        assert_int_equal(fx->diags.errors, 1);
        assert_contains(fx->diags.first->where, "orxaq.yaml:");
    }
}

static void a_file_beyond_the_limit(void **state) {
    fixture *fx = *state;
    ORX_CLEANUP(orx_str_free) orx_str text = {0};
    while (text.len <= ((size_t)1 << 20))
        orx_str_adds(&text, "# filler\n");
    spit_bytes(fx, "orxaq.yaml", orx_str_view(&text));
    assert_int_equal(load(fx), ORX_E_INVALID);
    assert_int_equal(fx->diags.errors, 1);
    assert_string_equal(fx->diags.first->where, "orxaq.yaml");
}

/* Thousands of unknown keys: bounded list, bounded time. */
static void a_megabyte_of_unknown_keys(void **state) {
    fixture *fx = *state;
    ORX_CLEANUP(orx_str_free) orx_str text = {0};
    for (int i = 0; text.len < ((size_t)1 << 20) - 64; i++)
        orx_str_addf(&text, "retry_max_attempts_%d: 1\n", i);
    spit_bytes(fx, "orxaq.yaml", orx_str_view(&text));
    assert_ok(load(fx), &fx->err);
    assert_true(fx->diags.warnings > 30000);
    fx->options.strict = true;
    assert_int_equal(load(fx), ORX_E_INVALID);
    assert_true(fx->diags.errors > 30000);
}

static void too_many_instances(void **state) {
    fixture *fx = *state;
    ORX_CLEANUP(orx_str_free) orx_str text = {0};
    orx_str_adds(&text, "providers:\n");
    for (int i = 0; i < 20000; i++)
        orx_str_addf(&text, "  p%d: {}\n", i);
    spit_bytes(fx, "orxaq.yaml", orx_str_view(&text));
    fails_with(fx, ORX_E_INVALID, "orxaq.yaml:258:3", "providers: more than 256 entries");
}

static void bytes_that_are_no_text(void **state) {
    fixture *fx = *state;
    spit_bytes(fx, "orxaq.yaml", orx_view_mem("lane: a\0b\n", 10));
    assert_int_equal(load(fx), ORX_E_INVALID);
    assert_contains(fx->diags.first->where, "orxaq.yaml:1:");
    spit(fx, "orxaq.yaml", "lane: \xFF\xFE\n");
    assert_int_equal(load(fx), ORX_E_INVALID);
    assert_contains(fx->diags.first->where, "orxaq.yaml:1:");
}

/* ---- The env file -------------------------------------------------------------------------------
 */

static void the_env_file_is_looked_for(void **state) {
    fixture *fx = *state;
    spit(fx, ".env.autonomy", "ORXAQ_AUTONOMY_MAX_CYCLES=1\n");
    spit(fx, "var.env", "ORXAQ_AUTONOMY_MAX_CYCLES=2\n");
    spit(fx, "sub/flag.env", "ORXAQ_AUTONOMY_MAX_CYCLES=3\n");
    load_clean(fx);
    assert_int_equal(fx->cfg->run.max_cycles, 1);
    assert_string_equal(fx->cfg->env_file, in_root(fx, ".env.autonomy"));
    assert_true(fx->cfg->root_found);
    put_env("ORXAQ_AUTONOMY_ENV_FILE", "var.env");
    load_clean(fx);
    assert_int_equal(fx->cfg->run.max_cycles, 2);
    assert_string_equal(fx->cfg->env_file, in_root(fx, "var.env"));
    fx->options.cwd = in_root(fx, "sub");
    fx->options.env_file = "flag.env";
    load_clean(fx);
    assert_int_equal(fx->cfg->run.max_cycles, 3);
    assert_string_equal(origin(fx, "run.max_cycles"),
                        "sub/flag.env:1:27 (ORXAQ_AUTONOMY_MAX_CYCLES)");
}

static void a_missing_env_file(void **state) {
    fixture *fx = *state;
    put_env("ORXAQ_AUTONOMY_ENV_FILE", "none.env");
    assert_ok(load(fx), &fx->err);
    assert_null(fx->cfg->env_file);
    expect_diag(fx, ORX_DIAG_WARNING, "none.env", "there is no such env file");
    fx->options.env_file = "none.env";
    fails_with(fx, ORX_E_INVALID, "none.env", "there is no such env file");
}

static void bad_env_files(void **state) {
    fixture *fx = *state;
    spit(fx, ".env.autonomy", "A=1\nB='sesame\n");
    fails_with(fx, ORX_E_INVALID, ".env.autonomy:2:3", "never closed");
    assert_null(strstr(fx->err.msg, "sesame"));
    assert_ok(orx_unlink(fx->p, in_root(fx, ".env.autonomy"), &fx->err), &fx->err);
    assert_ok(orx_mkdirs(fx->p, in_root(fx, ".env.autonomy"), false, &fx->err), &fx->err);
    fails_with(fx, ORX_E_INVALID, ".env.autonomy", "directory");
}

static void a_fifo_is_no_env_file(void **state) {
    fixture *fx = *state;
    assert_int_equal(mkfifo(in_root(fx, ".env.autonomy"), 0600), 0);
    fails_with(fx, ORX_E_INVALID, ".env.autonomy", ".env.autonomy");
}

static void a_big_env_file(void **state) {
    fixture *fx = *state;
    ORX_CLEANUP(orx_str_free) orx_str text = {0};
    while (text.len <= ((size_t)1 << 20))
        orx_str_adds(&text, "# filler\n");
    spit_bytes(fx, ".env.autonomy", orx_str_view(&text));
    assert_int_equal(load(fx), ORX_E_INVALID);
    assert_string_equal(fx->diags.first->where, ".env.autonomy");
}

static void errors_of_both_files_are_reported_together(void **state) {
    fixture *fx = *state;
    spit(fx, ".env.autonomy", "A=\"x\nORXAQ_AUTONOMY_MAX_CYCLES=many\n");
    spit(fx, "orxaq.yaml", "retry: {max_attempts: some, jitter: 5}\nrecovery: perhaps\n");
    assert_int_equal(load(fx), ORX_E_INVALID);
    expect_diag(fx, ORX_DIAG_ERROR, ".env.autonomy:1:3", "never closed");
    expect_diag(fx, ORX_DIAG_ERROR, "orxaq.yaml:1:23",
                "retry.max_attempts: expected a whole number");
    expect_diag(fx, ORX_DIAG_ERROR, "orxaq.yaml:1:37", "retry.jitter: expected one of none, full");
    expect_diag(fx, ORX_DIAG_ERROR, "orxaq.yaml:2:11", "recovery: expected on or off");
    assert_int_equal(fx->diags.errors, 4);
    assert_contains(fx->err.msg, "(and 3 more)");
}

static void nothing_needs_a_list_of_diagnostics(void **state) {
    fixture *fx = *state;
    spit(fx, "orxaq.yaml", "unknown: 1\nrecovery: perhaps\n");
    orx_config *cfg = NULL;
    assert_int_equal(orx_config_load(fx->p, &fx->options, &cfg, NULL, &fx->err), ORX_E_INVALID);
    assert_contains(fx->err.msg, "orxaq.yaml:2:11: recovery: expected on or off");
    assert_null(cfg);
    spit(fx, "orxaq.yaml", "unknown: 1\n");
    assert_ok(orx_config_load(fx->p, &fx->options, &cfg, NULL, NULL), &fx->err);
    orx_config_free(cfg);
    orx_config_free(NULL);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(the_config_file_is_looked_for),
        TEST(a_named_config_file_replaces_the_search),
        TEST(files_outside_the_root_have_whole_names),
        TEST(a_named_config_file_must_exist),
        TEST(a_directory_is_no_config_file),
        TEST(a_fifo_is_no_config_file),
        TEST(an_unreadable_config_file),
        TEST(a_dangling_link_to_a_config_file_is_none),
        TEST(empty_files_are_files_of_defaults),
        TEST(an_empty_json_file_too),
        TEST(the_top_must_be_an_object),
        TEST(syntax_errors_have_a_place),
        TEST(junk_of_a_megabyte),
        TEST(a_file_beyond_the_limit),
        TEST(a_megabyte_of_unknown_keys),
        TEST(too_many_instances),
        TEST(bytes_that_are_no_text),
        TEST(the_env_file_is_looked_for),
        TEST(a_missing_env_file),
        TEST(bad_env_files),
        TEST(a_fifo_is_no_env_file),
        TEST(a_big_env_file),
        TEST(errors_of_both_files_are_reported_together),
        TEST(nothing_needs_a_list_of_diagnostics),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* What lies over the config file and the environment for one kind of work. */
#include "support.h"

#include <stdio.h>

static void beats_the_environment_and_not_a_flag(void **state) {
    fixture *fx = *state;
    spit(fx, "orxaq.yaml", "retry:\n  max_attempts: 2\n");
    spit(fx, "config/overlays/night.yaml", "retry:\n  max_attempts: 6\n");
    put_env("ORXAQ_AUTONOMY_MAX_ATTEMPTS", "4");
    load_clean(fx);
    assert_int_equal(fx->cfg->retry.max_attempts, 4);
    assert_null(fx->cfg->overlay);
    fx->options.overlay = "night";
    load_clean(fx);
    assert_int_equal(fx->cfg->retry.max_attempts, 6);
    assert_string_equal(origin(fx, "retry.max_attempts"), "config/overlays/night.yaml:2:17");
    assert_int_equal(orx_config_get(fx->cfg, "retry.max_attempts")->origin, ORX_ORIGIN_OVERLAY);
    assert_string_equal(fx->cfg->overlay, "night");
    put_flag(fx, "max-attempts", "5");
    load_clean(fx);
    assert_int_equal(fx->cfg->retry.max_attempts, 5);
}

static void changes_entries_and_keeps_the_rest_of_them(void **state) {
    fixture *fx = *state;
    spit(fx, "orxaq.yaml",
         "services:\n  tick: {every: 1h, command: [x]}\nproviders:\n  codex: {model: big}\n");
    spit(fx, "config/overlays/night.yaml",
         "services:\n  tick: {every: 2h}\n  routellm-serve: {enabled: true}\n"
         "providers:\n  codex: {model: small}\n");
    fx->options.overlay = "night";
    load_clean(fx);
    assert_string_equal(shown(fx, "services.tick.every"), "2h");
    assert_string_equal(shown(fx, "services.tick.command"), "[\"x\"]");
    assert_string_equal(shown(fx, "services.routellm-serve.enabled"), "true");
    assert_string_equal(shown(fx, "providers.codex.model"), "small");
}

static void makes_no_entries(void **state) {
    static const struct {
        const char *text;
        const char *where;
        const char *part;
    } cases[] = {{"providers:\n  who: {model: x}\n", "2:3", "providers.who"},
                 {"services:\n  who: {every: 1h}\n", "2:3", "services.who"},
                 {"routers:\n  who: {plugin: x}\n", "2:3", "routers.who"},
                 {"caps:\n  who: {daily: 1}\n", "2:3", "caps.who"},
                 {"plugins:\n  - name: x\n", "1:1", "loads no modules"}};
    fixture *fx = *state;
    fx->options.overlay = "o";
    for (size_t i = 0; i < ORX_ARRAY_LEN(cases); i++) {
        char where[80];
        (void)snprintf(where, sizeof where, "config/overlays/o.yaml:%s", cases[i].where);
        spit(fx, "config/overlays/o.yaml", cases[i].text);
        assert_int_equal(load(fx), ORX_E_INVALID);
        expect_diag(fx, ORX_DIAG_ERROR, where, cases[i].part);
    }
}

static void mistakes_are_found_like_in_the_config_file(void **state) {
    fixture *fx = *state;
    fx->options.overlay = "o";
    spit(fx, "config/overlays/o.yaml", "retry:\n  max_atempts: 3\n");
    assert_int_equal(load(fx), 0);
    expect_diag(fx, ORX_DIAG_WARNING, "config/overlays/o.yaml:2:3", "did you mean max_attempts?");
    spit(fx, "config/overlays/o.yaml", "retry: {max_attempts: many}\n");
    assert_int_equal(load(fx), ORX_E_INVALID);
    expect_diag(fx, ORX_DIAG_ERROR, "config/overlays/o.yaml:1:23", "retry.max_attempts");
    spit(fx, "config/overlays/o.yaml", "[1]\n");
    assert_int_equal(load(fx), ORX_E_INVALID);
    expect_diag(fx, ORX_DIAG_ERROR, "config/overlays/o.yaml:1:1", "expected an object");
}

static void one_that_is_missing_or_no_name_is_refused(void **state) {
    fixture *fx = *state;
    fx->options.overlay = "absent";
    assert_int_equal(load(fx), ORX_E_USAGE);
    expect_diag(fx, ORX_DIAG_ERROR, "--overlay", "config/overlays/absent.yaml is missing");
    fx->options.overlay = "../orxaq";
    assert_int_equal(load(fx), ORX_E_USAGE);
    expect_diag(fx, ORX_DIAG_ERROR, "--overlay", "expected the name of a file");
}

static void a_built_in_one_is_used_until_there_is_a_file(void **state) {
    fixture *fx = *state;
    fx->options.overlay = "o";
    fx->options.overlay_text = "retry: {max_attempts: 6}\n";
    load_clean(fx);
    assert_int_equal(fx->cfg->retry.max_attempts, 6);
    assert_string_equal(origin(fx, "retry.max_attempts"), "built-in config/overlays/o.yaml:1:23");
    spit(fx, "config/overlays/o.yaml", "# nothing\n");
    load_clean(fx);
    assert_int_equal(fx->cfg->retry.max_attempts, 8);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(beats_the_environment_and_not_a_flag),
        TEST(changes_entries_and_keeps_the_rest_of_them),
        TEST(makes_no_entries),
        TEST(mistakes_are_found_like_in_the_config_file),
        TEST(one_that_is_missing_or_no_name_is_refused),
        TEST(a_built_in_one_is_used_until_there_is_a_file),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

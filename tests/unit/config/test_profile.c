/* The execution profile: what words mean where, and what a profile forces. */
#include "support.h"

static void case_2_words_of_the_environment(void **state) {
    (void)state;
    const struct {
        const char *text;
        orx_profile profile;
    } cases[] = {
        {"standard", ORX_PROFILE_STANDARD},
        {"high", ORX_PROFILE_HIGH},
        {"extra_high", ORX_PROFILE_EXTRA_HIGH},
        {"extra-high", ORX_PROFILE_EXTRA_HIGH},
        {"extrahigh", ORX_PROFILE_EXTRA_HIGH},
        {"xhigh", ORX_PROFILE_EXTRA_HIGH},
        {" XHigh ", ORX_PROFILE_EXTRA_HIGH},
        {"ultra", ORX_PROFILE_HIGH},
        {"default", ORX_PROFILE_HIGH},
        {"normal", ORX_PROFILE_HIGH},
        {"", ORX_PROFILE_HIGH},
    };
    for (size_t i = 0; i < ORX_ARRAY_LEN(cases); i++)
        assert_int_equal(orx_profile_of_env(orx_view_of(cases[i].text)), cases[i].profile);
}

static void a8_words_of_the_flag(void **state) {
    (void)state;
    const struct {
        const char *text;
        orx_profile profile;
    } cases[] = {
        {"standard", ORX_PROFILE_STANDARD},
        {"default", ORX_PROFILE_STANDARD},
        {"normal", ORX_PROFILE_STANDARD},
        {"high", ORX_PROFILE_HIGH},
        {"HIGH", ORX_PROFILE_HIGH},
        {"extra_high", ORX_PROFILE_EXTRA_HIGH},
        {"extra-high", ORX_PROFILE_EXTRA_HIGH},
        {"extrahigh", ORX_PROFILE_EXTRA_HIGH},
        {" xhigh ", ORX_PROFILE_EXTRA_HIGH},
        {"ultra", ORX_PROFILE_STANDARD},
        {"", ORX_PROFILE_STANDARD},
    };
    for (size_t i = 0; i < ORX_ARRAY_LEN(cases); i++)
        assert_int_equal(orx_profile_of_flag(orx_view_of(cases[i].text)), cases[i].profile);
}

static void names_read_back(void **state) {
    (void)state;
    for (int p = ORX_PROFILE_STANDARD; p <= ORX_PROFILE_EXTRA_HIGH; p++) {
        orx_view name = orx_view_of(orx_profile_name((orx_profile)p));
        assert_int_equal(orx_profile_of_env(name), p);
        assert_int_equal(orx_profile_of_flag(name), p);
    }
}

static void the_default_is_high(void **state) {
    fixture *fx = *state;
    load_clean(fx);
    assert_int_equal(fx->cfg->run.execution_profile, ORX_PROFILE_HIGH);
    assert_string_equal(shown(fx, "run.execution_profile"), "high");
}

static void case_2_an_unknown_word_is_a_warning_outside(void **state) {
    fixture *fx = *state;
    put_env("ORXAQ_AUTONOMY_EXECUTION_PROFILE", "ultra");
    assert_ok(load(fx), &fx->err);
    assert_int_equal(fx->cfg->run.execution_profile, ORX_PROFILE_HIGH);
    expect_diag(fx, ORX_DIAG_WARNING, "ORXAQ_AUTONOMY_EXECUTION_PROFILE",
                "expected standard, high or extra_high, found \"ultra\"; taken as high");
    put_flag(fx, "execution-profile", "ultra");
    assert_ok(load(fx), &fx->err);
    assert_int_equal(fx->cfg->run.execution_profile, ORX_PROFILE_STANDARD);
    expect_diag(fx, ORX_DIAG_WARNING, "--execution-profile", "taken as standard");
}

static void known_words_are_silent(void **state) {
    fixture *fx = *state;
    put_env("ORXAQ_AUTONOMY_EXECUTION_PROFILE", "high");
    load_clean(fx);
    put_flag(fx, "execution-profile", "normal");
    load_clean(fx);
    assert_int_equal(fx->cfg->run.execution_profile, ORX_PROFILE_STANDARD);
    assert_string_equal(origin(fx, "run.execution_profile"), "--execution-profile");
}

static void the_config_file_is_strict(void **state) {
    fixture *fx = *state;
    load_yaml(fx, "run:\n  execution_profile: xhigh\n");
    assert_int_equal(fx->cfg->run.execution_profile, ORX_PROFILE_EXTRA_HIGH);
    expect_error(fx, "run:\n  execution_profile: ultra\n", "orxaq.yaml:2:22",
                 "expected one of standard, high, extra_high, found \"ultra\"");
}

/* [K] high changes nothing. */
static void a9_high_changes_nothing(void **state) {
    fixture *fx = *state;
    orx_effective_run run;
    load_yaml(fx, "run: {max_cycles: 33, execution_profile: high}\n");
    orx_config_effective_run(fx->cfg, &run);
    assert_int_equal(run.max_cycles, 33);
    assert_false(run.continuous);
    assert_true(run.queue_persistent);
    assert_false(run.force_continuation);
    assert_false(run.assume_full_autonomy);
    load_yaml(fx, "run: {continuous: true, execution_profile: standard}\n"
                  "queue: {persistent: false}\n");
    orx_config_effective_run(fx->cfg, &run);
    assert_int_equal(run.max_cycles, 10000);
    assert_true(run.continuous);
    assert_false(run.queue_persistent);
    assert_false(run.force_continuation);
}

/* [K] extra_high forces everything and at least 1,000,000,000 cycles. */
static void a10_extra_high_forces(void **state) {
    fixture *fx = *state;
    orx_effective_run run;
    load_yaml(fx, "run: {max_cycles: 5, execution_profile: extra-high}\n"
                  "queue: {persistent: false}\n");
    orx_config_effective_run(fx->cfg, &run);
    assert_int_equal(run.max_cycles, 1000000000);
    assert_true(run.continuous);
    assert_true(run.queue_persistent);
    assert_true(run.force_continuation);
    assert_true(run.assume_full_autonomy);
    assert_int_equal(fx->cfg->run.max_cycles, 5); /* what was set stays visible */
    load_yaml(fx, "run: {max_cycles: 2000000000, execution_profile: extra_high}\n");
    orx_config_effective_run(fx->cfg, &run);
    assert_int_equal(run.max_cycles, 2000000000);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(case_2_words_of_the_environment),
        cmocka_unit_test(a8_words_of_the_flag),
        cmocka_unit_test(names_read_back),
        TEST(the_default_is_high),
        TEST(case_2_an_unknown_word_is_a_warning_outside),
        TEST(known_words_are_silent),
        TEST(the_config_file_is_strict),
        TEST(a9_high_changes_nothing),
        TEST(a10_extra_high_forces),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

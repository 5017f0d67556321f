/* Local-only mode: who is local, and what is said of those who are not. */
#include "config/local.h"

#include "support.h"

#include <string.h>

static bool is_local(fixture *fx, const char *members) {
    load_yaml(fx, orx_arena_printf(&fx->arena, "providers: {a: {%s}}\n", members));
    return orx_config_is_local(&fx->cfg->providers[0]);
}

static void an_address_of_ones_own_is_local(void **state) {
    fixture *fx = *state;
    assert_true(is_local(fx, "plugin: lmstudio"));
    assert_true(is_local(fx, "plugin: lmstudio, settings: {base_url: 'http://10.1.2.3:1234/v1'}"));
    assert_true(is_local(fx, "plugin: codex, settings: {base_url: 'http://127.0.0.1:8000/v1'}"));
    assert_false(is_local(fx, "plugin: lmstudio, settings: {base_url: 'https://m.example/v1'}"));
    assert_false(is_local(fx, "plugin: claude, settings: {base_url: 'https://m.example'}"));
}

static void a_program_knows_its_vendors_address(void **state) {
    fixture *fx = *state;
    static const char *const plugins[] = {"codex", "gemini", "claude", "command", "other"};
    for (size_t i = 0; i < ORX_ARRAY_LEN(plugins); i++)
        assert_false(is_local(fx, orx_arena_printf(&fx->arena, "plugin: %s", plugins[i])));
}

static void the_operator_knows_better(void **state) {
    fixture *fx = *state;
    assert_false(is_local(fx, "plugin: lmstudio, settings: {local: false}"));
    assert_false(is_local(fx, "plugin: lmstudio, settings: {local: false, "
                              "base_url: 'http://127.0.0.1:4000/v1'}"));
    assert_true(is_local(fx, "plugin: lmstudio, settings: {local: true}"));
    assert_false(is_local(fx, "plugin: lmstudio, settings: {local: true, "
                              "base_url: 'https://m.example/v1'}"));
}

static void power_is_paid_at_home(void **state) {
    fixture *fx = *state;
    spit(fx, "orxaq.yaml",
         "money: {kwh_price: 0.3}\nproviders: {a: {plugin: command, watts: 90}}\n");
    load_clean(fx);
    assert_true(orx_config_is_local(&fx->cfg->providers[0]));
    spit(fx, "orxaq.yaml", "money: {kwh_price: 0.3}\nproviders: {a: {plugin: codex, watts: 90}}\n");
    load_clean(fx);
    assert_false(orx_config_is_local(&fx->cfg->providers[0]));
    spit(fx, "orxaq.yaml",
         "money: {kwh_price: 0.3}\nproviders: {a: {plugin: other, watts: 90, "
         "settings: {base_url: 'https://m.example'}}}\n");
    load_clean(fx);
    assert_false(orx_config_is_local(&fx->cfg->providers[0]));
}

static const char *forbidden(fixture *fx, size_t i) {
    return orx_config_forbidden(fx->cfg, &fx->cfg->providers[i], &fx->arena);
}

static void the_refusal_names_the_key_and_its_place(void **state) {
    fixture *fx = *state;
    static const char yaml[] = "run:\n  local_only: %s\nproviders:\n  a: {plugin: claude}\n"
                               "  b: {plugin: lmstudio}\n";
    load_yaml(fx, orx_arena_printf(&fx->arena, yaml, "false"));
    assert_null(forbidden(fx, 0));
    assert_ok(orx_config_local_check(fx->cfg, &fx->err), &fx->err);
    load_yaml(fx, orx_arena_printf(&fx->arena, yaml, "true"));
    assert_string_equal(forbidden(fx, 0),
                        "providers.a may not be called: its models are hosted, and run.local_only "
                        "(set at orxaq.yaml:2:15) forbids those");
    assert_null(forbidden(fx, 1));
    assert_ok(orx_config_local_check(fx->cfg, &fx->err), &fx->err);
}

static void a_run_that_could_call_nobody_is_refused(void **state) {
    fixture *fx = *state;
    spit(fx, ".env.autonomy", "ORXAQ_AUTONOMY_LOCAL_ONLY=yes\n");
    load_yaml(fx, "providers: {a: {plugin: claude}, b: {plugin: gemini}, "
                  "c: {plugin: lmstudio, enabled: false}}\n");
    assert_int_equal(orx_config_local_check(fx->cfg, &fx->err), ORX_E_INVALID);
    assert_contains(fx->err.msg, "run.local_only (set at .env.autonomy:1:");
    assert_contains(fx->err.msg, "(ORXAQ_AUTONOMY_LOCAL_ONLY)) forbids hosted models");
    assert_contains(fx->err.msg, "(hosted: a, b)");
    assert_contains(fx->err.msg, "plugin: lmstudio");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(an_address_of_ones_own_is_local),
        TEST(a_program_knows_its_vendors_address),
        TEST(the_operator_knows_better),
        TEST(power_is_paid_at_home),
        TEST(the_refusal_names_the_key_and_its_place),
        TEST(a_run_that_could_call_nobody_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

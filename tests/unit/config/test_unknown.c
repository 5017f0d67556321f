/* Names nobody knows: keys, sections, variables. */
#include "support.h"

#include <string.h>

static void an_unknown_key_is_a_warning(void **state) {
    fixture *fx = *state;
    spit(fx, "orxaq.yaml", "retry:\n  max_atempts: 3\n  max_attempts: 2\n");
    assert_ok(load(fx), &fx->err);
    assert_int_equal(fx->diags.warnings, 1);
    expect_diag(fx, ORX_DIAG_WARNING, "orxaq.yaml:2:3",
                "retry.max_atempts: unknown key; did you mean max_attempts?");
    assert_int_equal(fx->cfg->retry.max_attempts, 2);
}

static void strictly_it_is_an_error(void **state) {
    fixture *fx = *state;
    fx->options.strict = true;
    expect_error(fx, "retry:\n  max_atempts: 3\n", "orxaq.yaml:2:3", "did you mean max_attempts?");
    load_yaml(fx, "retry:\n  max_attempts: 3\n");
}

static void expect_unknown(fixture *fx, const char *yaml, const char *where, const char *text) {
    spit(fx, "orxaq.yaml", yaml);
    assert_ok(load(fx), &fx->err);
    assert_int_equal(fx->diags.warnings, 1);
    assert_string_equal(fx->diags.first->where, where);
    assert_string_equal(fx->diags.first->text, text);
}

static void suggestions_come_from_the_same_level(void **state) {
    fixture *fx = *state;
    expect_unknown(fx, "retyr: {}\n", "orxaq.yaml:1:1", "retyr: unknown key; did you mean retry?");
    expect_unknown(fx, "recovry: on\n", "orxaq.yaml:1:1",
                   "recovry: unknown key; did you mean recovery?");
    expect_unknown(fx, "provider: {}\n", "orxaq.yaml:1:1",
                   "provider: unknown key; did you mean providers?");
    expect_unknown(fx, "plugin: []\n", "orxaq.yaml:1:1",
                   "plugin: unknown key; did you mean plugins?");
    expect_unknown(fx, "max_attempts: 3\n", "orxaq.yaml:1:1", "max_attempts: unknown key");
    expect_unknown(fx, "zebra: {a: {b: 1}}\n", "orxaq.yaml:1:1", "zebra: unknown key");
    expect_unknown(fx, "providers: {x: {modle: m}}\n", "orxaq.yaml:1:17",
                   "providers.x.modle: unknown key; did you mean model?");
    expect_unknown(fx, "routers: {x: {plugni: m}}\n", "orxaq.yaml:1:15",
                   "routers.x.plugni: unknown key; did you mean plugin?");
    expect_unknown(fx, "plugins:\n- name: a\n- name: b\n  enable: true\n", "orxaq.yaml:4:3",
                   "plugins[1].enable: unknown key; did you mean enabled?");
}

/* What a plugin's own schema describes is none of our business. */
static void settings_are_not_looked_at(void **state) {
    fixture *fx = *state;
    load_yaml(fx, "providers: {x: {settings: {retyr: 1, deep: {er: [1, {a: b}]}}}}\n"
                  "plugins: [{name: p, settings: {x: 1}}]\n"
                  "routers: {r: {settings: {y: 2}}}\n");
    assert_int_equal(orx_node_int(orx_node_path(fx->cfg->providers[0].settings, "retyr"), 0), 1);
    assert_int_equal(orx_node_int(orx_node_get(fx->cfg->plugins[0].settings, "x"), 0), 1);
    assert_int_equal(orx_node_int(orx_node_get(fx->cfg->routers[0].settings, "y"), 0), 2);
}

static void odd_names_are_quoted(void **state) {
    fixture *fx = *state;
    expect_unknown(fx, "\"a\\tb \\e[31m\": 1\n", "orxaq.yaml:1:1",
                   "\"a\\x09b \\x1b[31m\": unknown key");
    expect_unknown(fx, "run: {\"max_cycles\\n\": 1}\n", "orxaq.yaml:1:7",
                   "\"run.max_cycles\\x0a\": unknown key; did you mean max_cycles?");
}

static void sections_must_be_objects(void **state) {
    fixture *fx = *state;
    const char *what = "retry: expected an object (key: value lines), found ";
    expect_error(fx, "retry: 5\n", "orxaq.yaml:1:8",
                 orx_arena_printf(&fx->arena, "%san integer", what));
    expect_error(fx, "retry: [1]\n", "orxaq.yaml:1:8",
                 orx_arena_printf(&fx->arena, "%san array", what));
    expect_error(fx, "retry: x\n", "orxaq.yaml:1:8",
                 orx_arena_printf(&fx->arena, "%sa string", what));
    expect_error(fx, "providers: [codex]\n", "orxaq.yaml:1:12", "providers: expected an object");
    expect_error(fx, "providers: {x: codex}\n", "orxaq.yaml:1:16",
                 "providers.x: expected an object");
    expect_error(fx, "routers: {x: 1}\n", "orxaq.yaml:1:14", "routers.x: expected an object");
    expect_error(fx, "routers: no\n", "orxaq.yaml:1:10", "routers: expected an object");
    expect_error(fx, "plugins: {a: b}\n", "orxaq.yaml:1:10", "plugins: expected a list of objects");
    expect_error(fx, "plugins: [a]\n", "orxaq.yaml:1:11",
                 "plugins[0]: expected an object with name or path");
}

static void empty_sections_are_fine(void **state) {
    fixture *fx = *state;
    load_yaml(fx, "retry:\nrepos: {}\npaths: null\nproviders:\nplugins:\nrouters:\n");
    assert_int_equal(fx->cfg->provider_count, 3);
    load_yaml(fx, "providers: {}\nplugins: []\nrouters: {}\n");
    assert_int_equal(fx->cfg->provider_count, 3);
}

/* ---- Variables ---------------------------------------------------------------------------------
 */

static void slips_in_the_env_file_are_noticed(void **state) {
    fixture *fx = *state;
    spit(fx, ".env.autonomy",
         "ORXAQ_AUTONOMY_TASK_FILE=t.json\n"
         "OTHER_TASK_FILE=x\n"
         "ORXAQ_SOMETHING_ENTIRELY_DIFFERENT=1\n"
         "ORXAQ_AUTONOMY_CODEX_MODLE=m\n");
    assert_ok(load(fx), &fx->err);
    assert_int_equal(fx->diags.warnings, 2);
    expect_diag(fx, ORX_DIAG_WARNING, ".env.autonomy:1:1",
                "ORXAQ_AUTONOMY_TASK_FILE is no variable that orxaq reads; did you mean "
                "ORXAQ_AUTONOMY_TASKS_FILE?");
    expect_diag(fx, ORX_DIAG_WARNING, ".env.autonomy:4:1", "ORXAQ_AUTONOMY_CODEX_MODEL?");
}

static void slips_in_the_environment_are_noticed(void **state) {
    fixture *fx = *state;
    put_env("ORXAQ_AUTONOMY_MAX_CYCLE", "5");
    put_env("ORXAQ_UNRELATED_TO_ANYTHING", "5");
    put_env("XORXAQ_AUTONOMY_MAX_CYCLE", "5");
    assert_ok(load(fx), &fx->err);
    assert_int_equal(fx->diags.warnings, 1);
    expect_diag(fx, ORX_DIAG_WARNING, "ORXAQ_AUTONOMY_MAX_CYCLE",
                "did you mean ORXAQ_AUTONOMY_MAX_CYCLES?");
}

static void variables_of_the_predecessor_are_known(void **state) {
    fixture *fx = *state;
    spit(fx, ".env.autonomy",
         "ORXAQ_AUTONOMY_HEARTBEAT_POLL_SEC=20\n"
         "ORXAQ_AUTONOMY_SWARM_DAILY_BUDGET_USD=100\n"
         "ORXAQ_LOCAL_OPENAI_BASE_URL=http://127.0.0.1:1234/v1\n"
         "ORXAQ_AUTONOMY_ENV_FILE=x\n"
         "ORXAQ_ROOT=x\n"
         "ORXAQ_AUTONOMY_LANES_FILE=config/lanes.json\n");
    load_clean(fx);
}

static void many_variables_cost_little(void **state) {
    fixture *fx = *state;
    ORX_CLEANUP(orx_str_free) orx_str text = {0};
    for (int i = 0; i < 4000; i++)
        orx_str_addf(&text, "ORXAQ_AUTONOMY_TASKS_FIL%d=1\n", i);
    spit_bytes(fx, ".env.autonomy", orx_str_view(&text));
    assert_ok(load(fx), &fx->err);
    assert_int_equal(fx->diags.warnings, 100); /* no more than that are searched for */
}

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(an_unknown_key_is_a_warning),
        TEST(strictly_it_is_an_error),
        TEST(suggestions_come_from_the_same_level),
        TEST(settings_are_not_looked_at),
        TEST(odd_names_are_quoted),
        TEST(sections_must_be_objects),
        TEST(empty_sections_are_fine),
        TEST(slips_in_the_env_file_are_noticed),
        TEST(slips_in_the_environment_are_noticed),
        TEST(variables_of_the_predecessor_are_known),
        TEST(many_variables_cost_little),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

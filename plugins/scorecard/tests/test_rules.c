/* The order of the rules, and goodwill towards odd policies and questions (cases 13 to 21). */
#include "ask.h"
#include "drive.h"

static void r13_a_provider_that_is_off(void **state) {
    drive *d = *state;
    ask_policy(d, "providers: {x: {enabled: 'no', allowed_models: [a, b], fallback_model: f}}",
               "fast");
    const orx_node *a = ask(d, "{\"provider\": \"x\", \"requested_model\": \" rogue \"}");
    assert_string_equal(answered(a, "model"), "a");
    assert_string_equal(answered(a, "strategy"), "provider_disabled_fallback");
    assert_string_equal(answered(a, "objective"), "disabled");
    assert_string_equal(answered(a, "reason"), "provider_disabled");
    assert_string_equal(answered(a, "requested_model"), "rogue");
    assert_true(truth(a, "fallback_used"));
    assert_false(truth(a, "requested_model_allowed"));
    a = ask(d, "{\"provider\": \"x\", \"requested_model\": \"B\"}");
    assert_string_equal(answered(a, "model"), "b");
    assert_true(truth(a, "requested_model_allowed"));
}

static void r14_without_a_list_the_requested_model_passes(void **state) {
    drive *d = *state;
    ask_policy(d, "providers: {x: {fallback_model: f}}", "fast");
    const orx_node *a = ask(d, "{\"provider\": \"x\", \"requested_model\": \"r\"}");
    assert_string_equal(answered(a, "model"), "r");
    assert_string_equal(answered(a, "strategy"), "fallback");
    assert_string_equal(answered(a, "objective"), "none");
    assert_string_equal(answered(a, "reason"), "no_allowed_models");
    assert_string_equal(answered(a, "fallback_model"), "f");
    assert_true(truth(a, "fallback_used"));
    assert_false(truth(a, "requested_model_allowed"));
    assert_string_equal(answered(ask(d, "{\"provider\": \"x\"}"), "model"), "f");
}

static void r15_nothing_at_all(void **state) {
    drive *d = *state;
    ask_policy(d, "{}", "fast");
    const orx_node *a = ask(d, "{}");
    assert_string_equal(answered(a, "model"), "");
    assert_string_equal(answered(a, "provider"), "codex");
    assert_string_equal(answered(ask(d, "{\"provider\": \"  \"}"), "provider"), "codex");
}

static void r16_a_requested_model_is_respected(void **state) {
    drive *d = *state;
    ask_policy(d, "providers: {x: {respect_requested_model: on, allowed_models: [M0, M1]}}",
               "fast");
    const orx_node *a = ask(d, "{\"provider\": \"x\", \"requested_model\": \"m1\"}");
    assert_string_equal(answered(a, "model"), "M1");
    assert_string_equal(answered(a, "strategy"), "requested_model_allowed");
    assert_string_equal(answered(a, "objective"), "requested");
    assert_string_equal(answered(a, "reason"), "respect_requested_model");
    assert_false(truth(a, "fallback_used"));
    a = ask(d, "{\"provider\": \"x\", \"requested_model\": \"m2\"}");
    assert_string_equal(answered(a, "reason"), "score_ranked_selection");
}

static const char *list_of(drive *d, const orx_node *answer) {
    const char *list = "";
    ORX_NODE_EACH(orx_node_get(answer, "allowed_models"), it)
    list = orx_arena_printf(&d->w->arena, "%s[%s]", list, orx_node_str(it, "?"));
    return list;
}

static void r17_a_list_may_be_one_text(void **state) {
    drive *d = *state;
    ask_policy(d, "providers: {x: {allowed_models: 'a;b,A , ,c'}}", "fast");
    assert_string_equal(list_of(d, ask(d, "{\"provider\": \"x\"}")), "[a][b][c]");
    ask_policy(d, "providers: {x: {allowed_models: [' a', B, '', 7, {}, b, c]}}", "fast");
    assert_string_equal(list_of(d, ask(d, "{\"provider\": \"x\"}")), "[a][B][c]");
    ask_policy(d, "providers: {x: {allowed_models: ' ;, '}}", "fast");
    assert_string_equal(answered(ask(d, "{\"provider\": \"x\"}"), "reason"), "no_allowed_models");
}

static void r18_figures_may_be_texts(void **state) {
    drive *d = *state;
    ask_policy(d,
               "providers: {x: {allowed_models: [m]}}\n"
               "model_catalog: {M: {input_per_million: '1', output_per_million: 'x',\n"
               "  tokens_per_sec: ' 2e1 ', quality: -5, blended_cost_per_million: '0x10'}}",
               "fast");
    const orx_node *a = ask(d, "{\"provider\": \"x\", \"prompt_tokens_est\": \"12.9\", "
                               "\"prompt_difficulty_score\": \"150\"}");
    assert_figure(figure(a, "estimated_input_cost_per_million"), 1);
    assert_figure(figure(a, "estimated_output_cost_per_million"), 0);
    assert_figure(figure(a, "estimated_cost_per_million"), 0.6);
    assert_figure(figure(a, "estimated_speed_tps"), 20);
    assert_figure(figure(a, "candidate_scores[0].quality_raw"), 0);
    assert_figure(figure(a, "prompt_tokens_est"), 12);
    assert_figure(figure(a, "difficulty"), 100);
    a = ask(d, "{\"provider\": \"x\", \"prompt_tokens_est\": \"many\", "
               "\"prompt_difficulty_score\": [1], \"prompt\": 7, \"requested_model\": null}");
    assert_figure(figure(a, "prompt_tokens_est"), 0);
    assert_figure(figure(a, "difficulty"), 0);
    a = ask(d, "{\"provider\": \"x\", \"prompt_tokens_est\": 1e300, "
               "\"prompt_difficulty_score\": \"1e999\"}");
    assert_figure(figure(a, "prompt_tokens_est"), 1e15);
    assert_figure(figure(a, "difficulty"), 0);
}

/* NaN, infinite and negative figures count as 0, so that nobody wins by them. */
static void figures_that_are_none(void **state) {
    drive *d = *state;
    ask_policy(d,
               "providers: {x: {allowed_models: [odd, fine, absent]}}\n"
               "model_catalog:\n"
               "  odd: {input_per_million: 'nan', speed_tps: 'inf', quality: '-inf',\n"
               "        max_context_tokens: -5}\n"
               "  fine: {input_per_million: -1, speed_tps: 10, quality: 5}",
               "fast");
    const orx_node *a = ask(d, "{\"provider\": \"x\", \"prompt_difficulty_score\": \"nan\", "
                               "\"prompt_tokens_est\": \"-inf\"}");
    assert_string_equal(answered(a, "model"), "fine");
    assert_figure(figure(a, "difficulty"), 0);
    assert_figure(figure(a, "prompt_tokens_est"), 0);
    assert_figure(figure(a, "estimated_cost_per_million"), 0);
    assert_figure(figure(a, "candidate_scores[1].speed_tps"), 0);
    assert_figure(figure(a, "candidate_scores[2].quality_raw"), 0);
    const char *nan =
        world_file(d->w, "nan.json", "{\"model_catalog\": {\"m\": {\"quality\": NaN}}}");
    assert_contains(drive_refused(d, orx_arena_printf(&d->w->arena, "policy: %s", nan)),
                    "nan.json:1:");
}

static void the_blended_price_and_the_other_names_of_figures(void **state) {
    drive *d = *state;
    ask_policy(d,
               "providers: {x: {allowed_models: [m]}}\n"
               "model_catalog: {m: {blended_cost_per_million: 9, cost_input_per_million: 2,\n"
               "  cost_output_per_million: 3, speed_tps: 4, tokens_per_sec: 5}}",
               "fast");
    const orx_node *a = ask(d, "{\"provider\": \"x\"}");
    assert_figure(figure(a, "estimated_cost_per_million"), 9);
    assert_figure(figure(a, "estimated_input_cost_per_million"), 2);
    assert_figure(figure(a, "estimated_output_cost_per_million"), 3);
    assert_figure(figure(a, "estimated_speed_tps"), 4);
}

static void r21_ties(void **state) {
    drive *d = *state;
    /* Weighted by cost alone, both cost the same. */
    const char *policy = "providers: {x: {allowed_models: [a, b, c], objective_weights:\n"
                         "  {cost_speed: {cost: 1, speed: 0, quality: 0}}}}\n"
                         "model_catalog: {a: {quality: 1}, b: {quality: 3}, c: {quality: 3}}";
    ask_policy(d, policy, "fast");
    const orx_node *a = ask_for(d, "x", 28, 100, "");
    assert_figure(figure(a, "candidate_scores[0].score"), 1);
    assert_figure(figure(a, "candidate_scores[2].score"), 1);
    assert_string_equal(answered(a, "model"), "b");
    assert_string_equal(answered(a, "candidate_scores[1].model"), "c");
    assert_string_equal(answered(a, "candidate_scores[2].model"), "a");
}

static void weights_of_the_operator(void **state) {
    drive *d = *state;
    ask_policy(d,
               "providers:\n"
               "  x: {allowed_models: [a], objective_weights: {cost_speed: {cost: '-4', speed: 0,\n"
               "     quality: x}, balanced: {quality: 2}, quality: 7}}",
               "fast");
    const orx_node *a = ask_for(d, "x", 1, 1, "");
    assert_figure(figure(a, "weights.cost"), .30);
    assert_figure(figure(a, "weights.speed"), .30);
    assert_figure(figure(a, "weights.quality"), .40);
    a = ask(d, "{\"provider\": \"x\", \"objective\": \"balanced\"}");
    assert_figure(figure(a, "weights.cost"), 0.150685);
    assert_figure(figure(a, "weights.quality"), 0.684932);
    a = ask(d, "{\"provider\": \"x\", \"objective\": \"quality\"}");
    assert_figure(figure(a, "weights.quality"), 0.6);
}

static void names_may_hold_dots_and_brackets(void **state) {
    drive *d = *state;
    ask_policy(d,
               "providers: {'a.b[0]': {allowed_models: ['m.1[x]']}}\n"
               "model_catalog: {'M.1[X]': {speed_tps: 7}}",
               "fast");
    const orx_node *a = ask(d, "{\"provider\": \"A.B[0]\"}");
    assert_string_equal(answered(a, "model"), "m.1[x]");
    assert_figure(figure(a, "estimated_speed_tps"), 7);
}

static void a_policy_of_ten_thousand_models(void **state) {
    drive *d = *state;
    ORX_CLEANUP(orx_str_free) orx_str text = {0};
    orx_str_adds(&text, "providers:\n  x:\n    allowed_models:\n");
    for (int i = 0; i < 10000; i++)
        orx_str_addf(&text, "    - m%d\n    - M%d\n", i, i);
    orx_str_adds(&text, "model_catalog:\n");
    for (int i = 0; i < 10000; i++)
        orx_str_addf(&text, "  M%d: {quality: %d}\n", i, i % 9000);
    ask_policy(d, orx_str_cstr(&text), "strong");
    const orx_node *a = ask_for(d, "x", 90, 100, "design");
    assert_figure(figure(a, "candidate_count"), 10000);
    assert_string_equal(answered(a, "model"), "m8999");
}

static void what_is_no_policy_is_refused(void **state) {
    drive *d = *state;
    const char *list = world_file(d->w, "list.json", "[]");
    assert_contains(drive_refused(d, orx_arena_printf(&d->w->arena, "policy: %s", list)),
                    "the policy is a list");
    const char *bad = world_file(d->w, "bad.json", "{\"a\":");
    assert_contains(drive_refused(d, orx_arena_printf(&d->w->arena, "policy: %s", bad)),
                    "bad.json:1:");
    assert_contains(drive_refused(d, "policy: absent.json"), "absent.json");
    assert_contains(drive_refused(d, "profile: fast"), "policy");
    assert_contains(drive_refused(d, "policy: {}\nprofile: slow"), "fast");
    ask_policy(d, "{providers: [1], model_catalog: 7}", "fast");
    assert_string_equal(answered(ask(d, "{}"), "model"), "");
    ask_policy(d, "{providers: {codex: 5}, model_catalog: {m: []}}", "fast");
    assert_string_equal(answered(ask(d, "{}"), "reason"), "no_allowed_models");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(r13_a_provider_that_is_off),
        cmocka_unit_test(r14_without_a_list_the_requested_model_passes),
        cmocka_unit_test(r15_nothing_at_all),
        cmocka_unit_test(r16_a_requested_model_is_respected),
        cmocka_unit_test(r17_a_list_may_be_one_text),
        cmocka_unit_test(r18_figures_may_be_texts),
        cmocka_unit_test(figures_that_are_none),
        cmocka_unit_test(the_blended_price_and_the_other_names_of_figures),
        cmocka_unit_test(r21_ties),
        cmocka_unit_test(weights_of_the_operator),
        cmocka_unit_test(names_may_hold_dots_and_brackets),
        cmocka_unit_test(a_policy_of_ten_thousand_models),
        cmocka_unit_test(what_is_no_policy_is_refused),
    };
    return cmocka_run_group_tests(tests, ask_setup, drive_teardown);
}

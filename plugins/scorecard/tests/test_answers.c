/* The figures of the specification (cases 1 to 12), and the shape of an answer. */
#include "ask.h"
#include "drive.h"

#include "data/json.h"
#include "platform/files.h"

#include <stdlib.h>

static void r1_an_easy_task_goes_to_the_cheap_and_fast(void **state) {
    drive *d = *state;
    ask_policy(d, ask_t, "fast");
    const orx_node *a = ask_for(d, "x", 20, 1200, "");
    assert_string_equal(answered(a, "model"), "A");
    assert_string_equal(answered(a, "selected_model"), "A");
    assert_string_equal(answered(a, "objective"), "cost_speed");
    assert_string_equal(answered(a, "strategy"), "intelligent_cost_speed");
    assert_figure(score_of(a, "A"), 1.012432);
    assert_figure(figure(a, "estimated_cost_per_million"), 0.14);
    assert_figure(figure(a, "estimated_prompt_cost_usd"), 0.000168);
}

static void r2_a_hard_task_goes_to_the_best(void **state) {
    drive *d = *state;
    ask_policy(d, ask_t, "strong");
    const orx_node *a = ask_for(d, "x", 95, 12000, "The Architecture and its SECURITY.");
    assert_string_equal(answered(a, "model"), "C");
    assert_string_equal(answered(a, "objective"), "quality");
    assert_figure(score_of(a, "C"), 0.857544);
    assert_figure(figure(a, "estimated_cost_per_million"), 2.8);
    assert_figure(figure(a, "estimated_prompt_cost_usd"), 0.0336);
}

static void r3_the_target_of_the_caller_counts(void **state) {
    drive *d = *state;
    ask_policy(d, ask_t, "fast");
    const orx_node *a = ask(d, "{\"provider\": \"x\", \"optimization_target\": \" Balanced\","
                               " \"prompt_difficulty_score\": 50, \"prompt_tokens_est\": 5000}");
    assert_string_equal(answered(a, "strategy"), "intelligent_balanced");
    assert_figure(score_of(a, "A"), 0.726969);
    assert_figure(score_of(a, "B"), 0.582720);
    assert_figure(score_of(a, "C"), 0.303030);
    a = ask(d, "{\"provider\": \"x\", \"objective\": \"quality\", \"optimization_target\": \"\"}");
    assert_string_equal(answered(a, "objective"), "cost_speed");
    a = ask(d, "{\"provider\": \"x\", \"objective\": \"quality\"}");
    assert_string_equal(answered(a, "objective"), "quality");
}

static void r4_r5_a_small_context_costs(void **state) {
    drive *d = *state;
    ask_policy(d, ask_t, "fast");
    const orx_node *a = ask_for(d, "x", 50, 15000, "");
    assert_string_equal(answered(a, "objective"), "balanced");
    assert_string_equal(answered(a, "model"), "B");
    assert_figure(score_of(a, "A"), 0.376969);
    assert_figure(figure(a, "candidate_scores[1].context_penalty"), 0.35);
    a = ask_for(d, "x", 50, 17000, "");
    assert_string_equal(answered(a, "model"), "B");
    assert_figure(score_of(a, "A"), 0.076969);
    assert_figure(figure(a, "estimated_prompt_cost_usd"), 0.0119);
    assert_figure(figure(ask_for(d, "x", 50, 14400, ""), "candidate_scores[0].context_penalty"), 0);
}

static void r6_r7_r8_the_base_policy(void **state) {
    drive *d = *state;
    ask_shipped(d, "", "fast");
    const orx_node *a = ask_for(d, "codex", 20, 1200, "");
    assert_string_equal(answered(a, "model"), "liquid/lfm2.5-1.2b");
    assert_figure(score_of(a, "liquid/lfm2.5-1.2b"), 1.046503);
    assert_figure(figure(a, "weights.cost"), .569897);
    assert_figure(figure(a, "weights.speed"), .396606);
    assert_figure(figure(a, "weights.quality"), .033497);
    assert_figure(figure(a, "candidate_count"), 6);
    assert_string_equal(answered(a, "candidate_scores[5].model"), "gpt-5.3-codex");
    assert_figure(score_of(a, "gpt-5.3-codex"), 0.107931);
    a = ask_for(d, "codex", 80, 12000, "security architecture");
    assert_string_equal(answered(a, "model"), "gpt-5.3-codex");
    assert_figure(score_of(a, "gpt-5.3-codex"), 0.738203);
    assert_figure(score_of(a, "qwen/qwen3-coder-next"), 0.724414);
    assert_figure(score_of(a, "google/gemma-3-4b"), -0.204616);
    ask_shipped(d, "", "strong");
    a = ask_for(d, "codex", 80, 12000, "security architecture");
    assert_figure(score_of(a, "gpt-5.3-codex"), 0.900104);
}

static void r9_six_rows_are_shown(void **state) {
    drive *d = *state;
    ask_shipped(d, "local-strong", "strong");
    const orx_node *a = ask_for(d, "codex", 50, 5000, "do it");
    assert_string_equal(answered(a, "objective"), "quality");
    assert_string_equal(answered(a, "model"), "gpt-5-codex");
    assert_figure(score_of(a, "gpt-5-codex"), 0.865004);
    assert_figure(figure(a, "candidate_count"), 10);
    assert_int_equal(orx_node_get(a, "candidate_scores")->count, 6);
    assert_int_equal(orx_node_get(a, "allowed_models")->count, 10);
}

static void r10_r11_r12_other_providers_and_policies(void **state) {
    drive *d = *state;
    ask_shipped(d, "", "fast");
    const orx_node *a = ask_for(d, "Gemini ", 50, 5000, "write unit tests");
    assert_string_equal(answered(a, "provider"), "gemini");
    assert_string_equal(answered(a, "model"), "gemini-2.0-flash");
    assert_string_equal(answered(a, "objective"), "cost_speed");
    assert_figure(score_of(a, "gemini-2.0-flash"), 0.932432);
    ask_shipped(d, "", "strong");
    a = ask_for(d, "claude", 90, 20000, "design");
    assert_string_equal(answered(a, "model"), "claude-3-7-sonnet-latest");
    assert_figure(score_of(a, "claude-3-7-sonnet-latest"), 0.872582);
    ask_shipped(d, "local-workhorse", "fast");
    a = ask_for(d, "codex", 80, 9000, "architecture review");
    assert_string_equal(answered(a, "model"), "qwen/qwen3-coder-next");
    assert_figure(score_of(a, "qwen/qwen3-coder-next"), 0.706103);
    ask_shipped(d, "local-workhorse", "strong");
    a = ask_for(d, "codex", 80, 9000, "architecture review");
    assert_string_equal(answered(a, "model"), "gpt-5.3-codex");
    assert_figure(score_of(a, "gpt-5.3-codex"), 0.873972);
}

static double number_in(const char *text) {
    char *end = NULL;
    double x = strtod(text, &end);
    assert_true(*text && !*end);
    return x;
}

/* Every row was computed by a second implementation, written from the specification alone. */
static void all_shipped_policies_agree_with_a_second_implementation(void **state) {
    drive *d = *state;
    ORX_CLEANUP(orx_str_free) orx_str text = {0};
    orx_err err = ORX_ERR_INIT;
    const char *path = orx_arena_printf(&d->w->arena, "%s/plugins/scorecard/tests/expected.tsv",
                                        getenv("ORX_SOURCE_DIR"));
    assert_ok(orx_read_file(d->w->p, path, 1 << 20, &text, &err), &err);
    orx_view rest = orx_str_view(&text);
    orx_view line;
    const char *made = "";
    int rows = 0;
    while (orx_view_split(&rest, '\n', &line) && line.len) {
        const char
            *cell[8]; /* variant, profile, provider, difficulty, tokens, prompt, model, score */
        for (int i = 0; i < 8; i++) {
            orx_view part;
            assert_true(orx_view_split(&line, '\t', &part));
            cell[i] = orx_arena_dup(&d->w->arena, part);
        }
        const char *wanted = orx_arena_printf(&d->w->arena, "%s %s", cell[0], cell[1]);
        if (strcmp(made, wanted) != 0)
            ask_shipped(d, cell[0], cell[1]);
        made = wanted;
        const orx_node *a =
            ask_for(d, cell[2], number_in(cell[3]), (int)number_in(cell[4]), cell[5]);
        assert_string_equal(answered(a, "model"), cell[6]);
        assert_figure(score_of(a, cell[6]), number_in(cell[7]));
        rows++;
    }
    assert_true(rows > 300);
}

/* The names of an object's members, in order, with a space behind each. */
static const char *names_of(drive *d, const orx_node *n) {
    const char *names = "";
    ORX_NODE_EACH(n, it)
    names = orx_arena_printf(&d->w->arena, "%s%s ", names, orx_arena_dup(&d->w->arena, it->key));
    return names;
}

static void an_answer_has_exactly_the_documented_members(void **state) {
    drive *d = *state;
    ask_policy(d, ask_t, "fast");
    const orx_node *a = ask_for(d, "x", 12.34567, 1200, "");
    assert_string_equal(
        names_of(d, a),
        "allowed_models candidate_count candidate_scores difficulty estimated_cost_per_million "
        "estimated_input_cost_per_million estimated_output_cost_per_million "
        "estimated_prompt_cost_usd estimated_speed_tps fallback_model fallback_used model "
        "objective prompt_tokens_est provider reason requested_model requested_model_allowed "
        "router_profile router_version selected_model strategy weights ");
    assert_string_equal(names_of(d, orx_node_path(a, "candidate_scores[0]")),
                        "blended_cost_per_million context_penalty cost_score model quality_raw "
                        "quality_score score speed_score speed_tps ");
    assert_string_equal(names_of(d, orx_node_get(a, "weights")), "cost quality speed ");
    assert_figure(figure(a, "difficulty"), 12.3457);
    assert_int_equal(orx_node_get(a, "prompt_tokens_est")->kind, ORX_INT);
    assert_string_equal(answered(a, "router_profile"), "fast");
    assert_string_equal(answered(a, "router_version"), "local-intelligent-v2");
    assert_string_equal(answered(a, "reason"), "score_ranked_selection");
    assert_false(truth(a, "fallback_used"));
    a = ask(d, "{\"provider\": \"unknown\"}");
    assert_string_equal(names_of(d, a),
                        "allowed_models fallback_model fallback_used model objective provider "
                        "reason requested_model requested_model_allowed selected_model strategy ");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(r1_an_easy_task_goes_to_the_cheap_and_fast),
        cmocka_unit_test(r2_a_hard_task_goes_to_the_best),
        cmocka_unit_test(r3_the_target_of_the_caller_counts),
        cmocka_unit_test(r4_r5_a_small_context_costs),
        cmocka_unit_test(r6_r7_r8_the_base_policy),
        cmocka_unit_test(r9_six_rows_are_shown),
        cmocka_unit_test(r10_r11_r12_other_providers_and_policies),
        cmocka_unit_test(all_shipped_policies_agree_with_a_second_implementation),
        cmocka_unit_test(an_answer_has_exactly_the_documented_members),
    };
    return cmocka_run_group_tests(tests, ask_setup, drive_teardown);
}

/* Plans: the same decision for tasks of the runner. */
#include "ask.h"
#include "drive.h"

static const orxaq_task_features a_task = {
    .struct_size = sizeof a_task, .attempt = 1, .last_kind = -1, .prompt_tokens = 100};

#define MAX 20

/* The plan for candidates written "provider/model ...", as their numbers; "!" and the message when
 * there is none. */
static const char *planned(drive *d, const orxaq_task_features *task, const char *offered,
                           orx_plan *ret_plan) {
    orx_err err = ORX_ERR_INIT;
    orxaq_candidate list[MAX];
    uint32_t count = 0;
    orx_view rest = orx_view_of(offered);
    orx_view one;
    while (orx_view_split(&rest, ' ', &one)) {
        orx_view provider = {0};
        assert_true(orx_view_split(&one, '/', &provider) && count < MAX);
        list[count++] = (orxaq_candidate){.struct_size = sizeof list[0],
                                          .provider = {provider.p, provider.len},
                                          .model = {one.p, one.len}};
    }
    const orxaq_budget budget = {.struct_size = sizeof budget};
    const orxaq_route_request request = {.struct_size = sizeof request,
                                         .candidate_count = count,
                                         .task = task,
                                         .candidates = list,
                                         .budget = &budget};
    if (orx_route_select(d->instance, &request, &d->w->arena, ret_plan, &err) < 0)
        return orx_arena_printf(&d->w->arena, "!%s", err.msg);
    const char *text = "";
    for (size_t i = 0; i < ret_plan->count; i++)
        text = orx_arena_printf(&d->w->arena, "%s%s%u=%s", text, i ? " " : "",
                                ret_plan->steps[i].candidate, ret_plan->steps[i].model);
    return text;
}

static void models_come_by_their_scores(void **state) {
    drive *d = *state;
    orx_plan plan;
    ask_policy(d, ask_t, "fast");
    assert_string_equal(planned(d, &a_task, "x/C x/a x/B", &plan), "1=A 2=B 0=C");
    assert_string_equal(plan.objective, "cost_speed");
    assert_string_equal(plan.reason, "score_ranked_selection");
    assert_true(plan.propensity >= 1);
    assert_string_equal(plan.scores[1].why, "ranked");
    assert_figure(plan.scores[1].score, 1.012432);
    orxaq_task_features task = a_task;
    task.prompt_tokens = 15000;
    planned(d, &task, "x/C x/a x/B", &plan);
    assert_string_equal(plan.scores[1].why, "near_context");
    task.prompt_tokens = 17000;
    planned(d, &task, "x/C x/a x/B", &plan);
    assert_string_equal(plan.scores[1].why, "over_context");
}

static void a_list_is_a_filter(void **state) {
    drive *d = *state;
    orx_plan plan;
    ask_policy(d, ask_t, "fast");
    assert_string_equal(planned(d, &a_task, "x/rogue x/B x/", &plan), "1=B");
    assert_string_equal(plan.scores[0].why, "not_allowed");
    assert_string_equal(plan.scores[2].why, "not_allowed");
    assert_contains(planned(d, &a_task, "x/rogue x/other", &plan), "no candidate is on the policy");
    assert_string_equal(planned(d, &a_task, "x/B x/b", &plan), "0=B");
}

static void providers_stay_in_the_order_of_the_host(void **state) {
    drive *d = *state;
    orx_plan plan;
    ask_shipped(d, "", "fast");
    assert_string_equal(planned(d, &a_task,
                                "claude/claude-3-7-sonnet-latest codex/gpt-5.3-codex "
                                "claude/claude-3-5-haiku-latest codex/liquid/lfm2.5-1.2b",
                                &plan),
                        "2=claude-3-5-haiku-latest 0=claude-3-7-sonnet-latest "
                        "3=liquid/lfm2.5-1.2b 1=gpt-5.3-codex");
    assert_string_equal(planned(d, &a_task, "other/m codex/gpt-5.3-codex other/n", &plan),
                        "0=m 2=n 1=gpt-5.3-codex");
    assert_string_equal(plan.reason, "no_allowed_models");
    assert_string_equal(plan.objective, "none");
    assert_string_equal(planned(d, &a_task, "codex/rogue other/m codex/gpt-5.3-codex", &plan),
                        "2=gpt-5.3-codex 1=m");
}

static void a_provider_without_models_is_asked_for_those_of_the_list(void **state) {
    drive *d = *state;
    orx_plan plan;
    ask_policy(d, ask_t, "fast");
    assert_string_equal(planned(d, &a_task, "y/m x/", &plan), "0=m 1=A 1=B 1=C");
    assert_figure(plan.scores[1].score, 1.012432);
}

static void other_rules_keep_the_order_of_the_list(void **state) {
    drive *d = *state;
    orx_plan plan;
    orxaq_task_features task = a_task;
    task.model_wanted = orxaq_str("c");
    ask_policy(d, "providers: {x: {respect_requested_model: 1, allowed_models: [a, b, c]}}",
               "fast");
    assert_string_equal(planned(d, &task, "x/a x/b x/c", &plan), "2=c 0=a 1=b");
    assert_string_equal(plan.reason, "respect_requested_model");
    ask_policy(d, "providers: {x: {enabled: false, allowed_models: [a, b, c], fallback_model: B}}",
               "fast");
    assert_string_equal(planned(d, &a_task, "x/a x/b x/c", &plan), "1=b 0=a 2=c");
    assert_string_equal(plan.reason, "provider_disabled");
    assert_string_equal(plan.scores[1].why, "provider_disabled");
}

static const char *chosen(drive *d, const char *title, orx_plan *ret_plan) {
    orxaq_task_features task = a_task;
    task.title = orxaq_str(title);
    task.prompt_tokens = -1;
    planned(d, &task, "x/A x/B x/C", ret_plan);
    return ret_plan->steps[0].model;
}

static void r76_the_task_decides_and_not_what_is_around_it(void **state) {
    drive *d = *state;
    orx_plan easy;
    orx_plan hard;
    ask_policy(d, ask_t, "strong");
    assert_string_equal(chosen(d, "Rename one variable", &easy), "A");
    assert_string_equal(chosen(d, "design a lock-free migration of the auth store", &hard), "C");
    assert_string_equal(easy.objective, "cost_speed");
    assert_string_equal(hard.objective, "quality");
}

static void plans_have_an_end(void **state) {
    drive *d = *state;
    orx_plan plan;
    ORX_CLEANUP(orx_str_free) orx_str text = {0};
    orx_str_adds(&text, "providers:\n  x:\n    allowed_models:\n");
    for (int i = 0; i < 100; i++)
        orx_str_addf(&text, "    - m%d\n", i);
    ask_policy(d, orx_str_cstr(&text), "fast");
    planned(d, &a_task, "x/", &plan);
    assert_int_equal(plan.count, 64);
    assert_string_equal(plan.steps[63].model, "m63");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(models_come_by_their_scores),
        cmocka_unit_test(a_list_is_a_filter),
        cmocka_unit_test(providers_stay_in_the_order_of_the_host),
        cmocka_unit_test(a_provider_without_models_is_asked_for_those_of_the_list),
        cmocka_unit_test(other_rules_keep_the_order_of_the_list),
        cmocka_unit_test(r76_the_task_decides_and_not_what_is_around_it),
        cmocka_unit_test(plans_have_an_end),
    };
    return cmocka_run_group_tests(tests, ask_setup, drive_teardown);
}

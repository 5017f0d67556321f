/* Plans of the static router. */
#include "drive.h"
#include "test.h"

static int setup(void **state) {
    return drive_setup(state, "static");
}

#define CANDIDATE(d_, p_, m_)                                                                      \
    {                                                                                              \
        .struct_size = sizeof(orxaq_candidate), .deployment = {(d_), sizeof(d_) - 1},              \
        .provider = {(p_), sizeof(p_) - 1}, .model = {                                             \
            (m_),                                                                                  \
            sizeof(m_) - 1                                                                         \
        }                                                                                          \
    }

static const orxaq_candidate candidates[] = {
    CANDIDATE("a1", "a", "small"), CANDIDATE("a2", "a", "big"), CANDIDATE("b1", "b", "big"),
    CANDIDATE("c1", "c", "tiny")};

/* The plan as "0 2! 1": indices in order, "!" for escalations; or the message. */
static const char *planned(drive *d, const char *settings, const char *owner, orx_plan *ret_plan) {
    orx_err err = ORX_ERR_INIT;
    orx_str text = {0};
    const orxaq_task_features task = {.struct_size = sizeof task, .owner = orxaq_str(owner)};
    const orxaq_budget budget = {.struct_size = sizeof budget};
    const orxaq_route_request request = {.struct_size = sizeof request,
                                         .candidate_count = ORX_ARRAY_LEN(candidates),
                                         .task = &task,
                                         .candidates = candidates,
                                         .budget = &budget};
    drive_instance(d, settings);
    if (orx_route_select(d->instance, &request, &d->w->arena, ret_plan, &err) < 0)
        return orx_arena_strdup(&d->w->arena, err.msg);
    for (size_t i = 0; i < ret_plan->count; i++)
        orx_str_addf(&text, "%s%u%s", i ? " " : "", ret_plan->steps[i].candidate,
                     ret_plan->steps[i].escalation ? "!" : "");
    const char *copy = orx_arena_dup(&d->w->arena, orx_str_view(&text));
    orx_str_free(&text);
    return copy;
}

static void the_list_is_the_order(void **state) {
    drive *d = *state;
    orx_plan plan;
    assert_string_equal(planned(d, "{}", "x", &plan), "0 1 2 3");
    assert_string_equal(planned(d, "candidates: [{provider: b}]", "x", &plan), "2 0 1 3");
    assert_string_equal(
        planned(d, "candidates: [{model: big}, {deployment: a1}]\nothers: false", "x", &plan),
        "1 2 0");
    assert_string_equal(planned(d,
                                "candidates: [{provider: a, model: big}, {provider: a}]\n"
                                "others: false",
                                "x", &plan),
                        "1 0");
}

static void the_plan_says_why(void **state) {
    drive *d = *state;
    orx_plan plan;
    planned(d, "candidates: [{provider: c}]", "x", &plan);
    assert_string_equal(plan.objective, "order");
    assert_string_equal(plan.reason, "static_order");
    assert_true(plan.propensity == 1);
    assert_string_equal(plan.steps[0].model, "tiny");
    assert_string_equal(plan.scores[3].why, "listed");
    assert_true(plan.scores[3].score == 1);
    assert_string_equal(plan.scores[0].why, "not listed");
}

static void fallbacks_and_limits(void **state) {
    drive *d = *state;
    orx_plan plan;
    assert_string_equal(planned(d,
                                "candidates:\n"
                                "  - {provider: c, timeout: 5m, max_cost: 0.5, max_tokens: 9}\n"
                                "  - {provider: b, fallback: true}\n"
                                "others: false\n",
                                "x", &plan),
                        "3 2!");
    assert_int_equal(plan.steps[0].timeout_ns, 300 * ORX_SEC);
    assert_int_equal(plan.steps[0].max_cost_nano_usd, 500000000);
    assert_int_equal(plan.steps[0].max_tokens, 9);
    assert_int_equal(plan.steps[1].timeout_ns, 0);
}

static void elements_may_be_for_some_owners_only(void **state) {
    drive *d = *state;
    orx_plan plan;
    const char *settings = "candidates: [{provider: b, owners: [codex, gemini]}, {provider: c}]\n"
                           "others: false";
    assert_string_equal(planned(d, settings, "gemini", &plan), "2 3");
    assert_string_equal(planned(d, settings, "claude", &plan), "3");
}

static void nobody_is_an_error(void **state) {
    drive *d = *state;
    orx_plan plan;
    assert_contains(planned(d, "candidates: [{provider: nobody}]\nothers: false", "x", &plan),
                    "no candidate is named by the list");
}

static void bad_settings_are_refused(void **state) {
    drive *d = *state;
    assert_contains(drive_refused(d, "candidates: [{timeout: 5s}]"),
                    "needs a deployment, a provider or a model");
    assert_contains(drive_refused(d, "candidates: [{provder: a}]"), "did you mean provider?");
    assert_contains(drive_refused(d, "candidates: [{provider: a, max_tokens: -1}]"),
                    "in the range 0..");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_list_is_the_order),
        cmocka_unit_test(the_plan_says_why),
        cmocka_unit_test(fallbacks_and_limits),
        cmocka_unit_test(elements_may_be_for_some_owners_only),
        cmocka_unit_test(nobody_is_an_error),
        cmocka_unit_test(bad_settings_are_refused),
    };
    return cmocka_run_group_tests(tests, setup, drive_teardown);
}

/* Plans of routers. */
#include "plugin/route.h"

#include "jobs.h"
#include "test.h"

#include <math.h>

static orx_instance *instance;

static int setup(void **state) {
    world_setup(state);
    instance = jobs_instance(*state, NULL, 0, NULL);
    return 0;
}

static int teardown(void **state) {
    jobs_instance_free();
    return world_teardown(state);
}

static const orxaq_task_features task = {.struct_size = sizeof task};
static const orxaq_budget budget = {.struct_size = sizeof budget};

/* Candidates as a longer, newer version of the table would have them. */
struct longer {
    orxaq_candidate c;
    int64_t later;
};
static struct longer candidates[2];

static orxaq_route_request request(void) {
    for (int i = 0; i < 2; i++)
        candidates[i].c = (orxaq_candidate){.struct_size = sizeof candidates[0],
                                            .model = orxaq_str(i ? "big" : "small")};
    return (orxaq_route_request){.struct_size = sizeof(orxaq_route_request),
                                 .candidate_count = 2,
                                 .task = &task,
                                 .candidates = &candidates[0].c,
                                 .budget = &budget};
}

static int select_with(world *w, int32_t (*fn)(const orxaq_route_request *, const orxaq_plan *),
                       orx_plan *ret_plan, orx_err *err) {
    const orxaq_route_request r = request();
    tame.select = fn;
    *err = (orx_err)ORX_ERR_INIT;
    return orx_route_select(instance, &r, &w->arena, ret_plan, err);
}

static int32_t good(const orxaq_route_request *r, const orxaq_plan *plan) {
    (void)r;
    const orxaq_route_attempt second = {.struct_size = sizeof second,
                                        .candidate = 1,
                                        .max_tokens = 10,
                                        .max_cost_nano_usd = 20,
                                        .timeout_ns = 30};
    const orxaq_route_attempt first = {
        .struct_size = sizeof first, .candidate = 0, .escalation = 1, .model = orxaq_str("tiny")};
    const orxaq_route_reason reason = {sizeof reason, 0, orxaq_str("cost"), orxaq_str("drawn"),
                                       0.25};
    plan->attempt(plan, &second);
    plan->attempt(plan, &first);
    plan->score(plan, 1, 0.75, orxaq_str("cheap"));
    plan->reason(plan, &reason);
    return ORXAQ_OK;
}

static void a_plan_is_copied(void **state) {
    world *w = *state;
    orx_err err;
    orx_plan plan;
    assert_ok(select_with(w, good, &plan, &err), &err);
    assert_int_equal(plan.count, 2);
    assert_int_equal(plan.steps[0].candidate, 1);
    assert_string_equal(plan.steps[0].model, "big");
    assert_int_equal(plan.steps[0].max_tokens, 10);
    assert_int_equal(plan.steps[0].max_cost_nano_usd, 20);
    assert_int_equal(plan.steps[0].timeout_ns, 30);
    assert_false(plan.steps[0].escalation);
    assert_string_equal(plan.steps[1].model, "tiny");
    assert_true(plan.steps[1].escalation);
    assert_true(plan.scores[1].given && plan.scores[1].score == 0.75);
    assert_string_equal(plan.scores[1].why, "cheap");
    assert_false(plan.scores[0].given);
    assert_string_equal(plan.objective, "cost");
    assert_string_equal(plan.reason, "drawn");
    assert_true(plan.propensity == 0.25);
    assert_true(plan.took_ns >= 0);
}

static int32_t empty(const orxaq_route_request *r, const orxaq_plan *plan) {
    (void)r;
    (void)plan;
    return ORXAQ_OK;
}

static int32_t stranger(const orxaq_route_request *r, const orxaq_plan *plan) {
    const orxaq_route_attempt a = {.struct_size = sizeof a, .candidate = r->candidate_count};
    good(r, plan);
    assert_int_equal(plan->attempt(plan, &a), ORXAQ_E_INVALID);
    return ORXAQ_OK;
}

static int32_t negative(const orxaq_route_request *r, const orxaq_plan *plan) {
    (void)r;
    const orxaq_route_attempt a = {.struct_size = sizeof a, .timeout_ns = -1};
    plan->attempt(plan, &a);
    return ORXAQ_OK;
}

static int32_t too_short(const orxaq_route_request *r, const orxaq_plan *plan) {
    (void)r;
    const orxaq_route_attempt a = {.struct_size = 8};
    plan->attempt(plan, &a);
    return ORXAQ_OK;
}

static int32_t too_many(const orxaq_route_request *r, const orxaq_plan *plan) {
    for (int i = 0; i < 40; i++)
        good(r, plan);
    return ORXAQ_OK;
}

static int32_t nan_score(const orxaq_route_request *r, const orxaq_plan *plan) {
    good(r, plan);
    plan->score(plan, 0, NAN, orxaq_str(""));
    return ORXAQ_OK;
}

static int32_t score_of_nobody(const orxaq_route_request *r, const orxaq_plan *plan) {
    good(r, plan);
    plan->score(plan, 9, 1, orxaq_str(""));
    return ORXAQ_OK;
}

static int32_t impossible_draw(const orxaq_route_request *r, const orxaq_plan *plan) {
    const orxaq_route_reason reason = {.struct_size = sizeof reason, .propensity = 0};
    good(r, plan);
    plan->reason(plan, &reason);
    return ORXAQ_OK;
}

static void unusable_plans_are_refused(void **state) {
    world *w = *state;
    static const struct {
        int32_t (*fn)(const orxaq_route_request *, const orxaq_plan *);
        const char *part;
    } bad[] = {{empty, "it names no candidate"},
               {stranger, "a candidate that does not exist"},
               {negative, "a negative limit"},
               {too_short, "without a complete table"},
               {too_many, "more than 64 attempts"},
               {nan_score, "a score that is no number"},
               {score_of_nobody, "a score for a candidate that does not exist"},
               {impossible_draw, "a propensity outside (0, 1]"}};
    for (size_t i = 0; i < ORX_ARRAY_LEN(bad); i++) {
        orx_err err;
        orx_plan plan = {0};
        assert_int_equal(select_with(w, bad[i].fn, &plan, &err), ORX_E_INVALID);
        assert_contains(err.msg, "router tame (x) gave a plan that cannot be used: ");
        assert_contains(err.msg, bad[i].part);
        assert_null(plan.steps);
    }
}

static int32_t fails(const orxaq_route_request *r, const orxaq_plan *plan) {
    (void)r;
    (void)plan;
    return ORXAQ_E_NOT_FOUND;
}

static int32_t slow(const orxaq_route_request *r, const orxaq_plan *plan) {
    const orxaq_clock_service *clock = tame_host->service(tame_host, ORXAQ_CLOCK_1);
    int64_t end = clock->mono_ns(tame_host) + 2000000;
    while (clock->mono_ns(tame_host) < end) {
    }
    return good(r, plan);
}

static void failing_and_slow_routers_are_errors(void **state) {
    world *w = *state;
    orx_err err;
    orx_plan plan = {0};
    instance = jobs_instance(w, NULL, 0, NULL);
    assert_int_equal(select_with(w, fails, &plan, &err), ORX_E_NOT_FOUND);
    assert_contains(err.msg, "plugin tame (x): select failed (not-found)");
    orxaq_route_request r = request();
    r.deadline_ns = 1000000;
    tame.select = slow;
    tame_host = NULL;
    instance = jobs_instance(w, NULL, 0, NULL);
    tame.select = slow;
    assert_int_equal(orx_route_select(instance, &r, &w->arena, &plan, &err), ORX_E_TIMEOUT);
    assert_contains(err.msg, "its deadline is 1000 us");
}

static const char *told;

static int32_t hears(const orxaq_route_feedback *feedback) {
    told = feedback->verified > 0 ? "good" : "bad";
    return ORXAQ_OK;
}

static void feedback_is_passed_on(void **state) {
    world *w = *state;
    orx_err err = ORX_ERR_INIT;
    const orxaq_route_feedback feedback = {.struct_size = sizeof feedback, .verified = 1};
    instance = jobs_instance(w, NULL, 0, NULL);
    tame.feedback = hears;
    assert_ok(orx_route_feedback(instance, &feedback, &err), &err);
    assert_string_equal(told, "good");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_plan_is_copied),
        cmocka_unit_test(unusable_plans_are_refused),
        cmocka_unit_test(failing_and_slow_routers_are_errors),
        cmocka_unit_test(feedback_is_passed_on),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}

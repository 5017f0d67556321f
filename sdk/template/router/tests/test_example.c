/* test_example.c: the order in which the router tries its candidates. */
#include <orxaq_test.h>

#include <stdio.h>

#define USD ((int64_t)1000000000)

static const orxaq_candidate candidates[] = {
    {.struct_size = sizeof candidates[0], .deployment = {"dear", 4}, .output_price = 60 * USD},
    {.struct_size = sizeof candidates[0], .deployment = {"unknown", 7}, .output_price = -1},
    {.struct_size = sizeof candidates[0], .deployment = {"cheap", 5}, .output_price = 2 * USD},
    {.struct_size = sizeof candidates[0],
     .local = 1,
     .deployment = {"local", 5},
     .output_price = 3 * USD},
};
enum { DEAR, UNKNOWN, CHEAP, LOCAL, ALL };

/* The plan for a task at its nth attempt, as indices; how many. */
static uint32_t plan(orxaq_test *t, int32_t attempt, uint32_t *ret_order) {
    const orxaq_task_features task = {.struct_size = sizeof task,
                                      .attempt = attempt,
                                      .last_kind = attempt > 1 ? ORXAQ_KIND_OK : -1,
                                      .task_id = orxaq_str("t-1")};
    const orxaq_budget budget = {sizeof budget, 0, -1, -1, -1, -1};
    const orxaq_route_request request = {.struct_size = sizeof request,
                                         .candidate_count = ALL,
                                         .task = &task,
                                         .candidates = candidates,
                                         .budget = &budget};
    if (orxaq_test_select(t, &request) < 0)
        return 0;
    for (uint32_t i = 0; i < t->attempts; i++)
        ret_order[i] = t->attempt[i].candidate;
    return t->attempts;
}

static void cheap_comes_first(void) {
    uint32_t order[ORXAQ_TEST_ATTEMPTS];
    orxaq_test *t = orxaq_test_new("{\"max_price\": 0, \"local_first\": true}");
    ORXAQ_CHECK(plan(t, 1, order) == ALL);
    ORXAQ_CHECK(order[0] == LOCAL && order[1] == CHEAP && order[2] == UNKNOWN && order[3] == DEAR);
    ORXAQ_CHECK(strcmp(t->reason, "cheap_first") == 0);
    orxaq_test_free(t);
    t = orxaq_test_new("{\"max_price\": 0, \"local_first\": false}");
    ORXAQ_CHECK(plan(t, 1, order) == ALL && order[0] == CHEAP && order[1] == LOCAL);
    orxaq_test_free(t);
}

static void a_failed_task_goes_to_the_dear_ones(void) {
    uint32_t order[ORXAQ_TEST_ATTEMPTS];
    orxaq_test *t = orxaq_test_new("{\"max_price\": 0, \"local_first\": true}");
    ORXAQ_CHECK(plan(t, 2, order) == ALL && order[0] == DEAR);
    ORXAQ_CHECK(strcmp(t->reason, "dear_first") == 0);
    orxaq_test_free(t);
}

static void dear_ones_can_be_left_out(void) {
    uint32_t order[ORXAQ_TEST_ATTEMPTS];
    orxaq_test *t = orxaq_test_new("{\"max_price\": 5000000000, \"local_first\": true}");
    ORXAQ_CHECK(plan(t, 1, order) == 3);
    for (int i = 0; i < 3; i++)
        ORXAQ_CHECK(order[i] != DEAR);
    orxaq_test_free(t);
}

int main(void) {
    cheap_comes_first();
    a_failed_task_goes_to_the_dear_ones();
    dear_ones_can_be_left_out();
    puts("3 cases passed");
    return 0;
}

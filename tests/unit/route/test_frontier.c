/* Frontiers: what a router buys for what it costs. */
#include "route/frontier.h"

#include "test.h"

#include <math.h>

#define TASKS 400

typedef struct world {
    orx_arena arena;
    double score[TASKS * 3];
    double quality[TASKS * 3];
    double cost[TASKS * 3];
    orx_frontier f;
} world;

/* Half of the tasks are passed by everybody, half by the dear model only; the third one costs more
 * than the dear one and passes less. */
static world *make(void) {
    static world w;
    orx_arena_free(&w.arena);
    w = (world){0};
    for (int t = 0; t < TASKS; t++) {
        bool easy = t % 2 == 0;
        const double quality[] = {easy ? 1 : 0, 1, easy ? 1 : 0.5};
        const double cost[] = {1, 11, 12};
        for (int m = 0; m < 3; m++) {
            w.quality[t * 3 + m] = quality[m];
            w.cost[t * 3 + m] = cost[m];
        }
    }
    return &w;
}

static void compute(world *w, int rounds) {
    orx_err err = ORX_ERR_INIT;
    const orx_frontier_data d = {
        .tasks = TASKS, .models = 3, .score = w->score, .quality = w->quality, .cost = w->cost};
    assert_ok(orx_frontier_make(&d, 1, rounds, &w->arena, &w->f, &err), &err);
}

#define assert_near(found, expected, by)                                                           \
    do {                                                                                           \
        double f_ = (found), e_ = (expected);                                                      \
        if (!(fabs(f_ - e_) <= (by)))                                                              \
            fail_msg("%s is %.4f, expected %.4f", #found, f_, e_);                                 \
    } while (0)

static void who_knows_needs_half_of_the_money(void **state) {
    (void)state;
    world *w = make();
    memcpy(w->score, w->quality, sizeof w->score);
    compute(w, 0);
    assert_int_equal(w->f.weak, 0);
    assert_int_equal(w->f.strong, 1);
    assert_true(w->f.model[2].dominated);
    assert_false(w->f.model[0].dominated || w->f.model[1].dominated);
    /* From budget 0 to 1/2 PGR rises to 1 in a straight line, and stays there. */
    assert_near(w->f.apgr.value, 0.75, 0.01);
    assert_near(w->f.cpt50.value, 0.25, 0.01);
    assert_near(w->f.cpt80.value, 0.40, 0.01);
    assert_near(w->f.cost_per_accepted, 6, 0.01);
    assert_near(w->f.strong_per_accepted, 11, 1e-9);
    assert_near(w->f.weak_per_accepted, 2, 1e-9);
}

static void who_does_not_know_has_half(void **state) {
    (void)state;
    world *w = make();
    for (int t = 0; t < TASKS; t++) /* the same for every task: all or nothing */
        for (int m = 0; m < 3; m++)
            w->score[t * 3 + m] = m == 1 ? 1 : 0.5;
    compute(w, 0);
    assert_near(w->f.apgr.value, 0.5, 0.01);
    assert_near(w->f.cpt80.value, 0.8, 0.01);
}

static void who_is_always_wrong_is_no_worse_than_mixing(void **state) {
    (void)state;
    world *w = make();
    for (int i = 0; i < TASKS * 3; i++) /* the easy ones go to the dear model */
        w->score[i] = i % 3 != 1 ? 0.4 : i / 3 % 2 == 0 ? 1 : 0.45;
    compute(w, 0);
    assert_true(w->f.apgr.value < 0.5);
}

static void intervals_hold_the_value_and_are_repeatable(void **state) {
    (void)state;
    world *w = make();
    memcpy(w->score, w->quality, sizeof w->score);
    compute(w, 200);
    orx_interval first = w->f.apgr;
    assert_true(first.low <= first.value && first.value <= first.high);
    assert_true(first.high - first.low > 0.001 && first.high - first.low < 0.1);
    compute(w, 200);
    assert_memory_equal(&first, &w->f.apgr, sizeof first);
}

/* Only one model was tried on each task: a policy is judged where its choice was. */
static void what_was_not_tried_is_left_out(void **state) {
    (void)state;
    world *w = make();
    memcpy(w->score, w->quality, sizeof w->score);
    for (int t = 0; t < TASKS; t++)
        for (int m = 0; m < 3; m++)
            if (t / 2 % 3 != m)
                w->quality[t * 3 + m] = (double)NAN;
    compute(w, 0);
    assert_near(w->f.apgr.value, 0.75, 0.03);
    for (size_t p = 0; p < w->f.count; p++)
        assert_near(w->f.points[p].coverage, 1.0 / 3, 0.02);
}

/* The weak model was mostly given what it can do. What it was seldom given counts for more. */
static void what_was_seldom_chosen_stands_for_the_rest(void **state) {
    (void)state;
    orx_err err = ORX_ERR_INIT;
    world *w = make();
    double weight[TASKS * 3];
    for (int t = 0; t < TASKS; t++) {
        bool seldom = t / 2 % 10 == 0;
        bool weak = (t % 2 == 0) != seldom;
        for (int m = 0; m < 3; m++) {
            weight[t * 3 + m] = 1 / (seldom ? 0.1 : 0.9);
            if (m != (weak ? 0 : 1))
                w->quality[t * 3 + m] = (double)NAN;
        }
    }
    orx_frontier_data d = {
        .tasks = TASKS, .models = 3, .score = w->score, .quality = w->quality, .cost = w->cost};
    assert_ok(orx_frontier_make(&d, 1, 0, &w->arena, &w->f, &err), &err);
    assert_near(w->f.model[0].quality, 0.9, 0.01);
    d.weight = weight;
    assert_ok(orx_frontier_make(&d, 1, 0, &w->arena, &w->f, &err), &err);
    assert_near(w->f.model[0].quality, 0.5, 0.01);
    assert_near(w->f.model[1].quality, 1, 0.001);
}

static void nothing_to_choose_is_said(void **state) {
    (void)state;
    orx_err err = ORX_ERR_INIT;
    world *w = make();
    orx_frontier f;
    for (int i = 0; i < TASKS * 3; i++)
        w->quality[i] = 1;
    const orx_frontier_data d = {
        .tasks = TASKS, .models = 3, .score = w->score, .quality = w->quality, .cost = w->cost};
    assert_int_equal(orx_frontier_make(&d, 1, 0, &w->arena, &f, &err), ORX_E_INVALID);
    assert_contains(err.msg, "the cheapest model is as good as any other");
}

static void the_picture_names_everything(void **state) {
    (void)state;
    static const char *const models[] = {"small", "a<b>&\"c\"", "odd"};
    ORX_CLEANUP(orx_str_free) orx_str out = {0};
    world *w = make();
    memcpy(w->score, w->quality, sizeof w->score);
    compute(w, 20);
    const orx_frontier *all[] = {&w->f, &w->f};
    const char *const names[] = {"mf", "sw"};
    orx_frontier_svg(all, names, 2, models, "USD per task", &out);
    const char *svg = orx_str_cstr(&out);
    assert_contains(svg, "<svg xmlns=");
    assert_contains(svg, ">small</text>");
    assert_contains(svg, ">a&#60;b&#62;&#38;&#34;c&#34;</text>");
    assert_contains(svg, ">sw</text>");
    assert_contains(svg, "fill=\"none\"/>"); /* the dominated one */
    assert_null(strstr(svg, "nan"));
    assert_null(strstr(svg, "inf"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(who_knows_needs_half_of_the_money),
        cmocka_unit_test(who_does_not_know_has_half),
        cmocka_unit_test(who_is_always_wrong_is_no_worse_than_mixing),
        cmocka_unit_test(intervals_hold_the_value_and_are_repeatable),
        cmocka_unit_test(what_was_not_tried_is_left_out),
        cmocka_unit_test(what_was_seldom_chosen_stands_for_the_rest),
        cmocka_unit_test(nothing_to_choose_is_said),
        cmocka_unit_test(the_picture_names_everything),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

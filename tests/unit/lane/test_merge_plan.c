/* Which branches are tried together: every good one goes in, every bad one is out, at few checks.
 */
#include "test.h"

#include "lane/merge_plan.h"

#include <stdlib.h>

enum { MOST = 40 };

/* A world of branches: which fail, and pairs of which the second does not fit onto the first or of
 * which both are good alone and fail together. */
typedef struct world {
    size_t count;
    bool bad[MOST];
    bool no_fit[MOST];          /* does not fit onto the base */
    bool clash[MOST][MOST];     /* [a][b]: b does not fit when a is below it */
    bool fail_both[MOST][MOST]; /* [a][b], a < b */
    bool in[MOST];              /* of the base */
    size_t checks;
    orx_merge_plan plan;
    orx_arena arena;
} world;

static int setup(void **state) {
    *state = orx_xcalloc(1, sizeof(world));
    return 0;
}

static int teardown(void **state) {
    world *w = *state;
    orx_arena_free(&w->arena);
    free(w);
    return 0;
}

static bool fits(const world *w, const bool *below, size_t item) {
    for (size_t i = 0; i < w->count; i++)
        if (below[i] && w->clash[i][item])
            return false;
    return !w->no_fit[item];
}

static bool passes(const world *w, const bool *tree) {
    for (size_t a = 0; a < w->count; a++) {
        if (tree[a] && w->bad[a])
            return false;
        for (size_t b = 0; b < w->count; b++)
            if (tree[a] && tree[b] && w->fail_both[a][b])
                return false;
    }
    return true;
}

/* As the queue does it. */
static void try_group(world *w, orx_merge_group *g) {
    bool tree[MOST];
    size_t members[MOST];
    size_t n = g->count;
    size_t placed = 0;
    memcpy(tree, w->in, sizeof tree);
    memcpy(members, g->items, n * sizeof *members);
    for (size_t i = 0; i < n; i++) {
        if (fits(w, tree, members[i])) {
            tree[members[i]] = true;
            placed++;
        } else if (placed) {
            orx_merge_plan_aside(g, members[i]);
        } else {
            orx_merge_plan_decide(&w->plan, g, members[i], ORX_MERGE_OUT);
        }
    }
    assert_int_equal(g->count, placed);
    w->checks += placed > 0;
    bool good = passes(w, tree);
    if (good)
        memcpy(w->in, tree, sizeof tree);
    orx_merge_plan_judge(&w->plan, g, good);
}

static void run(world *w, const bool *doubtful) {
    orx_merge_group *g;
    orx_merge_plan_begin(&w->plan, &w->arena, w->count, doubtful);
    for (int guard = 0; (g = orx_merge_plan_next(&w->plan)); guard++) {
        assert_true(guard < 10 * MOST);
        assert_true(g->count > 0);
        try_group(w, g);
    }
    for (size_t i = 0; i < w->count; i++)
        assert_int_equal(w->plan.fates[i], w->in[i] ? ORX_MERGE_IN : ORX_MERGE_OUT);
}

static void all_good_is_one_check(void **state) {
    world *w = *state;
    w->count = 17;
    run(w, NULL);
    assert_int_equal(w->checks, 1);
    assert_true(w->in[0] && w->in[16]);
}

static void nothing_is_nothing(void **state) {
    world *w = *state;
    orx_merge_plan_begin(&w->plan, &w->arena, 0, NULL);
    assert_null(orx_merge_plan_next(&w->plan));
}

static void one_bad_is_found_by_halves(void **state) {
    world *w = *state;
    w->count = 16;
    w->bad[9] = true;
    run(w, NULL);
    for (size_t i = 0; i < 16; i++)
        assert_int_equal(w->in[i], i != 9);
    assert_true(w->checks <= 9); /* 16, 8, 8, 4, 2, 1, 1, 2, 4 */
}

static void a_known_bad_one_costs_one_check(void **state) {
    world *w = *state;
    bool doubtful[MOST] = {[3] = true};
    w->count = 16;
    w->bad[3] = true;
    run(w, doubtful);
    assert_int_equal(w->checks, 2);
    assert_false(w->in[3]);
}

static void of_two_that_fail_together_the_first_goes_in(void **state) {
    world *w = *state;
    w->count = 6;
    w->fail_both[1][4] = true;
    run(w, NULL);
    assert_true(w->in[1]);
    assert_false(w->in[4]);
    assert_true(w->in[0] && w->in[2] && w->in[3] && w->in[5]);
}

static void who_does_not_fit_onto_a_bad_one_goes_in_all_the_same(void **state) {
    world *w = *state;
    w->count = 2;
    w->bad[0] = true;
    w->clash[0][1] = true;
    run(w, NULL);
    assert_false(w->in[0]);
    assert_true(w->in[1]);
}

static void who_does_not_fit_onto_a_good_one_is_out(void **state) {
    world *w = *state;
    w->count = 3;
    w->clash[0][1] = true;
    run(w, NULL);
    assert_true(w->in[0] && !w->in[1] && w->in[2]);
    assert_int_equal(w->checks, 1);
}

/* The base moved while a group was tried: all of it comes again, also what was set aside. */
static void a_group_can_be_had_again(void **state) {
    world *w = *state;
    orx_merge_plan_begin(&w->plan, &w->arena, 3, NULL);
    orx_merge_group *g = orx_merge_plan_next(&w->plan);
    orx_merge_plan_aside(g, 1);
    orx_merge_plan_again(&w->plan, g);
    g = orx_merge_plan_next(&w->plan);
    assert_int_equal(g->count, 2);
    assert_int_equal(g->items[1], 2);
    orx_merge_plan_judge(&w->plan, g, true);
    g = orx_merge_plan_next(&w->plan);
    assert_int_equal(g->count, 1);
    assert_int_equal(g->items[0], 1);
    orx_merge_plan_judge(&w->plan, g, true);
    assert_null(orx_merge_plan_next(&w->plan));
    assert_int_equal(w->plan.fates[1], ORX_MERGE_IN);
}

static unsigned draw(unsigned *seed, unsigned below) {
    *seed = *seed * 1103515245u + 12345u;
    return (*seed >> 16) % below;
}

/* Bad branches hold up no good one, however they are spread; who is blameless goes in. */
static void in_random_worlds_every_good_one_goes_in(void **state) {
    world *w = *state;
    for (unsigned round = 0; round < 400; round++) {
        unsigned seed = round + 1;
        orx_arena_free(&w->arena);
        memset(w, 0, sizeof *w);
        w->count = 1 + draw(&seed, MOST);
        bool doubtful[MOST] = {false};
        for (size_t i = 0; i < w->count; i++) {
            w->bad[i] = draw(&seed, 6) == 0;
            w->no_fit[i] = draw(&seed, 12) == 0;
            doubtful[i] = draw(&seed, 5) == 0;
            /* It clashes with a bad one only, so that nobody good is in its way. */
            size_t other = draw(&seed, (unsigned)w->count);
            w->clash[other][i] = other != i && w->bad[other];
        }
        run(w, doubtful);
        for (size_t i = 0; i < w->count; i++)
            if (w->in[i] == (w->bad[i] || w->no_fit[i]))
                fail_msg("round %u: branch %zu is %s", round, i, w->in[i] ? "in" : "out");
        assert_true(w->checks <= 2 * w->count + 1);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(nothing_is_nothing, setup, teardown),
        cmocka_unit_test_setup_teardown(all_good_is_one_check, setup, teardown),
        cmocka_unit_test_setup_teardown(one_bad_is_found_by_halves, setup, teardown),
        cmocka_unit_test_setup_teardown(a_known_bad_one_costs_one_check, setup, teardown),
        cmocka_unit_test_setup_teardown(of_two_that_fail_together_the_first_goes_in, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(who_does_not_fit_onto_a_bad_one_goes_in_all_the_same, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(who_does_not_fit_onto_a_good_one_is_out, setup, teardown),
        cmocka_unit_test_setup_teardown(a_group_can_be_had_again, setup, teardown),
        cmocka_unit_test_setup_teardown(in_random_worlds_every_good_one_goes_in, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

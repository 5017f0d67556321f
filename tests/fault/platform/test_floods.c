/* More output than anybody wants. */
#include "support.h"

#include <stdlib.h>
#include <string.h>

static int64_t resident_bytes(fixture *fx) {
    const char *statm = slurp(fx, "/proc/self/statm");
    orx_view rest = orx_view_of(statm);
    orx_view word = {NULL, 0};
    int64_t pages = 0;
    assert_true(orx_view_split(&rest, ' ', &word) && orx_view_split(&rest, ' ', &word));
    assert_true(orx_view_to_i64(word, &pages));
    return pages * 4096;
}

/* B10, in the small: 200 MiB through a capture of 128 KiB. */
static void b10_a_flood_is_captured_in_bounds(void **state) {
    fixture *fx = *state;
    run r;
    int64_t before = resident_bytes(fx);
    prepare(&r, fx, "big-output", "200", NULL);
    run_it(&r);
    assert_int_equal(r.result.end, ORX_PROC_EXITED);
    assert_int_equal(r.result.code, 0);
    assert_int_equal(r.result.out_bytes, (int64_t)200 << 20);
    assert_int_equal(r.out.total, (int64_t)200 << 20);
    assert_true(r.out.head.len + r.out.ring.len == (size_t)2 * 64 * 1024);
    assert_true(resident_bytes(fx) - before < (int64_t)16 << 20);
    run_close(&r);
}

static void output_beyond_the_limit_ends_it(void **state) {
    run r;
    prepare(&r, *state, "big-output", "200", NULL);
    r.spec.output_max = 1000003;
    run_it(&r);
    assert_int_equal(r.result.end, ORX_PROC_OUTPUT_LIMIT);
    /* Exactly the limit is handed on. */
    assert_int_equal(r.out.total, 1000003);
    assert_int_equal(r.result.out_bytes, 1000003);
    assert_true(r.result.empty);
    run_close(&r);
}

static void exactly_the_limit_is_fine(void **state) {
    run r;
    prepare(&r, *state, "both-streams", NULL);
    r.spec.output_max = 18; /* both streams count */
    run_it(&r);
    assert_int_equal(r.result.end, ORX_PROC_EXITED);
    run_close(&r);
    prepare(&r, *state, "both-streams", NULL);
    r.spec.output_max = 17;
    run_it(&r);
    assert_int_equal(r.out.total + r.errs.total, 17);
    run_close(&r);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(b10_a_flood_is_captured_in_bounds),
        TEST(output_beyond_the_limit_ends_it),
        TEST(exactly_the_limit_is_fine),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

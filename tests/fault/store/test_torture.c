/* Dying at every durable operation: before it, after it, and in the middle of it; by SIGKILL, and
 * by a loss of power that drops and tears what was not synced. Afterwards another process opens the
 * journal: whatever was acknowledged is there, the chains verify, the projections agree, and
 * nothing of our own is taken for somebody else's. */
#include "world.h"

#include "test.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

enum { STEPS = 6 };

static uint64_t count_ops(uint64_t seed) {
    orx_sim *sim = orx_sim_new(seed);
    orx_sim_host *h = orx_sim_add_host(sim, "alpha");
    job j = {.origin = "primary", .steps = STEPS};
    orx_sim_spawn(orx_sim_platform(h), work, &j);
    assert_true(orx_sim_run(sim, 0));
    if (!j.done)
        fail_msg("without a fault: %s", j.err.msg);
    uint64_t ops = orx_sim_durable_ops(h);
    const char *why = problem(orx_sim_add_process(h), ROOT, STEPS, 0);
    if (why)
        fail_msg("without a fault: %s", why);
    orx_sim_free(sim);
    return ops;
}

/* One death; NULL or what is wrong. */
static const char *die_at(uint64_t seed, uint64_t op, orx_sim_when when, bool power) {
    orx_sim *sim = orx_sim_new(seed);
    orx_sim_host *h = orx_sim_add_host(sim, "alpha");
    orx_platform *p = orx_sim_platform(h);
    job j = {.origin = "primary", .steps = STEPS};
    orx_sim_crash_at(h, op, when, power);
    orx_sim_spawn(p, work, &j);
    (void)orx_sim_run(sim, 0);
    orx_sim_crash_at(h, 0, when, power);
    const char *why = orx_sim_fate_of(p, NULL) == ORX_SIM_KILLED ? NULL : "it did not die";
    if (!why)
        why = problem(orx_sim_add_process(h), ROOT, j.acked, 1);
    if (!why) {
        /* And the work goes on. */
        job more = {.origin = "primary", .steps = 2};
        orx_sim_spawn(p, work, &more);
        if (!orx_sim_run(sim, 0) || !more.done)
            why = more.err.msg[0] ? "going on fails" : "going on hangs";
        if (!why)
            why = problem(orx_sim_add_process(h), ROOT, j.acked + 2, 1);
    }
    orx_sim_free(sim);
    return why;
}

/* In a child, for the memory of what was killed: operations first .. last. */
static bool survive(uint64_t first, uint64_t last, orx_sim_when when, bool power) {
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        for (uint64_t op = first; op <= last; op++) {
            const char *why = die_at(7 + op, op, when, power);
            if (why) {
                (void)fprintf(stderr, "seed %llu, operation %llu, when %d, power %d: %s\n",
                              (unsigned long long)(7 + op), (unsigned long long)op, (int)when,
                              power, why);
                _exit(1);
            }
        }
        _exit(0);
    }
    int status = 1;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    return status == 0;
}

static void every_point(orx_sim_when when, bool power) {
    enum { PER_CHILD = 100 };
    uint64_t ops = count_ops(7);
    assert_true(ops > 50);
    /* Seeds differ in what the scheduler lets happen, so the last operations may not be reached. */
    for (uint64_t first = 1; first + 5 <= ops; first += PER_CHILD) {
        uint64_t last = first + PER_CHILD - 1;
        assert_true(survive(first, last + 5 <= ops ? last : ops - 5, when, power));
    }
}

static void killed_before_every_operation(void **state) {
    (void)state;
    every_point(ORX_SIM_BEFORE, false);
}

static void killed_in_the_middle_of_every_operation(void **state) {
    (void)state;
    every_point(ORX_SIM_TORN, false);
}

static void killed_after_every_operation(void **state) {
    (void)state;
    every_point(ORX_SIM_AFTER, false);
}

static void power_lost_before_every_operation(void **state) {
    (void)state;
    every_point(ORX_SIM_BEFORE, true);
}

static void power_lost_in_the_middle_of_every_operation(void **state) {
    (void)state;
    every_point(ORX_SIM_TORN, true);
}

static void power_lost_after_every_operation(void **state) {
    (void)state;
    every_point(ORX_SIM_AFTER, true);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(killed_before_every_operation),
        cmocka_unit_test(killed_in_the_middle_of_every_operation),
        cmocka_unit_test(killed_after_every_operation),
        cmocka_unit_test(power_lost_before_every_operation),
        cmocka_unit_test(power_lost_in_the_middle_of_every_operation),
        cmocka_unit_test(power_lost_after_every_operation),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

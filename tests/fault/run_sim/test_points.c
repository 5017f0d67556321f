/* Dying at the durable operations of a whole run: before, in the middle of and after one of them,
 * with and without loss of power. Then a new runner is started on the same disk and brings the
 * queue to its end; nothing is lost and nothing is delivered twice.
 *
 * Every ORX_POINTS_EVERYth operation is taken (1 = all; the default keeps the suite short), another
 * residue for each way of dying, so that together they cover more. */
#include "world.h"

#include "test.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

enum { EVERY = 53, PER_CHILD = 50, SEED = 7, STARTS_MAX = 5 };

static uint64_t every(void) {
    const char *text = getenv("ORX_POINTS_EVERY");
    uint64_t n = text ? strtoull(text, NULL, 10) : 0;
    return n ? n : EVERY;
}

static uint64_t count_ops(void) {
    run_world *w = run_world_new(SEED);
    if (!run_world_run(w) || !w->last.finished)
        fail_msg("without a fault: %s", w->last.err.msg);
    uint64_t ops = orx_sim_durable_ops(w->host);
    const char *why = run_world_problem(w, false);
    if (why)
        fail_msg("without a fault: %s", why);
    run_world_free(w);
    return ops;
}

/* Starts runners until one comes to the end of the queue. */
static const char *go_on(run_world *w, char *buf, size_t size) {
    for (int i = 0; i < STARTS_MAX; i++) {
        if (!run_world_run(w))
            return "the world stands still";
        if (w->last.finished && w->last.end == ORX_RUN_LEFTOVER)
            return NULL;
    }
    (void)snprintf(buf, size, "the queue does not end: %s", w->last.err.msg);
    return buf;
}

static const char *die_at(uint64_t op, orx_sim_when when, bool power) {
    char buf[1024];
    static char kept[1024];
    run_world *w = run_world_new(SEED);
    orx_sim_crash_at(w->host, op, when, power);
    (void)run_world_run(w);
    orx_sim_crash_at(w->host, 0, when, power);
    const char *why = orx_sim_fate_of(w->p, NULL) == ORX_SIM_KILLED ? NULL : "it did not die";
    if (!why)
        why = go_on(w, buf, sizeof buf);
    if (!why)
        why = run_world_problem(w, false);
    if (why)
        (void)snprintf(kept, sizeof kept, "%s", why);
    run_world_free(w);
    return why ? kept : NULL;
}

/* In a child, for the memory of what was killed. */
static bool survive(uint64_t first, uint64_t last, uint64_t step, orx_sim_when when, bool power) {
    (void)fflush(stdout);
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        int bad = 0;
        for (uint64_t op = first; op <= last; op += step) {
            const char *why = die_at(op, when, power);
            if (why) {
                (void)fprintf(stderr, "seed %d, operation %llu, when %d, power %d: %s\n", SEED,
                              (unsigned long long)op, (int)when, power, why);
                bad = 1;
            }
        }
        _exit(bad);
    }
    int status = 1;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    return status == 0;
}

static void points(orx_sim_when when, bool power) {
    uint64_t ops = count_ops();
    uint64_t step = every();
    uint64_t start = 1 + (uint64_t)((int)when * 2 + power) * 4 % step;
    uint64_t taken = 0;
    bool fine = true;
    assert_true(ops > 500);
    for (uint64_t first = start; first <= ops; first += step * PER_CHILD) {
        uint64_t last = first + step * (PER_CHILD - 1);
        last = last < ops ? last : ops;
        fine = survive(first, last, step, when, power) && fine;
        taken += (last - first) / step + 1;
    }
    print_message("%llu of %llu operations\n", (unsigned long long)taken, (unsigned long long)ops);
    assert_true(fine);
}

static void killed_before(void **state) {
    (void)state;
    points(ORX_SIM_BEFORE, false);
}

static void killed_in_the_middle(void **state) {
    (void)state;
    points(ORX_SIM_TORN, false);
}

static void killed_after(void **state) {
    (void)state;
    points(ORX_SIM_AFTER, false);
}

static void power_lost_before(void **state) {
    (void)state;
    points(ORX_SIM_BEFORE, true);
}

static void power_lost_in_the_middle(void **state) {
    (void)state;
    points(ORX_SIM_TORN, true);
}

static void power_lost_after(void **state) {
    (void)state;
    points(ORX_SIM_AFTER, true);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(killed_before),
        cmocka_unit_test(killed_in_the_middle),
        cmocka_unit_test(killed_after),
        cmocka_unit_test(power_lost_before),
        cmocka_unit_test(power_lost_in_the_middle),
        cmocka_unit_test(power_lost_after),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

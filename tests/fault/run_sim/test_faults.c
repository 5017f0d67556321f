/* Luck: errors of the disk, no space, programs that do not start, slowness, clocks that jump and
 * processes that are killed, drawn from a seed. Runners are started until one comes to the end of
 * the queue; then a last one runs undisturbed, and the same must hold as ever.
 *
 * A seed that fails is printed; ORX_FAULTS_SEED=N runs that one alone. ORX_FAULTS_FIRST=N begins
 * with another seed, ORX_FAULTS_SEEDS=N sets how many are tried. */
#include "world.h"

#include "platform/loop.h"
#include "test.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

enum { SEEDS = 120, PER_CHILD = 40, STARTS_MAX = 30, FIRST_SEED = 1000 };

static const orx_sim_faults faults = {.io_error = 6,
                                      .no_space = 4,
                                      .spawn_fails = 150,
                                      .slow = 20,
                                      .clock_jump = 30,
                                      .kill = 6,
                                      .crash = 4};
static const orx_sim_faults no_faults = {0};

/* What a life of one seed came to. */
typedef struct life {
    char problem[2048]; /* "" = all well */
    int starts;
    int64_t done;
} life;

static const char *disturbed(run_world *w, life *l) {
    orx_sim_set_faults(w->host, &faults);
    for (l->starts = 0; l->starts < STARTS_MAX; l->starts++) {
        if (!run_world_run(w))
            return "the world stands still";
        if (w->last.finished && w->last.end == ORX_RUN_LEFTOVER)
            return NULL;
        /* Somebody comes and starts it again, later than the lock of a git that lost its power is
         * left alone. */
        orx_loop_sleep(orx_sim_add_process(w->host), 3600 * ORX_SEC);
    }
    return NULL; /* too much bad luck; the undisturbed run ends it */
}

static const char *undisturbed(run_world *w) {
    orx_sim_set_faults(w->host, &no_faults);
    /* The clock may have jumped back: until then no lock of that time is old. */
    orx_loop_sleep(orx_sim_add_process(w->host), ORX_SEC * 100 * 24 * 3600);
    if (!run_world_run(w))
        return "the world stands still";
    return w->last.finished ? NULL : w->last.err.msg;
}

static void live(uint64_t seed, bool planted, life *l) {
    run_world *w = run_world_new(seed, &run_queue_long);
    w->planted = planted;
    *l = (life){.done = -1};
    const char *why = disturbed(w, l);
    if (!why)
        why = undisturbed(w);
    if (!why)
        why = run_world_problem(w, true);
    if (!why)
        l->done = run_world_done(w);
    (void)snprintf(l->problem, sizeof l->problem, "%s", why ? why : "");
    run_world_free(w);
}

/* Sums over children. */
typedef struct sums {
    int64_t bad;
    int64_t starts;
    int64_t done;
} sums;

static void some_lives(uint64_t first, uint64_t count, sums *all) {
    int ends[2];
    sums s = {0};
    assert_int_equal(pipe(ends), 0);
    (void)fflush(stdout);
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        for (uint64_t seed = first; seed < first + count; seed++) {
            life l;
            live(seed, false, &l);
            if (l.problem[0])
                (void)fprintf(stderr, "ORX_FAULTS_SEED=%llu: %s\n", (unsigned long long)seed,
                              l.problem);
            s.bad += l.problem[0] != '\0';
            s.starts += l.starts + 1;
            s.done += l.done;
        }
        _exit(write(ends[1], &s, sizeof s) == (ssize_t)sizeof s ? 0 : 1);
    }
    int status = 1;
    (void)close(ends[1]);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
    assert_int_equal(read(ends[0], &s, sizeof s), sizeof s);
    (void)close(ends[0]);
    all->bad += s.bad;
    all->starts += s.starts;
    all->done += s.done;
}

static uint64_t number(const char *name, uint64_t otherwise) {
    const char *text = getenv(name);
    return text ? strtoull(text, NULL, 10) : otherwise;
}

static void bad_luck(void **state) {
    (void)state;
    uint64_t first = number("ORX_FAULTS_SEED", number("ORX_FAULTS_FIRST", FIRST_SEED));
    uint64_t count = getenv("ORX_FAULTS_SEED") ? 1 : number("ORX_FAULTS_SEEDS", SEEDS);
    sums all = {0};
    for (uint64_t i = 0; i < count; i += PER_CHILD)
        some_lives(first + i, count - i < PER_CHILD ? count - i : PER_CHILD, &all);
    print_message("%llu seeds, %lld starts, %lld tasks done\n", (unsigned long long)count,
                  (long long)all.starts, (long long)all.done);
    assert_int_equal(all.bad, 0);
    /* Luck was bad, but not so bad that nothing was tested. */
    if (count >= 20) {
        assert_true(all.starts > (int64_t)count * 2);
        assert_true(all.done > (int64_t)count * 3);
    }
}

/* An agent that now and then delivers its work itself, as if it were us, is found, and found again
 * from the seed. */
static void a_planted_fault_is_found_again_from_its_seed(void **state) {
    (void)state;
    life first;
    life again;
    uint64_t seed = FIRST_SEED;
    for (; seed < FIRST_SEED + 50; seed++) {
        live(seed, true, &first);
        if (first.problem[0])
            break;
    }
    assert_true(first.problem[0]);
    assert_contains(first.problem, "commits");
    live(seed, true, &again);
    assert_string_equal(again.problem, first.problem);
    assert_int_equal(again.starts, first.starts);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bad_luck),
        cmocka_unit_test(a_planted_fault_is_found_again_from_its_seed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

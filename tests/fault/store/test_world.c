/* The journal in a hostile world: several processes, kills, losses of power, failing and full
 * disks; and the same world again from the same seed. */
#include "world.h"

#include "platform/files.h"

#include "test.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

enum { WRITERS = 3, STEPS = 8 };

typedef struct crowd {
    orx_sim *sim;
    orx_sim_host *host;
    orx_platform *p[WRITERS];
    job jobs[WRITERS];
} crowd;

static void crowd_begin(crowd *c, uint64_t seed, bool patient) {
    static const char *const origins[WRITERS] = {"primary", "lane-a", "lane-b"};
    *c = (crowd){.sim = orx_sim_new(seed)};
    c->host = orx_sim_add_host(c->sim, "alpha");
    for (int i = 0; i < WRITERS; i++) {
        c->p[i] = orx_sim_add_process(c->host);
        c->jobs[i] = (job){.origin = origins[i], .steps = STEPS, .patient = patient};
        orx_sim_spawn(c->p[i], work, &c->jobs[i]);
    }
}

static int crowd_acked(const crowd *c) {
    int n = 0;
    for (int i = 0; i < WRITERS; i++)
        n += c->jobs[i].acked;
    return n;
}

static int crowd_errors(const crowd *c) {
    int n = 0;
    for (int i = 0; i < WRITERS; i++)
        n += c->jobs[i].errors;
    return n;
}

/* The words outlive the crowd. */
static const char *why_of(const job *j) {
    static char text[ORX_ERR_MAX];
    (void)snprintf(text, sizeof text, "%s: %s", j->origin, j->err.msg);
    return text;
}

/* Starts the dead ones again. */
static int revive(crowd *c) {
    int dead = 0;
    for (int i = 0; i < WRITERS; i++) {
        if (orx_sim_fate_of(c->p[i], NULL) != ORX_SIM_KILLED)
            continue;
        dead++;
        orx_sim_spawn(c->p[i], work, &c->jobs[i]);
    }
    return dead;
}

static const char *settle(crowd *c, int extra) {
    const orx_sim_faults calm = {0};
    orx_sim_set_faults(c->host, &calm);
    const char *why = problem(orx_sim_add_process(c->host), ROOT, crowd_acked(c), extra);
    orx_sim_free(c->sim);
    return why;
}

/* ---- Worlds -----------------------------------------------------------------------------------
 */

static const char *together(uint64_t seed) {
    crowd c;
    crowd_begin(&c, seed, false);
    if (!orx_sim_run(c.sim, 0))
        return "they wait for each other";
    for (int i = 0; i < WRITERS; i++)
        if (!c.jobs[i].done)
            return why_of(&c.jobs[i]);
    return settle(&c, 0);
}

static const char *killed_or_powerless(uint64_t seed, const orx_sim_faults *faults) {
    crowd c;
    crowd_begin(&c, seed, true);
    orx_sim_set_faults(c.host, faults);
    int deaths = 0;
    for (int round = 0; round < 30; round++) {
        if (!orx_sim_run(c.sim, 0))
            return "they wait for each other";
        int dead = revive(&c);
        if (!dead)
            break;
        deaths += dead;
        if (round == 20) {
            const orx_sim_faults calm = {0};
            orx_sim_set_faults(c.host, &calm);
        }
    }
    for (int i = 0; i < WRITERS; i++)
        if (c.jobs[i].errors >= 100)
            return why_of(&c.jobs[i]);
    return settle(&c, deaths + crowd_errors(&c));
}

static const char *kills(uint64_t seed) {
    const orx_sim_faults faults = {.kill = 40, .clock_jump = 500};
    return killed_or_powerless(seed, &faults);
}

static const char *power(uint64_t seed) {
    const orx_sim_faults faults = {.crash = 25, .slow = 100, .clock_jump = 500};
    return killed_or_powerless(seed, &faults);
}

static const char *errors(uint64_t seed) {
    const orx_sim_faults faults = {.io_error = 60, .no_space = 60};
    return killed_or_powerless(seed, &faults);
}

static const char *everything(uint64_t seed) {
    const orx_sim_faults faults = {
        .kill = 20, .crash = 10, .io_error = 30, .no_space = 30, .slow = 50, .clock_jump = 300};
    return killed_or_powerless(seed, &faults);
}

static void run_seeds(const char *(*fn)(uint64_t seed), uint64_t first, uint64_t count) {
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        for (uint64_t seed = first; seed < first + count; seed++) {
            const char *why = fn(seed);
            if (why) {
                (void)fprintf(stderr, "seed %llu: %s\n", (unsigned long long)seed, why);
                _exit(1);
            }
        }
        _exit(0);
    }
    int status = 1;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
}

/* In children, which give the memory of the killed back. ORX_TORTURE=N runs N times as many. */
static void for_seeds(const char *(*fn)(uint64_t seed), uint64_t first, uint64_t count) {
    const char *more = getenv("ORX_TORTURE");
    uint64_t times = more ? strtoull(more, NULL, 10) : 1;
    for (uint64_t i = 0; i < times; i++)
        run_seeds(fn, first + i * 100000, count);
}

static void several_writers_share_a_journal(void **state) {
    (void)state;
    for_seeds(together, 1, 40);
}

static void writers_that_are_killed(void **state) {
    (void)state;
    for_seeds(kills, 100, 60);
}

static void hosts_that_lose_power(void **state) {
    (void)state;
    for_seeds(power, 200, 60);
}

static void disks_that_fail(void **state) {
    (void)state;
    for_seeds(errors, 300, 60);
}

static void everything_at_once(void **state) {
    (void)state;
    for_seeds(everything, 400, 60);
}

/* ---- Full and read-only disks ------------------------------------------------------------------
 */

static void a_full_disk_is_told_and_survived(void **state) {
    (void)state;
    orx_sim *sim = orx_sim_new(5);
    orx_sim_host *h = orx_sim_add_host(sim, "alpha");
    job j = {.origin = "primary", .steps = 400};
    orx_sim_set_capacity(h, 1 << 20);
    orx_sim_spawn(orx_sim_platform(h), work, &j);
    assert_true(orx_sim_run(sim, 0));
    assert_false(j.done);
    assert_int_equal(j.err.code, ORX_E_NO_SPACE);
    assert_contains(j.err.msg, ROOT "/");
    assert_true(j.acked > 5);
    orx_sim_set_capacity(h, 0);
    const char *why = problem(orx_sim_add_process(h), ROOT, j.acked, 1);
    if (why)
        fail_msg("%s", why);
    orx_sim_free(sim);
}

static void a_disk_too_full_to_begin_is_told(void **state) {
    (void)state;
    orx_sim *sim = orx_sim_new(5);
    orx_sim_host *h = orx_sim_add_host(sim, "alpha");
    for (uint64_t pages = 1; pages < 60; pages++) {
        job j = {.origin = "primary", .steps = 2};
        orx_platform *p = orx_sim_add_process(h);
        assert_int_equal(orx_remove_tree(p, "/srv", NULL), 0);
        orx_sim_set_capacity(h, pages * 4096);
        orx_sim_spawn(p, work, &j);
        assert_true(orx_sim_run(sim, 0));
        if (!j.done) {
            assert_int_equal(j.err.code, ORX_E_NO_SPACE);
            assert_contains(j.err.msg, ROOT "/");
        }
        orx_sim_set_capacity(h, 0);
        const char *why = problem(orx_sim_add_process(h), ROOT, j.acked, 1);
        if (why)
            fail_msg("%llu pages: %s", (unsigned long long)pages, why);
    }
    orx_sim_free(sim);
}

static void a_read_only_disk_is_told(void **state) {
    (void)state;
    orx_sim *sim = orx_sim_new(5);
    orx_sim_host *h = orx_sim_add_host(sim, "alpha");
    orx_platform *p = orx_sim_platform(h);
    assert_int_equal(orx_mkdirs(p, "/srv", false, NULL), 0);
    orx_sim_set_read_only(h, "/srv", true);
    job j = {.origin = "primary", .steps = 2};
    orx_sim_spawn(p, work, &j);
    assert_true(orx_sim_run(sim, 0));
    assert_int_equal(j.err.code, ORX_E_DENIED);
    assert_contains(j.err.msg, "/srv");
    orx_sim_set_read_only(h, "/srv", false);
    j = (job){.origin = "primary", .steps = 2};
    orx_sim_spawn(p, work, &j);
    assert_true(orx_sim_run(sim, 0));
    assert_true(j.done);
    orx_sim_set_read_only(h, "/srv", true);
    j = (job){.origin = "primary", .steps = 2};
    orx_sim_spawn(p, work, &j);
    assert_true(orx_sim_run(sim, 0));
    assert_int_equal(j.err.code, ORX_E_DENIED);
    assert_int_equal(j.acked, 0);
    orx_sim_free(sim);
}

static void a_network_disk_is_refused(void **state) {
    (void)state;
    orx_sim *sim = orx_sim_new(5);
    orx_sim_host *h = orx_sim_add_host(sim, "alpha");
    assert_int_equal(orx_mkdirs(orx_sim_platform(h), "/srv", false, NULL), 0);
    orx_sim_set_network(h, "/srv", true);
    job j = {.origin = "primary", .steps = 2};
    orx_sim_spawn(orx_sim_platform(h), work, &j);
    assert_true(orx_sim_run(sim, 0));
    assert_int_equal(j.err.code, ORX_E_UNSUPPORTED);
    orx_sim_free(sim);
}

/* ---- The same again ---------------------------------------------------------------------------
 */

static void run_and_hash(uint64_t seed, char trace[65], orx_str *database) {
    crowd c;
    orx_err err = ORX_ERR_INIT;
    const orx_sim_faults faults = {.slow = 200, .clock_jump = 300};
    crowd_begin(&c, seed, true);
    orx_sim_set_faults(c.host, &faults);
    assert_true(orx_sim_run(c.sim, 0));
    orx_sim_trace_hash(c.sim, trace);
    assert_ok(orx_read_file(c.p[0], ROOT "/state/orxaq.db", 1 << 24, database, &err), &err);
    orx_sim_free(c.sim);
}

static void one_seed_gives_one_journal_byte_by_byte(void **state) {
    (void)state;
    ORX_CLEANUP(orx_str_free) orx_str first = {0};
    ORX_CLEANUP(orx_str_free) orx_str again = {0};
    ORX_CLEANUP(orx_str_free) orx_str other = {0};
    char a[65];
    char b[65];
    char o[65];
    run_and_hash(11, a, &first);
    run_and_hash(11, b, &again);
    run_and_hash(12, o, &other);
    assert_string_equal(a, b);
    assert_true(orx_view_eq(orx_str_view(&first), orx_str_view(&again)));
    assert_string_not_equal(a, o);
    assert_false(orx_view_eq(orx_str_view(&first), orx_str_view(&other)));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(several_writers_share_a_journal),
        cmocka_unit_test(writers_that_are_killed),
        cmocka_unit_test(hosts_that_lose_power),
        cmocka_unit_test(disks_that_fail),
        cmocka_unit_test(everything_at_once),
        cmocka_unit_test(a_full_disk_is_told_and_survived),
        cmocka_unit_test(a_disk_too_full_to_begin_is_told),
        cmocka_unit_test(a_read_only_disk_is_told),
        cmocka_unit_test(a_network_disk_is_refused),
        cmocka_unit_test(one_seed_gives_one_journal_byte_by_byte),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

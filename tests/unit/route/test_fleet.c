/* A simulated fleet: two thousand tasks, two local nodes and three hosted endpoints that fail by a
 * script, under each strategy. Time is a number. What is under test is how the parts play together:
 * the strategy chooses among those whose gate is open, the machine of each deployment learns from
 * how calls end, and a task whose call failed is tried again elsewhere. */
#include "route/strategy.h"

#include "platform/platform.h"
#include "platform/sim/rng.h"
#include "route/deployment.h"

#include "test.h"

#include <orxaq/event.h>

enum { FLEET = 5, TASKS = 2000, RUNNING_MAX = 64 };

#define MINUTE  (60 * ORX_SEC)
#define ARRIVAL (300 * ORX_MS) /* a task each */

/* What the world is like, which nobody tells the router. */
typedef struct endpoint {
    bool local;
    int64_t capacity; /* calls it really does at once */
    int64_t price;
    int64_t duration_ns;
    int64_t down_at, down_until; /* connections are refused */
    int64_t hang_at, hang_until; /* answers do not come */
} endpoint;

static const endpoint world[FLEET] = {
    {.local = true,
     .capacity = 4,
     .duration_ns = 2 * ORX_SEC,
     .down_at = MINUTE,
     .down_until = 4 * MINUTE},
    {.local = true,
     .capacity = 2,
     .duration_ns = 3 * ORX_SEC,
     .hang_at = 5 * MINUTE,
     .hang_until = 7 * MINUTE},
    {.capacity = 8,
     .price = 3,
     .duration_ns = ORX_SEC,
     .down_at = 2 * MINUTE,
     .down_until = 3 * MINUTE},
    {.capacity = 3, .price = 1, .duration_ns = ORX_SEC},
    {.capacity = 6, .price = 9, .duration_ns = 4 * ORX_SEC, .hang_at = 0, .hang_until = 2 * MINUTE},
};

/* Of what is local the operator knows how much it takes; of the others it has to show. */
static orx_deployment_policy policy_of(size_t i) {
    return (orx_deployment_policy){.ceiling = world[i].local ? world[i].capacity : 8,
                                   .recovery = 3,
                                   .cooldown_ns = 5 * ORX_SEC,
                                   .cooldown_max_ns = 60 * ORX_SEC,
                                   .allowed_fails = 3};
}

typedef struct call {
    size_t at;
    int64_t begun;
    int64_t ends;
    orx_signal_kind kind;
} call;

typedef struct fleet {
    orx_strategy strategy;
    orx_sim_rng draw;
    int64_t now;
    orx_deployment d[FLEET];
    int64_t in_flight[FLEET];
    call running[RUNNING_MAX];
    size_t running_count;
    int64_t arrived; /* tasks */
    int64_t waiting;
    int64_t done;
    int64_t good[FLEET];
    int64_t failed;
    int64_t refused; /* calls to one that is down */
} fleet;

static bool within(int64_t now, int64_t from, int64_t until) {
    return until && now >= from && now < until;
}

/* What comes of a call that begins now. */
static call outcome(fleet *f, size_t i) {
    const endpoint *e = &world[i];
    call c = {.at = i, .begun = f->now, .kind = ORX_SIGNAL_GOOD};
    c.ends =
        f->now + e->duration_ns / 2 + (int64_t)orx_sim_below(&f->draw, (uint64_t)e->duration_ns);
    if (within(f->now, e->down_at, e->down_until)) {
        c.kind = ORX_SIGNAL_FAILED;
        c.ends = f->now + 20 * ORX_MS;
        f->refused++;
    } else if (within(f->now, e->hang_at, e->hang_until)) {
        c.kind = ORX_SIGNAL_SLOW;
        c.ends = f->now + 30 * ORX_SEC;
    } else if (f->in_flight[i] > e->capacity) {
        c.kind = ORX_SIGNAL_LOAD;
        c.ends = f->now + 50 * ORX_MS;
    }
    return c;
}

static void begin_call(fleet *f, size_t i) {
    const orx_deployment_policy policy = policy_of(i);
    assert_true(f->running_count < RUNNING_MAX);
    assert_true(f->in_flight[i] < f->d[i].limit && f->d[i].limit <= policy.ceiling);
    assert_true(orx_deployment_breaker(&f->d[i], f->now) != ORX_BREAKER_OPEN);
    orx_deployment_charge(&f->d[i], &policy, 1, f->now);
    f->in_flight[i]++;
    f->waiting--;
    f->running[f->running_count++] = outcome(f, i);
}

/* Who takes a call now, in the order of the strategy; false: nobody, *ret_wait_ns for how long. */
static bool choose(fleet *f, size_t *ret_at, int64_t *ret_wait_ns) {
    ORX_CLEANUP(orx_arena_free) orx_arena arena = {0};
    orx_strategy_member m[FLEET];
    size_t who[FLEET];
    size_t open = 0;
    *ret_wait_ns = INT64_MAX;
    for (size_t i = 0; i < FLEET; i++) {
        int64_t wait;
        orx_deployment *d = &f->d[i];
        const orx_deployment_policy policy = policy_of(i);
        orx_deployment_settle(d, &policy, f->now);
        if (orx_deployment_gate(d, &policy, f->in_flight[i], 1, f->now, &wait) != ORX_GATE_OPEN) {
            *ret_wait_ns = wait < *ret_wait_ns ? wait : *ret_wait_ns;
            continue;
        }
        who[open] = i;
        m[open++] = (orx_strategy_member){.weight = 1,
                                          .in_flight = f->in_flight[i],
                                          .limit = d->limit,
                                          .milli_tps = d->milli_tps,
                                          .latency_ns = d->latency_ns,
                                          .price = world[i].price,
                                          .used_ppm = orx_deployment_used(d, f->now),
                                          .rank = (int64_t)i,
                                          .local = world[i].local};
    }
    if (!open)
        return false;
    uint64_t seed = orx_sim_next(&f->draw);
    *ret_at = who[orx_strategy_order(f->strategy, m, open, seed, &arena)[0]];
    return true;
}

static size_t first_to_end(const fleet *f) {
    size_t first = 0;
    for (size_t i = 1; i < f->running_count; i++)
        if (f->running[i].ends < f->running[first].ends)
            first = i;
    return first;
}

static void end_call(fleet *f, size_t first) {
    const call c = f->running[first];
    f->running[first] = f->running[--f->running_count];
    f->now = c.ends > f->now ? c.ends : f->now;
    const orx_deployment_policy policy = policy_of(c.at);
    const orx_signal s = {.kind = c.kind,
                          .duration_ns = c.ends - c.begun,
                          .in_flight = f->in_flight[c.at],
                          .group = FLEET,
                          .output_tokens = 100};
    (void)orx_deployment_learn(&f->d[c.at], &policy, &s, f->now);
    f->in_flight[c.at]--;
    f->good[c.at] += c.kind == ORX_SIGNAL_GOOD;
    f->done += c.kind == ORX_SIGNAL_GOOD;
    f->failed += c.kind != ORX_SIGNAL_GOOD;
    f->waiting += c.kind != ORX_SIGNAL_GOOD;
}

static int64_t min(int64_t a, int64_t b) {
    return a < b ? a : b;
}

/* Lets time pass until something happens: a call ends, a task arrives, somebody takes calls again.
 */
static void pass(fleet *f, int64_t wait) {
    int64_t next = wait < INT64_MAX ? f->now + wait : INT64_MAX;
    size_t first = first_to_end(f);
    if (f->arrived < TASKS)
        next = min(next, (f->arrived + 1) * ARRIVAL);
    if (f->running_count && f->running[first].ends <= next) {
        end_call(f, first);
        return;
    }
    assert_true(next < INT64_MAX);
    f->now = next > f->now ? next : f->now;
}

static void arrive(fleet *f) {
    while (f->arrived < TASKS && f->now >= (f->arrived + 1) * ARRIVAL) {
        f->arrived++;
        f->waiting++;
    }
}

static fleet run(orx_strategy strategy, uint64_t seed) {
    fleet f = {.strategy = strategy, .now = 1};
    orx_sim_rng_seed(&f.draw, seed, (uint64_t)strategy);
    for (int64_t steps = 0; f.done < TASKS; steps++) {
        size_t at = 0;
        int64_t wait = INT64_MAX;
        assert_true(steps < INT64_C(20) * TASKS);
        arrive(&f);
        if (f.waiting > 0 && choose(&f, &at, &wait))
            begin_call(&f, at);
        else
            pass(&f, wait);
    }
    return f;
}

static const uint64_t seeds[] = {11, 23, 47};

/* No task is lost, whatever fails; one that is down is asked again and again only to find out
 * whether it is back. */
static void no_strategy_loses_a_task(void **state) {
    (void)state;
    for (int s = ORX_STRATEGY_SHUFFLE; s <= ORX_STRATEGY_LOCAL_FIRST; s++)
        for (size_t i = 0; i < ORX_ARRAY_LEN(seeds); i++) {
            fleet f = run((orx_strategy)s, seeds[i]);
            int64_t sum = 0;
            for (size_t k = 0; k < FLEET; k++)
                sum += f.good[k];
            assert_int_equal(f.done, TASKS);
            assert_int_equal(sum, TASKS);
            assert_int_equal(f.waiting + (int64_t)f.running_count, 0);
            assert_true(f.refused <= 25);
            assert_true(f.failed <= TASKS / 15);
            assert_true(f.now < 12 * MINUTE);
        }
}

static int64_t spent(const fleet *f) {
    int64_t sum = 0;
    for (size_t i = 0; i < FLEET; i++)
        sum += f->good[i] * world[i].price;
    return sum;
}

/* What is local does more by half than where nobody prefers it, and both that and the cheapest
 * first cost less by 30 %. */
static void local_and_cheap_ones_first_cost_less(void **state) {
    (void)state;
    for (size_t i = 0; i < ORX_ARRAY_LEN(seeds); i++) {
        fleet drawn = run(ORX_STRATEGY_SHUFFLE, seeds[i]);
        fleet local = run(ORX_STRATEGY_LOCAL_FIRST, seeds[i]);
        fleet cheap = run(ORX_STRATEGY_COST, seeds[i]);
        int64_t at_home = local.good[0] + local.good[1];
        assert_true(at_home * 2 > (drawn.good[0] + drawn.good[1]) * 3);
        assert_true(spent(&local) * 10 < spent(&drawn) * 7);
        assert_true(spent(&cheap) * 10 < spent(&drawn) * 7);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_strategy_loses_a_task),
        cmocka_unit_test(local_and_cheap_ones_first_cost_less),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

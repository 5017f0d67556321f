/* The state machine of a deployment: a table of scripts, each a line of what happens and what is
 * then so. */
#include "route/deployment.h"

#include "platform/platform.h"

#include <orxaq/event.h>

#include "test.h"

#include <stdio.h>

#define SEC    ORX_SEC
#define MINUTE (60 * SEC)
#define BEGIN  (1000 * SEC)

static const orx_deployment_policy policy = {.ceiling = 4,
                                             .recovery = 3,
                                             .cooldown_ns = 5 * SEC,
                                             .cooldown_max_ns = 300 * SEC,
                                             .allowed_fails = 3};

/* One thing that happens at a second from the begin, and what is so then. in_flight is what is
 * under way when a call ends (learning) and then asked for with one less (gate). */
typedef struct step {
    int at;
    orx_signal_kind kind;
    int retry_after; /* seconds */
    int duration;    /* seconds */
    int in_flight;
    int group;
    int limit;
    orx_breaker breaker;
    int wait; /* seconds of cooldown left */
} step;

#define STEPS 12

typedef struct script {
    const char *name;
    step steps[STEPS]; /* a step without in_flight ends it */
} script;

#define GOOD   ORX_SIGNAL_GOOD
#define LOAD   ORX_SIGNAL_LOAD
#define QUOTA  ORX_SIGNAL_QUOTA
#define SLOW   ORX_SIGNAL_SLOW
#define FAILED ORX_SIGNAL_FAILED
#define DENIED ORX_SIGNAL_DENIED
#define NONE   ORX_SIGNAL_NONE
#define SHUT   ORX_BREAKER_CLOSED
#define OPEN   ORX_BREAKER_OPEN
#define HALF   ORX_BREAKER_HALF_OPEN

static const script scripts[] = {
    {"a rate limit with another deployment there: cooled for 5 s, then one may try",
     {{0, LOAD, 0, 1, 1, 2, 1, OPEN, 5},
      {4, NONE, 0, 1, 1, 2, 1, OPEN, 1},
      {5, NONE, 0, 1, 1, 2, 1, HALF, 0},
      {6, GOOD, 0, 1, 1, 2, 1, SHUT, 0}}},
    {"a rate limit without another one: nothing is cooled",
     {{0, LOAD, 0, 1, 1, 1, 1, SHUT, 0}, {1, LOAD, 0, 1, 1, 1, 1, SHUT, 0}}},
    {"a stated Retry-After counts even then",
     {{0, LOAD, 60, 1, 1, 1, 1, OPEN, 60}, {60, NONE, 0, 1, 1, 1, 1, HALF, 0}}},
    {"the longer of Retry-After and cooldown counts",
     {{0, LOAD, 2, 1, 1, 2, 1, OPEN, 5}, {9, LOAD, 90, 1, 1, 2, 1, OPEN, 90}}},
    {"a hostile Retry-After is cut at a day", {{0, LOAD, 9999999, 1, 1, 1, 1, OPEN, 86400}}},
    {"each failed try doubles the cooldown, a good call makes up for all",
     {{0, LOAD, 0, 1, 1, 2, 1, OPEN, 5},
      {10, LOAD, 0, 1, 1, 2, 1, OPEN, 10},
      {30, FAILED, 0, 1, 1, 2, 1, OPEN, 20},
      {60, GOOD, 0, 1, 1, 2, 1, SHUT, 0},
      {70, LOAD, 0, 1, 1, 2, 1, OPEN, 5}}},
    {"a used-up quota and a refusal cool at once",
     {{0, QUOTA, 0, 1, 1, 2, 1, OPEN, 5}, {20, DENIED, 0, 1, 1, 2, 1, OPEN, 10}}},
    {"a refusal alone lowers no limit", {{0, DENIED, 0, 1, 1, 1, 4, SHUT, 0}}},
    {"three failures in a row",
     {{0, FAILED, 0, 1, 1, 2, 4, SHUT, 0},
      {100, FAILED, 0, 1, 1, 2, 4, SHUT, 0},
      {200, FAILED, 0, 1, 1, 2, 4, OPEN, 5}}},
    {"a good call between them",
     {{0, FAILED, 0, 1, 1, 2, 4, SHUT, 0},
      {1, FAILED, 0, 1, 1, 2, 4, SHUT, 0},
      {2, GOOD, 0, 1, 1, 2, 4, SHUT, 0},
      {3, FAILED, 0, 1, 1, 2, 4, SHUT, 0}}},
    {"more than half of five in a minute",
     {{0, FAILED, 0, 1, 1, 2, 4, SHUT, 0},
      {1, GOOD, 0, 1, 1, 2, 4, SHUT, 0},
      {2, FAILED, 0, 1, 1, 2, 4, SHUT, 0},
      {3, GOOD, 0, 1, 1, 2, 4, SHUT, 0},
      {4, FAILED, 0, 1, 1, 2, 4, OPEN, 5}}},
    {"the same over more than a minute",
     {{0, FAILED, 0, 1, 1, 2, 4, SHUT, 0},
      {20, GOOD, 0, 1, 1, 2, 4, SHUT, 0},
      {40, FAILED, 0, 1, 1, 2, 4, SHUT, 0},
      {61, GOOD, 0, 1, 1, 2, 4, SHUT, 0},
      {62, FAILED, 0, 1, 1, 2, 4, SHUT, 0}}},
    {"a lone deployment is called however often it fails",
     {{0, FAILED, 0, 1, 1, 1, 4, SHUT, 0},
      {1, FAILED, 0, 1, 1, 1, 4, SHUT, 0},
      {2, FAILED, 0, 1, 1, 1, 4, SHUT, 0},
      {3, FAILED, 0, 1, 1, 1, 4, SHUT, 0},
      {4, FAILED, 0, 1, 1, 1, 4, SHUT, 0},
      {5, FAILED, 0, 1, 1, 1, 4, SHUT, 0}}},
    {"what says nothing of the deployment changes nothing",
     {{0, FAILED, 0, 1, 1, 2, 4, SHUT, 0},
      {1, FAILED, 0, 1, 1, 2, 4, SHUT, 0},
      {2, NONE, 0, 1, 1, 2, 4, SHUT, 0},
      {3, FAILED, 0, 1, 1, 2, 4, OPEN, 5}}},
    {"a good call from before the breaker opened closes nothing",
     {{0, LOAD, 0, 1, 2, 2, 1, OPEN, 5}, {2, GOOD, 0, 10, 1, 2, 1, OPEN, 3}}},
    {"calls that began before the limit was lowered lower it once",
     {{10, LOAD, 0, 8, 4, 1, 3, SHUT, 0},
      {11, LOAD, 0, 8, 3, 1, 3, SHUT, 0},
      {12, LOAD, 0, 8, 2, 1, 3, SHUT, 0},
      {14, LOAD, 0, 2, 3, 1, 2, SHUT, 0}}},
    {"a failed call that began before the breaker opened opens it no further",
     {{10, LOAD, 0, 8, 4, 2, 3, OPEN, 5}, {11, LOAD, 0, 8, 3, 2, 3, OPEN, 4}}},
    {"unless it brings a longer Retry-After",
     {{10, LOAD, 0, 8, 4, 2, 3, OPEN, 5}, {11, LOAD, 30, 8, 3, 2, 3, OPEN, 30}}},
    {"three good calls raise the limit by one",
     {{0, LOAD, 0, 1, 1, 1, 1, SHUT, 0},
      {10, GOOD, 0, 1, 1, 1, 1, SHUT, 0},
      {11, GOOD, 0, 1, 1, 1, 1, SHUT, 0},
      {12, GOOD, 0, 1, 1, 1, 2, SHUT, 0},
      {13, GOOD, 0, 1, 1, 1, 2, SHUT, 0},
      {14, SLOW, 0, 1, 2, 1, 1, SHUT, 0},
      {15, GOOD, 0, 1, 1, 1, 1, SHUT, 0},
      {16, GOOD, 0, 1, 1, 1, 1, SHUT, 0},
      {17, GOOD, 0, 1, 1, 1, 2, SHUT, 0}}},
    {"good calls beyond the limit raise nothing",
     {{0, LOAD, 0, 1, 1, 1, 1, SHUT, 0},
      {10, GOOD, 0, 1, 3, 1, 1, SHUT, 0},
      {11, GOOD, 0, 1, 3, 1, 1, SHUT, 0},
      {12, GOOD, 0, 1, 3, 1, 1, SHUT, 0}}},
    {"so do three quiet minutes, up to the ceiling",
     {{0, LOAD, 0, 1, 1, 1, 1, SHUT, 0},
      {179, NONE, 0, 1, 1, 1, 1, SHUT, 0},
      {180, NONE, 0, 1, 1, 1, 2, SHUT, 0},
      {400, NONE, 0, 1, 1, 1, 3, SHUT, 0},
      {900000, NONE, 0, 1, 1, 1, 4, SHUT, 0}}},
};

static void learns(orx_deployment *d, const orx_deployment_policy *p, const step *s,
                   const char *name) {
    int64_t now = BEGIN + s->at * SEC;
    int64_t wait = 0;
    const orx_signal signal = {.kind = s->kind,
                               .retry_after_ns = s->retry_after * SEC,
                               .duration_ns = s->duration * SEC,
                               .in_flight = s->in_flight,
                               .group = s->group,
                               .output_tokens = -1};
    (void)orx_deployment_learn(d, p, &signal, now);
    if (d->limit != s->limit)
        fail_msg("%s, at %d: limit %lld, not %d", name, s->at, (long long)d->limit, s->limit);
    orx_breaker breaker = orx_deployment_breaker(d, now);
    if (breaker != s->breaker)
        fail_msg("%s, at %d: %s", name, s->at, orx_breaker_word(breaker));
    orx_gate gate = orx_deployment_gate(d, p, 0, 0, now, &wait);
    if ((gate == ORX_GATE_COOLDOWN) != (s->wait > 0) || (s->wait && wait != s->wait * SEC))
        fail_msg("%s, at %d: %s for %lld ms", name, s->at, orx_gate_word(gate),
                 (long long)(wait / ORX_MS));
}

static void every_script(void **state ORX_UNUSED) {
    for (size_t i = 0; i < ORX_ARRAY_LEN(scripts); i++) {
        orx_deployment d = {.at = 0};
        orx_deployment_settle(&d, &policy, BEGIN);
        for (size_t k = 0; k < STEPS && scripts[i].steps[k].in_flight; k++)
            learns(&d, &policy, &scripts[i].steps[k], scripts[i].name);
    }
}

/* ---- Numbers --------------------------------------------------------------------------------- */

static void c34_cooldowns_double_up_to_the_most(void **state ORX_UNUSED) {
    static const int64_t expected[] = {30, 60, 120, 240, 300, 300};
    for (size_t i = 0; i < ORX_ARRAY_LEN(expected); i++)
        assert_int_equal(orx_cooldown(30 * SEC, 300 * SEC, (int64_t)i + 1), expected[i] * SEC);
    assert_int_equal(orx_cooldown(30 * SEC, 300 * SEC, INT64_MAX), 300 * SEC);
    assert_int_equal(orx_cooldown(600 * SEC, 300 * SEC, 1), 300 * SEC);
    assert_int_equal(orx_cooldown(SEC, INT64_MAX, INT64_MAX), INT64_MAX);
}

static void without_a_cooldown_only_a_stated_one(void **state ORX_UNUSED) {
    static const orx_signal_kind kinds[] = {LOAD, QUOTA, DENIED, FAILED, FAILED, FAILED, FAILED};
    orx_deployment_policy p = policy;
    orx_deployment d = {.at = 0};
    orx_signal s = {.in_flight = 1, .group = 2, .output_tokens = -1};
    p.cooldown_ns = 0;
    for (size_t i = 0; i < ORX_ARRAY_LEN(kinds); i++) {
        s.kind = kinds[i];
        (void)orx_deployment_learn(&d, &p, &s, BEGIN + (int64_t)i * SEC);
        assert_int_equal(orx_deployment_breaker(&d, BEGIN + (int64_t)i * SEC), SHUT);
    }
    s.retry_after_ns = 60 * SEC;
    (void)orx_deployment_learn(&d, &p, &s, BEGIN + MINUTE);
    assert_int_equal(orx_deployment_breaker(&d, BEGIN + MINUTE), OPEN);
}

static void a_signal_takes_three_tenths(void **state ORX_UNUSED) {
    static const int64_t expected[][3] = {/* limit, in flight, then */
                                          {24, 24, 17}, {24, 10, 7}, {24, 4, 3},
                                          {24, 3, 2},   {24, 2, 1},  {24, 1, 1},
                                          {24, 0, 1},   {3, 4, 2},   {1, 1, 1}};
    for (size_t i = 0; i < ORX_ARRAY_LEN(expected); i++) {
        orx_deployment_policy p = policy;
        orx_deployment d = {.at = 0};
        const orx_signal s = {.kind = LOAD, .in_flight = expected[i][1], .group = 1};
        p.ceiling = 24;
        orx_deployment_settle(&d, &p, BEGIN);
        d.limit = expected[i][0];
        orx_deployment_change change = orx_deployment_learn(&d, &p, &s, BEGIN);
        assert_int_equal(d.limit, expected[i][2]);
        assert_int_equal(change.limit, expected[i][2] - expected[i][0]);
    }
}

static void kinds_of_outcomes(void **state ORX_UNUSED) {
    assert_int_equal(orx_signal_of(ORXAQ_KIND_OK), GOOD);
    assert_int_equal(orx_signal_of(ORXAQ_KIND_RATE_LIMIT), LOAD);
    assert_int_equal(orx_signal_of(ORXAQ_KIND_OVERLOADED), LOAD);
    assert_int_equal(orx_signal_of(ORXAQ_KIND_QUOTA), QUOTA);
    assert_int_equal(orx_signal_of(ORXAQ_KIND_TIMEOUT), SLOW);
    assert_int_equal(orx_signal_of(ORXAQ_KIND_NETWORK), FAILED);
    assert_int_equal(orx_signal_of(ORXAQ_KIND_AUTH), DENIED);
    assert_int_equal(orx_signal_of(ORXAQ_KIND_BAD_MODEL), DENIED);
    static const int nothing[] = {ORXAQ_KIND_KILLED,
                                  ORXAQ_KIND_NO_PROGRESS,
                                  ORXAQ_KIND_REFUSED,
                                  ORXAQ_KIND_CONTEXT_TOO_LONG,
                                  ORXAQ_KIND_LIMIT,
                                  -1,
                                  999};
    for (size_t i = 0; i < ORX_ARRAY_LEN(nothing); i++)
        assert_int_equal(orx_signal_of(nothing[i]), NONE);
}

/* ---- May a call be made? --------------------------------------------------------------------- */

static void half_open_lets_one_through(void **state ORX_UNUSED) {
    orx_deployment d = {.at = 0};
    int64_t wait;
    const orx_signal s = {.kind = LOAD, .in_flight = 1, .group = 2};
    (void)orx_deployment_learn(&d, &policy, &s, BEGIN);
    d.limit = 4;
    int64_t now = BEGIN + 5 * SEC;
    orx_deployment_settle(&d, &policy, now);
    assert_int_equal(orx_deployment_gate(&d, &policy, 0, 0, now, &wait), ORX_GATE_OPEN);
    assert_int_equal(orx_deployment_gate(&d, &policy, 1, 0, now, &wait), ORX_GATE_PROBING);
    assert_true(wait > 0);
}

static void a_full_deployment_takes_no_more(void **state ORX_UNUSED) {
    orx_deployment d = {.at = 0};
    int64_t wait;
    orx_deployment_settle(&d, &policy, BEGIN);
    assert_int_equal(orx_deployment_gate(&d, &policy, 3, 0, BEGIN, &wait), ORX_GATE_OPEN);
    assert_int_equal(orx_deployment_gate(&d, &policy, 4, 0, BEGIN, &wait), ORX_GATE_IN_FLIGHT);
    assert_true(wait > 0);
}

static void requests_a_minute(void **state ORX_UNUSED) {
    orx_deployment_policy p = policy;
    orx_deployment d = {.at = 0};
    int64_t wait;
    p.rpm = 3;
    orx_deployment_settle(&d, &p, BEGIN);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(orx_deployment_gate(&d, &p, 0, 0, BEGIN, &wait), ORX_GATE_OPEN);
        orx_deployment_charge(&d, &p, 0, BEGIN);
    }
    assert_int_equal(orx_deployment_gate(&d, &p, 0, 0, BEGIN, &wait), ORX_GATE_RPM);
    assert_int_equal(wait, 20 * SEC);
    int64_t later = BEGIN + wait;
    orx_deployment_settle(&d, &p, later);
    assert_int_equal(orx_deployment_gate(&d, &p, 0, 0, later, &wait), ORX_GATE_OPEN);
    orx_deployment_charge(&d, &p, 0, later);
    assert_int_equal(orx_deployment_gate(&d, &p, 0, 0, later, &wait), ORX_GATE_RPM);
}

/* What a call used more or less than was charged when it began is settled at its end. */
static void tokens_a_minute(void **state ORX_UNUSED) {
    orx_deployment_policy p = policy;
    orx_deployment d = {.at = 0};
    int64_t wait;
    p.tpm = 1000;
    orx_deployment_charge(&d, &p, 600, BEGIN);
    assert_int_equal(orx_deployment_gate(&d, &p, 0, 400, BEGIN, &wait), ORX_GATE_OPEN);
    assert_int_equal(orx_deployment_gate(&d, &p, 0, 500, BEGIN, &wait), ORX_GATE_TPM);
    assert_int_equal(wait, 6 * SEC);
    orx_signal s = {.kind = GOOD, .in_flight = 1, .group = 1, .tokens = -300, .output_tokens = -1};
    (void)orx_deployment_learn(&d, &p, &s, BEGIN);
    assert_int_equal(orx_deployment_gate(&d, &p, 0, 500, BEGIN, &wait), ORX_GATE_OPEN);
    s.tokens = 700;
    (void)orx_deployment_learn(&d, &p, &s, BEGIN);
    assert_int_equal(orx_deployment_gate(&d, &p, 0, 1, BEGIN, &wait), ORX_GATE_TPM);
}

/* A prompt beyond the bucket waits until it is full, and not for ever. */
static void more_tokens_than_a_minute_has(void **state ORX_UNUSED) {
    orx_deployment_policy p = policy;
    orx_deployment d = {.at = 0};
    int64_t wait;
    p.tpm = 1000;
    orx_deployment_settle(&d, &p, BEGIN);
    assert_int_equal(orx_deployment_gate(&d, &p, 0, INT64_MAX, BEGIN, &wait), ORX_GATE_OPEN);
    orx_deployment_charge(&d, &p, INT64_MAX, BEGIN);
    assert_int_equal(orx_deployment_gate(&d, &p, 0, INT64_MAX, BEGIN, &wait), ORX_GATE_TPM);
    assert_int_equal(wait, MINUTE);
}

static void averages_follow_good_calls(void **state ORX_UNUSED) {
    orx_deployment d = {.at = 0};
    orx_signal s = {.kind = GOOD, .duration_ns = 8 * SEC, .output_tokens = 80, .group = 1};
    (void)orx_deployment_learn(&d, &policy, &s, BEGIN);
    assert_int_equal(d.latency_ns, 8 * SEC);
    assert_int_equal(d.milli_tps, 10000);
    s.duration_ns = 4 * SEC;
    (void)orx_deployment_learn(&d, &policy, &s, BEGIN);
    assert_int_equal(d.latency_ns, 7 * SEC);
    assert_int_equal(d.milli_tps, 12500);
    s.kind = FAILED;
    s.duration_ns = SEC;
    (void)orx_deployment_learn(&d, &policy, &s, BEGIN);
    assert_int_equal(d.latency_ns, 7 * SEC);
    assert_int_equal(d.samples, 2);
}

/* ---- Clocks ---------------------------------------------------------------------------------- */

/* Another boot began to count anew: no wait of the one before is left, and one call may try. */
static void another_clock_ends_every_wait(void **state ORX_UNUSED) {
    static const int64_t moved[] = {BEGIN / 2, 5, INT64_MAX / 2};
    for (size_t i = 0; i < ORX_ARRAY_LEN(moved); i++) {
        orx_deployment_policy p = policy;
        orx_deployment d = {.at = 0};
        int64_t wait;
        const orx_signal s = {
            .kind = LOAD, .in_flight = 1, .group = 2, .retry_after_ns = 3600 * SEC};
        p.rpm = 1;
        orx_deployment_charge(&d, &p, 0, BEGIN);
        (void)orx_deployment_learn(&d, &p, &s, BEGIN);
        orx_deployment_settle(&d, &p, moved[i]);
        assert_int_equal(orx_deployment_gate(&d, &p, 0, 0, moved[i], &wait), ORX_GATE_OPEN);
        assert_int_equal(orx_deployment_breaker(&d, moved[i]), ORX_BREAKER_HALF_OPEN);
    }
}

/* A row that another boot wrote is marked so (deployments.c). */
static void a_time_at_the_end_of_time_is_another_clock(void **state ORX_UNUSED) {
    orx_deployment d = {.at = INT64_MAX,
                        .limit = 2,
                        .quiet_at = INT64_MAX,
                        .opened_at = INT64_MAX,
                        .cooldown_ns = INT64_MAX,
                        .window_at = INT64_MAX,
                        .requests_full_at = INT64_MAX};
    orx_deployment_settle(&d, &policy, BEGIN);
    assert_int_equal(orx_deployment_breaker(&d, BEGIN), ORX_BREAKER_HALF_OPEN);
    assert_int_equal(d.limit, 2);
}

/* Clocks of two processors that disagree a little are one clock. */
static void a_little_back_is_nothing(void **state ORX_UNUSED) {
    orx_deployment d = {.at = 0};
    int64_t wait;
    const orx_signal s = {.kind = LOAD, .in_flight = 1, .group = 2};
    (void)orx_deployment_learn(&d, &policy, &s, BEGIN);
    orx_deployment_settle(&d, &policy, BEGIN - ORX_MS);
    assert_int_equal(orx_deployment_gate(&d, &policy, 0, 0, BEGIN - ORX_MS, &wait),
                     ORX_GATE_COOLDOWN);
    assert_true(wait <= 5 * SEC);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_script),
        cmocka_unit_test(c34_cooldowns_double_up_to_the_most),
        cmocka_unit_test(without_a_cooldown_only_a_stated_one),
        cmocka_unit_test(a_signal_takes_three_tenths),
        cmocka_unit_test(kinds_of_outcomes),
        cmocka_unit_test(half_open_lets_one_through),
        cmocka_unit_test(a_full_deployment_takes_no_more),
        cmocka_unit_test(requests_a_minute),
        cmocka_unit_test(tokens_a_minute),
        cmocka_unit_test(more_tokens_than_a_minute_has),
        cmocka_unit_test(averages_follow_good_calls),
        cmocka_unit_test(another_clock_ends_every_wait),
        cmocka_unit_test(a_time_at_the_end_of_time_is_another_clock),
        cmocka_unit_test(a_little_back_is_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#include "run/judge.h"

#include <orxaq/event.h>

#include "test.h"

static const orx_retry_policy policy = {
    .max_attempts = 5, .max_retryable = 20, .base_ns = 30 * ORX_SEC, .max_ns = 1800 * ORX_SEC};

static orx_verdict judge(orx_facts f) {
    orx_verdict v;
    if (!f.attempts)
        f.attempts = 1;
    orx_judge(&f, &policy, 0, &v);
    return v;
}

static void done_needs_evidence(void **state) {
    (void)state;
    orx_facts f = {.kind = ORXAQ_KIND_OK, .claim = ORX_CLAIM_DONE, .retry_after_ms = -1};
    f.evidence = ORX_EVIDENCE_PASSED;
    assert_int_equal(judge(f).kind, ORX_VERDICT_DONE);
    const orx_evidence bad[] = {ORX_EVIDENCE_NONE, ORX_EVIDENCE_FAILED, ORX_EVIDENCE_TRANSIENT,
                                ORX_EVIDENCE_NO_CHANGE, ORX_EVIDENCE_OUT_OF_SCOPE};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        f.evidence = bad[i];
        f.attempts = 4;
        assert_int_equal(judge(f).kind, ORX_VERDICT_RETRY);
        assert_int_equal(judge(f).delay_ns, 30 * ORX_SEC);
        f.attempts = 5;
        assert_int_equal(judge(f).kind, ORX_VERDICT_BLOCKED);
    }
}

/* Whatever the agent says and however many attempts are left. */
static void tampering_blocks_at_once(void **state) {
    (void)state;
    orx_facts f = {
        .kind = ORXAQ_KIND_NETWORK, .evidence = ORX_EVIDENCE_TAMPERED, .retry_after_ms = -1};
    assert_int_equal(judge(f).kind, ORX_VERDICT_BLOCKED);
    f.kind = ORXAQ_KIND_OK;
    f.claim = ORX_CLAIM_DONE;
    assert_int_equal(judge(f).kind, ORX_VERDICT_BLOCKED);
}

static void transient_kinds_wait_longer_each_time(void **state) {
    (void)state;
    orx_facts f = {.kind = ORXAQ_KIND_OVERLOADED, .retry_after_ms = -1, .attempts = 9};
    assert_int_equal(judge(f).kind, ORX_VERDICT_RETRY_LATER);
    assert_int_equal(judge(f).delay_ns, 30 * ORX_SEC);
    assert_string_equal(judge(f).reason, "overloaded");
    f.retryable_failures = 3;
    assert_int_equal(judge(f).delay_ns, 240 * ORX_SEC);
    f.retryable_failures = 20;
    assert_int_equal(judge(f).kind, ORX_VERDICT_BLOCKED);
    f.attempts = 2;
    assert_int_equal(judge(f).kind, ORX_VERDICT_RETRY);
}

static void a_stated_retry_after_is_a_lower_bound(void **state) {
    (void)state;
    orx_facts f = {.kind = ORXAQ_KIND_RATE_LIMIT, .retry_after_ms = 90000};
    assert_int_equal(judge(f).delay_ns, 90 * ORX_SEC);
    f.retry_after_ms = 1000;
    assert_int_equal(judge(f).delay_ns, 30 * ORX_SEC);
    f.retry_after_ms = INT64_MAX;
    assert_int_equal(judge(f).delay_ns, ORX_SEC * 24 * 3600);
}

static void lasting_kinds_use_up_attempts(void **state) {
    (void)state;
    const int kinds[] = {
        ORXAQ_KIND_AUTH,    ORXAQ_KIND_QUOTA,   ORXAQ_KIND_BAD_MODEL, ORXAQ_KIND_CONTEXT_TOO_LONG,
        ORXAQ_KIND_REFUSED, ORXAQ_KIND_CRASHED, ORXAQ_KIND_PROTOCOL,  ORXAQ_KIND_LIMIT};
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        orx_facts f = {.kind = kinds[i],
                       .retry_after_ms = -1,
                       .claim = ORX_CLAIM_DONE,
                       .evidence = ORX_EVIDENCE_PASSED};
        assert_int_equal(judge(f).kind, ORX_VERDICT_RETRY);
        f.attempts = 5;
        assert_int_equal(judge(f).kind, ORX_VERDICT_BLOCKED);
        assert_string_equal(judge(f).reason, orx_kind_word(kinds[i]));
    }
}

static void the_driver_knows_better(void **state) {
    (void)state;
    orx_facts f = {.kind = ORXAQ_KIND_CRASHED, .retry = ORXAQ_RETRY_YES, .retry_after_ms = -1};
    assert_int_equal(judge(f).kind, ORX_VERDICT_RETRY_LATER);
    f = (orx_facts){.kind = ORXAQ_KIND_NETWORK, .retry = ORXAQ_RETRY_NO, .retry_after_ms = -1};
    assert_int_equal(judge(f).kind, ORX_VERDICT_RETRY);
}

static void partial_and_blocked_claims(void **state) {
    (void)state;
    orx_facts f = {.claim = ORX_CLAIM_PARTIAL, .retry_after_ms = -1};
    assert_int_equal(judge(f).kind, ORX_VERDICT_RETRY);
    assert_string_equal(judge(f).reason, "partial");
    f.claim = ORX_CLAIM_NONE;
    assert_string_equal(judge(f).reason, "partial");
    f.claim = ORX_CLAIM_BLOCKED;
    assert_string_equal(judge(f).reason, "agent-blocked");
    f.retry = ORXAQ_RETRY_YES;
    assert_int_equal(judge(f).kind, ORX_VERDICT_RETRY_LATER);
}

static void every_kind_has_a_word(void **state) {
    (void)state;
    assert_string_equal(orx_kind_word(ORXAQ_KIND_OK), "ok");
    assert_string_equal(orx_kind_word(ORXAQ_KIND_PROTOCOL), "protocol");
    assert_string_equal(orx_kind_word(ORXAQ_KIND_LIMIT), "limit");
    assert_string_equal(orx_kind_word(-1), "protocol");
    assert_string_equal(orx_kind_word(999), "protocol");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(done_needs_evidence),
        cmocka_unit_test(tampering_blocks_at_once),
        cmocka_unit_test(transient_kinds_wait_longer_each_time),
        cmocka_unit_test(a_stated_retry_after_is_a_lower_bound),
        cmocka_unit_test(lasting_kinds_use_up_attempts),
        cmocka_unit_test(the_driver_knows_better),
        cmocka_unit_test(partial_and_blocked_claims),
        cmocka_unit_test(every_kind_has_a_word),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

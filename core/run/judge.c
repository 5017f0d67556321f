#include "run/judge.h"

#include <orxaq/event.h>

static const char *const words[] = {
    "ok",      "auth",    "rate_limit",  "quota",     "overloaded",
    "network", "timeout", "no_progress", "bad_model", "context_too_long",
    "refused", "crashed", "killed",      "protocol",  "limit"};

const char *orx_kind_word(int kind) {
    if (kind < 0 || (size_t)kind >= ORX_ARRAY_LEN(words))
        return "protocol";
    return words[kind];
}

bool orx_kind_is_transient(int kind) {
    switch (kind) {
    case ORXAQ_KIND_RATE_LIMIT:
    case ORXAQ_KIND_OVERLOADED:
    case ORXAQ_KIND_NETWORK:
    case ORXAQ_KIND_TIMEOUT:
    case ORXAQ_KIND_NO_PROGRESS:
    case ORXAQ_KIND_KILLED:
        return true;
    default:
        return false;
    }
}

static bool is_transient(const orx_facts *f) {
    if (f->retry == ORXAQ_RETRY_YES)
        return true;
    if (f->retry == ORXAQ_RETRY_NO)
        return false;
    return orx_kind_is_transient(f->kind);
}

static orx_verdict flat_or_blocked(const orx_facts *f, const orx_retry_policy *policy,
                                   uint64_t random_bits, const char *reason) {
    if (f->attempts >= policy->max_attempts)
        return (orx_verdict){ORX_VERDICT_BLOCKED, 0, reason};
    return (orx_verdict){ORX_VERDICT_RETRY, orx_retry_flat(policy, random_bits), reason};
}

/* A transient failure waits exponentially under its own cap; a stated Retry-After is a lower bound,
 * itself bounded so that a hostile answer cannot park a task for ever. */
static orx_verdict later_or_flat(const orx_facts *f, const orx_retry_policy *policy,
                                 uint64_t random_bits, const char *reason) {
    if (f->retryable_failures >= policy->max_retryable)
        return flat_or_blocked(f, policy, random_bits, reason);
    int64_t delay = orx_retry_exponential(policy, f->retryable_failures + 1, random_bits);
    int64_t day = ORX_SEC * 24 * 3600;
    if (f->retry_after_ms > 0) {
        int64_t stated = f->retry_after_ms > day / ORX_MS ? day : f->retry_after_ms * ORX_MS;
        if (stated > delay)
            delay = stated;
    }
    return (orx_verdict){ORX_VERDICT_RETRY_LATER, delay, reason};
}

static orx_verdict judge_claim(const orx_facts *f, const orx_retry_policy *policy,
                               uint64_t random_bits) {
    switch (f->evidence) {
    case ORX_EVIDENCE_PASSED:
        return (orx_verdict){ORX_VERDICT_DONE, 0, "validated"};
    case ORX_EVIDENCE_TRANSIENT:
        return flat_or_blocked(f, policy, random_bits, "validation-timeout");
    case ORX_EVIDENCE_NO_CHANGE:
        return flat_or_blocked(f, policy, random_bits, "no-change");
    case ORX_EVIDENCE_OUT_OF_SCOPE:
        return flat_or_blocked(f, policy, random_bits, "out-of-scope");
    case ORX_EVIDENCE_TAMPERED:
        return (orx_verdict){ORX_VERDICT_BLOCKED, 0, "tampered"};
    case ORX_EVIDENCE_FAILED:
    case ORX_EVIDENCE_NONE:
    default:
        return flat_or_blocked(f, policy, random_bits, "validation-failed");
    }
}

void orx_judge(const orx_facts *f, const orx_retry_policy *policy, uint64_t random_bits,
               orx_verdict *ret_verdict) {
    if (f->evidence == ORX_EVIDENCE_TAMPERED)
        *ret_verdict = judge_claim(f, policy, random_bits);
    else if (f->kind != ORXAQ_KIND_OK && is_transient(f))
        *ret_verdict = later_or_flat(f, policy, random_bits, orx_kind_word(f->kind));
    else if (f->kind != ORXAQ_KIND_OK)
        *ret_verdict = flat_or_blocked(f, policy, random_bits, orx_kind_word(f->kind));
    else if (f->claim == ORX_CLAIM_DONE)
        *ret_verdict = judge_claim(f, policy, random_bits);
    else if (f->claim == ORX_CLAIM_BLOCKED && f->retry == ORXAQ_RETRY_YES)
        *ret_verdict = later_or_flat(f, policy, random_bits, "agent-blocked");
    else if (f->claim == ORX_CLAIM_BLOCKED)
        *ret_verdict = flat_or_blocked(f, policy, random_bits, "agent-blocked");
    else
        *ret_verdict = flat_or_blocked(f, policy, random_bits, "partial");
}

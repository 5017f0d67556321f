/* judge.h: from facts to a verdict. Pure: no clock, no store, no world.
 *
 * The facts of one attempt are how the call ended, what the agent claims, and what we saw
 * ourselves: validations, scope, a commit or changes. The verdict says what becomes of the task.
 * Rules [K] from the predecessor's table, with three faults mended: a failed validation consults
 * the attempts like every other failure (it used to retry for ever), "done" without any change in
 * the repository is not done, and no decision reads free text when the driver gave a kind.
 *
 * Threads: any.
 */
#ifndef ORX_RUN_JUDGE_H
#define ORX_RUN_JUDGE_H

#include "run/result.h"
#include "task/task.h"

typedef enum orx_evidence {
    ORX_EVIDENCE_NONE,      /* not looked at, because the call failed or claims nothing */
    ORX_EVIDENCE_PASSED,    /* validations passed, scope kept, something was delivered */
    ORX_EVIDENCE_FAILED,    /* a validation failed */
    ORX_EVIDENCE_TRANSIENT, /* a validation could not be run properly (deadline of the machine) */
    ORX_EVIDENCE_NO_CHANGE, /* claims done, but neither commit nor change */
    ORX_EVIDENCE_OUT_OF_SCOPE, /* touched what it must not */
    ORX_EVIDENCE_TAMPERED      /* .git/config or hooks changed */
} orx_evidence;

typedef struct orx_facts {
    int kind;               /* ORXAQ_KIND_* of the outcome */
    int retry;              /* ORXAQ_RETRY_* */
    int64_t retry_after_ms; /* -1 = none */
    orx_claim claim;
    orx_evidence evidence;
    int64_t attempts;           /* of the task, this one included */
    int64_t retryable_failures; /* before this attempt */
} orx_facts;

typedef enum orx_verdict_kind {
    ORX_VERDICT_DONE,
    ORX_VERDICT_RETRY,       /* flat delay */
    ORX_VERDICT_RETRY_LATER, /* exponential delay, counts as a transient failure */
    ORX_VERDICT_BLOCKED
} orx_verdict_kind;

typedef struct orx_verdict {
    orx_verdict_kind kind;
    int64_t delay_ns;
    const char *reason; /* short stable word: "validated", "validation-failed", "rate_limit" ... */
} orx_verdict;

/* random_bits feeds the jitter, if the policy has any. */
void orx_judge(const orx_facts *facts, const orx_retry_policy *policy, uint64_t random_bits,
               orx_verdict *ret_verdict);

/* The word for an ORXAQ_KIND_*: "ok", "auth", "rate_limit" ... */
const char *orx_kind_word(int kind);

/* Whether trying the same again can help when a call ended this way. */
bool orx_kind_is_transient(int kind);

#endif

/* deployment.h: how much a deployment takes at present, as a pure state machine.
 *
 * A deployment is a model at an endpoint. What it can take changes by the minute and nobody says
 * how much that is; it shows in how calls end. This machine is told how each call ended and what
 * time it is, and keeps four things:
 *
 *   limit     how many calls at once. It begins at the ceiling. A call that was turned away or ran
 *             into its deadline lowers it by three tenths, at least by one; calls that were under
 *             way when it was lowered do not lower it again. Three good calls raise it by one, and
 *             so do three quiet minutes (AIMD, as TCP does it).
 *   breaker   closed: calls pass. Open: none does until the cooldown is over. Half open: one call
 *             may try; it closes the breaker or opens it for twice as long.
 *   buckets   requests and tokens for a minute, as the operator stated them.
 *   averages  duration and tokens a second of good calls, newer ones weighing more.
 *
 * What opens the breaker are LiteLLM's documented triggers: a rate limit, a used-up quota, or
 * a refusal that will not go away (401, 404) while the group has another deployment; more than half
 * of at least five calls within a minute failing, or three failures in a row, likewise. Where there
 * is no other deployment staying away would only stop the work, so only a stated Retry-After opens
 * it: the server says itself that asking earlier is of no use.
 *
 * Time. All times are monotonic nanoseconds of one boot, so setting the wall clock changes nothing.
 * A time that lies ahead of now belongs to another boot or a clock that was put back; the state is
 * then rebased: waits are over, but the breaker lets only one call try. No wait is ever longer than
 * it was when it began.
 *
 * Threads: values; one owner at a time.
 */
#ifndef ORX_ROUTE_DEPLOYMENT_H
#define ORX_ROUTE_DEPLOYMENT_H

#include <stdbool.h>
#include <stdint.h>

typedef struct orx_deployment_policy {
    int64_t ceiling;         /* most calls at once, at least 1 */
    int64_t recovery;        /* good calls, or quiet minutes, that raise the limit by one */
    int64_t rpm;             /* requests a minute, 0 = any number, likewise below */
    int64_t tpm;             /* tokens a minute */
    int64_t cooldown_ns;     /* the first, doubled with every opening; 0 = only a stated one */
    int64_t cooldown_max_ns; /* up to this */
    int64_t allowed_fails;   /* so many failures in a row are one too many; 0 = any number */
} orx_deployment_policy;

/* Zero is a deployment nobody has called yet; orx_deployment_settle makes it one at `now`. */
typedef struct orx_deployment {
    int64_t at; /* when it was looked at last; 0 = never */
    int64_t limit;
    int64_t stable;     /* good calls since the limit changed */
    int64_t quiet_at;   /* since when nothing lowered or raised it */
    int64_t lowered_at; /* when it was lowered last, 0 = never */
    int64_t signals;    /* of too much load, ever */
    /* The breaker. */
    int64_t opened_at;   /* 0 = it is closed */
    int64_t cooldown_ns; /* for so long from then */
    int64_t openings;    /* in a row, without a good call between them */
    int64_t in_a_row;    /* failures */
    int64_t window_at;   /* begin of the minute that is counted */
    int64_t window_calls;
    int64_t window_failures;
    /* Buckets: when each would be full again (generic cell rate algorithm). */
    int64_t requests_full_at;
    int64_t tokens_full_at;
    /* Averages; -1 = not known. */
    int64_t latency_ns;
    int64_t milli_tps; /* output tokens in a thousand seconds */
    int64_t samples;
} orx_deployment;

/* ---- What is known of one -------------------------------------------------------------------- */

typedef enum orx_breaker {
    ORX_BREAKER_CLOSED,
    ORX_BREAKER_OPEN,
    ORX_BREAKER_HALF_OPEN
} orx_breaker;

/* "closed", "open", "half-open" */
const char *orx_breaker_word(orx_breaker breaker);

/* Lets the time up to now pass. Everything else does this first by itself. */
void orx_deployment_settle(orx_deployment *d, const orx_deployment_policy *p, int64_t now);

orx_breaker orx_deployment_breaker(const orx_deployment *d, int64_t now);

/* Why no call may be made at the moment. All of them pass. */
typedef enum orx_gate {
    ORX_GATE_OPEN,      /* one may */
    ORX_GATE_COOLDOWN,  /* the breaker is open */
    ORX_GATE_PROBING,   /* half open, and the one call is under way */
    ORX_GATE_IN_FLIGHT, /* as many calls as it takes are under way */
    ORX_GATE_RPM,
    ORX_GATE_TPM
} orx_gate;

/* "open", "cooldown", "probing", "in_flight_limit", "rpm_limit", "tpm_limit" */
const char *orx_gate_word(orx_gate gate);

/* Whether a call of so many tokens may be made while in_flight others are under way. *ret_wait_ns
 * is how long it takes until that may have changed: exact for waits, a guess where it depends on
 * when a call ends. d is settled. */
orx_gate orx_deployment_gate(const orx_deployment *d, const orx_deployment_policy *p,
                             int64_t in_flight, int64_t tokens, int64_t now, int64_t *ret_wait_ns);

/* How much of what is stated for a minute is used up, of requests or of tokens, whichever is more;
 * in millionths, 0 when neither is stated. d is settled. */
int64_t orx_deployment_used(const orx_deployment *d, int64_t now);

/* ---- What happens to it ---------------------------------------------------------------------- */

/* What the end of a call says about its deployment. */
typedef enum orx_signal_kind {
    ORX_SIGNAL_NONE,   /* nothing: stopped by us, or the work itself was at fault */
    ORX_SIGNAL_GOOD,   /* it answered */
    ORX_SIGNAL_LOAD,   /* turned away: too many requests, no capacity */
    ORX_SIGNAL_QUOTA,  /* what was paid for is used up */
    ORX_SIGNAL_SLOW,   /* a deadline passed */
    ORX_SIGNAL_FAILED, /* not reached, or nonsense came back */
    ORX_SIGNAL_DENIED  /* no access, or no such model: asking again will not help */
} orx_signal_kind;

/* For an ORXAQ_KIND_* of the outcome. */
orx_signal_kind orx_signal_of(int kind);

/* "none", "good", "load", "quota", "slow", "failed", "denied" */
const char *orx_signal_word(orx_signal_kind kind);

typedef struct orx_signal {
    orx_signal_kind kind;
    int64_t retry_after_ns; /* 0 = not stated */
    int64_t duration_ns;    /* how long the call took */
    int64_t in_flight;      /* calls under way when it ended, this one included */
    int64_t group;          /* deployments that could have done the work, this one included */
    int64_t requests;       /* made during the call beyond the one that was charged */
    int64_t tokens;         /* used beyond those that were charged; may be negative */
    int64_t output_tokens;  /* -1 = not stated */
} orx_signal;

/* What a signal changed. */
typedef struct orx_deployment_change {
    int64_t limit; /* by so much */
    bool opened;   /* the breaker */
    bool closed;
} orx_deployment_change;

/* A call of so many tokens begins. */
void orx_deployment_charge(orx_deployment *d, const orx_deployment_policy *p, int64_t tokens,
                           int64_t now);

/* A call ended. */
orx_deployment_change orx_deployment_learn(orx_deployment *d, const orx_deployment_policy *p,
                                           const orx_signal *s, int64_t now);

/* The n-th cooldown in a row, from 1: base, twice that, and so on up to the most. */
int64_t orx_cooldown(int64_t base_ns, int64_t max_ns, int64_t n);

#endif

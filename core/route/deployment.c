#include "route/deployment.h"

#include "platform/platform.h"

#include <orxaq/event.h>

#define MINUTE_NS       (60 * ORX_SEC)
#define WINDOW_CALLS    5                       /* fewer say nothing about a rate */
#define RETRY_AFTER_MAX (24LL * 60 * MINUTE_NS) /* a hostile answer must not stop us for ever */
#define PROBE_WAIT_NS   (2 * ORX_SEC)

/* Clocks of processors may disagree a little. */
#define CLOCK_SLACK_NS ORX_SEC

static int64_t min(int64_t a, int64_t b) {
    return a < b ? a : b;
}

static int64_t max(int64_t a, int64_t b) {
    return a > b ? a : b;
}

const char *orx_breaker_word(orx_breaker breaker) {
    static const char *const words[] = {"closed", "open", "half-open"};
    return words[breaker];
}

const char *orx_gate_word(orx_gate gate) {
    static const char *const words[] = {"open",      "cooldown", "probing", "in_flight_limit",
                                        "rpm_limit", "tpm_limit"};
    return words[gate];
}

const char *orx_signal_word(orx_signal_kind kind) {
    static const char *const words[] = {"none", "good",   "load",  "quota",
                                        "slow", "failed", "denied"};
    return words[kind];
}

orx_signal_kind orx_signal_of(int kind) {
    switch (kind) {
    case ORXAQ_KIND_OK:
        return ORX_SIGNAL_GOOD;
    case ORXAQ_KIND_RATE_LIMIT:
    case ORXAQ_KIND_OVERLOADED:
        return ORX_SIGNAL_LOAD;
    case ORXAQ_KIND_QUOTA:
        return ORX_SIGNAL_QUOTA;
    case ORXAQ_KIND_TIMEOUT:
        return ORX_SIGNAL_SLOW;
    case ORXAQ_KIND_NETWORK:
    case ORXAQ_KIND_CRASHED:
    case ORXAQ_KIND_PROTOCOL:
        return ORX_SIGNAL_FAILED;
    case ORXAQ_KIND_AUTH:
    case ORXAQ_KIND_BAD_MODEL:
        return ORX_SIGNAL_DENIED;
    default:
        return ORX_SIGNAL_NONE;
    }
}

/* ---- Time passes ----------------------------------------------------------------------------- */

static void begin(orx_deployment *d, const orx_deployment_policy *p, int64_t now) {
    *d = (orx_deployment){.at = now,
                          .limit = p->ceiling,
                          .quiet_at = now,
                          .window_at = now,
                          .latency_ns = -1,
                          .milli_tps = -1};
}

/* The times were taken from another clock: none of them says anything any more. */
static void rebase(orx_deployment *d, int64_t now) {
    d->quiet_at = now;
    d->lowered_at = 0;
    d->window_at = now;
    d->window_calls = 0;
    d->window_failures = 0;
    d->requests_full_at = 0;
    d->tokens_full_at = 0;
    if (d->opened_at) {
        d->opened_at = now;
        d->cooldown_ns = 0;
    }
}

/* Quiet minutes count as good calls, so that a limit that nobody reaches recovers, too. */
static void recover(orx_deployment *d, const orx_deployment_policy *p, int64_t now) {
    int64_t each = max(p->recovery, 1) * MINUTE_NS;
    int64_t steps = (now - d->quiet_at) / each;
    if (steps <= 0)
        return;
    d->limit = steps >= p->ceiling ? p->ceiling : d->limit + steps;
    d->quiet_at += steps * each;
}

void orx_deployment_settle(orx_deployment *d, const orx_deployment_policy *p, int64_t now) {
    if (!d->at)
        begin(d, p, now);
    if (d->at - now > CLOCK_SLACK_NS)
        rebase(d, now);
    recover(d, p, now);
    d->limit = max(1, min(d->limit, p->ceiling));
    if (now - d->window_at >= MINUTE_NS) {
        d->window_at = now;
        d->window_calls = 0;
        d->window_failures = 0;
    }
    d->at = now;
}

/* ---- May a call be made? --------------------------------------------------------------------- */

static int64_t cooldown_left(const orx_deployment *d, int64_t now) {
    if (!d->opened_at)
        return 0;
    return max(0, min(d->opened_at + d->cooldown_ns - now, d->cooldown_ns));
}

orx_breaker orx_deployment_breaker(const orx_deployment *d, int64_t now) {
    if (!d->opened_at)
        return ORX_BREAKER_CLOSED;
    return cooldown_left(d, now) ? ORX_BREAKER_OPEN : ORX_BREAKER_HALF_OPEN;
}

/* What so much takes of a bucket that holds `rate` for a minute. More than the bucket holds takes
 * all of it: what is too big for a minute must not wait for ever. */
static int64_t share(int64_t amount, int64_t rate) {
    amount = min(max(amount, 0), rate);
    return (int64_t)((double)amount / (double)rate * (double)MINUTE_NS);
}

static int64_t bucket_wait(int64_t full_at, int64_t rate, int64_t amount, int64_t now) {
    if (rate <= 0)
        return 0;
    return max(0, max(full_at, now) + share(amount, rate) - now - MINUTE_NS);
}

orx_gate orx_deployment_gate(const orx_deployment *d, const orx_deployment_policy *p,
                             int64_t in_flight, int64_t tokens, int64_t now, int64_t *ret_wait_ns) {
    int64_t left = cooldown_left(d, now);
    int64_t requests = bucket_wait(d->requests_full_at, p->rpm, 1, now);
    int64_t filling = bucket_wait(d->tokens_full_at, p->tpm, tokens, now);
    *ret_wait_ns = left ? left : PROBE_WAIT_NS;
    if (left)
        return ORX_GATE_COOLDOWN;
    if (d->opened_at && in_flight > 0)
        return ORX_GATE_PROBING;
    if (in_flight >= d->limit)
        return ORX_GATE_IN_FLIGHT;
    *ret_wait_ns = max(requests, filling);
    if (requests)
        return ORX_GATE_RPM;
    return filling ? ORX_GATE_TPM : ORX_GATE_OPEN;
}

int64_t orx_deployment_used(const orx_deployment *d, int64_t now) {
    int64_t full_at = max(d->requests_full_at, d->tokens_full_at);
    return min(max(0, full_at - now), MINUTE_NS) / (MINUTE_NS / 1000000);
}

/* ---- Charging -------------------------------------------------------------------------------- */

static void pour(int64_t *full_at, int64_t rate, int64_t amount, int64_t now) {
    if (rate <= 0)
        return;
    int64_t more = amount < 0 ? -share(-amount, rate) : share(amount, rate);
    *full_at = max(*full_at, now) + more;
}

void orx_deployment_charge(orx_deployment *d, const orx_deployment_policy *p, int64_t tokens,
                           int64_t now) {
    orx_deployment_settle(d, p, now);
    pour(&d->requests_full_at, p->rpm, 1, now);
    pour(&d->tokens_full_at, p->tpm, tokens, now);
}

/* ---- Learning -------------------------------------------------------------------------------- */

int64_t orx_cooldown(int64_t base_ns, int64_t max_ns, int64_t n) {
    int64_t ns = min(base_ns, max_ns);
    for (int64_t i = 1; i < n && ns < max_ns; i++)
        ns = ns > max_ns / 2 ? max_ns : ns * 2;
    return ns;
}

static bool is_failure(orx_signal_kind kind) {
    return kind != ORX_SIGNAL_NONE && kind != ORX_SIGNAL_GOOD;
}

static bool is_load(orx_signal_kind kind) {
    return kind == ORX_SIGNAL_LOAD || kind == ORX_SIGNAL_QUOTA || kind == ORX_SIGNAL_SLOW;
}

/* More than half of the calls of this minute failed, or too many in a row. */
static bool fails_too_often(const orx_deployment *d, const orx_deployment_policy *p) {
    bool rate = d->window_calls >= WINDOW_CALLS && d->window_failures * 2 > d->window_calls;
    return rate || (p->allowed_fails > 0 && d->in_a_row >= p->allowed_fails);
}

static bool trips(const orx_deployment *d, const orx_deployment_policy *p, const orx_signal *s) {
    if (s->retry_after_ns > 0)
        return true;
    if (s->group <= 1 || !p->cooldown_ns)
        return false;
    switch (s->kind) {
    case ORX_SIGNAL_LOAD:
    case ORX_SIGNAL_QUOTA:
    case ORX_SIGNAL_DENIED:
        return true;
    default:
        return d->opened_at || fails_too_often(d, p);
    }
}

static void open_breaker(orx_deployment *d, const orx_deployment_policy *p, const orx_signal *s,
                         int64_t now) {
    int64_t stated = min(max(s->retry_after_ns, 0), RETRY_AFTER_MAX);
    if (d->openings < INT64_MAX)
        d->openings++;
    int64_t own = s->group > 1 ? orx_cooldown(p->cooldown_ns, p->cooldown_max_ns, d->openings) : 0;
    int64_t left = cooldown_left(d, now);
    d->cooldown_ns = max(max(stated, own), left);
    d->opened_at = now;
}

static bool began_before(const orx_signal *s, int64_t time, int64_t now) {
    return time && now - max(s->duration_ns, 0) < time;
}

/* Calls that all began before the last change were sent under the old limit. */
static void lower(orx_deployment *d, const orx_signal *s, int64_t now) {
    d->signals++;
    d->stable = 0;
    d->quiet_at = now;
    if (began_before(s, d->lowered_at, now))
        return;
    int64_t used = max(1, min(d->limit, s->in_flight));
    d->limit = max(1, used - max(1, used * 3 / 10));
    d->lowered_at = now;
}

/* While more calls are under way than the limit allows, a good one does not say that it holds. */
static void raise_limit(orx_deployment *d, const orx_deployment_policy *p, const orx_signal *s,
                        int64_t now) {
    d->stable = s->in_flight > d->limit ? 0 : d->stable + 1;
    if (d->limit >= p->ceiling || d->stable < p->recovery)
        return;
    d->limit++;
    d->stable = 0;
    d->quiet_at = now;
}

/* A quarter of the difference, which keeps about the last four calls in mind. */
static void average(int64_t *have, int64_t sample) {
    *have = *have < 0 ? sample : *have + (sample - *have) / 4;
}

static void measure(orx_deployment *d, const orx_signal *s) {
    if (s->duration_ns <= 0)
        return;
    average(&d->latency_ns, s->duration_ns);
    d->samples++;
    if (s->output_tokens > 0)
        average(&d->milli_tps, (int64_t)((double)s->output_tokens * 1e12 / (double)s->duration_ns));
}

/* A call from before the breaker opened says nothing about how things are now. */
static void good(orx_deployment *d, const orx_deployment_policy *p, const orx_signal *s,
                 int64_t now) {
    measure(d, s);
    raise_limit(d, p, s, now);
    d->in_a_row = 0;
    if (!began_before(s, d->opened_at, now)) {
        d->opened_at = 0;
        d->cooldown_ns = 0;
        d->openings = 0;
    }
}

static void bad(orx_deployment *d, const orx_deployment_policy *p, const orx_signal *s,
                int64_t now) {
    bool old = began_before(s, d->opened_at, now);
    d->in_a_row++;
    d->window_failures++;
    if (is_load(s->kind))
        lower(d, s, now);
    if (old && s->retry_after_ns <= cooldown_left(d, now))
        return;
    if (trips(d, p, s))
        open_breaker(d, p, s, now);
    else if (s->group <= 1)
        d->opened_at = 0;
}

orx_deployment_change orx_deployment_learn(orx_deployment *d, const orx_deployment_policy *p,
                                           const orx_signal *s, int64_t now) {
    orx_deployment_settle(d, p, now);
    const orx_deployment was = *d;
    pour(&d->requests_full_at, p->rpm, s->requests, now);
    pour(&d->tokens_full_at, p->tpm, s->tokens, now);
    if (s->kind != ORX_SIGNAL_NONE)
        d->window_calls++;
    if (s->kind == ORX_SIGNAL_GOOD)
        good(d, p, s, now);
    else if (is_failure(s->kind))
        bad(d, p, s, now);
    return (orx_deployment_change){.limit = d->limit - was.limit,
                                   .opened = d->opened_at && d->opened_at != was.opened_at,
                                   .closed = was.opened_at && !d->opened_at};
}

/* How long to wait before the next try. Pure arithmetic, so that every sequence can be tested. */
#include "task/task.h"

/* Spreads a delay evenly over 0..delay: AWS's "full jitter". */
static int64_t jittered(const orx_retry_policy *r, int64_t delay, uint64_t random_bits) {
    if (!r->full_jitter || delay <= 0)
        return delay;
    return (int64_t)(random_bits % (uint64_t)(delay + 1));
}

int64_t orx_retry_exponential(const orx_retry_policy *r, int64_t n, uint64_t random_bits) {
    int64_t delay = r->base_ns < r->max_ns ? r->base_ns : r->max_ns;
    for (int64_t i = 1; i < n && delay < r->max_ns; i++)
        delay = delay > r->max_ns / 2 ? r->max_ns : delay * 2;
    return jittered(r, delay, random_bits);
}

int64_t orx_retry_flat(const orx_retry_policy *r, uint64_t random_bits) {
    int64_t delay = r->flat_ns;
    if (delay <= 0) {
        delay = r->base_ns;
        if (delay > 60 * ORX_SEC)
            delay = 60 * ORX_SEC;
        if (delay < 5 * ORX_SEC)
            delay = 5 * ORX_SEC;
    }
    return jittered(r, delay, random_bits);
}

/* How long to wait, and what is remembered of the past. */
#include "unit/machine.h"

int64_t orx_unit_backoff(const orx_unit_policy *p, int level, uint64_t random) {
    int64_t envelope = p->delay_ns;
    while (level-- > 0 && envelope < p->max_delay_ns)
        envelope = envelope > p->max_delay_ns / 2 ? p->max_delay_ns : envelope * 2;
    if (envelope > p->max_delay_ns)
        envelope = p->max_delay_ns;
    if (!p->jitter || envelope <= p->delay_ns)
        return envelope;
    uint64_t width = (uint64_t)(envelope - p->delay_ns) + 1;
    return p->delay_ns + (int64_t)(random % width);
}

void orx_unit_times_add(orx_unit_times *t, int64_t now_ns) {
    t->at[t->count++ % ORX_UNIT_MEMORY] = now_ns;
}

int orx_unit_times_within(const orx_unit_times *t, int64_t now_ns, int64_t window_ns) {
    int n = 0;
    uint64_t held = t->count < ORX_UNIT_MEMORY ? t->count : ORX_UNIT_MEMORY;
    for (uint64_t i = 0; i < held; i++)
        n += now_ns - t->at[i] < window_ns;
    return n;
}

orx_unit_exit orx_unit_exit_of(int code) {
    switch (code) {
    case 0:
        return ORX_UNIT_EXIT_CLEAN;
    case 75:
        return ORX_UNIT_EXIT_BUSY;
    case 125:
        return ORX_UNIT_EXIT_FINAL;
    default:
        return ORX_UNIT_EXIT_FAILED;
    }
}

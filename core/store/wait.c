/* wait.c: waits that survive restarts and clock jumps.
 *
 * Within the boot that began the wait the monotonic clock alone decides. After a reboot only the
 * wall clock knows how much time passed, and it may have been set meanwhile: set back it would shut
 * the gate for as long as it was set back, so the wait never lasts longer than its delay counted
 * from when this process first saw it.
 */
#include "store/store.h"

#include <stdio.h>

void orx_wait_begin(orx_platform *p, int64_t delay_ns, orx_wait *ret_w) {
    *ret_w = (orx_wait){
        .delay_ns = delay_ns > 0 ? delay_ns : 0,
        .wall_ns = orx_wall_ns(p),
        .mono_ns = orx_mono_ns(p),
    };
    (void)snprintf(ret_w->boot, sizeof ret_w->boot, "%s", orx_boot_id(p));
}

/* Whole-range difference: stored values may be anything. */
static int64_t minus(int64_t a, int64_t b) {
    int64_t d;
    if (__builtin_sub_overflow(a, b, &d))
        return a < b ? INT64_MIN : INT64_MAX;
    return d;
}

static bool same_boot(orx_platform *p, const orx_wait *w) {
    char now[sizeof w->boot];
    (void)snprintf(now, sizeof now, "%s", orx_boot_id(p));
    return strncmp(now, w->boot, sizeof now) == 0;
}

int64_t orx_wait_left(orx_platform *p, const orx_wait *w, int64_t first_seen_mono_ns) {
    int64_t now = orx_mono_ns(p);
    bool same = same_boot(p, w);
    int64_t passed = same ? minus(now, w->mono_ns) : minus(orx_wall_ns(p), w->wall_ns);
    int64_t left = minus(w->delay_ns, passed > 0 ? passed : 0);
    if (!same || passed < 0) {
        int64_t seen = minus(now, first_seen_mono_ns);
        int64_t most = minus(w->delay_ns, seen > 0 ? seen : 0);
        left = left < most ? left : most;
    }
    return left > 0 ? left : 0;
}

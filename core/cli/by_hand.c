#include "cli/by_hand.h"

#include "platform/loop.h"
#include "platform/proc.h"
#include "run/lane_lock.h"

/* As POSIX has them. */
enum { KILL = 9, TERM = 15 };

static bool holder_of(orx_cli *c, const char *lane, orx_lane_holder *ret_holder) {
    return orx_lane_lock_held(c->p, orx_lane_lock_file(c->cfg, lane, &c->arena), ret_holder);
}

bool orx_cli_runs_by_hand(orx_cli *c, const char *lane, int64_t *ret_pid) {
    orx_lane_holder holder;
    if (!holder_of(c, lane, &holder))
        return false;
    *ret_pid = holder.pid;
    return true;
}

static int signal_of(orx_unit_event wish) {
    return wish == ORX_UNIT_KILL ? KILL : wish == ORX_UNIT_DRAIN ? orx_drain_signal() : TERM;
}

bool orx_cli_end_by_hand(orx_cli *c, const char *lane, orx_unit_event wish, int64_t *asked) {
    orx_lane_holder holder;
    if (!holder_of(c, lane, &holder))
        return false;
    /* A pid alone may be somebody else's by now. */
    if (holder.pid > 0 && holder.start > 0 && holder.pid != *asked &&
        orx_pid_kill(c->p, holder.pid, holder.start, signal_of(wish), NULL) == 0)
        *asked = holder.pid;
    return true;
}

int64_t orx_cli_by_hand_time(const orx_cli *c, orx_unit_event wish) {
    return wish == ORX_UNIT_DRAIN ? c->cfg->supervisor.drain_timeout_ns
                                  : c->cfg->supervisor.stop_timeout_ns;
}

#include "cli/by_hand.h"

#include "platform/proc.h"
#include "run/lane_lock.h"

/* As POSIX has it. */
enum { TERM = 15 };

static bool holder_of(orx_cli *c, const orx_lane *lane, orx_lane_holder *ret_holder) {
    return orx_lane_lock_held(c->p, orx_lane_lock_file(c->cfg, lane->id, &c->arena), ret_holder);
}

bool orx_cli_runs_by_hand(orx_cli *c, const orx_lane *lane, int64_t *ret_pid) {
    orx_lane_holder holder;
    if (!holder_of(c, lane, &holder))
        return false;
    *ret_pid = holder.pid;
    return true;
}

bool orx_cli_end_by_hand(orx_cli *c, const orx_lane *lane, int64_t *asked) {
    orx_lane_holder holder;
    if (!holder_of(c, lane, &holder))
        return false;
    /* A pid alone may be somebody else's by now. */
    if (holder.pid > 0 && holder.start > 0 && holder.pid != *asked &&
        orx_pid_kill(c->p, holder.pid, holder.start, TERM, NULL) == 0)
        *asked = holder.pid;
    return true;
}

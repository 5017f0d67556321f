/* The way out: units that others need go last. */
#include "unit/internal.h"

/* Whether somebody who still has a process needs it. */
static bool is_needed(const orx_kept *u) {
    ORX_LIST_EACH(&u->k->units, it) {
        const orx_kept *v = ORX_LIST_ITEM(it, orx_kept, link);
        for (const char *const *n = v->m.alive ? v->spec.needs : NULL; n && *n; n++)
            if (strcmp(*n, u->spec.name) == 0)
                return true;
    }
    return false;
}

static void leave_one(orx_kept *u) {
    bool ending = u->m.state == ORX_UNIT_STOPPING && u->m.after == ORX_UNIT_STOPPED;
    if (u->k->leaving_now && u->m.alive && !(ending && u->crushed)) {
        u->crushed = true;
        orx_kept_tell(u, ORX_UNIT_KILL, ORX_UNIT_EXIT_CLEAN);
    } else if (!ending && !u->k->leaving_now && !is_needed(u)) {
        orx_kept_tell(u, ORX_UNIT_STOP, ORX_UNIT_EXIT_CLEAN);
    }
}

/* A unit that waits, is idle or failed has nothing that could be ended: it stays as it is. */
static bool has_something(const orx_kept *u) {
    return u->m.alive || u->m.state == ORX_UNIT_STARTING;
}

void orx_keeper_leave(orx_keeper *k) {
    bool left = false;
    ORX_LIST_EACH(&k->units, it) {
        orx_kept *u = ORX_LIST_ITEM(it, orx_kept, link);
        if (has_something(u))
            leave_one(u);
        left = left || u->m.alive;
    }
    k->down = !left;
}

void orx_keeper_shutdown(orx_keeper *k, bool now) {
    k->leaving = true;
    k->leaving_now = k->leaving_now || now;
    orx_timer_cancel(k->p, k->tick);
    k->tick = NULL;
    ORX_LIST_EACH(&k->units, it) {
        orx_kept *u = ORX_LIST_ITEM(it, orx_kept, link);
        if (u->m.state != ORX_UNIT_BACKOFF)
            continue;
        /* No new start; the next keeper finds the wait in the journal. */
        orx_timer_cancel(k->p, u->deadline);
        u->deadline = NULL;
    }
    orx_keeper_leave(k);
}

const bool *orx_keeper_down(const orx_keeper *k) {
    return &k->down;
}

/* The names of states, events and policies, as they stand in the journal and on the screen. */
#include "unit/machine.h"

#include "base/mem.h"

#include <string.h>

static const char *const states[] = {"stopped",  "starting", "ready", "idle",  "draining",
                                     "stopping", "backoff",  "fatal", "paused"};

static const char *const events[] = {
    "start", "stop",   "kill",     "drain", "restart", "pause", "resume", "needs-up", "needs-down",
    "up",    "exited", "deadline", "hung",  "work",    "held",  "renew",  "once",     "mended"};

static const char *const restarts[] = {"no", "on-success", "on-failure", "on-abnormal", "always"};

_Static_assert(ORX_ARRAY_LEN(states) == ORX_UNIT_STATES, "a state without a name");
_Static_assert(ORX_ARRAY_LEN(events) == ORX_UNIT_EVENTS, "an event without a name");

const char *orx_unit_state_name(orx_unit_state state) {
    return states[state];
}

const char *orx_unit_event_name(orx_unit_event event) {
    return events[event];
}

const char *orx_unit_restart_name(orx_unit_restart restart) {
    return restarts[restart];
}

bool orx_unit_state_parse(const char *name, orx_unit_state *ret_state) {
    for (int i = 0; i < ORX_UNIT_STATES; i++) {
        if (strcmp(states[i], name) != 0)
            continue;
        *ret_state = (orx_unit_state)i;
        return true;
    }
    return false;
}

/* switch.h: the one switch that turns every learned router off.
 *
 * A router that goes wrong is to be stopped at once, in all lanes, without stopping the work: while
 * the switch is off nobody asks run.router, its shadow or the routing service, and the static order
 * is used. It is a row of the journal's database that is looked at before each decision, so it
 * counts from the next one on in every process of the root. route.kill_switch in the configuration
 * does the same for processes that read it, and cannot be overruled by the row.
 *
 * Threads: as the store.
 */
#ifndef ORX_ROUTE_SWITCH_H
#define ORX_ROUTE_SWITCH_H

#include "config/config.h"
#include "store/store.h"

#define ORX_SWITCH_REASON_MAX 400

typedef struct orx_route_switch {
    bool off;
    bool configured;    /* by route.kill_switch */
    const char *reason; /* never NULL; in the arena, or constant */
    int64_t at_ns;      /* wall time since when; 0 = not known */
} orx_route_switch;

/* How it stands now. */
int orx_route_switch_read(orx_store *s, const orx_config *cfg, orx_arena *arena,
                          orx_route_switch *ret_switch, orx_err *err);

/* Sets the row, with the event route.off or route.on. Returns 1, or 0 when it stood like that: then
 * the reason stays as it was. ORX_E_INVALID: the reason is too long or no UTF-8. */
int orx_route_switch_set(orx_store *s, bool off, const char *reason, orx_err *err);

#endif

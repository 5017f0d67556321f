/* network.h: whether the models of others can be reached, and who is preferred then.
 *
 * Servers on other networks are asked now and then, and calls say as well who answers. Two or more
 * that can be reached are ONLINE, one is DEGRADED, none is OFFLINE [K]; where only one is
 * configured, that one is enough. A network flaps, so one look changes nothing: the state moves
 * when ORX_NETWORK_LOOKS looks in a row are all worse, or all better, and then to the mildest of
 * them.
 *
 * What follows from it is a hard filter and an order. OFFLINE: whoever is elsewhere (orx_place) is
 * not called. DEGRADED: by how hard a task reads, the rungs L0 to L3 of the ladder are preferred in
 * an order of their own [K], so that the way that is left is kept for work that needs it. ONLINE:
 * everything is as the router, the strategy or the configuration says.
 *
 * On which rungs a provider stands says the router's configuration (`lanes`, which profiles for
 * another place replace). Of one that it does not name the place says it: this machine is L0,
 * another one of one's own L1, all others L2.
 *
 * Pure. Threads: any.
 */
#ifndef ORX_ROUTE_NETWORK_H
#define ORX_ROUTE_NETWORK_H

#include "config/config.h"

typedef enum orx_network {
    ORX_NETWORK_ONLINE,
    ORX_NETWORK_DEGRADED,
    ORX_NETWORK_OFFLINE
} orx_network;

#define ORX_NETWORKS      3
#define ORX_NETWORK_LOOKS 2

/* "online", "degraded", "offline" */
const char *orx_network_word(orx_network state);

/* What a look comes to in which so many of so many could be reached; asked > 0. */
orx_network orx_network_of(int64_t reachable, int64_t asked);

/* The state and how far it is to the next. Zero is one that was never looked at. */
typedef struct orx_network_machine {
    int64_t looks; /* ever */
    orx_network state;
    orx_network mildest; /* of the looks in a row that differ, all in one direction */
    int64_t differing;   /* how many those are */
} orx_network_machine;

/* Takes a look in. The first one counts at once, as every one does with at_once. True: the state is
 * another one now. */
bool orx_network_step(orx_network_machine *m, orx_network look, bool at_once);

/* ---- Who is preferred ------------------------------------------------------------------------ */

/* Where a provider's models are. */
typedef enum orx_place { ORX_PLACE_HERE, ORX_PLACE_LAN, ORX_PLACE_HOSTED } orx_place;

/* "local", "lan", "hosted" */
const char *orx_place_word(orx_place place);

/* By its address; whatever is not local (config/local.h) is hosted. */
orx_place orx_place_of(const orx_provider_config *p);

/* Whether a host:port (base/address.h) is this machine. */
bool orx_address_is_here(const char *key);

/* How hard a task reads [K], by words of its text: low, medium, high, critical. */
typedef enum orx_effort {
    ORX_EFFORT_LOW,
    ORX_EFFORT_MEDIUM,
    ORX_EFFORT_HIGH,
    ORX_EFFORT_CRITICAL
} orx_effort;

#define ORX_EFFORTS 4

const char *orx_effort_word(orx_effort effort);
orx_effort orx_effort_of(orx_view text);

/* The rungs to ask in that order, "L2 L1 L3" [K]; a rung that is not in it comes last. */
const char *orx_network_order(orx_network state, orx_effort effort);

/* Rungs as a set: bit n is Ln. */
#define ORX_RUNG(n) (1U << (n))
#define ORX_RUNGS   4

/* Those of a provider that the ladder does not name. */
unsigned orx_rungs_at(orx_place place);

/* How far back in the order of that state a provider on these rungs stands: 0 is asked first. */
int orx_network_rank(orx_network state, orx_effort effort, unsigned rungs);

#endif

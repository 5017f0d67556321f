/* network_row.h: the state of the network as a root knows it, shared by all lanes and processes.
 *
 * A row of the journal's database. Whoever looks (`orxaq network-watch`) writes it, and before each
 * attempt it is read; nobody who routes asks a server. A row that is older than
 * ORX_NETWORK_FRESH_NS, or of another boot, is shown and not obeyed: when nobody looks any more,
 * nothing is forbidden. When the state changes, the event network.changed says so.
 *
 * Threads: as the store.
 */
#ifndef ORX_ROUTE_NETWORK_ROW_H
#define ORX_ROUTE_NETWORK_ROW_H

#include "route/network.h"
#include "store/store.h"

#define ORX_NETWORK_FRESH_NS (INT64_C(300) * 1000000000)

typedef struct orx_network_row {
    orx_network_machine m; /* m.looks 0: nobody ever looked */
    int64_t reachable;     /* in the last look */
    int64_t asked;
    int64_t since_ns;  /* wall: when the state became what it is */
    int64_t at_ns;     /* wall: the last look */
    bool fresh;        /* it counts; found out when it is read */
    const char *rungs; /* {"PROVIDER": set of rungs} as JSON, of those the ladder names */
} orx_network_row;

/* Texts in the arena. */
int orx_network_read(orx_store *s, orx_arena *arena, orx_network_row *ret_row, orx_err *err);

/* Takes a look in, with `rungs` as they are now; *ret_row is how it stands then, in the arena.
 * Returns 1 when the state changed, else 0. */
int orx_network_look(orx_store *s, int64_t reachable, int64_t asked, const char *rungs,
                     bool at_once, orx_arena *arena, orx_network_row *ret_row, orx_err *err);

/* Of a provider: what the ladder says, else what its place does. */
unsigned orx_network_rungs(const orx_node *rungs, const orx_provider_config *p);

/* For events and reports: state, since, reachable, asked. */
orx_node *orx_network_node(const orx_network_row *row, orx_arena *arena);

#endif

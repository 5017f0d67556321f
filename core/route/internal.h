/* internal.h: what the files of this room share.
 *
 * Threads: as the store.
 */
#ifndef ORX_ROUTE_INTERNAL_H
#define ORX_ROUTE_INTERNAL_H

#include "route/deployments.h"

/* The row of one, in a transaction; of one that has none what a new one is like. in_flight counts
 * reservations without that of `call`; *ret_there says whether there is a row. */
int orx_route_row_get(orx_store *s, const orx_deployment_ref *ref, int64_t call,
                      orx_deployment_row *ret_row, bool *ret_there, orx_err *err);

/* Writes it, over the one that is there or as a new one. */
int orx_route_row_put(orx_store *s, const orx_deployment_row *row, bool there, orx_err *err);

/* Reservations of processes that live, without that of `call`. model NULL: of all models. */
int orx_route_count_alive(orx_store *s, const char *provider, const char *model, int64_t call,
                          int64_t *ret_count, orx_err *err);

/* What a group of the predecessor's capacity plan says. */
typedef struct orx_capacity_change {
    const orx_deployment_end *end;
    const orx_deployment_row *row; /* afterwards */
    orx_deployment_change change;
} orx_capacity_change;

/* The event route.capacity. Inside a transaction. */
int orx_route_capacity_event(orx_store *s, const orx_capacity_change *c, orx_err *err);

/* Renders parallel_capacity_state.json, and the rows of parallel_capacity.ndjson. */
int orx_route_render_state(orx_store *s, void *user, orx_str *out, orx_err *err);
int orx_route_capacity_row(orx_store *s, void *user, const orx_event_row *event, orx_str *out,
                           orx_err *err);

#endif

/* connectivity.h: are the endpoints of a LiteLLM-shaped configuration (endpoints.h) there.
 *
 * All are asked at the same time (ask.h). The report is the predecessor's, member by member; unlike
 * the predecessor, which found nothing to complain about in a file that was not there, without an
 * endpoint nothing is healthy, and models are counted wherever servers list them. No key is in the
 * report, whatever a server answers.
 *
 * Threads: the platform's thread; runs the loop.
 */
#ifndef ORX_FLEET_CONNECTIVITY_H
#define ORX_FLEET_CONNECTIVITY_H

#include "fleet/endpoints.h"
#include "platform/platform.h"

/* What became of it, besides the report. */
typedef struct orx_connectivity_sum {
    int64_t total;
    int64_t required;
    int64_t required_down;
    int64_t optional_down;
} orx_connectivity_sum;

/* Looks at every endpoint and builds the [K] report. Each has timeout_ns. With no endpoints (a
 * configuration that is missing or broken) the report says that nothing is healthy. */
orx_node *orx_connectivity_check(orx_platform *p, const char *config_path,
                                 const orx_endpoints *endpoints, int64_t timeout_ns,
                                 orx_arena *arena, orx_connectivity_sum *ret_sum);

#endif

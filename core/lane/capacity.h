/* capacity.h: what lanes may ask of the providers they share, as documents [K].
 *
 * Lanes whose owner and model are the same share a bucket: the deployment behind it takes so many
 * calls at once, and learns how many from how calls end (route/deployments.h). Nothing is decided
 * here. In local-only mode the bucket is that of the server that is asked first. `lanes-status`
 * shows the buckets as they are, `lanes-start` and `lanes-ensure` as the predecessor's plan, with
 * why each limit is what it is.
 *
 * Limits are about calls: a lane between two calls takes nothing. `running_count` counts lanes at
 * work, `calls` calls under way; at_limit, over_limit and overflow_count are about calls.
 *
 * Threads: the platform's thread.
 */
#ifndef ORX_LANE_CAPACITY_H
#define ORX_LANE_CAPACITY_H

#include "base/map.h"
#include "base/vec.h"
#include "config/local.h"
#include "lane/lane.h"
#include "route/deployments.h"

typedef struct orx_lane_bucket {
    const char *key; /* "provider::model", with "::host:port" for an endpoint */
    const char *provider;
    const char *model; /* "default" = the program's own */
    const char *endpoint;
    int64_t lanes;    /* enabled ones */
    int64_t eligible; /* of those that may run by their group's gate (scaling.h) */
    int64_t running;
    bool known; /* its capacity could be read */
    orx_capacity capacity;
} orx_lane_bucket;

typedef struct orx_lane_member {
    const char *lane;
    const orx_lane_bucket *bucket;
} orx_lane_member;

typedef struct orx_lane_buckets {
    orx_platform *p;
    const orx_config *cfg; /* of the root */
    orx_store *store;      /* NULL = there is no journal */
    orx_arena *arena;
    orx_fleet_status fleet; /* read when a lane needs it */
    bool fleet_read;
    orx_map by_key; /* of orx_lane_bucket */
    ORX_VEC(orx_lane_bucket *) list;
    ORX_VEC(orx_lane_member) members;
} orx_lane_buckets;

/* Counts a lane into its bucket, if it is enabled and its owner a provider; b begins as {p, cfg,
 * store, arena} and is freed with orx_lane_buckets_free. Returns what every lane's bucket has: key,
 * provider, model and endpoint. */
orx_lane_bucket orx_lane_buckets_add(orx_lane_buckets *b, const orx_lane *lane, bool running,
                                     bool eligible);

/* The server of one's own that is asked first for the tasks of a lane in local-only mode
 * (config/local.h), as the lane's own variables or the root's configuration name it, in the arena.
 * NULL = none: the owner's program does them. (capacity_local.c) */
const char *orx_lane_server_of(orx_lane_buckets *b, const orx_lane *lane,
                               const orx_provider_config *owner);

/* The provider that stands for the owner there, as far as its deployment goes. */
orx_provider_config orx_lane_stand_in(orx_lane_buckets *b, const orx_provider_config *owner,
                                      const char *url);

/* The block of lanes-status and monitor, now_ns wall clock. */
orx_node *orx_lane_buckets_node(const orx_lane_buckets *b, int64_t now_ns);

/* The block of lanes-start and lanes-ensure. The decision is always to hold: a limit changes when a
 * call ends, and never because somebody starts lanes. The reason is at_configured_limit,
 * running_above_limit, capacity_signal_hold (it was lowered) or recovery_window (it grows again).
 * requested: the lane, or "all_enabled". */
orx_node *orx_lane_buckets_plan(const orx_lane_buckets *b, const char *operation,
                                const char *requested, int64_t now_ns);

void orx_lane_buckets_free(orx_lane_buckets *b);

#endif

/* fleet_status.h: what is known of the model servers of one's own, from the file that probes of
 * them write [K] (paths.fleet_status_file):
 *
 *     probe.endpoints[]                               {base_url, ok, max_parallel}
 *     capability_scan.summary.by_endpoint.<id>        {base_url, max_context_tokens_success,
 *                                                      recommended_parallel}
 *     capability_scan.endpoints[]                     the same
 *
 * Everything else in it belongs to others. Endpoints are told apart by host and port.
 *
 * Threads: as the platform.
 */
#ifndef ORX_CONFIG_FLEET_STATUS_H
#define ORX_CONFIG_FLEET_STATUS_H

#include "base/arena.h"
#include "platform/platform.h"

/* More are not read. */
#define ORX_FLEET_MAX 256

typedef struct orx_fleet_endpoint {
    const char *key; /* host:port (base/address.h) */
    const char *url;
    bool sick;              /* a probe found it so */
    int64_t context_tokens; /* the largest window that worked, 0 = not known */
    int64_t parallel;       /* calls at once, the least of what is said; 0 = not known */
} orx_fleet_endpoint;

typedef struct orx_fleet_status {
    orx_fleet_endpoint *items; /* in the order of the file */
    size_t count;
} orx_fleet_status;

/* Reads the file; texts in the arena. A file that is missing knows nothing and is no error. */
int orx_fleet_status_read(orx_platform *p, const char *path, orx_arena *arena,
                          orx_fleet_status *ret_status, orx_err *err);

/* What is known of the server of a URL, or NULL. */
const orx_fleet_endpoint *orx_fleet_find(const orx_fleet_status *status, const char *url);

#endif

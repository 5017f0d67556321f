/* local_load.h: having a server of one's own load a model.
 *
 * A load evicts what is there when the server has no room, and nobody says how much room it has. So
 * whoever loads asks first whether the server is at work (orx_local_busy) and whether a model for
 * chats is loaded at all; nothing is loaded beside one.
 *
 * Threads: the platform's thread; runs the loop.
 */
#ifndef ORX_FLEET_LOCAL_LOAD_H
#define ORX_FLEET_LOCAL_LOAD_H

#include "fleet/local_models.h"

/* Whether a model for chats is loaded there. */
bool orx_local_any_loaded(const orx_local_state *s);

/* Through the server's own API, which waits until it is there. window: in tokens, 0 = the server's
 * own choice. n gets ok, error, latency_ms. */
bool orx_local_load(const orx_local_work *w, size_t endpoint, const char *model, int64_t window,
                    orx_node *n);

#endif

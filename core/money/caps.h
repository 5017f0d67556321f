/* caps.h: the caps that the configuration sets.
 *
 * budget.* holds those of the root, of each lane, task and attempt; caps.* those of single lanes,
 * providers and accounts. An entry of caps about a lane takes the place of what budget says of each
 * lane, span by span.
 *
 * Threads: any.
 */
#ifndef ORX_MONEY_CAPS_H
#define ORX_MONEY_CAPS_H

#include "config/config.h"
#include "money/budget.h"

/* All caps that may apply to the calls of a lane; lane NULL = every cap that has a name. In the
 * arena; texts belong to the configuration. */
orx_budget orx_budget_of(const orx_config *cfg, const char *lane, orx_arena *arena);

#endif

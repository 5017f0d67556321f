/* router_name.h: "router-NAME-THRESHOLD", the model name that RouteLLM uses for "choose one for
 * me".
 *
 * Where a model may be named, of a task or of a provider (and so of a lane), such a name stands for
 * a decision: the router NAME, and the strong model wherever its win rate is at least THRESHOLD.
 * No model of that name is ever asked for. What NAME can be is the router's business; that there is
 * one, and that the threshold is a number from 0 to 1, is checked where the name was written.
 *
 * Threads: any.
 */
#ifndef ORX_CONFIG_ROUTER_NAME_H
#define ORX_CONFIG_ROUTER_NAME_H

#include "config/config.h"

/* Whether a model is one of these names, well-formed or not: it begins with "router-". */
bool orx_is_router_name(const char *model);

/* What is wrong with one, as a sentence that says what was expected; NULL = nothing. */
const char *orx_router_name_problem(const char *model);

/* The entry of `routers` that such a name means: the one called NAME, else run.router, else the
 * only one of plugin routellm. NULL: there is none. */
const char *orx_router_of_name(const orx_config *cfg, const char *model);

#endif

/* local.h: local-only mode (run.local_only): nothing leaves for a hosted model.
 *
 * A provider is local when what is sent to it stays on the operator's own machines. That is so
 *
 *     when its base_url is in a private network (base/address.h), whatever its plugin;
 *     when its plugin is lmstudio and has no base_url, since that is then this machine;
 *     when watts is set, for a program that is described by its settings: a model that is paid for
 *     by its power;
 *
 * and never when the plugin's own setting says `local: false`, as a gateway on this machine to
 * models elsewhere should. All others are hosted: codex, claude and gemini without an address know
 * their vendor's.
 *
 * Who has codex asks for models of their own all the same: the tasks of a hosted provider of this
 * plugin are done by the endpoints that `local` names (local_pool.c). While the mode is on each is
 * a provider of its own behind that one in the configuration, named OWNER@HOST-PORT, with the
 * plugin lmstudio, our sandbox, the owner's models and the member stands_for. No task names them.
 *
 * The answer is a hard filter. It is given where providers are put to use (run/providers.c), so no
 * plan, router, failover or retry can go around it.
 *
 * Threads: any; the configuration is read-only.
 */
#ifndef ORX_CONFIG_LOCAL_H
#define ORX_CONFIG_LOCAL_H

#include "config/config.h"
#include "config/fleet_status.h"

bool orx_config_is_local(const orx_provider_config *p);

/* Why a provider may not be called, in the arena: it names the key and where that was set. NULL: it
 * may. */
const char *orx_config_forbidden(const orx_config *cfg, const orx_provider_config *p,
                                 orx_arena *arena);

/* Whether endpoints of one's own do the tasks of a provider while the mode is on. */
bool orx_config_is_pooled(const orx_provider_config *p);

/* What such an endpoint is called, in the arena; another of the same address gets a number. */
const char *orx_config_stand_in_name(const char *owner, const char *url, orx_arena *arena);

/* How many calls it gets at once: what is measured of it (may be NULL) lowers what is configured
 * and never raises it. 0 = route.max_parallel. */
int64_t orx_config_stand_in_calls(const orx_config *cfg, const orx_provider_config *owner,
                                  const orx_fleet_endpoint *known);

/* How many endpoints do the tasks of a provider that may not be called. */
size_t orx_config_stand_ins(const orx_config *cfg, const orx_provider_config *p);

/* [K] How long an answer of the server of a URL may be, in tokens: what max_tokens_by_endpoint says
 * of it, else max_tokens, or context_fraction of its window when that is known, wanted and more; at
 * least 64. context_tokens 0: not known. */
int64_t orx_config_answer_tokens(const orx_config *cfg, const char *url, int64_t context_tokens);

/* ORX_E_INVALID in local-only mode when no enabled provider may be called; the text says what to
 * configure. */
int orx_config_local_check(const orx_config *cfg, orx_err *err);

#endif

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
 * The answer is a hard filter. It is given where providers are put to use (run/providers.c), so no
 * plan, router, failover or retry can go around it.
 *
 * Threads: any; the configuration is read-only.
 */
#ifndef ORX_CONFIG_LOCAL_H
#define ORX_CONFIG_LOCAL_H

#include "config/config.h"

bool orx_config_is_local(const orx_provider_config *p);

/* Why a provider may not be called, in the arena: it names the key and where that was set. NULL: it
 * may. */
const char *orx_config_forbidden(const orx_config *cfg, const orx_provider_config *p,
                                 orx_arena *arena);

/* ORX_E_INVALID in local-only mode when no enabled provider may be called; the text says what to
 * configure. */
int orx_config_local_check(const orx_config *cfg, orx_err *err);

#endif

/* confine.h: what programs that work in a repository may touch.
 *
 * Threads: any.
 */
#ifndef ORX_RUN_CONFINE_H
#define ORX_RUN_CONFINE_H

#include "config/config.h"
#include "git/git.h"
#include "platform/proc.h"

/* According to the provider's sandbox setting: its repository, what git needs of others, temporary
 * files, and the caller's own folders (NULL-terminated; NULL = none). Lives in the arena. */
void orx_confine_to(orx_platform *p, const orx_config *cfg, const orx_provider_config *provider,
                    const orx_git *git, const char *const *own, orx_arena *arena,
                    orx_confine *ret_confine);

#endif

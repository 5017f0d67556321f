/* base.h: where worktrees of lanes begin, and what their branches are called.
 *
 * Threads: the platform's thread.
 */
#ifndef ORX_RUN_BASE_H
#define ORX_RUN_BASE_H

#include "config/config.h"
#include "git/git.h"

/* The commit that worktrees of a repository begin from and are kept up to date with, as git.base
 * says: 1, or 0 when there is none. *ret_name (may be NULL): the revision it is known by; "HEAD" is
 * that of the checkout. */
int orx_run_base(const orx_config *cfg, orx_git *main, char sha[ORX_GIT_SHA], const char **ret_name,
                 orx_err *err);

/* The branch of a lane's worktrees, in the arena. */
const char *orx_run_lane_branch(const char *lane, orx_arena *arena);

#endif

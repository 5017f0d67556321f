/* twin.h: a repository without git, for the simulation.
 *
 * The twin keeps a repository in plain files of the platform, laid out as git would where the rest
 * of the room looks (HEAD, refs/heads, config, hooks, worktrees/NAME, lock files), and in a format
 * of its own for objects: a blob is a file named by the digest of its bytes, a commit is one file
 * with parents, message and the list of (mode, blob, path). Ids are the first 40 digits of a
 * SHA-256 over the content, so equal work has equal ids in every run of a seed. A worktree is
 * compared by content; there is no index, so nothing is ever "staged".
 *
 * Durability is git's: objects first, each synced, then one atomic change of a ref. A crash in
 * between leaves objects nobody names. index.lock is taken like git takes it: a killed process's
 * lock is cleared by the next one of the same boot (orxaq-exec would have stopped git, which
 * removes it), one left by a power loss stays until orx_git_heal.
 *
 * Not simulated: hooks, filters, the index, symbolic links (they are not seen), submodules,
 * merging. Ignore files: `.gitignore` at the root with "name", "*.suffix", "dir/" and "/path"
 * lines.
 *
 * A remote is another twin: [remote "origin"] url = ABSOLUTE PATH in config.
 */
#ifndef ORX_GIT_SIM_TWIN_H
#define ORX_GIT_SIM_TWIN_H

#include "platform/platform.h"

/* Makes path (and its parents) a repository with the unborn branch main. ORX_E_EXISTS when it is
 * one already. bare = no worktree, for remotes. */
int orx_git_twin_init(orx_platform *p, const char *path, bool bare, orx_err *err);

/* Names another twin as origin. */
int orx_git_twin_set_origin(orx_platform *p, const char *path, const char *url, orx_err *err);

/* As a remote, refuse pushes to this branch the way a hosting service does ("GH013"). */
int orx_git_twin_protect(orx_platform *p, const char *path, const char *branch, orx_err *err);

#endif

/* memory.h: what a twin's handle need not read twice.
 *
 * Commits are named by their content and never change, so the text of one that was read and checked
 * stays good as long as the handle. A file of the worktree has the content it had when its inode,
 * size and times are the same, as git's index assumes; and as there, a file whose time is not in
 * the past is read again, because it may change once more within the same instant.
 *
 * Bounded: when the memory is full it is emptied. One handle, one thread.
 */
#ifndef ORX_GIT_SIM_MEMORY_H
#define ORX_GIT_SIM_MEMORY_H

#include "git/git.h"
#include "platform/files.h"

typedef struct orx_twin_memory orx_twin_memory;

/* The text of a commit that was read before; p is NULL when there is none. Valid until the next
 * call of orx_twin_keep_commit. */
orx_view orx_twin_known_commit(const orx_git *g, const char *id);
void orx_twin_keep_commit(orx_git *g, const char *id, orx_view text);

/* The id of the content of the file at path, if info says that it is the file seen before. */
bool orx_twin_known_file(const orx_git *g, const char *path, const orx_file_info *info,
                         char ret_id[ORX_GIT_SHA]);
/* info is from before the content was read. */
void orx_twin_keep_file(orx_git *g, const char *path, const orx_file_info *info, const char *id);

/* The handle is closed. */
void orx_twin_forget(orx_git *g);

#endif

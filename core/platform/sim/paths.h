/* paths.h: file operations by name, and the rules both halves of the file table share.
 *
 * Threads: one.
 */
#ifndef ORX_PLATFORM_SIM_PATHS_H
#define ORX_PLATFORM_SIM_PATHS_H

#include "platform/sim/io.h"

/* The usual one. */
#define ORX_SIM_UMASK 022u

/* Follows path from the task's working directory. */
int orx_sim_find(orx_sim_task *t, const char *path, bool follow, orx_sim_spot *ret_spot);

/* Whether the task may change n, or names in n: EROFS below a read-only directory, EACCES outside
 * of what a confined program may write. */
int orx_sim_may_change(const orx_sim_task *t, const orx_sim_inode *n);

void orx_sim_fill_info(const orx_sim_inode *n, orx_file_info *ret_info);

/* The entries of struct orx_file_ops that take a path. */
int orx_sim_path_stat(orx_platform *p, const char *path, bool follow, orx_file_info *ret_info,
                      orx_err *err);
int orx_sim_path_rename(orx_platform *p, const char *from, const char *to, orx_err *err);
int orx_sim_path_unlink(orx_platform *p, const char *path, orx_err *err);
int orx_sim_path_mkdir(orx_platform *p, const char *path, uint32_t mode, orx_err *err);
int orx_sim_path_rmdir(orx_platform *p, const char *path, orx_err *err);
int orx_sim_path_list(orx_platform *p, const char *path, orx_arena *arena, char ***ret_names,
                      orx_err *err);
int orx_sim_path_sync_dir(orx_platform *p, const char *path, orx_err *err);
int orx_sim_path_realpath(orx_platform *p, const char *path, orx_str *ret_path, orx_err *err);
int orx_sim_path_is_network(orx_platform *p, const char *path, bool *ret_network, orx_err *err);
uint32_t orx_sim_path_user(orx_platform *p);

#endif

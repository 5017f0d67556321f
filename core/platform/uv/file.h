/* file.h: what an open file of the real platform is. The path is kept for error messages. */
#ifndef ORX_PLATFORM_UV_FILE_H
#define ORX_PLATFORM_UV_FILE_H

#include "platform/files.h"

#include <sys/stat.h>

struct orx_file {
    int fd;
    bool append;
    char *path;
};

/* lock.c */
int orx_uv_file_lock(orx_platform *p, orx_file *f, int mode, bool wait, orx_err *err);
void orx_uv_file_unlock(orx_platform *p, orx_file *f);
bool orx_uv_file_is_locked(orx_platform *p, orx_file *f);

/* names.c */
void orx_uv_fill_info(const struct stat *st, orx_file_info *info);
int orx_uv_stat(orx_platform *p, const char *path, bool follow, orx_file_info *ret_info,
                orx_err *err);
int orx_uv_rename(orx_platform *p, const char *from, const char *to, orx_err *err);
int orx_uv_unlink(orx_platform *p, const char *path, orx_err *err);
int orx_uv_mkdir(orx_platform *p, const char *path, uint32_t mode, orx_err *err);
int orx_uv_rmdir(orx_platform *p, const char *path, orx_err *err);
int orx_uv_list(orx_platform *p, const char *path, orx_arena *arena, char ***ret_names,
                orx_err *err);
int orx_uv_sync_dir(orx_platform *p, const char *path, orx_err *err);
int orx_uv_realpath(orx_platform *p, const char *path, orx_str *ret_path, orx_err *err);

uint32_t orx_uv_user(orx_platform *p);

/* netfs.c. The verdict from statfs(2)'s f_type, the text of mountinfo (proc(5)) and the device. */
bool orx_uv_network_kind(uint32_t magic, orx_view mountinfo, unsigned dev_major,
                         unsigned dev_minor);
int orx_uv_is_network(orx_platform *p, const char *path, bool *ret_network, orx_err *err);

#endif

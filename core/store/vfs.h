/* vfs.h: shared by vfs.c (names, registration) and vfs_file.c (bytes, locks, WAL index). */
#ifndef ORX_STORE_VFS_H
#define ORX_STORE_VFS_H

#include "store/internal.h"

struct orx_vfs {
    sqlite3_vfs base;
    orx_platform *p;
    int last_error;
    char *dir;
    char name[48];
};

typedef struct vfs_file {
    sqlite3_file base;
    orx_vfs *v;
    orx_file *f;
    orx_file *shm;
    char *path;
    int level; /* SQLITE_LOCK_* */
    bool remove_at_close;
    bool name_unsynced; /* a journal whose name is not durable yet */
} vfs_file;

/* SQLite hands out its base structs; ours begin with them. */
static inline vfs_file *orx_vfs_file_of(sqlite3_file *file) {
    return (vfs_file *)(void *)file;
}

/* Remembers what the platform said and gives SQLite's word for it. */
static inline int orx_vfs_told(orx_vfs *v, int code, int word) {
    v->last_error = code;
    return code == ORX_E_NO_SPACE ? SQLITE_FULL : word;
}

extern const sqlite3_io_methods orx_vfs_methods;

#endif

/* files.h: files, directories and locks.
 *
 * The table holds primitives only; whole-file operations (read, atomic replace, append, trees) are
 * written once in files.c on top of them, so that real and simulated disks behave alike and every
 * durable write is one of a few primitives that the fault tests count: write, truncate, sync,
 * rename, unlink, mkdir, sync_dir.
 *
 * Durability: bytes are on the disk only after orx_file_sync; a new name or a rename only after
 * orx_sync_dir of the directory. orx_write_atomic does all of it.
 *
 * Paths are absolute or relative to the working directory of the process (the simulation:
 * absolute). Interrupted system calls are restarted; short writes are completed. Files are opened
 * close-on-exec and never through a symbolic link for the last component when ORX_OPEN_NOFOLLOW is
 * given.
 *
 * Threads: the platform's thread.
 */
#ifndef ORX_PLATFORM_FILES_H
#define ORX_PLATFORM_FILES_H

#include "base/arena.h"
#include "base/str.h"
#include "platform/platform.h"

typedef struct orx_file orx_file;

enum {
    ORX_OPEN_READ = 1,
    ORX_OPEN_WRITE = 2,
    ORX_OPEN_CREATE = 4,    /* make it when missing */
    ORX_OPEN_EXCL = 8,      /* with CREATE: it must not exist */
    ORX_OPEN_TRUNCATE = 16, /* length 0 at open */
    ORX_OPEN_APPEND = 32,   /* every write goes to the end, atomically against other appenders */
    ORX_OPEN_NOFOLLOW = 64,
    ORX_OPEN_DIRECTORY = 128
};

typedef enum orx_file_kind {
    ORX_FILE_REGULAR,
    ORX_FILE_DIRECTORY,
    ORX_FILE_SYMLINK,
    ORX_FILE_OTHER /* FIFO, socket, device */
} orx_file_kind;

typedef struct orx_file_info {
    orx_file_kind kind;
    uint64_t device;
    uint64_t inode;
    int64_t size;
    int64_t mtime_ns;
    int64_t ctime_ns; /* of the last change of content or attributes; nobody can set it */
    uint32_t mode;    /* permission bits, 07777 */
    uint32_t uid;
} orx_file_info;

enum { ORX_LOCK_SHARED = 1, ORX_LOCK_EXCLUSIVE = 2 };

struct orx_file_ops {
    int (*open)(orx_platform *p, const char *path, int flags, uint32_t mode, orx_file **ret_f,
                orx_err *err);
    void (*close)(orx_platform *p, orx_file *f);
    int64_t (*read)(orx_platform *p, orx_file *f, int64_t offset, void *buf, size_t len,
                    orx_err *err);
    int (*write)(orx_platform *p, orx_file *f, int64_t offset, const void *buf, size_t len,
                 orx_err *err);
    int (*truncate)(orx_platform *p, orx_file *f, int64_t size, orx_err *err);
    int (*sync)(orx_platform *p, orx_file *f, orx_err *err);
    int (*info)(orx_platform *p, orx_file *f, orx_file_info *ret_info, orx_err *err);
    int (*lock)(orx_platform *p, orx_file *f, int mode, bool wait, orx_err *err);
    void (*unlock)(orx_platform *p, orx_file *f);
    bool (*is_locked)(orx_platform *p, orx_file *f);
    int (*stat)(orx_platform *p, const char *path, bool follow, orx_file_info *ret_info,
                orx_err *err);
    int (*rename)(orx_platform *p, const char *from, const char *to, orx_err *err);
    int (*unlink)(orx_platform *p, const char *path, orx_err *err);
    int (*mkdir)(orx_platform *p, const char *path, uint32_t mode, orx_err *err);
    int (*rmdir)(orx_platform *p, const char *path, orx_err *err);
    int (*list)(orx_platform *p, const char *path, orx_arena *arena, char ***ret_names,
                orx_err *err);
    int (*sync_dir)(orx_platform *p, const char *path, orx_err *err);
    int (*realpath)(orx_platform *p, const char *path, orx_str *ret_path, orx_err *err);
    int (*is_network)(orx_platform *p, const char *path, bool *ret_network, orx_err *err);
    uint32_t (*user)(orx_platform *p);
};

/* ---- Handles ------------------------------------------------------------------------------ */

/* Opens path. mode is for CREATE. Errors name the path. */
int orx_file_open(orx_platform *p, const char *path, int flags, uint32_t mode, orx_file **ret_f,
                  orx_err *err);

/* Closes and drops the locks. f may be NULL. Nothing is synced by closing. */
void orx_file_close(orx_platform *p, orx_file *f);

/* Reads up to len bytes at offset; returns how many (less only at the end of the file). */
int64_t orx_file_read(orx_platform *p, orx_file *f, int64_t offset, void *buf, size_t len,
                      orx_err *err);

/* Writes all len bytes at offset (ignored for APPEND). After an error an unknown part is written.
 */
int orx_file_write(orx_platform *p, orx_file *f, int64_t offset, const void *buf, size_t len,
                   orx_err *err);

int orx_file_truncate(orx_platform *p, orx_file *f, int64_t size, orx_err *err);
int orx_file_sync(orx_platform *p, orx_file *f, orx_err *err);
int orx_file_info_of(orx_platform *p, orx_file *f, orx_file_info *ret_info, orx_err *err);

/* Locks the whole file until unlock or close, also against other handles in this process (Linux:
 * open-file-description locks). Without wait, ORX_E_BUSY when somebody holds it. A waiting lock
 * blocks the thread: use it only where the holder is known to be quick. On the real platform it
 * gives up with ORX_E_BUSY after ORX_LOCK_WAIT_NS, since whoever can read a file can lock it, an
 * agent too, and its deadline can only end it while our loop runs. The lock ends with the process,
 * so a crash leaves nothing stale. */
#define ORX_LOCK_WAIT_NS (10 * ORX_SEC)
int orx_file_lock(orx_platform *p, orx_file *f, int mode, bool wait, orx_err *err);
void orx_file_unlock(orx_platform *p, orx_file *f);

/* Whether somebody holds the exclusive lock of a file; false for a file that is missing or cannot
 * be read. Asking takes nothing: a program that looks must not turn away one that starts at the
 * same moment. (Only where there are no open-file-description locks it takes the shared lock for an
 * instant.) */
bool orx_file_is_locked(orx_platform *p, const char *path);

/* ---- Names -------------------------------------------------------------------------------- */

int orx_stat(orx_platform *p, const char *path, orx_file_info *ret_info, orx_err *err);
int orx_lstat(orx_platform *p, const char *path, orx_file_info *ret_info, orx_err *err);
bool orx_exists(orx_platform *p, const char *path);
int orx_rename(orx_platform *p, const char *from, const char *to, orx_err *err);
/* Removes one file; a missing one is fine. */
int orx_unlink(orx_platform *p, const char *path, orx_err *err);
/* Makes path and the parents that are missing (0755, or 0700 with `private`), each durable under
 * its name when this returns, so that what is written durably into path stays there. One whose name
 * cannot be made durable is removed again. Existing directories are fine. */
int orx_mkdirs(orx_platform *p, const char *path, bool private_, orx_err *err);
/* The same without the syncs: for what can be made again, or what the caller syncs. */
int orx_mkdirs_unsynced(orx_platform *p, const char *path, bool private_, orx_err *err);
/* Names in a directory without "." and "..", sorted by bytes, NULL-terminated, in the arena. */
int orx_list_dir(orx_platform *p, const char *path, orx_arena *arena, char ***ret_names,
                 orx_err *err);
/* Removes a file or a whole tree; symbolic links are removed, never followed. Missing is fine. */
int orx_remove_tree(orx_platform *p, const char *path, orx_err *err);
int orx_sync_dir(orx_platform *p, const char *path, orx_err *err);
/* The absolute path without symbolic links. */
int orx_realpath(orx_platform *p, const char *path, orx_str *ret_path, orx_err *err);
/* Whether path lies on a network file system (NFS, SMB, 9p, FUSE of unknown kind ...). */
int orx_is_network_fs(orx_platform *p, const char *path, bool *ret_network, orx_err *err);
/* The user whose rights file operations have: the uid of files we make. */
uint32_t orx_user_id(orx_platform *p);

/* ---- Whole files -------------------------------------------------------------------------- */

/* Reads a regular file of at most max bytes into *out (replacing what is there). ORX_E_LIMIT when
 * it is larger, ORX_E_INVALID for a directory, FIFO or device (never blocks on one). */
int orx_read_file(orx_platform *p, const char *path, size_t max, orx_str *out, orx_err *err);

/* Reads the last max bytes of a regular file, however long it is, into *out (replacing what is
 * there), from the beginning of a line: the part of one in front is left out, unless nothing else
 * is there. Errors as above. */
int orx_read_tail(orx_platform *p, const char *path, size_t max, orx_str *out, orx_err *err);

/* Replaces path by bytes so that a reader or a crash sees the old or the new content, never a mix:
 * temporary file in the same directory, write, sync, rename, sync of the directory. */
int orx_write_atomic(orx_platform *p, const char *path, orx_view bytes, uint32_t mode,
                     orx_err *err);

/* As above without the two syncs: for projections that can be rebuilt. */
int orx_write_replace(orx_platform *p, const char *path, orx_view bytes, uint32_t mode,
                      orx_err *err);

/* Creates path with bytes when it does not exist; ORX_E_EXISTS when it does. Durable when it
 * returns. */
int orx_write_new(orx_platform *p, const char *path, orx_view bytes, uint32_t mode, orx_err *err);

/* Appends bytes with one write to path (made when missing); with sync they are durable. */
int orx_append_file(orx_platform *p, const char *path, orx_view bytes, bool sync, orx_err *err);

/* dir + "/" + name in the arena (name alone when it is absolute). */
char *orx_path_join(orx_arena *arena, const char *dir, const char *name);

#endif

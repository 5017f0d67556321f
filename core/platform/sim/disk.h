/* disk.h: the disk of a simulated host: what is there, and what would be left after a power loss.
 *
 * A tree of inodes in memory always shows what processes see. Beside it two journals say how to go
 * back: each file keeps its unsynced changes of content with what they overwrote, and the disk
 * keeps the unsynced changes of names in order, each directory a list of its own. Syncing drops
 * entries. A crash undoes all changes of a file backwards, which gives what was durable, and does
 * drawn ones again; of each directory's name changes it keeps a drawn prefix and undoes the others.
 * So an append costs the same whatever came before, and a sync nearly nothing.
 *
 * A journal that grows beyond its bounds (a file that is never synced) gives up its older half as
 * if the system had written it back meanwhile.
 *
 * Nothing here knows of processes, time or faults. Functions that can fail return 0 or an errno
 * value; the platform's table turns that into words.
 *
 * Threads: one.
 */
#ifndef ORX_PLATFORM_SIM_DISK_H
#define ORX_PLATFORM_SIM_DISK_H

#include "base/list.h"
#include "base/map.h"
#include "base/str.h"
#include "platform/files.h"
#include "platform/sim/bytes.h"
#include "platform/sim/rng.h"

typedef struct orx_sim_inode orx_sim_inode;

enum { ORX_SIM_NAME_MAX = 255, ORX_SIM_PATH_MAX = 4096, ORX_SIM_SECTOR = 512 };

/* lookup.c: a directory found before by its path. */
typedef struct orx_sim_near {
    orx_str path;
    orx_sim_inode *dir;
    uint64_t shape; /* of the disk then */
} orx_sim_near;

enum { ORX_SIM_NEAR = 64 };

typedef struct orx_sim_disk {
    uint64_t device;
    uint64_t last_ino;
    orx_sim_inode *root;
    orx_list inodes;   /* all that exist */
    orx_list dirty;    /* files with unsynced content */
    orx_list name_ops; /* unsynced changes of names, oldest first */
    size_t name_op_count;
    uint64_t name_seq;
    uint64_t shape; /* grows when a directory or a symbolic link comes or goes */
    orx_sim_near near[ORX_SIM_NEAR];
    char *spare; /* pages for what writes overwrite, each beginning with the address of the next */
    size_t spare_count;
    uint64_t pages;
    uint64_t capacity; /* in pages, 0 = no limit */
    unsigned marks;    /* directories marked read-only or network */
} orx_sim_disk;

/* One unsynced change of content: a write at offset, or a new size. */
typedef struct orx_sim_change {
    int64_t offset; /* of a write; the new size when truncated */
    int64_t len;    /* written; -1 = truncated */
    int64_t old_size;
    char *old; /* the bytes that were overwritten or cut off */
    size_t old_len;
} orx_sim_change;

/* A held byte range, see shm.h. */
typedef struct orx_sim_range {
    int64_t begin;
    int64_t end;
    const orx_file *file;
    int mode;
} orx_sim_range;

struct orx_sim_inode {
    orx_sim_disk *disk;
    orx_list link; /* in disk->inodes */
    uint64_t ino;
    orx_file_kind kind;
    uint32_t mode;
    int64_t mtime_ns;
    unsigned refs; /* names, handles and journal entries */
    bool read_only;
    bool network;

    /* regular files */
    orx_sim_bytes bytes;
    orx_list dirty_link;
    ORX_VEC(orx_sim_change) changes;
    size_t changes_bytes;

    /* directories */
    orx_sim_inode *parent; /* NULL for the root and for removed ones */
    orx_map names;
    orx_list ops; /* unsynced changes of names in here, oldest first */
    uint64_t cut; /* during a crash: the last change that is kept */

    /* symbolic links */
    char *target;

    /* locks (lock.c, range.c) and shared memory (shm.c) */
    orx_file *exclusive;
    unsigned sharers;
    orx_list waiters;
    ORX_VEC(orx_sim_range) ranges;
    ORX_VEC(char *) shm;
    uint32_t shm_size;
    unsigned shm_users;
};

void orx_sim_disk_init(orx_sim_disk *d, uint64_t device);
void orx_sim_disk_free(orx_sim_disk *d);

/* ---- inode.c ------------------------------------------------------------------------------ */

/* A new inode without a name; the caller holds the one reference. */
orx_sim_inode *orx_sim_inode_new(orx_sim_disk *d, orx_file_kind kind, uint32_t mode);
void orx_sim_inode_ref(orx_sim_inode *n);
/* The inode goes when nothing refers to it any more. NULL is fine. */
void orx_sim_inode_unref(orx_sim_inode *n);
/* Takes all names out of a directory without a trace in the journal. */
void orx_sim_inode_clear(orx_sim_inode *n);

/* ---- content.c ---------------------------------------------------------------------------- */

/* Writes len bytes. ENOSPC and EFBIG leave the file as it was. */
int orx_sim_content_write(orx_sim_inode *n, int64_t offset, const void *buf, size_t len);
int orx_sim_content_truncate(orx_sim_inode *n, int64_t size);
/* Makes all content durable. */
void orx_sim_content_sync(orx_sim_inode *n);
/* Frees what is kept for the changes to come. */
void orx_sim_content_free_spare(orx_sim_disk *d);
/* What a power loss leaves. */
void orx_sim_content_crash(orx_sim_inode *n, orx_sim_rng *r);

/* ---- lookup.c ----------------------------------------------------------------------------- */

/* Where a path leads. */
typedef struct orx_sim_spot {
    orx_sim_inode *dir;              /* of the last component */
    char name[ORX_SIM_NAME_MAX + 1]; /* "" when the path is the root or ends in . or .. */
    orx_sim_inode *node;             /* NULL = the directory has no such name */
} orx_sim_spot;

/* Follows path from cwd (an absolute path) when it is relative. A symbolic link at the end is
 * followed with `follow`. canon (may be NULL) becomes the path without symbolic links. */
int orx_sim_lookup(orx_sim_disk *d, const char *cwd, const char *path, bool follow,
                   orx_sim_spot *ret_spot, orx_str *canon);
/* Forgets the directories that were found before. */
void orx_sim_near_free(orx_sim_disk *d);

/* ---- names.c ------------------------------------------------------------------------------ */

/* Each of these is one atomic change of names and checks what the system would check. */
int orx_sim_names_link(const orx_sim_spot *at, orx_sim_inode *n);
int orx_sim_names_unlink(const orx_sim_spot *at);
int orx_sim_names_rmdir(const orx_sim_spot *at);
int orx_sim_names_rename(const orx_sim_spot *from, const orx_sim_spot *to);
/* Makes all changes of names in dir durable. */
void orx_sim_names_sync(orx_sim_inode *dir);
void orx_sim_names_sync_all(orx_sim_disk *d);
/* What a power loss leaves. */
void orx_sim_names_crash(orx_sim_disk *d, orx_sim_rng *r);

/* ---- disk.c ------------------------------------------------------------------------------- */

/* Power loss: names, then contents. No handle may be open. */
void orx_sim_disk_crash(orx_sim_disk *d, orx_sim_rng *r);
/* Makes everything durable. */
void orx_sim_disk_settle(orx_sim_disk *d);
/* Whether n or a directory above it is marked. */
bool orx_sim_disk_read_only(const orx_sim_inode *n);
bool orx_sim_disk_network(const orx_sim_inode *n);

#endif

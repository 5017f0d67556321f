/* io.h: what every file operation goes through, and the open file.
 *
 * orx_sim_io_begin lets others go on, takes time, counts and fails as the seed and the plans say;
 * orx_sim_io_end returns the result, or never returns when the process dies after the operation.
 * A write that is to be torn is told by io->torn to do only a part. Operations from outside pass
 * straight through.
 *
 * Threads: one.
 */
#ifndef ORX_PLATFORM_SIM_IO_H
#define ORX_PLATFORM_SIM_IO_H

#include "platform/sim/world.h"

typedef enum orx_sim_io_kind {
    ORX_SIM_IO_READ, /* changes nothing: open, read, stat, list ... */
    ORX_SIM_IO_CREATE,
    ORX_SIM_IO_WRITE,
    ORX_SIM_IO_TRUNCATE,
    ORX_SIM_IO_SYNC,
    ORX_SIM_IO_RENAME,
    ORX_SIM_IO_UNLINK,
    ORX_SIM_IO_MKDIR,
    ORX_SIM_IO_RMDIR,
    ORX_SIM_IO_SYNC_DIR
} orx_sim_io_kind;

typedef struct orx_sim_io {
    orx_sim_task *task;
    orx_sim_io_kind kind;
    bool torn; /* do a drawn part, then die */
    int fault; /* errno of a drawn fault, 0 = none */
    bool dies; /* at the end */
    bool host; /* with all processes of the host */
    bool power;
} orx_sim_io;

/* Returns an errno value when the operation is to fail (a write then does a drawn part first). */
int orx_sim_io_begin(orx_sim_io *io, orx_platform *p, orx_sim_io_kind kind);

/* Ends an operation that gave `e` (0 or an errno value), and returns e. */
int orx_sim_io_end(orx_sim_io *io, int e);

/* A drawn part of len bytes: 0 .. len. */
size_t orx_sim_io_part(orx_sim_io *io, size_t len);

struct orx_file {
    orx_list link; /* in the task's files */
    orx_sim_task *task;
    orx_sim_inode *node;
    char *path; /* for messages */
    int flags;
    int lock;           /* mode held, 0 = none */
    int lock_wanted;    /* mode waited for */
    orx_list lock_link; /* in the inode's waiters */
    bool uses_shm;
};

/* lock.c, range.c, shm.c: what a handle holds ends with it. */
int orx_sim_file_lock(orx_platform *p, orx_file *f, int mode, bool wait, orx_err *err);
void orx_sim_file_unlock(orx_platform *p, orx_file *f);
bool orx_sim_file_is_locked(orx_platform *p, orx_file *f);
void orx_sim_ranges_drop(orx_file *f);
void orx_sim_shm_drop(orx_file *f);

#endif

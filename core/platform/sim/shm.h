/* shm.h: what a database file needs beyond core/platform/files.h: byte locks and shared memory.
 *
 * For the SQLite VFS over a simulated disk (core/store). Both belong to an open file and end with
 * it: orx_file_close and the death of the process drop its byte locks and its use of the memory.
 *
 * Byte locks work like open-file-description locks on ranges: a handle replaces its own older lock
 * where the ranges meet, other handles (also of the same process) conflict unless both share. They
 * are apart from orx_file_lock. SQLite's levels are built from them as its unix VFS does (pending
 * byte, reserved byte, shared range), and xShmLock slot i is byte 120 + i of the -shm file or any
 * other offset agreed on.
 *
 * Shared memory is kept per file (inode), in regions of one size. It is plain memory, not a file:
 * it vanishes when the last handle using it is closed, and in a crash of the whole host. It
 * survives the kill of one user while others remain, half-done changes included.
 *
 * Threads: the platform's thread.
 */
#ifndef ORX_PLATFORM_SIM_SHM_H
#define ORX_PLATFORM_SIM_SHM_H

#include "platform/files.h"

/* Locks len bytes at offset of f: ORX_LOCK_SHARED, ORX_LOCK_EXCLUSIVE, or 0 to unlock. Never waits:
 * ORX_E_BUSY when another handle conflicts, and nothing is changed then. A place where the
 * scheduler may let somebody else go on first. */
int orx_sim_lock_bytes(orx_platform *p, orx_file *f, int64_t offset, int64_t len, int mode,
                       orx_err *err);

/* Whether another handle holds a lock that an ORX_LOCK_* mode on the range would conflict with. */
bool orx_sim_bytes_locked(orx_platform *p, orx_file *f, int64_t offset, int64_t len, int mode);

/* Region number `region` of f's shared memory, `size` bytes (the same for every call on one file,
 * zeros at first). Without extend, *ret_mem is NULL when the region does not exist yet. The
 * address stays the same until f is closed or orx_sim_shm_unmap. */
int orx_sim_shm_map(orx_platform *p, orx_file *f, uint32_t region, uint32_t size, bool extend,
                    void **ret_mem, orx_err *err);

/* Ends f's use of the memory. */
void orx_sim_shm_unmap(orx_platform *p, orx_file *f);

#endif

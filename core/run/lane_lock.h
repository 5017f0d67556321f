/* lane_lock.h: the lock that a runner holds, and who that is.
 *
 * There is one runner for each lane of a root (no lane: the primary one). What says so is a lock of
 * the file system, which ends with its process, never the text in the file. The text tells who
 * wrote it [K]: created_at, lock_file, pid; and start, with which the pid names one process for
 * ever within a boot.
 *
 * Threads: as the platform.
 */
#ifndef ORX_RUN_LANE_LOCK_H
#define ORX_RUN_LANE_LOCK_H

#include "config/config.h"

/* The file: that of paths.lock_file for "primary", else one beside the journal, where all locks of
 * a root are found. In the arena or the configuration. */
const char *orx_lane_lock_file(const orx_config *cfg, const char *lane, orx_arena *arena);

/* What the holder writes into the file at path. */
void orx_lane_lock_text(orx_platform *p, const char *path, orx_str *out);

typedef struct orx_lane_holder {
    int64_t pid; /* 0 = it has not said so yet */
    int64_t start;
} orx_lane_holder;

/* Whether somebody holds the lock at path, and who. */
bool orx_lane_lock_held(orx_platform *p, const char *path, orx_lane_holder *ret_holder);

#endif

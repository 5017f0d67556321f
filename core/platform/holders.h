/* holders.h: which live process uses a file or works in a directory.
 *
 * Asked before a lock file that a killed program left behind is removed: its age alone proves
 * nothing. Reads /proc through files.h; where there is none (other systems, the simulation) the
 * answer is ORX_E_UNSUPPORTED, and a careful caller then leaves the file alone.
 *
 * Processes of other users hide what they have open. One that has the program's name counts as a
 * holder when it could have made the file (same user, or root).
 *
 * Threads: the platform's thread. Costs a walk over all processes (some ms).
 */
#ifndef ORX_PLATFORM_HOLDERS_H
#define ORX_PLATFORM_HOLDERS_H

#include "platform/platform.h"

typedef struct orx_holder {
    int64_t pid;
    char name[32]; /* base name of the program */
} orx_holder;

typedef struct orx_holder_query {
    const char *file;         /* any process that has it open counts */
    const char *program;      /* a process whose program's base name starts so ... */
    const char *const *trees; /* ... counts when its working directory or one of its arguments lies
                                 in one of these absolute paths (NULL-terminated) */
} orx_holder_query;

/* Returns 1 with the first holder, 0 when there is none. A file that is gone has no holder. */
int orx_find_holder(orx_platform *p, const orx_holder_query *q, orx_holder *ret_holder,
                    orx_err *err);

#endif

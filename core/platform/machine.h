/* machine.h: what this machine is and can do, for reports to people.
 *
 * Nothing here decides how the core behaves: whoever needs a feature asks for it and says what went
 * wrong. Facts that a system does not tell are -1 or "".
 *
 * Threads: the platform's thread.
 */
#ifndef ORX_PLATFORM_MACHINE_H
#define ORX_PLATFORM_MACHINE_H

#include "platform/platform.h"

typedef struct orx_machine {
    char system[64];        /* "Linux 6.12.4 x86_64" */
    int landlock;           /* ABI, 0 = none */
    int openat2;            /* 1 yes, 0 no */
    int user_namespaces;    /* whether a user may make them: 1 yes, 0 no */
    int64_t open_files;     /* of this process, -1 = no limit */
    int clock_synchronised; /* by some time service: 1 yes, 0 no */
} orx_machine;

typedef struct orx_disk {
    char kind[24]; /* "ext4", or a number that is not known here */
    int64_t total_bytes;
    int64_t free_bytes; /* for this user */
} orx_disk;

struct orx_machine_ops {
    void (*look)(orx_platform *p, orx_machine *ret_machine);
    int (*disk)(orx_platform *p, const char *path, orx_disk *ret_disk, orx_err *err);
};

/* ORX_E_UNSUPPORTED where there is no machine (the simulation). */
int orx_machine_look(orx_platform *p, orx_machine *ret_machine, orx_err *err);

/* The file system that holds path, which exists. */
int orx_machine_disk(orx_platform *p, const char *path, orx_disk *ret_disk, orx_err *err);

#endif

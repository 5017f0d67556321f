/* exec_protocol.h: what the core and libexec/orxaq-exec say to each other.
 *
 * orxaq-exec is started with the program's standard streams on descriptors 0 to 2 and one end of a
 * stream socket pair on ORX_EXEC_FD; with ORX_EXEC_NOTE, the pipe for the program's notes is on
 * ORX_EXEC_NOTE_FD and becomes descriptor 3 of the program. Both ends are of the same build on the
 * same machine, so numbers are in the machine's own order; magic and version in the first frame
 * catch a mixed installation.
 *
 * Every message is a frame: orx_exec_frame, then `len` bytes of payload.
 *
 *     core -> orxaq-exec                          orxaq-exec -> core
 *     SPEC      what to run, once, first          STARTED      the program runs (its execve worked)
 *     RELEASE   go on (only with HOLD)            NOT_STARTED  it could not be executed, and why
 *     SIGNAL    to the program alone              EXITED       the program itself ended
 *     STOP      end the tree                      EMPTY        no process of the tree is left
 *     (EOF)     the core died: as STOP
 *
 * orxaq-exec sends STARTED and later EXITED, or NOT_STARTED; after either, EMPTY, and ends. STOP
 * during HOLD gives EMPTY alone: nothing ever ran. When orxaq-exec ends without EMPTY, the tree is
 * not proven empty.
 *
 * This header uses nothing but the C library, because orxaq-exec links no other room.
 */
#ifndef ORX_PLATFORM_EXEC_PROTOCOL_H
#define ORX_PLATFORM_EXEC_PROTOCOL_H

#include <stdint.h>

#define ORX_EXEC_FD      3
#define ORX_EXEC_NOTE_FD 4
#define ORX_EXEC_MAGIC   0x4345584FU /* "OXEC" */
#define ORX_EXEC_VERSION 6U

/* A spec beyond this is refused by both sides; the kernel's own limit for argv and env is lower. */
#define ORX_EXEC_SPEC_MAX (8U << 20)

/* The longest reason in NOT_STARTED. */
#define ORX_EXEC_REASON_MAX 255

enum {
    ORX_EXEC_SPEC = 1,    /* orx_exec_spec, then its strings */
    ORX_EXEC_RELEASE = 2, /* no payload */
    ORX_EXEC_STOP = 3,    /* orx_exec_stop */
    ORX_EXEC_SIGNAL = 4,  /* orx_exec_signal */

    ORX_EXEC_STARTED = 16,     /* orx_exec_started */
    ORX_EXEC_NOT_STARTED = 17, /* orx_exec_not_started, then the reason (text, no NUL) */
    ORX_EXEC_EXITED = 18,      /* orx_exec_exited */
    ORX_EXEC_EMPTY = 19        /* orx_exec_usage of the whole tree */
};

typedef struct orx_exec_frame {
    uint32_t type;
    uint32_t len;
} orx_exec_frame;

enum {
    ORX_EXEC_HOLD = 1,      /* run nothing before RELEASE */
    ORX_EXEC_LANDLOCK = 2,  /* confine writes to the writable trees, or do not start */
    ORX_EXEC_CWD = 4,       /* the strings begin with a working directory */
    ORX_EXEC_HIDE = 8,      /* the strings end with a tree that must not be read */
    ORX_EXEC_NOTE = 16,     /* the program gets ORX_EXEC_NOTE_FD */
    ORX_EXEC_MAY_GAIN = 32, /* without NO_NEW_PRIVS */
    ORX_EXEC_GROUP = 64 /* the strings end with the directory of a cgroup to begin the program in */
};

/* Indices of orx_exec_spec.limits; 0 in a slot = inherit. */
enum {
    ORX_EXEC_FILE_BYTES,
    ORX_EXEC_MEMORY_BYTES,
    ORX_EXEC_CPU_SECONDS,
    ORX_EXEC_PROCESSES,
    ORX_EXEC_OPEN_FILES,
    ORX_EXEC_DATA_BYTES,
    ORX_EXEC_LIMITS
};

/* Followed by NUL-terminated strings: cwd (with ORX_EXEC_CWD), then argc arguments, envc
 * "NAME=value" and writable_count absolute paths, then the hidden one (with ORX_EXEC_HIDE) and the
 * group (with ORX_EXEC_GROUP). */
typedef struct orx_exec_spec {
    uint32_t magic;
    uint32_t version;
    uint32_t flags;
    int32_t first_signal; /* sent to every process of the tree by STOP */
    int64_t grace_ns;     /* from the first signal to KILL */
    uint64_t limits[ORX_EXEC_LIMITS];
    uint32_t argc;
    uint32_t envc;
    uint32_t writable_count;
    uint32_t reserved;
} orx_exec_spec;

typedef struct orx_exec_stop {
    uint32_t now; /* 1 = KILL at once; may follow a STOP with 0 */
} orx_exec_stop;

/* Sent to the program itself, and to nothing that it started; nothing happens once it ended. */
typedef struct orx_exec_signal {
    int32_t signum;
} orx_exec_signal;

typedef struct orx_exec_started {
    int64_t pid;
    int64_t start;   /* clock ticks since boot, field 22 of /proc/PID/stat */
    int64_t grouped; /* 1 = it began in the group of the spec */
} orx_exec_started;

typedef struct orx_exec_not_started {
    int32_t code;   /* 127 = no such program, 126 = everything else, as shells have it */
    int32_t errnum; /* errno, 0 when it does not apply */
} orx_exec_not_started;

/* What the processes reaped so far used; processes that others reaped count with their parents. */
typedef struct orx_exec_usage {
    int64_t cpu_user_ns;
    int64_t cpu_sys_ns;
    int64_t max_rss_bytes; /* of the biggest one */
} orx_exec_usage;

typedef struct orx_exec_exited {
    int32_t code;   /* exit code, -1 when a signal ended it */
    int32_t signal; /* that signal, or 0 */
    orx_exec_usage usage;
} orx_exec_exited;

#endif

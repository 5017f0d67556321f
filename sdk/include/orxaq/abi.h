/* orxaq/abi.h: the rules that every other header of this folder follows.
 *
 * orxaq (the host) runs AI coding agents. What differs from one agent, routing policy or event
 * consumer to the next is written in plugins: separate shared objects that see nothing of the host
 * but these headers. A plugin built today must load in a host built years from now and the other
 * way round, so this is a contract about bytes in memory, not only about C. The rules:
 *
 * 1. One door. A module exports exactly one symbol, the function orxaq_plugin_query (plugin.h).
 *    It has no side effects, starts no thread and takes well under 10 ms.
 *
 * 2. Tables grow at the end only. Every struct that crosses the boundary begins with
 *    `uint32_t struct_size`, which the side that fills the table sets to sizeof its own version.
 *    The reader looks at a member only after ORXAQ_HAS said that it is there. Members are never
 *    moved, never change their meaning and are never removed. Lists of numbers grow likewise: a
 *    module lets pass what it does not know, and asks orxaq_host.abi_minor (host.h) before it uses
 *    a number that the oldest host it accepts would refuse.
 *
 * 3. Capabilities and services are found by a string id with a revision, "orxaq.provider/1". The
 *    struct behind a released id never changes except by growing; anything else becomes "/2",
 *    offered beside "/1". An id the other side does not know gives NULL, nothing more.
 *
 * 4. Types have one size everywhere: int32_t, uint32_t, int64_t, uint64_t, double, pointers and
 *    orxaq_view. There is no enum, bool, long, size_t, time_t, FILE or errno in a struct, and
 *    padding is written out (`reserved`, always 0). Time is int64_t nanoseconds, money is int64_t
 *    nano-USD (1 USD = 1,000,000,000), text is UTF-8 with an explicit length.
 *
 * 5. Memory is freed by whoever allocated it. Each parameter has one of these lives, and where a
 *    header says nothing the first holds:
 *      [call]    input: valid during the call; copy what is needed longer
 *      [job]     input: valid until the job is closed
 *      [plugin]  output: constant, valid until the instance is destroyed or the module's end
 *      [step]    output: valid until the next call into the same job
 *    Output of any size goes through a function the host hands in, never through returned memory.
 *
 * 6. Nothing blocks. A plugin computes and returns. It does not sleep, fork, open files or sockets,
 *    touch the environment, install signal handlers, exit or abort, and no exception leaves it.
 *    Processes, files, HTTP, clocks, deadlines, retries and secrets belong to the host, which does
 *    them on request (job.h) or offers them as services (host.h).
 *
 * 7. Threads. The host calls one instance from one thread at a time. Different instances of one
 *    module may be called from different threads, hence a module has no writable globals.
 *
 * 8. A function that can fail returns an int32_t: 0 or positive when it worked, one of the negative
 *    codes below when not; out-parameters are then left alone. The sentence for the person goes
 *    through orxaq_log_service.explain (host.h) before the return.
 *
 * These headers compile alone, as C99 or newer and C++11 or newer, without warnings under
 * -Wpedantic -Wpadded.
 */
#ifndef ORXAQ_ABI_H
#define ORXAQ_ABI_H

#include <stddef.h>
#include <stdint.h>

/* The version of the contract. A change of the major number breaks old modules; the minor number
 * counts the appended members and the new ids. While the major number is 0 a minor number may break
 * too: sdk/CHANGES.md says when, and the host then raises the lowest minor number it accepts. */
#define ORXAQ_ABI_MAJOR 0
#define ORXAQ_ABI_MINOR 2

/* The version of the kit itself, for programs that print it. */
#define ORXAQ_SDK_VERSION "0.1.0"

/* Rule 2: whether the table behind the pointer is long enough to have the member. The argument is
 * evaluated more than once. A pointer member may be there and still be NULL. */
#define ORXAQ_HAS(table, member)                                                                   \
    ((uint64_t)(table)->struct_size >=                                                             \
     (uint64_t)((const char *)&(table)->member - (const char *)(table)) +                          \
         (uint64_t)sizeof((table)->member))

/* Arrays of tables. The other side's elements may be longer than ours, so the distance between two
 * elements is the struct_size that the first one states; all of them state the same. type is the
 * struct's name, items may be NULL only when there are none. */
#define ORXAQ_AT(type, items, index)                                                               \
    ((const type *)(const void *)((const char *)(items) +                                          \
                                  (uint64_t)(items)->struct_size * (uint64_t)(index)))

/* Rule 8: the codes. Their numbers never change; an unknown negative number counts as INTERNAL. */
enum {
    ORXAQ_OK = 0,
    ORXAQ_E_INVALID = -1,     /* an argument or a setting that cannot be used */
    ORXAQ_E_UNSUPPORTED = -2, /* this op, effect or feature is not offered */
    ORXAQ_E_LIMIT = -3,       /* larger than the stated limit */
    ORXAQ_E_DENIED = -4,      /* refused by policy: path, secret, name */
    ORXAQ_E_NOT_FOUND = -5,   /* the thing named does not exist */
    ORXAQ_E_PROTOCOL = -6,    /* the peer sent something that cannot be right */
    ORXAQ_E_CANCELLED = -7,   /* asked to stop */
    ORXAQ_E_TIMEOUT = -8,     /* a deadline of the host passed */
    ORXAQ_E_IO = -9,          /* reading, writing or starting failed */
    ORXAQ_E_MEMORY = -10,     /* out of memory */
    ORXAQ_E_INTERNAL = -11    /* a bug of the side that returns it */
};

/* Rule 1: marks the one exported function. Everything else in a module should be compiled with
 * -fvisibility=hidden. */
#if defined(_WIN32)
#define ORXAQ_EXPORT_ATTRIBUTE __declspec(dllexport)
#elif defined(__GNUC__)
#define ORXAQ_EXPORT_ATTRIBUTE __attribute__((visibility("default")))
#else
#define ORXAQ_EXPORT_ATTRIBUTE
#endif
#ifdef __cplusplus
#define ORXAQ_EXPORT extern "C" ORXAQ_EXPORT_ATTRIBUTE
#else
#define ORXAQ_EXPORT ORXAQ_EXPORT_ATTRIBUTE
#endif

/* What must be equal for two compilations to agree on rule 4: pointer size in bits 0-7, alignment
 * of int64_t in bits 8-15, byte order in bits 16-23 (1 little, 2 big). */
struct orxaq_align_probe {
    char c;
    char reserved[7];
    int64_t i;
};
#if defined(__BYTE_ORDER__) && defined(__ORDER_BIG_ENDIAN__) &&                                    \
    __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
#define ORXAQ_BYTE_ORDER 2
#else
#define ORXAQ_BYTE_ORDER 1
#endif
#define ORXAQ_FINGERPRINT                                                                          \
    ((uint64_t)sizeof(void *) | ((uint64_t)offsetof(struct orxaq_align_probe, i) << 8) |           \
     ((uint64_t)ORXAQ_BYTE_ORDER << 16))

#endif

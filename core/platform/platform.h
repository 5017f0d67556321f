/* platform.h: the one door to the world.
 *
 * Clocks, randomness, the event loop, files, processes, modules and HTTP are reached only through
 * an orx_platform: a bundle of tables of functions. Two exist. orx_platform_uv_new (uv/) is the
 * real machine on libuv and libltdl; orx_sim_host (sim/sim.h) is a simulated one whose time,
 * scheduling, disks and programs derive from one seed. Rooms above this one never call the
 * operating system, so the same code runs in both, and several runners can share one process: no
 * room keeps statics.
 *
 * Blocking style. Code above reads top to bottom: it starts something and calls orx_loop_until. In
 * the real platform that runs the libuv loop of this process. In the simulation it switches to the
 * scheduler, which lets other runners go on until this one's event is due. Callbacks run only
 * inside orx_loop_step / orx_loop_until / orx_loop_sleep, on the thread that called them.
 *
 * Threads: a platform and everything made from it belong to one thread.
 */
#ifndef ORX_PLATFORM_PLATFORM_H
#define ORX_PLATFORM_PLATFORM_H

#include "base/err.h"
#include "base/view.h"

#include <stdbool.h>
#include <stdint.h>

typedef struct orx_platform orx_platform;

struct orx_clock_ops;
struct orx_loop_ops;
struct orx_file_ops;
struct orx_proc_ops;
struct orx_module_ops;
struct orx_http_ops;
struct orx_server_ops;
struct orx_machine_ops;
struct orx_local_ops;

struct orx_platform {
    const struct orx_clock_ops *clock;
    const struct orx_loop_ops *loop;
    const struct orx_file_ops *files;
    const struct orx_proc_ops *procs;
    const struct orx_module_ops *modules;
    const struct orx_http_ops *http;
    const struct orx_server_ops *servers;  /* NULL in the simulation */
    const struct orx_machine_ops *machine; /* NULL in the simulation, likewise local */
    const struct orx_local_ops *local;
    /* True in the simulation. Only core/store (choice of SQLite VFS) and core/git (choice of twin)
     * may look at it. */
    bool simulated;
    void (*destroy)(orx_platform *p);
};

/* The real machine. *ret_p is to be freed with orx_platform_free. From the first one on the process
 * ignores SIGPIPE: a write to a program or terminal that went away is an error, not the end. */
int orx_platform_uv_new(orx_platform **ret_p, orx_err *err);

/* Closes everything the platform still holds; processes still running are stopped and reaped. NULL
 * is fine. */
void orx_platform_free(orx_platform *p);

/* ---- Clock and randomness (clock.c) ------------------------------------------------------- */

struct orx_clock_ops {
    int64_t (*wall_ns)(orx_platform *p);
    int64_t (*mono_ns)(orx_platform *p);
    const char *(*boot_id)(orx_platform *p);
    void (*random)(orx_platform *p, void *out, size_t len);
    const char *(*env)(orx_platform *p, const char *name);
    const char *const *(*environ)(orx_platform *p);
    int64_t (*zone)(orx_platform *p, int64_t utc_sec);
};

/* Nanoseconds since 1970 UTC. May jump either way; use only to show and to store. */
int64_t orx_wall_ns(orx_platform *p);

/* How many seconds local time of this machine (TZ, else its setting) is ahead of UTC at an instant
 * in seconds since 1970. 0 in the simulation. */
int64_t orx_local_zone(orx_platform *p, int64_t utc_sec);

/* Nanoseconds since some fixed point of this boot. Never goes back. */
int64_t orx_mono_ns(orx_platform *p);

/* Identifies the boot in which orx_mono_ns values can be compared; a short printable string valid
 * for the life of the platform. */
const char *orx_boot_id(orx_platform *p);

/* len bytes from the system's generator (the simulation: from the seed). */
void orx_random(orx_platform *p, void *out, size_t len);

/* This process's environment: one variable (NULL = unset), or the whole NULL-terminated list. */
const char *orx_env(orx_platform *p, const char *name);
const char *const *orx_environ(orx_platform *p);

#define ORX_MS  ((int64_t)1000000)
#define ORX_SEC ((int64_t)1000000000)

/* ISO-8601 UTC with microseconds and "+00:00", the predecessor's format in every [K] file:
 * 2026-01-31T12:00:00.123456+00:00. out must hold ORX_ISO_MAX bytes. */
#define ORX_ISO_MAX 40
void orx_iso_time(int64_t wall_ns, char out[ORX_ISO_MAX]);

/* Reads that format and its common variants ("Z", no fraction, other offsets, a naive time = UTC, a
 * date alone = its midnight, a space for the T). Digits beyond nanoseconds are dropped. Returns
 * false when the text is not a time; *ret_ns is then untouched. */
bool orx_iso_parse(orx_view text, int64_t *ret_ns);

#endif

/* internal.h: the real platform from inside.
 *
 * One struct holds everything; there is one per thread that wants a platform (normally one per
 * process). libuv supplies the poll and the signal plumbing; clocks and files are direct system
 * calls, because libuv's file functions would go through its thread pool, and so is the spawn
 * (proc_spawn.c).
 *
 * Timers are ours, ordered by (due time, start order) on the boot clock, with a single libuv timer
 * as the alarm for the earliest. So they count time spent in suspend, never fire early, and run
 * only after pending input was read: a program that wrote in time is not taken for a silent one
 * because this process was busy when its bytes arrived.
 */
#ifndef ORX_PLATFORM_UV_INTERNAL_H
#define ORX_PLATFORM_UV_INTERNAL_H

#include "base/list.h"
#include "base/mem.h"
#include "base/str.h"
#include "platform/files.h"
#include "platform/loop.h"
#include "platform/module.h"
#include "platform/proc.h"
#include "platform/watch.h"

#include <uv.h>

enum { ORX_UV_SIGNALS = 4, ORX_UV_READ_BUF = 64 * 1024, ORX_UV_BOOT_ID = 40 };

struct orx_timer {
    orx_list link;
    int64_t due_ns;
    orx_timer_fn fn;
    void *user;
};

typedef struct orx_uv {
    orx_platform base;
    uv_loop_t loop;
    uv_timer_t alarm;
    orx_list timers; /* orx_timer, earliest first */
    bool stepping;   /* a callback must not wait itself */
    int ran;         /* callbacks run in this step, counted by every callback of ours */
    uv_signal_t signals[ORX_UV_SIGNALS];
    orx_signal_fn on_signal; /* NULL = no watch */
    void *signal_user;
    uv_signal_t children; /* SIGCHLD, from the first program on */
    bool collecting;
    orx_list procs;      /* every process object, freed ones that still end included */
    bool adopts;         /* orphans come to us, and are ended before an end is told */
    int64_t watchdog_ns; /* how long orxaq-exec may take beyond the grace before it is killed */
    orx_list modules;
    bool ltdl;                       /* this platform holds a share of libltdl */
    bool ltdl_resident;              /* ... and loaded a module that stays */
    struct orx_http_engine *http;    /* NULL until the first request */
    struct orx_server_engine *httpd; /* NULL until the first server */
    char *exec_path;                 /* where orxaq-exec is, once it was looked for */
    char boot_id[ORX_UV_BOOT_ID];
    char read_buf[ORX_UV_READ_BUF]; /* shared by all streams: libuv fills and hands over at once */
} orx_uv;

static inline orx_uv *orx_uv_of(orx_platform *p) {
    return (orx_uv *)(void *)p;
}

extern const struct orx_clock_ops orx_uv_clock;
extern const struct orx_loop_ops orx_uv_loop;
extern const struct orx_file_ops orx_uv_files;
extern const struct orx_proc_ops orx_uv_procs;
extern const struct orx_module_ops orx_uv_modules;
extern const struct orx_http_ops orx_uv_https;
extern const struct orx_server_ops orx_uv_servers;
extern const orx_watch_ops orx_uv_watches;
extern const struct orx_machine_ops orx_uv_machine;
extern const struct orx_local_ops orx_uv_local;

/* The boot's identity: the kernel's own id, or without one a digest of its time stamp ("btime" in
 * /proc/stat), which is the same for every process of one boot. False when there is neither. */
/* Nanoseconds by a clock that stands still while the machine sleeps; only differences mean
 * something. */
int64_t orx_uv_awake_ns(void);

bool orx_uv_boot_id_of(orx_view kernel_id, orx_view stat, char out[ORX_UV_BOOT_ID]);

/* Reads it into u->boot_id (clock.c). */
int orx_uv_read_boot_id(orx_uv *u, orx_err *err);

/* ORX_E_* for a libuv error number, with libuv's words. */
int orx_uv_err(orx_err *err, int uverr, const char *what);

/* Collects the programs that ended, from now on (signals.c). */
int orx_uv_watch_children(orx_uv *u, orx_err *err);

/* Collects those that ended by now and tells their objects (proc_spawn.c). */
void orx_uv_procs_collect(orx_uv *u);

/* Stops and reaps every program still there (proc_end.c). */
void orx_uv_procs_close(orx_uv *u);

/* The path of something that is installed in libexec, appended to *out (exec_path.c). */
int orx_uv_beside(const char *name, orx_str *out, orx_err *err);

/* The service manager, and processes that outlive us (service.c). */
void orx_uv_notify(orx_platform *p, orx_view text);
int orx_uv_daemon(orx_platform *p, const char *const *argv, const char *cwd, int64_t *ret_pid,
                  orx_err *err);
bool orx_uv_daemon_ended(orx_platform *p, int64_t pid, int *ret_code);

/* Drops every HTTP request (http.c). */
void orx_uv_http_close(orx_uv *u);

/* Ends every HTTP server (http_server.c). */
void orx_uv_servers_close(orx_uv *u);

/* Gives the share of libltdl back (module.c). */
void orx_uv_modules_close(orx_uv *u);

/* Loop parts that belong to platform creation and destruction (loop.c, signals.c). */
int orx_uv_loop_init(orx_uv *u, orx_err *err);
void orx_uv_loop_close(orx_uv *u);
int orx_uv_signals_init(orx_uv *u, orx_err *err);
int orx_uv_watch_signals(orx_platform *p, orx_signal_fn fn, void *user, orx_err *err);
void orx_uv_signals_close(orx_uv *u);

#endif

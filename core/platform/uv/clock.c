#include "platform/uv/internal.h"

#include "base/digest.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

/* The boot clock also counts time in suspend. */
#ifdef CLOCK_BOOTTIME
#define MONO_CLOCK CLOCK_BOOTTIME
#else
#define MONO_CLOCK CLOCK_MONOTONIC
#endif

static int64_t read_clock(clockid_t id) {
    struct timespec ts = {0, 0};
    (void)clock_gettime(id, &ts);
    return (int64_t)ts.tv_sec * ORX_SEC + ts.tv_nsec;
}

static int64_t wall_ns(orx_platform *p) {
    (void)p;
    return read_clock(CLOCK_REALTIME);
}

static int64_t mono_ns(orx_platform *p) {
    (void)p;
    return read_clock(MONO_CLOCK);
}

static const char *boot_id(orx_platform *p) {
    return orx_uv_of(p)->boot_id;
}

static void random_bytes(orx_platform *p, void *out, size_t len) {
    (void)p;
    char *to = out;
    while (len) {
        /* Requests up to 256 bytes are never cut short. */
        size_t n = len < 256 ? len : 256;
        if (getentropy(to, n) != 0) {
            (void)fprintf(stderr, "orxaq: the system's random generator failed (errno %d)\n",
                          errno);
            abort();
        }
        to += n;
        len -= n;
    }
}

static const char *env(orx_platform *p, const char *name) {
    (void)p;
    return getenv(name);
}

static const char *const *environ_list(orx_platform *p) {
    (void)p;
    static const char *const none[] = {NULL};
    return environ ? (const char *const *)environ : none;
}

/* Asked anew each time: a machine may be moved to another zone while we run. */
static int64_t zone(orx_platform *p, int64_t utc_sec) {
    (void)p;
    time_t at = (time_t)utc_sec;
    struct tm local = {0};
    tzset();
    return localtime_r(&at, &local) ? (int64_t)local.tm_gmtoff : 0;
}

int64_t orx_uv_awake_ns(void) {
    return read_clock(CLOCK_MONOTONIC);
}

const struct orx_clock_ops orx_uv_clock = {
    .wall_ns = wall_ns,
    .mono_ns = mono_ns,
    .boot_id = boot_id,
    .random = random_bytes,
    .env = env,
    .environ = environ_list,
    .zone = zone,
};

bool orx_uv_boot_id_of(orx_view kernel_id, orx_view stat, char out[ORX_UV_BOOT_ID]) {
    orx_view id = orx_view_trim(kernel_id);
    if (id.len && id.len < ORX_UV_BOOT_ID) {
        memcpy(out, id.p, id.len);
        out[id.len] = '\0';
        return true;
    }
    orx_view line;
    while (orx_view_split(&stat, '\n', &line)) {
        if (!orx_view_starts(line, "btime "))
            continue;
        char hex[ORX_SHA256_HEX];
        orx_sha256_hex(line, hex);
        (void)snprintf(out, ORX_UV_BOOT_ID, "%.36s", hex);
        return true;
    }
    return false;
}

int orx_uv_read_boot_id(orx_uv *u, orx_err *err) {
    ORX_CLEANUP(orx_str_free) orx_str id = {0};
    ORX_CLEANUP(orx_str_free) orx_str stat = {0};
    if (orx_read_file(&u->base, "/proc/sys/kernel/random/boot_id", 256, &id, NULL) < 0)
        (void)orx_read_file(&u->base, "/proc/stat", (size_t)16 << 20, &stat, NULL);
    if (orx_uv_boot_id_of(orx_str_view(&id), orx_str_view(&stat), u->boot_id))
        return 0;
    return orx_err_set(err, ORX_E_UNSUPPORTED,
                       "cannot tell one boot from another: neither "
                       "/proc/sys/kernel/random/boot_id nor btime in /proc/stat can be read");
}

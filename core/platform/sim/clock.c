#include "platform/sim/world.h"

#include <stdio.h>

/* 2026-01-01T00:00:00Z, when every simulation begins. */
#define WALL_BEGIN (INT64_C(1767225600) * ORX_SEC)

/* Hosts have been up for a while, so that 0 is no usual time. */
#define UPTIME_MAX UINT64_C(100000)

void orx_sim_boot(orx_sim_host *h) {
    orx_sim_rng r;
    h->boots++;
    orx_sim_rng_seed(&r, h->sim->seed ^ h->number, h->boots);
    h->booted = h->sim->now - (int64_t)(1 + orx_sim_below(&r, UPTIME_MAX)) * ORX_SEC;
    h->last_pid = ORX_SIM_FIRST_PID - 1;
    uint64_t a = orx_sim_next(&r);
    uint64_t b = orx_sim_next(&r);
    (void)snprintf(h->boot_id, sizeof h->boot_id, "%08x-%04x-4%03x-%04x-%012llx", (unsigned)a,
                   (unsigned)(a >> 48), (unsigned)(a >> 36) & 0xfff,
                   0x8000 | (unsigned)(a >> 32 & 0x3ff), (unsigned long long)(b & 0xffffffffffff));
}

static int64_t wall_ns(orx_platform *p) {
    orx_sim_task *t = orx_sim_task_of(p);
    return WALL_BEGIN + t->sim->now + t->host->wall_offset;
}

static int64_t mono_ns(orx_platform *p) {
    orx_sim_task *t = orx_sim_task_of(p);
    return t->sim->now - t->host->booted;
}

static const char *boot_id(orx_platform *p) {
    return orx_sim_task_of(p)->host->boot_id;
}

static void random_bytes(orx_platform *p, void *out, size_t len) {
    orx_sim_rng *r = &orx_sim_task_of(p)->rng;
    char *at = out;
    while (len) {
        uint64_t bits = orx_sim_next(r);
        size_t n = len < sizeof bits ? len : sizeof bits;
        memcpy(at, &bits, n);
        at += n;
        len -= n;
    }
}

static const char *const *environ_of(orx_platform *p) {
    orx_sim_task *t = orx_sim_task_of(p);
    return t->prog ? orx_sim_prog_environ(t->prog) : t->host->environ.items;
}

static const char *env(orx_platform *p, const char *name) {
    size_t len = strlen(name);
    for (const char *const *e = environ_of(p); *e; e++)
        if (strncmp(*e, name, len) == 0 && (*e)[len] == '=')
            return *e + len + 1;
    return NULL;
}

static int64_t zone(orx_platform *p, int64_t utc_sec) {
    (void)p;
    (void)utc_sec;
    return 0;
}

void orx_sim_jump_clock(orx_sim_host *h, int64_t ns) {
    orx_sim_note(h->sim, "jump", h->number, (uint64_t)ns);
    h->wall_offset += ns;
}

const struct orx_clock_ops orx_sim_clock_ops = {
    .wall_ns = wall_ns,
    .mono_ns = mono_ns,
    .boot_id = boot_id,
    .random = random_bytes,
    .env = env,
    .environ = environ_of,
    .zone = zone,
};

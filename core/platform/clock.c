#include "platform/platform.h"

int64_t orx_wall_ns(orx_platform *p) {
    return p->clock->wall_ns(p);
}

int64_t orx_local_zone(orx_platform *p, int64_t utc_sec) {
    return p->clock->zone(p, utc_sec);
}

int64_t orx_mono_ns(orx_platform *p) {
    return p->clock->mono_ns(p);
}

const char *orx_boot_id(orx_platform *p) {
    return p->clock->boot_id(p);
}

void orx_random(orx_platform *p, void *out, size_t len) {
    p->clock->random(p, out, len);
}

const char *orx_env(orx_platform *p, const char *name) {
    return p->clock->env(p, name);
}

const char *const *orx_environ(orx_platform *p) {
    return p->clock->environ(p);
}

/* When a service is due. */
#include "unit/services_internal.h"

#include "platform/platform.h"

#include <stdio.h>

/* Clocks are set back by so little all the time; by more only when they were wrong. */
#define SET_BACK_NS (3600 * ORX_SEC)

static orx_platform *platform_of(const orx_service *s) {
    return s->all->office->p;
}

static int64_t zone(int64_t utc_sec, void *user) {
    return orx_local_zone(user, utc_sec);
}

static void begin_wait(orx_service *s, int64_t delay_ns) {
    orx_wait_begin(platform_of(s), delay_ns, &s->wait);
    s->seen_ns = orx_mono_ns(platform_of(s));
}

static int64_t wait_left(orx_service *s) {
    return orx_wait_left(platform_of(s), &s->wait, s->seen_ns);
}

/* The next time of the expression, in nanoseconds. */
static int64_t next_of_cron(orx_service *s) {
    int64_t sec = 0;
    if (!orx_cron_next(&s->cron, s->from_ns / ORX_SEC, zone, platform_of(s), &sec))
        return INT64_MAX;
    return sec < INT64_MAX / ORX_SEC ? sec * ORX_SEC : INT64_MAX;
}

void orx_service_schedule_plan(orx_service *s) {
    char at[ORX_ISO_MAX];
    s->row.next_ns = s->cfg->cron ? next_of_cron(s) : orx_wall_ns(platform_of(s)) + wait_left(s);
    orx_iso_time(s->row.next_ns / ORX_SEC * ORX_SEC, at);
    (void)snprintf(s->why, sizeof s->why, "next run at %.19sZ", at);
}

void orx_service_schedule_anew(orx_service *s) {
    s->from_ns = orx_wall_ns(platform_of(s));
    begin_wait(s, s->row.runs ? s->cfg->every_ns : 0);
    orx_service_schedule_plan(s);
}

void orx_service_schedule_began(orx_service *s) {
    s->from_ns = orx_wall_ns(platform_of(s));
    begin_wait(s, s->cfg->every_ns);
    orx_service_schedule_plan(s);
}

/* Times that came while it ran are passed over. */
void orx_service_schedule_ended(orx_service *s) {
    int64_t now = orx_wall_ns(platform_of(s));
    int64_t every = s->cfg->every_ns;
    if (now > s->from_ns)
        s->from_ns = now;
    if (every && wait_left(s) == 0)
        begin_wait(s, every - (orx_mono_ns(platform_of(s)) - s->seen_ns) % every);
    orx_service_schedule_plan(s);
}

bool orx_service_is_due(orx_service *s) {
    int64_t now = orx_wall_ns(platform_of(s));
    if (!s->cfg->cron)
        return wait_left(s) == 0;
    if (s->from_ns - now > SET_BACK_NS) {
        s->from_ns = now;
        orx_service_schedule_plan(s);
    }
    return now >= s->row.next_ns;
}

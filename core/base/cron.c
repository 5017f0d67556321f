/* The next instant: day by day, and within a day by the hour. */
#include "base/cron.h"

#include "base/date.h"

#define HOUR      INT64_C(3600)
#define DAY       (24 * HOUR)
#define EVERY     UINT32_C(0xffffff) /* hours */
#define DAYS_MOST (40 * 366)

typedef struct search {
    const orx_cron *c;
    orx_zone_fn *zone;
    void *user;
    int64_t after;
    int64_t best;
} search;

static int64_t ahead(const search *s, int64_t utc) {
    return s->zone(utc, s->user);
}

static void consider(search *s, int64_t utc) {
    if (utc > s->after && utc < s->best)
        s->best = utc;
}

/* The instant between the two at which the clock was set. */
static int64_t when_set(const search *s, int64_t before, int64_t behind) {
    int64_t old = ahead(s, before);
    while (behind - before > 1) {
        int64_t mid = before + (behind - before) / 2;
        if (ahead(s, mid) == old)
            before = mid;
        else
            behind = mid;
    }
    return behind;
}

/* One local time, with what was ahead a day before and what is a day later: whatever the zone, its
 * instant lies between. */
static void place(search *s, int64_t local) {
    int64_t was = ahead(s, local - DAY);
    int64_t is = ahead(s, local + DAY);
    bool with_was = ahead(s, local - was) == was;
    bool with_is = ahead(s, local - is) == is;
    bool every = s->c->hours == EVERY;
    if (with_was && with_is && !every) {
        consider(s, local - (was > is ? was : is));
    } else if (with_was || with_is) {
        if (with_was)
            consider(s, local - was);
        if (with_is)
            consider(s, local - is);
    } else if (!every) {
        consider(s, when_set(s, local - DAY, local + DAY));
    }
}

static void look_at_hour(search *s, int64_t local) {
    int64_t was = ahead(s, local - DAY);
    bool steady = was == ahead(s, local + HOUR + DAY);
    for (int64_t minute = 0; minute < 60; minute++) {
        if (!(s->c->minutes >> minute & 1))
            continue;
        if (steady)
            consider(s, local + minute * 60 - was);
        else
            place(s, local + minute * 60);
    }
}

static bool is_day(const orx_cron *c, int64_t days) {
    orx_date d = orx_date_of_days(days);
    bool day = c->days >> d.day & 1;
    bool weekday = c->weekdays >> orx_weekday_of_days(days) & 1;
    if (!(c->months >> d.month & 1))
        return false;
    return c->any_day || c->any_weekday ? day && weekday : day || weekday;
}

bool orx_cron_next(const orx_cron *c, int64_t after_sec, orx_zone_fn *zone, void *user,
                   int64_t *ret_sec) {
    search s = {.c = c, .zone = zone, .user = user, .after = after_sec, .best = INT64_MAX};
    /* From the day before: an hour of it may come a second time. */
    int64_t days = orx_floor_div(after_sec + ahead(&s, after_sec), DAY) - 1;
    for (int i = 0; i < DAYS_MOST && s.best == INT64_MAX; i++, days++)
        for (int hour = 0; is_day(c, days) && hour < 24; hour++)
            if (c->hours >> hour & 1)
                look_at_hour(&s, days * DAY + hour * HOUR);
    if (s.best == INT64_MAX)
        return false;
    *ret_sec = s.best;
    return true;
}

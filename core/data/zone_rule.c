/* What a zone does in the years after its last change: the text of POSIX for TZ. */
#include "data/zone.h"

#include <string.h>

#define DAY_NS (24 * (3600 * ORX_SEC))

/* ---- Text ------------------------------------------------------------------------------------ */

static bool is_letter(char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

static bool skip(orx_view *v, char c) {
    if (!v->len || v->p[0] != c)
        return false;
    *v = orx_view_mem(v->p + 1, v->len - 1);
    return true;
}

/* "CET", or "<+03>" */
static bool skip_name(orx_view *v) {
    size_t n = 0;
    bool quoted = skip(v, '<');
    while (n < v->len && (quoted ? v->p[n] != '>' : is_letter(v->p[n])))
        n++;
    bool ended = !quoted || n < v->len;
    *v = orx_view_mem(v->p + n, v->len - n);
    return n >= 3 && ended && (!quoted || skip(v, '>'));
}

static bool take_number(orx_view *v, int most, int *ret) {
    int n = 0;
    size_t i = 0;
    while (i < v->len && i < 3 && v->p[i] >= '0' && v->p[i] <= '9')
        n = n * 10 + (v->p[i++] - '0');
    *v = orx_view_mem(v->p + i, v->len - i);
    *ret = n;
    return i > 0 && n <= most;
}

/* "[+-]hh[:mm[:ss]]" */
static bool take_time(orx_view *v, int hours_max, int64_t *ret_ns) {
    bool negative = skip(v, '-');
    int part[3] = {0, 0, 0};
    if (!negative)
        (void)skip(v, '+');
    if (!take_number(v, hours_max, &part[0]))
        return false;
    for (int i = 1; i < 3 && skip(v, ':'); i++)
        if (!take_number(v, 59, &part[i]))
            return false;
    int64_t ns = ((int64_t)part[0] * 3600 + (int64_t)part[1] * 60 + part[2]) * ORX_SEC;
    *ret_ns = negative ? -ns : ns;
    return true;
}

static bool take_day(orx_view *v, orx_zone_date *d) {
    int n[3] = {0, 0, 0};
    *d = (orx_zone_date){.kind = '0'};
    if (skip(v, 'M')) {
        bool fine = take_number(v, 12, &n[0]) && skip(v, '.') && take_number(v, 5, &n[1]) &&
                    skip(v, '.') && take_number(v, 6, &n[2]) && n[0] && n[1];
        d->kind = 'M';
        d->month = (int16_t)n[0];
        d->week = (int16_t)n[1];
        d->day = (int16_t)n[2];
        return fine;
    }
    if (skip(v, 'J'))
        d->kind = 'J';
    bool fine = take_number(v, 365, &n[0]) && (d->kind == '0' || n[0] > 0);
    d->day = (int16_t)n[0];
    return fine;
}

/* Two in the morning, unless it says otherwise. */
static bool take_date(orx_view *v, orx_zone_date *d) {
    if (!skip(v, ',') || !take_day(v, d))
        return false;
    d->time_ns = 2 * (3600 * ORX_SEC);
    return !skip(v, '/') || take_time(v, 167, &d->time_ns);
}

/* POSIX counts towards the west. */
bool orx_zone_rule_parse(orx_view text, orx_zone_rule *ret_rule) {
    orx_zone_rule r = {0};
    int64_t west = 0;
    if (!skip_name(&text) || !take_time(&text, 24, &west))
        return false;
    r.winter_ns = -west;
    r.summer_ns = r.winter_ns + 3600 * ORX_SEC;
    r.summer = text.len > 0;
    if (r.summer) {
        if (!skip_name(&text))
            return false;
        if (text.len && text.p[0] != ',') {
            if (!take_time(&text, 24, &west))
                return false;
            r.summer_ns = -west;
        }
        if (!take_date(&text, &r.to_summer) || !take_date(&text, &r.to_winter))
            return false;
    }
    *ret_rule = r;
    return text.len == 0;
}

/* ---- Years ----------------------------------------------------------------------------------- */

static bool is_leap(int64_t year) {
    return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

/* Days from 1970-01-01 to the first day of a month; eras of 400 years begin in March. */
static int64_t days_before(int64_t year, int64_t month) {
    int64_t y = month <= 2 ? year - 1 : year;
    int64_t era = (y >= 0 ? y : y - 399) / 400;
    int64_t of_era = y - era * 400;
    int64_t of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5;
    return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

static int64_t floor_div(int64_t a, int64_t b) {
    return a / b - (a % b < 0);
}

static int64_t year_of(int64_t local_ns) {
    int64_t days = floor_div(local_ns, DAY_NS);
    int64_t year = 1970 + floor_div(days * 400, 146097);
    while (days_before(year + 1, 1) <= days)
        year++;
    while (days_before(year, 1) > days)
        year--;
    return year;
}

/* The day of a date in a year, from 1970-01-01. */
static int64_t day_in(const orx_zone_date *d, int64_t year) {
    if (d->kind != 'M') {
        bool skips = d->kind == 'J' && is_leap(year) && d->day >= 60;
        return days_before(year, 1) + d->day - (d->kind == 'J') + skips;
    }
    int64_t first = days_before(year, d->month);
    int64_t next = d->month == 12 ? days_before(year + 1, 1) : days_before(year, d->month + 1);
    int64_t week_day = (first + 4) % 7; /* 1970-01-01 was a Thursday */
    if (week_day < 0)
        week_day += 7;
    int64_t day = first + (d->day - week_day + 7) % 7 + (int64_t)(d->week - 1) * 7;
    return day < next ? day : day - 7;
}

static int64_t moment_in(const orx_zone_date *d, int64_t year, int64_t offset_ns) {
    return day_in(d, year) * DAY_NS + d->time_ns - offset_ns;
}

/* Far from our time there are no seasons: there the sums of nanoseconds would not fit. */
orx_zone_span orx_zone_rule_span(const orx_zone_rule *r, int64_t utc_ns) {
    const int64_t far = INT64_C(200) * 365 * DAY_NS;
    orx_zone_span span = {INT64_MIN, INT64_MAX, r->winter_ns};
    if (!r->summer || utc_ns > far || utc_ns < -far)
        return span;
    int64_t year = year_of(utc_ns);
    for (int64_t y = year - 1; y <= year + 1; y++) {
        const orx_zone_change both[2] = {{moment_in(&r->to_summer, y, r->winter_ns), r->summer_ns},
                                         {moment_in(&r->to_winter, y, r->summer_ns), r->winter_ns}};
        for (size_t i = 0; i < 2; i++) {
            if (both[i].at_ns <= utc_ns && both[i].at_ns >= span.from_ns) {
                span.from_ns = both[i].at_ns;
                span.offset_ns = both[i].offset_ns;
            } else if (both[i].at_ns > utc_ns && both[i].at_ns < span.to_ns) {
                span.to_ns = both[i].at_ns;
            }
        }
    }
    return span;
}

/* ISO-8601 times. */
#include "platform/platform.h"

#include "base/date.h"

#include <string.h>

/* In exactly `width` digits, and a character behind them. */
static char *put_digits(char *to, int64_t value, int width, char after) {
    for (int i = width - 1; i >= 0; i--) {
        to[i] = (char)('0' + value % 10);
        value /= 10;
    }
    to[width] = after;
    return to + width + 1;
}

void orx_iso_time(int64_t wall_ns, char out[ORX_ISO_MAX]) {
    int64_t secs = orx_floor_div(wall_ns, ORX_SEC);
    int64_t rest = wall_ns % ORX_SEC;
    int64_t micros = (rest < 0 ? rest + ORX_SEC : rest) / 1000;
    int64_t days = orx_floor_div(secs, 86400);
    int64_t left = secs - days * 86400;
    orx_date d = orx_date_of_days(days); /* 64 bits of nanoseconds are the years 1677 to 2262 */
    char *to = put_digits(out, d.year, 4, '-');
    to = put_digits(to, d.month, 2, '-');
    to = put_digits(to, d.day, 2, 'T');
    to = put_digits(to, left / 3600, 2, ':');
    to = put_digits(to, left / 60 % 60, 2, ':');
    to = put_digits(to, left % 60, 2, '.');
    to = put_digits(to, micros, 6, '+');
    memcpy(to, "00:00", sizeof "00:00");
}

/* Takes exactly n digits off *v. */
static bool take_digits(orx_view *v, size_t n, int64_t *ret) {
    if (v->len < n)
        return false;
    int64_t value = 0;
    for (size_t i = 0; i < n; i++) {
        if (v->p[i] < '0' || v->p[i] > '9')
            return false;
        value = value * 10 + (v->p[i] - '0');
    }
    *v = (orx_view){v->p + n, v->len - n};
    *ret = value;
    return true;
}

/* Takes one of the characters in `set` off *v; returns it, or 0. */
static char take_char(orx_view *v, const char *set) {
    if (!v->len || !v->p[0] || !strchr(set, v->p[0]))
        return 0;
    char c = v->p[0];
    *v = (orx_view){v->p + 1, v->len - 1};
    return c;
}

static bool take_date(orx_view *v, orx_date *ret) {
    static const int8_t lengths[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    if (!take_digits(v, 4, &ret->year) || !take_char(v, "-") || !take_digits(v, 2, &ret->month) ||
        !take_char(v, "-") || !take_digits(v, 2, &ret->day))
        return false;
    if (ret->month < 1 || ret->month > 12)
        return false;
    bool leap = (ret->year % 4 == 0 && ret->year % 100 != 0) || ret->year % 400 == 0;
    int64_t last = lengths[ret->month - 1] + (leap && ret->month == 2);
    return ret->day >= 1 && ret->day <= last;
}

/* Digits of a fraction count from the left; those beyond nanoseconds are dropped. */
static bool take_fraction(orx_view *v, int64_t *ret_ns) {
    int64_t unit = ORX_SEC / 10;
    int64_t ns = 0;
    size_t n = 0;
    for (; n < v->len && v->p[n] >= '0' && v->p[n] <= '9'; n++) {
        ns += unit * (v->p[n] - '0');
        unit /= 10;
    }
    *v = (orx_view){v->p + n, v->len - n};
    *ret_ns = ns;
    return n > 0;
}

static bool take_clock(orx_view *v, int64_t *ret_secs, int64_t *ret_ns) {
    int64_t h;
    int64_t m;
    int64_t s = 0;
    if (!take_digits(v, 2, &h) || !take_char(v, ":") || !take_digits(v, 2, &m))
        return false;
    if (take_char(v, ":")) {
        if (!take_digits(v, 2, &s))
            return false;
        if (take_char(v, ".,") && !take_fraction(v, ret_ns))
            return false;
    }
    *ret_secs = h * 3600 + m * 60 + s;
    return h < 24 && m < 60 && s < 60;
}

/* "Z", "+hh:mm", "+hhmm", "+hh" or nothing (UTC); must be all that is left. */
static bool take_zone(orx_view *v, int64_t *ret_secs) {
    int64_t h;
    int64_t m = 0;
    if (!v->len)
        return true;
    if (take_char(v, "Zz"))
        return !v->len;
    char sign = take_char(v, "+-");
    if (!sign || !take_digits(v, 2, &h))
        return false;
    if (v->len) {
        (void)take_char(v, ":");
        if (!take_digits(v, 2, &m))
            return false;
    }
    *ret_secs = (h * 3600 + m * 60) * (sign == '-' ? -1 : 1);
    return !v->len && h < 24 && m < 60;
}

bool orx_iso_parse(orx_view text, int64_t *ret_ns) {
    orx_view v = orx_view_trim(text);
    orx_date d;
    int64_t secs = 0;
    int64_t ns = 0;
    int64_t zone = 0;
    if (!take_date(&v, &d))
        return false;
    if (v.len && (!take_char(&v, "Tt ") || !take_clock(&v, &secs, &ns) || !take_zone(&v, &zone)))
        return false;
    /* Summed in 128 bits: the last representable second has a fraction that may or may not fit. */
    __extension__ __int128 total = (orx_days_of_date(d) * 86400 + secs - zone);
    total = total * ORX_SEC + ns;
    if (total > INT64_MAX || total < INT64_MIN)
        return false;
    *ret_ns = (int64_t)total;
    return true;
}

/* Times as vendors write them. */
#include "costs.h"

#include <stdio.h>

#define SECOND_NS INT64_C(1000000000)

/* Days since 1970 of a date, by the usual count of eras (Howard Hinnant, "days_from_civil"). */
static int64_t days_of(int64_t y, int64_t m, int64_t d) {
    y -= m <= 2;
    int64_t era = (y >= 0 ? y : y - 399) / 400;
    int64_t yoe = y - era * 400;
    int64_t doy = (153 * (m + (m > 2 ? -3 : 9)) + 2) / 5 + d - 1;
    int64_t doe = yoe * 365 + yoe / 4 - yoe / 100 + doy;
    return era * 146097 + doe - 719468;
}

/* The other way; days are not before 1970. */
static void date_of(int64_t days, int *y, int *m, int *d) {
    int64_t z = days + 719468;
    int64_t era = z / 146097, doe = z % 146097;
    int64_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
    int64_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    int64_t mp = (5 * doy + 2) / 153;
    *d = (int)(doy - (153 * mp + 2) / 5 + 1);
    *m = (int)(mp < 10 ? mp + 3 : mp - 9);
    *y = (int)(yoe + era * 400 + (*m <= 2));
}

void costs_add_time(costs_bytes *b, int64_t ns) {
    char text[40];
    int64_t s = ns < 0 ? 0 : ns / SECOND_NS;
    int y, m, d, t = (int)(s % 86400);
    date_of(s / 86400, &y, &m, &d);
    (void)snprintf(text, sizeof text, "%04d-%02d-%02dT%02d:%02d:%02dZ", y, m, d, t / 3600,
                   t / 60 % 60, t % 60);
    costs_adds(b, text);
}

/* digits of a number at text; -1 when there are others. */
static int64_t digits_at(orxaq_view v, uint64_t at, uint64_t count) {
    int64_t n = 0;
    if (at + count > v.len)
        return -1;
    for (uint64_t i = at; i < at + count; i++) {
        if (v.data[i] < '0' || v.data[i] > '9')
            return -1;
        n = n * 10 + (v.data[i] - '0');
    }
    return n;
}

static int is_at(orxaq_view v, uint64_t at, const char *any) {
    return at < v.len && strchr(any, v.data[at]) != NULL && v.data[at];
}

/* A fraction from `at` on; *at moves behind it. */
static int64_t fraction(orxaq_view v, uint64_t *at) {
    int64_t ns = 0, unit = SECOND_NS;
    if (!is_at(v, *at, "."))
        return 0;
    for (++*at; *at < v.len && v.data[*at] >= '0' && v.data[*at] <= '9'; ++*at)
        if (unit > 1) {
            unit /= 10;
            ns += (v.data[*at] - '0') * unit;
        }
    return ns;
}

/* The zone from `at` to the end in seconds; 0 = it is none. */
static int zone(orxaq_view v, uint64_t at, int64_t *ret_seconds) {
    static const char utc[] = " UTC";
    orxaq_view rest = orxaq_view_of(v.data + at, v.len - at);
    *ret_seconds = 0;
    if (rest.len == 0 || orxaq_view_is(rest, "Z") || orxaq_view_is(rest, "z") ||
        orxaq_view_is(rest, utc) || orxaq_view_is(rest, utc + 1))
        return 1;
    int64_t h = digits_at(rest, 1, 2), m = digits_at(rest, rest.len == 6 ? 4 : 3, 2);
    if (!is_at(rest, 0, "+-") || h < 0 || h > 23 || m < 0 || m > 59 ||
        (rest.len == 6 ? rest.data[3] != ':' : rest.len != 5))
        return 0;
    *ret_seconds = (h * 3600 + m * 60) * (rest.data[0] == '-' ? -1 : 1);
    return 1;
}

int costs_time(orxaq_view v, int64_t *ret_ns) {
    int64_t y = digits_at(v, 0, 4), mo = digits_at(v, 5, 2), d = digits_at(v, 8, 2), offset = 0;
    if (y < 1970 || y > 2200 || mo < 1 || mo > 12 || d < 1 || d > 31 || !is_at(v, 4, "-") ||
        !is_at(v, 7, "-"))
        return 0;
    int64_t day = days_of(y, mo, d) * 86400;
    if (v.len == 10) {
        *ret_ns = day * SECOND_NS;
        return 1;
    }
    int64_t h = digits_at(v, 11, 2), mi = digits_at(v, 14, 2), s = digits_at(v, 17, 2);
    if (!is_at(v, 10, "Tt ") || !is_at(v, 13, ":") || h < 0 || h > 24 || mi < 0 || mi > 59)
        return 0;
    uint64_t at = 16;
    if (is_at(v, 16, ":")) {
        if (s < 0 || s > 60)
            return 0;
        at = 19;
    }
    int64_t part = fraction(v, &at);
    if (!zone(v, at, &offset))
        return 0;
    *ret_ns =
        (day + h * 3600 + mi * 60 + (s > 0 && v.data[16] == ':' ? s : 0) - offset) * SECOND_NS +
        part;
    return *ret_ns >= 0;
}

/* "Sun, 06 Nov 1994 08:49:37 GMT" (RFC 9110, IMF-fixdate) in seconds since 1970, or -1. */
static int64_t http_date(orxaq_view v) {
    static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
    if (v.len != 29 || memcmp(v.data + 25, " GMT", 4) != 0)
        return -1;
    int64_t month = -1;
    for (int64_t i = 0; i < 12; i++)
        if (memcmp(v.data + 8, months + 3 * i, 3) == 0)
            month = i + 1;
    int64_t day = digits_at(v, 5, 2), year = digits_at(v, 12, 4), h = digits_at(v, 17, 2);
    int64_t m = digits_at(v, 20, 2), s = digits_at(v, 23, 2);
    if (month < 0 || day < 1 || year < 1970 || h < 0 || m < 0 || s < 0)
        return -1;
    return days_of(year, month, day) * 86400 + h * 3600 + m * 60 + s;
}

int64_t costs_retry_after(orxaq_view value, int64_t now_ns) {
    int64_t date = http_date(value);
    if (date >= 0) {
        int64_t left = date - now_ns / SECOND_NS;
        return left > 0 ? left * 1000 : 0;
    }
    uint64_t whole = 0;
    while (whole < value.len && value.data[whole] >= '0' && value.data[whole] <= '9')
        whole++;
    uint64_t at = whole;
    if (whole == 0 || whole > 9)
        return -1;
    int64_t part = fraction(value, &at);
    return at == value.len ? digits_at(value, 0, whole) * 1000 + part / 1000000 : -1;
}

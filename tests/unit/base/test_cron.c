/* Cron expressions: what they say, when they are due, and clocks that are set. */
#include "base/cron.h"
#include "base/date.h"

#include "test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HOUR   INT64_C(3600)
#define MINUTE INT64_C(60)
#define DAY    (24 * HOUR)

static int64_t at(int year, int month, int day, int hour, int minute) {
    return orx_days_of_date((orx_date){year, month, day}) * DAY + hour * HOUR + minute * MINUTE;
}

static int64_t utc(int64_t sec, void *user) {
    (void)sec;
    (void)user;
    return 0;
}

/* The last Sunday of a month at 01:00 UTC. */
static int64_t last_sunday(int64_t year, int month) {
    int64_t days = orx_days_of_date((orx_date){year, month, 31});
    return (days - orx_weekday_of_days(days)) * DAY + HOUR;
}

/* Central Europe. */
static int64_t berlin(int64_t sec, void *user) {
    (void)user;
    int64_t year = orx_date_of_days(orx_floor_div(sec, DAY)).year;
    return sec >= last_sunday(year, 3) && sec < last_sunday(year, 10) ? 2 * HOUR : HOUR;
}

/* Samoa left out 2011-12-30. */
static int64_t samoa(int64_t sec, void *user) {
    (void)user;
    return sec < at(2011, 12, 30, 10, 0) ? -10 * HOUR : 14 * HOUR;
}

static orx_cron parse(const char *text) {
    orx_err err = ORX_ERR_INIT;
    orx_cron c;
    if (orx_cron_parse(orx_view_of(text), &c, &err) < 0)
        fail_msg("%s: %s", text, err.msg);
    return c;
}

static int64_t next(const char *text, orx_zone_fn *zone, int64_t after) {
    int64_t sec = 0;
    orx_cron c = parse(text);
    assert_true(orx_cron_next(&c, after, zone, NULL, &sec));
    return sec;
}

static void refused(const char *text, const char *why) {
    orx_err err = ORX_ERR_INIT;
    orx_cron c = {.minutes = 42};
    assert_int_not_equal(orx_cron_parse(orx_view_of(text), &c, &err), 0);
    if (!strstr(err.msg, why))
        fail_msg("\"%s\" was refused with \"%s\", expected \"%s\"", text, err.msg, why);
    assert_int_equal(c.minutes, 42);
}

/* ---- What they say --------------------------------------------------------------------------- */

static void lists_ranges_steps_and_names(void **state) {
    (void)state;
    orx_cron c = parse("1,3,5-7,10-20/5 */6 1-31/10 jan,MAR-May fri-7");
    assert_int_equal(c.minutes, 1 << 1 | 1 << 3 | 7 << 5 | 1 << 10 | 1 << 15 | 1 << 20);
    assert_int_equal(c.hours, 1 | 1 << 6 | 1 << 12 | 1 << 18);
    assert_int_equal(c.days, 1 << 1 | 1 << 11 | 1 << 21 | INT64_C(1) << 31);
    assert_int_equal(c.months, 1 << 1 | 7 << 3);
    assert_int_equal(c.weekdays, 1 << 5 | 1 << 6 | 1);
    assert_int_equal(parse("0 0 * * 0").weekdays, parse("0 0 * * 7").weekdays);
    assert_int_equal(parse("0 0 * * sun").weekdays, 1);
}

static void short_names(void **state) {
    (void)state;
    static const char *const same[][2] = {
        {"@hourly", "0 * * * *"},   {"@daily", "0 0 * * *"},       {"@Midnight", "0 0 * * *"},
        {"@weekly", "0 0 * * 0"},   {"@monthly", "0 0 1 * *"},     {"@yearly", "0 0 1 1 *"},
        {"@annually", "0 0 1 1 *"}, {"  5\t4 * * * ", "5 4 * * *"}};
    for (size_t i = 0; i < sizeof same / sizeof *same; i++)
        for (int64_t t = at(2026, 1, 1, 0, 0); t < at(2027, 6, 1, 0, 0); t += 40 * DAY)
            assert_int_equal(next(same[i][0], utc, t), next(same[i][1], utc, t));
}

static void wrong_ones_are_named(void **state) {
    (void)state;
    refused("", "expected five fields");
    refused("* * * *", "expected five fields");
    refused("* * * * * *", "there are more");
    refused("@reboot", "expected five fields");
    refused("60 * * * *", "minute \"60\": expected 0 to 59");
    refused("* 24 * * *", "hour \"24\"");
    refused("* * 0 * *", "day of the month \"0\": expected 1 to 31");
    refused("* * * 13 *", "month \"13\": expected 1 to 12, or a name of three letters");
    refused("* * * * 8", "day of the week \"8\"");
    refused("* * * mon *", "month \"mon\"");
    refused("5-1 * * * *", "minute \"5-1\": expected a range that does not run backwards");
    refused("* * * * fri-mon", "does not run backwards");
    refused("*/0 * * * *", "expected a step of at least 1");
    refused("*/90 * * * *", "no wider than its range");
    refused("5/15 * * * *", "expected a range before the step, such as 5-59/15");
    refused("1, * * * *", "minute \"\"");
    refused(",1 * * * *", "minute \"\"");
    refused("1-2-3 * * * *", "minute \"1-2-3\"");
    refused("-1 * * * *", "minute \"-1\"");
    refused("+1 * * * *", "minute \"+1\"");
    refused("1.5 * * * *", "minute \"1.5\"");
    refused("*5 * * * *", "minute \"*5\"");
    refused("99999999999999999999 * * * *", "minute");
    refused("0 0 30 2 *", "never comes");
    refused("0 0 31 4,6,9,11 *", "never comes");
    char long_one[400];
    memset(long_one, '1', sizeof long_one);
    long_one[sizeof long_one - 1] = '\0';
    refused(long_one, "at most 256");
}

/* ---- When they are due ----------------------------------------------------------------------- */

static void the_next_time_lies_behind(void **state) {
    (void)state;
    int64_t noon = at(2026, 11, 23, 12, 0); /* a Monday */
    assert_int_equal(next("* * * * *", utc, noon), noon + 60);
    assert_int_equal(next("* * * * *", utc, noon - 1), noon);
    assert_int_equal(next("0 12 * * *", utc, noon), noon + DAY);
    assert_int_equal(next("0 12 * * *", utc, noon - 1), noon);
    assert_int_equal(next("30 3 1 1 *", utc, noon), at(2027, 1, 1, 3, 30));
    assert_int_equal(next("0 0 29 2 *", utc, noon), at(2028, 2, 29, 0, 0));
    assert_int_equal(next("0 0 29 2 *", utc, at(2096, 3, 1, 0, 0)), at(2104, 2, 29, 0, 0));
    assert_int_equal(next("0 0 31 * *", utc, at(2026, 1, 31, 0, 0)), at(2026, 3, 31, 0, 0));
    assert_int_equal(next("0 9 * * mon-fri", utc, at(2026, 11, 27, 9, 0)), at(2026, 11, 30, 9, 0));
}

/* Both restricted: either; one that begins with a star: both. */
static void days_of_month_and_week(void **state) {
    (void)state;
    int64_t t = at(2026, 11, 23, 12, 0); /* a Monday */
    assert_int_equal(next("0 0 13 * fri", utc, t), at(2026, 11, 27, 0, 0));
    assert_int_equal(next("0 0 13 * fri", utc, at(2026, 12, 11, 0, 0)), at(2026, 12, 13, 0, 0));
    assert_int_equal(next("0 0 * * fri", utc, t), at(2026, 11, 27, 0, 0));
    assert_int_equal(next("0 0 13 * *", utc, t), at(2026, 12, 13, 0, 0));
    /* Odd days that are a Tuesday: the 24th is even, so 1 December. */
    assert_int_equal(next("0 0 */2 * tue", utc, t), at(2026, 12, 1, 0, 0));
    /* A day of the month that never comes is no obstacle beside a weekday. */
    assert_int_equal(next("0 0 31 2 mon", utc, t), at(2027, 2, 1, 0, 0));
}

/* ---- Clocks that are set --------------------------------------------------------------------- */

/* 2026-03-29 02:00 becomes 03:00, 2026-10-25 03:00 becomes 02:00. */
static void a_time_in_the_gap_comes_once_behind_it(void **state) {
    (void)state;
    int64_t gap = at(2026, 3, 29, 1, 0); /* UTC: 03:00 there */
    int64_t before = gap - 12 * HOUR;
    assert_int_equal(next("30 2 * * *", berlin, before), gap);
    assert_int_equal(next("30 2 * * *", berlin, gap), at(2026, 3, 30, 0, 30));
    /* Four of them and the hour behind: one. */
    assert_int_equal(next("*/15 2 * * *", berlin, before), gap);
    assert_int_equal(next("*/15 2 * * *", berlin, gap), at(2026, 3, 30, 0, 0));
    assert_int_equal(next("0 2,3 * * *", berlin, before), gap);
    assert_int_equal(next("0 2,3 * * *", berlin, gap), at(2026, 3, 30, 0, 0));
    /* The edges are outside. */
    assert_int_equal(next("59 1 * * *", berlin, before), gap - 60);
    assert_int_equal(next("0 3 * * *", berlin, before), gap);
}

static void every_hour_goes_by_what_has_passed(void **state) {
    (void)state;
    int64_t gap = at(2026, 3, 29, 1, 0);
    assert_int_equal(next("30 * * * *", berlin, gap - 30 * MINUTE), gap + 30 * MINUTE);
    assert_int_equal(next("*/20 * * * *", berlin, gap - 20 * MINUTE), gap);
    assert_int_equal(next("30 0-23 * * *", berlin, gap - 30 * MINUTE), gap + 30 * MINUTE);
    /* 02:30 comes at 00:30 and at 01:30 UTC. */
    int64_t first = at(2026, 10, 25, 0, 30);
    assert_int_equal(next("30 * * * *", berlin, first - 1), first);
    assert_int_equal(next("30 * * * *", berlin, first), first + HOUR);
    assert_int_equal(next("30 * * * *", berlin, first + HOUR), first + 2 * HOUR);
}

static void a_time_that_comes_twice_is_due_the_first_time(void **state) {
    (void)state;
    int64_t first = at(2026, 10, 25, 0, 30);
    assert_int_equal(next("30 2 * * *", berlin, first - DAY / 2), first);
    assert_int_equal(next("30 2 * * *", berlin, first), at(2026, 10, 26, 1, 30));
    assert_int_equal(next("*/30 2 * * *", berlin, first), at(2026, 10, 26, 1, 0));
    /* Asked in the second of the two hours. */
    assert_int_equal(next("45 2 * * *", berlin, first + 40 * MINUTE), at(2026, 10, 26, 1, 45));
}

static void a_day_that_does_not_exist(void **state) {
    (void)state;
    int64_t gap = at(2011, 12, 30, 10, 0);
    assert_int_equal(next("0 12 30 12 *", samoa, gap - DAY), gap);
    assert_int_equal(next("0 12 30 12 *", samoa, gap), at(2012, 12, 29, 22, 0));
    assert_int_equal(next("0 12 * * *", samoa, gap - 11 * HOUR), gap);
}

/* ---- Against a plain walk over the minutes --------------------------------------------------- */

static bool fits(const orx_cron *c, int64_t local) {
    int64_t days = orx_floor_div(local, DAY);
    orx_date d = orx_date_of_days(days);
    int64_t sec = local - days * DAY;
    bool day = c->days >> d.day & 1;
    bool week = c->weekdays >> orx_weekday_of_days(days) & 1;
    bool both = c->any_day || c->any_weekday;
    return (c->minutes >> sec / 60 % 60 & 1) && (c->hours >> sec / HOUR & 1) &&
           (c->months >> d.month & 1) && (both ? day && week : day || week);
}

/* Pseudo-random numbers that are the same everywhere. */
static int draw(uint32_t *seed, int bound) {
    *seed = *seed * 1664525U + 1013904223U;
    return (int)(*seed >> 8) % bound;
}

static void random_item(uint32_t *seed, char out[24], int least, int most) {
    int a = least + draw(seed, most - least + 1);
    int b = a + draw(seed, most - a + 1);
    switch (draw(seed, 4)) {
    case 0:
        (void)snprintf(out, 24, "*");
        break;
    case 1:
        (void)snprintf(out, 24, "%d-%d", a, b);
        break;
    case 2:
        (void)snprintf(out, 24, "*/%d", 1 + draw(seed, most - least));
        break;
    default:
        (void)snprintf(out, 24, "%d,%d", a, b);
        break;
    }
}

/* In a zone whose clock is never set the first minute that fits is the answer. */
static void it_is_the_first_minute_that_fits(void **state) {
    (void)state;
    uint32_t seed = 7;
    for (int i = 0; i < 300; i++) {
        char text[200];
        char f[5][24];
        random_item(&seed, f[0], 0, 59);
        random_item(&seed, f[1], 0, 23);
        random_item(&seed, f[2], 1, 28);
        random_item(&seed, f[3], 1, 12);
        random_item(&seed, f[4], 0, 7);
        (void)snprintf(text, sizeof text, "%s %s %s %s %s", f[0], f[1], f[2], f[3], f[4]);
        orx_cron c = parse(text);
        int64_t after =
            at(2026, 1, 1, 0, 0) + draw(&seed, 300 * 24 * 60) * MINUTE + draw(&seed, 60);
        int64_t got = 0;
        assert_true(orx_cron_next(&c, after, utc, NULL, &got));
        int64_t t = (after / 60 + 1) * 60;
        while (t < got && !fits(&c, t))
            t += 60;
        if (t != got || !fits(&c, got))
            fail_msg("%s after %lld: %lld, expected %lld", text, (long long)after, (long long)got,
                     (long long)t);
    }
}

/* In one whose clock is, a year of a daily time has a run on each day. */
static void a_year_has_a_run_on_each_day(void **state) {
    (void)state;
    for (int minute = 0; minute < 24 * 60; minute += 30) {
        char text[40];
        (void)snprintf(text, sizeof text, "%d %d * * *", minute % 60, minute / 60);
        int64_t t = at(2025, 12, 31, 23, 0) - 1;
        int64_t end = at(2026, 12, 31, 23, 0);
        int64_t last = -1;
        int runs = 0;
        while ((t = next(text, berlin, t)) < end) {
            int64_t day = orx_floor_div(t + berlin(t, NULL), DAY);
            assert_true(day > last);
            last = day;
            runs++;
        }
        assert_int_equal(runs, 365);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lists_ranges_steps_and_names),
        cmocka_unit_test(short_names),
        cmocka_unit_test(wrong_ones_are_named),
        cmocka_unit_test(the_next_time_lies_behind),
        cmocka_unit_test(days_of_month_and_week),
        cmocka_unit_test(a_time_in_the_gap_comes_once_behind_it),
        cmocka_unit_test(every_hour_goes_by_what_has_passed),
        cmocka_unit_test(a_time_that_comes_twice_is_due_the_first_time),
        cmocka_unit_test(a_day_that_does_not_exist),
        cmocka_unit_test(it_is_the_first_minute_that_fits),
        cmocka_unit_test(a_year_has_a_run_on_each_day),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

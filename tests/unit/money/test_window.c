/* Spans of time as people name them. */
#include "money/window.h"

#include "base/units.h"
#include "platform/platform.h"

#include "test.h"

#define HOUR (3600 * ORX_SEC)

static int64_t at(const char *text) {
    int64_t ns = 0;
    assert_true(orx_iso_parse(orx_view_of(text), &ns));
    return ns;
}

static void is(const char *name, int64_t offset, const char *now, const char *from,
               const char *to) {
    orx_window w = {0, 0};
    const orx_zone zone = {.first_ns = offset};
    assert_true(orx_window_named(orx_view_of(name), at(now), &zone, &w));
    assert_int_equal(w.from_ns, at(from));
    assert_int_equal(w.to_ns, at(to));
}

static void names(void **state ORX_UNUSED) {
    const char *now = "2026-01-02T12:00:00Z";
    const char *end = "2026-01-02T12:00:00.000000001Z";
    is("1h", 0, now, "2026-01-02T11:00:00Z", end);
    is("90m", 0, now, "2026-01-02T10:30:00Z", end);
    is("7d", 0, now, "2025-12-26T12:00:00Z", end);
    is("today", 0, now, "2026-01-02T00:00:00Z", end);
    is("yesterday", 0, now, "2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z");
    is("all", 0, now, "1970-01-01T00:00:00Z", end);
    orx_window w = {7, 7};
    static const char *const none[] = {"", "0h", "-1h", "tomorrow", "1x", "99999d"};
    for (size_t i = 0; i < ORX_ARRAY_LEN(none); i++)
        assert_false(orx_window_named(orx_view_of(none[i]), at(now), NULL, &w));
    assert_int_equal(w.from_ns, 7);
}

/* A day begins at midnight of the zone, not of UTC. */
static void days_of_a_zone(void **state ORX_UNUSED) {
    is("today", 2 * HOUR, "2026-01-02T23:00:00Z", "2026-01-02T22:00:00Z",
       "2026-01-02T23:00:00.000000001Z");
    is("today", -5 * HOUR, "2026-01-02T03:00:00Z", "2026-01-01T05:00:00Z",
       "2026-01-02T03:00:00.000000001Z");
    assert_int_equal(orx_day_begin(at("2026-01-02T00:00:00Z"), NULL), at("2026-01-02"));
    assert_int_equal(orx_day_begin(at("2026-01-01T23:59:59Z"), NULL), at("2026-01-01"));
    assert_int_equal(orx_day_begin(at("1969-12-31T12:00:00Z"), NULL), at("1969-12-31"));
}

/* Days of 23 and 25 hours, and one whose midnight there is not. */
static void days_where_clocks_are_put_forward_and_back(void **state ORX_UNUSED) {
    orx_zone berlin = {.has_rule = true};
    orx_zone chile = {.has_rule = true};
    assert_true(orx_zone_rule_parse(orx_view_of("CET-1CEST,M3.5.0,M10.5.0/3"), &berlin.rule));
    assert_true(orx_zone_rule_parse(orx_view_of("<-04>4<-03>,M9.1.6/24,M4.1.6/24"), &chile.rule));
    int64_t spring = orx_day_begin(at("2026-03-29T12:00:00Z"), &berlin);
    assert_int_equal(spring, at("2026-03-28T23:00:00Z"));
    assert_int_equal(orx_day_away(spring, 1, &berlin) - spring, 23 * HOUR);
    assert_int_equal(orx_day_begin(at("2026-03-29T21:59:59Z"), &berlin), spring);
    int64_t autumn = orx_day_begin(at("2026-10-25T01:30:00Z"), &berlin);
    assert_int_equal(autumn, at("2026-10-24T22:00:00Z"));
    assert_int_equal(orx_day_away(autumn, 1, &berlin) - autumn, 25 * HOUR);
    assert_int_equal(orx_day_begin(at("2026-10-25T22:59:59Z"), &berlin), autumn);
    assert_int_equal(orx_day_begin(at("2026-09-06T12:00:00Z"), &chile), at("2026-09-06T04:00:00Z"));
    assert_int_equal(orx_month_begin(at("2026-04-15T12:00:00Z"), &berlin),
                     at("2026-03-31T22:00:00Z"));
    assert_int_equal(orx_month_begin(at("2026-03-31T12:00:00Z"), &berlin),
                     at("2026-02-28T23:00:00Z"));
    orx_window w;
    assert_true(
        orx_window_named(orx_view_of("yesterday"), at("2026-03-30T10:00:00Z"), &berlin, &w));
    assert_int_equal(w.to_ns - w.from_ns, 23 * HOUR);
}

/* Every day that nanoseconds can say, by a calendar that only counts: centuries, leap days, and
 * what was before 1970. */
static void every_day_is_in_its_month(void **state ORX_UNUSED) {
    static const int lengths[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    int64_t day = at("1680-01-01");
    for (int year = 1680; year < 2260; year++)
        for (int month = 0; month < 12; month++) {
            bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
            int64_t begin = day;
            for (int i = 0; i < lengths[month] + (leap && month == 1); i++, day += 24 * HOUR) {
                assert_int_equal(orx_month_begin(day, NULL), begin);
                assert_int_equal(orx_month_begin(day + 24 * HOUR - 1, NULL), begin);
                assert_int_equal(orx_day_begin(day + 24 * HOUR - 1, NULL), day);
            }
        }
    assert_int_equal(day, at("2260-01-01"));
}

/* The rule of a zone in years that are leap years and in such that are not. */
static void clocks_are_put_forward_in_every_century(void **state ORX_UNUSED) {
    static const char *const years[][2] = {
        {"2000-03-26T01:00:00Z", "2000-10-29T01:00:00Z"},
        {"2096-03-25T01:00:00Z", "2096-10-28T01:00:00Z"},
        {"2100-03-28T01:00:00Z", "2100-10-31T01:00:00Z"},
        {"1968-03-31T01:00:00Z", "1968-10-27T01:00:00Z"},
        {"1900-03-25T01:00:00Z", "1900-10-28T01:00:00Z"},
    };
    orx_zone berlin = {.has_rule = true};
    assert_true(orx_zone_rule_parse(orx_view_of("CET-1CEST,M3.5.0,M10.5.0/3"), &berlin.rule));
    for (size_t i = 0; i < ORX_ARRAY_LEN(years); i++) {
        assert_int_equal(orx_zone_offset(&berlin, at(years[i][0]) - 1), HOUR);
        assert_int_equal(orx_zone_offset(&berlin, at(years[i][0])), 2 * HOUR);
        assert_int_equal(orx_zone_offset(&berlin, at(years[i][1]) - 1), 2 * HOUR);
        assert_int_equal(orx_zone_offset(&berlin, at(years[i][1])), HOUR);
    }
}

/* A change of the file counts from its moment on, and times before all of them are of the first
 * kind. */
static void changes_count_from_their_moment_on(void **state ORX_UNUSED) {
    const orx_zone_change change = {.at_ns = at("2026-03-01T00:00:00Z"), .offset_ns = 3 * HOUR};
    const orx_zone zone = {.changes = &change, .count = 1, .first_ns = HOUR};
    assert_int_equal(orx_zone_offset(&zone, change.at_ns - 1), HOUR);
    assert_int_equal(orx_zone_offset(&zone, change.at_ns), 3 * HOUR);
    assert_int_equal(orx_zone_span_of(&zone, change.at_ns).from_ns, change.at_ns);
    assert_int_equal(orx_zone_span_of(&zone, change.at_ns - 1).to_ns, change.at_ns);
    /* From one to three o'clock no clock shows anything: two hours are not there. */
    assert_int_equal(orx_zone_instant(&zone, at("2026-03-01T01:00:00Z")), change.at_ns);
    assert_int_equal(orx_zone_instant(&zone, at("2026-03-01T02:59:59Z")), change.at_ns);
    assert_int_equal(orx_zone_instant(&zone, at("2026-03-01T03:00:00Z")), change.at_ns);
    assert_int_equal(orx_zone_instant(&zone, at("2026-03-01T00:59:59Z")), change.at_ns - ORX_SEC);
}

static void times_are_in_the_zone(void **state ORX_UNUSED) {
    int64_t ns = 0;
    const orx_zone two = {.first_ns = 2 * HOUR};
    assert_true(orx_window_time(orx_view_of("2026-01-02"), &two, &ns));
    assert_int_equal(ns, at("2026-01-01T22:00:00Z"));
    assert_true(orx_window_time(orx_view_of("2026-01-02T10:00"), &two, &ns));
    assert_int_equal(ns, at("2026-01-02T08:00:00Z"));
    assert_true(orx_window_time(orx_view_of("2026-01-02T10:00Z"), &two, &ns));
    assert_int_equal(ns, at("2026-01-02T10:00:00Z"));
    assert_true(orx_window_time(orx_view_of("2026-01-02T10:00-05:00"), &two, &ns));
    assert_int_equal(ns, at("2026-01-02T15:00:00Z"));
    assert_false(orx_window_time(orx_view_of("soon"), NULL, &ns));
}

static void distances_from_utc(void **state ORX_UNUSED) {
    static const struct {
        const char *text;
        int64_t seconds;
    } rows[] = {{"UTC", 0},         {"utc", 0},       {"Z", 0},           {"+02:00", 7200},
                {"-03:30", -12600}, {"+0545", 20700}, {" +14:00 ", 50400}};
    int64_t s = 1;
    for (size_t i = 0; i < ORX_ARRAY_LEN(rows); i++) {
        assert_true(orx_utc_offset_parse(orx_view_of(rows[i].text), &s));
        assert_int_equal(s, rows[i].seconds);
    }
    static const char *const none[] = {"",      "2",      "+2",  "+15:00", "+02:60", "+02:10",
                                       "02:00", "+02-00", "CET", "+0a:00", "+02:000"};
    s = 7;
    for (size_t i = 0; i < ORX_ARRAY_LEN(none); i++)
        if (orx_utc_offset_parse(orx_view_of(none[i]), &s))
            fail_msg("%s was taken", none[i]);
    assert_int_equal(s, 7);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names),
        cmocka_unit_test(days_of_a_zone),
        cmocka_unit_test(days_where_clocks_are_put_forward_and_back),
        cmocka_unit_test(every_day_is_in_its_month),
        cmocka_unit_test(clocks_are_put_forward_in_every_century),
        cmocka_unit_test(changes_count_from_their_moment_on),
        cmocka_unit_test(times_are_in_the_zone),
        cmocka_unit_test(distances_from_utc),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

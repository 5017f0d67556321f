/* Time zones: against libc on everything the system's database has, and by hand on what it may not
 * have. */
#include "data/zone.h"

#include "platform/files.h"
#include "platform/sim/sim.h"

#include "test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define HOUR (3600 * ORX_SEC)

static int64_t at(const char *text) {
    int64_t ns = 0;
    assert_true(orx_iso_parse(orx_view_of(text), &ns));
    return ns;
}

/* A zone that is nothing but a rule. */
static orx_zone zone_of(const char *rule) {
    orx_zone z = {.name = "test", .has_rule = true};
    assert_true(orx_zone_rule_parse(orx_view_of(rule), &z.rule));
    return z;
}

static void rules_say_when_seasons_begin(void **state ORX_UNUSED) {
    const orx_zone berlin = zone_of("CET-1CEST,M3.5.0,M10.5.0/3");
    assert_int_equal(orx_zone_offset(&berlin, at("2026-03-29T00:59:59Z")), HOUR);
    assert_int_equal(orx_zone_offset(&berlin, at("2026-03-29T01:00:00Z")), 2 * HOUR);
    assert_int_equal(orx_zone_offset(&berlin, at("2026-10-25T00:59:59Z")), 2 * HOUR);
    assert_int_equal(orx_zone_offset(&berlin, at("2026-10-25T01:00:00Z")), HOUR);
    const orx_zone sydney = zone_of("AEST-10AEDT,M10.1.0,M4.1.0/3");
    assert_int_equal(orx_zone_offset(&sydney, at("2026-01-01T00:00:00Z")), 11 * HOUR);
    assert_int_equal(orx_zone_offset(&sydney, at("2026-07-01T00:00:00Z")), 10 * HOUR);
    const orx_zone dublin = zone_of("IST-1GMT0,M10.5.0,M3.5.0/1");
    assert_int_equal(orx_zone_offset(&dublin, at("2026-07-01T00:00:00Z")), HOUR);
    assert_int_equal(orx_zone_offset(&dublin, at("2026-12-31T23:59:59Z")), 0);
    const orx_zone howe = zone_of("<+1030>-10:30<+11>-11,M10.1.0,M4.1.0");
    assert_int_equal(orx_zone_offset(&howe, at("2026-01-01T00:00:00Z")), 11 * HOUR);
    assert_int_equal(orx_zone_offset(&howe, at("2026-07-01T00:00:00Z")), 10 * HOUR + HOUR / 2);
    const orx_zone by_day = zone_of("AAA0BBB,J60/0,300/-1");
    assert_int_equal(orx_zone_offset(&by_day, at("2024-02-29T23:00:00Z")), 0);
    assert_int_equal(orx_zone_offset(&by_day, at("2024-03-01T00:00:00Z")), HOUR);
    assert_int_equal(orx_zone_offset(&by_day, at("2025-10-27T21:59:59Z")), HOUR);
    assert_int_equal(orx_zone_offset(&by_day, at("2025-10-27T22:00:00Z")), 0);
    const orx_zone fixed = zone_of("<-03>3");
    assert_int_equal(orx_zone_offset(&fixed, at("2026-07-01T00:00:00Z")), -3 * HOUR);
}

static void what_is_no_rule_is_refused(void **state ORX_UNUSED) {
    static const char *const none[] = {"",
                                       "CE-1",
                                       "CET",
                                       "CET-25",
                                       "<+03-3",
                                       "CET-1CEST",
                                       "CET-1CEST,M3.5.0",
                                       "CET-1CEST,M3.5.0,M13.1.0",
                                       "CET-1CEST,M3.0.0,M10.5.0",
                                       "CET-1CEST,M3.5.7,M10.5.0",
                                       "CET-1CEST,J0,J1",
                                       "CET-1CEST,M3.5.0,M10.5.0/168",
                                       "CET-1CEST,M3.5.0,M10.5.0x",
                                       "CET-1:60"};
    orx_zone_rule r;
    for (size_t i = 0; i < ORX_ARRAY_LEN(none); i++)
        if (orx_zone_rule_parse(orx_view_of(none[i]), &r))
            fail_msg("\"%s\" is taken for a rule", none[i]);
}

static void is_instant(const orx_zone *z, const char *local, const char *utc) {
    char text[ORX_ISO_MAX];
    orx_iso_time(orx_zone_instant(z, at(local)), text);
    if (orx_zone_instant(z, at(local)) != at(utc))
        fail_msg("%s is %s, expected %s", local, text, utc);
}

static void local_time_has_gaps_and_repetitions(void **state ORX_UNUSED) {
    const orx_zone berlin = zone_of("CET-1CEST,M3.5.0,M10.5.0/3");
    is_instant(&berlin, "2026-03-29T00:00:00Z", "2026-03-28T23:00:00Z");
    is_instant(&berlin, "2026-03-29T02:30:00Z", "2026-03-29T01:00:00Z"); /* skipped */
    is_instant(&berlin, "2026-03-30T00:00:00Z", "2026-03-29T22:00:00Z"); /* 23 hours later */
    is_instant(&berlin, "2026-10-25T02:30:00Z", "2026-10-25T00:30:00Z"); /* the first of two */
    is_instant(&berlin, "2026-10-26T00:00:00Z", "2026-10-25T23:00:00Z"); /* 25 hours later */
    /* Midnight itself is skipped: Chile. */
    const orx_zone chile = zone_of("<-04>4<-03>,M9.1.6/24,M4.1.6/24");
    is_instant(&chile, "2026-09-06T00:00:00Z", "2026-09-06T04:00:00Z");
    is_instant(&chile, "2026-04-05T00:00:00Z", "2026-04-05T04:00:00Z");
    is_instant(NULL, "2026-03-29T02:30:00Z", "2026-03-29T02:30:00Z");
}

/* ---- Files ----------------------------------------------------------------------------------- */

static void put(orx_str *s, uint64_t n, int bytes) {
    while (bytes-- > 0)
        orx_str_addc(s, (char)(bytes < 8 ? n >> (8 * bytes) & 0xff : 0));
}

static void put_header(orx_str *s, int times, int types) {
    const int counts[] = {0, 0, 0, times, types, 4};
    orx_str_adds(s, "TZif2");
    put(s, 0, 15);
    for (size_t i = 0; i < ORX_ARRAY_LEN(counts); i++)
        put(s, (uint64_t)counts[i], 4);
}

static void put_type(orx_str *s, int seconds) {
    put(s, (uint64_t)seconds, 4);
    put(s, 0, 2);
}

/* An hour more from 2020-01-01 to 2021-01-01, and by the rule after that. */
static void put_file(orx_str *s, const char *rule) {
    put_header(s, 0, 1);
    put_type(s, 0);
    put(s, 0, 4);
    put_header(s, 2, 2);
    put(s, 1577836800, 8);
    put(s, 1609459200, 8);
    put(s, 1, 1);
    put(s, 0, 1);
    put_type(s, 0);
    put_type(s, 3600);
    put(s, 0, 4);
    orx_str_addf(s, "\n%s\n", rule);
}

static void a_file_is_read_from_the_database(void **state ORX_UNUSED) {
    ORX_CLEANUP(orx_str_free) orx_str file = {0};
    ORX_CLEANUP(orx_arena_free) orx_arena arena = {0};
    orx_err err = ORX_ERR_INIT;
    const orx_zone *z = NULL;
    orx_sim *sim = orx_sim_new(1);
    orx_sim_host *host = orx_sim_add_host(sim, "machine");
    orx_sim_set_env(host, "TZDIR", "/zones");
    orx_platform *p = orx_sim_platform(host);
    put_file(&file, "CET-1CEST,M3.5.0,M10.5.0/3");
    assert_ok(orx_mkdirs(p, "/zones/Some", false, &err), &err);
    assert_ok(orx_write_atomic(p, "/zones/Some/Where", orx_str_view(&file), 0644, &err), &err);
    assert_ok(orx_zone_load(p, "Some/Where", &arena, &z, &err), &err);
    assert_int_equal(orx_zone_offset(z, at("2019-07-01T00:00:00Z")), 0);
    assert_int_equal(orx_zone_offset(z, at("2020-07-01T00:00:00Z")), HOUR);
    assert_int_equal(orx_zone_offset(z, at("2021-01-01T00:00:00Z")), HOUR);
    assert_int_equal(orx_zone_offset(z, at("2021-07-01T00:00:00Z")), 2 * HOUR);
    assert_int_equal(orx_zone_load(p, "Some/Else", &arena, &z, &err), ORX_E_NOT_FOUND);
    assert_contains(err.msg, "/zones");
    static const char *const none[] = {"", "../etc/passwd", "/etc/passwd", "a b", "Some/"};
    for (size_t i = 0; i < ORX_ARRAY_LEN(none); i++)
        assert_int_equal(orx_zone_load(p, none[i], &arena, &z, &err), ORX_E_INVALID);
    assert_ok(orx_zone_load(p, "-03:30", &arena, &z, &err), &err);
    assert_int_equal(orx_zone_offset(z, 0), -7 * HOUR / 2);
    orx_sim_free(sim);
}

/* Every file cut off anywhere, and with any byte changed, is refused or answers. */
static void damaged_files_do_no_harm(void **state ORX_UNUSED) {
    ORX_CLEANUP(orx_str_free) orx_str file = {0};
    orx_err err = ORX_ERR_INIT;
    put_file(&file, "CET-1CEST,M3.5.0,M10.5.0/3");
    for (size_t len = 0; len < file.len; len++) {
        ORX_CLEANUP(orx_arena_free) orx_arena arena = {0};
        const orx_zone *z = NULL;
        assert_int_equal(orx_zone_read(orx_view_mem(file.buf, len), "x", &arena, &z, &err),
                         ORX_E_CORRUPT);
    }
    for (size_t i = 0; i < 256 * file.len; i++) {
        ORX_CLEANUP(orx_arena_free) orx_arena arena = {0};
        const orx_zone *z = NULL;
        char was = file.buf[i / 256];
        file.buf[i / 256] = (char)i;
        if (orx_zone_read(orx_str_view(&file), "x", &arena, &z, &err) == 0) {
            int64_t offset = orx_zone_offset(z, at("2026-07-01T00:00:00Z"));
            assert_true(offset >= -26 * HOUR && offset <= 26 * HOUR);
            (void)orx_zone_instant(z, at("2026-07-01T00:00:00Z"));
        }
        file.buf[i / 256] = was;
    }
}

/* ---- libc ------------------------------------------------------------------------------------ */

static void same_as_libc(orx_platform *p, const char *name) {
    ORX_CLEANUP(orx_arena_free) orx_arena arena = {0};
    orx_err err = ORX_ERR_INIT;
    const orx_zone *z = NULL;
    assert_ok(orx_zone_load(p, name, &arena, &z, &err), &err);
    assert_int_equal(setenv("TZ", name, 1), 0);
    tzset();
    /* Every 5 hours and 17 seconds from 1969 to 2075. */
    for (int64_t t = INT64_C(-365) * 86400; t < INT64_C(3313267200); t += 5 * 3600 + 17) {
        struct tm tm;
        time_t moment = (time_t)t;
        assert_non_null(localtime_r(&moment, &tm));
        if (orx_zone_offset(z, t * ORX_SEC) / ORX_SEC != tm.tm_gmtoff)
            fail_msg("%s at %lld: %lld, libc says %ld", name, (long long)t,
                     (long long)(orx_zone_offset(z, t * ORX_SEC) / ORX_SEC), tm.tm_gmtoff);
    }
}

static void the_database_says_what_libc_says(void **state ORX_UNUSED) {
    static const char *const names[] = {"UTC",
                                        "Europe/Berlin",
                                        "Europe/Dublin",
                                        "America/New_York",
                                        "America/St_Johns",
                                        "America/Santiago",
                                        "America/Sao_Paulo",
                                        "Australia/Lord_Howe",
                                        "Africa/Casablanca",
                                        "Asia/Kathmandu",
                                        "Asia/Tehran",
                                        "Pacific/Apia",
                                        "Antarctica/Troll",
                                        "Asia/Gaza",
                                        "Pacific/Chatham",
                                        "America/Havana",
                                        "America/Nuuk"};
    orx_err err = ORX_ERR_INIT;
    orx_platform *p = NULL;
    size_t there = 0;
    assert_ok(orx_platform_uv_new(&p, &err), &err);
    for (size_t i = 0; i < ORX_ARRAY_LEN(names); i++) {
        char path[128];
        (void)snprintf(path, sizeof path, "/usr/share/zoneinfo/%s", names[i]);
        if (strcmp(names[i], "UTC") != 0 && !orx_exists(p, path))
            continue;
        there++;
        same_as_libc(p, names[i]);
    }
    orx_platform_free(p);
    if (there < 2)
        skip();
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rules_say_when_seasons_begin),
        cmocka_unit_test(what_is_no_rule_is_refused),
        cmocka_unit_test(local_time_has_gaps_and_repetitions),
        cmocka_unit_test(a_file_is_read_from_the_database),
        cmocka_unit_test(damaged_files_do_no_harm),
        cmocka_unit_test(the_database_says_what_libc_says),
    };
    (void)unsetenv("TZDIR");
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* The log of a unit: lines, secrets, rotation, disks that fill. */
#include "sim.h"

#include <stdio.h>

static orx_log *open_log(world *w, int64_t max_bytes, int64_t max_age_ns, int64_t keep) {
    const orx_log_limits limits = {max_bytes, max_age_ns, keep};
    return orx_log_new(w->p, ROOT "/logs/one.log", &limits, &w->secrets);
}

static char *log_file(world *w, int n) {
    char path[64];
    (void)snprintf(path, sizeof path, n ? ROOT "/logs/one.log.%d" : ROOT "/logs/one.log", n);
    return content(w, path);
}

static void expect_log(world *w, int n, const char *part) {
    char *text = log_file(w, n);
    assert_contains(text, part);
    free(text);
}

static void streams_are_not_mixed_up(void **state) {
    (void)state;
    world w;
    world_open(&w, 1);
    orx_log *log = open_log(&w, 0, 0, 0);
    orx_log_add(log, 1, orx_view_of("one "));
    orx_log_add(log, 2, orx_view_of("error "));
    orx_log_add(log, 1, orx_view_of("line\n\nthe rest"));
    orx_log_add(log, 2, orx_view_of("line\n"));
    orx_log_say(log, "supervisor: %s", "speaks");
    orx_log_free(log);
    char *text = log_file(&w, 0);
    static const char *const expected[] = {"one line", "", "error line", "supervisor: speaks",
                                           "the rest"};
    orx_view rest = orx_view_of(text);
    for (size_t i = 0; i < ORX_ARRAY_LEN(expected); i++) {
        orx_view line;
        int64_t at = 0;
        assert_true(orx_view_split(&rest, '\n', &line));
        assert_true(orx_log_time(line, &at));
        assert_true(at > 0 && at <= orx_wall_ns(w.p));
        assert_true(orx_view_ends(line, expected[i]));
    }
    assert_int_equal(rest.len, 0);
    free(text);
    world_close(&w);
}

/* A secret that comes in pieces, and one across the place where a long line is cut. */
static void secrets_are_found_wherever_they_fall(void **state) {
    (void)state;
    static const char secret[] = "hunter2-and-more";
    for (size_t shift = 0; shift <= sizeof secret; shift++) {
        world w;
        world_open(&w, 2);
        orx_log *log = open_log(&w, 0, 0, 0);
        orx_str line = {0};
        while (line.len < ORX_LOG_LINE_MAX - shift)
            orx_str_addc(&line, 'x');
        orx_str_adds(&line, secret);
        orx_str_adds(&line, " and the rest of it\n");
        for (size_t at = 0; at < line.len; at += 1000) {
            size_t n = line.len - at < 1000 ? line.len - at : 1000;
            orx_log_add(log, 1, (orx_view){line.buf + at, n});
        }
        orx_str_free(&line);
        orx_log_free(log);
        char *text = log_file(&w, 0);
        assert_null(strstr(text, "hunter2"));
        assert_contains(text, "and the rest of it\n");
        size_t stars = 0;
        for (const char *c = text; *c; c++)
            stars += *c == '*';
        assert_int_equal(stars, sizeof secret - 1);
        free(text);
        world_close(&w);
    }
}

static void big_files_make_room(void **state) {
    (void)state;
    world w;
    world_open(&w, 3);
    orx_log *log = open_log(&w, 1000, 0, 2);
    for (int i = 0; i < 100; i++)
        orx_log_say(log, "line %03d", i);
    orx_log_free(log);
    expect_log(&w, 0, "line 099");
    for (int n = 0; n <= 2; n++) {
        char *text = log_file(&w, n);
        assert_true(strlen(text) > 0 && strlen(text) <= 1000);
        free(text);
    }
    assert_false(orx_exists(w.p, ROOT "/logs/one.log.3"));
    /* Nothing is lost between two files. */
    char *old = log_file(&w, 1);
    char *now = log_file(&w, 0);
    long last = strtol(strrchr(old, ' ') + 1, NULL, 10);
    long first = strtol(strstr(now, "line ") + 5, NULL, 10);
    assert_int_equal(first, last + 1);
    free(old);
    free(now);
    world_close(&w);
}

static void old_files_make_room_also_after_a_restart(void **state) {
    (void)state;
    world w;
    world_open(&w, 4);
    orx_log *log = open_log(&w, 0, 86400 * ORX_SEC, 1);
    orx_log_say(log, "first day");
    orx_log_free(log);
    pass(&w, 80000 * ORX_SEC);
    log = open_log(&w, 0, 86400 * ORX_SEC, 1);
    orx_log_say(log, "still the first day");
    pass(&w, 10000 * ORX_SEC);
    orx_log_say(log, "second day");
    orx_log_free(log);
    expect_log(&w, 1, "still the first day");
    expect_log(&w, 0, "second day");
    char *now = log_file(&w, 0);
    assert_null(strstr(now, "first"));
    free(now);
    world_close(&w);
}

static void a_full_disk_costs_lines_and_says_so(void **state) {
    (void)state;
    world w;
    world_open(&w, 5);
    orx_log *log = open_log(&w, 0, 0, 0);
    orx_log_say(log, "before");
    orx_sim_set_capacity(w.host, 1);
    orx_str big = {0};
    for (int i = 0; i < 5000; i++)
        orx_str_addc(&big, 'x');
    for (int i = 0; i < 3; i++)
        orx_log_say(log, "%s", big.buf);
    orx_str_free(&big);
    orx_sim_set_capacity(w.host, 0);
    orx_log_say(log, "after");
    orx_log_free(log);
    expect_log(&w, 0, "supervisor: 3 lines could not be written here\n");
    expect_log(&w, 0, "after\n");
    world_close(&w);
}

static void what_is_no_line_of_a_log_has_no_time(void **state) {
    (void)state;
    int64_t at = 7;
    static const char *const bad[] = {"",
                                      "[",
                                      "text",
                                      "[]",
                                      "[2026-13-01T00:00:00+00:00] x",
                                      "[2026-01-01T00:00:00.000000+00:00 x"};
    for (size_t i = 0; i < ORX_ARRAY_LEN(bad); i++)
        assert_false(orx_log_time(orx_view_of(bad[i]), &at));
    assert_int_equal(at, 7);
    assert_true(orx_log_time(orx_view_of("[1970-01-01T00:00:01.000000+00:00] x"), &at));
    assert_int_equal(at, ORX_SEC);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(streams_are_not_mixed_up),
        cmocka_unit_test(secrets_are_found_wherever_they_fall),
        cmocka_unit_test(big_files_make_room),
        cmocka_unit_test(old_files_make_room_also_after_a_restart),
        cmocka_unit_test(a_full_disk_costs_lines_and_says_so),
        cmocka_unit_test(what_is_no_line_of_a_log_has_no_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

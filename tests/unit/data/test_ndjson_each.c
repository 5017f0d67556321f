#include "data/ndjson.h"

#include "support.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* What the callback saw, one line each: "3 {...}" or "3 ! problem". */
typedef struct seen {
    orx_str text;
    orx_arena *arena;
    int stop_after; /* 0 = never */
    int calls;
    bool empty_between; /* the arena is emptied after each row */
} seen;

static bool note(int64_t line, const orx_node *row, const char *problem, void *user) {
    seen *s = user;
    assert_true((row == NULL) == (problem != NULL));
    orx_str_addf(&s->text, "%" PRId64 " ", line);
    if (row)
        orx_json_write(&s->text, row, ORX_JSON_OURS);
    else
        orx_str_addf(&s->text, "! %s", problem);
    orx_str_addc(&s->text, '\n');
    if (s->empty_between)
        orx_arena_free(s->arena);
    return ++s->calls != s->stop_after;
}

static void assert_seen(orx_view text, int good, const char *expected) {
    for (int empty = 0; empty < 2; empty++) {
        ORX_CLEANUP(orx_arena_free) orx_arena a = {0};
        seen s = {.arena = &a, .empty_between = empty};
        assert_int_equal(orx_ndjson_each(&a, "f", text, note, &s, NULL), good);
        assert_string_equal(orx_str_cstr(&s.text), expected);
        orx_str_free(&s.text);
    }
}

static void good_rows(void **state) {
    (void)state;
    assert_seen(orx_view_of("{\"a\":1}\n{\"b\": [2]}\n"), 2, "1 {\"a\":1}\n2 {\"b\":[2]}\n");
    assert_seen(orx_view_of("{}\r\n{}\r\n"), 2, "1 {}\n2 {}\n");
    assert_seen(orx_view_of(""), 0, "");
    assert_seen((orx_view){NULL, 0}, 0, "");
}

static void blank_lines_are_passed_over(void **state) {
    (void)state;
    assert_seen(orx_view_of("\n\n{\"a\":1}\n  \t\r\n{\"b\":2}\n\n"), 2,
                "3 {\"a\":1}\n5 {\"b\":2}\n");
}

static void bad_rows_are_reported_and_reading_goes_on(void **state) {
    (void)state;
    assert_seen(orx_view_of("{\"a\":1}\n{\"a\":}\n[1]\n7\n{\"a\":1,\"a\":2}\n{\"b\":2}\n"), 2,
                "1 {\"a\":1}\n"
                "2 ! f:2:6: expected a value, found '}'\n"
                "3 ! f:3:1: expected an object in every line, found an array\n"
                "4 ! f:4:1: expected an object in every line, found an integer\n"
                "5 ! f:5:8: expected every key once, found \"a\" again (first at 5:2): remove one "
                "of them\n"
                "6 {\"b\":2}\n");
    assert_seen(orx_view_mem("{}\n\0\0\0\n{}\n", 10), 2,
                "1 {}\n"
                "2 ! f:2:1: expected text, found a NUL byte: the file is damaged or not JSON\n"
                "3 {}\n");
    assert_seen(orx_view_of("{\"a\":\"\xFF\"}\n{}\n"), 1,
                "1 ! f:1:7: expected UTF-8, found the byte 0xFF: save the file as UTF-8\n"
                "2 {}\n");
}

static void a_torn_last_row_is_said_to_be_torn(void **state) {
    (void)state;
    assert_seen(orx_view_of("{}\n{\"a\": \"x"), 1,
                "1 {}\n"
                "2 ! torn row (no newline at the end): f:2:7: expected '\"' at the end of the "
                "string that starts here, found the end of the file\n");
    /* Whole, though its newline is missing: no proper prefix of an object is one. */
    assert_seen(orx_view_of("{}\n{\"a\": 1}"), 2, "1 {}\n2 {\"a\":1}\n");
}

static bool check_place(int64_t line, const orx_node *row, const char *problem, void *user) {
    (void)user;
    assert_null(problem);
    assert_int_equal(line, 3);
    assert_int_equal(row->line, 3);
    assert_int_equal(row->column, 3);
    assert_int_equal(orx_node_path(row, "a[0]")->line, 3);
    assert_int_equal(orx_node_get(row, "a")->key_column, 4);
    return true;
}

static void nodes_know_their_line(void **state) {
    (void)state;
    ORX_CLEANUP(orx_arena_free) orx_arena a = {0};
    orx_view text = orx_view_of("\n\n  {\"a\": [1]}\n");
    assert_int_equal(orx_ndjson_each(&a, "f", text, check_place, NULL, NULL), 1);
}

static void the_callback_may_stop(void **state) {
    (void)state;
    ORX_CLEANUP(orx_arena_free) orx_arena a = {0};
    seen s = {.arena = &a, .stop_after = 2};
    orx_view text = orx_view_of("{}\nbad\n{}\n{}\n");
    assert_int_equal(orx_ndjson_each(&a, "f", text, note, &s, NULL), 1);
    assert_int_equal(s.calls, 2);
    orx_str_free(&s.text);
}

static void long_rows(void **state) {
    (void)state;
    ORX_CLEANUP(orx_arena_free) orx_arena a = {0};
    ORX_CLEANUP(orx_str_free) orx_str text = {0};
    char *body = repeat("x", ORX_NDJSON_LINE_MAX - 8);
    orx_str_addf(&text, "{\"a\":\"%s\"}\n{\"a\":\"%sx\"}\n{}\n", body, body);
    seen s = {.arena = &a, .stop_after = -1};
    assert_int_equal(orx_ndjson_each(&a, "f", orx_str_view(&text), note, &s, NULL), 2);
    assert_int_equal(s.calls, 3);
    assert_contains(s.text.buf + ORX_NDJSON_LINE_MAX, "2 ! f: expected at most 8388608 bytes");
    orx_str_free(&s.text);
    free(body);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(good_rows),
        cmocka_unit_test(blank_lines_are_passed_over),
        cmocka_unit_test(bad_rows_are_reported_and_reading_goes_on),
        cmocka_unit_test(a_torn_last_row_is_said_to_be_torn),
        cmocka_unit_test(nodes_know_their_line),
        cmocka_unit_test(the_callback_may_stop),
        cmocka_unit_test(long_rows),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#include "data/ndjson.h"

#include "files.h"

#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static const orx_node *row(fixture *fx, const char *json) {
    return must_parse(orx_json_parse, &fx->arena, json);
}

static void append(fixture *fx, const char *json, bool sync) {
    assert_ok(orx_ndjson_append(fx->p, fx->path, row(fx, json), sync, &fx->err), &fx->err);
}

static void assert_content(fixture *fx, const char *expected) {
    assert_string_equal(get_file(fx).p, expected);
}

static void rows_have_the_predecessors_form(void **state) {
    fixture *fx = *state;
    append(fx, "{\"b\":[1,2.0],\"a\":\"\\u00e9\"}", false);
    append(fx, "{}", true);
    append(fx, "{\"a\":{\"d\":null,\"c\":true}}", true);
    assert_content(fx, "{\"a\": \"\\u00e9\", \"b\": [1, 2.0]}\n{}\n"
                       "{\"a\": {\"c\": true, \"d\": null}}\n");
}

static void a_torn_row_spoils_no_other(void **state) {
    fixture *fx = *state;
    put_file(fx, orx_view_of("{\"a\": 1}\n{\"tor"));
    append(fx, "{\"b\":2}", false);
    append(fx, "{\"c\":3}", false);
    assert_content(fx, "{\"a\": 1}\n{\"tor\n{\"b\": 2}\n{\"c\": 3}\n");
    put_file(fx, orx_view_of(""));
    append(fx, "{\"b\":2}", false);
    assert_content(fx, "{\"b\": 2}\n");
}

static void only_objects_are_rows(void **state) {
    fixture *fx = *state;
    static const char *const bad[] = {"[]", "1", "null", "\"x\""};
    for (size_t i = 0; i < ORX_ARRAY_LEN(bad); i++) {
        assert_int_equal(orx_ndjson_append(fx->p, fx->path, row(fx, bad[i]), false, &fx->err),
                         ORX_E_INVALID);
        assert_contains(fx->err.msg, "rows.ndjson: expected an object to append, found ");
    }
    assert_false(orx_exists(fx->p, fx->path));
}

static void a_row_is_no_longer_than_what_is_read(void **state) {
    fixture *fx = *state;
    char *body = repeat("x", ORX_NDJSON_LINE_MAX - 8);
    orx_node *n = orx_node_new(&fx->arena, ORX_OBJECT);
    orx_node_set_str(&fx->arena, n, "a", body);
    assert_int_equal(orx_ndjson_append(fx->p, fx->path, n, false, &fx->err), ORX_E_LIMIT);
    assert_contains(fx->err.msg, "at most 8388608 bytes, found 8388609");
    assert_false(orx_exists(fx->p, fx->path));
    free(body);
}

static void failures_name_the_file(void **state) {
    fixture *fx = *state;
    assert_true(orx_ndjson_append(fx->p, fx->dir, row(fx, "{}"), false, &fx->err) < 0);
    assert_contains(fx->err.msg, fx->dir);
    char *path = orx_path_join(&fx->arena, fx->dir, "missing/rows.ndjson");
    assert_int_equal(orx_ndjson_append(fx->p, path, row(fx, "{}"), false, &fx->err),
                     ORX_E_NOT_FOUND);
    assert_contains(fx->err.msg, "missing");
    assert_int_equal(orx_ndjson_append(fx->p, path, row(fx, "{}"), false, NULL), ORX_E_NOT_FOUND);
}

#define WRITERS 4
#define ROWS    50

static void write_many(const char *path, int writer) {
    orx_platform *p = NULL;
    if (orx_platform_uv_new(&p, NULL) < 0)
        _exit(1);
    orx_arena a = {0};
    char *body = repeat("x", 3000);
    for (int i = 0; i < ROWS; i++) {
        orx_node *n = orx_node_new(&a, ORX_OBJECT);
        orx_node_set_int(&a, n, "writer", writer);
        orx_node_set_str(&a, n, "text", body);
        if (orx_ndjson_append(p, path, n, false, NULL) < 0)
            _exit(1);
    }
    _exit(0);
}

static bool count_writer(int64_t line, const orx_node *n, const char *problem, void *user) {
    (void)line;
    if (problem)
        fail_msg("%s", problem);
    int *counts = user;
    counts[orx_node_int(orx_node_get(n, "writer"), 0)]++;
    return true;
}

static void rows_of_several_processes_do_not_mix(void **state) {
    fixture *fx = *state;
    for (int w = 0; w < WRITERS; w++)
        if (fork() == 0)
            write_many(fx->path, w);
    for (int w = 0; w < WRITERS; w++) {
        int status = 1;
        assert_true(wait(&status) > 0);
        assert_int_equal(status, 0);
    }
    int counts[WRITERS] = {0};
    orx_view text = get_file(fx);
    assert_int_equal(orx_ndjson_each(&fx->arena, "f", text, count_writer, counts, &fx->err),
                     WRITERS * ROWS);
    for (int w = 0; w < WRITERS; w++)
        assert_int_equal(counts[w], ROWS);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(rows_have_the_predecessors_form), TEST(a_torn_row_spoils_no_other),
        TEST(only_objects_are_rows),           TEST(a_row_is_no_longer_than_what_is_read),
        TEST(failures_name_the_file),          TEST(rows_of_several_processes_do_not_mix),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

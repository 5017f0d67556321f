#include "load.h"

#include "base/str.h"

static void a_list_of_tasks(void **state) {
    (void)state;
    orx_arena a = {0};
    orx_err err = ORX_ERR_INIT;
    orx_task_list list = {0};
    assert_ok(
        load_text(&a,
                  "[{\"id\": \"one\", \"owner\": \"claude\", \"priority\": 3, \"title\": \"T\","
                  " \"description\": \"D\", \"acceptance\": [\"x\", \"y\"]},\n"
                  " {\"id\": \"two\", \"owner\": \"gemini\", \"priority\": \"0\","
                  " \"title\": \"T\", \"description\": \"D\", \"depends_on\": [\"one\"]}]",
                  three_owners, false, &list, &err),
        &err);
    assert_int_equal(list.count, 2);
    assert_string_equal(task_at(&list, 0)->id, "one");
    assert_string_equal(task_at(&list, 0)->owner, "claude");
    assert_int_equal(task_at(&list, 0)->priority, 3);
    assert_string_equal(task_at(&list, 0)->acceptance[1], "y");
    assert_null(task_at(&list, 0)->acceptance[2]);
    assert_null(task_at(&list, 0)->depends_on[0]);
    assert_int_equal(task_at(&list, 1)->priority, 0);
    assert_string_equal(task_at(&list, 1)->depends_on[0], "one");
    assert_int_equal(task_at(&list, 1)->line, 2);
    orx_arena_free(&a);
}

static void an_empty_list_and_an_object_with_tasks(void **state) {
    (void)state;
    orx_arena a = {0};
    orx_err err = ORX_ERR_INIT;
    orx_task_list list = {0};
    assert_ok(load_text(&a, "[]", three_owners, false, &list, &err), &err);
    assert_int_equal(list.count, 0);
    assert_ok(load_text(&a, "{\"tasks\": [" TASK("a", "") "]}", three_owners, false, &list, &err),
              &err);
    assert_int_equal(list.count, 1);
    orx_arena_free(&a);
}

/* The predecessor's single object: owner from the id's first part, title from the id, acceptance
 * from validation_steps, never backlog. */
static void a59_the_legacy_single_object(void **state) {
    (void)state;
    orx_arena a = {0};
    orx_err err = ORX_ERR_INIT;
    orx_task_list list = {0};
    assert_ok(load_text(&a,
                        "{\"task\": \"gemini-queue-sweep\", \"validation_steps\": [\"v\"],"
                        " \"priority\": -4}",
                        three_owners, false, &list, &err),
              &err);
    assert_int_equal(list.count, 1);
    assert_string_equal(task_at(&list, 0)->id, "gemini-queue-sweep");
    assert_string_equal(task_at(&list, 0)->owner, "gemini");
    assert_string_equal(task_at(&list, 0)->title, "gemini queue sweep");
    assert_string_equal(task_at(&list, 0)->acceptance[0], "v");
    assert_int_equal(task_at(&list, 0)->priority, 1);
    assert_false(task_at(&list, 0)->backlog);
    assert_ok(load_text(&a, "{\"id\": \"other-thing\"}", three_owners, false, &list, &err), &err);
    assert_string_equal(task_at(&list, 0)->owner, "codex");
    orx_arena_free(&a);
}

static void refused(const char *text, const char *expected) {
    orx_arena a = {0};
    orx_err err = ORX_ERR_INIT;
    orx_task_list list = {.count = 77};
    int rc = load_text(&a, text, three_owners, false, &list, &err);
    assert_int_equal(rc, ORX_E_INVALID);
    assert_contains(err.msg, "tasks.json:");
    assert_contains(err.msg, expected);
    assert_int_equal(list.count, 77);
    orx_arena_free(&a);
}

static void what_is_refused_names_place_and_value(void **state) {
    (void)state;
    refused("[1]", "a task must be an object, found an integer");
    refused("\"x\"", "expected a list of tasks, found a string");
    refused("[{\"id\": \"a\"}]", "\"owner\"");
    refused("[" TASK("a", ", \"owner2\": 1") ", " TASK("a", "") "]", "used twice, first at line 1");
    refused("[{\"id\": \"a\", \"owner\": \"bob\", \"priority\": 1, \"title\": \"t\","
            " \"description\": \"d\"}]",
            "unknown owner \"bob\": it names no configured provider (codex, gemini, claude)");
    refused("[{\"id\": 5, \"owner\": \"codex\", \"priority\": 1, \"title\": \"t\","
            " \"description\": \"d\"}]",
            "\"id\" must be a string");
    refused("[{\"id\": \"a\", \"owner\": \"codex\", \"priority\": 1.5, \"title\": \"t\","
            " \"description\": \"d\"}]",
            "\"priority\" must be an integer");
    refused("[" TASK("a", ", \"depends_on\": [3]") "]", "must hold strings only");
    refused("[" TASK("a", ", \"depends_on\": \"b\"") "]", "must be a list of strings");
    refused("[" TASK("a", ", \"acceptance\": {}") "]", "must be a list of strings");
    refused("[" TASK("a", ", \"acceptance\": [\"x\\u0000y\"]") "]",
            "\"acceptance\" contains a NUL");
    refused("[" TASK("a", ", \"depends_on\": [\"b\\u0000c\"]") "]",
            "\"depends_on\" contains a NUL");
}

static void a_model_of_its_own(void **state) {
    (void)state;
    orx_arena a = {0};
    orx_err err = ORX_ERR_INIT;
    orx_task_list list = {0};
    assert_ok(load_text(&a,
                        "[" TASK("a", ", \"model\": \"router-mf-0.11593\"") ", " TASK(
                            "b", ", \"model\": \"qwen/qwen3\"") ", " TASK("c", "") "]",
                        three_owners, false, &list, &err),
              &err);
    assert_string_equal(task_at(&list, 0)->model, "router-mf-0.11593");
    assert_string_equal(task_at(&list, 1)->model, "qwen/qwen3");
    assert_null(task_at(&list, 2)->model);
    orx_arena_free(&a);
    refused(
        "[" TASK("a", ", \"model\": \"router-mf-1.2\"") "]",
        "\"router-mf-1.2\": the threshold of router-NAME-THRESHOLD must be a number from 0 to 1");
    refused("[" TASK("a", ", \"model\": \"router-mf\"") "]", "expected router-NAME-THRESHOLD");
    refused("[" TASK("a", ", \"model\": 7") "]", "\"model\" must be a string");
}

static void ids_that_could_hurt_are_refused(void **state) {
    (void)state;
    refused("[" TASK("a/b", "") "]", "task id \"a/b\" is not allowed");
    refused("[" TASK("..", "") "]", "is not allowed");
    refused("[" TASK("a\\nb", "") "]", "task id \"a?b\" is not allowed");
    refused("[" TASK("", "") "]", "is not allowed");
    refused("[" TASK("-x", "") "]", "is not allowed");
    refused("[" TASK("a\\u0000b", "") "]", "NUL");
    ORX_CLEANUP(orx_str_free) orx_str big = {0};
    orx_str_adds(&big, "[{\"id\": \"");
    for (int i = 0; i < 4096; i++)
        orx_str_addc(&big, 'a');
    orx_str_adds(&big, "\", \"owner\": \"codex\", \"priority\": 1, \"title\": \"t\","
                       " \"description\": \"d\"}]");
    refused(big.buf, "1 to 180");
    assert_true(orx_task_id_ok(orx_view_of("A-1_b.c:d@e+f=g#h")));
}

static void too_many_dependencies(void **state) {
    (void)state;
    ORX_CLEANUP(orx_str_free) orx_str s = {0};
    orx_str_adds(&s, "[{\"id\": \"a\", \"owner\": \"codex\", \"priority\": 1, \"title\": \"t\","
                     " \"description\": \"d\", \"depends_on\": [");
    for (int i = 0; i < 10000; i++)
        orx_str_addf(&s, "%s\"d%d\"", i ? "," : "", i);
    orx_str_adds(&s, "]}]");
    refused(s.buf, "has 10000 entries, at most 1000");
}

static void owners_are_free_when_none_are_given(void **state) {
    (void)state;
    orx_arena a = {0};
    orx_err err = ORX_ERR_INIT;
    orx_task_list list = {0};
    assert_ok(load_text(&a,
                        "[{\"id\": \"a\", \"owner\": \"aider\", \"priority\": 1, \"title\": \"t\","
                        " \"description\": \"d\"}]",
                        NULL, false, &list, &err),
              &err);
    assert_int_equal(load_text(&a,
                               "[{\"id\": \"a\", \"owner\": \"../x\", \"priority\": 1,"
                               " \"title\": \"t\", \"description\": \"d\"}]",
                               NULL, false, &list, &err),
                     ORX_E_INVALID);
    orx_arena_free(&a);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_list_of_tasks),
        cmocka_unit_test(an_empty_list_and_an_object_with_tasks),
        cmocka_unit_test(a59_the_legacy_single_object),
        cmocka_unit_test(what_is_refused_names_place_and_value),
        cmocka_unit_test(a_model_of_its_own),
        cmocka_unit_test(ids_that_could_hurt_are_refused),
        cmocka_unit_test(too_many_dependencies),
        cmocka_unit_test(owners_are_free_when_none_are_given),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

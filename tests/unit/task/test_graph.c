#include "load.h"

#include "base/str.h"

static int graph(const char *text, bool dangling_ok, orx_err *err) {
    orx_arena a = {0};
    orx_task_list list = {0};
    int rc = load_text(&a, text, three_owners, dangling_ok, &list, err);
    orx_arena_free(&a);
    return rc;
}

static void b14_cycles_are_named_with_their_path(void **state) {
    (void)state;
    orx_err err = ORX_ERR_INIT;
    assert_int_equal(
        graph(
            "[" TASK("x", ", \"depends_on\": [\"a\"]") ",\n" TASK(
                "a", ", \"depends_on\": [\"b\"]") ",\n" TASK("b", ", \"depends_on\": [\"a\"]") "]",
            false, &err),
        ORX_E_INVALID);
    assert_contains(err.msg, "tasks.json:2:");
    assert_contains(err.msg, "a -> b -> a");
    assert_int_equal(graph("[" TASK("s", ", \"depends_on\": [\"s\"]") "]", false, &err),
                     ORX_E_INVALID);
    assert_contains(err.msg, "s -> s");
}

static void shared_dependencies_are_no_cycle(void **state) {
    (void)state;
    orx_err err = ORX_ERR_INIT;
    assert_ok(
        graph(
            "[" TASK("a", ", \"depends_on\": [\"b\", \"c\"]") "," TASK(
                "b",
                ", \"depends_on\": [\"d\"]") "," TASK("c",
                                                      ", \"depends_on\": [\"d\"]") "," TASK("d",
                                                                                            "") "]",
            false, &err),
        &err);
}

static void dangling_ids_are_errors_unless_allowed(void **state) {
    (void)state;
    orx_err err = ORX_ERR_INIT;
    const char *text = "[" TASK("build", "") "," TASK("b", ", \"depends_on\": [\"biuld\"]") "]";
    assert_int_equal(graph(text, false, &err), ORX_E_INVALID);
    assert_contains(err.msg, "task \"b\" depends on \"biuld\", which does not exist");
    assert_contains(err.msg, "did you mean \"build\"?");
    assert_ok(graph(text, true, &err), &err);
}

/* A chain as deep as the limit of tasks in a lane must neither overflow the stack nor be slow. */
static void deep_chains_need_no_stack(void **state) {
    (void)state;
    ORX_CLEANUP(orx_str_free) orx_str s = {0};
    orx_str_addc(&s, '[');
    for (int i = 0; i < 200000; i++)
        orx_str_addf(&s,
                     "%s{\"id\":\"t%d\",\"owner\":\"codex\",\"priority\":1,\"title\":\"t\","
                     "\"description\":\"d\",\"depends_on\":[\"t%d\"]}",
                     i ? "," : "", i, i + 1);
    orx_str_adds(&s, ",{\"id\":\"t200000\",\"owner\":\"codex\",\"priority\":1,\"title\":\"t\","
                     "\"description\":\"d\"}]");
    orx_err err = ORX_ERR_INIT;
    assert_ok(graph(s.buf, false, &err), &err);
    /* The same chain closed to a ring of 200,001. */
    orx_str_truncate(&s, s.len - 2);
    orx_str_adds(&s, ",\"depends_on\":[\"t0\"]}]");
    assert_int_equal(graph(s.buf, false, &err), ORX_E_INVALID);
    assert_contains(err.msg, "t0 -> t1 -> ");
    assert_contains(err.msg, "... -> ");
    assert_contains(err.msg, "t200000 -> t0");
}

static void a_dependency_elsewhere_has_to_be_an_id(void **state) {
    (void)state;
    orx_err err = ORX_ERR_INIT;
    assert_ok(graph("[" TASK("a", ", \"depends_on\": [\"other-lane:7\"]") "]", true, &err), &err);
    assert_int_equal(graph("[" TASK("a", ", \"depends_on\": [\"../b\"]") "]", true, &err),
                     ORX_E_INVALID);
    assert_contains(err.msg, "\"../b\", which cannot be the id of a task");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_dependency_elsewhere_has_to_be_an_id),
        cmocka_unit_test(b14_cycles_are_named_with_their_path),
        cmocka_unit_test(shared_dependencies_are_no_cycle),
        cmocka_unit_test(dangling_ids_are_errors_unless_allowed),
        cmocka_unit_test(deep_chains_need_no_stack),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

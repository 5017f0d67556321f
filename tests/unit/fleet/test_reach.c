/* Whom of those elsewhere can be reached, each server once. */
#include "fleet/reach.h"

#include "data/json.h"
#include "test.h"

static orx_arena arena;

#define ROW(name, url, ok, status)                                                                 \
    "{\"id\": \"" name "\", \"api_base\": \"" url "\", \"ok\": " ok ", \"status_code\": " status   \
    ", \"error\": \"it failed\"}"
#define UP(name)         ROW(name, "https://" name ".example.com", "true", "200")
#define SAYS(name, code) ROW(name, "https://" name ".example.com", "false", code)

static void take(orx_reaches *list, const char *rows) {
    orx_err err = ORX_ERR_INIT;
    const orx_node *doc = NULL;
    ORX_CLEANUP(orx_str_free) orx_str text = {0};
    orx_str_addf(&text, "{\"endpoints\": [%s]}", rows);
    assert_ok(orx_json_parse(&arena, "r", orx_str_view(&text), &orx_limits_config, &doc, &err),
              &err);
    orx_reach_add_report(list, doc, &arena);
}

static void counts_are(const char *rows, int64_t reachable, size_t asked) {
    orx_reaches list = {0};
    take(&list, rows);
    assert_int_equal(orx_reach_count(&list), reachable);
    assert_int_equal(list.len, asked);
    orx_vec_free(&list);
}

static void each_server_counts_once(void **state ORX_UNUSED) {
    counts_are("", 0, 0);
    counts_are(UP("a") "," SAYS("b", "0"), 1, 2);
    counts_are(UP("a") "," UP("a"), 1, 1);
    counts_are(SAYS("a", "0") "," UP("a"), 1, 1);
    counts_are(UP("a") "," SAYS("a", "0"), 1, 1);
    counts_are(ROW("x", "https://a.example.com:444", "true", "200") "," UP("a"), 2, 2);
    counts_are(ROW("x", "", "true", "200"), 0, 0);
}

/* Whoever says no at the door has been reached; one that fails has not been of use. */
static void a_door_that_is_shut_is_reached(void **state ORX_UNUSED) {
    counts_are(SAYS("a", "401") "," SAYS("b", "403") "," SAYS("c", "404") "," SAYS("d", "405"), 4,
               4);
    counts_are(SAYS("a", "500") "," SAYS("b", "429") "," SAYS("c", "200") "," SAYS("d", "400"), 0,
               4);
}

static void what_is_near_says_nothing(void **state ORX_UNUSED) {
    counts_are(ROW("lm", "http://127.0.0.1:1234", "true", "200"), 0, 0);
    counts_are(ROW("lm", "http://192.168.50.91:1234", "true", "200"), 0, 0);
}

static void a_call_and_a_question_are_one_server(void **state ORX_UNUSED) {
    orx_reaches list = {0};
    take(&list, SAYS("a", "0"));
    assert_string_equal(list.items[0].why, "it failed");
    orx_reach_add(&list, &(orx_reach){"worker", "a.example.com:443", true, ""});
    assert_int_equal(list.len, 1);
    assert_string_equal(list.items[0].name, "a");
    assert_string_equal(list.items[0].why, "");
    orx_reach_add(&list, &(orx_reach){"codex", "codex", false, "no way"});
    assert_int_equal(list.len, 2);
    assert_int_equal(orx_reach_count(&list), 1);
    orx_vec_free(&list);
}

static int forget(void **state ORX_UNUSED) {
    orx_arena_free(&arena);
    return 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_server_counts_once),
        cmocka_unit_test(a_door_that_is_shut_is_reached),
        cmocka_unit_test(what_is_near_says_nothing),
        cmocka_unit_test(a_call_and_a_question_are_one_server),
    };
    return cmocka_run_group_tests(tests, NULL, forget);
}

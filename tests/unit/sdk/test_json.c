/* The json service that drivers meet in their own tests behaves like the real one where they can
 * notice: what it takes, what it refuses, what readers give for values that are not there, and when
 * trees and texts end. */
#include "test.h"

#include "orxaq_test_json.h"

static orxaq_test_json json;

static int setup(void **state) {
    (void)state;
    orxaq_test_json_init(&json);
    return 0;
}

static int teardown(void **state) {
    (void)state;
    orxaq_test_json_forget(&json);
    return 0;
}

static const orxaq_value *parse(const char *text) {
    const orxaq_value *v = NULL;
    int32_t code = orxaq_test_json_parse(&json, orxaq_str(text), &v);
    assert_int_equal(code, v ? ORXAQ_OK : ORXAQ_E_PROTOCOL);
    return v;
}

static void assert_text(orxaq_view got, const char *expected) {
    assert_int_equal(got.len, strlen(expected));
    assert_memory_equal(got.data, expected, strlen(expected));
}

static orxaq_view text_at(const orxaq_value *v, const char *path) {
    return json.service.text(json.service.get(v, path), orxaq_str("nothing"));
}

static void values_have_their_kinds(void **state) {
    (void)state;
    const orxaq_json_service *s = &json.service;
    const orxaq_value *v =
        parse(" {\"n\": null, \"t\": true, \"f\": false, \"i\": -12, \"d\": 1.5e1, \"s\": \"x\","
              " \"l\": [1, 2, 3], \"m\": {\"a\": {\"b\": [0, {\"c\": \"deep\"}]}}, \"e\": [] } ");
    const struct {
        const char *path;
        int32_t kind;
    } all[] = {{"n", ORXAQ_VALUE_NULL},    {"t", ORXAQ_VALUE_BOOLEAN}, {"f", ORXAQ_VALUE_BOOLEAN},
               {"i", ORXAQ_VALUE_INTEGER}, {"d", ORXAQ_VALUE_NUMBER},  {"s", ORXAQ_VALUE_STRING},
               {"l", ORXAQ_VALUE_LIST},    {"m", ORXAQ_VALUE_MAP},     {"gone", ORXAQ_VALUE_NULL}};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        assert_int_equal(s->kind(s->get(v, all[i].path)), all[i].kind);
    assert_int_equal(s->integer(s->get(v, "i"), 0), -12);
    assert_true(s->number(s->get(v, "d"), 0) > 14.9 && s->number(s->get(v, "d"), 0) < 15.1);
    assert_true(s->number(s->get(v, "i"), 0) < -11.9);
    assert_int_equal(s->boolean(s->get(v, "t"), 0), 1);
    assert_int_equal(s->boolean(s->get(v, "f"), 1), 0);
    assert_int_equal(s->count(s->get(v, "l")), 3);
    assert_int_equal(s->integer(s->get(v, "l[2]"), 0), 3);
    assert_text(text_at(v, "m.a.b[1].c"), "deep");
}

static void what_is_not_there_is_the_otherwise(void **state) {
    (void)state;
    const orxaq_json_service *s = &json.service;
    const orxaq_value *v = parse("{\"s\": \"x\", \"l\": [1]}");
    assert_text(text_at(v, "l"), "nothing");
    assert_text(text_at(v, "s.deeper"), "nothing");
    assert_text(text_at(v, "l[1]"), "nothing");
    assert_text(text_at(NULL, "s"), "nothing");
    assert_int_equal(s->integer(s->get(v, "s"), 7), 7);
    assert_int_equal(s->boolean(s->get(v, "s"), 7), 7);
    assert_int_equal(s->count(NULL), 0);
    assert_null(s->first(NULL));
    assert_null(s->next(NULL));
    assert_null(s->next(v));
    assert_int_equal(s->name(NULL).len, 0);
}

static void members_come_in_order_with_their_names(void **state) {
    (void)state;
    const orxaq_json_service *s = &json.service;
    const orxaq_value *m = s->first(parse("{\"b.c\": 1, \"a\": 2}"));
    assert_text(s->name(m), "b.c");
    m = s->next(m);
    assert_text(s->name(m), "a");
    assert_null(s->next(m));
}

static void two_trees_are_no_siblings(void **state) {
    (void)state;
    const orxaq_value *one = parse("[1]");
    const orxaq_value *two = parse("[2, 3]");
    assert_null(json.service.next(one));
    assert_null(json.service.next(two));
    assert_int_equal(json.service.count(one), 1);
}

static void escapes_are_read(void **state) {
    (void)state;
    const orxaq_value *v = parse("[\"a\\n\\\"\\\\\\/\\u00e9\\u20ac\\ud83d\\ude00\"]");
    assert_text(text_at(v, "[0]"), "a\n\"\\/\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80");
}

static void nonsense_is_refused(void **state) {
    (void)state;
    static const char *const bad[] = {
        "",        " ",         "{",           "}",           "[1",         "[1,",
        "[1,]",    "{\"a\"}",   "{\"a\":}",    "{a: 1}",      "{\"a\":1,}", "\"",
        "\"\\x\"", "\"\\u12\"", "\"\\ud800\"", "\"\\udc00\"", "tru",        "1 2",
        "[1] [2]", "-",         "1e",          "nul",         "\"a\nb\"",   "[\"a\" \"b\"]"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        if (parse(bad[i]))
            fail_msg("this was taken: %s", bad[i]);
}

static void depth_is_bounded(void **state) {
    (void)state;
    char text[512] = {0};
    memset(text, '[', 64);
    memset(text + 64, ']', 64);
    assert_non_null(parse(text));
    memset(text, '[', 200);
    memset(text + 200, ']', 200);
    assert_null(parse(text));
}

static void a_text_is_written(void **state) {
    (void)state;
    const orxaq_json_service *s = &json.service;
    const orxaq_value *v = parse("{\"k\": [true, null, 2.5, \"q\\\"\"], \"e\": {}}");
    orxaq_writer *w = orxaq_test_json_writer(&json);
    orxaq_view text = {NULL, 0};
    s->begin_map(w);
    s->key(w, orxaq_str("a"));
    s->begin_list(w);
    s->put_integer(w, -3);
    s->put_text(w, orxaq_str("x\n"));
    s->put_boolean(w, 0);
    s->put_null(w);
    s->put_number(w, 0.5);
    s->end_list(w);
    s->key(w, orxaq_str("v"));
    s->put_value(w, v);
    assert_int_equal(s->finish(w, &text), ORXAQ_E_INVALID); /* the map is open */
    s->end_map(w);
    assert_int_equal(s->finish(w, &text), ORXAQ_OK);
    assert_text(text, "{\"a\":[-3,\"x\\u000a\",false,null,0.5],"
                      "\"v\":{\"k\":[true,null,2.5,\"q\\u0022\"],\"e\":{}}}");
    assert_non_null(parse("[]")); /* what was written can be read */
    const orxaq_value *again = NULL;
    assert_int_equal(orxaq_test_json_parse(&json, text, &again), ORXAQ_OK);
    assert_text(text_at(again, "v.k[3]"), "q\"");
}

static void what_a_call_made_ends_with_it(void **state) {
    (void)state;
    assert_non_null(parse("[1]"));
    (void)orxaq_test_json_writer(&json);
    orxaq_test_json_forget(&json);
    assert_null(json.trees);
    assert_null(json.writers);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(values_have_their_kinds, setup, teardown),
        cmocka_unit_test_setup_teardown(what_is_not_there_is_the_otherwise, setup, teardown),
        cmocka_unit_test_setup_teardown(members_come_in_order_with_their_names, setup, teardown),
        cmocka_unit_test_setup_teardown(two_trees_are_no_siblings, setup, teardown),
        cmocka_unit_test_setup_teardown(escapes_are_read, setup, teardown),
        cmocka_unit_test_setup_teardown(nonsense_is_refused, setup, teardown),
        cmocka_unit_test_setup_teardown(depth_is_bounded, setup, teardown),
        cmocka_unit_test_setup_teardown(a_text_is_written, setup, teardown),
        cmocka_unit_test_setup_teardown(what_a_call_made_ends_with_it, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

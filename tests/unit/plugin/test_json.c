/* The json service. */
#include "plugin/instance.h"
#include "plugin/services.h"
#include "tame.h"
#include "test.h"
#include "world.h"

#include <math.h>

static orx_instance *instance;
static const orxaq_json_service *json;

static int setup(void **state) {
    world_setup(state);
    tame_reset();
    world_module(*state, "tame", tame_query);
    orx_err err = ORX_ERR_INIT;
    world *w = *state;
    const orx_instance_spec spec = {.plugin = world_load(w, "tame"), .name = "x"};
    assert_ok(orx_instance_new(w->plugins, &spec, &instance, &err), &err);
    json = tame_host->service(tame_host, ORXAQ_JSON_1);
    return 0;
}

static int teardown(void **state) {
    orx_instance_free(instance);
    return world_teardown(state);
}

static int enter(void **state) {
    (void)state;
    orx_instance_enter(instance);
    return 0;
}

static int leave(void **state) {
    (void)state;
    orx_instance_leave(instance);
    return 0;
}

static const orxaq_value *parse(const char *text) {
    const orxaq_value *value = NULL;
    assert_int_equal(json->parse(tame_host, orxaq_str(text), &value), ORXAQ_OK);
    return value;
}

static void values_are_read_by_path(void **state) {
    (void)state;
    const orxaq_value *root =
        parse("{\"a\":{\"b\":[1,2.5,\"x\",true,null]},\"n\":-9223372036854775808}");
    assert_int_equal(json->kind(root), ORXAQ_VALUE_MAP);
    assert_int_equal(json->count(root), 2);
    assert_int_equal(json->integer(json->get(root, "a.b[0]"), 7), 1);
    assert_int_equal(json->integer(json->get(root, "n"), 7), INT64_MIN);
    assert_true(json->number(json->get(root, "a.b[1]"), 0) == 2.5);
    assert_true(json->number(json->get(root, "a.b[0]"), 0) == 1.0);
    assert_true(orxaq_view_is(json->text(json->get(root, "a.b[2]"), orxaq_str("-")), "x"));
    assert_int_equal(json->boolean(json->get(root, "a.b[3]"), 0), 1);
    assert_int_equal(json->kind(json->get(root, "a.b[4]")), ORXAQ_VALUE_NULL);
    assert_int_equal(json->kind(json->get(root, "a.b")), ORXAQ_VALUE_LIST);
    assert_int_equal(json->count(json->get(root, "a.b")), 5);
}

static void what_is_not_there_gives_the_other_value(void **state) {
    (void)state;
    const orxaq_value *root = parse("{\"s\":\"x\",\"i\":1}");
    assert_null(json->get(root, "q.r.s"));
    assert_null(json->get(NULL, "a"));
    assert_null(json->get(root, NULL));
    assert_int_equal(json->integer(NULL, 7), 7);
    assert_int_equal(json->integer(json->get(root, "s"), 7), 7);
    assert_true(orxaq_view_is(json->text(json->get(root, "i"), orxaq_str("-")), "-"));
    assert_int_equal(json->boolean(json->get(root, "i"), 5), 5);
    assert_true(json->number(NULL, 0.5) == 0.5);
    assert_int_equal(json->kind(NULL), ORXAQ_VALUE_NULL);
    assert_int_equal(json->count(json->get(root, "s")), 0);
    assert_null(json->first(json->get(root, "s")));
    assert_null(json->next(NULL));
    assert_int_equal(json->name(NULL).len, 0);
}

static void members_are_walked_in_order(void **state) {
    (void)state;
    const orxaq_value *root = parse("{\"z.z\":1,\"a\":2}");
    const orxaq_value *it = json->first(root);
    assert_true(orxaq_view_is(json->name(it), "z.z"));
    assert_int_equal(json->integer(it, 0), 1);
    it = json->next(it);
    assert_true(orxaq_view_is(json->name(it), "a"));
    assert_null(json->next(it));
}

/* A program that cut its output within a character does not lose the record. */
static void half_characters_are_repaired(void **state) {
    (void)state;
    const orxaq_value *root = parse("{\"a\":\"cut \xE2\x82\",\"b\":1}");
    assert_true(orxaq_view_is(json->text(json->get(root, "a"), orxaq_str("-")),
                              "cut \xEF\xBF\xBD\xEF\xBF\xBD"));
    assert_int_equal(json->integer(json->get(root, "b"), 7), 1);
}

static void bad_json_is_refused(void **state) {
    world *w = *state;
    static const char *const bad[] = {"", "{", "nope", "{\"a\":1,\"a\":2}", "[1]x", "1e999"};
    const orxaq_value *value = NULL;
    for (size_t i = 0; i < ORX_ARRAY_LEN(bad); i++)
        assert_true(json->parse(tame_host, orxaq_str(bad[i]), &value) < 0);
    char *deep = orx_arena_zalloc(&w->arena, 1, 1000);
    memset(deep, '[', 999);
    assert_true(json->parse(tame_host, orxaq_str(deep), &value) < 0);
    const orxaq_view absurd = {"x", UINT64_MAX};
    assert_true(json->parse(tame_host, absurd, &value) < 0);
    const orxaq_view nowhere = {NULL, 10};
    assert_true(json->parse(tame_host, nowhere, &value) < 0);
    assert_null(value);
}

static void outside_of_a_call_there_is_nothing(void **state) {
    (void)state;
    const orxaq_value *value = NULL;
    assert_int_equal(json->parse(tame_host, orxaq_str("1"), &value), ORXAQ_E_INVALID);
    orxaq_writer *w = json->writer(tame_host);
    assert_null(w);
    /* A plugin that does not look at the result does no harm. */
    json->begin_map(w);
    json->key(w, orxaq_str("a"));
    json->put_null(w);
    json->end_map(w);
    orxaq_view text;
    assert_int_equal(json->finish(w, &text), ORXAQ_E_INVALID);
}

static void texts_are_written(void **state) {
    (void)state;
    const orxaq_value *tree = parse("{\"k\":[1,{}]}");
    orxaq_writer *w = json->writer(tame_host);
    orxaq_view text = {0};
    json->begin_map(w);
    json->key(w, orxaq_str("quote\""));
    json->put_text(w, orxaq_view_of("a\n\xff", 3));
    json->key(w, orxaq_str("list"));
    json->begin_list(w);
    json->put_integer(w, INT64_MIN);
    json->put_number(w, 0.1);
    json->put_number(w, NAN);
    json->put_boolean(w, 7);
    json->put_boolean(w, 0);
    json->put_null(w);
    json->put_value(w, tree);
    json->put_value(w, NULL);
    json->begin_list(w);
    json->end_list(w);
    json->end_list(w);
    json->end_map(w);
    assert_int_equal(json->finish(w, &text), ORXAQ_OK);
    orx_str got = {0};
    orx_str_add(&got, text.data, (size_t)text.len);
    assert_string_equal(orx_str_cstr(&got),
                        "{\"quote\\\"\":\"a\\n\xef\xbf\xbd\",\"list\":[-9223372036854775808,0.1,"
                        "null,true,false,null,{\"k\":[1,{}]},null,[]]}");
    orx_str_free(&got);
}

static void misuse_is_found_at_the_end(void **state) {
    (void)state;
    orxaq_view text = orxaq_str("untouched");
    orxaq_writer *w = json->writer(tame_host);
    assert_int_equal(json->finish(w, &text), ORXAQ_E_INVALID); /* nothing written */
    json->begin_map(w);
    assert_int_equal(json->finish(w, &text), ORXAQ_E_INVALID); /* not ended */
    json->put_null(w);                                         /* no key */
    json->end_map(w);
    assert_int_equal(json->finish(w, &text), ORXAQ_E_INVALID);
    w = json->writer(tame_host);
    json->begin_list(w);
    json->key(w, orxaq_str("a")); /* a key in a list */
    json->end_list(w);
    assert_int_equal(json->finish(w, &text), ORXAQ_E_INVALID);
    w = json->writer(tame_host);
    json->begin_map(w);
    json->key(w, orxaq_str("a"));
    json->end_map(w); /* a key without a value */
    assert_int_equal(json->finish(w, &text), ORXAQ_E_INVALID);
    w = json->writer(tame_host);
    json->put_null(w);
    json->put_null(w); /* two values */
    assert_int_equal(json->finish(w, &text), ORXAQ_E_INVALID);
    w = json->writer(tame_host);
    json->end_map(w); /* nothing to end */
    assert_int_equal(json->finish(w, &text), ORXAQ_E_INVALID);
    w = json->writer(tame_host);
    json->begin_list(w);
    json->end_map(w); /* the other bracket */
    assert_int_equal(json->finish(w, &text), ORXAQ_E_INVALID);
    w = json->writer(tame_host);
    for (int i = 0; i < 70; i++)
        json->begin_list(w);
    for (int i = 0; i < 70; i++)
        json->end_list(w);
    assert_int_equal(json->finish(w, &text), ORXAQ_E_INVALID); /* too deep */
    assert_true(orxaq_view_is(text, "untouched"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(values_are_read_by_path, enter, leave),
        cmocka_unit_test_setup_teardown(what_is_not_there_gives_the_other_value, enter, leave),
        cmocka_unit_test_setup_teardown(members_are_walked_in_order, enter, leave),
        cmocka_unit_test_setup_teardown(half_characters_are_repaired, enter, leave),
        cmocka_unit_test_setup_teardown(bad_json_is_refused, enter, leave),
        cmocka_unit_test(outside_of_a_call_there_is_nothing),
        cmocka_unit_test_setup_teardown(texts_are_written, enter, leave),
        cmocka_unit_test_setup_teardown(misuse_is_found_at_the_end, enter, leave),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}

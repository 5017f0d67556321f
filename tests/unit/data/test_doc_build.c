#include "support.h"

#include <string.h>

static void builds_every_kind(void **state) {
    (void)state;
    ORX_CLEANUP(orx_arena_free) orx_arena a = {0};
    orx_node *o = orx_node_new(&a, ORX_OBJECT);
    orx_node_set_str(&a, o, "s", "text");
    orx_node_set_int(&a, o, "i", INT64_MIN);
    orx_node_set_bool(&a, o, "b", true);
    orx_node_set(&a, o, "d", orx_node_new_double(&a, 1.5));
    orx_node_set(&a, o, "n", orx_node_new(&a, ORX_NULL));
    orx_node_set(&a, o, "e", orx_node_new(&a, ORX_STRING));
    orx_node *list = orx_node_new(&a, ORX_ARRAY);
    orx_node_push(list, orx_node_new_int(&a, 1));
    orx_node_push(list, orx_node_new_bool(&a, false));
    orx_node_set(&a, o, "l", list);
    assert_int_equal(o->line, 0);
    assert_json(o, ORX_JSON_OURS,
                "{\"s\":\"text\",\"i\":-9223372036854775808,\"b\":true,\"d\":1.5,\"n\":null,"
                "\"e\":\"\",\"l\":[1,false]}");
}

static void set_replaces_in_place(void **state) {
    (void)state;
    ORX_CLEANUP(orx_arena_free) orx_arena a = {0};
    orx_node *o = orx_node_new(&a, ORX_OBJECT);
    orx_node_set_int(&a, o, "a", 1);
    orx_node_set_int(&a, o, "b", 2);
    orx_node_set_int(&a, o, "c", 3);
    orx_node_set_str(&a, o, "a", "first");
    orx_node_set_str(&a, o, "c", "last");
    orx_node_set_str(&a, o, "b", "middle");
    orx_node_set_int(&a, o, "d", 4);
    assert_int_equal(o->count, 4);
    assert_json(o, ORX_JSON_OURS, "{\"a\":\"first\",\"b\":\"middle\",\"c\":\"last\",\"d\":4}");
}

static void add_appends_without_looking(void **state) {
    (void)state;
    ORX_CLEANUP(orx_arena_free) orx_arena a = {0};
    orx_node *o = orx_node_new(&a, ORX_OBJECT);
    for (int i = 0; i < 200000; i++)
        orx_node_add(&a, o, orx_arena_printf(&a, "k%d", i), orx_node_new_int(&a, i));
    assert_int_equal(o->count, 200000);
    assert_int_equal(o->u.child.last->u.i, 199999);
    assert_string_equal(o->u.child.last->key.p, "k199999");
}

static void keys_and_texts_are_copied(void **state) {
    (void)state;
    ORX_CLEANUP(orx_arena_free) orx_arena a = {0};
    char key[] = "key";
    char text[] = "text";
    orx_node *o = orx_node_new(&a, ORX_OBJECT);
    orx_node_set_str(&a, o, key, text);
    memset(key, 'x', 3);
    memset(text, 'x', 4);
    assert_json(o, ORX_JSON_OURS, "{\"key\":\"text\"}");
    const orx_node *s = orx_node_new_str(&a, orx_view_mem("a\0b", 3));
    assert_int_equal(s->u.s.len, 3);
    assert_int_equal(s->u.s.p[3], 0);
}

static void copy_lives_on_its_own(void **state) {
    (void)state;
    ORX_CLEANUP(orx_arena_free) orx_arena kept = {0};
    orx_arena gone = {0};
    const char *text = "{\"a\":[1,{\"b\":\"x\"},null,2.5,[]],\"c\":{}}";
    const orx_node *root = must_parse(orx_json_parse, &gone, text);
    const orx_node *copy = orx_node_copy(&kept, root);
    const orx_node *part = orx_node_copy(&kept, orx_node_path(root, "a[1]"));
    assert_true(orx_node_equal(copy, root));
    orx_arena_free(&gone);
    assert_json(copy, ORX_JSON_OURS, text);
    assert_int_equal(orx_node_get(copy, "c")->line, 1);
    assert_json(part, ORX_JSON_OURS, "{\"b\":\"x\"}");
    assert_null(part->next);
}

/* A copied member can go on as a member elsewhere. */
static void copy_can_be_attached(void **state) {
    (void)state;
    ORX_CLEANUP(orx_arena_free) orx_arena a = {0};
    const orx_node *root = must_parse(orx_json_parse, &a, "{\"x\":[1],\"y\":2}");
    orx_node *o = orx_node_new(&a, ORX_OBJECT);
    orx_node_set(&a, o, "moved", orx_node_copy(&a, orx_node_get(root, "x")));
    orx_node_push(o->u.child.first, orx_node_new_int(&a, 7));
    assert_json(o, ORX_JSON_OURS, "{\"moved\":[1,7]}");
    assert_json(root, ORX_JSON_OURS, "{\"x\":[1],\"y\":2}");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(builds_every_kind),           cmocka_unit_test(set_replaces_in_place),
        cmocka_unit_test(add_appends_without_looking), cmocka_unit_test(keys_and_texts_are_copied),
        cmocka_unit_test(copy_lives_on_its_own),       cmocka_unit_test(copy_can_be_attached),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

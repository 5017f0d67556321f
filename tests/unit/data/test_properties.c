/* Properties of random documents. A failure names its seed. */
#include "data/yaml.h"

#include "random.h"
#include "support.h"

#include <stdlib.h>
#include <string.h>

#define SEEDS 80

static void read_back(uint64_t seed, const orx_node *n, const orx_str *text, parse_fn parse) {
    ORX_CLEANUP(orx_arena_free) orx_arena a = {0};
    const orx_node *again = NULL;
    orx_err err = ORX_ERR_INIT;
    if (parse(&a, "again", orx_str_view(text), &orx_limits_data, &again, &err) < 0)
        fail_msg("seed %llu: %s\n%s", (unsigned long long)seed, err.msg, text->buf);
    if (!orx_node_equal(n, again))
        fail_msg("seed %llu: differs\n%s", (unsigned long long)seed, text->buf);
}

static void every_writer_reads_back_equal(void **state) {
    (void)state;
    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        ORX_CLEANUP(orx_arena_free) orx_arena a = {0};
        generator g = {.state = seed, .arena = &a};
        const orx_node *n = random_document(&g, 200);
        for (int style = ORX_JSON_OURS; style <= ORX_JSON_PY_INDENT; style++) {
            ORX_CLEANUP(orx_str_free) orx_str text = {0};
            orx_json_write(&text, n, (orx_json_style)style);
            read_back(seed, n, &text, orx_json_parse);
        }
        ORX_CLEANUP(orx_str_free) orx_str yaml = {0};
        orx_yaml_write(&yaml, n);
        read_back(seed, n, &yaml, orx_yaml_parse);
    }
}

static void copies_are_equal_and_changes_are_seen(void **state) {
    (void)state;
    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        ORX_CLEANUP(orx_arena_free) orx_arena a = {0};
        generator g = {.state = seed, .arena = &a};
        const orx_node *n = random_document(&g, 100);
        orx_node *copy = orx_node_copy(&a, n);
        assert_true(orx_node_equal(n, copy));
        if (copy->kind == ORX_ARRAY)
            orx_node_push(copy, orx_node_new(&a, ORX_NULL));
        else
            orx_node_set_str(&a, copy, "added\x01", "x");
        assert_false(orx_node_equal(n, copy));
    }
}

/* Reverses the members of every object. */
static orx_node *reversed(orx_arena *a, const orx_node *n) {
    orx_node *copy = orx_node_copy(a, n);
    if (n->kind != ORX_ARRAY && n->kind != ORX_OBJECT)
        return copy;
    copy->count = 0;
    copy->u.child.first = copy->u.child.last = NULL;
    ORX_NODE_EACH(n, it) {
        orx_node *child = reversed(a, it);
        if (n->kind == ORX_ARRAY) {
            orx_node_push(copy, child);
            continue;
        }
        child->next = copy->u.child.first;
        copy->u.child.first = child;
        if (!copy->u.child.last)
            copy->u.child.last = child;
        copy->count++;
    }
    return copy;
}

static void order_of_members_does_not_matter(void **state) {
    (void)state;
    static const orx_json_style sorted[] = {ORX_JSON_CANONICAL, ORX_JSON_PY_LINE,
                                            ORX_JSON_PY_INDENT};
    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        ORX_CLEANUP(orx_arena_free) orx_arena a = {0};
        generator g = {.state = seed, .arena = &a};
        const orx_node *n = random_document(&g, 100);
        const orx_node *other = reversed(&a, n);
        assert_true(orx_node_equal(n, other));
        for (size_t i = 0; i < ORX_ARRAY_LEN(sorted); i++) {
            ORX_CLEANUP(orx_str_free) orx_str x = {0};
            ORX_CLEANUP(orx_str_free) orx_str y = {0};
            orx_json_write(&x, n, sorted[i]);
            orx_json_write(&y, other, sorted[i]);
            assert_string_equal(x.buf, y.buf);
        }
    }
}

/* The byte a place of the text points to. */
static char byte_at(const char *text, uint32_t line, uint32_t column) {
    for (; line > 1; line--)
        text = strchr(text, '\n') + 1;
    return text[column - 1];
}

static void check_places(const char *text, const orx_node *n) {
    static const char *const starts[] = {"n", "tf", "-0123456789", "-0123456789", "\"", "[", "{"};
    char c = byte_at(text, n->line, n->column);
    if (!strchr(starts[n->kind], c))
        fail_msg("%u:%u is '%c', not the start of %s:\n%s", n->line, n->column, c,
                 orx_kind_name(n->kind), text);
    if (n->key.p)
        assert_int_equal(byte_at(text, n->key_line, n->key_column), '"');
    ORX_NODE_EACH(n, it)
    check_places(text, it);
}

static void same_places(const orx_node *x, const orx_node *y) {
    assert_int_equal(x->line, y->line);
    assert_int_equal(x->column, y->column);
    assert_int_equal(x->key_line, y->key_line);
    assert_int_equal(x->key_column, y->key_column);
    const orx_node *other = orx_node_first(y);
    ORX_NODE_EACH(x, it) {
        same_places(it, other);
        other = other->next;
    }
}

/* JSON text is YAML too, and both readers see the same things at the same places. */
static void both_readers_agree_on_values_and_places(void **state) {
    (void)state;
    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        ORX_CLEANUP(orx_arena_free) orx_arena a = {0};
        ORX_CLEANUP(orx_str_free) orx_str text = {0};
        generator g = {.state = seed, .arena = &a, .printable = true};
        const orx_node *n = random_document(&g, 150);
        write_loosely(&g, &text, n);
        const orx_node *json = must_parse(orx_json_parse, &a, text.buf);
        assert_true(orx_node_equal(n, json));
        check_places(text.buf, json);
        const orx_node *yaml = must_parse(orx_yaml_parse, &a, text.buf);
        assert_true(orx_node_equal(json, yaml));
        same_places(json, yaml);
    }
}

/* One byte changed, left out or doubled: refused with a place, or read; never anything worse. */
static void damaged_texts_are_refused_or_read(void **state) {
    (void)state;
    static const parse_fn readers[] = {orx_json_parse, orx_yaml_parse};
    int refused = 0;
    for (uint64_t seed = 1; seed <= (uint64_t)4 * SEEDS; seed++) {
        ORX_CLEANUP(orx_arena_free) orx_arena a = {0};
        ORX_CLEANUP(orx_str_free) orx_str text = {0};
        generator g = {.state = seed, .arena = &a};
        write_loosely(&g, &text, random_document(&g, 40));
        uint32_t at = draw(&g, (uint32_t)text.len);
        switch (draw(&g, 3)) {
        case 0:
            text.buf[at] = (char)draw(&g, 256);
            break;
        case 1:
            orx_str_truncate(&text, at);
            break;
        default:
            memmove(text.buf + at, text.buf + at + 1, text.len - at);
            text.len--;
        }
        for (size_t i = 0; i < ORX_ARRAY_LEN(readers); i++) {
            const orx_node *root = NULL;
            orx_err err = ORX_ERR_INIT;
            int rc =
                readers[i](&a, "damaged", orx_str_view(&text), &orx_limits_config, &root, &err);
            assert_true((rc == 0) == (root != NULL));
            assert_int_equal(rc, err.code);
            if (rc == 0)
                continue;
            refused++;
            assert_contains(err.msg, "damaged:");
            assert_contains(err.msg, "expected ");
            assert_contains(err.msg, "found ");
        }
    }
    assert_true(refused > SEEDS);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_writer_reads_back_equal),
        cmocka_unit_test(copies_are_equal_and_changes_are_seen),
        cmocka_unit_test(order_of_members_does_not_matter),
        cmocka_unit_test(both_readers_agree_on_values_and_places),
        cmocka_unit_test(damaged_texts_are_refused_or_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

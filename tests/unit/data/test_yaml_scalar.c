#include "data/yaml_scalar.h"

#include "support.h"

#include <math.h>
#include <string.h>

static void kinds(void **state) {
    (void)state;
    static const struct {
        orx_kind kind;
        const char *words; /* separated by blanks */
    } cases[] = {
        {ORX_NULL, "~ null"},
        {ORX_BOOL, "true false"},
        {ORX_INT, "0 -0 +0 1 -1 +1 10 1234567890 99999999999999999999"},
        {ORX_DOUBLE, "0.0 1. .5 -.5 +.5 1.5 1e5 1E5 1e+5 1e-5 1.e5 .5e5 -1.5e-5 0e0 1e999"},
        {ORX_DOUBLE, ".inf .Inf .INF +.inf -.inf .nan .NaN .NAN -.nan"},
        {ORX_STRING,
         "Null NULL nULL nil None none ~~ True TRUE tRUE False FALSE yes Yes no on off"},
        {ORX_STRING, "00 01 007 -01 +01 00.5 01e5 0x1f 0X1F 0o17 0b1 1_000 1,000"},
        {ORX_STRING, ". - + -. +. .e5 e5 1e 1e+ 1e- 1.5.2 1-1 1+1 --1 ++1 +-1 1e5.5 1f 1e5e5"},
        {ORX_STRING,
         "inf nan Inf .infinity .in .nA ..inf inf. 1:30 12:30:45 2026-01-31 v1 1.2.3.4"},
    };
    for (size_t i = 0; i < ORX_ARRAY_LEN(cases); i++) {
        orx_view rest = orx_view_of(cases[i].words);
        orx_view word;
        while (orx_view_split(&rest, ' ', &word))
            if (orx_yaml_kind(word) != cases[i].kind)
                fail_msg("%.*s is %s", ORX_VIEW_ARG(word), orx_kind_name(orx_yaml_kind(word)));
    }
    assert_int_equal(orx_yaml_kind(orx_view_of("")), ORX_NULL);
    assert_int_equal(orx_yaml_kind(orx_view_mem("1\0", 2)), ORX_STRING);
    assert_int_equal(orx_yaml_kind(orx_view_mem("1e\0", 3)), ORX_STRING);
    assert_int_equal(orx_yaml_kind(orx_view_of("\xC3\xA9")), ORX_STRING);
}

static const char *plain(orx_node *n, const char *text) {
    *n = (orx_node){0};
    return orx_yaml_read_plain(n, orx_view_of(text));
}

static void values(void **state) {
    (void)state;
    orx_node n;
    assert_null(plain(&n, "true"));
    assert_true(n.kind == ORX_BOOL && n.u.b);
    assert_null(plain(&n, "false"));
    assert_true(n.kind == ORX_BOOL && !n.u.b);
    assert_null(plain(&n, "+7"));
    assert_true(n.kind == ORX_INT && n.u.i == 7);
    assert_null(plain(&n, "-9223372036854775808"));
    assert_true(n.kind == ORX_INT && n.u.i == INT64_MIN);
    assert_null(plain(&n, "+.5e1"));
    assert_true(n.kind == ORX_DOUBLE && n.u.d == 5.0);
    assert_null(plain(&n, "-0."));
    assert_true(n.kind == ORX_DOUBLE && signbit(n.u.d));
    assert_null(plain(&n, "007"));
    assert_true(n.kind == ORX_STRING && orx_view_is(n.u.s, "007"));
    assert_null(plain(&n, ""));
    assert_int_equal(n.kind, ORX_NULL);
}

static void refusals(void **state) {
    (void)state;
    orx_node n;
    assert_string_equal(plain(&n, ".inf"), "a finite number");
    assert_string_equal(plain(&n, "-.NaN"), "a finite number");
    assert_contains(plain(&n, "9223372036854775808"), "an integer between");
    assert_contains(plain(&n, "+99999999999999999999"), "an integer between");
    assert_contains(plain(&n, "1e309"), "a number of at most");
    assert_contains(plain(&n, "-2.e308"), "a number of at most");
}

static const char *tagged(orx_node *n, const char *name, const char *text) {
    char tag[64] = "tag:yaml.org,2002:";
    memcpy(tag + strlen(tag), name, strlen(name) + 1);
    *n = (orx_node){0};
    return orx_yaml_read_tagged(n, orx_view_of(text), tag);
}

static void tags(void **state) {
    (void)state;
    orx_node n;
    assert_null(tagged(&n, "str", "1"));
    assert_true(n.kind == ORX_STRING && orx_view_is(n.u.s, "1"));
    assert_null(tagged(&n, "int", "1"));
    assert_true(n.kind == ORX_INT && n.u.i == 1);
    assert_null(tagged(&n, "float", "1"));
    assert_true(n.kind == ORX_DOUBLE && n.u.d == 1.0);
    assert_null(tagged(&n, "float", "1.5"));
    assert_true(n.kind == ORX_DOUBLE && n.u.d == 1.5);
    assert_null(tagged(&n, "bool", "true"));
    assert_true(n.kind == ORX_BOOL && n.u.b);
    assert_null(tagged(&n, "null", ""));
    assert_int_equal(n.kind, ORX_NULL);
    assert_contains(tagged(&n, "int", "1.5"), "!!int");
    assert_contains(tagged(&n, "int", ""), "!!int");
    assert_contains(tagged(&n, "int", "99999999999999999999"), "an integer between");
    assert_contains(tagged(&n, "float", "x"), "!!float");
    assert_contains(tagged(&n, "float", ".inf"), "a finite number");
    assert_contains(tagged(&n, "bool", "1"), "!!bool");
    assert_contains(tagged(&n, "null", "0"), "!!null");
    assert_contains(tagged(&n, "timestamp", "2026-01-31"), "a value without a tag");
    assert_contains(orx_yaml_read_tagged(&n, orx_view_of("x"), "!"), "a value without a tag");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(kinds),
        cmocka_unit_test(values),
        cmocka_unit_test(refusals),
        cmocka_unit_test(tags),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

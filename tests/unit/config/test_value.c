/* One value at a time: every type from text and from a document node. */
#include "config/value.h"
#include "data/json.h"

#include "test.h"

#include <stdio.h>
#include <stdlib.h>

#define NS  INT64_C(1000000000)
#define KIB INT64_C(1024)

typedef struct fixture {
    orx_arena arena;
    orx_config cfg;
    orx_value_scope scope;
    orx_config_value v;
    orx_str problem;
} fixture;

static int setup(void **state) {
    fixture *fx = orx_xcalloc(1, sizeof *fx);
    fx->cfg.root = "/r/top";
    fx->cfg.paths.artifacts_dir = "/r/top/art";
    fx->cfg.paths.state_dir = "/s";
    fx->cfg.repos.impl = "/r/impl";
    fx->cfg.repos.test = "/r/test";
    fx->scope =
        (orx_value_scope){.arena = &fx->arena, .cfg = &fx->cfg, .cwd = "/cwd/sub", .home = "/h/me"};
    *state = fx;
    return 0;
}

static int teardown(void **state) {
    fixture *fx = *state;
    orx_str_free(&fx->problem);
    orx_arena_free(&fx->arena);
    free(fx);
    return 0;
}

static int text(fixture *fx, const orx_config_key *key, const char *s, orx_text_source source) {
    orx_str_clear(&fx->problem);
    fx->v = (orx_config_value){.key = key};
    return orx_value_from_text(&fx->scope, key, orx_view_of(s), source, &fx->v, &fx->problem);
}

static int node(fixture *fx, const orx_config_key *key, const char *json) {
    const orx_node *n = NULL;
    orx_err err = ORX_ERR_INIT;
    assert_ok(orx_json_parse(&fx->arena, "t", orx_view_of(json), &orx_limits_config, &n, &err),
              &err);
    orx_str_clear(&fx->problem);
    fx->v = (orx_config_value){.key = key};
    return orx_value_from_node(&fx->scope, key, n, &fx->v, &fx->problem);
}

static void refused(fixture *fx, int rc, const char *problem) {
    assert_true(rc < 0);
    assert_string_equal(orx_str_cstr(&fx->problem), problem);
}

/* ---- Booleans -----------------------------------------------------------------------------------
 */

static const orx_config_key boolean = {.type = ORX_CFG_BOOL};
static const orx_config_key lenient = {.type = ORX_CFG_BOOL, .marks = ORX_KEY_OTHER_TRUE};
static const orx_config_key onoff = {.type = ORX_CFG_SWITCH};

static void boolean_words(void **state) {
    fixture *fx = *state;
    static const char *const yes[] = {"1", "true", "yes", "on", "TRUE", "Yes", " on "};
    static const char *const no[] = {"0", "false", "no", "off", "FALSE", "No", " off "};
    for (size_t i = 0; i < ORX_ARRAY_LEN(yes); i++) {
        assert_int_equal(text(fx, &boolean, yes[i], ORX_TEXT_ENV), 0);
        assert_true(fx->v.u.b);
        assert_int_equal(text(fx, &boolean, no[i], ORX_TEXT_FLAG), 0);
        assert_false(fx->v.u.b);
        assert_int_equal(text(fx, &onoff, yes[i], ORX_TEXT_ENV), 0);
        assert_int_equal(fx->v.u.i, 1);
    }
    refused(fx, text(fx, &boolean, "maybe", ORX_TEXT_ENV),
            "expected 1, true, yes, on or 0, false, no, off, found \"maybe\"");
    refused(fx, text(fx, &boolean, "2", ORX_TEXT_ENV),
            "expected 1, true, yes, on or 0, false, no, off, found \"2\"");
    refused(fx, text(fx, &boolean, "", ORX_TEXT_FLAG),
            "expected 1, true, yes, on or 0, false, no, off, found \"\"");
}

static void other_words_can_mean_true(void **state) {
    fixture *fx = *state;
    assert_int_equal(text(fx, &lenient, "banana", ORX_TEXT_ENV), 0);
    assert_true(fx->v.u.b);
    assert_int_equal(text(fx, &lenient, "off", ORX_TEXT_ENV), 0);
    assert_false(fx->v.u.b);
    assert_true(text(fx, &lenient, "banana", ORX_TEXT_FLAG) < 0);
    refused(fx, node(fx, &lenient, "\"banana\""),
            "expected true or false, found a string \"banana\"");
}

static void booleans_are_booleans(void **state) {
    fixture *fx = *state;
    assert_int_equal(node(fx, &boolean, "true"), 0);
    assert_true(fx->v.u.b && fx->v.set);
    assert_int_equal(node(fx, &boolean, "false"), 0);
    assert_false(fx->v.u.b);
    refused(fx, node(fx, &boolean, "1"), "expected true or false, found an integer (1)");
    refused(fx, node(fx, &boolean, "\"true\""), "expected true or false, found a string \"true\"");
    refused(fx, node(fx, &boolean, "[]"), "expected true or false, found an array");
}

static void switches(void **state) {
    fixture *fx = *state;
    assert_int_equal(node(fx, &onoff, "\"on\""), 0);
    assert_int_equal(fx->v.u.i, 1);
    assert_int_equal(node(fx, &onoff, "\"off\""), 0);
    assert_int_equal(fx->v.u.i, 0);
    assert_int_equal(node(fx, &onoff, "true"), 0);
    assert_int_equal(fx->v.u.i, 1);
    refused(fx, node(fx, &onoff, "\"yes\""), "expected on or off, found a string \"yes\"");
    refused(fx, node(fx, &onoff, "0"), "expected on or off, found an integer (0)");
}

/* ---- Numbers ------------------------------------------------------------------------------------
 */

static const orx_config_key count = {.type = ORX_CFG_INT, .min = 2, .max = 10};
static const orx_config_key floored = {
    .type = ORX_CFG_INT, .min = 2, .max = 10, .marks = ORX_KEY_FLOOR};
static const orx_config_key fraction = {.type = ORX_CFG_DOUBLE};
static const orx_config_key duration = {.type = ORX_CFG_DURATION, .min = NS, .max = 3600 * NS};
static const orx_config_key size = {.type = ORX_CFG_SIZE, .min = 1024, .max = 1 << 30};
static const orx_config_key version = {.type = ORX_CFG_INT, .min = 1, .max = 1};

static void whole_numbers(void **state) {
    fixture *fx = *state;
    assert_int_equal(text(fx, &count, "7", ORX_TEXT_ENV), 0);
    assert_int_equal(fx->v.u.i, 7);
    assert_int_equal(node(fx, &count, "10"), 0);
    assert_int_equal(fx->v.u.i, 10);
    refused(fx, node(fx, &count, "1"), "expected a whole number from 2 to 10, found 1");
    refused(fx, node(fx, &count, "11"), "expected a whole number from 2 to 10, found 11");
    refused(fx, node(fx, &count, "2.5"), "expected a whole number from 2 to 10, found a number");
    refused(fx, node(fx, &count, "\"7\""),
            "expected a whole number from 2 to 10, found a string \"7\"");
    refused(fx, node(fx, &count, "true"), "expected a whole number from 2 to 10, found true");
    refused(fx, text(fx, &count, "7x", ORX_TEXT_ENV),
            "expected a whole number from 2 to 10, found \"7x\"");
    refused(fx, text(fx, &count, "1", ORX_TEXT_ENV),
            "expected a whole number from 2 to 10, found 1");
    refused(fx, node(fx, &version, "2"), "expected a whole number, which must be 1, found 2");
}

static void floors_raise_what_comes_from_outside(void **state) {
    fixture *fx = *state;
    assert_int_equal(text(fx, &floored, "0", ORX_TEXT_ENV), 1);
    assert_int_equal(fx->v.u.i, 2);
    assert_string_equal(orx_str_cstr(&fx->problem), "raised to 2, the smallest possible value");
    assert_int_equal(text(fx, &floored, "-5", ORX_TEXT_FLAG), 1);
    assert_int_equal(fx->v.u.i, 2);
    assert_true(text(fx, &floored, "11", ORX_TEXT_ENV) < 0);
    refused(fx, node(fx, &floored, "0"), "expected a whole number from 2 to 10, found 0");
}

static void numbers(void **state) {
    fixture *fx = *state;
    assert_int_equal(text(fx, &fraction, "-0.25e1", ORX_TEXT_ENV), 0);
    assert_true(fx->v.u.d == -2.5);
    assert_int_equal(node(fx, &fraction, "3"), 0);
    assert_true(fx->v.u.d == 3.0);
    assert_int_equal(node(fx, &fraction, "0.8"), 0);
    assert_true(fx->v.u.d == 0.8);
    refused(fx, text(fx, &fraction, "nan", ORX_TEXT_ENV), "expected a number, found \"nan\"");
    refused(fx, text(fx, &fraction, "0x1p3", ORX_TEXT_ENV), "expected a number, found \"0x1p3\"");
    refused(fx, text(fx, &fraction, "1e999", ORX_TEXT_ENV), "expected a number, found \"1e999\"");
    refused(fx, text(fx, &fraction, "", ORX_TEXT_ENV), "expected a number, found \"\"");
    refused(fx, text(fx, &fraction, "1-2", ORX_TEXT_ENV), "expected a number, found \"1-2\"");
    refused(fx, node(fx, &fraction, "\"1\""), "expected a number, found a string \"1\"");
}

static void durations(void **state) {
    fixture *fx = *state;
    assert_int_equal(text(fx, &duration, "90", ORX_TEXT_ENV), 0);
    assert_int_equal(fx->v.u.i, 90 * NS);
    assert_int_equal(text(fx, &duration, "2m", ORX_TEXT_FLAG), 0);
    assert_int_equal(fx->v.u.i, 120 * NS);
    assert_int_equal(node(fx, &duration, "\"1500ms\""), 0);
    assert_int_equal(fx->v.u.i, 3 * NS / 2);
    assert_int_equal(node(fx, &duration, "30"), 0);
    assert_int_equal(fx->v.u.i, 30 * NS);
    assert_int_equal(node(fx, &duration, "1.5"), 0);
    assert_int_equal(fx->v.u.i, 3 * NS / 2);
    const char *what = "expected a duration such as 200ms, 30s, 5m, 2h or 1d from 1s to 1h, found ";
    char expected[160];
    (void)snprintf(expected, sizeof expected, "%s0s", what);
    refused(fx, node(fx, &duration, "0"), expected);
    (void)snprintf(expected, sizeof expected, "%s2h", what);
    refused(fx, node(fx, &duration, "\"2h\""), expected);
    (void)snprintf(expected, sizeof expected, "%s-3s", what);
    refused(fx, node(fx, &duration, "-3"), expected);
    (void)snprintf(expected, sizeof expected, "%sa string \"soon\"", what);
    refused(fx, node(fx, &duration, "\"soon\""), expected);
    (void)snprintf(expected, sizeof expected, "%sa number", what);
    refused(fx, node(fx, &duration, "-0.5"), expected);
    refused(fx, node(fx, &duration, "1e30"), expected);
    (void)snprintf(expected, sizeof expected, "%san integer (9223372036854775807)", what);
    refused(fx, node(fx, &duration, "9223372036854775807"), expected);
}

static void no_time_at_all(void **state) {
    fixture *fx = *state;
    static const orx_config_key any = {.type = ORX_CFG_DURATION, .max = 3600 * NS};
    static const char *const zeros[] = {"0", "0.0", "-0.0", "\"0s\"", "\"0\""};
    for (size_t i = 0; i < ORX_ARRAY_LEN(zeros); i++) {
        assert_int_equal(node(fx, &any, zeros[i]), 0);
        assert_int_equal(fx->v.u.i, 0);
    }
    assert_int_equal(node(fx, &any, "3600.0"), 0);
    assert_int_equal(fx->v.u.i, 3600 * NS);
    assert_true(node(fx, &any, "3600.000000001") < 0);
    assert_true(node(fx, &any, "8999999999.0") < 0); /* in 64 bits, beyond the maximum */
    assert_contains(orx_str_cstr(&fx->problem), "found 8999999999s");
}

static void sizes(void **state) {
    fixture *fx = *state;
    assert_int_equal(node(fx, &size, "\"64KiB\""), 0);
    assert_int_equal(fx->v.u.i, 64 * KIB);
    assert_int_equal(node(fx, &size, "2048"), 0);
    assert_int_equal(fx->v.u.i, 2048);
    assert_int_equal(text(fx, &size, "1MB", ORX_TEXT_ENV), 0);
    assert_int_equal(fx->v.u.i, 1000000);
    refused(fx, node(fx, &size, "1"),
            "expected a size such as 4096, 64KiB or 2GiB from 1KiB to 1GiB, found 1");
    assert_true(node(fx, &size, "1024.5") < 0);
    assert_true(node(fx, &size, "\"2GiB\"") < 0);
}

/* ---- Words and texts ----------------------------------------------------------------------------
 */

static const orx_config_key word = {.type = ORX_CFG_ENUM, .words = "in-place|worktree"};
static const orx_config_key string = {.type = ORX_CFG_STRING};
static const orx_config_key optional = {.type = ORX_CFG_STRING, .marks = ORX_KEY_EMPTY_IS_NONE};
static const orx_config_key lane = {.type = ORX_CFG_ID, .fallback = ""};
static const orx_config_key secret = {.type = ORX_CFG_SECRET};

static void words(void **state) {
    fixture *fx = *state;
    assert_int_equal(text(fx, &word, "worktree", ORX_TEXT_ENV), 0);
    assert_int_equal(fx->v.u.i, 1);
    assert_int_equal(text(fx, &word, "In-Place", ORX_TEXT_ENV), 0);
    assert_int_equal(fx->v.u.i, 0);
    assert_int_equal(node(fx, &word, "\"worktree\""), 0);
    assert_int_equal(fx->v.u.i, 1);
    refused(fx, node(fx, &word, "\"tree\""), "expected one of in-place, worktree, found \"tree\"");
    refused(fx, node(fx, &word, "true"), "expected one of in-place, worktree, found true");
    refused(fx, text(fx, &word, "", ORX_TEXT_FLAG),
            "expected one of in-place, worktree, found \"\"");
}

static void strings(void **state) {
    fixture *fx = *state;
    assert_int_equal(node(fx, &string, "\" as it is \""), 0);
    assert_string_equal(fx->v.u.s, " as it is ");
    assert_int_equal(text(fx, &string, " trimmed ", ORX_TEXT_ENV), 0);
    assert_string_equal(fx->v.u.s, "trimmed");
    const char *what =
        "expected a text (in quotes when it looks like a number or a boolean), found ";
    char expected[160];
    (void)snprintf(expected, sizeof expected, "%san integer (4)", what);
    refused(fx, node(fx, &string, "4"), expected);
    (void)snprintf(expected, sizeof expected, "%s\"a\\x00b\"", what);
    refused(fx, node(fx, &string, "\"a\\u0000b\""), expected);
    (void)snprintf(expected, sizeof expected, "%s\"\"", what);
    refused(fx, node(fx, &string, "\"\""), expected);
    assert_int_equal(node(fx, &optional, "\"\""), 0);
    assert_false(fx->v.set);
    assert_int_equal(text(fx, &optional, "", ORX_TEXT_ENV), 0);
    assert_false(fx->v.set);
}

static void names(void **state) {
    fixture *fx = *state;
    static const char *const good[] = {"a", "A9", "codex-2", "gpt-4.1", "x_y", "0"};
    for (size_t i = 0; i < ORX_ARRAY_LEN(good); i++) {
        assert_int_equal(text(fx, &lane, good[i], ORX_TEXT_FLAG), 0);
        assert_string_equal(fx->v.u.s, good[i]);
    }
    static const char *const bad[] = {"-a", ".a", "_a", "a/b", "..", "a b", "a\nb", "\xC3\xA4"};
    for (size_t i = 0; i < ORX_ARRAY_LEN(bad); i++)
        assert_true(text(fx, &lane, bad[i], ORX_TEXT_FLAG) < 0);
    assert_true(node(fx, &lane, "\"a\\u0000\"") < 0);
    assert_int_equal(text(fx, &lane, "", ORX_TEXT_FLAG), 0);
    assert_true(fx->v.set);
    assert_string_equal(fx->v.u.s, "");
    char big[66];
    memset(big, 'x', 65);
    big[65] = 0;
    assert_true(text(fx, &lane, big, ORX_TEXT_FLAG) < 0);
    assert_contains(orx_str_cstr(&fx->problem),
                    "found \"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx...\"");
    big[64] = 0;
    assert_int_equal(text(fx, &lane, big, ORX_TEXT_FLAG), 0);
}

static void secrets_are_never_repeated(void **state) {
    fixture *fx = *state;
    assert_int_equal(node(fx, &secret, "\"OPENAI_API_KEY\""), 0);
    assert_string_equal(fx->v.u.s, "OPENAI_API_KEY");
    static const char *const wrong[] = {"\"sk-sesame-123\"", "\"sesame sesame\"", "4242",
                                        "[\"sesame\"]"};
    for (size_t i = 0; i < ORX_ARRAY_LEN(wrong); i++) {
        assert_true(node(fx, &secret, wrong[i]) < 0);
        assert_contains(orx_str_cstr(&fx->problem), "the name of the environment variable");
        assert_null(strstr(orx_str_cstr(&fx->problem), "sesame"));
        assert_null(strstr(orx_str_cstr(&fx->problem), "42"));
    }
}

/* ---- Paths --------------------------------------------------------------------------------------
 */

static const orx_config_key path = {.type = ORX_CFG_PATH};
static const orx_config_key repo = {.type = ORX_CFG_PATH, .marks = ORX_KEY_REPO};

static const char *path_of(fixture *fx, const orx_config_key *key, const char *s,
                           orx_text_source source) {
    if (text(fx, key, s, source) < 0)
        fail_msg("%s: %s", s, orx_str_cstr(&fx->problem));
    return fx->v.u.s;
}

static void paths_become_absolute(void **state) {
    fixture *fx = *state;
    const struct {
        const char *given, *from_root, *from_cwd;
    } cases[] = {
        {"a/b", "/r/top/a/b", "/cwd/sub/a/b"},
        {"./a", "/r/top/a", "/cwd/sub/a"},
        {".", "/r/top", "/cwd/sub"},
        {"..", "/r", "/cwd"},
        {"../x", "/r/x", "/cwd/x"},
        {"../../x", "/x", "/x"},
        {"../../../../x", "/x", "/x"},
        {"../.././../x/../y", "/x/../y", "/x/../y"},
        {".hidden", "/r/top/.hidden", "/cwd/sub/.hidden"},
        {"..x", "/r/top/..x", "/cwd/sub/..x"},
        {"/abs/../p", "/abs/../p", "/abs/../p"},
        {"~", "/h/me", "/h/me"},
        {"~/x", "/h/me/x", "/h/me/x"},
        {"~x", "/r/top/~x", "/cwd/sub/~x"},
        {"${root}", "/r/top", "/r/top"},
        {"${root}/x", "/r/top/x", "/r/top/x"},
        {"${artifacts_dir}/x", "/r/top/art/x", "/r/top/art/x"},
        {"${artifacts_dir}/../x", "/r/top/art/../x", "/r/top/art/../x"},
        {"${state_dir}/x", "/s/x", "/s/x"},
    };
    for (size_t i = 0; i < ORX_ARRAY_LEN(cases); i++) {
        assert_string_equal(path_of(fx, &path, cases[i].given, ORX_TEXT_CONFIG),
                            cases[i].from_root);
        assert_string_equal(path_of(fx, &path, cases[i].given, ORX_TEXT_ENV), cases[i].from_root);
        assert_string_equal(path_of(fx, &path, cases[i].given, ORX_TEXT_FLAG), cases[i].from_cwd);
    }
}

static void unusable_paths(void **state) {
    fixture *fx = *state;
    refused(fx, text(fx, &path, "${HOME}/x", ORX_TEXT_ENV),
            "expected a path that begins with ${root}, ${artifacts_dir}, ${state_dir} or a name, "
            "found \"${HOME}/x\"");
    assert_true(text(fx, &path, "${root}x", ORX_TEXT_ENV) < 0);
    refused(fx, text(fx, &path, "", ORX_TEXT_FLAG),
            "expected a path of at most 4096 bytes, found \"\"");
    assert_true(node(fx, &path, "\"a\\u0000b\"") < 0);
    assert_true(node(fx, &path, "1") < 0);
    ORX_CLEANUP(orx_str_free) orx_str big = {0};
    while (big.len < 4096)
        orx_str_adds(&big, "x");
    assert_int_equal(text(fx, &path, orx_str_cstr(&big), ORX_TEXT_ENV), 0);
    orx_str_adds(&big, "x");
    assert_true(text(fx, &path, orx_str_cstr(&big), ORX_TEXT_ENV) < 0);
}

static void no_home_no_tilde(void **state) {
    fixture *fx = *state;
    fx->scope.home = NULL;
    assert_string_equal(path_of(fx, &path, "~/x", ORX_TEXT_ENV), "/r/top/~/x");
}

static void a_root_at_the_top(void **state) {
    fixture *fx = *state;
    fx->cfg.root = "/";
    assert_string_equal(path_of(fx, &path, "a", ORX_TEXT_ENV), "/a");
    assert_string_equal(path_of(fx, &path, "..", ORX_TEXT_ENV), "/");
    assert_string_equal(path_of(fx, &path, ".", ORX_TEXT_ENV), "/");
    assert_string_equal(path_of(fx, &path, "../a", ORX_TEXT_ENV), "/a");
}

static void repositories_have_names(void **state) {
    fixture *fx = *state;
    assert_string_equal(path_of(fx, &repo, "impl", ORX_TEXT_CONFIG), "/r/impl");
    assert_string_equal(path_of(fx, &repo, "test", ORX_TEXT_CONFIG), "/r/test");
    assert_string_equal(path_of(fx, &repo, "./impl", ORX_TEXT_CONFIG), "/r/top/impl");
    assert_string_equal(path_of(fx, &repo, "../third", ORX_TEXT_CONFIG), "/r/third");
    assert_string_equal(path_of(fx, &path, "impl", ORX_TEXT_CONFIG), "/r/top/impl");
}

/* ---- Lists and objects
 * --------------------------------------------------------------------------- */

static const orx_config_key list = {.type = ORX_CFG_LIST, .split = ";,"};
static const orx_config_key commands = {.type = ORX_CFG_LIST, .split = ";"};
static const orx_config_key variables = {.type = ORX_CFG_ENVNAMES, .split = ", "};
static const orx_config_key map = {.type = ORX_CFG_MAP};

static void expect_items(const fixture *fx, size_t n, const char *const *items) {
    assert_true(fx->v.set);
    assert_int_equal(fx->v.u.list.count, n);
    for (size_t i = 0; i < n; i++)
        assert_string_equal(fx->v.u.list.items[i], items[i]);
    assert_null(fx->v.u.list.items[n]);
}

static void lists_from_text(void **state) {
    fixture *fx = *state;
    assert_int_equal(text(fx, &list, " a, b c;;d ,", ORX_TEXT_ENV), 0);
    expect_items(fx, 3, (const char *const[]){"a", "b c", "d"});
    assert_int_equal(text(fx, &commands, "make lint;make test, all", ORX_TEXT_ENV), 0);
    expect_items(fx, 2, (const char *const[]){"make lint", "make test, all"});
    assert_int_equal(text(fx, &list, "", ORX_TEXT_ENV), 0);
    expect_items(fx, 0, NULL);
    assert_int_equal(text(fx, &list, ";,;", ORX_TEXT_ENV), 0);
    expect_items(fx, 0, NULL);
}

static void lists_from_nodes(void **state) {
    fixture *fx = *state;
    assert_int_equal(node(fx, &list, "[\"a, b\", \"c\"]"), 0);
    expect_items(fx, 2, (const char *const[]){"a, b", "c"});
    assert_int_equal(node(fx, &list, "[]"), 0);
    expect_items(fx, 0, NULL);
    const char *what = "expected a list of texts that are not empty, found ";
    char expected[160];
    (void)snprintf(expected, sizeof expected, "%sa string \"make test\"", what);
    refused(fx, node(fx, &list, "\"make test\""), expected);
    (void)snprintf(expected, sizeof expected, "%san integer (7) as item 2", what);
    refused(fx, node(fx, &list, "[\"a\", 7]"), expected);
    (void)snprintf(expected, sizeof expected, "%s\"\" as item 1", what);
    refused(fx, node(fx, &list, "[\"\"]"), expected);
    (void)snprintf(expected, sizeof expected, "%s\"x\\x00\" as item 1", what);
    refused(fx, node(fx, &list, "[\"x\\u0000\"]"), expected);
}

static void lists_of_variables(void **state) {
    fixture *fx = *state;
    assert_int_equal(node(fx, &variables, "[\"A\", \"AWS_*\"]"), 0);
    expect_items(fx, 2, (const char *const[]){"A", "AWS_*"});
    assert_int_equal(text(fx, &variables, "A B_*,C", ORX_TEXT_ENV), 0);
    expect_items(fx, 3, (const char *const[]){"A", "B_*", "C"});
    assert_true(node(fx, &variables, "[\"*\"]") < 0);
    assert_true(node(fx, &variables, "[\"A=B\"]") < 0);
    assert_true(node(fx, &variables, "[\"*_KEY\"]") < 0);
    assert_contains(orx_str_cstr(&fx->problem), "\"*_KEY\" as item 1");
}

static void objects(void **state) {
    fixture *fx = *state;
    assert_int_equal(node(fx, &map, "{\"a\": 1}"), 0);
    assert_int_equal(orx_node_int(orx_node_get(fx->v.u.map, "a"), 0), 1);
    refused(fx, node(fx, &map, "[1]"), "expected an object (name: value pairs), found an array");
    assert_true(text(fx, &map, "{}", ORX_TEXT_ENV) < 0);
}

static void quotes_are_printable_and_short(void **state) {
    fixture *fx = *state;
    orx_str_clear(&fx->problem);
    orx_explain_quote(orx_view_of("a\tb\x7f\xFFz"), &fx->problem);
    assert_string_equal(orx_str_cstr(&fx->problem), "\"a\\x09b\\x7f\xEF\xBF\xBDz\"");
    orx_str_clear(&fx->problem);
    orx_explain_quote((orx_view){NULL, 0}, &fx->problem);
    assert_string_equal(orx_str_cstr(&fx->problem), "\"\"");
}

int main(void) {
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(boolean_words),
        T(other_words_can_mean_true),
        T(booleans_are_booleans),
        T(switches),
        T(whole_numbers),
        T(floors_raise_what_comes_from_outside),
        T(numbers),
        T(durations),
        T(no_time_at_all),
        T(sizes),
        T(words),
        T(strings),
        T(names),
        T(secrets_are_never_repeated),
        T(paths_become_absolute),
        T(unusable_paths),
        T(no_home_no_tilde),
        T(a_root_at_the_top),
        T(repositories_have_names),
        T(lists_from_text),
        T(lists_from_nodes),
        T(lists_of_variables),
        T(objects),
        T(quotes_are_printable_and_short),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

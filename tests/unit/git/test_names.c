#include "test.h"

#include "git/internal.h"

static void branch_names(void **state) {
    (void)state;
    static const char *const good[] = {"main", "lane/a", "a.b",    "codex/issue-7-x", "\xc3\xbc",
                                       "a-",   "@a",     "x/HEAD", "a.lock.b",        "refs/x"};
    static const char *const bad[] = {"",       "-a",       "a..b", "a b",  "a~b",  "a^b",
                                      "a:b",    "a?b",      "a*b",  "a[b",  "a\\b", "a\nb",
                                      "a\x7f",  "/a",       "a/",   "a//b", ".a",   "a/.b",
                                      "a.lock", "a.lock/b", "a.",   "a@{b", "@",    "HEAD"};
    for (size_t i = 0; i < ORX_ARRAY_LEN(good); i++)
        if (!orx_git_branch_ok(good[i]))
            fail_msg("refused \"%s\"", good[i]);
    for (size_t i = 0; i < ORX_ARRAY_LEN(bad); i++)
        if (orx_git_branch_ok(bad[i]))
            fail_msg("took \"%s\"", bad[i]);
    char longest[300];
    memset(longest, 'a', sizeof longest);
    longest[241] = '\0';
    assert_false(orx_git_branch_ok(longest));
    longest[240] = '\0';
    assert_true(orx_git_branch_ok(longest));
}

static void ids(void **state) {
    (void)state;
    assert_true(orx_git_is_sha(orx_view_of("0123456789abcdef0123456789abcdef01234567")));
    assert_false(orx_git_is_sha(orx_view_of("0123456789ABCDEF0123456789abcdef01234567")));
    assert_false(orx_git_is_sha(orx_view_of("0123456789abcdef")));
    assert_false(orx_git_is_sha(orx_view_of("")));
}

static void safe_names(void **state) {
    (void)state;
    static const char *const cases[][2] = {
        {"My Repo", "my-repo"}, {"gemini", "gemini"},  {"a/b\\c:d", "a-b-c-d"},
        {"--x--", "x"},         {"a  --  b", "a-b"},   {"v1.2_x", "v1.2_x"},
        {"a..b", "a.b"},        {".hidden", "hidden"}, {"a.", "a"},
        {"x.lock", "x"},        {"x.lock.lock", "x"},  {"", "none"},
        {"///", "none"},        {"\xc3\xbc", "none"},  {"HEAD", "head"},
        {"a\nb", "a-b"},        {"A.-B", "a.b"}};
    for (size_t i = 0; i < ORX_ARRAY_LEN(cases); i++) {
        orx_str out = {0};
        orx_git_safe_name(orx_view_of(cases[i][0]), "none", &out);
        assert_string_equal(orx_str_cstr(&out), cases[i][1]);
        assert_true(orx_git_branch_ok(orx_str_cstr(&out)));
        orx_str_free(&out);
    }
}

static void any_bytes_make_a_safe_name(void **state) {
    (void)state;
    uint32_t seed = 1;
    for (int round = 0; round < 5000; round++) {
        char text[24];
        orx_str out = {0};
        orx_str parked = {0};
        for (size_t i = 0; i < sizeof text; i++) {
            seed = seed * 1664525u + 1013904223u;
            static const char pool[] = "aZ0.-_/lock \\~^:?*[@{\n\x01\xff";
            text[i] = pool[(seed >> 16) % (sizeof pool)];
        }
        orx_view v = {text, (size_t)round % sizeof text};
        orx_git_safe_name(v, "x", &out);
        orx_git_parked_branch(v, &parked);
        assert_true(orx_git_branch_ok(orx_str_cstr(&out)));
        assert_true(orx_git_branch_ok(orx_str_cstr(&parked)));
        orx_str_free(&out);
        orx_str_free(&parked);
    }
}

static const char *parked(orx_arena *a, orx_view attempt) {
    orx_str out = {0};
    orx_git_parked_branch(attempt, &out);
    const char *copy = orx_arena_dup(a, orx_str_view(&out));
    orx_str_free(&out);
    return copy;
}

static void parked_branches_never_share_a_name(void **state) {
    (void)state;
    orx_arena a = {0};
    assert_string_equal(parked(&a, orx_view_of("T-1#2")), "orxaq/parked/T-1#2");
    assert_string_not_equal(parked(&a, orx_view_of("a/b")), parked(&a, orx_view_of("a b")));
    assert_string_not_equal(parked(&a, orx_view_of("a b")), parked(&a, orx_view_of("a-b")));
    assert_string_not_equal(parked(&a, orx_view_mem("a\0b", 3)), parked(&a, orx_view_of("a")));
    char text[200];
    memset(text, 'x', sizeof text);
    const char *one = parked(&a, orx_view_mem(text, 200));
    const char *two = parked(&a, orx_view_mem(text, 199));
    assert_string_not_equal(one, two);
    assert_true(strlen(one) < 200);
    orx_arena_free(&a);
}

static void kinds_have_names(void **state) {
    (void)state;
    assert_string_equal(orx_git_kind_name(ORX_GIT_ADDED), "added");
    assert_string_equal(orx_git_kind_name(ORX_GIT_CONFLICTED), "conflicted");
    assert_string_equal(orx_git_kind_name((orx_git_kind)99), "unknown");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(branch_names),
        cmocka_unit_test(ids),
        cmocka_unit_test(safe_names),
        cmocka_unit_test(any_bytes_make_a_safe_name),
        cmocka_unit_test(parked_branches_never_share_a_name),
        cmocka_unit_test(kinds_have_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

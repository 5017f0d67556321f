/* Keys are found in whatever spelling, and addresses are put together and looked through. */
#include "base/arena.h"
#include "fleet/blot.h"
#include "fleet/url.h"
#include "test.h"

static void assert_blotted(const char *text, const char *secret, const char *expected) {
    ORX_CLEANUP(orx_str_free) orx_str s = {0};
    orx_str_adds(&s, text);
    orx_blot(&s, orx_view_of(secret));
    assert_string_equal(orx_str_cstr(&s), expected);
}

static void a_key_is_taken_out_wherever_it_stands(void **state ORX_UNUSED) {
    assert_blotted("abcd", "abcd", "[REDACTED]");
    assert_blotted("Incorrect API key: abcd.", "abcd", "Incorrect API key: [REDACTED].");
    assert_blotted("abcdabcd and abcd", "abcd", "[REDACTED][REDACTED] and [REDACTED]");
    assert_blotted("ababcd", "abcd", "ab[REDACTED]");
    assert_blotted("abc", "abcd", "abc");
    assert_blotted("", "abcd", "");
}

static void a_key_is_found_as_json_and_as_address_spell_it(void **state ORX_UNUSED) {
    assert_blotted("k=a%2Fb%2bc&", "a/b+c", "k=[REDACTED]&");
    assert_blotted("\"a\\/b+c\"", "a/b+c", "\"[REDACTED]\"");
    assert_blotted("\"a\\u002fb\\u002Bc\"", "a/b+c", "\"[REDACTED]\"");
    assert_blotted("%61%62%63%64", "abcd", "[REDACTED]");
    assert_blotted("100%2500", "100%00", "[REDACTED]");
    assert_blotted("100%00", "100%00", "[REDACTED]");
    assert_blotted("a%25b a%2525b", "a%25b", "[REDACTED] [REDACTED]");
    assert_blotted("a\\\\b", "a\\\\b", "[REDACTED]");
    assert_blotted("%6", "6abc", "%6");
    assert_blotted("\\u00", "u00x", "\\u00");
}

/* It would be found everywhere. */
static void a_short_key_is_none(void **state ORX_UNUSED) {
    assert_blotted("a car", "a", "a car");
    assert_blotted("the cat", "cat", "the cat");
    assert_blotted("nothing", "", "nothing");
}

static void names_speak_of_keys(void **state ORX_UNUSED) {
    static const char *const yes[] = {"key",          "API-Key", "Authorization", "x-goog-api-key",
                                      "access_token", "Cookie",  "client_SECRET", "password"};
    static const char *const no[] = {"anthropic-version", "Accept", "alt", "", "pageSize"};
    for (size_t i = 0; i < ORX_ARRAY_LEN(yes); i++)
        assert_true(orx_blot_name(orx_view_of(yes[i])));
    for (size_t i = 0; i < ORX_ARRAY_LEN(no); i++)
        assert_false(orx_blot_name(orx_view_of(no[i])));
}

/* [F] The predecessor asked for /v1/v1/models, and for /v1/models/v1/models. */
static void no_part_of_an_address_is_said_twice(void **state ORX_UNUSED) {
    static const char *const rows[][3] = {
        {"http://h:1", "/v1/models", "http://h:1/v1/models"},
        {"http://h:1///", "v1/models", "http://h:1/v1/models"},
        {"http://h/v1", "/v1/models", "http://h/v1/models"},
        {"http://h/v1/models", "/v1/models", "http://h/v1/models"},
        {"http://h/v1", "/models", "http://h/v1/models"},
        {"http://h/api/v1/models/", "/models", "http://h/api/v1/models"},
        {"http://v1", "/v1/models", "http://v1/v1/models"},
        {"http://h/rev1", "/v1/models", "http://h/rev1/v1/models"},
        {"http://h/x?y=1", "", "http://h/x?y=1"},
        {"h:1", "/v1/models", "h:1/v1/models"},
        {"http://", "/v1", "http:///v1"},
        {"", "", ""},
    };
    ORX_CLEANUP(orx_arena_free) orx_arena a = {0};
    for (size_t i = 0; i < ORX_ARRAY_LEN(rows); i++)
        assert_string_equal(orx_url_join(&a, rows[i][0], rows[i][1]), rows[i][2]);
}

static void assert_secrets(const char *url, const char *expected) {
    ORX_CLEANUP(orx_str_free) orx_str found = {0};
    orx_view secret;
    size_t at = 0;
    while (orx_url_secret(url, &at, &secret))
        orx_str_addf(&found, "<%.*s>", ORX_VIEW_ARG(secret));
    assert_false(orx_url_secret(url, &at, &secret));
    assert_string_equal(orx_str_cstr(&found), expected);
}

static void secrets_in_an_address_are_known(void **state ORX_UNUSED) {
    assert_secrets("https://h/v1/models", "");
    assert_secrets("https://me:pass@h/v1?key=abc&alt=1&token=def#x", "<me:pass><abc><def>");
    assert_secrets("https://a@b@h/", "<a@b>");
    assert_secrets("/v1/models?key=abc", "<abc>");
    assert_secrets("/v1/models?key=&key&alt=key", "");
    assert_secrets("/v1?next=https://h@x/&key=abc", "<abc>");
    assert_secrets("https://h/?a=1#key=abc&key=def", "");
    assert_secrets("", "");
}

static void what_is_escaped_is_read(void **state ORX_UNUSED) {
    static const char *const rows[][2] = {{"a%2Fb%2bc", "a/b+c"}, {"%", "%"},   {"%4", "%4"},
                                          {"%4x", "%4x"},         {"%41", "A"}, {"", ""}};
    for (size_t i = 0; i < ORX_ARRAY_LEN(rows); i++) {
        ORX_CLEANUP(orx_str_free) orx_str out = {0};
        orx_url_decode(&out, orx_view_of(rows[i][0]));
        assert_string_equal(orx_str_cstr(&out), rows[i][1]);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_key_is_taken_out_wherever_it_stands),
        cmocka_unit_test(a_key_is_found_as_json_and_as_address_spell_it),
        cmocka_unit_test(a_short_key_is_none),
        cmocka_unit_test(names_speak_of_keys),
        cmocka_unit_test(no_part_of_an_address_is_said_twice),
        cmocka_unit_test(secrets_in_an_address_are_known),
        cmocka_unit_test(what_is_escaped_is_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

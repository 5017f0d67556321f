/* Where a server is, from its address. */
#include "base/address.h"

#include "test.h"

static void key_is(const char *url, const char *expected) {
    ORX_CLEANUP(orx_str_free) orx_str key = {0};
    if (!orx_address_key(orx_view_of(url), &key)) {
        assert_int_equal(key.len, 0);
        orx_str_adds(&key, "(none)");
    }
    assert_string_equal(orx_str_cstr(&key), expected);
}

static void host_and_port(void **state) {
    (void)state;
    key_is("https://Api.X/v1", "api.x:443");
    key_is("http://h/v1", "h:80");
    key_is("HTTP://h:8080", "h:8080");
    key_is(" 127.0.0.1:1234/v1 ", "127.0.0.1:1234");
    key_is("http://[::1]:1234/v1", "[::1]:1234");
    key_is("https://[FD00::2]", "[fd00::2]:443");
    key_is("http://me:secret@den:9/v1?key=x", "den:9");
    key_is("http://h?x=1", "h:80");
}

static void what_is_no_address(void **state) {
    (void)state;
    static const char *const none[] = {
        "",           "http://",     "http://:80",   "http://h:x/",
        "http://h h", "http://[::1", "http://[h]/",  "http://h:123456",
        "ftp://h/",   "http://h%2e", "http://[::1]x"};
    for (size_t i = 0; i < ORX_ARRAY_LEN(none); i++) {
        key_is(none[i], "(none)");
        assert_false(orx_address_is_private(orx_view_of(none[i])));
    }
}

static void private_ones(void **state) {
    (void)state;
    static const char *const mine[] = {
        "http://127.0.0.1:1234/v1", "127.8.9.10",
        "http://10.0.0.1",          "http://172.16.0.1",
        "http://172.31.255.255",    "http://192.168.50.86:1234/v1",
        "http://169.254.1.1",       "http://[::1]:1234",
        "http://[fe80::1]",         "http://[febf::1]",
        "http://[fc00::1]",         "http://[fdab:1::1]",
        "http://localhost:8000",    "http://LocalHost",
        "https://gpu-box:8443/v1",  "http://den.local",
        "http://a.b.lan",           "http://host.docker.internal:1234",
        "http://nas.home.arpa"};
    for (size_t i = 0; i < ORX_ARRAY_LEN(mine); i++)
        if (!orx_address_is_private(orx_view_of(mine[i])))
            fail_msg("%s is private", mine[i]);
}

/* Also what other programs read as another number than it looks like, and what only begins or ends
 * like a private one. */
static void public_ones(void **state) {
    (void)state;
    static const char *const theirs[] = {
        "https://api.openai.com/v1",
        "http://8.8.8.8",
        "http://172.15.0.1",
        "http://172.32.0.1",
        "http://192.169.0.1",
        "http://128.0.0.1",
        "http://127.0.0.1.example.com",
        "http://127.1",
        "http://010.0.0.1",
        "http://10.0.0.256",
        "http://10.0.0.0001",
        "http://10.0.0.1.",
        "http://134744072/",
        "http://0x08080808/",
        "http://127.0.0.1@api.example.com/v1",
        "http://api.example.com:80#@127.0.0.1/",
        "http://api.example.com?@localhost",
        "http://api.example.com\\@127.0.0.1/",
        "http://xlocal.com",
        "http://local.example.com",
        "http://.local",
        "http://8\xe3\x80\x82\x38\xe3\x80\x82\x38\xe3\x80\x82\x38/",
        "http://[2001:db8::1]",
        "http://[::ffff:10.0.0.1]",
        "http://[fc::1]",
        "http://[fec0::1]",
        "http://[::]"};
    for (size_t i = 0; i < ORX_ARRAY_LEN(theirs); i++)
        if (orx_address_is_private(orx_view_of(theirs[i])))
            fail_msg("%s is public", theirs[i]);
}

static void long_ones_have_a_limit(void **state) {
    (void)state;
    ORX_CLEANUP(orx_str_free) orx_str url = {0};
    orx_str_adds(&url, "http://");
    for (int i = 0; i < 253; i++)
        orx_str_addc(&url, 'a');
    assert_true(orx_address_is_private(orx_str_view(&url)));
    orx_str_addc(&url, 'a');
    assert_false(orx_address_is_private(orx_str_view(&url)));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(host_and_port),          cmocka_unit_test(what_is_no_address),
        cmocka_unit_test(private_ones),           cmocka_unit_test(public_ones),
        cmocka_unit_test(long_ones_have_a_limit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#include "base/digest.h"

#include "base/mem.h"

#include "test.h"

static void known_answers(void **state) {
    (void)state;
    /* FIPS 180-4 examples. */
    char hex[ORX_SHA256_HEX];
    orx_sha256_hex(orx_view_of(""), hex);
    assert_string_equal(hex, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    orx_sha256_hex(orx_view_of("abc"), hex);
    assert_string_equal(hex, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

static void parts_make_the_whole(void **state) {
    (void)state;
    uint8_t whole[ORX_SHA256_LEN];
    uint8_t parts[ORX_SHA256_LEN];
    orx_sha256_of(orx_view_of("hello world"), whole);
    orx_sha256 d;
    orx_sha256_begin(&d);
    orx_sha256_add(&d, "hello", 5);
    orx_sha256_add(&d, "", 0);
    orx_sha256_add(&d, " world", 6);
    orx_sha256_end(&d, parts);
    assert_memory_equal(whole, parts, ORX_SHA256_LEN);
    orx_sha256_begin(&d);
    orx_sha256_end(&d, NULL);
}

static void one_context_digests_many_runs(void **state) {
    (void)state;
    uint8_t want[ORX_SHA256_LEN];
    uint8_t got[ORX_SHA256_LEN];
    orx_sha256 d;
    orx_sha256_begin(&d);
    const char *runs[] = {"abc", "", "abc"};
    for (size_t i = 0; i < ORX_ARRAY_LEN(runs); i++) {
        orx_sha256_add(&d, runs[i], strlen(runs[i]));
        orx_sha256_next(&d, got);
        orx_sha256_of(orx_view_of(runs[i]), want);
        assert_memory_equal(got, want, ORX_SHA256_LEN);
    }
    orx_sha256_end(&d, NULL);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_context_digests_many_runs),
        cmocka_unit_test(known_answers),
        cmocka_unit_test(parts_make_the_whole),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

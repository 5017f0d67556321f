/* The vectors of RFC 8032, 7.1, and everything that must not verify. */
#include "base/ed25519.h"

#include "base/digest.h"

#include "test.h"

#include <stdlib.h>
#include <string.h>

static void from_hex(const char *hex, uint8_t *out) {
    for (size_t i = 0; hex[2 * i]; i++) {
        char two[3] = {hex[2 * i], hex[2 * i + 1], 0};
        out[i] = (uint8_t)strtoul(two, NULL, 16);
    }
}

static const struct {
    const char *secret;
    const char *public_key;
    const char *message;
    size_t len;
    const char *signature;
} vectors[] = {
    {"9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
     "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "", 0,
     "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b"
     "4"
     "6bd25bf5f0595bbe24655141438e7a100b"},
    {"4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
     "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "\x72", 1,
     "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11"
     "d"
     "8c387b2eaeb4302aeeb00d291612bb0c00"},
};

static void the_vectors_hold(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof vectors / sizeof *vectors; i++) {
        uint8_t secret[ORX_ED25519_KEY];
        uint8_t key[ORX_ED25519_KEY];
        uint8_t signature[ORX_ED25519_SIGNATURE];
        char hex[2 * ORX_ED25519_SIGNATURE + 1];
        orx_view message = orx_view_mem(vectors[i].message, vectors[i].len);
        from_hex(vectors[i].secret, secret);
        orx_ed25519_public(secret, key);
        orx_hex(key, sizeof key, hex);
        assert_string_equal(hex, vectors[i].public_key);
        orx_ed25519_sign(secret, message, signature);
        orx_hex(signature, sizeof signature, hex);
        assert_string_equal(hex, vectors[i].signature);
        assert_true(orx_ed25519_verify(key, message, signature));
    }
}

/* One bit anywhere. */
static void damage_does_not_verify(void **state) {
    (void)state;
    uint8_t secret[ORX_ED25519_KEY] = {7};
    uint8_t key[ORX_ED25519_KEY];
    uint8_t signature[ORX_ED25519_SIGNATURE];
    char text[] = "a grant";
    orx_view message = orx_view_of(text);
    orx_ed25519_public(secret, key);
    orx_ed25519_sign(secret, message, signature);
    for (size_t bit = 0; bit < 8 * sizeof signature; bit++) {
        signature[bit / 8] ^= (uint8_t)(1U << bit % 8);
        assert_false(orx_ed25519_verify(key, message, signature));
        signature[bit / 8] ^= (uint8_t)(1U << bit % 8);
    }
    for (size_t bit = 0; bit < 8 * sizeof key; bit++) {
        key[bit / 8] ^= (uint8_t)(1U << bit % 8);
        assert_false(orx_ed25519_verify(key, message, signature));
        key[bit / 8] ^= (uint8_t)(1U << bit % 8);
    }
    text[0] = 'b';
    assert_false(orx_ed25519_verify(key, message, signature));
    text[0] = 'a';
    assert_true(orx_ed25519_verify(key, message, signature));
    assert_false(orx_ed25519_verify(key, orx_view_mem(text, 6), signature));
}

static void a_secret_is_wiped(void **state) {
    (void)state;
    uint8_t secret[ORX_ED25519_KEY];
    uint8_t none[ORX_ED25519_KEY] = {0};
    memset(secret, 9, sizeof secret);
    orx_wipe(secret, sizeof secret);
    assert_memory_equal(secret, none, sizeof none);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_vectors_hold),
        cmocka_unit_test(damage_does_not_verify),
        cmocka_unit_test(a_secret_is_wiped),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

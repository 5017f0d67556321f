#include "base/ed25519.h"

#include "base/mem.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>

static EVP_PKEY *secret_key(const uint8_t secret[ORX_ED25519_KEY]) {
    EVP_PKEY *key = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, secret, ORX_ED25519_KEY);
    if (!key)
        orx_out_of_memory(ORX_ED25519_KEY); /* any 32 bytes are a key */
    return key;
}

void orx_ed25519_public(const uint8_t secret[ORX_ED25519_KEY],
                        uint8_t ret_public[ORX_ED25519_KEY]) {
    EVP_PKEY *key = secret_key(secret);
    size_t len = ORX_ED25519_KEY;
    if (EVP_PKEY_get_raw_public_key(key, ret_public, &len) != 1)
        orx_out_of_memory(len);
    EVP_PKEY_free(key);
}

void orx_ed25519_sign(const uint8_t secret[ORX_ED25519_KEY], orx_view message,
                      uint8_t ret_signature[ORX_ED25519_SIGNATURE]) {
    EVP_PKEY *key = secret_key(secret);
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    size_t len = ORX_ED25519_SIGNATURE;
    if (!ctx || EVP_DigestSignInit(ctx, NULL, NULL, NULL, key) != 1 ||
        EVP_DigestSign(ctx, ret_signature, &len, (const uint8_t *)message.p, message.len) != 1)
        orx_out_of_memory(len);
    EVP_MD_CTX_free(ctx);
    EVP_PKEY_free(key);
}

bool orx_ed25519_verify(const uint8_t public_key[ORX_ED25519_KEY], orx_view message,
                        const uint8_t signature[ORX_ED25519_SIGNATURE]) {
    EVP_PKEY *key =
        EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, public_key, ORX_ED25519_KEY);
    EVP_MD_CTX *ctx = key ? EVP_MD_CTX_new() : NULL;
    bool good = ctx && EVP_DigestVerifyInit(ctx, NULL, NULL, NULL, key) == 1 &&
                EVP_DigestVerify(ctx, signature, ORX_ED25519_SIGNATURE, (const uint8_t *)message.p,
                                 message.len) == 1;
    EVP_MD_CTX_free(ctx);
    EVP_PKEY_free(key);
    return good;
}

void orx_wipe(void *p, size_t len) {
    OPENSSL_cleanse(p, len);
}

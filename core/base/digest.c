#include "base/digest.h"

#include "base/mem.h"

#include <openssl/evp.h>

void orx_sha256_begin(orx_sha256 *d) {
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    if (!ctx || EVP_DigestInit_ex(ctx, EVP_sha256(), NULL) != 1)
        orx_out_of_memory(0);
    d->ctx = ctx;
}

void orx_sha256_add(orx_sha256 *d, const void *p, size_t len) {
    if (len && EVP_DigestUpdate(d->ctx, p, len) != 1)
        orx_out_of_memory(0);
}

void orx_sha256_end(orx_sha256 *d, uint8_t out[ORX_SHA256_LEN]) {
    if (out && EVP_DigestFinal_ex(d->ctx, out, NULL) != 1)
        orx_out_of_memory(0);
    EVP_MD_CTX_free(d->ctx);
    d->ctx = NULL;
}

void orx_sha256_next(orx_sha256 *d, uint8_t out[ORX_SHA256_LEN]) {
    /* No type given: the context keeps the one it has, without looking it up again. */
    if (EVP_DigestFinal_ex(d->ctx, out, NULL) != 1 || EVP_DigestInit_ex(d->ctx, NULL, NULL) != 1)
        orx_out_of_memory(0);
}

void orx_sha256_of(orx_view bytes, uint8_t out[ORX_SHA256_LEN]) {
    orx_sha256 d;
    orx_sha256_begin(&d);
    orx_sha256_add(&d, bytes.p, bytes.len);
    orx_sha256_end(&d, out);
}

void orx_hex(const uint8_t *bytes, size_t len, char *out) {
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < len; i++) {
        out[2 * i] = digits[bytes[i] >> 4];
        out[2 * i + 1] = digits[bytes[i] & 15];
    }
    out[2 * len] = '\0';
}

void orx_sha256_hex(orx_view bytes, char out[ORX_SHA256_HEX]) {
    uint8_t raw[ORX_SHA256_LEN];
    orx_sha256_of(bytes, raw);
    orx_hex(raw, sizeof raw, out);
}

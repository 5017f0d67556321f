/* digest.h: SHA-256, the one hash orxaq stores and compares (event chain, bodies, plugin pins).
 *
 * FIPS 180-4 through libcrypto's EVP interface; ed25519.c is the other file of it.
 * Hex is lower case.
 * Threads: an orx_sha256 has one owner at a time; the one-shot functions may run anywhere.
 */
#ifndef ORX_BASE_DIGEST_H
#define ORX_BASE_DIGEST_H

#include "base/view.h"

#define ORX_SHA256_LEN 32
#define ORX_SHA256_HEX 65 /* with the final NUL */

typedef struct orx_sha256 {
    void *ctx; /* EVP_MD_CTX */
} orx_sha256;

/* Starts a digest. Always pair with orx_sha256_end. */
void orx_sha256_begin(orx_sha256 *d);
void orx_sha256_add(orx_sha256 *d, const void *p, size_t len);
/* Writes the digest (out may be NULL to give up) and releases the context. */
void orx_sha256_end(orx_sha256 *d, uint8_t out[ORX_SHA256_LEN]);

/* Writes the digest and starts anew on the same context: much cheaper than end + begin where many
 * short runs are digested. */
void orx_sha256_next(orx_sha256 *d, uint8_t out[ORX_SHA256_LEN]);

/* Digest of one run of bytes. */
void orx_sha256_of(orx_view bytes, uint8_t out[ORX_SHA256_LEN]);

/* Writes 2 * len hex digits and a NUL to out. */
void orx_hex(const uint8_t *bytes, size_t len, char *out);

/* The digest of bytes as hex. */
void orx_sha256_hex(orx_view bytes, char out[ORX_SHA256_HEX]);

#endif

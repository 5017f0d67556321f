/* ed25519.h: signatures (RFC 8032), for what an operator has to have said: grants of elevation.
 *
 * Through libcrypto's EVP interface. Keys and signatures are raw bytes; what they look like as text
 * is the business of whoever stores them. A secret is wiped by its owner with orx_wipe.
 *
 * Threads: any.
 */
#ifndef ORX_BASE_ED25519_H
#define ORX_BASE_ED25519_H

#include "base/view.h"

#define ORX_ED25519_KEY       32 /* bytes, public and secret */
#define ORX_ED25519_SIGNATURE 64

/* The public key of a secret, which is any 32 random bytes. */
void orx_ed25519_public(const uint8_t secret[ORX_ED25519_KEY], uint8_t ret_public[ORX_ED25519_KEY]);

void orx_ed25519_sign(const uint8_t secret[ORX_ED25519_KEY], orx_view message,
                      uint8_t ret_signature[ORX_ED25519_SIGNATURE]);

/* Whether the owner of the key signed exactly this message. False for keys that are none, too. */
bool orx_ed25519_verify(const uint8_t public_key[ORX_ED25519_KEY], orx_view message,
                        const uint8_t signature[ORX_ED25519_SIGNATURE]);

/* Overwrites memory, also when nobody reads it again. */
void orx_wipe(void *p, size_t len);

#endif

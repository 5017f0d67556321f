/* operator_key.h: the operator's key, which signs grants of elevation.
 *
 * The secret lies in HOME/.config/orxaq/operator.key, readable by the operator alone; no agent that
 * the host confines can read that folder. It may as well lie on another machine: whoever runs
 * agents needs only the public half, which is pinned in orxaq.yaml (breakglass.public_key).
 *
 * As text a key is "ed25519:" and 64 hex digits; the secret one has "ed25519-secret:" in front.
 *
 * Threads: as the platform.
 */
#ifndef ORX_RUN_OPERATOR_KEY_H
#define ORX_RUN_OPERATOR_KEY_H

#include "base/ed25519.h"
#include "config/config.h"

#define ORX_KEY_TEXT 80 /* a public key as text, with its NUL */

/* The folder of the key for the configured HOME, in the arena; NULL without a HOME. */
const char *orx_operator_dir(const orx_config *cfg, orx_arena *arena);
const char *orx_operator_key_path(const orx_config *cfg, orx_arena *arena);

/* Makes a key and writes it, 0600, in a folder of 0700. ORX_E_EXISTS when there is one: a key that
 * is pinned somewhere must not be lost by a slip. */
int orx_operator_key_make(orx_platform *p, const char *path, orx_err *err);

/* Reads the secret. ORX_E_DENIED when others could read or change the file; ORX_E_NOT_FOUND says
 * how to make one. To be wiped by the caller. */
int orx_operator_key_read(orx_platform *p, const char *path, uint8_t ret_secret[ORX_ED25519_KEY],
                          orx_err *err);

void orx_public_key_text(const uint8_t key[ORX_ED25519_KEY], char out[ORX_KEY_TEXT]);

/* False when the text is no public key; *ret_key is then untouched. */
bool orx_public_key_parse(const char *text, uint8_t ret_key[ORX_ED25519_KEY]);

/* Exactly 2 * len hex digits. */
bool orx_unhex(orx_view text, uint8_t *out, size_t len);

#endif

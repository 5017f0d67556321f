/* grant.h: a grant of elevation: who may do what, why, until when, and whether it counts.
 *
 * A grant is the predecessor's JSON object [K] and a member `signature`: Ed25519, made with the
 * operator's key, over "orxaq grant 1\n" and the canonical JSON of all other members. A grant that
 * is not signed by the pinned key counts as none, whoever wrote it. Every reason for a refusal has
 * a code that goes into the audit log.
 *
 * Threads: as the store.
 */
#ifndef ORX_RUN_GRANT_H
#define ORX_RUN_GRANT_H

#include "config/config.h"
#include "data/doc.h"
#include "run/operator_key.h"
#include "store/store.h"

/* `breakglass` of the privilege policy file, with the built-in values for what is missing. */
typedef struct orx_grant_policy {
    bool enabled;
    const char *file;       /* the active grant, absolute */
    const char *audit_file; /* the audit log, absolute */
    int64_t max_minutes;
    const char *const *required; /* sorted, NULL-terminated */
    const orx_node *providers;   /* of the file, or NULL */
} orx_grant_policy;

/* Reads the policy. A missing file is the built-in one; a broken one is an error. path NULL = as
 * configured. */
int orx_grant_policy_load(orx_platform *p, const orx_config *cfg, const char *path,
                          orx_arena *arena, orx_grant_policy *ret_policy, orx_err *err);

/* The policy's arguments for a provider that may be elevated; NULL when it may not. */
const orx_node *orx_grant_policy_args(const orx_grant_policy *policy, const char *provider);

typedef struct orx_grant_question {
    const orx_grant_policy *policy;
    const char *public_key; /* as configured; NULL = none */
    const char *provider;
    const char *task;
    int64_t now_ns;
    bool revoked; /* this id was */
} orx_grant_question;

/* NULL: it counts, until *ret_expires_ns. Otherwise the code of the first thing that is wrong, in
 * the arena. */
const char *orx_grant_check(const orx_node *grant, const orx_grant_question *q, orx_arena *arena,
                            int64_t *ret_expires_ns);

/* Reads a grant. A missing file is NULL. */
int orx_grant_read(orx_platform *p, const char *path, orx_arena *arena, const orx_node **ret_grant,
                   orx_err *err);

/* Sets `signature`. */
void orx_grant_sign(orx_arena *arena, orx_node *grant, const uint8_t secret[ORX_ED25519_KEY]);

/* Ids become file names: letters, digits, . _ - and no dot in front, at most 100. */
bool orx_grant_id_ok(orx_view id);

/* Whether the journal says that a grant was revoked; true also when the journal cannot be read. */
bool orx_grant_revoked(orx_store *s, const char *id);

/* Inside a transaction: from now on the id counts for nothing. "" is nobody's id. */
int orx_grant_revoke(orx_store *s, const char *id, orx_err *err);

#endif

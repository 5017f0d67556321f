#include "run/grant.h"

#include "base/digest.h"
#include "data/json.h"
#include "platform/files.h"

#define SIGNED_AS   "orxaq grant 1\n"
#define SIGNATURE   "ed25519:"
#define GRANT_BYTES ((size_t)64 * 1024)
#define MINUTE      (60 * ORX_SEC)

/* ---- What is signed -------------------------------------------------------------------------- */

static void signed_text(const orx_node *grant, orx_str *out) {
    ORX_CLEANUP(orx_arena_free) orx_arena arena = {0};
    orx_node *rest = orx_node_new(&arena, ORX_OBJECT);
    ORX_NODE_EACH(grant, it) {
        if (!orx_view_is(it->key, "signature"))
            orx_node_set(&arena, rest, it->key.p, orx_node_copy(&arena, it));
    }
    orx_str_adds(out, SIGNED_AS);
    orx_json_write(out, rest, ORX_JSON_CANONICAL);
}

void orx_grant_sign(orx_arena *arena, orx_node *grant, const uint8_t secret[ORX_ED25519_KEY]) {
    ORX_CLEANUP(orx_str_free) orx_str text = {0};
    uint8_t signature[ORX_ED25519_SIGNATURE];
    char shown[sizeof SIGNATURE + (size_t)2 * ORX_ED25519_SIGNATURE];
    signed_text(grant, &text);
    orx_ed25519_sign(secret, orx_str_view(&text), signature);
    memcpy(shown, SIGNATURE, sizeof SIGNATURE);
    orx_hex(signature, sizeof signature, shown + sizeof SIGNATURE - 1);
    orx_node_set_str(arena, grant, "signature", shown);
}

static bool signature_of(const orx_node *grant, uint8_t out[ORX_ED25519_SIGNATURE]) {
    orx_view text = orx_view_of(orx_node_str(orx_node_get(grant, "signature"), ""));
    size_t n = sizeof SIGNATURE - 1;
    return orx_view_starts(text, SIGNATURE) &&
           orx_unhex((orx_view){text.p + n, text.len - n}, out, ORX_ED25519_SIGNATURE);
}

static const char *check_signature(const orx_node *grant, const char *public_key) {
    ORX_CLEANUP(orx_str_free) orx_str text = {0};
    uint8_t key[ORX_ED25519_KEY];
    uint8_t signature[ORX_ED25519_SIGNATURE];
    if (!orx_public_key_parse(public_key, key))
        return "no_operator_key";
    if (!orx_node_get(grant, "signature"))
        return "signature_missing";
    signed_text(grant, &text);
    bool good =
        signature_of(grant, signature) && orx_ed25519_verify(key, orx_str_view(&text), signature);
    return good ? NULL : "signature_invalid";
}

/* ---- What it says ---------------------------------------------------------------------------- */

static bool is_blank(const orx_node *value) {
    if (!value || value->kind == ORX_NULL)
        return true;
    if (value->kind == ORX_STRING)
        return !orx_view_trim(value->u.s).len;
    return (value->kind == ORX_ARRAY || value->kind == ORX_OBJECT) && !value->count;
}

static const char *check_fields(const orx_node *grant, const orx_grant_policy *policy,
                                orx_arena *arena) {
    ORX_CLEANUP(orx_str_free) orx_str missing = {0};
    for (size_t i = 0; policy->required[i]; i++) {
        const orx_node *value = orx_node_get(grant, policy->required[i]);
        /* An empty list of providers allows nobody, which has a code of its own. */
        bool list =
            value && value->kind == ORX_ARRAY && strcmp(policy->required[i], "providers") == 0;
        if (!list && is_blank(value))
            orx_str_addf(&missing, "%s%s", missing.len ? "," : "", policy->required[i]);
    }
    return missing.len ? orx_arena_printf(arena, "missing_required_fields:%s", missing.buf) : NULL;
}

static bool lists(const orx_node *list, const char *wanted, bool any) {
    ORX_NODE_EACH(list, it) {
        const char *text = orx_node_str(it, "");
        if ((any && strcmp(text, "*") == 0) || orx_view_ieq(orx_view_of(text), orx_view_of(wanted)))
            return true;
    }
    return false;
}

static bool lists_task(const orx_node *list, const char *task) {
    ORX_NODE_EACH(list, it) {
        if (strcmp(orx_node_str(it, ""), task) == 0)
            return true;
    }
    return false;
}

/* An allow-list of tasks that is no list allows none. */
static const char *check_scope(const orx_node *grant, const orx_grant_question *q) {
    const orx_node *tasks = orx_node_get(grant, "task_allowlist");
    if (!lists(orx_node_get(grant, "providers"), q->provider, true))
        return "provider_not_allowed";
    if (tasks && !(tasks->kind == ORX_ARRAY && !tasks->count) && !lists_task(tasks, q->task))
        return "task_not_allowed";
    return NULL;
}

static bool time_of(const orx_node *grant, const char *key, int64_t *ret_ns) {
    return orx_iso_parse(orx_view_of(orx_node_str(orx_node_get(grant, key), "")), ret_ns);
}

static const char *check_times(const orx_node *grant, const orx_grant_question *q,
                               int64_t *ret_expires_ns) {
    int64_t issued;
    int64_t expires;
    if (!time_of(grant, "issued_at", &issued) || !time_of(grant, "expires_at", &expires))
        return "invalid_timestamps";
    if (expires <= issued)
        return "non_positive_ttl";
    int64_t most = q->policy->max_minutes < 1 ? 1 : q->policy->max_minutes;
    if ((expires - issued) / MINUTE > most)
        return "ttl_exceeds_policy";
    if (issued > q->now_ns)
        return "not_yet_valid";
    if (expires <= q->now_ns)
        return "grant_expired";
    *ret_expires_ns = expires;
    return NULL;
}

const char *orx_grant_check(const orx_node *grant, const orx_grant_question *q, orx_arena *arena,
                            int64_t *ret_expires_ns) {
    if (!grant)
        return "grant_missing";
    if (grant->kind != ORX_OBJECT)
        return "grant_unreadable";
    const char *why = check_signature(grant, q->public_key);
    if (!why && q->revoked)
        why = "grant_revoked";
    if (!why)
        why = check_fields(grant, q->policy, arena);
    if (!why)
        why = check_scope(grant, q);
    return why ? why : check_times(grant, q, ret_expires_ns);
}

int orx_grant_read(orx_platform *p, const char *path, orx_arena *arena, const orx_node **ret_grant,
                   orx_err *err) {
    ORX_CLEANUP(orx_str_free) orx_str bytes = {0};
    *ret_grant = NULL;
    if (!orx_exists(p, path))
        return 0;
    int rc = orx_read_file(p, path, GRANT_BYTES, &bytes, err);
    return rc < 0 ? rc
                  : orx_json_parse(arena, path, orx_str_view(&bytes), &orx_limits_config, ret_grant,
                                   err);
}

bool orx_grant_id_ok(orx_view id) {
    if (!id.len || id.len > 100 || id.p[0] == '.' || id.p[0] == '-')
        return false;
    for (size_t i = 0; i < id.len; i++) {
        char c = id.p[i];
        bool word = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        if (!word && c != '.' && c != '_' && c != '-')
            return false;
    }
    return true;
}

/* ---- Revoked ones ---------------------------------------------------------------------------- */

bool orx_grant_revoked(orx_store *s, const char *id) {
    orx_sql *q;
    if (orx_sql_get(s, "SELECT 1 FROM revoked_grant WHERE id = ?1", &q, NULL) < 0)
        return true;
    orx_sql_str(q, 1, id);
    int rc = orx_sql_step(q, NULL);
    orx_sql_reset(q);
    return rc != 0;
}

int orx_grant_revoke(orx_store *s, const char *id, orx_err *err) {
    orx_sql *q;
    if (!*id)
        return 0;
    int rc = orx_sql_get(s, "INSERT OR IGNORE INTO revoked_grant(id) VALUES(?1)", &q, err);
    if (rc < 0)
        return rc;
    orx_sql_str(q, 1, id);
    int64_t n = orx_sql_run(q, err);
    return n < 0 ? (int)n : 0;
}

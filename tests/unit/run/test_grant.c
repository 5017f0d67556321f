/* Which grants count, and what is said of the others. */
#include "run/grant.h"

#include "data/json.h"
#include "platform/files.h"

#include "journal.h"

#include <string.h>

#define MINUTE (60 * ORX_SEC)

static const uint8_t secret[ORX_ED25519_KEY] = {1, 2, 3};
static const uint8_t other_secret[ORX_ED25519_KEY] = {4, 5, 6};

static const char *const required[] = {
    "approved_by", "expires_at",   "grant_id",       "issued_at", "providers",
    "reason",      "requested_by", "rollback_proof", "scope",     NULL};
static const orx_grant_policy policy = {.enabled = true, .max_minutes = 120, .required = required};

typedef struct ground {
    orx_arena arena;
    orx_node *grant;
    int64_t now;
    char key[ORX_KEY_TEXT];
    bool revoked;
} ground;

static void set_times(ground *g, int64_t issued_ns, int64_t expires_ns) {
    char text[ORX_ISO_MAX];
    orx_iso_time(issued_ns, text);
    orx_node_set_str(&g->arena, g->grant, "issued_at", text);
    orx_iso_time(expires_ns, text);
    orx_node_set_str(&g->arena, g->grant, "expires_at", text);
}

static void set_list(ground *g, const char *key, const char *json) {
    const orx_node *n = NULL;
    orx_err err = ORX_ERR_INIT;
    assert_ok(orx_json_parse(&g->arena, key, orx_view_of(json), &orx_limits_config, &n, &err),
              &err);
    orx_node_set(&g->arena, g->grant, key, orx_node_copy(&g->arena, n));
}

static int setup(void **state) {
    static const char *const texts[] = {"grant_id",     "reason",      "scope",
                                        "requested_by", "approved_by", "rollback_proof"};
    ground *g = calloc(1, sizeof *g);
    uint8_t public_key[ORX_ED25519_KEY];
    g->now = INT64_C(1700000000) * ORX_SEC;
    g->grant = orx_node_new(&g->arena, ORX_OBJECT);
    for (size_t i = 0; i < ORX_ARRAY_LEN(texts); i++)
        orx_node_set_str(&g->arena, g->grant, texts[i], "x");
    set_times(g, g->now - MINUTE, g->now + 29 * MINUTE);
    set_list(g, "providers", "[\"claude\"]");
    set_list(g, "task_allowlist", "[]");
    orx_ed25519_public(secret, public_key);
    orx_public_key_text(public_key, g->key);
    *state = g;
    return 0;
}

static int teardown(void **state) {
    ground *g = *state;
    orx_arena_free(&g->arena);
    free(g);
    return 0;
}

static const char *asked(ground *g) {
    int64_t expires = 0;
    const orx_grant_question q = {.policy = &policy,
                                  .public_key = g->key,
                                  .provider = "claude",
                                  .task = "t1",
                                  .now_ns = g->now,
                                  .revoked = g->revoked};
    const char *why = orx_grant_check(g->grant, &q, &g->arena, &expires);
    if (!why)
        assert_true(expires > g->now);
    return why ? why : "";
}

/* Signed as it stands. */
static void says(ground *g, const char *code) {
    orx_grant_sign(&g->arena, g->grant, secret);
    assert_string_equal(asked(g), code);
}

static void a53_a_signed_grant_counts(void **state) {
    says(*state, "");
    set_list(*state, "providers", "[\"codex\", \"*\"]");
    says(*state, "");
    set_list(*state, "task_allowlist", "[\"t0\", \"t1\"]");
    says(*state, "");
}

static void a55_every_refusal_has_its_code(void **state) {
    ground *g = *state;
    orx_node_set_str(&g->arena, g->grant, "reason", " ");
    says(g, "missing_required_fields:reason");
    orx_node_set_str(&g->arena, g->grant, "approved_by", "");
    says(g, "missing_required_fields:approved_by,reason");
    orx_node_set_str(&g->arena, g->grant, "approved_by", "x");
    orx_node_set_str(&g->arena, g->grant, "reason", "x");
    set_list(g, "providers", "[\"codex\"]");
    says(g, "provider_not_allowed");
    set_list(g, "providers", "[\"claude\"]");
    set_list(g, "task_allowlist", "[\"t2\"]");
    says(g, "task_not_allowed");
    set_list(g, "task_allowlist", "\"t2\"");
    says(g, "task_not_allowed");
    set_list(g, "task_allowlist", "[]");
    set_times(g, g->now, g->now);
    says(g, "non_positive_ttl");
    set_times(g, g->now - 30 * MINUTE, g->now);
    says(g, "grant_expired");
    set_times(g, g->now, g->now + 121 * MINUTE);
    says(g, "ttl_exceeds_policy");
    set_times(g, g->now, g->now + 120 * MINUTE);
    says(g, "");
    orx_node_set_str(&g->arena, g->grant, "issued_at", "soon");
    says(g, "invalid_timestamps");
    g->grant = NULL;
    assert_string_equal(asked(g), "grant_missing");
}

/* The predecessor let an empty list mean everybody, and a grant begin in the future. */
static void b13_what_it_let_through(void **state) {
    ground *g = *state;
    set_list(g, "providers", "[]");
    says(g, "provider_not_allowed");
    set_list(g, "providers", "[\"claude\"]");
    set_times(g, g->now + MINUTE, g->now + 2 * MINUTE);
    says(g, "not_yet_valid");
}

/* Whoever wrote the file: without the operator's signature it is none. */
static void b13_only_the_operators_signature_counts(void **state) {
    ground *g = *state;
    assert_string_equal(asked(g), "signature_missing");
    orx_node_set_str(&g->arena, g->grant, "signature", "ed25519:00");
    assert_string_equal(asked(g), "signature_invalid");
    orx_node_set_int(&g->arena, g->grant, "signature", 7);
    assert_string_equal(asked(g), "signature_invalid");
    orx_grant_sign(&g->arena, g->grant, other_secret);
    assert_string_equal(asked(g), "signature_invalid");
    orx_grant_sign(&g->arena, g->grant, secret);
    assert_string_equal(asked(g), "");
    (void)snprintf(g->key, sizeof g->key, "ed25519:nothing");
    assert_string_equal(asked(g), "no_operator_key");
}

/* Any member, changed, added or taken away after the signing. */
static void b13_a_changed_grant_is_none(void **state) {
    ground *g = *state;
    orx_grant_sign(&g->arena, g->grant, secret);
    const orx_node *whole = orx_node_copy(&g->arena, g->grant);
    ORX_NODE_EACH(whole, it) {
        if (orx_view_is(it->key, "signature"))
            continue;
        g->grant = orx_node_copy(&g->arena, whole);
        orx_node_set_str(&g->arena, g->grant, it->key.p, "changed");
        assert_string_equal(asked(g), "signature_invalid");
    }
    g->grant = orx_node_copy(&g->arena, whole);
    orx_node_set_str(&g->arena, g->grant, "note", "added");
    assert_string_equal(asked(g), "signature_invalid");
    g->grant = orx_node_new(&g->arena, ORX_OBJECT);
    ORX_NODE_EACH(whole, it) {
        if (!orx_view_is(it->key, "task_allowlist"))
            orx_node_set(&g->arena, g->grant, it->key.p, orx_node_copy(&g->arena, it));
    }
    assert_string_equal(asked(g), "signature_invalid");
}

static void a_revoked_grant_is_none(void **state) {
    ground *g = *state;
    g->revoked = true;
    says(g, "grant_revoked");
}

static void ids_are_file_names(void **state) {
    (void)state;
    static const char *const bad[] = {"", "..", "../../x", "a/b", ".x", "-x", "a b", "\xC3\xA4"};
    for (size_t i = 0; i < ORX_ARRAY_LEN(bad); i++)
        assert_false(orx_grant_id_ok(orx_view_of(bad[i])));
    assert_true(orx_grant_id_ok(orx_view_of("bg-20250102T030405Z-7")));
}

/* ---- With a journal and files ---------------------------------------------------------------- */

static void what_was_revoked_stays_so(void **state) {
    journal *j = *state;
    assert_false(orx_grant_revoked(j->s, "g1"));
    assert_ok(orx_tx_begin(j->s, &j->err), &j->err);
    assert_ok(orx_grant_revoke(j->s, "g1", &j->err), &j->err);
    assert_ok(orx_grant_revoke(j->s, "g1", &j->err), &j->err);
    assert_ok(orx_grant_revoke(j->s, "", &j->err), &j->err);
    assert_ok(orx_tx_commit(j->s, &j->err), &j->err);
    journal_reopen(j);
    assert_true(orx_grant_revoked(j->s, "g1"));
    assert_false(orx_grant_revoked(j->s, "g2"));
    assert_false(orx_grant_revoked(j->s, ""));
}

static void a_key_is_ours_alone(void **state) {
    journal *j = *state;
    uint8_t read[ORX_ED25519_KEY];
    char path[128];
    orx_file_info info;
    (void)snprintf(path, sizeof path, "%s/deep/operator.key", j->dir);
    assert_int_equal(orx_operator_key_read(j->p, path, read, &j->err), ORX_E_NOT_FOUND);
    assert_contains(j->err.msg, "orxaq breakglass-key");
    assert_ok(orx_operator_key_make(j->p, path, &j->err), &j->err);
    assert_ok(orx_lstat(j->p, path, &info, &j->err), &j->err);
    assert_int_equal(info.mode, 0600);
    assert_ok(orx_operator_key_read(j->p, path, read, &j->err), &j->err);
    assert_int_equal(orx_operator_key_make(j->p, path, &j->err), ORX_E_EXISTS);
    assert_ok(orx_unlink(j->p, path, &j->err), &j->err);
    assert_ok(orx_write_new(j->p, path, orx_view_of("ed25519-secret:00\n"), 0600, &j->err),
              &j->err);
    assert_int_equal(orx_operator_key_read(j->p, path, read, &j->err), ORX_E_INVALID);
    assert_ok(orx_unlink(j->p, path, &j->err), &j->err);
    assert_ok(orx_write_new(j->p, path, orx_view_of("x"), 0640, &j->err), &j->err);
    assert_int_equal(orx_operator_key_read(j->p, path, read, &j->err), ORX_E_DENIED);
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        T(a53_a_signed_grant_counts),         T(a55_every_refusal_has_its_code),
        T(b13_what_it_let_through),           T(b13_only_the_operators_signature_counts),
        T(b13_a_changed_grant_is_none),       T(a_revoked_grant_is_none),
        cmocka_unit_test(ids_are_file_names), JOURNAL_TEST(what_was_revoked_stays_so),
        JOURNAL_TEST(a_key_is_ours_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

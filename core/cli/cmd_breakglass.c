/* orxaq breakglass-key, grant-breakglass, revoke-breakglass: the operator's word for elevation. */
#include "cli/cli.h"

#include "data/json.h"
#include "platform/files.h"
#include "platform/proc.h"
#include "run/grant.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PROVIDERS_MAX 100
#define MINUTE        (60 * ORX_SEC)

/* ---- Shared ---------------------------------------------------------------------------------- */

static const char *key_path(orx_cli *c) {
    const char *given = orx_cli_option(c, "key");
    return given ? given : orx_operator_key_path(c->cfg, &c->arena);
}

static int policy_of(orx_cli *c, orx_grant_policy *policy, orx_err *err) {
    return orx_grant_policy_load(c->p, c->cfg, orx_cli_option(c, "policy-file"), &c->arena, policy,
                                 err);
}

static int open_journal(orx_cli *c, const orx_grant_policy *policy, orx_err *err) {
    int rc = orx_cli_store(c, ORX_STORE_CREATE, err);
    return rc < 0 ? rc
                  : orx_store_set_projection(c->store, "privileges", policy->audit_file, NULL, err);
}

static int event(orx_cli *c, const char *kind, const orx_node *body, orx_err *err) {
    const orx_event e = {.kind = kind, .schema = 1, .body = body};
    return orx_event_append(c->store, &e, NULL, err);
}

static void show(orx_cli *c, const orx_node *result) {
    if (c->json || !c->terminal) {
        orx_cli_json(c, result);
        return;
    }
    ORX_NODE_EACH(result, it) {
        if (it->kind == ORX_STRING)
            orx_cli_printf("%-20s %s\n", it->key.p, it->u.s.p);
        else if (it->kind == ORX_BOOL)
            orx_cli_printf("%-20s %s\n", it->key.p, it->u.b ? "yes" : "no");
    }
}

/* ---- breakglass-key -------------------------------------------------------------------------- */

int orx_cmd_breakglass_key(orx_cli *c, orx_err *err) {
    uint8_t secret[ORX_ED25519_KEY];
    uint8_t public_key[ORX_ED25519_KEY];
    char text[ORX_KEY_TEXT];
    int rc = orx_cli_config(c, err);
    if (rc < 0)
        return rc;
    const char *path = key_path(c);
    if (!path)
        return orx_err_set(err, ORX_E_USAGE, "HOME is not set: say where the key lies with --key");
    bool made = !orx_exists(c->p, path);
    if (made)
        rc = orx_operator_key_make(c->p, path, err);
    if (rc == 0)
        rc = orx_operator_key_read(c->p, path, secret, err);
    if (rc < 0)
        return rc;
    orx_ed25519_public(secret, public_key);
    orx_wipe(secret, sizeof secret);
    orx_public_key_text(public_key, text);
    const char *pinned = c->cfg->breakglass.public_key;
    orx_node *result = orx_node_new(&c->arena, ORX_OBJECT);
    orx_node_set_str(&c->arena, result, "key_file", path);
    orx_node_set_str(&c->arena, result, "public_key", text);
    orx_node_set_bool(&c->arena, result, "made", made);
    orx_node_set_bool(&c->arena, result, "pinned", pinned && strcmp(pinned, text) == 0);
    show(c, result);
    if (!pinned || strcmp(pinned, text) != 0)
        orx_cli_complain("pin it in orxaq.yaml: `breakglass: {public_key: \"%s\"}`", text);
    return ORX_EXIT_OK;
}

/* ---- grant-breakglass ------------------------------------------------------------------------ */

static int by_text(const void *a, const void *b) {
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static const char *lowered(orx_cli *c, const char *text) {
    char *copy = orx_arena_strdup(&c->arena, text);
    for (char *at = copy; *at; at++)
        if (*at >= 'A' && *at <= 'Z')
            *at = (char)(*at - 'A' + 'a');
    return copy;
}

/* All values of an option, sorted, each once. */
static orx_node *list_of(orx_cli *c, const char *option, bool lower) {
    const char *all[PROVIDERS_MAX];
    size_t n = 0;
    for (size_t i = 0; i < c->option_count && n < PROVIDERS_MAX; i++)
        if (strcmp(c->options[i].name, option) == 0)
            all[n++] = lower ? lowered(c, c->options[i].value) : c->options[i].value;
    qsort(all, n, sizeof *all, by_text);
    orx_node *list = orx_node_new(&c->arena, ORX_ARRAY);
    for (size_t i = 0; i < n; i++)
        if (!i || strcmp(all[i - 1], all[i]) != 0)
            orx_node_push(list, orx_node_new_str(&c->arena, orx_view_of(all[i])));
    return list;
}

static const char *option_or(const orx_cli *c, const char *name, const char *otherwise) {
    const char *given = orx_cli_option(c, name);
    return given ? given : otherwise;
}

/* Flags that have to be there, and texts that have to say something. */
static int check_flags(const orx_cli *c, orx_err *err) {
    static const char *const needed[] = {"provider", "reason", "scope", "rollback-proof"};
    for (size_t i = 0; i < ORX_ARRAY_LEN(needed); i++) {
        const char *given = orx_cli_option(c, needed[i]);
        if (!given)
            return orx_err_set(err, ORX_E_USAGE,
                               "--%s is missing: see `orxaq help grant-breakglass`", needed[i]);
        if (!orx_view_trim(orx_view_of(given)).len)
            return orx_err_set(err, ORX_E_INVALID, "--%s is blank: the audit log needs it",
                               needed[i]);
    }
    const char *asked = option_or(c, "requested-by", "codex");
    const char *approved = option_or(c, "approved-by", "operator");
    if (orx_view_ieq(orx_view_trim(orx_view_of(asked)), orx_view_trim(orx_view_of(approved))))
        return orx_err_set(err, ORX_E_INVALID,
                           "--approved-by and --requested-by are both \"%s\": nobody approves what "
                           "he asked for himself",
                           asked);
    return 0;
}

static int minutes_of(const orx_cli *c, int64_t *ret_minutes, orx_err *err) {
    const char *given = orx_cli_option(c, "ttl-minutes");
    *ret_minutes = 30;
    if (given && !orx_view_to_i64(orx_view_of(given), ret_minutes))
        return orx_err_set(err, ORX_E_USAGE, "--ttl-minutes: expected a whole number, found \"%s\"",
                           given);
    if (*ret_minutes < 1)
        *ret_minutes = 1;
    return 0;
}

/* bg-YYYYmmddTHHMMSSZ-PID, as before. */
static const char *new_id(orx_cli *c, const char *now) {
    int64_t pid;
    int64_t start;
    char digits[16];
    size_t n = 0;
    for (const char *at = now; *at && n < 14; at++)
        if (*at >= '0' && *at <= '9')
            digits[n++] = *at;
    digits[n] = '\0';
    orx_pid_self(c->p, &pid, &start);
    return orx_arena_printf(&c->arena, "bg-%.8sT%sZ-%lld", digits, digits + 8, (long long)pid);
}

static orx_node *new_grant(orx_cli *c, const char *id, int64_t minutes) {
    orx_arena *a = &c->arena;
    char issued[ORX_ISO_MAX];
    char expires[ORX_ISO_MAX];
    int64_t now = orx_wall_ns(c->p);
    orx_iso_time(now, issued);
    orx_iso_time(now + minutes * MINUTE, expires);
    orx_node *g = orx_node_new(a, ORX_OBJECT);
    orx_node_set_str(a, g, "grant_id", id ? id : new_id(c, issued));
    orx_node_set_str(a, g, "reason", orx_cli_option(c, "reason"));
    orx_node_set_str(a, g, "scope", orx_cli_option(c, "scope"));
    orx_node_set_str(a, g, "requested_by", option_or(c, "requested-by", "codex"));
    orx_node_set_str(a, g, "approved_by", option_or(c, "approved-by", "operator"));
    orx_node_set_str(a, g, "issued_at", issued);
    orx_node_set_str(a, g, "expires_at", expires);
    orx_node_set_str(a, g, "rollback_proof", orx_cli_option(c, "rollback-proof"));
    orx_node_set(a, g, "providers", list_of(c, "provider", true));
    orx_node_set(a, g, "task_allowlist", list_of(c, "task-id", false));
    return g;
}

/* The grant must count here and now, or it must not be written. */
static int sign(orx_cli *c, orx_node *grant, orx_err *err) {
    uint8_t secret[ORX_ED25519_KEY];
    uint8_t public_key[ORX_ED25519_KEY];
    char text[ORX_KEY_TEXT];
    const char *path = key_path(c);
    if (!path)
        return orx_err_set(err, ORX_E_USAGE, "HOME is not set: say where the key lies with --key");
    int rc = orx_operator_key_read(c->p, path, secret, err);
    if (rc < 0)
        return rc;
    orx_grant_sign(&c->arena, grant, secret);
    orx_ed25519_public(secret, public_key);
    orx_wipe(secret, sizeof secret);
    orx_public_key_text(public_key, text);
    const char *pinned = c->cfg->breakglass.public_key;
    if (!pinned || strcmp(pinned, text) != 0)
        return orx_err_set(err, ORX_E_DENIED,
                           "%s: this key is not the one pinned as breakglass.public_key, so the "
                           "grant would count for nothing; pin %s in orxaq.yaml",
                           path, text);
    return 0;
}

typedef struct granting {
    orx_cli *c;
    orx_grant_policy policy;
    orx_node *grant;
    const char *id;
    int64_t minutes;
    bool activate;
    const char *kept;     /* the copy under grants/ */
    const char *replaced; /* id of the grant that was active, or "" */
} granting;

static void text_of(const granting *g, orx_str *out) {
    orx_json_write(out, g->grant, ORX_JSON_PY_INDENT);
    orx_str_addc(out, '\n');
}

/* The copy that stays. A grant that is there already is not overwritten. */
static int keep(granting *g, orx_err *err) {
    orx_cli *c = g->c;
    ORX_CLEANUP(orx_str_free) orx_str text = {0};
    char *dir = orx_arena_strdup(&c->arena, g->policy.file);
    char *slash = strrchr(dir, '/');
    *slash = '\0';
    const char *folder = orx_path_join(&c->arena, dir, "grants");
    g->kept = orx_arena_printf(&c->arena, "%s/%s.json", folder, g->id);
    text_of(g, &text);
    int rc = orx_mkdirs(c->p, folder, false, err);
    return rc < 0 ? rc : orx_write_new(c->p, g->kept, orx_str_view(&text), 0644, err);
}

static int activate(granting *g, orx_err *err) {
    ORX_CLEANUP(orx_str_free) orx_str text = {0};
    text_of(g, &text);
    return g->activate ? orx_write_atomic(g->c->p, g->policy.file, orx_str_view(&text), 0644, err)
                       : 0;
}

static int note_created(granting *g, orx_err *err) {
    static const char *const texts[] = {"reason", "scope", "requested_by", "approved_by",
                                        "rollback_proof"};
    orx_arena *a = &g->c->arena;
    orx_node *body = orx_node_new(a, ORX_OBJECT);
    orx_node_set_str(a, body, "grant_id", g->id);
    orx_node_set(a, body, "providers", orx_node_copy(a, orx_node_get(g->grant, "providers")));
    orx_node_set(a, body, "task_allowlist",
                 orx_node_copy(a, orx_node_get(g->grant, "task_allowlist")));
    orx_node_set_int(a, body, "ttl_minutes", g->minutes);
    for (size_t i = 0; i < ORX_ARRAY_LEN(texts); i++)
        orx_node_set_str(a, body, texts[i], orx_node_str(orx_node_get(g->grant, texts[i]), ""));
    return event(g->c, "breakglass.created", body, err);
}

static int note_activated(granting *g, orx_err *err) {
    orx_arena *a = &g->c->arena;
    orx_node *body = orx_node_new(a, ORX_OBJECT);
    orx_node_set_str(a, body, "grant_id", g->id);
    orx_node_set_str(a, body, "active_grant_file", g->policy.file);
    if (*g->replaced)
        orx_node_set_str(a, body, "replaced_grant_id", g->replaced);
    return event(g->c, "breakglass.activated", body, err);
}

/* Before the grant is in force. The one that was is revoked by it, so that two never are. */
static int record(granting *g, orx_err *err) {
    const orx_node *before = NULL;
    g->replaced = "";
    if (g->activate && orx_grant_read(g->c->p, g->policy.file, &g->c->arena, &before, NULL) == 0)
        g->replaced = orx_node_str(orx_node_get(before, "grant_id"), "");
    int rc = orx_tx_begin(g->c->store, err);
    if (rc < 0)
        return rc;
    rc = note_created(g, err);
    if (rc == 0)
        rc = orx_grant_revoke(g->c->store, g->replaced, err);
    if (rc == 0 && g->activate)
        rc = note_activated(g, err);
    if (rc == 0)
        return orx_tx_commit(g->c->store, err);
    orx_tx_rollback(g->c->store);
    return rc;
}

static void show_granted(granting *g) {
    orx_arena *a = &g->c->arena;
    orx_node *n = orx_node_new(a, ORX_OBJECT);
    orx_node_set_bool(a, n, "ok", true);
    orx_node_set_str(a, n, "grant_id", g->id);
    orx_node_set_str(a, n, "grant_file", g->kept);
    orx_node_set_str(a, n, "active_grant_file", g->policy.file);
    orx_node_set_str(a, n, "audit_log_file", g->policy.audit_file);
    orx_node_set_bool(a, n, "activated", g->activate);
    orx_node_set_str(a, n, "expires_at", orx_node_str(orx_node_get(g->grant, "expires_at"), ""));
    show(g->c, n);
}

/* [K] the words of the predecessor, and nothing is written. */
static int too_long(granting *g) {
    orx_arena *a = &g->c->arena;
    orx_node *n = orx_node_new(a, ORX_OBJECT);
    orx_node_set_bool(a, n, "ok", false);
    orx_node_set_str(a, n, "error",
                     orx_arena_printf(a, "ttl_exceeds_policy:%lld>%lld", (long long)g->minutes,
                                      (long long)g->policy.max_minutes));
    show(g->c, n);
    return ORX_EXIT_FAILED;
}

static int prepare(granting *g, orx_err *err) {
    orx_cli *c = g->c;
    const char *id = orx_cli_option(c, "grant-id");
    g->grant = new_grant(c, id, g->minutes);
    g->id = orx_node_str(orx_node_get(g->grant, "grant_id"), "");
    if (!orx_grant_id_ok(orx_view_of(g->id)))
        return orx_err_set(err, ORX_E_INVALID,
                           "--grant-id: expected letters, digits and . _ - (it becomes a file "
                           "name), found \"%.100s\"",
                           g->id);
    return sign(c, g->grant, err);
}

int orx_cmd_grant_breakglass(orx_cli *c, orx_err *err) {
    granting g = {.c = c, .activate = !orx_cli_option(c, "no-activate")};
    int rc = check_flags(c, err);
    if (rc == 0)
        rc = minutes_of(c, &g.minutes, err);
    if (rc == 0)
        rc = orx_cli_config(c, err);
    if (rc == 0)
        rc = policy_of(c, &g.policy, err);
    if (rc == 0 && g.minutes > (g.policy.max_minutes < 1 ? 1 : g.policy.max_minutes))
        return too_long(&g);
    if (rc == 0)
        rc = prepare(&g, err);
    if (rc == 0)
        rc = open_journal(c, &g.policy, err);
    if (rc == 0 && orx_grant_revoked(c->store, g.id))
        rc = orx_err_set(err, ORX_E_EXISTS, "--grant-id: %s was revoked; take another", g.id);
    if (rc == 0)
        rc = keep(&g, err);
    if (rc == 0)
        rc = record(&g, err);
    if (rc == 0)
        rc = activate(&g, err);
    if (rc == 0)
        show_granted(&g);
    return rc < 0 ? rc : ORX_EXIT_OK;
}

/* ---- revoke-breakglass ----------------------------------------------------------------------- */

static int record_revoked(orx_cli *c, const char *id, bool had, const char *file, orx_err *err) {
    orx_arena *a = &c->arena;
    orx_node *body = orx_node_new(a, ORX_OBJECT);
    orx_node_set_str(a, body, "grant_id", id);
    orx_node_set_bool(a, body, "had_active_grant", had);
    orx_node_set_str(a, body, "reason", orx_cli_option(c, "reason"));
    orx_node_set_str(a, body, "requested_by", option_or(c, "requested-by", "codex"));
    orx_node_set_str(a, body, "active_grant_file", file);
    int rc = orx_tx_begin(c->store, err);
    if (rc < 0)
        return rc;
    rc = orx_grant_revoke(c->store, id, err);
    if (rc == 0)
        rc = event(c, "breakglass.revoked", body, err);
    if (rc == 0)
        return orx_tx_commit(c->store, err);
    orx_tx_rollback(c->store);
    return rc;
}

int orx_cmd_revoke_breakglass(orx_cli *c, orx_err *err) {
    orx_grant_policy policy = {0};
    const orx_node *grant = NULL;
    if (!orx_cli_option(c, "reason"))
        return orx_err_set(err, ORX_E_USAGE,
                           "--reason is missing: see `orxaq help revoke-breakglass`");
    int rc = orx_cli_config(c, err);
    if (rc == 0)
        rc = policy_of(c, &policy, err);
    if (rc == 0)
        rc = open_journal(c, &policy, err);
    if (rc < 0)
        return rc;
    bool had = orx_exists(c->p, policy.file);
    (void)orx_grant_read(c->p, policy.file, &c->arena, &grant, NULL);
    const char *id = orx_node_str(orx_node_get(grant, "grant_id"), "");
    rc = record_revoked(c, id, had, policy.file, err);
    if (rc == 0)
        rc = orx_unlink(c->p, policy.file, err);
    if (rc < 0)
        return rc;
    orx_node *n = orx_node_new(&c->arena, ORX_OBJECT);
    orx_node_set_bool(&c->arena, n, "ok", true);
    orx_node_set_bool(&c->arena, n, "had_active_grant", had);
    orx_node_set_str(&c->arena, n, "grant_id", id);
    orx_node_set_str(&c->arena, n, "active_grant_file", policy.file);
    orx_node_set_str(&c->arena, n, "audit_log_file", policy.audit_file);
    show(c, n);
    return ORX_EXIT_OK;
}

#include "run/privilege.h"

#include "platform/files.h"
#include "run/runner.h"

/* ---- Deciding -------------------------------------------------------------------------------- */

/* The policy, read once per run. A broken one allows nothing, and says so once. */
const orx_grant_policy *orx_run_grants(orx_runner *r) {
    orx_err err = ORX_ERR_INIT;
    if (r->grants)
        return r->grants;
    orx_grant_policy *policy = ORX_ARENA_NEW(&r->arena, orx_grant_policy);
    if (orx_grant_policy_load(r->p, r->cfg, NULL, &r->arena, policy, &err) < 0) {
        *policy = (orx_grant_policy){
            .audit_file = orx_path_join(&r->arena, r->cfg->root,
                                        "artifacts/autonomy/privilege_escalations.ndjson")};
        orx_run_tell(r, ORX_NOTE_PROBLEM, NULL, false, "nothing will be elevated: %s", err.msg);
    }
    r->grants = policy;
    return policy;
}

static const char *code_of(orx_try *t, const orx_grant_policy *policy, orx_privilege *out) {
    orx_err err = ORX_ERR_INIT;
    const orx_node *grant = NULL;
    int64_t expires = 0;
    int64_t now = orx_wall_ns(t->r->p);
    if (orx_grant_read(t->r->p, policy->file, &t->arena, &grant, &err) < 0)
        return "grant_unreadable";
    const orx_grant_question q = {
        .policy = policy,
        .public_key = t->r->cfg->breakglass.public_key,
        .provider = t->step->provider->cfg->name,
        .task = t->task.id,
        .now_ns = now,
        .revoked = orx_grant_revoked(t->r->s, orx_node_str(orx_node_get(grant, "grant_id"), "")),
    };
    const char *why = orx_grant_check(grant, &q, &t->arena, &expires);
    if (!why) {
        out->grant = grant;
        out->left_ns = expires - now;
    }
    return why;
}

void orx_run_privilege(orx_try *t, orx_privilege *ret_privilege) {
    const orx_grant_policy *policy = orx_run_grants(t->r);
    const orx_node *args =
        policy->enabled ? orx_grant_policy_args(policy, t->step->provider->cfg->name) : NULL;
    *ret_privilege = (orx_privilege){.reason = "default_non_admin", .file = ""};
    if (!args || !orx_exists(t->r->p, policy->file))
        return;
    orx_privilege out = {.file = policy->file};
    const char *why = code_of(t, policy, &out);
    if (why) {
        out.reason = orx_arena_printf(&t->arena, "breakglass_denied:%s", why);
        orx_run_tell(t->r, ORX_NOTE_PROBLEM, t, false, "not elevated: %s (%s)", why, policy->file);
    } else {
        out.elevated = true;
        out.reason = "approved_temporary_elevation";
        out.args = args;
        orx_run_tell(t->r, ORX_NOTE_PROBLEM, t, true, "elevated by the grant %s for %.0f s",
                     orx_node_str(orx_node_get(out.grant, "grant_id"), ""),
                     (double)out.left_ns / (double)ORX_SEC);
    }
    *ret_privilege = out;
}

bool orx_privilege_revoked(const orx_try *t, int64_t *last_ns) {
    int64_t now = orx_mono_ns(t->r->p);
    if (!t->privilege.elevated || (*last_ns && now - *last_ns < ORX_SEC))
        return false;
    *last_ns = now;
    return orx_grant_revoked(t->r->s,
                             orx_node_str(orx_node_get(t->privilege.grant, "grant_id"), ""));
}

/* ---- Confining ------------------------------------------------------------------------------- */

const char *orx_operator_hidden(orx_platform *p, const orx_config *cfg, orx_arena *arena) {
    const char *key = orx_operator_key_path(cfg, arena);
    return key && orx_exists(p, key) ? orx_operator_dir(cfg, arena) : NULL;
}

void orx_privilege_confine(orx_platform *p, const orx_config *cfg, orx_arena *arena,
                           orx_confine *ret_confine) {
    const char **everything = orx_arena_zalloc(arena, 2, sizeof *everything);
    const char *hidden = orx_operator_hidden(p, cfg, arena);
    everything[0] = "/";
    *ret_confine = (orx_confine){0};
    if (hidden)
        *ret_confine = (orx_confine){.landlock = true, .writable = everything, .hidden = hidden};
}

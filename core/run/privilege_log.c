/* What was decided about privileges, as events and as rows of the audit log. */
#include "run/privilege.h"

/* [K] What a row tells of the grant. */
static const char *const told[] = {"grant_id", "requested_by", "approved_by", "scope",
                                   "reason",   "issued_at",    "expires_at",  "rollback_proof"};

static orx_node *grant_node(const orx_node *grant, orx_arena *arena) {
    orx_node *n = orx_node_new(arena, ORX_OBJECT);
    for (size_t i = 0; i < ORX_ARRAY_LEN(told); i++)
        orx_node_set_str(arena, n, told[i], orx_node_str(orx_node_get(grant, told[i]), ""));
    return n;
}

orx_node *orx_privilege_node(const orx_privilege *privilege, orx_arena *arena) {
    if (!*privilege->file)
        return NULL;
    orx_node *n = orx_node_new(arena, ORX_OBJECT);
    orx_node_set_str(arena, n, "mode",
                     privilege->elevated ? "breakglass_elevated" : "least_privilege");
    orx_node_set_str(arena, n, "reason", privilege->reason);
    orx_node_set_str(arena, n, "file", privilege->file);
    if (privilege->elevated) {
        orx_node_set(arena, n, "args", orx_node_copy(arena, privilege->args));
        orx_node_set(arena, n, "grant", grant_node(privilege->grant, arena));
    }
    return n;
}

/* ---- Rows ------------------------------------------------------------------------------------ */

static orx_node *row_of(orx_subject *u, const orx_event_row *e, const char *type) {
    char now[ORX_ISO_MAX];
    orx_iso_time(e->wall_ns, now);
    orx_node *row = orx_node_new(&u->arena, ORX_OBJECT);
    orx_node_set_str(&u->arena, row, "timestamp", now);
    orx_node_set_str(&u->arena, row, "event_type", type);
    return row;
}

orx_node *orx_privilege_decision(orx_subject *u, const orx_event_row *e) {
    orx_arena *a = &u->arena;
    const orx_node *p = orx_node_get(u->body, "privilege");
    const orx_node *grant = orx_node_get(p, "grant");
    const orx_node *args = orx_node_get(p, "args");
    orx_node *row = row_of(u, e, "privilege_decision");
    orx_node_set_int(a, row, "cycle", e->attempt);
    orx_node_set_str(a, row, "task_id", u->task);
    orx_node_set_str(a, row, "owner", u->owner);
    orx_node_set_str(a, row, "provider", orx_subject_text(u, "provider"));
    orx_node_set_str(a, row, "mode", orx_node_str(orx_node_get(p, "mode"), "least_privilege"));
    orx_node_set_str(a, row, "reason",
                     orx_node_str(orx_node_get(p, "reason"), "default_non_admin"));
    orx_node_set(a, row, "command_args",
                 args ? orx_node_copy(a, args) : orx_node_new(a, ORX_ARRAY));
    orx_node_set_bool(a, row, "contains_elevated_flags", grant != NULL);
    orx_node_set_str(a, row, "breakglass_file", orx_node_str(orx_node_get(p, "file"), ""));
    orx_node_set_str(a, row, "grant_id", orx_node_str(orx_node_get(grant, "grant_id"), ""));
    if (grant)
        orx_node_set(a, row, "grant", orx_node_copy(a, grant));
    return row;
}

/* The event's body is the row. */
static void told_whole(orx_subject *u, const orx_event_row *e, const char *type, orx_str *out) {
    orx_node *row = row_of(u, e, type);
    ORX_NODE_EACH(u->body, it)
    orx_node_set(&u->arena, row, it->key.p, orx_node_copy(&u->arena, it));
    orx_subject_row(out, row);
}

int orx_project_privilege(orx_store *s, void *user ORX_UNUSED, const orx_event_row *e, orx_str *out,
                          orx_err *err ORX_UNUSED) {
    static const struct {
        const char *kind;
        const char *type;
    } rows[] = {{"breakglass.created", "breakglass_grant_created"},
                {"breakglass.activated", "breakglass_grant_activated"},
                {"breakglass.revoked", "breakglass_grant_revoked"}};
    const char *type = NULL;
    for (size_t i = 0; i < ORX_ARRAY_LEN(rows); i++)
        if (orx_view_is(e->kind, rows[i].kind))
            type = rows[i].type;
    bool call = orx_view_is(e->kind, "call.begun");
    if (!type && !call)
        return 0;
    orx_subject u;
    orx_subject_of(s, e, &u);
    if (call)
        orx_subject_row(out, orx_privilege_decision(&u, e));
    else
        told_whole(&u, e, type, out);
    orx_subject_free(&u);
    return 0;
}

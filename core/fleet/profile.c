#include "fleet/profile.h"

#include "fleet/names.h"

/* Whether a provider is required there: 1 or 0, -1 = it stays as it is. */
typedef int rule_fn(const orx_node *row, const orx_fleet_profile *profile);

static orx_view name_of(const orx_node *row) {
    const orx_node *n = orx_node_get(row, "name");
    return n && n->kind == ORX_STRING ? orx_view_trim(n->u.s) : (orx_view){0};
}

static orx_node *apply(orx_arena *a, const orx_node *rows, const orx_fleet_profile *profile,
                       rule_fn *rule) {
    orx_node *out = orx_node_new(a, ORX_ARRAY);
    ORX_NODE_EACH(rows, row) {
        orx_node *copy = orx_node_copy(a, row);
        int required = copy->kind == ORX_OBJECT ? rule(row, profile) : -1;
        if (required >= 0)
            orx_node_set_bool(a, copy, "required", required != 0);
        orx_node_push(out, copy);
    }
    return out;
}

static int has_rows(const orx_node *rows, const orx_fleet_profile *profile, orx_err *err) {
    if (rows && rows->kind == ORX_ARRAY && rows->count)
        return 0;
    return orx_err_set(err, ORX_E_INVALID,
                       "the file that profile %s is applied to has no list of providers",
                       profile->source);
}

static int unknown(const orx_node *names, const orx_node *providers, orx_arena *a, orx_err *err) {
    const char *joined = orx_names_unknown(a, names, providers);
    return joined
               ? orx_err_set(err, ORX_E_INVALID, "profile includes unknown providers: %s", joined)
               : 0;
}

static void put_source(orx_arena *a, orx_node *doc, const orx_fleet_profile *profile) {
    orx_node *about = orx_node_new(a, ORX_OBJECT);
    orx_node_set_str(a, about, "name", profile->name);
    orx_node_set_str(a, about, "source", profile->source);
    orx_node_set(a, doc, "profile", about);
}

/* ---- Routers --------------------------------------------------------------------------------- */

static int is_member(const orx_node *row, const orx_fleet_profile *profile) {
    return orx_names_have(orx_node_get(profile->doc, "required_providers"), name_of(row));
}

static void set_order(orx_arena *a, orx_node *doc, const orx_node *order) {
    const orx_node *router = orx_node_get(doc, "router");
    orx_node *copy = router && router->kind == ORX_OBJECT ? orx_node_copy(a, router)
                                                          : orx_node_new(a, ORX_OBJECT);
    orx_node_set(a, copy, "fallback_order", orx_node_copy(a, order));
    orx_node_set(a, doc, "router", copy);
}

int orx_profile_router(const orx_node *doc, const orx_fleet_profile *profile, orx_arena *arena,
                       orx_node **ret_doc, orx_err *err) {
    const orx_node *names = orx_node_get(profile->doc, "required_providers");
    const orx_node *lanes = orx_node_get(profile->doc, "lanes");
    const orx_node *order = orx_node_get(orx_node_get(profile->doc, "router"), "fallback_order");
    const orx_node *rows = orx_node_get(doc, "providers");
    if (!names || names->kind != ORX_ARRAY)
        return orx_err_set(err, ORX_E_INVALID, "%s: required_providers is missing or no list",
                           profile->source);
    if (lanes && lanes->kind != ORX_OBJECT)
        return orx_err_set(err, ORX_E_INVALID, "%s: lanes is no object of lists of providers",
                           profile->source);
    int rc = has_rows(rows, profile, err);
    if (rc == 0)
        rc = orx_names_check(names, profile->source, "required_providers", err);
    if (rc == 0)
        rc = orx_names_check(order, profile->source, "fallback_order", err);
    if (rc == 0)
        rc = unknown(names, rows, arena, err);
    if (rc < 0)
        return rc;
    orx_node *n = orx_node_copy(arena, doc);
    orx_node_set(arena, n, "providers", apply(arena, rows, profile, is_member));
    if (lanes)
        orx_node_set(arena, n, "lanes", orx_node_copy(arena, lanes));
    if (order && order->kind == ORX_ARRAY)
        set_order(arena, n, order);
    put_source(arena, n, profile);
    *ret_doc = n;
    return 0;
}

/* ---- Providers ------------------------------------------------------------------------------- */

static const orx_node * override(const orx_fleet_profile *profile, const char *key) {
    return orx_node_get(orx_node_get(profile->doc, "overrides"), key);
}

static int is_required(const orx_node *row, const orx_fleet_profile *profile) {
    if (orx_names_have(override(profile, "optional"), name_of(row)))
        return 0;
    return orx_names_have(override(profile, "required"), name_of(row)) ? 1 : -1;
}

int orx_profile_providers(const orx_node *doc, const orx_fleet_profile *profile, orx_arena *arena,
                          orx_node **ret_doc, orx_err *err) {
    bool bare = doc->kind == ORX_ARRAY;
    const orx_node *rows = bare ? doc : orx_node_get(doc, "providers");
    const orx_node *overrides = orx_node_get(profile->doc, "overrides");
    if (!overrides || overrides->kind != ORX_OBJECT)
        return orx_err_set(err, ORX_E_INVALID, "%s: overrides is missing or no object",
                           profile->source);
    int rc = has_rows(rows, profile, err);
    if (rc == 0)
        rc = orx_names_check(override(profile, "required"), profile->source, "required", err);
    if (rc == 0)
        rc = orx_names_check(override(profile, "optional"), profile->source, "optional", err);
    if (rc == 0)
        rc = unknown(override(profile, "required"), rows, arena, err);
    if (rc < 0)
        return rc;
    orx_node *n = bare ? orx_node_new(arena, ORX_OBJECT) : orx_node_copy(arena, doc);
    orx_node_set(arena, n, "providers", apply(arena, rows, profile, is_required));
    put_source(arena, n, profile);
    *ret_doc = n;
    return 0;
}

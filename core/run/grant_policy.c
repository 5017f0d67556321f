/* The privilege policy file, as far as it is about elevation. */
#include "run/grant.h"

#include "base/vec.h"
#include "data/json.h"
#include "platform/files.h"

#include <stdlib.h>

#define MAX_MINUTES 120
#define ARTIFACTS   "artifacts/autonomy/"

static const char *const required_fields[] = {
    "approved_by", "expires_at",   "grant_id",       "issued_at", "providers",
    "reason",      "requested_by", "rollback_proof", "scope",     NULL};

static int by_text(const void *a, const void *b) {
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Those that are always required and those the file adds. */
static const char *const *required_of(const orx_node *given, orx_arena *arena) {
    ORX_VEC(const char *) all = {0};
    for (size_t i = 0; required_fields[i]; i++)
        orx_vec_push(&all, required_fields[i]);
    ORX_NODE_EACH(given, it) {
        bool known = false;
        const char *text = orx_node_str(it, "");
        for (size_t i = 0; i < all.len; i++)
            known = known || strcmp(all.items[i], text) == 0;
        if (*text && !known)
            orx_vec_push(&all, orx_arena_strdup(arena, text));
    }
    qsort(all.items, all.len, sizeof *all.items, by_text);
    const char **list = orx_arena_zalloc(arena, all.len + 1, sizeof *list);
    memcpy(list, all.items, all.len * sizeof *list);
    orx_vec_free(&all);
    return list;
}

static int read_policy(orx_platform *p, const char *path, orx_arena *arena,
                       const orx_node **ret_root, orx_err *err) {
    ORX_CLEANUP(orx_str_free) orx_str bytes = {0};
    if (!path || !orx_exists(p, path))
        return 0;
    int rc = orx_read_file(p, path, orx_limits_config.max_bytes, &bytes, err);
    if (rc == 0)
        rc = orx_json_parse(arena, path, orx_str_view(&bytes), &orx_limits_config, ret_root, err);
    if (rc == 0 && (*ret_root)->kind != ORX_OBJECT)
        rc = orx_err_set(err, ORX_E_INVALID, "%s:1:1: expected an object, found %s", path,
                         orx_kind_name((*ret_root)->kind));
    return rc;
}

/* A path of the file, in the root; [K] relative ones belonged to the working directory, which was
 * it. */
static const char *path_of(const orx_config *cfg, const orx_node *b, const char *key,
                           const char *otherwise, orx_arena *arena) {
    const char *path = orx_node_str(orx_node_get(b, key), "");
    if (!*path)
        path = otherwise;
    return *path == '/' ? path : orx_path_join(arena, cfg->root, path);
}

int orx_grant_policy_load(orx_platform *p, const orx_config *cfg, const char *path,
                          orx_arena *arena, orx_grant_policy *ret_policy, orx_err *err) {
    const orx_node *root = NULL;
    int rc = read_policy(p, path ? path : cfg->paths.privilege_policy_file, arena, &root, err);
    if (rc < 0)
        return rc;
    const orx_node *b = orx_node_get(root, "breakglass");
    *ret_policy = (orx_grant_policy){
        .enabled = orx_node_bool(orx_node_get(b, "enabled"), true),
        .file =
            path_of(cfg, b, "active_grant_file", ARTIFACTS "breakglass/active_grant.json", arena),
        .audit_file =
            path_of(cfg, b, "audit_log_file", ARTIFACTS "privilege_escalations.ndjson", arena),
        .max_minutes = orx_node_int(orx_node_get(b, "max_ttl_minutes"), MAX_MINUTES),
        .required = required_of(orx_node_get(b, "required_fields"), arena),
        .providers = orx_node_get(root, "providers"),
    };
    return 0;
}

const orx_node *orx_grant_policy_args(const orx_grant_policy *policy, const char *provider) {
    const orx_node *args = orx_node_get(orx_node_get(policy->providers, provider), "elevated_args");
    return args && args->kind == ORX_ARRAY && args->count ? args : NULL;
}

/* Members of a row, read with a message that says where. */
#include "config/envfile.h"
#include "config/value.h"
#include "fleet/endpoints.h"

static int wrong(const char *config_path, const orx_node *n, const char *key, const char *expected,
                 orx_err *err) {
    return orx_err_set(err, ORX_E_INVALID, "%s:%u: %s is %s; expected %s", config_path, n->line,
                       key, orx_kind_name(n->kind), expected);
}

int orx_endpoint_text(const char *config_path, const orx_node *row, const char *key,
                      const char *otherwise, orx_arena *arena, const char **ret, orx_err *err) {
    const orx_node *n = orx_node_get(row, key);
    if (n && n->kind != ORX_STRING && n->kind != ORX_NULL)
        return wrong(config_path, n, key, "a string", err);
    if (n && n->kind == ORX_STRING && memchr(n->u.s.p, 0, n->u.s.len))
        return orx_err_set(err, ORX_E_INVALID, "%s:%u: %s holds a NUL character", config_path,
                           n->line, key);
    *ret = n && n->kind == ORX_STRING ? orx_arena_dup(arena, orx_view_trim(n->u.s)) : otherwise;
    return 0;
}

int orx_endpoint_truth(const char *config_path, const orx_node *row, const char *key,
                       bool otherwise, bool *ret, orx_err *err) {
    const orx_node *n = orx_node_get(row, key);
    int truth = -1;
    if (!n || n->kind == ORX_NULL)
        truth = otherwise;
    else if (n->kind == ORX_BOOL)
        truth = n->u.b;
    else if (n->kind == ORX_INT)
        truth = n->u.i != 0;
    else if (n->kind == ORX_STRING)
        truth = orx_word_boolean(orx_view_trim(n->u.s));
    if (truth < 0)
        return wrong(config_path, n, key, "true or false", err);
    *ret = truth != 0;
    return 0;
}

int orx_endpoint_variable(const char *config_path, const orx_node *row, const char *key,
                          orx_arena *arena, const char **ret, orx_err *err) {
    const char *name = "";
    int rc = orx_endpoint_text(config_path, row, key, "", arena, &name, err);
    if (rc < 0)
        return rc;
    if (*name && !orx_env_name_ok(orx_view_of(name)))
        return orx_err_set(err, ORX_E_INVALID,
                           "%s:%u: %s is no name of a variable; the key itself belongs into the "
                           "environment or the env file, and its name here",
                           config_path, orx_node_get(row, key)->line, key);
    *ret = name;
    return 0;
}

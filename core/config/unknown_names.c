#include "config/load.h"

#include "config/nearest.h"

/* A search for a similar name costs about a millisecond; an env file may hold thousands. */
#define VARIABLES_MAX 400

static const char *similar_flag(const char *name, bool *ret_exists) {
    orx_nearest n = {0};
    orx_config_flag flag;
    *ret_exists = false;
    const char *bare = strncmp(name, "no-", 3) == 0 ? name + 3 : name;
    for (size_t i = 0; orx_config_flag_at(i, &flag); i++) {
        if (!strcmp(flag.name, name) || (!flag.value_name && !strcmp(flag.name, bare)))
            *ret_exists = true;
        orx_nearest_try(&n, orx_view_of(name), flag.name);
    }
    return n.best;
}

void orx_loader_unknown_flags(orx_loader *l) {
    for (size_t i = 0; i < l->options->flag_count; i++) {
        if (l->flag_used[i])
            continue;
        const char *name = l->options->flags[i].name;
        const char *where = orx_arena_printf(&l->st->arena, "--%s", name);
        bool exists;
        const char *near = similar_flag(name, &exists);
        if (exists)
            orx_diag_add(l->diags, ORX_DIAG_WARNING, where,
                         "has no effect, because the provider it belongs to is not configured");
        else
            orx_diag_add(l->diags, ORX_DIAG_ERROR, where, "no such flag%s%s%s",
                         near ? "; did you mean --" : "", near ? near : "", near ? "?" : "");
    }
}

/* The known name nearest to an ORXAQ_ name; *ret_known when it is known itself. */
static const char *similar_variable(const char *name, bool *ret_known) {
    orx_nearest n = {0};
    orx_view word = orx_view_of(name);
    for (size_t i = 0; i < orx_config_key_count; i++)
        if (orx_config_keys[i].env)
            orx_nearest_try(&n, word, orx_config_keys[i].env);
    for (size_t i = 0; i < orx_builtin_binding_count; i++)
        orx_nearest_try(&n, word, orx_builtin_bindings[i].env);
    for (size_t i = 0; orx_known_variables[i]; i++)
        orx_nearest_try(&n, word, orx_known_variables[i]);
    *ret_known = n.best && !strcmp(n.best, name);
    return n.best;
}

void orx_loader_unknown_variables(orx_loader *l) {
    int tried = 0;
    for (const orx_envvar *v = l->st->envfile.first; v && tried < VARIABLES_MAX; v = v->next) {
        bool known;
        if (strncmp(v->name, "ORXAQ_", 6) != 0)
            continue;
        tried++;
        const char *near = similar_variable(v->name, &known);
        if (!near || known)
            continue;
        const char *where =
            orx_arena_printf(&l->st->arena, "%s:%u:1", l->st->envfile.name, (unsigned)v->line);
        orx_diag_add(l->diags, ORX_DIAG_WARNING, where,
                     "%s is no variable that orxaq reads; did you mean %s?", v->name, near);
    }
}

#include "config/load.h"

#include "base/nearest.h"

/* A search for a similar name costs far more than reading one; an env file may hold thousands. */
#define SEARCHES_MAX 100

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

/* Calls fn with every variable name that means something until it returns true. */
static bool any_variable(bool (*fn)(const char *known, void *user), void *user) {
    for (size_t i = 0; i < orx_config_key_count; i++)
        if (orx_config_keys[i].env && fn(orx_config_keys[i].env, user))
            return true;
    for (size_t i = 0; i < orx_builtin_binding_count; i++)
        if (fn(orx_builtin_bindings[i].env, user))
            return true;
    for (size_t i = 0; orx_known_variables[i]; i++)
        if (fn(orx_known_variables[i], user))
            return true;
    return false;
}

typedef struct lookup {
    const char *name;
    orx_nearest nearest;
} lookup;

static bool is_it(const char *known, void *user) {
    return !strcmp(known, ((const lookup *)user)->name);
}

static bool compare(const char *known, void *user) {
    lookup *l = user;
    orx_nearest_try(&l->nearest, orx_view_of(l->name), known);
    return false;
}

/* Reports a name that nobody reads when it looks like one that somebody does. *tried counts the
 * searches. */
static void check_variable(orx_loader *l, const char *name, const char *where, int *tried) {
    lookup look = {.name = name};
    bool ours = strncmp(name, "ORXAQ_", 6) == 0;
    if (!ours || *tried >= SEARCHES_MAX || any_variable(is_it, &look))
        return;
    ++*tried;
    (void)any_variable(compare, &look);
    if (look.nearest.best)
        orx_diag_add(l->diags, ORX_DIAG_WARNING, where,
                     "%s is no variable that orxaq reads; did you mean %s?", name,
                     look.nearest.best);
}

void orx_loader_unknown_variables(orx_loader *l) {
    int tried = 0;
    for (const orx_envvar *v = l->st->envfile.first; v; v = v->next) {
        const char *where =
            orx_arena_printf(&l->st->arena, "%s:%u:1", l->st->envfile.name, (unsigned)v->line);
        check_variable(l, v->name, where, &tried);
    }
    const orx_map_entry *e;
    for (size_t i = 0; (e = orx_map_next(&l->st->process, &i));)
        check_variable(l, e->key, e->key, &tried);
}

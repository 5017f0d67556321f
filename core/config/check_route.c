/* Who is asked when a plan comes to nothing must be somebody, and so must who chooses. */
#include "config/load.h"
#include "config/router_name.h"

#include "base/nearest.h"

#include <stdio.h>

static const orx_provider_config *named(const orx_config *cfg, orx_view name, orx_nearest *n) {
    for (size_t i = 0; i < cfg->provider_count; i++) {
        if (orx_view_is(name, cfg->providers[i].name))
            return &cfg->providers[i];
        orx_nearest_try(n, name, cfg->providers[i].name);
    }
    return NULL;
}

static bool lists(const orx_provider_config *p, orx_view model) {
    bool any = !p->model && !p->models.count;
    if (any || !model.len || (p->model && orx_view_ieq(model, orx_view_of(p->model))))
        return true;
    for (size_t i = 0; i < p->models.count; i++)
        if (orx_view_ieq(model, orx_view_of(p->models.items[i])))
            return true;
    return false;
}

static void check_list(orx_loader *l, const char *path, const orx_strings *list) {
    const orx_config_value *v = orx_map_get(&l->st->by_path, orx_view_of(path));
    for (size_t i = 0; i < list->count; i++) {
        orx_view model = orx_view_of(list->items[i]), name;
        orx_nearest n = {0};
        (void)orx_view_split(&model, '/', &name);
        const orx_provider_config *p = named(l->cfg, name, &n);
        if (!p)
            orx_diag_add(l->diags, ORX_DIAG_ERROR, v->where,
                         "%s: %s: there is no provider \"%.*s\"%s%s%s; expected PROVIDER/MODEL or "
                         "PROVIDER",
                         path, list->items[i], (int)name.len, name.p,
                         n.best ? ", did you mean " : "", n.best ? n.best : "", n.best ? "?" : "");
        else if (!lists(p, model))
            orx_diag_add(l->diags, ORX_DIAG_ERROR, v->where,
                         "%s: %s is neither the model of providers.%s nor in its models", path,
                         list->items[i], p->name);
    }
}

static void complain(orx_loader *l, const orx_provider_config *p, const char *member,
                     const char *model, const char *problem) {
    char path[256];
    (void)snprintf(path, sizeof path, "providers.%s.%s", p->name, member);
    const orx_config_value *v = orx_map_get(&l->st->by_path, orx_view_of(path));
    orx_diag_add(l->diags, ORX_DIAG_ERROR, v ? v->where : "", "%s: %s: %s", path, model, problem);
}

/* A name that stands for a choice is not kept as a model: nobody may be asked for it. */
static void take_router_name(orx_loader *l, orx_provider_config *p) {
    const char *problem = orx_router_name_problem(p->model);
    if (!problem && !orx_router_of_name(l->cfg, p->model))
        problem = "there is no router to choose: name one in `routers`, with `plugin: routellm` "
                  "and what `orxaq route train` wrote as its `weights`";
    if (problem)
        complain(l, p, "model", p->model, problem);
    p->router_name = p->model;
    p->model = NULL;
}

static void check_models(orx_loader *l, orx_provider_config *p) {
    if (p->model && orx_is_router_name(p->model))
        take_router_name(l, p);
    for (size_t i = 0; i < p->models.count; i++)
        if (orx_is_router_name(p->models.items[i]))
            complain(l, p, "models", p->models.items[i],
                     "this stands for a choice and is no model; give it as `model`");
}

static void check_lists(orx_loader *l, const orx_provider_config *p) {
    orx_arena *a = &l->st->arena;
    check_list(l, orx_arena_printf(a, "providers.%s.fallbacks", p->name), &p->fallbacks);
    check_list(l, orx_arena_printf(a, "providers.%s.context_fallbacks", p->name),
               &p->context_fallbacks);
    check_list(l, orx_arena_printf(a, "providers.%s.content_fallbacks", p->name),
               &p->content_fallbacks);
}

void orx_loader_check_route(orx_loader *l) {
    for (size_t i = 0; i < l->cfg->provider_count; i++) {
        check_models(l, &l->cfg->providers[i]);
        check_lists(l, &l->cfg->providers[i]);
    }
    check_list(l, "route.fallbacks", &l->cfg->route.fallbacks);
    check_list(l, "route.context_fallbacks", &l->cfg->route.context_fallbacks);
    check_list(l, "route.content_fallbacks", &l->cfg->route.content_fallbacks);
}

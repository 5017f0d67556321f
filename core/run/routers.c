#include "run/routers.h"

#include "config/router_name.h"

struct orx_run_router {
    struct orx_run_router *next;
    const char *name;
    orx_instance *instance; /* NULL: problem says why */
    orx_embedding_need embedding;
    const char *problem;
};

const char *orx_run_wanted(const orx_try *t) {
    const char *own = t->provider->cfg->router_name;
    return *t->task.model ? t->task.model : own ? own : "";
}

const char *orx_run_router_name(const orx_try *t) {
    const char *wanted = orx_run_wanted(t);
    if (!orx_is_router_name(wanted))
        return t->r->cfg->run.router;
    const char *name = orx_router_of_name(t->r->cfg, wanted);
    return name ? name : wanted;
}

static struct orx_run_router *make(orx_runner *r, const char *name) {
    struct orx_run_router *made = ORX_ARENA_NEW(&r->arena, struct orx_run_router);
    orx_err why = ORX_ERR_INIT;
    *made = (struct orx_run_router){.next = r->routers, .name = orx_arena_strdup(&r->arena, name)};
    r->routers = made;
    if (orx_run_make_router(r->cfg, r->setup.plugins, name, &made->instance, &why) < 0) {
        made->problem = orx_arena_strdup(&r->arena, why.msg);
        orx_run_tell(r, ORX_NOTE_PROBLEM, NULL, false, "the static order is used: %s", why.msg);
    }
    if (made->instance)
        made->embedding = orx_embedding_needed(made->instance, &r->arena);
    return made;
}

int orx_run_router(orx_runner *r, const char *name, orx_instance **ret_router, orx_err *err) {
    struct orx_run_router *found = r->routers;
    while (found && strcmp(found->name, name) != 0)
        found = found->next;
    if (!found)
        found = make(r, name);
    if (!found->instance)
        return orx_err_set(err, ORX_E_UNSUPPORTED, "%s", found->problem);
    *ret_router = found->instance;
    return 0;
}

const orx_embedding_need *orx_run_router_embedding(const orx_runner *r,
                                                   const orx_instance *router) {
    static const orx_embedding_need nothing;
    for (const struct orx_run_router *it = r->routers; it; it = it->next)
        if (it->instance == router)
            return &it->embedding;
    return &nothing;
}

void orx_run_routers_free(orx_runner *r) {
    for (struct orx_run_router *it = r->routers; it; it = it->next)
        orx_instance_free(it->instance);
    r->routers = NULL;
}

/* Plugins are linked into a simulation: a module is a list of functions by name. */
#include "platform/module.h"

#include "platform/sim/world.h"

#include <stdlib.h>

struct orx_module {
    orx_map functions; /* name -> exported */
};

typedef struct exported {
    orx_module_fn fn;
} exported;

void orx_sim_module(orx_sim *s, const char *path, const char *symbol, orx_module_fn fn) {
    orx_module *m = orx_map_get(&s->modules, orx_view_of(path));
    if (!m) {
        m = orx_xcalloc(1, sizeof *m);
        (void)orx_map_put(&s->modules, orx_view_of(path), m);
    }
    exported *e = orx_xmalloc(sizeof *e);
    e->fn = fn;
    free(orx_map_put(&m->functions, orx_view_of(symbol), e));
}

void orx_sim_modules_free(orx_sim *s) {
    size_t i = 0;
    const orx_map_entry *me;
    while ((me = orx_map_next(&s->modules, &i))) {
        orx_module *m = me->value;
        size_t k = 0;
        const orx_map_entry *fe;
        while ((fe = orx_map_next(&m->functions, &k)))
            free(fe->value);
        orx_map_free(&m->functions);
        free(m);
    }
    orx_map_free(&s->modules);
}

static int module_open(orx_platform *p, const char *path, bool resident, orx_module **ret_m,
                       orx_err *err) {
    (void)resident;
    if (path[0] != '/' || !orx_view_ends(orx_view_of(path), ".so"))
        return orx_err_set(err, ORX_E_INVALID,
                           "%s: a plugin is named by an absolute path that ends in .so", path);
    orx_module *m = orx_map_get(&orx_sim_task_of(p)->sim->modules, orx_view_of(path));
    if (!m)
        return orx_err_set(err, ORX_E_UNSUPPORTED,
                           "cannot load %s: not registered in the simulation", path);
    *ret_m = m;
    return 0;
}

static orx_module_fn module_function(orx_module *m, const char *name) {
    const exported *e = orx_map_get(&m->functions, orx_view_of(name));
    return e ? e->fn : NULL;
}

static void module_close(orx_platform *p, orx_module *m) {
    (void)p;
    (void)m;
}

const struct orx_module_ops orx_sim_module_ops = {
    .open = module_open,
    .function = module_function,
    .close = module_close,
};

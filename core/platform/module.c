#include "platform/module.h"

int orx_module_open(orx_platform *p, const char *path, bool resident, orx_module **ret_m,
                    orx_err *err) {
    return p->modules->open(p, path, resident, ret_m, err);
}

orx_module_fn orx_module_function(orx_platform *p, orx_module *m, const char *name) {
    return p->modules->function(m, name);
}

void orx_module_close(orx_platform *p, orx_module *m) {
    if (m)
        p->modules->close(p, m);
}

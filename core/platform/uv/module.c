/* The fence around libltdl (see platform/module.h). */
#include "platform/module.h"

#include "platform/uv/elf.h"
#include "platform/uv/internal.h"

#include <dlfcn.h>
#include <ltdl.h>
#include <stdlib.h>

struct orx_module {
    orx_list link; /* in orx_uv.modules */
    lt_dlhandle handle;
    bool resident;
};

static int ltdl_error(orx_err *err, const char *what) {
    const char *words = lt_dlerror();
    return orx_err_set(err, ORX_E_UNSUPPORTED, "%s: %s", what, words ? words : "unknown error");
}

/* libltdl's state is per process and counted: every platform that loads takes one share of it. */
static int begin(orx_uv *u, orx_err *err) {
    if (u->ltdl)
        return 0;
    /* The one change to our environment: nobody but us says where code comes from. */
    (void)unsetenv("LTDL_LIBRARY_PATH");
    if (lt_dlinit() != 0)
        return ltdl_error(err, "cannot set up the module loader");
    u->ltdl = true;
    return 0;
}

static void module_close(orx_platform *p, orx_module *m) {
    (void)p;
    orx_list_remove(&m->link);
    /* libltdl refuses to close a resident module, which is what resident means. */
    if (!m->resident)
        (void)lt_dlclose(m->handle);
    free(m);
}

void orx_uv_modules_close(orx_uv *u) {
    ORX_LIST_EACH(&u->modules, it)
    module_close(&u->base, ORX_LIST_ITEM(it, orx_module, link));
    /* libltdl forgets resident modules when its count falls to 0 and would load them anew; a
     * process that has some keeps its share to the end. */
    if (u->ltdl && !u->ltdl_resident)
        (void)lt_dlexit();
    u->ltdl = false;
}

static int check_path(const char *path, orx_err *err) {
    orx_view v = orx_view_of(path);
    if (path[0] != '/')
        return orx_err_set(err, ORX_E_INVALID, "%s: a module is named by its absolute path", path);
    if (orx_view_ends(v, ".la"))
        return orx_err_set(err, ORX_E_INVALID,
                           "%s is a libtool archive, which can redirect to any other file; name "
                           "the .so file itself",
                           path);
    if (!orx_view_ends(v, ".so"))
        return orx_err_set(err, ORX_E_INVALID, "%s: a module's name ends in .so", path);
    return 0;
}

/* libltdl says "file not found" whatever was wrong. The loader is asked again for its own words;
 * what could not be bound the first time runs no constructor the second time. */
static int refused(const char *path, orx_err *err) {
    const char *lt_words = lt_dlerror();
    void *again = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    const char *words = again ? NULL : dlerror();
    if (!words)
        words = lt_words ? lt_words : "unknown error";
    orx_err_set(err, ORX_E_UNSUPPORTED, "the loader refuses %s: %s", path, words);
    if (again)
        (void)dlclose(again);
    return ORX_E_UNSUPPORTED;
}

static lt_dlhandle load(const char *path, bool resident) {
    lt_dladvise advise;
    if (lt_dladvise_init(&advise) != 0)
        return NULL;
    lt_dlhandle handle = NULL;
    if (lt_dladvise_local(&advise) == 0 && (!resident || lt_dladvise_resident(&advise) == 0))
        handle = lt_dlopenadvise(path, advise);
    (void)lt_dladvise_destroy(&advise);
    return handle;
}

static int module_open(orx_platform *p, const char *path, bool resident, orx_module **ret_m,
                       orx_err *err) {
    int rc = check_path(path, err);
    if (rc >= 0)
        rc = orx_uv_elf_check(p, path, err);
    if (rc >= 0)
        rc = begin(orx_uv_of(p), err);
    if (rc < 0)
        return rc;
    lt_dlhandle handle = load(path, resident);
    if (!handle)
        return refused(path, err);
    orx_module *m = orx_xcalloc(1, sizeof *m);
    m->handle = handle;
    m->resident = resident;
    orx_uv_of(p)->ltdl_resident |= resident;
    orx_list_append(&orx_uv_of(p)->modules, &m->link);
    *ret_m = m;
    return 0;
}

static orx_module_fn module_function(orx_module *m, const char *name) {
    void *address = lt_dlsym(m->handle, name);
    /* ISO C has no conversion from object to function pointers; POSIX promises the same bits. */
    orx_module_fn fn = NULL;
    _Static_assert(sizeof fn == sizeof address, "function and object pointers differ in size");
    memcpy(&fn, &address, sizeof fn);
    return fn;
}

const struct orx_module_ops orx_uv_modules = {
    .open = module_open,
    .function = module_function,
    .close = module_close,
};

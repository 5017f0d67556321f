/* module.h: loading plugin modules, fenced.
 *
 * libltdl is lazy, searches paths, reads .la files and keeps unlocked global state; this file lets
 * none of that through: absolute .so path only, local symbols, resident when asked, bound now,
 * search variables cleared, error text copied at once. No other file includes ltdl.h.
 *
 * Bound now: libltdl always asks for lazy binding and offers no other way, and LD_BIND_NOW is read
 * only when a process starts. What does count is the module's own flag, so the file is examined
 * first and a module not linked with -z now is refused, with that advice. The same look refuses
 * what is no complete shared object for this machine, in words that say so, before the loader maps
 * it.
 *
 * Threads: the platform's thread; there is one loader per process.
 */
#ifndef ORX_PLATFORM_MODULE_H
#define ORX_PLATFORM_MODULE_H

#include "platform/platform.h"

typedef struct orx_module orx_module;
typedef void (*orx_module_fn)(void);

struct orx_module_ops {
    int (*open)(orx_platform *p, const char *path, bool resident, orx_module **ret_m, orx_err *err);
    orx_module_fn (*function)(orx_module *m, const char *name);
    void (*close)(orx_platform *p, orx_module *m);
};

/* Loads the module at an absolute path. ORX_E_NOT_FOUND when there is none; ORX_E_INVALID when the
 * path is not absolute or does not end in .so (.dll, .dylib where they are native), or when what
 * lies there is no regular file, no module, or cut short; ORX_E_UNSUPPORTED when it is for another
 * machine, not linked with -z now, or the loader refuses it (the message holds the loader's words).
 * A resident module stays mapped until the process ends. */
int orx_module_open(orx_platform *p, const char *path, bool resident, orx_module **ret_m,
                    orx_err *err);

/* An exported function, or NULL. Valid as long as the module is open; for a resident one always. */
orx_module_fn orx_module_function(orx_platform *p, orx_module *m, const char *name);

/* Closes a module; a resident one stays mapped. NULL is fine. */
void orx_module_close(orx_platform *p, orx_module *m);

#endif

/* Shared memory of a file: see shm.h. */
#include "platform/sim/shm.h"

#include "platform/sim/io.h"

#include <stdlib.h>

enum { REGIONS_MAX = 1 << 16, REGION_MAX = 1 << 20 };

int orx_sim_shm_map(orx_platform *p, orx_file *f, uint32_t region, uint32_t size, bool extend,
                    void **ret_mem, orx_err *err) {
    orx_sim_inode *n = f->node;
    orx_sim_maybe_yield(orx_sim_task_of(p));
    if (size == 0 || size > REGION_MAX || region >= REGIONS_MAX)
        return orx_err_set(err, ORX_E_LIMIT, "shared memory of %s: region %u of %u bytes", f->path,
                           region, size);
    if (n->shm_users && n->shm_size != size)
        return orx_err_set(err, ORX_E_INVALID,
                           "shared memory of %s: regions have %u bytes, asked for %u", f->path,
                           n->shm_size, size);
    n->shm_size = size;
    if (!f->uses_shm)
        n->shm_users++;
    f->uses_shm = true;
    while (extend && n->shm.len <= region)
        orx_vec_push(&n->shm, orx_xcalloc(1, size));
    *ret_mem = region < n->shm.len ? n->shm.items[region] : NULL;
    return 0;
}

void orx_sim_shm_drop(orx_file *f) {
    orx_sim_inode *n = f->node;
    if (!f->uses_shm)
        return;
    f->uses_shm = false;
    if (--n->shm_users)
        return;
    for (size_t i = 0; i < n->shm.len; i++)
        free(n->shm.items[i]);
    n->shm.len = 0;
}

void orx_sim_shm_unmap(orx_platform *p, orx_file *f) {
    (void)p;
    orx_sim_shm_drop(f);
}

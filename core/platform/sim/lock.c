/* Whole-file locks of open handles, with waiters served in order. */
#include "platform/sim/io.h"

#include <errno.h>

static bool is_free_for(const orx_file *f, int mode) {
    const orx_sim_inode *n = f->node;
    if (n->exclusive && n->exclusive != f)
        return false;
    unsigned own = f->lock == ORX_LOCK_SHARED;
    return mode == ORX_LOCK_SHARED || n->sharers == own;
}

static void let_go(orx_file *f) {
    if (f->lock == ORX_LOCK_SHARED)
        f->node->sharers--;
    if (f->lock == ORX_LOCK_EXCLUSIVE)
        f->node->exclusive = NULL;
    f->lock = 0;
}

static void take(orx_file *f, int mode) {
    let_go(f);
    f->lock = mode;
    f->lock_wanted = 0;
    if (mode == ORX_LOCK_SHARED)
        f->node->sharers++;
    else
        f->node->exclusive = f;
}

static void serve_waiters(orx_sim_inode *n) {
    while (!orx_list_empty(&n->waiters)) {
        orx_file *f = ORX_LIST_ITEM(n->waiters.next, orx_file, lock_link);
        if (!is_free_for(f, f->lock_wanted))
            return;
        orx_list_remove(&f->lock_link);
        take(f, f->lock_wanted);
        orx_sim_wake(f->task);
    }
}

static void wait_for_lock(orx_file *f, int mode) {
    f->lock_wanted = mode;
    orx_list_append(&f->node->waiters, &f->lock_link);
    while (f->lock_wanted)
        orx_sim_park(f->task, "the lock of", f->path);
}

int orx_sim_file_lock(orx_platform *p, orx_file *f, int mode, bool wait, orx_err *err) {
    orx_sim_io io;
    int e = orx_sim_io_begin(&io, p, ORX_SIM_IO_READ);
    if (e)
        return orx_err_errno(err, e, "cannot lock %s", f->path);
    bool queue = wait && !f->lock && !orx_list_empty(&f->node->waiters);
    if (is_free_for(f, mode) && !queue)
        take(f, mode);
    else if (wait)
        wait_for_lock(f, mode);
    else
        return orx_err_set(err, ORX_E_BUSY, "%s is locked by somebody else", f->path);
    serve_waiters(f->node);
    return 0;
}

void orx_sim_file_unlock(orx_platform *p, orx_file *f) {
    (void)p;
    orx_list_remove(&f->lock_link);
    let_go(f);
    serve_waiters(f->node);
}

bool orx_sim_file_is_locked(orx_platform *p, orx_file *f) {
    (void)p;
    return f->node->exclusive && f->node->exclusive != f;
}

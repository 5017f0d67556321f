/* Byte locks: see shm.h. A file has few at a time, so a flat list is walked. */
#include "platform/sim/io.h"
#include "platform/sim/shm.h"

static bool meets(const orx_sim_range *r, int64_t begin, int64_t end) {
    return r->begin < end && begin < r->end;
}

bool orx_sim_bytes_locked(orx_platform *p, orx_file *f, int64_t offset, int64_t len, int mode) {
    (void)p;
    for (size_t i = 0; i < f->node->ranges.len; i++) {
        const orx_sim_range *r = &f->node->ranges.items[i];
        if (r->file != f && meets(r, offset, offset + len) &&
            (mode == ORX_LOCK_EXCLUSIVE || r->mode == ORX_LOCK_EXCLUSIVE))
            return true;
    }
    return false;
}

/* Takes f's own locks out of [begin, end): what sticks out on either side stays. */
static void clear(orx_file *f, int64_t begin, int64_t end) {
    orx_sim_inode *n = f->node;
    for (size_t i = 0; i < n->ranges.len;) {
        orx_sim_range r = n->ranges.items[i];
        if (r.file != f || !meets(&r, begin, end)) {
            i++;
            continue;
        }
        n->ranges.items[i] = n->ranges.items[--n->ranges.len];
        orx_sim_range left = {r.begin, begin, r.file, r.mode};
        orx_sim_range right = {end, r.end, r.file, r.mode};
        if (left.begin < left.end)
            orx_vec_push(&n->ranges, left);
        if (right.begin < right.end)
            orx_vec_push(&n->ranges, right);
    }
}

int orx_sim_lock_bytes(orx_platform *p, orx_file *f, int64_t offset, int64_t len, int mode,
                       orx_err *err) {
    orx_sim_maybe_yield(orx_sim_task_of(p));
    if (mode && orx_sim_bytes_locked(p, f, offset, len, mode))
        return orx_err_set(err, ORX_E_BUSY, "bytes %lld to %lld of %s are locked by somebody else",
                           (long long)offset, (long long)(offset + len - 1), f->path);
    clear(f, offset, offset + len);
    if (mode) {
        orx_sim_range r = {offset, offset + len, f, mode};
        orx_vec_push(&f->node->ranges, r);
    }
    return 0;
}

void orx_sim_ranges_drop(orx_file *f) {
    clear(f, INT64_MIN, INT64_MAX);
}

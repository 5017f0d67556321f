/* Units that wait for somebody to put away uncommitted work. Whether a worktree is clean only git
 * knows, and that takes longer than a tick may; so what has to change for it is watched, and the
 * unit is started again, to find out, when that changed and is quiet. What is not seen that way is
 * found out when its wait is over. */
#include "unit/internal.h"

#include <stdlib.h>

#define DIRTY "WORKTREE_DIRTY="
#define WATCH "WORKTREE_WATCH="

static bool takes(orx_view line, const char *key, char **ret_path) {
    ORX_CLEANUP(orx_str_free) orx_str path = {0};
    size_t n = strlen(key);
    if (!orx_view_starts(line, key) || line.len <= n || line.p[n] != '/')
        return false;
    orx_str_addv(&path, (orx_view){line.p + n, line.len - n});
    *ret_path = orx_xstrdup(orx_str_cstr(&path));
    return true;
}

/* A file that is not there is all zero. */
static orx_file_info look_at(const orx_kept *u, const char *path) {
    orx_file_info info = {0};
    if (orx_lstat(u->k->p, path, &info, NULL) < 0)
        info = (orx_file_info){0};
    return info;
}

bool orx_kept_dirty_note(orx_kept *u, orx_view line) {
    orx_dirty *d = &u->dirty;
    char *path = NULL;
    if (takes(line, DIRTY, &path)) {
        free(d->where);
        d->where = path;
        return true;
    }
    if (!takes(line, WATCH, &path))
        return false;
    if (d->count < ORX_DIRTY_MAX) {
        d->seen[d->count] = look_at(u, path);
        d->watch[d->count++] = path;
    } else {
        free(path);
    }
    return true;
}

void orx_kept_dirty_forget(orx_kept *u) {
    orx_dirty *d = &u->dirty;
    free(d->where);
    for (int i = 0; i < d->count; i++)
        free(d->watch[i]);
    *d = (orx_dirty){0};
}

static bool is_same(const orx_file_info *a, const orx_file_info *b) {
    return a->inode == b->inode && a->size == b->size && a->mtime_ns == b->mtime_ns;
}

bool orx_kept_dirty_mended(orx_kept *u) {
    orx_dirty *d = &u->dirty;
    bool moves = false;
    if (!d->where || (u->m.state != ORX_UNIT_BACKOFF && u->m.state != ORX_UNIT_FATAL))
        return false;
    for (int i = 0; i < d->count; i++) {
        orx_file_info now = look_at(u, d->watch[i]);
        moves = moves || !is_same(&now, &d->seen[i]);
        d->seen[i] = now;
    }
    bool done = d->changed && !moves;
    d->changed = d->changed || moves;
    return done;
}

/* The cgroup of a unit: a place where whatever its process starts can be found and ended, even when
 * nobody knows the pids any more. Where none can be had everything works without it. */
#include "unit/internal.h"

#include "platform/cgroup.h"

#include <stdlib.h>

/* Said once, until it works again. */
static void note_refused(orx_keeper *k, const orx_err *err) {
    if (!k->group_refused)
        orx_keeper_problem(k,
                           "units run without cgroups of their own, their trees are ended process "
                           "by process: %s",
                           err->msg);
    k->group_refused = true;
}

void orx_kept_group_make(orx_kept *u) {
    ORX_CLEANUP(orx_str_free) orx_str dir = {0};
    orx_err err = ORX_ERR_INIT;
    bool populated = false;
    if (!u->k->setup.groups || u->group)
        return;
    orx_str_addf(&dir, "%s%s", u->k->setup.groups, u->spec.name);
    const char *path = orx_str_cstr(&dir);
    if (orx_cgroup_make(u->k->p, path, &err) < 0) {
        note_refused(u->k, &err);
        return;
    }
    u->k->group_refused = false;
    /* Of this unit of this root, and nobody wrote it down. */
    if (orx_cgroup_populated(u->k->p, path, &populated, NULL) == 0 && populated)
        (void)orx_cgroup_kill(u->k->p, path, NULL);
    u->group = orx_xstrdup(path);
    u->grouped = false;
}

bool orx_kept_group_recall(orx_kept *u, orx_view dir) {
    bool populated = false;
    char *path = orx_xmalloc(dir.len + 1);
    (void)memcpy(path, dir.len ? dir.p : "", dir.len);
    path[dir.len] = '\0';
    if (!dir.len || !orx_exists(u->k->p, path)) {
        free(path);
        return false;
    }
    u->group = path;
    /* Who lives in it began in it, or comes from one that did. */
    u->grouped = orx_cgroup_populated(u->k->p, path, &populated, NULL) == 0 && populated;
    return u->grouped;
}

int orx_kept_group_end(orx_kept *u, orx_err *err) {
    bool populated = false;
    if (!u->group)
        return 0;
    int rc = orx_cgroup_populated(u->k->p, u->group, &populated, err);
    if (rc < 0)
        return rc;
    if (!populated)
        return 0;
    (void)orx_cgroup_kill(u->k->p, u->group, NULL);
    /* Those that came to us by the death of their parents are to be collected. */
    (void)orx_end_orphans(u->k->p);
    rc = orx_cgroup_populated(u->k->p, u->group, &populated, err);
    return rc < 0 ? rc : populated;
}

void orx_kept_group_drop(orx_kept *u) {
    if (u->group)
        (void)orx_cgroup_remove(u->k->p, u->group, NULL);
    free(u->group);
    u->group = NULL;
    u->grouped = false;
}

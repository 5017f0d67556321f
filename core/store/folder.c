/* folder.c: folders whose names survive a loss of power.
 *
 * That a folder is there does not mean that its name is durable: whoever made it may have died
 * before the sync. So each store syncs the folders above one the first time it relies on it. */
#include "store/internal.h"

int orx_there(orx_store *s, const char *path, bool follow, orx_file_info *ret_info, orx_err *err) {
    orx_file_info info;
    orx_err why = ORX_ERR_INIT;
    int rc = follow ? orx_stat(s->p, path, &info, &why) : orx_lstat(s->p, path, &info, &why);
    if (rc == ORX_E_NOT_FOUND)
        return 0;
    if (rc < 0) {
        if (err)
            *err = why;
        return rc;
    }
    if (ret_info)
        *ret_info = info;
    return 1;
}

char *orx_free_name(orx_store *s, const char *base) {
    orx_str name = {0};
    orx_str_adds(&name, base);
    for (int i = 2; orx_there(s, orx_str_cstr(&name), false, NULL, NULL) != 0 && i < 1000; i++) {
        orx_str_clear(&name);
        orx_str_addf(&name, "%s-%d", base, i);
    }
    return orx_str_steal(&name);
}

char *orx_folder_parent(orx_arena *a, const char *path) {
    const char *slash = strrchr(path, '/');
    if (!slash)
        return orx_arena_strdup(a, ".");
    if (slash == path)
        return orx_arena_strdup(a, "/");
    return orx_arena_dup(a, orx_view_mem(path, (size_t)(slash - path)));
}

/* Syncs the folders above path, up to and including `last` (or the top). A folder that we may not
 * open was not made by us. */
static int sync_above(orx_store *s, const char *path, const char *last, orx_err *err) {
    ORX_CLEANUP(orx_arena_free) orx_arena a = {0};
    char *at = orx_arena_strdup(&a, path);
    while (strcmp(at, last) != 0 && strcmp(at, "/") != 0 && strcmp(at, ".") != 0) {
        at = orx_folder_parent(&a, at);
        int rc = orx_sync_dir(s->p, at, err);
        if (rc < 0 && rc != ORX_E_DENIED)
            return rc;
    }
    return 0;
}

int orx_folder_make(orx_store *s, const char *path, orx_err *err) {
    int rc = orx_there(s, path, true, NULL, err);
    if (rc == 1 && orx_map_get(&s->settled, orx_view_of(path)))
        return 0;
    if (rc == 0)
        rc = orx_mkdirs_unsynced(s->p, path, false, err);
    if (rc < 0)
        return rc;
    rc = sync_above(s, path, s->root, err);
    if (rc == 0)
        (void)orx_map_put(&s->settled, orx_view_of(path), s);
    return rc;
}

int orx_folder_settle_root(orx_store *s, orx_err *err) {
    return sync_above(s, s->root, "/", err);
}

int orx_folder_make_for(orx_store *s, const char *path, orx_err *err) {
    ORX_CLEANUP(orx_arena_free) orx_arena a = {0};
    return orx_folder_make(s, orx_folder_parent(&a, path), err);
}

int orx_folder_sync_for(orx_store *s, const char *path, orx_err *err) {
    ORX_CLEANUP(orx_arena_free) orx_arena a = {0};
    return orx_sync_dir(s->p, orx_folder_parent(&a, path), err);
}

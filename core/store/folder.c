/* folder.c: folders whose names survive a loss of power. */
#include "store/internal.h"

char *orx_folder_parent(orx_arena *a, const char *path) {
    const char *slash = strrchr(path, '/');
    if (!slash)
        return orx_arena_strdup(a, ".");
    if (slash == path)
        return orx_arena_strdup(a, "/");
    return orx_arena_dup(a, orx_view_mem(path, (size_t)(slash - path)));
}

int orx_folder_make(orx_store *s, const char *path, orx_err *err) {
    ORX_CLEANUP(orx_arena_free) orx_arena a = {0};
    ORX_VEC(char *) parents = {0};
    char *at = orx_arena_strdup(&a, path);
    while (!orx_exists(s->p, at) && strcmp(at, "/") != 0 && strcmp(at, ".") != 0) {
        at = orx_folder_parent(&a, at);
        orx_vec_push(&parents, at);
    }
    int rc = parents.len ? orx_mkdirs(s->p, path, false, err) : 0;
    for (size_t i = 0; rc == 0 && i < parents.len; i++)
        rc = orx_sync_dir(s->p, parents.items[i], err);
    orx_vec_free(&parents);
    return rc;
}

int orx_folder_make_for(orx_store *s, const char *path, orx_err *err) {
    ORX_CLEANUP(orx_arena_free) orx_arena a = {0};
    return orx_folder_make(s, orx_folder_parent(&a, path), err);
}

int orx_folder_sync_for(orx_store *s, const char *path, orx_err *err) {
    ORX_CLEANUP(orx_arena_free) orx_arena a = {0};
    return orx_sync_dir(s->p, orx_folder_parent(&a, path), err);
}

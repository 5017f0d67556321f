/* Removing untracked files by name. git clean would look again and take what appeared (or ceased to
 * be ignored) since they were saved; this takes only what the list says. */
#include "git/internal.h"

bool orx_git_is_nested(const orx_git_entry *e) {
    return e->kind == ORX_GIT_UNTRACKED && orx_view_ends(orx_view_of(e->path), "/");
}

void orx_git_remove_parents(orx_git *g, char *path) {
    size_t root = strlen(g->root);
    for (char *slash = strrchr(path, '/'); slash && (size_t)(slash - path) > root;
         slash = strrchr(path, '/')) {
        *slash = '\0';
        if (g->p->files->rmdir(g->p, path, NULL) < 0)
            return;
    }
}

int orx_git_remove_untracked(orx_git *g, const orx_git_status *status, orx_err *err) {
    for (size_t i = 0; i < status->count; i++) {
        const orx_git_entry *e = &status->entries[i];
        if (e->kind != ORX_GIT_UNTRACKED || orx_git_is_nested(e))
            continue;
        ORX_CLEANUP(orx_arena_free) orx_arena a = {0};
        char *path = orx_path_join(&a, g->root, e->path);
        int rc = orx_unlink(g->p, path, err);
        if (rc < 0)
            return orx_err_wrap(err, "%s: cannot remove a parked file", g->root);
        orx_git_remove_parents(g, path);
    }
    return 0;
}

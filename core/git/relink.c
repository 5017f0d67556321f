/* The file `.git` of a linked worktree, which anybody who may write there can remove or rewrite. */
#include "git/internal.h"

static int put_link(orx_platform *p, const char *root, const char *admin, orx_err *err) {
    ORX_CLEANUP(orx_arena_free) orx_arena a = {0};
    ORX_CLEANUP(orx_str_free) orx_str have = {0};
    orx_file_info info = {0};
    const char *path = orx_path_join(&a, root, ".git");
    const char *text = orx_arena_printf(&a, "gitdir: %s", admin);
    bool there = orx_lstat(p, path, &info, NULL) == 0;
    if (there && info.kind == ORX_FILE_DIRECTORY)
        return orx_err_set(err, ORX_E_CONFLICT,
                           "%s is a directory, expected the file that names %s; move it away", path,
                           admin);
    if (there && info.kind == ORX_FILE_REGULAR && orx_read_file(p, path, 4096, &have, NULL) == 0 &&
        orx_view_is(orx_view_trim(orx_str_view(&have)), text))
        return 0;
    text = orx_arena_printf(&a, "%s\n", text);
    int rc = orx_write_atomic(p, path, orx_view_of(text), 0644, err);
    return rc < 0 ? rc : 1;
}

int orx_git_relink(orx_git *g, orx_err *err) {
    if (!g->root || strcmp(g->dir, g->common) == 0)
        return 0;
    return put_link(g->p, g->root, g->dir, err);
}

/* Whether this git directory of a linked worktree belongs to the one at path. */
static bool is_of(orx_git *g, orx_arena *a, const char *admin, const char *path) {
    ORX_CLEANUP(orx_str_free) orx_str text = {0};
    return orx_read_file(g->p, orx_path_join(a, admin, "gitdir"), 4096, &text, NULL) == 0 &&
           orx_view_is(orx_view_trim(orx_str_view(&text)), orx_path_join(a, path, ".git"));
}

int orx_git_relink_at(orx_git *g, const char *path, orx_err *err) {
    ORX_CLEANUP(orx_arena_free) orx_arena a = {0};
    const char *dir = orx_path_join(&a, g->common, "worktrees");
    char **names = NULL;
    int rc = orx_exists(g->p, dir) ? orx_list_dir(g->p, dir, &a, &names, err) : 0;
    for (size_t i = 0; rc == 0 && names && names[i]; i++) {
        const char *admin = orx_path_join(&a, dir, names[i]);
        if (is_of(g, &a, admin, path))
            return put_link(g->p, path, admin, err);
    }
    return rc;
}

/* The worktree as it is: every file with the id of its content. */
#include "git/sim/internal.h"
#include "git/sim/memory.h"

#include <stdlib.h>

typedef struct scanner {
    orx_git *g;
    orx_arena *arena;
    orx_str patterns;
    orx_twin_tree out;
} scanner;

static int scan_dir(scanner *s, const char *rel, bool ignored, orx_err *err);

static int add_file(scanner *s, const char *rel, const char *path, const orx_file_info *info,
                    bool ignored, orx_err *err) {
    ORX_CLEANUP(orx_str_free) orx_str bytes = {0};
    orx_twin_file f = {.path = rel, .ignored = ignored};
    f.mode = info->mode & 0100 ? ORX_GIT_MODE_EXEC : ORX_GIT_MODE_FILE;
    if (orx_twin_known_file(s->g, path, info, f.id)) {
        orx_vec_push(&s->out, f);
        return 0;
    }
    int rc = orx_read_file(s->g->p, path, ORX_TWIN_FILE_MAX, &bytes, err);
    if (rc == ORX_E_NOT_FOUND)
        return 0; /* it went away while we looked */
    if (rc < 0)
        return orx_err_wrap(err, "%s: cannot read a file of the worktree", s->g->root);
    orx_twin_blob_id(orx_str_view(&bytes), f.id);
    orx_twin_keep_file(s->g, path, info, f.id);
    orx_vec_push(&s->out, f);
    return 0;
}

static int add_dir(scanner *s, const char *rel, const char *path, bool ignored, orx_err *err) {
    ORX_CLEANUP(orx_arena_free) orx_arena a = {0};
    if (!orx_exists(s->g->p, orx_path_join(&a, path, ".git")))
        return scan_dir(s, rel, ignored, err);
    orx_twin_file nested = {.path = orx_arena_printf(s->arena, "%s/", rel),
                            .mode = ORX_GIT_MODE_GITLINK,
                            .ignored = ignored};
    orx_vec_push(&s->out, nested);
    return 0;
}

/* 1, or 0 when it went away while we looked. Any other failure must not pass for a deleted file: it
 * would be committed as one. */
static int look_at(scanner *s, const char *path, orx_file_info *ret_info, orx_err *err) {
    orx_err why = ORX_ERR_INIT;
    int rc = orx_lstat(s->g->p, path, ret_info, &why);
    if (rc == ORX_E_NOT_FOUND)
        return 0;
    return rc < 0 ? orx_err_set(err, rc, "%s", why.msg) : 1;
}

static int scan_dir(scanner *s, const char *rel, bool ignored, orx_err *err) {
    ORX_CLEANUP(orx_arena_free) orx_arena a = {0};
    const char *dir = *rel ? orx_path_join(&a, s->g->root, rel) : s->g->root;
    char **names = NULL;
    int rc = orx_list_dir(s->g->p, dir, &a, &names, err);
    for (size_t i = 0; rc == 0 && names[i]; i++) {
        orx_file_info info;
        const char *path = orx_path_join(&a, dir, names[i]);
        if (strcmp(names[i], ".git") == 0)
            continue;
        rc = look_at(s, path, &info, err);
        if (rc <= 0)
            continue;
        rc = 0;
        const char *name = orx_path_join(s->arena, rel, names[i]);
        if (!*rel)
            name = orx_arena_strdup(s->arena, names[i]);
        bool is_dir = info.kind == ORX_FILE_DIRECTORY;
        bool hidden = ignored || orx_twin_ignored(orx_str_view(&s->patterns), name, is_dir);
        if (is_dir)
            rc = add_dir(s, name, path, hidden, err);
        else if (info.kind == ORX_FILE_REGULAR)
            rc = add_file(s, name, path, &info, hidden, err);
    }
    return rc;
}

static int by_path(const void *a, const void *b) {
    const orx_twin_file *x = a;
    const orx_twin_file *y = b;
    return strcmp(x->path, y->path);
}

static void into_arena(orx_arena *arena, orx_twin_tree *list, orx_twin_tree *ret) {
    orx_twin_tree t = {.len = list->len};
    t.items = orx_arena_zalloc(arena, list->len + 1, sizeof *t.items);
    if (list->len) {
        memcpy(t.items, list->items, list->len * sizeof *t.items);
        qsort(t.items, t.len, sizeof *t.items, by_path);
    }
    orx_vec_free(list);
    *ret = t;
}

int orx_twin_scan(orx_git *g, orx_arena *arena, orx_twin_tree *ret, orx_err *err) {
    scanner s = {.g = g, .arena = arena};
    const char *ignore = orx_path_join(arena, g->root, ".gitignore");
    orx_err why = ORX_ERR_INIT;
    int rc = orx_read_file(g->p, ignore, 1 << 20, &s.patterns, &why);
    if (rc == ORX_E_NOT_FOUND || rc == ORX_E_INVALID)
        rc = 0;
    else if (rc < 0)
        orx_err_set(err, rc, "%s", why.msg);
    if (rc == 0)
        rc = scan_dir(&s, "", false, err);
    if (rc == 0)
        into_arena(arena, &s.out, ret);
    orx_vec_free(&s.out);
    orx_str_free(&s.patterns);
    return rc;
}

void orx_twin_present(const orx_twin_tree *scanned, const orx_twin_tree *tracked,
                      orx_twin_tree *ret) {
    for (size_t i = 0; i < scanned->len; i++) {
        const orx_twin_file *f = &scanned->items[i];
        if (f->mode == ORX_GIT_MODE_GITLINK || (f->ignored && !orx_twin_find(tracked, f->path)))
            continue;
        orx_vec_push(ret, *f);
    }
}

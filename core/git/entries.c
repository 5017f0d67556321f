#include "git/internal.h"

#include <stdlib.h>

int orx_git_entry_add(orx_git *g, orx_git_entries *list, const orx_git_entry *e, orx_err *err) {
    if (list->len >= ORX_GIT_ENTRIES_MAX)
        return orx_err_set(err, ORX_E_LIMIT,
                           "%s: more than %d changed or untracked files; add generated ones to "
                           ".gitignore",
                           orx_git_where(g), ORX_GIT_ENTRIES_MAX);
    orx_vec_push(list, *e);
    return 0;
}

static int by_path(const void *a, const void *b) {
    const orx_git_entry *x = a;
    const orx_git_entry *y = b;
    int c = strcmp(x->path, y->path);
    return c ? c : (int)x->kind - (int)y->kind;
}

/* b says something about the same path as a. Unmerged wins over everything; gone from the index
 * but present as a file is a modification. */
static void merge_entry(orx_git_entry *a, const orx_git_entry *b) {
    if (a->kind == ORX_GIT_CONFLICTED || b->kind == ORX_GIT_CONFLICTED) {
        a->kind = ORX_GIT_CONFLICTED;
    } else if (a->kind == ORX_GIT_DELETED && b->kind == ORX_GIT_UNTRACKED) {
        a->kind = ORX_GIT_MODIFIED;
        a->binary = a->binary || b->binary;
    } else {
        return;
    }
    a->mode = b->mode ? b->mode : a->mode;
    a->staged = a->staged || b->staged;
    a->added += b->added;
}

void orx_git_entries_sort(orx_git_entries *list) {
    if (list->len < 2)
        return;
    qsort(list->items, list->len, sizeof *list->items, by_path);
    size_t kept = 1;
    for (size_t i = 1; i < list->len; i++) {
        orx_git_entry *last = &list->items[kept - 1];
        if (strcmp(last->path, list->items[i].path) == 0)
            merge_entry(last, &list->items[i]);
        else
            list->items[kept++] = list->items[i];
    }
    list->len = kept;
}

orx_git_entry *orx_git_entries_take(orx_git_entries *list, orx_arena *arena) {
    orx_git_entry *items = orx_arena_zalloc(arena, list->len + 1, sizeof *items);
    if (list->len)
        memcpy(items, list->items, list->len * sizeof *items);
    orx_vec_free(list);
    return items;
}

bool orx_git_is_binary(orx_view bytes) {
    size_t n = bytes.len < 8000 ? bytes.len : 8000;
    return n && memchr(bytes.p, 0, n) != NULL;
}

int64_t orx_git_lines(orx_view bytes) {
    int64_t lines = 0;
    for (size_t i = 0; i < bytes.len; i++)
        lines += bytes.p[i] == '\n';
    return lines + (bytes.len && bytes.p[bytes.len - 1] != '\n');
}

static uint32_t mode_of(const orx_file_info *info) {
    if (info->kind == ORX_FILE_DIRECTORY)
        return ORX_GIT_MODE_GITLINK;
    if (info->kind == ORX_FILE_SYMLINK)
        return ORX_GIT_MODE_SYMLINK;
    return info->mode & 0100 ? ORX_GIT_MODE_EXEC : ORX_GIT_MODE_FILE;
}

void orx_git_measure(orx_git *g, orx_git_entry *e, int64_t *budget) {
    ORX_CLEANUP(orx_arena_free) orx_arena a = {0};
    ORX_CLEANUP(orx_str_free) orx_str bytes = {0};
    const char *path = orx_path_join(&a, g->root, e->path);
    orx_file_info info;
    if (orx_lstat(g->p, path, &info, NULL) < 0)
        return;
    e->mode = mode_of(&info);
    if (info.kind == ORX_FILE_SYMLINK) {
        e->added = 1; /* git counts the target as one line */
        return;
    }
    if (info.kind != ORX_FILE_REGULAR)
        return;
    if (info.size > *budget || orx_read_file(g->p, path, (size_t)*budget, &bytes, NULL) < 0) {
        e->binary = true;
        return;
    }
    *budget -= (int64_t)bytes.len;
    e->binary = orx_git_is_binary(orx_str_view(&bytes));
    e->added = e->binary ? 0 : orx_git_lines(orx_str_view(&bytes));
}

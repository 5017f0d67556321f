#include "run/scope.h"

#include "platform/files.h"

#define REASONS_MAX 10

/* Matches glob against path, both from here to their ends. Recursion is bounded by the number of
 * stars in the glob, which comes from the operator's config. */
static bool match(const char *g, const char *s) {
    for (; *g; g++) {
        if (g[0] == '*' && g[1] == '*') {
            g += 2;
            if (*g == '/')
                g++;
            for (const char *rest = s;; rest++) {
                if ((rest == s || rest[-1] == '/' || !*g) && match(g, rest))
                    return true;
                if (!*rest)
                    return false;
            }
        }
        if (*g == '*') {
            for (const char *rest = s;; rest++) {
                if (match(g + 1, rest))
                    return true;
                if (!*rest || *rest == '/')
                    return false;
            }
        }
        if (!*s || (*g == '?' ? *s == '/' : *g != *s))
            return false;
        s++;
    }
    return !*s;
}

bool orx_glob_match(const char *glob, const char *path) {
    size_t n = strlen(glob);
    if (n && glob[n - 1] == '/')
        return strncmp(glob, path, n) == 0;
    return match(glob, path);
}

static bool matches_any(const orx_strings *globs, const char *path) {
    for (size_t i = 0; i < globs->count; i++)
        if (orx_glob_match(globs->items[i], path))
            return true;
    return false;
}

typedef struct scope {
    orx_platform *p;
    const orx_config *cfg;
    const char *root;
    orx_str *why;
    int reasons;
} scope;

static void object(scope *s, const char *path, const char *rule) {
    if (s->reasons++ < REASONS_MAX)
        orx_str_addf(s->why, "%s%s: %s", s->reasons > 1 ? "\n" : "", path, rule);
}

static int64_t size_of(scope *s, const char *path) {
    ORX_CLEANUP(orx_arena_free) orx_arena arena = {0};
    orx_file_info info;
    if (orx_lstat(s->p, orx_path_join(&arena, s->root, path), &info, NULL) < 0)
        return 0;
    return info.size;
}

static void check_entry(scope *s, const orx_git_entry *e) {
    const orx_config *cfg = s->cfg;
    if (cfg->scope.forbidden_paths.count && matches_any(&cfg->scope.forbidden_paths, e->path))
        object(s, e->path, "is in scope.forbidden_paths");
    else if (cfg->scope.allowed_paths.count && !matches_any(&cfg->scope.allowed_paths, e->path))
        object(s, e->path, "is outside scope.allowed_paths");
    if (e->mode == ORX_GIT_MODE_GITLINK && e->old_mode != ORX_GIT_MODE_GITLINK)
        object(s, e->path, "is a repository of its own inside this one");
    if (cfg->scope.max_binary_bytes && e->binary && e->kind != ORX_GIT_DELETED &&
        size_of(s, e->path) > cfg->scope.max_binary_bytes)
        object(s, e->path, "is a binary file beyond scope.max_binary_bytes");
}

int orx_scope_check(orx_platform *p, const orx_config *cfg, const char *root,
                    const orx_git_changes *changes, orx_str *why) {
    scope s = {.p = p, .cfg = cfg, .root = root, .why = why};
    int64_t deleted = 0;
    for (size_t i = 0; i < changes->count; i++) {
        check_entry(&s, &changes->entries[i]);
        deleted += changes->entries[i].kind == ORX_GIT_DELETED;
    }
    if (cfg->scope.max_changed_files && (int64_t)changes->count > cfg->scope.max_changed_files)
        object(&s, "too many files", "more changed than scope.max_changed_files allows");
    if (cfg->scope.max_deleted_files && deleted > cfg->scope.max_deleted_files)
        object(&s, "too many deletions", "more deleted than scope.max_deleted_files allows");
    return s.reasons == 0;
}

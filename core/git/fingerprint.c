/* The digest over everything that can make git run something: configuration and hooks. */
#include "git/internal.h"

#include <stdio.h>

enum { CONFIG_MAX = 4 << 20, HOOK_MAX = 1 << 20, FILES_MAX = 1000, DEPTH_MAX = 4 };

typedef struct print {
    orx_git *g;
    orx_sha256 sha;
    int files;
} print;

static void add(print *f, const char *what, orx_view bytes) {
    char head[64];
    int n = snprintf(head, sizeof head, "%s %zu\n", what, bytes.len);
    orx_sha256_add(&f->sha, head, (size_t)n);
    orx_sha256_add(&f->sha, bytes.p, bytes.len);
}

static int count_file(print *f, const char *path, orx_err *err) {
    if (++f->files <= FILES_MAX)
        return 0;
    return orx_err_set(err, ORX_E_LIMIT,
                       "%s: more than %d configuration files and hooks; the last one was %s",
                       orx_git_where(f->g), FILES_MAX, path);
}

/* ---- Configuration ------------------------------------------------------------------------ */

static bool is_plain(orx_view v) {
    for (size_t i = 0; i < v.len; i++) {
        char c = v.p[i];
        if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
              c == '.' || c == '_' || c == '-' || c == '/'))
            return false;
    }
    return v.len > 0;
}

/* Exactly what git push -u writes for a branch, in the form in which it writes it. */
static bool is_upstream_line(const orx_git_config_line *line) {
    orx_view text = orx_view_trim(line->raw);
    if (!orx_view_is(line->section, "branch") || !is_plain(line->sub))
        return false;
    if (!line->key.len)
        return text.len > 0 && text.p[0] == '[' && text.p[text.len - 1] == ']';
    if (orx_view_is(text, "remote = origin"))
        return true;
    const char *merge = "merge = refs/heads/";
    size_t n = strlen(merge);
    return orx_view_starts(text, merge) && is_plain((orx_view){text.p + n, text.len - n});
}

/* The text without upstream lines. The header of a branch section comes back before the first other
 * line of it; a line that continues another one is never left out. */
static void normalise(orx_view text, orx_str *out) {
    orx_git_config_line line = {0};
    orx_view header = {0};
    bool continued = false;
    while (orx_git_config_next(&text, &line)) {
        bool skip = !continued && is_upstream_line(&line);
        continued = orx_view_ends(line.raw, "\\");
        if (orx_view_starts(orx_view_trim(line.raw), "["))
            header = skip ? line.raw : (orx_view){0};
        if (skip)
            continue;
        if (header.len) {
            orx_str_addv(out, header);
            orx_str_addc(out, '\n');
            header = (orx_view){0};
        }
        orx_str_addv(out, line.raw);
        orx_str_addc(out, '\n');
    }
}

static int add_config(print *f, const char *path, int depth, orx_err *err);

/* The file an include names: "~/" is the home, relative to the including file otherwise. */
static const char *included(const print *f, orx_arena *a, const char *from, orx_view path) {
    const char *home = orx_env(f->g->p, "HOME");
    if (orx_view_starts(path, "~/"))
        return home ? orx_arena_printf(a, "%s/%.*s", home, (int)path.len - 2, path.p + 2) : NULL;
    const char *slash = strrchr(from, '/');
    orx_view dir = {from, slash ? (size_t)(slash - from) : 0};
    return orx_path_join(a, orx_arena_dup(a, dir), orx_arena_dup(a, path));
}

static int add_includes(print *f, const char *path, orx_view text, int depth, orx_err *err) {
    ORX_CLEANUP(orx_arena_free) orx_arena a = {0};
    orx_git_config_line line = {0};
    int rc = 0;
    while (rc == 0 && orx_git_config_next(&text, &line)) {
        bool include = orx_view_ieq(line.section, orx_view_of("include")) ||
                       orx_view_ieq(line.section, orx_view_of("includeIf"));
        if (!include || !orx_view_ieq(line.key, orx_view_of("path")) || !line.value.len)
            continue;
        const char *next = included(f, &a, path, line.value);
        if (next)
            rc = add_config(f, next, depth + 1, err);
    }
    return rc;
}

static int add_config(print *f, const char *path, int depth, orx_err *err) {
    ORX_CLEANUP(orx_str_free) orx_str text = {0};
    ORX_CLEANUP(orx_str_free) orx_str kept = {0};
    orx_err why = ORX_ERR_INIT;
    if (depth > DEPTH_MAX)
        return 0;
    int rc = count_file(f, path, err);
    if (rc < 0)
        return rc;
    rc = orx_read_file(f->g->p, path, CONFIG_MAX, &text, &why);
    if (rc == ORX_E_NOT_FOUND) {
        add(f, "none", (orx_view){0});
        return 0;
    }
    if (rc < 0)
        return orx_err_set(err, rc, "%s: the configuration cannot be checked: %s",
                           orx_git_where(f->g), why.msg);
    normalise(orx_str_view(&text), &kept);
    add(f, "config", orx_str_view(&kept));
    return add_includes(f, path, orx_str_view(&text), depth, err);
}

/* ---- Hooks -------------------------------------------------------------------------------- */

/* Large files count by their stamp. */
static int add_content(print *f, const char *path, const orx_file_info *info, orx_err *err) {
    ORX_CLEANUP(orx_str_free) orx_str bytes = {0};
    char stamp[128];
    if (info->size > HOOK_MAX) {
        int n = snprintf(stamp, sizeof stamp, "%lld %lld %llu", (long long)info->size,
                         (long long)info->mtime_ns, (unsigned long long)info->inode);
        add(f, "large", (orx_view){stamp, (size_t)n});
        return 0;
    }
    int rc = orx_read_file(f->g->p, path, HOOK_MAX, &bytes, err);
    if (rc == 0)
        add(f, "file", orx_str_view(&bytes));
    return rc;
}

static int add_link(print *f, const char *path, orx_err *err) {
    ORX_CLEANUP(orx_str_free) orx_str target = {0};
    orx_file_info info;
    if (orx_realpath(f->g->p, path, &target, NULL) < 0 ||
        orx_stat(f->g->p, path, &info, NULL) < 0) {
        add(f, "broken", (orx_view){0});
        return 0;
    }
    add(f, "link", orx_str_view(&target));
    return info.kind == ORX_FILE_REGULAR ? add_content(f, path, &info, err) : 0;
}

static int add_tree(print *f, const char *path, int depth, orx_err *err);

static int add_hook(print *f, const char *path, int depth, orx_err *err) {
    orx_file_info info = {0};
    char mode[32];
    int rc = count_file(f, path, err);
    if (rc == 0)
        rc = orx_lstat(f->g->p, path, &info, err);
    if (rc < 0)
        return rc;
    int n = snprintf(mode, sizeof mode, "%d %o", (int)info.kind, (unsigned)info.mode);
    add(f, "mode", (orx_view){mode, (size_t)n});
    if (info.kind == ORX_FILE_REGULAR)
        return add_content(f, path, &info, err);
    if (info.kind == ORX_FILE_SYMLINK)
        return add_link(f, path, err);
    return info.kind == ORX_FILE_DIRECTORY ? add_tree(f, path, depth + 1, err) : 0;
}

static int add_tree(print *f, const char *path, int depth, orx_err *err) {
    ORX_CLEANUP(orx_arena_free) orx_arena a = {0};
    char **names = NULL;
    int rc = depth > DEPTH_MAX ? 0 : orx_list_dir(f->g->p, path, &a, &names, err);
    for (size_t i = 0; rc == 0 && names && names[i]; i++) {
        add(f, "name", orx_view_of(names[i]));
        rc = add_hook(f, orx_path_join(&a, path, names[i]), depth, err);
    }
    add(f, "end", (orx_view){0});
    return rc;
}

static int add_hooks(print *f, orx_err *err) {
    orx_file_info info;
    if (orx_stat(f->g->p, f->g->hooks, &info, NULL) < 0 || info.kind != ORX_FILE_DIRECTORY) {
        add(f, "no hooks", (orx_view){0});
        return 0;
    }
    return add_tree(f, f->g->hooks, 0, err);
}

int orx_git_fingerprint(orx_git *g, char ret_hex[ORX_SHA256_HEX], orx_err *err) {
    ORX_CLEANUP(orx_arena_free) orx_arena a = {0};
    print f = {.g = g};
    uint8_t digest[ORX_SHA256_LEN];
    orx_sha256_begin(&f.sha);
    add(&f, "hooks at", orx_view_of(g->hooks));
    int rc = add_config(&f, orx_path_join(&a, g->common, "config"), 0, err);
    if (rc == 0)
        rc = add_config(&f, orx_git_in_dir(g, &a, "config.worktree"), 0, err);
    if (rc == 0)
        rc = add_hooks(&f, err);
    orx_sha256_end(&f.sha, digest);
    if (rc < 0)
        return orx_err_wrap(err, "fingerprint");
    orx_hex(digest, sizeof digest, ret_hex);
    return 0;
}

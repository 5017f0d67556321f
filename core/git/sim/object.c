/* Blobs and commits: immutable files named by what they hold. */
#include "git/sim/internal.h"
#include "git/sim/memory.h"

#include <stdio.h>

enum { ID_LEN = 40, COMMIT_MAX = 256 << 20 };

static void id_of(const char *kind, orx_view bytes, char ret_id[ORX_GIT_SHA]) {
    uint8_t digest[ORX_SHA256_LEN];
    char hex[ORX_SHA256_HEX];
    orx_sha256 sha;
    orx_sha256_begin(&sha);
    orx_sha256_add(&sha, kind, strlen(kind) + 1);
    orx_sha256_add(&sha, bytes.p, bytes.len);
    orx_sha256_end(&sha, digest);
    orx_hex(digest, sizeof digest, hex);
    memcpy(ret_id, hex, ID_LEN);
    ret_id[ID_LEN] = '\0';
}

void orx_twin_blob_id(orx_view bytes, char ret_id[ORX_GIT_SHA]) {
    id_of("blob", bytes, ret_id);
}

const char *orx_twin_object_path(const orx_git *g, orx_arena *arena, const char *id) {
    return orx_path_join(arena, orx_path_join(arena, g->common, "objects"), id);
}

static int store(orx_git *g, const char *id, orx_view bytes, orx_err *err) {
    ORX_CLEANUP(orx_arena_free) orx_arena a = {0};
    const char *path = orx_twin_object_path(g, &a, id);
    if (orx_exists(g->p, path))
        return 0;
    return orx_write_atomic(g->p, path, bytes, 0444, err);
}

int orx_twin_write_blob(orx_git *g, orx_view bytes, const char *id, orx_err *err) {
    return store(g, id, bytes, err);
}

int orx_twin_read_blob(orx_git *g, const char *id, orx_str *out, orx_err *err) {
    ORX_CLEANUP(orx_arena_free) orx_arena a = {0};
    return orx_read_file(g->p, orx_twin_object_path(g, &a, id), ORX_TWIN_FILE_MAX, out, err);
}

int orx_twin_write_commit(orx_git *g, orx_twin_commit *c, orx_err *err) {
    ORX_CLEANUP(orx_str_free) orx_str text = {0};
    orx_str_addf(&text, "gen %lld\ntime %lld\n", (long long)c->gen, (long long)c->time_s);
    for (size_t i = 0; i < c->parent_count; i++)
        orx_str_addf(&text, "parent %s\n", c->parents[i]);
    orx_str_addf(&text, "message %zu\n", c->message.len);
    orx_str_addv(&text, c->message);
    for (size_t i = 0; i < c->tree.len; i++) {
        const orx_twin_file *f = &c->tree.items[i];
        orx_str_addf(&text, "%o %s %s", (unsigned)f->mode, f->id, f->path);
        orx_str_addc(&text, '\0');
    }
    id_of("commit", orx_str_view(&text), c->id);
    return store(g, c->id, orx_str_view(&text), err);
}

/* "name value" at the front of *rest. */
static bool take(orx_view *rest, const char *name, orx_view *ret_value) {
    size_t n = strlen(name);
    orx_view line;
    orx_view after = *rest;
    if (!orx_view_starts(*rest, name) || !orx_view_split(&after, '\n', &line) || line.len < n + 2)
        return false;
    *ret_value = (orx_view){line.p + n + 1, line.len - n - 1};
    *rest = after;
    return true;
}

static bool take_number(orx_view *rest, const char *name, int64_t *ret) {
    orx_view v;
    return take(rest, name, &v) && orx_view_to_i64(v, ret) && *ret >= 0;
}

static bool octal(orx_view v, uint32_t *ret) {
    *ret = 0;
    for (size_t i = 0; i < v.len; i++)
        *ret = *ret * 8 + (uint32_t)(v.p[i] - '0');
    return v.len == 6;
}

static bool parse_file(orx_view record, orx_twin_tree *tree) {
    orx_twin_file f = {0};
    orx_view mode;
    orx_view id;
    if (!record.len || !orx_view_split(&record, ' ', &mode) || !octal(mode, &f.mode) ||
        !record.len || !orx_view_split(&record, ' ', &id) || id.len != ID_LEN || !record.len)
        return false;
    memcpy(f.id, id.p, id.len);
    f.path = record.p; /* its NUL follows */
    orx_vec_push(tree, f);
    return true;
}

static bool parse(orx_view rest, orx_twin_commit *c, orx_twin_tree *tree) {
    int64_t size = 0;
    orx_view v;
    if (!take_number(&rest, "gen", &c->gen) || !take_number(&rest, "time", &c->time_s))
        return false;
    while (take(&rest, "parent", &v)) {
        if (v.len != ID_LEN || c->parent_count >= ORX_TWIN_PARENTS)
            return false;
        memcpy(c->parents[c->parent_count], v.p, v.len);
        c->parents[c->parent_count++][v.len] = '\0';
    }
    if (!take_number(&rest, "message", &size) || (uint64_t)size > rest.len)
        return false;
    c->message = (orx_view){rest.p, (size_t)size};
    rest = (orx_view){rest.p + size, rest.len - (size_t)size};
    orx_view record;
    while (rest.len && orx_view_split(&rest, '\0', &record))
        if (!parse_file(record, tree))
            return false;
    return true;
}

static int damaged(const orx_git *g, const char *id, orx_err *err) {
    return orx_err_set(err, ORX_E_CORRUPT, "%s: the commit %s is damaged", orx_git_where(g), id);
}

/* The text of a commit, in the arena; its id is right. */
static int commit_text(orx_git *g, const char *id, orx_arena *arena, orx_view *ret_text,
                       orx_err *err) {
    ORX_CLEANUP(orx_str_free) orx_str text = {0};
    orx_err why = ORX_ERR_INIT;
    char real[ORX_GIT_SHA];
    orx_view known = orx_twin_known_commit(g, id);
    if (known.p) {
        *ret_text = orx_arena_view(arena, known);
        return 0;
    }
    int rc = orx_read_file(g->p, orx_twin_object_path(g, arena, id), COMMIT_MAX, &text, &why);
    if (rc == ORX_E_NOT_FOUND)
        return orx_err_set(err, rc, "%s has no commit %s", orx_git_where(g), id);
    if (rc < 0)
        return orx_err_set(err, rc, "%s", why.msg);
    id_of("commit", orx_str_view(&text), real);
    if (strcmp(real, id) != 0)
        return damaged(g, id, err);
    orx_twin_keep_commit(g, id, orx_str_view(&text));
    *ret_text = orx_arena_view(arena, orx_str_view(&text));
    return 0;
}

int orx_twin_read_commit(orx_git *g, const char *id, orx_arena *arena, orx_twin_commit *ret,
                         orx_err *err) {
    orx_twin_commit c = {0};
    orx_twin_tree tree = {0};
    orx_view text;
    int rc = commit_text(g, id, arena, &text, err);
    if (rc < 0)
        return rc;
    if (!parse(text, &c, &tree)) {
        orx_vec_free(&tree);
        return damaged(g, id, err);
    }
    c.tree.len = tree.len;
    c.tree.items = orx_arena_zalloc(arena, tree.len + 1, sizeof *tree.items);
    if (tree.len)
        memcpy(c.tree.items, tree.items, tree.len * sizeof *tree.items);
    orx_vec_free(&tree);
    snprintf(c.id, sizeof c.id, "%s", id);
    *ret = c;
    return 0;
}

int orx_twin_tree_of(orx_git *g, const char *id, orx_arena *arena, orx_twin_tree *ret,
                     orx_err *err) {
    orx_twin_commit c = {0};
    if (*id) {
        int rc = orx_twin_read_commit(g, id, arena, &c, err);
        if (rc < 0)
            return rc;
    }
    *ret = c.tree;
    return 0;
}

bool orx_twin_same_tree(const orx_twin_tree *a, const orx_twin_tree *b) {
    if (a->len != b->len)
        return false;
    for (size_t i = 0; i < a->len; i++)
        if (a->items[i].mode != b->items[i].mode || strcmp(a->items[i].id, b->items[i].id) != 0 ||
            strcmp(a->items[i].path, b->items[i].path) != 0)
            return false;
    return true;
}

const orx_twin_file *orx_twin_find(const orx_twin_tree *t, const char *path) {
    size_t low = 0;
    size_t high = t->len;
    while (low < high) {
        size_t mid = low + (high - low) / 2;
        int c = strcmp(path, t->items[mid].path);
        if (c == 0)
            return &t->items[mid];
        if (c < 0)
            high = mid;
        else
            low = mid + 1;
    }
    return NULL;
}

/* The writing verbs of the twin: objects first, then one ref. */
#include "git/sim/internal.h"

static int store_file(orx_git *g, const orx_twin_file *f, orx_err *err) {
    ORX_CLEANUP(orx_arena_free) orx_arena a = {0};
    ORX_CLEANUP(orx_str_free) orx_str bytes = {0};
    char id[ORX_GIT_SHA];
    if (orx_exists(g->p, orx_twin_object_path(g, &a, f->id)))
        return 0;
    int rc =
        orx_read_file(g->p, orx_path_join(&a, g->root, f->path), ORX_TWIN_FILE_MAX, &bytes, err);
    if (rc < 0)
        return rc;
    orx_twin_blob_id(orx_str_view(&bytes), id);
    if (strcmp(id, f->id) != 0)
        return orx_err_set(err, ORX_E_CONFLICT, "%s: %s changed while it was committed", g->root,
                           f->path);
    return orx_twin_write_blob(g, orx_str_view(&bytes), id, err);
}

/* Adds a parent and raises the generation above its. */
static int add_parent(orx_git *g, orx_twin_commit *c, const char *id, orx_err *err) {
    ORX_CLEANUP(orx_arena_free) orx_arena a = {0};
    orx_twin_commit parent;
    if (!id || !*id)
        return 0;
    int rc = orx_twin_read_commit(g, id, &a, &parent, err);
    if (rc < 0)
        return rc;
    memcpy(c->parents[c->parent_count++], parent.id, ORX_GIT_SHA);
    if (c->gen <= parent.gen)
        c->gen = parent.gen + 1;
    return 0;
}

/* Stores the files and a commit of them; c->tree is set. */
static int store(orx_git *g, orx_twin_commit *c, const char *const *parents, size_t count,
                 orx_view message, orx_err *err) {
    int rc = 0;
    c->message = message;
    c->time_s = orx_wall_ns(g->p) / ORX_SEC;
    if (c->time_s < 0)
        c->time_s = 0;
    for (size_t i = 0; rc == 0 && i < count; i++)
        rc = add_parent(g, c, parents[i], err);
    if (c->gen == 0)
        c->gen = 1;
    for (size_t i = 0; rc == 0 && i < c->tree.len; i++)
        rc = store_file(g, &c->tree.items[i], err);
    return rc < 0 ? rc : orx_twin_write_commit(g, c, err);
}

/* What would be committed now. The caller frees the list itself. */
static int present(orx_git *g, const orx_twin_tree *head, orx_arena *arena, orx_twin_tree *ret,
                   orx_err *err) {
    orx_twin_tree scanned;
    int rc = orx_twin_scan(g, arena, &scanned, err);
    if (rc == 0)
        orx_twin_present(&scanned, head, ret);
    return rc;
}

static int commit_locked(orx_git *g, orx_view message, char ret_sha[ORX_GIT_SHA], orx_err *err) {
    ORX_CLEANUP(orx_arena_free) orx_arena a = {0};
    orx_twin_tree head;
    orx_twin_commit c = {0};
    char sha[ORX_GIT_SHA];
    const char *parents[] = {sha};
    int rc = orx_git_head(g, sha, err);
    if (rc >= 0)
        rc = orx_twin_tree_of(g, sha, &a, &head, err);
    if (rc == 0)
        rc = present(g, &head, &a, &c.tree, err);
    bool nothing = rc == 0 && orx_twin_same_tree(&head, &c.tree);
    if (rc == 0 && !nothing)
        rc = store(g, &c, parents, 1, message, err);
    if (rc == 0 && !nothing)
        rc = orx_twin_set_head(g, c.id, err);
    orx_vec_free(&c.tree);
    if (rc < 0 || nothing)
        return rc;
    memcpy(ret_sha, c.id, sizeof c.id);
    return 1;
}

int orx_twin_commit_all(orx_git *g, orx_view message, char ret_sha[ORX_GIT_SHA], orx_err *err) {
    ORX_CLEANUP(orx_arena_free) orx_arena a = {0};
    const char *lock = orx_git_in_dir(g, &a, "index.lock");
    int rc = orx_twin_lock(g, lock, err);
    if (rc < 0)
        return rc;
    rc = commit_locked(g, message, ret_sha, err);
    orx_twin_unlock(g, lock);
    return rc;
}

int orx_twin_save(orx_git *g, const orx_git_save *save, char ret_sha[ORX_GIT_SHA], orx_err *err) {
    ORX_CLEANUP(orx_arena_free) orx_arena a = {0};
    orx_twin_tree first = {0};
    orx_twin_commit c = {0};
    const char *parent = save->parents[0] ? save->parents[0] : "";
    int rc = orx_twin_tree_of(g, parent, &a, &first, err);
    if (rc == 0 && save->dirty)
        rc = present(g, &first, &a, &c.tree, err);
    for (size_t i = 0; rc == 0 && !save->dirty && i < first.len; i++)
        orx_vec_push(&c.tree, first.items[i]);
    if (rc == 0)
        rc = store(g, &c, save->parents, 2, save->message, err);
    if (rc == 0)
        memcpy(ret_sha, c.id, sizeof c.id);
    orx_vec_free(&c.tree);
    return rc;
}

static int restore_locked(orx_git *g, const orx_git_restore *r, orx_err *err) {
    ORX_CLEANUP(orx_arena_free) orx_arena a = {0};
    orx_twin_tree from;
    orx_twin_tree to;
    char sha[ORX_GIT_SHA];
    int rc = orx_git_head(g, sha, err);
    if (rc >= 0)
        rc = orx_twin_tree_of(g, sha, &a, &from, err);
    if (rc == 0)
        rc = orx_twin_tree_of(g, r->base, &a, &to, err);
    if (rc == 0 && r->to_branch) {
        const char *text = orx_arena_printf(&a, "ref: refs/heads/%s\n", r->to_branch);
        rc = orx_write_atomic(g->p, orx_git_in_dir(g, &a, "HEAD"), orx_view_of(text), 0644, err);
    }
    if (rc == 0)
        rc = orx_twin_checkout(g, &from, &to, err);
    return rc < 0 ? rc : orx_twin_set_head(g, r->base, err);
}

int orx_twin_restore(orx_git *g, const orx_git_restore *r, orx_err *err) {
    static const char *const left[] = {"MERGE_HEAD", "CHERRY_PICK_HEAD", "REVERT_HEAD",
                                       "rebase-merge", "rebase-apply"};
    ORX_CLEANUP(orx_arena_free) orx_arena a = {0};
    const char *lock = orx_git_in_dir(g, &a, "index.lock");
    int rc = orx_twin_lock(g, lock, err);
    if (rc < 0)
        return rc;
    rc = restore_locked(g, r, err);
    for (size_t i = 0; rc == 0 && i < ORX_ARRAY_LEN(left); i++)
        rc = orx_remove_tree(g->p, orx_git_in_dir(g, &a, left[i]), err);
    orx_twin_unlock(g, lock);
    return rc;
}

int orx_twin_bring(orx_git *g, const char *base, const char *commit, orx_err *err) {
    ORX_CLEANUP(orx_arena_free) orx_arena a = {0};
    orx_twin_tree from;
    orx_twin_tree to;
    int rc = orx_twin_tree_of(g, base ? base : "", &a, &from, err);
    if (rc == 0)
        rc = orx_twin_tree_of(g, commit, &a, &to, err);
    return rc < 0 ? rc : orx_twin_checkout(g, &from, &to, err);
}

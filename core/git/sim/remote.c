/* Fetching from and pushing to another twin. */
#include "git/sim/internal.h"
#include "git/sim/memory.h"

#include <stdio.h>

/* A second object over the remote's directory, good for objects and refs only. */
static int open_origin(orx_git *g, orx_git *ret, orx_arena *arena, orx_err *err) {
    ORX_CLEANUP(orx_str_free) orx_str text = {0};
    orx_view url;
    int rc = orx_twin_config(g, &text, err);
    if (rc < 0)
        return rc;
    if (!orx_git_config_get(orx_str_view(&text), "remote", "origin", "url", &url))
        return orx_err_set(err, ORX_E_NOT_FOUND, "%s has no remote origin", orx_git_where(g));
    const char *path = orx_arena_dup(arena, url);
    const char *inner = orx_path_join(arena, path, ".git");
    *ret = *g;
    ret->common = ret->dir = orx_exists(g->p, inner) ? inner : path;
    ret->root = NULL;
    ret->memory = NULL; /* its own */
    if (!orx_exists(g->p, orx_path_join(arena, ret->common, ORX_TWIN_MARK)))
        return orx_err_set(err, ORX_E_CHILD,
                           "%s: '%s' does not appear to be a git repository; check the remote",
                           orx_git_where(g), path);
    return 0;
}

int orx_twin_has_origin(orx_git *g, orx_err *err) {
    ORX_CLEANUP(orx_str_free) orx_str text = {0};
    orx_view url;
    int rc = orx_twin_config(g, &text, err);
    return rc < 0 ? rc : orx_git_config_get(orx_str_view(&text), "remote", "origin", "url", &url);
}

typedef struct transfer {
    orx_git *from;
    orx_git *to;
    orx_err *err;
    ORX_VEC(const char *) commits; /* children before parents */
    orx_arena arena;
} transfer;

static int note(const orx_twin_commit *c, void *user) {
    transfer *t = user;
    ORX_CLEANUP(orx_arena_free) orx_arena a = {0};
    if (!orx_exists(t->to->p, orx_twin_object_path(t->to, &a, c->id)))
        orx_vec_push(&t->commits, orx_arena_strdup(&t->arena, c->id));
    return 0;
}

static int copy_object(transfer *t, const char *id) {
    ORX_CLEANUP(orx_arena_free) orx_arena a = {0};
    ORX_CLEANUP(orx_str_free) orx_str bytes = {0};
    const char *to = orx_twin_object_path(t->to, &a, id);
    const char *from = orx_twin_object_path(t->from, &a, id);
    if (orx_exists(t->to->p, to))
        return 0;
    int rc = orx_read_file(t->from->p, from, ORX_TWIN_FILE_MAX, &bytes, t->err);
    return rc < 0 ? rc : orx_write_atomic(t->to->p, to, orx_str_view(&bytes), 0444, t->err);
}

static int copy_commit(transfer *t, const char *id) {
    ORX_CLEANUP(orx_arena_free) orx_arena a = {0};
    orx_twin_commit c;
    int rc = orx_twin_read_commit(t->from, id, &a, &c, t->err);
    for (size_t i = 0; rc == 0 && i < c.tree.len; i++)
        rc = copy_object(t, c.tree.items[i].id);
    return rc < 0 ? rc : copy_object(t, id);
}

/* Copies what tip has beyond `theirs`, the same branch on the other side ("" = none). Parents
 * first, so that a commit that is there is there with its history. */
static int send(orx_git *from, orx_git *to, const char *theirs, const char *tip, orx_err *err) {
    ORX_CLEANUP(orx_arena_free) orx_arena a = {0};
    transfer t = {.from = from, .to = to, .err = err};
    bool known = *theirs && orx_exists(from->p, orx_twin_object_path(from, &a, theirs));
    int rc = orx_twin_walk(from, known ? theirs : "", tip, note, &t, err);
    for (size_t i = t.commits.len; rc == 0 && i > 0; i--)
        rc = copy_commit(&t, t.commits.items[i - 1]);
    orx_vec_free(&t.commits);
    orx_arena_free(&t.arena);
    return rc;
}

static int fetch_dir(orx_git *g, orx_git *from, const char *rel, orx_err *err);

/* One name below the remote's refs/heads: a branch, or a directory of branches. */
static int fetch_name(orx_git *g, orx_git *from, const char *name, orx_err *err) {
    ORX_CLEANUP(orx_arena_free) orx_arena a = {0};
    const char *ref = orx_arena_printf(&a, "refs/heads%s", name);
    const char *ours = orx_arena_printf(&a, "refs/remotes/origin%s", name);
    char tip[ORX_GIT_SHA];
    char last[ORX_GIT_SHA] = "";
    orx_file_info info;
    int rc = orx_stat(g->p, orx_path_join(&a, from->common, ref), &info, err);
    if (rc == 0 && info.kind == ORX_FILE_DIRECTORY)
        return fetch_dir(g, from, name, err);
    rc = rc < 0 ? rc : orx_git_read_ref(from, ref, tip, err);
    if (rc <= 0)
        return rc;
    rc = orx_git_read_ref(g, ours, last, err);
    if (rc >= 0)
        rc = send(from, g, last, tip, err);
    return rc < 0 ? rc : orx_twin_set_ref(g, ours, tip, false, err);
}

static int fetch_dir(orx_git *g, orx_git *from, const char *rel, orx_err *err) {
    ORX_CLEANUP(orx_arena_free) orx_arena a = {0};
    char **names = NULL;
    const char *dir = orx_arena_printf(&a, "%s/refs/heads%s", from->common, rel);
    int rc = orx_list_dir(g->p, dir, &a, &names, err);
    for (size_t i = 0; rc == 0 && names[i]; i++)
        if (!orx_view_ends(orx_view_of(names[i]), ".lock"))
            rc = fetch_name(g, from, orx_arena_printf(&a, "%s/%s", rel, names[i]), err);
    return rc;
}

int orx_twin_fetch(orx_git *g, orx_err *err) {
    ORX_CLEANUP(orx_arena_free) orx_arena a = {0};
    ORX_CLEANUP(orx_twin_forget) orx_git from = {0};
    int rc = open_origin(g, &from, &a, err);
    return rc < 0 ? rc : fetch_dir(g, &from, "", err);
}

static bool is_refused(orx_git *to, const char *branch, orx_str *words) {
    ORX_CLEANUP(orx_str_free) orx_str text = {0};
    orx_view name;
    if (orx_twin_config(to, &text, NULL) < 0 ||
        !orx_git_config_get(orx_str_view(&text), "orxaq", NULL, "protected", &name) ||
        !orx_view_is(name, branch))
        return false;
    orx_str_addf(words, "remote: error: GH013: Repository rule violations found for refs/heads/%s",
                 branch);
    return true;
}

/* Sends tip and moves the remote's branch: 1, or 0 when that would lose commits of theirs. */
static int move_theirs(orx_git *g, orx_git *to, const char *ref, const char *tip, orx_err *err) {
    char theirs[ORX_GIT_SHA] = "";
    int rc = orx_git_read_ref(to, ref, theirs, err);
    if (rc >= 0)
        rc = send(g, to, theirs, tip, err);
    int forward = rc < 0 ? rc : *theirs ? orx_twin_is_ancestor(to, theirs, tip, err) : 1;
    if (forward > 0)
        rc = orx_twin_set_ref(to, ref, tip, false, err);
    return forward <= 0 ? forward : rc < 0 ? rc : 1;
}

static int upstream_of(orx_git *g, const char *branch, orx_arena *arena, const char **ret,
                       orx_err *err) {
    ORX_CLEANUP(orx_str_free) orx_str text = {0};
    orx_view merge = {0};
    int rc = orx_twin_config(g, &text, err);
    if (rc == 0 && orx_git_config_get(orx_str_view(&text), "branch", branch, "merge", &merge) &&
        orx_view_starts(merge, "refs/heads/"))
        *ret = orx_arena_dup(arena, (orx_view){merge.p + 11, merge.len - 11});
    return rc;
}

int orx_twin_push(orx_git *g, const orx_git_push *push, orx_git_push_answer *ret_answer,
                  orx_str *words, orx_err *err) {
    ORX_CLEANUP(orx_arena_free) orx_arena a = {0};
    ORX_CLEANUP(orx_twin_forget) orx_git to = {0};
    char tip[ORX_GIT_SHA];
    const char *there = push->branch;
    int rc = open_origin(g, &to, &a, err);
    if (rc == 0)
        rc = orx_twin_resolve(g, orx_arena_printf(&a, "refs/heads/%s", push->branch), tip, err);
    if (rc == 0 && !push->set_upstream)
        rc = upstream_of(g, push->branch, &a, &there, err);
    if (rc < 0)
        return rc;
    const char *ref = orx_arena_printf(&a, "refs/heads/%s", there);
    if (is_refused(&to, there, words)) {
        *ret_answer = ORX_GIT_ANSWER_PROTECTED;
        return 0;
    }
    int moved = move_theirs(g, &to, ref, tip, err);
    if (moved == 0) {
        orx_str_adds(words, "! [rejected] (fetch first)");
        *ret_answer = ORX_GIT_ANSWER_STALE;
        return 0;
    }
    rc = moved;
    if (rc > 0)
        rc = orx_twin_set_ref(g, orx_arena_printf(&a, "refs/remotes/origin/%s", there), tip, false,
                              err);
    if (rc == 0 && push->set_upstream)
        rc = orx_twin_set_upstream(g, push->branch, err);
    if (rc == 0)
        *ret_answer = ORX_GIT_ANSWER_OK;
    return rc;
}

int orx_twin_set_upstream(orx_git *g, const char *branch, orx_err *err) {
    ORX_CLEANUP(orx_arena_free) orx_arena a = {0};
    const char *merge = orx_arena_printf(&a, "refs/heads/%s", branch);
    int rc = orx_twin_configure(g, "branch", branch, "remote", "origin", err);
    return rc < 0 ? rc : orx_twin_configure(g, "branch", branch, "merge", merge, err);
}

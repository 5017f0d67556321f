/* The looking verbs of the twin. */
#include "git/sim/internal.h"

enum { MEASURE_MAX = 256 << 20 };

/* ---- Status ------------------------------------------------------------------------------- */

static int count(const orx_twin_commit *c, void *user) {
    (void)c;
    ++*(int64_t *)user;
    return 0;
}

/* Fills upstream and the counts from the branch's section of the configuration. */
static int compare(orx_git *g, orx_arena *arena, orx_git_status *s, orx_err *err) {
    ORX_CLEANUP(orx_str_free) orx_str text = {0};
    orx_view remote;
    orx_view merge;
    char theirs[ORX_GIT_SHA];
    int rc = orx_twin_config(g, &text, err);
    if (rc < 0 || !s->branch)
        return rc;
    orx_view config = orx_str_view(&text);
    if (!orx_git_config_get(config, "branch", s->branch, "remote", &remote) ||
        !orx_git_config_get(config, "branch", s->branch, "merge", &merge) ||
        !orx_view_starts(merge, "refs/heads/"))
        return 0;
    s->upstream = orx_arena_printf(arena, "%.*s/%.*s", ORX_VIEW_ARG(remote), (int)merge.len - 11,
                                   merge.p + 11);
    rc = orx_git_read_ref(g, orx_arena_printf(arena, "refs/remotes/%s", s->upstream), theirs, err);
    if (rc <= 0 || !s->head[0])
        return rc < 0 ? rc : 0;
    s->compared = true;
    rc = orx_twin_walk(g, theirs, s->head, count, &s->ahead, err);
    return rc < 0 ? rc : orx_twin_walk(g, s->head, theirs, count, &s->behind, err);
}

/* The tracked path a scanned entry stands at: without the '/' of a nested repository. */
static const char *place_of(orx_arena *arena, const orx_twin_file *f) {
    size_t n = strlen(f->path);
    bool nested = f->mode == ORX_GIT_MODE_GITLINK;
    return nested ? orx_arena_dup(arena, (orx_view){f->path, n - 1}) : f->path;
}

static bool is_there(orx_arena *arena, const orx_twin_tree *now, const char *path) {
    return orx_twin_find(now, path) || orx_twin_find(now, orx_arena_printf(arena, "%s/", path));
}

static int deleted(orx_git *g, orx_arena *arena, const orx_twin_tree *head,
                   const orx_twin_tree *now, orx_git_entries *out, orx_err *err) {
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < head->len; i++) {
        orx_git_entry e = {
            .path = head->items[i].path, .kind = ORX_GIT_DELETED, .old_mode = head->items[i].mode};
        if (!is_there(arena, now, e.path))
            rc = orx_git_entry_add(g, out, &e, err);
    }
    return rc;
}

static int status_entries(orx_git *g, orx_arena *arena, const orx_twin_tree *head,
                          const orx_twin_tree *now, orx_git_entries *out, orx_err *err) {
    int rc = deleted(g, arena, head, now, out, err);
    for (size_t i = 0; rc == 0 && i < now->len; i++) {
        const orx_twin_file *f = &now->items[i];
        const orx_twin_file *old = orx_twin_find(head, place_of(arena, f));
        orx_git_entry e = {.path = old ? old->path : f->path,
                           .kind = old ? ORX_GIT_MODIFIED : ORX_GIT_UNTRACKED};
        bool same = old && old->mode == f->mode && strcmp(old->id, f->id) == 0;
        if (!same && (old || !f->ignored))
            rc = orx_git_entry_add(g, out, &e, err);
    }
    return rc;
}

/* Status does not speak of modes. */
static void forget_modes(orx_git_entries *list) {
    for (size_t i = 0; i < list->len; i++)
        list->items[i].old_mode = 0;
}

int orx_twin_status(orx_git *g, orx_arena *arena, orx_git_status *ret, orx_err *err) {
    ORX_CLEANUP(orx_str_free) orx_str branch = {0};
    orx_git_status s = {0};
    orx_git_entries list = {0};
    orx_twin_tree head;
    orx_twin_tree now;
    int named = orx_git_branch(g, &branch, err);
    int rc = named < 0 ? named : orx_git_head(g, s.head, err);
    if (rc < 0)
        return rc;
    s.branch = named ? orx_arena_dup(arena, orx_str_view(&branch)) : NULL;
    rc = compare(g, arena, &s, err);
    if (rc == 0)
        rc = orx_twin_tree_of(g, s.head, arena, &head, err);
    if (rc == 0)
        rc = orx_twin_scan(g, arena, &now, err);
    if (rc == 0)
        rc = status_entries(g, arena, &head, &now, &list, err);
    if (rc == 0) {
        forget_modes(&list);
        orx_git_entries_sort(&list);
        s.count = list.len;
        s.entries = orx_git_entries_take(&list, arena);
        *ret = s;
    }
    orx_vec_free(&list);
    return rc;
}

/* ---- Changes ------------------------------------------------------------------------------ */

/* Old content (of a blob) against new content (of the worktree); either may be missing. */
static int measure(orx_git *g, const orx_twin_file *old, const char *path, orx_git_entry *e,
                   orx_err *err) {
    ORX_CLEANUP(orx_arena_free) orx_arena a = {0};
    ORX_CLEANUP(orx_str_free) orx_str before = {0};
    ORX_CLEANUP(orx_str_free) orx_str after = {0};
    int rc = old ? orx_twin_read_blob(g, old->id, &before, err) : 0;
    if (rc == 0 && path)
        rc = orx_read_file(g->p, orx_path_join(&a, g->root, path), ORX_TWIN_FILE_MAX, &after, err);
    if (rc < 0)
        return rc;
    e->binary = orx_git_is_binary(orx_str_view(&before)) || orx_git_is_binary(orx_str_view(&after));
    if (!e->binary)
        orx_twin_count_lines(orx_str_view(&before), orx_str_view(&after), &e->added, &e->deleted);
    return 0;
}

static int changed_file(orx_git *g, orx_arena *arena, const orx_twin_tree *base,
                        const orx_twin_tree *head, const orx_twin_file *f, orx_git_entries *out,
                        orx_err *err) {
    const char *place = place_of(arena, f);
    const orx_twin_file *old = orx_twin_find(base, place);
    bool tracked = orx_twin_find(head, place) != NULL;
    orx_git_entry e = {
        .path = old ? old->path : f->path, .mode = f->mode, .old_mode = old ? old->mode : 0};
    e.kind = old ? ORX_GIT_MODIFIED : tracked ? ORX_GIT_ADDED : ORX_GIT_UNTRACKED;
    bool same = old && old->mode == f->mode && strcmp(old->id, f->id) == 0;
    if (same || (f->ignored && !tracked))
        return 0;
    int rc = f->mode == ORX_GIT_MODE_GITLINK ? 0 : measure(g, old, f->path, &e, err);
    return rc < 0 ? rc : orx_git_entry_add(g, out, &e, err);
}

static int gone_file(orx_git *g, orx_arena *arena, const orx_twin_tree *head,
                     const orx_twin_tree *now, const orx_twin_file *old, orx_git_entries *out,
                     orx_err *err) {
    const orx_twin_file *f = orx_twin_find(now, old->path);
    orx_git_entry e = {.path = old->path, .kind = ORX_GIT_DELETED, .old_mode = old->mode};
    if (!f)
        f = orx_twin_find(now, orx_arena_printf(arena, "%s/", old->path));
    if (f && (!f->ignored || orx_twin_find(head, old->path)))
        return 0;
    int rc = measure(g, old, NULL, &e, err);
    return rc < 0 ? rc : orx_git_entry_add(g, out, &e, err);
}

int orx_twin_changes(orx_git *g, const char *base, orx_arena *arena, orx_git_entries *out,
                     orx_err *err) {
    orx_twin_tree from = {0};
    orx_twin_tree head = {0};
    orx_twin_tree now = {0};
    char sha[ORX_GIT_SHA] = "";
    char id[ORX_GIT_SHA] = "";
    int rc = *base ? orx_twin_resolve(g, base, id, err) : 0;
    if (rc == 0)
        rc = orx_twin_tree_of(g, id, arena, &from, err);
    if (rc == 0)
        rc = orx_git_head(g, sha, err);
    if (rc >= 0)
        rc = orx_twin_tree_of(g, sha, arena, &head, err);
    if (rc == 0)
        rc = orx_twin_scan(g, arena, &now, err);
    for (size_t i = 0; rc == 0 && i < from.len; i++)
        rc = gone_file(g, arena, &head, &now, &from.items[i], out, err);
    for (size_t i = 0; rc == 0 && i < now.len; i++)
        rc = changed_file(g, arena, &from, &head, &now.items[i], out, err);
    return rc;
}

/* ---- History ------------------------------------------------------------------------------ */

typedef struct lister {
    const orx_git_query *q;
    orx_arena *arena;
    ORX_VEC(orx_git_commit) found;
} lister;

static const char *trailer(lister *l, orx_view message, const char *key) {
    orx_view v;
    return orx_git_trailer(message, key, &v) && v.len ? orx_arena_dup(l->arena, v) : NULL;
}

static int list(const orx_twin_commit *c, void *user) {
    lister *l = user;
    if (l->q->attempt && !orx_git_has_trailer(c->message, ORX_GIT_ATTEMPT, l->q->attempt))
        return 0;
    orx_git_commit out = {.parents = c->parent_count};
    memcpy(out.sha, c->id, sizeof out.sha);
    out.subject = orx_arena_dup(l->arena, orx_git_subject(c->message));
    out.task = trailer(l, c->message, ORX_GIT_TASK);
    out.attempt = trailer(l, c->message, ORX_GIT_ATTEMPT);
    orx_vec_push(&l->found, out);
    return l->found.len > l->q->max;
}

int orx_twin_log(orx_git *g, const orx_git_query *q, orx_arena *arena, orx_git_log *ret,
                 orx_err *err) {
    lister l = {.q = q, .arena = arena};
    orx_git_log log = {0};
    char base[ORX_GIT_SHA] = "";
    char tip[ORX_GIT_SHA];
    int rc = q->base ? orx_twin_resolve(g, q->base, base, err) : 0;
    if (rc == 0)
        rc = orx_twin_resolve(g, q->tip, tip, err);
    if (rc == 0)
        rc = orx_twin_walk(g, base, tip, list, &l, err);
    if (rc >= 0) {
        log.more = l.found.len > q->max;
        log.count = log.more ? q->max : l.found.len;
        log.commits = orx_arena_zalloc(arena, log.count + 1, sizeof *log.commits);
        if (log.count)
            memcpy(log.commits, l.found.items, log.count * sizeof *log.commits);
        *ret = log;
    }
    orx_vec_free(&l.found);
    return rc < 0 ? rc : 0;
}

int orx_twin_tracked(orx_git *g, size_t max, orx_str *out, orx_err *err) {
    ORX_CLEANUP(orx_arena_free) orx_arena a = {0};
    orx_twin_tree head;
    char sha[ORX_GIT_SHA];
    int rc = orx_git_head(g, sha, err);
    if (rc >= 0)
        rc = orx_twin_tree_of(g, sha, &a, &head, err);
    for (size_t i = 0; rc == 0 && i < head.len && out->len < max; i++)
        orx_str_add(out, head.items[i].path, strlen(head.items[i].path) + 1);
    return rc;
}

int orx_twin_same_work(orx_git *g, const char *a, const char *b, orx_err *err) {
    ORX_CLEANUP(orx_arena_free) orx_arena arena = {0};
    orx_twin_commit x;
    orx_twin_commit y;
    int rc = orx_twin_read_commit(g, a, &arena, &x, err);
    if (rc == 0)
        rc = orx_twin_read_commit(g, b, &arena, &y, err);
    if (rc < 0)
        return rc;
    if (strcmp(a, b) == 0)
        return 1;
    return orx_twin_same_tree(&x.tree, &y.tree) && strcmp(x.parents[0], y.parents[0]) == 0;
}

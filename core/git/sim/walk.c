/* Walking history. A parent's generation is always smaller, so taking the pending commit with the
 * largest one first means that all its children were seen before it. */
#include "base/list.h"
#include "base/map.h"
#include "git/sim/internal.h"

#include <assert.h>

enum { FROM_TIP = 1, FROM_BASE = 2 };

typedef struct node {
    orx_list link; /* in pending */
    orx_twin_commit c;
    int marks;
} node;

typedef struct walker {
    orx_git *g;
    orx_arena arena;
    orx_map seen;
    orx_list pending;
    size_t live; /* pending ones that are not known to come from base */
} walker;

static int mark(walker *w, const char *id, int marks, orx_err *err) {
    node *n = orx_map_get(&w->seen, orx_view_of(id));
    if (!n) {
        n = ORX_ARENA_NEW(&w->arena, node);
        int rc = orx_twin_read_commit(w->g, id, &w->arena, &n->c, err);
        if (rc < 0)
            return rc;
        orx_map_put(&w->seen, orx_view_of(id), n);
        orx_list_append(&w->pending, &n->link);
        w->live++;
    }
    bool was_live = !(n->marks & FROM_BASE);
    n->marks |= marks;
    if (was_live && (n->marks & FROM_BASE))
        w->live--;
    return 0;
}

static bool is_newer(const node *a, const node *b) {
    if (a->c.gen != b->c.gen)
        return a->c.gen > b->c.gen;
    if (a->c.time_s != b->c.time_s)
        return a->c.time_s > b->c.time_s;
    return strcmp(a->c.id, b->c.id) > 0;
}

static node *take_newest(walker *w) {
    assert(!orx_list_empty(&w->pending)); /* something is alive, so something is pending */
    node *n = ORX_LIST_ITEM(w->pending.next, node, link);
    ORX_LIST_EACH(&w->pending, it) {
        node *other = ORX_LIST_ITEM(it, node, link);
        n = is_newer(other, n) ? other : n;
    }
    orx_list_remove(&n->link);
    if (!(n->marks & FROM_BASE))
        w->live--;
    return n;
}

static int go(walker *w, orx_twin_visit visit, void *user, orx_err *err) {
    while (w->live) {
        node *n = take_newest(w);
        int rc = n->marks & FROM_BASE ? 0 : visit(&n->c, user);
        for (size_t i = 0; rc == 0 && i < n->c.parent_count; i++)
            rc = mark(w, n->c.parents[i], n->marks, err);
        if (rc != 0)
            return rc;
    }
    return 0;
}

int orx_twin_walk(orx_git *g, const char *base, const char *tip, orx_twin_visit visit, void *user,
                  orx_err *err) {
    walker w = {.g = g};
    orx_list_init(&w.pending);
    int rc = mark(&w, tip, FROM_TIP, err);
    if (rc == 0 && *base)
        rc = mark(&w, base, FROM_BASE, err);
    if (rc == 0)
        rc = go(&w, visit, user, err);
    orx_map_free(&w.seen);
    orx_arena_free(&w.arena);
    return rc;
}

typedef struct search {
    const orx_twin_commit *want;
    bool found;
} search;

static int look_for(const orx_twin_commit *c, void *user) {
    search *s = user;
    s->found = strcmp(c->id, s->want->id) == 0;
    return s->found || c->gen < s->want->gen;
}

int orx_twin_is_ancestor(orx_git *g, const char *ancestor, const char *descendant, orx_err *err) {
    ORX_CLEANUP(orx_arena_free) orx_arena a = {0};
    char from[ORX_GIT_SHA];
    char to[ORX_GIT_SHA];
    orx_twin_commit want;
    int rc = orx_twin_resolve(g, ancestor, from, err);
    if (rc == 0)
        rc = orx_twin_resolve(g, descendant, to, err);
    if (rc == 0)
        rc = orx_twin_read_commit(g, from, &a, &want, err);
    search s = {.want = &want};
    if (rc == 0)
        rc = orx_twin_walk(g, "", to, look_for, &s, err);
    return rc < 0 ? rc : s.found;
}

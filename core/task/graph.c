#include "task/graph.h"

#include "base/nearest.h"
#include "base/str.h"

enum { UNSEEN, ON_PATH, FINISHED };

typedef struct walk {
    const orx_task_list *list;
    const orx_map *ids;
    uint8_t *mark; /* per task */
    size_t *stack; /* indices of the tasks on the path */
    size_t *next;  /* per stack level: the dependency to look at next */
    size_t depth;
} walk;

/* Writes "a -> b -> a", the middle left out when it is long. */
static void add_cycle(orx_str *out, const walk *w, size_t start) {
    size_t from = 0;
    while (w->stack[from] != start)
        from++;
    for (size_t i = from; i < w->depth; i++) {
        if (i - from >= 12 && i + 3 < w->depth) {
            orx_str_adds(out, "... -> ");
            i = w->depth - 3;
        }
        orx_str_addf(out, "%s -> ", w->list->items[w->stack[i]].id);
    }
    orx_str_adds(out, w->list->items[start].id);
}

static int report_cycle(const char *name, const walk *w, size_t start, orx_err *err) {
    ORX_CLEANUP(orx_str_free) orx_str path = {0};
    add_cycle(&path, w, start);
    const orx_task *t = &w->list->items[start];
    return orx_err_set(
        err, ORX_E_INVALID,
        "%s:%u:%u: tasks depend on each other in a circle: %.700s; remove one of these "
        "dependencies",
        name, t->line, t->column, path.buf);
}

static void push(walk *w, size_t index) {
    w->mark[index] = ON_PATH;
    w->stack[w->depth] = index;
    w->next[w->depth] = 0;
    w->depth++;
}

/* Depth first without recursion: a chain of a million tasks must not need a million stack frames.
 */
static int visit(const char *name, walk *w, size_t root, orx_err *err) {
    push(w, root);
    while (w->depth) {
        size_t at = w->stack[w->depth - 1];
        const char *dep = w->list->items[at].depends_on[w->next[w->depth - 1]++];
        if (!dep) {
            w->mark[at] = FINISHED;
            w->depth--;
            continue;
        }
        const orx_task *t = orx_map_get(w->ids, orx_view_of(dep));
        if (!t)
            continue;
        size_t to = (size_t)(t - w->list->items);
        if (w->mark[to] == ON_PATH)
            return report_cycle(name, w, to, err);
        if (w->mark[to] == UNSEEN)
            push(w, to);
    }
    return 0;
}

/* The id most like an unknown one; NULL when nothing is near. Large lists are not searched: the
 * message is not worth a second. */
static const char *nearest(const orx_task_list *list, const char *id) {
    orx_nearest n = {0};
    for (size_t i = 0; i < list->count && i < 10000; i++)
        orx_nearest_try(&n, orx_view_of(id), list->items[i].id);
    return n.best;
}

static int check_known(const char *name, const orx_task_list *list, const orx_map *ids,
                       orx_err *err) {
    for (size_t i = 0; i < list->count; i++) {
        const orx_task *t = &list->items[i];
        for (size_t d = 0; t->depends_on[d]; d++) {
            if (orx_map_get(ids, orx_view_of(t->depends_on[d])))
                continue;
            const char *near = nearest(list, t->depends_on[d]);
            return orx_err_set(
                err, ORX_E_INVALID,
                "%s:%u:%u: task \"%s\" depends on \"%.180s\", which does not exist%s%s%s", name,
                t->line, t->column, t->id, t->depends_on[d], near ? "; did you mean \"" : "",
                near ? near : "", near ? "\"?" : "");
        }
    }
    return 0;
}

int orx_task_check_graph(orx_arena *arena, const char *name, const orx_task_list *list,
                         const orx_map *ids, bool dangling_ok, orx_err *err) {
    if (!dangling_ok) {
        int rc = check_known(name, list, ids, err);
        if (rc < 0)
            return rc;
    }
    size_t n = list->count + 1;
    walk w = {.list = list,
              .ids = ids,
              .mark = orx_arena_zalloc(arena, n, sizeof *w.mark),
              .stack = orx_arena_zalloc(arena, n, sizeof *w.stack),
              .next = orx_arena_zalloc(arena, n, sizeof *w.next)};
    for (size_t i = 0; i < list->count; i++) {
        int rc = w.mark[i] == UNSEEN ? visit(name, &w, i, err) : 0;
        if (rc < 0)
            return rc;
    }
    return 0;
}

/* From a document to a list of tasks: every rule about a single task. The rules about several tasks
 * together (cycles, dangling ids) are in graph.c. */
#include "task/fields.h"
#include "task/graph.h"
#include "task/task.h"

#include "base/map.h"
#include "config/router_name.h"

typedef struct loader {
    orx_arena *arena;
    const char *name;
    const orx_task_load_options *options;
    orx_map ids; /* id -> orx_task */
    orx_err *err;
} loader;

bool orx_task_id_ok(orx_view id) {
    static const char punctuation[] = "._:@+=#-";
    if (id.len == 0 || id.len > ORX_TASK_ID_MAX)
        return false;
    for (size_t i = 0; i < id.len; i++) {
        char c = id.p[i];
        bool alnum = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        if (!alnum && (i == 0 || !c || !strchr(punctuation, c)))
            return false;
    }
    return true;
}

/* NAME:LINE:COLUMN: text */
static int complain(loader *l, const orx_node *at, const char *fmt, ...) ORX_PRINTF(3, 4);
static int complain(loader *l, const orx_node *at, const char *fmt, ...) {
    char text[ORX_ERR_MAX];
    orx_err inner = ORX_ERR_INIT;
    va_list ap;
    va_start(ap, fmt);
    orx_err_vset(&inner, ORX_E_INVALID, fmt, ap);
    va_end(ap);
    memcpy(text, inner.msg, sizeof text);
    return orx_err_set(l->err, ORX_E_INVALID, "%s:%u:%u: %s", l->name, at->line, at->column, text);
}

/* A value as it may be shown in a message: short, one line. */
static const char *shown(loader *l, orx_view v) {
    orx_str s = {0};
    size_t n = v.len > 60 ? 60 : v.len;
    for (size_t i = 0; i < n; i++)
        orx_str_addc(&s, v.p[i] >= ' ' && v.p[i] < 127 ? v.p[i] : '?');
    if (v.len > n)
        orx_str_adds(&s, "...");
    const char *copy = orx_arena_dup(l->arena, orx_str_view(&s));
    orx_str_free(&s);
    return copy;
}

static int get_text(loader *l, const orx_node *task, const char *key, size_t max, bool required,
                    const char **ret_text) {
    const orx_node *n = orx_node_get(task, key);
    if (!n && !required)
        return 0;
    if (!n)
        return complain(l, task, "a task needs the key \"%s\" (a string)", key);
    if (n->kind != ORX_STRING)
        return complain(l, n, "\"%s\" must be a string, found %s", key, orx_kind_name(n->kind));
    if (memchr(n->u.s.p, 0, n->u.s.len))
        return complain(l, n, "\"%s\" contains a NUL character", key);
    if (n->u.s.len > max)
        return complain(l, n, "\"%s\" has %zu bytes, at most %zu are allowed", key, n->u.s.len,
                        max);
    *ret_text = orx_arena_dup(l->arena, n->u.s);
    return 0;
}

static int get_list(loader *l, const orx_node *task, const char *key, size_t max,
                    const char *const **ret_list) {
    const orx_node *n = orx_node_get(task, key);
    size_t count = n && n->kind == ORX_ARRAY ? n->count : 0;
    if (n && n->kind != ORX_ARRAY && n->kind != ORX_NULL)
        return complain(l, n, "\"%s\" must be a list of strings, found %s", key,
                        orx_kind_name(n->kind));
    if (count > max)
        return complain(l, n, "\"%s\" has %zu entries, at most %zu are allowed", key, count, max);
    const char **list = orx_arena_alloc(l->arena, (count + 1) * sizeof *list);
    size_t i = 0;
    ORX_NODE_EACH(n, it) {
        if (it->kind != ORX_STRING)
            return complain(l, it, "\"%s\" must hold strings only, found %s", key,
                            orx_kind_name(it->kind));
        if (memchr(it->u.s.p, 0, it->u.s.len))
            return complain(l, it, "\"%s\" contains a NUL character", key);
        list[i++] = orx_arena_dup(l->arena, it->u.s);
    }
    list[i] = NULL;
    *ret_list = list;
    return 0;
}

/* What is no id can never be done, so it is refused even where ids of other queues are welcome. */
static int get_dependencies(loader *l, const orx_node *task, orx_task *t) {
    int rc = get_list(l, task, "depends_on", ORX_TASK_DEPS_MAX, &t->depends_on);
    if (rc < 0)
        return rc;
    ORX_NODE_EACH(orx_node_get(task, "depends_on"), it) {
        if (!orx_task_id_ok(it->u.s))
            return complain(l, it, "\"depends_on\" holds \"%s\", which cannot be the id of a task",
                            shown(l, it->u.s));
    }
    return 0;
}

static int get_priority(loader *l, const orx_node *task, orx_task *t) {
    const orx_node *n = orx_node_get(task, "priority");
    if (!n)
        return complain(l, task, "a task needs the key \"priority\" (an integer)");
    if (n->kind == ORX_INT) {
        t->priority = n->u.i;
        return 0;
    }
    /* The predecessor converted digit strings; such files exist. */
    if (n->kind == ORX_STRING && orx_view_to_i64(orx_view_trim(n->u.s), &t->priority))
        return 0;
    return complain(l, n, "\"priority\" must be an integer, found %s", orx_kind_name(n->kind));
}

/* A name that stands for a choice is checked here: when its task is due nobody looks any more. */
static int get_model(loader *l, const orx_node *task, orx_task *t) {
    int rc = get_text(l, task, "model", ORX_TASK_MODEL_MAX, false, &t->model);
    if (rc < 0 || !t->model || !orx_is_router_name(t->model))
        return rc;
    const char *problem = orx_router_name_problem(t->model);
    const orx_node *at = orx_node_get(task, "model");
    return problem ? complain(l, at, "\"model\" is \"%s\": %s", shown(l, at->u.s), problem) : 0;
}

static int unknown_owner(loader *l, const orx_node *at, const char *owner) {
    orx_str known = {0};
    for (size_t i = 0; l->options->owners && l->options->owners[i] && i < 20; i++)
        orx_str_addf(&known, "%s%s", i ? ", " : "", l->options->owners[i]);
    int rc = complain(l, at, "unknown owner \"%s\": it names no configured provider (%s)",
                      shown(l, orx_view_of(owner)),
                      known.len ? known.buf : "letters, digits, . _ - are allowed");
    orx_str_free(&known);
    return rc;
}

/* What holds for every task, however its fields were found. */
static int check_task(loader *l, const orx_node *at, orx_task *t) {
    const orx_node *id_node = orx_node_get(at, "id");
    const orx_node *id_at = id_node ? id_node : at;
    if (!orx_task_id_ok(orx_view_of(t->id)))
        return complain(
            l, id_at,
            "task id \"%s\" is not allowed: 1 to %d letters, digits or . _ : @ + = # -, "
            "beginning with a letter or digit",
            shown(l, orx_view_of(t->id)), ORX_TASK_ID_MAX);
    const orx_task *same = orx_map_get(&l->ids, orx_view_of(t->id));
    if (same)
        return complain(l, id_at, "task id \"%s\" is used twice, first at line %u", t->id,
                        same->line);
    const orx_node *owner_node = orx_node_get(at, "owner");
    if (!orx_task_owner_known(l->options, t->owner))
        return unknown_owner(l, owner_node ? owner_node : at, t->owner);
    t->line = at->line;
    t->column = at->column;
    orx_map_put(&l->ids, orx_view_of(t->id), t);
    return 0;
}

static int load_task(loader *l, const orx_node *n, orx_task *t) {
    if (n->kind != ORX_OBJECT)
        return complain(l, n, "a task must be an object, found %s", orx_kind_name(n->kind));
    int rc;
    if ((rc = get_text(l, n, "id", 1 << 20, true, &t->id)) < 0 ||
        (rc = get_text(l, n, "owner", 4096, true, &t->owner)) < 0 ||
        (rc = get_priority(l, n, t)) < 0 ||
        (rc = get_text(l, n, "title", ORX_TASK_TITLE_MAX, true, &t->title)) < 0 ||
        (rc = get_text(l, n, "description", ORX_TASK_TEXT_MAX, true, &t->description)) < 0 ||
        (rc = get_model(l, n, t)) < 0 || (rc = get_dependencies(l, n, t)) < 0 ||
        (rc = get_list(l, n, "acceptance", ORX_TASK_DEPS_MAX, &t->acceptance)) < 0)
        return rc;
    t->backlog = orx_task_is_backlog(n, l->options->backlog_terms);
    return check_task(l, n, t);
}

/* The predecessor's single-object file: everything but the id may be missing. */
static int load_legacy(loader *l, const orx_node *n, orx_task *t) {
    static const char *const lists[] = {"acceptance", "validation_steps", "objectives"};
    int rc;
    *t = (orx_task){.id = "", .priority = orx_node_int(orx_node_get(n, "priority"), 1)};
    if ((rc = get_text(l, n, orx_node_get(n, "id") ? "id" : "task", 1 << 20, true, &t->id)) < 0)
        return rc;
    t->owner = orx_task_owner_of_id(l->arena, l->options, t->id);
    t->title = orx_task_title_of_id(l->arena, t->id);
    t->description = t->title;
    if ((rc = get_text(l, n, "owner", 4096, false, &t->owner)) < 0 ||
        (rc = get_text(l, n, "title", ORX_TASK_TITLE_MAX, false, &t->title)) < 0 ||
        (rc = get_text(l, n, "description", ORX_TASK_TEXT_MAX, false, &t->description)) < 0 ||
        (rc = get_model(l, n, t)) < 0 || (rc = get_dependencies(l, n, t)) < 0)
        return rc;
    const char *acceptance = lists[0];
    for (size_t i = 0; i < ORX_ARRAY_LEN(lists); i++)
        if (orx_node_get(n, lists[i])) {
            acceptance = lists[i];
            break;
        }
    if ((rc = get_list(l, n, acceptance, ORX_TASK_DEPS_MAX, &t->acceptance)) < 0)
        return rc;
    if (t->priority < 1)
        t->priority = 1;
    return check_task(l, n, t);
}

static int load_array(loader *l, const orx_node *array, orx_task_list *list) {
    if (array->count > ORX_TASK_COUNT_MAX)
        return complain(l, array, "%u tasks, at most %d are allowed", array->count,
                        ORX_TASK_COUNT_MAX);
    list->items = orx_arena_zalloc(l->arena, array->count ? array->count : 1, sizeof *list->items);
    ORX_NODE_EACH(array, it) {
        int rc = load_task(l, it, &list->items[list->count]);
        if (rc < 0)
            return rc;
        list->count++;
    }
    return 0;
}

static int load_root(loader *l, const orx_node *root, orx_task_list *list) {
    if (root->kind == ORX_ARRAY)
        return load_array(l, root, list);
    const orx_node *tasks = orx_node_get(root, "tasks");
    if (tasks && tasks->kind == ORX_ARRAY)
        return load_array(l, tasks, list);
    if (orx_node_get(root, "id") || orx_node_get(root, "task")) {
        list->items = orx_arena_zalloc(l->arena, 1, sizeof *list->items);
        list->count = 1;
        return load_legacy(l, root, &list->items[0]);
    }
    return complain(l, root, "expected a list of tasks, found %s", orx_kind_name(root->kind));
}

int orx_task_load(orx_arena *arena, const char *name, const orx_node *root,
                  const orx_task_load_options *options, orx_task_list *ret_list, orx_err *err) {
    loader l = {.arena = arena, .name = name, .options = options, .err = err};
    orx_task_list list = {0};
    int rc = load_root(&l, root, &list);
    if (rc == 0)
        rc = orx_task_check_graph(arena, name, &list, &l.ids, options->dangling_ok, err);
    orx_map_free(&l.ids);
    if (rc == 0)
        *ret_list = list;
    return rc;
}

/* From the text of a queue file to entries. */
#include "task/queue_file.h"

#include "base/map.h"
#include "base/vec.h"
#include "config/router_name.h"
#include "data/json.h"
#include "data/ndjson.h"
#include "task/fields.h"

#define DEFAULT_PRIORITY 5

typedef struct reader {
    orx_arena *arena;
    const char *name;
    const orx_task_load_options *options;
    orx_map ids;
    ORX_VEC(orx_task) tasks;
    ORX_VEC(const char *) problems;
    size_t problem_count;
    size_t seen;
} reader;

static void problem(reader *r, uint32_t line, uint32_t column, const char *fmt, ...)
    ORX_PRINTF(4, 5);
static void problem(reader *r, uint32_t line, uint32_t column, const char *fmt, ...) {
    r->problem_count++;
    if (r->problems.len >= ORX_QUEUE_PROBLEMS_MAX)
        return;
    ORX_CLEANUP(orx_str_free) orx_str text = {0};
    orx_str_addf(&text, "%s:%u:%u: ", r->name, line, column);
    va_list ap;
    va_start(ap, fmt);
    orx_str_vaddf(&text, fmt, ap);
    va_end(ap);
    orx_vec_push(&r->problems, orx_arena_dup(r->arena, orx_str_view(&text)));
}

/* ---- Fields ---------------------------------------------------------------------------------- */

/* The text of a key without NUL, cut on a character boundary; NULL when there is none. */
static const char *text_of(reader *r, const orx_node *entry, const char *key, size_t max) {
    const orx_node *n = orx_node_get(entry, key);
    if (!n || n->kind != ORX_STRING || memchr(n->u.s.p, 0, n->u.s.len))
        return NULL;
    orx_view v = orx_view_trim(n->u.s);
    if (v.len > max) {
        v.len = max;
        while (v.len && ((unsigned char)v.p[v.len] & 0xC0) == 0x80)
            v.len--;
    }
    return v.len ? orx_arena_dup(r->arena, v) : NULL;
}

static const char *const *list_of(reader *r, const orx_node *entry, const char *key) {
    const orx_node *n = orx_node_get(entry, key);
    size_t count = n && n->kind == ORX_ARRAY ? n->count : 0;
    const char **list = orx_arena_alloc(r->arena, (count + 1) * sizeof *list);
    size_t used = 0;
    if (count)
        ORX_NODE_EACH(n, it) {
            if (it->kind == ORX_STRING && !memchr(it->u.s.p, 0, it->u.s.len))
                list[used++] = orx_arena_dup(r->arena, it->u.s);
        }
    list[used] = NULL;
    return list;
}

static int64_t priority_of(const orx_node *entry) {
    const orx_node *n = orx_node_get(entry, "priority");
    int64_t value = DEFAULT_PRIORITY;
    if (n && n->kind == ORX_STRING)
        (void)orx_view_to_i64(orx_view_trim(n->u.s), &value);
    else
        value = orx_node_int(n, DEFAULT_PRIORITY);
    return value < 1 ? 1 : value;
}

static const char *acceptance_key(const orx_node *entry) {
    static const char *const keys[] = {"acceptance", "validation_steps", "objectives"};
    for (size_t i = 0; i < ORX_ARRAY_LEN(keys); i++)
        if (orx_node_get(entry, keys[i]))
            return keys[i];
    return keys[0];
}

/* ---- Entries --------------------------------------------------------------------------------- */

/* What would make the entry wait for ever, or NULL. */
static const char *bad_dependency(const orx_task *t) {
    for (size_t i = 0; t->depends_on[i]; i++) {
        if (i >= ORX_TASK_DEPS_MAX)
            return "it has more dependencies than are allowed";
        if (strcmp(t->depends_on[i], t->id) == 0)
            return "it depends on itself";
        if (!orx_task_id_ok(orx_view_of(t->depends_on[i])))
            return "one of its dependencies is no task id";
    }
    return NULL;
}

static bool usable(reader *r, const orx_node *entry, orx_task *t) {
    if (!t->id || !orx_task_id_ok(orx_view_of(t->id))) {
        problem(r, entry->line, entry->column,
                "an entry needs an \"id\" of 1 to %d letters, digits or . _ : @ + = # -",
                ORX_TASK_ID_MAX);
        return false;
    }
    if (!orx_task_owner_known(r->options, t->owner)) {
        problem(r, entry->line, entry->column, "task \"%s\": no provider serves its owner \"%s\"",
                t->id, t->owner);
        return false;
    }
    const char *why = bad_dependency(t);
    if (!why && t->model && orx_is_router_name(t->model))
        why = orx_router_name_problem(t->model);
    if (why)
        problem(r, entry->line, entry->column, "task \"%s\": %s", t->id, why);
    return why == NULL;
}

static void add_entry(reader *r, const orx_node *entry) {
    r->seen++;
    if (entry->kind != ORX_OBJECT) {
        problem(r, entry->line, entry->column, "an entry must be an object, found %s",
                orx_kind_name(entry->kind));
        return;
    }
    orx_task t = {.line = entry->line, .column = entry->column};
    /* One byte more than an id may have, so that a longer one is seen and refused, not cut. */
    t.id = text_of(r, entry, orx_node_get(entry, "id") ? "id" : "task", ORX_TASK_ID_MAX + 1);
    if (t.id) {
        const char *owner = text_of(r, entry, "owner", ORX_TASK_ID_MAX);
        bool known = owner && orx_task_owner_known(r->options, owner);
        t.owner = known ? owner : orx_task_owner_of_id(r->arena, r->options, t.id);
        t.title = text_of(r, entry, "title", ORX_TASK_TITLE_MAX);
        if (!t.title)
            t.title = orx_task_title_of_id(r->arena, t.id);
        t.description = text_of(r, entry, "description", ORX_TASK_QUEUED_MAX);
        if (!t.description)
            t.description = t.title;
        t.model = text_of(r, entry, "model", ORX_TASK_MODEL_MAX);
        t.priority = priority_of(entry);
        t.depends_on = list_of(r, entry, "depends_on");
        t.acceptance = list_of(r, entry, acceptance_key(entry));
        t.backlog = orx_task_is_backlog(entry, r->options->backlog_terms);
    }
    if (usable(r, entry, &t) && !orx_map_get(&r->ids, orx_view_of(t.id))) {
        orx_map_put(&r->ids, orx_view_of(t.id), r);
        orx_vec_push(&r->tasks, t);
    }
}

/* ---- The whole file -------------------------------------------------------------------------- */

static bool add_line(int64_t line, const orx_node *row, const char *why, void *user) {
    reader *r = user;
    if (row) {
        add_entry(r, row);
    } else {
        r->seen++;
        problem(r, (uint32_t)line, 1, "%s", why);
    }
    return true;
}

/* True when the text is one JSON document; an array that is not whole is not taken for lines. */
static bool add_document(reader *r, orx_view text) {
    const orx_node *root = NULL;
    orx_err err = ORX_ERR_INIT;
    if (orx_json_parse(r->arena, r->name, text, &orx_limits_data, &root, &err) < 0) {
        if (orx_view_trim(text).p[0] != '[')
            return false;
        r->problem_count++;
        orx_vec_push(&r->problems, orx_arena_strdup(r->arena, err.msg));
        return true;
    }
    const orx_node *tasks = orx_node_get(root, "tasks");
    const orx_node *list = tasks && tasks->kind == ORX_ARRAY ? tasks : root;
    if (list->kind != ORX_ARRAY) {
        add_entry(r, list);
        return true;
    }
    ORX_NODE_EACH(list, it) {
        add_entry(r, it);
    }
    return true;
}

void orx_queue_parse(orx_arena *arena, const char *name, orx_view text,
                     const orx_task_load_options *options, orx_queue_batch *ret_batch) {
    reader r = {.arena = arena, .name = name, .options = options};
    orx_view body = orx_view_trim(text);
    bool whole =
        body.len == 0 || ((body.p[0] == '[' || body.p[0] == '{') && add_document(&r, text));
    if (!whole)
        (void)orx_ndjson_each(arena, name, text, add_line, &r, NULL);
    *ret_batch =
        (orx_queue_batch){.seen = r.seen, .problem_count = r.problem_count, .lines = !whole};
    ret_batch->list.count = r.tasks.len;
    ret_batch->list.items = orx_arena_alloc(arena, (r.tasks.len + 1) * sizeof(orx_task));
    if (r.tasks.len)
        memcpy(ret_batch->list.items, r.tasks.items, r.tasks.len * sizeof(orx_task));
    const char **problems = orx_arena_zalloc(arena, r.problems.len + 1, sizeof *problems);
    if (r.problems.len)
        memcpy(problems, r.problems.items, r.problems.len * sizeof *problems);
    ret_batch->problems = problems;
    orx_vec_free(&r.tasks);
    orx_vec_free(&r.problems);
    orx_map_free(&r.ids);
}

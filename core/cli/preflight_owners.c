/* Whose work is there to do. */
#include "cli/preflight.h"

#include "lane/lane.h"
#include "platform/files.h"

#define OWNERS_MAX 256

typedef struct owners {
    orx_cli *c;
    const char **names;
    size_t count;
} owners;

static bool is_known(const owners *o, const char *name) {
    for (size_t i = 0; i < o->count; i++)
        if (strcmp(o->names[i], name) == 0)
            return true;
    return false;
}

static void add(owners *o, const char *name) {
    if (*name && o->count < OWNERS_MAX && !is_known(o, name))
        o->names[o->count++] = orx_arena_strdup(&o->c->arena, name);
}

/* ---- The journal ----------------------------------------------------------------------------- */

static void from_journal(owners *o) {
    orx_sql *q;
    if (!o->c->store ||
        orx_sql_get(o->c->store,
                    "SELECT DISTINCT owner FROM task WHERE present = 1 AND status <> 'done'", &q,
                    NULL) < 0)
        return;
    while (orx_sql_step(q, NULL) == 1)
        add(o, orx_arena_dup(&o->c->arena, orx_sql_col_text(q, 0)));
    orx_sql_reset(q);
}

static bool is_done(const owners *o, const char *id) {
    orx_sql *q;
    if (!o->c->store ||
        orx_sql_get(o->c->store,
                    "SELECT 1 FROM task WHERE lane = ?1 AND id = ?2 AND status = 'done'", &q,
                    NULL) < 0)
        return false;
    orx_sql_str(q, 1, orx_run_lane(o->c->cfg));
    orx_sql_str(q, 2, id);
    bool done = orx_sql_step(q, NULL) == 1;
    orx_sql_reset(q);
    return done;
}

/* ---- Files ----------------------------------------------------------------------------------- */

/* 1 and the document, 0 when there is no such file. */
static int read_doc(owners *o, const char *path, const orx_node **ret_root, orx_err *err) {
    ORX_CLEANUP(orx_str_free) orx_str text = {0};
    int rc = orx_read_file(o->c->p, path, orx_limits_data.max_bytes, &text, err);
    if (rc == ORX_E_NOT_FOUND)
        return 0;
    if (rc == 0)
        rc =
            orx_doc_parse(&o->c->arena, path, orx_str_view(&text), &orx_limits_data, ret_root, err);
    return rc < 0 ? rc : 1;
}

/* A list, an object with a list, or a single entry. */
static const orx_node *entries(const orx_node *root, const char *key) {
    const orx_node *list = root->kind == ORX_OBJECT ? orx_node_get(root, key) : root;
    return list && list->kind == ORX_ARRAY ? list : NULL;
}

static void from_task(owners *o, const orx_node *task) {
    const char *owner = orx_node_str(orx_node_get(task, "owner"), "");
    if (!is_known(o, owner) && !is_done(o, orx_node_str(orx_node_get(task, "id"), "")))
        add(o, owner);
}

static const char *from_tasks_file(owners *o) {
    orx_err err = ORX_ERR_INIT;
    const orx_node *root = NULL;
    int rc = read_doc(o, o->c->cfg->paths.tasks_file, &root, &err);
    if (rc <= 0 || !root)
        return rc < 0 ? orx_arena_strdup(&o->c->arena, err.msg) : "";
    const orx_node *list = entries(root, "tasks");
    if (!list)
        from_task(o, root);
    ORX_NODE_EACH(list, task)
    from_task(o, task);
    return "";
}

static void from_lanes(owners *o) {
    ORX_CLEANUP(orx_diags_free) orx_diags diags = {0};
    orx_lanes lanes;
    if (orx_lanes_load(o->c->p, o->c->cfg, &o->c->arena, &diags, &lanes, NULL) < 0)
        return;
    for (size_t i = 0; i < lanes.count; i++)
        if (lanes.items[i].enabled && !lanes.items[i].problem)
            add(o, lanes.items[i].owner);
}

const char *const *orx_cli_owners_in_use(orx_cli *c, const char **ret_problem) {
    owners o = {.c = c, .names = orx_arena_zalloc(&c->arena, OWNERS_MAX + 1, sizeof *o.names)};
    from_journal(&o);
    *ret_problem = from_tasks_file(&o);
    from_lanes(&o);
    return o.names;
}

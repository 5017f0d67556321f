/* What fields mean when the file leaves them out. */
#include "task/fields.h"

static bool list_has_backlog_word(const orx_node *n, const char *terms) {
    if (n && n->kind == ORX_STRING)
        return orx_task_backlog_word(n->u.s, terms);
    ORX_NODE_EACH(n, it) {
        if (it->kind == ORX_STRING && orx_task_backlog_word(it->u.s, terms))
            return true;
    }
    return false;
}

bool orx_task_is_backlog(const orx_node *task, const char *terms) {
    static const char *const keys[] = {"labels", "tags", "lane_type", "queue",
                                       "kind",   "id",   "title",     "description"};
    const orx_node *n = orx_node_get(task, "backlog");
    if (n && n->kind == ORX_BOOL)
        return n->u.b;
    if (n && (n->kind == ORX_INT || n->kind == ORX_DOUBLE))
        return orx_node_num(n, 0) != 0;
    if (n && n->kind == ORX_STRING) {
        static const char *const yes[] = {"1", "true", "yes", "on"};
        for (size_t i = 0; i < ORX_ARRAY_LEN(yes); i++)
            if (orx_view_ieq(orx_view_trim(n->u.s), orx_view_of(yes[i])))
                return true;
        return false;
    }
    for (size_t i = 0; i < ORX_ARRAY_LEN(keys); i++)
        if (list_has_backlog_word(orx_node_get(task, keys[i]), terms))
            return true;
    return false;
}

bool orx_task_owner_known(const orx_task_load_options *options, const char *owner) {
    if (!options->owners)
        return orx_task_id_ok(orx_view_of(owner));
    for (size_t i = 0; options->owners[i]; i++)
        if (strcmp(options->owners[i], owner) == 0)
            return true;
    return false;
}

const char *orx_task_owner_of_id(orx_arena *arena, const orx_task_load_options *options,
                                 const char *id) {
    const char *dash = strchr(id, '-');
    const char *first =
        orx_arena_dup(arena, orx_view_mem(id, dash ? (size_t)(dash - id) : strlen(id)));
    if (orx_task_owner_rank(first) < 3)
        return first;
    if (options->owners && orx_task_owner_known(options, first))
        return first;
    return "codex";
}

const char *orx_task_title_of_id(orx_arena *arena, const char *id) {
    char *title = orx_arena_strdup(arena, id);
    for (char *c = title; *c; c++)
        if (*c == '-')
            *c = ' ';
    return title;
}

#include "config/load.h"

#include "base/nearest.h"

/* Looking for a similar name costs more than reading; after this many unknown names the rest is
 * reported without a suggestion, so that junk of any size is cheap. */
#define SUGGESTIONS_MAX ORX_DIAG_MAX

static bool worth_a_suggestion(const orx_loader *l) {
    return l->diags->warnings + l->diags->errors < SUGGESTIONS_MAX;
}

/* ---- Keys -------------------------------------------------------------------------------------
 */

/* A place in the document: the pattern matches rows ("providers.*"), the path is for people. */
typedef struct place {
    const char *pattern;
    const char *path;
} place;

static place step(orx_loader *l, place at, orx_view member, const char *pattern) {
    const char *dot = *at.pattern ? "." : "";
    orx_view p = pattern ? orx_view_of(pattern) : member;
    return (place){orx_arena_printf(&l->st->arena, "%s%s%.*s", at.pattern, dot, ORX_VIEW_ARG(p)),
                   orx_arena_printf(&l->st->arena, "%s%s%.*s", at.path, dot, ORX_VIEW_ARG(member))};
}

/* The name nearest to word among those that may stand directly under pattern, or NULL. */
static const char *similar_member(orx_loader *l, const char *pattern, orx_view word) {
    orx_nearest n = {0};
    size_t skip = *pattern ? strlen(pattern) + 1 : 0;
    for (size_t i = 0; i < orx_config_key_count; i++) {
        const char *path = orx_config_keys[i].path;
        if (skip && (strncmp(path, pattern, skip - 1) != 0 || path[skip - 1] != '.'))
            continue;
        orx_view part = {path + skip, strcspn(path + skip, ".[")};
        orx_nearest_try(&n, word, orx_arena_dup(&l->st->arena, part));
    }
    return n.best;
}

/* A path with odd characters in it is quoted. */
static const char *printable(orx_loader *l, const char *path) {
    static const char plain[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-[]";
    if (strlen(path) <= 80 && strspn(path, plain) == strlen(path))
        return path;
    ORX_CLEANUP(orx_str_free) orx_str quoted = {0};
    orx_explain_quote(orx_view_of(path), &quoted);
    return orx_arena_dup(&l->st->arena, orx_str_view(&quoted));
}

static void unknown_key(orx_loader *l, const orx_node *member, place at, const char *path) {
    const char *near = worth_a_suggestion(l) ? similar_member(l, at.pattern, member->key) : NULL;
    orx_diag_add(l->diags, l->options->strict ? ORX_DIAG_ERROR : ORX_DIAG_WARNING,
                 orx_loader_key_where(l, member), "%s: unknown key%s%s%s", printable(l, path),
                 near ? "; did you mean " : "", near ? near : "", near ? "?" : "");
}

typedef enum shape { SHAPE_UNKNOWN, SHAPE_KEY, SHAPE_SECTION, SHAPE_INSTANCES, SHAPE_LIST } shape;

static shape shape_of(const char *pattern) {
    size_t n = strlen(pattern);
    for (size_t i = 0; i < orx_config_key_count; i++) {
        const char *path = orx_config_keys[i].path;
        if (strncmp(path, pattern, n) != 0)
            continue;
        if (!path[n])
            return SHAPE_KEY;
        if (!strncmp(path + n, ".*.", 3))
            return SHAPE_INSTANCES;
        if (!strncmp(path + n, "[].", 3))
            return SHAPE_LIST;
        if (path[n] == '.')
            return SHAPE_SECTION;
    }
    return SHAPE_UNKNOWN;
}

static void check_members(orx_loader *l, const orx_node *object, place at);

/* A part that must be an object (null: nothing in it). */
static void check_object(orx_loader *l, const orx_node *node, place at) {
    if (node->kind == ORX_OBJECT)
        check_members(l, node, at);
    else if (node->kind != ORX_NULL)
        orx_diag_add(l->diags, ORX_DIAG_ERROR, orx_loader_where(l, node),
                     "%s: expected an object (key: value lines), found %s", at.path,
                     orx_kind_name(node->kind));
}

static void check_instances(orx_loader *l, const orx_node *node, place at) {
    if (node->kind != ORX_OBJECT) {
        check_object(l, node, at);
        return;
    }
    ORX_NODE_EACH(node, it)
    check_object(l, it, step(l, at, it->key, "*"));
}

static void check_list(orx_loader *l, const orx_node *node, place at) {
    if (node->kind != ORX_ARRAY) {
        if (node->kind != ORX_NULL)
            orx_diag_add(l->diags, ORX_DIAG_ERROR, orx_loader_where(l, node),
                         "%s: expected a list of objects, found %s", at.path,
                         orx_kind_name(node->kind));
        return;
    }
    size_t index = 0;
    ORX_NODE_EACH(node, it) {
        place element = {orx_arena_printf(&l->st->arena, "%s[]", at.pattern),
                         orx_arena_printf(&l->st->arena, "%s[%zu]", at.path, index++)};
        if (it->kind == ORX_OBJECT)
            check_members(l, it, element);
        else
            orx_diag_add(l->diags, ORX_DIAG_ERROR, orx_loader_where(l, it),
                         "%s: expected an object with name or path, found %s", element.path,
                         orx_kind_name(it->kind));
    }
}

/* Never deeper than the rows of the schema are, so the recursion is bounded. */
static void check_members(orx_loader *l, const orx_node *object, place at) {
    ORX_NODE_EACH(object, it) {
        place next = step(l, at, it->key, NULL);
        switch (shape_of(next.pattern)) {
        case SHAPE_KEY: /* its type is checked where it is read */
            break;
        case SHAPE_SECTION:
            check_object(l, it, next);
            break;
        case SHAPE_INSTANCES:
            check_instances(l, it, next);
            break;
        case SHAPE_LIST:
            check_list(l, it, next);
            break;
        case SHAPE_UNKNOWN:
            unknown_key(l, it, at, next.path);
        }
    }
}

void orx_loader_unknown_keys(orx_loader *l) {
    if (l->doc)
        check_members(l, l->doc, (place){"", ""});
}

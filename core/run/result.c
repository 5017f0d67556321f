#include "run/result.h"

#include "data/json.h"
#include "run/text.h"

#define ACTION_MAX 400
#define ITEMS_MAX  64
#define TEXT_MAX   ((size_t)4 << 20)

static const char *const nothing[] = {NULL};

const char *orx_claim_name(orx_claim claim) {
    static const char *const names[] = {"", "done", "partial", "blocked"};
    return names[claim];
}

void orx_result_empty(orx_result *ret_result, orx_claim claim) {
    *ret_result = (orx_result){claim, "", "", "", nothing, nothing};
}

static orx_claim claim_of(const orx_node *object) {
    const orx_node *n = orx_node_get(object, "status");
    if (!n)
        return ORX_CLAIM_BLOCKED;
    const char *word = orx_node_str(n, "");
    for (orx_claim c = ORX_CLAIM_DONE; c <= ORX_CLAIM_BLOCKED; c++)
        if (orx_view_ieq(orx_view_trim(orx_view_of(word)), orx_view_of(orx_claim_name(c))))
            return c;
    return ORX_CLAIM_PARTIAL;
}

/* Any value as one bounded line of text. */
static const char *as_text(orx_arena *arena, const orx_node *n) {
    ORX_CLEANUP(orx_str_free) orx_str s = {0};
    if (n && n->kind == ORX_STRING)
        orx_str_add_utf8(&s, n->u.s);
    else if (n && n->kind != ORX_NULL)
        orx_json_write(&s, n, ORX_JSON_OURS);
    return orx_arena_dup(arena, orx_str_view(&s));
}

static const char *cut_text(orx_arena *arena, const char *text) {
    orx_view v = orx_view_of(text);
    if (v.len > ACTION_MAX)
        v.len = ACTION_MAX;
    while (v.len && v.len == ACTION_MAX && ((unsigned char)v.p[v.len] & 0xC0) == 0x80)
        v.len--;
    return orx_arena_dup(arena, v);
}

static const char *const *list_of(orx_arena *arena, const orx_node *n) {
    if (!n || n->kind == ORX_NULL)
        return nothing;
    uint32_t count = n->kind == ORX_ARRAY ? n->count : 1;
    if (count > ITEMS_MAX)
        count = ITEMS_MAX;
    const char **list = orx_arena_zalloc(arena, count + 1, sizeof *list);
    if (n->kind != ORX_ARRAY) {
        list[0] = cut_text(arena, as_text(arena, n));
        return list;
    }
    const orx_node *it = orx_node_first(n);
    for (uint32_t i = 0; i < count; i++, it = it->next)
        list[i] = cut_text(arena, as_text(arena, it));
    return list;
}

void orx_result_of_node(orx_arena *arena, const orx_node *object, orx_result *ret_result) {
    *ret_result = (orx_result){
        .claim = claim_of(object),
        .summary = as_text(arena, orx_node_get(object, "summary")),
        .commit = as_text(arena, orx_node_get(object, "commit")),
        .blocker = as_text(arena, orx_node_get(object, "blocker")),
        .validations = list_of(arena, orx_node_get(object, "validations")),
        .next_actions = list_of(arena, orx_node_get(object, "next_actions")),
    };
}

static const orx_node *object_in(orx_arena *arena, orx_view text) {
    const orx_node *root;
    text = orx_view_trim(text);
    if (!text.len || text.p[0] != '{')
        return NULL;
    if (orx_json_parse(arena, "result", text, &orx_limits_config, &root, NULL) < 0)
        return NULL;
    return root->kind == ORX_OBJECT ? root : NULL;
}

/* The first fenced block (``` or ```json) that holds an object. */
static const orx_node *fenced(orx_arena *arena, orx_view text) {
    int64_t at;
    while ((at = orx_view_find(text, "```")) >= 0) {
        orx_view inside = {text.p + at + 3, text.len - (size_t)at - 3};
        const char *nl = inside.len ? memchr(inside.p, '\n', inside.len) : NULL;
        int64_t end = orx_view_find(inside, "```");
        if (!nl || end < 0)
            return NULL;
        if (nl - inside.p < end) {
            orx_view body = {nl + 1, (size_t)(inside.p + end - nl - 1)};
            const orx_node *n = object_in(arena, body);
            if (n)
                return n;
        }
        text = (orx_view){inside.p + end + 3, inside.len - (size_t)end - 3};
    }
    return NULL;
}

/* Length of the balanced {...} at the start of text, strings respected; 0 when it never closes. */
static size_t balanced(orx_view text) {
    int depth = 0;
    bool in_string = false;
    for (size_t i = 0; i < text.len; i++) {
        char c = text.p[i];
        if (in_string) {
            if (c == '\\')
                i++;
            else if (c == '"')
                in_string = false;
        } else if (c == '"') {
            in_string = true;
        } else if (c == '{') {
            depth++;
        } else if (c == '}' && --depth == 0) {
            return i + 1;
        }
    }
    return 0;
}

/* The last object with a "status", else the first object, that starts at some brace. At most 64
 * candidates are tried, so a megabyte of braces costs nothing. */
static const orx_node *embedded(orx_arena *arena, orx_view text) {
    const orx_node *first = NULL;
    const orx_node *best = NULL;
    for (int tries = 0; tries < 64; tries++) {
        const char *brace = text.len ? memchr(text.p, '{', text.len) : NULL;
        if (!brace)
            break;
        text = (orx_view){brace, text.len - (size_t)(brace - text.p)};
        size_t n = balanced(text);
        const orx_node *object = n ? object_in(arena, (orx_view){text.p, n}) : NULL;
        if (object && !first)
            first = object;
        if (object && orx_node_get(object, "status"))
            best = object;
        size_t skip = object ? n : 1;
        text = (orx_view){text.p + skip, text.len - skip};
    }
    return best ? best : first;
}

int orx_result_parse(orx_arena *arena, orx_view text, orx_result *ret_result) {
    if (text.len > TEXT_MAX)
        text = (orx_view){text.p + text.len - TEXT_MAX, TEXT_MAX};
    const orx_node *object = object_in(arena, text);
    if (!object)
        object = fenced(arena, text);
    if (!object)
        object = embedded(arena, text);
    if (object) {
        orx_result_of_node(arena, object, ret_result);
        return 1;
    }
    orx_result_empty(ret_result, ORX_CLAIM_NONE);
    ORX_CLEANUP(orx_str_free) orx_str tail = {0};
    orx_text_tail(text, 800, &tail);
    ret_result->summary = orx_arena_dup(arena, orx_str_view(&tail));
    return 0;
}

#include "agent/text.h"

#include "data/json.h"
#include "platform/tools_protocol.h"

typedef struct marks {
    const char *open;
    const char *close;
    bool line; /* the opening mark stands alone on its line */
} marks;

static const marks kinds[] = {
    {"```tool_call", "\n```", true},
    {"```tool", "\n```", true},
    {"<tool_call>", "</tool_call>", false},
};

static orx_view from(orx_view v, size_t at) {
    return at < v.len ? orx_view_mem(v.p + at, v.len - at) : orx_view_mem(v.p + v.len, 0);
}

/* The first block of this kind; what follows it is put into *rest. A block without an end goes to
 * the end of the answer, as answers do that are cut. */
static bool next_of(orx_view answer, const marks *m, orx_view *block, size_t *begin, size_t *end) {
    int64_t at = orx_view_find(answer, m->open);
    if (at < 0)
        return false;
    size_t inside = (size_t)at + strlen(m->open);
    if (m->line) {
        const char *nl = memchr(answer.p + inside, '\n', answer.len - inside);
        size_t stop = nl ? (size_t)(nl - answer.p) : answer.len;
        if (orx_view_trim(orx_view_mem(answer.p + inside, stop - inside)).len)
            return false;
        inside = stop;
    }
    orx_view body = from(answer, inside);
    int64_t close = orx_view_find(body, m->close);
    *block = close < 0 ? body : orx_view_mem(body.p, (size_t)close);
    *begin = (size_t)at;
    *end = close < 0 ? answer.len : inside + (size_t)close + strlen(m->close);
    return true;
}

static bool next_block(orx_view *rest, orx_view *ret_block) {
    size_t best = SIZE_MAX;
    size_t end = 0;
    for (size_t i = 0; i < ORX_ARRAY_LEN(kinds); i++) {
        orx_view block;
        size_t b;
        size_t e;
        if (next_of(*rest, &kinds[i], &block, &b, &e) && b < best) {
            best = b;
            end = e;
            *ret_block = block;
        }
    }
    if (best == SIZE_MAX)
        return false;
    *rest = from(*rest, end);
    return true;
}

static const orx_node *first_of(const orx_node *object, const char *const *names) {
    for (; *names; names++)
        if (orx_node_get(object, *names))
            return orx_node_get(object, *names);
    return NULL;
}

static orx_talk_call understand(orx_view block, size_t number, orx_arena *arena) {
    static const char *const names[] = {"name", "tool", "function", NULL};
    static const char *const arguments[] = {"arguments", "parameters", "args", NULL};
    const orx_doc_limits limits = {ORX_TOOLS_REQUEST_MAX, 18, 10000};
    const orx_node *root = NULL;
    orx_talk_call call = {.id = orx_view_of(orx_arena_printf(arena, "text_%zu", number)),
                          .name = {"", 0},
                          .arguments = orx_view_trim(block)};
    if (orx_json_parse(arena, "call", call.arguments, &limits, &root, NULL) < 0)
        return call;
    const orx_node *name = first_of(root, names);
    const orx_node *args = first_of(root, arguments);
    if (!name || name->kind != ORX_STRING)
        return call;
    ORX_CLEANUP(orx_str_free) orx_str text = {0};
    if (args && args->kind == ORX_STRING)
        orx_str_addv(&text, args->u.s);
    else if (args)
        orx_json_write(&text, args, ORX_JSON_OURS);
    call.name = name->u.s;
    call.arguments = orx_arena_view(arena, orx_str_view(&text));
    return call;
}

size_t orx_text_calls(orx_view answer, orx_arena *arena, const orx_talk_call **ret_calls) {
    orx_talk_call *list = orx_arena_zalloc(arena, ORX_TEXT_CALLS_MAX, sizeof *list);
    orx_view rest = answer;
    orx_view block;
    size_t n = 0;
    while (n < ORX_TEXT_CALLS_MAX && rest.len && next_block(&rest, &block)) {
        list[n] = understand(block, n + 1, arena);
        n++;
    }
    *ret_calls = list;
    return n;
}

void orx_text_explain(orx_str *out) {
    orx_str_adds(out, "To use a tool, write a block like this, with JSON in it, and nothing behind "
                      "it; then wait for the result:\n\n```tool\n{\"name\": \"read_file\", "
                      "\"arguments\": {\"path\": \"README.md\"}}\n```\n\n");
}

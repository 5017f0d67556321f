#include "agent/talk.h"

#include "data/json.h"

#include <stdlib.h>

static const char *const role_words[] = {"", "system", "user", "assistant", "tool"};

void orx_talk_free(orx_talk *talk) {
    orx_vec_free(&talk->messages);
    orx_arena_free(&talk->arena);
}

/* ---- Growing --------------------------------------------------------------------------------- */

static void push(orx_talk *talk, const orx_talk_message *m) {
    orx_talk_message kept = *m;
    kept.text = orx_arena_view(&talk->arena, m->text);
    kept.call_id = orx_arena_view(&talk->arena, m->call_id);
    kept.tool = orx_arena_view(&talk->arena, m->tool);
    orx_talk_call *calls = orx_arena_zalloc(&talk->arena, m->call_count + 1, sizeof *calls);
    for (size_t i = 0; i < m->call_count; i++)
        calls[i] = (orx_talk_call){orx_arena_view(&talk->arena, m->calls[i].id),
                                   orx_arena_view(&talk->arena, m->calls[i].name),
                                   orx_arena_view(&talk->arena, m->calls[i].arguments)};
    kept.calls = calls;
    orx_vec_push(&talk->messages, kept);
}

void orx_talk_say(orx_talk *talk, int32_t role, orx_view text) {
    const orx_talk_message m = {.role = role, .text = text};
    push(talk, &m);
}

void orx_talk_answer(orx_talk *talk, orx_view text, const orx_talk_call *calls, size_t count) {
    const orx_talk_message m = {
        .role = ORXAQ_ROLE_ASSISTANT, .text = text, .calls = calls, .call_count = count};
    push(talk, &m);
}

void orx_talk_result(orx_talk *talk, orx_view tool, orx_view call_id, orx_view text) {
    const orx_talk_message m = {.role = call_id.len ? ORXAQ_ROLE_TOOL : ORXAQ_ROLE_USER,
                                .text = text,
                                .call_id = call_id,
                                .tool = tool};
    push(talk, &m);
}

/* ---- Going out ------------------------------------------------------------------------------- */

static orxaq_view as_public(orx_view v) {
    return orxaq_view_of(v.len ? v.p : "", v.len);
}

static const orxaq_past_call *past_calls(const orx_talk_message *m, orx_arena *arena) {
    orxaq_past_call *list = orx_arena_zalloc(arena, m->call_count + 1, sizeof *list);
    for (size_t i = 0; i < m->call_count; i++)
        list[i] = (orxaq_past_call){.struct_size = sizeof *list,
                                    .id = as_public(m->calls[i].id),
                                    .name = as_public(m->calls[i].name),
                                    .arguments = as_public(m->calls[i].arguments)};
    return list;
}

/* Joins the texts of messages i to j, which one user says in a row. */
static orxaq_view joined(const orx_talk *talk, size_t i, size_t j, orx_arena *arena) {
    ORX_CLEANUP(orx_str_free) orx_str text = {0};
    for (size_t k = i; k <= j; k++) {
        if (k > i)
            orx_str_adds(&text, "\n\n");
        orx_str_addv(&text, talk->messages.items[k].text);
    }
    return as_public(orx_arena_view(arena, orx_str_view(&text)));
}

const orxaq_message *orx_talk_messages(const orx_talk *talk, orx_arena *arena,
                                       uint32_t *ret_count) {
    size_t all = talk->messages.len;
    orxaq_message *list = orx_arena_zalloc(arena, all + 1, sizeof *list);
    uint32_t n = 0;
    for (size_t i = 0; i < all; i++) {
        const orx_talk_message *m = &talk->messages.items[i];
        size_t last = i;
        while (m->role == ORXAQ_ROLE_USER && last + 1 < all &&
               talk->messages.items[last + 1].role == ORXAQ_ROLE_USER)
            last++;
        list[n++] =
            (orxaq_message){.struct_size = sizeof *list,
                            .role = m->role,
                            .text = last > i ? joined(talk, i, last, arena) : as_public(m->text),
                            .call_id = as_public(m->call_id),
                            .calls = past_calls(m, arena),
                            .call_count = (uint32_t)m->call_count};
        i = last;
    }
    *ret_count = n;
    return list;
}

size_t orx_talk_bytes(const orx_talk *talk) {
    size_t sum = 0;
    for (size_t i = 0; i < talk->messages.len; i++) {
        const orx_talk_message *m = &talk->messages.items[i];
        sum += m->text.len + m->call_id.len + 16;
        for (size_t k = 0; k < m->call_count; k++)
            sum += m->calls[k].id.len + m->calls[k].name.len + m->calls[k].arguments.len + 32;
    }
    return sum;
}

/* ---- Room ------------------------------------------------------------------------------------ */

/* Where the last three turns begin. */
static size_t fresh_from(const orx_talk *talk) {
    size_t i = talk->messages.len;
    for (int turns = 0; i > 0 && turns < ORX_TALK_FRESH; i--)
        turns += talk->messages.items[i - 1].role == ORXAQ_ROLE_ASSISTANT;
    return i;
}

/* The last line that says something, where tools tell how it ended. */
static orx_view last_line(orx_view text) {
    orx_view rest = orx_view_trim(text);
    orx_view line = {0};
    while (rest.p && orx_view_split(&rest, '\n', &line)) {
    }
    line.len = line.len < 100 ? line.len : 100;
    while (line.len && line.len == 100 && ((unsigned char)line.p[line.len] & 0xC0) == 0x80)
        line.len--;
    return line;
}

static char *one_line(orx_talk *talk, const orx_talk_message *m) {
    return orx_arena_printf(
        &talk->arena,
        "[%.*s: %zu bytes, left out to save room; call it again if needed. Last line: %.*s]",
        ORX_VIEW_ARG(m->tool), m->text.len, ORX_VIEW_ARG(last_line(m->text)));
}

bool orx_talk_digest(orx_talk *talk) {
    size_t end = fresh_from(talk);
    for (size_t i = 0; i < end; i++) {
        orx_talk_message *m = &talk->messages.items[i];
        if (!m->tool.len || m->digested)
            continue;
        m->digested = true;
        orx_view line = orx_view_of(one_line(talk, m));
        if (line.len >= m->text.len)
            continue;
        m->text = line;
        return true;
    }
    return false;
}

/* ---- Stored ---------------------------------------------------------------------------------- */

static void put(orx_arena *arena, orx_node *object, const char *key, orx_view text) {
    if (text.len)
        orx_node_set(arena, object, key, orx_node_new_str(arena, text));
}

static orx_node *message_node(orx_arena *arena, const orx_talk_message *m) {
    orx_node *n = orx_node_new(arena, ORX_OBJECT);
    orx_node_set_str(arena, n, "role", role_words[m->role]);
    put(arena, n, "text", m->text);
    put(arena, n, "id", m->call_id);
    put(arena, n, "tool", m->tool);
    if (!m->call_count)
        return n;
    orx_node *calls = orx_node_new(arena, ORX_ARRAY);
    for (size_t i = 0; i < m->call_count; i++) {
        orx_node *c = orx_node_new(arena, ORX_OBJECT);
        put(arena, c, "id", m->calls[i].id);
        put(arena, c, "name", m->calls[i].name);
        put(arena, c, "arguments", m->calls[i].arguments);
        orx_node_push(calls, c);
    }
    orx_node_set(arena, n, "calls", calls);
    return n;
}

void orx_talk_write(const orx_talk *talk, size_t first, orx_str *out) {
    ORX_CLEANUP(orx_arena_free) orx_arena arena = {0};
    orx_node *list = orx_node_new(&arena, ORX_ARRAY);
    for (size_t i = first; i < talk->messages.len; i++)
        orx_node_push(list, message_node(&arena, &talk->messages.items[i]));
    orx_json_write(out, list, ORX_JSON_OURS);
}

static orx_view text_of(const orx_node *object, const char *key) {
    const orx_node *n = orx_node_get(object, key);
    return n && n->kind == ORX_STRING ? n->u.s : (orx_view){"", 0};
}

static bool read_message(orx_talk *talk, const orx_node *n) {
    orx_talk_message m = {
        .text = text_of(n, "text"), .call_id = text_of(n, "id"), .tool = text_of(n, "tool")};
    for (int32_t role = ORXAQ_ROLE_SYSTEM; role <= ORXAQ_ROLE_TOOL; role++)
        if (orx_view_is(text_of(n, "role"), role_words[role]))
            m.role = role;
    const orx_node *calls = orx_node_get(n, "calls");
    orx_talk_call *list =
        orx_arena_zalloc(&talk->arena, (calls ? calls->count : 0) + (size_t)1, sizeof *list);
    ORX_NODE_EACH(calls, it)
    list[m.call_count++] =
        (orx_talk_call){text_of(it, "id"), text_of(it, "name"), text_of(it, "arguments")};
    m.calls = list;
    if (m.role)
        push(talk, &m);
    return m.role != 0;
}

int orx_talk_read(orx_talk *talk, orx_view json, orx_err *err) {
    ORX_CLEANUP(orx_arena_free) orx_arena arena = {0};
    const orx_node *list = NULL;
    size_t before = talk->messages.len;
    int rc = orx_json_parse(&arena, "a stored step", json, &orx_limits_data, &list, err);
    bool good = rc == 0 && list->kind == ORX_ARRAY;
    ORX_NODE_EACH(good ? list : NULL, it) good = good && read_message(talk, it);
    if (good)
        return 0;
    talk->messages.len = before;
    return orx_err_set(err, ORX_E_CORRUPT,
                       "a stored step of a conversation is no list of messages");
}

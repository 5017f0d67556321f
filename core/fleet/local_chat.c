#include "fleet/local_chat.h"

#include "data/json.h"

#include <math.h>

double orx_local_ms(int64_t ns) {
    return nearbyint((double)ns / 1e3) / 1e3;
}

const char *orx_local_error(const orx_answer *a, orx_arena *arena) {
    return a->http ? orx_arena_printf(arena, "http_%d:%s", a->status, a->text) : a->text;
}

static orx_view body_of(orx_arena *a, const orx_local_chat *chat) {
    ORX_CLEANUP(orx_str_free) orx_str text = {0};
    orx_node *n = orx_node_new(a, ORX_OBJECT);
    orx_node *messages = orx_node_new(a, ORX_ARRAY);
    orx_node *message = orx_node_new(a, ORX_OBJECT);
    orx_node_set_str(a, message, "role", "user");
    orx_node_set_str(a, message, "content", chat->prompt);
    orx_node_push(messages, message);
    orx_node_set_str(a, n, "model", chat->model);
    orx_node_set(a, n, "messages", messages);
    orx_node_set_int(a, n, "max_tokens", chat->max_tokens);
    orx_node_set(a, n, "temperature", orx_node_new_double(a, chat->temperature));
    orx_node_set_bool(a, n, "stream", false);
    orx_json_write(&text, n, ORX_JSON_PY_LINE);
    return orx_arena_view(a, orx_str_view(&text));
}

/* An answer without a text is no answer, whatever its status; one of a model that only thought is.
 */
static void understand(orx_local_said *s, const orx_answer *a, orx_arena *arena) {
    const orx_node *message =
        orx_node_get(orx_node_first(orx_node_get(a->doc, "choices")), "message");
    const orx_node *content = orx_node_get(message, "content");
    const orx_node *thought = orx_node_get(message, "reasoning_content");
    s->latency_ns = a->latency_ns;
    s->error = orx_local_error(a, arena);
    s->text = orx_node_str(content, "");
    s->usage = orx_node_get(a->doc, "usage");
    s->ok = a->ok && (*s->text || *orx_node_str(thought, ""));
    s->silent = a->reached && !a->http && !s->usage;
    if (a->ok && !s->ok)
        s->error = "the answer has no text";
}

void orx_local_chat_all(const orx_local_work *w, const orx_local_chat *chats, size_t count,
                        orx_local_said *said) {
    if (!count)
        return;
    orx_ask *asks = orx_arena_zalloc(w->arena, count + 1, sizeof *asks);
    orx_answer *answers = orx_arena_zalloc(w->arena, count + 1, sizeof *answers);
    for (size_t i = 0; i < count; i++) {
        const orx_local_endpoint *e = &w->fleet->items[chats[i].endpoint];
        asks[i] = orx_local_ask(w->fleet, e, e->base_url, "/chat/completions", chats[i].timeout_ns,
                                w->arena);
        asks[i].body = body_of(w->arena, &chats[i]);
    }
    size_t paid = w->refused->code ? 0 : w->reserve(w, chats, said, count);
    orx_ask_all(w->p, asks, paid, w->arena, answers);
    for (size_t i = 0; i < paid; i++)
        understand(&said[i], &answers[i], w->arena);
    for (size_t i = paid; i < count; i++)
        said[i] = (orx_local_said){
            .refused = true, .text = "", .error = orx_arena_strdup(w->arena, w->refused->msg)};
    if (paid)
        w->spend(w, chats, said, paid);
}

#include "fleet/local_load.h"

#include "data/json.h"
#include "fleet/local_chat.h"

#define LOAD_NS (120 * ORX_SEC)

bool orx_local_load(const orx_local_work *w, size_t i, const char *model, int64_t window,
                    orx_node *n) {
    ORX_CLEANUP(orx_str_free) orx_str text = {0};
    orx_arena *a = w->arena;
    const orx_local_endpoint *e = &w->fleet->items[i];
    orx_ask ask = orx_local_ask(w->fleet, e, e->root_url, "/api/v1/models/load", LOAD_NS, a);
    orx_node *body = orx_node_new(a, ORX_OBJECT);
    orx_answer answer;
    orx_node_set_str(a, body, "model", model);
    if (window > 0)
        orx_node_set_int(a, body, "context_length", window);
    orx_json_write(&text, body, ORX_JSON_PY_LINE);
    ask.body = orx_arena_view(a, orx_str_view(&text));
    orx_ask_all(w->p, &ask, 1, a, &answer);
    orx_node_set_bool(a, n, "ok", answer.ok);
    orx_node_set_str(a, n, "error", orx_local_error(&answer, a));
    orx_node_set(a, n, "latency_ms", orx_node_new_double(a, orx_local_ms(answer.latency_ns)));
    return answer.ok;
}

bool orx_local_any_loaded(const orx_local_state *s) {
    for (size_t i = 0; i < s->count; i++)
        if (s->models[i].loaded == 1 && !s->models[i].embeds)
            return true;
    return false;
}

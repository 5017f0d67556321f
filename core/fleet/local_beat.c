#include "fleet/local_beat.h"

#include "fleet/local_chat.h"

#define PREVIEW_MAX 200 /* [K] characters */

bool orx_local_is_remote(const orx_local_beat *b, const orx_local_endpoint *e) {
    static const char *const ours[] = {"127.0.0.1:", "localhost:", "[::1]:", "::1:"};
    bool wanted = !b->only[0];
    for (const char *const *id = b->only; *id; id++)
        wanted = wanted || strcmp(*id, e->id) == 0;
    for (size_t i = 0; i < ORX_ARRAY_LEN(ours); i++)
        if (strncmp(e->key, ours[i], strlen(ours[i])) == 0)
            return false;
    return wanted && e->enabled;
}

/* [K] The first of these that is there, else the first; only what a request does not load. */
static const orx_local_model *choose(const orx_local_state *s) {
    static const char *const preferred[] = {"qwen2.5-coder-7b-instruct", "qwen/qwen2.5-coder-32b",
                                            "qwen/qwen3-coder-next",
                                            "deepseek-coder-v2-lite-instruct", "google/gemma-3-4b"};
    for (size_t i = 0; i < ORX_ARRAY_LEN(preferred); i++) {
        const orx_local_model *m = orx_local_find(s, preferred[i]);
        if (m && orx_local_is_ready(m))
            return m;
    }
    for (size_t i = 0; i < s->count; i++)
        if (orx_local_is_ready(&s->models[i]))
            return &s->models[i];
    return NULL;
}

typedef struct beat {
    size_t endpoint;
    const orx_local_model *model;
    const char *marker;
    const char *ack;
    const char *error;   /* why nobody was asked, or NULL */
    const char *skipped; /* likewise, of one that is well */
    orx_local_said said;
} beat;

static void prepare(const orx_local_work *w, beat *b) {
    const orx_local_endpoint *e = &w->fleet->items[b->endpoint];
    const orx_local_state *s = &w->states[b->endpoint];
    long long epoch = (long long)(orx_wall_ns(w->p) / ORX_SEC);
    b->marker = orx_arena_printf(w->arena, "REMOTE_HEARTBEAT_%s_%lld_1", e->id, epoch);
    b->ack = orx_arena_printf(w->arena, "ACK_%s_1", e->id);
    b->model = s->ok ? choose(s) : NULL;
    if (!s->ok)
        b->error = s->error;
    else if (orx_local_busy(w, b->endpoint))
        b->skipped = "it is at work";
    else if (!b->model)
        b->error = "no model is loaded";
}

static bool is_asked(const beat *b) {
    return b->model && !b->error && !b->skipped;
}

static orx_local_chat chat_of(const orx_local_work *w, const orx_local_beat *setup, const beat *b) {
    return (orx_local_chat){
        .endpoint = b->endpoint,
        .model = b->model->id,
        .prompt = orx_arena_printf(w->arena, "%s\nReply with exactly %s.", b->marker, b->ack),
        .max_tokens = setup->max_tokens,
        .timeout_ns = setup->timeout_ns};
}

/* A server that answers something else was not listening. */
static void judge(beat *b) {
    if (b->said.ok && !strstr(b->said.text, b->ack)) {
        b->said.ok = false;
        b->said.error = "the answer is not what was asked for";
    }
}

static const char *preview(orx_arena *a, const char *text) {
    size_t n = 0, length = strlen(text);
    for (size_t i = 0; i < PREVIEW_MAX && n < length; i++) {
        size_t step = orx_utf8_len(text + n, length - n);
        n += step ? step : 1;
    }
    return orx_arena_dup(a, orx_view_mem(text, n < length ? n : length));
}

static orx_node *row_of(const orx_local_work *w, const beat *b) {
    orx_arena *a = w->arena;
    const orx_local_endpoint *e = &w->fleet->items[b->endpoint];
    orx_node *n = orx_node_new(a, ORX_OBJECT);
    orx_node_set_str(a, n, "event", "remote_heartbeat_probe");
    orx_node_set_str(a, n, "timestamp", orx_local_now(w));
    orx_node_set_str(a, n, "endpoint_id", e->id);
    orx_node_set_str(a, n, "base_url", e->base_url);
    orx_node_set_str(a, n, "model", b->model ? b->model->id : "");
    orx_node_set_str(a, n, "marker", b->marker);
    orx_node_set_bool(a, n, "ok", b->skipped || (!b->error && b->said.ok));
    orx_node_set_str(a, n, "error", b->error ? b->error : b->skipped ? "" : b->said.error);
    orx_node_set(a, n, "latency_ms", orx_node_new_double(a, orx_local_ms(b->said.latency_ns)));
    orx_node_set_str(a, n, "response_preview",
                     b->error || b->skipped ? "" : preview(a, b->said.text));
    if (b->skipped)
        orx_node_set_str(a, n, "skipped", b->skipped);
    return n;
}

orx_node *orx_local_beat_rows(orx_local_work *w, const orx_local_beat *setup, bool *ret_well) {
    size_t most = w->fleet->count + 1, count = 0, asked = 0;
    beat *beats = orx_arena_zalloc(w->arena, most, sizeof *beats);
    orx_local_chat *chats = orx_arena_zalloc(w->arena, most, sizeof *chats);
    orx_local_said *said = orx_arena_zalloc(w->arena, most, sizeof *said);
    orx_node *rows = orx_node_new(w->arena, ORX_ARRAY);
    bool well = true;
    orx_local_look(w, setup->timeout_ns);
    for (size_t i = 0; i < w->fleet->count; i++)
        if (orx_local_is_remote(setup, &w->fleet->items[i])) {
            beats[count].endpoint = i;
            prepare(w, &beats[count++]);
        }
    for (size_t i = 0; i < count; i++)
        if (is_asked(&beats[i]))
            chats[asked++] = chat_of(w, setup, &beats[i]);
    orx_local_chat_all(w, chats, asked, said);
    for (size_t i = 0, next = 0; i < count; i++) {
        if (is_asked(&beats[i]))
            beats[i].said = said[next++];
        judge(&beats[i]);
        orx_node *row = row_of(w, &beats[i]);
        well = well && orx_node_bool(orx_node_get(row, "ok"), false);
        orx_node_push(rows, row);
    }
    *ret_well = well;
    return rows;
}

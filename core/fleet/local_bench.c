#include "fleet/local_bench.h"

#include "fleet/local_chat.h"

/* One for each pair that is asked. */
typedef struct ask_of {
    orx_local_chat chat;
    orx_local_said said;
} ask_of;

static orx_node *row_of(const orx_local_work *w, const ask_of *x) {
    orx_arena *a = w->arena;
    const orx_local_endpoint *e = &w->fleet->items[x->chat.endpoint];
    orx_node *n = orx_node_new(a, ORX_OBJECT);
    orx_node_set_str(a, n, "timestamp", orx_local_now(w));
    orx_node_set_str(a, n, "endpoint_id", e->id);
    orx_node_set_str(a, n, "base_url", e->base_url);
    orx_node_set_str(a, n, "model", x->chat.model);
    orx_node_set_bool(a, n, "ok", x->said.ok);
    orx_node_set_str(a, n, "error", x->said.error);
    orx_node_set(a, n, "latency_ms", orx_node_new_double(a, orx_local_ms(x->said.latency_ns)));
    orx_node_set_int(a, n, "response_chars", (int64_t)strlen(x->said.text));
    orx_node_set(a, n, "usage",
                 x->said.usage ? orx_node_copy(a, x->said.usage) : orx_node_new(a, ORX_OBJECT));
    return n;
}

static void skip(const orx_local_work *w, orx_node *list, size_t i, const char *model,
                 const char *why) {
    orx_node *n = orx_node_new(w->arena, ORX_OBJECT);
    orx_node_set_str(w->arena, n, "endpoint_id", w->fleet->items[i].id);
    orx_node_set_str(w->arena, n, "model", model);
    orx_node_set_str(w->arena, n, "reason", why);
    orx_node_push(list, n);
}

/* ---- Rounds: one model of each endpoint at a time -------------------------------------------- */

/* The models of an endpoint that are asked, in their order. */
static size_t wanted(const orx_local_work *w, size_t i, orx_node *skipped, const char **models) {
    const orx_local_state *s = &w->states[i];
    size_t n = 0;
    if (s->ok && orx_local_busy(w, i)) {
        skip(w, skipped, i, "", "it is at work");
        return 0;
    }
    for (size_t k = 0; s->ok && k < s->count; k++) {
        const orx_local_model *m = &s->models[k];
        if (m->embeds || n == (size_t)w->fleet->bench.models_per_endpoint)
            continue;
        if (orx_local_is_ready(m))
            models[n++] = m->id;
        else
            skip(w, skipped, i, m->id, "not loaded");
    }
    return n;
}

static size_t ask_round(const orx_local_work *w, const char *(*models)[64], const size_t *counts,
                        size_t round, orx_node *rows, orx_node *skipped) {
    const orx_local_bench *b = &w->fleet->bench;
    orx_local_chat *chats = orx_arena_zalloc(w->arena, w->fleet->count + 1, sizeof *chats);
    orx_local_said *said = orx_arena_zalloc(w->arena, w->fleet->count + 1, sizeof *said);
    size_t n = 0;
    for (size_t i = 0; i < w->fleet->count; i++)
        if (round < counts[i])
            chats[n++] = (orx_local_chat){
                i, models[i][round], b->prompt, b->max_tokens, b->temperature, b->timeout_ns};
    orx_local_chat_all(w, chats, n, said);
    for (size_t i = 0; i < n; i++)
        if (said[i].refused)
            skip(w, skipped, chats[i].endpoint, chats[i].model, said[i].error);
        else
            orx_node_push(rows, row_of(w, &(ask_of){chats[i], said[i]}));
    return n;
}

/* ---- Sums ------------------------------------------------------------------------------------ */

static void add(orx_arena *a, orx_node *n, const char *key, int64_t more) {
    orx_node_set_int(a, n, key, orx_node_int(orx_node_get(n, key), 0) + more);
}

static orx_node *sum_of(const orx_local_work *w, const orx_node *rows, const char *id) {
    orx_arena *a = w->arena;
    orx_node *n = orx_node_new(a, ORX_OBJECT);
    double total = 0, best = -1;
    int64_t ok = 0, requests = 0;
    const char *model = "";
    ORX_NODE_EACH(rows, row) {
        double ms = orx_node_num(orx_node_get(row, "latency_ms"), 0);
        if (strcmp(orx_node_str(orx_node_get(row, "endpoint_id"), ""), id) != 0)
            continue;
        requests++;
        if (!orx_node_bool(orx_node_get(row, "ok"), false))
            continue;
        ok++;
        total += ms;
        if (best < 0 || ms < best) {
            best = ms;
            model = orx_node_str(orx_node_get(row, "model"), "");
        }
    }
    orx_node_set_int(a, n, "requests", requests);
    orx_node_set_int(a, n, "ok", ok);
    orx_node_set_int(a, n, "errors", requests - ok);
    orx_node_set(a, n, "latency_ms_avg", orx_node_new_double(a, ok ? total / (double)ok : 0));
    orx_node_set_str(a, n, "best_model", model);
    orx_node_set(a, n, "best_latency_ms", orx_node_new_double(a, best < 0 ? 0 : best));
    return requests ? n : NULL;
}

static orx_node *summary_of(const orx_local_work *w, const orx_node *rows) {
    orx_arena *a = w->arena;
    orx_node *n = orx_node_new(a, ORX_OBJECT);
    orx_node *by = orx_node_new(a, ORX_OBJECT);
    orx_node_set_int(a, n, "requests", 0);
    orx_node_set_int(a, n, "ok", 0);
    orx_node_set_int(a, n, "errors", 0);
    for (size_t i = 0; i < w->fleet->count; i++) {
        orx_node *one = sum_of(w, rows, w->fleet->items[i].id);
        if (!one)
            continue;
        add(a, n, "requests", orx_node_int(orx_node_get(one, "requests"), 0));
        add(a, n, "ok", orx_node_int(orx_node_get(one, "ok"), 0));
        add(a, n, "errors", orx_node_int(orx_node_get(one, "errors"), 0));
        orx_node_set(a, by, w->fleet->items[i].id, one);
    }
    orx_node_set(a, n, "by_endpoint", by);
    return n;
}

orx_node *orx_local_bench_report(const orx_local_work *w) {
    orx_arena *a = w->arena;
    orx_node *n = orx_node_new(a, ORX_OBJECT);
    orx_node *rows = orx_node_new(a, ORX_ARRAY);
    orx_node *skipped = orx_node_new(a, ORX_ARRAY);
    const char *(*models)[64] = orx_arena_zalloc(a, w->fleet->count + 1, sizeof *models);
    size_t *counts = orx_arena_zalloc(a, w->fleet->count + 1, sizeof *counts);
    for (size_t i = 0; i < w->fleet->count; i++)
        counts[i] = wanted(w, i, skipped, models[i]);
    for (size_t round = 0; ask_round(w, models, counts, round, rows, skipped) > 0; round++)
        ;
    orx_node_set_str(a, n, "timestamp", orx_local_now(w));
    orx_node_set(a, n, "results", rows);
    orx_node_set(a, n, "skipped", skipped);
    orx_node_set(a, n, "summary", summary_of(w, rows));
    return n;
}

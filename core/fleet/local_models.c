#include "fleet/local_models.h"

#include <math.h>
#include <stdlib.h>

/* ---- Lists ----------------------------------------------------------------------------------- */

enum { NATIVE_1, NATIVE_0, PLAIN, LISTS };

static int64_t positive(const orx_node *n, const char *path) {
    int64_t value = orx_node_int(orx_node_path(n, path), 0);
    return value > 0 ? value : 0;
}

/* {key, type, max_context_length, loaded_instances: [{config: {context_length, parallel}}]} */
static orx_local_model native_1(const orx_node *row) {
    const orx_node *instances = orx_node_get(row, "loaded_instances");
    const orx_node *first = orx_node_first(instances);
    return (orx_local_model){
        .id = orx_node_str(orx_node_get(row, "key"), ""),
        .loaded = first != NULL,
        .embeds = strcmp(orx_node_str(orx_node_get(row, "type"), ""), "embedding") == 0,
        .window = positive(first, "config.context_length"),
        .parallel = positive(first, "config.parallel"),
        .window_max = positive(row, "max_context_length")};
}

/* {id, type, state, loaded_context_length, max_context_length} */
static orx_local_model native_0(const orx_node *row) {
    const char *state = orx_node_str(orx_node_get(row, "state"), "");
    return (orx_local_model){
        .id = orx_node_str(orx_node_get(row, "id"), ""),
        .loaded = strcmp(state, "loaded") == 0,
        .loading = strcmp(state, "loading") == 0,
        .embeds = strcmp(orx_node_str(orx_node_get(row, "type"), ""), "embeddings") == 0,
        .window = positive(row, "loaded_context_length"),
        .window_max = positive(row, "max_context_length")};
}

/* {id}, and what vLLM and llama.cpp add */
static orx_local_model plain(const orx_node *row) {
    int64_t window = positive(row, "max_model_len");
    const char *id = orx_node_str(orx_node_get(row, "id"), "");
    return (orx_local_model){.id = id,
                             .loaded = -1,
                             .embeds = orx_model_complexity(id) == 5,
                             .window = window ? window : positive(row, "meta.n_ctx")};
}

static const orx_node *list_in(const orx_answer *a, int kind) {
    const orx_node *list = orx_node_get(a->doc, kind == NATIVE_1 ? "models" : "data");
    if (!a->ok || !list || list->kind != ORX_ARRAY)
        return NULL;
    /* A proxy may show the plain list at the old address. */
    if (kind == NATIVE_0 && list->count && !orx_node_get(orx_node_first(list), "state"))
        return NULL;
    if (kind == NATIVE_1 && list->count && !orx_node_get(orx_node_first(list), "key"))
        return NULL;
    return list;
}

static int by_score(const void *x, const void *y) {
    const orx_local_model *a = x, *b = y;
    return a->score != b->score ? b->score - a->score : strcmp(b->id, a->id);
}

static void take_list(orx_local_state *s, const orx_node *list, int kind, orx_arena *arena) {
    static orx_local_model (*const readers[])(const orx_node *) = {native_1, native_0, plain};
    size_t most = list->count < ORX_LOCAL_MODELS_MAX ? list->count : ORX_LOCAL_MODELS_MAX;
    s->models = orx_arena_zalloc(arena, most + 1, sizeof *s->models);
    ORX_NODE_EACH(list, row) {
        orx_local_model m = readers[kind](row);
        if (!*m.id || s->count == most)
            continue;
        m.score = orx_model_complexity(m.id);
        s->models[s->count++] = m;
    }
    qsort(s->models, s->count, sizeof *s->models, by_score);
}

/* The newer of its own lists knows more, the older one whether a model is being loaded. */
static void add_loading(orx_local_state *s, const orx_node *older) {
    ORX_NODE_EACH(older, row) {
        orx_local_model m = native_0(row);
        for (size_t i = 0; m.loading && i < s->count; i++)
            if (strcmp(s->models[i].id, m.id) == 0)
                s->models[i].loading = true;
    }
}

static void take_answers(orx_local_state *s, const orx_answer answers[LISTS], orx_arena *arena) {
    s->asked = true;
    s->error = answers[PLAIN].http ? orx_arena_printf(arena, "http_%d:%s", answers[PLAIN].status,
                                                      answers[PLAIN].text)
                                   : answers[PLAIN].text;
    s->latency_ns = answers[PLAIN].latency_ns;
    for (int kind = NATIVE_1; kind < LISTS; kind++) {
        const orx_node *list = list_in(&answers[kind], kind);
        if (!list)
            continue;
        s->ok = true;
        s->native = kind != PLAIN;
        s->error = "";
        s->latency_ns = answers[kind].latency_ns;
        take_list(s, list, kind, arena);
        if (kind == NATIVE_1)
            add_loading(s, list_in(&answers[NATIVE_0], NATIVE_0));
        return;
    }
    if (!*s->error)
        s->error = "the answer is no list of models";
}

void orx_local_look(orx_local_work *w, int64_t timeout_ns) {
    static const char *const paths[] = {"/api/v1/models", "/api/v0/models", "/models"};
    const orx_local_fleet *f = w->fleet;
    orx_ask *asks = orx_arena_zalloc(w->arena, f->count * LISTS + 1, sizeof *asks);
    orx_answer *answers = orx_arena_zalloc(w->arena, f->count * LISTS + 1, sizeof *answers);
    w->states = orx_arena_zalloc(w->arena, f->count + 1, sizeof *w->states);
    for (size_t i = 0; i < f->count; i++)
        for (size_t k = 0; k < LISTS; k++) {
            const orx_local_endpoint *e = &f->items[i];
            orx_ask *ask = &asks[i * LISTS + k];
            *ask = orx_local_ask(f, e, k == PLAIN ? e->base_url : e->root_url, paths[k], timeout_ns,
                                 w->arena);
            ask->skip = !e->enabled;
        }
    orx_ask_all(w->p, asks, f->count * LISTS, w->arena, answers);
    for (size_t i = 0; i < f->count; i++) {
        w->states[i].error = "disabled";
        if (f->items[i].enabled)
            take_answers(&w->states[i], &answers[i * LISTS], w->arena);
    }
}

/* ---- Asking what was found ------------------------------------------------------------------- */

bool orx_local_busy(const orx_local_work *w, size_t endpoint) {
    const orx_local_state *s = &w->states[endpoint];
    for (size_t i = 0; i < s->count; i++)
        if (s->models[i].loading)
            return true;
    return w->in_flight && w->in_flight(w->fleet->items[endpoint].key, w->user) > 0;
}

static const char *bare(const char *model) {
    const char *slash = strchr(model, '/');
    return slash && slash[1] ? slash + 1 : model;
}

static bool same(const char *a, const char *b) {
    return orx_view_ieq(orx_view_of(a), orx_view_of(b));
}

const orx_local_model *orx_local_find(const orx_local_state *s, const char *model) {
    for (size_t i = 0; i < s->count; i++)
        if (same(s->models[i].id, model))
            return &s->models[i];
    for (size_t i = 0; i < s->count; i++)
        if (same(bare(s->models[i].id), bare(model)))
            return &s->models[i];
    return NULL;
}

bool orx_local_is_ready(const orx_local_model *m) {
    return m->loaded != 0 && !m->embeds;
}

const char *orx_local_now(const orx_local_work *w) {
    char now[ORX_ISO_MAX];
    orx_iso_time(orx_wall_ns(w->p), now);
    return orx_arena_printf(w->arena, "%.19sZ", now);
}

/* ---- The report ------------------------------------------------------------------------------ */

static orx_node *model_node(orx_arena *a, const orx_local_model *m) {
    orx_node *n = orx_node_new(a, ORX_OBJECT);
    orx_node_set_str(a, n, "id", m->id);
    orx_node_set_str(a, n, "complexity", orx_model_class(m->score));
    orx_node_set_int(a, n, "complexity_score", m->score);
    if (m->loaded >= 0)
        orx_node_set_bool(a, n, "loaded", m->loaded == 1);
    if (m->window)
        orx_node_set_int(a, n, "context_length", m->window);
    if (m->parallel)
        orx_node_set_int(a, n, "parallel", m->parallel);
    return n;
}

static orx_node *endpoint_node(const orx_local_work *w, size_t i) {
    orx_arena *a = w->arena;
    const orx_local_endpoint *e = &w->fleet->items[i];
    const orx_local_state *s = &w->states[i];
    orx_node *n = orx_node_new(a, ORX_OBJECT);
    orx_node *models = orx_node_new(a, ORX_ARRAY);
    double ms = nearbyint((double)s->latency_ns / 1e3) / 1e3;
    orx_node_set_str(a, n, "id", e->id);
    orx_node_set_str(a, n, "base_url", e->base_url);
    orx_node_set_str(a, n, "role", e->role);
    orx_node_set_bool(a, n, "enabled", e->enabled);
    orx_node_set_bool(a, n, "ok", s->ok);
    orx_node_set_str(a, n, "error", s->error);
    orx_node_set(a, n, "latency_ms", orx_node_new_double(a, ms));
    if (e->enabled)
        orx_node_set_int(a, n, "max_parallel", e->max_parallel);
    for (size_t k = 0; k < s->count; k++)
        orx_node_push(models, model_node(a, &s->models[k]));
    orx_node_set(a, n, "models", models);
    return n;
}

/* A model that several endpoints have is counted once. */
static void count_models(const orx_local_work *w, orx_node *summary) {
    static const char *const classes[] = {"simple", "standard", "complex", "deep_research"};
    orx_arena *a = w->arena;
    orx_node *seen = orx_node_new(a, ORX_OBJECT);
    orx_node *counts = orx_node_new(a, ORX_OBJECT);
    for (size_t i = 0; i < ORX_ARRAY_LEN(classes); i++)
        orx_node_set_int(a, counts, classes[i], 0);
    for (size_t i = 0; i < w->fleet->count; i++)
        for (size_t k = 0; k < w->states[i].count; k++) {
            const orx_local_model *m = &w->states[i].models[k];
            const char *class = orx_model_class(m->score);
            if (orx_node_get(seen, m->id))
                continue;
            orx_node_set_bool(a, seen, m->id, true);
            orx_node_set_int(a, counts, class, orx_node_int(orx_node_get(counts, class), 0) + 1);
        }
    orx_node_set_int(a, summary, "model_unique_total", (int64_t)seen->count);
    orx_node_set(a, summary, "complexity_counts", counts);
}

orx_node *orx_local_probe_report(const orx_local_work *w) {
    orx_arena *a = w->arena;
    orx_node *n = orx_node_new(a, ORX_OBJECT);
    orx_node *rows = orx_node_new(a, ORX_ARRAY);
    orx_node *summary = orx_node_new(a, ORX_OBJECT);
    int64_t healthy = 0;
    for (size_t i = 0; i < w->fleet->count; i++) {
        healthy += w->states[i].ok;
        orx_node_push(rows, endpoint_node(w, i));
    }
    orx_node_set_str(a, n, "timestamp", orx_local_now(w));
    orx_node_set(a, n, "endpoints", rows);
    orx_node_set_int(a, summary, "endpoint_total", (int64_t)w->fleet->count);
    orx_node_set_int(a, summary, "endpoint_healthy", healthy);
    orx_node_set_int(a, summary, "endpoint_unhealthy", (int64_t)w->fleet->count - healthy);
    count_models(w, summary);
    orx_node_set(a, n, "summary", summary);
    return n;
}

#include "fleet/local_scan.h"

#include "fleet/local_chat.h"

/* ---- Trials of requests together ------------------------------------------------------------- */

int64_t orx_local_peak(const orx_local_scan *scan, int64_t configured) {
    int64_t peak = 3 * configured;
    peak = peak < scan->max_parallel_probe ? peak : scan->max_parallel_probe;
    return peak < 1 ? 1 : peak;
}

void orx_local_weigh(const orx_local_scan *scan, orx_local_trial *trial, orx_local_parallel *sum) {
    bool enough = (double)trial->ok >= scan->success_rate * (double)trial->parallel;
    double limit = (double)scan->timeout_ns / 1e6 * scan->latency_ratio;
    int64_t far;
    trial->healthy = enough && trial->latency_ms <= limit && !trial->capacity;
    if (enough)
        sum->observed = trial->parallel;
    if (trial->healthy)
        sum->recommended = trial->parallel;
    far = sum->recommended + 1 > 2 ? sum->recommended + 1 : 2;
    sum->over = !trial->healthy && trial->parallel > far;
}

/* [K] */
static bool is_capacity(const char *error) {
    static const char *const words[] = {"429",       "too many requests",  "rate limit",
                                        "timed out", "resource exhausted", "concurrency"};
    ORX_CLEANUP(orx_str_free) orx_str low = {0};
    orx_local_lower(error, &low);
    for (size_t i = 0; i < ORX_ARRAY_LEN(words); i++)
        if (strstr(orx_str_cstr(&low), words[i]))
            return true;
    return false;
}

typedef struct scanning {
    const orx_local_work *w;
    size_t endpoint;
    const char *model;
    orx_node *trials;
    orx_local_parallel sum;
    int64_t capacity_events;
} scanning;

static orx_node *trial_node(orx_arena *a, const orx_local_trial *t) {
    orx_node *n = orx_node_new(a, ORX_OBJECT);
    orx_node_set_int(a, n, "parallelism", t->parallel);
    orx_node_set_int(a, n, "request_count", t->parallel);
    orx_node_set_int(a, n, "ok_count", t->ok);
    orx_node_set(a, n, "success_rate", orx_node_new_double(a, (double)t->ok / (double)t->parallel));
    orx_node_set(a, n, "avg_latency_ms", orx_node_new_double(a, t->latency_ms));
    orx_node_set_bool(a, n, "healthy", t->healthy);
    orx_node_set_bool(a, n, "capacity_error", t->capacity);
    return n;
}

static void try_parallel(scanning *s, int64_t parallel) {
    const orx_local_scan *scan = &s->w->fleet->scan;
    orx_arena *a = s->w->arena;
    size_t count = (size_t)parallel;
    orx_local_chat *chats = orx_arena_zalloc(a, count, sizeof *chats);
    orx_local_said *said = orx_arena_zalloc(a, count, sizeof *said);
    orx_local_trial t = {.parallel = parallel};
    for (size_t i = 0; i < count; i++)
        chats[i] = (orx_local_chat){s->endpoint,      s->model,          scan->prompt,
                                    scan->max_tokens, scan->temperature, scan->timeout_ns};
    orx_local_chat_all(s->w, chats, count, said);
    if (s->w->refused->code)
        return;
    for (size_t i = 0; i < count; i++) {
        t.ok += said[i].ok;
        t.latency_ms += said[i].ok ? orx_local_ms(said[i].latency_ns) : 0;
        t.capacity = t.capacity || (!said[i].ok && is_capacity(said[i].error));
    }
    t.latency_ms = t.ok ? t.latency_ms / (double)t.ok : 0;
    orx_local_weigh(scan, &t, &s->sum);
    s->capacity_events += t.capacity;
    orx_node_push(s->trials, trial_node(a, &t));
}

/* ---- Trials of length ------------------------------------------------------------------------ */

static const char *filler(orx_arena *a, int64_t words) {
    ORX_CLEANUP(orx_str_free) orx_str s = {0};
    for (int64_t i = 0; i < (words < 64 ? 64 : words); i++)
        orx_str_adds(&s, "word ");
    return orx_arena_dup(a, orx_str_view(&s));
}

/* Ascending, and over with the first that fails. Returns the last that did not. */
static int64_t try_lengths(const orx_local_work *w, size_t endpoint, const char *model,
                           orx_node *trials) {
    const orx_local_scan *scan = &w->fleet->scan;
    orx_arena *a = w->arena;
    int64_t best = 0;
    for (size_t i = 0; i < scan->step_count; i++) {
        orx_local_said said = {0};
        const orx_local_chat chat = {
            endpoint,          model,           filler(a, scan->steps[i]), scan->context_max_tokens,
            scan->temperature, scan->timeout_ns};
        orx_node *n = orx_node_new(a, ORX_OBJECT);
        orx_local_chat_all(w, &chat, 1, &said);
        if (said.refused)
            break;
        orx_node_set_int(a, n, "token_target", scan->steps[i]);
        orx_node_set_bool(a, n, "ok", said.ok);
        orx_node_set(a, n, "latency_ms", orx_node_new_double(a, orx_local_ms(said.latency_ns)));
        orx_node_set_str(a, n, "error", said.error);
        orx_node_push(trials, n);
        if (!said.ok)
            break;
        best = scan->steps[i];
    }
    return best;
}

/* ---- Which model ----------------------------------------------------------------------------- */

static const orx_local_model *first_of_class(const orx_local_state *s, const char *class) {
    for (size_t i = 0; i < s->count; i++)
        if (orx_local_is_ready(&s->models[i]) &&
            strcmp(orx_model_class(s->models[i].score), class) == 0)
            return &s->models[i];
    return NULL;
}

/* The first preferred one, else of the first class there is, else the first; all of those that a
 * request does not load. */
static const orx_local_model *choose(const orx_local_state *s, const orx_strings *preferred,
                                     const char *const *classes, size_t class_count) {
    for (size_t i = 0; i < preferred->count; i++) {
        const orx_local_model *m = orx_local_find(s, preferred->items[i]);
        if (m && orx_local_is_ready(m))
            return m;
    }
    for (size_t i = 0; i < class_count; i++) {
        const orx_local_model *m = first_of_class(s, classes[i]);
        if (m)
            return m;
    }
    for (size_t i = 0; i < s->count; i++)
        if (orx_local_is_ready(&s->models[i]))
            return &s->models[i];
    return NULL;
}

static const orx_local_model *parallel_model(const orx_local_work *w, size_t i) {
    static const char *const usual[] = {"standard", "simple", "complex", "deep_research"};
    const orx_strings *own = &w->fleet->scan.complexity;
    return own->count
               ? choose(&w->states[i], &w->fleet->scan.preferred, own->items, own->count)
               : choose(&w->states[i], &w->fleet->scan.preferred, usual, ORX_ARRAY_LEN(usual));
}

static const orx_local_model *context_model(const orx_local_work *w, size_t i) {
    static const char *const classes[] = {"complex", "deep_research", "standard", "simple"};
    return choose(&w->states[i], &w->fleet->scan.context_preferred, classes,
                  ORX_ARRAY_LEN(classes));
}

/* ---- One endpoint ---------------------------------------------------------------------------- */

static const orx_node *row_before(const orx_node *before, const char *id) {
    ORX_NODE_EACH(orx_node_get(before, "endpoints"), row)
    if (strcmp(orx_node_str(orx_node_get(row, "id"), ""), id) == 0)
        return row;
    return NULL;
}

/* What was known stays; the operator's limit is that of today. */
static orx_node *kept(const orx_local_work *w, size_t i, const orx_node *old, const char *why) {
    const orx_local_endpoint *e = &w->fleet->items[i];
    orx_node *n = orx_node_copy(w->arena, old);
    int64_t known = orx_node_int(orx_node_get(n, "recommended_parallel"), e->max_parallel);
    orx_node_set_str(w->arena, n, "base_url", e->base_url);
    orx_node_set_str(w->arena, n, "endpoint_key", e->key);
    orx_node_set_int(w->arena, n, "configured_max_parallel", e->max_parallel);
    orx_node_set_int(w->arena, n, "recommended_parallel",
                     known < e->max_parallel ? known : e->max_parallel);
    orx_node_set_str(w->arena, n, "kept", why);
    return n;
}

static void measure_parallel(scanning *s, const orx_local_model *m, int64_t configured) {
    int64_t peak = orx_local_peak(&s->w->fleet->scan, configured);
    if (m->parallel) { /* the server's own word */
        s->sum = (orx_local_parallel){.recommended = m->parallel, .observed = m->parallel};
        return;
    }
    for (int64_t p = 1; p <= peak && !s->sum.over && !s->w->refused->code; p++)
        try_parallel(s, p);
}

static orx_node *scan_row(const orx_local_work *w, size_t i, const orx_local_model *m,
                          const orx_local_model *c) {
    orx_arena *a = w->arena;
    const orx_local_endpoint *e = &w->fleet->items[i];
    orx_node *n = orx_node_new(a, ORX_OBJECT);
    orx_node *lengths = orx_node_new(a, ORX_ARRAY);
    scanning s = {.w = w, .endpoint = i, .model = m->id, .trials = orx_node_new(a, ORX_ARRAY)};
    measure_parallel(&s, m, e->max_parallel);
    int64_t context = c->window ? c->window : try_lengths(w, i, c->id, lengths);
    int64_t parallel = s.sum.recommended < 1 ? 1 : s.sum.recommended;
    orx_node_set_str(a, n, "id", e->id);
    orx_node_set_str(a, n, "base_url", e->base_url);
    orx_node_set_str(a, n, "endpoint_key", e->key);
    orx_node_set_str(a, n, "probe_model", m->id);
    orx_node_set_str(a, n, "context_model", c->id);
    orx_node_set_int(a, n, "configured_max_parallel", e->max_parallel);
    orx_node_set_int(a, n, "recommended_parallel",
                     parallel < e->max_parallel ? parallel : e->max_parallel);
    orx_node_set_int(a, n, "observed_max_parallel_success", s.sum.observed);
    orx_node_set_int(a, n, "capacity_events", s.capacity_events);
    orx_node_set_int(a, n, "max_context_tokens_success", context);
    orx_node_set(a, n, "parallel_trials", s.trials);
    orx_node_set(a, n, "context_trials", lengths);
    orx_node_set_str(a, n, "source", m->parallel && c->window ? "server" : "measured");
    return n;
}

/* NULL: nothing is known of it. What was begun and could not be paid to its end says nothing: fewer
 * requests than a server takes are no limit of the server. */
static orx_node *row_of(const orx_local_work *w, size_t i, const orx_node *before,
                        bool *ret_scanned) {
    const orx_local_state *s = &w->states[i];
    const orx_node *old = row_before(before, w->fleet->items[i].id);
    const orx_local_model *m = s->ok ? parallel_model(w, i) : NULL;
    const orx_local_model *c = m ? context_model(w, i) : NULL;
    bool told = m && m->parallel && c->window;
    const char *why = !s->ok                          ? "it did not answer"
                      : !m                            ? "no model is loaded"
                      : !told && orx_local_busy(w, i) ? "it is at work"
                                                      : NULL;
    orx_node *row = why ? NULL : scan_row(w, i, m, c);
    if (row && !told && w->refused->code)
        why = "the budget did not last";
    *ret_scanned = !why;
    if (!why)
        return row;
    return old ? kept(w, i, old, why) : NULL;
}

/* ---- All ------------------------------------------------------------------------------------- */

static void add_summary(orx_arena *a, orx_node *by, const orx_node *row) {
    static const char *const keys[] = {"endpoint_key", "base_url", "recommended_parallel",
                                       "max_context_tokens_success", "probe_model"};
    orx_node *n = orx_node_new(a, ORX_OBJECT);
    for (size_t i = 0; i < ORX_ARRAY_LEN(keys); i++)
        if (orx_node_get(row, keys[i]))
            orx_node_set(a, n, keys[i], orx_node_copy(a, orx_node_get(row, keys[i])));
    orx_node_set(a, by, orx_node_str(orx_node_get(row, "id"), ""), n);
}

static orx_node *section(const orx_local_work *w, orx_node *rows, int64_t scanned) {
    orx_arena *a = w->arena;
    orx_node *n = orx_node_new(a, ORX_OBJECT);
    orx_node *summary = orx_node_new(a, ORX_OBJECT);
    orx_node *by = orx_node_new(a, ORX_OBJECT);
    int64_t total = 0;
    ORX_NODE_EACH(rows, row) {
        total += orx_node_int(orx_node_get(row, "recommended_parallel"), 0);
        add_summary(a, by, row);
    }
    orx_node_set_int(a, summary, "endpoint_total", (int64_t)w->fleet->count);
    orx_node_set_int(a, summary, "endpoint_scanned", scanned);
    orx_node_set_int(a, summary, "recommended_parallel_total", total);
    orx_node_set(a, summary, "by_endpoint", by);
    orx_node_set_str(a, n, "timestamp", orx_local_now(w));
    orx_node_set_bool(a, n, "enabled", w->fleet->scan.enabled);
    orx_node_set(a, n, "endpoints", rows);
    orx_node_set(a, n, "summary", summary);
    return n;
}

orx_node *orx_local_scan_report(const orx_local_work *w, const orx_node *before) {
    orx_node *rows = orx_node_new(w->arena, ORX_ARRAY);
    int64_t scanned = 0;
    for (size_t i = 0; w->fleet->scan.enabled && i < w->fleet->count; i++) {
        bool now = false;
        orx_node *row = row_of(w, i, before, &now);
        if (row)
            orx_node_push(rows, row);
        scanned += now;
    }
    if (!w->fleet->scan.enabled && before && before->kind == ORX_OBJECT && before->count) {
        orx_node *n = orx_node_copy(w->arena, before);
        orx_node_set_bool(w->arena, n, "enabled", false);
        return n;
    }
    return section(w, rows, scanned);
}

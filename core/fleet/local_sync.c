/* Models that should be there: fetched by the operator's command, and one of them loaded. */
#include "fleet/local_bench.h"

#include "fleet/local_chat.h"
#include "fleet/local_command.h"
#include "fleet/local_load.h"

#define COMMAND_NS  (1800 * ORX_SEC) /* downloads are large */
#define OUTPUT_MAX  500              /* [K] characters of each stream */
#define WARM_NS     (8 * ORX_SEC)    /* [K] */
#define WARM_TOKENS 8

/* ---- Missing ones ---------------------------------------------------------------------------- */

static orx_node *pair(const orx_local_work *w, size_t i, const char *model) {
    orx_node *n = orx_node_new(w->arena, ORX_OBJECT);
    orx_node_set_str(w->arena, n, "endpoint_id", w->fleet->items[i].id);
    orx_node_set_str(w->arena, n, "base_url", w->fleet->items[i].base_url);
    orx_node_set_str(w->arena, n, "model", model);
    return n;
}

static bool fetch(const orx_local_work *w, size_t i, const char *model, const char *command,
                  const char *const *env, orx_node *executed) {
    const orx_local_endpoint *e = &w->fleet->items[i];
    orx_node *n = pair(w, i, model);
    orx_node *words = orx_node_new(w->arena, ORX_ARRAY);
    const char **argv = NULL;
    orx_err err = ORX_ERR_INIT;
    int rc = orx_local_command_words(command, e->id, e->base_url, model, w->arena, &argv, &err);
    for (const char **p = argv; rc == 0 && *p; p++)
        orx_node_push(words, orx_node_new_str(w->arena, orx_view_of(*p)));
    orx_node_set(w->arena, n, "cmd", words);
    const orx_local_command run = {
        .argv = argv, .env = env, .timeout_ns = COMMAND_NS, .output_max = OUTPUT_MAX};
    bool well = rc == 0 && orx_local_command_run(w, &run, n, &err);
    if (err.code)
        orx_node_set_str(w->arena, n, "error", err.msg);
    orx_node_push(executed, n);
    return well;
}

/* ---- One that is loaded ---------------------------------------------------------------------- */

static const orx_local_model *first_target(const orx_local_work *w, size_t i, bool loaded) {
    for (size_t t = 0; t < w->fleet->targets.count; t++) {
        const orx_local_model *m = orx_local_find(&w->states[i], w->fleet->targets.items[t]);
        if (m && !m->embeds && (!loaded || m->loaded == 1))
            return m;
    }
    return NULL;
}

static bool warm(const orx_local_work *w, size_t i, const char *model, orx_node *n) {
    orx_local_said said = {0};
    const orx_local_chat chat = {i, model, "Reply with exactly OK.", WARM_TOKENS, 0, WARM_NS};
    orx_local_chat_all(w, &chat, 1, &said);
    orx_node_set_bool(w->arena, n, "ok", said.ok);
    orx_node_set_str(w->arena, n, "error", said.error);
    orx_node_set(w->arena, n, "latency_ms",
                 orx_node_new_double(w->arena, orx_local_ms(said.latency_ns)));
    return said.ok;
}

/* Whatever is loaded is somebody's: nothing is loaded beside it, since that may evict it. */
static bool prewarm(const orx_local_work *w, size_t i, orx_node *list) {
    const orx_local_state *s = &w->states[i];
    const orx_local_model *there = first_target(w, i, true);
    const orx_local_model *m = there ? there : first_target(w, i, false);
    bool well = true;
    if (!m)
        return true;
    orx_node *n = pair(w, i, m->id);
    const char *action = there                     ? "already_loaded"
                         : orx_local_busy(w, i)    ? "skipped_busy"
                         : orx_local_any_loaded(s) ? "skipped_another_is_loaded"
                         : s->native               ? "loaded"
                                                   : "asked";
    orx_node_set_str(w->arena, n, "action", action);
    if (strcmp(action, "loaded") == 0)
        well = orx_local_load(w, i, m->id, 0, n);
    else if (strcmp(action, "asked") == 0)
        well = warm(w, i, m->id, n);
    else
        orx_node_set_bool(w->arena, n, "ok", there != NULL);
    orx_node_push(list, n);
    return well;
}

/* ---- All ------------------------------------------------------------------------------------- */

orx_node *orx_local_sync_report(const orx_local_work *w, const char *command,
                                const char *const *env) {
    orx_arena *a = w->arena;
    orx_node *n = orx_node_new(a, ORX_OBJECT);
    orx_node *missing = orx_node_new(a, ORX_ARRAY);
    orx_node *executed = orx_node_new(a, ORX_ARRAY);
    orx_node *warmed = orx_node_new(a, ORX_ARRAY);
    bool well = true;
    for (size_t i = 0; i < w->fleet->count; i++)
        for (size_t t = 0; w->states[i].ok && t < w->fleet->targets.count; t++) {
            const char *model = w->fleet->targets.items[t];
            if (orx_local_find(&w->states[i], model))
                continue;
            orx_node_push(missing, pair(w, i, model));
            if (*command)
                well = fetch(w, i, model, command, env, executed) && well;
        }
    for (size_t i = 0; i < w->fleet->count; i++)
        well = (!w->states[i].ok || prewarm(w, i, warmed)) && well;
    orx_node_set_str(a, n, "timestamp", orx_local_now(w));
    orx_node_set_bool(a, n, "ok", well);
    orx_node_set_str(a, n, "message",
                     *command ? "executed_and_prewarmed" : "prewarmed_only_no_command_template");
    orx_node_set(a, n, "missing", missing);
    orx_node_set(a, n, "executed", executed);
    orx_node_set(a, n, "prewarmed", warmed);
    return n;
}

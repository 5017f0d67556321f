/* Models that should be there: fetched by the operator's command, and one of them loaded. */
#include "fleet/local_bench.h"

#include "data/json.h"
#include "fleet/local_chat.h"
#include "platform/proc.h"

#define COMMAND_NS  (1800 * ORX_SEC) /* downloads are large */
#define OUTPUT_MAX  500              /* [K] characters of each stream */
#define LOAD_NS     (120 * ORX_SEC)
#define WARM_NS     (8 * ORX_SEC) /* [K] */
#define WARM_TOKENS 8

/* ---- Words of a command ---------------------------------------------------------------------- */

typedef struct splitting {
    const char *p;
    orx_str word;
    bool open; /* a word has begun, which may be empty: '' */
} splitting;

static bool take_char(splitting *s) {
    char quote = *s->p == '\'' || *s->p == '"' ? *s->p : '\0';
    if (!quote) {
        s->p += *s->p == '\\' && s->p[1];
        orx_str_addc(&s->word, *s->p++);
        return true;
    }
    for (s->p++; *s->p && *s->p != quote; s->p++) {
        if (quote == '"' && *s->p == '\\' && (s->p[1] == '"' || s->p[1] == '\\'))
            s->p++;
        orx_str_addc(&s->word, *s->p);
    }
    return *s->p++ == quote;
}

static void replace(orx_str *out, orx_view word, const char *name, const char *value) {
    size_t n = strlen(name);
    while (word.len) {
        if (word.len >= n && memcmp(word.p, name, n) == 0) {
            orx_str_adds(out, value);
            word = orx_view_mem(word.p + n, word.len - n);
        } else {
            orx_str_addc(out, *word.p);
            word = orx_view_mem(word.p + 1, word.len - 1);
        }
    }
}

/* Replaced in the words, so that a name with a space in it stays one. */
static const char *filled(orx_arena *arena, orx_view word, const char *const values[3]) {
    static const char *const names[] = {"{endpoint_id}", "{base_url}", "{model}"};
    const char *text = orx_arena_dup(arena, word);
    for (size_t i = 0; i < ORX_ARRAY_LEN(names); i++) {
        ORX_CLEANUP(orx_str_free) orx_str out = {0};
        replace(&out, orx_view_of(text), names[i], values[i]);
        text = orx_arena_dup(arena, orx_str_view(&out));
    }
    return text;
}

int orx_local_command_words(const char *line, const char *endpoint_id, const char *base_url,
                            const char *model, orx_arena *arena, const char ***ret_argv,
                            orx_err *err) {
    const char *const values[3] = {endpoint_id, base_url, model};
    const char **argv = orx_arena_zalloc(arena, strlen(line) + 2, sizeof *argv);
    splitting s = {.p = line};
    size_t n = 0;
    bool closed = true;
    for (;;) {
        bool end = !*s.p || strchr(" \t\r\n", *s.p) != NULL;
        if (end && s.open)
            argv[n++] = filled(arena, orx_str_view(&s.word), values);
        if (!*s.p)
            break;
        s.open = !end;
        if (end) {
            orx_str_clear(&s.word);
            s.p++;
            continue;
        }
        while (closed && *s.p && !strchr(" \t\r\n", *s.p))
            closed = take_char(&s);
        if (!closed)
            break;
    }
    orx_str_free(&s.word);
    if (!closed || !n)
        return orx_err_set(err, ORX_E_INVALID, "the download command %s",
                           closed ? "has no word" : "has a quote that is not closed");
    *ret_argv = argv;
    return 0;
}

/* ---- Missing ones ---------------------------------------------------------------------------- */

static orx_node *pair(const orx_local_work *w, size_t i, const char *model) {
    orx_node *n = orx_node_new(w->arena, ORX_OBJECT);
    orx_node_set_str(w->arena, n, "endpoint_id", w->fleet->items[i].id);
    orx_node_set_str(w->arena, n, "base_url", w->fleet->items[i].base_url);
    orx_node_set_str(w->arena, n, "model", model);
    return n;
}

static void put_output(orx_arena *a, orx_node *n, const char *key, const orx_capture *c) {
    ORX_CLEANUP(orx_str_free) orx_str clean = {0};
    orx_str_add_utf8(&clean, orx_str_view(&c->head));
    orx_node_set_str(a, n, key, orx_arena_dup(a, orx_str_view(&clean)));
}

static bool execute(const orx_local_work *w, orx_node *n, const char *const *argv,
                    const char *const *env, orx_err *err) {
    orx_capture out = {.head_max = OUTPUT_MAX}, errs = {.head_max = OUTPUT_MAX};
    orx_proc_result result = {0};
    const orx_proc_spec spec = {.argv = argv, .env = env, .total_timeout_ns = COMMAND_NS};
    int rc = orx_proc_run(w->p, &spec, &out, &errs, &result, err);
    bool ended = rc == 0 && result.end == ORX_PROC_EXITED;
    orx_node_set_int(w->arena, n, "returncode", ended ? result.code : -1);
    put_output(w->arena, n, "stdout", &out);
    put_output(w->arena, n, "stderr", &errs);
    if (rc == 0 && !ended)
        orx_node_set_str(w->arena, n, "error",
                         *result.message ? result.message : "it did not end in time");
    orx_capture_free(&out);
    orx_capture_free(&errs);
    return ended && result.code == 0;
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
    bool well = rc == 0 && execute(w, n, argv, env, &err);
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

static bool any_loaded(const orx_local_state *s) {
    for (size_t i = 0; i < s->count; i++)
        if (s->models[i].loaded == 1 && !s->models[i].embeds)
            return true;
    return false;
}

/* Through the server's own API, which waits until it is there. */
static bool load(const orx_local_work *w, size_t i, const char *model, orx_node *n) {
    ORX_CLEANUP(orx_str_free) orx_str text = {0};
    orx_arena *a = w->arena;
    const orx_local_endpoint *e = &w->fleet->items[i];
    orx_ask ask = orx_local_ask(w->fleet, e, e->root_url, "/api/v1/models/load", LOAD_NS, a);
    orx_node *body = orx_node_new(a, ORX_OBJECT);
    orx_answer answer;
    orx_node_set_str(a, body, "model", model);
    orx_json_write(&text, body, ORX_JSON_PY_LINE);
    ask.body = orx_arena_view(a, orx_str_view(&text));
    orx_ask_all(w->p, &ask, 1, a, &answer);
    orx_node_set_bool(a, n, "ok", answer.ok);
    orx_node_set_str(a, n, "error", orx_local_error(&answer, a));
    orx_node_set(a, n, "latency_ms", orx_node_new_double(a, orx_local_ms(answer.latency_ns)));
    return answer.ok;
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
    const char *action = there                  ? "already_loaded"
                         : orx_local_busy(w, i) ? "skipped_busy"
                         : any_loaded(s)        ? "skipped_another_is_loaded"
                         : s->native            ? "loaded"
                                                : "asked";
    orx_node_set_str(w->arena, n, "action", action);
    if (strcmp(action, "loaded") == 0)
        well = load(w, i, m->id, n);
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

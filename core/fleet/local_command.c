#include "fleet/local_command.h"

#include "platform/proc.h"

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

/* ---- Running one ----------------------------------------------------------------------------- */

static void put_output(orx_arena *a, orx_node *n, const char *key, const orx_capture *c) {
    ORX_CLEANUP(orx_str_free) orx_str clean = {0};
    orx_str_add_utf8(&clean, orx_str_view(&c->head));
    orx_node_set_str(a, n, key, orx_arena_dup(a, orx_str_view(&clean)));
}

bool orx_local_command_run(const orx_local_work *w, const orx_local_command *command, orx_node *n,
                           orx_err *err) {
    orx_capture out = {.head_max = command->output_max}, errs = {.head_max = command->output_max};
    orx_proc_result result = {0};
    const orx_proc_spec spec = {.argv = command->argv,
                                .env = command->env,
                                .cwd = command->cwd,
                                .total_timeout_ns = command->timeout_ns};
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

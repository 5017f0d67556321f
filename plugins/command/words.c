/* The argv template. */
#include "command.h"

#include <stdio.h>
#include <stdlib.h>

/* What a name in braces stands for; 0 when it is none of ours. */
static int meaning(const command_job *job, orxaq_view name, orxaq_view *ret_text) {
    const orxaq_task_args *a = job->args;
    const struct {
        const char *name;
        orxaq_view text;
    } names[] = {
        {"model", a->model},
        {"repo", a->repo},
        {"prompt", a->prompt},
        {"session", a->session},
        {"schema_file", a->schema_path},
        {"files_dir", a->files_dir},
        {"state_dir", a->state_dir},
        {"task", a->task_id},
    };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (orxaq_view_is(name, names[i].name)) {
            *ret_text = names[i].text;
            return 1;
        }
    return 0;
}

/* A growing word. */
typedef struct word {
    char *text;
    uint64_t len;
    uint64_t cap;
} word;

static int append(word *w, orxaq_view v) {
    if (w->len + v.len + 1 > w->cap) {
        uint64_t cap = (w->len + v.len + 1) * 2;
        char *grown = realloc(w->text, (size_t)cap);
        if (!grown)
            return 0;
        w->text = grown;
        w->cap = cap;
    }
    if (v.len)
        memcpy(w->text + w->len, v.data, (size_t)v.len);
    w->len += v.len;
    w->text[w->len] = '\0';
    return 1;
}

/* Appends the text behind one "{name}"; other braces stay as they are. */
static int append_name(const command_job *job, word *w, orxaq_view name) {
    orxaq_view text;
    if (orxaq_view_is(name, "prompt_file"))
        return append(w, job->args->files_dir) && append(w, orxaq_str("/prompt.md"));
    if (meaning(job, name, &text))
        return append(w, text);
    return append(w, orxaq_str("{")) && append(w, name) && append(w, orxaq_str("}"));
}

static int expand(const command_job *job, orxaq_view template, word *w) {
    if (!append(w, orxaq_view_of(NULL, 0)))
        return 0;
    for (uint64_t i = 0; i < template.len;) {
        const char *at = template.data + i;
        const char *close = *at == '{' ? memchr(at, '}', (size_t)(template.len - i)) : NULL;
        orxaq_view piece = orxaq_view_of(at, 1);
        int fine;
        if (close) {
            piece = orxaq_view_of(at + 1, (uint64_t)(close - at - 1));
            fine = append_name(job, w, piece);
            i += piece.len + 2;
        } else {
            fine = append(w, piece);
            i++;
        }
        if (!fine)
            return 0;
    }
    return 1;
}

static int32_t add_word(command_job *job, orxaq_view template) {
    if (job->built_count == COMMAND_ARGS_MAX)
        return command_explain(job->c, ORXAQ_E_LIMIT, "argv has more than 256 words");
    word w = {0};
    if (!expand(job, template, &w)) {
        free(w.text);
        return ORXAQ_E_MEMORY;
    }
    job->built[job->built_count] = w.text;
    job->argv[job->built_count++] = orxaq_view_of(w.text, w.len);
    return ORXAQ_OK;
}

static int32_t add_list(command_job *job, const orxaq_value *list) {
    const orxaq_json_service *json = job->c->json;
    int32_t code = ORXAQ_OK;
    for (const orxaq_value *v = json->first(list); v && code == ORXAQ_OK; v = json->next(v))
        code = add_word(job, json->text(v, orxaq_str("")));
    return code;
}

int32_t command_words(command_job *job) {
    const command *c = job->c;
    int32_t code = ORXAQ_OK;
    const orxaq_value *v = c->json->first(command_setting(c, "argv"));
    for (; v && code == ORXAQ_OK; v = c->json->next(v)) {
        orxaq_view text = c->json->text(v, orxaq_str(""));
        if (orxaq_view_is(text, "{model_args}"))
            code =
                job->args->model.len ? add_list(job, command_setting(c, "model_args")) : ORXAQ_OK;
        else if (orxaq_view_is(text, "{session_args}"))
            code = job->args->session.len ? add_list(job, command_setting(c, "session_args"))
                                          : ORXAQ_OK;
        else
            code = add_word(job, text);
    }
    return code == ORXAQ_OK ? (int32_t)job->built_count : code;
}

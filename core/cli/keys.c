#include "cli/keys.h"

#include "config/env_edit.h"
#include "platform/files.h"

#include <stdlib.h>

#define MODELS "requests to its models"

const orx_key_row orx_key_rows[] = {
    {"OPENAI_API_KEY", "openai", "replace_me_openai", true, "models",
     "https://platform.openai.com/api-keys", MODELS, "providers-check"},
    {"ANTHROPIC_API_KEY", "anthropic", "replace_me_anthropic", true, "models",
     "https://console.anthropic.com/settings/keys", MODELS, "providers-check"},
    {"GEMINI_API_KEY", "gemini", "replace_me_gemini", true, "models",
     "https://aistudio.google.com/app/apikey", MODELS, "providers-check"},
    {"OPENROUTER_API_KEY", "openrouter", "replace_me_openrouter", false, "models",
     "https://openrouter.ai/keys", MODELS, "providers-check"},
    {"GROQ_API_KEY", "groq", "replace_me_groq", false, "models", "https://console.groq.com/keys",
     MODELS, "providers-check"},
    {"OPENAI_ADMIN_KEY", "openai", NULL, false, "bills",
     "https://platform.openai.com/settings/organization/admin-keys",
     "an admin key of the organization that may read usage", "provider-cost-ingest"},
    {"ANTHROPIC_ADMIN_KEY", "anthropic", NULL, false, "bills",
     "https://console.anthropic.com/settings/admin-keys",
     "an admin key of the organization (a key of a workspace cannot read bills)",
     "provider-cost-ingest"},
    {NULL, NULL, NULL, false, NULL, NULL, NULL, NULL},
};

const orx_key_row *orx_key_row_of(const char *name) {
    for (const orx_key_row *k = orx_key_rows; k->name; k++)
        if (strcmp(k->name, name) == 0)
            return k;
    return NULL;
}

/* ---- The file -------------------------------------------------------------------------------- */

static const char *path_of(orx_cli *c, const char *given) {
    const char *env = getenv("ORXAQ_AUTONOMY_ENV_FILE");
    if (given || c->env_file)
        return given ? given : c->env_file;
    return env && *env ? env : orx_path_join(&c->arena, c->root ? c->root : ".", ".env.autonomy");
}

/* A link stays one: what it leads to is replaced. */
static const char *followed(orx_cli *c, const char *path) {
    ORX_CLEANUP(orx_str_free) orx_str real = {0};
    if (orx_realpath(c->p, path, &real, NULL) < 0)
        return path;
    return orx_arena_dup(&c->arena, orx_str_view(&real));
}

/* Beside the file, as `orxaq init` puts it. */
static const char *example_of(orx_cli *c, const char *path) {
    const char *slash = strrchr(path, '/');
    if (!slash)
        return ".env.autonomy.example";
    return orx_arena_printf(&c->arena, "%.*s/.env.autonomy.example", (int)(slash - path), path);
}

int orx_key_file_read(orx_cli *c, const char *given, orx_key_file *ret_file, orx_err *err) {
    const char *path = path_of(c, given);
    *ret_file = (orx_key_file){.path = followed(c, path)};
    int rc = orx_read_file(c->p, ret_file->path, ORX_ENVFILE_MAX, &ret_file->text, err);
    ret_file->there = rc == 0;
    if (rc == ORX_E_NOT_FOUND) {
        rc = orx_read_file(c->p, example_of(c, path), ORX_ENVFILE_MAX, &ret_file->text, err);
        ret_file->changed = true;
    }
    if (rc == ORX_E_NOT_FOUND)
        rc = 0;
    return rc < 0 ? rc
                  : orx_envfile_parse(&c->arena, ret_file->path, orx_str_view(&ret_file->text),
                                      NULL, &ret_file->parsed, err);
}

static void wipe(orx_str *text) {
    if (text->buf)
        explicit_bzero(text->buf, text->cap);
    orx_str_free(text);
}

void orx_key_file_set(orx_key_file *f, const char *name, orx_view value) {
    orx_str edited = {0};
    /* One piece: what grows leaves copies behind. */
    (void)orx_str_reserve(&edited, f->text.len + strlen(name) + 2 * value.len + 8);
    orx_env_edit(orx_str_view(&f->text), name, value, &edited);
    wipe(&f->text);
    f->text = edited;
    f->changed = true;
}

int orx_key_file_write(orx_cli *c, orx_key_file *f, orx_err *err) {
    orx_file_info info = {0};
    bool open = orx_lstat(c->p, f->path, &info, NULL) == 0 && (info.mode & 077);
    if (!f->changed && !open)
        return 0;
    return orx_write_atomic(c->p, f->path, orx_str_view(&f->text), 0600, err);
}

void orx_key_file_free(orx_key_file *f) {
    wipe(&f->text);
}

const char *orx_key_where(orx_cli *c, const orx_key_file *f, const char *name) {
    const orx_envvar *var = orx_envfile_get(&f->parsed, name);
    if (orx_secret_is_set(getenv(name)))
        return "environment";
    if (!f->there || !var || !orx_secret_is_set(var->value))
        return NULL;
    return orx_arena_printf(&c->arena, "%s:%u", f->path, (unsigned)var->line);
}

#include "config/load.h"

#include "platform/files.h"

int orx_loader_read_text(orx_loader *l, const char *path, size_t max, orx_view *ret_text) {
    ORX_CLEANUP(orx_str_free) orx_str bytes = {0};
    orx_err err = ORX_ERR_INIT;
    int rc = orx_read_file(l->p, path, max, &bytes, &err);
    if (rc == ORX_E_NOT_FOUND)
        return 0;
    if (rc < 0) {
        orx_diag_add(l->diags, ORX_DIAG_ERROR, orx_loader_label(l, path), "%s", err.msg);
        return rc;
    }
    *ret_text = orx_arena_view(&l->st->arena, orx_str_view(&bytes));
    return 1;
}

/* A path as given, absolute. */
static const char *absolute(orx_loader *l, const char *base, const char *given) {
    if (given[0] == '/')
        return orx_arena_strdup(&l->st->arena, given);
    return orx_path_under(&l->st->arena, base, orx_view_of(given));
}

/* ---- The env file --------------------------------------------------------------------------- */

/* Where it is, and how bad it is when it is not there: -1 = not at all. */
static const char *env_file_path(orx_loader *l, int *ret_missing) {
    const char *given = l->options->env_file;
    *ret_missing = ORX_DIAG_ERROR;
    if (given)
        return absolute(l, l->scope.cwd, given);
    given = orx_map_get(&l->st->process, orx_view_of("ORXAQ_AUTONOMY_ENV_FILE"));
    *ret_missing = ORX_DIAG_WARNING;
    if (given && *given)
        return absolute(l, l->cfg->root, given);
    *ret_missing = -1;
    return absolute(l, l->cfg->root, ".env.autonomy");
}

void orx_loader_read_env_file(orx_loader *l) {
    int missing;
    orx_view text;
    const char *path = env_file_path(l, &missing), *label = orx_loader_label(l, path);
    int rc = orx_loader_read_text(l, path, ORX_ENVFILE_MAX, &text);
    if (rc == 0 && missing >= 0)
        orx_diag_add(l->diags, (orx_severity)missing, label,
                     "there is no such env file; create it, or name another one with --env-file");
    if (rc <= 0)
        return;
    l->cfg->env_file = path;
    if (orx_envfile_parse(&l->st->arena, label, text, l->diags, &l->st->envfile, NULL) < 0)
        return;
    for (orx_envvar *v = l->st->envfile.first; v; v = v->next)
        orx_map_put(&l->st->file, orx_view_of(v->name), v);
}

/* ---- The config file ------------------------------------------------------------------------ */

static const char *const config_names[] = {"orxaq.yaml", "config/orxaq.yaml", "orxaq.json",
                                           "config/orxaq.json"};

/* Whether something is there. A disk that does not answer is reported: taking it for a missing file
 * would run with defaults in place of what the operator wrote. */
static bool is_there(orx_loader *l, const char *path) {
    orx_file_info info;
    orx_err err = ORX_ERR_INIT;
    int rc = orx_stat(l->p, path, &info, &err);
    if (rc < 0 && rc != ORX_E_NOT_FOUND)
        orx_diag_add(l->diags, ORX_DIAG_ERROR, orx_loader_label(l, path), "%s", err.msg);
    return rc == 0;
}

/* The first that exists in any form; later ones are reported as not read. */
static const char *find_document(orx_loader *l) {
    const char *first = NULL;
    for (size_t i = 0; i < ORX_ARRAY_LEN(config_names); i++) {
        const char *path = absolute(l, l->cfg->root, config_names[i]);
        if (!is_there(l, path))
            continue;
        if (first)
            orx_diag_add(l->diags, ORX_DIAG_WARNING, config_names[i],
                         "not read, because %s is there too; keep one of them",
                         orx_loader_label(l, first));
        else
            first = path;
    }
    return first;
}

/* Splits "NAME:LINE:COLUMN: TEXT" of a reader, so that the place stands in its own field. */
static void report_syntax(orx_loader *l, const char *label, const orx_err *err) {
    size_t n = strlen(label);
    const char *text = err->msg;
    if (!strncmp(text, label, n) && text[n] == ':') {
        const char *end = strstr(text + n, ": ");
        if (end) {
            const char *where =
                orx_arena_dup(&l->st->arena, (orx_view){text, (size_t)(end - text)});
            orx_diag_add(l->diags, ORX_DIAG_ERROR, where, "%s", end + 2);
            return;
        }
    }
    orx_diag_add(l->diags, ORX_DIAG_ERROR, label, "%s", text);
}

/* A file that is empty, or in YAML holds nothing but comments, is a file of defaults. */
static bool says_nothing(const char *name, orx_view text) {
    bool yaml = !orx_view_ends(orx_view_of(name), ".json");
    orx_view line;
    while (orx_view_split(&text, '\n', &line)) {
        line = orx_view_trim(line);
        if (line.len && !(yaml && line.p[0] == '#'))
            return false;
    }
    return true;
}

const orx_node *orx_loader_parse(orx_loader *l, const char *label, orx_view text) {
    orx_err err = ORX_ERR_INIT;
    const orx_node *doc = NULL;
    if (says_nothing(label, text))
        return NULL;
    if (orx_doc_parse(&l->st->arena, label, text, &orx_limits_config, &doc, &err) < 0) {
        report_syntax(l, label, &err);
        return NULL;
    }
    if (doc->kind == ORX_OBJECT)
        return doc;
    if (doc->kind != ORX_NULL)
        orx_diag_add(l->diags, ORX_DIAG_ERROR,
                     orx_arena_printf(&l->st->arena, "%s:%u:%u", label, (unsigned)doc->line,
                                      (unsigned)doc->column),
                     "expected an object (key: value lines), found %s", orx_kind_name(doc->kind));
    return NULL;
}

void orx_loader_read_document(orx_loader *l) {
    const char *given = l->options->config_file;
    const char *path = given ? absolute(l, l->scope.cwd, given) : find_document(l);
    orx_view text;
    if (!path)
        return;
    l->doc_label = orx_loader_label(l, path);
    int rc = orx_loader_read_text(l, path, orx_limits_config.max_bytes, &text);
    if (rc == 0)
        orx_diag_add(l->diags, ORX_DIAG_ERROR, l->doc_label,
                     "there is no such config file; create it, or leave --config out");
    if (rc <= 0)
        return;
    l->cfg->config_file = path;
    l->cfg->config_name = l->doc_label;
    l->doc = orx_loader_parse(l, l->doc_label, text);
}

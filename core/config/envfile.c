#include "config/envfile.h"

#include "base/map.h"
#include "base/str.h"

/* Where the parser is, and what it fills. */
typedef struct reader {
    orx_arena *arena;
    orx_diags *diags;
    const char *name;
    orx_map seen; /* name -> orx_envvar */
    orx_envfile file;
    orx_envvar *last;
    uint32_t line;
    const char *start; /* of the present line */
} reader;

bool orx_env_name_ok(orx_view text) {
    if (!text.len || text.len > ORX_ENV_NAME_MAX || (text.p[0] >= '0' && text.p[0] <= '9'))
        return false;
    for (size_t i = 0; i < text.len; i++) {
        char c = text.p[i];
        bool letter = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_';
        if (!letter && !(c >= '0' && c <= '9'))
            return false;
    }
    return true;
}

static bool blank(char c) {
    return c == ' ' || c == '\t';
}

/* Says what is wrong at a place in the present line. Only the parser's own words go into it. */
static void problem(reader *r, orx_severity severity, const char *at, const char *text) {
    ORX_CLEANUP(orx_str_free) orx_str where = {0};
    orx_str_addf(&where, "%s:%u:%u", r->name, (unsigned)r->line, (unsigned)(at - r->start + 1));
    orx_diag_add(r->diags, severity, orx_str_cstr(&where), "%s", text);
}

static char unescape(char c) {
    switch (c) {
    case 'n':
        return '\n';
    case 'r':
        return '\r';
    case 't':
        return '\t';
    default:
        return c == '"' || c == '\\' ? c : 0;
    }
}

/* Reads a quoted value that begins at text.p[0]; false (and a problem) when it does not end or when
 * something but a comment follows. */
static bool quoted(reader *r, orx_view text, orx_str *out) {
    char quote = text.p[0];
    size_t i = 1;
    while (i < text.len && text.p[i] != quote) {
        char plain = 0;
        if (quote == '"' && text.p[i] == '\\' && i + 1 < text.len)
            plain = unescape(text.p[i + 1]);
        orx_str_addc(out, plain ? plain : text.p[i]);
        i += plain ? 2 : 1;
    }
    if (i >= text.len) {
        problem(r, ORX_DIAG_ERROR, text.p,
                "this quote is never closed on its line; close it, or leave it out");
        return false;
    }
    size_t end = ++i;
    while (i < text.len && blank(text.p[i]))
        i++;
    if (i < text.len && (text.p[i] != '#' || i == end)) {
        problem(r, ORX_DIAG_ERROR, text.p + end,
                "expected the end of the line or a comment behind the closing quote");
        return false;
    }
    return true;
}

static void store(reader *r, orx_view name, orx_view value, const char *at) {
    orx_envvar *var = orx_map_get(&r->seen, name);
    if (var) {
        ORX_CLEANUP(orx_str_free) orx_str text = {0};
        orx_str_addf(&text, "%s is set again here; the value of line %u is not used", var->name,
                     (unsigned)var->line);
        problem(r, ORX_DIAG_WARNING, r->start, orx_str_cstr(&text));
    } else {
        var = ORX_ARENA_NEW(r->arena, orx_envvar);
        var->name = orx_arena_dup(r->arena, name);
        orx_map_put(&r->seen, name, var);
        if (r->last)
            r->last->next = var;
        else
            r->file.first = var;
        r->last = var;
        r->file.count++;
    }
    var->value = orx_arena_dup(r->arena, value);
    var->line = r->line;
    var->column = (uint32_t)(at - r->start + 1);
}

/* NAME=value, already trimmed and without `export`. */
static void assignment(reader *r, orx_view text) {
    const char *equals = memchr(text.p, '=', text.len);
    if (!equals) {
        problem(r, ORX_DIAG_WARNING, text.p, "expected NAME=value; this line is skipped");
        return;
    }
    orx_view name = orx_view_trim((orx_view){text.p, (size_t)(equals - text.p)});
    if (!orx_env_name_ok(name)) {
        problem(r, ORX_DIAG_WARNING, text.p,
                "expected a name of letters, digits and _ before the =; this line is skipped");
        return;
    }
    const char *end = text.p + text.len;
    orx_view value = orx_view_trim((orx_view){equals + 1, (size_t)(end - equals - 1)});
    if (!value.len)
        value.p = end;
    ORX_CLEANUP(orx_str_free) orx_str plain = {0};
    const char *at = value.p;
    if (value.len && (value.p[0] == '"' || value.p[0] == '\'')) {
        if (!quoted(r, value, &plain))
            return;
        value = orx_str_view(&plain);
    }
    if (value.len > ORX_ENVFILE_VALUE_MAX)
        problem(r, ORX_DIAG_ERROR, at, "this value is longer than 32768 bytes");
    else
        store(r, name, value, at);
}

static void one_line(reader *r, orx_view line) {
    const char *nul = memchr(line.p, 0, line.len);
    if (nul) {
        problem(r, ORX_DIAG_ERROR, nul, "a NUL byte cannot be part of this file");
        return;
    }
    if (!orx_view_is_utf8(line)) {
        problem(r, ORX_DIAG_ERROR, line.p, "this line is not valid UTF-8");
        return;
    }
    line = orx_view_trim(line);
    if (!line.len || line.p[0] == '#')
        return;
    if (orx_view_starts(line, "export") && line.len > 6 && blank(line.p[6]))
        line = orx_view_trim((orx_view){line.p + 6, line.len - 6});
    assignment(r, line);
}

static void all_lines(reader *r, orx_view text) {
    if (orx_view_starts(text, "\xEF\xBB\xBF"))
        text = (orx_view){text.p + 3, text.len - 3};
    orx_view line;
    while (orx_view_split(&text, '\n', &line)) {
        r->line++;
        r->start = line.p;
        one_line(r, line);
        if (r->file.count > ORX_ENVFILE_VARS_MAX) {
            problem(r, ORX_DIAG_ERROR, line.p, "more than 4096 variables in one file");
            return;
        }
    }
}

int orx_envfile_parse(orx_arena *arena, const char *name, orx_view text, orx_diags *diags,
                      orx_envfile *ret_file, orx_err *err) {
    if (text.len > ORX_ENVFILE_MAX)
        return orx_err_set(err, ORX_E_LIMIT, "%s: expected at most 1 MiB, found %zu bytes", name,
                           text.len);
    ORX_CLEANUP(orx_diags_free) orx_diags own = {0};
    reader r = {.arena = arena, .diags = diags ? diags : &own};
    r.name = r.file.name = orx_arena_strdup(arena, name);
    int before = r.diags->errors;
    if (text.p)
        all_lines(&r, text);
    orx_map_free(&r.seen);
    if (!diags && own.errors)
        return orx_diags_result(&own, err);
    if (r.diags->errors > before)
        return orx_err_set(err, ORX_E_INVALID, "%s: %d lines cannot be read", name,
                           r.diags->errors - before);
    *ret_file = r.file;
    return 0;
}

const orx_envvar *orx_envfile_get(const orx_envfile *file, const char *name) {
    for (const orx_envvar *v = file->first; v; v = v->next)
        if (!strcmp(v->name, name))
            return v;
    return NULL;
}

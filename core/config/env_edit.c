#include "config/env_edit.h"

#include <string.h>

#define BOM "\xEF\xBB\xBF"

/* Of a line that sets a variable; empty for any other. */
static orx_view name_in(orx_view line) {
    line = orx_view_trim(line);
    if (orx_view_starts(line, "export") && line.len > 6 && (line.p[6] == ' ' || line.p[6] == '\t'))
        line = orx_view_trim((orx_view){line.p + 6, line.len - 6});
    const char *equals = line.len && *line.p != '#' ? memchr(line.p, '=', line.len) : NULL;
    return equals ? orx_view_trim((orx_view){line.p, (size_t)(equals - line.p)}) : (orx_view){0};
}

static bool is_plain(orx_view value) {
    orx_view trimmed = orx_view_trim(value);
    if (trimmed.len != value.len)
        return false;
    for (size_t i = 0; i < value.len; i++)
        if (value.p[i] == '\n' || value.p[i] == '\r')
            return false;
    return value.len == 0 || (value.p[0] != '"' && value.p[0] != '\'');
}

static void add_quoted(orx_view value, orx_str *out) {
    orx_str_addc(out, '"');
    for (size_t i = 0; i < value.len; i++) {
        char c = value.p[i];
        if (c == '\n' || c == '\r' || c == '"' || c == '\\')
            orx_str_addc(out, '\\');
        orx_str_addc(out, (char)(c == '\n' ? 'n' : c == '\r' ? 'r' : c));
    }
    orx_str_addc(out, '"');
}

static void add_line(const char *name, orx_view value, orx_str *out) {
    orx_str_addf(out, "%s=", name);
    if (is_plain(value))
        orx_str_addv(out, value);
    else
        add_quoted(value, out);
}

void orx_env_edit(orx_view text, const char *name, orx_view value, orx_str *out) {
    bool set = false;
    if (orx_view_starts(text, BOM)) {
        orx_str_adds(out, BOM);
        text = (orx_view){text.p + strlen(BOM), text.len - strlen(BOM)};
    }
    bool ended = true; /* the last line */
    while (text.len) {
        const char *end = memchr(text.p, '\n', text.len);
        size_t n = end ? (size_t)(end - text.p) : text.len;
        orx_view line = {text.p, n};
        bool ours = orx_view_is(name_in(line), name);
        if (!ours)
            orx_str_addv(out, line);
        else if (!set)
            add_line(name, value, out);
        if (ours && !set && n && line.p[n - 1] == '\r')
            orx_str_addc(out, '\r');
        if (end && (!ours || !set))
            orx_str_addc(out, '\n');
        ended = end != NULL;
        set = set || ours;
        text = (orx_view){text.p + n + (end ? 1 : 0), text.len - n - (end ? 1 : 0)};
    }
    if (set)
        return;
    if (!ended)
        orx_str_addc(out, '\n');
    add_line(name, value, out);
    orx_str_addc(out, '\n');
}

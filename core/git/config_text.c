/* Configuration files, line by line: git-config(1), "Syntax". Enough to find settings and to leave
 * lines out; a value continued over a line end is seen as its first line. */
#include "git/internal.h"

static bool is_word(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '.';
}

/* [section "sub"] at the start of text; what follows the bracket is left in *text. */
static void take_header(orx_view *text, orx_git_config_line *line) {
    size_t i = 1;
    while (i < text->len && is_word(text->p[i]))
        i++;
    line->section = (orx_view){text->p + 1, i - 1};
    line->sub = (orx_view){0};
    while (i < text->len && text->p[i] == ' ')
        i++;
    if (i < text->len && text->p[i] == '"') {
        size_t start = ++i;
        while (i < text->len && text->p[i] != '"')
            i += text->p[i] == '\\' ? 2 : 1;
        i = i < text->len ? i : text->len;
        line->sub = (orx_view){text->p + start, i - start};
    }
    while (i < text->len && text->p[i] != ']')
        i++;
    i = i < text->len ? i + 1 : text->len;
    *text = orx_view_trim((orx_view){text->p + i, text->len - i});
}

static orx_view value_of(orx_view v) {
    if (v.len >= 2 && v.p[0] == '"' && v.p[v.len - 1] == '"')
        return (orx_view){v.p + 1, v.len - 2};
    for (size_t i = 0; i < v.len; i++)
        if (v.p[i] == '#' || v.p[i] == ';')
            return orx_view_trim((orx_view){v.p, i});
    return v;
}

bool orx_git_config_next(orx_view *rest, orx_git_config_line *line) {
    orx_view raw;
    if (!rest->len || !orx_view_split(rest, '\n', &raw))
        return false;
    line->raw = raw;
    line->key = line->value = (orx_view){0};
    orx_view text = orx_view_trim(raw);
    if (text.len && text.p[0] == '[')
        take_header(&text, line);
    if (!text.len || text.p[0] == '#' || text.p[0] == ';')
        return true;
    size_t n = 0;
    while (n < text.len && is_word(text.p[n]))
        n++;
    line->key = (orx_view){text.p, n};
    orx_view tail = orx_view_trim((orx_view){text.p + n, text.len - n});
    if (tail.len && tail.p[0] == '=')
        line->value = value_of(orx_view_trim((orx_view){tail.p + 1, tail.len - 1}));
    return true;
}

bool orx_git_config_get(orx_view text, const char *section, const char *sub, const char *key,
                        orx_view *ret_value) {
    orx_git_config_line line = {0};
    bool found = false;
    while (orx_git_config_next(&text, &line)) {
        if (!line.key.len || !orx_view_ieq(line.key, orx_view_of(key)) ||
            !orx_view_ieq(line.section, orx_view_of(section)) ||
            !orx_view_is(line.sub, sub ? sub : ""))
            continue;
        *ret_value = line.value;
        found = true;
    }
    return found;
}

/* Unified diffs as models write them: the counts in the hunk headers are often wrong and the line
 * numbers too, so neither is believed. What is believed are the lines. */
#include "tools.h"

#include "base/vec.h"

#include <stdlib.h>

typedef struct parser {
    orx_view rest;
    orx_view line; /* the present one */
    bool have;
    int64_t number;
    ORX_VEC(tools_change) changes;
    ORX_VEC(tools_hunk) hunks;
    ORX_VEC(tools_line) lines;
} parser;

static void next(parser *p) {
    p->have = p->rest.p && orx_view_split(&p->rest, '\n', &p->line);
    p->number++;
}

/* ---- Headers --------------------------------------------------------------------------------- */

/* The line behind the present one. */
static orx_view peek(const parser *p) {
    orx_view rest = p->rest;
    orx_view line = {0};
    if (rest.p)
        (void)orx_view_split(&rest, '\n', &line);
    return line;
}

/* A removed line can look like the first header line; the second decides. */
static bool at_file(const parser *p) {
    return p->have && orx_view_starts(p->line, "--- ") && orx_view_starts(peek(p), "+++ ");
}

static bool at_hunk(const parser *p) {
    return p->have && orx_view_starts(p->line, "@@");
}

/* The name in a header line: without the time behind a tab; {0} for /dev/null. */
static orx_view name_in(orx_view line) {
    orx_view name = orx_view_mem(line.p + 4, line.len - 4);
    const char *tab = name.len ? memchr(name.p, '\t', name.len) : NULL;
    if (tab)
        name.len = (size_t)(tab - name.p);
    name = orx_view_trim(name);
    return orx_view_is(name, "/dev/null") ? (orx_view){0} : name;
}

/* git puts a/ and b/ before the names. */
static void strip_prefixes(tools_change *c) {
    bool from = !c->from.p || orx_view_starts(c->from, "a/");
    bool to = !c->to.p || orx_view_starts(c->to, "b/");
    if (!from || !to)
        return;
    if (c->from.p)
        c->from = orx_view_mem(c->from.p + 2, c->from.len - 2);
    if (c->to.p)
        c->to = orx_view_mem(c->to.p + 2, c->to.len - 2);
}

/* The first number behind "@@ -", 0 when there is none. */
static int64_t stated_line(orx_view header) {
    int64_t n = 0;
    int64_t at = orx_view_find(header, "-");
    for (size_t i = (size_t)at + 1; at >= 0 && i < header.len; i++) {
        if (header.p[i] < '0' || header.p[i] > '9' || n > 100000000)
            break;
        n = n * 10 + (header.p[i] - '0');
    }
    return n;
}

/* ---- Hunks ----------------------------------------------------------------------------------- */

static bool ends_hunk(const parser *p) {
    static const char *const words[] = {
        "diff ", "index ", "new file mode", "deleted file mode", "old mode", "new mode", "```"};
    for (size_t i = 0; i < ORX_ARRAY_LEN(words); i++)
        if (orx_view_starts(p->line, words[i]))
            return true;
    return !p->have || at_hunk(p) || at_file(p);
}

static void mark_open(parser *p, tools_change *c) {
    char kind = p->lines.len ? p->lines.items[p->lines.len - 1].kind : ' ';
    c->old_open = c->old_open || kind != '+';
    c->new_open = c->new_open || kind != '-';
}

/* An empty line is a line of context whose space was lost, unless it only ends the hunk. */
static bool take_lines(parser *p, tools_change *c, orx_str *out) {
    size_t empty = 0;
    for (; !ends_hunk(p); next(p)) {
        char kind = p->line.len ? p->line.p[0] : '\0';
        if (kind == '\\') {
            mark_open(p, c);
            continue;
        }
        if (!kind) {
            empty++;
            continue;
        }
        if (kind != ' ' && kind != '-' && kind != '+')
            return tools_fail(out,
                              "line %lld of the patch begins with '%c': lines of a hunk begin with "
                              "a space, '-' or '+'",
                              (long long)p->number, kind);
        for (; empty; empty--) {
            const tools_line blank = {' ', orx_view_mem("", 0)};
            orx_vec_push(&p->lines, blank);
        }
        const tools_line line = {kind, orx_view_mem(p->line.p + 1, p->line.len - 1)};
        orx_vec_push(&p->lines, line);
    }
    return true;
}

static bool take_hunk(parser *p, tools_change *c, orx_str *out) {
    tools_hunk h = {.line = stated_line(p->line), .first = p->lines.len};
    int64_t number = p->number;
    next(p);
    if (!take_lines(p, c, out))
        return false;
    h.count = p->lines.len - h.first;
    if (!h.count)
        return tools_fail(out, "line %lld of the patch: a hunk without lines", (long long)number);
    orx_vec_push(&p->hunks, h);
    return true;
}

static bool take_file(parser *p, orx_str *out) {
    tools_change c = {.from = name_in(p->line), .first = p->hunks.len};
    next(p);
    c.to = name_in(p->line);
    next(p);
    strip_prefixes(&c);
    if (!c.from.p && !c.to.p)
        return tools_fail(out, "line %lld of the patch: both names are /dev/null",
                          (long long)p->number);
    while (at_hunk(p))
        if (!take_hunk(p, &c, out))
            return false;
    c.count = p->hunks.len - c.first;
    if (!c.count)
        return tools_fail(out, "line %lld of the patch: expected a hunk, which begins with @@",
                          (long long)p->number);
    orx_vec_push(&p->changes, c);
    return true;
}

static bool refuses(const parser *p, orx_str *out) {
    if (orx_view_starts(p->line, "rename ") || orx_view_starts(p->line, "copy "))
        return !tools_fail(out, "renames are not patched; use a command such as git mv");
    if (orx_view_starts(p->line, "GIT binary patch") || orx_view_starts(p->line, "Binary files"))
        return !tools_fail(out, "binary files are not patched");
    return false;
}

static bool parse(parser *p, orx_str *out) {
    for (next(p); p->have;) {
        if (at_file(p)) {
            if (!take_file(p, out))
                return false;
        } else if (at_hunk(p)) {
            return tools_fail(out,
                              "line %lld of the patch: a hunk without the lines --- and +++ "
                              "that name its file",
                              (long long)p->number);
        } else if (refuses(p, out)) {
            return false;
        } else {
            next(p);
        }
    }
    return p->changes.len ||
           tools_fail(out, "no unified diff: expected lines like \"--- a/FILE\", \"+++ b/FILE\", "
                           "\"@@ -1,3 +1,3 @@\" and then lines that begin with ' ', '-' or '+'");
}

bool tools_diff_parse(orx_view text, tools_diff *ret_diff, orx_str *out) {
    parser p = {.rest = text};
    bool good = parse(&p, out);
    tools_diff d = {p.changes.items, p.changes.len, p.hunks.items,
                    p.hunks.len,     p.lines.items, p.lines.len};
    if (good)
        *ret_diff = d;
    else
        tools_diff_free(&d);
    return good;
}

void tools_diff_free(tools_diff *diff) {
    free(diff->changes);
    free(diff->hunks);
    free(diff->lines);
    *diff = (tools_diff){0};
}

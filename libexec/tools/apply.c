/* Putting hunks into a text. */
#include "tools.h"

#include "base/vec.h"

#include <stdlib.h>

typedef struct text {
    ORX_VEC(orx_view) lines; /* without newlines */
    bool open;               /* the last has none */
    bool crlf;
} text;

typedef struct applying {
    const tools_diff *diff;
    const tools_change *change;
    text old;
    size_t at;     /* old lines before it are written */
    int64_t moved; /* how far the last hunk was from where it said */
    orx_str *to;
    bool last_is_old; /* the last line written is the old text's last */
} applying;

static void split(orx_view bytes, text *t) {
    while (bytes.len) {
        const char *nl = memchr(bytes.p, '\n', bytes.len);
        size_t n = nl ? (size_t)(nl - bytes.p) : bytes.len;
        orx_vec_push(&t->lines, orx_view_mem(bytes.p, n));
        t->open = !nl;
        n += nl ? 1 : 0;
        bytes = orx_view_mem(bytes.p + n, bytes.len - n);
    }
    t->crlf = t->lines.len && orx_view_ends(t->lines.items[0], "\r");
}

/* A model does not see carriage returns, so they make no difference. */
static orx_view bare(orx_view line) {
    if (orx_view_ends(line, "\r"))
        line.len--;
    return line;
}

static const tools_line *line_of(const applying *a, const tools_hunk *h, size_t i) {
    return &a->diff->lines[h->first + i];
}

static size_t old_count(const applying *a, const tools_hunk *h) {
    size_t n = 0;
    for (size_t i = 0; i < h->count; i++)
        n += line_of(a, h, i)->kind != '+';
    return n;
}

/* How many old lines of the hunk are there from line `at` on. */
static size_t matching(const applying *a, const tools_hunk *h, size_t at) {
    size_t n = 0;
    for (size_t i = 0; i < h->count; i++) {
        const tools_line *l = line_of(a, h, i);
        if (l->kind == '+')
            continue;
        if (at + n >= a->old.lines.len ||
            !orx_view_eq(bare(a->old.lines.items[at + n]), bare(l->text)))
            return n;
        n++;
    }
    return n;
}

static const tools_line *old_line(const applying *a, const tools_hunk *h, size_t n) {
    for (size_t i = 0; i < h->count; i++)
        if (line_of(a, h, i)->kind != '+' && n-- == 0)
            return line_of(a, h, i);
    return line_of(a, h, 0);
}

static bool is_nowhere(const applying *a, const tools_hunk *h, size_t number, orx_str *out) {
    size_t best = 0;
    size_t most = 0;
    for (size_t at = a->at; at < a->old.lines.len; at++) {
        size_t n = matching(a, h, at);
        if (n > most) {
            most = n;
            best = at;
        }
    }
    const tools_line *missing = old_line(a, h, most);
    if (!most)
        return tools_fail(out, "hunk %zu: its first line is not in the file%s: \"%.*s\"", number,
                          a->at ? " behind the hunk before" : "", ORX_VIEW_ARG(missing->text));
    size_t at = best + most;
    if (at >= a->old.lines.len)
        return tools_fail(out, "hunk %zu: the file ends where \"%.*s\" is expected", number,
                          ORX_VIEW_ARG(missing->text));
    return tools_fail(out, "hunk %zu: line %zu of the file is \"%.*s\" where \"%.*s\" is expected",
                      number, at + 1, ORX_VIEW_ARG(a->old.lines.items[at]),
                      ORX_VIEW_ARG(missing->text));
}

/* The one place where the old lines are, from the end of the hunk before. */
static bool find(const applying *a, const tools_hunk *h, size_t number, size_t count,
                 size_t *ret_at, orx_str *out) {
    size_t found = 0;
    size_t where = 0;
    for (size_t at = a->at; at + count <= a->old.lines.len && found < 2; at++) {
        if (matching(a, h, at) != count)
            continue;
        if (++found == 2)
            return tools_fail(out,
                              "hunk %zu fits at line %zu and at line %zu; add lines of context, or "
                              "the right line number",
                              number, where + 1, at + 1);
        where = at;
    }
    if (!found)
        return is_nowhere(a, h, number, out);
    *ret_at = where;
    return true;
}

static bool place(const applying *a, const tools_hunk *h, size_t number, size_t *ret_at,
                  orx_str *out) {
    size_t count = old_count(a, h);
    int64_t stated = h->line + a->moved - (count ? 1 : 0);
    bool inside = h->line > 0 && stated >= (int64_t)a->at && (uint64_t)stated <= a->old.lines.len;
    if (!count) {
        /* Nothing to find: only the number can say where, or there is but one place. */
        if (!inside && a->old.lines.len)
            return tools_fail(out, "hunk %zu adds lines without any context; add some", number);
        *ret_at = a->old.lines.len ? (size_t)stated : 0;
        return true;
    }
    if (inside && matching(a, h, (size_t)stated) == count) {
        *ret_at = (size_t)stated;
        return true;
    }
    return find(a, h, number, count, ret_at, out);
}

/* Every line gets its newline here; the last may lose it in the end. */
static void put(applying *a, orx_view line, bool old) {
    orx_str_addv(a->to, line);
    if (!old && a->old.crlf && !orx_view_ends(line, "\r"))
        orx_str_addc(a->to, '\r');
    orx_str_addc(a->to, '\n');
}

static void keep_until(applying *a, size_t at) {
    for (; a->at < at && a->old.lines.items; a->at++) {
        put(a, a->old.lines.items[a->at], true);
        a->last_is_old = a->at + 1 == a->old.lines.len;
    }
}

static void put_hunk(applying *a, const tools_hunk *h) {
    for (size_t i = 0; i < h->count; i++) {
        const tools_line *l = line_of(a, h, i);
        if (l->kind == ' ') {
            keep_until(a, a->at + 1);
        } else if (l->kind == '-') {
            a->at++;
        } else {
            put(a, l->text, false);
            a->last_is_old = false;
        }
    }
}

static bool apply_hunk(applying *a, const tools_hunk *h, size_t number, orx_str *out) {
    size_t at = 0;
    size_t count = old_count(a, h);
    if (!place(a, h, number, &at, out))
        return false;
    if (h->line > 0)
        a->moved = (int64_t)at + (count ? 1 : 0) - h->line;
    keep_until(a, at);
    put_hunk(a, h);
    return true;
}

static bool apply_all(applying *a, orx_str *out) {
    for (size_t i = 0; i < a->change->count; i++)
        if (!apply_hunk(a, &a->diff->hunks[a->change->first + i], i + 1, out))
            return false;
    keep_until(a, a->old.lines.len);
    bool open = a->last_is_old ? a->old.open && (a->change->new_open || !a->change->old_open)
                               : a->change->new_open;
    if (open && a->to->len)
        orx_str_truncate(a->to, a->to->len - 1);
    return true;
}

bool tools_diff_apply(const tools_diff *diff, const tools_change *change, orx_view old,
                      orx_str *ret_text, orx_str *out) {
    applying a = {.diff = diff, .change = change, .to = ret_text};
    split(old, &a.old);
    bool good = apply_all(&a, out);
    orx_vec_free(&a.old.lines);
    return good;
}

/* What a model sends as a patch, and the file it is for, of any bytes with a NUL between them: the
 * diff is refused or taken apart into pieces of itself, and a file that comes out has every line
 * that was added, and none that was neither there nor added. */
#include "fuzz.h"
#include "tools.h"

#include <string.h>

static bool holds_line(orx_view text, orx_view line) {
    orx_view rest = text;
    orx_view one;
    while (rest.p && orx_view_split(&rest, '\n', &one))
        if (orx_view_eq(one, line) || (one.len == line.len + 1 && one.p[line.len] == '\r' &&
                                       memcmp(one.p, line.p, line.len) == 0))
            return true;
    return false;
}

static bool adds_line(const tools_diff *d, orx_view line) {
    for (size_t i = 0; i < d->line_count; i++)
        if (d->lines[i].kind == '+' &&
            (orx_view_eq(d->lines[i].text, line) ||
             (orx_view_ends(line, "\r") &&
              orx_view_eq(d->lines[i].text, orx_view_mem(line.p, line.len - 1)))))
            return true;
    return false;
}

static void check_result(const tools_diff *d, const tools_change *c, orx_view old, orx_view text) {
    orx_view rest = text;
    orx_view line;
    while (rest.p && orx_view_split(&rest, '\n', &line))
        FUZZ_CHECK(!line.len || holds_line(old, line) || adds_line(d, line));
    for (size_t h = c->first; h < c->first + c->count; h++)
        for (size_t i = d->hunks[h].first; i < d->hunks[h].first + d->hunks[h].count; i++)
            if (d->lines[i].kind == '+' && d->lines[i].text.len)
                FUZZ_CHECK(holds_line(text, d->lines[i].text));
}

static bool inside(orx_view part, orx_view whole) {
    return !part.len || (part.p >= whole.p && part.p + part.len <= whole.p + whole.len);
}

static void apply_all(const tools_diff *d, orx_view patch, orx_view old) {
    for (size_t i = 0; i < d->line_count; i++)
        FUZZ_CHECK(inside(d->lines[i].text, patch));
    for (size_t i = 0; i < d->change_count; i++) {
        const tools_change *c = &d->changes[i];
        ORX_CLEANUP(orx_str_free) orx_str text = {0};
        ORX_CLEANUP(orx_str_free) orx_str why = {0};
        FUZZ_CHECK(c->count > 0 && c->first + c->count <= d->hunk_count);
        FUZZ_CHECK(inside(c->from, patch) && inside(c->to, patch) && (c->from.p || c->to.p));
        if (tools_diff_apply(d, c, old, &text, &why))
            check_result(d, c, old, orx_str_view(&text));
        else
            FUZZ_CHECK(why.len > 0);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    const uint8_t *nul = size ? memchr(data, '\0', size) : NULL;
    size_t n = nul ? (size_t)(nul - data) : size;
    orx_view patch = orx_view_mem(data, n);
    orx_view old = nul ? orx_view_mem(nul + 1, size - n - 1) : orx_view_mem("", 0);
    tools_diff d;
    ORX_CLEANUP(orx_str_free) orx_str why = {0};
    if (tools_diff_parse(patch, &d, &why)) {
        apply_all(&d, patch, old);
        tools_diff_free(&d);
    } else {
        FUZZ_CHECK(why.len > 0);
    }
    return 0;
}

/* read_file: a file, or a stretch of its lines. */
#include "tools.h"

/* Room for the line that says what was left out. */
enum { TOLD = ORX_TOOLS_RESULT_MAX - 200 };

/* The end of the line that begins at `at`, its newline included. */
static size_t line_end(const orx_str *s, size_t at) {
    const char *nl = memchr(s->buf + at, '\n', s->len - at);
    return nl ? (size_t)(nl - s->buf) + 1 : s->len;
}

static int64_t count_lines(const orx_str *s, size_t at) {
    int64_t n = 0;
    for (; at < s->len; at = line_end(s, at))
        n++;
    return n;
}

/* Where line number `line` (from 1) begins; the length when there are not so many. */
static size_t find_line(const orx_str *s, int64_t line) {
    size_t at = 0;
    for (int64_t i = 1; i < line && at < s->len; i++)
        at = line_end(s, at);
    return at;
}

/* Takes whole lines while they fit; a single line that does not fit is cut. */
static size_t take_lines(const orx_str *s, size_t from, int64_t most, int64_t *ret_lines) {
    size_t at = from;
    int64_t lines = 0;
    while (at < s->len && (!most || lines < most)) {
        size_t end = line_end(s, at);
        if (end - from > TOLD) {
            if (lines)
                break;
            end = from + TOLD;
            *ret_lines = -1;
            return end;
        }
        at = end;
        lines++;
    }
    *ret_lines = lines;
    return at;
}

static void tell_part(const orx_str *s, size_t from, int64_t first, int64_t most, orx_str *out) {
    int64_t lines = 0;
    size_t end = take_lines(s, from, most, &lines);
    int64_t all = count_lines(s, 0);
    orx_str_add(out, s->buf + from, end - from);
    if (lines < 0) {
        orx_str_addf(out, "\n[line %lld of %lld is too long to be shown whole]\n", (long long)first,
                     (long long)all);
        return;
    }
    if (from == 0 && end == s->len)
        return;
    if (out->len && out->buf[out->len - 1] != '\n')
        orx_str_addc(out, '\n');
    orx_str_addf(out, "[lines %lld to %lld of %lld", (long long)first, (long long)first + lines - 1,
                 (long long)all);
    if (end < s->len)
        orx_str_addf(out, "; go on with \"offset\": %lld", (long long)first + lines);
    orx_str_adds(out, "]\n");
}

bool tools_read(tools *t, const tools_request *r, orx_str *out) {
    ORX_CLEANUP(orx_str_free) orx_str bytes = {0};
    orx_view given = tools_field(r, 0);
    int64_t first = tools_number(r, 1, 1);
    int64_t most = tools_number(r, 2, 0);
    if (!tools_load_given(t, given, &bytes, out))
        return false;
    if (!tools_is_text(orx_str_view(&bytes)))
        return tools_fail(out, "%.*s: a binary file of %zu bytes", ORX_VIEW_ARG(given), bytes.len);
    if (!bytes.len) {
        orx_str_adds(out, "[the file is empty]\n");
        return true;
    }
    first = first < 1 ? 1 : first;
    size_t from = find_line(&bytes, first);
    if (from >= bytes.len)
        return tools_fail(out, "%.*s: it has %lld lines, so line %lld does not exist",
                          ORX_VIEW_ARG(given), (long long)count_lines(&bytes, 0), (long long)first);
    tell_part(&bytes, from, first, most < 0 ? 0 : most, out);
    return true;
}

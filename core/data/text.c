#include "data/text.h"

#include "data/json.h"

#include <stdio.h>

orx_pos orx_text_pos(orx_view text, uint32_t first_line, size_t offset) {
    orx_pos pos = {first_line, 1};
    size_t start = 0;
    while (start < offset) {
        const char *nl = memchr(text.p + start, '\n', offset - start);
        if (!nl)
            break;
        pos.line++;
        start = (size_t)(nl - text.p) + 1;
    }
    pos.column = (uint32_t)(offset - start + 1);
    return pos;
}

int orx_text_fail(orx_err *err, int code, const char *name, orx_pos pos, const char *fmt, ...) {
    char text[ORX_ERR_MAX];
    va_list ap;
    va_start(ap, fmt);
    (void)vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    return orx_err_set(err, code, "%s:%u:%u: %s", name, pos.line, pos.column, text);
}

/* The length of text cut to at most max bytes, between characters. */
static int cut(const orx_str *text, size_t max) {
    size_t n = text->len < max ? text->len : max;
    while (n > 0 && n < text->len && (text->buf[n] & 0xC0) == 0x80)
        n--;
    return (int)n;
}

int orx_text_fail_twice(orx_err *err, const char *name, orx_view key, orx_pos again,
                        orx_pos first) {
    ORX_CLEANUP(orx_str_free) orx_str quoted = {0};
    orx_json_quote(&quoted, key, false);
    return orx_text_fail(err, ORX_E_INVALID, name, again,
                         "expected every key once, found %.*s again (first at %u:%u): remove one "
                         "of them",
                         cut(&quoted, 200), quoted.buf, first.line, first.column);
}

/* Offset of the first byte that is not UTF-8, or the length. Eight ASCII bytes at a time, because
 * nearly all input is ASCII. */
static size_t utf8_end(orx_view text) {
    size_t i = 0;
    while (i < text.len) {
        uint64_t word;
        if (text.len - i >= sizeof word) {
            memcpy(&word, text.p + i, sizeof word);
            if (!(word & 0x8080808080808080ULL)) {
                i += sizeof word;
                continue;
            }
        }
        size_t n = orx_utf8_len(text.p + i, text.len - i);
        if (!n)
            return i;
        i += n;
    }
    return i;
}

static int check_mark(const char *name, orx_view text, uint32_t first_line, orx_err *err) {
    if (orx_view_starts(text, "\xEF\xBB\xBF"))
        return orx_text_fail(err, ORX_E_INVALID, name, (orx_pos){first_line, 1},
                             "expected text, found a byte order mark (EF BB BF): save the file as "
                             "UTF-8 without BOM");
    if (orx_view_starts(text, "\xFF\xFE") || orx_view_starts(text, "\xFE\xFF"))
        return orx_text_fail(err, ORX_E_INVALID, name, (orx_pos){first_line, 1},
                             "expected UTF-8, found UTF-16: save the file as UTF-8 without BOM");
    return 0;
}

int orx_text_check(const char *name, const char *what, orx_view text, uint32_t first_line,
                   const orx_doc_limits *limits, orx_err *err) {
    if (text.len > limits->max_bytes)
        return orx_err_set(err, ORX_E_LIMIT,
                           "%s: expected at most %zu bytes of %s, found %zu: make it smaller", name,
                           limits->max_bytes, what, text.len);
    if (orx_view_trim(text).len == 0)
        return orx_err_set(err, ORX_E_INVALID, "%s: expected %s, found an empty file", name, what);
    int rc = check_mark(name, text, first_line, err);
    if (rc < 0)
        return rc;
    const char *nul = memchr(text.p, '\0', text.len);
    if (nul)
        return orx_text_fail(
            err, ORX_E_INVALID, name, orx_text_pos(text, first_line, (size_t)(nul - text.p)),
            "expected text, found a NUL byte: the file is damaged or not %s", what);
    size_t good = utf8_end(text);
    if (good < text.len)
        return orx_text_fail(err, ORX_E_INVALID, name, orx_text_pos(text, first_line, good),
                             "expected UTF-8, found the byte 0x%02X: save the file as UTF-8",
                             (unsigned char)text.p[good]);
    return 0;
}

void orx_text_found(orx_view text, size_t offset, char out[ORX_FOUND_MAX]) {
    unsigned char c = offset < text.len ? (unsigned char)text.p[offset] : 0;
    if (offset >= text.len)
        (void)snprintf(out, ORX_FOUND_MAX, "the end of the file");
    else if (c == '"')
        (void)snprintf(out, ORX_FOUND_MAX, "a string");
    else if (c >= '0' && c <= '9')
        (void)snprintf(out, ORX_FOUND_MAX, "a number");
    else if (c == '\n' || c == '\r')
        (void)snprintf(out, ORX_FOUND_MAX, "the end of the line");
    else if (c == '\t')
        (void)snprintf(out, ORX_FOUND_MAX, "a tab");
    else if (c < 0x20 || c == 0x7F)
        (void)snprintf(out, ORX_FOUND_MAX, "the byte 0x%02X", c);
    else
        (void)snprintf(out, ORX_FOUND_MAX, "'%.*s'",
                       (int)orx_utf8_len(text.p + offset, text.len - offset), text.p + offset);
}

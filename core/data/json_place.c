#include "data/json_reader.h"

#include <stdio.h>

int orx_json_fail(orx_json_reader *r, int code, const char *at, const char *fmt, ...) {
    char text[ORX_ERR_MAX];
    va_list ap;
    va_start(ap, fmt);
    (void)vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    r->rc = code;
    return orx_text_fail(r->err, code, r->name,
                         orx_text_pos(r->text, r->first_line, (size_t)(at - r->text.p)), "%s",
                         text);
}

#define EIGHT_SPACES 0x2020202020202020ULL

/* Behind the spaces at p: indentation is most of the white space there is. */
static const char *skip_spaces(const char *p, const char *end) {
    uint64_t word;
    while (end - p >= (ptrdiff_t)sizeof word) {
        memcpy(&word, p, sizeof word);
        if (word != EIGHT_SPACES)
            break;
        p += sizeof word;
    }
    while (p < end && *p == ' ')
        p++;
    return p;
}

bool orx_json_over_space(orx_json_reader *r) {
    const char *p = r->cursor;
    const char *end = r->text.p + r->text.len;
    for (; p < end; p++) {
        if (*p == '\n') {
            r->line++;
            r->line_start = p + 1;
            p = skip_spaces(p + 1, end) - 1;
        } else if (*p != ' ' && *p != ',' && *p != ':' && *p != '\t' && *p != '\r') {
            break;
        }
    }
    r->cursor = p;
    if (p == end || (unsigned char)*p >= 0x20)
        return true;
    orx_json_fail(r, ORX_E_INVALID, p, "expected JSON, found the byte 0x%02X", (unsigned char)*p);
    return false;
}

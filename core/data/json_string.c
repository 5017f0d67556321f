#include "data/json_reader.h"

static uint32_t hex4(const char *p) {
    uint32_t v = 0;
    for (int i = 0; i < 4; i++) {
        unsigned char c = (unsigned char)p[i];
        uint32_t digit = c <= '9' ? c & 15U : (c & 15U) + 9; /* ASCII letters: 'a' is 0x61 */
        v = v << 4 | digit;
    }
    return v;
}

static char *put_utf8(char *out, uint32_t c) {
    if (c < 0x80) {
        *out++ = (char)c;
    } else if (c < 0x800) {
        *out++ = (char)(0xC0 | c >> 6);
        *out++ = (char)(0x80 | (c & 0x3F));
    } else if (c < 0x10000) {
        *out++ = (char)(0xE0 | c >> 12);
        *out++ = (char)(0x80 | (c >> 6 & 0x3F));
        *out++ = (char)(0x80 | (c & 0x3F));
    } else {
        *out++ = (char)(0xF0 | c >> 18);
        *out++ = (char)(0x80 | (c >> 12 & 0x3F));
        *out++ = (char)(0x80 | (c >> 6 & 0x3F));
        *out++ = (char)(0x80 | (c & 0x3F));
    }
    return out;
}

static char unescaped(char c) {
    switch (c) {
    case 'b':
        return '\b';
    case 'f':
        return '\f';
    case 'n':
        return '\n';
    case 'r':
        return '\r';
    case 't':
        return '\t';
    default:
        return c; /* the quote, the backslash and the slash stand for themselves */
    }
}

/* The code point at \uXXXX (and \uXXXX behind it); moves *p behind it. */
static int code_point(orx_json_reader *r, const char **p, const char *end, uint32_t *ret_c) {
    const char *at = *p;
    uint32_t c = hex4(at + 2);
    *p = at + 6;
    if (c < 0xD800 || c > 0xDFFF) {
        *ret_c = c;
        return 0;
    }
    bool pair = c < 0xDC00 && end - *p >= 6 && (*p)[0] == '\\' && (*p)[1] == 'u';
    uint32_t low = pair ? hex4(*p + 2) : 0;
    if (low < 0xDC00 || low > 0xDFFF)
        return orx_json_fail(r, ORX_E_INVALID, at,
                             "expected a surrogate pair such as \\ud83d\\ude00, found the lone "
                             "surrogate \\u%04x: write the character itself",
                             c);
    *p += 6;
    *ret_c = 0x10000 + ((c - 0xD800) << 10) + (low - 0xDC00);
    return 0;
}

/* Every escape is at least as long as the bytes it stands for, so raw.len bounds the result. yajl
 * has checked that escapes are complete. */
int orx_json_unescape(orx_json_reader *r, orx_view raw, orx_view *ret_text) {
    char *start = orx_json_new_text(r, raw.len);
    char *out = start;
    const char *p = raw.p;
    const char *end = raw.p + raw.len;
    while (p < end) {
        const char *slash = memchr(p, '\\', (size_t)(end - p));
        size_t plain = (size_t)((slash ? slash : end) - p);
        memcpy(out, p, plain);
        out += plain;
        p += plain;
        if (!slash)
            break;
        if (p[1] != 'u') {
            *out++ = unescaped(p[1]);
            p += 2;
            continue;
        }
        uint32_t c = 0;
        if (code_point(r, &p, end, &c) < 0)
            return r->rc;
        out = put_utf8(out, c);
    }
    *out = '\0';
    *ret_text = orx_view_mem(start, (size_t)(out - start));
    return 0;
}

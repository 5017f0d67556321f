#include "data/json.h"

static void escape(orx_str *out, unsigned char c) {
    switch (c) {
    case '"':
        orx_str_adds(out, "\\\"");
        break;
    case '\\':
        orx_str_adds(out, "\\\\");
        break;
    case '\b':
        orx_str_adds(out, "\\b");
        break;
    case '\f':
        orx_str_adds(out, "\\f");
        break;
    case '\n':
        orx_str_adds(out, "\\n");
        break;
    case '\r':
        orx_str_adds(out, "\\r");
        break;
    case '\t':
        orx_str_adds(out, "\\t");
        break;
    default:
        orx_str_addf(out, "\\u%04x", c);
    }
}

static uint32_t decode(const char *text, size_t n) {
    const unsigned char *p = (const unsigned char *)text;
    if (n == 2)
        return (uint32_t)(p[0] & 0x1F) << 6 | (p[1] & 0x3F);
    if (n == 3)
        return (uint32_t)(p[0] & 0x0F) << 12 | (uint32_t)(p[1] & 0x3F) << 6 | (p[2] & 0x3F);
    return (uint32_t)(p[0] & 0x07) << 18 | (uint32_t)(p[1] & 0x3F) << 12 |
           (uint32_t)(p[2] & 0x3F) << 6 | (p[3] & 0x3F);
}

static void escape_wide(orx_str *out, uint32_t c) {
    if (c < 0x10000) {
        orx_str_addf(out, "\\u%04x", c);
        return;
    }
    c -= 0x10000;
    orx_str_addf(out, "\\u%04x\\u%04x", 0xD800 + (c >> 10), 0xDC00 + (c & 0x3FF));
}

/* One character that does not stand for itself at the front of rest; returns its length. */
static size_t special(orx_str *out, orx_view rest, bool ascii) {
    unsigned char c = (unsigned char)rest.p[0];
    size_t n = orx_utf8_len(rest.p, rest.len);
    if (c < 0x80)
        escape(out, c);
    else if (ascii)
        escape_wide(out, n ? decode(rest.p, n) : 0xFFFD);
    else if (n)
        orx_str_add(out, rest.p, n);
    else
        orx_str_adds(out, "\xEF\xBF\xBD");
    return n ? n : 1;
}

/* DEL stands for itself in our styles; Python escapes everything outside ' ' to '~'. */
static bool is_plain(unsigned char c, bool ascii) {
    return c >= 0x20 && c != '"' && c != '\\' && c < (ascii ? 0x7F : 0x80);
}

#define EACH(byte) (0x0101010101010101ULL * (byte))

/* Whether a byte of the word may not be plain; in doubt, yes. */
static bool any_special(uint64_t word) {
    uint64_t quote = word ^ EACH('"');
    uint64_t slash = word ^ EACH('\\');
    uint64_t del = word ^ EACH(0x7F);
    uint64_t found =
        word | (word - EACH(0x20)) | (quote - EACH(1)) | (slash - EACH(1)) | (del - EACH(1));
    return (found & EACH(0x80)) != 0;
}

/* How many bytes at the front stand for themselves; nearly all do, so eight are looked at at once.
 */
static size_t plain_run(orx_view text, bool ascii) {
    uint64_t word;
    size_t n = 0;
    while (text.len - n >= sizeof word) {
        memcpy(&word, text.p + n, sizeof word);
        if (any_special(word))
            break;
        n += sizeof word;
    }
    while (n < text.len && is_plain((unsigned char)text.p[n], ascii))
        n++;
    return n;
}

void orx_json_quote(orx_str *out, orx_view text, bool ascii) {
    orx_str_addc(out, '"');
    while (text.len) {
        size_t n = plain_run(text, ascii);
        orx_str_add(out, text.p, n);
        text = orx_view_mem(text.p + n, text.len - n);
        if (text.len)
            n = special(out, text, ascii);
        else
            break;
        text = orx_view_mem(text.p + n, text.len - n);
    }
    orx_str_addc(out, '"');
}

#include "base/printable.h"

uint32_t orx_utf8_at(const char *p, size_t *ret_len) {
    const unsigned char *u = (const unsigned char *)p;
    size_t n = u[0] < 0x80 ? 1 : u[0] < 0xE0 ? 2 : u[0] < 0xF0 ? 3 : 4;
    uint32_t c = n == 1 ? u[0] : u[0] & (0x7Fu >> n);
    for (size_t i = 1; i < n; i++)
        c = c << 6 | (u[i] & 0x3Fu);
    *ret_len = n;
    return c;
}

typedef struct range {
    uint32_t first;
    uint32_t last;
} range;

static bool is_in(uint32_t c, const range *ranges, size_t count) {
    for (size_t i = 0; i < count; i++)
        if (c >= ranges[i].first && c <= ranges[i].last)
            return true;
    return false;
}

int orx_utf8_columns(uint32_t c) {
    /* Marks that stand over another character, and what joins two. */
    static const range none[] = {{0x300, 0x36F}, {0x200B, 0x200D}, {0xFE00, 0xFE0F}};
    /* The wide scripts, and pictures. */
    static const range two[] = {{0x1100, 0x115F},   {0x2E80, 0xA4CF},  {0xAC00, 0xD7A3},
                                {0xF900, 0xFAFF},   {0xFE30, 0xFE6F},  {0xFF00, 0xFF60},
                                {0x1F300, 0x1FAFF}, {0x20000, 0x3FFFF}};
    if (c < 0x300)
        return 1;
    return is_in(c, none, ORX_ARRAY_LEN(none)) ? 0 : is_in(c, two, ORX_ARRAY_LEN(two)) ? 2 : 1;
}

static bool is_control(uint32_t c) {
    static const range marks[] = {{0x200E, 0x200F}, {0x2028, 0x202E}, {0x2066, 0x2069}};
    return c < 0x20 || (c >= 0x7F && c < 0xA0) ||
           (c >= 0x200E && is_in(c, marks, ORX_ARRAY_LEN(marks)));
}

void orx_str_add_printable(orx_str *s, orx_view bytes, bool keep_lines) {
    ORX_CLEANUP(orx_str_free) orx_str valid = {0};
    size_t len;
    orx_str_add_utf8(&valid, bytes);
    for (size_t i = 0; i < valid.len; i += len) {
        uint32_t c = orx_utf8_at(valid.buf + i, &len);
        if (is_control(c) && !(keep_lines && c == '\n'))
            orx_str_addc(s, ' ');
        else
            orx_str_add(s, valid.buf + i, len);
    }
}

/* Bytes as text, and their checksum. */
#include "routellm.h"

uint64_t rl_crc(const void *bytes, size_t len) {
    const unsigned char *p = bytes;
    uint64_t table[256];
    for (uint32_t i = 0; i < 256; i++) {
        table[i] = i;
        for (int bit = 0; bit < 8; bit++)
            table[i] = table[i] & 1 ? table[i] >> 1 ^ 0xc96c5795d7870f42 : table[i] >> 1;
    }
    uint64_t crc = UINT64_MAX;
    for (size_t i = 0; i < len; i++)
        crc = crc >> 8 ^ table[(crc ^ p[i]) & 0xff];
    return ~crc;
}

void rl_base64(const unsigned char *bytes, size_t n, char *out) {
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for (size_t i = 0; i < n; i += 3) {
        size_t left = n - i < 3 ? n - i : 3;
        uint32_t three = 0;
        for (size_t j = 0; j < 3; j++)
            three = three << 8 | (j < left ? bytes[i + j] : 0u);
        for (size_t j = 0; j < 4; j++)
            *out++ = j <= left ? digits[three >> (18 - 6 * j) & 63] : '=';
    }
    *out = 0;
}

static int digit_of(char c) {
    return c >= 'A' && c <= 'Z'   ? c - 'A'
           : c >= 'a' && c <= 'z' ? c - 'a' + 26
           : c >= '0' && c <= '9' ? c - '0' + 52
           : c == '+'             ? 62
           : c == '/'             ? 63
                                  : -1;
}

/* Four digits, `padded` of them '=': into at most three bytes. -1: they are none, or say more bits
 * than there are bytes for. */
static int read_four(const char *text, size_t padded, unsigned char *out) {
    uint32_t three = 0;
    for (size_t j = 0; j < 4; j++) {
        int d = j < 4 - padded ? digit_of(text[j]) : text[j] == '=' ? 0 : -1;
        if (d < 0)
            return -1;
        three = three << 6 | (uint32_t)d;
    }
    for (size_t j = 0; j < 3; j++) {
        unsigned char byte = (unsigned char)(three >> (16 - 8 * j));
        if (j < 3 - padded)
            out[j] = byte;
        else if (byte)
            return -1;
    }
    return 0;
}

int rl_unbase64(const char *text, size_t len, unsigned char *out, size_t *ret_n) {
    size_t padded = len >= 4 && text[len - 1] == '=' ? 1 + (text[len - 2] == '=') : 0;
    if (len % 4 != 0)
        return -1;
    for (size_t i = 0; i < len; i += 4)
        if (read_four(text + i, i + 4 == len ? padded : 0, out + i / 4 * 3) < 0)
            return -1;
    *ret_n = len / 4 * 3 - padded;
    return 0;
}

static float float_at(const unsigned char *b) {
    uint32_t bits =
        (uint32_t)b[0] | (uint32_t)b[1] << 8 | (uint32_t)b[2] << 16 | (uint32_t)b[3] << 24;
    float v;
    memcpy(&v, &bits, sizeof v);
    return v;
}

uint32_t rl_floats(const char *text, size_t len, float out[RL_DIMS_MAX]) {
    unsigned char bytes[RL_BASE64(4 * RL_DIMS_MAX) / 4 * 3];
    size_t n = 0;
    if (len / 4 * 3 > sizeof bytes || rl_unbase64(text, len, bytes, &n) < 0 || n % 4 != 0 ||
        n / 4 > RL_DIMS_MAX)
        return 0;
    for (size_t i = 0; i < n; i += 4)
        out[i / 4] = float_at(bytes + i);
    return (uint32_t)(n / 4);
}

/* Vectors as text, and the checksum of a document. */
#include "routellm.h"

#include <math.h>
#include <string.h>

uint64_t rl_crc(uint64_t crc, const void *bytes, size_t len) {
    const unsigned char *p = bytes;
    crc = ~crc;
    for (size_t i = 0; i < len; i++) {
        crc ^= p[i];
        for (int bit = 0; bit < 8; bit++)
            crc = crc & 1 ? crc >> 1 ^ 0xc96c5795d7870f42 : crc >> 1;
    }
    return ~crc;
}

/* ---- base64 ---------------------------------------------------------------------------------- */

static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/* Byte i of what is to be written; 0 behind its end. */
typedef unsigned char (*byte_at)(const float *v, float scale, size_t i);

static unsigned char float_byte(const float *v, float scale, size_t i) {
    (void)scale;
    uint32_t bits;
    memcpy(&bits, &v[i / 4], sizeof bits);
    return (unsigned char)(bits >> i % 4 * 8);
}

static unsigned char unit_byte(const float *v, float scale, size_t i) {
    return (unsigned char)(signed char)lrintf(v[i] * scale);
}

static void write_bytes(const float *v, float scale, size_t n, byte_at at, char *out) {
    for (size_t i = 0; i < n; i += 3) {
        size_t left = n - i < 3 ? n - i : 3;
        uint32_t three = 0;
        for (size_t j = 0; j < 3; j++)
            three = three << 8 | (j < left ? at(v, scale, i + j) : 0u);
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

/* Reads exactly n bytes into out; -1 when the text holds others. */
static int read_bytes(const char *text, size_t len, unsigned char *out, size_t n) {
    if (len != (n + 2) / 3 * 4)
        return -1;
    for (size_t i = 0, at = 0; i < len; i += 4) {
        size_t left = n - at < 3 ? n - at : 3;
        uint32_t three = 0;
        for (size_t j = 0; j < 4; j++) {
            int d = digit_of(text[i + j]);
            if (j > left ? text[i + j] != '=' : d < 0)
                return -1;
            three = three << 6 | (j > left ? 0u : (uint32_t)d);
        }
        for (size_t j = 0; j < left; j++)
            out[at++] = (unsigned char)(three >> (16 - 8 * j));
    }
    return 0;
}

/* ---- vectors --------------------------------------------------------------------------------- */

void rl_encode(const float *v, uint32_t n, char *out) {
    write_bytes(v, 1, (size_t)n * 4, float_byte, out);
}

int rl_decode(const char *text, size_t len, float *out, uint32_t n) {
    if (read_bytes(text, len, (unsigned char *)out, (size_t)n * 4) < 0)
        return -1;
    for (uint32_t i = 0; i < n; i++) { /* little-endian, whatever this machine is */
        unsigned char b[4];
        memcpy(b, &out[i], sizeof b);
        uint32_t bits = b[0] | (uint32_t)b[1] << 8 | (uint32_t)b[2] << 16 | (uint32_t)b[3] << 24;
        memcpy(&out[i], &bits, sizeof bits);
    }
    return rl_all_finite(out, n) ? 0 : -1;
}

void rl_encode_unit(const float *v, uint32_t n, char *out) {
    float largest = 0;
    for (uint32_t i = 0; i < n; i++)
        largest = fmaxf(largest, fabsf(v[i]));
    write_bytes(v, largest > 0 ? 127 / largest : 0, n, unit_byte, out);
}

int rl_decode_unit(const char *text, size_t len, float *out, uint32_t n) {
    unsigned char *bytes = (unsigned char *)out; /* read in place, then widened from the end */
    if (read_bytes(text, len, bytes, n) < 0)
        return -1;
    for (uint32_t i = n; i-- > 0;) {
        signed char b = (signed char)bytes[i];
        out[i] = (float)b / 127;
    }
    rl_unit(out, n);
    return 0;
}

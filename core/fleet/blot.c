#include "fleet/blot.h"

#include <ctype.h>

#define SECRET_MIN 4
#define MARK       "[REDACTED]"

/* Two or four hexadecimal digits, or -1. */
static int hex_at(orx_view text, size_t digits) {
    int value = 0;
    if (text.len < digits)
        return -1;
    for (size_t i = 0; i < digits; i++) {
        unsigned char c = (unsigned char)text.p[i];
        if (!isxdigit(c))
            return -1;
        value = value * 16 + (isdigit(c) ? c - '0' : tolower(c) - 'a' + 10);
    }
    return value;
}

static orx_view from(orx_view text, size_t at) {
    return at < text.len ? orx_view_mem(text.p + at, text.len - at) : (orx_view){0};
}

/* How many bytes of the text spell this one, 0 = they are something else. The longest first: what
 * begins like an escape is one. */
static size_t spelled(orx_view text, char c) {
    if (!text.len)
        return 0;
    if (text.p[0] == '%' && hex_at(from(text, 1), 2) == (unsigned char)c)
        return 3;
    if (orx_view_starts(text, "\\u") && hex_at(from(text, 2), 4) == (unsigned char)c)
        return 6;
    if (text.len > 1 && text.p[0] == '\\' && text.p[1] == c)
        return 2;
    return text.p[0] == c;
}

/* The length of the secret at the beginning of the text, 0 = it is not there. As it is goes first:
 * one that holds "%25" would else be read as an escape. */
static size_t secret_at(orx_view text, orx_view secret) {
    size_t at = 0;
    if (text.len >= secret.len && memcmp(text.p, secret.p, secret.len) == 0)
        return secret.len;
    for (size_t i = 0; i < secret.len; i++) {
        size_t n = spelled(from(text, at), secret.p[i]);
        if (!n)
            return 0;
        at += n;
    }
    return at;
}

void orx_blot(orx_str *text, orx_view secret) {
    ORX_CLEANUP(orx_str_free) orx_str out = {0};
    orx_view rest = orx_str_view(text);
    bool found = false;
    if (secret.len < SECRET_MIN)
        return;
    while (rest.len) {
        size_t n = secret_at(rest, secret);
        found = found || n;
        if (n)
            orx_str_adds(&out, MARK);
        else
            orx_str_addc(&out, *rest.p);
        rest = from(rest, n ? n : 1);
    }
    if (found) {
        orx_str old = *text;
        *text = out;
        out = old;
    }
}

bool orx_blot_name(orx_view name) {
    static const char *const words[] = {"key", "token", "secret", "auth", "passw", "cookie", "sig"};
    ORX_CLEANUP(orx_str_free) orx_str lower = {0};
    for (size_t i = 0; i < name.len; i++)
        orx_str_addc(&lower, (char)tolower((unsigned char)name.p[i]));
    for (size_t i = 0; i < ORX_ARRAY_LEN(words); i++)
        if (orx_view_find(orx_str_view(&lower), words[i]) >= 0)
            return true;
    return false;
}

#include "base/address.h"

#include <string.h>

#define HOST_MAX 253

typedef struct address {
    char host[HOST_MAX + 1]; /* lower case, without brackets */
    bool six;
    bool tls;
    orx_view port; /* empty = not stated */
} address;

/* ---- Taking it apart ------------------------------------------------------------------------- */

static orx_view behind(orx_view v, size_t n) {
    return (orx_view){v.p + n, v.len - n};
}

static size_t find_any(orx_view v, const char *chars) {
    size_t i = 0;
    while (i < v.len && (!v.p[i] || !strchr(chars, v.p[i])))
        i++;
    return i;
}

static bool take(orx_view *v, const char *text) {
    size_t n = strlen(text);
    if (v->len < n || !orx_view_ieq((orx_view){v->p, n}, orx_view_of(text)))
        return false;
    *v = behind(*v, n);
    return true;
}

/* The part between the scheme and the path, without who logs in; empty for another scheme. */
static orx_view authority(orx_view url, bool *ret_tls) {
    orx_view v = orx_view_trim(url);
    *ret_tls = take(&v, "https://");
    if (!*ret_tls)
        (void)take(&v, "http://");
    size_t n = find_any(v, "/?#\\");
    bool other = n > 0 && v.p[n - 1] == ':' && orx_view_starts(behind(v, n), "//");
    v.len = other || (n < v.len && v.p[n] == '\\') ? 0 : n;
    for (size_t i = v.len; i > 0; i--)
        if (v.p[i - 1] == '@')
            return behind(v, i);
    return v;
}

static bool is_host_char(char c, bool six) {
    bool hex = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
    if (six)
        return hex || c == ':' || c == '.';
    return hex || (c >= 'g' && c <= 'z') || c == '-' || c == '_' || c == '.';
}

static bool take_host(orx_view host, address *a) {
    if (host.len == 0 || host.len > HOST_MAX)
        return false;
    for (size_t i = 0; i < host.len; i++) {
        char c = host.p[i];
        a->host[i] = c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
        if (!is_host_char(a->host[i], a->six))
            return false;
    }
    a->host[host.len] = '\0';
    return true;
}

static bool take_port(orx_view v, address *a) {
    if (v.len == 0)
        return true;
    a->port = behind(v, 1);
    for (size_t i = 0; i < a->port.len; i++)
        if (a->port.p[i] < '0' || a->port.p[i] > '9')
            return false;
    return v.p[0] == ':' && a->port.len <= 5;
}

static bool read_address(orx_view url, address *a) {
    *a = (address){.six = false};
    orx_view v = authority(url, &a->tls);
    a->six = take(&v, "[");
    size_t n = find_any(v, a->six ? "]" : ":");
    if (a->six && n == v.len)
        return false;
    return take_host((orx_view){v.p, n}, a) && take_port(behind(v, n + (a->six ? 1 : 0)), a);
}

bool orx_address_key(orx_view url, orx_str *out) {
    address a;
    if (!read_address(url, &a))
        return false;
    orx_str_addf(out, a.six ? "[%s]:" : "%s:", a.host);
    if (a.port.len)
        orx_str_addv(out, a.port);
    else
        orx_str_adds(out, a.tls ? "443" : "80");
    return true;
}

/* ---- Private? -------------------------------------------------------------------------------- */

static bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

/* A number up to 255 without zeros in front, which some programs take for octal; -1 = none. */
static int take_byte(const char **text) {
    int n = 0;
    int digits = 0;
    bool zero = **text == '0';
    for (; is_digit(**text) && digits < 4; ++*text, digits++)
        n = n * 10 + (**text - '0');
    return digits == 0 || n > 255 || (zero && digits > 1) ? -1 : n;
}

/* Exactly four of them: a name may begin like an address. */
static bool read_four(const char *host, int b[4]) {
    for (int i = 0; i < 4; i++) {
        b[i] = take_byte(&host);
        if (b[i] < 0 || *host != (i < 3 ? '.' : '\0'))
            return false;
        host++;
    }
    return true;
}

static bool is_private_four(const int b[4]) {
    return b[0] == 127 || b[0] == 10 || (b[0] == 192 && b[1] == 168) ||
           (b[0] == 172 && b[1] >= 16 && b[1] < 32) || (b[0] == 169 && b[1] == 254);
}

/* By the first group, of which these networks use all four digits. */
static bool is_private_six(const char *host) {
    unsigned group = 0;
    size_t n = strcspn(host, ":");
    if (strcmp(host, "::1") == 0)
        return true;
    if (n != 4 || strchr(host, '.'))
        return false;
    for (size_t i = 0; i < n; i++)
        group = group * 16 + (unsigned)(is_digit(host[i]) ? host[i] - '0' : host[i] - 'a' + 10);
    return (group & 0xfe00) == 0xfc00 || (group & 0xffc0) == 0xfe80;
}

static bool ends(const char *text, const char *with) {
    size_t n = strlen(text);
    size_t m = strlen(with);
    return n > m && strcmp(text + n - m, with) == 0;
}

static bool is_private_name(const char *host) {
    static const char *const below[] = {".local", ".localhost", ".internal", ".lan", ".home.arpa"};
    if (host[0] < 'a' || host[0] > 'z')
        return false;
    if (!strchr(host, '.'))
        return true;
    for (size_t i = 0; i < ORX_ARRAY_LEN(below); i++)
        if (ends(host, below[i]))
            return true;
    return false;
}

bool orx_address_is_private(orx_view url) {
    address a;
    int b[4];
    if (!read_address(url, &a))
        return false;
    if (a.six)
        return is_private_six(a.host);
    return read_four(a.host, b) ? is_private_four(b) : is_private_name(a.host);
}

#include "fleet/url.h"

#include "fleet/blot.h"

/* Where the host begins: behind "scheme://", or 0. */
static size_t authority_of(const char *url) {
    const char *mark = strstr(url, "://");
    return mark && strcspn(url, "/?#") > (size_t)(mark - url) ? (size_t)(mark - url) + 3 : 0;
}

/* ---- Joining --------------------------------------------------------------------------------- */

/* The part of a path that the address ends with already: all of it, its first segment, nothing. */
static size_t shared(orx_view base_path, const char *path) {
    size_t whole = strlen(path);
    size_t first = 1 + strcspn(path + 1, "/?");
    if (orx_view_ends(base_path, path))
        return whole;
    bool ends =
        base_path.len >= first && memcmp(base_path.p + base_path.len - first, path, first) == 0;
    return ends ? first : 0;
}

const char *orx_url_join(orx_arena *arena, const char *base, const char *path) {
    size_t n = strlen(base);
    size_t host = authority_of(base);
    while (n > host && base[n - 1] == '/')
        n--;
    size_t begin = host + strcspn(base + host, "/?#");
    if (!*path)
        return orx_arena_dup(arena, orx_view_mem(base, n));
    if (*path != '/')
        path = orx_arena_printf(arena, "/%s", path);
    orx_view of_base = orx_view_mem(base + begin, begin < n ? n - begin : 0);
    return orx_arena_printf(arena, "%.*s%s", (int)n, base, path + shared(of_base, path));
}

/* ---- Secrets --------------------------------------------------------------------------------- */

/* User and password, up to the last @ before the path. */
static bool user_of(const char *url, size_t *at, orx_view *ret) {
    size_t begin = authority_of(url);
    size_t end = begin + strcspn(url + begin, "/?#");
    for (size_t i = end; begin && i > begin; i--)
        if (url[i - 1] == '@') {
            *ret = orx_view_mem(url + begin, i - 1 - begin);
            *at = i;
            return true;
        }
    return false;
}

bool orx_url_secret(const char *url, size_t *at, orx_view *ret_secret) {
    if (*at == 0 && user_of(url, at, ret_secret))
        return true;
    const char *query = strchr(url, '?');
    size_t i = query ? (size_t)(query - url) + 1 : strlen(url);
    while (url[i]) {
        size_t name = strcspn(url + i, "=&#");
        size_t end = i + strcspn(url + i, "&#");
        bool value = url[i + name] == '=' && i >= *at;
        orx_view what = orx_view_mem(url + i, name);
        if (value && i + name + 1 < end && orx_blot_name(what)) {
            *ret_secret = orx_view_mem(url + i + name + 1, end - i - name - 1);
            *at = end;
            return true;
        }
        if (url[end] != '&')
            break;
        i = end + 1;
    }
    *at = strlen(url);
    return false;
}

static int digit(char c) {
    if (c >= '0' && c <= '9')
        return c - '0';
    c = (char)(c | 0x20);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

void orx_url_decode(orx_str *out, orx_view part) {
    for (size_t i = 0; i < part.len; i++) {
        bool escape = part.p[i] == '%' && i + 2 < part.len;
        int high = escape ? digit(part.p[i + 1]) : -1;
        int low = escape ? digit(part.p[i + 2]) : -1;
        if (high >= 0 && low >= 0) {
            orx_str_addc(out, (char)(high * 16 + low));
            i += 2;
        } else {
            orx_str_addc(out, part.p[i]);
        }
    }
}

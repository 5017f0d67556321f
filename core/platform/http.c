/* What holds for requests on every platform: the rules of a request and of its address. */
#include "platform/http.h"

#include <ctype.h>

int orx_http_start(orx_platform *p, const orx_http_spec *spec, orx_http **ret_http, orx_err *err) {
    orx_http_place place;
    int rc = orx_http_admit(spec, &place, err);
    return rc < 0 ? rc : p->http->start(p, spec, &place, ret_http, err);
}

void orx_http_pause(orx_http *http, bool on) {
    http->platform->http->pause(http, on);
}

void orx_http_stop(orx_http *http) {
    http->platform->http->stop(http);
}

void orx_http_free(orx_http *http) {
    if (http)
        http->platform->http->free(http);
}

/* ---- Headers ------------------------------------------------------------------------------- */

/* A token of RFC 9110, section 5.6.2. */
bool orx_http_name_ok(orx_view name) {
    for (size_t i = 0; i < name.len; i++) {
        unsigned char c = (unsigned char)name.p[i];
        bool plain = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
        if (!plain && (c == 0 || !strchr("!#$%&'*+-.^_`|~", c)))
            return false;
    }
    return name.len > 0 && name.len <= 256;
}

bool orx_http_value_ok(orx_view value) {
    for (size_t i = 0; i < value.len; i++) {
        unsigned char c = (unsigned char)value.p[i];
        if ((c < 0x20 && c != '\t') || c == 0x7f)
            return false;
    }
    return value.len <= ORX_HTTP_HEAD_MAX;
}

bool orx_http_name_reserved(orx_view name) {
    static const char *const ours[] = {"host",       "content-length", "transfer-encoding",
                                       "connection", "expect",         "te",
                                       "trailer",    "upgrade",        "keep-alive"};
    for (size_t i = 0; i < ORX_ARRAY_LEN(ours); i++)
        if (orx_view_ieq(name, orx_view_of(ours[i])))
            return true;
    return name.len >= 6 && orx_view_ieq(orx_view_mem(name.p, 6), orx_view_of("proxy-"));
}

static const char *check_headers(const orx_http_spec *spec) {
    size_t bytes = 0;
    if (spec->header_count > ORX_HTTP_HEADERS_MAX)
        return "more than 256 headers";
    for (size_t i = 0; i < spec->header_count; i++) {
        if (!orx_http_name_ok(spec->headers[i].name))
            return "a header's name is no token";
        if (orx_http_name_reserved(spec->headers[i].name))
            return "a header that belongs to the client itself (Host, Content-Length ...)";
        if (!orx_http_value_ok(spec->headers[i].value))
            return "a header's value has control characters";
        bytes += spec->headers[i].name.len + spec->headers[i].value.len + 4;
        if (bytes > ORX_HTTP_HEAD_MAX)
            return "more than 64 KiB of headers";
    }
    return NULL;
}

const char *orx_http_check(const orx_http_spec *spec) {
    size_t n = spec->method ? strlen(spec->method) : 0;
    for (size_t i = 0; i < n; i++)
        if (spec->method[i] < 'A' || spec->method[i] > 'Z')
            return "the method is no word of capital letters";
    if (n == 0 || n > 16)
        return "the method is missing or longer than 16 letters";
    if (spec->body.len > ORX_HTTP_SEND_MAX)
        return "the body is larger than 64 MiB";
    return check_headers(spec);
}

/* ---- Addresses ----------------------------------------------------------------------------- */

static bool starts_with_scheme(const char *url, const char *scheme) {
    for (; *scheme; url++, scheme++)
        if (tolower((unsigned char)*url) != *scheme)
            return false;
    return true;
}

static bool host_ok(orx_view host, bool bracketed) {
    for (size_t i = 0; i < host.len; i++) {
        unsigned char c = (unsigned char)host.p[i];
        bool fine = bracketed ? isxdigit(c) || c == ':' || c == '.'
                              : c < 0x80 && (isalnum(c) || c == '.' || c == '-' || c == '_');
        if (!fine)
            return false;
    }
    return host.len > 0 && host.len <= 253;
}

/* Splits "host", "host:port" or "[address]:port". */
static bool split_authority(orx_view all, orx_http_place *place) {
    bool bracketed = all.len && all.p[0] == '[';
    const char *end = bracketed ? memchr(all.p, ']', all.len) : memchr(all.p, ':', all.len);
    size_t n = end ? (size_t)(end - all.p) : all.len;
    if (bracketed && !end)
        return false;
    place->host = bracketed ? orx_view_mem(all.p + 1, n - 1) : orx_view_mem(all.p, n);
    n += bracketed;
    if (n == all.len)
        return host_ok(place->host, bracketed);
    int64_t port = 0;
    orx_view digits = orx_view_mem(all.p + n + 1, all.len - n - 1);
    bool good = all.p[n] == ':' && digits.len && digits.p[0] >= '0' && digits.p[0] <= '9' &&
                orx_view_to_i64(digits, &port) && port > 0 && port < 65536;
    place->port = (int)port;
    return good && host_ok(place->host, bracketed);
}

int orx_http_place_of(const char *url, orx_http_place *ret_place, orx_err *err) {
    orx_http_place place = {0};
    place.tls = starts_with_scheme(url, "https://");
    if (!place.tls && !starts_with_scheme(url, "http://"))
        return orx_err_set(err, ORX_E_INVALID,
                           "a URL begins with http:// or https://; found one that does not");
    place.port = place.tls ? 443 : 80;
    size_t len = strnlen(url, ORX_HTTP_URL_MAX + 1);
    if (len > ORX_HTTP_URL_MAX)
        return orx_err_set(err, ORX_E_LIMIT, "the URL is longer than %zu bytes", ORX_HTTP_URL_MAX);
    for (size_t i = 0; i < len; i++)
        if ((unsigned char)url[i] <= 0x20 || url[i] == 0x7f || url[i] == '\\')
            return orx_err_set(err, ORX_E_INVALID,
                               "the URL holds a space, a control character or a backslash at byte "
                               "%zu; encode it as %%XX",
                               i);
    orx_view rest = orx_view_of(url + (place.tls ? 8 : 7));
    rest.len = strcspn(rest.p, "/?#");
    if (rest.len && memchr(rest.p, '@', rest.len))
        return orx_err_set(err, ORX_E_INVALID,
                           "the URL holds a user name or password; name the key as a secret of the "
                           "provider instead");
    if (!split_authority(rest, &place))
        return orx_err_set(err, ORX_E_INVALID, "the URL has no usable host and port: \"%.*s\"",
                           ORX_VIEW_ARG(rest));
    *ret_place = place;
    return 0;
}

/* 127.0.0.0/8 in four decimal parts; other notations are not recognised, which only makes them
 * foreign. */
static bool is_127(orx_view host) {
    int parts = 0;
    orx_view part;
    while (orx_view_split(&host, '.', &part)) {
        int64_t n = -1;
        bool digits = part.len && part.len <= 3 && part.p[0] >= '0' && part.p[0] <= '9' &&
                      orx_view_to_i64(part, &n);
        if (!digits || n > 255 || (parts == 0 && n != 127) || (part.len > 1 && part.p[0] == '0'))
            return false;
        parts++;
    }
    return parts == 4;
}

bool orx_http_is_loopback(orx_view host) {
    return orx_view_ieq(host, orx_view_of("localhost")) || orx_view_is(host, "::1") || is_127(host);
}

int orx_http_admit(const orx_http_spec *spec, orx_http_place *ret_place, orx_err *err) {
    orx_http_place place;
    const char *rule = orx_http_check(spec);
    if (rule)
        return orx_err_set(err, ORX_E_INVALID, "HTTP request: %s", rule);
    int rc = spec->url ? orx_http_place_of(spec->url, &place, err)
                       : orx_err_set(err, ORX_E_INVALID, "HTTP request: it has no URL");
    if (rc < 0)
        return rc;
    if (!place.tls && !spec->plain_http && !orx_http_is_loopback(place.host))
        return orx_err_set(err, ORX_E_DENIED,
                           "plain http to %.*s is not allowed: what is sent there can be read on "
                           "the way; use https, or allow it for this provider (plain_http: true)",
                           ORX_VIEW_ARG(place.host));
    *ret_place = place;
    return 0;
}

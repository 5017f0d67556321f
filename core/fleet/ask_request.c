#include "fleet/ask_request.h"

#include "fleet/blot.h"
#include "fleet/url.h"

#define GOOGLE "googleapis.com"

/* A host name ends with a domain. */
static bool is_within(orx_view host, const char *domain) {
    size_t n = strlen(domain);
    if (host.len < n || !orx_view_ieq(orx_view_mem(host.p + host.len - n, n), orx_view_of(domain)))
        return false;
    return host.len == n || host.p[host.len - n - 1] == '.';
}

static void add(orx_ask_request *q, const char *name, const char *value) {
    q->headers[q->count++] =
        (orx_http_header){.name = orx_view_of(name), .value = orx_view_of(value)};
}

/* In the query everything but the unreserved characters of RFC 3986 is escaped. */
static const char *escaped(orx_arena *arena, const char *key) {
    ORX_CLEANUP(orx_str_free) orx_str out = {0};
    for (const unsigned char *c = (const unsigned char *)key; *c; c++) {
        bool plain = (*c >= 'a' && *c <= 'z') || (*c >= 'A' && *c <= 'Z') ||
                     (*c >= '0' && *c <= '9') || strchr("-._~", *c);
        orx_str_addf(&out, plain ? "%c" : "%%%02X", *c);
    }
    return orx_arena_dup(arena, orx_str_view(&out));
}

static bool has_key(const orx_ask *ask) {
    return ask->auth != ORX_ASK_OPEN && ask->key && *ask->key;
}

static void authorize(const orx_ask *ask, orx_view host, orx_ask_request *q, orx_arena *arena) {
    switch (ask->auth) {
    case ORX_ASK_OPEN:
        break;
    case ORX_ASK_BEARER:
        add(q, "Authorization", orx_arena_printf(arena, "Bearer %s", ask->key));
        break;
    case ORX_ASK_X_KEY:
        add(q, "x-api-key", ask->key);
        break;
    case ORX_ASK_IN_QUERY:
        if (is_within(host, GOOGLE))
            add(q, "x-goog-api-key", ask->key);
        else
            q->url = orx_arena_printf(arena, "%s%ckey=%s", q->url, strchr(q->url, '?') ? '&' : '?',
                                      escaped(arena, ask->key));
        break;
    }
}

static bool is_secret(const orx_ask *ask) {
    orx_view secret;
    size_t at = 0;
    for (size_t i = 0; i < ask->header_count; i++)
        if (orx_blot_name(orx_view_of(ask->headers[i].name)))
            return true;
    return has_key(ask) || orx_url_secret(ask->url, &at, &secret);
}

/* The configuration's own headers come first; ours fill in what they leave out. */
static void add_headers(const orx_ask *ask, orx_ask_request *q) {
    bool accept = false;
    bool agent = false;
    for (size_t i = 0; i < ask->header_count; i++) {
        orx_view name = orx_view_of(ask->headers[i].name);
        accept = accept || orx_view_ieq(name, orx_view_of("accept"));
        agent = agent || orx_view_ieq(name, orx_view_of("user-agent"));
        add(q, ask->headers[i].name, ask->headers[i].value);
    }
    if (!accept)
        add(q, "Accept", "application/json");
    if (ask->body.len)
        add(q, "Content-Type", "application/json");
    if (!agent && ask->user_agent)
        add(q, "User-Agent", ask->user_agent);
}

/* [K] The words for other schemes. */
static int place_of(const char *url, orx_http_place *place, orx_err *err) {
    size_t n = strcspn(url, ":");
    orx_view scheme = orx_view_mem(url, n);
    if (!orx_view_ieq(scheme, orx_view_of("http")) && !orx_view_ieq(scheme, orx_view_of("https")))
        return orx_err_set(err, ORX_E_INVALID, "unsupported URL scheme");
    return orx_http_place_of(url, place, err);
}

int orx_ask_request_of(const orx_ask *ask, orx_arena *arena, orx_ask_request *q, orx_err *err) {
    orx_http_place place;
    int rc = place_of(ask->url, &place, err);
    if (rc < 0)
        return rc;
    if (ask->header_count > ORX_ASK_HEADERS_MAX)
        return orx_err_set(err, ORX_E_LIMIT, "more than %d headers", ORX_ASK_HEADERS_MAX);
    if (is_secret(ask) && !place.tls && !ask->plain_http && !orx_http_is_loopback(place.host))
        return orx_err_set(err, ORX_E_DENIED,
                           "a key is not sent over plain http to another machine: use https, or "
                           "say plain_http: true");
    q->url = ask->url;
    q->count = 0;
    add_headers(ask, q);
    if (has_key(ask))
        authorize(ask, place.host, q, arena);
    return 0;
}

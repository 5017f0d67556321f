/* The relay: who may pass, and what passes. */
#include "run/relay.h"

#include "base/list.h"
#include "base/vec.h"
#include "platform/http_server.h"

#include <stdlib.h>

#define TOKEN_PREFIX "sk-orxaq-"
#define TOKEN_BYTES  24
#define IDLE_NS      (300 * ORX_SEC) /* programs keep their connections */
#define QUEUE_MAX    ((size_t)256 * 1024)
#define ANSWER_MAX   ((int64_t)256 << 20)

typedef struct token {
    orx_str text;
    orx_str key;
} token;

struct orx_relay_call {
    orx_list link; /* in the relay's calls */
    orx_relay *r;
    ORX_VEC(token) tokens;
    orx_list requests;
    orx_relayed_fn fn;
    void *user;
};

struct orx_relay {
    orx_platform *p;
    orx_server *server;
    orx_relay_spec spec; /* numbers and flags */
    char *origin;        /* "https://host:port" of the server */
    char *path;          /* behind it: "/v1", "" */
    char *ca_file;
    char *url;
    orx_list calls;
};

/* A request on its way. */
typedef struct passing {
    orx_list link; /* in the call's requests */
    orx_relay_call *c;
    orx_exchange *x;
    orx_http *http;
    char *method;
    char *path;
    int status;
    int64_t retry_after_ms;
    int64_t started;
    bool paused;
    orx_wire_body body;
} passing;

static void wipe(orx_str *text) {
    if (text->buf)
        explicit_bzero(text->buf, text->cap);
    orx_str_free(text);
}

/* ---- Ends ------------------------------------------------------------------------------------ */

/* Tells how it went and forgets it; the exchange is the caller's to end. */
static void finish(passing *q, const orx_http_result *result, bool dropped) {
    orx_relay_call *c = q->c;
    orx_wire_end(&q->body);
    const orx_relayed done = {.method = q->method,
                              .path = q->path,
                              .status = q->status,
                              .retry_after_ms = q->retry_after_ms,
                              .end = result ? result->end : ORX_HTTP_STOPPED,
                              .dropped = dropped,
                              .message = result ? result->message : "",
                              .wall_ns = orx_mono_ns(c->r->p) - q->started,
                              .said = &q->body.said};
    c->fn(c->user, &done);
    q->x->data = NULL;
    orx_http_free(q->http);
    orx_list_remove(&q->link);
    orx_wire_free(&q->body);
    free(q->method);
    free(q->path);
    free(q);
}

static void drop(passing *q) {
    orx_exchange *x = q->x;
    finish(q, NULL, true);
    orx_exchange_cut(x);
}

/* ---- The answer ------------------------------------------------------------------------------ */

static orx_view header_of(const orx_http_header *headers, size_t count, const char *name) {
    for (size_t i = 0; i < count; i++)
        if (orx_view_is(headers[i].name, name))
            return headers[i].value;
    return (orx_view){0};
}

static void on_head(orx_http *http, int status, const orx_http_header *headers, size_t count,
                    void *user) {
    passing *q = user;
    (void)http;
    q->status = status;
    q->retry_after_ms =
        orx_wire_retry_after(header_of(headers, count, "retry-after"), orx_wall_ns(q->c->r->p));
    orx_wire_begin(&q->body, header_of(headers, count, "content-type"));
    orx_exchange_begin(q->x, status, headers, count);
}

static void on_body(orx_http *http, orx_view bytes, void *user) {
    passing *q = user;
    orx_wire_bytes(&q->body, bytes);
    orx_exchange_send(q->x, bytes);
    if (!q->paused && orx_exchange_queued(q->x) > QUEUE_MAX) {
        q->paused = true;
        orx_http_pause(http, true);
    }
}

static bool is_late(orx_http_end end) {
    return end == ORX_HTTP_TIMEOUT || end == ORX_HTTP_IDLE || end == ORX_HTTP_SILENT;
}

static void on_end(orx_http *http, const orx_http_result *result, void *user) {
    passing *q = user;
    orx_exchange *x = q->x;
    bool headless = q->status == 0;
    orx_http_result r = *result;
    (void)http;
    finish(q, &r, false);
    if (r.end == ORX_HTTP_DONE)
        orx_exchange_end(x);
    else if (headless && is_late(r.end))
        orx_exchange_answer_text(x, 504, "The model server did not answer in time.\n");
    else
        orx_exchange_cut(x);
}

/* ---- The request ----------------------------------------------------------------------------- */

/* In the same time for every wrong one. */
static bool same(orx_view a, orx_view b) {
    unsigned char differ = a.len != b.len;
    for (size_t i = 0; i < a.len && i < b.len; i++)
        differ |= (unsigned char)(a.p[i] ^ b.p[i]);
    return differ == 0;
}

static const token *find_token(const orx_relay *r, orx_view text, orx_relay_call **ret_call) {
    const token *found = NULL;
    ORX_LIST_EACH(&r->calls, it) {
        orx_relay_call *c = ORX_LIST_ITEM(it, orx_relay_call, link);
        for (size_t i = 0; i < c->tokens.len; i++) {
            if (same(orx_str_view(&c->tokens.items[i].text), text)) {
                found = &c->tokens.items[i];
                *ret_call = c;
            }
        }
    }
    return found;
}

/* What is being put together for the server. */
typedef struct onward {
    orx_arena arena;
    orx_relay *r;
    orx_relay_call *call; /* whose token it was; NULL = nobody's */
    ORX_VEC(orx_http_header) headers;
    orx_str keys; /* values of headers with keys; reserved once, so that views into it stay */
    orx_str url;
} onward;

static void onward_free(onward *o) {
    wipe(&o->keys);
    orx_vec_free(&o->headers);
    orx_str_free(&o->url);
    orx_arena_free(&o->arena);
}

/* A header with the key of the token, or none when it is no token. */
static void add_key(onward *o, orx_view name, const char *before, orx_view text) {
    const token *t = find_token(o->r, text, &o->call);
    size_t at = o->keys.len;
    size_t len = t ? strlen(before) + t->key.len : 0;
    if (!t || at + len >= o->keys.cap)
        return;
    orx_str_adds(&o->keys, before);
    orx_str_addv(&o->keys, orx_str_view(&t->key));
    const orx_http_header h = {name, orx_view_mem(o->keys.buf + at, len)};
    orx_vec_push(&o->headers, h);
}

/* Whether the value of Connection names this header: it is for one connection only. */
static bool is_named(orx_view connection, orx_view name) {
    orx_view part;
    while (orx_view_split(&connection, ',', &part))
        if (orx_view_ieq(orx_view_trim(part), name))
            return true;
    return false;
}

static void add_headers(onward *o, const orx_served *q) {
    orx_view connection = orx_served_header(q, "connection");
    for (size_t i = 0; i < q->header_count; i++) {
        const orx_http_header *h = &q->headers[i];
        if (orx_view_is(h->name, "authorization")) {
            if (orx_view_starts(h->value, "Bearer "))
                add_key(o, h->name, "Bearer ",
                        orx_view_trim(orx_view_mem(h->value.p + 7, h->value.len - 7)));
        } else if (orx_view_is(h->name, "x-api-key") || orx_view_is(h->name, "x-goog-api-key")) {
            add_key(o, h->name, "", h->value);
        } else if (!orx_http_name_reserved(h->name) && orx_http_name_ok(h->name) &&
                   orx_http_value_ok(h->value) && !is_named(connection, h->name) &&
                   !orx_view_is(h->name, "accept-encoding")) {
            orx_vec_push(&o->headers, *h);
        }
    }
}

/* The query, without a token. */
static void add_query(onward *o, orx_view query) {
    orx_view part;
    bool first = true;
    while (query.len && orx_view_split(&query, '&', &part)) {
        orx_view value =
            orx_view_starts(part, "key=") ? orx_view_mem(part.p + 4, part.len - 4) : (orx_view){0};
        orx_relay_call *c = NULL;
        if (value.len && find_token(o->r, value, &c)) {
            add_key(o, orx_view_of("x-goog-api-key"), "", value);
            continue;
        }
        orx_str_addc(&o->url, first ? '?' : '&');
        orx_str_addv(&o->url, part);
        first = false;
    }
}

/* Below the endpoint's own path, and not out of it again. */
static bool is_below(const orx_relay *r, orx_view path) {
    size_t n = strlen(r->path);
    bool begins =
        path.len >= n && memcmp(path.p, r->path, n) == 0 && (path.len == n || path.p[n] == '/');
    return begins && orx_view_find(path, "/..") < 0 && orx_view_find(path, "%2e") < 0 &&
           orx_view_find(path, "%2E") < 0;
}

static orx_http_spec spec_of(const onward *o, const orx_served *q, passing *user) {
    const orx_relay *r = o->r;
    return (orx_http_spec){.method = q->method,
                           .url = orx_str_cstr(&o->url),
                           .headers = o->headers.items,
                           .header_count = o->headers.len,
                           .body = q->body,
                           .plain_http = r->spec.plain_http,
                           .ca_file = r->ca_file,
                           .first_byte_timeout_ns = r->spec.first_byte_ns,
                           .idle_timeout_ns = r->spec.idle_ns,
                           .body_max = r->spec.body_max > 0 ? r->spec.body_max : ANSWER_MAX,
                           .on_head = on_head,
                           .on_body = on_body,
                           .on_end = on_end,
                           .user = user};
}

static passing *passing_new(onward *o, orx_exchange *x, const orx_served *q) {
    passing *made = orx_xcalloc(1, sizeof *made);
    made->c = o->call;
    made->x = x;
    made->method = orx_xstrdup(q->method);
    made->path = orx_xmemdup0(q->path.p, q->path.len);
    made->retry_after_ms = -1;
    made->started = orx_mono_ns(o->r->p);
    orx_wire_begin(&made->body, (orx_view){0});
    orx_list_append(&o->call->requests, &made->link);
    x->data = made;
    return made;
}

static void pass_on(onward *o, orx_exchange *x, const orx_served *q) {
    orx_err err = ORX_ERR_INIT;
    passing *made = passing_new(o, x, q);
    const orx_http_spec spec = spec_of(o, q, made);
    if (orx_http_start(o->r->p, &spec, &made->http, &err) >= 0)
        return;
    orx_http_result result = {.end = ORX_HTTP_UNREACHED};
    memcpy(result.message, err.msg, sizeof result.message - 1);
    finish(made, &result, false);
    orx_exchange_answer_text(x, 502, "The relay cannot pass this request on.\n");
}

/* Room for every key that the headers and the query could ask for. */
static size_t room_for_keys(const orx_relay *r, const orx_served *q) {
    size_t longest = 0;
    ORX_LIST_EACH(&r->calls, it) {
        const orx_relay_call *c = ORX_LIST_ITEM(it, orx_relay_call, link);
        for (size_t i = 0; i < c->tokens.len; i++)
            longest = c->tokens.items[i].key.len > longest ? c->tokens.items[i].key.len : longest;
    }
    return (q->header_count + 2) * (longest + 16);
}

static void on_request(orx_exchange *x, const orx_served *q, void *user) {
    ORX_CLEANUP(onward_free) onward o = {.r = user};
    (void)orx_str_reserve(&o.keys, room_for_keys(o.r, q));
    orx_str_adds(&o.url, o.r->origin);
    orx_str_addv(&o.url, q->path);
    add_headers(&o, q);
    add_query(&o, q->query);
    if (!o.call)
        orx_exchange_answer_text(x, 401, "This relay serves one call of orxaq only.\n");
    else if (!is_below(o.r, q->path))
        orx_exchange_answer_text(x, 404, "This is not below the provider's endpoint.\n");
    else
        pass_on(&o, x, q);
}

/* ---- The program's side ---------------------------------------------------------------------- */

static void on_hangup(orx_exchange *x, void *user) {
    (void)user;
    if (x->data)
        drop(x->data);
}

static void on_drain(orx_exchange *x, void *user) {
    passing *q = x->data;
    (void)user;
    if (!q || !q->paused)
        return;
    q->paused = false;
    orx_http_pause(q->http, false);
}

/* The exchange is over while the server still talks: nobody listens any more. */
static void on_exchange_end(orx_exchange *x, bool whole, void *user) {
    (void)whole;
    (void)user;
    if (x->data)
        finish(x->data, NULL, true);
}

/* ---- Calls ----------------------------------------------------------------------------------- */

orx_relay_call *orx_relay_call_begin(orx_relay *r, orx_relayed_fn fn, void *user) {
    orx_relay_call *c = orx_xcalloc(1, sizeof *c);
    c->r = r;
    c->fn = fn;
    c->user = user;
    orx_list_init(&c->requests);
    orx_list_append(&r->calls, &c->link);
    return c;
}

static void make_token(orx_relay *r, orx_view key, token *out) {
    static const char hex[] = "0123456789abcdef";
    unsigned char bytes[TOKEN_BYTES];
    *out = (token){0};
    orx_random(r->p, bytes, sizeof bytes);
    (void)orx_str_reserve(&out->key, key.len + 1); /* one piece: nothing is left behind */
    orx_str_addv(&out->key, key);
    orx_str_adds(&out->text, TOKEN_PREFIX);
    for (size_t i = 0; i < sizeof bytes; i++) {
        orx_str_addc(&out->text, hex[bytes[i] >> 4]);
        orx_str_addc(&out->text, hex[bytes[i] & 15]);
    }
}

void orx_relay_stand_in(orx_relay_call *c, orx_view key, orx_str *out) {
    key = orx_view_trim(key);
    size_t i = 0;
    while (i < c->tokens.len && !orx_view_eq(orx_str_view(&c->tokens.items[i].key), key))
        i++;
    if (i == c->tokens.len) {
        token made;
        make_token(c->r, key, &made);
        orx_vec_push(&c->tokens, made);
    }
    orx_str_addv(out, orx_str_view(&c->tokens.items[i].text));
}

void orx_relay_call_end(orx_relay_call *c) {
    if (!c)
        return;
    ORX_LIST_EACH(&c->requests, it)
    drop(ORX_LIST_ITEM(it, passing, link));
    for (size_t i = 0; i < c->tokens.len; i++) {
        wipe(&c->tokens.items[i].text);
        wipe(&c->tokens.items[i].key);
    }
    orx_vec_free(&c->tokens);
    orx_list_remove(&c->link);
    free(c);
}

/* ---- Opening --------------------------------------------------------------------------------- */

/* Splits the address of the server into what is before its path and the path without a slash at its
 * end. */
static int split_upstream(orx_relay *r, const orx_relay_spec *spec, orx_err *err) {
    orx_http_place place;
    int rc = orx_http_place_of(spec->upstream, &place, err);
    if (rc < 0)
        return rc;
    const char *path = place.host.p + strcspn(place.host.p, "/?#");
    size_t len = strlen(path);
    if (strpbrk(path, "?#"))
        return orx_err_set(err, ORX_E_INVALID,
                           "the address of a model server has no query; found one in its URL");
    while (len && path[len - 1] == '/')
        len--;
    r->origin = orx_xmemdup0(spec->upstream, (size_t)(path - spec->upstream));
    r->path = orx_xmemdup0(path, len);
    /* What cannot be asked for is found out now. */
    const orx_http_spec probe = {
        .method = "GET", .url = spec->upstream, .plain_http = spec->plain_http};
    return orx_http_admit(&probe, &place, err);
}

static int listen_here(orx_relay *r, orx_err *err) {
    const orx_server_spec spec = {.host = "127.0.0.1",
                                  .body_max = ORX_HTTP_SEND_MAX,
                                  .idle_ns = IDLE_NS,
                                  .on_request = on_request,
                                  .on_hangup = on_hangup,
                                  .on_drain = on_drain,
                                  .on_end = on_exchange_end,
                                  .user = r};
    int rc = orx_server_start(r->p, &spec, &r->server, err);
    if (rc < 0)
        return rc;
    orx_str url = {0};
    orx_str_addf(&url, "http://127.0.0.1:%d%s", orx_server_port(r->server), r->path);
    r->url = orx_str_steal(&url);
    return 0;
}

int orx_relay_open(orx_platform *p, const orx_relay_spec *spec, orx_relay **ret_relay,
                   orx_err *err) {
    orx_relay *r = orx_xcalloc(1, sizeof *r);
    r->p = p;
    r->spec = *spec;
    r->spec.upstream = r->spec.ca_file = NULL;
    r->ca_file = spec->ca_file ? orx_xstrdup(spec->ca_file) : NULL;
    orx_list_init(&r->calls);
    int rc = split_upstream(r, spec, err);
    if (rc >= 0)
        rc = listen_here(r, err);
    if (rc < 0) {
        orx_relay_close(r);
        return rc;
    }
    *ret_relay = r;
    return 0;
}

const char *orx_relay_url(const orx_relay *r) {
    return r->url;
}

void orx_relay_close(orx_relay *r) {
    if (!r)
        return;
    orx_server_free(r->server);
    free(r->origin);
    free(r->path);
    free(r->ca_file);
    free(r->url);
    free(r);
}

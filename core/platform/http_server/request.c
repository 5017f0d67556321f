/* What comes in. */
#include "platform/http_server/server.h"

#include <stdlib.h>

void *orx_request_target(void *user, const char *target, struct MHD_Connection *connection) {
    (void)user;
    orx_turn *t = orx_turn_new(orx_peer_of(connection), connection);
    t->raw_target = orx_arena_strdup(&t->mem, target);
    return t;
}

/* ---- Head ------------------------------------------------------------------------------------ */

static enum MHD_Result keep_header(void *user, enum MHD_ValueKind kind, const char *name,
                                   const char *value) {
    (void)kind;
    orx_turn *t = user;
    char *lower = orx_arena_strdup(&t->mem, name);
    for (char *c = lower; *c; c++)
        if (*c >= 'A' && *c <= 'Z')
            *c = (char)(*c + ('a' - 'A'));
    const char *text = orx_arena_strdup(&t->mem, value ? value : "");
    const orx_http_header h = {orx_view_of(lower), orx_view_trim(orx_view_of(text))};
    orx_vec_push(&t->headers, h);
    return t->headers.len <= ORX_HTTP_HEADERS_MAX ? MHD_YES : MHD_NO;
}

static bool digits_only(orx_view text) {
    for (size_t i = 0; i < text.len; i++)
        if (text.p[i] < '0' || text.p[i] > '9')
            return false;
    return text.len > 0 && text.len <= 18;
}

/* How long the body is said to be: 0 = no word of it or chunks, -1 = in two ways, or in one that we
 * do not know. Somebody between the client and us could have read the other one. */
static int64_t stated_length(const orx_turn *t) {
    int64_t length = 0;
    int lengths = 0;
    int codings = 0;
    bool odd = false;
    for (size_t i = 0; i < t->headers.len; i++) {
        const orx_http_header *h = &t->headers.items[i];
        if (orx_view_is(h->name, "content-length")) {
            lengths++;
            odd = odd || !digits_only(h->value) || !orx_view_to_i64(h->value, &length);
        } else if (orx_view_is(h->name, "transfer-encoding")) {
            codings++;
            odd = odd || !orx_view_ieq(h->value, orx_view_of("chunked"));
        }
    }
    return odd || lengths + codings > 1 ? -1 : length;
}

/* The library takes a carriage return alone for a part of what it stands in, others for the end of
 * a line: they would see another header there. */
static bool is_clean(const orx_turn *t) {
    for (size_t i = 0; i < t->headers.len; i++)
        if (!orx_http_name_ok(t->headers.items[i].name) ||
            !orx_http_value_ok(t->headers.items[i].value))
            return false;
    return orx_http_value_ok(t->request.target);
}

static void split_target(orx_turn *t, const char *method) {
    orx_view all = orx_view_of(t->raw_target);
    size_t path = strcspn(t->raw_target, "?");
    t->request = (orx_served){.method = orx_arena_strdup(&t->mem, method),
                              .target = all,
                              .path = orx_view_mem(all.p, path)};
    if (path < all.len)
        t->request.query = orx_view_mem(all.p + path + 1, all.len - path - 1);
}

/* Looks at the head; a refusal is an answer of our own, after which the library closes. */
static enum MHD_Result take_head(orx_turn *t, const char *method) {
    const orx_server_spec *spec = &t->d->spec;
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(t->connection, MHD_CONNECTION_INFO_REQUEST_HEADER_SIZE);
    t->begun = true;
    split_target(t, method);
    (void)MHD_get_connection_values(t->connection, MHD_HEADER_KIND, keep_header, t);
    if ((info && info->header_size > spec->head_max) || t->headers.len > ORX_HTTP_HEADERS_MAX)
        return orx_answer_refuse(t, 431, "The headers are too large.\n");
    if (!t->request.target.len || t->request.target.p[0] != '/')
        return orx_answer_refuse(t, 400, "The target of a request begins with a slash.\n");
    if (!is_clean(t))
        return orx_answer_refuse(t, 400, "The head of the request is malformed.\n");
    int64_t length = stated_length(t);
    if (length < 0)
        return orx_answer_refuse(t, 400, "The length of the request is not clear.\n");
    if ((uint64_t)length > spec->body_max)
        return orx_answer_refuse(t, 413, "The body is too large.\n");
    (void)orx_str_reserve(&t->body, (size_t)length + 1);
    return MHD_YES;
}

/* ---- Body ------------------------------------------------------------------------------------ */

static enum MHD_Result take_body(orx_turn *t, const char *bytes, size_t *size) {
    /* Chunks can outgrow the limit; in the middle of a request no answer is possible. */
    if (*size > t->d->spec.body_max - t->body.len)
        return MHD_NO;
    orx_str_add(&t->body, bytes, *size);
    *size = 0;
    return MHD_YES;
}

static enum MHD_Result take_end(orx_turn *t) {
    t->received = true;
    t->request.headers = t->headers.items;
    t->request.header_count = t->headers.len;
    t->request.body = orx_str_view(&t->body);
    orx_peer_deadline(t->peer, -1);
    orx_turn_suspend(t);
    orx_turn_ready(t);
    return MHD_YES;
}

enum MHD_Result orx_request_take(void *user, struct MHD_Connection *connection, const char *target,
                                 const char *method, const char *version, const char *bytes,
                                 size_t *size, void **context) {
    (void)user;
    (void)connection;
    (void)target;
    orx_turn *t = *context;
    t->old = strcmp(version, "HTTP/1.1") != 0;
    if (!t->begun)
        return take_head(t, method);
    if (*size)
        return take_body(t, bytes, size);
    /* Resumed without an answer: it was cut. */
    return t->received ? MHD_NO : take_end(t);
}

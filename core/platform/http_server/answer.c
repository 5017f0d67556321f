/* What goes out. */
#include "platform/http_server/server.h"

#include <stdlib.h>
#include <sys/socket.h>

#define PIECE ((size_t)32 * 1024) /* what the library asks for at a time */

static orx_turn *turn_of(orx_exchange *x) {
    return (orx_turn *)(void *)x;
}

/* ---- Pieces ---------------------------------------------------------------------------------- */

/* Where the end of the connection would look like the end of the answer, a reset says otherwise.
 * The library would first say that it sends no more; undoing the connect of a socket sends nothing
 * else.
 */
static void reset(const orx_turn *t) {
    const struct sockaddr none = {.sa_family = AF_UNSPEC};
    (void)connect(t->peer->fd, &none, sizeof none);
}

/* The library wants more of a streamed body. */
static ssize_t read_pieces(void *user, uint64_t at, char *out, size_t max) {
    (void)at;
    orx_turn *t = user;
    size_t n = t->out.len - t->out_at;
    if (n) {
        n = n < max ? n : max;
        memcpy(out, t->out.buf + t->out_at, n);
        t->out_at += n;
        if (t->out_at == t->out.len) {
            orx_str_clear(&t->out);
            t->out_at = 0;
            t->drain_due = true;
            orx_turn_ready(t);
        }
        return (ssize_t)n;
    }
    if (t->cut && t->old)
        reset(t);
    if (t->cut)
        return MHD_CONTENT_READER_END_WITH_ERROR;
    if (t->ended)
        return MHD_CONTENT_READER_END_OF_STREAM;
    orx_turn_suspend(t);
    return 0;
}

void orx_answer_send(orx_exchange *x, orx_view bytes) {
    orx_turn *t = turn_of(x);
    if (!t->connection || !t->streamed || t->ended)
        return;
    /* What has left makes room, but not for each piece. */
    if (t->out_at > PIECE && t->out_at > t->out.len / 2) {
        orx_str_drop(&t->out, t->out_at);
        t->out_at = 0;
    }
    orx_str_addv(&t->out, bytes);
    orx_turn_resume(t);
}

size_t orx_answer_queued(const orx_exchange *x) {
    const orx_turn *t = (const orx_turn *)(const void *)x;
    return t->connection ? t->out.len - t->out_at : 0;
}

void orx_answer_end(orx_exchange *x, bool whole) {
    orx_turn *t = turn_of(x);
    if (!t->connection || t->ended || (t->answered && !t->streamed) || (whole && !t->answered))
        return;
    t->ended = true;
    t->cut = !whole;
    orx_turn_resume(t);
}

/* ---- Heads ----------------------------------------------------------------------------------- */

static void add_header(struct MHD_Response *response, const orx_http_header *h) {
    char *name = orx_xmemdup0(h->name.p, h->name.len);
    char *value = orx_xmemdup0(h->value.p, h->value.len);
    (void)MHD_add_response_header(response, name, value);
    free(name);
    free(value);
}

void orx_answer_begin(orx_exchange *x, int status, const orx_http_header *headers, size_t count,
                      orx_view whole, bool streamed) {
    orx_turn *t = turn_of(x);
    if (!t->connection || !t->told || t->answered || t->ended)
        return;
    struct MHD_Response *response =
        streamed
            ? MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, PIECE, read_pieces, t, NULL)
            : MHD_create_response_from_buffer(whole.len, (void *)whole.p, MHD_RESPMEM_MUST_COPY);
    if (!response)
        orx_out_of_memory(whole.len);
    for (size_t i = 0; i < count; i++)
        add_header(response, &headers[i]);
    if (t->d->stopping)
        (void)MHD_add_response_header(response, "Connection", "close");
    t->answered = MHD_queue_response(t->connection, (unsigned)status, response) == MHD_YES;
    t->streamed = streamed;
    t->cut = !t->answered; /* it goes on without an answer and is closed */
    t->ended = !streamed || t->cut;
    MHD_destroy_response(response);
    orx_turn_resume(t);
}

enum MHD_Result orx_answer_refuse(orx_turn *t, unsigned status, const char *text) {
    struct MHD_Response *response =
        MHD_create_response_from_buffer(strlen(text), (void *)text, MHD_RESPMEM_PERSISTENT);
    if (!response)
        return MHD_NO;
    (void)MHD_add_response_header(response, "Content-Type", "text/plain; charset=utf-8");
    (void)MHD_add_response_header(response, "Connection", "close");
    enum MHD_Result result = MHD_queue_response(t->connection, status, response);
    MHD_destroy_response(response);
    return result;
}

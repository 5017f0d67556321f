#include "served.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

/* ---- The server ------------------------------------------------------------------------------ */

static void echo(orx_exchange *x, const orx_served *r) {
    orx_str text = {0};
    orx_str_addf(&text, "method=%s target=%.*s path=%.*s query=%.*s\n", r->method,
                 ORX_VIEW_ARG(r->target), ORX_VIEW_ARG(r->path), ORX_VIEW_ARG(r->query));
    for (size_t i = 0; i < r->header_count; i++)
        orx_str_addf(&text, "%.*s=[%.*s]\n", ORX_VIEW_ARG(r->headers[i].name),
                     ORX_VIEW_ARG(r->headers[i].value));
    orx_str_addf(&text, "body=%zu:", r->body.len);
    orx_str_addv(&text, r->body);
    const orx_http_header headers[] = {
        {orx_view_of("X-Mine"), orx_view_of("yes")},
        {orx_view_of("Content-Length"), orx_view_of("1")},
        {orx_view_of("Transfer-Encoding"), orx_view_of("chunked")},
        {orx_view_of("X-Bad"), orx_view_of("a\r\nX-Injected: b")},
    };
    orx_exchange_answer(x, 200, headers, ORX_ARRAY_LEN(headers), orx_str_view(&text));
    orx_str_free(&text);
}

static void on_request(orx_exchange *x, const orx_served *r, void *user) {
    world *w = user;
    w->requests++;
    if (w->at_request) {
        w->at_request(w, x);
        return;
    }
    if (orx_view_is(r->path, "/echo"))
        echo(x, r);
    else if (orx_view_is(r->path, "/held") && w->held_count < ORX_ARRAY_LEN(w->held))
        w->held[w->held_count++] = x;
    else
        orx_exchange_answer_text(x, 404, "nothing here");
}

static void on_hangup(orx_exchange *x, void *user) {
    world *w = user;
    (void)x;
    w->hangups++;
}

static void on_drain(orx_exchange *x, void *user) {
    world *w = user;
    assert_int_equal(orx_exchange_queued(x), 0);
    w->drains++;
}

static void on_end(orx_exchange *x, bool whole, void *user) {
    world *w = user;
    w->ends++;
    w->whole += whole;
    for (size_t i = 0; i < w->held_count; i++)
        if (w->held[i] == x)
            w->held[i] = NULL;
}

static void on_stopped(orx_server *s, void *user) {
    world *w = user;
    assert_ptr_equal(s, w->s);
    w->stopped = true;
}

int world_setup(void **state) {
    world *w = calloc(1, sizeof *w);
    assert_ok(orx_platform_uv_new(&w->p, &w->err), &w->err);
    w->spec = (orx_server_spec){.on_request = on_request,
                                .on_hangup = on_hangup,
                                .on_drain = on_drain,
                                .on_end = on_end,
                                .on_stopped = on_stopped,
                                .user = w};
    *state = w;
    return 0;
}

int world_teardown(void **state) {
    world *w = *state;
    orx_server_free(w->s);
    orx_platform_free(w->p);
    free(w);
    return 0;
}

void world_serve(world *w) {
    assert_ok(orx_server_start(w->p, &w->spec, &w->s, &w->err), &w->err);
    assert_true(orx_server_port(w->s) > 0);
}

/* ---- Waiting --------------------------------------------------------------------------------- */

typedef struct waiting {
    world *w;
    int64_t limit;
} waiting;

static waiting begin(world *w) {
    return (waiting){w, orx_mono_ns(w->p) + 20 * ORX_SEC};
}

static void turn(const waiting *t, const char *what) {
    (void)orx_loop_step(t->w->p, 2 * ORX_MS);
    if (orx_mono_ns(t->w->p) > t->limit)
        fail_msg("%s: not within 20 s", what);
}

void world_wait(world *w, const int *value, int n) {
    waiting t = begin(w);
    while (*value < n)
        turn(&t, "a callback");
}

void world_settle(world *w) {
    while (orx_loop_step(w->p, 5 * ORX_MS) > 0) {
    }
}

/* ---- The client ------------------------------------------------------------------------------ */

int dial(world *w) {
    struct sockaddr_in a = {.sin_family = AF_INET,
                            .sin_port = htons((uint16_t)orx_server_port(w->s)),
                            .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_true(fd >= 0);
    if (connect(fd, (struct sockaddr *)&a, sizeof a) < 0) {
        (void)close(fd);
        return -1;
    }
    return fd;
}

bool say(world *w, int fd, orx_view bytes) {
    waiting t = begin(w);
    while (bytes.len) {
        ssize_t n = send(fd, bytes.p, bytes.len, MSG_DONTWAIT | MSG_NOSIGNAL);
        if (n < 0 && errno != EAGAIN)
            return false;
        if (n > 0)
            bytes = orx_view_mem(bytes.p + n, bytes.len - (size_t)n);
        turn(&t, "say");
    }
    return true;
}

void says(world *w, int fd, const char *text) {
    assert_true(say(w, fd, orx_view_of(text)));
}

/* Reads what is there: its length, 0 = nothing now, -1 = the end, with errno 0 for a clean one. */
static ssize_t hear_some(int fd, orx_str *in) {
    char buf[65536];
    ssize_t n = recv(fd, buf, sizeof buf, MSG_DONTWAIT);
    if (n > 0)
        orx_str_add(in, buf, (size_t)n);
    if (n == 0)
        errno = 0;
    return n < 0 && errno == EAGAIN ? 0 : n > 0 ? n : -1;
}

void hear(world *w, int fd, orx_str *in, const char *text) {
    waiting t = begin(w);
    while (!strstr(orx_str_cstr(in), text)) {
        if (hear_some(fd, in) < 0)
            fail_msg("expected \"%s\", but the connection ended after: %s", text, orx_str_cstr(in));
        turn(&t, orx_str_cstr(in));
    }
}

void hear_bytes(world *w, int fd, orx_str *in, size_t n) {
    waiting t = begin(w);
    while (in->len < n) {
        assert_true(hear_some(fd, in) >= 0);
        turn(&t, "bytes");
    }
}

int hear_end(world *w, int fd, orx_str *in) {
    waiting t = begin(w);
    while (hear_some(fd, in) >= 0)
        turn(&t, orx_str_cstr(in));
    return errno;
}

/* Answers in pieces. */
#include "served.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

static const orx_http_header sse = {{"content-type", 12}, {"text/event-stream", 17}};

/* Asks for something that is held, and gives it a head. */
static int begin(world *w, orx_str *in, const char *request) {
    world_serve(w);
    int fd = dial(w);
    says(w, fd, request);
    world_wait(w, &w->requests, 1);
    orx_exchange_begin(w->held[0], 200, &sse, 1);
    hear(w, fd, in, "text/event-stream");
    return fd;
}

/* Each piece is at the client before there is another one: nothing is held back. */
static void test_pieces_leave_at_once(void **state) {
    world *w = *state;
    orx_str in = {0};
    int fd = begin(w, &in, REQUEST("/held"));
    assert_contains(in.buf, "Transfer-Encoding: chunked");
    orx_exchange_send(w->held[0], orx_view_of("data: one\n\n"));
    hear(w, fd, &in, "B\r\ndata: one\n\n\r\n");
    orx_exchange_send(w->held[0], (orx_view){0}); /* would be the end */
    orx_exchange_send(w->held[0], orx_view_of("data: "));
    hear(w, fd, &in, "6\r\ndata: \r\n");
    orx_exchange_send(w->held[0], orx_view_of("two\n\n"));
    hear(w, fd, &in, "5\r\ntwo\n\n\r\n");
    assert_null(strstr(in.buf, "\r\n0\r\n"));
    world_wait(w, &w->drains, 3);
    assert_int_equal(w->ends, 0);
    orx_exchange_end(w->held[0]);
    hear(w, fd, &in, "\r\n0\r\n\r\n");
    world_wait(w, &w->ends, 1);
    assert_int_equal(w->whole, 1);
    /* The connection is good for another one. */
    says(w, fd, REQUEST("/echo"));
    hear(w, fd, &in, "body=0:");
    (void)close(fd);
    orx_str_free(&in);
}

static void test_nothing_at_all(void **state) {
    world *w = *state;
    orx_str in = {0};
    int fd = begin(w, &in, REQUEST("/held"));
    orx_exchange_end(w->held[0]);
    hear(w, fd, &in, "\r\n\r\n0\r\n\r\n");
    (void)close(fd);
    orx_str_free(&in);
}

static void test_old_client(void **state) {
    world *w = *state;
    orx_str in = {0};
    int fd = begin(w, &in, "GET /held HTTP/1.0\r\n\r\n");
    orx_exchange_send(w->held[0], orx_view_of("all of it"));
    hear(w, fd, &in, "\r\n\r\nall of it");
    orx_exchange_end(w->held[0]);
    assert_int_equal(hear_end(w, fd, &in), 0);
    assert_null(strstr(in.buf, "chunked"));
    (void)close(fd);
    orx_str_free(&in);
}

/* A client can tell a cut answer from a complete one. */
static void test_cut(void **state) {
    world *w = *state;
    orx_str in = {0};
    int fd = begin(w, &in, REQUEST("/held"));
    orx_exchange_send(w->held[0], orx_view_of("half of"));
    orx_exchange_cut(w->held[0]);
    world_wait(w, &w->ends, 1);
    (void)hear_end(w, fd, &in);
    assert_null(strstr(in.buf, "0\r\n\r\n"));
    assert_int_equal(w->whole, 0);
    (void)close(fd);
    orx_str_free(&in);
}

static void test_cut_for_an_old_client(void **state) {
    world *w = *state;
    orx_str in = {0};
    int fd = begin(w, &in, "GET /held HTTP/1.0\r\n\r\n");
    orx_exchange_send(w->held[0], orx_view_of("half of"));
    hear(w, fd, &in, "half of");
    orx_exchange_cut(w->held[0]);
    assert_int_equal(hear_end(w, fd, &in), ECONNRESET);
    assert_int_equal(w->whole, 0);
    (void)close(fd);
    orx_str_free(&in);
}

static void test_cut_instead_of_an_answer(void **state) {
    world *w = *state;
    orx_str in = {0};
    world_serve(w);
    int fd = dial(w);
    says(w, fd, REQUEST("/held"));
    world_wait(w, &w->requests, 1);
    orx_exchange_cut(w->held[0]);
    (void)hear_end(w, fd, &in);
    assert_int_equal(in.len, 0);
    world_wait(w, &w->ends, 1);
    assert_int_equal(w->whole, 0);
    (void)close(fd);
    orx_str_free(&in);
}

/* A client that does not read stops the flow; what was sent is kept, and all of it arrives. */
static void test_flow(void **state) {
    world *w = *state;
    orx_str in = {0};
    orx_str piece = {0};
    size_t sent = 0;
    int fd = begin(w, &in, REQUEST("/held"));
    int before = w->drains;
    for (int i = 0; i < 65536; i++)
        orx_str_addc(&piece, (char)('a' + i % 26));
    while (orx_exchange_queued(w->held[0]) < ((size_t)1 << 20)) {
        orx_exchange_send(w->held[0], orx_str_view(&piece));
        sent += piece.len;
        world_settle(w);
    }
    assert_true(sent > (size_t)1 << 20);
    orx_str_clear(&in);
    hear_bytes(w, fd, &in, sent); /* and some bytes for the chunks */
    world_wait(w, &w->drains, before + 1);
    assert_int_equal(orx_exchange_queued(w->held[0]), 0);
    orx_exchange_end(w->held[0]);
    hear(w, fd, &in, "\r\n0\r\n\r\n");
    (void)close(fd);
    orx_str_free(&piece);
    orx_str_free(&in);
}

/* Its sending side is closed, and it still reads. */
static void test_half_closed(void **state) {
    world *w = *state;
    orx_str in = {0};
    world_serve(w);
    int fd = dial(w);
    says(w, fd, REQUEST("/held"));
    (void)shutdown(fd, SHUT_WR);
    world_wait(w, &w->requests, 1);
    world_wait(w, &w->hangups, 1);
    orx_exchange_begin(w->held[0], 200, &sse, 1);
    orx_exchange_send(w->held[0], orx_view_of("still"));
    hear(w, fd, &in, "still");
    orx_exchange_send(w->held[0], orx_view_of("here"));
    hear(w, fd, &in, "here");
    orx_exchange_end(w->held[0]);
    hear(w, fd, &in, "\r\n0\r\n\r\n");
    world_wait(w, &w->ends, 1);
    assert_int_equal(w->whole, 1);
    assert_int_equal(w->hangups, 1);
    (void)close(fd);
    orx_str_free(&in);
}

/* Gone while we think, and gone in the middle of the answer. */
static void test_gone_while_waiting(void **state) {
    world *w = *state;
    world_serve(w);
    int fd = dial(w);
    says(w, fd, REQUEST("/held"));
    world_wait(w, &w->requests, 1);
    (void)close(fd);
    world_wait(w, &w->hangups, 1);
    assert_int_equal(w->ends, 0);
    orx_exchange_cut(w->held[0]);
    world_wait(w, &w->ends, 1);
    assert_int_equal(w->whole, 0);
}

static void test_gone_in_the_middle(void **state) {
    world *w = *state;
    orx_str in = {0};
    int fd = begin(w, &in, REQUEST("/held"));
    orx_exchange_send(w->held[0], orx_view_of("something it does not read"));
    world_settle(w);
    (void)close(fd); /* with bytes unread: a reset */
    world_wait(w, &w->hangups, 1);
    for (int i = 0; i < 100 && w->held[0]; i++) {
        orx_exchange_send(w->held[0], orx_view_of("more"));
        world_settle(w);
    }
    assert_int_equal(w->ends, 1);
    assert_int_equal(w->whole, 0);
    orx_str_free(&in);
}

/* What comes too late, or twice, does nothing. */
static void test_wrong_order(void **state) {
    world *w = *state;
    orx_str in = {0};
    world_serve(w);
    int fd = dial(w);
    says(w, fd, REQUEST("/held"));
    world_wait(w, &w->requests, 1);
    orx_exchange *x = w->held[0];
    orx_exchange_send(x, orx_view_of("before the head"));
    orx_exchange_end(x);
    orx_exchange_begin(x, 999, NULL, 0);
    orx_exchange_answer_text(x, 200, "twice");
    orx_exchange_send(x, orx_view_of("body"));
    orx_exchange_end(x);
    orx_exchange_send(x, orx_view_of("after the end"));
    orx_exchange_cut(x);
    hear(w, fd, &in, "\r\n0\r\n\r\n");
    assert_contains(in.buf, " 500 ");
    assert_contains(in.buf, "4\r\nbody\r\n");
    assert_null(strstr(in.buf, "before"));
    assert_null(strstr(in.buf, "twice"));
    assert_null(strstr(in.buf, "after"));
    world_wait(w, &w->ends, 1);
    assert_int_equal(w->whole, 1);
    (void)close(fd);
    orx_str_free(&in);
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, world_setup, world_teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(test_pieces_leave_at_once),
        TEST(test_nothing_at_all),
        TEST(test_old_client),
        TEST(test_cut),
        TEST(test_cut_for_an_old_client),
        TEST(test_cut_instead_of_an_answer),
        TEST(test_flow),
        TEST(test_half_closed),
        TEST(test_gone_while_waiting),
        TEST(test_gone_in_the_middle),
        TEST(test_wrong_order),
    };
    return cmocka_run_group_tests_name("http_server_stream", tests, NULL, NULL);
}

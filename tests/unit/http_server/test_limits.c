/* What the other side controls has an end. */
#include "served.h"

#include <unistd.h>

/* Sends a head with one header of n bytes and returns the status line's code, or 0. */
static int with_header(world *w, size_t n) {
    orx_str out = {0};
    orx_str in = {0};
    orx_str_adds(&out, "GET /echo HTTP/1.1\r\nHost: h\r\nX-Long: ");
    for (size_t i = 0; i < n; i++)
        orx_str_addc(&out, 'x');
    orx_str_adds(&out, "\r\nConnection: close\r\n\r\n");
    int fd = dial(w);
    (void)say(w, fd, orx_str_view(&out));
    (void)hear_end(w, fd, &in);
    int64_t status = 0;
    if (in.len > 12)
        (void)orx_view_to_i64(orx_view_mem(in.buf + 9, 3), &status);
    (void)close(fd);
    orx_str_free(&out);
    orx_str_free(&in);
    return (int)status;
}

static void test_huge_header(void **state) {
    world *w = *state;
    w->spec.head_max = 8192;
    world_serve(w);
    assert_int_equal(with_header(w, 7000), 200);
    assert_int_equal(with_header(w, 8200), 431);
    int status = with_header(w, 1000000); /* cut when it has the answer unread, or says so */
    assert_true(status == 431 || status == 413 || status == 0);
    assert_int_equal(w->requests, 1);
}

static void test_many_headers(void **state) {
    world *w = *state;
    orx_str out = {0};
    orx_str in = {0};
    world_serve(w);
    orx_str_adds(&out, "GET /echo HTTP/1.1\r\nHost: h\r\n");
    for (int i = 0; i < 300; i++)
        orx_str_addf(&out, "X-%d: 1\r\n", i);
    orx_str_adds(&out, "\r\n");
    int fd = dial(w);
    (void)say(w, fd, orx_str_view(&out));
    (void)hear_end(w, fd, &in);
    assert_contains(in.buf, " 431 ");
    assert_int_equal(w->requests, 0);
    (void)close(fd);
    orx_str_free(&out);
    orx_str_free(&in);
}

/* Refused by its length, before a byte of it was sent; one that fits just so is taken. */
static void test_huge_body(void **state) {
    world *w = *state;
    orx_str in = {0};
    w->spec.body_max = 1000;
    world_serve(w);
    int fd = dial(w);
    says(w, fd, "POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 1001\r\n\r\n");
    (void)hear_end(w, fd, &in);
    assert_contains(in.buf, " 413 ");
    assert_int_equal(w->requests, 0);
    (void)close(fd);
    orx_str_clear(&in);
    fd = dial(w);
    says(w, fd, "POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 1000\r\n\r\n");
    for (int i = 0; i < 10; i++)
        says(w, fd,
             "0123456789012345678901234567890123456789012345678901234567890123456789"
             "012345678901234567890123456789");
    hear(w, fd, &in, "body=1000:0123");
    (void)close(fd);
    orx_str_free(&in);
}

static void test_chunks_that_outgrow_it(void **state) {
    world *w = *state;
    orx_str in = {0};
    w->spec.body_max = 1000;
    world_serve(w);
    int fd = dial(w);
    says(w, fd, "POST /echo HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n");
    for (int i = 0; i < 1000; i++)
        if (!say(w, fd, orx_view_of("a\r\n0123456789\r\n")))
            break;
    (void)hear_end(w, fd, &in);
    assert_int_equal(w->requests, 0);
    assert_null(strstr(orx_str_cstr(&in), " 200 "));
    (void)close(fd);
    orx_str_free(&in);
}

/* One byte now and then is no silence; the request has to be complete in its time all the same. */
static void test_slow_request(void **state) {
    static const char request[] = "GET /echo HTTP/1.1\r\nHost: h\r\nX-Slow: ";
    world *w = *state;
    w->spec.receive_ns = 100 * ORX_MS;
    world_serve(w);
    int fd = dial(w);
    says(w, fd, request);
    int sent = 0;
    while (say(w, fd, orx_view_of("x"))) /* until the other side has closed */
        sent++;
    assert_true(sent > 0);
    assert_int_equal(w->requests, 0);
    (void)close(fd);
}

static void test_slow_body(void **state) {
    world *w = *state;
    orx_str in = {0};
    w->spec.receive_ns = 100 * ORX_MS;
    world_serve(w);
    int fd = dial(w);
    says(w, fd, "POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 10\r\n\r\nabc");
    (void)hear_end(w, fd, &in);
    assert_int_equal(w->requests, 0);
    (void)close(fd);
    orx_str_free(&in);
}

/* The time of a request ends with the request: who waits for us is not slow. */
static void test_waiting_is_not_slow(void **state) {
    world *w = *state;
    orx_str in = {0};
    w->spec.receive_ns = 50 * ORX_MS;
    w->spec.idle_ns = ORX_SEC;
    world_serve(w);
    int fd = dial(w);
    says(w, fd, REQUEST("/held"));
    world_wait(w, &w->requests, 1);
    orx_loop_sleep(w->p, 1500 * ORX_MS);
    orx_exchange_answer_text(w->held[0], 200, "patience");
    hear(w, fd, &in, "patience");
    /* Then it is silent itself, and is closed. */
    assert_int_equal(hear_end(w, fd, &in), 0);
    (void)close(fd);
    orx_str_free(&in);
}

/* Who reads nothing of an answer is cut, and the caller is told that it did not go out. */
static void test_slow_reader(void **state) {
    world *w = *state;
    orx_str big = {0};
    w->spec.idle_ns = ORX_SEC;
    world_serve(w);
    (void)orx_str_reserve(&big, (size_t)32 << 20);
    memset(big.buf, 'x', (size_t)32 << 20);
    orx_str_commit(&big, (size_t)32 << 20);
    int fd = dial(w);
    says(w, fd, REQUEST("/held"));
    world_wait(w, &w->requests, 1);
    orx_exchange_answer(w->held[0], 200, NULL, 0, orx_str_view(&big));
    world_wait(w, &w->ends, 1);
    assert_int_equal(w->whole, 0);
    (void)close(fd);
    orx_str_free(&big);
}

static void test_connections(void **state) {
    world *w = *state;
    orx_str in = {0};
    w->spec.connections = 2;
    world_serve(w);
    int a = dial(w);
    int b = dial(w);
    says(w, a, REQUEST("/held"));
    says(w, b, REQUEST("/held"));
    world_wait(w, &w->requests, 2);
    int c = dial(w); /* the system takes it, the server does not yet */
    says(w, c, REQUEST("/echo"));
    world_settle(w);
    assert_int_equal(w->requests, 2);
    assert_int_equal(orx_server_connections(w->s), 2);
    orx_exchange_answer_text(w->held[0], 200, "done");
    (void)close(a);
    hear(w, c, &in, "body=0:");
    (void)close(b);
    (void)close(c);
    orx_str_free(&in);
}

static void test_connections_of_one_peer(void **state) {
    world *w = *state;
    orx_str in = {0};
    w->spec.per_peer = 1;
    world_serve(w);
    int a = dial(w);
    says(w, a, REQUEST("/held"));
    world_wait(w, &w->requests, 1);
    int b = dial(w);
    (void)say(w, b, orx_view_of(REQUEST("/echo")));
    (void)hear_end(w, b, &in);
    assert_int_equal(in.len, 0);
    assert_int_equal(w->requests, 1);
    (void)close(a);
    (void)close(b);
    orx_str_free(&in);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_huge_header, world_setup, world_teardown),
        cmocka_unit_test_setup_teardown(test_many_headers, world_setup, world_teardown),
        cmocka_unit_test_setup_teardown(test_huge_body, world_setup, world_teardown),
        cmocka_unit_test_setup_teardown(test_chunks_that_outgrow_it, world_setup, world_teardown),
        cmocka_unit_test_setup_teardown(test_slow_request, world_setup, world_teardown),
        cmocka_unit_test_setup_teardown(test_slow_body, world_setup, world_teardown),
        cmocka_unit_test_setup_teardown(test_waiting_is_not_slow, world_setup, world_teardown),
        cmocka_unit_test_setup_teardown(test_slow_reader, world_setup, world_teardown),
        cmocka_unit_test_setup_teardown(test_connections, world_setup, world_teardown),
        cmocka_unit_test_setup_teardown(test_connections_of_one_peer, world_setup, world_teardown),
    };
    return cmocka_run_group_tests_name("http_server_limits", tests, NULL, NULL);
}

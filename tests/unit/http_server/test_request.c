/* Requests and whole answers. */
#include "served.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

static void test_everything_is_handed_over(void **state) {
    world *w = *state;
    orx_str in = {0};
    world_serve(w);
    int fd = dial(w);
    says(w, fd,
         "POST /echo?a=%41+b&c HTTP/1.1\r\nHost: h\r\nX-Two: 1\r\nX-tWo:  2 \r\nX-Empty:\r\n"
         "Content-Length: 5\r\n\r\nhello");
    hear(w, fd, &in, "body=5:hello");
    assert_contains(in.buf, "HTTP/1.1 200 OK\r\n");
    assert_contains(in.buf, "method=POST target=/echo?a=%41+b&c path=/echo query=a=%41+b&c\n");
    assert_contains(in.buf, "\nx-two=[1]\nx-two=[2]\nx-empty=[]\n");
    world_wait(w, &w->ends, 1);
    assert_int_equal(w->whole, 1);
    (void)close(fd);
    orx_str_free(&in);
}

/* The server's own headers, and those that would break out of their line, are left out. */
static void test_headers_of_the_answer(void **state) {
    world *w = *state;
    orx_str in = {0};
    world_serve(w);
    int fd = dial(w);
    says(w, fd, REQUEST("/echo"));
    hear(w, fd, &in, "body=0:");
    assert_contains(in.buf, "X-Mine: yes\r\n");
    assert_null(strstr(in.buf, "Content-Length: 1\r\n"));
    assert_null(strstr(in.buf, "chunked"));
    assert_null(strstr(in.buf, "X-Bad"));
    assert_null(strstr(in.buf, "Injected"));
    (void)close(fd);
    orx_str_free(&in);
}

static void test_targets_are_not_decoded(void **state) {
    world *w = *state;
    orx_str in = {0};
    world_serve(w);
    int fd = dial(w);
    says(w, fd, REQUEST("/echo%2f..%2Fx?k=%00&k=/?"));
    hear(w, fd, &in, "404");
    orx_str_clear(&in);
    says(w, fd, REQUEST("/echo?k=%00&k=/?#"));
    hear(w, fd, &in, "body=0:");
    assert_contains(in.buf, "query=k=%00&k=/?#\n");
    (void)close(fd);
    orx_str_free(&in);
}

/* Kept, pipelined, and with a body in chunks. */
static void test_one_connection_many_requests(void **state) {
    world *w = *state;
    orx_str in = {0};
    world_serve(w);
    int fd = dial(w);
    says(w, fd,
         REQUEST("/echo?n=1") "POST /echo?n=2 HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n"
                              "\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n" REQUEST("/echo?n=3"));
    hear(w, fd, &in, "query=n=3");
    const char *first = strstr(in.buf, "query=n=1");
    const char *second = strstr(in.buf, "query=n=2");
    assert_non_null(first);
    assert_non_null(second);
    assert_true(first < second && second < strstr(in.buf, "query=n=3"));
    assert_contains(second, "body=5:abcde");
    world_wait(w, &w->ends, 3);
    assert_int_equal(orx_server_connections(w->s), 1);
    (void)close(fd);
    orx_str_free(&in);
}

/* Answers do not wait for each other, and the second request of a connection waits for the first.
 */
static void test_later_and_in_another_order(void **state) {
    world *w = *state;
    orx_str a = {0};
    orx_str b = {0};
    world_serve(w);
    int one = dial(w);
    int two = dial(w);
    says(w, one, REQUEST("/held") REQUEST("/echo"));
    world_wait(w, &w->requests, 1);
    says(w, two, REQUEST("/held"));
    world_wait(w, &w->requests, 2);
    orx_exchange_answer_text(w->held[1], 202, "second");
    hear(w, two, &b, "second");
    world_settle(w);
    assert_int_equal(w->requests, 2);
    orx_exchange_answer_text(w->held[0], 201, "first");
    hear(w, one, &a, "body=0:");
    assert_contains(a.buf, "201 Created");
    assert_true(strstr(a.buf, "first") < strstr(a.buf, "body=0:"));
    (void)close(one);
    (void)close(two);
    orx_str_free(&a);
    orx_str_free(&b);
}

static void test_head_and_old_clients(void **state) {
    world *w = *state;
    orx_str in = {0};
    world_serve(w);
    int fd = dial(w);
    says(w, fd, "HEAD /echo HTTP/1.1\r\nHost: h\r\n\r\n" REQUEST("/nowhere"));
    hear(w, fd, &in, "nothing here");
    assert_null(strstr(in.buf, "method=HEAD"));
    (void)close(fd);
    orx_str_clear(&in);
    fd = dial(w);
    says(w, fd, "GET /echo HTTP/1.0\r\n\r\n");
    assert_int_equal(hear_end(w, fd, &in), 0);
    assert_contains(in.buf, "body=0:");
    (void)close(fd);
    orx_str_free(&in);
}

static void test_expect_is_honoured(void **state) {
    world *w = *state;
    orx_str in = {0};
    world_serve(w);
    int fd = dial(w);
    says(w, fd,
         "POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n");
    hear(w, fd, &in, "100 Continue");
    says(w, fd, "ok");
    hear(w, fd, &in, "body=2:ok");
    (void)close(fd);
    orx_str_free(&in);
}

/* What could be read in two ways is read in none. */
static void test_ambiguous_requests(void **state) {
    static const char *const heads[] = {
        "Content-Length: 3\r\nContent-Length: 4\r\n",
        "Content-Length: 3\r\nContent-Length: 3\r\n",
        "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n",
        "Transfer-Encoding: gzip\r\n",
        "Transfer-Encoding: gzip, chunked\r\n",
        "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n",
        "Content-Length: +3\r\n",
        "Content-Length: 3, 3\r\n",
        "Content-Length: -1\r\n",
        "Content-Length: 99999999999999999999999\r\n",
        /* A return alone ends a line for some. */
        "X: a\rContent-Length: 3\r\n",
        "X: a\rY: b\r\nContent-Length: 3\r\n",
        "X: a\x01\r\nContent-Length: 3\r\n",
        "X(y): a\r\nContent-Length: 3\r\n",
    };
    world *w = *state;
    world_serve(w);
    for (size_t i = 0; i < ORX_ARRAY_LEN(heads); i++) {
        orx_str in = {0};
        orx_str out = {0};
        int fd = dial(w);
        orx_str_addf(&out, "POST /echo HTTP/1.1\r\nHost: h\r\n%s\r\nabc", heads[i]);
        says(w, fd, orx_str_cstr(&out));
        (void)hear_end(w, fd, &in);
        if (in.len && strncmp(in.buf, "HTTP/1.1 4", 10) != 0)
            fail_msg("%s: %s", heads[i], orx_str_cstr(&in));
        (void)close(fd);
        orx_str_free(&in);
        orx_str_free(&out);
    }
    assert_int_equal(w->requests, 0);
}

static void test_no_http_at_all(void **state) {
    static const char *const texts[] = {
        "GET\r\n\r\n",
        "\x16\x03\x01\x02\x01\x01\xfc\x03\x03 hello\r\n\r\n",
        "GET /echo HTT",
        "GET http://elsewhere/echo HTTP/1.1\r\nHost: h\r\n\r\n",
        "GET echo HTTP/1.1\r\nHost: h\r\n\r\n",
        "GET /echo HTTP/1.1\r\n\r\n",
        "GET /echo HTTP/1.1\r\nHost: h\r\nno colon here\r\n\r\n",
    };
    world *w = *state;
    /* libmicrohttpd may not see an end that comes with the last bytes: then the time is up. */
    w->spec.receive_ns = 200 * ORX_MS;
    world_serve(w);
    for (size_t i = 0; i < ORX_ARRAY_LEN(texts); i++) {
        orx_str in = {0};
        int fd = dial(w);
        says(w, fd, texts[i]);
        (void)shutdown(fd, SHUT_WR);
        (void)hear_end(w, fd, &in);
        if (strstr(orx_str_cstr(&in), " 200 "))
            fail_msg("%s: %s", texts[i], in.buf);
        (void)close(fd);
        orx_str_free(&in);
    }
    assert_int_equal(w->requests, 0);
}

static void refused(world *w, const orx_server_spec *change, int code, const char *words) {
    orx_server *s = NULL;
    orx_err err = ORX_ERR_INIT;
    (void)w;
    assert_int_equal(orx_server_start(w->p, change, &s, &err), code);
    assert_null(s);
    assert_contains(err.msg, words);
}

static void test_what_cannot_be_served(void **state) {
    world *w = *state;
    world_serve(w);
    orx_server_spec spec = w->spec;
    spec.port = orx_server_port(w->s);
    refused(w, &spec, ORX_E_BUSY, "listens at 127.0.0.1 port");
    spec = w->spec;
    spec.host = "localhost";
    refused(w, &spec, ORX_E_INVALID, "numeric address");
    spec = w->spec;
    spec.body_max = ORX_HTTP_SEND_MAX + 1;
    refused(w, &spec, ORX_E_INVALID, "body_max");
    spec = w->spec;
    spec.head_max = 100;
    refused(w, &spec, ORX_E_INVALID, "head_max");
    spec = w->spec;
    spec.per_peer = 100;
    refused(w, &spec, ORX_E_INVALID, "connections");
    spec = w->spec;
    spec.on_request = NULL;
    refused(w, &spec, ORX_E_INVALID, "requests");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_everything_is_handed_over, world_setup,
                                        world_teardown),
        cmocka_unit_test_setup_teardown(test_headers_of_the_answer, world_setup, world_teardown),
        cmocka_unit_test_setup_teardown(test_targets_are_not_decoded, world_setup, world_teardown),
        cmocka_unit_test_setup_teardown(test_one_connection_many_requests, world_setup,
                                        world_teardown),
        cmocka_unit_test_setup_teardown(test_later_and_in_another_order, world_setup,
                                        world_teardown),
        cmocka_unit_test_setup_teardown(test_head_and_old_clients, world_setup, world_teardown),
        cmocka_unit_test_setup_teardown(test_expect_is_honoured, world_setup, world_teardown),
        cmocka_unit_test_setup_teardown(test_ambiguous_requests, world_setup, world_teardown),
        cmocka_unit_test_setup_teardown(test_no_http_at_all, world_setup, world_teardown),
        cmocka_unit_test_setup_teardown(test_what_cannot_be_served, world_setup, world_teardown),
    };
    return cmocka_run_group_tests_name("http_server_request", tests, NULL, NULL);
}

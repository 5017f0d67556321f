/* Servers that misbehave: each way ends in its own kind, in time, with bounded memory. */
#include "fetch.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static void expect_end(net *n, const char *path, orx_http_end end, const char *part) {
    fetch f;
    fetch_run(&f, n->p, n->s, path);
    if (f.result.end != end)
        fail_msg("%s: expected end %d, found %d: %s", path, end, f.result.end, f.result.message);
    assert_contains(f.result.message, "http://127.0.0.1:");
    assert_contains(f.result.message, part);
    assert_null(strstr(f.result.message, path)); /* only the place is named */
    fetch_free(&f);
}

static void a_cut_answer_is_no_answer(void **state) {
    net *n = *state;
    fetch f;
    expect_end(n, "/cut", ORX_HTTP_CUT, "");
    expect_end(n, "/cut-chunk", ORX_HTTP_CUT, "");
    expect_end(n, "/reset", ORX_HTTP_CUT, "");
    expect_end(n, "/empty", ORX_HTTP_CUT, "");
    fetch_run(&f, n->p, n->s, "/cut");
    assert_string_equal(orx_str_cstr(&f.body), "abc"); /* what came was told */
    fetch_free(&f);
}

static void what_is_no_http_is_said_so(void **state) {
    net *n = *state;
    expect_end(n, "/bad-chunk", ORX_HTTP_MALFORMED, "");
    expect_end(n, "/garbage", ORX_HTTP_MALFORMED, "");
    expect_end(n, "/old", ORX_HTTP_MALFORMED, "");
}

static void nobody_there(void **state) {
    net *n = *state;
    server *gone = server_start();
    int port = server_port(gone);
    server_stop(gone);
    static const orx_http_header key = {{"Authorization", 13}, {"Bearer s3cret", 13}};
    fetch f;
    fetch_prepare(&f, n->p, NULL, "/s3cret");
    orx_str url = {0};
    orx_str_addf(&url, "http://localhost:%d/s3cret?key=s3cret", port);
    f.spec.url = orx_str_cstr(&url);
    f.spec.headers = &key;
    f.spec.header_count = 1;
    fetch_begin(&f);
    fetch_wait(&f);
    assert_int_equal(f.result.end, ORX_HTTP_UNREACHED);
    assert_contains(f.result.message, "http://localhost:");
    assert_null(strstr(f.result.message, "s3cret"));
    fetch_free(&f);
    orx_str_free(&url);
}

/* A server that speaks no TLS. */
static void tls_with_somebody_who_has_none(void **state) {
    net *n = *state;
    fetch f;
    orx_str url = {0};
    orx_str_addf(&url, "https://127.0.0.1:%d/", server_port(n->s));
    fetch_prepare(&f, n->p, n->s, "/");
    f.spec.url = orx_str_cstr(&url);
    f.spec.total_timeout_ns = 300 * ORX_MS;
    fetch_begin(&f);
    fetch_wait(&f);
    assert_true(f.result.end == ORX_HTTP_UNREACHED || f.result.end == ORX_HTTP_TIMEOUT);
    fetch_free(&f);
    orx_str_free(&url);
}

/* ---- Limits ---------------------------------------------------------------------------------- */

static void the_head_is_bounded(void **state) {
    net *n = *state;
    fetch f;
    fetch_run(&f, n->p, n->s, "/head/60000");
    assert_int_equal(f.result.end, ORX_HTTP_DONE);
    fetch_free(&f);
    expect_end(n, "/head/70000", ORX_HTTP_MALFORMED, "larger than 64 KiB");
    expect_end(n, "/headers/9000", ORX_HTTP_MALFORMED, "larger than 64 KiB");
    fetch_run(&f, n->p, n->s, "/headers/400");
    assert_int_equal(f.result.end, ORX_HTTP_DONE);
    assert_contains(orx_str_cstr(&f.headers), "x-255: 255\n");
    assert_null(strstr(orx_str_cstr(&f.headers), "x-256: 256\n"));
    fetch_free(&f);
}

static void the_body_is_bounded(void **state) {
    net *n = *state;
    static const struct {
        const char *path;
        int64_t max;
        orx_http_end end;
        size_t got;
    } cases[] = {{"/bytes/1000", 1000, ORX_HTTP_DONE, 1000},
                 {"/bytes/1001", 1000, ORX_HTTP_TOO_LARGE, 1000},
                 {"/bytes/5000000", 700000, ORX_HTTP_TOO_LARGE, 700000},
                 {"/bytes/5000000", 0, ORX_HTTP_DONE, 5000000}};
    for (size_t i = 0; i < ORX_ARRAY_LEN(cases); i++) {
        fetch f;
        fetch_prepare(&f, n->p, n->s, cases[i].path);
        f.spec.body_max = cases[i].max;
        fetch_begin(&f);
        fetch_wait(&f);
        assert_int_equal(f.result.end, cases[i].end);
        assert_int_equal(f.body.len, cases[i].got);
        fetch_free(&f);
    }
}

static void pause_at_first(fetch *f, char call) {
    int *pauses = f->user;
    if (call == 'b' && (*pauses)++ == 0)
        orx_http_pause(f->http, true);
}

/* The caller that does not take its bytes makes the server wait. */
static void a_paused_answer_holds_the_server_back(void **state) {
    net *n = *state;
    enum { WHOLE = 64 << 20 };
    int pauses = 0;
    fetch f;
    fetch_prepare(&f, n->p, n->s, "/bytes/67108864");
    f.at = pause_at_first;
    f.user = &pauses;
    f.spec.idle_timeout_ns = 300 * ORX_MS; /* a pause is no silence */
    fetch_begin(&f);
    orx_loop_sleep(n->p, ORX_SEC);
    assert_int_equal(pauses, 1);
    assert_false(f.done);
    size_t before = f.body.len;
    assert_true(before < (size_t)4 << 20);
    assert_true(server_sent(n->s) < WHOLE / 2); /* the rest waits in buffers of the kernel */
    orx_loop_sleep(n->p, 100 * ORX_MS);
    assert_int_equal(f.body.len, before);
    orx_http_pause(f.http, false);
    fetch_wait(&f);
    assert_int_equal(f.result.end, ORX_HTTP_DONE);
    assert_int_equal(f.body.len, WHOLE);
    for (size_t i = 0; i < WHOLE; i += 99991)
        assert_int_equal(f.body.buf[i], 'a' + i % ((size_t)26 * 1024) % 26);
    fetch_free(&f);
}

/* ---- Deadlines ------------------------------------------------------------------------------- */

static void expect_deadline(net *n, const char *path, orx_http_end end, int64_t first, int64_t idle,
                            int64_t total) {
    fetch f;
    fetch_prepare(&f, n->p, n->s, path);
    f.spec.first_byte_timeout_ns = first;
    f.spec.idle_timeout_ns = idle;
    f.spec.total_timeout_ns = total;
    fetch_begin(&f);
    fetch_wait(&f);
    if (f.result.end != end)
        fail_msg("%s: expected end %d, found %d: %s", path, end, f.result.end, f.result.message);
    int64_t least = end == ORX_HTTP_SILENT ? first : end == ORX_HTTP_IDLE ? idle : total;
    assert_true(end == ORX_HTTP_DONE || f.result.wall_ns >= least);
    fetch_free(&f);
}

static void deadlines_end_requests(void **state) {
    net *n = *state;
    int64_t short_ns = 60 * ORX_MS, long_ns = 60 * ORX_SEC;
    expect_deadline(n, "/silent", ORX_HTTP_SILENT, short_ns, long_ns, long_ns);
    expect_deadline(n, "/silent", ORX_HTTP_SILENT, short_ns, 0, 0);
    expect_deadline(n, "/silent", ORX_HTTP_IDLE, 0, short_ns, long_ns);
    expect_deadline(n, "/silent", ORX_HTTP_TIMEOUT, long_ns, long_ns, short_ns);
    expect_deadline(n, "/stall", ORX_HTTP_IDLE, long_ns, short_ns, long_ns);
    expect_deadline(n, "/stall", ORX_HTTP_TIMEOUT, short_ns * 20, 0, short_ns * 2);
    /* A first byte in time is enough for that deadline; bytes keep the idle one away. */
    expect_deadline(n, "/drip/100", ORX_HTTP_DONE, 10 * ORX_SEC, 10 * ORX_SEC, long_ns);
    expect_deadline(n, "/drip/2000", ORX_HTTP_TIMEOUT, 0, 10 * ORX_SEC, 200 * ORX_MS);
}

/* A listener whose queue is full answers nothing at all. */
static void a_connection_that_never_comes(void **state) {
    net *n = *state;
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof a;
    int fds[8];
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&a, len), 0);
    assert_int_equal(listen(fd, 0), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&a, &len), 0);
    for (size_t i = 0; i < ORX_ARRAY_LEN(fds); i++) {
        fds[i] = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
        (void)connect(fds[i], (struct sockaddr *)&a, len);
    }
    fetch f;
    orx_str url = {0};
    orx_str_addf(&url, "http://127.0.0.1:%d/", ntohs(a.sin_port));
    fetch_prepare(&f, n->p, NULL, "/");
    f.spec.url = orx_str_cstr(&url);
    f.spec.connect_timeout_ns = 80 * ORX_MS;
    f.spec.total_timeout_ns = 10 * ORX_SEC;
    fetch_begin(&f);
    fetch_wait(&f);
    assert_int_equal(f.result.end, ORX_HTTP_NO_CONNECT);
    fetch_free(&f);
    orx_str_free(&url);
    for (size_t i = 0; i < ORX_ARRAY_LEN(fds); i++)
        (void)close(fds[i]);
    (void)close(fd);
}

#define T(f) cmocka_unit_test_setup_teardown(f, net_setup, net_teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        T(a_cut_answer_is_no_answer),
        T(what_is_no_http_is_said_so),
        T(nobody_there),
        T(tls_with_somebody_who_has_none),
        T(the_head_is_bounded),
        T(the_body_is_bounded),
        T(a_paused_answer_holds_the_server_back),
        T(deadlines_end_requests),
        T(a_connection_that_never_comes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

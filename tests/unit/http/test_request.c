/* Requests that go as they should, and the rules of what may be asked. */
#include "fetch.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void an_answer_is_told_in_three_steps(void **state) {
    net *n = *state;
    fetch f;
    fetch_run(&f, n->p, n->s, "/status/200?a=b");
    assert_string_equal(orx_str_cstr(&f.calls), "hbe");
    assert_int_equal(f.result.end, ORX_HTTP_DONE);
    assert_int_equal(f.status, 200);
    assert_string_equal(orx_str_cstr(&f.headers),
                        "content-type: text/plain\nretry-after: 7\ncontent-length: 10\n");
    assert_string_equal(orx_str_cstr(&f.body), "status 200");
    assert_true(f.result.wall_ns > 0);
    fetch_free(&f);
    char *last = server_last(n->s);
    assert_contains(last, "GET /status/200?a=b HTTP/1.1\r\n");
    assert_contains(last, "User-Agent: orxaq\r\n");
    assert_null(strstr(last, "Content-Type"));
    assert_null(strstr(last, "Accept-Encoding"));
    free(last);
}

static void a_body_and_headers_are_sent(void **state) {
    net *n = *state;
    fetch f;
    static const orx_http_header headers[] = {{{"Authorization", 13}, {"Bearer k-123", 12}},
                                              {{"X-Empty", 7}, {"", 0}},
                                              {{"Content-Type", 12}, {"application/json", 16}},
                                              {{"User-Agent", 10}, {"me", 2}}};
    fetch_prepare(&f, n->p, n->s, "/echo");
    f.spec.method = "POST";
    f.spec.headers = headers;
    f.spec.header_count = ORX_ARRAY_LEN(headers);
    f.spec.body = orx_view_mem("{\"a\0b\"}", 7);
    fetch_begin(&f);
    memset(f.url, 'x', sizeof f.url - 1); /* everything was copied */
    fetch_wait(&f);
    const char *seen = orx_str_cstr(&f.body);
    assert_int_equal(f.result.sent_bytes, 7);
    assert_contains(seen, "POST /echo HTTP/1.1\r\n");
    assert_contains(seen, "Authorization: Bearer k-123\r\n");
    assert_contains(seen, "X-Empty:\r\n");
    assert_contains(seen, "Content-Type: application/json\r\n");
    assert_contains(seen, "User-Agent: me\r\n");
    assert_contains(seen, "Content-Length: 7\r\n");
    assert_null(strstr(seen, "Expect"));
    assert_memory_equal(f.body.buf + f.body.len - 7, "{\"a\0b\"}", 7);
    fetch_free(&f);
}

static void every_method_works(void **state) {
    net *n = *state;
    static const char *const methods[] = {"GET", "POST", "PUT", "PATCH", "DELETE", "HEAD"};
    for (size_t i = 0; i < ORX_ARRAY_LEN(methods); i++) {
        fetch f;
        char line[64];
        (void)snprintf(line, sizeof line, "%s /echo HTTP/1.1\r\n", methods[i]);
        fetch_prepare(&f, n->p, n->s, "/echo");
        f.spec.method = methods[i];
        fetch_begin(&f);
        fetch_wait(&f);
        assert_int_equal(f.result.end, ORX_HTTP_DONE);
        char *last = server_last(n->s);
        assert_contains(last, line);
        assert_null(strstr(last, "Content-Type"));
        free(last);
        if (strcmp(methods[i], "HEAD") == 0)
            assert_string_equal(orx_str_cstr(&f.calls), "he");
        fetch_free(&f);
    }
}

static void every_status_is_an_answer(void **state) {
    net *n = *state;
    static const int codes[] = {200, 204, 301, 304, 400, 401, 404, 413, 429, 500, 503, 599};
    for (size_t i = 0; i < ORX_ARRAY_LEN(codes); i++) {
        fetch f;
        char path[32];
        (void)snprintf(path, sizeof path, "/status/%d", codes[i]);
        fetch_run(&f, n->p, n->s, codes[i] == 304 ? "/status/404" : path);
        assert_int_equal(f.result.end, ORX_HTTP_DONE);
        assert_int_equal(f.status, codes[i] == 304 ? 404 : codes[i]);
        fetch_free(&f);
    }
}

static void chunks_and_interim_answers(void **state) {
    net *n = *state;
    fetch f;
    fetch_run(&f, n->p, n->s, "/chunks");
    assert_string_equal(orx_str_cstr(&f.body), "onetwothree");
    assert_null(strstr(orx_str_cstr(&f.headers), "x-trailer"));
    fetch_free(&f);
    fetch_run(&f, n->p, n->s, "/interim");
    assert_int_equal(f.status, 200);
    assert_string_equal(orx_str_cstr(&f.headers), "x-real: 1\ncontent-length: 4\n");
    assert_string_equal(orx_str_cstr(&f.body), "late");
    fetch_free(&f);
}

static void a_connection_is_used_again(void **state) {
    net *n = *state;
    for (int i = 0; i < 20; i++) {
        fetch f;
        fetch_run(&f, n->p, n->s, "/status/200");
        assert_int_equal(f.result.reused, i > 0);
        fetch_free(&f);
    }
    assert_int_equal(server_connections(n->s), 1);
}

/* The server closes after each answer without having announced it. */
static void a_connection_that_went_away_is_replaced(void **state) {
    net *n = *state;
    for (int i = 0; i < 20; i++) {
        fetch f;
        fetch_run(&f, n->p, n->s, "/once");
        assert_string_equal(f.result.message, "");
        assert_int_equal(f.result.end, ORX_HTTP_DONE);
        assert_string_equal(orx_str_cstr(&f.body), "once");
        fetch_free(&f);
    }
    assert_int_equal(server_connections(n->s), 20);
}

static void a_redirect_is_an_answer_and_leaks_nothing(void **state) {
    net *n = *state;
    server *other = server_start();
    static const orx_http_header key = {{"X-Api-Key", 9}, {"k-123", 5}};
    char path[64];
    fetch f;
    (void)snprintf(path, sizeof path, "/redirect/%d", server_port(other));
    fetch_prepare(&f, n->p, n->s, path);
    f.spec.headers = &key;
    f.spec.header_count = 1;
    fetch_begin(&f);
    fetch_wait(&f);
    assert_int_equal(f.status, 302);
    assert_string_equal(orx_str_cstr(&f.body), "elsewhere");
    assert_contains(orx_str_cstr(&f.headers), "location: http://127.0.0.1:");
    assert_int_equal(server_connections(other), 0);
    fetch_free(&f);
    server_stop(other);
}

static void many_at_once(void **state) {
    net *n = *state;
    fetch f[40];
    for (int i = 0; i < 40; i++) {
        fetch_prepare(&f[i], n->p, n->s, "/bytes/100000");
        fetch_begin(&f[i]);
    }
    for (int i = 0; i < 40; i++) {
        fetch_wait(&f[i]);
        assert_int_equal(f[i].body.len, 100000);
        assert_int_equal(f[i].body.buf[27], 'b');
        fetch_free(&f[i]);
    }
}

/* ---- Proxies --------------------------------------------------------------------------------- */

static void a_proxy_is_for_others_only(void **state) {
    net *n = *state;
    server *proxy = server_start();
    char url[64];
    fetch f;
    (void)snprintf(url, sizeof url, "http://127.0.0.1:%d", server_port(proxy));
    (void)setenv("http_proxy", url, 1);
    fetch_run(&f, n->p, n->s, "/status/200");
    assert_int_equal(server_connections(proxy), 0);
    fetch_free(&f);
    fetch_prepare(&f, n->p, n->s, "/");
    f.spec.url = "http://models.example.test:1234/echo";
    f.spec.plain_http = true;
    fetch_begin(&f);
    fetch_wait(&f);
    (void)unsetenv("http_proxy");
    assert_int_equal(f.result.end, ORX_HTTP_DONE);
    assert_contains(orx_str_cstr(&f.body), "GET http://models.example.test:1234/echo HTTP/1.1\r\n");
    fetch_free(&f);
    server_stop(proxy);
}

/* ---- Rules ----------------------------------------------------------------------------------- */

static void refuse(net *n, const orx_http_spec *spec, int code, const char *part) {
    orx_http *http = NULL;
    orx_err err = ORX_ERR_INIT;
    assert_int_equal(orx_http_start(n->p, spec, &http, &err), code);
    assert_null(http);
    assert_contains(err.msg, part);
    assert_null(strstr(err.msg, "s3cret"));
}

static void addresses_are_checked(void **state) {
    net *n = *state;
    static const struct {
        const char *url;
        int code;
        const char *part;
    } bad[] = {
        {NULL, ORX_E_INVALID, "no URL"},
        {"", ORX_E_INVALID, "begins with http"},
        {"ftp://127.0.0.1/s3cret", ORX_E_INVALID, "begins with http"},
        {"file:///etc/passwd", ORX_E_INVALID, "begins with http"},
        {"http:/127.0.0.1/", ORX_E_INVALID, "begins with http"},
        {"http://", ORX_E_INVALID, "host and port"},
        {"http:///s3cret", ORX_E_INVALID, "host and port"},
        {"http://127.0.0.1:0/s3cret", ORX_E_INVALID, "host and port"},
        {"http://127.0.0.1:65536/", ORX_E_INVALID, "host and port"},
        {"http://127.0.0.1:+80/", ORX_E_INVALID, "host and port"},
        {"http://127.0.0.1:8x/", ORX_E_INVALID, "host and port"},
        {"http://127.0.0.1:/", ORX_E_INVALID, "host and port"},
        {"http://[::1/", ORX_E_INVALID, "host and port"},
        {"http://[::1]x/", ORX_E_INVALID, "host and port"},
        {"http://ex%61mple/", ORX_E_INVALID, "host and port"},
        {"http://me:s3cret@127.0.0.1/", ORX_E_INVALID, "user name or password"},
        {"http://127.0.0.1/a b?s3cret", ORX_E_INVALID, "encode it"},
        {"http://127.0.0.1/\r\nX: s3cret", ORX_E_INVALID, "encode it"},
        {"http://evil.test\\@127.0.0.1/", ORX_E_INVALID, "encode it"},
        {"http://models.example/s3cret", ORX_E_DENIED, "plain http to models.example"},
        {"http://192.168.1.5:1234/", ORX_E_DENIED, "plain http to 192.168.1.5"},
        {"http://127.0.0.1.example/", ORX_E_DENIED, "plain http"},
        {"http://127.0.0.256/", ORX_E_DENIED, "plain http"},
        {"http://127.1/", ORX_E_DENIED, "plain http"},
        {"http://0127.0.0.1/", ORX_E_DENIED, "plain http"},
        {"http://localhost.example/", ORX_E_DENIED, "plain http"},
        {"http://[::2]/", ORX_E_DENIED, "plain http"},
    };
    for (size_t i = 0; i < ORX_ARRAY_LEN(bad); i++) {
        const orx_http_spec spec = {.method = "GET", .url = bad[i].url};
        refuse(n, &spec, bad[i].code, bad[i].part);
    }
    ORX_CLEANUP(orx_str_free) orx_str url = {0};
    orx_str_adds(&url, "http://127.0.0.1/");
    while (url.len <= ORX_HTTP_URL_MAX)
        orx_str_addc(&url, 'x');
    const orx_http_spec spec = {.method = "GET", .url = orx_str_cstr(&url)};
    refuse(n, &spec, ORX_E_LIMIT, "longer than 8192");
}

static void places_are_read(void **state) {
    (void)state;
    static const struct {
        const char *url;
        bool tls;
        const char *host;
        int port;
        bool here;
    } good[] = {
        {"http://127.0.0.1", false, "127.0.0.1", 80, true},
        {"HTTP://LocalHost:1234/v1", false, "LocalHost", 1234, true},
        {"http://127.255.3.9:8/", false, "127.255.3.9", 8, true},
        {"http://[::1]:99/x", false, "::1", 99, true},
        {"https://api.example.com?x=@", true, "api.example.com", 443, false},
        {"https://[2001:db8::1]#f", true, "2001:db8::1", 443, false},
        {"https://a-b_c.example:8443/", true, "a-b_c.example", 8443, false},
    };
    for (size_t i = 0; i < ORX_ARRAY_LEN(good); i++) {
        orx_http_place place;
        orx_err err = ORX_ERR_INIT;
        assert_ok(orx_http_place_of(good[i].url, &place, &err), &err);
        assert_int_equal(place.tls, good[i].tls);
        assert_true(orx_view_is(place.host, good[i].host));
        assert_int_equal(place.port, good[i].port);
        assert_int_equal(orx_http_is_loopback(place.host), good[i].here);
    }
}

static void refuse_header(net *n, orx_view name, orx_view value, const char *part) {
    const orx_http_header header = {name, value};
    const orx_http_spec spec = {
        .method = "GET", .url = "http://127.0.0.1/", .headers = &header, .header_count = 1};
    refuse(n, &spec, ORX_E_INVALID, part);
}

static void headers_and_methods_are_checked(void **state) {
    net *n = *state;
    static const char *const reserved[] = {
        "Host", "content-length", "Transfer-Encoding", "Upgrade", "TE", "Proxy-Authorization"};
    for (size_t i = 0; i < ORX_ARRAY_LEN(reserved); i++)
        refuse_header(n, orx_view_of(reserved[i]), orx_view_of("s3cret"), "client itself");
    refuse_header(n, orx_view_of(""), orx_view_of("s3cret"), "no token");
    refuse_header(n, orx_view_of("X:"), orx_view_of("s3cret"), "no token");
    refuse_header(n, orx_view_mem("X\0Y", 3), orx_view_of("s3cret"), "no token");
    refuse_header(n, orx_view_of("X"), orx_view_of("s3cret\r\nY: 1"), "control characters");
    refuse_header(n, orx_view_of("X"), orx_view_mem("s3cret\0", 7), "control characters");
    static orx_http_header many[ORX_HTTP_HEADERS_MAX + 1];
    for (size_t i = 0; i < ORX_ARRAY_LEN(many); i++)
        many[i] = (orx_http_header){orx_view_of("X"), orx_view_of("1")};
    orx_http_spec spec = {.method = "GET", .url = "http://127.0.0.1/", .headers = many};
    spec.header_count = ORX_ARRAY_LEN(many);
    refuse(n, &spec, ORX_E_INVALID, "more than 256 headers");
    ORX_CLEANUP(orx_str_free) orx_str large = {0};
    while (large.len < ORX_HTTP_HEAD_MAX - 2)
        orx_str_addc(&large, 'v');
    refuse_header(n, orx_view_of("X"), orx_str_view(&large), "64 KiB of headers");
    static const char *const methods[] = {NULL, "", "get", "GET /", "G\r\n", "ABCDEFGHIJKLMNOPQ"};
    for (size_t i = 0; i < ORX_ARRAY_LEN(methods); i++) {
        const orx_http_spec s = {.method = methods[i], .url = "http://127.0.0.1/"};
        refuse(n, &s, ORX_E_INVALID, "method");
    }
    const orx_http_spec huge = {
        .method = "POST", .url = "http://127.0.0.1/", .body = {"", ORX_HTTP_SEND_MAX + 1}};
    refuse(n, &huge, ORX_E_INVALID, "64 MiB");
    const orx_http_spec no_ca = {
        .method = "GET", .url = "https://127.0.0.1:1/", .ca_file = "/nowhere/s3cret-free.pem"};
    orx_http *http = NULL;
    orx_err err = ORX_ERR_INIT;
    if (orx_http_start(n->p, &no_ca, &http, &err) >= 0)
        orx_http_free(http);
}

#define T(f) cmocka_unit_test_setup_teardown(f, net_setup, net_teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        T(an_answer_is_told_in_three_steps),
        T(a_body_and_headers_are_sent),
        T(every_method_works),
        T(every_status_is_an_answer),
        T(chunks_and_interim_answers),
        T(a_connection_is_used_again),
        T(a_connection_that_went_away_is_replaced),
        T(a_redirect_is_an_answer_and_leaks_nothing),
        T(many_at_once),
        T(a_proxy_is_for_others_only),
        T(addresses_are_checked),
        cmocka_unit_test(places_are_read),
        T(headers_and_methods_are_checked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Servers that stop, end and go on for long. */
#include "served.h"

#include "platform/http.h"

#include <dirent.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static void wait_stopped(world *w) {
    assert_int_equal(orx_loop_until(w->p, &w->stopped, orx_mono_ns(w->p) + 20 * ORX_SEC), 0);
}

/* Idle connections end at once, the one with an answer under way ends with it. */
static void test_stop_while_streaming(void **state) {
    world *w = *state;
    orx_str in = {0};
    orx_str rest = {0};
    world_serve(w);
    int busy = dial(w);
    int idle = dial(w);
    says(w, busy, REQUEST("/held"));
    says(w, idle, REQUEST("/echo"));
    hear(w, idle, &rest, "body=0:");
    world_wait(w, &w->requests, 2);
    orx_exchange_begin(w->held[0], 200, NULL, 0);
    orx_exchange_send(w->held[0], orx_view_of("one"));
    hear(w, busy, &in, "one");
    orx_server_stop(w->s);
    orx_server_stop(w->s);
    assert_int_equal(hear_end(w, idle, &rest), 0);
    assert_int_equal(dial(w), -1);
    assert_false(w->stopped);
    orx_exchange_send(w->held[0], orx_view_of("two"));
    hear(w, busy, &in, "two");
    orx_exchange_end(w->held[0]);
    assert_int_equal(hear_end(w, busy, &in), 0);
    assert_contains(in.buf, "\r\n0\r\n\r\n");
    wait_stopped(w);
    assert_int_equal(w->ends, 2);
    assert_int_equal(orx_server_connections(w->s), 0);
    (void)close(busy);
    (void)close(idle);
    orx_str_free(&in);
    orx_str_free(&rest);
}

/* One that waits for its answer gets it, with the word that it is the last. */
static void test_stop_before_the_answer(void **state) {
    world *w = *state;
    orx_str in = {0};
    world_serve(w);
    int fd = dial(w);
    says(w, fd, REQUEST("/held"));
    world_wait(w, &w->requests, 1);
    orx_server_stop(w->s);
    world_settle(w);
    orx_exchange_answer_text(w->held[0], 200, "the last");
    (void)hear_end(w, fd, &in);
    assert_contains(in.buf, "Connection: close\r\n");
    assert_contains(in.buf, "the last");
    wait_stopped(w);
    (void)close(fd);
    orx_str_free(&in);
}

static void test_stop_with_nobody_there(void **state) {
    world *w = *state;
    world_serve(w);
    orx_server_stop(w->s);
    assert_false(w->stopped); /* inside the loop only */
    wait_stopped(w);
}

/* In every state at once, with no word to anybody. */
static void test_freed(void **state) {
    world *w = *state;
    orx_str in = {0};
    int fds[4];
    world_serve(w);
    for (size_t i = 0; i < ORX_ARRAY_LEN(fds); i++)
        fds[i] = dial(w);
    says(w, fds[0], REQUEST("/held"));
    world_wait(w, &w->requests, 1);
    says(w, fds[1], REQUEST("/held"));
    world_wait(w, &w->requests, 2);
    says(w, fds[2], "POST /held HTTP/1.1\r\nHost: h\r\nContent-Length: 9\r\n\r\nhalf");
    orx_exchange_begin(w->held[1], 200, NULL, 0);
    orx_exchange_send(w->held[1], orx_view_of("pending"));
    int ends = w->ends;
    orx_server_free(w->s);
    w->s = NULL;
    world_settle(w);
    assert_int_equal(w->ends, ends);
    for (size_t i = 0; i < ORX_ARRAY_LEN(fds); i++) {
        (void)hear_end(w, fds[i], &in);
        (void)close(fds[i]);
    }
    orx_str_free(&in);
}

static void free_at_once(world *w, orx_exchange *x) {
    orx_exchange_begin(x, 200, NULL, 0);
    orx_exchange_send(x, orx_view_of("never seen"));
    orx_server_free(w->s);
    w->s = NULL;
}

static void test_free_in_a_callback(void **state) {
    world *w = *state;
    orx_str in = {0};
    w->at_request = free_at_once;
    world_serve(w);
    int a = dial(w);
    int b = dial(w);
    /* Both are there before either is told. */
    assert_int_equal(write(a, REQUEST("/x"), strlen(REQUEST("/x"))), strlen(REQUEST("/x")));
    assert_int_equal(write(b, REQUEST("/x"), strlen(REQUEST("/x"))), strlen(REQUEST("/x")));
    world_wait(w, &w->requests, 1);
    world_settle(w);
    (void)hear_end(w, a, &in);
    (void)hear_end(w, b, &in);
    assert_int_equal(w->requests, 1);
    (void)close(a);
    (void)close(b);
    orx_str_free(&in);
}

/* A platform ends its servers. */
static void test_platform_goes_first(void **state) {
    world *w = *state;
    world_serve(w);
    int fd = dial(w);
    says(w, fd, REQUEST("/held"));
    world_wait(w, &w->requests, 1);
    orx_platform_free(w->p);
    w->s = NULL;
    w->p = NULL;
    (void)close(fd);
}

/* ---- For long -------------------------------------------------------------------------------- */

static int descriptors(void) {
    int n = 0;
    DIR *dir = opendir("/proc/self/fd");
    while (readdir(dir))
        n++;
    (void)closedir(dir);
    return n;
}

static void many(world *w, int count) {
    orx_str in = {0};
    for (int i = 0; i < count; i += 100) {
        int fd = dial(w);
        for (int j = 0; j < 100; j++) {
            orx_str_clear(&in);
            says(w, fd, j % 2 ? REQUEST("/echo") : REQUEST("/nowhere"));
            hear(w, fd, &in, j % 2 ? "body=0:" : "nothing here");
        }
        (void)close(fd);
    }
    world_settle(w);
    orx_str_free(&in);
}

static void test_ten_thousand_requests(void **state) {
    world *w = *state;
    world_serve(w);
    many(w, 1000);
    size_t bytes = mallinfo2().uordblks;
    int open = descriptors();
    many(w, 9000);
    assert_int_equal(w->requests, 10000);
    assert_int_equal(w->whole, 10000);
    assert_int_equal(descriptors(), open);
    assert_in_range(mallinfo2().uordblks, 0, bytes + 4096);
}

/* ---- Our client and our server in one loop --------------------------------------------------- */

typedef struct fetched {
    orx_str body;
    int status;
    bool done;
    orx_http_end end;
} fetched;

static void on_head(orx_http *http, int status, const orx_http_header *headers, size_t count,
                    void *user) {
    (void)http;
    (void)headers;
    (void)count;
    ((fetched *)user)->status = status;
}

static void on_body(orx_http *http, orx_view bytes, void *user) {
    (void)http;
    orx_str_addv(&((fetched *)user)->body, bytes);
}

static void on_fetched(orx_http *http, const orx_http_result *result, void *user) {
    fetched *f = user;
    (void)http;
    f->end = result->end;
    f->done = true;
}

static void test_with_our_client(void **state) {
    world *w = *state;
    char url[64];
    fetched f = {0};
    orx_http *http = NULL;
    world_serve(w);
    (void)snprintf(url, sizeof url, "http://127.0.0.1:%d/held", orx_server_port(w->s));
    const orx_http_spec spec = {.method = "POST",
                                .url = url,
                                .body = orx_view_of("question"),
                                .on_head = on_head,
                                .on_body = on_body,
                                .on_end = on_fetched,
                                .user = &f};
    assert_ok(orx_http_start(w->p, &spec, &http, &w->err), &w->err);
    world_wait(w, &w->requests, 1);
    orx_exchange_begin(w->held[0], 203, NULL, 0);
    world_wait(w, &f.status, 203);
    orx_exchange_send(w->held[0], orx_view_of("answer"));
    orx_exchange_end(w->held[0]);
    assert_int_equal(orx_loop_until(w->p, &f.done, orx_mono_ns(w->p) + 20 * ORX_SEC), 0);
    assert_int_equal(f.end, ORX_HTTP_DONE);
    assert_string_equal(orx_str_cstr(&f.body), "answer");
    orx_http_free(http);
    orx_str_free(&f.body);
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, world_setup, world_teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(test_stop_while_streaming),   TEST(test_stop_before_the_answer),
        TEST(test_stop_with_nobody_there), TEST(test_freed),
        TEST(test_free_in_a_callback),     TEST(test_platform_goes_first),
        TEST(test_ten_thousand_requests),  TEST(test_with_our_client),
    };
    return cmocka_run_group_tests_name("http_server_life", tests, NULL, NULL);
}

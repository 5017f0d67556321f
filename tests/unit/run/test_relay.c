/* The relay between a program and a model server that are both in this loop: real sockets. */
#include "run/relay.h"

#include "platform/http_server.h"
#include "platform/loop.h"

#include "test.h"

#include <stdio.h>
#include <stdlib.h>

#define KEY "sk-the-real-key-0123456789"

/* One request of a program. */
typedef struct program {
    orx_http *http;
    orx_str headers;
    orx_str body;
    int status;
    bool done;
    orx_http_end end;
} program;

typedef struct world {
    orx_platform *p;
    orx_err err;
    /* The model server: takes down what came, and waits for the test. */
    orx_server *server;
    orx_exchange *asked[8];
    int asked_count;
    int hangups;
    orx_str came; /* of the last request: method, target, headers, body */
    /* The relay and one call. */
    orx_relay *relay;
    orx_relay_call *call;
    orx_str token;
    /* What the call was told. */
    int told;
    orx_relayed last;
    orx_wire last_said;
    char last_path[64];
    program program;
} world;

/* ---- The three of them ----------------------------------------------------------------------- */

static void on_request(orx_exchange *x, const orx_served *q, void *user) {
    world *w = user;
    orx_str_clear(&w->came);
    orx_str_addf(&w->came, "%s %.*s\n", q->method, ORX_VIEW_ARG(q->target));
    for (size_t i = 0; i < q->header_count; i++)
        orx_str_addf(&w->came, "%.*s: %.*s\n", ORX_VIEW_ARG(q->headers[i].name),
                     ORX_VIEW_ARG(q->headers[i].value));
    orx_str_addf(&w->came, "\n%.*s", ORX_VIEW_ARG(q->body));
    w->asked[w->asked_count++] = x;
}

static void on_hangup(orx_exchange *x, void *user) {
    (void)x;
    ((world *)user)->hangups++;
}

static void on_told(void *user, const orx_relayed *q) {
    world *w = user;
    w->told++;
    w->last = *q;
    w->last_said = *q->said;
    (void)snprintf(w->last_path, sizeof w->last_path, "%s", q->path);
}

static void on_head(orx_http *http, int status, const orx_http_header *headers, size_t count,
                    void *user) {
    program *g = user;
    (void)http;
    g->status = status;
    for (size_t i = 0; i < count; i++)
        orx_str_addf(&g->headers, "%.*s: %.*s\n", ORX_VIEW_ARG(headers[i].name),
                     ORX_VIEW_ARG(headers[i].value));
}

static void on_body(orx_http *http, orx_view bytes, void *user) {
    (void)http;
    orx_str_addv(&((program *)user)->body, bytes);
}

static void on_end(orx_http *http, const orx_http_result *result, void *user) {
    program *g = user;
    (void)http;
    g->end = result->end;
    g->done = true;
}

static int setup(void **state) {
    world *w = calloc(1, sizeof *w);
    char url[64];
    assert_ok(orx_platform_uv_new(&w->p, &w->err), &w->err);
    const orx_server_spec server = {.on_request = on_request, .on_hangup = on_hangup, .user = w};
    assert_ok(orx_server_start(w->p, &server, &w->server, &w->err), &w->err);
    (void)snprintf(url, sizeof url, "http://127.0.0.1:%d/v1/", orx_server_port(w->server));
    const orx_relay_spec spec = {.upstream = url};
    assert_ok(orx_relay_open(w->p, &spec, &w->relay, &w->err), &w->err);
    w->call = orx_relay_call_begin(w->relay, on_told, w);
    orx_relay_stand_in(w->call, orx_view_of(KEY "\n"), &w->token);
    *state = w;
    return 0;
}

static void program_free(program *g) {
    orx_http_free(g->http);
    orx_str_free(&g->headers);
    orx_str_free(&g->body);
    *g = (program){0};
}

static int teardown(void **state) {
    world *w = *state;
    program_free(&w->program);
    orx_relay_call_end(w->call);
    orx_relay_close(w->relay);
    orx_server_free(w->server);
    orx_platform_free(w->p);
    orx_str_free(&w->came);
    orx_str_free(&w->token);
    free(w);
    return 0;
}

/* Another relay than the one of setup. */
static void relay_to(world *w, const orx_relay_spec *spec) {
    orx_relay_call_end(w->call);
    orx_relay_close(w->relay);
    w->call = NULL;
    w->relay = NULL;
    orx_str_clear(&w->token);
    assert_ok(orx_relay_open(w->p, spec, &w->relay, &w->err), &w->err);
    w->call = orx_relay_call_begin(w->relay, on_told, w);
    orx_relay_stand_in(w->call, orx_view_of(KEY), &w->token);
}

/* ---- Steps ----------------------------------------------------------------------------------- */

static void ask_with(world *w, program *g, const char *target, const char *name, const char *before,
                     const char *token) {
    orx_str url = {0};
    orx_str value = {0};
    orx_str_addf(&url, "%s%s", orx_relay_url(w->relay), target);
    orx_str_addf(&value, "%s%s", before, token);
    const orx_http_header headers[] = {{orx_view_of(name), orx_str_view(&value)},
                                       {orx_view_of("x-own"), orx_view_of("1")},
                                       {orx_view_of("accept-encoding"), orx_view_of("gzip")}};
    const orx_http_spec spec = {.method = "POST",
                                .url = orx_str_cstr(&url),
                                .headers = headers,
                                .header_count = ORX_ARRAY_LEN(headers),
                                .body = orx_view_of("the question"),
                                .on_head = on_head,
                                .on_body = on_body,
                                .on_end = on_end,
                                .user = g};
    assert_ok(orx_http_start(w->p, &spec, &g->http, &w->err), &w->err);
    orx_str_free(&url);
    orx_str_free(&value);
}

static void ask(world *w, const char *target) {
    ask_with(w, &w->program, target, "Authorization", "Bearer ", orx_str_cstr(&w->token));
}

static void wait_int(world *w, const int *value, int n, const char *what) {
    int64_t limit = orx_mono_ns(w->p) + 20 * ORX_SEC;
    while (*value < n) {
        if (orx_mono_ns(w->p) > limit)
            fail_msg("%s: not within 20 s", what);
        (void)orx_loop_step(w->p, 10 * ORX_MS);
    }
}

static void wait_done(world *w) {
    assert_int_equal(orx_loop_until(w->p, &w->program.done, orx_mono_ns(w->p) + 20 * ORX_SEC), 0);
}

static void wait_body(world *w, const char *text) {
    int64_t limit = orx_mono_ns(w->p) + 20 * ORX_SEC;
    while (!strstr(orx_str_cstr(&w->program.body), text)) {
        if (orx_mono_ns(w->p) > limit)
            fail_msg("not within 20 s: %s", text);
        (void)orx_loop_step(w->p, 10 * ORX_MS);
    }
}

static void asked(world *w, const char *target) {
    ask(w, target);
    wait_int(w, &w->asked_count, 1, "the server is asked");
}

/* ---- What passes ----------------------------------------------------------------------------- */

static void test_there_and_back(void **state) {
    world *w = *state;
    const orx_http_header headers[] = {{orx_view_of("X-Theirs"), orx_view_of("2")},
                                       {orx_view_of("Location"), orx_view_of("http://x/")}};
    asked(w, "/responses?a=b&c=%20");
    assert_contains(orx_str_cstr(&w->came), "POST /v1/responses?a=b&c=%20\n");
    assert_contains(orx_str_cstr(&w->came), "authorization: Bearer " KEY "\n");
    assert_contains(orx_str_cstr(&w->came), "x-own: 1\n");
    assert_contains(orx_str_cstr(&w->came), "\n\nthe question");
    assert_null(strstr(w->came.buf, "gzip"));
    assert_null(strstr(w->came.buf, orx_str_cstr(&w->token)));
    orx_exchange_answer(w->asked[0], 302, headers, 2, orx_view_of("the answer"));
    wait_done(w);
    assert_int_equal(w->program.end, ORX_HTTP_DONE);
    assert_int_equal(w->program.status, 302);
    assert_contains(orx_str_cstr(&w->program.headers), "x-theirs: 2\nlocation: http://x/\n");
    assert_string_equal(orx_str_cstr(&w->program.body), "the answer");
    wait_int(w, &w->told, 1, "the call is told");
    assert_int_equal(w->last.status, 302);
    assert_int_equal(w->last.end, ORX_HTTP_DONE);
    assert_false(w->last.dropped);
    assert_string_equal(w->last_path, "/v1/responses");
    assert_int_equal(w->asked_count, 1); /* nothing was followed */
}

static void test_every_place_of_a_key(void **state) {
    static const struct {
        const char *name, *before, *seen;
    } places[] = {
        {"authorization", "Bearer ", "authorization: Bearer " KEY "\n"},
        {"x-api-key", "", "x-api-key: " KEY "\n"},
        {"x-goog-api-key", "", "x-goog-api-key: " KEY "\n"},
    };
    world *w = *state;
    for (size_t i = 0; i < ORX_ARRAY_LEN(places); i++) {
        ask_with(w, &w->program, "/x", places[i].name, places[i].before, w->token.buf);
        wait_int(w, &w->asked_count, (int)i + 1, places[i].name);
        assert_contains(orx_str_cstr(&w->came), places[i].seen);
        assert_null(strstr(w->came.buf, orx_str_cstr(&w->token)));
        orx_exchange_answer_text(w->asked[i], 200, "ok");
        wait_done(w);
        program_free(&w->program);
    }
    /* In the query it becomes a header, so that no URL holds a key. */
    orx_str target = {0};
    orx_str_addf(&target, "/x?alt=sse&key=%s&z=1", orx_str_cstr(&w->token));
    ask_with(w, &w->program, target.buf, "x-other", "", "none");
    wait_int(w, &w->asked_count, 4, "query");
    assert_contains(orx_str_cstr(&w->came), "POST /v1/x?alt=sse&z=1\n");
    assert_contains(orx_str_cstr(&w->came), "x-goog-api-key: " KEY "\n");
    orx_str_free(&target);
}

static void test_nothing_is_held_back(void **state) {
    world *w = *state;
    const orx_http_header sse = {orx_view_of("content-type"), orx_view_of("text/event-stream")};
    asked(w, "/responses");
    orx_exchange_begin(w->asked[0], 200, &sse, 1);
    wait_int(w, &w->program.status, 200, "the head");
    orx_exchange_send(w->asked[0], orx_view_of("data: one\n\n"));
    wait_body(w, "data: one\n\n");
    orx_exchange_send(
        w->asked[0], orx_view_of("data: {\"response\":{\"model\":\"m\",\"usage\":{\"input_tokens\":"
                                 "7,\"output_tokens\":3}}}\n\n"));
    wait_body(w, "\"output_tokens\":3");
    assert_int_equal(w->told, 0);
    orx_exchange_end(w->asked[0]);
    wait_done(w);
    assert_int_equal(w->program.end, ORX_HTTP_DONE);
    wait_int(w, &w->told, 1, "told");
    assert_int_equal(w->last_said.tokens[ORX_TOKENS_INPUT], 7);
    assert_int_equal(w->last_said.tokens[ORX_TOKENS_OUTPUT], 3);
    assert_string_equal(w->last_said.model, "m");
}

static void test_too_many_requests(void **state) {
    world *w = *state;
    const orx_http_header after = {orx_view_of("Retry-After"), orx_view_of("17")};
    asked(w, "/responses");
    orx_exchange_answer(w->asked[0], 429, &after, 1, orx_view_of("{}"));
    wait_done(w);
    assert_int_equal(w->program.status, 429);
    assert_contains(orx_str_cstr(&w->program.headers), "retry-after: 17\n");
    wait_int(w, &w->told, 1, "told");
    assert_int_equal(w->last.status, 429);
    assert_int_equal(w->last.retry_after_ms, 17000);
}

/* A program that does not read makes the server wait; nothing piles up here. */
static void test_slow_program(void **state) {
    world *w = *state;
    orx_str piece = {0};
    size_t sent = 0;
    for (int i = 0; i < 65536; i++)
        orx_str_addc(&piece, 'x');
    asked(w, "/responses");
    orx_exchange_begin(w->asked[0], 200, NULL, 0);
    wait_int(w, &w->program.status, 200, "the head");
    orx_http_pause(w->program.http, true);
    while (orx_exchange_queued(w->asked[0]) < ((size_t)1 << 20)) {
        orx_exchange_send(w->asked[0], orx_str_view(&piece));
        sent += piece.len;
        while (orx_loop_step(w->p, 5 * ORX_MS) > 0) {
        }
        assert_true(sent < (size_t)64 << 20); /* somebody swallows it all */
    }
    orx_http_pause(w->program.http, false);
    orx_exchange_end(w->asked[0]);
    wait_done(w);
    assert_int_equal(w->program.end, ORX_HTTP_DONE);
    assert_int_equal(w->program.body.len, sent);
    orx_str_free(&piece);
}

/* ---- Who may not ----------------------------------------------------------------------------- */

static void refused(world *w, const char *target, const char *token, int status) {
    ask_with(w, &w->program, target, "authorization", "Bearer ", token);
    wait_done(w);
    assert_int_equal(w->program.status, status);
    assert_int_equal(w->asked_count, 0);
    assert_int_equal(w->told, 0);
    assert_null(strstr(orx_str_cstr(&w->program.body), KEY));
    program_free(&w->program);
}

static void test_strangers(void **state) {
    world *w = *state;
    orx_str longer = {0};
    orx_str_addf(&longer, "%s0", orx_str_cstr(&w->token));
    refused(w, "/x", "", 401);
    refused(w, "/x", "sk-orxaq-", 401);
    refused(w, "/x", KEY, 401);
    refused(w, "/x", orx_str_cstr(&longer), 401);
    longer.buf[longer.len - 2] ^= 1;
    orx_str_truncate(&longer, longer.len - 1);
    refused(w, "/x", orx_str_cstr(&longer), 401);
    orx_str_free(&longer);
}

static void test_a_dead_token(void **state) {
    world *w = *state;
    orx_relay_call_end(w->call);
    w->call = orx_relay_call_begin(w->relay, on_told, w);
    refused(w, "/x", orx_str_cstr(&w->token), 401);
    orx_str fresh = {0};
    orx_relay_stand_in(w->call, orx_view_of(KEY), &fresh);
    assert_string_not_equal(orx_str_cstr(&fresh), orx_str_cstr(&w->token));
    orx_str again = {0};
    orx_relay_stand_in(w->call, orx_view_of(KEY), &again);
    assert_string_equal(orx_str_cstr(&fresh), orx_str_cstr(&again));
    orx_str_free(&fresh);
    orx_str_free(&again);
}

/* The client resolves what it is given, so ways around are tried in the query's place as well. */
static void test_only_below_the_endpoint(void **state) {
    world *w = *state;
    refused(w, "x", orx_str_cstr(&w->token), 404); /* /v1x */
    refused(w, "/%2e%2e/admin", w->token.buf, 404);
    refused(w, "/a/%2E%2E/%2E./admin", w->token.buf, 404);
}

static void test_two_calls(void **state) {
    world *w = *state;
    world other = {0};
    orx_str token = {0};
    orx_relay_call *call = orx_relay_call_begin(w->relay, on_told, &other);
    orx_relay_stand_in(call, orx_view_of("another-key"), &token);
    ask_with(w, &w->program, "/x", "x-api-key", "", token.buf);
    wait_int(w, &w->asked_count, 1, "asked");
    assert_contains(orx_str_cstr(&w->came), "x-api-key: another-key\n");
    orx_exchange_answer_text(w->asked[0], 200, "ok");
    wait_done(w);
    wait_int(w, &other.told, 1, "told");
    assert_int_equal(w->told, 0);
    orx_relay_call_end(call);
    orx_str_free(&token);
}

/* ---- What goes wrong ------------------------------------------------------------------------- */

/* Nobody listens at the server's address: the program sees a connection that fails. */
static void test_server_is_not_there(void **state) {
    world *w = *state;
    relay_to(w, &(orx_relay_spec){.upstream = "http://127.0.0.1:9"});
    ask(w, "/x");
    wait_done(w);
    assert_int_equal(w->program.end, ORX_HTTP_CUT);
    assert_int_equal(w->told, 1);
    assert_int_equal(w->last.end, ORX_HTTP_UNREACHED);
    assert_int_equal(w->last.status, 0);
}

static void test_server_hangs(void **state) {
    world *w = *state;
    char url[64];
    (void)snprintf(url, sizeof url, "http://127.0.0.1:%d", orx_server_port(w->server));
    relay_to(w, &(orx_relay_spec){.upstream = url, .first_byte_ns = 50 * ORX_MS});
    asked(w, "/x");
    wait_done(w);
    assert_int_equal(w->program.status, 504);
    assert_int_equal(w->last.end, ORX_HTTP_SILENT);
    assert_int_equal(w->told, 1);
}

static void test_server_breaks_off(void **state) {
    world *w = *state;
    asked(w, "/x");
    orx_exchange_begin(w->asked[0], 200, NULL, 0);
    orx_exchange_send(w->asked[0], orx_view_of("half"));
    wait_body(w, "half");
    orx_exchange_cut(w->asked[0]);
    wait_done(w);
    assert_int_equal(w->program.end, ORX_HTTP_CUT);
    assert_int_equal(w->last.end, ORX_HTTP_CUT);
    assert_int_equal(w->last.status, 200);
}

static void test_too_large(void **state) {
    world *w = *state;
    char url[64];
    (void)snprintf(url, sizeof url, "http://127.0.0.1:%d", orx_server_port(w->server));
    relay_to(w, &(orx_relay_spec){.upstream = url, .body_max = 10});
    asked(w, "/x");
    orx_exchange_answer_text(w->asked[0], 200, "more than ten bytes");
    wait_done(w);
    assert_int_equal(w->program.end, ORX_HTTP_CUT);
    assert_int_equal(w->last.end, ORX_HTTP_TOO_LARGE);
}

/* The program went away: its request is not paid for any longer. */
static void test_program_goes_away(void **state) {
    world *w = *state;
    asked(w, "/x");
    program_free(&w->program);
    wait_int(w, &w->hangups, 1, "the server sees it");
    assert_int_equal(w->told, 1);
    assert_true(w->last.dropped);
    assert_int_equal(w->last.status, 0);
}

static void test_program_goes_away_in_the_middle(void **state) {
    world *w = *state;
    asked(w, "/x");
    orx_exchange_begin(w->asked[0], 200, NULL, 0);
    wait_int(w, &w->program.status, 200, "the head");
    program_free(&w->program);
    wait_int(w, &w->hangups, 1, "the server sees it");
    assert_int_equal(w->told, 1);
    assert_true(w->last.dropped);
}

static void test_call_ends_in_the_middle(void **state) {
    world *w = *state;
    asked(w, "/x");
    orx_exchange_begin(w->asked[0], 200, NULL, 0);
    wait_int(w, &w->program.status, 200, "the head");
    orx_relay_call_end(w->call);
    w->call = NULL;
    assert_int_equal(w->told, 1);
    assert_true(w->last.dropped);
    wait_done(w);
    assert_int_equal(w->program.end, ORX_HTTP_CUT);
    wait_int(w, &w->hangups, 1, "the server sees it");
}

static void test_addresses(void **state) {
    static const struct {
        const char *url;
        int code;
        const char *words;
    } bad[] = {
        {"ftp://x/", ORX_E_INVALID, "http"},
        {"http://models.example/v1", ORX_E_DENIED, "plain http"},
        {"https://user:pw@x/", ORX_E_INVALID, "user name"},
        {"https://models.example/v1?key=1", ORX_E_INVALID, "query"},
    };
    world *w = *state;
    for (size_t i = 0; i < ORX_ARRAY_LEN(bad); i++) {
        orx_relay *r = NULL;
        orx_err err = ORX_ERR_INIT;
        const orx_relay_spec spec = {.upstream = bad[i].url};
        assert_int_equal(orx_relay_open(w->p, &spec, &r, &err), bad[i].code);
        assert_contains(err.msg, bad[i].words);
        assert_null(r);
    }
    orx_relay *r = NULL;
    const orx_relay_spec spec = {.upstream = "https://[::1]:8443/a/b//"};
    assert_ok(orx_relay_open(w->p, &spec, &r, &w->err), &w->err);
    assert_contains(orx_relay_url(r), "http://127.0.0.1:");
    assert_true(orx_view_ends(orx_view_of(orx_relay_url(r)), "/a/b"));
    orx_relay_close(r);
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(test_there_and_back),
        TEST(test_every_place_of_a_key),
        TEST(test_nothing_is_held_back),
        TEST(test_too_many_requests),
        TEST(test_slow_program),
        TEST(test_strangers),
        TEST(test_a_dead_token),
        TEST(test_only_below_the_endpoint),
        TEST(test_two_calls),
        TEST(test_server_is_not_there),
        TEST(test_server_hangs),
        TEST(test_server_breaks_off),
        TEST(test_too_large),
        TEST(test_program_goes_away),
        TEST(test_program_goes_away_in_the_middle),
        TEST(test_call_ends_in_the_middle),
        TEST(test_addresses),
    };
    return cmocka_run_group_tests_name("run_relay", tests, NULL, NULL);
}

/* The http effect, with the real client and a real server: what the driver is fed, how secrets
 * travel, limits, cancelling, and requests that break a rule. */
#include "http_server.h"
#include "jobs.h"
#include "platform/http.h"
#include "test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const orxaq_config_key keys[] = {{.struct_size = sizeof(orxaq_config_key),
                                         .type = ORXAQ_CONFIG_SECRET,
                                         .key = "api_key",
                                         .help = "A key."}};

static server *srv;

/* The world's modules are pretended; the client's is real, and stays once it is loaded. */
static void load_client(world *w) {
    const struct orx_module_ops *pretended = w->p->modules;
    const orx_http_spec spec = {.method = "GET", .url = "http://127.0.0.1:1/"};
    orx_http *http = NULL;
    orx_err err = ORX_ERR_INIT;
    w->p->modules = w->real_modules;
    assert_ok(orx_http_start(w->p, &spec, &http, &err), &err);
    orx_http_free(http);
    w->p->modules = pretended;
}

static int setup(void **state) {
    (void)setenv("ORX_TEST_KEY", "s3cret\n", 1);
    (void)setenv("ORX_TEST_BAD_KEY", "two\nlines-s3cret", 1);
    (void)unsetenv("http_proxy");
    world_setup(state);
    load_client(*state);
    srv = server_start();
    jobs_instance(*state, keys, 1, "api_key: env:ORX_TEST_KEY\n");
    return 0;
}

static int teardown(void **state) {
    jobs_instance_free();
    world_teardown(state);
    server_stop(srv);
    return 0;
}

static int fresh(void **state) {
    (void)state;
    jobs_reset();
    return 0;
}

static orxaq_view url_of(world *w, const char *path) {
    return orxaq_str(orx_arena_printf(&w->arena, "http://127.0.0.1:%d%s", server_port(srv), path));
}

static const orx_job_result *run(world *w, const char *path) {
    const orx_job_spec spec = jobs_spec(w);
    tame.next = jobs_next_one_http;
    jobs_http.url = url_of(w, path);
    return jobs_run(w, &spec);
}

static uint64_t key_handle(world *w) {
    const orxaq_secret_service *secret = tame_host->service(tame_host, ORXAQ_SECRET_1);
    orx_instance *instance = jobs_spec(w).instance;
    orx_instance_enter(instance);
    uint64_t handle = secret->handle(tame_host, orxaq_str("api_key"));
    orx_instance_leave(instance);
    return handle;
}

/* ---- The ordinary way ---------------------------------------------------------------------- */

static void an_answer_is_fed_in_order(void **state) {
    const orx_job_result *r = run(*state, "/status/429");
    assert_int_equal(r->kind, ORXAQ_KIND_OK);
    assert_int_equal(r->requests, 1);
    assert_int_equal(r->execs, 0);
    assert_string_equal(orx_str_cstr(&here.feeds),
                        "START 1\nHEAD 1 429\nHEAD 1 content-type text/plain\n"
                        "HEAD 1 retry-after 7\nHEAD 1 content-length 10\n"
                        "FRAME 1 out status 429\nEXIT 1 code=0 signal=0 reason=0\n");
    assert_string_equal(orx_str_cstr(&here.events), "output:1:10\n");
}

static void method_body_and_secret_arrive(void **state) {
    world *w = *state;
    const orxaq_header headers[] = {
        {sizeof headers[0], 0, orxaq_str("Authorization"), orxaq_str("Bearer "), key_handle(w)},
        {sizeof headers[0], 0, orxaq_str("Content-Type"), orxaq_str("application/json"), 0}};
    jobs_http.method = orxaq_str("POST");
    jobs_http.headers = headers;
    jobs_http.header_count = 2;
    jobs_http.body = orxaq_str("{\"model\":\"m\"}");
    assert_int_equal(run(w, "/echo")->kind, ORXAQ_KIND_OK);
    const char *seen = orx_str_cstr(&here.feeds);
    assert_contains(seen, "POST /echo HTTP/1.1\r\n");
    assert_contains(seen, "Authorization: Bearer s3cret\r\n"); /* without the line end */
    assert_contains(seen, "Content-Type: application/json\r\n");
    assert_contains(seen, "\r\n\r\n{\"model\":\"m\"}");
}

static void frames_are_cut_as_asked(void **state) {
    jobs_http.framing = ORXAQ_FRAMING_RAW;
    jobs_http.max_frame = 4;
    assert_int_equal(run(*state, "/chunks")->kind, ORXAQ_KIND_OK);
    assert_contains(orx_str_cstr(&here.feeds),
                    "FRAME 1 out onet\nFRAME 1 out woth\nFRAME 1 out ree\nEXIT 1");
    fresh(state);
    jobs_http.framing = ORXAQ_FRAMING_LINES;
    jobs_http.method = orxaq_str("POST");
    jobs_http.body = orxaq_str("one\n\ntwo\nlast");
    assert_int_equal(run(*state, "/echo")->kind, ORXAQ_KIND_OK);
    assert_contains(orx_str_cstr(&here.feeds), "FRAME 1 out one\nFRAME 1 out\nFRAME 1 out two\n"
                                               "FRAME 1 out last\nEXIT 1");
    fresh(state);
    jobs_http.framing = ORXAQ_FRAMING_SSE;
    jobs_http.method = orxaq_str("POST");
    jobs_http.body = orxaq_str("\n\nevent: done\ndata: {}\n\n");
    assert_int_equal(run(*state, "/echo")->kind, ORXAQ_KIND_OK);
    assert_contains(orx_str_cstr(&here.feeds), "FRAME 1 out done {}\nEXIT 1");
    fresh(state);
    jobs_http.framing = ORXAQ_FRAMING_NONE;
    assert_int_equal(run(*state, "/chunks")->kind, ORXAQ_KIND_OK);
    assert_null(strstr(orx_str_cstr(&here.feeds), "FRAME"));
}

/* ---- Ends ---------------------------------------------------------------------------------- */

static void expect_last(world *w, const char *path, const char *last) {
    run(w, path);
    assert_contains(orx_str_cstr(&here.feeds), last);
    assert_null(strstr(orx_str_cstr(&here.feeds), "s3cret"));
}

static void what_the_network_does_is_an_error(void **state) {
    expect_last(*state, "/cut", "FRAME 1 out abc\nERROR 1 code=-9 signal=0 reason=0 http://");
    fresh(state);
    expect_last(*state, "/reset", "START 1\nERROR 1 code=-9 ");
    fresh(state);
    expect_last(*state, "/garbage", "ERROR 1 code=-6 ");
    fresh(state);
    const orxaq_header key = {sizeof key, 0, orxaq_str("X-Api-Key"), orxaq_str(""),
                              key_handle(*state)};
    world *w = *state;
    const orx_job_spec spec = jobs_spec(w);
    tame.next = jobs_next_one_http;
    jobs_http.headers = &key;
    jobs_http.header_count = 1;
    jobs_http.url = orxaq_str("http://127.0.0.1:1/?s3cret");
    jobs_run(w, &spec);
    assert_contains(orx_str_cstr(&here.feeds), "START 1\nERROR 1 code=-9 signal=0 reason=0 "
                                               "http://127.0.0.1:1: ");
    assert_null(strstr(orx_str_cstr(&here.feeds), "s3cret"));
}

static void addresses_are_the_hosts_to_allow(void **state) {
    world *w = *state;
    const struct {
        const char *url;
        const char *last;
    } cases[] = {
        {"http://models.example/v1", "ERROR 1 code=-4 signal=0 reason=0 plain http to "},
        {"ftp://127.0.0.1/", "ERROR 1 code=-1 signal=0 reason=0 a URL begins with "},
        {"http://me:s3cret@127.0.0.1/", "ERROR 1 code=-1 signal=0 reason=0 the URL holds a user"},
    };
    for (size_t i = 0; i < ORX_ARRAY_LEN(cases); i++) {
        fresh(state);
        const orx_job_spec spec = jobs_spec(w);
        tame.next = jobs_next_one_http;
        jobs_http.url = orxaq_str(cases[i].url);
        assert_int_equal(jobs_run(w, &spec)->requests, 0);
        assert_int_equal(strncmp(orx_str_cstr(&here.feeds), cases[i].last, strlen(cases[i].last)),
                         0);
        assert_null(strstr(orx_str_cstr(&here.feeds), "s3cret"));
    }
    /* Allowed, it is tried: nobody answers under that name. */
    fresh(state);
    orx_job_spec spec = jobs_spec(w);
    spec.plain_http = true;
    spec.total_ns = 10 * ORX_SEC;
    tame.next = jobs_next_one_http;
    jobs_http.url = orxaq_str("http://0.0.0.0:1/");
    jobs_run(w, &spec);
    assert_contains(orx_str_cstr(&here.feeds), "START 1\nERROR 1 code=-9 ");
}

static void limits_are_the_tighter_of_both(void **state) {
    world *w = *state;
    jobs_http.idle_ns = 50 * ORX_MS;
    expect_last(w, "/stall", "FRAME 1 out abc\nEXIT 1 code=0 signal=0 reason=2 ");
    fresh(state);
    jobs_http.first_byte_ns = 50 * ORX_MS;
    expect_last(w, "/silent", "START 1\nEXIT 1 code=0 signal=0 reason=3 ");
    fresh(state);
    jobs_http.total_ns = 50 * ORX_MS;
    expect_last(w, "/silent", "START 1\nEXIT 1 code=0 signal=0 reason=1 ");
    fresh(state);
    jobs_http.max_body = 12;
    expect_last(w, "/bytes/1000", "FRAME 1 out abcdefghijkl\nEXIT 1 code=0 signal=0 reason=4 ");
    fresh(state);
    orx_job_spec spec = jobs_spec(w);
    tame.next = jobs_next_one_http;
    jobs_http.url = url_of(w, "/silent");
    spec.idle_ns = 50 * ORX_MS;
    jobs_run(w, &spec);
    assert_contains(orx_str_cstr(&here.feeds), "EXIT 1 code=0 signal=0 reason=2 ");
    fresh(state);
    spec = jobs_spec(w);
    tame.next = jobs_next_one_http;
    jobs_http.url = url_of(w, "/bytes/1000");
    jobs_http.max_body = 5000;
    spec.output_max = 3;
    jobs_run(w, &spec);
    assert_contains(orx_str_cstr(&here.feeds), "FRAME 1 out abc\nEXIT 1 code=0 signal=0 reason=4 ");
}

static void a_secret_that_is_no_header_is_refused(void **state) {
    world *w = *state;
    jobs_instance(w, keys, 1, "api_key: env:ORX_TEST_BAD_KEY\n");
    const orxaq_header key = {sizeof key, 0, orxaq_str("X-Api-Key"), orxaq_str(""), key_handle(w)};
    jobs_http.headers = &key;
    jobs_http.header_count = 1;
    expect_last(w, "/echo",
                "ERROR 1 code=-1 signal=0 reason=0 the secret for the header X-Api-Key");
    jobs_instance(w, keys, 1, "api_key: env:ORX_TEST_KEY_UNSET\n");
    const orxaq_header unset = {sizeof key, 0, orxaq_str("X"), orxaq_str(""), key_handle(w)};
    jobs_http.headers = &unset;
    jobs_http.header_count = 1;
    run(w, "/echo");
    assert_contains(orx_str_cstr(&here.feeds), "ORX_TEST_KEY_UNSET");
    jobs_instance(w, keys, 1, "api_key: env:ORX_TEST_KEY\n");
    const orxaq_header made_up = {sizeof key, 0, orxaq_str("X"), orxaq_str(""), 77};
    jobs_http.headers = &made_up;
    jobs_http.header_count = 1;
    run(w, "/echo");
    assert_contains(orx_str_cstr(&here.feeds), "ERROR 1 code=-4 ");
}

/* ---- Rules --------------------------------------------------------------------------------- */

static void expect_fault(world *w, const char *part) {
    const orx_job_spec spec = jobs_spec(w);
    tame.next = jobs_next_one_http;
    const orx_job_result *r = jobs_run(w, &spec);
    assert_true(r->fault);
    assert_contains(r->message, "plugin tame (x) broke the rules of a job: http: ");
    assert_contains(r->message, part);
    assert_int_equal(r->requests, 0);
}

static void requests_that_break_a_rule_are_faults(void **state) {
    world *w = *state;
    const orxaq_header bad[] = {{sizeof bad[0], 0, orxaq_str("Host"), orxaq_str("x"), 0},
                                {sizeof bad[0], 0, orxaq_str("a b"), orxaq_str("x"), 0},
                                {sizeof bad[0], 0, orxaq_str("a"), orxaq_str("x\r\nb: c"), 0},
                                {8, 0, orxaq_str("a"), orxaq_str("x"), 0},
                                {sizeof bad[0], 0, orxaq_str("a"), {NULL, 5}, 0}};
    static const char *const parts[] = {"host's own", "no token", "control characters",
                                        "struct_size", "impossible or too long"};
    for (size_t i = 0; i < ORX_ARRAY_LEN(bad); i++) {
        fresh(state);
        jobs_http.url = url_of(w, "/echo");
        jobs_http.headers = &bad[i];
        jobs_http.header_count = 1;
        expect_fault(w, parts[i]);
    }
    orxaq_http wrong[7];
    static const char *const words[] = {"method",       "URL is missing",    "URL is missing",
                                        "framing",      "limit is negative", "not there",
                                        "more than 256"};
    for (size_t i = 0; i < ORX_ARRAY_LEN(wrong); i++) {
        fresh(state);
        jobs_http.url = url_of(w, "/echo");
        wrong[i] = jobs_http;
    }
    wrong[0].method = orxaq_str("get");
    wrong[1].url = orxaq_str("");
    wrong[2].url = orxaq_view_of("http://a\0b", 10);
    wrong[3].framing = 9;
    wrong[4].idle_ns = -1;
    wrong[5].header_count = 1;
    wrong[6].header_count = 257;
    wrong[6].headers = bad;
    for (size_t i = 0; i < ORX_ARRAY_LEN(wrong); i++) {
        fresh(state);
        jobs_http = wrong[i];
        expect_fault(w, words[i]);
    }
}

/* ---- Ends from outside --------------------------------------------------------------------- */

static int cancel_at;
static int feeds_seen;

static int32_t feed_then_cancel(const orxaq_events *events, const orxaq_feed *feed) {
    jobs_note_feed(events, feed);
    if (++feeds_seen == cancel_at)
        orx_job_cancel(here.job, ORXAQ_CANCEL_ASKED);
    return ORXAQ_OK;
}

static void cancelled_at_every_feed(void **state) {
    static const char *const paths[] = {"/chunks", "/stall", "/drip/30", "/status/500", "/cut"};
    for (size_t i = 0; i < ORX_ARRAY_LEN(paths); i++) {
        for (cancel_at = 2; cancel_at < 9; cancel_at++) {
            fresh(state);
            feeds_seen = 0;
            tame.feed = feed_then_cancel;
            jobs_http.total_ns = 100 * ORX_MS;
            const orx_job_result *r = run(*state, paths[i]);
            if (r->cancelled) {
                assert_int_equal(r->kind, ORXAQ_KIND_KILLED);
                assert_int_equal(tame.cancelled, 1);
            }
            if (feeds_seen < cancel_at)
                break;
        }
        assert_true(cancel_at > 3);
    }
}

static void a_job_is_freed_in_any_state(void **state) {
    world *w = *state;
    for (int turns = 0; turns < 10; turns++) {
        fresh(state);
        orx_err err = ORX_ERR_INIT;
        const orx_job_spec spec = jobs_spec(w);
        tame.next = jobs_next_one_http;
        jobs_http.url = url_of(w, turns % 2 ? "/stall" : "/drip/20");
        assert_ok(orx_job_start(w->p, &spec, &here.job, &err), &err);
        for (int i = 0; i < turns && !*orx_job_done(here.job); i++)
            (void)orx_loop_step(w->p, 2 * ORX_MS);
        orx_job_free(here.job);
        here.job = NULL;
        assert_int_equal(tame.closed, tame.opened);
    }
}

static void the_jobs_deadline_ends_its_request(void **state) {
    world *w = *state;
    orx_job_spec spec = jobs_spec(w);
    spec.total_ns = 60 * ORX_MS;
    tame.next = jobs_next_one_http;
    jobs_http.url = url_of(w, "/silent");
    const orx_job_result *r = jobs_run(w, &spec);
    assert_int_equal(r->kind, ORXAQ_KIND_TIMEOUT);
    assert_int_equal(r->cancelled, ORXAQ_CANCEL_DEADLINE);
}

static int asked;

/* Eight requests at once, then DONE although they run. */
static int32_t next_eight(const orxaq_events *events, orxaq_effect *effect) {
    if (asked == 8) {
        jobs_outcome(events, ORXAQ_KIND_OK, "");
        return ORXAQ_NEXT_DONE;
    }
    effect->kind = ORXAQ_EFFECT_HTTP;
    effect->id = (uint32_t)++asked;
    effect->http = &jobs_http;
    return ORXAQ_NEXT_EFFECT;
}

static int32_t next_nine(const orxaq_events *events, orxaq_effect *effect) {
    (void)events;
    effect->kind = ORXAQ_EFFECT_HTTP;
    effect->id = (uint32_t)++asked;
    effect->http = &jobs_http;
    return ORXAQ_NEXT_EFFECT;
}

static void requests_at_once_are_counted(void **state) {
    world *w = *state;
    const orx_job_spec spec = jobs_spec(w);
    asked = 0;
    tame.next = next_eight;
    jobs_http.url = url_of(w, "/silent");
    const orx_job_result *r = jobs_run(w, &spec);
    assert_int_equal(r->kind, ORXAQ_KIND_OK);
    assert_int_equal(r->requests, 8);
    fresh(state);
    asked = 0;
    tame.next = next_nine;
    jobs_http.url = url_of(w, "/silent");
    r = jobs_run(w, &spec);
    assert_true(r->fault);
    assert_contains(r->message, "more than 8 unfinished effects");
}

#define T(f) cmocka_unit_test_setup(f, fresh)

int main(void) {
    const struct CMUnitTest tests[] = {
        T(an_answer_is_fed_in_order),
        T(method_body_and_secret_arrive),
        T(frames_are_cut_as_asked),
        T(what_the_network_does_is_an_error),
        T(addresses_are_the_hosts_to_allow),
        T(limits_are_the_tighter_of_both),
        T(a_secret_that_is_no_header_is_refused),
        T(requests_that_break_a_rule_are_faults),
        T(cancelled_at_every_feed),
        T(a_job_is_freed_in_any_state),
        T(the_jobs_deadline_ends_its_request),
        T(requests_at_once_are_counted),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}

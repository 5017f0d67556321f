/* Requests in a simulated world: scripts, faults, deadlines, and that one seed is one run. */
#include "support.h"

#include "platform/http.h"
#include "platform/sim/http.h"

#include <stdio.h>

typedef struct talk {
    orx_platform *p;
    orx_http_spec spec;
    orx_http *http;
    orx_str said; /* "head 200 a=b\n", "body ...\n" */
    orx_str body;
    orx_http_result result;
    bool done;
    bool pause; /* at the head */
} talk;

static void on_head(orx_http *http, int status, const orx_http_header *headers, size_t count,
                    void *user) {
    talk *t = user;
    orx_str_addf(&t->said, "head %d", status);
    for (size_t i = 0; i < count; i++)
        orx_str_addf(&t->said, " %.*s=%.*s", ORX_VIEW_ARG(headers[i].name),
                     ORX_VIEW_ARG(headers[i].value));
    orx_str_addc(&t->said, '\n');
    if (t->pause)
        orx_http_pause(http, true);
}

static void on_body(orx_http *http, orx_view bytes, void *user) {
    (void)http;
    talk *t = user;
    orx_str_addv(&t->body, bytes);
}

static void on_end(orx_http *http, const orx_http_result *result, void *user) {
    (void)http;
    talk *t = user;
    assert_false(t->done);
    t->result = *result;
    t->done = true;
}

static void talk_begin(talk *t, orx_platform *p, const char *url) {
    orx_err err = ORX_ERR_INIT;
    t->p = p;
    t->spec.method = t->spec.method ? t->spec.method : "GET";
    t->spec.url = url;
    t->spec.on_head = on_head;
    t->spec.on_body = on_body;
    t->spec.on_end = on_end;
    t->spec.user = t;
    assert_ok(orx_http_start(p, &t->spec, &t->http, &err), &err);
    assert_int_equal(t->said.len, 0);
}

static void talk_free(talk *t) {
    orx_http_free(t->http);
    orx_str_free(&t->said);
    orx_str_free(&t->body);
    *t = (talk){0};
}

static void talk_all(talk *t, orx_platform *p, const char *url) {
    talk_begin(t, p, url);
    assert_int_equal(orx_loop_until(p, &t->done, 0), 0);
    assert_int_equal(t->result.body_bytes, t->body.len);
}

/* ---- Endpoints --------------------------------------------------------------------------------
 */

static void echo(const orx_sim_request *request, orx_sim_reply *reply, void *user) {
    (void)user;
    char line[64];
    orx_sim_reply_header(reply, "x-number", request->number == 1 ? "1" : "more");
    orx_sim_reply_head(reply, 201);
    (void)snprintf(line, sizeof line, "%s %s ", request->method, request->target);
    orx_sim_reply_body(reply, orx_view_of(line));
    orx_sim_reply_body(reply, orx_sim_request_header(request, "AUTHORIZATION"));
    orx_sim_reply_body(reply, request->body);
}

/* What the target says: "/cut", "/stall" ... behind one event of a stream. */
static void ends(const orx_sim_request *request, orx_sim_reply *reply, void *user) {
    (void)user;
    static const char *const words[] = {"/done", "/cut", "/malformed", "/stall", "/refused"};
    orx_sim_reply_how how = ORX_SIM_REPLY_DONE;
    for (size_t i = 0; i < ORX_ARRAY_LEN(words); i++)
        if (strcmp(request->target, words[i]) == 0)
            how = (orx_sim_reply_how)i;
    if (how != ORX_SIM_REPLY_REFUSED) {
        orx_sim_reply_wait(reply, ORX_SEC);
        orx_sim_reply_body(reply, orx_view_of("data: 1\n\n"));
        orx_sim_reply_wait(reply, 2 * ORX_SEC);
    }
    orx_sim_reply_end(reply, how);
}

static world new_world(uint64_t seed) {
    world w = world_new(seed);
    orx_sim_endpoint(w.sim, "http://127.0.0.1:1234", echo, NULL);
    orx_sim_endpoint(w.sim, "https://models.example:443", ends, NULL);
    return w;
}

/* ---- Tests ------------------------------------------------------------------------------------
 */

static void an_endpoint_answers(void **state) {
    (void)state;
    world w = new_world(1);
    talk t = {0};
    static const orx_http_header key = {{"Authorization", 13}, {"Bearer k ", 9}};
    t.spec.method = "POST";
    t.spec.headers = &key;
    t.spec.header_count = 1;
    t.spec.body = orx_view_of("the body");
    talk_all(&t, w.p, "http://127.0.0.1:1234/v1/x?y=1#part");
    assert_int_equal(t.result.end, ORX_HTTP_DONE);
    assert_int_equal(t.result.status, 201);
    assert_int_equal(t.result.sent_bytes, 8);
    assert_string_equal(orx_str_cstr(&t.said), "head 201 x-number=1\n");
    assert_string_equal(orx_str_cstr(&t.body), "POST /v1/x?y=1 Bearer k the body");
    talk_free(&t);
    talk_all(&t, w.p, "http://127.0.0.1:1234");
    assert_string_equal(orx_str_cstr(&t.body), "GET / ");
    assert_string_equal(orx_str_cstr(&t.said), "head 201 x-number=more\n");
    talk_free(&t);
    orx_sim_free(w.sim);
}

static void scripts_end_as_they_say(void **state) {
    (void)state;
    world w = new_world(2);
    static const struct {
        const char *path;
        orx_http_end end;
        size_t body;
    } cases[] = {{"/done", ORX_HTTP_DONE, 9},
                 {"/cut", ORX_HTTP_CUT, 9},
                 {"/malformed", ORX_HTTP_MALFORMED, 9},
                 {"/stall", ORX_HTTP_IDLE, 9},
                 {"/refused", ORX_HTTP_UNREACHED, 0}};
    for (size_t i = 0; i < ORX_ARRAY_LEN(cases); i++) {
        talk t = {0};
        char url[64];
        (void)snprintf(url, sizeof url, "https://models.example%s", cases[i].path);
        t.spec.idle_timeout_ns = 10 * ORX_SEC;
        talk_all(&t, w.p, url);
        assert_int_equal(t.result.end, cases[i].end);
        assert_int_equal(t.body.len, cases[i].body);
        assert_true((t.result.message[0] == 0) == (t.result.end == ORX_HTTP_DONE));
        assert_null(strstr(t.result.message, cases[i].path));
        talk_free(&t);
    }
    talk t = {0};
    talk_all(&t, w.p, "https://nobody.example/");
    assert_int_equal(t.result.end, ORX_HTTP_UNREACHED);
    assert_contains(t.result.message, "https://nobody.example:443");
    talk_free(&t);
    orx_sim_free(w.sim);
}

static void the_rules_hold_here_too(void **state) {
    (void)state;
    world w = new_world(3);
    orx_err err = ORX_ERR_INIT;
    orx_http *http = NULL;
    const orx_http_spec spec = {.method = "GET", .url = "http://models.example/"};
    assert_int_equal(orx_http_start(w.p, &spec, &http, &err), ORX_E_DENIED);
    assert_null(http);
    orx_sim_free(w.sim);
}

static void deadlines_pass_in_virtual_time(void **state) {
    (void)state;
    world w = new_world(4);
    static const struct {
        int64_t first, idle, total;
        orx_http_end end;
    } cases[] = {{ORX_SEC / 2, 0, 0, ORX_HTTP_SILENT},
                 {0, ORX_SEC / 2, 0, ORX_HTTP_IDLE},
                 {2 * ORX_SEC, ORX_SEC, 0, ORX_HTTP_IDLE},
                 {2 * ORX_SEC, 3 * ORX_SEC, 2 * ORX_SEC, ORX_HTTP_TIMEOUT},
                 {2 * ORX_SEC, 3 * ORX_SEC, 9 * ORX_SEC, ORX_HTTP_DONE}};
    for (size_t i = 0; i < ORX_ARRAY_LEN(cases); i++) {
        talk t = {0};
        t.spec.first_byte_timeout_ns = cases[i].first;
        t.spec.idle_timeout_ns = cases[i].idle;
        t.spec.total_timeout_ns = cases[i].total;
        talk_all(&t, w.p, "https://models.example/done");
        assert_int_equal(t.result.end, cases[i].end);
        talk_free(&t);
    }
    talk t = {.spec = {.body_max = 4}};
    talk_all(&t, w.p, "https://models.example/done");
    assert_int_equal(t.result.end, ORX_HTTP_TOO_LARGE);
    assert_string_equal(orx_str_cstr(&t.body), "data");
    talk_free(&t);
    orx_sim_free(w.sim);
}

static void a_pause_holds_everything_but_the_deadline(void **state) {
    (void)state;
    world w = new_world(5);
    talk t = {.pause = true};
    t.spec.idle_timeout_ns = 5 * ORX_SEC;
    talk_begin(&t, w.p, "https://models.example/done");
    orx_loop_sleep(w.p, 100 * ORX_SEC);
    assert_string_equal(orx_str_cstr(&t.said), "head 200\n");
    assert_int_equal(t.body.len, 0);
    assert_false(t.done);
    orx_http_pause(t.http, false);
    assert_int_equal(orx_loop_until(w.p, &t.done, 0), 0);
    assert_int_equal(t.result.end, ORX_HTTP_DONE);
    talk_free(&t);
    t.pause = true;
    t.spec.total_timeout_ns = 50 * ORX_SEC;
    talk_all(&t, w.p, "https://models.example/done");
    assert_int_equal(t.result.end, ORX_HTTP_TIMEOUT);
    talk_free(&t);
    orx_sim_free(w.sim);
}

static void a_stop_is_told_in_the_loop(void **state) {
    (void)state;
    world w = new_world(6);
    for (int turns = 0; turns < 6; turns++) {
        talk t = {0};
        talk_begin(&t, w.p, "https://models.example/stall");
        for (int i = 0; i < turns; i++)
            (void)orx_loop_step(w.p, ORX_SEC);
        orx_http_stop(t.http);
        orx_http_stop(t.http);
        assert_false(t.done);
        assert_int_equal(orx_loop_until(w.p, &t.done, 0), 0);
        assert_int_equal(t.result.end, ORX_HTTP_STOPPED);
        talk_free(&t);
        talk_begin(&t, w.p, "https://models.example/stall");
        for (int i = 0; i < turns; i++)
            (void)orx_loop_step(w.p, ORX_SEC);
        talk_free(&t); /* in whatever state */
    }
    orx_sim_free(w.sim);
}

/* ---- Faults -----------------------------------------------------------------------------------
 */

/* Forty requests under bad luck; how each ended, as one text. */
static int unlucky(orx_platform *p, void *user) {
    orx_str *ends_seen = user;
    for (int i = 0; i < 40; i++) {
        talk t = {.spec = {.idle_timeout_ns = 90 * ORX_SEC}};
        talk_all(&t, p, "https://models.example/done");
        orx_str_addf(ends_seen, "%d:%zu@%lld ", t.result.end, t.body.len,
                     (long long)(t.result.wall_ns / ORX_MS));
        talk_free(&t);
    }
    return 0;
}

static void run_unlucky(uint64_t seed, orx_str *out, char hash[65]) {
    world w = new_world(seed);
    const orx_sim_faults faults = {
        .http_refused = 1500, .http_reset = 2000, .http_stall = 1500, .http_slow = 3000};
    orx_sim_set_faults(w.host, &faults);
    orx_sim_spawn(w.p, unlucky, out);
    world_run(&w);
    orx_sim_trace_hash(w.sim, hash);
    orx_sim_free(w.sim);
}

static void faults_are_drawn_from_the_seed(void **state) {
    (void)state;
    char first[65], again[65];
    orx_str one = {0}, two = {0}, other = {0};
    run_unlucky(7, &one, first);
    run_unlucky(7, &two, again);
    run_unlucky(8, &other, again);
    assert_string_equal(orx_str_cstr(&one), orx_str_cstr(&two));
    assert_string_not_equal(orx_str_cstr(&one), orx_str_cstr(&other));
    char want[8];
    const orx_http_end kinds[] = {ORX_HTTP_DONE, ORX_HTTP_UNREACHED, ORX_HTTP_CUT, ORX_HTTP_IDLE};
    for (size_t i = 0; i < ORX_ARRAY_LEN(kinds); i++) {
        (void)snprintf(want, sizeof want, "%d:", kinds[i]);
        assert_contains(orx_str_cstr(&one), want);
    }
    orx_str_clear(&two);
    run_unlucky(7, &two, again);
    assert_string_equal(first, again);
    orx_str_free(&one);
    orx_str_free(&two);
    orx_str_free(&other);
}

static int ask_and_die(orx_platform *p, void *user) {
    talk *t = user;
    talk_begin(t, p, "https://models.example/stall");
    orx_loop_sleep(p, 1000 * ORX_SEC);
    return 0;
}

static void a_killed_process_leaves_no_request(void **state) {
    (void)state;
    world w = new_world(9);
    talk t = {0};
    orx_sim_spawn(w.p, ask_and_die, &t);
    (void)orx_sim_run(w.sim, 2 * ORX_SEC);
    assert_contains(orx_str_cstr(&t.said), "head 200");
    orx_sim_signal(w.p, 9);
    (void)orx_sim_run(w.sim, 0);
    t.http = NULL;
    talk_free(&t);
    orx_sim_free(w.sim);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_endpoint_answers),
        cmocka_unit_test(scripts_end_as_they_say),
        cmocka_unit_test(the_rules_hold_here_too),
        cmocka_unit_test(deadlines_pass_in_virtual_time),
        cmocka_unit_test(a_pause_holds_everything_but_the_deadline),
        cmocka_unit_test(a_stop_is_told_in_the_loop),
        cmocka_unit_test(faults_are_drawn_from_the_seed),
        cmocka_unit_test(a_killed_process_leaves_no_request),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

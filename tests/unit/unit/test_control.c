/* What clients and the supervisor say to each other: frames, requests, answers. */
#include "data/json.h"
#include "unit/control.h"

#include "test.h"

#include <stdio.h>
#include <string.h>

typedef struct asked {
    char unit[80];
    orx_unit_event wish;
    int asks;
    int shutdowns;
    bool now;
    int looks;
    orx_unit_kind kind;
} asked;

static int on_ask(const char *unit, orx_unit_event wish, void *user, orx_err *err) {
    asked *a = user;
    (void)snprintf(a->unit, sizeof a->unit, "%s", unit);
    a->wish = wish;
    a->asks++;
    if (strcmp(unit, "none") == 0)
        return orx_err_set(err, ORX_E_NOT_FOUND, "no unit is called \"none\"");
    return 0;
}

static void on_each(void (*fn)(const orx_unit_view *unit, void *user), void *fn_user, void *user) {
    (void)user;
    const orx_unit_view view = {.name = "primary",
                                .kind = "runner",
                                .state = ORX_UNIT_BACKOFF,
                                .cause = "crashed",
                                .last_exit = "signal 11",
                                .status = "",
                                .since_wall_ns = ORX_SEC,
                                .next_ns = 1500 * ORX_MS,
                                .starts = 3,
                                .failures = 2};
    fn(&view, fn_user);
}

static void on_shutdown(bool now, void *user) {
    asked *a = user;
    a->shutdowns++;
    a->now = now;
}

static void on_ask_all(orx_unit_kind kind, orx_unit_event wish, orx_keeper_done_fn *done,
                       void *done_user, void *user) {
    asked *a = user;
    const orx_unit_view view = {.name = "left",
                                .kind = "lane",
                                .owner = "codex",
                                .cause = "",
                                .last_exit = "",
                                .status = ""};
    const orx_err err = {.code = ORX_E_CONFLICT, .msg = "it is ending"};
    a->asks++;
    a->kind = kind;
    a->wish = wish;
    done(&view, ORX_UNIT_IDLE, wish == ORX_UNIT_STOP ? ORX_E_CONFLICT : 0, &err, done_user);
}

static void on_look(void *user) {
    ((asked *)user)->looks++;
}

static void answer(asked *a, const char *request, orx_str *out) {
    const orx_control c = {.ask = on_ask,
                           .each = on_each,
                           .ask_all = on_ask_all,
                           .look = on_look,
                           .shutdown = on_shutdown,
                           .user = a,
                           .pid = 4711};
    orx_str_clear(out);
    orx_control_answer(&c, orx_view_of(request), out);
}

static void requests_get_their_answers(void **state) {
    (void)state;
    asked a = {.wish = ORX_UNIT_EVENTS};
    orx_str out = {0};
    answer(&a, "{\"op\":\"ping\"}", &out);
    assert_string_equal(out.buf, "{\"ok\":true,\"pid\":4711}");
    answer(&a, "{\"op\":\"units\"}", &out);
    assert_string_equal(
        out.buf,
        "{\"ok\":true,\"units\":[{\"name\":\"primary\",\"kind\":\"runner\",\"state\":\"backoff\","
        "\"cause\":\"crashed\",\"since\":\"1970-01-01T00:00:01.000000+00:00\",\"pid\":null,"
        "\"cgroup\":null,\"limits\":null,\"last_exit\":\"signal "
        "11\",\"status\":\"\",\"next_ms\":1500,\"starts\":3,"
        "\"failures\":2,\"held\":false,\"manual\":false}]}");
    static const char *const wishes[] = {"start",   "stop",  "kill",  "drain",
                                         "restart", "pause", "resume"};
    for (size_t i = 0; i < 7; i++) {
        char request[64];
        (void)snprintf(request, sizeof request, "{\"op\":\"%s\",\"unit\":\"primary\"}", wishes[i]);
        answer(&a, request, &out);
        assert_string_equal(out.buf, "{\"ok\":true,\"before\":\"backoff\"}");
        assert_string_equal(orx_unit_event_name(a.wish), wishes[i]);
        assert_string_equal(a.unit, "primary");
    }
    assert_int_equal(a.asks, 7);
    answer(&a, "{\"op\":\"shutdown\"}", &out);
    assert_false(a.now);
    answer(&a, "{\"op\":\"shutdown\",\"now\":true}", &out);
    assert_true(a.now);
    assert_int_equal(a.shutdowns, 2);
    orx_str_free(&out);
}

static void a_kind_is_asked_as_a_whole(void **state) {
    (void)state;
    asked a = {0};
    orx_str out = {0};
    answer(&a, "{\"op\":\"ensure\",\"kind\":\"lane\"}", &out);
    assert_int_equal(a.kind, ORX_UNIT_LANE);
    assert_int_equal(a.wish, ORX_UNIT_EVENTS);
    assert_contains(out.buf, "{\"ok\":true,\"units\":[{\"name\":\"left\",\"kind\":\"lane\","
                             "\"owner\":\"codex\",\"state\":\"stopped\"");
    assert_contains(out.buf, "\"before\":\"idle\",\"ok\":true}]}");
    answer(&a, "{\"op\":\"stop\",\"kind\":\"lane\"}", &out);
    assert_contains(out.buf, "\"ok\":false,\"error\":{\"code\":\"conflict\","
                             "\"message\":\"it is ending\"}}]}");
    answer(&a, "{\"op\":\"ensure\",\"unit\":\"primary\"}", &out);
    assert_int_equal(a.wish, ORX_UNIT_EVENTS);
    assert_string_equal(a.unit, "primary");
    assert_int_equal(a.asks, 3);
    answer(&a, "{\"op\":\"look\"}", &out);
    assert_int_equal(a.looks, 1);
    orx_str_free(&out);
}

static void bad_requests_are_refused_and_do_nothing(void **state) {
    (void)state;
    static const struct {
        const char *request;
        const char *code;
        const char *words;
    } bad[] = {
        {"", "invalid", "expected JSON"},
        {"[]", "unsupported", "expected \\\"op\\\""},
        {"{\"op\":\"exited\",\"unit\":\"primary\"}", "unsupported", "another version"},
        {"{\"op\":5}", "unsupported", "op"},
        {"{\"op\":\"stop\"}", "invalid", "the name of a unit"},
        {"{\"op\":\"stop\",\"kind\":\"tree\"}", "invalid", "runner, lane or service"},
        {"{\"op\":\"stop\",\"unit\":7}", "invalid", "the name of a unit"},
        {"{\"op\":\"stop\",\"unit\":\"none\"}", "not-found", "no unit is called"},
        {"{\"op\":\"ping\"} more", "invalid", "request:1"},
        {"{\"op\":[[[[[[1]]]]]]}", "limit", "request"},
    };
    asked a = {0};
    orx_str out = {0};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        answer(&a, bad[i].request, &out);
        assert_contains(out.buf, "\"ok\":false");
        assert_contains(out.buf, bad[i].code);
        assert_contains(out.buf, bad[i].words);
    }
    assert_int_equal(a.asks, 1);
    assert_int_equal(a.shutdowns, 0);
    orx_str_free(&out);
}

static void frames_come_in_any_pieces(void **state) {
    (void)state;
    orx_str all = {0};
    orx_view payload = {NULL, 0};
    orx_frame_add(&all, orx_view_of("hello"));
    orx_frame_add(&all, orx_view_of(""));
    for (size_t n = 0; n < 9; n++)
        assert_int_equal(orx_frame_at((orx_view){all.buf, n}, 100, &payload, NULL), 0);
    assert_int_equal(orx_frame_at(orx_str_view(&all), 100, &payload, NULL), 1);
    assert_true(orx_view_is(payload, "hello"));
    assert_int_equal(orx_frame_at((orx_view){all.buf + 9, 4}, 100, &payload, NULL), 1);
    assert_int_equal(payload.len, 0);
    orx_str_free(&all);
}

static void frames_have_a_limit_that_is_seen_at_once(void **state) {
    (void)state;
    orx_err err = ORX_ERR_INIT;
    orx_view payload = {NULL, 7};
    assert_int_equal(orx_frame_at((orx_view){"\xff\xff\xff\xff", 4}, 4096, &payload, &err),
                     ORX_E_LIMIT);
    assert_contains(err.msg, "at most 4096");
    assert_int_equal(orx_frame_at((orx_view){"\0\0\x10\x01", 4}, 4096, &payload, &err),
                     ORX_E_LIMIT);
    assert_int_equal(orx_frame_at((orx_view){"\0\0\x10\0", 4}, 4096, &payload, &err), 0);
    assert_int_equal(payload.len, 7);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(requests_get_their_answers),
        cmocka_unit_test(a_kind_is_asked_as_a_whole),
        cmocka_unit_test(bad_requests_are_refused_and_do_nothing),
        cmocka_unit_test(frames_come_in_any_pieces),
        cmocka_unit_test(frames_have_a_limit_that_is_seen_at_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Many servers at once, each of which does what it likes: every question has an answer, in time,
 * and no answer has a key. */
#include "fleet/ask.h"
#include "world.h"

static orx_ask ask_for(world *w, const char *path) {
    return (orx_ask){.url = orx_arena_printf(&w->a, "%s%s", SERVER, path),
                     .user_agent = "tests",
                     .timeout_ns = 6 * ORX_SEC};
}

static orx_answer one(world *w, const orx_ask *ask) {
    orx_answer a;
    orx_ask_all(w->p, ask, 1, &w->a, &a);
    return a;
}

static orx_answer of_path(world *w, const char *path) {
    orx_ask ask = ask_for(w, path);
    return one(w, &ask);
}

static void lists_are_counted_wherever_they_stand(void **state ORX_UNUSED) {
    world w;
    world_open(&w);
    orx_answer a = of_path(&w, "/ok");
    assert_true(a.ok && a.object && a.data.list && !a.models.there);
    assert_int_equal(a.data.count, 1);
    assert_int_equal(a.status, 200);
    assert_in_range(a.latency_ns, 1, ORX_SEC);
    assert_string_equal(a.text, "");
    a = of_path(&w, "/models");
    assert_true(a.ok && a.models.list && !a.data.there);
    assert_int_equal(a.models.count, 2);
    a = of_path(&w, "/slow");
    assert_true(a.ok && !a.object && !a.data.there);
    assert_in_range(a.latency_ns, ORX_SEC, 2 * ORX_SEC);
    world_close(&w);
}

static void what_is_no_good_answer_is_told(void **state ORX_UNUSED) {
    static const struct {
        const char *path;
        int status;
        bool http;
        const char *text;
    } rows[] = {
        {"/503", 503, true, "sorry"},
        {"/nothing", 404, true, "sorry"},
        {"/garbage", 0, false, "answer:1:1"},
        {"/lie", 200, false, "Unexpected endpoint"},
        {"/huge", 0, false, "the answer is too large"},
        {"/hang", 0, false, "no complete answer in time"},
        {"/trickle", 0, false, "no complete answer in time"},
        {"/cut", 0, false, "connection reset"},
        {"/malformed", 0, false, "no HTTP"},
        {"/refused", 0, false, "connection refused"},
    };
    world w;
    world_open(&w);
    for (size_t i = 0; i < ORX_ARRAY_LEN(rows); i++) {
        orx_answer a = of_path(&w, rows[i].path);
        assert_false(a.ok);
        assert_int_equal(a.status, rows[i].status);
        assert_int_equal(a.http, rows[i].http);
        assert_contains(a.text, rows[i].text);
    }
    world_close(&w);
}

static void a_megabyte_of_models_is_read(void **state ORX_UNUSED) {
    world w;
    world_open(&w);
    orx_answer a = of_path(&w, "/big");
    assert_true(a.ok && a.data.list);
    assert_in_range(a.data.count, 15000, 25000);
    /* ... and not kept. */
    assert_in_range(orx_arena_used(&w.a), 0, 100000);
    world_close(&w);
}

static void a_question_that_is_none_is_answered(void **state ORX_UNUSED) {
    static const char *const rows[][2] = {
        {"ftp://h/v1", "unsupported URL scheme"},
        {"h:1/v1", "unsupported URL scheme"},
        {"", "unsupported URL scheme"},
        {"http://", "no usable host"},
        {"http://a b/", "a space"},
        {"http://me:swordfish@127.0.0.1:1234/ok", "user name or password"},
    };
    world w;
    world_open(&w);
    for (size_t i = 0; i < ORX_ARRAY_LEN(rows); i++) {
        orx_ask ask = ask_for(&w, "");
        ask.url = rows[i][0];
        orx_answer a = one(&w, &ask);
        assert_false(a.ok || a.http || a.status);
        assert_contains(a.text, rows[i][1]);
        assert_null(strstr(a.text, "swordfish"));
    }
    assert_int_equal(w.arrived, 0);
    world_close(&w);
}

/* ---- Keys ------------------------------------------------------------------------------------ */

static void a_key_goes_where_it_is_wanted_and_comes_back_nowhere(void **state ORX_UNUSED) {
    static const struct {
        orx_ask_auth auth;
        const char *url;
        const char *seen;
    } rows[] = {
        {ORX_ASK_BEARER, SERVER "/401", "Authorization=Bearer " KEY},
        {ORX_ASK_X_KEY, SERVER "/401", "x-api-key=" KEY},
        {ORX_ASK_IN_QUERY, SERVER "/401", "/401?key=sk-Zed%2F31415%2B926 "},
        {ORX_ASK_IN_QUERY, SERVER "/401?a=1", "/401?a=1&key=sk-Zed%2F31415%2B926 "},
        {ORX_ASK_IN_QUERY, "https://generativelanguage.googleapis.com/401", "x-goog-api-key=" KEY},
    };
    world w;
    world_open(&w);
    for (size_t i = 0; i < ORX_ARRAY_LEN(rows); i++) {
        orx_ask ask = ask_for(&w, "");
        ask.url = rows[i].url;
        ask.auth = rows[i].auth;
        ask.key = KEY;
        orx_answer a = one(&w, &ask);
        assert_int_equal(a.status, 401);
        assert_contains(orx_str_cstr(&w.seen), rows[i].seen);
        assert_contains(a.text, "[REDACTED]");
        assert_no_key(a.text);
        orx_str_clear(&w.seen);
    }
    world_close(&w);
}

static void no_key_is_sent_without_one_or_without_being_asked(void **state ORX_UNUSED) {
    world w;
    world_open(&w);
    orx_ask ask = ask_for(&w, "/ok");
    ask.key = KEY;
    assert_true(one(&w, &ask).ok);
    ask.auth = ORX_ASK_BEARER;
    ask.key = "";
    assert_true(one(&w, &ask).ok);
    ask.key = NULL;
    assert_true(one(&w, &ask).ok);
    assert_no_key(orx_str_cstr(&w.seen));
    assert_null(strstr(orx_str_cstr(&w.seen), "uthorization"));
    world_close(&w);
}

/* Headers and addresses of the configuration's own hold keys, too. */
static void keys_of_the_configuration_come_back_nowhere(void **state ORX_UNUSED) {
    const orx_ask_header headers[] = {{"X-Api-Token", KEY}, {"anthropic-version", "2023-06-01"}};
    world w;
    world_open(&w);
    orx_ask ask = ask_for(&w, "/401?key=swordfish");
    ask.headers = headers;
    ask.header_count = 2;
    orx_answer a = one(&w, &ask);
    assert_no_key(a.text);
    assert_null(strstr(a.text, "swordfish"));
    assert_contains(orx_str_cstr(&w.seen), "X-Api-Token=" KEY);
    assert_contains(orx_ask_shown(&ask, orx_view_of("2023-06-01 swordfish"), &w.a),
                    "2023-06-01 [REDACTED]");
    world_close(&w);
}

static void a_key_does_not_travel_in_the_clear(void **state ORX_UNUSED) {
    const orx_ask_header header = {"X-Api-Token", KEY};
    world w;
    world_open(&w);
    orx_ask ask = ask_for(&w, "");
    ask.url = "http://192.168.7.7/ok";
    assert_true(one(&w, &ask).ok);
    ask.auth = ORX_ASK_BEARER;
    ask.key = KEY;
    assert_contains(one(&w, &ask).text, "plain http");
    ask.plain_http = true;
    assert_true(one(&w, &ask).ok);
    ask = (orx_ask){.url = ask.url, .headers = &header, .header_count = 1, .timeout_ns = ORX_SEC};
    assert_contains(one(&w, &ask).text, "plain http");
    ask = (orx_ask){.url = "http://192.168.7.7/ok?key=abcd", .timeout_ns = ORX_SEC};
    assert_contains(one(&w, &ask).text, "plain http");
    assert_int_equal(w.arrived, 2);
    world_close(&w);
}

/* It is taken out before the text is cut: half a key is half a secret. */
static void a_text_is_cut_behind_the_keys(void **state ORX_UNUSED) {
    world w;
    world_open(&w);
    for (int pad = 120; pad < 220; pad++) {
        orx_ask ask = ask_for(&w, "");
        ask.url = orx_arena_printf(&w.a, "%s/401?%0*d", SERVER, pad, 0);
        ask.key = KEY;
        ask.auth = ORX_ASK_BEARER;
        orx_answer a = one(&w, &ask);
        assert_in_range(strlen(a.text), 230, ORX_ASK_TEXT_MAX);
        assert_no_key(a.text);
    }
    world_close(&w);
}

/* ---- Many ------------------------------------------------------------------------------------ */

static orx_answer *all(world *w, orx_ask *asks, size_t n) {
    orx_answer *answers = orx_arena_zalloc(&w->a, n, sizeof *answers);
    w->begun = orx_mono_ns(w->p);
    w->arrived = w->early = 0;
    orx_ask_all(w->p, asks, n, &w->a, answers);
    return answers;
}

static orx_ask *many(world *w, const char *path, size_t n) {
    orx_ask *asks = orx_arena_zalloc(&w->a, n, sizeof *asks);
    for (size_t i = 0; i < n; i++)
        asks[i] = ask_for(w, path);
    return asks;
}

static void fifty_that_hang_take_as_long_as_one(void **state ORX_UNUSED) {
    world w;
    world_open(&w);
    orx_ask *asks = many(&w, "/hang", 50);
    asks[7] = ask_for(&w, "/ok");
    asks[8].timeout_ns = ORX_SEC;
    asks[9].skip = true;
    const orx_answer *answers = all(&w, asks, 50);
    assert_in_range(world_elapsed(&w), 6 * ORX_SEC, 6 * ORX_SEC + ORX_SEC / 10);
    for (size_t i = 0; i < 50; i++) {
        assert_int_equal(answers[i].ok, i == 7);
        if (i != 7 && i != 9)
            assert_contains(answers[i].text, "no complete answer in time");
    }
    assert_in_range(answers[8].latency_ns, ORX_SEC, ORX_SEC + ORX_SEC / 10);
    assert_string_equal(answers[9].text, "");
    world_close(&w);
}

/* A server that takes a second each, and 200 questions: some wait for others, all are asked. */
static void so_many_are_out_together_and_no_more(void **state ORX_UNUSED) {
    world w;
    world_open(&w);
    const orx_answer *answers = all(&w, many(&w, "/slow", 200), 200);
    assert_int_equal(w.arrived, 200);
    assert_int_equal(w.early, ORX_ASK_AT_ONCE);
    for (size_t i = 0; i < 200; i++)
        assert_true(answers[i].ok);
    assert_in_range(world_elapsed(&w), 3 * ORX_SEC, 5 * ORX_SEC);
    world_close(&w);
}

/* With more than can be out together the whole has an end, too, and each is asked before it. */
static void the_whole_has_an_end(void **state ORX_UNUSED) {
    world w;
    world_open(&w);
    const orx_answer *answers = all(&w, many(&w, "/hang", 200), 200);
    assert_int_equal(w.arrived, 200);
    for (size_t i = 0; i < 200; i++)
        assert_contains(answers[i].text, "no complete answer in time");
    assert_in_range(world_elapsed(&w), 24 * ORX_SEC, 25 * ORX_SEC);
    world_close(&w);
}

static void nothing_to_ask_is_answered_at_once(void **state ORX_UNUSED) {
    world w;
    world_open(&w);
    orx_ask_all(w.p, NULL, 0, &w.a, NULL);
    orx_ask *asks = many(&w, "/ok", 3);
    for (size_t i = 0; i < 3; i++)
        asks[i].skip = true;
    (void)all(&w, asks, 3);
    assert_int_equal(world_elapsed(&w), 0);
    assert_int_equal(w.arrived, 0);
    world_close(&w);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lists_are_counted_wherever_they_stand),
        cmocka_unit_test(what_is_no_good_answer_is_told),
        cmocka_unit_test(a_megabyte_of_models_is_read),
        cmocka_unit_test(a_question_that_is_none_is_answered),
        cmocka_unit_test(a_key_goes_where_it_is_wanted_and_comes_back_nowhere),
        cmocka_unit_test(no_key_is_sent_without_one_or_without_being_asked),
        cmocka_unit_test(keys_of_the_configuration_come_back_nowhere),
        cmocka_unit_test(a_key_does_not_travel_in_the_clear),
        cmocka_unit_test(a_text_is_cut_behind_the_keys),
        cmocka_unit_test(fifty_that_hang_take_as_long_as_one),
        cmocka_unit_test(so_many_are_out_together_and_no_more),
        cmocka_unit_test(the_whole_has_an_end),
        cmocka_unit_test(nothing_to_ask_is_answered_at_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

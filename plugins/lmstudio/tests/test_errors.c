/* What statuses and error bodies mean. */
#include "talk.h"

#include <stdlib.h>
#include <string.h>

#define OPENAI(code)                                                                               \
    "{\"error\":{\"message\":\"words\",\"type\":\"invalid_request_error\",\"code\":" code "}}"

static void statuses_have_kinds(void **state) {
    talk *t = *state;
    static const struct {
        int status;
        const char *body;
        int32_t kind;
        const char *message;
    } cases[] = {
        {401, OPENAI("\"invalid_api_key\""), ORXAQ_KIND_AUTH, "words"},
        {401, "", ORXAQ_KIND_AUTH, "status 401"},
        {403, "<html>", ORXAQ_KIND_AUTH, "status 403"},
        {403, OPENAI("\"model_not_allowed\""), ORXAQ_KIND_BAD_MODEL, "words"},
        {402, OPENAI("null"), ORXAQ_KIND_QUOTA, "words"},
        {404, OPENAI("\"model_not_found\""), ORXAQ_KIND_BAD_MODEL, "words"},
        {404, "{\"error\":\"Model x is not loaded.\"}", ORXAQ_KIND_BAD_MODEL, "not loaded"},
        {408, "", ORXAQ_KIND_OVERLOADED, "408"},
        {413, "", ORXAQ_KIND_CONTEXT_TOO_LONG, "413"},
        {400, OPENAI("\"context_length_exceeded\""), ORXAQ_KIND_CONTEXT_TOO_LONG, "words"},
        {400,
         "{\"error\":\"The prompt needs 5000 tokens, but the model is loaded with a Context "
         "Length of only 4096 tokens.\"}",
         ORXAQ_KIND_CONTEXT_TOO_LONG, "5000 tokens"},
        {400,
         "{\"error\":{\"code\":400,\"message\":\"the request exceeds the available context "
         "size\",\"type\":\"exceed_context_size_error\"}}",
         ORXAQ_KIND_CONTEXT_TOO_LONG, "available context size"},
        {500, "{\"message\":\"prompt is too long: maximum context is 8192\"}",
         ORXAQ_KIND_CONTEXT_TOO_LONG, "too long"},
        {400, OPENAI("null"), ORXAQ_KIND_PROTOCOL, "words"},
        {422, "{\"detail\":[1]}", ORXAQ_KIND_PROTOCOL, "status 422"},
        {429, OPENAI("\"rate_limit_exceeded\""), ORXAQ_KIND_RATE_LIMIT, "words"},
        {429, OPENAI("\"insufficient_quota\""), ORXAQ_KIND_QUOTA, "words"},
        {429, "", ORXAQ_KIND_RATE_LIMIT, "429"},
        {500, "{\"error\":\"Failed to load model\"}", ORXAQ_KIND_OVERLOADED, "Failed to load"},
        {502, "<html>Bad Gateway</html>", ORXAQ_KIND_OVERLOADED, "status 502"},
        {503, OPENAI("\"server_is_overloaded\""), ORXAQ_KIND_OVERLOADED, "words"},
        {529, "", ORXAQ_KIND_OVERLOADED, "529"},
        {302, "", ORXAQ_KIND_PROTOCOL, "correct base_url"},
        {204, "", ORXAQ_KIND_PROTOCOL, "status 204"},
        {400, "{\"error\":{\"code\":\"server_error\"}}", ORXAQ_KIND_PROTOCOL, "status 400"},
    };
    for (size_t i = 0; i < ORX_ARRAY_LEN(cases); i++) {
        const reply r = {.status = cases[i].status, .body = cases[i].body};
        talk_turn(t, &r);
        talk_expect(t, cases[i].kind);
        assert_contains(t->result.message, cases[i].message);
        assert_int_equal(t->result.http_status, cases[i].status);
        assert_int_equal(t->result.retry_after_ms, -1);
        assert_string_equal(orx_str_cstr(&t->events), ""); /* no usage for what was not served */
    }
}

static void retry_after_is_read(void **state) {
    talk *t = *state;
    static const struct {
        const char *value;
        int64_t ms;
    } cases[] = {{"7", 7000},
                 {"0", 0},
                 {"1.5", 1500},
                 {"-1", -1},
                 {"soon", -1},
                 {"", -1},
                 {"1e400", -1},
                 {"0x10", -1},
                 {"99999999999", -1},
                 {"Sun, 06 Nov 1994 08:49:37 GMT", 0},
                 {"Sun, 06 Foo 1994 08:49:37 GMT", -1}};
    for (size_t i = 0; i < ORX_ARRAY_LEN(cases); i++) {
        const reply r = {.status = 429, .retry_after = cases[i].value};
        talk_turn(t, &r);
        talk_expect(t, ORXAQ_KIND_RATE_LIMIT);
        if (t->result.retry_after_ms != cases[i].ms)
            fail_msg("\"%s\" gave %lld", cases[i].value, (long long)t->result.retry_after_ms);
    }
    /* A day that lies ahead. */
    const reply far = {.status = 503, .retry_after = "Fri, 01 Jan 2100 00:00:00 GMT"};
    talk_turn(t, &far);
    int64_t left = t->result.retry_after_ms;
    int64_t want = INT64_C(4102444800000) - orx_wall_ns(t->p) / ORX_MS;
    assert_true(left > want - 60000 && left < want + 60000);
}

static void every_op_fails_alike(void **state) {
    talk *t = *state;
    const orxaq_probe_args probe = {.struct_size = sizeof probe};
    const orxaq_model_args model = {.struct_size = sizeof model, .model = orxaq_str("m")};
    const orxaq_view text = orxaq_str("x");
    const orxaq_embed_args embed = {.struct_size = sizeof embed, .text_count = 1, .texts = &text};
    const struct {
        int32_t op;
        const void *args;
    } ops[] = {{ORXAQ_OP_MODELS, &probe},
               {ORXAQ_OP_LOAD, &model},
               {ORXAQ_OP_UNLOAD, &model},
               {ORXAQ_OP_TURN, &talk_turn_args},
               {ORXAQ_OP_EMBED, &embed}};
    for (size_t i = 0; i < ORX_ARRAY_LEN(ops); i++) {
        const reply locked = {.status = 401, .body = OPENAI("null"), .retry_after = "3"};
        talk_op(t, ops[i].op, ops[i].args, &locked, 1);
        talk_expect(t, ORXAQ_KIND_AUTH);
        assert_int_equal(t->result.retry_after_ms, 3000);
        const reply dead = {.end = ORX_HTTP_CUT};
        talk_op(t, ops[i].op, ops[i].args, &dead, 1);
        talk_expect(t, ORXAQ_KIND_NETWORK);
    }
}

#define T(f) cmocka_unit_test(f)

int main(void) {
    const struct CMUnitTest tests[] = {T(statuses_have_kinds), T(retry_after_is_read),
                                       T(every_op_fails_alike)};
    return cmocka_run_group_tests(tests, talk_setup, talk_teardown);
}

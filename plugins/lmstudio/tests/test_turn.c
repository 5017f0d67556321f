/* TURN: what goes out, and what a stream of pieces means. */
#include "talk.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PIECE(text) "data: {\"id\":\"c-1\",\"model\":\"m-q4\",\"choices\":[" text "]}\n\n"
#define DELTA(text) PIECE("{\"index\":0,\"delta\":" text ",\"finish_reason\":null}")
#define END(reason) PIECE("{\"index\":0,\"delta\":{},\"finish_reason\":\"" reason "\"}")
#define USAGE                                                                                      \
    "data: {\"id\":\"c-1\",\"model\":\"m-q4\",\"choices\":[],\"usage\":{\"prompt_tokens\":1200,"   \
    "\"completion_tokens\":77,\"prompt_tokens_details\":{\"cached_tokens\":1000},"                 \
    "\"completion_tokens_details\":{\"reasoning_tokens\":33}}}\n\n"
#define DONE "data: [DONE]\n\n"

static const char plain_stream[] =
    ": a comment\n\n" DELTA("{\"role\":\"assistant\",\"content\":\"\"}")
        DELTA("{\"reasoning_content\":\"Hm. \"}") DELTA("{\"content\":\"Hello\"}")
            DELTA("{\"content\":\" wor\\u006cd\"}") END("stop") USAGE DONE;

static void a_stream_is_understood(void **state) {
    talk *t = *state;
    /* Wherever the network cuts it. */
    for (size_t cut = 0; cut < sizeof plain_stream; cut += 17) {
        const reply r = {.status = 200, .body = plain_stream, .cut = cut};
        talk_turn(t, &r);
        talk_expect(t, ORXAQ_KIND_OK);
        assert_int_equal(t->result.stop, ORXAQ_STOPPED_END);
        assert_int_equal(t->result.http_status, 200);
        assert_string_equal(orx_str_cstr(&t->events),
                            "thought+ Hm. \nanswer+ Hello\nanswer+  world\n"
                            "usage c-1 in=200 read=1000 out=44 reason=33 by=1 asked=m "
                            "answered=m-q4\n");
    }
}

static void the_request_says_it_all(void **state) {
    talk *t = *state;
    talk_instance(t, "{base_url: 'https://models.example/v1/', api_key: 'env:LM_TEST_KEY', "
                     "headers: {X-Team: blue}, max_tokens: 900}");
    const orxaq_past_call past = {.struct_size = sizeof past,
                                  .id = orxaq_str("call_7"),
                                  .name = orxaq_str("read_file"),
                                  .arguments = orxaq_str("{\"path\":\"a.c\"}")};
    const orxaq_message messages[] = {
        {.struct_size = sizeof messages[0],
         .role = ORXAQ_ROLE_SYSTEM,
         .text = orxaq_str("Be brief.")},
        {.struct_size = sizeof messages[0],
         .role = ORXAQ_ROLE_USER,
         .text = orxaq_str("Fix \"it\"\n")},
        {.struct_size = sizeof messages[0],
         .role = ORXAQ_ROLE_ASSISTANT,
         .calls = &past,
         .call_count = 1},
        {.struct_size = sizeof messages[0],
         .role = ORXAQ_ROLE_TOOL,
         .text = orxaq_str("int x;"),
         .call_id = orxaq_str("call_7")},
    };
    const orxaq_tool tools[] = {
        {.struct_size = sizeof tools[0],
         .name = orxaq_str("read_file"),
         .help = orxaq_str("Reads."),
         .parameters = orxaq_str("{\"type\":\"object\",\"required\":[\"path\"]}")},
        {.struct_size = sizeof tools[0],
         .name = orxaq_str("finish"),
         .parameters = orxaq_str("this is no JSON")},
    };
    orxaq_turn_args args = {.struct_size = sizeof args,
                            .message_count = 4,
                            .messages = messages,
                            .tool_count = 2,
                            .tools = tools,
                            .model = orxaq_str("m"),
                            .effort = orxaq_str("low"),
                            .schema = orxaq_str("{\"type\":\"string\"}"),
                            .temperature = 0.5};
    const reply r = {.status = 200, .body = plain_stream};
    talk_op(t, ORXAQ_OP_TURN, &args, &r, 1);
    talk_expect(t, ORXAQ_KIND_OK);
    const char *head = "POST https://models.example/v1/chat/completions\n"
                       "Authorization: Bearer k-123\nContent-Type: application/json\n"
                       "Accept: text/event-stream, application/json\nX-Team: blue\n\n";
    assert_int_equal(strncmp(orx_str_cstr(&t->sent), head, strlen(head)), 0);
    assert_string_equal(
        orx_str_cstr(&t->bodies),
        "{\"model\":\"m\",\"messages\":["
        "{\"role\":\"system\",\"content\":\"Be brief.\"},"
        "{\"role\":\"user\",\"content\":\"Fix \\\"it\\\"\\n\"},"
        "{\"role\":\"assistant\",\"content\":\"\",\"tool_calls\":[{\"id\":\"call_7\","
        "\"type\":\"function\",\"function\":{\"name\":\"read_file\","
        "\"arguments\":\"{\\\"path\\\":\\\"a.c\\\"}\"}}]},"
        "{\"role\":\"tool\",\"content\":\"int x;\",\"tool_call_id\":\"call_7\"}],"
        "\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"read_file\","
        "\"description\":\"Reads.\",\"parameters\":{\"type\":\"object\",\"required\":[\"path\"]}}},"
        "{\"type\":\"function\",\"function\":{\"name\":\"finish\",\"description\":\"\","
        "\"parameters\":{\"type\":\"object\",\"properties\":{}}}}],"
        "\"response_format\":{\"type\":\"json_schema\",\"json_schema\":{\"name\":\"answer\","
        "\"strict\":true,\"schema\":{\"type\":\"string\"}}},"
        "\"max_tokens\":900,\"temperature\":0.5,\"reasoning_effort\":\"low\",\"stream\":true,"
        "\"stream_options\":{\"include_usage\":true}}\n");
    args.max_output_tokens = 50; /* the caller's limit wins */
    talk_instance(t, "{stream_usage: false}");
    talk_op(t, ORXAQ_OP_TURN, &args, &r, 1);
    assert_contains(orx_str_cstr(&t->bodies), "\"max_tokens\":50,");
    assert_null(strstr(orx_str_cstr(&t->bodies), "stream_options"));
    assert_null(strstr(orx_str_cstr(&t->sent), "Authorization"));
}

static void tool_calls_are_put_together(void **state) {
    talk *t = *state;
    const reply r = {
        .status = 200,
        .body = DELTA("{\"content\":\"Let me look.\"}") DELTA(
            "{\"tool_calls\":[{\"index\":0,\"id\":\"call_a\",\"type\":\"function\",\"function\":{"
            "\"name\":\"read_file\",\"arguments\":\"\"}}]}")
            DELTA(
                "{\"tool_calls\":[{\"index\":0,\"function\":{\"arguments\":\"{\\\"path\\\":\"}}]}")
                DELTA("{\"tool_calls\":[{\"index\":0,\"function\":{\"arguments\":\"\\\"a\\\"}\"}},"
                      "{\"index\":1,\"id\":\"call_b\",\"function\":{\"name\":\"list_dir\"}}]}")
                    END("tool_calls") USAGE DONE};
    talk_turn(t, &r);
    talk_expect(t, ORXAQ_KIND_OK);
    assert_int_equal(t->result.stop, ORXAQ_STOPPED_TOOLS);
    assert_contains(orx_str_cstr(&t->events), "answer+ Let me look.\nusage ");
    assert_contains(orx_str_cstr(&t->events),
                    "\ncall call_a read_file {\"path\":\"a\"}\ncall call_b list_dir {}\n");
    /* Malformed arguments are the model's business: they are handed on as they are. A server that
     * says "stop" and gives neither place nor id is understood too. */
    const reply bad = {.status = 200,
                       .body =
                           DELTA("{\"tool_calls\":[{\"function\":{\"name\":\"run\",\"arguments\":"
                                 "\"{not json\"}},{\"function\":{\"name\":\"b\",\"arguments\":"
                                 "\"{}\"}}]}") END("stop") DONE};
    talk_turn(t, &bad);
    talk_expect(t, ORXAQ_KIND_OK);
    assert_int_equal(t->result.stop, ORXAQ_STOPPED_TOOLS);
    assert_contains(orx_str_cstr(&t->events), "call call_1 run {not json\ncall call_2 b {}\n");
}

static void an_answer_in_one_piece_is_understood(void **state) {
    talk *t = *state;
    const reply r = {
        .status = 200,
        .body =
            "{\n \"id\": \"c-2\", \"model\": \"m2\",\n \"choices\": [{\"index\": 0, \"message\": "
            "{\"role\": \"assistant\", \"content\": \"All at once.\", \"tool_calls\": [{\"id\": "
            "\"x\", \"function\": {\"name\": \"f\", \"arguments\": \"{}\"}}]},\n"
            "\"finish_reason\": \"tool_calls\"}],\n\"usage\": {\"prompt_tokens\": 10, "
            "\"completion_tokens\": 5}}\n"};
    talk_turn(t, &r);
    talk_expect(t, ORXAQ_KIND_OK);
    assert_string_equal(orx_str_cstr(&t->events),
                        "answer All at once.\nusage c-2 in=10 read=-1 out=5 reason=-1 by=1 asked=m "
                        "answered=m2\ncall x f {}\n");
}

static void tokens_that_nobody_counts_are_estimated(void **state) {
    talk *t = *state;
    const reply r = {.status = 200, .body = DELTA("{\"content\":\"12345678\"}") END("length")};
    talk_turn(t, &r);
    talk_expect(t, ORXAQ_KIND_OK);
    assert_int_equal(t->result.stop, ORXAQ_STOPPED_LENGTH);
    char want[64];
    (void)snprintf(want, sizeof want, "usage c-1 in=%zu read=-1 out=2 reason=-1 by=3",
                   (t->bodies.len - 1 + 3) / 4);
    assert_contains(orx_str_cstr(&t->events), want);
}

static void streams_that_end_badly(void **state) {
    talk *t = *state;
    static const struct {
        const char *body;
        orx_http_end end;
        int32_t kind;
        const char *message;
    } cases[] = {
        {DELTA("{\"content\":\"Hel\"}"), ORX_HTTP_DONE, ORXAQ_KIND_PROTOCOL, "before its last"},
        {DELTA("{\"content\":\"Hel\"}") DONE, ORX_HTTP_DONE, ORXAQ_KIND_PROTOCOL,
         "before its last"},
        {DELTA("{\"content\":\"Hel\"}"), ORX_HTTP_CUT, ORXAQ_KIND_NETWORK, "went dead"},
        {DELTA("{\"content\":\"Hel\"}"), ORX_HTTP_IDLE, ORXAQ_KIND_NO_PROGRESS, "went dead"},
        {"", ORX_HTTP_SILENT, ORXAQ_KIND_NO_PROGRESS, "went dead"},
        {"", ORX_HTTP_TIMEOUT, ORXAQ_KIND_TIMEOUT, "went dead"},
        {"", ORX_HTTP_NO_CONNECT, ORXAQ_KIND_NETWORK, "went dead"},
        {"", ORX_HTTP_UNREACHED, ORXAQ_KIND_NETWORK, "went dead"},
        {"", ORX_HTTP_MALFORMED, ORXAQ_KIND_PROTOCOL, "went dead"},
        {"", ORX_HTTP_TOO_LARGE, ORXAQ_KIND_PROTOCOL, "went dead"},
        {"", ORX_HTTP_DONE, ORXAQ_KIND_PROTOCOL, "answered nothing"},
        {"<html>Welcome</html>", ORX_HTTP_DONE, ORXAQ_KIND_PROTOCOL, "status 200"},
        {"data: {\"choices\": [{\"delta\n\n" END("stop") DONE, ORX_HTTP_DONE, ORXAQ_KIND_PROTOCOL,
         "no JSON"},
        {DELTA("{\"refusal\":\"I will not.\"}") END("stop") DONE, ORX_HTTP_DONE, ORXAQ_KIND_REFUSED,
         "I will not."},
        {DELTA("{\"content\":\"x\"}") END("content_filter") DONE, ORX_HTTP_DONE, ORXAQ_KIND_REFUSED,
         "filter"},
        {DELTA("{\"content\":\"x\"}") "event: error\ndata: {\"error\":{\"message\":\"Something "
                                      "broke.\",\"code\":\"server_error\"}}\n\n",
         ORX_HTTP_DONE, ORXAQ_KIND_OVERLOADED, "Something broke."},
        {"data: {\"error\":{\"message\":\"too much\",\"code\":\"rate_limit_exceeded\"}}\n\n",
         ORX_HTTP_DONE, ORXAQ_KIND_RATE_LIMIT, "too much"},
        {"{\"error\":\"Unexpected endpoint or method.\"}", ORX_HTTP_DONE, ORXAQ_KIND_PROTOCOL,
         "Unexpected endpoint"},
    };
    for (size_t i = 0; i < ORX_ARRAY_LEN(cases); i++) {
        const reply r = {.status = 200, .body = cases[i].body, .end = cases[i].end};
        talk_turn(t, &r);
        talk_expect(t, cases[i].kind);
        assert_contains(t->result.message, cases[i].message);
        assert_null(strstr(orx_str_cstr(&t->events), "call "));
    }
}

static void what_a_model_could_use_to_fill_memory(void **state) {
    talk *t = *state;
    const reply far = {.status = 200,
                       .body = DELTA("{\"tool_calls\":[{\"index\":4000000000,\"function\":{"
                                     "\"name\":\"f\"}}]}") END("tool_calls") DONE};
    talk_turn(t, &far);
    talk_expect(t, ORXAQ_KIND_PROTOCOL);
    const reply negative = {.status = 200,
                            .body = DELTA("{\"tool_calls\":[{\"index\":-1,\"function\":{"
                                          "\"name\":\"f\"}}]}") END("tool_calls") DONE};
    talk_turn(t, &negative);
    talk_expect(t, ORXAQ_KIND_PROTOCOL);
    orx_str large = {0};
    while (large.len < (size_t)17 << 20)
        orx_str_adds(&large, "{\"a line that belongs to nothing\": 1}\n");
    const reply r = {.status = 200, .body = orx_str_cstr(&large)};
    talk_turn(t, &r);
    talk_expect(t, ORXAQ_KIND_PROTOCOL);
    assert_contains(t->result.message, "too large");
    orx_str_free(&large);
}

static void settings_are_checked(void **state) {
    talk *t = *state;
    assert_contains(talk_refused(t, "{base_url: 'models.example'}"), "must begin with http");
    assert_contains(talk_refused(t, "{api: grpc}"), "api");
    talk_instance(t, "{}");
    uint64_t can = orx_instance_features(t->instance);
    assert_true(can & ORXAQ_CAN_TOOLS && can & ORXAQ_CAN_STREAM && can & ORXAQ_CAN_RUN_LOCALLY);
    talk_instance(t, "{local: false}");
    assert_false(orx_instance_features(t->instance) & ORXAQ_CAN_RUN_LOCALLY);
}

#define T(f) cmocka_unit_test(f)

int main(void) {
    const struct CMUnitTest tests[] = {
        T(a_stream_is_understood),
        T(the_request_says_it_all),
        T(tool_calls_are_put_together),
        T(an_answer_in_one_piece_is_understood),
        T(tokens_that_nobody_counts_are_estimated),
        T(streams_that_end_badly),
        T(what_a_model_could_use_to_fill_memory),
        T(settings_are_checked),
    };
    return cmocka_run_group_tests(tests, talk_setup, talk_teardown);
}

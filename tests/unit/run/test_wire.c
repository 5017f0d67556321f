/* What answers of model servers say about themselves. */
#include "run/wire.h"

#include "data/json.h"
#include "platform/platform.h"

#include "test.h"

#include <stdio.h>

static orx_wire read_all(const char *type, const char *body, size_t step) {
    orx_wire_body b;
    size_t len = strlen(body);
    orx_wire_begin(&b, orx_view_of(type));
    for (size_t i = 0; i < len; i += step)
        orx_wire_bytes(&b, orx_view_mem(body + i, len - i < step ? len - i : step));
    orx_wire_end(&b);
    orx_wire w = b.said;
    orx_wire_free(&b);
    return w;
}

/* Whole, and cut into pieces of every small size. */
static void expect(const char *type, const char *body, const char *model, int64_t input,
                   int64_t cache_read, int64_t cache_write, int64_t output, int64_t reasoning) {
    const int64_t wanted[ORX_TOKEN_CLASSES] = {input, cache_read, cache_write, output, reasoning};
    for (size_t step = 1; step < 40; step++) {
        orx_wire w = read_all(type, body, step);
        assert_string_equal(w.model, model);
        for (int i = 0; i < ORX_TOKEN_CLASSES; i++)
            if (w.tokens[i] != wanted[i])
                fail_msg("class %d: %lld, not %lld, in %s", i, (long long)w.tokens[i],
                         (long long)wanted[i], body);
    }
}

static void test_openai(void **state) {
    (void)state;
    expect("application/json",
           "{\"id\":\"x\",\"object\":\"chat.completion\",\"model\":\"gpt-x\",\"usage\":{"
           "\"prompt_tokens\":100,\"completion_tokens\":30,\"total_tokens\":130,"
           "\"prompt_tokens_details\":{\"cached_tokens\":60},"
           "\"completion_tokens_details\":{\"reasoning_tokens\":10}}}",
           "gpt-x", 40, 60, -1, 20, 10);
    expect(
        "text/event-stream",
        "data: {\"model\":\"m\",\"choices\":[{\"delta\":{\"content\":\"usage\"}}],\"usage\":null}"
        "\n\ndata: {\"model\":\"m\",\"choices\":[],\"usage\":{\"prompt_tokens\":5,"
        "\"completion_tokens\":7}}\n\ndata: [DONE]\n\n",
        "m", 5, -1, -1, 7, -1);
    expect("text/event-stream; charset=utf-8",
           "event: response.created\ndata: {\"type\":\"response.created\",\"response\":{\"model\":"
           "\"gpt-y\",\"usage\":null}}\n\nevent: response.completed\ndata: {\"type\":"
           "\"response.completed\",\"response\":{\"object\":\"response\",\"model\":\"gpt-y\","
           "\"usage\":{\"input_tokens\":90,\"input_tokens_details\":{\"cached_tokens\":80},"
           "\"output_tokens\":12,\"output_tokens_details\":{\"reasoning_tokens\":4}}}}\n\n",
           "gpt-y", 10, 80, -1, 8, 4);
}

static void test_anthropic(void **state) {
    (void)state;
    expect("application/json",
           "{\"type\":\"message\",\"model\":\"claude-x\",\"usage\":{\"input_tokens\":9,"
           "\"cache_creation_input_tokens\":20,\"cache_read_input_tokens\":30,"
           "\"output_tokens\":4}}",
           "claude-x", 9, 30, 20, 4, -1);
    /* The output is stated again and again; each time it is all of it. */
    expect("text/event-stream",
           "event: message_start\ndata: {\"type\":\"message_start\",\"message\":{\"type\":"
           "\"message\",\"model\":\"claude-y\",\"usage\":{\"input_tokens\":11,"
           "\"cache_read_input_tokens\":5,\"output_tokens\":1}}}\n\n"
           "event: message_delta\ndata: {\"type\":\"message_delta\",\"delta\":{},\"usage\":{"
           "\"output_tokens\":17}}\n\n"
           "event: message_delta\ndata: {\"type\":\"message_delta\",\"delta\":{},\"usage\":{"
           "\"output_tokens\":23}}\n\n",
           "claude-y", 11, 5, -1, 23, -1);
}

static void test_gemini(void **state) {
    static const char last[] =
        "{\"candidates\":[],\"modelVersion\":\"gemini-x\",\"usageMetadata\":{\"promptTokenCount\":"
        "50,"
        "\"toolUsePromptTokenCount\":10,\"cachedContentTokenCount\":20,\"candidatesTokenCount\":6,"
        "\"thoughtsTokenCount\":3,\"totalTokenCount\":69}}";
    char text[1024];
    (void)state;
    expect("application/json; charset=UTF-8", last, "gemini-x", 40, 20, -1, 6, 3);
    (void)snprintf(
        text, sizeof text,
        "data: {\"modelVersion\":\"gemini-x\",\"usageMetadata\":{\"promptTokenCount\":50,"
        "\"candidatesTokenCount\":1}}\r\n\r\ndata: %s\r\n\r\n",
        last);
    expect("text/event-stream", text, "gemini-x", 40, 20, -1, 6, 3);
    (void)snprintf(
        text, sizeof text,
        "[{\"usageMetadata\":{\"promptTokenCount\":50,\"candidatesTokenCount\":1}}\n,\n%s]", last);
    expect("application/json", text, "gemini-x", 40, 20, -1, 6, 3);
}

static void test_nothing_to_be_read(void **state) {
    static const char *const bodies[] = {
        "",
        "{",
        "usage",
        "\"usage\"",
        "[]",
        "{\"usage\":7}",
        "{\"usage\":[{\"input_tokens\":1}]}",
        "{\"usage\":{\"input_tokens\":-1,\"output_tokens\":1e300}}",
        "{\"usage\":{\"input_tokens\":9999999999999999,\"output_tokens\":\"5\"}}",
        "<html>\"usage\"</html>",
        "{\"error\":{\"message\":\"no\"},\"usage\":null}",
    };
    (void)state;
    for (size_t i = 0; i < ORX_ARRAY_LEN(bodies); i++) {
        expect("application/json", bodies[i], "", -1, -1, -1, -1, -1);
        orx_wire w = read_all("application/json", bodies[i], 3);
        assert_false(orx_wire_stated(&w));
    }
}

/* More cached than there was is an odd server, but no negative number. */
static void test_odd_sums(void **state) {
    (void)state;
    expect("application/json",
           "{\"usage\":{\"prompt_tokens\":5,\"completion_tokens\":5,"
           "\"prompt_tokens_details\":{\"cached_tokens\":9}}}",
           "", 0, 9, -1, 5, -1);
}

static void test_sums(void **state) {
    orx_wire sum;
    orx_wire none;
    (void)state;
    orx_wire_init(&sum);
    orx_wire_init(&none);
    orx_wire a =
        read_all("application/json",
                 "{\"model\":\"a\",\"usage\":{\"input_tokens\":3,\"output_tokens\":1}}", 9);
    orx_wire_add(&sum, &none);
    assert_false(orx_wire_stated(&sum));
    orx_wire_add(&sum, &a);
    orx_wire_add(&sum, &a);
    orx_wire_add(&sum, &none);
    assert_int_equal(sum.tokens[ORX_TOKENS_INPUT], 6);
    assert_int_equal(sum.tokens[ORX_TOKENS_OUTPUT], 2);
    assert_int_equal(sum.tokens[ORX_TOKENS_REASONING], -1);
    assert_string_equal(sum.model, "a");
}

/* A body that is too long is passed on all the same, only not read. */
static void test_too_long(void **state) {
    orx_wire_body b;
    orx_str piece = {0};
    (void)state;
    orx_wire_begin(&b, orx_view_of("application/json"));
    orx_wire_bytes(&b, orx_view_of("{\"usage\":{\"input_tokens\":3},\"x\":\""));
    for (int i = 0; i < 1 << 16; i++)
        orx_str_addc(&piece, 'x');
    for (int i = 0; i < 300; i++) {
        orx_wire_bytes(&b, orx_str_view(&piece));
        assert_true(b.whole.cap <= (size_t)64 << 20);
    }
    orx_wire_bytes(&b, orx_view_of("\"}"));
    orx_wire_end(&b);
    assert_true(b.too_long);
    assert_false(orx_wire_stated(&b.said));
    orx_wire_free(&b);
    orx_str_free(&piece);
}

static void test_retry_after(void **state) {
    const int64_t now = INT64_C(1445412480) * ORX_SEC; /* Wed, 21 Oct 2015 07:28:00 GMT */
    const struct {
        const char *value;
        int64_t ms;
    } cases[] = {
        {"7", 7000},
        {" 0 ", 0},
        {"99999999999", INT64_C(366) * 24 * 3600 * 1000},
        {"Wed, 21 Oct 2015 07:28:30 GMT", 30000},
        {"Wed, 21 Oct 2015 07:27:00 GMT", 0},
        {"Wed, 21 Oct 2199 07:27:00 GMT", INT64_C(366) * 24 * 3600 * 1000},
        {"Wed, 21 Foo 2015 07:28:30 GMT", -1},
        {"Wed, 99 Oct 2015 07:28:30 GMT", -1},
        {"Wednesday, 21-Oct-15 07:28:00 GMT", -1},
        {"-5", -1},
        {"+5", -1},
        {"7s", -1},
        {"soon", -1},
        {"", -1},
    };
    (void)state;
    for (size_t i = 0; i < ORX_ARRAY_LEN(cases); i++)
        if (orx_wire_retry_after(orx_view_of(cases[i].value), now) != cases[i].ms)
            fail_msg("\"%s\": %lld", cases[i].value,
                     (long long)orx_wire_retry_after(orx_view_of(cases[i].value), now));
    assert_int_equal(orx_wire_retry_after((orx_view){0}, now), -1);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_openai),   cmocka_unit_test(test_anthropic),
        cmocka_unit_test(test_gemini),   cmocka_unit_test(test_nothing_to_be_read),
        cmocka_unit_test(test_odd_sums), cmocka_unit_test(test_sums),
        cmocka_unit_test(test_too_long), cmocka_unit_test(test_retry_after),
    };
    return cmocka_run_group_tests_name("run_wire", tests, NULL, NULL);
}

#include "plugin/frame.h"

#include "test.h"

#include <orxaq/effect.h>

/* Records come out as "text|", a name as "name=", a cut as "~". */
static bool note(void *user, orx_view record, orx_view name, bool cut) {
    orx_str *out = user;
    if (name.len)
        orx_str_addf(out, "%.*s=", ORX_VIEW_ARG(name));
    orx_str_addv(out, record);
    orx_str_adds(out, cut ? "~|" : "|");
    return true;
}

/* Feeds the input in pieces of `piece` bytes. */
static void cut_up(int32_t framing, uint64_t max, const char *input, size_t len, size_t piece,
                   orx_str *out) {
    orx_framer f;
    orx_framer_init(&f, framing, max, note, out);
    for (size_t at = 0; at < len; at += piece)
        orx_framer_add(&f, orx_view_mem(input + at, len - at < piece ? len - at : piece));
    orx_framer_end(&f);
    orx_framer_free(&f);
}

/* The same records whatever the pieces are. */
static void expect(int32_t framing, uint64_t max, const char *input, const char *records) {
    size_t len = strlen(input);
    for (size_t piece = 1; piece <= len; piece++) {
        orx_str out = {0};
        cut_up(framing, max, input, len, piece, &out);
        assert_string_equal(orx_str_cstr(&out), records);
        orx_str_free(&out);
    }
}

static void lines_are_cut_at_line_ends(void **state) {
    (void)state;
    expect(ORXAQ_FRAMING_LINES, 100, "one\ntwo\r\n\nlast", "one|two||last|");
    expect(ORXAQ_FRAMING_LINES, 100, "one\n", "one|");
    expect(ORXAQ_FRAMING_LINES, 100, "a\rb\n", "a\rb|");
}

static void jsonl_leaves_out_empty_lines(void **state) {
    (void)state;
    expect(ORXAQ_FRAMING_JSONL, 100, "\n{\"a\":1}\r\n  \n\r\nno json\n{}", "{\"a\":1}|no json|{}|");
}

static void a_line_beyond_the_limit_is_cut_and_the_next_is_whole(void **state) {
    (void)state;
    expect(ORXAQ_FRAMING_LINES, 4, "abcdefgh\nxy\nabcd\nabcde", "abcd~|xy|abcd|abcd~|");
    expect(ORXAQ_FRAMING_JSONL, 2, "    \n{}\n", "  ~|{}|");
}

static void nul_and_invalid_utf8_pass(void **state) {
    (void)state;
    orx_str out = {0};
    cut_up(ORXAQ_FRAMING_LINES, 100, "a\0b\xff\n", 5, 2, &out);
    assert_int_equal(out.len, 5);
    assert_memory_equal(out.buf, "a\0b\xff|", 5);
    orx_str_free(&out);
}

static void raw_is_what_arrived(void **state) {
    (void)state;
    orx_str out = {0};
    cut_up(ORXAQ_FRAMING_RAW, 4, "abcdefghij", 10, 10, &out);
    assert_string_equal(orx_str_cstr(&out), "abcd|efgh|ij|");
    orx_str_free(&out);
    cut_up(ORXAQ_FRAMING_RAW, 100, "abcdef", 6, 4, &out);
    assert_string_equal(orx_str_cstr(&out), "abcd|ef|");
    orx_str_free(&out);
}

static void none_says_nothing(void **state) {
    (void)state;
    expect(ORXAQ_FRAMING_NONE, 100, "one\ntwo\n", "");
}

static void server_sent_events(void **state) {
    (void)state;
    expect(ORXAQ_FRAMING_SSE, 100, "data: one\n\ndata:two\n\n", "one|two|");
    expect(ORXAQ_FRAMING_SSE, 100, "event: delta\ndata: {\"a\":1}\n\n", "delta={\"a\":1}|");
    expect(ORXAQ_FRAMING_SSE, 100, "data: a\ndata: b\ndata\n\n", "a\nb\n|");
    expect(ORXAQ_FRAMING_SSE, 100, ": comment\nid: 7\nretry: 9\nfoo\ndata:  x\n\n", " x|");
    expect(ORXAQ_FRAMING_SSE, 100, "data: a\r\n\r\ndata: b\r\rdata: c\n\n", "a|b|c|");
}

static void a_byte_order_mark_counts_only_at_the_beginning(void **state) {
    (void)state;
    expect(ORXAQ_FRAMING_SSE, 100,
           "\xEF\xBB\xBF"
           "data: a\n\ndata: b\n\n",
           "a|b|");
    expect(ORXAQ_FRAMING_SSE, 100,
           "data: a\n\n\xEF\xBB\xBF"
           "data: b\n\n",
           "a|");
    expect(ORXAQ_FRAMING_SSE, 100,
           "\xEF\xBB"
           "data: a\ndata: b\n\n",
           "b|");
    expect(ORXAQ_FRAMING_SSE, 7,
           "\xEF\xBB\xBF"
           "data: a\n\n",
           "a|");
}

static void events_without_data_or_end_are_dropped(void **state) {
    (void)state;
    expect(ORXAQ_FRAMING_SSE, 100, "event: ping\n\ndata: a\n\ndata: unfinished\n", "a|");
    /* The name of a dropped event does not stick to the next. */
    expect(ORXAQ_FRAMING_SSE, 100, "event: ping\n\ndata: a\n\n", "a|");
}

static void long_events_are_cut(void **state) {
    (void)state;
    expect(ORXAQ_FRAMING_SSE, 10, "data: 0123456789\n\ndata: ok\n\n", "0123~|ok|");
    expect(ORXAQ_FRAMING_SSE, 10, "data: 012\ndata: 345\ndata: 678\n\n", "012\n345\n67~|");
}

static bool only_first(void *user, orx_view record, orx_view name, bool cut) {
    (void)record;
    (void)name;
    (void)cut;
    ++*(int *)user;
    return false;
}

static void a_receiver_can_stop(void **state) {
    (void)state;
    static const int32_t framings[] = {ORXAQ_FRAMING_RAW, ORXAQ_FRAMING_LINES, ORXAQ_FRAMING_SSE};
    for (size_t i = 0; i < ORX_ARRAY_LEN(framings); i++) {
        int calls = 0;
        orx_framer f;
        orx_framer_init(&f, framings[i], 8, only_first, &calls);
        orx_framer_add(&f, orx_view_of("data: a\n\ndata: b\n\n"));
        orx_framer_add(&f, orx_view_of("data: c\n\n"));
        orx_framer_end(&f);
        orx_framer_free(&f);
        assert_int_equal(calls, 1);
    }
}

static void the_limit_has_a_limit(void **state) {
    (void)state;
    orx_framer f;
    orx_framer_init(&f, ORXAQ_FRAMING_LINES, UINT64_MAX, note, NULL);
    assert_int_equal(f.max, ORXAQ_FRAME_MAX);
    orx_framer_init(&f, ORXAQ_FRAMING_LINES, 0, note, NULL);
    assert_int_equal(f.max, ORXAQ_FRAME_MAX);
    orx_framer_free(&f);
    orx_framer_free(NULL);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_are_cut_at_line_ends),
        cmocka_unit_test(jsonl_leaves_out_empty_lines),
        cmocka_unit_test(a_line_beyond_the_limit_is_cut_and_the_next_is_whole),
        cmocka_unit_test(nul_and_invalid_utf8_pass),
        cmocka_unit_test(raw_is_what_arrived),
        cmocka_unit_test(none_says_nothing),
        cmocka_unit_test(server_sent_events),
        cmocka_unit_test(a_byte_order_mark_counts_only_at_the_beginning),
        cmocka_unit_test(events_without_data_or_end_are_dropped),
        cmocka_unit_test(long_events_are_cut),
        cmocka_unit_test(a_receiver_can_stop),
        cmocka_unit_test(the_limit_has_a_limit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

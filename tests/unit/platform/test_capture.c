#include "platform/proc.h"

#include "test.h"

#include <stdlib.h>
#include <string.h>

static void expect(const orx_capture *c, const char *text) {
    ORX_CLEANUP(orx_str_free) orx_str out = {0};
    orx_capture_text(c, &out);
    assert_string_equal(orx_str_cstr(&out), text);
}

static void keeps_all_when_it_fits(void **state) {
    (void)state;
    orx_capture c = {.head_max = 4, .tail_max = 4};
    expect(&c, "");
    orx_capture_add(&c, orx_view_of("ab"));
    expect(&c, "ab");
    orx_capture_add(&c, orx_view_of("cdef"));
    expect(&c, "abcdef");
    orx_capture_add(&c, orx_view_of("gh"));
    expect(&c, "abcdefgh");
    assert_int_equal(c.total, 8);
    orx_capture_free(&c);
    orx_capture_free(NULL);
}

static void counts_what_falls_out(void **state) {
    (void)state;
    orx_capture c = {.head_max = 4, .tail_max = 4};
    orx_capture_add(&c, orx_view_of("abcdefghi"));
    expect(&c, "abcd\n[... 1 bytes left out ...]\nfghi");
    orx_capture_add(&c, orx_view_of("jk"));
    expect(&c, "abcd\n[... 3 bytes left out ...]\nhijk");
    orx_capture_add(&c, orx_view_of("0123456789"));
    expect(&c, "abcd\n[... 13 bytes left out ...]\n6789");
    orx_capture_free(&c);
    assert_int_equal(c.total, 0);
}

static void head_or_tail_alone(void **state) {
    (void)state;
    orx_capture head = {.head_max = 3};
    orx_capture_add(&head, orx_view_of("abcdef"));
    expect(&head, "abc\n[... 3 bytes left out ...]\n");
    orx_capture tail = {.tail_max = 3};
    orx_capture_add(&tail, orx_view_of("abcdef"));
    expect(&tail, "\n[... 3 bytes left out ...]\ndef");
    orx_capture none = {0};
    orx_capture_add(&none, orx_view_of("abcdef"));
    expect(&none, "\n[... 6 bytes left out ...]\n");
    orx_capture_free(&head);
    orx_capture_free(&tail);
    orx_capture_free(&none);
}

/* Whatever the sizes of the pieces, the result is the same as cutting the whole. */
static void any_pieces_give_the_same(void **state) {
    (void)state;
    char text[2000];
    for (size_t i = 0; i < sizeof text; i++)
        text[i] = (char)(i * 31 + i / 7);
    uint32_t seed = 1;
    for (size_t round = 0; round < 300; round++) {
        orx_capture c = {.head_max = round % 40, .tail_max = round * 7 % 90};
        size_t len = round * 5;
        for (size_t at = 0; at < len;) {
            seed = seed * 1664525 + 1013904223;
            size_t n = seed >> 24;
            n = n > len - at ? len - at : n;
            orx_capture_add(&c, orx_view_mem(text + at, n));
            at += n;
        }
        orx_str want = {0};
        orx_str got = {0};
        size_t head = len < c.head_max ? len : c.head_max;
        size_t tail = len - head < c.tail_max ? len - head : c.tail_max;
        orx_str_add(&want, text, head);
        if (len > head + tail)
            orx_str_addf(&want, "\n[... %zu bytes left out ...]\n", len - head - tail);
        orx_str_add(&want, text + len - tail, tail);
        orx_capture_text(&c, &got);
        assert_int_equal(got.len, want.len);
        assert_memory_equal(got.buf, want.buf, want.len);
        assert_true(c.ring.cap <= 2 * (c.tail_max + 64));
        orx_str_free(&want);
        orx_str_free(&got);
        orx_capture_free(&c);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keeps_all_when_it_fits),
        cmocka_unit_test(counts_what_falls_out),
        cmocka_unit_test(head_or_tail_alone),
        cmocka_unit_test(any_pieces_give_the_same),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

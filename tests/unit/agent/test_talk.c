/* Conversations: how they go out, what is left out of them, and that they come back from the
 * journal as they were. */
#include "agent/steps.h"
#include "agent/talk.h"
#include "platform/files.h"

#include "test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static orx_view v(const char *text) {
    return orx_view_of(text);
}

/* A turn with one call and its result. */
static void turn(orx_talk *t, int number, const char *result) {
    char id[16];
    (void)snprintf(id, sizeof id, "c%d", number);
    const orx_talk_call call = {v(id), v("read_file"), v("{\"path\":\"a\"}")};
    orx_talk_answer(t, v("looking"), &call, 1);
    orx_talk_result(t, v("read_file"), v(id), v(result));
}

static char *long_text(char c) {
    static char text[2001];
    memset(text, c, 2000);
    text[1990] = '\n';
    return text;
}

static void it_goes_out_as_it_was_said(void **state) {
    (void)state;
    orx_talk t = {0};
    orx_arena arena = {0};
    uint32_t n = 0;
    orx_talk_say(&t, ORXAQ_ROLE_SYSTEM, v("tools"));
    orx_talk_say(&t, ORXAQ_ROLE_USER, v("task"));
    turn(&t, 1, "text");
    const orxaq_message *m = orx_talk_messages(&t, &arena, &n);
    assert_int_equal(n, 4);
    assert_int_equal(m[0].role, ORXAQ_ROLE_SYSTEM);
    assert_int_equal(m[2].call_count, 1);
    assert_true(orxaq_view_is(m[2].calls[0].arguments, "{\"path\":\"a\"}"));
    assert_int_equal(m[3].role, ORXAQ_ROLE_TOOL);
    assert_true(orxaq_view_is(m[3].call_id, "c1"));
    orx_talk_free(&t);
    orx_arena_free(&arena);
}

static void one_role_does_not_speak_twice(void **state) {
    (void)state;
    orx_talk t = {0};
    orx_arena arena = {0};
    uint32_t n = 0;
    orx_talk_say(&t, ORXAQ_ROLE_USER, v("task"));
    orx_talk_answer(&t, v("two calls"), NULL, 0);
    orx_talk_result(&t, v("list_dir"), v(""), v("one"));
    orx_talk_result(&t, v("list_dir"), v(""), v("two"));
    orx_talk_say(&t, ORXAQ_ROLE_USER, v("go on"));
    const orxaq_message *m = orx_talk_messages(&t, &arena, &n);
    assert_int_equal(n, 3);
    assert_true(orxaq_view_is(m[2].text, "one\n\ntwo\n\ngo on"));
    orx_talk_free(&t);
    orx_arena_free(&arena);
}

static void the_oldest_results_go_first_and_the_last_turns_stay(void **state) {
    (void)state;
    orx_talk t = {0};
    orx_talk_say(&t, ORXAQ_ROLE_SYSTEM, v("tools"));
    orx_talk_say(&t, ORXAQ_ROLE_USER, v(long_text('t')));
    for (int i = 0; i < 6; i++)
        turn(&t, i, i == 1 ? "short" : long_text((char)('a' + i)));
    size_t before = orx_talk_bytes(&t);
    assert_true(orx_talk_digest(&t));
    assert_true(orx_talk_bytes(&t) < before - 1500);
    assert_int_equal(t.messages.items[1].text.len, 2000); /* the task */
    assert_contains(t.messages.items[3].text.p,
                    "[read_file: 2000 bytes, left out to save room; call it again if needed. Last "
                    "line: aaaaaaaaa]");
    /* A short one is not made longer. */
    assert_true(orx_talk_digest(&t));
    assert_string_equal(t.messages.items[5].text.p, "short");
    assert_true(t.messages.items[7].digested);
    /* Turns 4 to 6 stay. */
    assert_false(orx_talk_digest(&t));
    for (int i = 3; i < 6; i++)
        assert_int_equal(t.messages.items[3 + 2 * i].text.len, 2000);
    orx_talk_free(&t);
}

static void what_was_said_is_never_left_out(void **state) {
    (void)state;
    orx_talk t = {0};
    orx_talk_say(&t, ORXAQ_ROLE_USER, v(long_text('t')));
    for (int i = 0; i < 5; i++) {
        orx_talk_answer(&t, v(long_text('a')), NULL, 0);
        orx_talk_say(&t, ORXAQ_ROLE_USER, v(long_text('u')));
    }
    assert_false(orx_talk_digest(&t));
    orx_talk_free(&t);
}

static void it_is_stored_and_read_back(void **state) {
    (void)state;
    orx_talk t = {0};
    orx_talk back = {0};
    orx_str a = {0};
    orx_str b = {0};
    orx_err err = ORX_ERR_INIT;
    orx_talk_say(&t, ORXAQ_ROLE_USER, v("\"quotes\" and\nlines \xc3\xa4"));
    turn(&t, 1, "result");
    orx_talk_result(&t, v("list_dir"), v(""), v("told as text"));
    orx_talk_write(&t, 0, &a);
    assert_ok(orx_talk_read(&back, orx_str_view(&a), &err), &err);
    orx_talk_write(&back, 0, &b);
    assert_string_equal(a.buf, b.buf);
    assert_int_equal(back.messages.len, 4);
    assert_int_equal(back.messages.items[3].role, ORXAQ_ROLE_USER);
    static const char *const broken[] = {"", "{}", "[1]", "[{\"role\":\"king\"}]",
                                         "[{\"text\":\"x\"}]"};
    for (size_t i = 0; i < sizeof broken / sizeof *broken; i++) {
        assert_int_equal(orx_talk_read(&back, v(broken[i]), &err), ORX_E_CORRUPT);
        assert_int_equal(back.messages.len, 4);
    }
    orx_str_free(&a);
    orx_str_free(&b);
    orx_talk_free(&t);
    orx_talk_free(&back);
}

/* ---- In the journal -------------------------------------------------------------------------- */

static int load(orx_store *s, int64_t call, orx_talk *t) {
    orx_err err = ORX_ERR_INIT;
    int64_t n = orx_steps_load(s, call, t, &err);
    assert_ok((int)n, &err);
    return (int)n;
}

static void steps_are_kept_moved_and_dropped(void **state) {
    (void)state;
    static const orx_store_room *const rooms[] = {&orx_agent_room, NULL};
    char dir[] = "/tmp/orxaq-steps.XXXXXX";
    orx_platform *p = NULL;
    orx_store *s = NULL;
    orx_err err = ORX_ERR_INIT;
    orx_talk t = {0};
    orx_talk back = {0};
    int64_t step = -1;
    assert_non_null(mkdtemp(dir));
    assert_ok(orx_platform_uv_new(&p, &err), &err);
    assert_ok(orx_store_open(p, dir, "primary", rooms, ORX_STORE_CREATE, &s, &err), &err);
    orx_talk_say(&t, ORXAQ_ROLE_USER, v("task"));
    assert_ok(orx_tx_begin(s, &err), &err);
    assert_ok(orx_steps_add(s, 7, &t, 0, &step, &err), &err);
    assert_int_equal(step, 0);
    turn(&t, 1, "result");
    assert_ok(orx_steps_add(s, 7, &t, 1, &step, &err), &err);
    assert_int_equal(step, 1);
    assert_ok(orx_steps_add(s, 8, &t, 0, &step, &err), &err);
    assert_int_equal(step, 0);
    assert_ok(orx_steps_move(s, 7, 9, &err), &err);
    assert_ok(orx_tx_commit(s, &err), &err);
    assert_int_equal(load(s, 7, &back), 0);
    assert_int_equal(load(s, 9, &back), 2);
    assert_int_equal(back.messages.len, 3);
    assert_ok(orx_tx_begin(s, &err), &err);
    assert_ok(orx_steps_drop(s, 9, &err), &err);
    assert_ok(orx_tx_commit(s, &err), &err);
    assert_int_equal(load(s, 9, &back), 0);
    assert_int_equal(load(s, 8, &back), 1);
    orx_store_close(s);
    (void)orx_remove_tree(p, dir, NULL);
    orx_platform_free(p);
    orx_talk_free(&t);
    orx_talk_free(&back);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_goes_out_as_it_was_said),
        cmocka_unit_test(one_role_does_not_speak_twice),
        cmocka_unit_test(the_oldest_results_go_first_and_the_last_turns_stay),
        cmocka_unit_test(what_was_said_is_never_left_out),
        cmocka_unit_test(it_is_stored_and_read_back),
        cmocka_unit_test(steps_are_kept_moved_and_dropped),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

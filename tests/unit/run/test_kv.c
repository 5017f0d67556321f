/* What plugins remember is still there after a restart, each its own, and bounded. */
#include "run/kv.h"

#include "journal.h"

static int put(journal *j, const char *owner, const char *key, const char *value) {
    return orx_run_kv.put(j->s, owner, orx_view_of(key), orx_view_of(value), &j->err);
}

/* Asserts the value; NULL = there is none. */
static void holds(journal *j, const char *owner, const char *key, const char *value) {
    ORX_CLEANUP(orx_str_free) orx_str got = {0};
    orx_str_adds(&got, "before");
    int rc = orx_run_kv.get(j->s, owner, orx_view_of(key), &got, &j->err);
    assert_int_equal(rc, value ? 1 : 0);
    assert_string_equal(orx_str_cstr(&got), value ? value : "before");
}

static void values_survive_a_restart(void **state) {
    journal *j = *state;
    assert_ok(put(j, "codex/main", "a", "1"), &j->err);
    assert_ok(put(j, "codex/main", "b", "2"), &j->err);
    assert_ok(put(j, "codex/main", "a", "3"), &j->err);
    assert_ok(orx_run_kv.remove(j->s, "codex/main", orx_view_of("b"), &j->err), &j->err);
    journal_reopen(j);
    holds(j, "codex/main", "a", "3");
    holds(j, "codex/main", "b", NULL);
}

static void owners_do_not_see_each_other(void **state) {
    journal *j = *state;
    assert_ok(put(j, "codex/main", "k", "mine"), &j->err);
    assert_ok(put(j, "static/main", "k", "yours"), &j->err);
    holds(j, "codex/main", "k", "mine");
    assert_ok(orx_run_kv.remove(j->s, "codex/main", orx_view_of("k"), &j->err), &j->err);
    assert_ok(orx_run_kv.remove(j->s, "codex/main", orx_view_of("k"), &j->err), &j->err);
    holds(j, "codex/main", "k", NULL);
    holds(j, "static/main", "k", "yours");
}

static void bytes_are_kept_as_they_are(void **state) {
    journal *j = *state;
    const orx_view key = {"k\0\xff", 3};
    const orx_view value = {"\0\x80z", 3};
    ORX_CLEANUP(orx_str_free) orx_str got = {0};
    assert_ok(orx_run_kv.put(j->s, "p/i", key, value, &j->err), &j->err);
    assert_ok(orx_run_kv.put(j->s, "p/i", orx_view_of("empty"), (orx_view){0}, &j->err), &j->err);
    journal_reopen(j);
    assert_int_equal(orx_run_kv.get(j->s, "p/i", key, &got, &j->err), 1);
    assert_true(orx_view_eq(orx_str_view(&got), value));
    holds(j, "p/i", "k", NULL);
    holds(j, "p/i", "empty", "");
}

static void the_number_of_keys_is_bounded(void **state) {
    journal *j = *state;
    char key[16];
    assert_ok(orx_tx_begin(j->s, &j->err), &j->err);
    for (int i = 0; i < ORX_KV_KEYS_MAX; i++) {
        (void)snprintf(key, sizeof key, "k%d", i);
        assert_ok(put(j, "p/full", key, "x"), &j->err);
    }
    assert_ok(orx_tx_commit(j->s, &j->err), &j->err);
    assert_int_equal(put(j, "p/full", "one more", "x"), ORX_E_LIMIT);
    assert_ok(put(j, "p/full", "k7", "changed"), &j->err);
    assert_ok(put(j, "p/other", "one more", "x"), &j->err);
    assert_ok(orx_run_kv.remove(j->s, "p/full", orx_view_of("k1"), &j->err), &j->err);
    assert_ok(put(j, "p/full", "one more", "x"), &j->err);
    holds(j, "p/full", "k7", "changed");
}

static void inside_a_transaction_it_is_part_of_it(void **state) {
    journal *j = *state;
    assert_ok(orx_tx_begin(j->s, &j->err), &j->err);
    assert_ok(put(j, "p/i", "k", "undone"), &j->err);
    holds(j, "p/i", "k", "undone");
    orx_tx_rollback(j->s);
    holds(j, "p/i", "k", NULL);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, journal_setup, journal_teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(values_survive_a_restart),
        TEST(owners_do_not_see_each_other),
        TEST(bytes_are_kept_as_they_are),
        TEST(the_number_of_keys_is_bounded),
        TEST(inside_a_transaction_it_is_part_of_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Overrides: they add to one setting for a while, are in the journal, and what could hide who gave
 * them or how long they last is refused. */
#include "money/budget.h"
#include "money/override.h"

#include "data/json.h"
#include "money_world.h"

#include <stdio.h>
#include <stdlib.h>

#define USD  ORX_NANO_USD
#define HOUR (3600 * ORX_SEC)

static const orx_cap day = {
    .span = ORX_CAP_DAY, .name = "", .key = "budget.daily", .amount = 10 * USD};
static const orx_budget ten = {.caps = &day, .count = 1, .warning_ratio = 0.8, .hard_stop = true};

static orx_override more(world *w, int64_t amount, int64_t length) {
    return (orx_override){.key = "budget.daily",
                          .amount = amount,
                          .person = "ada",
                          .reason = "release day",
                          .until_ns = orx_wall_ns(w->p) + length};
}

static int ask(world *w, int64_t amount) {
    orx_reservation r = {.amount = amount, .lane = "l", .provider = "p", .model = "m"};
    return orx_budget_ask(w->s, &ten, &r, &w->err);
}

static void it_adds_to_its_setting_and_no_other(void **state) {
    world *w = *state;
    orx_override o = more(w, 5 * USD, HOUR);
    orx_override other = more(w, 50 * USD, HOUR);
    orx_budget_state st;
    other.key = "budget.monthly";
    assert_int_equal(ask(w, 11 * USD), ORX_E_LIMIT);
    assert_ok(orx_override_give(w->s, &o, &w->err), &w->err);
    assert_ok(orx_override_give(w->s, &other, &w->err), &w->err);
    assert_int_equal(ask(w, 15 * USD), 0);
    assert_int_equal(ask(w, 15 * USD + 1), ORX_E_LIMIT);
    assert_ok(orx_budget_look_at(w->s, &ten, &day, NULL, &st, &w->err), &w->err);
    assert_int_equal(st.limit, 15 * USD);
    o = more(w, USD, HOUR);
    assert_ok(orx_override_give(w->s, &o, &w->err), &w->err);
    assert_int_equal(ask(w, 16 * USD), 0);
}

/* Written into the table, since nobody waits for an hour. */
static void move(world *w, int64_t id, int64_t at, int64_t until) {
    orx_sql *q;
    assert_ok(orx_tx_begin(w->s, &w->err), &w->err);
    assert_ok(orx_sql_get(w->s, "UPDATE budget_override SET at = ?2, until = ?3 WHERE id = ?1", &q,
                          &w->err),
              &w->err);
    orx_sql_int(q, 1, id);
    orx_sql_int(q, 2, at);
    orx_sql_int(q, 3, until);
    assert_int_equal(orx_sql_run(q, &w->err), 1);
    assert_ok(orx_tx_commit(w->s, &w->err), &w->err);
}

static void it_ends(void **state) {
    world *w = *state;
    int64_t now = orx_wall_ns(w->p);
    orx_override o = more(w, 5 * USD, HOUR);
    orx_override *list = NULL;
    assert_ok(orx_override_give(w->s, &o, &w->err), &w->err);
    move(w, o.id, now - 2 * HOUR, now - HOUR);
    assert_int_equal(ask(w, 11 * USD), ORX_E_LIMIT);
    assert_int_equal(orx_override_list(w->s, &w->arena, &list, &w->err), 0);
    move(w, o.id, now + HOUR, now + 2 * HOUR); /* the clock went back */
    assert_int_equal(ask(w, 11 * USD), ORX_E_LIMIT);
    move(w, o.id, now - HOUR, now + HOUR);
    assert_int_equal(ask(w, 11 * USD), 0);
}

static void it_is_taken_back_once(void **state) {
    world *w = *state;
    orx_override o = more(w, 5 * USD, HOUR);
    assert_ok(orx_override_give(w->s, &o, &w->err), &w->err);
    assert_int_equal(orx_override_revoke(w->s, o.id + 1, "ada", &w->err), ORX_E_NOT_FOUND);
    assert_int_equal(ask(w, 11 * USD), 0);
    assert_ok(orx_override_revoke(w->s, o.id, "ada", &w->err), &w->err);
    assert_int_equal(ask(w, 11 * USD), ORX_E_LIMIT);
    assert_int_equal(orx_override_revoke(w->s, o.id, "ada", &w->err), ORX_E_NOT_FOUND);
}

static void is_invalid(world *w, orx_override o) {
    assert_int_equal(orx_override_give(w->s, &o, &w->err), ORX_E_INVALID);
    assert_false(orx_tx_active(w->s));
}

static void nobody_gives_one_without_a_name_a_reason_an_amount_and_an_end(void **state) {
    static char longer[ORX_OVERRIDE_TEXT + 2];
    world *w = *state;
    orx_override *list = NULL;
    memset(longer, 'x', sizeof longer - 1);
    orx_override o = more(w, 5 * USD, HOUR);
    o.person = " ";
    is_invalid(w, o);
    o = more(w, 5 * USD, HOUR);
    o.reason = "";
    is_invalid(w, o);
    o.reason = longer;
    is_invalid(w, o);
    o.reason = "\xff";
    is_invalid(w, o);
    is_invalid(w, more(w, 0, HOUR));
    is_invalid(w, more(w, -1, HOUR));
    is_invalid(w, more(w, ORX_OVERRIDE_MOST + 1, HOUR));
    is_invalid(w, more(w, USD, -HOUR));
    assert_int_equal(orx_override_list(w->s, &w->arena, &list, &w->err), 0);
}

static void the_list_tells_who_and_why(void **state) {
    world *w = *state;
    orx_override *list = NULL;
    orx_override o = more(w, 5 * USD, HOUR);
    orx_override second = more(w, 6 * USD, HOUR);
    assert_ok(orx_override_give(w->s, &o, &w->err), &w->err);
    assert_ok(orx_override_give(w->s, &second, &w->err), &w->err);
    assert_int_equal(orx_override_list(w->s, &w->arena, &list, &w->err), 2);
    assert_int_equal(list[0].id, o.id);
    assert_int_equal(list[0].amount, 5 * USD);
    assert_int_equal(list[0].until_ns, o.until_ns);
    assert_string_equal(list[0].person, "ada");
    assert_string_equal(list[0].reason, "release day");
    assert_int_equal(list[1].id, second.id);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        WORLD_TEST(it_adds_to_its_setting_and_no_other),
        WORLD_TEST(it_ends),
        WORLD_TEST(it_is_taken_back_once),
        WORLD_TEST(nobody_gives_one_without_a_name_a_reason_an_amount_and_an_end),
        WORLD_TEST(the_list_tells_who_and_why),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

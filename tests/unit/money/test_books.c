/* The ledger and its sums: whatever the span, they say what adding up the rows says. */
#include "money/books.h"

#include "platform/files.h"

#include "test.h"

#include <stdio.h>
#include <stdlib.h>

#define HOUR INT64_C(3600000000000)
#define DAY  (24 * HOUR)
/* A call of this number makes the books add up (books.c). */
#define BATCH 128
/* 2026-01-01T00:00:00Z */
#define BEGIN (INT64_C(1767225600) * ORX_SEC)

typedef struct books {
    orx_platform *p;
    char dir[64];
    orx_store *s;
    orx_err err;
    orx_arena arena;
} books;

static int setup(void **state) {
    static const orx_store_room *const rooms[] = {&orx_money_room, NULL};
    books *b = calloc(1, sizeof *b);
    (void)snprintf(b->dir, sizeof b->dir, "/tmp/orxaq-books.XXXXXX");
    assert_non_null(mkdtemp(b->dir));
    assert_ok(orx_platform_uv_new(&b->p, &b->err), &b->err);
    assert_ok(orx_store_open(b->p, b->dir, "primary", rooms, ORX_STORE_CREATE, &b->s, &b->err),
              &b->err);
    *state = b;
    return 0;
}

static int teardown(void **state) {
    books *b = *state;
    orx_store_close(b->s);
    (void)orx_remove_tree(b->p, b->dir, NULL);
    orx_platform_free(b->p);
    orx_arena_free(&b->arena);
    free(b);
    return 0;
}

static orx_spend row_at(int64_t call, int64_t at, int64_t cost) {
    return (orx_spend){.call = call,
                       .attempt = call,
                       .wall_ns = at,
                       .lane = "primary",
                       .task = "t",
                       .provider = "p",
                       .account = "p",
                       .model_asked = "m",
                       .model = "m",
                       .input = 10,
                       .output = 1,
                       .cost = cost,
                       .source = cost < 0 ? ORX_COST_UNKNOWN : ORX_COST_PRICED,
                       .price = ""};
}

static void put(books *b, const orx_spend *r) {
    assert_ok(orx_tx_begin(b->s, &b->err), &b->err);
    assert_ok(orx_books_put(b->s, r, &b->err), &b->err);
    assert_ok(orx_tx_commit(b->s, &b->err), &b->err);
}

static int sums(books *b, int64_t from, int64_t to, orx_spend_by by, orx_spend_sum **rows) {
    int n = orx_books_sum(b->s, from, to, by, &b->arena, rows, &b->err);
    assert_ok(n, &b->err);
    return n;
}

static orx_spend_sum total(books *b, int64_t from, int64_t to) {
    orx_spend_sum *rows = NULL;
    int n = sums(b, from, to, ORX_SPEND_ALL, &rows);
    assert_true(n <= 1);
    return n ? rows[0] : (orx_spend_sum){.key = ""};
}

static void the_begin_counts_and_the_end_does_not(void **state) {
    books *b = *state;
    orx_spend r = row_at(1, BEGIN + 5, 100);
    put(b, &r);
    assert_int_equal(total(b, BEGIN + 5, BEGIN + 6).cost, 100);
    assert_int_equal(total(b, BEGIN, BEGIN + 5).calls, 0);
    assert_int_equal(total(b, BEGIN + 6, BEGIN + DAY).calls, 0);
    assert_int_equal(total(b, BEGIN + 7, BEGIN).calls, 0);
    assert_int_equal(total(b, 0, INT64_MAX).cost, 100);
}

/* A call whose cost is unknown adds its tokens, and is counted as unknown. */
static void unknown_is_not_zero(void **state) {
    books *b = *state;
    orx_spend r = row_at(1, BEGIN, -1);
    put(b, &r);
    orx_spend_sum sum = total(b, BEGIN, BEGIN + DAY);
    assert_int_equal(sum.calls, 1);
    assert_int_equal(sum.unknown, 1);
    assert_int_equal(sum.cost, 0);
    assert_int_equal(sum.input, 10);
}

/* A better number takes the place of the one before, wherever that was summed. */
static void a_row_is_replaced(void **state) {
    books *b = *state;
    orx_spend_sum *rows = NULL;
    orx_spend r = row_at(1, BEGIN + DAY, 100);
    put(b, &r);
    r.cost = 70;
    r.source = ORX_COST_INVOICED;
    r.model = "other";
    r.wall_ns = BEGIN + 2 * DAY;
    put(b, &r);
    put(b, &r);
    assert_int_equal(total(b, 0, INT64_MAX).cost, 70);
    assert_int_equal(total(b, 0, INT64_MAX).calls, 1);
    assert_int_equal(sums(b, 0, BEGIN + 9 * DAY, ORX_SPEND_MODEL, &rows), 1);
    assert_string_equal(rows[0].key, "other");
    assert_int_equal(sums(b, BEGIN + DAY, BEGIN + 2 * DAY, ORX_SPEND_TASK, &rows), 0);
}

/* The same when the first number is in the sums already. */
static void a_row_that_was_added_up_is_replaced(void **state) {
    books *b = *state;
    orx_spend_sum *rows = NULL;
    orx_spend old = row_at(1, BEGIN + DAY, 100);
    orx_spend r = row_at(BATCH, BEGIN + DAY, 5);
    put(b, &old);
    put(b, &r);
    old.cost = -1;
    old.model = "other";
    old.wall_ns = BEGIN + 3 * DAY;
    put(b, &old);
    assert_int_equal(total(b, 0, INT64_MAX).cost, 5);
    assert_int_equal(total(b, 0, INT64_MAX).unknown, 1);
    assert_int_equal(total(b, BEGIN + DAY, BEGIN + 2 * DAY).calls, 1);
    assert_int_equal(sums(b, BEGIN, BEGIN + 9 * DAY, ORX_SPEND_MODEL, &rows), 2);
    assert_int_equal(sums(b, BEGIN + 3 * DAY, BEGIN + 4 * DAY, ORX_SPEND_TASK, &rows), 1);
    put(b, &r);
    assert_int_equal(total(b, 0, INT64_MAX).calls, 2);
}

static void dearest_first(void **state) {
    books *b = *state;
    orx_spend_sum *rows = NULL;
    static const char *const tasks[] = {"b", "a", "dear"};
    for (int i = 0; i < 3; i++) {
        orx_spend r = row_at(i + 1, BEGIN + i * HOUR, i == 2 ? 9 : 5);
        r.task = tasks[i];
        r.lane = i == 2 ? "l1" : "primary";
        put(b, &r);
    }
    assert_int_equal(sums(b, BEGIN, BEGIN + DAY, ORX_SPEND_TASK, &rows), 3);
    assert_string_equal(rows[0].key, "l1/dear");
    assert_string_equal(rows[1].key, "a");
    assert_string_equal(rows[2].key, "b");
    assert_int_equal(sums(b, BEGIN, BEGIN + DAY, ORX_SPEND_LANE, &rows), 2);
    assert_string_equal(rows[0].key, "primary");
    assert_int_equal(rows[0].cost, 10);
}

/* ---- Any span -------------------------------------------------------------------------------- */

static uint64_t next(uint64_t *state) {
    *state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return *state >> 33;
}

enum { ROWS = 400, SPANS = 400 };

static void add_up(const orx_spend *all, int64_t from, int64_t to, orx_spend_sum *ret) {
    *ret = (orx_spend_sum){.key = ""};
    for (int i = 0; i < ROWS; i++) {
        if (all[i].wall_ns < from || all[i].wall_ns >= to)
            continue;
        ret->calls++;
        ret->unknown += all[i].cost < 0;
        ret->input += all[i].input;
        ret->cost += all[i].cost < 0 ? 0 : all[i].cost;
    }
}

static void same(const orx_spend_sum *a, const orx_spend_sum *b) {
    assert_int_equal(a->calls, b->calls);
    assert_int_equal(a->unknown, b->unknown);
    assert_int_equal(a->input, b->input);
    assert_int_equal(a->cost, b->cost);
}

/* All groups of a span together are the span. */
static void same_by_groups(books *b, int64_t from, int64_t to, const orx_spend_sum *whole) {
    for (int by = ORX_SPEND_ALL; by <= ORX_SPEND_EACH; by++) {
        orx_spend_sum *rows = NULL;
        orx_spend_sum sum = {.key = ""};
        int n = sums(b, from, to, (orx_spend_by)by, &rows);
        for (int i = 0; i < n; i++) {
            sum.calls += rows[i].calls;
            sum.unknown += rows[i].unknown;
            sum.input += rows[i].input;
            sum.cost += rows[i].cost;
        }
        same(&sum, whole);
    }
}

/* Times on the edges of hours and days, and beside them, as well as anywhere. */
static int64_t some_time(uint64_t *seed) {
    int64_t hours = (int64_t)(next(seed) % 100);
    int64_t beside = (int64_t)(next(seed) % 3) - 1;
    bool day = next(seed) % 3 == 0;
    bool anywhere = next(seed) % 3 == 0;
    int64_t at = BEGIN + (day ? hours / 24 * DAY : hours * HOUR) + beside;
    return anywhere ? at + (int64_t)(next(seed) % 3600) * ORX_SEC : at;
}

static void any_span_is_the_sum_of_its_rows(void **state) {
    books *b = *state;
    uint64_t seed = 3;
    orx_spend all[ROWS];
    static const char *const names[] = {"a", "b", "c"};
    for (int i = 0; i < ROWS; i++) {
        all[i] = row_at(i + 1, some_time(&seed), (int64_t)(next(&seed) % 1000) - 100);
        all[i].provider = names[next(&seed) % 3];
        all[i].model = names[next(&seed) % 3];
        all[i].lane = names[next(&seed) % 3];
        all[i].task = names[next(&seed) % 3];
    }
    assert_ok(orx_tx_begin(b->s, &b->err), &b->err);
    for (int i = 0; i < ROWS; i++)
        assert_ok(orx_books_put(b->s, &all[i], &b->err), &b->err);
    assert_ok(orx_tx_commit(b->s, &b->err), &b->err);
    for (int i = 0; i < SPANS; i++) {
        int64_t from = some_time(&seed);
        int64_t to = some_time(&seed);
        orx_spend_sum expected;
        orx_spend_sum got = total(b, from, to);
        add_up(all, from, to, &expected);
        same(&got, &expected);
        same_by_groups(b, from, to, &expected);
    }
}

static void sums_can_be_made_anew(void **state) {
    books *b = *state;
    orx_sql *q;
    for (int i = 0; i < 5; i++) {
        orx_spend r = row_at(BATCH - 4 + i, BEGIN + i * DAY, 10 + i);
        put(b, &r);
    }
    assert_ok(orx_tx_begin(b->s, &b->err), &b->err);
    assert_ok(orx_sql_get(b->s, "UPDATE spend_sum SET cost = 7, calls = 3", &q, &b->err), &b->err);
    assert_true(orx_sql_run(q, &b->err) > 0);
    assert_ok(orx_books_anew(b->s, &b->err), &b->err);
    assert_ok(orx_tx_commit(b->s, &b->err), &b->err);
    orx_spend_sum sum = total(b, BEGIN, BEGIN + 5 * DAY);
    assert_int_equal(sum.cost, 60);
    assert_int_equal(sum.calls, 5);
}

#define BOOKS_TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        BOOKS_TEST(the_begin_counts_and_the_end_does_not),
        BOOKS_TEST(unknown_is_not_zero),
        BOOKS_TEST(a_row_is_replaced),
        BOOKS_TEST(a_row_that_was_added_up_is_replaced),
        BOOKS_TEST(dearest_first),
        BOOKS_TEST(any_span_is_the_sum_of_its_rows),
        BOOKS_TEST(sums_can_be_made_anew),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

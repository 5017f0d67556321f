/* Processes that reserve and spend at once and are killed at any moment: together they never pass
 * the cap, and what a dead one had reserved is not free. */
#include "money/books.h"
#include "money/budget.h"
#include "platform/files.h"

#include "test.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#define CAP       (100 * ORX_NANO_USD)
#define WORKERS   8
#define KILLS     60
#define CALLS_MAX 20000 /* the cap is reached long before */
#define ESTIMATE  (ORX_NANO_USD / 5)

static const orx_budget budget = {.cap = CAP, .warning_ratio = 0.8, .hard_stop = true};
static const orx_store_room *const rooms[] = {&orx_money_room, NULL};

static uint64_t next(uint64_t *state) {
    *state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return *state >> 33;
}

static int open_store(const char *dir, orx_platform **ret_p, orx_store **ret_s) {
    orx_err err = ORX_ERR_INIT;
    int rc = orx_platform_uv_new(ret_p, &err);
    return rc < 0 ? rc
                  : orx_store_open(*ret_p, dir, "primary", rooms, ORX_STORE_CREATE, ret_s, &err);
}

/* The next number of a call, in the transaction that reserves for it. */
static int64_t next_call(orx_store *s) {
    orx_err err = ORX_ERR_INIT;
    if (orx_counter_add(s, "torture", 1, &err) < 0)
        return -1;
    return orx_counter_get(s, "torture");
}

/* ---- A worker -------------------------------------------------------------------------------- */

static int reserve(orx_store *s, int64_t amount, int64_t *ret_call) {
    orx_err err = ORX_ERR_INIT;
    int rc = orx_tx_begin(s, &err);
    if (rc < 0)
        return rc;
    *ret_call = next_call(s);
    const orx_reservation r = {
        .call = *ret_call, .amount = amount, .lane = "l", .provider = "p", .model = "m"};
    rc = *ret_call < 0 ? ORX_E_IO : orx_budget_reserve(s, &budget, &r, &err);
    if (rc == 0)
        return orx_tx_commit(s, &err);
    orx_tx_rollback(s);
    return rc;
}

static int settle(orx_store *s, int64_t call, int64_t cost) {
    orx_err err = ORX_ERR_INIT;
    int64_t reserved = 0;
    const orx_spend row = {.call = call,
                           .attempt = call,
                           .wall_ns = orx_wall_ns(orx_store_platform(s)),
                           .lane = "l",
                           .task = "t",
                           .provider = "p",
                           .account = "p",
                           .model_asked = "m",
                           .model = "m",
                           .cost = cost,
                           .source = ORX_COST_PRICED,
                           .price = ""};
    int rc = orx_tx_begin(s, &err);
    if (rc == 0)
        rc = orx_budget_release(s, call, &reserved, &err);
    if (rc == 0)
        rc = orx_books_put(s, &row, &err);
    if (rc == 0)
        return orx_tx_commit(s, &err);
    orx_tx_rollback(s);
    return rc;
}

/* Spends until the budget says no, which is its exit code 6. */
_Noreturn static void work(const char *dir, uint64_t seed) {
    orx_platform *p = NULL;
    orx_store *s = NULL;
    int rc = open_store(dir, &p, &s);
    for (int i = 0; rc == 0 && i < CALLS_MAX; i++) {
        int64_t call = 0;
        int64_t amount = (int64_t)(next(&seed) % (uint64_t)ESTIMATE) + 1;
        rc = reserve(s, amount, &call);
        if (rc == 0)
            rc = settle(s, call, (int64_t)(next(&seed) % (uint64_t)amount));
    }
    _exit(rc == ORX_E_LIMIT ? 6 : 1);
}

static pid_t start_worker(const char *dir, uint64_t seed) {
    pid_t pid = fork();
    if (pid == 0)
        work(dir, seed);
    assert_true(pid > 0);
    return pid;
}

/* ---- The one who looks ----------------------------------------------------------------------- */

static orx_budget_state look(orx_store *s) {
    orx_err err = ORX_ERR_INIT;
    orx_budget_state st = {0};
    assert_ok(orx_budget_look(s, &budget, &st, &err), &err);
    assert_true(st.spent + st.reserved <= CAP);
    return st;
}

static int64_t one_number(orx_store *s, const char *sql) {
    orx_err err = ORX_ERR_INIT;
    orx_sql *q;
    assert_ok(orx_sql_get(s, sql, &q, &err), &err);
    assert_int_equal(orx_sql_step(q, &err), 1);
    int64_t n = orx_sql_col_int(q, 0);
    orx_sql_reset(q);
    return n;
}

static void the_cap_holds_whoever_dies(void **state ORX_UNUSED) {
    char dir[] = "/tmp/orxaq-cap.XXXXXX";
    orx_platform *p = NULL;
    orx_store *s = NULL;
    uint64_t seed = 7;
    pid_t workers[WORKERS];
    assert_non_null(mkdtemp(dir));
    for (int i = 0; i < WORKERS; i++)
        workers[i] = start_worker(dir, next(&seed));
    int kills = 0;
    int refused = 0;
    while (refused < WORKERS) {
        int status = 0;
        int who = (int)(next(&seed) % WORKERS);
        if (kills < KILLS && workers[who]) {
            (void)usleep((useconds_t)(next(&seed) % 4000));
            (void)kill(workers[who], SIGKILL);
            kills++;
        }
        pid_t ended = wait(&status);
        for (int i = 0; i < WORKERS; i++) {
            if (workers[i] != ended)
                continue;
            bool killed = WIFSIGNALED(status);
            assert_true(killed || WEXITSTATUS(status) == 6);
            refused += !killed;
            workers[i] = killed ? start_worker(dir, next(&seed)) : 0;
        }
    }
    assert_ok(open_store(dir, &p, &s), &(orx_err){0});
    orx_budget_state st = look(s);
    /* All of it is used, up to one estimate; sums and rows agree. */
    assert_true(st.spent + st.reserved > CAP - ESTIMATE);
    assert_int_equal(st.spent, one_number(s, "SELECT sum(cost) FROM spend"));
    assert_int_equal(one_number(s, "SELECT count(*) FROM spend WHERE call IN"
                                   " (SELECT call FROM reservation)"),
                     0);
    assert_true(one_number(s, "SELECT count(*) FROM reservation") <= KILLS);
    orx_store_close(s);
    (void)orx_remove_tree(p, dir, NULL);
    orx_platform_free(p);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_cap_holds_whoever_dies),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

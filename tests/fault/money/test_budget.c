/* Processes that reserve and spend at once and are killed at any moment: together they pass no cap,
 * not of the root, of a lane, of a provider or of an account, by more than what calls cost beyond
 * their estimates; and what a dead one had reserved is not free. ORX_BUDGET_CALLS says how many
 * calls there are, 5,000 without. */
#include "money/books.h"
#include "money/budget.h"
#include "platform/files.h"

#include "test.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#define WORKERS    64
#define LANES      4
#define PROVIDERS  3
#define ESTIMATE   (ORX_NANO_USD / 5)
#define LOOK_EVERY 8 /* kills */

static const char *const lanes[LANES] = {"l0", "l1", "l2", "l3"};
static const char *const providers[PROVIDERS] = {"p0", "p1", "p2"};
static const char *const account[] = {"p1", "p2", NULL};

enum { SWARM, OF_LANE, OF_PROVIDER, OF_ACCOUNT, CAPS };

/* Calls cost a quarter of the largest estimate on average: the lane, the provider and the account
 * come to their caps on the way, the root at the end. */
typedef struct world {
    orx_cap caps[CAPS];
    orx_budget budget;
    int64_t calls;
} world;

static void make_world(world *w) {
    const char *text = getenv("ORX_BUDGET_CALLS");
    int64_t calls = text ? strtoll(text, NULL, 10) : 5000;
    int64_t all = calls * (ESTIMATE / 4);
    *w = (world){.calls = calls,
                 .caps = {{.span = ORX_CAP_DAY, .name = "", .key = "daily", .amount = all},
                          {.scope = ORX_CAP_LANE,
                           .span = ORX_CAP_MONTH,
                           .name = lanes[0],
                           .key = "lane",
                           .amount = all / LANES / 2},
                          {.scope = ORX_CAP_PROVIDER,
                           .span = ORX_CAP_DAY,
                           .name = providers[0],
                           .key = "provider",
                           .amount = all / PROVIDERS / 2},
                          {.scope = ORX_CAP_ACCOUNT,
                           .span = ORX_CAP_MONTH,
                           .name = "a",
                           .providers = account,
                           .key = "account",
                           .amount = all * 3}}};
    w->budget =
        (orx_budget){.caps = w->caps, .count = CAPS, .warning_ratio = 0.8, .hard_stop = true};
}

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

/* ---- A worker -------------------------------------------------------------------------------- */

/* r gets the next number of a call. */
static int reserve(orx_store *s, const orx_budget *b, orx_reservation *r) {
    orx_err err = ORX_ERR_INIT;
    int rc = orx_tx_begin(s, &err);
    if (rc == 0)
        rc = orx_counter_add(s, "torture", 1, &err);
    r->call = orx_counter_get(s, "torture");
    if (rc == 0)
        rc = orx_budget_reserve(s, b, r, &err);
    if (rc == 0)
        return orx_tx_commit(s, &err);
    orx_tx_rollback(s);
    return rc;
}

static int extend(orx_store *s, const orx_budget *b, orx_reservation *r, int64_t more) {
    int rc = orx_budget_extend(s, b, r, more, &(orx_err){0});
    return rc == ORX_E_LIMIT ? 0 : rc;
}

/* What a call costs beyond what was reserved for it is counted for each cap that it is under. */
static int count_beyond(orx_store *s, const orx_reservation *r, int64_t beyond, orx_err *err) {
    int rc = orx_counter_add(s, "beyond", beyond, err);
    if (rc == 0)
        rc = orx_counter_add(s, r->lane, beyond, err);
    return rc < 0 ? rc : orx_counter_add(s, r->provider, beyond, err);
}

static int settle(orx_store *s, const orx_reservation *r, int64_t cost) {
    orx_err err = ORX_ERR_INIT;
    int64_t reserved = 0;
    const orx_spend row = {.call = r->call,
                           .attempt = r->call,
                           .wall_ns = orx_wall_ns(orx_store_platform(s)),
                           .lane = r->lane,
                           .task = "t",
                           .provider = r->provider,
                           .account = "a",
                           .model_asked = "m",
                           .model = "m",
                           .cost = cost,
                           .source = ORX_COST_PRICED,
                           .price = ""};
    int rc = orx_tx_begin(s, &err);
    if (rc == 0)
        rc = orx_budget_release(s, r->call, &reserved, &err);
    if (rc == 0 && cost > reserved)
        rc = count_beyond(s, r, cost - reserved, &err);
    if (rc == 0)
        rc = orx_books_put(s, &row, &err);
    if (rc == 0)
        return orx_tx_commit(s, &err);
    orx_tx_rollback(s);
    return rc;
}

/* One call. Some ask for more on the way, and some cost more than they have. */
static int one_call(orx_store *s, const orx_budget *b, uint64_t *seed) {
    orx_reservation r = {.amount = (int64_t)(next(seed) % (uint64_t)ESTIMATE) + 1,
                         .lane = lanes[next(seed) % LANES],
                         .provider = providers[next(seed) % PROVIDERS],
                         .model = "m"};
    int rc = reserve(s, b, &r);
    if (rc == ORX_E_LIMIT)
        return r.refused_by && r.refused_by->scope == ORX_CAP_SWARM ? rc : 0;
    if (rc == 0 && next(seed) % 16 == 0)
        rc = extend(s, b, &r, r.amount);
    int64_t cost = (int64_t)(next(seed) % (uint64_t)r.amount);
    if (next(seed) % 32 == 0)
        cost += r.amount;
    return rc < 0 ? rc : settle(s, &r, cost);
}

/* Spends until the budget of the root says no, which is its exit code 6. */
_Noreturn static void work(const world *w, const char *dir, uint64_t seed) {
    orx_platform *p = NULL;
    orx_store *s = NULL;
    int rc = open_store(dir, &p, &s);
    for (int64_t i = 0; rc == 0 && i < 10 * w->calls; i++)
        rc = one_call(s, &w->budget, &seed);
    _exit(rc == ORX_E_LIMIT ? 6 : 1);
}

static pid_t start_worker(const world *w, const char *dir, uint64_t seed) {
    pid_t pid = fork();
    if (pid == 0)
        work(w, dir, seed);
    assert_true(pid > 0);
    return pid;
}

/* ---- The one who looks ----------------------------------------------------------------------- */

static int64_t one_number(orx_store *s, const char *sql) {
    orx_err err = ORX_ERR_INIT;
    orx_sql *q;
    assert_ok(orx_sql_get(s, sql, &q, &err), &err);
    assert_int_equal(orx_sql_step(q, &err), 1);
    int64_t n = orx_sql_col_int(q, 0);
    orx_sql_reset(q);
    return n;
}

static int64_t beyond_of(orx_store *s, int cap) {
    switch (cap) {
    case OF_LANE:
        return orx_counter_get(s, lanes[0]);
    case OF_PROVIDER:
        return orx_counter_get(s, providers[0]);
    case OF_ACCOUNT:
        return orx_counter_get(s, "p1") + orx_counter_get(s, "p2");
    default:
        return orx_counter_get(s, "beyond");
    }
}

/* At this moment no cap is passed; the states as they are. */
static void look(const world *w, orx_store *s, orx_budget_state st[CAPS]) {
    orx_err err = ORX_ERR_INIT;
    assert_ok(orx_tx_begin(s, &err), &err);
    for (int i = 0; i < CAPS; i++) {
        assert_ok(orx_budget_look_at(s, &w->budget, &w->caps[i], NULL, &st[i], &err), &err);
        assert_true(st[i].spent + st[i].reserved <= w->caps[i].amount + beyond_of(s, i));
    }
    orx_tx_rollback(s);
}

/* Nobody is started while this process has the journal open. */
static void look_once(const world *w, const char *dir) {
    orx_platform *p = NULL;
    orx_store *s = NULL;
    orx_budget_state st[CAPS];
    assert_ok(open_store(dir, &p, &s), &(orx_err){0});
    look(w, s, st);
    orx_store_close(s);
    orx_platform_free(p);
}

/* All of a cap is used, up to one estimate, and no more than estimates were wrong. */
static void is_used_up(const world *w, orx_store *s, int cap, const orx_budget_state *st) {
    int64_t used = st->spent + st->reserved;
    assert_true(used > w->caps[cap].amount - ESTIMATE);
    assert_true(used <= w->caps[cap].amount + beyond_of(s, cap));
}

static void check_end(const world *w, const char *dir, int kills) {
    orx_platform *p = NULL;
    orx_store *s = NULL;
    orx_budget_state st[CAPS];
    assert_ok(open_store(dir, &p, &s), &(orx_err){0});
    look(w, s, st);
    for (int i = 0; i < OF_ACCOUNT; i++)
        is_used_up(w, s, i, &st[i]);
    assert_int_equal(st[SWARM].spent, one_number(s, "SELECT sum(cost) FROM spend"));
    assert_int_equal(st[OF_LANE].spent,
                     one_number(s, "SELECT sum(cost) FROM spend WHERE lane = 'l0'"));
    assert_int_equal(st[OF_ACCOUNT].spent,
                     one_number(s, "SELECT sum(cost) FROM spend WHERE provider > 'p0'"));
    assert_int_equal(one_number(s, "SELECT count(*) FROM spend WHERE call IN"
                                   " (SELECT call FROM reservation)"),
                     0);
    assert_true(one_number(s, "SELECT count(*) FROM reservation") <= kills);
    assert_true(one_number(s, "SELECT count(*) FROM spend") > w->calls / 2);
    orx_store_close(s);
    (void)orx_remove_tree(p, dir, NULL);
    orx_platform_free(p);
}

static void no_cap_is_passed_whoever_dies(void **state ORX_UNUSED) {
    char dir[] = "/tmp/orxaq-cap.XXXXXX";
    world w;
    uint64_t seed = 7;
    pid_t workers[WORKERS];
    make_world(&w);
    assert_non_null(mkdtemp(dir));
    look_once(&w, dir);
    for (int i = 0; i < WORKERS; i++)
        workers[i] = start_worker(&w, dir, next(&seed));
    int kills = 0;
    int refused = 0;
    int kills_max = (int)(w.calls / 20);
    while (refused < WORKERS) {
        int status = 0;
        int who = (int)(next(&seed) % WORKERS);
        if (kills < kills_max && workers[who]) {
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
            if (kills % LOOK_EVERY == 0)
                look_once(&w, dir);
            refused += !killed;
            workers[i] = killed ? start_worker(&w, dir, next(&seed)) : 0;
        }
    }
    check_end(&w, dir, kills);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_cap_is_passed_whoever_dies),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

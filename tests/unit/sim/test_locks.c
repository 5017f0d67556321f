/* Locks of whole files, byte ranges and shared memory, between processes and at their death. */
#include "platform/sim/shm.h"
#include "support.h"

#include <signal.h>
#include <stdio.h>

/* ---- Whole files -------------------------------------------------------------------------- */

static void handles_exclude_each_other(void **state) {
    (void)state;
    world w = world_new(1);
    orx_err err = ORX_ERR_INIT;
    orx_file *a = open_file(w.p, "/lock", RW);
    orx_file *b = open_file(w.p, "/lock", RW);
    orx_file *c = open_file(w.p, "/lock", RW);
    assert_ok(orx_file_lock(w.p, a, ORX_LOCK_EXCLUSIVE, false, &err), &err);
    assert_int_equal(orx_file_lock(w.p, b, ORX_LOCK_EXCLUSIVE, false, &err), ORX_E_BUSY);
    assert_contains(err.msg, "/lock");
    assert_int_equal(orx_file_lock(w.p, b, ORX_LOCK_SHARED, false, &err), ORX_E_BUSY);
    /* Down to shared: others may share now. */
    assert_ok(orx_file_lock(w.p, a, ORX_LOCK_SHARED, false, &err), &err);
    assert_ok(orx_file_lock(w.p, b, ORX_LOCK_SHARED, false, &err), &err);
    assert_int_equal(orx_file_lock(w.p, c, ORX_LOCK_EXCLUSIVE, false, &err), ORX_E_BUSY);
    assert_int_equal(orx_file_lock(w.p, a, ORX_LOCK_EXCLUSIVE, false, &err), ORX_E_BUSY);
    /* The failed attempt to rise left a its share. */
    orx_file_unlock(w.p, b);
    assert_int_equal(orx_file_lock(w.p, c, ORX_LOCK_EXCLUSIVE, false, &err), ORX_E_BUSY);
    assert_ok(orx_file_lock(w.p, a, ORX_LOCK_EXCLUSIVE, false, &err), &err);
    orx_file_unlock(w.p, a);
    orx_file_unlock(w.p, a);
    assert_ok(orx_file_lock(w.p, c, ORX_LOCK_EXCLUSIVE, false, &err), &err);
    orx_file_close(w.p, c);
    assert_ok(orx_file_lock(w.p, b, ORX_LOCK_EXCLUSIVE, false, &err), &err);
    orx_file_close(w.p, a);
    orx_file_close(w.p, b);
    orx_sim_free(w.sim);
}

typedef struct shared {
    int inside;
    int most;
    int total;
    orx_str order;
} shared;

/* Takes the lock over and over and looks whether somebody else is inside. */
static int contender(orx_platform *p, void *user) {
    shared *s = user;
    for (int i = 0; i < 50; i++) {
        orx_file *f = open_file(p, "/lock", RW);
        if (orx_file_lock(p, f, ORX_LOCK_EXCLUSIVE, true, NULL) < 0)
            return 1;
        s->inside++;
        if (s->inside > s->most)
            s->most = s->inside;
        orx_sim_pause(p, ORX_MS);
        put(p, "/work", "x");
        s->total++;
        s->inside--;
        if (i % 2)
            orx_file_unlock(p, f);
        orx_file_close(p, f);
    }
    return 0;
}

static void waiting_processes_enter_one_at_a_time(void **state) {
    (void)state;
    for (uint64_t seed = 0; seed < 10; seed++) {
        world w = world_new(seed);
        shared s = {0};
        for (int i = 0; i < 8; i++)
            orx_sim_spawn(orx_sim_add_process(w.host), contender, &s);
        world_run(&w);
        assert_int_equal(s.most, 1);
        assert_int_equal(s.total, 400);
        orx_sim_free(w.sim);
    }
}

typedef struct turn {
    shared *s;
    int64_t after; /* when it comes */
    int mode;
    char name;
} turn;

static int takes_turn(orx_platform *p, void *user) {
    turn *t = user;
    orx_sim_pause(p, t->after);
    orx_file *f = open_file(p, "/lock", RW);
    if (orx_file_lock(p, f, t->mode, true, NULL) < 0)
        return 1;
    orx_str_addc(&t->s->order, t->name);
    orx_sim_pause(p, 100 * ORX_MS);
    orx_str_addc(&t->s->order, (char)(t->name - 'a' + 'A'));
    orx_file_close(p, f);
    return 0;
}

/* First come, first served, and those that share enter together; so a stream of readers does not
 * keep a writer out. */
static void waiters_are_served_in_order(void **state) {
    (void)state;
    for (uint64_t seed = 0; seed < 10; seed++) {
        world w = world_new(seed);
        shared s = {0};
        turn turns[] = {
            {&s, 0, ORX_LOCK_SHARED, 'a'},
            {&s, 1 * ORX_MS, ORX_LOCK_EXCLUSIVE, 'b'},
            {&s, 2 * ORX_MS, ORX_LOCK_SHARED, 'c'},
            {&s, 3 * ORX_MS, ORX_LOCK_SHARED, 'd'},
            {&s, 4 * ORX_MS, ORX_LOCK_EXCLUSIVE, 'e'},
        };
        for (size_t i = 0; i < ORX_ARRAY_LEN(turns); i++)
            orx_sim_spawn(orx_sim_add_process(w.host), takes_turn, &turns[i]);
        world_run(&w);
        const char *order = orx_str_cstr(&s.order);
        assert_int_equal(s.order.len, 10);
        assert_memory_equal(order, "aAbB", 4);
        assert_memory_equal(order + 8, "eE", 2);
        orx_str_free(&s.order);
        orx_sim_free(w.sim);
    }
}

static int holds_for_ever(orx_platform *p, void *user) {
    (void)user;
    orx_file *f = open_file(p, "/lock", RW);
    (void)orx_file_lock(p, f, ORX_LOCK_EXCLUSIVE, true, NULL);
    orx_loop_sleep(p, 3600 * ORX_SEC);
    return 0;
}

static void the_death_of_the_holder_frees_the_lock(void **state) {
    (void)state;
    world w = world_new(2);
    shared s = {0};
    turn second = {&s, ORX_MS, ORX_LOCK_EXCLUSIVE, 'b'};
    turn third = {&s, 2 * ORX_MS, ORX_LOCK_EXCLUSIVE, 'c'};
    orx_platform *waiter = orx_sim_add_process(w.host);
    orx_sim_spawn(w.p, holds_for_ever, NULL);
    orx_sim_spawn(waiter, takes_turn, &second);
    orx_sim_spawn(orx_sim_add_process(w.host), takes_turn, &third);
    assert_true(orx_sim_run(w.sim, ORX_SEC));
    assert_int_equal(s.order.len, 0);
    /* One that waits dies as well and is skipped. */
    orx_sim_signal(waiter, SIGKILL);
    orx_sim_signal(w.p, SIGKILL);
    world_run(&w);
    assert_string_equal(orx_str_cstr(&s.order), "cC");
    assert_true(orx_sim_now(w.sim) < 2 * ORX_SEC);
    orx_str_free(&s.order);
    orx_sim_free(w.sim);
}

static int waits_while_test_holds(orx_platform *p, void *user) {
    bool *got = user;
    orx_file *f = open_file(p, "/lock", RW);
    *got = orx_file_lock(p, f, ORX_LOCK_EXCLUSIVE, true, NULL) == 0;
    orx_file_close(p, f);
    return 0;
}

static void the_test_can_hold_and_wait_too(void **state) {
    (void)state;
    world w = world_new(2);
    bool got = false;
    orx_file *f = open_file(w.p, "/lock", RW);
    assert_int_equal(orx_file_lock(w.p, f, ORX_LOCK_EXCLUSIVE, false, NULL), 0);
    orx_platform *other = orx_sim_add_process(w.host);
    orx_sim_spawn(other, waits_while_test_holds, &got);
    assert_false(orx_sim_run(w.sim, 0));
    orx_str why = {0};
    orx_sim_explain(w.sim, &why);
    assert_contains(orx_str_cstr(&why), "on alpha waits for the lock of /lock");
    orx_str_free(&why);
    assert_false(got);
    orx_file_unlock(w.p, f);
    world_run(&w);
    assert_true(got);
    orx_sim_spawn(other, holds_for_ever, NULL);
    assert_true(orx_sim_run(w.sim, orx_sim_now(w.sim) + ORX_SEC));
    /* Waiting outside runs the world until the holder is through. */
    assert_int_equal(orx_file_lock(w.p, f, ORX_LOCK_SHARED, true, NULL), 0);
    assert_int_equal(orx_sim_fate_of(other, NULL), ORX_SIM_RETURNED);
    orx_file_close(w.p, f);
    orx_sim_free(w.sim);
}

/* ---- Byte ranges -------------------------------------------------------------------------- */

static int bytes(const world *w, orx_file *f, int64_t at, int64_t len, int mode) {
    return orx_sim_lock_bytes(w->p, f, at, len, mode, NULL);
}

static void byte_locks_conflict_where_they_meet(void **state) {
    (void)state;
    world w = world_new(1);
    orx_err err = ORX_ERR_INIT;
    orx_file *a = open_file(w.p, "/db", RW);
    orx_file *b = open_file(w.p, "/db", RW);
    orx_file *other = open_file(w.p, "/db2", RW);
    assert_int_equal(bytes(&w, a, 10, 10, ORX_LOCK_EXCLUSIVE), 0);
    assert_int_equal(bytes(&w, b, 0, 10, ORX_LOCK_EXCLUSIVE), 0);
    assert_int_equal(bytes(&w, b, 20, 5, ORX_LOCK_SHARED), 0);
    assert_int_equal(bytes(&w, a, 22, 5, ORX_LOCK_SHARED), 0);
    assert_int_equal(bytes(&w, other, 0, 100, ORX_LOCK_EXCLUSIVE), 0);
    assert_int_equal(orx_sim_lock_bytes(w.p, b, 5, 6, ORX_LOCK_SHARED, &err), ORX_E_BUSY);
    assert_contains(err.msg, "/db");
    assert_int_equal(bytes(&w, b, 19, 1, ORX_LOCK_SHARED), ORX_E_BUSY);
    assert_int_equal(bytes(&w, b, 22, 1, ORX_LOCK_EXCLUSIVE), ORX_E_BUSY);
    assert_int_equal(bytes(&w, b, 20, 2, ORX_LOCK_EXCLUSIVE), 0);
    assert_true(orx_sim_bytes_locked(w.p, a, 0, 1, ORX_LOCK_SHARED));
    assert_false(orx_sim_bytes_locked(w.p, b, 0, 1, ORX_LOCK_EXCLUSIVE));
    assert_false(orx_sim_bytes_locked(w.p, a, 22, 3, ORX_LOCK_SHARED));
    assert_true(orx_sim_bytes_locked(w.p, a, 22, 3, ORX_LOCK_EXCLUSIVE));
    /* Not the same thing as the lock of the whole file. */
    assert_int_equal(orx_file_lock(w.p, b, ORX_LOCK_EXCLUSIVE, false, &err), 0);
    orx_file_close(w.p, a);
    assert_int_equal(bytes(&w, b, 0, 100, ORX_LOCK_EXCLUSIVE), 0);
    orx_file_close(w.p, b);
    orx_file_close(w.p, other);
    orx_sim_free(w.sim);
}

static void unlocking_the_middle_leaves_the_ends(void **state) {
    (void)state;
    world w = world_new(1);
    orx_file *a = open_file(w.p, "/db", RW);
    orx_file *b = open_file(w.p, "/db", RW);
    assert_int_equal(bytes(&w, a, 0, 100, ORX_LOCK_EXCLUSIVE), 0);
    assert_int_equal(bytes(&w, a, 40, 20, 0), 0);
    assert_int_equal(bytes(&w, b, 40, 20, ORX_LOCK_EXCLUSIVE), 0);
    assert_int_equal(bytes(&w, b, 39, 1, ORX_LOCK_SHARED), ORX_E_BUSY);
    assert_int_equal(bytes(&w, b, 60, 1, ORX_LOCK_SHARED), ORX_E_BUSY);
    /* Part of it down to shared. */
    assert_int_equal(bytes(&w, a, 90, 10, ORX_LOCK_SHARED), 0);
    assert_int_equal(bytes(&w, b, 90, 10, ORX_LOCK_SHARED), 0);
    assert_int_equal(bytes(&w, b, 89, 1, ORX_LOCK_SHARED), ORX_E_BUSY);
    assert_int_equal(bytes(&w, a, 0, 100, ORX_LOCK_EXCLUSIVE), ORX_E_BUSY);
    assert_int_equal(bytes(&w, a, 0, 100, 0), 0);
    assert_int_equal(bytes(&w, b, 0, 100, ORX_LOCK_EXCLUSIVE), 0);
    orx_file_close(w.p, a);
    orx_file_close(w.p, b);
    orx_sim_free(w.sim);
}

/* Against a table with one cell per byte and handle. */
static void byte_locks_equal_a_plain_table(void **state) {
    (void)state;
    enum { HANDLES = 4, BYTES = 40 };
    world w = world_new(11);
    orx_file *f[HANDLES];
    int held[HANDLES][BYTES] = {{0}};
    for (int i = 0; i < HANDLES; i++)
        f[i] = open_file(w.p, "/db", RW);
    for (int round = 0; round < 5000; round++) {
        int h = (int)orx_sim_draw(w.sim, HANDLES);
        int at = (int)orx_sim_draw(w.sim, BYTES);
        int len = 1 + (int)orx_sim_draw(w.sim, (uint64_t)(BYTES - at));
        int mode = (int)orx_sim_draw(w.sim, 3);
        bool free_ = true;
        for (int i = 0; i < HANDLES; i++)
            for (int b = at; i != h && mode && b < at + len; b++)
                free_ = free_ &&
                        (!held[i][b] || (held[i][b] == ORX_LOCK_SHARED && mode == ORX_LOCK_SHARED));
        assert_int_equal(bytes(&w, f[h], at, len, mode), free_ ? 0 : ORX_E_BUSY);
        for (int b = at; free_ && b < at + len; b++)
            held[h][b] = mode;
    }
    for (int i = 0; i < HANDLES; i++)
        orx_file_close(w.p, f[i]);
    orx_sim_free(w.sim);
}

/* ---- Shared memory ------------------------------------------------------------------------- */

static char *map(orx_platform *p, orx_file *f, uint32_t region, bool extend) {
    void *mem = NULL;
    orx_err err = ORX_ERR_INIT;
    assert_ok(orx_sim_shm_map(p, f, region, 32768, extend, &mem, &err), &err);
    return mem;
}

static void shared_memory_is_shared_until_the_last_user_goes(void **state) {
    (void)state;
    world w = world_new(1);
    orx_err err = ORX_ERR_INIT;
    void *mem = NULL;
    orx_platform *q = orx_sim_add_process(w.host);
    orx_file *a = open_file(w.p, "/db", RW);
    orx_file *b = open_file(q, "/db", RW);
    assert_null(map(w.p, a, 1, false));
    char *one = map(w.p, a, 1, true);
    assert_int_equal(one[0] | one[32767], 0);
    assert_non_null(map(w.p, a, 0, false));
    memcpy(one, "shared", 7);
    assert_ptr_equal(map(q, b, 1, false), one);
    assert_null(map(q, b, 2, false));
    (void)map(q, b, 9, true);
    assert_ptr_equal(map(w.p, a, 1, true), one);
    assert_int_equal(orx_sim_shm_map(q, b, 0, 4096, true, &mem, &err), ORX_E_INVALID);
    assert_int_equal(orx_sim_shm_map(q, b, 0, 0, true, &mem, &err), ORX_E_LIMIT);
    orx_sim_shm_unmap(w.p, a);
    orx_sim_shm_unmap(w.p, a);
    assert_string_equal(map(q, b, 1, false), "shared");
    orx_file_close(q, b);
    assert_null(map(w.p, a, 1, false));
    orx_file_close(w.p, a);
    orx_sim_free(w.sim);
}

static int scribbles(orx_platform *p, void *user) {
    (void)user;
    orx_file *f = open_file(p, "/db", RW);
    char *mem = map(p, f, 0, true);
    memcpy(mem, "half done", 10);
    if (orx_sim_lock_bytes(p, f, 120, 8, ORX_LOCK_EXCLUSIVE, NULL) < 0)
        return 1;
    orx_loop_sleep(p, 3600 * ORX_SEC);
    return 0;
}

static void a_killed_user_leaves_its_bytes_but_not_its_locks(void **state) {
    (void)state;
    world w = world_new(1);
    orx_platform *q = orx_sim_add_process(w.host);
    orx_file *f = open_file(w.p, "/db", RW);
    char *mem = map(w.p, f, 0, true);
    orx_sim_spawn(q, scribbles, NULL);
    assert_true(orx_sim_run(w.sim, ORX_SEC));
    assert_int_equal(bytes(&w, f, 120, 1, ORX_LOCK_SHARED), ORX_E_BUSY);
    orx_sim_signal(q, SIGKILL);
    assert_int_equal(bytes(&w, f, 120, 1, ORX_LOCK_SHARED), 0);
    assert_string_equal(mem, "half done");
    orx_file_close(w.p, f);
    /* In a crash of the host the memory goes with all its users. */
    orx_sim_spawn(q, scribbles, NULL);
    assert_true(orx_sim_run(w.sim, orx_sim_now(w.sim) + ORX_SEC));
    orx_sim_crash_host(w.host, true);
    f = open_file(w.p, "/db", RW);
    assert_null(map(w.p, f, 0, false));
    orx_file_close(w.p, f);
    orx_sim_free(w.sim);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(handles_exclude_each_other),
        cmocka_unit_test(waiting_processes_enter_one_at_a_time),
        cmocka_unit_test(waiters_are_served_in_order),
        cmocka_unit_test(the_death_of_the_holder_frees_the_lock),
        cmocka_unit_test(the_test_can_hold_and_wait_too),
        cmocka_unit_test(byte_locks_conflict_where_they_meet),
        cmocka_unit_test(unlocking_the_middle_leaves_the_ends),
        cmocka_unit_test(byte_locks_equal_a_plain_table),
        cmocka_unit_test(shared_memory_is_shared_until_the_last_user_goes),
        cmocka_unit_test(a_killed_user_leaves_its_bytes_but_not_its_locks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

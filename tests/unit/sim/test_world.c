/* One seed is one world: the same run again, whatever happens in it. */
#include "platform/module.h"
#include "support.h"

#include <stdio.h>

/* A world in which many things happen, to compare two runs of it. */
typedef struct tale {
    orx_str text;
    int rounds;
} tale;

static int agent(orx_sim_prog *prog, void *user) {
    (void)user;
    orx_str in = {0};
    orx_sim_read_input(prog, &in);
    orx_sim_sleep(prog, (int64_t)orx_sim_prog_draw(prog, 50) * ORX_MS);
    for (int i = 0; i < 3; i++)
        orx_sim_printf(prog, ORX_STDOUT, "%s line %d from %s\n", orx_str_cstr(&in), i,
                       orx_sim_argv(prog, 1));
    orx_str_free(&in);
    return (int)orx_sim_prog_draw(prog, 3);
}

static int runner(orx_platform *p, void *user) {
    tale *t = user;
    orx_err err = ORX_ERR_INIT;
    int64_t pid;
    int64_t start;
    orx_pid_self(p, &pid, &start);
    for (int i = 0; i < t->rounds; i++) {
        char who[32];
        (void)snprintf(who, sizeof who, "%lld.%d", (long long)pid, i);
        const char *argv[] = {"/usr/bin/agent", who, NULL};
        orx_proc_spec spec = {.argv = argv, .input = orx_view_of("hello")};
        orx_capture out = {.head_max = 1000};
        orx_proc_result result;
        int rc = orx_proc_run(p, &spec, &out, NULL, &result, &err);
        orx_str line = {0};
        if (rc == 0) {
            orx_str_addf(&line, "%s %lld %d ", who, (long long)orx_mono_ns(p), result.code);
            orx_capture_text(&out, &line);
        }
        (void)orx_append_file(p, "/log", orx_str_view(&line), i % 2, NULL);
        orx_str_addv(&t->text, orx_str_view(&line));
        orx_str_free(&line);
        orx_capture_free(&out);
        orx_loop_sleep(p, ORX_MS * (i % 7));
    }
    return 7;
}

static void tell(uint64_t seed, const orx_sim_faults *faults, orx_str *out, char hash[65]) {
    orx_sim *s = orx_sim_new(seed);
    orx_sim_host *h = orx_sim_add_host(s, "one");
    tale t = {.rounds = 10};
    orx_sim_program(s, "agent", agent, NULL);
    if (faults)
        orx_sim_set_faults(h, faults);
    orx_sim_spawn(orx_sim_platform(h), runner, &t);
    for (int i = 0; i < 3; i++)
        orx_sim_spawn(orx_sim_add_process(h), runner, &t);
    assert_true(orx_sim_run(s, 0));
    orx_sim_trace_hash(s, hash);
    (void)orx_read_file(orx_sim_platform(h), "/log", 1 << 20, out, NULL);
    orx_str_addv(out, orx_str_view(&t.text));
    orx_str_free(&t.text);
    orx_sim_free(s);
}

static void one_seed_is_one_run(void **state) {
    (void)state;
    orx_str a = {0};
    orx_str b = {0};
    orx_str c = {0};
    char ha[65];
    char hb[65];
    char hc[65];
    tell(1, NULL, &a, ha);
    tell(1, NULL, &b, hb);
    tell(2, NULL, &c, hc);
    assert_true(a.len > 1000);
    assert_string_equal(ha, hb);
    assert_string_equal(orx_str_cstr(&a), orx_str_cstr(&b));
    assert_string_not_equal(ha, hc);
    assert_string_not_equal(orx_str_cstr(&a), orx_str_cstr(&c));
    orx_str_free(&a);
    orx_str_free(&b);
    orx_str_free(&c);
}

static void one_seed_is_one_run_with_faults(void **state) {
    (void)state;
    const orx_sim_faults faults = {.crash = 20,
                                   .kill = 50,
                                   .io_error = 200,
                                   .no_space = 100,
                                   .spawn_fails = 300,
                                   .clock_jump = 100,
                                   .slow = 300};
    for (uint64_t seed = 0; seed < 50; seed++) {
        orx_str a = {0};
        orx_str b = {0};
        char ha[65];
        char hb[65];
        tell(seed, &faults, &a, ha);
        tell(seed, &faults, &b, hb);
        assert_string_equal(ha, hb);
        assert_string_equal(orx_str_cstr(&a), orx_str_cstr(&b));
        orx_str_free(&a);
        orx_str_free(&b);
    }
}

/* ---- The trace ---------------------------------------------------------------------------- */

static void record_step(const char *what, uint64_t a, uint64_t b, void *user) {
    orx_str_addf(user, "%s %llu %llu\n", what, (unsigned long long)a, (unsigned long long)b);
}

static void trace_to(uint64_t seed, orx_str *out) {
    orx_sim *s = orx_sim_new(seed);
    orx_sim_host *h = orx_sim_add_host(s, "one");
    tale t = {.rounds = 2};
    orx_sim_program(s, "agent", agent, NULL);
    orx_sim_trace(s, record_step, out);
    orx_sim_spawn(orx_sim_platform(h), runner, &t);
    orx_sim_spawn(orx_sim_add_process(h), runner, &t);
    assert_true(orx_sim_run(s, 0));
    orx_str_free(&t.text);
    orx_sim_free(s);
}

static void the_trace_shows_where_two_seeds_part(void **state) {
    (void)state;
    orx_str a = {0};
    orx_str b = {0};
    orx_str c = {0};
    trace_to(1, &a);
    trace_to(1, &b);
    trace_to(2, &c);
    assert_string_equal(orx_str_cstr(&a), orx_str_cstr(&b));
    assert_string_not_equal(orx_str_cstr(&a), orx_str_cstr(&c));
    assert_contains(orx_str_cstr(&a), "run ");
    assert_contains(orx_str_cstr(&a), "op ");
    assert_contains(orx_str_cstr(&a), "start ");
    orx_str_free(&a);
    orx_str_free(&b);
    orx_str_free(&c);
}

/* ---- Draws -------------------------------------------------------------------------------- */

static int gambler(orx_sim_prog *prog, void *user) {
    orx_str *drawn = user;
    for (int i = 0; i < 5; i++)
        orx_str_addf(drawn, "%llu ", (unsigned long long)orx_sim_prog_draw(prog, 1000));
    return 0;
}

typedef struct table {
    orx_str own;
    orx_str programs;
} table;

static int croupier(orx_platform *p, void *user) {
    table *t = user;
    const char *argv[] = {"gambler", NULL};
    for (int i = 0; i < 10; i++) {
        uint32_t random;
        orx_proc_result result;
        orx_proc_spec spec = {.argv = argv};
        orx_random(p, &random, sizeof random);
        orx_str_addf(&t->own, "%u ", random);
        (void)orx_append_file(p, "/log", orx_view_of("played\n"), true, NULL);
        (void)orx_proc_run(p, &spec, NULL, NULL, &result, NULL);
    }
    return 0;
}

static void play(uint64_t seed, const orx_sim_faults *faults, int others, table *out) {
    orx_sim *s = orx_sim_new(seed);
    orx_sim_host *h = orx_sim_add_host(s, "one");
    orx_sim_program(s, "gambler", gambler, &out->programs);
    orx_sim_program(s, "agent", agent, NULL);
    orx_sim_set_faults(h, faults);
    orx_sim_spawn(orx_sim_platform(h), croupier, out);
    tale t = {.rounds = others};
    orx_sim_spawn(orx_sim_add_process(h), runner, &t);
    assert_true(orx_sim_run(s, 0));
    orx_str_free(&t.text);
    orx_sim_free(s);
}

static void table_free(table *t) {
    orx_str_free(&t->own);
    orx_str_free(&t->programs);
}

static void faults_do_not_change_what_others_draw(void **state) {
    (void)state;
    const orx_sim_faults none = {0};
    const orx_sim_faults some = {.io_error = 2000, .clock_jump = 1000, .slow = 2000};
    for (uint64_t seed = 0; seed < 10; seed++) {
        table a = {{0}, {0}};
        table b = {{0}, {0}};
        table c = {{0}, {0}};
        play(seed, &none, 5, &a);
        play(seed, &some, 5, &b);
        play(seed, &none, 0, &c);
        assert_true(a.programs.len > 100);
        assert_string_equal(orx_str_cstr(&a.own), orx_str_cstr(&b.own));
        assert_string_equal(orx_str_cstr(&a.programs), orx_str_cstr(&b.programs));
        /* Nor does another process that does less. */
        assert_string_equal(orx_str_cstr(&a.own), orx_str_cstr(&c.own));
        assert_string_equal(orx_str_cstr(&a.programs), orx_str_cstr(&c.programs));
        table_free(&a);
        table_free(&b);
        table_free(&c);
    }
}

static void draws_stay_below_their_bound_and_reach_it(void **state) {
    (void)state;
    orx_sim *s = orx_sim_new(42);
    unsigned seen = 0;
    for (int i = 0; i < 1000; i++) {
        uint64_t n = orx_sim_draw(s, 10);
        assert_true(n < 10);
        seen |= 1u << n;
    }
    assert_int_equal(seen, 0x3ff);
    assert_int_equal(orx_sim_draw(s, 1), 0);
    assert_int_equal(orx_sim_draw(s, 0), 0);
    orx_sim_free(s);
}

/* ---- Scheduling --------------------------------------------------------------------------- */

/* Counts in a file by reading, then writing: without a lock a switch in between loses a count. */
static int counts_up(orx_platform *p, void *user) {
    (void)user;
    for (int i = 0; i < 20; i++) {
        orx_str text = {0};
        int64_t n = 0;
        (void)orx_read_file(p, "/count", 100, &text, NULL);
        (void)orx_view_to_i64(orx_str_view(&text), &n);
        orx_str_clear(&text);
        orx_str_addf(&text, "%lld", (long long)n + 1);
        (void)orx_write_replace(p, "/count", orx_str_view(&text), 0644, NULL);
        orx_str_free(&text);
    }
    return 0;
}

static int64_t count_together(uint64_t seed, uint32_t preempt) {
    orx_sim *s = orx_sim_new(seed);
    orx_sim_host *h = orx_sim_add_host(s, "one");
    int64_t n = 0;
    orx_str text = {0};
    orx_sim_set_preempt(s, preempt);
    for (int i = 0; i < 4; i++)
        orx_sim_spawn(orx_sim_add_process(h), counts_up, NULL);
    assert_true(orx_sim_run(s, 0));
    (void)orx_read_file(orx_sim_platform(h), "/count", 100, &text, NULL);
    assert_true(orx_view_to_i64(orx_str_view(&text), &n));
    orx_str_free(&text);
    orx_sim_free(s);
    return n;
}

static void races_are_found_and_preemption_is_a_dial(void **state) {
    (void)state;
    int lost = 0;
    for (uint64_t seed = 0; seed < 20; seed++) {
        assert_int_equal(count_together(seed, 0), 80);
        lost += count_together(seed, 1250) < 80;
    }
    assert_true(lost > 15);
}

/* ---- Modules ------------------------------------------------------------------------------ */

static void exported_function(void) {}

static void another_function(void) {}

static void modules_are_found_by_path(void **state) {
    (void)state;
    orx_sim *s = orx_sim_new(1);
    orx_platform *p = orx_sim_platform(orx_sim_add_host(s, "one"));
    orx_err err = ORX_ERR_INIT;
    orx_module *m = NULL;
    orx_sim_module(s, "/plugins/a.so", "entry", exported_function);
    orx_sim_module(s, "/plugins/a.so", "other", exported_function);
    orx_sim_module(s, "/plugins/a.so", "other", another_function);
    assert_ok(orx_module_open(p, "/plugins/a.so", true, &m, &err), &err);
    assert_ptr_equal(orx_module_function(p, m, "entry"), exported_function);
    assert_ptr_equal(orx_module_function(p, m, "other"), another_function);
    assert_null(orx_module_function(p, m, "none"));
    orx_module_close(p, m);
    orx_module_close(p, NULL);
    m = NULL;
    assert_int_equal(orx_module_open(p, "/plugins/b.so", true, &m, &err), ORX_E_UNSUPPORTED);
    assert_contains(err.msg, "/plugins/b.so");
    assert_int_equal(orx_module_open(p, "a.so", true, &m, &err), ORX_E_INVALID);
    assert_int_equal(orx_module_open(p, "/plugins/a.txt", true, &m, &err), ORX_E_INVALID);
    assert_null(m);
    orx_sim_free(s);
}

/* ---- A journal of records ------------------------------------------------------------------ */

/* The whole at work: several writers append numbered records under a lock, sync, and only then
 * tell the test. Whatever dies and however often: every record that was told is there, once, in one
 * piece. */
enum { WRITERS = 6, RECORD = 40 };

typedef struct ledger {
    orx_str told;
    int next;
} ledger;

static int keeps_books(orx_platform *p, void *user) {
    ledger *l = user;
    orx_file *lock = NULL;
    if (orx_file_open(p, "/lock", RW, 0644, &lock, NULL) < 0)
        return 1;
    for (int i = 0; i < 30; i++) {
        char record[RECORD + 1];
        orx_file_info info;
        orx_file *f = NULL;
        if (orx_file_lock(p, lock, ORX_LOCK_EXCLUSIVE, true, NULL) < 0)
            continue;
        (void)snprintf(record, sizeof record, "%-39d\n", l->next++);
        int rc = orx_file_open(p, "/journal", ORX_OPEN_WRITE, 0, &f, NULL);
        if (rc == 0)
            rc = orx_file_info_of(p, f, &info, NULL);
        /* What a predecessor left half written is overwritten. */
        if (rc == 0)
            rc = orx_file_write(p, f, info.size / RECORD * RECORD, record, RECORD, NULL);
        if (rc == 0)
            rc = orx_file_sync(p, f, NULL);
        if (rc == 0)
            orx_str_add(&l->told, record, RECORD);
        orx_file_close(p, f);
        orx_file_unlock(p, lock);
        orx_loop_sleep(p, ORX_MS);
    }
    return 0;
}

static void keep_books_under_fire(uint64_t seed) {
    orx_sim *s = orx_sim_new(seed);
    orx_sim_host *h = orx_sim_add_host(s, "one");
    orx_platform *p = orx_sim_platform(h);
    orx_platform *writers[WRITERS];
    const orx_sim_faults faults = {
        .crash = 30, .kill = 60, .io_error = 100, .no_space = 100, .slow = 100};
    ledger l = {{0}, 1};
    put(p, "/journal", "");
    orx_sim_settle(h);
    orx_sim_set_faults(h, &faults);
    for (int i = 0; i < WRITERS; i++)
        writers[i] = orx_sim_add_process(h);
    for (int life = 0; life < 6; life++) {
        for (int i = 0; i < WRITERS; i++)
            if (orx_sim_fate_of(writers[i], NULL) != ORX_SIM_RETURNED)
                orx_sim_spawn(writers[i], keeps_books, &l);
        assert_true(orx_sim_run(s, 0));
    }
    orx_str text = {0};
    assert_int_equal(orx_read_file(p, "/journal", 1 << 20, &text, NULL), 0);
    for (size_t i = 0; i < l.told.len; i += RECORD) {
        char record[RECORD + 1] = {0};
        memcpy(record, l.told.buf + i, RECORD);
        int64_t at = orx_view_find(orx_str_view(&text), record);
        if (at < 0 || at % RECORD)
            fail_msg("seed %d: told, but not there: %s", (int)seed, record);
        assert_null(strstr(text.buf + at + 1, record));
    }
    assert_true(l.told.len >= RECORD);
    orx_str_free(&text);
    orx_str_free(&l.told);
    orx_sim_free(s);
}

static void what_was_told_stays_true(void **state) {
    (void)state;
    for (uint64_t seed = 0; seed < 60; seed++)
        keep_books_under_fire(seed);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_seed_is_one_run),
        cmocka_unit_test(one_seed_is_one_run_with_faults),
        cmocka_unit_test(the_trace_shows_where_two_seeds_part),
        cmocka_unit_test(faults_do_not_change_what_others_draw),
        cmocka_unit_test(draws_stay_below_their_bound_and_reach_it),
        cmocka_unit_test(races_are_found_and_preemption_is_a_dial),
        cmocka_unit_test(modules_are_found_by_path),
        cmocka_unit_test(what_was_told_stays_true),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

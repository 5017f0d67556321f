#include "platform/sim/sim.h"

#include "platform/files.h"
#include "platform/loop.h"
#include "platform/proc.h"
#include "test.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>

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

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_seed_is_one_run),
        cmocka_unit_test(one_seed_is_one_run_with_faults),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

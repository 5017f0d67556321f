/* Programs: what they are given, what they say, and how they end by themselves. */
#include "support.h"

#include <signal.h>
#include <stdio.h>

/* Runs a program from outside and keeps what it said. */
typedef struct outcome {
    orx_str out;
    orx_str errs;
    orx_proc_result result;
    int exits;
    int pieces;
    bool done;
} outcome;

static void on_output(orx_proc *proc, orx_stream stream, orx_view bytes, void *user) {
    outcome *o = user;
    assert_non_null(proc);
    assert_true(bytes.len > 0);
    assert_int_equal(o->exits, 0);
    orx_str_addv(stream == ORX_STDOUT ? &o->out : &o->errs, bytes);
    o->pieces++;
}

static void on_exit_(orx_proc *proc, const orx_proc_result *result, void *user) {
    outcome *o = user;
    assert_non_null(proc);
    o->result = *result;
    o->exits++;
    o->done = true;
}

static void outcome_free(outcome *o) {
    orx_str_free(&o->out);
    orx_str_free(&o->errs);
}

static orx_proc *start(orx_platform *p, orx_proc_spec *spec, outcome *o) {
    orx_proc *proc = NULL;
    orx_err err = ORX_ERR_INIT;
    spec->on_output = on_output;
    spec->on_exit = on_exit_;
    spec->user = o;
    assert_ok(orx_proc_start(p, spec, &proc, &err), &err);
    return proc;
}

static void finish(orx_platform *p, orx_proc *proc, const outcome *o) {
    assert_int_equal(orx_loop_until(p, &o->done, 0), 0);
    orx_proc_free(proc);
}

static void run(orx_platform *p, orx_proc_spec *spec, outcome *o) {
    finish(p, start(p, spec, o), o);
}

/* ---- Notes and signals --------------------------------------------------------------------- */

typedef struct heard {
    orx_str notes;
    orx_str out;
    orx_proc_result result;
    bool done;
} heard;

static void hear(orx_proc *proc, orx_stream stream, orx_view bytes, void *user) {
    (void)proc;
    heard *h = user;
    orx_str_addv(stream == ORX_NOTES ? &h->notes : &h->out, bytes);
}

static void hear_end(orx_proc *proc, const orx_proc_result *result, void *user) {
    (void)proc;
    heard *h = user;
    h->result = *result;
    h->done = true;
}

static int tells_its_starter(orx_sim_prog *prog, void *user) {
    (void)user;
    orx_sim_trap(prog, true);
    orx_tell_starter(orx_sim_prog_platform(prog), orx_view_of("READY=1\n"));
    orx_sim_printf(prog, ORX_STDOUT, "out");
    orx_sim_sleep(prog, 1000 * ORX_SEC);
    return orx_sim_stopping(prog) ? 3 : 4;
}

static void notes_and_signals(void **state) {
    (void)state;
    for (int notes = 0; notes < 2; notes++) {
        world w = world_new(7);
        heard h = {0};
        orx_err err = ORX_ERR_INIT;
        const char *argv[] = {"teller", NULL};
        orx_proc_spec spec = {.argv = argv,
                              .notes = notes != 0,
                              .hold = true,
                              .on_output = hear,
                              .on_exit = hear_end,
                              .user = &h};
        orx_proc *proc = NULL;
        orx_sim_program(w.sim, "teller", tells_its_starter, NULL);
        assert_ok(orx_proc_start(w.p, &spec, &proc, &err), &err);
        assert_int_equal(orx_proc_signal(proc, SIGUSR1, &err), ORX_E_INVALID);
        assert_ok(orx_proc_release(proc, &err), &err);
        orx_loop_sleep(w.p, ORX_SEC);
        assert_string_equal(orx_str_cstr(&h.notes), notes ? "READY=1\n" : "");
        assert_string_equal(orx_str_cstr(&h.out), "out");
        assert_ok(orx_proc_signal(proc, SIGUSR1, &err), &err);
        assert_int_equal(orx_loop_until(w.p, &h.done, 0), 0);
        assert_int_equal(h.result.code, 3);
        assert_int_equal(h.result.out_bytes, 3);
        orx_proc_free(proc);
        orx_str_free(&h.notes);
        orx_str_free(&h.out);
        orx_sim_free(w.sim);
    }
}

/* ---- What a program is given --------------------------------------------------------------- */

static int tells_all(orx_sim_prog *prog, void *user) {
    const char *greeting = user;
    orx_sim_printf(prog, ORX_STDOUT, "%s argc=%d", greeting, orx_sim_argc(prog));
    for (int i = 0; orx_sim_argv(prog, i); i++)
        orx_sim_printf(prog, ORX_STDOUT, " %s", orx_sim_argv(prog, i));
    assert_null(orx_sim_argv(prog, -1));
    orx_sim_printf(prog, ORX_STDERR, "A=%s B=%s cwd=%s", orx_sim_getenv(prog, "A"),
                   orx_sim_getenv(prog, "B") ? "set" : "unset", orx_sim_cwd(prog));
    orx_sim_use(prog, 5 * ORX_SEC, 1 << 20);
    return 42;
}

static void a_program_gets_its_arguments_and_environment(void **state) {
    (void)state;
    world w = world_new(1);
    outcome o = {0};
    const char *argv[] = {"/usr/bin/teller", "one", "", "three", NULL};
    const char *env[] = {"AA=no", "A=yes=", NULL};
    assert_int_equal(orx_mkdirs(w.p, "/repo/dir", false, NULL), 0);
    char greeting[] = "hello";
    orx_sim_program(w.sim, "teller", tells_all, greeting);
    orx_sim_set_env(w.host, "B", "of the host");
    orx_proc_spec spec = {.argv = argv, .env = env, .cwd = "/repo/dir"};
    run(w.p, &spec, &o);
    assert_string_equal(orx_str_cstr(&o.out), "hello argc=4 /usr/bin/teller one  three");
    assert_string_equal(orx_str_cstr(&o.errs), "A=yes= B=unset cwd=/repo/dir");
    assert_int_equal(o.result.end, ORX_PROC_EXITED);
    assert_int_equal(o.result.code, 42);
    assert_int_equal(o.result.signal, 0);
    assert_true(o.result.empty);
    assert_int_equal(o.result.out_bytes, o.out.len);
    assert_int_equal(o.result.err_bytes, o.errs.len);
    assert_int_equal(o.result.cpu_user_ns, 5 * ORX_SEC);
    assert_int_equal(o.result.max_rss_bytes, 1 << 20);
    assert_int_equal(o.exits, 1);
    outcome_free(&o);
    orx_sim_free(w.sim);
}

static void the_environment_of_a_host(void **state) {
    (void)state;
    world w = world_new(1);
    assert_null(orx_env(w.p, "HOME"));
    assert_null(orx_environ(w.p)[0]);
    orx_sim_set_env(w.host, "HOME", "/users/u");
    orx_sim_set_env(w.host, "PATH", "/bin");
    orx_sim_set_env(w.host, "HOME", "/users/v");
    assert_string_equal(orx_env(w.p, "HOME"), "/users/v");
    assert_null(orx_env(w.p, "HOM"));
    assert_string_equal(orx_environ(w.p)[0], "PATH=/bin");
    assert_string_equal(orx_environ(w.p)[1], "HOME=/users/v");
    assert_null(orx_environ(w.p)[2]);
    orx_sim_set_env(w.host, "PATH", NULL);
    assert_null(orx_env(w.p, "PATH"));
    assert_null(orx_environ(w.p)[1]);
    orx_sim_free(w.sim);
}

static int uses_files(orx_sim_prog *prog, void *user) {
    (void)user;
    orx_platform *p = orx_sim_prog_platform(prog);
    put(p, "relative", "written by the program");
    assert_file(p, "../other", "from outside");
    return orx_exists(p, "/repo/dir/relative") ? 0 : 1;
}

static void a_program_sees_the_files_of_the_host_from_its_directory(void **state) {
    (void)state;
    world w = world_new(1);
    outcome o = {0};
    const char *argv[] = {"editor", NULL};
    assert_int_equal(orx_mkdirs(w.p, "/repo/dir", false, NULL), 0);
    put(w.p, "/repo/other", "from outside");
    orx_sim_program(w.sim, "editor", uses_files, NULL);
    orx_proc_spec spec = {.argv = argv, .cwd = "/repo/dir"};
    run(w.p, &spec, &o);
    assert_int_equal(o.result.code, 0);
    assert_file(w.p, "/repo/dir/relative", "written by the program");
    outcome_free(&o);
    orx_sim_free(w.sim);
}

static int copies(orx_sim_prog *prog, void *user) {
    (void)user;
    orx_str in = {0};
    orx_sim_read_input(prog, &in);
    orx_sim_print(prog, ORX_STDOUT, orx_str_view(&in));
    orx_str_free(&in);
    return 0;
}

static void standard_input_comes_from_memory_a_file_or_nowhere(void **state) {
    (void)state;
    world w = world_new(1);
    const char *argv[] = {"cat", NULL};
    orx_sim_program(w.sim, "cat", copies, NULL);
    put(w.p, "/input", "from a file");
    const orx_proc_spec specs[] = {{.argv = argv, .input = {"a\0b", 3}},
                                   {.argv = argv, .input_path = "/input"},
                                   {.argv = argv}};
    const orx_view expected[] = {{"a\0b", 3}, {"from a file", 11}, {"", 0}};
    for (size_t i = 0; i < ORX_ARRAY_LEN(specs); i++) {
        outcome o = {0};
        orx_proc_spec spec = specs[i];
        run(w.p, &spec, &o);
        assert_true(orx_view_eq(orx_str_view(&o.out), expected[i]));
        outcome_free(&o);
    }
    orx_proc *proc = NULL;
    orx_err err = ORX_ERR_INIT;
    orx_proc_spec missing = {.argv = argv, .input_path = "/none"};
    assert_int_equal(orx_proc_start(w.p, &missing, &proc, &err), ORX_E_NOT_FOUND);
    assert_contains(err.msg, "/none");
    assert_null(proc);
    orx_sim_free(w.sim);
}

/* Answers each line it reads, in capitals. */
static int answers(orx_sim_prog *prog, void *user) {
    (void)user;
    char c;
    int lines = 0;
    while (orx_sim_read_some(prog, &c, 1) == 1) {
        char up = c >= 'a' && c <= 'z' ? (char)(c - 'a' + 'A') : c;
        orx_sim_print(prog, ORX_STDOUT, (orx_view){&up, 1});
        lines += c == '\n';
    }
    return lines;
}

static void a_program_can_be_talked_to(void **state) {
    (void)state;
    world w = world_new(1);
    outcome o = {0};
    const char *argv[] = {"shell", NULL};
    orx_sim_program(w.sim, "shell", answers, NULL);
    orx_proc_spec spec = {.argv = argv, .input_open = true};
    orx_proc *proc = start(w.p, &spec, &o);
    const char *lines[] = {"first\n", "second line\n", "third\n"};
    size_t expected = 0;
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(orx_proc_write(proc, orx_view_of(lines[i]), NULL), 0);
        expected += strlen(lines[i]);
        while (o.out.len < expected)
            (void)orx_loop_step(w.p, -1);
    }
    assert_false(o.done);
    orx_proc_close_input(proc);
    assert_int_equal(orx_proc_write(proc, orx_view_of("lost"), NULL), 0);
    finish(w.p, proc, &o);
    assert_string_equal(orx_str_cstr(&o.out), "FIRST\nSECOND LINE\nTHIRD\n");
    assert_int_equal(o.result.code, 3);
    outcome_free(&o);
    orx_sim_free(w.sim);
}

static int ignores_input(orx_sim_prog *prog, void *user) {
    (void)user;
    orx_sim_sleep(prog, ORX_SEC);
    return 0;
}

static void input_nobody_reads_is_bounded(void **state) {
    (void)state;
    world w = world_new(1);
    outcome o = {0};
    const char *argv[] = {"deaf", NULL};
    char *big = orx_xcalloc(1, 1 << 20);
    orx_sim_program(w.sim, "deaf", ignores_input, NULL);
    orx_proc_spec spec = {.argv = argv, .input_open = true};
    orx_proc *proc = start(w.p, &spec, &o);
    orx_err err = ORX_ERR_INIT;
    for (int i = 0; i < 16; i++)
        assert_ok(orx_proc_write(proc, (orx_view){big, 1 << 20}, &err), &err);
    assert_int_equal(orx_proc_write(proc, orx_view_of("x"), &err), ORX_E_LIMIT);
    assert_contains(err.msg, "deaf");
    finish(w.p, proc, &o);
    free(big);
    outcome_free(&o);
    orx_sim_free(w.sim);
}

/* ---- Output ------------------------------------------------------------------------------- */

static int floods(orx_sim_prog *prog, void *user) {
    const size_t *total = user;
    char block[1000];
    for (size_t done = 0; done < *total; done += sizeof block) {
        memset(block, 'a' + (int)(done / sizeof block % 26), sizeof block);
        orx_sim_print(prog, ORX_STDOUT, (orx_view){block, sizeof block});
    }
    return 0;
}

static void long_output_arrives_whole_and_in_pieces(void **state) {
    (void)state;
    world w = world_new(1);
    outcome o = {0};
    const char *argv[] = {"flood", NULL};
    size_t total = 2000000;
    orx_sim_program(w.sim, "flood", floods, &total);
    orx_proc_spec spec = {.argv = argv};
    run(w.p, &spec, &o);
    assert_int_equal(o.out.len, total);
    for (size_t i = 0; i < total; i++)
        if (o.out.buf[i] != (char)('a' + i / 1000 % 26))
            fail_msg("byte %zu is wrong", i);
    assert_true(o.pieces > 10);
    outcome_free(&o);
    orx_sim_free(w.sim);
}

/* A program whose output nobody takes waits with a full pipe; it is not a deadlock of the world
 * but the program's own wait. */
static void a_writer_waits_for_its_reader(void **state) {
    (void)state;
    world w = world_new(1);
    outcome o = {0};
    const char *argv[] = {"flood", NULL};
    size_t total = 100000;
    orx_sim_program(w.sim, "flood", floods, &total);
    orx_proc_spec spec = {.argv = argv};
    orx_proc *proc = start(w.p, &spec, &o);
    assert_false(orx_sim_run(w.sim, 0));
    orx_str why = {0};
    orx_sim_explain(w.sim, &why);
    assert_contains(orx_str_cstr(&why), "flood[");
    assert_contains(orx_str_cstr(&why), "waits for room in its output pipe");
    orx_str_free(&why);
    finish(w.p, proc, &o);
    assert_int_equal(o.out.len, total);
    outcome_free(&o);
    orx_sim_free(w.sim);
}

/* However a full pipe is cut, a step gives one piece of it and leaves the rest for the next. */
static void a_step_gives_one_piece(void **state) {
    (void)state;
    for (uint64_t seed = 0; seed < 20; seed++) {
        world w = world_new(seed);
        outcome o = {0};
        const char *argv[] = {"flood", NULL};
        size_t total = 200000;
        orx_sim_program(w.sim, "flood", floods, &total);
        orx_proc_spec spec = {.argv = argv};
        orx_proc *proc = start(w.p, &spec, &o);
        assert_false(orx_sim_run(w.sim, 0));
        for (int i = 1; !o.done; i++) {
            assert_int_equal(orx_loop_step(w.p, -1), 1);
            assert_int_equal(o.pieces + o.exits, i);
        }
        finish(w.p, proc, &o);
        outcome_free(&o);
        orx_sim_free(w.sim);
    }
}

static int prints_two(orx_sim_prog *prog, void *user) {
    (void)user;
    orx_sim_print(prog, ORX_STDOUT, orx_view_of("0123456789"));
    orx_sim_print(prog, ORX_STDOUT, orx_view_of(""));
    return 0;
}

static void pieces_are_cut_differently_by_the_seed(void **state) {
    (void)state;
    int cut = 0;
    int whole = 0;
    for (uint64_t seed = 0; seed < 60; seed++) {
        world w = world_new(seed);
        outcome o = {0};
        const char *argv[] = {"two", NULL};
        orx_sim_program(w.sim, "two", prints_two, NULL);
        orx_proc_spec spec = {.argv = argv};
        run(w.p, &spec, &o);
        assert_string_equal(orx_str_cstr(&o.out), "0123456789");
        cut += o.pieces > 1;
        whole += o.pieces == 1;
        outcome_free(&o);
        orx_sim_free(w.sim);
    }
    assert_true(cut > 5);
    assert_true(whole > 5);
}

static void output_without_a_listener_is_thrown_away(void **state) {
    (void)state;
    world w = world_new(1);
    const char *argv[] = {"flood", NULL};
    size_t total = 200000;
    orx_proc_result result;
    orx_err err = ORX_ERR_INIT;
    orx_sim_program(w.sim, "flood", floods, &total);
    orx_proc_spec spec = {.argv = argv};
    assert_ok(orx_proc_run(w.p, &spec, NULL, NULL, &result, &err), &err);
    assert_int_equal(result.out_bytes, 200000);
    orx_sim_free(w.sim);
}

/* ---- Ends --------------------------------------------------------------------------------- */

static int crashes(orx_sim_prog *prog, void *user) {
    (void)user;
    orx_sim_print(prog, ORX_STDERR, orx_view_of("oops"));
    orx_sim_die(prog, SIGSEGV);
}

static void a_program_can_die_of_a_signal_of_its_own(void **state) {
    (void)state;
    world w = world_new(1);
    outcome o = {0};
    const char *argv[] = {"crasher", NULL};
    orx_sim_program(w.sim, "crasher", crashes, NULL);
    orx_proc_spec spec = {.argv = argv};
    run(w.p, &spec, &o);
    assert_int_equal(o.result.end, ORX_PROC_EXITED);
    assert_int_equal(o.result.code, -1);
    assert_int_equal(o.result.signal, SIGSEGV);
    assert_string_equal(orx_str_cstr(&o.errs), "oops");
    outcome_free(&o);
    orx_sim_free(w.sim);
}

static void what_cannot_be_executed_says_why(void **state) {
    (void)state;
    world w = world_new(1);
    orx_sim_program(w.sim, "cat", copies, NULL);
    const char *unknown[] = {"/usr/bin/nothing-here", NULL};
    const char *cat[] = {"cat", NULL};
    orx_proc_spec specs[] = {{.argv = unknown}, {.argv = cat, .cwd = "/none"}};
    const int codes[] = {127, 126};
    const char *words[] = {"nothing-here", "working directory"};
    for (size_t i = 0; i < 2; i++) {
        outcome o = {0};
        run(w.p, &specs[i], &o);
        assert_int_equal(o.result.end, ORX_PROC_NOT_STARTED);
        assert_int_equal(o.result.code, codes[i]);
        assert_contains(o.result.message, words[i]);
        assert_true(o.result.empty);
        outcome_free(&o);
    }
    orx_sim_free(w.sim);
}

static int starts_many(orx_platform *p, void *user) {
    int *counts = user;
    const char *argv[] = {"cat", NULL};
    for (int i = 0; i < 200; i++) {
        orx_proc_spec spec = {.argv = argv};
        orx_proc_result result;
        if (orx_proc_run(p, &spec, NULL, NULL, &result, NULL) < 0)
            counts[0]++;
        else if (result.end == ORX_PROC_NOT_STARTED)
            counts[1]++;
        else
            counts[2]++;
    }
    return 0;
}

static void starting_fails_in_both_ways_when_drawn(void **state) {
    (void)state;
    world w = world_new(1);
    int counts[3] = {0};
    orx_sim_faults faults = {.spawn_fails = 3000};
    orx_sim_set_faults(w.host, &faults);
    orx_sim_program(w.sim, "cat", copies, NULL);
    orx_sim_spawn(w.p, starts_many, counts);
    world_run(&w);
    assert_in_range(counts[0], 10, 60);
    assert_in_range(counts[1], 10, 60);
    assert_in_range(counts[2], 100, 180);
    orx_sim_free(w.sim);
}

static int sleeps_a_while(orx_sim_prog *prog, void *user) {
    (void)user;
    orx_sim_sleep(prog, 3 * ORX_SEC);
    return 0;
}

static void a_held_program_exists_but_does_not_run(void **state) {
    (void)state;
    world w = world_new(1);
    outcome o = {0};
    int64_t pid;
    int64_t begin;
    const char *argv[] = {"sleeper", NULL};
    orx_sim_program(w.sim, "sleeper", sleeps_a_while, NULL);
    orx_proc_spec spec = {.argv = argv, .hold = true, .total_timeout_ns = 5 * ORX_SEC};
    orx_proc *proc = start(w.p, &spec, &o);
    orx_proc_identity(proc, &pid, &begin);
    assert_true(pid > 1);
    assert_int_equal(orx_pid_state_of(w.p, pid, begin), ORX_PID_ALIVE);
    assert_int_equal(orx_pid_state_of(w.p, pid, begin + 1), ORX_PID_GONE);
    orx_loop_sleep(w.p, 100 * ORX_SEC);
    assert_false(o.done);
    assert_int_equal(orx_proc_release(proc, NULL), 0);
    assert_int_equal(orx_proc_release(proc, NULL), 0);
    finish(w.p, proc, &o);
    /* Deadlines count from the release. */
    assert_int_equal(o.result.end, ORX_PROC_EXITED);
    assert_int_equal(o.result.wall_ns, 3 * ORX_SEC);
    assert_int_equal(orx_pid_state_of(w.p, pid, begin), ORX_PID_GONE);
    outcome_free(&o);
    orx_sim_free(w.sim);
}

static void every_process_has_an_identity_of_its_own(void **state) {
    (void)state;
    enum { N = 20 };
    world w = world_new(1);
    outcome o[N];
    memset(o, 0, sizeof o);
    orx_proc *proc[N];
    int64_t pid[N + 1];
    int64_t begin;
    const char *argv[] = {"sleeper", NULL};
    orx_sim_program(w.sim, "sleeper", sleeps_a_while, NULL);
    orx_pid_self(w.p, &pid[N], &begin);
    assert_int_equal(orx_pid_state_of(w.p, pid[N], begin), ORX_PID_ALIVE);
    for (int i = 0; i < N; i++) {
        orx_proc_spec spec = {.argv = argv};
        proc[i] = start(w.p, &spec, &o[i]);
        orx_proc_identity(proc[i], &pid[i], &begin);
    }
    for (int i = 0; i <= N; i++)
        for (int k = 0; k < i; k++)
            assert_true(pid[i] != pid[k]);
    for (int i = 0; i < N; i++)
        finish(w.p, proc[i], &o[i]);
    orx_sim_free(w.sim);
}

/* Pids come round after 32,000 processes and never meet one that lives. */
static void pids_come_round(void **state) {
    (void)state;
    world w = world_new(1);
    outcome first = {0};
    int64_t kept;
    int64_t kept_start;
    int64_t highest = 0;
    int64_t lowest = INT64_MAX;
    const char *argv[] = {"unknown", NULL};
    orx_proc_spec held = {.argv = argv, .hold = true};
    orx_proc *proc = start(w.p, &held, &first);
    orx_proc_identity(proc, &kept, &kept_start);
    for (int i = 0; i < 40000; i++) {
        int64_t pid;
        int64_t begin;
        outcome o = {0};
        orx_proc_spec spec = {.argv = argv};
        orx_proc *other = start(w.p, &spec, &o);
        orx_proc_identity(other, &pid, &begin);
        assert_true(pid != kept);
        highest = pid > highest ? pid : highest;
        lowest = pid < lowest ? pid : lowest;
        orx_proc_free(other);
    }
    assert_true(lowest > 1);
    assert_in_range(highest, 32000, 32767);
    assert_int_equal(orx_pid_state_of(w.p, kept, kept_start), ORX_PID_ALIVE);
    orx_proc_free(proc);
    assert_int_equal(orx_pid_state_of(w.p, kept, kept_start), ORX_PID_GONE);
    orx_sim_free(w.sim);
}

/* ---- Confinement -------------------------------------------------------------------------- */

static int wanders(orx_sim_prog *prog, void *user) {
    orx_platform *p = orx_sim_prog_platform(prog);
    int *denied = user;
    const char *const paths[] = {"/repo/in", "/repo/deep/in", "/temp/in", "/etc/out", "/out"};
    for (size_t i = 0; i < ORX_ARRAY_LEN(paths); i++)
        *denied += orx_write_new(p, paths[i], orx_view_of("x"), 0644, NULL) == ORX_E_DENIED;
    /* Neither by a link, nor by moving, nor by removing, nor into a file that is there. */
    *denied += orx_write_new(p, "/repo/link/out", orx_view_of("x"), 0644, NULL) == ORX_E_DENIED;
    *denied += orx_rename(p, "/repo/in", "/etc/in", NULL) == ORX_E_DENIED;
    *denied += orx_unlink(p, "/etc/conf", NULL) == ORX_E_DENIED;
    *denied += orx_append_file(p, "/etc/conf", orx_view_of("x"), false, NULL) == ORX_E_DENIED;
    *denied += p->files->mkdir(p, "/etc/dir", 0755, NULL) == ORX_E_DENIED;
    assert_file(p, "/etc/conf", "secret");
    if (orx_sim_argv(prog, 1))
        return 0;
    /* What it starts is confined like itself, whatever it asks for. */
    const char *argv[] = {"wanderer", "again", NULL};
    const char *writable[] = {"/", NULL};
    orx_proc_spec spec = {.argv = argv, .confine = {.landlock = true, .writable = writable}};
    orx_proc_result result;
    return orx_remove_tree(p, "/repo/in", NULL) + orx_remove_tree(p, "/repo/deep/in", NULL) +
           orx_remove_tree(p, "/temp/in", NULL) +
           orx_proc_run(p, &spec, NULL, NULL, &result, NULL) + result.code;
}

static void a_confined_program_writes_only_where_it_may(void **state) {
    (void)state;
    world w = world_new(1);
    outcome o = {0};
    int denied = 0;
    const char *argv[] = {"wanderer", NULL};
    const char *writable[] = {"/repo", "/temp", "/none", NULL};
    const char *dirs[] = {"/repo/deep", "/temp", "/etc"};
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(orx_mkdirs(w.p, dirs[i], false, NULL), 0);
    put(w.p, "/etc/conf", "secret");
    orx_sim_symlink(w.host, "/etc", "/repo/link");
    orx_sim_program(w.sim, "wanderer", wanders, &denied);
    orx_proc_spec spec = {.argv = argv, .confine = {.landlock = true, .writable = writable}};
    run(w.p, &spec, &o);
    assert_int_equal(o.result.code, 0);
    assert_int_equal(denied, 14);
    assert_true(orx_exists(w.p, "/temp/in"));
    outcome_free(&o);
    orx_sim_free(w.sim);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(notes_and_signals),
        cmocka_unit_test(a_program_gets_its_arguments_and_environment),
        cmocka_unit_test(the_environment_of_a_host),
        cmocka_unit_test(a_program_sees_the_files_of_the_host_from_its_directory),
        cmocka_unit_test(standard_input_comes_from_memory_a_file_or_nowhere),
        cmocka_unit_test(a_program_can_be_talked_to),
        cmocka_unit_test(input_nobody_reads_is_bounded),
        cmocka_unit_test(long_output_arrives_whole_and_in_pieces),
        cmocka_unit_test(a_writer_waits_for_its_reader),
        cmocka_unit_test(a_step_gives_one_piece),
        cmocka_unit_test(pieces_are_cut_differently_by_the_seed),
        cmocka_unit_test(output_without_a_listener_is_thrown_away),
        cmocka_unit_test(a_program_can_die_of_a_signal_of_its_own),
        cmocka_unit_test(what_cannot_be_executed_says_why),
        cmocka_unit_test(starting_fails_in_both_ways_when_drawn),
        cmocka_unit_test(a_held_program_exists_but_does_not_run),
        cmocka_unit_test(every_process_has_an_identity_of_its_own),
        cmocka_unit_test(pids_come_round),
        cmocka_unit_test(a_confined_program_writes_only_where_it_may),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* What a program gets: arguments, environment, directory, descriptors, signals; and what we get of
 * it: output byte for byte and the exit code. */
#include "support.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static void exit_codes_are_passed_on(void **state) {
    run r;
    static const char *const codes[] = {"0", "1", "42", "127", "255"};
    for (size_t i = 0; i < ORX_ARRAY_LEN(codes); i++) {
        prepare(&r, *state, "exit", codes[i], NULL);
        run_it(&r);
        assert_int_equal(r.result.end, ORX_PROC_EXITED);
        assert_int_equal(r.result.code, strtol(codes[i], NULL, 10));
        assert_int_equal(r.result.signal, 0);
        assert_true(r.result.empty);
        assert_string_equal(r.result.message, "");
        run_close(&r);
    }
}

static void streams_are_kept_apart(void **state) {
    run r;
    prepare(&r, *state, "both-streams", NULL);
    run_it(&r);
    assert_string_equal(out_of(&r), "to stdout");
    assert_string_equal(errs_of(&r), "to stderr");
    assert_int_equal(r.result.out_bytes, 9);
    assert_int_equal(r.result.err_bytes, 9);
    run_close(&r);
}

static void bytes_are_bytes(void **state) {
    run r;
    prepare(&r, *state, "binary", NULL);
    run_it(&r);
    assert_int_equal(r.out.head.len, 256);
    for (int i = 0; i < 256; i++)
        assert_int_equal((unsigned char)r.out.head.buf[i], i);
    assert_int_equal(r.errs.head.len, 128);
    run_close(&r);
    prepare(&r, *state, "invalid-utf8", NULL);
    run_it(&r);
    assert_string_equal(out_of(&r), "ok \xC3\x28 \xED\xA0\x80 \xFF end");
    run_close(&r);
    prepare(&r, *state, "no-newline", NULL);
    run_it(&r);
    assert_string_equal(out_of(&r), "no newline at the end");
    run_close(&r);
}

static void the_environment_is_exactly_what_was_given(void **state) {
    run r;
    prepare(&r, *state, "print-env", NULL);
    r.env[1] = "B=two words = and more";
    r.env[2] = "A=";
    r.env[3] = "EMOJI=\xF0\x9F\x90\xA7\nline";
    run_it(&r);
    ORX_CLEANUP(orx_str_free) orx_str want = {0};
    orx_str_addf(&want, "%s\nB=two words = and more\nA=\nEMOJI=\xF0\x9F\x90\xA7\nline\n", r.marker);
    assert_string_equal(out_of(&r), orx_str_cstr(&want));
    run_close(&r);
    prepare(&r, *state, "print-env", NULL);
    r.spec.env = NULL;
    run_it(&r);
    assert_string_equal(out_of(&r), "");
    run_close(&r);
}

static void arguments_arrive_unchanged(void **state) {
    run r;
    prepare(&r, *state, "print-args", "", " ", "a b", "$HOME", "*", "\xFF\n", "--", NULL);
    run_it(&r);
    assert_string_equal(out_of(&r), "| |a b|$HOME|*|\xFF\n|--|");
    run_close(&r);
}

/* No descriptor of the core reaches a program, also one that the core forgot to mark. */
static void only_three_descriptors(void **state) {
    run r;
    int leaky = open("/dev/null", O_RDONLY);
    int high = fcntl(leaky, F_DUPFD, 500);
    prepare(&r, *state, "print-fds", NULL);
    run_it(&r);
    assert_string_equal(out_of(&r), "0 1 2 ");
    run_close(&r);
    (void)close(leaky);
    (void)close(high);
}

/* Sets the disposition of a signal that glibc keeps for itself and sigaction(3) therefore refuses:
 * what a program inherits from a supervisor that ignored every number. */
static void set_inherited(int signum, unsigned long handler) {
    const unsigned long action[16] = {handler};
    assert_int_equal(syscall(SYS_rt_sigaction, signum, action, NULL, (size_t)(_NSIG / 8)), 0);
}

static void a_fresh_process_state(void **state) {
    fixture *fx = *state;
    run r;
    sigset_t block;
    sigset_t before;
    (void)sigfillset(&block);
    (void)sigprocmask(SIG_SETMASK, &block, &before);
    void (*old)(int) = signal(SIGUSR1, SIG_IGN);
    set_inherited(32, 1); /* 1 is SIG_IGN; glibc calls these SIGCANCEL and SIGSETXID */
    set_inherited(33, 1);
    mode_t mask = umask(027);
    prepare(&r, fx, "print-state", NULL);
    r.spec.cwd = fx->dir;
    begin(&r);
    (void)umask(mask);
    (void)signal(SIGUSR1, old);
    set_inherited(32, 0);
    set_inherited(33, 0);
    (void)sigprocmask(SIG_SETMASK, &before, NULL);
    finish(&r);
    const char *text = out_of(&r);
    assert_contains(text, "session=own");
    assert_contains(text, "SigBlk:\t0000000000000000");
    assert_contains(text, "SigIgn:\t0000000000000000");
    assert_contains(text, "NoNewPrivs:\t1");
    assert_contains(text, "Umask:\t0027");
    assert_contains(text, orx_arena_printf(&fx->arena, "cwd=%s\n", fx->dir));
    run_close(&r);
}

static void programs_are_found_in_the_given_path(void **state) {
    fixture *fx = *state;
    run r;
    assert_int_equal(symlink(hostile_path(fx), in_dir(fx, "agent-program")), 0);
    prepare(&r, fx, "PATH:agent-program", "exit", "5", NULL);
    r.env[1] = orx_arena_printf(&fx->arena, "PATH=/nowhere:%s:/usr/bin", fx->dir);
    run_it(&r);
    assert_int_equal(r.result.end, ORX_PROC_EXITED);
    assert_int_equal(r.result.code, 5);
    run_close(&r);
    prepare(&r, fx, "PATH:true", NULL);
    r.env[1] = NULL; /* no PATH: the usual places */
    run_it(&r);
    assert_int_equal(r.result.code, 0);
    run_close(&r);
}

/* Empty and relative entries would run whatever lies in the working directory. */
static void the_working_directory_is_not_searched(void **state) {
    fixture *fx = *state;
    run r;
    assert_int_equal(symlink(hostile_path(fx), in_dir(fx, "agent-program")), 0);
    static const char *const paths[] = {"PATH=", "PATH=:", "PATH=.:/usr/bin", "PATH=/usr/bin:"};
    for (size_t i = 0; i < ORX_ARRAY_LEN(paths); i++) {
        prepare(&r, fx, "PATH:agent-program", "exit", "5", NULL);
        r.env[1] = paths[i];
        r.spec.cwd = fx->dir;
        run_it(&r);
        assert_int_equal(r.result.end, ORX_PROC_NOT_STARTED);
        assert_int_equal(r.result.code, 127);
        run_close(&r);
    }
}

typedef struct refusal {
    const char *program;
    int code;
    const char *says;
} refusal;

static void refused(fixture *fx, const refusal *want) {
    run r;
    prepare(&r, fx, want->program, NULL);
    if (strncmp(want->program, "PATH:", 5) == 0)
        r.env[1] = orx_arena_printf(&fx->arena, "PATH=%s", fx->dir);
    run_it(&r);
    assert_int_equal(r.result.end, ORX_PROC_NOT_STARTED);
    assert_int_equal(r.result.code, want->code);
    assert_contains(r.result.message, want->says);
    assert_true(r.result.empty);
    run_close(&r);
}

static void a24_why_a_program_did_not_start(void **state) {
    fixture *fx = *state;
    spit(fx, in_dir(fx, "plain"), "just text\n");
    spit(fx, in_dir(fx, "text"), "just text\n");
    spit(fx, in_dir(fx, "script"), "#!/no/such/interpreter\n");
    assert_int_equal(chmod(in_dir(fx, "text"), 0755), 0);
    assert_int_equal(chmod(in_dir(fx, "script"), 0755), 0);
    assert_int_equal(mkdir(in_dir(fx, "folder"), 0755), 0);
    const refusal cases[] = {
        {"PATH:no-such-agent", 127, "program 'no-such-agent' was not found"},
        {in_dir(fx, "none"), 127, in_dir(fx, "none")},
        {in_dir(fx, "plain"), 126, "EACCES"},
        {in_dir(fx, "text"), 126, "#!"},
        {in_dir(fx, "script"), 126, "interpreter"},
        {in_dir(fx, "folder"), 126, "directory"},
        {"PATH:plain", 126, "EACCES"},
        {"PATH:script", 126, "interpreter"},
    };
    for (size_t i = 0; i < ORX_ARRAY_LEN(cases); i++)
        refused(fx, &cases[i]);
}

static void a_missing_directory_is_named(void **state) {
    fixture *fx = *state;
    run r;
    prepare(&r, fx, "exit", "0", NULL);
    r.spec.cwd = in_dir(fx, "gone");
    run_it(&r);
    assert_int_equal(r.result.end, ORX_PROC_NOT_STARTED);
    assert_int_equal(r.result.code, 126);
    assert_contains(r.result.message, "working directory");
    assert_contains(r.result.message, "gone");
    run_close(&r);
}

static void too_large_arguments_are_explained(void **state) {
    fixture *fx = *state;
    run r;
    ORX_CLEANUP(orx_str_free) orx_str big = {0};
    for (int i = 0; i < 300000; i++)
        orx_str_addc(&big, 'x');
    prepare(&r, fx, "print-args", orx_str_cstr(&big), NULL);
    run_it(&r);
    assert_int_equal(r.result.end, ORX_PROC_NOT_STARTED);
    assert_contains(r.result.message, "too large");
    run_close(&r);
    for (int i = 0; i < 9000000; i++)
        orx_str_addc(&big, 'x');
    prepare(&r, fx, "print-args", orx_str_cstr(&big), NULL);
    assert_int_equal(orx_proc_start(fx->p, &r.spec, &r.proc, &fx->err), ORX_E_LIMIT);
    assert_contains(fx->err.msg, "hostile");
    assert_null(r.proc);
    run_close(&r);
}

static void nonsense_is_refused_before_anything_runs(void **state) {
    fixture *fx = *state;
    orx_proc *proc = NULL;
    const char *none[] = {NULL};
    const char *empty[] = {"", NULL};
    orx_proc_spec spec = {.argv = none};
    assert_int_equal(orx_proc_start(fx->p, &spec, &proc, &fx->err), ORX_E_INVALID);
    spec.argv = empty;
    assert_int_equal(orx_proc_start(fx->p, &spec, &proc, &fx->err), ORX_E_INVALID);
    const char *yes[] = {"/bin/true", NULL};
    spec.argv = yes;
    spec.first_signal = 1000;
    assert_int_equal(orx_proc_start(fx->p, &spec, &proc, &fx->err), ORX_E_INVALID);
    assert_contains(fx->err.msg, "1000");
    spec.first_signal = 0;
    spec.confine.writable = (const char *[]){"relative", NULL};
    assert_int_equal(orx_proc_start(fx->p, &spec, &proc, &fx->err), ORX_E_INVALID);
    assert_contains(fx->err.msg, "relative");
    spec.confine.writable = NULL;
    spec.confine.hidden = "relative";
    assert_int_equal(orx_proc_start(fx->p, &spec, &proc, &fx->err), ORX_E_INVALID);
    assert_contains(fx->err.msg, "not absolute");
    spec.confine.hidden = NULL;
    spec.input = orx_view_of("x");
    spec.input_open = true;
    assert_int_equal(orx_proc_start(fx->p, &spec, &proc, &fx->err), ORX_E_INVALID);
    assert_null(proc);
}

static void usage_is_measured(void **state) {
    run r;
    prepare(&r, *state, "spin", NULL);
    r.spec.total_timeout_ns = 200 * ORX_MS;
    run_it(&r);
    assert_true(r.result.cpu_user_ns > 0);
    assert_true(r.result.max_rss_bytes > 100 * 1024L);
    assert_true(r.result.wall_ns >= 200 * ORX_MS);
    run_close(&r);
}

static void the_whole_run_captures(void **state) {
    fixture *fx = *state;
    const char *argv[] = {hostile_path(fx), "both-streams", NULL};
    orx_proc_spec spec = {.argv = argv};
    orx_capture out = {.head_max = 4, .tail_max = 2};
    orx_proc_result result;
    assert_ok(orx_proc_run(fx->p, &spec, &out, NULL, &result, &fx->err), &fx->err);
    assert_int_equal(result.code, 0);
    ORX_CLEANUP(orx_str_free) orx_str text = {0};
    orx_capture_text(&out, &text);
    assert_string_equal(orx_str_cstr(&text), "to s\n[... 3 bytes left out ...]\nut");
    orx_capture_free(&out);
}

/* As some supervisors start theirs. */
static void a_core_without_standard_streams(void **state) {
    fixture *fx = *state;
    orx_platform *p = NULL;
    orx_proc_result result = {0};
    const char *argv[] = {hostile_path(fx), "both-streams", NULL};
    orx_proc_spec spec = {.argv = argv};
    orx_capture out = {.head_max = 64};
    int kept[3] = {-1, -1, -1};
    for (int fd = 0; fd <= 2; fd++) {
        kept[fd] = fcntl(fd, F_DUPFD_CLOEXEC, 20);
        assert_int_equal(close(fd), 0);
    }
    int rc = orx_platform_uv_new(&p, &fx->err);
    if (rc == 0)
        rc = orx_proc_run(p, &spec, &out, NULL, &result, &fx->err);
    orx_platform_free(p);
    for (int fd = 0; fd <= 2; fd++) {
        assert_int_equal(dup2(kept[fd], fd), fd);
        assert_int_equal(close(kept[fd]), 0);
    }
    assert_ok(rc, &fx->err);
    assert_int_equal(result.out_bytes, 9);
    assert_int_equal(result.err_bytes, 9);
    orx_capture_free(&out);
}

static void many_at_once(void **state) {
    fixture *fx = *state;
    enum { N = 24 };
    run *r = orx_xcalloc(N, sizeof *r);
    for (int i = 0; i < N; i++) {
        prepare(&r[i], fx, "exit", orx_arena_printf(&fx->arena, "%d", i), NULL);
        begin(&r[i]);
    }
    for (int i = 0; i < N; i++) {
        finish(&r[i]);
        assert_int_equal(r[i].result.code, i);
        run_close(&r[i]);
    }
    free(r);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(exit_codes_are_passed_on),
        TEST(streams_are_kept_apart),
        TEST(bytes_are_bytes),
        TEST(the_environment_is_exactly_what_was_given),
        TEST(arguments_arrive_unchanged),
        TEST(only_three_descriptors),
        TEST(a_fresh_process_state),
        TEST(programs_are_found_in_the_given_path),
        TEST(the_working_directory_is_not_searched),
        TEST(a24_why_a_program_did_not_start),
        TEST(a_missing_directory_is_named),
        TEST(too_large_arguments_are_explained),
        TEST(nonsense_is_refused_before_anything_runs),
        TEST(usage_is_measured),
        TEST(the_whole_run_captures),
        TEST(a_core_without_standard_streams),
        TEST(many_at_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

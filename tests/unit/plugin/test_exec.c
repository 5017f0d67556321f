/* Programs of jobs: what they get, what is heard of them, how they end. */
#include "jobs.h"
#include "test.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static orxaq_config_key keys[] = {{.struct_size = sizeof(orxaq_config_key),
                                   .type = ORXAQ_CONFIG_SECRET,
                                   .key = "api_key",
                                   .help = "h"}};

static int setup(void **state) {
    world_setup(state);
    setenv("ORX_TEST_KEY", "s3cret", 1);
    jobs_instance(*state, keys, 1, "api_key: env:ORX_TEST_KEY");
    return 0;
}

static int teardown(void **state) {
    jobs_instance_free();
    return world_teardown(state);
}

static int fresh(void **state) {
    world *w = *state;
    const orxaq_host *host = tame_host;
    jobs_reset();
    tame_host = host;
    tame.next = jobs_next_one_exec;
    world_programs(w, NULL, 0);
    orx_remove_tree(w->p, world_path(w, "files"), NULL);
    return 0;
}

static const step exits[] = {{.what = STEP_EXIT}};

/* Runs jobs_exec as this program. */
static const orx_job_result *run(world *w, program *script) {
    world_programs(w, script, 1);
    const orx_job_spec spec = jobs_spec(w);
    return jobs_run(w, &spec);
}

#define FORGET(w) world_programs((w), NULL, 0)

/* ---- What it gets -------------------------------------------------------------------------- */

static void arguments_folder_and_input(void **state) {
    world *w = *state;
    program p = {.steps = exits};
    jobs_exec.stdin_bytes = orxaq_view_of("a\0b", 3);
    const orx_job_result *r = run(w, &p);
    assert_int_equal(r->kind, ORXAQ_KIND_OK);
    assert_int_equal(r->execs, 1);
    assert_string_equal(p.argv, "agent --go ");
    assert_string_equal(p.cwd, w->dir);
    assert_int_equal(p.input.len, 3);
    assert_true(p.input_closed);
    assert_true(p.held && p.released);
    FORGET(w);
}

static void the_driver_may_choose_the_folder(void **state) {
    world *w = *state;
    program p = {.steps = exits};
    jobs_exec.cwd = orxaq_str("/tmp");
    run(w, &p);
    assert_string_equal(p.cwd, "/tmp");
    fresh(state);
    world_programs(w, &p, 1);
    orx_job_spec spec = jobs_spec(w);
    spec.cwd = NULL;
    jobs_run(w, &spec);
    assert_string_equal(p.cwd, world_path(w, "files"));
    FORGET(w);
}

static void the_environment_is_the_callers_plus_the_drivers(void **state) {
    world *w = *state;
    const orxaq_secret_service *secret = tame_host->service(tame_host, ORXAQ_SECRET_1);
    orx_instance_enter(jobs_spec(w).instance);
    const orxaq_env env[] = {
        {sizeof env[0], 1, orxaq_str("LANG"), orxaq_str("de"), 0},
        {sizeof env[0], 1, orxaq_str("EMPTY"), orxaq_str(""), 0},
        {sizeof env[0], 0, orxaq_str("API"), orxaq_str(""),
         secret->handle(tame_host, orxaq_str("api_key"))},
        {sizeof env[0], 0, orxaq_str("HOME"), orxaq_str(""), 0},
    };
    orx_instance_leave(jobs_spec(w).instance);
    program p = {.steps = exits};
    jobs_exec.env = env;
    jobs_exec.env_count = 4;
    assert_int_equal(run(w, &p)->kind, ORXAQ_KIND_OK);
    assert_string_equal(p.env, "PATH=/bin\nLANG=de\nEMPTY=\nAPI=s3cret\n");
    FORGET(w);
}

/* A driver that hides one variable from the agent's commands must not be betrayed by another. */
static void a_secret_is_in_the_drivers_variables_only(void **state) {
    world *w = *state;
    const orxaq_secret_service *secret = tame_host->service(tame_host, ORXAQ_SECRET_1);
    orx_job_spec spec = jobs_spec(w);
    orx_instance_enter(spec.instance);
    uint64_t handle = secret->handle(tame_host, orxaq_str("api_key"));
    orx_instance_leave(spec.instance);
    const orxaq_env env[] = {{sizeof env[0], 0, orxaq_str("API"), orxaq_str(""), handle},
                             {sizeof env[0], 0, orxaq_str("API2"), orxaq_str(""), handle}};
    const char *const callers[] = {"OWN=s3cret", "API2=s3cret", "PATH=/bin", "OTHER=s3cret2", NULL};
    program p = {.steps = exits};
    jobs_exec.env = env;
    jobs_exec.env_count = 2;
    spec.env = callers;
    world_programs(w, &p, 1);
    jobs_run(w, &spec);
    assert_string_equal(p.env, "API2=s3cret\nPATH=/bin\nOTHER=s3cret2\nAPI=s3cret\n");
    FORGET(w);
}

static void in_its_place(void *user, orx_view secret, orx_str *out) {
    int *asked = user;
    assert_true(orx_view_is(secret, "s3cret"));
    ++*asked;
    orx_str_adds(out, "token");
}

/* Then the secret itself is in no variable, whoever named it. */
static void something_may_stand_in_for_a_secret(void **state) {
    world *w = *state;
    const orxaq_secret_service *secret = tame_host->service(tame_host, ORXAQ_SECRET_1);
    orx_job_spec spec = jobs_spec(w);
    orx_instance_enter(spec.instance);
    uint64_t handle = secret->handle(tame_host, orxaq_str("api_key"));
    orx_instance_leave(spec.instance);
    const orxaq_env env[] = {{sizeof env[0], 0, orxaq_str("API"), orxaq_str(""), handle}};
    const char *const callers[] = {"OWN=s3cret", "API=s3cret", "PATH=/bin", NULL};
    program p = {.steps = exits};
    int asked = 0;
    jobs_exec.env = env;
    jobs_exec.env_count = 1;
    spec.env = callers;
    spec.stand_in = in_its_place;
    spec.stand_in_user = &asked;
    world_programs(w, &p, 1);
    jobs_run(w, &spec);
    assert_string_equal(p.env, "API=token\nPATH=/bin\n");
    assert_int_equal(asked, 1);
    FORGET(w);
}

static void a_secret_that_cannot_be_had_is_an_error_for_the_driver(void **state) {
    world *w = *state;
    const orxaq_env env = {sizeof env, 0, orxaq_str("API"), {0}, 4711};
    program p = {.steps = exits};
    jobs_exec.env = &env;
    jobs_exec.env_count = 1;
    run(w, &p);
    assert_int_equal(w->started, 0);
    assert_contains(orx_str_cstr(&here.feeds), "ERROR 1 code=-4");
    assert_contains(orx_str_cstr(&here.feeds), "never given out");
    FORGET(w);
}

static void limits_are_the_tighter_of_two(void **state) {
    world *w = *state;
    program p = {.steps = exits};
    jobs_exec.idle_ns = 7;
    jobs_exec.first_byte_ns = 100;
    jobs_exec.max_output = UINT64_MAX;
    jobs_exec.total_ns = 55;
    jobs_exec.stop = ORXAQ_STOP_INTERRUPT;
    world_programs(w, &p, 1);
    orx_job_spec spec = jobs_spec(w);
    spec.idle_ns = 50;
    spec.first_byte_ns = 50;
    spec.output_max = 1000;
    spec.grace_ns = 9;
    spec.confine.max_processes = 12;
    jobs_run(w, &spec);
    assert_int_equal(p.spec.idle_timeout_ns, 7);
    assert_int_equal(p.spec.first_byte_timeout_ns, 50);
    assert_int_equal(p.spec.output_max, 1000);
    assert_int_equal(p.spec.total_timeout_ns, 55);
    assert_int_equal(p.spec.grace_ns, 9);
    assert_int_equal(p.spec.first_signal, 2);
    assert_int_equal(p.spec.confine.max_processes, 12);
    FORGET(w);
}

/* ---- What is heard ------------------------------------------------------------------------- */

/* The driver knows how long its program may be silent. */
static void a_driver_may_state_a_longer_silence(void **state) {
    world *w = *state;
    program p = {.steps = exits};
    jobs_exec.idle_ns = 70;
    world_programs(w, &p, 1);
    orx_job_spec spec = jobs_spec(w);
    spec.idle_ns = 50;
    jobs_run(w, &spec);
    assert_int_equal(p.spec.idle_timeout_ns, 70);
    FORGET(w);
}

static void feeds_come_in_order(void **state) {
    world *w = *state;
    const step steps[] = {{.what = STEP_OUT, .bytes = "one\ntw"},
                          {.what = STEP_ERR, .bytes = "oops"},
                          {.what = STEP_OUT, .bytes = "o\nlast"},
                          {.what = STEP_EXIT, .code = 3}};
    program p = {.steps = steps};
    const orx_job_result *r = run(w, &p);
    assert_string_equal(orx_str_cstr(&here.feeds), "START 1\n"
                                                   "FRAME 1 out one\n"
                                                   "FRAME 1 out two\n"
                                                   "FRAME 1 out last\n"
                                                   "FRAME 1 err oops\n"
                                                   "EXIT 1 code=3 signal=0 reason=0\n");
    assert_string_equal(orx_str_cstr(&here.events), "spawned:4711:42:agent\noutput:1:6\n"
                                                    "output:2:4\noutput:1:6\nexited:3\n");
    assert_int_equal(r->last.code, 3);
    FORGET(w);
}

static void frames_are_cut_at_their_limit(void **state) {
    world *w = *state;
    const step steps[] = {{.what = STEP_OUT, .bytes = "0123456789\nok\n"}, {.what = STEP_EXIT}};
    program p = {.steps = steps};
    jobs_exec.max_frame = 4;
    run(w, &p);
    assert_contains(orx_str_cstr(&here.feeds), "FRAME 1 out cut 0123\nFRAME 1 out ok\n");
    FORGET(w);
}

static void every_end_has_a_reason(void **state) {
    world *w = *state;
    static const struct {
        orx_proc_end end;
        const char *reason;
    } ends[] = {{ORX_PROC_EXITED, "reason=0"},
                {ORX_PROC_TIMEOUT, "reason=1"},
                {ORX_PROC_IDLE, "reason=2"},
                {ORX_PROC_SILENT, "reason=3"},
                {ORX_PROC_OUTPUT_LIMIT, "reason=4"},
                {ORX_PROC_STOPPED, "reason=5"},
                {ORX_PROC_NOT_STARTED, "reason=6 no such program"}};
    for (size_t i = 0; i < ORX_ARRAY_LEN(ends); i++) {
        fresh(state);
        const step steps[] = {{.what = STEP_EXIT, .code = 127, .end = ends[i].end}};
        program p = {.steps = steps};
        run(w, &p);
        assert_contains(orx_str_cstr(&here.feeds), ends[i].reason);
        FORGET(w);
    }
}

static void our_own_failure_is_an_error_for_the_driver(void **state) {
    world *w = *state;
    program p = {.steps = exits, .fails = true};
    const orx_job_result *r = run(w, &p);
    assert_string_equal(orx_str_cstr(&here.feeds),
                        "ERROR 1 code=-9 signal=0 reason=0 orxaq-exec is missing\n");
    assert_int_equal(r->execs, 0);
    FORGET(w);
}

static void nothing_runs_that_could_not_be_recorded(void **state) {
    world *w = *state;
    program p = {.steps = exits};
    here.spawn_code = ORX_E_IO;
    const orx_job_result *r = run(w, &p);
    assert_int_equal(r->kind, ORXAQ_KIND_CRASHED);
    assert_false(r->fault);
    assert_string_equal(r->message, "the journal cannot be written");
    assert_true(p.freed);
    assert_false(p.released);
    assert_string_equal(orx_str_cstr(&here.feeds), "");
    FORGET(w);
}

/* ---- Writing to it ------------------------------------------------------------------------- */

static int talk;

static int32_t next_talks(const orxaq_events *e, orxaq_effect *effect) {
    static const orxaq_write hello = {.struct_size = sizeof hello, .target = 1, .bytes = {"hi", 2}};
    static const orxaq_write end = {.struct_size = sizeof end, .target = 1, .eof = 1};
    static const orxaq_write late = {.struct_size = sizeof late, .target = 1, .bytes = {"no", 2}};
    const orxaq_write *writes[] = {NULL, &hello, &end, &late};
    if (talk == 0) {
        jobs_exec.flags = ORXAQ_EXEC_INPUT_OPEN;
        jobs_exec.stdin_bytes = orxaq_str("first ");
        talk++;
        return jobs_next_one_exec(e, effect);
    }
    if (talk > 3)
        return jobs_next_one_exec(e, effect);
    effect->kind = ORXAQ_EFFECT_WRITE;
    effect->id = (uint32_t)talk + 10;
    effect->write = writes[talk++];
    return ORXAQ_NEXT_EFFECT;
}

static void a_driver_talks_to_its_program(void **state) {
    world *w = *state;
    const step steps[] = {{.what = STEP_AWAIT_INPUT, .bytes = "hi"},
                          {.what = STEP_OUT, .bytes = "hello\n"},
                          {.what = STEP_AWAIT_EOF},
                          {.what = STEP_EXIT}};
    program p = {.steps = steps};
    talk = 0;
    tame.next = next_talks;
    assert_int_equal(run(w, &p)->kind, ORXAQ_KIND_OK);
    assert_string_equal(orx_str_cstr(&p.input), "first hi");
    assert_contains(orx_str_cstr(&here.feeds), "FRAME 1 out hello");
    FORGET(w);
}

/* ---- Files --------------------------------------------------------------------------------- */

static void files_are_written_before(void **state) {
    world *w = *state;
    const orxaq_file before[] = {
        {sizeof before[0], 0, orxaq_str("settings.json"), orxaq_str("{}"), 0},
        {sizeof before[0], 0, orxaq_str("a/b/c.txt"), orxaq_view_of("x\0y", 3), 0}};
    program p = {.steps = exits};
    jobs_exec.before = before;
    jobs_exec.before_count = 2;
    assert_int_equal(run(w, &p)->kind, ORXAQ_KIND_OK);
    assert_string_equal(world_read(w, "files/settings.json"), "{}");
    struct stat st;
    assert_int_equal(stat(world_path(w, "files/a/b/c.txt"), &st), 0);
    assert_int_equal(st.st_size, 3);
    assert_int_equal(st.st_mode & 0777, 0600);
    FORGET(w);
}

static void leaves_files(program *self) {
    world *w = self->user;
    world_file(w, "files/result.txt", "0123456789");
    assert_int_equal(mkdir(world_path(w, "files/dir"), 0755), 0);
    assert_int_equal(mkfifo(world_path(w, "files/fifo"), 0600), 0);
    assert_int_equal(symlink(world_file(w, "outside", "secret"), world_path(w, "files/link")), 0);
    assert_int_equal(symlink(w->dir, world_path(w, "files/tunnel")), 0);
}

static void files_are_read_after(void **state) {
    world *w = *state;
    const orxaq_file after[] = {{sizeof after[0], 0, orxaq_str("result.txt"), {0}, 0},
                                {sizeof after[0], 0, orxaq_str("result.txt"), {0}, 4},
                                {sizeof after[0], 0, orxaq_str("absent"), {0}, 0},
                                {sizeof after[0], 0, orxaq_str("dir"), {0}, 0},
                                {sizeof after[0], 0, orxaq_str("fifo"), {0}, 0},
                                {sizeof after[0], 0, orxaq_str("link"), {0}, 0},
                                {sizeof after[0], 0, orxaq_str("tunnel/outside"), {0}, 0}};
    program p = {.steps = exits, .before = leaves_files, .user = w};
    jobs_exec.after = after;
    jobs_exec.after_count = ORX_ARRAY_LEN(after);
    run(w, &p);
    assert_string_equal(orx_str_cstr(&here.feeds), "START 1\n"
                                                   "FILE 1 result.txt 0123456789\n"
                                                   "FILE 1 result.txt cut 0123\n"
                                                   "FILE 1 absent missing\n"
                                                   "FILE 1 dir missing\n"
                                                   "FILE 1 fifo missing\n"
                                                   "FILE 1 link missing\n"
                                                   "FILE 1 tunnel/outside missing\n"
                                                   "EXIT 1 code=0 signal=0 reason=0\n");
    FORGET(w);
}

static void nothing_is_written_through_a_link(void **state) {
    world *w = *state;
    const orxaq_file before = {sizeof before, 0, orxaq_str("tunnel/x"), orxaq_str("x"), 0};
    (void)jobs_spec(w);
    assert_int_equal(symlink(w->dir, world_path(w, "files/tunnel")), 0);
    program p = {.steps = exits};
    jobs_exec.before = &before;
    jobs_exec.before_count = 1;
    run(w, &p);
    assert_contains(orx_str_cstr(&here.feeds), "ERROR 1 code=-4");
    assert_null(world_read(w, "x"));
    FORGET(w);
}

/* ---- Rules --------------------------------------------------------------------------------- */

static void refused(world *w, const char *part) {
    const orx_job_spec spec = jobs_spec(w);
    const orx_job_result *r = jobs_run(w, &spec);
    assert_true(r->fault);
    assert_contains(r->message, "exec: ");
    assert_contains(r->message, part);
    assert_int_equal(w->started, 0);
}

#define REFUSED(change, part)                                                                      \
    do {                                                                                           \
        fresh(state);                                                                              \
        change;                                                                                    \
        refused(*state, part);                                                                     \
    } while (0)

static void spoilt_arguments(void **state) {
    static const orxaq_view nul[] = {{"a\0b", 3}}, none[] = {{NULL, 0}}, nowhere[] = {{NULL, 7}};
    static const orxaq_view endless[] = {{"x", UINT64_MAX}};
    REFUSED(jobs_exec.argc = 0, "expected 1 to 4096 arguments");
    REFUSED(jobs_exec.argc = 5000, "expected 1 to 4096 arguments");
    REFUSED(jobs_exec.argv = NULL, "expected 1 to 4096 arguments");
    REFUSED((jobs_exec.argv = nul, jobs_exec.argc = 1), "contains NUL");
    REFUSED((jobs_exec.argv = none, jobs_exec.argc = 1), "name is empty");
    REFUSED((jobs_exec.argv = nowhere, jobs_exec.argc = 1), "longer than 128 KiB");
    REFUSED((jobs_exec.argv = endless, jobs_exec.argc = 1), "longer than 128 KiB");
    REFUSED(jobs_exec.cwd = orxaq_str("relative"), "not absolute");
    REFUSED(jobs_exec.stdout_framing = 9, "framing is unknown");
    REFUSED(jobs_exec.stderr_framing = -1, "framing is unknown");
    REFUSED(jobs_exec.idle_ns = -1, "limit is negative");
    REFUSED(jobs_exec.stdin_bytes = endless[0], "longer than 64 MiB");
    static char arg[100000];
    static orxaq_view many[30];
    memset(arg, 'a', sizeof arg);
    for (int i = 0; i < 30; i++)
        many[i] = orxaq_view_of(arg, sizeof arg);
    REFUSED((jobs_exec.argv = many, jobs_exec.argc = 30), "longer than 2 MiB together");
}

static void spoilt_variables(void **state) {
    static orxaq_env env[2];
    static const char *const bad[] = {"", "1A", "A-B", "A=B", "A B"};
    for (size_t i = 0; i < ORX_ARRAY_LEN(bad); i++) {
        env[0] = (orxaq_env){.struct_size = sizeof env[0], .name = orxaq_str(bad[i])};
        REFUSED((jobs_exec.env = env, jobs_exec.env_count = 1), "name of a variable");
    }
    env[0] = (orxaq_env){.struct_size = sizeof env[0], .name = orxaq_str("A")};
    env[1] = (orxaq_env){.struct_size = sizeof env[0] + 8, .name = orxaq_str("B")};
    REFUSED((jobs_exec.env = env, jobs_exec.env_count = 2), "state different sizes");
    REFUSED((jobs_exec.env = env, jobs_exec.env_count = 257), "at most 256 variables");
    REFUSED((jobs_exec.env = NULL, jobs_exec.env_count = 1), "at most 256 variables");
    env[0].struct_size = 8;
    REFUSED((jobs_exec.env = env, jobs_exec.env_count = 1), "of a stated size");
    env[0] = (orxaq_env){.struct_size = sizeof env[0],
                         .has_value = 1,
                         .name = orxaq_str("A"),
                         .value = orxaq_view_of("a\0b", 3)};
    REFUSED((jobs_exec.env = env, jobs_exec.env_count = 1), "contains NUL");
}

static void spoilt_files(void **state) {
    static orxaq_file file;
    static const char *const bad[] = {"", "/etc/passwd", "../x", "a/../b", "./a", "a//b", "a/"};
    for (size_t i = 0; i < ORX_ARRAY_LEN(bad); i++) {
        file = (orxaq_file){.struct_size = sizeof file, .path = orxaq_str(bad[i])};
        REFUSED((jobs_exec.before = &file, jobs_exec.before_count = 1), "a file's path");
        REFUSED((jobs_exec.after = &file, jobs_exec.after_count = 1), "a file's path");
    }
    file = (orxaq_file){.struct_size = 8, .path = orxaq_str("a")};
    REFUSED((jobs_exec.after = &file, jobs_exec.after_count = 1), "at most 64 files");
    file.struct_size = sizeof file;
    REFUSED((jobs_exec.after = &file, jobs_exec.after_count = 65), "at most 64 files");
}

static uint32_t crowd;

static int32_t next_crowd(const orxaq_events *e, orxaq_effect *effect) {
    (void)e;
    *effect = (orxaq_effect){.struct_size = sizeof *effect,
                             .kind = ORXAQ_EFFECT_EXEC,
                             .id = ++crowd,
                             .exec = &jobs_exec};
    return ORXAQ_NEXT_EFFECT;
}

static void eight_programs_are_enough(void **state) {
    world *w = *state;
    static const step hangs[] = {{.what = STEP_HANG}};
    program many[8];
    for (int i = 0; i < 8; i++)
        many[i] = (program){.steps = hangs};
    world_programs(w, many, 8);
    crowd = 0;
    tame.next = next_crowd;
    const orx_job_spec spec = jobs_spec(w);
    const orx_job_result *r = jobs_run(w, &spec);
    assert_contains(r->message, "more than 8 unfinished effects");
    assert_int_equal(w->started, 8);
    for (int i = 0; i < 8; i++)
        assert_true(many[i].stopped && many[i].freed);
    FORGET(w);
}

/* The driver says DONE in the middle of a frame: the rest is not handed over, the program ends. */
static int32_t next_impatient(const orxaq_events *e, orxaq_effect *effect) {
    if (here.feeds.len && strstr(orx_str_cstr(&here.feeds), "FRAME")) {
        jobs_outcome(e, ORXAQ_KIND_OK, "");
        return ORXAQ_NEXT_DONE;
    }
    return jobs_next_one_exec(e, effect);
}

static void done_stops_what_still_runs(void **state) {
    world *w = *state;
    static const step steps[] = {{.what = STEP_OUT, .bytes = "one\ntwo\nthree\n"},
                                 {.what = STEP_HANG}};
    program p = {.steps = steps};
    tame.next = next_impatient;
    assert_int_equal(run(w, &p)->kind, ORXAQ_KIND_OK);
    assert_true(p.stopped);
    assert_string_equal(orx_str_cstr(&here.feeds), "START 1\nFRAME 1 out one\n");
    assert_contains(orx_str_cstr(&here.events), "exited");
    FORGET(w);
}

#define TEST(name) cmocka_unit_test_setup(name, fresh)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(arguments_folder_and_input),
        TEST(the_driver_may_choose_the_folder),
        TEST(the_environment_is_the_callers_plus_the_drivers),
        TEST(a_secret_is_in_the_drivers_variables_only),
        TEST(something_may_stand_in_for_a_secret),
        TEST(a_secret_that_cannot_be_had_is_an_error_for_the_driver),
        TEST(limits_are_the_tighter_of_two),
        TEST(a_driver_may_state_a_longer_silence),
        TEST(feeds_come_in_order),
        TEST(frames_are_cut_at_their_limit),
        TEST(every_end_has_a_reason),
        TEST(our_own_failure_is_an_error_for_the_driver),
        TEST(nothing_runs_that_could_not_be_recorded),
        TEST(a_driver_talks_to_its_program),
        TEST(files_are_written_before),
        TEST(files_are_read_after),
        TEST(nothing_is_written_through_a_link),
        TEST(spoilt_arguments),
        TEST(spoilt_variables),
        TEST(spoilt_files),
        TEST(eight_programs_are_enough),
        TEST(done_stops_what_still_runs),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}

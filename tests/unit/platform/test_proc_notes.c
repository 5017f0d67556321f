/* What passes between a program and its starter beside the streams: notes, a signal for it alone,
 * and what becomes of a tree whose orxaq-exec is killed. */
#include "support.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

typedef struct listening {
    run r;
    orx_str notes;
} listening;

static void on_output(orx_proc *proc, orx_stream stream, orx_view bytes, void *user) {
    (void)proc;
    listening *l = user;
    if (stream == ORX_NOTES)
        orx_str_addv(&l->notes, bytes);
    else
        orx_capture_add(stream == ORX_STDOUT ? &l->r.out : &l->r.errs, bytes);
    l->r.ready = l->r.ready || l->r.out.total >= 5;
}

static void on_end(orx_proc *proc, const orx_proc_result *result, void *user) {
    (void)proc;
    listening *l = user;
    l->r.result = *result;
    l->r.done = true;
}

/* Starts a shell script that can send notes. */
static void listen_to(listening *l, fixture *fx, const char *script) {
    prepare(&l->r, fx, "/bin/sh", "-c", script, NULL);
    l->notes = (orx_str){0};
    l->r.spec.notes = true;
    l->r.spec.on_output = on_output;
    l->r.spec.on_exit = on_end;
    l->r.spec.user = l;
    assert_ok(orx_proc_start(fx->p, &l->r.spec, &l->r.proc, &fx->err), &fx->err);
}

static void await(fixture *fx, const bool *what) {
    assert_int_equal(orx_loop_until(fx->p, what, orx_mono_ns(fx->p) + 60 * ORX_SEC), 0);
}

static void finish_listening(listening *l, fixture *fx) {
    await(fx, &l->r.done);
    orx_proc_free(l->r.proc);
    l->r.proc = NULL;
    orx_str_free(&l->notes);
    run_close(&l->r);
}

static void notes_are_a_stream_of_their_own(void **state) {
    fixture *fx = *state;
    listening l;
    listen_to(&l, fx, "echo one; echo READY=1 >&3; echo two; echo WATCHDOG=1 >&3");
    await(fx, &l.r.done);
    assert_string_equal(orx_str_cstr(&l.notes), "READY=1\nWATCHDOG=1\n");
    assert_string_equal(out_of(&l.r), "one\ntwo\n");
    assert_int_equal(l.r.result.out_bytes, 8);
    assert_true(l.r.result.empty);
    finish_listening(&l, fx);
}

/* Notes keep no output deadline alive and fill no limit. */
static void notes_are_no_output(void **state) {
    fixture *fx = *state;
    listening l;
    prepare(&l.r, fx, "/bin/sh", "-c", "echo READY=1 >&3; exec sleep 600", NULL);
    l.notes = (orx_str){0};
    l.r.spec.notes = true;
    l.r.spec.output_max = 1;
    l.r.spec.first_byte_timeout_ns = 2 * ORX_SEC;
    l.r.spec.on_output = on_output;
    l.r.spec.on_exit = on_end;
    l.r.spec.user = &l;
    assert_ok(orx_proc_start(fx->p, &l.r.spec, &l.r.proc, &fx->err), &fx->err);
    await(fx, &l.r.done);
    assert_int_equal(l.r.result.end, ORX_PROC_SILENT);
    assert_string_equal(orx_str_cstr(&l.notes), "READY=1\n");
    finish_listening(&l, fx);
}

static void without_the_wish_there_is_no_descriptor(void **state) {
    fixture *fx = *state;
    run r;
    prepare(&r, fx, "/bin/sh", "-c", "ls /proc/self/fd | tr '\\n' ' '", NULL);
    run_it(&r);
    /* ls has the directory itself open, as 3. */
    assert_string_equal(out_of(&r), "0 1 2 3 ");
    run_close(&r);
}

static void a_program_that_was_never_there_says_nothing(void **state) {
    fixture *fx = *state;
    listening l;
    prepare(&l.r, fx, "/nowhere/at/all", NULL);
    l.notes = (orx_str){0};
    l.r.spec.notes = true;
    l.r.spec.on_output = on_output;
    l.r.spec.on_exit = on_end;
    l.r.spec.user = &l;
    assert_ok(orx_proc_start(fx->p, &l.r.spec, &l.r.proc, &fx->err), &fx->err);
    await(fx, &l.r.done);
    assert_int_equal(l.r.result.end, ORX_PROC_NOT_STARTED);
    assert_true(l.r.result.empty);
    finish_listening(&l, fx);
}

/* ---- Signals ------------------------------------------------------------------------------- */

static void a_signal_reaches_the_program_alone(void **state) {
    fixture *fx = *state;
    listening l;
    char *touched = in_dir(fx, "touched");
    ORX_CLEANUP(orx_str_free) orx_str script = {0};
    orx_str_addf(&script,
                 "sh -c 'trap \"echo >%s\" USR1; echo ready; while :; do sleep 1; done' & "
                 "trap 'exit 7' USR1; while :; do sleep 1; done",
                 touched);
    listen_to(&l, fx, orx_str_cstr(&script));
    await(fx, &l.r.ready);
    assert_ok(orx_proc_signal(l.r.proc, SIGUSR1, &fx->err), &fx->err);
    await(fx, &l.r.done);
    assert_int_equal(l.r.result.end, ORX_PROC_EXITED);
    assert_int_equal(l.r.result.code, 7);
    assert_true(l.r.result.empty);
    assert_false(orx_exists(fx->p, touched));
    /* Nobody is there any more: nothing happens. */
    assert_ok(orx_proc_signal(l.r.proc, SIGUSR1, &fx->err), &fx->err);
    finish_listening(&l, fx);
}

static void a_held_program_gets_no_signal(void **state) {
    fixture *fx = *state;
    run r;
    prepare(&r, fx, "hang", NULL);
    r.spec.hold = true;
    begin(&r);
    assert_int_equal(orx_proc_signal(r.proc, SIGTERM, &fx->err), ORX_E_INVALID);
    assert_contains(fx->err.msg, "held");
    assert_int_equal(orx_proc_signal(r.proc, 0, &fx->err), ORX_E_INVALID);
    orx_proc_stop(r.proc, true);
    finish(&r);
    run_close(&r);
}

/* ---- The starter --------------------------------------------------------------------------- */

static void the_starter_is_told(void **state) {
    fixture *fx = *state;
    int fds[2];
    char number[16];
    char got[64] = "";
    orx_tell_starter(fx->p, orx_view_of("to nobody\n"));
    assert_int_equal(pipe(fds), 0);
    (void)snprintf(number, sizeof number, "%d", fds[1]);
    assert_int_equal(setenv(ORX_NOTE_FD_ENV, number, 1), 0);
    orx_tell_starter(fx->p, orx_view_of("READY=1\n"));
    assert_int_equal(read(fds[0], got, sizeof got - 1), 8);
    assert_string_equal(got, "READY=1\n");
    /* What we start does not get it, and a starter that does not read holds nobody up. */
    assert_true(fcntl(fds[1], F_GETFD) & FD_CLOEXEC);
    for (int i = 0; i < 20000; i++)
        orx_tell_starter(fx->p, orx_view_of("WATCHDOG=1\n"));
    (void)close(fds[0]);
    orx_tell_starter(fx->p, orx_view_of("to one that is gone\n"));
    assert_int_equal(setenv(ORX_NOTE_FD_ENV, "nonsense", 1), 0);
    orx_tell_starter(fx->p, orx_view_of("to nonsense\n"));
    assert_int_equal(unsetenv(ORX_NOTE_FD_ENV), 0);
    (void)close(fds[1]);
}

/* ---- Orphans ------------------------------------------------------------------------------- */

static void orphans_of_a_killed_supervisor_are_ended(void **state) {
    fixture *fx = *state;
    listening l;
    int64_t pid;
    int64_t start;
    orx_adopt_orphans(fx->p);
    listen_to(&l, fx,
              "trap '' TERM; (setsid sh -c 'trap \"\" TERM; sleep 600 & sleep 600' &); "
              "echo ready; sleep 600");
    await(fx, &l.r.ready);
    orx_proc_identity(l.r.proc, &pid, &start);
    assert_ok(orx_pid_kill(fx->p, pid, start, SIGKILL, &fx->err), &fx->err);
    await(fx, &l.r.done);
    /* When the end is told, nobody is left who could work there. */
    assert_int_equal(count_marked(l.r.marker), 0);
    assert_true(l.r.result.empty);
    assert_int_equal(l.r.result.signal, SIGKILL);
    assert_contains(l.r.result.message, "was killed as well");
    assert_int_equal(orx_end_orphans(fx->p), 0);
    finish_listening(&l, fx);
}

static void programs_of_ours_are_no_orphans(void **state) {
    fixture *fx = *state;
    listening l;
    orx_adopt_orphans(fx->p);
    listen_to(&l, fx, "echo ready; read line; exit 5");
    await(fx, &l.r.done);
    orx_proc_free(l.r.proc);
    listening m;
    prepare(&m.r, fx, "/bin/sh", "-c", "echo ready; read line; exit 5", NULL);
    m.notes = (orx_str){0};
    m.r.spec.input_open = true;
    m.r.spec.on_output = on_output;
    m.r.spec.on_exit = on_end;
    m.r.spec.user = &m;
    assert_ok(orx_proc_start(fx->p, &m.r.spec, &m.r.proc, &fx->err), &fx->err);
    await(fx, &m.r.ready);
    assert_int_equal(orx_end_orphans(fx->p), 0);
    orx_proc_close_input(m.r.proc);
    await(fx, &m.r.done);
    assert_int_equal(m.r.result.code, 5);
    finish_listening(&m, fx);
    l.r.proc = NULL;
    orx_str_free(&l.notes);
    run_close(&l.r);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(notes_are_a_stream_of_their_own),
        TEST(notes_are_no_output),
        TEST(without_the_wish_there_is_no_descriptor),
        TEST(a_program_that_was_never_there_says_nothing),
        TEST(a_signal_reaches_the_program_alone),
        TEST(a_held_program_gets_no_signal),
        TEST(the_starter_is_told),
        TEST(orphans_of_a_killed_supervisor_are_ended),
        TEST(programs_of_ours_are_no_orphans),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

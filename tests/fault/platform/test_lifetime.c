/* Objects freed at every awkward moment: no callback afterwards, no process, no descriptor left. */
#include "support.h"

#include <stdlib.h>
#include <string.h>

static void freed_while_running(void **state) {
    fixture *fx = *state;
    static const char *const modes[] = {"hang", "ignore-term", "family", "spin"};
    for (size_t i = 0; i < ORX_ARRAY_LEN(modes); i++) {
        run r;
        prepare(&r, fx, modes[i], NULL);
        begin(&r);
        await_ready(&r);
        orx_proc_free(r.proc);
        for (int n = 0; count_marked(r.marker) && n < 1000; n++)
            orx_loop_sleep(fx->p, 10 * ORX_MS);
        assert_false(r.done);
        run_close(&r);
    }
    orx_proc_free(NULL);
}

/* At once after the start, held, and with input under way whose bytes go with the caller. */
static void freed_early(void **state) {
    fixture *fx = *state;
    for (int hold = 0; hold <= 1; hold++) {
        run r;
        prepare(&r, fx, "hang", NULL);
        char *input = orx_xcalloc(1, (size_t)4 << 20);
        r.spec.input = orx_view_mem(input, (size_t)4 << 20);
        r.spec.hold = hold != 0;
        begin(&r);
        orx_loop_sleep(fx->p, hold ? 0 : 20 * ORX_MS);
        orx_proc_free(r.proc);
        memset(input, 'x', 100);
        free(input);
        for (int n = 0; n < 20; n++)
            orx_loop_sleep(fx->p, 10 * ORX_MS);
        assert_false(r.done);
        await_none_marked(r.marker);
        run_close(&r);
    }
}

typedef struct selfish {
    orx_proc *proc;
    int calls;
    bool exited;
} selfish;

static void free_on_output(orx_proc *proc, orx_stream stream, orx_view bytes, void *user) {
    (void)stream;
    (void)bytes;
    selfish *s = user;
    s->calls++;
    orx_proc_free(proc);
}

static void free_on_exit(orx_proc *proc, const orx_proc_result *result, void *user) {
    selfish *s = user;
    assert_true(result->empty);
    s->exited = true;
    orx_proc_free(proc);
}

static void freed_inside_callbacks(void **state) {
    fixture *fx = *state;
    run r;
    selfish s = {0};
    prepare(&r, fx, "drip", "1000", "1", NULL);
    r.spec.on_output = free_on_output;
    r.spec.user = &s;
    begin(&r);
    while (s.calls == 0 || count_marked(r.marker) > 0)
        orx_loop_sleep(fx->p, 5 * ORX_MS);
    orx_loop_sleep(fx->p, 50 * ORX_MS);
    assert_int_equal(s.calls, 1);
    run_close(&r);
    prepare(&r, fx, "both-streams", NULL);
    r.spec.on_output = NULL;
    r.spec.on_exit = free_on_exit;
    r.spec.user = &s;
    begin(&r);
    assert_int_equal(orx_loop_until(fx->p, &s.exited, 0), 0);
    run_close(&r);
}

static void without_any_callback(void **state) {
    fixture *fx = *state;
    run r;
    prepare(&r, fx, "both-streams", NULL);
    r.spec.on_output = NULL;
    r.spec.on_exit = NULL;
    begin(&r);
    int64_t pid = 0;
    int64_t start = 0;
    orx_proc_identity(r.proc, &pid, &start);
    for (int n = 0; orx_pid_state_of(fx->p, pid, start) == ORX_PID_ALIVE && n < 1000; n++)
        orx_loop_sleep(fx->p, 10 * ORX_MS);
    orx_proc_stop(r.proc, true);
    orx_proc_free(r.proc);
    run_close(&r);
}

/* Freeing the platform stops and reaps what runs, also what nobody freed. */
static void the_platform_takes_everything_with_it(void **state) {
    fixture *fx = *state;
    int before = count_fds();
    fixture own = *fx;
    assert_ok(orx_platform_uv_new(&own.p, &fx->err), &fx->err);
    run a;
    run b;
    run c;
    prepare(&a, &own, "family", NULL);
    prepare(&b, &own, "ignore-term", NULL);
    prepare(&c, &own, "exit", "0", NULL);
    begin(&a);
    begin(&b);
    begin(&c);
    await_ready(&a);
    await_ready(&b);
    orx_proc_free(b.proc);
    orx_platform_free(own.p);
    assert_false(a.done || b.done);
    run_close(&a);
    run_close(&b);
    run_close(&c);
    assert_int_equal(count_fds(), before);
    fx->arena = own.arena;
}

/* Good ends, bad ends and failed starts in any mixture keep no descriptor. */
static void no_descriptor_is_kept(void **state) {
    fixture *fx = *state;
    run r;
    prepare(&r, fx, "exit", "0", NULL);
    run_it(&r);
    run_close(&r);
    orx_loop_sleep(fx->p, 20 * ORX_MS);
    int before = count_fds();
    for (int i = 0; i < 20; i++) {
        prepare(&r, fx, i % 4 == 0 ? "/no/such/program" : "both-streams", NULL);
        if (i % 4 == 1)
            r.spec.input = orx_view_of("input");
        if (i % 4 == 2)
            r.spec.input_open = true;
        if (i % 4 == 3) {
            r.spec.input_path = in_dir(fx, "no-such-file");
            assert_int_equal(orx_proc_start(fx->p, &r.spec, &r.proc, &fx->err), ORX_E_NOT_FOUND);
        } else {
            run_it(&r);
        }
        run_close(&r);
    }
    orx_loop_sleep(fx->p, 50 * ORX_MS);
    assert_int_equal(count_fds(), before);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(freed_while_running),
        TEST(freed_early),
        TEST(freed_inside_callbacks),
        TEST(without_any_callback),
        TEST(the_platform_takes_everything_with_it),
        TEST(no_descriptor_is_kept),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

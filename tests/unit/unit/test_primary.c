/* The primary runner as a unit: whether it may start. */
#include "run/lane_lock.h"
#include "sim.h"
#include "unit/supervisor.h"

#include <stdio.h>

#define LOCK ROOT "/runner.lock"

static orx_unit_spec primary_of(world *w, orx_config *cfg, orx_supervisor_setup *setup) {
    static const char *const flags[] = {NULL};
    *cfg = (orx_config){.root = ROOT};
    cfg->paths.lock_file = LOCK;
    cfg->paths.state_dir = ROOT "/state";
    cfg->paths.log_file = ROOT "/runner.log";
    *setup = (orx_supervisor_setup){.cfg = cfg, .exe = "/orxaq", .exe_flags = flags};
    return orx_unit_primary(w->p, setup, w->store, &w->arena);
}

/* The lock decides, not what stands in its file. */
static void one_that_is_run_by_hand_is_left_alone(void **state) {
    (void)state;
    world w;
    orx_config cfg;
    orx_supervisor_setup setup;
    orx_file *lock = NULL;
    ORX_CLEANUP(orx_str_free) orx_str text = {0};
    char expected[64];
    const char *why = "";
    int64_t pid;
    int64_t start;
    world_open(&w, 1);
    orx_unit_spec spec = primary_of(&w, &cfg, &setup);
    assert_true(spec.may_start(spec.user, &why)); /* there is no file */
    orx_lane_lock_text(w.p, LOCK, &text);
    assert_ok(orx_write_replace(w.p, LOCK, orx_str_view(&text), 0644, &w.err), &w.err);
    assert_true(spec.may_start(spec.user, &why)); /* somebody left it behind */
    assert_ok(orx_file_open(w.p, LOCK, ORX_OPEN_READ | ORX_OPEN_WRITE, 0, &lock, &w.err), &w.err);
    assert_ok(orx_file_lock(w.p, lock, ORX_LOCK_EXCLUSIVE, false, &w.err), &w.err);
    assert_false(spec.may_start(spec.user, &why));
    orx_pid_self(w.p, &pid, &start);
    (void)snprintf(expected, sizeof expected, "process %lld runs it already", (long long)pid);
    assert_string_equal(why, expected);
    orx_file_close(w.p, lock);
    assert_true(spec.may_start(spec.user, &why));
    world_close(&w);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_that_is_run_by_hand_is_left_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

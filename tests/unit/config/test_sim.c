/* Configuration in the simulated world: no state shared, nothing written, and no I/O error that is
 * taken for a missing file. */
#include "config/config.h"
#include "platform/files.h"
#include "platform/sim/sim.h"

#include "test.h"

#include <string.h>

static void put(orx_platform *p, const char *path, const char *text) {
    orx_err err = ORX_ERR_INIT;
    assert_ok(orx_write_atomic(p, path, orx_view_of(text), 0644, &err), &err);
}

/* A host with a root /r: three attempts by file, seven cycles by env file. */
static orx_sim_host *host_with_root(orx_sim *sim, const char *name) {
    orx_sim_host *h = orx_sim_add_host(sim, name);
    orx_platform *p = orx_sim_platform(h);
    orx_err err = ORX_ERR_INIT;
    assert_ok(orx_mkdirs(p, "/r/config", false, &err), &err);
    put(p, "/r/config/orxaq.yaml", "retry: {max_attempts: 3}\nproviders: {w: {secret: K}}\n");
    put(p, "/r/.env.autonomy", "ORXAQ_AUTONOMY_MAX_CYCLES=7\nK=key\n");
    return h;
}

static void loads_from_a_simulated_disk(void **state) {
    (void)state;
    orx_sim *sim = orx_sim_new(1);
    orx_sim_host *h = host_with_root(sim, "a");
    orx_sim_set_env(h, "ORXAQ_AUTONOMY_VALIDATION_RETRIES", "4");
    orx_sim_set_env(h, "HOME", "/h");
    orx_platform *p = orx_sim_platform(h);
    ORX_CLEANUP(orx_config_freep) orx_config *cfg = NULL;
    orx_err err = ORX_ERR_INIT;
    const orx_config_options options = {.cwd = "/r/config"};
    assert_ok(orx_config_load(p, &options, &cfg, NULL, &err), &err);
    assert_string_equal(cfg->root, "/r");
    assert_int_equal(cfg->retry.max_attempts, 3);
    assert_int_equal(cfg->run.max_cycles, 7);
    assert_int_equal(cfg->validation.retries, 4);
    assert_string_equal(orx_config_secret(cfg, orx_config_provider(cfg, "w")), "key");
    orx_sim_free(sim);
}

static void hosts_do_not_share_anything(void **state) {
    (void)state;
    orx_sim *sim = orx_sim_new(2);
    orx_sim_host *a = host_with_root(sim, "a"), *b = host_with_root(sim, "b");
    put(orx_sim_platform(b), "/r/config/orxaq.yaml", "retry: {max_attempts: 5}\n");
    orx_sim_set_env(a, "ORXAQ_AUTONOMY_IDLE_SLEEP_SEC", "1");
    const orx_config_options options = {.root = "/r", .cwd = "/"};
    ORX_CLEANUP(orx_config_freep) orx_config *ca = NULL;
    ORX_CLEANUP(orx_config_freep) orx_config *cb = NULL;
    orx_err err = ORX_ERR_INIT;
    assert_ok(orx_config_load(orx_sim_platform(a), &options, &ca, NULL, &err), &err);
    assert_ok(orx_config_load(orx_sim_platform(b), &options, &cb, NULL, &err), &err);
    assert_int_equal(ca->retry.max_attempts, 3);
    assert_int_equal(cb->retry.max_attempts, 5);
    assert_int_equal(ca->run.idle_sleep_ns, 1000000000);
    assert_int_equal(cb->run.idle_sleep_ns, INT64_C(10000000000));
    assert_int_equal(ca->provider_count, 1);
    assert_int_equal(cb->provider_count, 3);
    orx_sim_free(sim);
}

/* The environment is copied: what changes later in the process does not change a loaded config. */
static void a_loaded_config_stays_as_it_is(void **state) {
    (void)state;
    orx_sim *sim = orx_sim_new(3);
    orx_sim_host *h = host_with_root(sim, "a");
    orx_sim_set_env(h, "K", "before");
    const orx_config_options options = {.root = "/r", .cwd = "/"};
    ORX_CLEANUP(orx_config_freep) orx_config *cfg = NULL;
    orx_err err = ORX_ERR_INIT;
    assert_ok(orx_config_load(orx_sim_platform(h), &options, &cfg, NULL, &err), &err);
    orx_sim_set_env(h, "K", "after");
    put(orx_sim_platform(h), "/r/.env.autonomy", "K=gone\n");
    assert_string_equal(orx_config_secret(cfg, &cfg->providers[0]), "before");
    assert_string_equal(orx_config_env(cfg, "K"), "before");
    orx_sim_free(sim);
}

typedef struct outcome {
    int rc;
    int64_t attempts;
    int64_t cycles;
    orx_err err;
} outcome;

static int load_there(orx_platform *p, void *user) {
    outcome *o = user;
    const orx_config_options options = {.root = "/r", .cwd = "/"};
    orx_config *cfg = NULL;
    o->rc = orx_config_load(p, &options, &cfg, NULL, &o->err);
    if (o->rc == 0) {
        o->attempts = cfg->retry.max_attempts;
        o->cycles = cfg->run.max_cycles;
    }
    orx_config_free(cfg);
    return 0;
}

static outcome load_with(uint64_t seed, const orx_sim_faults *faults, uint64_t *ret_ops) {
    orx_sim *sim = orx_sim_new(seed);
    orx_sim_host *h = host_with_root(sim, "a");
    outcome o = {.rc = 1};
    orx_sim_set_faults(h, faults);
    orx_sim_spawn(orx_sim_platform(h), load_there, &o);
    assert_true(orx_sim_run(sim, 0));
    *ret_ops = orx_sim_durable_ops(h);
    orx_sim_free(sim);
    return o;
}

static void loading_writes_nothing(void **state) {
    (void)state;
    uint64_t ops = 0;
    outcome o = load_with(4, &(orx_sim_faults){0}, &ops);
    assert_int_equal(o.rc, 0);
    assert_int_equal(ops, 0);
}

/* Whatever the disk does, the result is what the operator wrote or an error, never the defaults. */
static void io_errors_are_never_taken_for_defaults(void **state) {
    (void)state;
    const orx_sim_faults faults = {.io_error = 1500, .slow = 2000};
    int fine = 0, failed = 0;
    for (uint64_t seed = 1; seed <= 300; seed++) {
        uint64_t ops = 0;
        outcome o = load_with(seed, &faults, &ops);
        if (o.rc == 0) {
            fine++;
            if (o.attempts != 3 || o.cycles != 7)
                fail_msg("seed %d: defaults in place of the files", (int)seed);
        } else {
            failed++;
            assert_true(o.rc < 0);
            assert_true(o.err.msg[0] != 0);
        }
        assert_int_equal(ops, 0);
    }
    assert_true(fine > 10);
    assert_true(failed > 100);
}

static void a_dead_disk_is_an_error(void **state) {
    (void)state;
    uint64_t ops = 0;
    outcome o = load_with(5, &(orx_sim_faults){.io_error = 10000}, &ops);
    assert_int_equal(o.rc, ORX_E_IO);
    assert_contains(o.err.msg, "root");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(loads_from_a_simulated_disk),
        cmocka_unit_test(hosts_do_not_share_anything),
        cmocka_unit_test(a_loaded_config_stays_as_it_is),
        cmocka_unit_test(loading_writes_nothing),
        cmocka_unit_test(io_errors_are_never_taken_for_defaults),
        cmocka_unit_test(a_dead_disk_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

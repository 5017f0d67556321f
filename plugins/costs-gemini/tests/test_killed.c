/* A reading of files that is killed, or whose machine loses power, at each of its durable
 * operations: parts of one line are added up, so what was added before must not be added again. */
#include "bill.h"

#include "data/yaml.h"
#include "money/amount.h"
#include "platform/files.h"
#include "plugin/registry.h"

#include <stdlib.h>

static const orx_store_room *const rooms[] = {&orx_ingest_room, NULL};

typedef struct world {
    int64_t pages; /* that the source had got through when the process began */
    int64_t found; /* what was in the books then */
    int64_t total;
    const char *status;
} world;

/* The books after so many pages; the last is the end. */
static const int64_t after_page[] = {0, INT64_C(1000000001), INT64_C(21000000002),
                                     INT64_C(321000000003), INT64_C(321000000003)};

static const char export[] = "usage_start_time,sku.id,cost,currency,credits_amount\n"
                             "2026-01-01,one,2,USD,-1\n2026-01-01,one,0.000000001,USD,\n"
                             "2026-01-01,one,20,USD,\n2026-01-01,two,0.000000001,USD,\n"
                             "2026-01-01,one,300,USD,\n2026-01-01,three,0.000000001,USD,\n";

static int secret(void *user, const char *reference, orx_str *ret_value, orx_err *err) {
    (void)user, (void)reference, (void)err;
    orx_str_adds(ret_value, "key");
    return 0;
}

static bool add_amount(const orx_billed *row, void *user) {
    int64_t *total = user;
    int64_t nano = 0;
    assert_true(orx_decimal_round(row->amount, &nano));
    *total += nano;
    return true;
}

static void look(orx_store *s, orx_arena *arena, world *w) {
    orx_err err = ORX_ERR_INIT;
    orx_ingest_report *reports = NULL;
    int count = orx_ingest_reports(s, arena, &reports, &err);
    assert_in_range(count, 0, 1);
    w->pages = count ? reports[0].pages : 0;
    assert_ok(orx_billed_each(s, 0, INT64_MAX, add_amount, &w->found, &err), &err);
}

static void ingest(orx_platform *p, orx_store *s, orx_arena *arena, world *w) {
    static const char settings[] = "files: [a.csv]\n";
    const orx_plugin_setup setup = {.root = "/", .secret = secret};
    orx_err err = ORX_ERR_INIT;
    const orx_node *tree = NULL;
    orx_plugins *all = orx_plugins_new(p, &setup);
    orx_plugin plugin = {.all = all};
    orx_instance *instance = NULL;
    orx_ingest_report report;
    assert_ok(orx_module_view_open(p, "/plugin.so", false, arena, &plugin.view, &err), &err);
    assert_ok(orx_yaml_parse(arena, "s", orx_view_of(settings), &orx_limits_config, &tree, &err),
              &err);
    const orx_instance_spec is = {
        .plugin = &plugin, .name = "x", .settings = tree, .file = "s", .path = "settings"};
    assert_ok(orx_instance_new(all, &is, &instance, &err), &err);
    const orxaq_cost_file file = {
        .struct_size = sizeof file, .name = orxaq_str("a.csv"), .bytes = orxaq_str(export)};
    const orx_ingest_spec spec = {.files = &file,
                                  .file_count = 1,
                                  .page_items = 2,
                                  .instance = instance,
                                  .files_dir = "/files",
                                  .window_ns = (int64_t)30 * 24 * 3600 * ORX_SEC,
                                  .max_pages = 20,
                                  .timeout_ns = 300 * ORX_SEC,
                                  .backoff_ns = ORX_SEC};
    assert_ok(orx_ingest_run(p, s, &spec, arena, &report, &err), &err);
    w->status = strcmp(report.status, "ok") == 0 ? "ok" : "another";
    assert_ok(orx_billed_each(s, 0, INT64_MAX, add_amount, &w->total, &err), &err);
    orx_instance_free(instance);
    orx_plugins_free(all);
}

static int process(orx_platform *p, void *user) {
    ORX_CLEANUP(orx_arena_free) orx_arena arena = {0};
    orx_err err = ORX_ERR_INIT;
    orx_store *s = NULL;
    world *w = user;
    *w = (world){0};
    assert_ok(orx_mkdirs(p, "/files", true, &err), &err);
    assert_ok(orx_store_open(p, "/root", "primary", rooms, ORX_STORE_CREATE, &s, &err), &err);
    look(s, &arena, w);
    ingest(p, s, &arena, w);
    orx_store_close(s);
    return 0;
}

/* False: the operation was never reached. */
static bool dies_at(uint64_t op, orx_sim_when when, bool power) {
    world w = {0};
    orx_sim *sim = orx_sim_new(op);
    orx_sim_host *host = orx_sim_add_host(sim, "machine");
    orx_platform *p = orx_sim_add_process(host);
    orx_sim_jump_clock(host, BILL_NOW - orx_wall_ns(p));
    orx_sim_module(sim, "/plugin.so", ORXAQ_PLUGIN_SYMBOL,
                   (orx_module_fn)(void (*)(void))orxaq_plugin_query);
    if (power)
        orx_sim_crash_at(host, op, when, true);
    else
        orx_sim_kill_at(host, op, when);
    orx_sim_spawn(p, process, &w);
    assert_true(orx_sim_run(sim, 0));
    bool died = orx_sim_fate_of(p, NULL) == ORX_SIM_KILLED;
    orx_sim_kill_at(host, 0, when);
    orx_sim_spawn(p, process, &w);
    assert_true(orx_sim_run(sim, 0));
    assert_int_equal(orx_sim_fate_of(p, NULL), ORX_SIM_RETURNED);
    if (w.pages < 0 || w.pages > 4 || w.found != after_page[w.pages])
        fail_msg("a death at operation %llu left %lld pages and %lld in the books",
                 (unsigned long long)op, (long long)w.pages, (long long)w.found);
    if (w.total != after_page[4] || strcmp(w.status, "ok") != 0)
        fail_msg("after a death at operation %llu the books say %lld (%s)", (unsigned long long)op,
                 (long long)w.total, w.status);
    orx_sim_free(sim);
    return died;
}

static void every_death(orx_sim_when when, bool power) {
    uint64_t op = 1;
    while (dies_at(op, when, power))
        op++;
    assert_true(op > 20); /* it does that many at least */
}

static void killed_before_and_behind_every_write(void **state) {
    (void)state;
    every_death(ORX_SIM_BEFORE, false);
    every_death(ORX_SIM_AFTER, false);
}

static void power_lost_in_every_write(void **state) {
    (void)state;
    every_death(ORX_SIM_TORN, true);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(killed_before_and_behind_every_write),
        cmocka_unit_test(power_lost_in_every_write),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

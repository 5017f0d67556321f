/* The files of a bill: found in folders, bounded, and named when they cannot be had. */
#include "money/ingest_files.h"
#include "platform/sim/sim.h"

#include "test.h"

#include "data/yaml.h"

typedef struct machine {
    orx_sim *sim;
    orx_platform *p;
    orx_arena arena;
    orx_ingest_files files;
} machine;

static int setup(void **state) {
    machine *m = calloc(1, sizeof *m);
    orx_err err = ORX_ERR_INIT;
    m->sim = orx_sim_new(1);
    m->p = orx_sim_platform(orx_sim_add_host(m->sim, "machine"));
    assert_ok(orx_mkdirs(m->p, "/base/bills/old.csv", false, &err), &err);
    *state = m;
    return 0;
}

static int teardown(void **state) {
    machine *m = *state;
    orx_ingest_files_free(&m->files);
    orx_sim_free(m->sim);
    orx_arena_free(&m->arena);
    free(m);
    return 0;
}

static void put(machine *m, const char *path, size_t len) {
    ORX_CLEANUP(orx_str_free) orx_str text = {0};
    orx_err err = ORX_ERR_INIT;
    while (text.len < len)
        orx_str_adds(&text, "0123456789abcdef");
    assert_ok(orx_write_atomic(m->p, path, orx_str_view(&text), 0600, &err), &err);
}

static int take(machine *m, const char *list, orx_err *err) {
    const orx_node *names = NULL;
    orx_ingest_files_free(&m->files);
    m->files = (orx_ingest_files){0};
    assert_ok(orx_yaml_parse(&m->arena, "y", orx_view_of(list), &orx_limits_config, &names, err),
              err);
    return orx_ingest_files_read(m->p, "/base", names, &m->files, err);
}

static void folders_give_their_exports_by_name(void **state) {
    machine *m = *state;
    orx_err err = ORX_ERR_INIT;
    assert_ok(orx_remove_tree(m->p, "/base/bills/old.csv", &err), &err);
    put(m, "/base/bills/b.csv", 16);
    put(m, "/base/bills/a.ndjson", 32);
    put(m, "/base/bills/a.txt", 16);
    put(m, "/elsewhere", 48);
    assert_ok(take(m, "[bills, /elsewhere]", &err), &err);
    assert_int_equal(m->files.list.len, 3);
    assert_true(orxaq_view_is(m->files.list.items[0].name, "bills/a.ndjson"));
    assert_true(orxaq_view_is(m->files.list.items[1].name, "bills/b.csv"));
    assert_true(orxaq_view_is(m->files.list.items[2].name, "/elsewhere"));
    assert_int_equal(m->files.list.items[2].bytes.len, 48);
    assert_int_equal(m->files.bytes, 96);
    assert_ok(take(m, "[]", &err), &err);
    assert_int_equal(m->files.list.len, 0);
}

static void what_cannot_be_had_is_named(void **state) {
    machine *m = *state;
    orx_err err = ORX_ERR_INIT;
    assert_true(take(m, "[bills/none.csv]", &err) < 0);
    assert_contains(err.msg, "none.csv");
    err = (orx_err)ORX_ERR_INIT;
    assert_true(take(m, "[bills]", &err) < 0); /* old.csv is a folder */
    assert_contains(err.msg, "old.csv");
}

static void size_is_bounded_for_each_and_for_all(void **state) {
    machine *m = *state;
    orx_err err = ORX_ERR_INIT;
    put(m, "/base/large.csv", ((size_t)64 << 20) + 16);
    assert_int_equal(take(m, "[large.csv]", &err), ORX_E_LIMIT);
    assert_contains(err.msg, "large.csv");
    err = (orx_err)ORX_ERR_INIT;
    put(m, "/base/large.csv", (size_t)64 << 20);
    assert_ok(take(m, "[large.csv, large.csv, large.csv, large.csv]", &err), &err);
    assert_int_equal(take(m, "[large.csv, large.csv, large.csv, large.csv, large.csv]", &err),
                     ORX_E_LIMIT);
    assert_contains(err.msg, "256 MiB");
}

#define T(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        T(folders_give_their_exports_by_name),
        T(what_cannot_be_had_is_named),
        T(size_is_bounded_for_each_and_for_all),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

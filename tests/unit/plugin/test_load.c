/* The registry: find, trust, prove, load, register. */
#include "plugin/plugin.h"
#include "plugin/trust.h"

#include "tame.h"
#include "test.h"
#include "world.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>

static int setup(void **state) {
    tame_reset();
    return world_setup(state);
}

static int load(world *w, const orx_plugin_ref *ref, const orx_plugin **ret, orx_err *err) {
    *err = (orx_err)ORX_ERR_INIT;
    return orx_plugins_load(w->plugins, ref, ret, err);
}

static void by_name_and_by_path_is_the_same_plugin(void **state) {
    world *w = *state;
    orx_err err;
    const char *path = world_module(w, "one", tame_query);
    const orx_plugin *a = NULL, *b = NULL;
    assert_ok(load(w, &(orx_plugin_ref){.name = "one"}, &a, &err), &err);
    assert_ok(load(w, &(orx_plugin_ref){.path = path}, &b, &err), &err);
    assert_ptr_equal(a, b);
    assert_ptr_equal(orx_plugins_get(w->plugins, "tame"), a);
    assert_null(orx_plugins_get(w->plugins, "one"));
    assert_string_equal(orx_plugin_path(a), path);
    assert_int_equal(strlen(orx_plugin_sha256(a)), 64);
    assert_string_equal(orx_plugin_descriptor(a)->name, "Tame");
    assert_non_null(orx_plugin_provider(a));
    assert_non_null(orx_plugin_router(a));
    assert_non_null(orx_plugin_sink(a));
    assert_null(orx_plugin_key(a, 0));
}

static void references_are_checked(void **state) {
    world *w = *state;
    orx_err err;
    const orx_plugin *plugin = NULL;
    assert_int_equal(load(w, &(orx_plugin_ref){.where = "o.yaml:3:1"}, &plugin, &err),
                     ORX_E_INVALID);
    assert_contains(err.msg, "o.yaml:3:1: a plugin needs exactly one of name and path");
    assert_int_equal(load(w, &(orx_plugin_ref){.name = "a", .path = "/a.so"}, &plugin, &err),
                     ORX_E_INVALID);
    assert_int_equal(load(w, &(orx_plugin_ref){.path = "a.so"}, &plugin, &err), ORX_E_INVALID);
    assert_contains(err.msg, "must be absolute");
    static const char *const bad[] = {"", "../one", "a/b", ".hidden", "a b"};
    for (size_t i = 0; i < ORX_ARRAY_LEN(bad); i++)
        assert_int_equal(load(w, &(orx_plugin_ref){.name = bad[i]}, &plugin, &err), ORX_E_INVALID);
    assert_int_equal(
        load(w, &(orx_plugin_ref){.name = "absent", .where = "o.yaml:9:1"}, &plugin, &err),
        ORX_E_NOT_FOUND);
    assert_contains(err.msg, "o.yaml:9:1: no plugin \"absent\": expected absent.so in ");
    assert_contains(err.msg, w->dir);
    assert_null(plugin);
}

static void the_second_file_with_an_id_is_refused(void **state) {
    world *w = *state;
    orx_err err;
    const orx_plugin *plugin = NULL;
    tame_descriptor = tame_plugin;
    world_module(w, "first", tame_query);
    world_module(w, "second", tame_query);
    orx_plugin_setup again = world_plugin_setup(w);
    world_plugins(w, &again);
    world_load(w, "first");
    assert_int_equal(load(w, &(orx_plugin_ref){.name = "second"}, &plugin, &err), ORX_E_EXISTS);
    assert_contains(err.msg, "second.so: its id \"tame\" is taken by ");
    assert_contains(err.msg, "first.so");
}

static void trust_and_pins_are_asked(void **state) {
    world *w = *state;
    orx_err err;
    const orx_plugin *plugin = NULL;
    const char *path = world_module(w, "loose", tame_query);
    assert_int_equal(load(w,
                          &(orx_plugin_ref){.name = "loose", .sha256 = "12", .where = "o.yaml:5:3"},
                          &plugin, &err),
                     ORX_E_DENIED);
    assert_contains(err.msg, "o.yaml:5:3: ");
    assert_contains(err.msg, "the configuration expects 12");
    assert_int_equal(chmod(path, 0666), 0);
    assert_int_equal(load(w, &(orx_plugin_ref){.name = "loose"}, &plugin, &err), ORX_E_DENIED);
}

static void bad_modules_are_refused_with_their_path(void **state) {
    world *w = *state;
    orx_err err;
    const orx_plugin *plugin = NULL;
    world_file(w, "text.so", "this is no module");
    assert_int_equal(load(w, &(orx_plugin_ref){.name = "text"}, &plugin, &err), ORX_E_UNSUPPORTED);
    assert_contains(err.msg, "text.so: not a module");
    tame_descriptor.abi_major = 3;
    world_module(w, "future", tame_query);
    assert_int_equal(load(w, &(orx_plugin_ref){.name = "future"}, &plugin, &err),
                     ORX_E_UNSUPPORTED);
    assert_contains(err.msg, "future.so: ");
    assert_contains(err.msg, "built for ABI 3.2");
    tame_descriptor = tame_plugin;
    assert_null(plugin);
}

/* ---- Proof --------------------------------------------------------------------------------- */

static const char *passes(world *w, const char *name) {
    return orx_arena_printf(&w->arena, "{\"path\":\"%s/%s.so\",\"ok\":true}\n", w->dir, name);
}

static void proving(world *w, const char *cache) {
    static const char *const probe[] = {"probe", NULL};
    orx_plugin_setup setup = world_plugin_setup(w);
    setup.probe = probe;
    setup.cache_file = cache;
    world_plugins(w, &setup);
}

static void a_module_is_proven_once(void **state) {
    world *w = *state;
    orx_err err;
    const orx_plugin *plugin = NULL;
    world_module(w, "proven", tame_query);
    const step good[] = {{.what = STEP_OUT, .bytes = passes(w, "proven")}, {.what = STEP_EXIT}};
    program programs[] = {{.steps = good}};
    world_programs(w, programs, 1);
    const char *cache = world_path(w, "cache.json");
    proving(w, cache);
    assert_ok(load(w, &(orx_plugin_ref){.name = "proven"}, &plugin, &err), &err);
    assert_int_equal(w->started, 1);
    /* Another process of the same host: the cache is enough. */
    proving(w, cache);
    assert_ok(load(w, &(orx_plugin_ref){.name = "proven"}, &plugin, &err), &err);
    assert_int_equal(w->started, 1);
    world_programs(w, NULL, 0);
}

/* The bytes are what a pin is held against, also when their digest is on file. */
static void a_pin_counts_for_a_proven_module_too(void **state) {
    world *w = *state;
    orx_err err;
    const orx_plugin *plugin = NULL;
    world_module(w, "pinned", tame_query);
    const step good[] = {{.what = STEP_OUT, .bytes = passes(w, "pinned")}, {.what = STEP_EXIT}};
    program programs[] = {{.steps = good}};
    world_programs(w, programs, 1);
    const char *cache = world_path(w, "pinned.json");
    const struct timespec settle = {.tv_nsec = ORX_TRUST_SETTLED_NS + ORX_MS};
    assert_int_equal(nanosleep(&settle, NULL), 0);
    proving(w, cache);
    assert_ok(load(w, &(orx_plugin_ref){.name = "pinned"}, &plugin, &err), &err);
    char *right = orx_arena_strdup(&w->arena, orx_plugin_sha256(plugin));
    proving(w, cache);
    assert_contains(world_read(w, "pinned.json"), "\"settled\": true");
    assert_int_equal(load(w, &(orx_plugin_ref){.name = "pinned", .sha256 = "12"}, &plugin, &err),
                     ORX_E_DENIED);
    assert_ok(load(w, &(orx_plugin_ref){.name = "pinned"}, &plugin, &err), &err);
    assert_string_equal(orx_plugin_sha256(plugin), right); /* from the cache */
    assert_ok(load(w, &(orx_plugin_ref){.name = "pinned", .sha256 = right}, &plugin, &err), &err);
    assert_int_equal(w->started, 1);
    world_programs(w, NULL, 0);
}

static void a_module_that_kills_the_probe_is_not_loaded(void **state) {
    world *w = *state;
    orx_err err;
    const orx_plugin *plugin = NULL;
    world_module(w, "deadly", tame_query);
    const step dies[] = {{.what = STEP_EXIT, .signal = 11}};
    program programs[] = {{.steps = dies}};
    world_programs(w, programs, 1);
    proving(w, NULL);
    const orx_plugin_ref ref = {.name = "deadly", .where = "o.yaml:2:1"};
    assert_int_equal(load(w, &ref, &plugin, &err), ORX_E_UNSUPPORTED);
    assert_contains(err.msg, "o.yaml:2:1: ");
    assert_contains(err.msg, "it crashed (signal 11)");
    /* Not tried again by this process. */
    assert_int_equal(load(w, &ref, &plugin, &err), ORX_E_UNSUPPORTED);
    assert_int_equal(w->started, 1);
    world_programs(w, NULL, 0);
}

static void many_modules_are_proven_by_one_child(void **state) {
    world *w = *state;
    orx_err err;
    const orx_plugin *plugin = NULL;
    world_module(w, "m1", tame_query);
    world_module(w, "m2", tame_query);
    const step good[] = {{.what = STEP_OUT, .bytes = passes(w, "m1")},
                         {.what = STEP_OUT, .bytes = passes(w, "m2")},
                         {.what = STEP_EXIT}};
    program programs[] = {{.steps = good}};
    world_programs(w, programs, 1);
    proving(w, NULL);
    const orx_plugin_ref refs[] = {{.name = "m1"}, {.name = "absent"}, {.name = "m2"}};
    orx_plugins_prepare(w->plugins, refs, 3);
    assert_int_equal(w->started, 1);
    assert_ok(load(w, &refs[0], &plugin, &err), &err);
    assert_int_equal(load(w, &refs[1], &plugin, &err), ORX_E_NOT_FOUND);
    assert_int_equal(load(w, &refs[2], &plugin, &err), ORX_E_EXISTS);
    assert_int_equal(w->started, 1);
    world_programs(w, NULL, 0);
}

/* ---- Folders ------------------------------------------------------------------------------- */

static void folders_belong_to_the_executable(void **state) {
    world *w = *state;
    const char *const *dirs = orx_plugin_dirs(&w->arena, "/src/build/bin/orxaq");
    assert_string_equal(dirs[0], "/src/build/plugins");
    assert_contains(dirs[1], "/src/build/lib");
    assert_contains(dirs[1], "/orxaq/plugins");
    dirs = orx_plugin_dirs(&w->arena, "/orxaq");
    assert_string_equal(dirs[0], "/plugins");
}

static void names_are_listed_sorted_and_once(void **state) {
    world *w = *state;
    orx_err err = ORX_ERR_INIT;
    assert_int_equal(mkdir(world_path(w, "p1"), 0755), 0);
    assert_int_equal(mkdir(world_path(w, "p2"), 0755), 0);
    world_file(w, "p1/zebra.so", "x");
    world_file(w, "p1/notes.txt", "x");
    world_file(w, "p2/zebra.so", "x");
    world_file(w, "p2/ant.so", "x");
    const char *dirs[] = {world_path(w, "p1"), world_path(w, "missing"), world_path(w, "p2"), NULL};
    orx_plugin_setup setup = world_plugin_setup(w);
    setup.dirs = dirs;
    world_plugins(w, &setup);
    char **names = NULL;
    assert_ok(orx_plugins_available(w->plugins, &w->arena, &names, &err), &err);
    assert_string_equal(names[0], "ant");
    assert_string_equal(names[1], "zebra");
    assert_null(names[2]);
    const char *path = NULL;
    const orx_plugin_ref zebra = {.name = "zebra"};
    assert_ok(orx_plugins_find(w->plugins, &zebra, &w->arena, &path, &err), &err);
    assert_string_equal(path, world_path(w, "p1/zebra.so"));
    setup.dirs = NULL;
    world_plugins(w, &setup);
    assert_int_equal(orx_plugins_find(w->plugins, &zebra, &w->arena, &path, &err), ORX_E_NOT_FOUND);
    assert_contains(err.msg, "none is known");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(by_name_and_by_path_is_the_same_plugin),
        cmocka_unit_test(references_are_checked),
        cmocka_unit_test(the_second_file_with_an_id_is_refused),
        cmocka_unit_test(trust_and_pins_are_asked),
        cmocka_unit_test(bad_modules_are_refused_with_their_path),
        cmocka_unit_test(a_module_is_proven_once),
        cmocka_unit_test(a_pin_counts_for_a_proven_module_too),
        cmocka_unit_test(a_module_that_kills_the_probe_is_not_loaded),
        cmocka_unit_test(many_modules_are_proven_by_one_child),
        cmocka_unit_test(folders_belong_to_the_executable),
        cmocka_unit_test(names_are_listed_sorted_and_once),
    };
    return cmocka_run_group_tests(tests, setup, world_teardown);
}

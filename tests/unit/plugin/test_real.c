/* Real modules, real children: whatever a module does while it is loaded, the host goes on. */
#include "plugin/plugin.h"

#include "platform/files.h"
#include "test.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

typedef struct real {
    orx_platform *p;
    orx_arena arena;
    const char *dir; /* scratch */
    const char *dirs[3];
    const char *probe[2];
    orx_plugins *plugins;
} real;

static int setup(void **state) {
    orx_err err = ORX_ERR_INIT;
    real *r = orx_xcalloc(1, sizeof *r);
    const char *build = getenv("ORX_BUILD_DIR"), *tmp = getenv("TMPDIR");
    assert_non_null(build);
    assert_ok(orx_platform_uv_new(&r->p, &err), &err);
    char *dir = orx_arena_printf(&r->arena, "%s/orxaq-real.XXXXXX", tmp && *tmp ? tmp : "/tmp");
    assert_non_null(mkdtemp(dir));
    r->dir = dir;
    r->dirs[0] = orx_arena_printf(&r->arena, "%s/tests/plugin-modules", build);
    r->dirs[1] = dir;
    r->probe[0] = orx_arena_printf(&r->arena, "%s/tests/plugin_probe", build);
    *state = r;
    return 0;
}

static int teardown(void **state) {
    real *r = *state;
    orx_plugins_free(r->plugins);
    orx_remove_tree(r->p, r->dir, NULL);
    orx_platform_free(r->p);
    orx_arena_free(&r->arena);
    free(r);
    return 0;
}

static int fresh(void **state) {
    real *r = *state;
    orx_plugins_free(r->plugins);
    const orx_plugin_setup with = {.dirs = r->dirs, .probe = r->probe};
    r->plugins = orx_plugins_new(r->p, &with);
    return 0;
}

static int load(real *r, const char *name, orx_err *err) {
    const orx_plugin *plugin = NULL;
    const orx_plugin_ref ref = {.name = name};
    *err = (orx_err)ORX_ERR_INIT;
    int rc = orx_plugins_load(r->plugins, &ref, &plugin, err);
    assert_true((rc >= 0) == (plugin != NULL));
    return rc;
}

static void refused(real *r, const char *name, const char *part) {
    orx_err err;
    assert_true(load(r, name, &err) < 0);
    assert_contains(err.msg, orx_arena_printf(&r->arena, "%s.so", name));
    assert_contains(err.msg, part);
}

static void a_good_module_is_loaded(void **state) {
    real *r = *state;
    orx_err err;
    assert_ok(load(r, "good", &err), &err);
    assert_ok(load(r, "chatty", &err), &err);
    assert_non_null(orx_plugins_get(r->plugins, "good"));
    assert_non_null(orx_plugins_get(r->plugins, "chatty"));
}

/* AddressSanitizer catches the signal, says so and exits. */
#ifdef __SANITIZE_ADDRESS__
#define CRASHED "it ended the process (exit code 1)"
#else
#define CRASHED "it crashed (signal 11)"
#endif

static void deadly_modules_kill_only_the_child(void **state) {
    real *r = *state;
    refused(r, "crash-load", CRASHED);
    refused(r, "crash-query", CRASHED);
    refused(r, "exit-load", "it ended the process (exit code 0)");
    refused(r, "exit-query", "it ended the process (exit code 7)");
    refused(r, "abort-load", "it crashed (signal 6)");
}

static void a_module_that_hangs_is_given_up(void **state) {
    refused(*state, "hang-load", "it did not come back within 4 s");
}

static void processes_and_threads_are_noticed(void **state) {
    real *r = *state;
    refused(r, "fork-on", "started a process");
    refused(r, "fork-child", "started a process");
    refused(r, "thread", "started a thread");
}

static void dishonest_and_foreign_modules_are_refused(void **state) {
    real *r = *state;
    refused(r, "no-symbol", "has no function orxaq_plugin_query");
    refused(r, "future", "built for ABI 7.2");
    refused(r, "future", "this host speaks 0.1 to 0.2");
    refused(r, "yes-man", "accepts a host of ABI 1000.1000");
}

static void put(real *r, const char *name, orx_view bytes) {
    orx_err err = ORX_ERR_INIT;
    const char *path = orx_path_join(&r->arena, r->dir, name);
    assert_ok(orx_write_replace(r->p, path, bytes, 0755, &err), &err);
}

static void what_is_no_module_is_refused(void **state) {
    real *r = *state;
    orx_err err = ORX_ERR_INIT;
    orx_str good = {0};
    const char *path = orx_path_join(&r->arena, r->dirs[0], "good.so");
    assert_ok(orx_read_file(r->p, path, (size_t)64 << 20, &good, &err), &err);
    put(r, "text.so", orx_view_of("#!/bin/sh\necho hello\n"));
    put(r, "header.so", orx_view_mem(good.buf, 64));
    put(r, "half.so", orx_view_mem(good.buf, good.len / 2));
    good.buf[18] = (char)0xF3; /* e_machine: RISC-V */
    put(r, "riscv.so", orx_str_view(&good));
    orx_str_free(&good);
    refused(r, "text", "text.so");
    refused(r, "header", "header.so");
    refused(r, "half", "half.so");
    refused(r, "riscv", "riscv.so");
}

/* Bad ones among good ones: each gets its own verdict, and the good ones are used. */
static void a_crowd_is_proven_together(void **state) {
    real *r = *state;
    orx_err err;
    const orx_plugin_ref refs[] = {{.name = "good"},       {.name = "crash-load"},
                                   {.name = "chatty"},     {.name = "exit-query"},
                                   {.name = "fork-child"}, {.name = "second"}};
    orx_plugins_prepare(r->plugins, refs, ORX_ARRAY_LEN(refs));
    assert_ok(load(r, "good", &err), &err);
    assert_ok(load(r, "chatty", &err), &err);
    refused(r, "second", "its id \"good\" is taken by ");
    refused(r, "crash-load", CRASHED);
    refused(r, "exit-query", "it ended the process");
    refused(r, "fork-child", "started a process");
}

#define TEST(name) cmocka_unit_test_setup(name, fresh)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(a_good_module_is_loaded),
        TEST(deadly_modules_kill_only_the_child),
        TEST(a_module_that_hangs_is_given_up),
        TEST(processes_and_threads_are_noticed),
        TEST(dishonest_and_foreign_modules_are_refused),
        TEST(what_is_no_module_is_refused),
        TEST(a_crowd_is_proven_together),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}

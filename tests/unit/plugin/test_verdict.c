/* Verdicts of the probe: heard, believed for the same bytes only, kept. */
#include "plugin/verdict.h"

#include "test.h"
#include "world.h"

static const char *const probe[] = {"/bin/orxaq", "plugin", "probe-internal", NULL};

static orx_trusted_file file_of(world *w, const char *name, const char *text) {
    orx_err err = ORX_ERR_INIT;
    orx_trusted_file file = {0};
    assert_ok(orx_trust_file(w->p, world_file(w, name, text), NULL, &w->arena, &file, &err), &err);
    return file;
}

static const char *line(world *w, const char *name, const char *rest) {
    return orx_arena_printf(&w->arena, "{\"path\":\"%s\",%s}\n", world_path(w, name), rest);
}

static void prove(world *w, orx_verdicts *v, const orx_trusted_file *files, size_t count) {
    orx_err err = ORX_ERR_INIT;
    assert_ok(orx_verdicts_prove(v, probe, files, count, &err), &err);
    assert_int_equal(w->started, w->program_count);
}

static void lines_become_verdicts(void **state) {
    world *w = *state;
    orx_trusted_file files[] = {file_of(w, "a.so", "a"), file_of(w, "b.so", "b")};
    const step steps[] = {
        {.what = STEP_OUT, .bytes = line(w, "a.so", "\"ok\":true,\"id\":\"a\"")},
        {.what = STEP_OUT, .bytes = "a module may print\nwithout an end"},
        {.what = STEP_OUT, .bytes = line(w, "b.so", "\"ok\":false,\"reason\":\"b is bad\"")},
        {.what = STEP_EXIT},
    };
    program programs[] = {{.steps = steps}};
    world_programs(w, programs, 1);
    orx_verdicts *v = orx_verdicts_new(w->p, NULL, "build 1");
    assert_null(orx_verdicts_get(v, &files[0]));
    prove(w, v, files, 2);
    assert_string_equal(orx_verdicts_get(v, &files[0]), "");
    assert_string_equal(orx_verdicts_get(v, &files[1]), "b is bad");
    assert_contains(programs[0].argv, "/bin/orxaq plugin probe-internal /");
    assert_contains(programs[0].argv, "/b.so ");
    orx_verdicts_free(v);
    world_programs(w, NULL, 0);
}

/* The module at which the child ended is to blame; the others get another child. */
static void a_dead_child_blames_the_module_it_was_at(void **state) {
    world *w = *state;
    orx_trusted_file files[] = {file_of(w, "a.so", "a"), file_of(w, "b.so", "b"),
                                file_of(w, "c.so", "c"), file_of(w, "d.so", "d")};
    const step first[] = {{.what = STEP_OUT, .bytes = line(w, "a.so", "\"ok\":true")},
                          {.what = STEP_EXIT, .signal = 11}};
    const step second[] = {{.what = STEP_EXIT, .code = 3}};
    const step third[] = {{.what = STEP_EXIT, .end = ORX_PROC_SILENT}};
    program programs[] = {{.steps = first}, {.steps = second}, {.steps = third}};
    world_programs(w, programs, 3);
    orx_verdicts *v = orx_verdicts_new(w->p, NULL, "build 1");
    prove(w, v, files, 4);
    assert_string_equal(orx_verdicts_get(v, &files[0]), "");
    assert_contains(orx_verdicts_get(v, &files[1]), "it crashed (signal 11)");
    assert_contains(orx_verdicts_get(v, &files[1]), "b.so");
    assert_contains(orx_verdicts_get(v, &files[2]), "it ended the process (exit code 3)");
    assert_contains(orx_verdicts_get(v, &files[3]), "did not come back within 4 s");
    assert_int_equal(programs[0].spec.idle_timeout_ns, ORX_PROBE_DEADLINE_NS);
    assert_int_equal(programs[0].spec.first_byte_timeout_ns, ORX_PROBE_DEADLINE_NS);
    orx_verdicts_free(v);
    world_programs(w, NULL, 0);
}

static void two_lines_for_a_module_mean_a_fork(void **state) {
    world *w = *state;
    orx_trusted_file file = file_of(w, "a.so", "a");
    const step steps[] = {{.what = STEP_OUT, .bytes = line(w, "a.so", "\"ok\":true")},
                          {.what = STEP_OUT, .bytes = line(w, "a.so", "\"ok\":true")},
                          {.what = STEP_EXIT}};
    program programs[] = {{.steps = steps}};
    world_programs(w, programs, 1);
    orx_verdicts *v = orx_verdicts_new(w->p, NULL, "build 1");
    prove(w, v, &file, 1);
    assert_contains(orx_verdicts_get(v, &file), "started a process");
    orx_verdicts_free(v);
    world_programs(w, NULL, 0);
}

static void a_probe_that_cannot_run_is_an_error(void **state) {
    world *w = *state;
    orx_trusted_file file = file_of(w, "a.so", "a");
    const step steps[] = {{.what = STEP_EXIT, .end = ORX_PROC_NOT_STARTED}};
    program programs[] = {{.steps = steps}, {.fails = true}};
    world_programs(w, programs, 2);
    orx_verdicts *v = orx_verdicts_new(w->p, NULL, "build 1");
    orx_err err = ORX_ERR_INIT;
    assert_int_equal(orx_verdicts_prove(v, probe, &file, 1, &err), ORX_E_CHILD);
    assert_contains(err.msg, "cannot run the plugin probe /bin/orxaq: no such program");
    assert_int_equal(orx_verdicts_prove(v, probe, &file, 1, &err), ORX_E_IO);
    assert_null(orx_verdicts_get(v, &file));
    orx_verdicts_free(v);
    world_programs(w, NULL, 0);
}

/* Fills a cache file with a pass, a refusal and a crash. */
static void fill_cache(world *w, const char *cache, const orx_trusted_file files[3]) {
    const step first[] = {
        {.what = STEP_OUT, .bytes = line(w, "a.so", "\"ok\":true")},
        {.what = STEP_OUT, .bytes = line(w, "b.so", "\"ok\":false,\"reason\":\"bad\"")},
        {.what = STEP_EXIT, .signal = 9}};
    program programs[] = {{.steps = first}};
    world_programs(w, programs, 1);
    orx_verdicts *v = orx_verdicts_new(w->p, cache, "build 1");
    prove(w, v, files, 3);
    orx_verdicts_free(v);
    world_programs(w, NULL, 0);
}

static void verdicts_are_kept_but_not_deaths(void **state) {
    world *w = *state;
    orx_trusted_file files[] = {file_of(w, "a.so", "a"), file_of(w, "b.so", "b"),
                                file_of(w, "c.so", "c")};
    const char *cache = world_path(w, "verdicts.json");
    fill_cache(w, cache, files);
    orx_verdicts *v = orx_verdicts_new(w->p, cache, "build 1");
    assert_string_equal(orx_verdicts_get(v, &files[0]), "");
    assert_string_equal(orx_verdicts_get(v, &files[1]), "bad");
    assert_null(orx_verdicts_get(v, &files[2]));
    orx_verdicts_free(v);
    v = orx_verdicts_new(w->p, cache, "build 2");
    assert_null(orx_verdicts_get(v, &files[0]));
    orx_verdicts_free(v);
}

static void any_difference_makes_it_another_file(void **state) {
    world *w = *state;
    orx_trusted_file files[] = {file_of(w, "a.so", "a"), file_of(w, "b.so", "b"),
                                file_of(w, "c.so", "c")};
    const char *cache = world_path(w, "verdicts2.json");
    fill_cache(w, cache, files);
    orx_verdicts *v = orx_verdicts_new(w->p, cache, "build 1");
    orx_trusted_file other = files[0];
    other.info.device++;
    assert_null(orx_verdicts_get(v, &other));
    other = files[0];
    other.info.inode++;
    assert_null(orx_verdicts_get(v, &other));
    other = files[0];
    other.info.size++;
    assert_null(orx_verdicts_get(v, &other));
    other = files[0];
    other.info.mtime_ns++;
    assert_null(orx_verdicts_get(v, &other));
    other = files[0];
    other.info.ctime_ns++;
    assert_null(orx_verdicts_get(v, &other));
    other = files[0];
    other.sha256[0] = other.sha256[0] == '0' ? '1' : '0';
    assert_null(orx_verdicts_get(v, &other));
    assert_non_null(orx_verdicts_get(v, &files[0]));
    orx_verdicts_free(v);
}

/* The digest on file stands for a file as long as all its marks are the same. */
static void a_settled_digest_is_not_taken_again(void **state) {
    world *w = *state;
    orx_trusted_file files[] = {file_of(w, "a.so", "a"), file_of(w, "b.so", "b"),
                                file_of(w, "c.so", "c")};
    const char *cache = world_path(w, "verdicts3.json");
    files[0].settled = true;
    files[1].settled = false; /* written just now */
    fill_cache(w, cache, files);
    orx_verdicts *v = orx_verdicts_new(w->p, cache, "build 2");
    orx_trusted_file file = {.path = files[0].path, .info = files[0].info};
    assert_true(orx_verdicts_digest(v, &file));
    assert_string_equal(file.sha256, files[0].sha256);
    for (int i = 0; i < 5; i++) {
        orx_trusted_file other = {.path = files[0].path, .info = files[0].info};
        other.info.device += i == 0;
        other.info.inode += i == 1;
        other.info.size += i == 2;
        other.info.mtime_ns += i == 3;
        other.info.ctime_ns += i == 4;
        assert_false(orx_verdicts_digest(v, &other));
        assert_string_equal(other.sha256, "");
    }
    file = (orx_trusted_file){.path = files[1].path, .info = files[1].info};
    assert_false(orx_verdicts_digest(v, &file));
    orx_verdicts_free(v);
}

static void a_digest_settles_when_it_is_taken_again(void **state) {
    world *w = *state;
    orx_trusted_file files[] = {file_of(w, "a.so", "a"), file_of(w, "b.so", "b"),
                                file_of(w, "c.so", "c")};
    const char *cache = world_path(w, "verdicts4.json");
    files[0].settled = files[1].settled = false;
    fill_cache(w, cache, files);
    orx_verdicts *v = orx_verdicts_new(w->p, cache, "build 1");
    orx_verdicts_settle(v, &files[0]); /* still too soon */
    orx_trusted_file file = {.path = files[0].path, .info = files[0].info};
    assert_false(orx_verdicts_digest(v, &file));
    files[0].settled = files[2].settled = true;
    orx_verdicts_settle(v, &files[0]);
    orx_verdicts_settle(v, &files[2]); /* no verdict: nothing to keep */
    orx_verdicts_free(v);
    v = orx_verdicts_new(w->p, cache, "build 1");
    assert_true(orx_verdicts_digest(v, &file));
    assert_string_equal(orx_verdicts_get(v, &file), "");
    file = (orx_trusted_file){.path = files[2].path, .info = files[2].info};
    assert_false(orx_verdicts_digest(v, &file));
    orx_verdicts_free(v);
}

static void a_damaged_cache_is_an_empty_one(void **state) {
    world *w = *state;
    static const char *const texts[] = {"",
                                        "{",
                                        "[]",
                                        "{\"verdicts\":7}",
                                        "{\"verdicts\":[1,{\"file\":3},{\"reason\":\"x\"}]}",
                                        "{\"verdicts\":[{\"file\":\"1:2:3\",\"reason\":\"\","
                                        "\"settled\":true}]}",
                                        "{\"verdicts\":[{\"file\":\"1:2:3:4:5:6:7\","
                                        "\"reason\":\"\",\"settled\":true}]}"};
    orx_trusted_file file = file_of(w, "a.so", "a");
    for (size_t i = 0; i < ORX_ARRAY_LEN(texts); i++) {
        const char *cache = world_file(w, "damaged.json", texts[i]);
        orx_verdicts *v = orx_verdicts_new(w->p, cache, "build 1");
        assert_null(orx_verdicts_get(v, &file));
        orx_verdicts_free(v);
        /* Nothing new: it is left as it was. */
        assert_string_equal(world_read(w, "damaged.json"), texts[i]);
    }
    orx_verdicts_free(NULL);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_become_verdicts),
        cmocka_unit_test(a_dead_child_blames_the_module_it_was_at),
        cmocka_unit_test(two_lines_for_a_module_mean_a_fork),
        cmocka_unit_test(a_probe_that_cannot_run_is_an_error),
        cmocka_unit_test(verdicts_are_kept_but_not_deaths),
        cmocka_unit_test(any_difference_makes_it_another_file),
        cmocka_unit_test(a_settled_digest_is_not_taken_again),
        cmocka_unit_test(a_digest_settles_when_it_is_taken_again),
        cmocka_unit_test(a_damaged_cache_is_an_empty_one),
    };
    return cmocka_run_group_tests(tests, world_setup, world_teardown);
}

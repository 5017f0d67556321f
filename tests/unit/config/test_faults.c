/* A disk that answers with errors: each operation on each file in turn. */
#include "support.h"

#include <string.h>

/* The file operations of the platform, with one that fails for paths with a given end. */
static const struct orx_file_ops *real;
static struct orx_file_ops broken;
static const char *victim;
static int code;

static bool hit(const char *path) {
    return victim && orx_view_ends(orx_view_of(path), victim);
}

static int open_or_fail(orx_platform *p, const char *path, int flags, uint32_t mode,
                        orx_file **ret_f, orx_err *err) {
    if (hit(path))
        return orx_err_set(err, code, "%s: planned failure of open", path);
    return real->open(p, path, flags, mode, ret_f, err);
}

static int stat_or_fail(orx_platform *p, const char *path, bool follow, orx_file_info *ret_info,
                        orx_err *err) {
    if (hit(path))
        return orx_err_set(err, code, "%s: planned failure of stat", path);
    return real->stat(p, path, follow, ret_info, err);
}

static int realpath_or_fail(orx_platform *p, const char *path, orx_str *ret_path, orx_err *err) {
    if (hit(path))
        return orx_err_set(err, code, "%s: planned failure of realpath", path);
    return real->realpath(p, path, ret_path, err);
}

static int64_t read_fails(orx_platform *p, orx_file *f, int64_t offset, void *buf, size_t len,
                          orx_err *err) {
    (void)p, (void)f, (void)offset, (void)buf, (void)len;
    return orx_err_set(err, ORX_E_IO, "planned failure of read");
}

static void break_files(fixture *fx) {
    real = fx->p->files;
    broken = *real;
    fx->p->files = &broken;
    victim = NULL;
}

static int teardown(void **state) {
    fixture *fx = *state;
    fx->p->files = real;
    return fixture_teardown(state);
}

static int setup(void **state) {
    int rc = fixture_setup(state);
    fixture *fx = *state;
    spit(fx, "orxaq.yaml", "lane: from-file\n");
    spit(fx, ".env.autonomy", "ORXAQ_AUTONOMY_MAX_CYCLES=7\n");
    break_files(fx);
    return rc;
}

static void without_a_failure_all_is_well(void **state) {
    fixture *fx = *state;
    broken.open = open_or_fail;
    broken.stat = stat_or_fail;
    broken.realpath = realpath_or_fail;
    load_clean(fx);
    assert_string_equal(fx->cfg->lane, "from-file");
    assert_int_equal(fx->cfg->run.max_cycles, 7);
}

static void expect_failure(fixture *fx, const char *where, const char *part) {
    assert_int_equal(load(fx), ORX_E_INVALID);
    assert_null(fx->cfg);
    assert_true(count_diags(fx, ORX_DIAG_ERROR, where, part) >= 1);
    assert_contains(fx->err.msg, part);
}

static void files_that_cannot_be_opened(void **state) {
    fixture *fx = *state;
    static const int codes[] = {ORX_E_IO, ORX_E_DENIED, ORX_E_LIMIT, ORX_E_BUSY};
    static const char *const names[] = {"orxaq.yaml", ".env.autonomy"};
    broken.open = open_or_fail;
    for (size_t i = 0; i < ORX_ARRAY_LEN(names); i++) {
        for (size_t k = 0; k < ORX_ARRAY_LEN(codes); k++) {
            victim = names[i];
            code = codes[k];
            expect_failure(fx, names[i], "planned failure of open");
        }
    }
}

static void a_file_that_vanishes_is_none(void **state) {
    fixture *fx = *state;
    broken.open = open_or_fail;
    victim = ".env.autonomy";
    code = ORX_E_NOT_FOUND;
    load_clean(fx);
    assert_null(fx->cfg->env_file);
    assert_int_equal(fx->cfg->run.max_cycles, 10000);
}

/* Between the look and the opening it was there: this is no set-up without a config file. */
static void a_config_file_that_vanishes_is_an_error(void **state) {
    fixture *fx = *state;
    broken.open = open_or_fail;
    victim = "orxaq.yaml";
    code = ORX_E_NOT_FOUND;
    expect_failure(fx, "orxaq.yaml", "there is no such config file");
}

static void files_that_cannot_be_looked_at(void **state) {
    fixture *fx = *state;
    broken.stat = stat_or_fail;
    victim = "config/orxaq.yaml";
    code = ORX_E_DENIED;
    expect_failure(fx, "config/orxaq.yaml", "planned failure of stat");
}

static void files_that_cannot_be_read(void **state) {
    fixture *fx = *state;
    broken.read = read_fails;
    assert_int_equal(load(fx), ORX_E_INVALID);
    assert_int_equal(fx->diags.errors, 2);
    assert_int_equal(count_diags(fx, ORX_DIAG_ERROR, "orxaq.yaml", "planned failure of read"), 1);
    assert_int_equal(count_diags(fx, ORX_DIAG_ERROR, ".env.autonomy", "planned failure of read"),
                     1);
}

static void a_root_that_cannot_be_resolved(void **state) {
    fixture *fx = *state;
    broken.realpath = realpath_or_fail;
    victim = "/root";
    code = ORX_E_DENIED;
    assert_int_equal(load(fx), ORX_E_DENIED);
    assert_contains(fx->err.msg, "--root: the root directory cannot be used");
    assert_contains(fx->err.msg, "planned failure of realpath");
    fx->options.root = NULL;
    assert_int_equal(load(fx), ORX_E_DENIED);
    assert_contains(fx->err.msg, "working directory");
}

/* Without a working directory an absolute root still works. */
static void a_lost_working_directory(void **state) {
    fixture *fx = *state;
    broken.realpath = realpath_or_fail;
    victim = ".";
    code = ORX_E_NOT_FOUND;
    fx->options.cwd = NULL;
    load_clean(fx);
    assert_string_equal(fx->cfg->lane, "from-file");
}

static void failures_leave_the_result_alone(void **state) {
    fixture *fx = *state;
    broken.read = read_fails;
    orx_config *mine = (orx_config *)(void *)fx;
    assert_true(orx_config_load(fx->p, &fx->options, &mine, &fx->diags, &fx->err) < 0);
    assert_ptr_equal(mine, (orx_config *)(void *)fx);
    orx_err untouched = ORX_ERR_INIT;
    broken.read = real->read;
    mine = NULL;
    assert_int_equal(orx_config_load(fx->p, &fx->options, &mine, NULL, &untouched), 0);
    assert_int_equal(untouched.code, 0);
    assert_string_equal(untouched.msg, "");
    orx_config_free(mine);
}

int main(void) {
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(without_a_failure_all_is_well),   T(files_that_cannot_be_opened),
        T(a_file_that_vanishes_is_none),    T(a_config_file_that_vanishes_is_an_error),
        T(files_that_cannot_be_looked_at),  T(files_that_cannot_be_read),
        T(a_root_that_cannot_be_resolved),  T(a_lost_working_directory),
        T(failures_leave_the_result_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

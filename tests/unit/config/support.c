#include "support.h"

#include <stdlib.h>
#include <string.h>

/* The environment of the tests, in place of the process's. */
#define VARS_MAX 64
static const char *vars[VARS_MAX + 1];
static size_t var_count;
static orx_arena var_arena;
static struct orx_clock_ops clock_ops;

static const char *test_env(orx_platform *p, const char *name) {
    (void)p;
    size_t n = strlen(name);
    for (size_t i = 0; i < var_count; i++)
        if (!strncmp(vars[i], name, n) && vars[i][n] == '=')
            return vars[i] + n + 1;
    return NULL;
}

static const char *const *test_environ(orx_platform *p) {
    (void)p;
    return vars;
}

void put_env(const char *name, const char *value) {
    assert_true(var_count < VARS_MAX);
    vars[var_count++] = orx_arena_printf(&var_arena, "%s=%s", name, value);
    vars[var_count] = NULL;
}

int fixture_setup(void **state) {
    fixture *fx = orx_xcalloc(1, sizeof *fx);
    *state = fx;
    assert_ok(orx_platform_uv_new(&fx->p, &fx->err), &fx->err);
    clock_ops = *fx->p->clock;
    clock_ops.env = test_env;
    clock_ops.environ = test_environ;
    fx->p->clock = &clock_ops;
    const char *tmp = getenv("TMPDIR");
    char *name = orx_arena_printf(&fx->arena, "%s/orx-config-XXXXXX", tmp ? tmp : "/tmp");
    assert_non_null(mkdtemp(name));
    ORX_CLEANUP(orx_str_free) orx_str real = {0};
    assert_ok(orx_realpath(fx->p, name, &real, &fx->err), &fx->err);
    fx->dir = orx_arena_dup(&fx->arena, orx_str_view(&real));
    fx->root = orx_path_join(&fx->arena, fx->dir, "root");
    assert_ok(orx_mkdirs(fx->p, fx->root, false, &fx->err), &fx->err);
    fx->options = (orx_config_options){.root = fx->root, .cwd = fx->root, .flags = fx->flags};
    return 0;
}

int fixture_teardown(void **state) {
    fixture *fx = *state;
    int rc = orx_remove_tree(fx->p, fx->dir, &fx->err);
    orx_config_free(fx->cfg);
    orx_diags_free(&fx->diags);
    orx_platform_free(fx->p);
    orx_arena_free(&fx->arena);
    free(fx);
    orx_arena_free(&var_arena);
    var_count = 0;
    vars[0] = NULL;
    return rc;
}

const char *in_root(fixture *fx, const char *name) {
    return orx_path_join(&fx->arena, fx->root, name);
}

void spit_bytes(fixture *fx, const char *name, orx_view bytes) {
    char *path = orx_path_join(&fx->arena, fx->root, name);
    char *folder = orx_arena_strdup(&fx->arena, path);
    *strrchr(folder, '/') = 0;
    assert_ok(orx_mkdirs(fx->p, folder, false, &fx->err), &fx->err);
    assert_ok(orx_write_replace(fx->p, path, bytes, 0644, &fx->err), &fx->err);
}

void spit(fixture *fx, const char *name, const char *text) {
    spit_bytes(fx, name, orx_view_of(text));
}

void put_flag(fixture *fx, const char *name, const char *value) {
    assert_true(fx->options.flag_count < FLAGS_MAX);
    fx->flags[fx->options.flag_count++] = (orx_flag_value){name, value};
}

int load(fixture *fx) {
    orx_config_free(fx->cfg);
    fx->cfg = NULL;
    orx_diags_free(&fx->diags);
    fx->err = (orx_err)ORX_ERR_INIT;
    return orx_config_load(fx->p, &fx->options, &fx->cfg, &fx->diags, &fx->err);
}

static void print_diags(const fixture *fx) {
    for (const orx_diag *d = fx->diags.first; d; d = d->next)
        print_error("%s %s: %s\n", d->severity == ORX_DIAG_ERROR ? "error" : "warning", d->where,
                    d->text);
}

void load_clean(fixture *fx) {
    int rc = load(fx);
    print_diags(fx);
    assert_int_equal(rc, 0);
    assert_null(fx->diags.first);
}

void load_yaml(fixture *fx, const char *text) {
    spit(fx, "orxaq.yaml", text);
    load_clean(fx);
}

int count_diags(const fixture *fx, orx_severity severity, const char *where, const char *part) {
    int n = 0;
    for (const orx_diag *d = fx->diags.first; d; d = d->next)
        n += d->severity == severity && !strcmp(d->where, where) && strstr(d->text, part);
    return n;
}

void expect_diag(const fixture *fx, orx_severity severity, const char *where, const char *part) {
    if (count_diags(fx, severity, where, part) == 1)
        return;
    print_diags(fx);
    fail_msg("expected one diagnostic at %s with \"%s\"", where, part);
}

void expect_error(fixture *fx, const char *yaml, const char *where, const char *part) {
    spit(fx, "orxaq.yaml", yaml);
    int rc = load(fx);
    expect_diag(fx, ORX_DIAG_ERROR, where, part);
    assert_int_equal(fx->diags.errors, 1);
    assert_int_equal(rc, ORX_E_INVALID);
    assert_contains(fx->err.msg, where);
    assert_null(fx->cfg);
}

static const orx_config_value *value_at(const fixture *fx, const char *path) {
    const orx_config_value *v = orx_config_get(fx->cfg, path);
    if (!v)
        fail_msg("no such key: %s", path);
    return v;
}

const char *shown(fixture *fx, const char *path) {
    ORX_CLEANUP(orx_str_free) orx_str text = {0};
    orx_config_value_text(value_at(fx, path), &text);
    return orx_arena_strdup(&fx->arena, orx_str_cstr(&text));
}

const char *origin(const fixture *fx, const char *path) {
    return value_at(fx, path)->where;
}

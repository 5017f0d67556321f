/* support.h: what the tests of core/config share: a fresh root, an environment of their own, and
 * short ways to load a configuration and to look at what came of it. */
#ifndef ORX_TEST_CONFIG_SUPPORT_H
#define ORX_TEST_CONFIG_SUPPORT_H

#include "config/config.h"
#include "platform/files.h"
#include "platform/platform.h"

#include "test.h"

#define FLAGS_MAX 32

typedef struct fixture {
    orx_platform *p;
    orx_arena arena;
    char *dir;                  /* fresh, removed at the end */
    char *root;                 /* dir/root; exists and is empty */
    orx_config_options options; /* root and cwd are set to `root` */
    orx_flag_value flags[FLAGS_MAX];
    orx_config *cfg;
    orx_diags diags;
    orx_err err;
} fixture;

/* For cmocka_unit_test_setup_teardown: *state is a fixture. The environment is empty. */
int fixture_setup(void **state);
int fixture_teardown(void **state);

#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

/* Sets a variable of the environment that the platform shows. */
void put_env(const char *name, const char *value);

/* Writes a file below the root; folders are made. */
void spit(fixture *fx, const char *name, const char *text);
void spit_bytes(fixture *fx, const char *name, orx_view bytes);

/* Adds --NAME VALUE (VALUE NULL = a switch). */
void put_flag(fixture *fx, const char *name, const char *value);

/* Loads (again); the result code. fx->cfg, fx->diags and fx->err are those of this call. */
int load(fixture *fx);

/* Loads and expects success without any diagnostic. */
void load_clean(fixture *fx);

/* Writes orxaq.yaml and loads it cleanly. */
void load_yaml(fixture *fx, const char *text);

/* Writes orxaq.yaml, loads it and expects this one error: its place and a part of its text. */
void expect_error(fixture *fx, const char *yaml, const char *where, const char *part);

/* The number of diagnostics at a place whose text has a part in it. */
int count_diags(const fixture *fx, orx_severity severity, const char *where, const char *part);

/* Fails unless there is exactly one such diagnostic; shows all of them. */
void expect_diag(const fixture *fx, orx_severity severity, const char *where, const char *part);

/* A value as text, and where it came from. Fail when there is no such key. */
const char *shown(fixture *fx, const char *path);
const char *origin(const fixture *fx, const char *path);

/* A path below the root. */
const char *in_root(fixture *fx, const char *name);

#endif

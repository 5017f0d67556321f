/* files.h: a platform and a fresh directory for the tests that need files. */
#ifndef ORX_TEST_DATA_FILES_H
#define ORX_TEST_DATA_FILES_H

#include "platform/files.h"

#include "support.h"

typedef struct fixture {
    orx_platform *p;
    orx_arena arena;
    const char *dir;
    const char *path; /* rows.ndjson in it, not there yet */
    orx_err err;
} fixture;

/* For cmocka_unit_test_setup_teardown: *state is a fixture. */
int fixture_setup(void **state);
int fixture_teardown(void **state);

/* Replaces the content of fx->path. */
void put_file(fixture *fx, orx_view bytes);

/* The content of fx->path, in the arena. */
orx_view get_file(fixture *fx);

#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

#endif

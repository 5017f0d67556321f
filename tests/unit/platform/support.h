/* support.h: what the tests of the real platform share: a platform and a fresh directory. */
#ifndef ORX_TEST_PLATFORM_SUPPORT_H
#define ORX_TEST_PLATFORM_SUPPORT_H

#include "platform/files.h"
#include "platform/loop.h"
#include "platform/platform.h"
#include "platform/proc.h"

#include "test.h"

typedef struct fixture {
    orx_platform *p;
    orx_arena arena;
    char *dir; /* fresh, removed by fixture_teardown */
    orx_err err;
} fixture;

/* For cmocka_unit_test_setup_teardown: *state is a fixture. */
int fixture_setup(void **state);
int fixture_teardown(void **state);

/* A path below the fixture's directory, in its arena. */
char *in_dir(fixture *fx, const char *name);

/* The content of a file, in the arena. */
const char *slurp(fixture *fx, const char *path);

/* Writes text to a file, or fails the test. */
void spit(fixture *fx, const char *path, const char *text);

/* Open descriptors of this process. */
int count_fds(void);

#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

#endif

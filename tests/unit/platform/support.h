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

/* ---- Programs ----------------------------------------------------------------------------- */

/* One run of a program. The spec is the test's to change between prepare() and run() or begin();
 * its environment is PATH and a marker that no other process on the machine has, by which leftovers
 * are found. */
typedef struct run {
    fixture *fx;
    orx_proc_spec spec;
    const char *argv[16];
    const char *env[8];
    char marker[48];
    orx_proc *proc;
    orx_capture out; /* 64 KiB at each end */
    orx_capture errs;
    orx_proc_result result;
    bool done;
    bool ready; /* "ready" was seen on stdout */
} run;

/* argv = the given words, NULL-terminated. A first word without a slash that is not "PATH:..." is a
 * mode of tests/fault/platform/hostile.c. */
void prepare(run *r, fixture *fx, const char *mode, ...) __attribute__((sentinel));

/* Starts it. */
void begin(run *r);

/* Goes on until it is over, and frees it. Fails the test when that takes two minutes. */
void finish(run *r);

/* Goes on until "ready" came on stdout. */
void await_ready(run *r);

/* begin, finish. */
void run_it(run *r);

/* What came on a stream, in the fixture's arena. */
const char *out_of(run *r);
const char *errs_of(run *r);

/* Releases the captures and asserts that no process with the marker is left. */
void run_close(run *r);

/* Processes with that marker in their environment. */
int count_marked(const char *marker);

/* Asserts that they go away within half a minute. */
void await_none_marked(const char *marker);

/* Path of the hostile program. */
const char *hostile_path(fixture *fx);

/* The version of Landlock that this kernel has, 0 or less for none. */
long landlock_abi(void);

/* Whether there is any; says so on stdout when there is not. */
bool have_landlock(void);

#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

#endif

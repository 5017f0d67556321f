/* journal.h: a journal in a fresh directory, for tests of what this room keeps in it. */
#ifndef ORX_TEST_RUN_JOURNAL_H
#define ORX_TEST_RUN_JOURNAL_H

#include "agent/steps.h"
#include "platform/files.h"
#include "run/run.h"

#include "test.h"

#include <stdio.h>
#include <stdlib.h>

typedef struct journal {
    orx_platform *p;
    char dir[64];
    orx_store *s;
    orx_err err;
} journal;

static inline void journal_open_as(journal *j, const char *origin) {
    static const orx_store_room *const rooms[] = {&orx_task_room,  &orx_money_room, &orx_route_room,
                                                  &orx_agent_room, &orx_run_room,   NULL};
    assert_ok(orx_store_open(j->p, j->dir, origin, rooms, ORX_STORE_CREATE, &j->s, &j->err),
              &j->err);
}

static inline void journal_open(journal *j) {
    journal_open_as(j, "primary");
}

static inline void journal_reopen(journal *j) {
    orx_store_close(j->s);
    journal_open(j);
}

static inline int journal_setup(void **state) {
    journal *j = calloc(1, sizeof *j);
    (void)snprintf(j->dir, sizeof j->dir, "/tmp/orxaq-run.XXXXXX");
    assert_non_null(mkdtemp(j->dir));
    assert_ok(orx_platform_uv_new(&j->p, &j->err), &j->err);
    journal_open(j);
    *state = j;
    return 0;
}

static inline int journal_teardown(void **state) {
    journal *j = *state;
    orx_store_close(j->s);
    (void)orx_remove_tree(j->p, j->dir, NULL);
    orx_platform_free(j->p);
    free(j);
    return 0;
}

/* A test with a journal of its own. */
#define JOURNAL_TEST(name) cmocka_unit_test_setup_teardown(name, journal_setup, journal_teardown)

#endif

/* money_world.h: a journal with the tables of money only, in a fresh directory on the real
 * platform.
 */
#ifndef ORX_TEST_MONEY_WORLD_H
#define ORX_TEST_MONEY_WORLD_H

#include "money/books.h"

#include "test.h"

typedef struct world {
    orx_platform *p;
    char dir[64]; /* removed at the end */
    orx_store *s;
    orx_arena arena;
    int64_t calls; /* for the tests: how many rows they made */
    orx_err err;
} world;

int money_setup(void **state);
int money_teardown(void **state);

#define WORLD_TEST(f) cmocka_unit_test_setup_teardown(f, money_setup, money_teardown)

#endif

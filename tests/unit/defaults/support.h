/* support.h: reading files of the source tree for the tests of what is shipped. */
#ifndef ORX_TESTS_DEFAULTS_SUPPORT_H
#define ORX_TESTS_DEFAULTS_SUPPORT_H

#include "data/json.h"
#include "test.h"

/* The bytes of a file of the source tree, in the arena; the test fails when it cannot be read. */
orx_view shipped_text(orx_arena *a, const char *path);

/* The same, parsed with the limits of configuration files. */
const orx_node *shipped_json(orx_arena *a, const char *path);

/* Asserts that an array of texts is exactly the given ones, up to a NULL. */
void assert_texts(const orx_node *list, const char *const *expected);

/* Asserts that two numbers differ by at most eps. */
#define assert_near(value, expected, eps)                                                          \
    do {                                                                                           \
        double v_ = (value);                                                                       \
        double e_ = (expected);                                                                    \
        if (!(v_ - e_ <= (eps) && e_ - v_ <= (eps)))                                               \
            fail_msg("%s is %g, expected %g", #value, v_, e_);                                     \
    } while (0)

#endif

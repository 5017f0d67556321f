/* test.h: what every cmocka program here includes, in the order cmocka wants it. */
#ifndef ORX_TEST_H
#define ORX_TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* Asserts that an int-returning call with an orx_err worked, and shows its message when it did not.
 */
#define assert_ok(call, err)                                                                       \
    do {                                                                                           \
        int rc_ = (call);                                                                          \
        if (rc_ < 0)                                                                               \
            fail_msg("%s failed: %s", #call, (err)->msg);                                          \
    } while (0)

/* Asserts that a string contains another. */
#define assert_contains(haystack, needle)                                                          \
    do {                                                                                           \
        const char *h_ = (haystack);                                                               \
        if (!h_ || !strstr(h_, (needle)))                                                          \
            fail_msg("expected \"%s\" in: %s", (needle), h_ ? h_ : "(null)");                      \
    } while (0)

#endif

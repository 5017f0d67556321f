#include "support.h"

#include "platform/uv/internal.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

static void wall_is_the_systems_time(void **state) {
    fixture *fx = *state;
    time_t before = time(NULL);
    int64_t ns = orx_wall_ns(fx->p);
    assert_true(ns / ORX_SEC >= before - 1);
    assert_true(ns / ORX_SEC <= time(NULL) + 1);
}

static void mono_never_goes_back(void **state) {
    fixture *fx = *state;
    int64_t last = orx_mono_ns(fx->p);
    for (int i = 0; i < 10000; i++) {
        int64_t now = orx_mono_ns(fx->p);
        assert_true(now >= last);
        last = now;
    }
}

static void boot_id_is_the_kernels(void **state) {
    fixture *fx = *state;
    const char *id = orx_boot_id(fx->p);
    assert_true(strlen(id) >= 16);
    const char *kernel = slurp(fx, "/proc/sys/kernel/random/boot_id");
    assert_int_equal(strncmp(id, kernel, strlen(id)), 0);
    orx_platform *other = NULL;
    assert_ok(orx_platform_uv_new(&other, &fx->err), &fx->err);
    assert_string_equal(orx_boot_id(other), id);
    orx_platform_free(other);
}

static void without_the_kernels_id_the_boot_time_names_it(void **state) {
    (void)state;
    char a[ORX_UV_BOOT_ID];
    char b[ORX_UV_BOOT_ID];
    orx_view none = {NULL, 0};
    orx_view stat = orx_view_of("cpu 1 2 3\nintr 5\nctxt 7\nbtime 1769860800\nprocesses 9\n");
    assert_true(orx_uv_boot_id_of(orx_view_of(" 0123-4567\n"), stat, a));
    assert_string_equal(a, "0123-4567");
    assert_true(orx_uv_boot_id_of(none, stat, a));
    assert_int_equal(strlen(a), 36);
    /* Other counters do not matter, another boot time does. */
    assert_true(orx_uv_boot_id_of(none, orx_view_of("cpu 9\nbtime 1769860800\n"), b));
    assert_string_equal(a, b);
    assert_true(orx_uv_boot_id_of(none, orx_view_of("btime 1769860801\n"), b));
    assert_string_not_equal(a, b);
    /* An id that does not fit is no id. */
    orx_view endless = orx_view_of("0123456789012345678901234567890123456789");
    assert_false(orx_uv_boot_id_of(endless, none, b));
    assert_false(orx_uv_boot_id_of(none, orx_view_of("cpu 1\nbtimes 3"), b));
}

static void random_fills_everything(void **state) {
    fixture *fx = *state;
    /* Longer than one request to the kernel; each byte must change within a few fills. */
    unsigned char seen[1000] = {0};
    for (int round = 0; round < 8; round++) {
        unsigned char bytes[sizeof seen + 1] = {0};
        orx_random(fx->p, bytes, sizeof seen);
        for (size_t i = 0; i < sizeof seen; i++)
            seen[i] |= bytes[i];
        assert_int_equal(bytes[sizeof seen], 0);
    }
    for (size_t i = 0; i < sizeof seen; i++)
        assert_int_not_equal(seen[i], 0);
}

static void environment(void **state) {
    fixture *fx = *state;
    assert_int_equal(setenv("ORX_TEST_VARIABLE", "a=b", 1), 0);
    assert_string_equal(orx_env(fx->p, "ORX_TEST_VARIABLE"), "a=b");
    assert_null(orx_env(fx->p, "ORX_TEST_NO_SUCH_VARIABLE"));
    bool found = false;
    for (const char *const *e = orx_environ(fx->p); *e; e++)
        found = found || strcmp(*e, "ORX_TEST_VARIABLE=a=b") == 0;
    assert_true(found);
    assert_int_equal(clearenv(), 0);
    assert_null(*orx_environ(fx->p));
}

static void freeing_null_is_fine(void **state) {
    (void)state;
    orx_platform_free(NULL);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(wall_is_the_systems_time),
        TEST(mono_never_goes_back),
        TEST(boot_id_is_the_kernels),
        TEST(without_the_kernels_id_the_boot_time_names_it),
        TEST(random_fills_everything),
        TEST(freeing_null_is_fine),
        TEST(environment), /* last: it clears the environment */
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

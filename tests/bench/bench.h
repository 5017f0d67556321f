/* bench.h: what a benchmark program needs: a clock, a median, and rows that tests/bench/run reads.
 *
 * A row is one line `NAME VALUE UNIT BAR PASS|FAIL`. Measure several times and report the median.
 * Where the bar is a ratio, measure both sides in the same program, turn and turn about, so that a
 * busy machine slows both down.
 *
 * tests/bench/run says in ORX_BUILD_DIR and ORX_SOURCE_DIR where things are. A program that is
 * started by hand without what it needs says so and exits 2 (bench_env).
 */
#ifndef ORX_TESTS_BENCH_H
#define ORX_TESTS_BENCH_H

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

/* Seconds of the monotonic clock. */
static inline double bench_now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* The value of an environment variable without which there is nothing to measure. */
static inline const char *bench_env(const char *name) {
    const char *value = getenv(name);
    if (value && *value)
        return value;
    (void)fprintf(stderr,
                  "bench: %s is not set: it is the path of a folder; `tests/bench/run BUILD NAME` "
                  "sets it\n",
                  name);
    exit(2);
}

static inline int bench_order(const void *a, const void *b) {
    double x = *(const double *)a;
    double y = *(const double *)b;
    return (x > y) - (x < y);
}

/* The median of n >= 1 numbers, which it sorts. */
static inline double bench_median(double *v, size_t n) {
    qsort(v, n, sizeof *v, bench_order);
    return n % 2 ? v[n / 2] : (v[n / 2 - 1] + v[n / 2]) / 2;
}

static inline bool bench_row(const char *name, double value, const char *unit, const char *sign,
                             double bar, bool pass) {
    printf("%s %.3g %s %s%g %s\n", name, value, unit, sign, bar, pass ? "PASS" : "FAIL");
    fflush(stdout);
    return pass;
}

/* Reports a value that must not exceed bar; returns whether it does not. Name and unit are single
 * words. */
static inline bool bench_at_most(const char *name, double value, const char *unit, double bar) {
    return bench_row(name, value, unit, "<=", bar, value <= bar);
}

/* Reports a value that must reach bar. */
static inline bool bench_at_least(const char *name, double value, const char *unit, double bar) {
    return bench_row(name, value, unit, ">=", bar, value >= bar);
}

#endif

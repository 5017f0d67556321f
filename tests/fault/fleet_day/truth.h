/* truth.h: what really happened in a simulated day, kept in memory that no crash touches: every run
 * of the agent with what it reported, and what that costs, computed another way than orxaq does. */
#ifndef ORX_TEST_FLEET_DAY_TRUTH_H
#define ORX_TEST_FLEET_DAY_TRUTH_H

#include <stdbool.h>
#include <stdint.h>

#define TRUTH_RUNS_MAX 20000

/* Nano-USD for a million tokens, before noon and from noon on. */
typedef struct truth_price {
    int64_t input;
    int64_t cache_read;
    int64_t output;
} truth_price;

extern const truth_price truth_prices[2];

typedef struct truth_run {
    int lane;
    int64_t begun; /* wall time */
    int64_t ended; /* 0 = it never came to its end */
    int64_t input; /* fresh */
    int64_t output;
    int reports;
} truth_run;

/* Runs are numbered from 1, and each reports its own number as tokens from a cache: so a row of the
 * ledger says which run it is about. */
typedef struct truth {
    int64_t noon; /* wall time: when the price changes */
    int count;
    truth_run runs[TRUTH_RUNS_MAX];
} truth;

/* Begins a run. Returns its number. */
int truth_begin(truth *t, int lane, int64_t now);

/* What the run cost if its call began at that moment, rounded once, half to even. */
int64_t truth_cost(const truth *t, int run, int64_t begun);

#endif

#include "truth.h"

#include <stdlib.h>

/* Odd on purpose: most sums need rounding. */
const truth_price truth_prices[2] = {{3123456789, 300000007, 15500000001},
                                     {2718281828, 250000013, 11100000009}};

int truth_begin(truth *t, int lane, int64_t now) {
    if (t->count + 1 == TRUTH_RUNS_MAX)
        abort();
    t->runs[++t->count] = (truth_run){.lane = lane, .begun = now};
    return t->count;
}

int64_t truth_cost(const truth *t, int run, int64_t begun) {
    const truth_run *r = &t->runs[run];
    const truth_price *p = &truth_prices[begun >= t->noon];
    unsigned __int128 all = (unsigned __int128)r->input * (unsigned __int128)p->input +
                            (unsigned __int128)run * (unsigned __int128)p->cache_read +
                            (unsigned __int128)r->output * (unsigned __int128)p->output;
    int64_t whole = (int64_t)(all / 1000000);
    int64_t rest = (int64_t)(all % 1000000);
    return whole + (rest > 500000 || (rest == 500000 && whole % 2 == 1));
}

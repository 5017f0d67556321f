/* figures.h: money and age as the predecessor's documents state them [K].
 *
 * Several documents state the same figures: the summary of the bills, `metrics`, the day's budget.
 * They are made here, so that they look the same in each.
 *
 * Threads: any, on separate arenas.
 */
#ifndef ORX_MONEY_FIGURES_H
#define ORX_MONEY_FIGURES_H

#include "data/doc.h"

#include <stdint.h>

/* USD with eight decimals. */
orx_node *orx_figure_usd(orx_arena *arena, int64_t nano_usd);

/* A share or rate, half to even; scale is 1e6 for six decimals. */
orx_node *orx_figure_share(orx_arena *arena, double value, double scale);

/* A moment, without a fraction when it is a whole second. In the arena. */
const char *orx_figure_time(orx_arena *arena, int64_t wall_ns);

/* How fresh a source is. What lies in the future is no age, and makes it as stale as nothing. */
typedef struct orx_freshness {
    int64_t latest_ns; /* its newest event; 0 = it has none */
    int64_t now_ns;
    int64_t stale_sec;
    int64_t files;
    int64_t events;
} orx_freshness;

/* The block `data_freshness`. */
orx_node *orx_figure_freshness(orx_arena *arena, const orx_freshness *f);

#endif

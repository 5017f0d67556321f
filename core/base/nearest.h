/* nearest.h: "did you mean ...?".
 *
 * The distance counts inserted, dropped, changed and swapped neighbouring characters (optimal
 * string alignment), case-blind. A suggestion is made only when the distance is at most a third of
 * the longer word's length and at most 3: a wrong suggestion is worse than none.
 *
 * Threads: any.
 */
#ifndef ORX_BASE_NEAREST_H
#define ORX_BASE_NEAREST_H

#include "base/view.h"

/* Words longer than this are never compared. */
#define ORX_NEAREST_MAX 64

/* Edit distance of a and b; longer than ORX_NEAREST_MAX counts as SIZE_MAX. */
size_t orx_edit_distance(orx_view a, orx_view b);

/* Keeps the best candidate while a caller walks its names: start with {0}. */
typedef struct orx_nearest {
    const char *best; /* NULL = nothing is near enough */
    size_t distance;
} orx_nearest;

/* Considers one more candidate for word; the first of equally near ones wins. */
void orx_nearest_try(orx_nearest *n, orx_view word, const char *candidate);

#endif

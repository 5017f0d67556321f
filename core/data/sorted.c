#include "data/sorted.h"

#include <stdlib.h>

/* Bottom-up merge sort: stable, and n log n for every input. */
static void merge(const orx_node **from, const orx_node **to, size_t lo, size_t mid, size_t hi) {
    size_t a = lo;
    size_t b = mid;
    for (size_t i = lo; i < hi; i++) {
        bool left = a < mid && (b >= hi || orx_view_cmp(from[a]->key, from[b]->key) <= 0);
        to[i] = left ? from[a++] : from[b++];
    }
}

static const orx_node **sort(const orx_node **items, size_t n) {
    const orx_node **other = orx_xcalloc(n, sizeof(void *));
    for (size_t width = 1; width < n; width *= 2) {
        for (size_t lo = 0; lo < n; lo += 2 * width) {
            size_t mid = lo + width < n ? lo + width : n;
            size_t hi = mid + width < n ? mid + width : n;
            merge(items, other, lo, mid, hi);
        }
        const orx_node **swap = items;
        items = other;
        other = swap;
    }
    free(other);
    return items;
}

const orx_node **orx_node_sorted(const orx_node *object) {
    const orx_node **items = orx_xcalloc(object->count, sizeof(void *));
    size_t n = 0;
    bool ordered = true;
    ORX_NODE_EACH(object, it) {
        ordered = ordered && (n == 0 || orx_view_cmp(items[n - 1]->key, it->key) <= 0);
        items[n++] = it;
    }
    return ordered ? items : sort(items, n);
}

const orx_node *orx_node_find_duplicate(const orx_node *object, const orx_node **ret_again) {
    const orx_node **items = orx_node_sorted(object);
    const orx_node *found = NULL;
    for (uint32_t i = 1; i < object->count && !found; i++) {
        if (!orx_view_eq(items[i - 1]->key, items[i]->key))
            continue;
        found = items[i - 1];
        *ret_again = items[i];
    }
    free(items);
    return found;
}

#include "base/nearest.h"

static char lower(char c) {
    return (char)(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
}

static size_t min3(size_t a, size_t b, size_t c) {
    size_t m = a < b ? a : b;
    return m < c ? m : c;
}

size_t orx_edit_distance(orx_view a, orx_view b) {
    if (a.len > ORX_NEAREST_MAX || b.len > ORX_NEAREST_MAX)
        return SIZE_MAX;
    size_t d[ORX_NEAREST_MAX + 1][ORX_NEAREST_MAX + 1];
    for (size_t j = 0; j <= b.len; j++)
        d[0][j] = j;
    for (size_t i = 1; i <= a.len; i++) {
        d[i][0] = i;
        for (size_t j = 1; j <= b.len; j++) {
            char x = lower(a.p[i - 1]), y = lower(b.p[j - 1]);
            d[i][j] = min3(d[i - 1][j] + 1, d[i][j - 1] + 1, d[i - 1][j - 1] + (x != y));
            bool swapped = i > 1 && j > 1 && x == lower(b.p[j - 2]) && lower(a.p[i - 2]) == y;
            if (swapped && d[i - 2][j - 2] + 1 < d[i][j])
                d[i][j] = d[i - 2][j - 2] + 1;
        }
    }
    return d[a.len][b.len];
}

void orx_nearest_try(orx_nearest *n, orx_view word, const char *candidate) {
    orx_view c = orx_view_of(candidate);
    size_t longer = word.len > c.len ? word.len : c.len;
    size_t allowed = longer / 3 < 3 ? longer / 3 : 3;
    if (longer - (word.len < c.len ? word.len : c.len) > allowed)
        return; /* each missing character costs one: no need to look closer */
    size_t d = orx_edit_distance(word, c);
    if (d > allowed || (n->best && d >= n->distance))
        return;
    n->best = candidate;
    n->distance = d;
}

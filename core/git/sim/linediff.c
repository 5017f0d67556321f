/* Counting changed lines by the longest common subsequence. git's heuristic may find a longer edit
 * for large files; for the sizes that occur here both agree. */
#include "git/sim/internal.h"

#include <stdlib.h>

enum { CELLS_MAX = 4000000 };

typedef ORX_VEC(orx_view) lines;

/* Each line with its line end, so that a missing last one differs. */
static void split(orx_view text, lines *out) {
    while (text.len) {
        const char *end = memchr(text.p, '\n', text.len);
        size_t n = end ? (size_t)(end - text.p) + 1 : text.len;
        orx_view line = {text.p, n};
        orx_vec_push(out, line);
        text = (orx_view){text.p + n, text.len - n};
    }
}

/* Length of the longest common subsequence of a[from..a_end) and b[from..b_end). */
static size_t common(const lines *a, const lines *b, size_t from, size_t a_end, size_t b_end) {
    size_t width = b_end - from;
    size_t *row = orx_xcalloc(width + 1, sizeof *row);
    for (size_t i = from; i < a_end; i++) {
        size_t diagonal = 0;
        for (size_t j = 0; j < width; j++) {
            size_t above = row[j + 1];
            bool same = orx_view_eq(a->items[i], b->items[from + j]);
            size_t best = above > row[j] ? above : row[j];
            row[j + 1] = same ? diagonal + 1 : best;
            diagonal = above;
        }
    }
    size_t length = row[width];
    free(row);
    return length;
}

void orx_twin_count_lines(orx_view a, orx_view b, int64_t *ret_added, int64_t *ret_deleted) {
    lines x = {0};
    lines y = {0};
    split(a, &x);
    split(b, &y);
    size_t from = 0;
    size_t x_end = x.len;
    size_t y_end = y.len;
    while (from < x_end && from < y_end && orx_view_eq(x.items[from], y.items[from]))
        from++;
    while (x_end > from && y_end > from && orx_view_eq(x.items[x_end - 1], y.items[y_end - 1])) {
        x_end--;
        y_end--;
    }
    size_t n = x_end - from;
    size_t m = y_end - from;
    size_t same = n && m && n <= CELLS_MAX / m ? common(&x, &y, from, x_end, y_end) : 0;
    *ret_deleted = (int64_t)(n - same);
    *ret_added = (int64_t)(m - same);
    orx_vec_free(&x);
    orx_vec_free(&y);
}

/* Whether two claims can name the same file.
 *
 * Two paths overlap when one is the other or lies below it. With wildcards the question is whether
 * the sets of names that two patterns match have one in common, which is decided by walking both at
 * once: reach[j] says that the first i characters of a and the first j of b can stand for the same
 * beginning of a name. The cost is the product of their lengths.
 */
#include "lane/lane.h"

#include <stdlib.h>

#define CLAIM_MAX 512

/* A claim without "./" in front and without a slash or stars behind, and what it holds below. */
typedef struct pattern {
    char text[CLAIM_MAX + 4];
    size_t len;
    bool wild;
} pattern;

static bool ends_with(const pattern *p, const char *end) {
    size_t n = strlen(end);
    return p->len >= n && memcmp(p->text + p->len - n, end, n) == 0;
}

static void normalize(const char *claim, pattern *out) {
    while (claim[0] == '.' && claim[1] == '/')
        claim += 2;
    while (*claim == '/')
        claim++;
    if (strcmp(claim, ".") == 0)
        claim = "";
    out->len = strlen(claim);
    if (out->len > CLAIM_MAX) /* nothing that long is told apart: it overlaps with its beginning */
        out->len = CLAIM_MAX;
    memcpy(out->text, claim, out->len);
    for (;;) {
        if (ends_with(out, "/**"))
            out->len -= 3;
        else if (ends_with(out, "/"))
            out->len--;
        else
            break;
    }
    if (out->len == 2 && memcmp(out->text, "**", 2) == 0)
        out->len = 0;
    out->text[out->len] = '\0';
    out->wild = strpbrk(out->text, "*?") != NULL;
}

static bool is_below(const pattern *a, const pattern *b) {
    return a->len == 0 || (b->len >= a->len && memcmp(a->text, b->text, a->len) == 0 &&
                           (b->len == a->len || b->text[a->len] == '/'));
}

/* ---- Patterns -------------------------------------------------------------------------------- */

/* A star at p[i]: how many characters it takes up; 0 = none. ** crosses slashes. */
static size_t star_at(const pattern *p, size_t i) {
    if (i >= p->len || p->text[i] != '*')
        return 0;
    return i + 1 < p->len && p->text[i + 1] == '*' ? 2 : 1;
}

/* Where a pattern goes on when its star at i stands for nothing more: "**" takes a slash behind it
 * along, as in "a/" "**" "/b", which is a/b too. */
static void leave_star(const pattern *p, size_t i, size_t star, bool *reach, size_t step) {
    reach[star * step] = true;
    if (star == 2 && i + 2 < p->len && p->text[i + 2] == '/')
        reach[3 * step] = true;
}

/* Whether one character of a name can stand where both are. */
static bool same_char(char a, char b) {
    if (a == '?' || b == '?')
        return a != '/' && b != '/';
    return a == b;
}

static bool star_takes(size_t star, char c) {
    return star == 2 || c != '/';
}

/* Moves on from (i, j): marks what can be reached. Rows are visited in rising order of i, within
 * one of j, and every move goes to a later cell. */
static void move_on(const pattern *a, const pattern *b, size_t i, size_t j, bool *reach,
                    size_t width) {
    size_t sa = star_at(a, i);
    size_t sb = star_at(b, j);
    if (sa) {
        leave_star(a, i, sa, &reach[i * width + j], width);
        if (j < b->len && !sb && star_takes(sa, b->text[j]))
            reach[i * width + j + 1] = true;
    }
    if (sb) {
        leave_star(b, j, sb, &reach[i * width + j], 1);
        if (i < a->len && !sa && star_takes(sb, a->text[i]))
            reach[(i + 1) * width + j] = true;
    }
    if (!sa && !sb && i < a->len && j < b->len && same_char(a->text[i], b->text[j]))
        reach[(i + 1) * width + j + 1] = true;
}

/* Both ended, or the one that ended names a folder in which the other goes on. */
static bool is_end(const pattern *a, const pattern *b, size_t i, size_t j) {
    bool a_over = i == a->len;
    bool b_over = j == b->len;
    return (a_over && b_over) || (a_over && b->text[j] == '/') || (b_over && a->text[i] == '/');
}

static bool patterns_meet(const pattern *a, const pattern *b) {
    size_t width = b->len + 3;
    bool *reach = orx_xcalloc((a->len + 3) * width, sizeof *reach);
    bool met = false;
    reach[0] = true;
    for (size_t i = 0; !met && i <= a->len; i++)
        for (size_t j = 0; !met && j <= b->len; j++) {
            if (!reach[i * width + j])
                continue;
            met = is_end(a, b, i, j);
            move_on(a, b, i, j, reach, width);
        }
    free(reach);
    return met;
}

bool orx_claims_overlap(const char *a, const char *b) {
    pattern x;
    pattern y;
    normalize(a, &x);
    normalize(b, &y);
    if (!x.len || !y.len)
        return true;
    return x.wild || y.wild ? patterns_meet(&x, &y) : is_below(&x, &y) || is_below(&y, &x);
}

/* ---- Lanes ----------------------------------------------------------------------------------- */

bool orx_lanes_share_repo(const orx_lane *a, const orx_lane *b) {
    return strcmp(a->repo, b->repo) == 0;
}

bool orx_lane_claims_overlap(const orx_lane *a, const orx_lane *b, const char **ret_a,
                             const char **ret_b) {
    if (!orx_lanes_share_repo(a, b))
        return false;
    for (size_t i = 0; i < a->exclusive_paths.count; i++)
        for (size_t j = 0; j < b->exclusive_paths.count; j++)
            if (orx_claims_overlap(a->exclusive_paths.items[i], b->exclusive_paths.items[j])) {
                *ret_a = a->exclusive_paths.items[i];
                *ret_b = b->exclusive_paths.items[j];
                return true;
            }
    return false;
}

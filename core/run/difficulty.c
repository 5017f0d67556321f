/* How hard a prompt reads, after the predecessor's formula:
 *
 *     min(35, words / 10) + min(20, 1.5 * list lines) + min(25, 4 * vague + 1.5 * question marks)
 *     + min(20, 20 * different words / words)
 */
#include "run/text.h"

#include "base/mem.h"

#include <math.h>
#include <stdlib.h>

/* Beyond this the first two terms are at their most anyway. */
#define LOOKED_AT ((size_t)256 * 1024)

static const char *const vague[] = {"maybe",       "somehow",  "etc",       "whatever",
                                    "something",   "anything", "as needed", "if possible",
                                    "best effort", "quickly"};

static double at_most(double value, double max) {
    return value < max ? value : max;
}

static bool in_word(char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
}

static void lower(orx_view text, orx_str *out) {
    char *to = orx_str_reserve(out, text.len);
    for (size_t i = 0; i < text.len; i++) {
        char c = text.p[i];
        to[i] = c >= 'A' && c <= 'Z' ? (char)(c + 32) : c ? c : ' ';
    }
    orx_str_commit(out, text.len);
}

/* The different words, as views of the text; open addressing, never more than half full. */
typedef struct word_set {
    orx_view *slots;
    size_t cap; /* a power of two */
    size_t count;
} word_set;

static orx_view *slot_of(const word_set *set, orx_view word) {
    uint32_t h = 2166136261U;
    for (size_t i = 0; i < word.len; i++)
        h = (h ^ (unsigned char)word.p[i]) * 16777619U;
    size_t at = (h ^ (h >> 15)) & (set->cap - 1);
    while (set->slots[at].p && !orx_view_eq(set->slots[at], word))
        at = (at + 1) & (set->cap - 1);
    return &set->slots[at];
}

static void set_grow(word_set *set) {
    word_set more = {.cap = set->cap ? set->cap * 2 : 512, .count = set->count};
    more.slots = orx_xcalloc(more.cap, sizeof *more.slots);
    for (size_t i = 0; i < set->cap; i++)
        if (set->slots[i].p)
            *slot_of(&more, set->slots[i]) = set->slots[i];
    free(set->slots);
    *set = more;
}

static void set_add(word_set *set, orx_view word) {
    if (set->count * 2 >= set->cap)
        set_grow(set);
    orx_view *slot = slot_of(set, word);
    set->count += !slot->p;
    *slot = word;
}

static double count_words(orx_view text, double *ret_unique) {
    word_set seen = {0};
    double words = 0;
    for (size_t i = 0; i < text.len; i++) {
        size_t start = i;
        while (i < text.len && in_word(text.p[i]))
            i++;
        if (i == start)
            continue;
        words++;
        set_add(&seen, orx_view_mem(text.p + start, i - start));
    }
    *ret_unique = (double)seen.count;
    free(seen.slots);
    return words;
}

static double count_lists(orx_view text) {
    double lines = 0;
    orx_view line = {0};
    while (text.p && orx_view_split(&text, '\n', &line)) {
        line = orx_view_trim(line);
        lines += line.len && line.p[0] == '-';
    }
    return lines;
}

static double count_vague(const char *text) {
    double hits = 0;
    for (size_t i = 0; i < ORX_ARRAY_LEN(vague); i++)
        for (const char *at = text; (at = strstr(at, vague[i])); at += strlen(vague[i]))
            hits++;
    return hits;
}

int64_t orx_text_difficulty(orx_view text) {
    ORX_CLEANUP(orx_str_free) orx_str low = {0};
    if (text.len > LOOKED_AT)
        text.len = LOOKED_AT;
    lower(text, &low);
    double questions = 0;
    for (size_t i = 0; i < low.len; i++)
        questions += low.buf[i] == '?';
    double unique = 0;
    double words = count_words(orx_str_view(&low), &unique);
    double score = at_most(words / 10, 35) + at_most(1.5 * count_lists(orx_str_view(&low)), 20) +
                   at_most(4 * count_vague(orx_str_cstr(&low)) + 1.5 * questions, 25) +
                   at_most(words > 0 ? 20 * unique / words : 0, 20);
    return (int64_t)nearbyint(at_most(score, 100));
}

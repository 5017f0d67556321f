/* What a text says about the task it describes. Each function goes through it once. */
#include "scorecard.h"

/* Longer texts are as hard and as long as can be anyway. */
#define LOOKED_AT ((uint64_t)256 * 1024)

static const char *const low_words[] = {"unit test",     "tests", "lint",  "format",
                                        "documentation", "docs",  "readme"};
static const char *const high_words[] = {"architecture", "security", "threat",
                                         "migration",    "refactor", "design"};
static const char *const vague[] = {"maybe",       "somehow",  "etc",       "whatever",
                                    "something",   "anything", "as needed", "if possible",
                                    "best effort", "quickly"};

#define COUNT(list) (sizeof(list) / sizeof(list)[0])

static char lower(char c) {
    return c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
}

/* Whether the word, in lower case, stands at this place. */
static int stands_at(orxaq_view text, uint64_t at, const char *word) {
    for (; *word; word++, at++)
        if (at >= text.len || lower(text.data[at]) != *word)
            return 0;
    return 1;
}

static int one_stands_at(orxaq_view text, uint64_t at, const char *const *words, size_t count) {
    for (size_t i = 0; i < count; i++)
        if (stands_at(text, at, words[i]))
            return 1;
    return 0;
}

/* Which lists have a word that begins with these two letters, whatever their case. Nearly all
 * places of a text are left out by that. A test holds it to the lists. */
enum { LOW = 1, HIGH = 2, VAGUE = 4 };
#define L(letter) ((unsigned)(letter)&31)
#define P(a, b)   (L(a) << 5 | L(b))
static const unsigned char begins[32 * 32] = {
    [P('u', 'n')] = LOW,   [P('t', 'e')] = LOW,   [P('l', 'i')] = LOW,
    [P('f', 'o')] = LOW,   [P('d', 'o')] = LOW,   [P('r', 'e')] = LOW | HIGH,
    [P('a', 'r')] = HIGH,  [P('s', 'e')] = HIGH,  [P('t', 'h')] = HIGH,
    [P('m', 'i')] = HIGH,  [P('d', 'e')] = HIGH,  [P('m', 'a')] = VAGUE,
    [P('s', 'o')] = VAGUE, [P('e', 't')] = VAGUE, [P('w', 'h')] = VAGUE,
    [P('a', 'n')] = VAGUE, [P('a', 's')] = VAGUE, [P('i', 'f')] = VAGUE,
    [P('b', 'e')] = VAGUE, [P('q', 'u')] = VAGUE};

/* Of which lists a word may begin here; not at the last byte. */
static int may_begin(orxaq_view text, uint64_t at) {
    return begins[P((unsigned char)text.data[at], (unsigned char)text.data[at + 1])];
}

sc_markers sc_text_markers(orxaq_view text) {
    sc_markers m = {0, 0};
    for (uint64_t i = 0; i + 1 < text.len; i++) {
        int may = may_begin(text, i);
        if (!(may & (LOW | HIGH)))
            continue;
        if (m.low && m.high)
            break;
        if (may & LOW && !m.low)
            m.low = one_stands_at(text, i, low_words, COUNT(low_words));
        if (may & HIGH && !m.high)
            m.high = one_stands_at(text, i, high_words, COUNT(high_words));
    }
    return m;
}

/* In characters: all bytes of UTF-8 but those that go on with one. */
static uint64_t length_of(orxaq_view text) {
    uint64_t n = 0;
    for (uint64_t i = 0; i < text.len; i++)
        n += ((unsigned char)text.data[i] & 0xC0) != 0x80;
    return n;
}

double sc_text_tokens(orxaq_view text) {
    uint64_t len = length_of(sc_trim(text));
    if (!len)
        return 0;
    uint64_t whole = len / 4;
    uint64_t rest = len % 4;
    if (rest == 3 || (rest == 2 && whole % 2))
        whole++;
    return whole ? (double)whole : 1;
}

/* ---- Difficulty ------------------------------------------------------------------------------
 *
 *     min(35, words / 10) + min(20, 1.5 * list lines) + min(25, 4 * vague + 1.5 * question marks)
 *     + min(20, 20 * different words / words)
 */

/* The letter, digit or _ in lower case, or 0. */
static unsigned char word_byte(char c) {
    unsigned char u = (unsigned char)c;
    unsigned char small = u | 0x20;
    if (small >= 'a' && small <= 'z')
        return small;
    return (u >= '0' && u <= '9') || u == '_' ? u : 0;
}

/* Different words, counted by their hashes. Beyond so many the share of different words among all
 * is that of the words up to there. */
#define WORDS_SEEN 4096

typedef struct words {
    double count;
    double judged; /* of these the difference was looked at */
    uint32_t different;
    uint32_t cap; /* of the slots in use: a power of two, more than there can be words */
    uint32_t seen[WORDS_SEEN * 2]; /* open addressing; 0 = empty */
} words;

static void add_word(words *w, uint32_t hash) {
    w->count++;
    if (w->different == WORDS_SEEN)
        return;
    w->judged++;
    uint32_t at = (hash ^ (hash >> 15)) & (w->cap - 1);
    while (w->seen[at] && w->seen[at] != hash)
        at = (at + 1) & (w->cap - 1);
    w->different += !w->seen[at];
    w->seen[at] = hash;
}

static double share_of_different(orxaq_view text, double *ret_count) {
    words w;
    w.count = w.judged = 0;
    w.different = 0;
    w.cap = 64;
    while (w.cap < WORDS_SEEN * 2 && w.cap <= text.len)
        w.cap *= 2;
    memset(w.seen, 0, w.cap * sizeof w.seen[0]);
    for (uint64_t i = 0; i < text.len; i++) {
        unsigned char byte = word_byte(text.data[i]);
        uint32_t hash = 2166136261U;
        if (!byte)
            continue;
        for (; byte; byte = ++i < text.len ? word_byte(text.data[i]) : 0)
            hash = (hash ^ byte) * 16777619U;
        add_word(&w, hash ? hash : 1);
    }
    *ret_count = w.count;
    return w.judged > 0 ? w.different / w.judged : 0;
}

/* Lines that begin with a dash, white space set aside. */
static double count_lists(orxaq_view text) {
    double lines = 0;
    const char *at = text.data;
    const char *end = at + text.len;
    while (at < end) {
        while (at < end && (*at == ' ' || (*at >= '\t' && *at <= '\r')))
            at++;
        lines += at < end && *at == '-';
        at = at < end ? memchr(at, '\n', (size_t)(end - at)) : NULL;
        if (!at)
            break;
    }
    return lines;
}

/* Four for each vague word, one and a half for each question mark. */
static double count_vague(orxaq_view text) {
    double score = text.len && text.data[text.len - 1] == '?' ? 1.5 : 0;
    for (uint64_t i = 0; i + 1 < text.len; i++) {
        if (may_begin(text, i) & VAGUE)
            score += 4 * one_stands_at(text, i, vague, COUNT(vague));
        else if (text.data[i] == '?')
            score += 1.5;
    }
    return score;
}

static double at_most(double value, double max) {
    return value < max ? value : max;
}

/* The nearest whole number, half to even. */
static double nearest(double x) {
    double whole = (double)(int64_t)x;
    double rest = x - whole;
    int odd = ((int64_t)whole & 1) != 0;
    return rest > 0.5 || (rest >= 0.5 && odd) ? whole + 1 : whole;
}

double sc_text_difficulty(orxaq_view text) {
    double count = 0;
    if (text.len > LOOKED_AT)
        text.len = LOOKED_AT;
    double share = share_of_different(text, &count);
    double score = at_most(count / 10, 35) + at_most(1.5 * count_lists(text), 20) +
                   at_most(count_vague(text), 25) + at_most(20 * share, 20);
    return nearest(at_most(score, 100));
}

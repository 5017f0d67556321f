/* The built-in embedding. It knows no language; it knows which words occur. That carries far enough
 * for tasks of one repository, whose words repeat, and needs nothing to be installed or asked.
 *
 * Whoever changes what it gives for a text raises its version in the weights document: vectors
 * trained with one embedding mean nothing in another. */
#include "routellm.h"

#include <math.h>

#define WORD_MAX 64

/* Weights of the three kinds of n-gram. */
#define WORD 1.0F
#define PAIR 0.5F
#define PART 0.2F

typedef struct gram {
    uint64_t previous; /* hash of the word before; 0 = none */
    float *out;
} gram;

static void put(float *out, uint64_t hash, float weight) {
    out[hash % RL_DIMS] += hash >> 63 ? weight : -weight;
}

static void put_word(gram *g, const char *word, size_t len) {
    uint64_t hash = rl_hash(word, len, 1);
    put(g->out, hash, WORD);
    if (g->previous) {
        uint64_t both = g->previous ^ (hash << 1);
        put(g->out, rl_next(&both), PAIR);
    }
    for (size_t i = 0; i + 3 <= len && len > 3; i++)
        put(g->out, rl_hash(word + i, 3, 2), PART);
    g->previous = hash;
}

/* Letters, digits and '_' make words, as does every byte of another script. */
static int in_word(unsigned char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c >= 0x80;
}

static void put_text(gram *g, const char *text, size_t len) {
    char word[WORD_MAX];
    size_t n = 0;
    for (size_t i = 0; i <= len; i++) {
        unsigned char c = i < len ? (unsigned char)text[i] : ' ';
        if (in_word(c)) {
            if (n < WORD_MAX)
                word[n++] = (char)(c >= 'A' && c <= 'Z' ? c + 32 : c);
        } else if (n) {
            put_word(g, word, n);
            n = 0;
        }
    }
}

static size_t bounded(size_t len) {
    return len < RL_TEXT_MAX ? len : RL_TEXT_MAX;
}

void rl_embed(const char *title, size_t title_len, const char *text, size_t text_len,
              float out[RL_DIMS]) {
    gram g = {.out = out};
    for (int i = 0; i < RL_DIMS; i++)
        out[i] = 0;
    put_text(&g, title, bounded(title_len));
    g.previous = 0;
    put_text(&g, text, bounded(text_len));
    /* The tenth "the" says less than the first "migration". */
    for (int i = 0; i < RL_DIMS; i++)
        out[i] = copysignf(sqrtf(fabsf(out[i])), out[i]);
    rl_unit(out, RL_DIMS);
}

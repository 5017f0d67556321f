/* What can be counted in a text without knowing what it means. Counts are taken as logarithms: the
 * second page says less than the first. */
#include "routellm.h"

#include <math.h>
#include <string.h>

const char *const rl_feature_names[RL_FEATURES] = {
    "bytes",  "words", "lines", "list_lines", "code_lines", "questions",   "word_size", "different",
    "digits", "names", "paths", "hard_words", "easy_words", "vague_words", "foreign",   "retries"};

/* Beginnings of words. */
static const char *const hard[] = {"concurren", "lock",     "race",   "migrat",    "distribut",
                                   "architect", "design",   "secur",  "protocol",  "deadlock",
                                   "transact",  "performa", "memory", "consisten", "crypt",
                                   "schedul",   "refactor", "thread", "atomic",    "recover"};
static const char *const easy[] = {"rename",    "typo",   "comment", "bump",     "format",
                                   "lint",      "doc",    "readme",  "spelling", "whitespace",
                                   "changelog", "import", "label",   "wording",  "link"};
static const char *const vague[] = {"maybe",     "somehow",  "etc",     "whatever",
                                    "something", "anything", "quickly", "possibl"};

typedef struct counts {
    double bytes, words, lines, list, code, questions, letters, digits, names, paths, foreign;
    double hard, easy, vague;
    double different;
    uint64_t seen[64]; /* 4,096 bits: different words, roughly */
} counts;

static double begins(const char *word, size_t len, const char *const *list, size_t n) {
    for (size_t i = 0; i < n; i++) {
        size_t want = strlen(list[i]);
        if (len >= want && memcmp(word, list[i], want) == 0)
            return 1;
    }
    return 0;
}

static void count_word(counts *c, const char *raw, size_t len) {
    char word[24];
    size_t n = len < sizeof word ? len : sizeof word;
    int mixed = 0;
    for (size_t i = 0; i < n; i++) {
        int upper = raw[i] >= 'A' && raw[i] <= 'Z';
        mixed |= raw[i] == '_' || (upper && i > 0);
        word[i] = (char)(upper ? raw[i] + 32 : raw[i]);
    }
    uint64_t bit = rl_hash(word, n, 3) % 4096;
    c->different += !(c->seen[bit / 64] >> bit % 64 & 1);
    c->seen[bit / 64] |= (uint64_t)1 << bit % 64;
    c->words++;
    c->letters += (double)len;
    c->names += mixed;
    c->hard += begins(word, n, hard, sizeof hard / sizeof *hard);
    c->easy += begins(word, n, easy, sizeof easy / sizeof *easy);
    c->vague += begins(word, n, vague, sizeof vague / sizeof *vague);
}

static int in_word(unsigned char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

static void count_line(counts *c, const char *line, size_t len) {
    size_t begin = 0;
    while (begin < len && (line[begin] == ' ' || line[begin] == '\t'))
        begin++;
    if (begin == len)
        return;
    c->lines++;
    c->list += line[begin] == '-' || line[begin] == '*';
    char last = line[len - 1];
    c->code += begin >= 4 || last == ';' || last == '{' || last == '}' || line[begin] == '`';
    for (size_t i = begin; i < len; i++) {
        unsigned char b = (unsigned char)line[i];
        size_t start = i;
        while (i < len && in_word((unsigned char)line[i]))
            i++;
        if (i > start) {
            count_word(c, line + start, i - start);
            c->digits += b >= '0' && b <= '9';
            i--;
        }
        c->questions += b == '?';
        c->paths += b == '/' && i > begin;
        c->foreign += b >= 0x80;
    }
}

static void count_text(counts *c, const char *text, size_t len) {
    len = len < RL_TEXT_MAX ? len : RL_TEXT_MAX;
    if (len == 0)
        return; /* an empty view may have no address */
    c->bytes += (double)len;
    for (size_t i = 0, start = 0; i <= len; i++)
        if (i == len || text[i] == '\n') {
            count_line(c, text + start, i - start);
            start = i + 1;
        }
}

static float share(double part, double whole) {
    return whole > 0 ? (float)(part / whole) : 0;
}

void rl_features(const char *title, size_t title_len, const char *text, size_t text_len,
                 int32_t attempt, float out[RL_FEATURES]) {
    counts c = {0};
    count_text(&c, title, title_len);
    count_text(&c, text, text_len);
    double retries = attempt > 1 ? attempt - 1 : 0;
    const float all[RL_FEATURES] = {(float)log1p(c.bytes),     (float)log1p(c.words),
                                    (float)log1p(c.lines),     (float)log1p(c.list),
                                    share(c.code, c.lines),    (float)log1p(c.questions),
                                    share(c.letters, c.words), share(c.different, c.words),
                                    share(c.digits, c.words),  share(c.names, c.words),
                                    (float)log1p(c.paths),     (float)log1p(c.hard),
                                    (float)log1p(c.easy),      (float)log1p(c.vague),
                                    share(c.foreign, c.bytes), (float)(retries < 5 ? retries : 5)};
    memcpy(out, all, sizeof all);
}

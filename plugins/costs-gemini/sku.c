/* What the text of a SKU says. The export has no column for the model or the class of tokens. */
#include "export.h"

#include <stdlib.h>

#define TOKENS_MAX 1e12

static char low(char ch) {
    return ch >= 'A' && ch <= 'Z' ? (char)(ch - 'A' + 'a') : ch;
}

static int is_word(char ch) {
    return (ch >= '0' && ch <= '9') || (low(ch) >= 'a' && low(ch) <= 'z') || ch == '.';
}

static int is_one_of(orxaq_view v, const char *const *words, size_t count) {
    for (size_t i = 0; i < count; i++) {
        uint64_t n = 0;
        while (n < v.len && words[i][n] && low(v.data[n]) == words[i][n])
            n++;
        if (n == v.len && !words[i][n])
            return 1;
    }
    return 0;
}

/* The next word of text, taken off; empty = there is none. */
static orxaq_view next_word(orxaq_view *text) {
    uint64_t from = 0;
    while (from < text->len && !is_word(text->data[from]))
        from++;
    uint64_t to = from;
    while (to < text->len && is_word(text->data[to]))
        to++;
    orxaq_view word = orxaq_view_of(text->data + from, to - from);
    *text = orxaq_view_of(text->data + to, text->len - to);
    return word;
}

static int is_version(orxaq_view word) {
    return word.len <= 8 && word.data[0] >= '0' && word.data[0] <= '9';
}

static uint64_t add(char model[EXPORT_MODEL_MAX], uint64_t len, orxaq_view word) {
    if (len + word.len + 2 > EXPORT_MODEL_MAX)
        return len;
    if (len)
        model[len++] = '-';
    for (uint64_t i = 0; i < word.len; i++)
        model[len++] = low(word.data[i]);
    model[len] = 0;
    return len;
}

void export_model(orxaq_view text, char ret_model[EXPORT_MODEL_MAX]) {
    static const char *const families[] = {"gemini", "gemma", "imagen", "veo", "claude", "llama"};
    static const char *const sizes[] = {"pro",  "flash", "lite",   "ultra",
                                        "nano", "opus",  "sonnet", "haiku"};
    orxaq_view word = next_word(&text);
    uint64_t len = 0;
    ret_model[0] = 0;
    while (word.len && !is_one_of(word, families, sizeof families / sizeof *families))
        word = next_word(&text);
    while (word.len) {
        len = add(ret_model, len, word);
        word = next_word(&text);
        if (!word.len ||
            (!is_version(word) && !is_one_of(word, sizes, sizeof sizes / sizeof *sizes)))
            break;
    }
}

static int has(orxaq_view text, const char *const *words, size_t count) {
    for (orxaq_view w = next_word(&text); w.len; w = next_word(&text))
        if (is_one_of(w, words, count))
            return 1;
    return 0;
}

#define HAS(text, ...)                                                                             \
    has((text), (const char *const[]){__VA_ARGS__},                                                \
        sizeof((const char *const[]){__VA_ARGS__}) / sizeof(const char *))

static int64_t *class_of(const export_line *line, orxaq_cost_row *row) {
    orxaq_view text = line->sku_text;
    int audio = HAS(text, "audio");
    if (HAS(text, "character", "characters", "storage"))
        return NULL;
    if (HAS(text, "cached", "caching", "cache"))
        return &row->cache_read_tokens;
    if (HAS(text, "output", "response", "thinking"))
        return audio ? &row->audio_output_tokens : &row->output_tokens;
    if (HAS(text, "input", "prompt"))
        return audio ? &row->audio_input_tokens : &row->input_tokens;
    return NULL;
}

void export_use(const export_line *line, orxaq_cost_row *row) {
    static const char *const tokens[] = {"count", "token", "tokens"};
    static const char *const requests[] = {"request", "requests"};
    char copy[40], *end = NULL;
    if (!line->amount.len || line->amount.len >= sizeof copy)
        return;
    memcpy(copy, line->amount.data, (size_t)line->amount.len);
    copy[line->amount.len] = 0;
    double n = strtod(copy, &end);
    if (end == copy || *end || !(n >= 0 && n <= TOKENS_MAX))
        return;
    int64_t *to = NULL;
    if (is_one_of(line->unit, tokens, sizeof tokens / sizeof *tokens))
        to = class_of(line, row);
    else if (is_one_of(line->unit, requests, sizeof requests / sizeof *requests))
        to = &row->requests;
    if (to)
        *to = (int64_t)(n + 0.5);
}

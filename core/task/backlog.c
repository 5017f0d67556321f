/* Backlog words and owner ranks: the two rules of selection that come from texts. */
#include "task/task.h"

#define BUILT_IN_TERMS "backlog,queue,hygiene,maintenance,sweep,housekeeping"

static bool is_word(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

static bool is_separator(char c) {
    return c == ',' || c == ';' || c == ' ' || (c >= '\t' && c <= '\r');
}

/* Takes the next term of a list; false at its end. */
static bool next_term(orx_view *rest, orx_view *ret_term) {
    while (rest->len && is_separator(rest->p[0])) {
        rest->p++;
        rest->len--;
    }
    size_t n = 0;
    while (n < rest->len && !is_separator(rest->p[n]))
        n++;
    *ret_term = (orx_view){rest->p, n};
    rest->p += n;
    rest->len -= n;
    return n > 0;
}

static bool is_term(orx_view word, const char *terms) {
    orx_view rest = orx_view_of(terms);
    orx_view term;
    while (next_term(&rest, &term))
        if (orx_view_ieq(word, term))
            return true;
    return false;
}

bool orx_task_backlog_word(orx_view text, const char *terms) {
    if (!terms)
        terms = BUILT_IN_TERMS;
    size_t i = 0;
    while (i < text.len) {
        size_t n = 0;
        while (i + n < text.len && is_word(text.p[i + n]))
            n++;
        if (n && is_term((orx_view){text.p + i, n}, terms))
            return true;
        i += n + 1;
    }
    return false;
}

int orx_task_owner_rank(const char *owner) {
    static const char *const ranked[] = {"codex", "gemini", "claude"};
    for (int i = 0; i < 3; i++)
        if (strcmp(owner, ranked[i]) == 0)
            return i;
    return 3;
}

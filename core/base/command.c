#include "base/command.h"

#include "base/str.h"
#include "base/vec.h"

#include <stdlib.h>

static bool is_space(char c) {
    return c == ' ' || (c >= '\t' && c <= '\r');
}

/* Takes the characters of a double-quoted part; *c stands behind the opening quote. */
static bool take_double(const char **c, orx_str *word) {
    for (; **c && **c != '"'; (*c)++) {
        if (**c == '\\' && ((*c)[1] == '"' || (*c)[1] == '\\'))
            (*c)++;
        orx_str_addc(word, **c);
    }
    return *(*c) == '"' ? (*c)++, true : false;
}

static bool take_single(const char **c, orx_str *word) {
    while (**c && **c != '\'')
        orx_str_addc(word, *(*c)++);
    return *(*c) == '\'' ? (*c)++, true : false;
}

/* Takes one word; *c stands on its first character. False when a quote does not close. */
static bool take_word(const char **c, orx_str *word) {
    while (**c && !is_space(**c)) {
        char ch = *(*c)++;
        if (ch == '"') {
            if (!take_double(c, word))
                return false;
        } else if (ch == '\'') {
            if (!take_single(c, word))
                return false;
        } else if (ch == '\\') {
            if (!**c)
                return false;
            orx_str_addc(word, *(*c)++);
        } else {
            orx_str_addc(word, ch);
        }
    }
    return true;
}

static bool is_assignment(const char *word) {
    const char *c = word;
    if (!((*c >= 'a' && *c <= 'z') || (*c >= 'A' && *c <= 'Z') || *c == '_'))
        return false;
    while ((*c >= 'a' && *c <= 'z') || (*c >= 'A' && *c <= 'Z') || *c == '_' ||
           (*c >= '0' && *c <= '9'))
        c++;
    return *c == '=';
}

int orx_command_parse(orx_arena *arena, const char *text, orx_command *ret_command, orx_err *err) {
    ORX_VEC(const char *) words = {0};
    bool ok = true;
    const char *c = text;
    while (ok) {
        while (is_space(*c))
            c++;
        if (!*c)
            break;
        ORX_CLEANUP(orx_str_free) orx_str word = {0};
        ok = take_word(&c, &word);
        orx_vec_push(&words, orx_arena_strdup(arena, orx_str_cstr(&word)));
    }
    size_t env = 0;
    while (env < words.len && is_assignment(words.items[env]))
        env++;
    size_t n = words.len - env;
    const char **argv = orx_arena_zalloc(arena, n + 1, sizeof *argv);
    const char **vars = orx_arena_zalloc(arena, env + 1, sizeof *vars);
    for (size_t i = 0; i < words.len; i++)
        *(i < env ? &vars[i] : &argv[i - env]) = words.items[i];
    orx_vec_free(&words);
    if (!ok)
        return orx_err_set(err, ORX_E_INVALID,
                           "command `%.200s`: a quote is not closed or a backslash ends it", text);
    if (!n)
        return orx_err_set(err, ORX_E_INVALID, "command `%.200s` names no program", text);
    *ret_command = (orx_command){argv, vars};
    return 0;
}

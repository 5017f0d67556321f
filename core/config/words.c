#include "config/envfile.h"
#include "config/value.h"

int orx_word_index(const char *words, orx_view text) {
    orx_view rest = orx_view_of(words), word;
    for (int i = 0; orx_view_split(&rest, '|', &word); i++)
        if (orx_view_ieq(word, text))
            return i;
    return -1;
}

orx_view orx_word_at(const char *words, int64_t index) {
    orx_view rest = orx_view_of(words), word = {"", 0};
    for (int64_t i = 0; orx_view_split(&rest, '|', &word); i++)
        if (i == index)
            return word;
    return (orx_view){"", 0};
}

int orx_word_boolean(orx_view text) {
    int i = orx_word_index("0|1|false|true|no|yes|off|on", text);
    return i < 0 ? -1 : i & 1;
}

bool orx_config_id_ok(orx_view text) {
    if (!text.len || text.len > 64)
        return false;
    for (size_t i = 0; i < text.len; i++) {
        char c = text.p[i];
        bool alnum = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
        if (!alnum && (i == 0 || (c != '.' && c != '_' && c != '-')))
            return false;
    }
    return true;
}

bool orx_env_pattern_ok(orx_view text) {
    if (text.len > 1 && text.p[text.len - 1] == '*')
        text.len--;
    return orx_env_name_ok(text);
}

#include "base/units.h"
#include "config/value.h"

#define QUOTE_MAX 40

void orx_explain_quote(orx_view text, orx_str *out) {
    ORX_CLEANUP(orx_str_free) orx_str clean = {0};
    orx_view shown = {text.p, text.len > QUOTE_MAX ? QUOTE_MAX : text.len};
    for (size_t i = 0; i < shown.len; i++) {
        unsigned char c = (unsigned char)shown.p[i];
        if (c < 0x20 || c == 0x7f)
            orx_str_addf(&clean, "\\x%02x", c);
        else
            orx_str_addc(&clean, (char)c);
    }
    orx_str_addc(out, '"');
    orx_str_add_utf8(out, orx_str_view(&clean));
    orx_str_adds(out, text.len > QUOTE_MAX ? "...\"" : "\"");
}

void orx_explain_amount(const orx_config_key *key, int64_t value, orx_str *out) {
    if (key->type == ORX_CFG_DURATION && value >= 0)
        orx_duration_format(value, out);
    else if (key->type == ORX_CFG_DURATION)
        orx_str_addf(out, "%llds", (long long)(value / 1000000000));
    else if (key->type == ORX_CFG_SIZE)
        orx_size_format(value, out);
    else if (key->type == ORX_CFG_MONEY && value >= 0)
        orx_money_format(value, out);
    else
        orx_str_addf(out, "%lld", (long long)value);
}

static const char *form(const orx_config_key *key, bool outside) {
    switch (key->type) {
    case ORX_CFG_BOOL:
        return outside ? "1, true, yes, on or 0, false, no, off" : "true or false";
    case ORX_CFG_SWITCH:
        return "on or off";
    case ORX_CFG_INT:
        return "a whole number";
    case ORX_CFG_DOUBLE:
        return "a number";
    case ORX_CFG_STRING:
        return "a text (in quotes when it looks like a number or a boolean)";
    case ORX_CFG_ID:
        return "a name of 1 to 64 letters, digits, dots, dashes and underscores that begins with "
               "a letter or digit";
    case ORX_CFG_PATH:
        return "a path of at most 4096 bytes";
    case ORX_CFG_DURATION:
        return "a duration such as 200ms, 30s, 5m, 2h or 1d";
    case ORX_CFG_SIZE:
        return "a size such as 4096, 64KiB or 2GiB";
    case ORX_CFG_MONEY:
        return "an amount of USD such as 0.25 or 100";
    case ORX_CFG_LIST:
        return outside ? "texts that are not empty" : "a list of texts that are not empty";
    case ORX_CFG_ENVNAMES:
        return "a list of names of environment variables (PREFIX_* for several)";
    case ORX_CFG_MAP:
        return "an object (name: value pairs)";
    case ORX_CFG_SECRET:
        return "the name of the environment variable that holds the secret (never the secret "
               "itself)";
    case ORX_CFG_ENUM:
        break;
    }
    return "one of ";
}

void orx_explain_expected(const orx_config_key *key, bool outside, orx_str *out) {
    orx_str_addf(out, "expected %s", form(key, outside));
    bool ranged = key->type == ORX_CFG_INT || key->type == ORX_CFG_DURATION ||
                  key->type == ORX_CFG_SIZE || key->type == ORX_CFG_MONEY;
    if (ranged && key->min == key->max) {
        orx_str_addf(out, ", which must be %lld", (long long)key->min);
    } else if (ranged) {
        orx_str_adds(out, " from ");
        orx_explain_amount(key, key->min, out);
        orx_str_adds(out, " to ");
        orx_explain_amount(key, key->max, out);
    } else if (key->type == ORX_CFG_ENUM) {
        orx_view rest = orx_view_of(key->words), word;
        for (const char *sep = ""; orx_view_split(&rest, '|', &word); sep = ", ")
            orx_str_addf(out, "%s%.*s", sep, ORX_VIEW_ARG(word));
    }
    orx_str_adds(out, ", found ");
}

int orx_explain_text(const orx_config_key *key, orx_view text, bool outside, orx_str *problem) {
    orx_explain_expected(key, outside, problem);
    if (key->type == ORX_CFG_SECRET)
        orx_str_adds(problem, "something else");
    else
        orx_explain_quote(text, problem);
    return -1;
}

int orx_explain_node(const orx_config_key *key, const orx_node *node, orx_str *problem) {
    orx_explain_expected(key, false, problem);
    if (node->kind == ORX_BOOL)
        orx_str_adds(problem, node->u.b ? "true" : "false");
    else
        orx_str_adds(problem, orx_kind_name(node->kind));
    if (key->type == ORX_CFG_SECRET)
        return -1;
    if (node->kind == ORX_STRING) {
        orx_str_addc(problem, ' ');
        orx_explain_quote(node->u.s, problem);
    } else if (node->kind == ORX_INT) {
        orx_str_addf(problem, " (%lld)", (long long)node->u.i);
    }
    return -1;
}

#include "data/json.h"
#include "data/yaml.h"
#include "data/yaml_scalar.h"

/* libyaml looks no further than this for the ':' behind a key; longer ones need "? ". */
#define SIMPLE_KEY_MAX 500

static void spaces(orx_str *out, int count) {
    for (int i = 0; i < count; i++)
        orx_str_addc(out, ' ');
}

/* Words that other readers of YAML take for booleans. */
static bool is_bool_elsewhere(orx_view text) {
    static const char *const words[] = {"yes", "no",   "on",    "off", "y",
                                        "n",   "true", "false", "null"};
    for (size_t i = 0; i < ORX_ARRAY_LEN(words); i++)
        if (orx_view_ieq(text, orx_view_of(words[i])))
            return true;
    return false;
}

static bool is_letter(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool is_plain_char(char c) {
    return is_letter(c) || (c >= '0' && c <= '9') || (c && strchr("_-./+@ ", c));
}

/* Text that stays a string without quotes, for us and for every other reader. */
static bool is_plain(orx_view text) {
    if (!text.len || text.len > SIMPLE_KEY_MAX || text.p[text.len - 1] == ' ')
        return false;
    if (!is_letter(text.p[0]) && text.p[0] != '/' && text.p[0] != '_')
        return false;
    for (size_t i = 0; i < text.len; i++)
        if (!is_plain_char(text.p[i]))
            return false;
    return orx_yaml_kind(text) == ORX_STRING && !is_bool_elsewhere(text);
}

/* The characters above ASCII that YAML does not take as they are (section 5.1), or that other
 * programs take for line ends. */
static bool needs_escape(uint32_t c) {
    return c == 0x7F || (c >= 0x80 && c < 0xA0) || c == 0x2028 || c == 0x2029 || c == 0xFEFF ||
           c == 0xFFFE || c == 0xFFFF;
}

static uint32_t decode(const char *text, size_t n) {
    const unsigned char *p = (const unsigned char *)text;
    if (n == 1)
        return p[0];
    uint32_t c = p[0] & (0xFFU >> (n + 1));
    for (size_t i = 1; i < n; i++)
        c = c << 6 | (p[i] & 0x3F);
    return c;
}

/* JSON's quoting is YAML's too, except for those characters. */
static void quote(orx_str *out, orx_view text) {
    ORX_CLEANUP(orx_str_free) orx_str json = {0};
    orx_json_quote(&json, text, false);
    size_t start = 0;
    size_t i = 0;
    while (i < json.len) {
        size_t n = orx_utf8_len(json.buf + i, json.len - i);
        uint32_t c = decode(json.buf + i, n);
        i += n;
        if (!needs_escape(c))
            continue;
        orx_str_add(out, json.buf + start, i - n - start);
        orx_str_addf(out, "\\u%04x", c);
        start = i;
    }
    orx_str_add(out, json.buf + start, json.len - start);
}

static void write_text(orx_str *out, orx_view text) {
    if (is_plain(text))
        orx_str_addv(out, text);
    else
        quote(out, text);
}

static bool is_block(const orx_node *n) {
    return (n->kind == ORX_ARRAY || n->kind == ORX_OBJECT) && n->count;
}

static void write_scalar(orx_str *out, const orx_node *n) {
    switch (n->kind) {
    case ORX_STRING:
        write_text(out, n->u.s);
        break;
    case ORX_ARRAY:
        orx_str_adds(out, "[]");
        break;
    case ORX_OBJECT:
        orx_str_adds(out, "{}");
        break;
    default:
        orx_json_write(out, n, ORX_JSON_OURS);
    }
}

static void write_entries(orx_str *out, const orx_node *n, int indent);

/* What stands behind "- " or ": ": the rest of the line, and the lines of a block. */
static void write_inline(orx_str *out, const orx_node *n, int indent) {
    if (is_block(n)) {
        write_entries(out, n, indent + 2);
        return;
    }
    write_scalar(out, n);
    orx_str_addc(out, '\n');
}

static void write_member(orx_str *out, const orx_node *n, int indent) {
    ORX_CLEANUP(orx_str_free) orx_str key = {0};
    write_text(&key, n->key);
    bool simple = key.len <= SIMPLE_KEY_MAX;
    orx_str_adds(out, simple ? "" : "? ");
    orx_str_addv(out, orx_str_view(&key));
    if (!simple) {
        orx_str_addc(out, '\n');
        spaces(out, indent);
    }
    orx_str_addc(out, ':');
    if (simple && is_block(n)) {
        orx_str_addc(out, '\n');
        spaces(out, indent + 2);
    } else {
        orx_str_addc(out, ' ');
    }
    write_inline(out, n, indent);
}

/* The entries of an array or object, one below the other. The first one's indentation is written
 * already, so that blocks nest on one line behind "- ". */
static void write_entries(orx_str *out, const orx_node *n, int indent) {
    ORX_NODE_EACH(n, it) {
        if (it != n->u.child.first)
            spaces(out, indent);
        if (n->kind == ORX_OBJECT) {
            write_member(out, it, indent);
        } else {
            orx_str_adds(out, "- ");
            write_inline(out, it, indent);
        }
    }
}

void orx_yaml_write(orx_str *out, const orx_node *n) {
    if (is_block(n)) {
        write_entries(out, n, 0);
        return;
    }
    write_scalar(out, n);
    orx_str_addc(out, '\n');
}

/* orxaq_test_json.c: JSON for the test host, read and written. */
#include "orxaq_test_json.h"

#include <stdio.h>
#include <stdlib.h>

struct orxaq_value {
    int32_t kind;
    char *name; /* as a member of a map */
    char *text; /* of a string; ends with a NUL that is not counted */
    uint64_t name_len;
    uint64_t text_len;
    int64_t integer; /* booleans too */
    double number;
    orxaq_value *first;
    orxaq_value *next;
    orxaq_value *older; /* of a root: the tree made before */
};

/* ---- Reading --------------------------------------------------------------------------------- */

typedef struct reader {
    const char *at;
    const char *end;
    int depth;
} reader;

static orxaq_value *read_value(reader *r);

static void skip_space(reader *r) {
    while (r->at < r->end && (*r->at == ' ' || *r->at == '\t' || *r->at == '\r' || *r->at == '\n'))
        r->at++;
}

static int take(reader *r, const char *word) {
    size_t len = strlen(word);
    if ((size_t)(r->end - r->at) < len || memcmp(r->at, word, len) != 0)
        return 0;
    r->at += len;
    return 1;
}

static uint64_t put_utf8(char *to, uint32_t c) {
    if (c < 0x80) {
        to[0] = (char)c;
        return 1;
    }
    if (c < 0x800) {
        to[0] = (char)(0xC0 | c >> 6);
        to[1] = (char)(0x80 | (c & 63));
        return 2;
    }
    if (c < 0x10000) {
        to[0] = (char)(0xE0 | c >> 12);
        to[1] = (char)(0x80 | (c >> 6 & 63));
        to[2] = (char)(0x80 | (c & 63));
        return 3;
    }
    to[0] = (char)(0xF0 | c >> 18);
    to[1] = (char)(0x80 | (c >> 12 & 63));
    to[2] = (char)(0x80 | (c >> 6 & 63));
    to[3] = (char)(0x80 | (c & 63));
    return 4;
}

/* Four hexadecimal digits, or UINT32_MAX. */
static uint32_t read_hex(reader *r) {
    uint32_t c = 0;
    if (r->end - r->at < 4)
        return UINT32_MAX;
    for (int i = 0; i < 4; i++, r->at++) {
        static const char digits[] = "0123456789abcdef0123456789ABCDEF";
        const char *d = *r->at ? strchr(digits, *r->at) : NULL;
        if (!d)
            return UINT32_MAX;
        c = c * 16 + (uint32_t)((d - digits) % 16);
    }
    return c;
}

/* The character behind "\u", with the second half of a pair. */
static uint32_t read_escaped(reader *r) {
    uint32_t c = read_hex(r);
    if (c < 0xD800 || c > 0xDBFF)
        return c >= 0xDC00 && c <= 0xDFFF ? UINT32_MAX : c;
    if (!take(r, "\\u"))
        return UINT32_MAX;
    uint32_t low = read_hex(r);
    return low < 0xDC00 || low > 0xDFFF ? UINT32_MAX
                                        : 0x10000 + ((c - 0xD800) << 10) + (low - 0xDC00);
}

/* One character of a string into `to`: its length, 0 when it cannot be right. */
static uint64_t read_character(reader *r, char *to) {
    static const char from[] = "\"\\/bfnrt", meant[] = "\"\\/\b\f\n\r\t";
    unsigned char c = (unsigned char)*r->at++;
    if (c < 0x20)
        return 0;
    *to = (char)c;
    if (c != '\\')
        return 1;
    if (r->at == r->end)
        return 0;
    char e = *r->at++;
    const char *known = e ? strchr(from, e) : NULL;
    if (known) {
        *to = meant[known - from];
        return 1;
    }
    uint32_t code = e == 'u' ? read_escaped(r) : UINT32_MAX;
    return code == UINT32_MAX ? 0 : put_utf8(to, code);
}

/* The string behind the opening quote. */
static char *read_string(reader *r, uint64_t *ret_len) {
    char *text = malloc((size_t)(r->end - r->at) + 5);
    uint64_t len = 0;
    int good = text != NULL;
    while (good && r->at < r->end && *r->at != '"') {
        uint64_t n = read_character(r, text + len);
        good = n > 0;
        len += n;
    }
    if (!good || r->at == r->end) {
        free(text);
        return NULL;
    }
    r->at++;
    text[len] = '\0';
    *ret_len = len;
    return text;
}

static int read_number(reader *r, orxaq_value *v) {
    char digits[64];
    size_t len = 0;
    while (r->at < r->end && len < sizeof digits - 1 && *r->at && strchr("+-0123456789.eE", *r->at))
        digits[len++] = *r->at++;
    digits[len] = '\0';
    char *end = digits;
    v->kind = strpbrk(digits, ".eE") ? ORXAQ_VALUE_NUMBER : ORXAQ_VALUE_INTEGER;
    v->number = strtod(digits, &end);
    v->integer = v->kind == ORXAQ_VALUE_INTEGER ? strtoll(digits, NULL, 10) : 0;
    return len > 0 && *end == '\0';
}

/* The name and the colon before a member. */
static char *read_name(reader *r, uint64_t *ret_len) {
    skip_space(r);
    char *name = take(r, "\"") ? read_string(r, ret_len) : NULL;
    skip_space(r);
    if (name && take(r, ":"))
        return name;
    free(name);
    return NULL;
}

static int read_children(reader *r, orxaq_value *v, const char *end) {
    orxaq_value **tail = &v->first;
    skip_space(r);
    if (take(r, end))
        return 1;
    for (;;) {
        char *name = NULL;
        uint64_t len = 0;
        if (v->kind == ORXAQ_VALUE_MAP && !(name = read_name(r, &len)))
            return 0;
        orxaq_value *child = read_value(r);
        if (!child) {
            free(name);
            return 0;
        }
        child->name = name;
        child->name_len = len;
        *tail = child;
        tail = &child->next;
        skip_space(r);
        if (take(r, end))
            return 1;
        if (!take(r, ","))
            return 0;
    }
}

static int read_into(reader *r, orxaq_value *v) {
    skip_space(r);
    if (take(r, "null"))
        return 1;
    v->integer = take(r, "true");
    if (v->integer || take(r, "false")) {
        v->kind = ORXAQ_VALUE_BOOLEAN;
        return 1;
    }
    if (take(r, "\"")) {
        v->kind = ORXAQ_VALUE_STRING;
        v->text = read_string(r, &v->text_len);
        return v->text != NULL;
    }
    int map = take(r, "{");
    if (!map && !take(r, "["))
        return read_number(r, v);
    v->kind = map ? ORXAQ_VALUE_MAP : ORXAQ_VALUE_LIST;
    if (++r->depth > 64)
        return 0;
    int good = read_children(r, v, map ? "}" : "]");
    r->depth--;
    return good;
}

static orxaq_value *read_value(reader *r) {
    orxaq_value *v = calloc(1, sizeof *v);
    if (v && read_into(r, v))
        return v;
    orxaq_test_json_free(v);
    return NULL;
}

void orxaq_test_json_free(orxaq_value *value) {
    while (value) {
        orxaq_value *next = value->next;
        orxaq_test_json_free(value->first);
        free(value->name);
        free(value->text);
        free(value);
        value = next;
    }
}

orxaq_value *orxaq_test_json_tree(orxaq_view text) {
    reader r = {text.data, text.data + text.len, 0};
    orxaq_value *v = text.len ? read_value(&r) : NULL;
    skip_space(&r);
    if (v && r.at == r.end)
        return v;
    orxaq_test_json_free(v);
    return NULL;
}

int32_t orxaq_test_json_parse(orxaq_test_json *json, orxaq_view text,
                              const orxaq_value **ret_value) {
    orxaq_value *v = orxaq_test_json_tree(text);
    if (!v)
        return ORXAQ_E_PROTOCOL;
    v->older = json->trees;
    json->trees = v;
    *ret_value = v;
    return ORXAQ_OK;
}

/* ---- Looking --------------------------------------------------------------------------------- */

static int32_t kind_of(const orxaq_value *v) {
    return v ? v->kind : ORXAQ_VALUE_NULL;
}

static const orxaq_value *member(const orxaq_value *v, const char *name, size_t len) {
    const orxaq_value *m = kind_of(v) == ORXAQ_VALUE_MAP ? v->first : NULL;
    while (m && (m->name_len != len || memcmp(m->name, name, len) != 0))
        m = m->next;
    return m;
}

static const orxaq_value *element(const orxaq_value *v, unsigned long index) {
    const orxaq_value *m = kind_of(v) == ORXAQ_VALUE_LIST ? v->first : NULL;
    while (m && index--)
        m = m->next;
    return m;
}

static const orxaq_value *get(const orxaq_value *v, const char *path) {
    while (v && *path) {
        if (*path == '[') {
            char *end = NULL;
            v = element(v, strtoul(path + 1, &end, 10));
            path = *end == ']' ? end + 1 : end;
        } else {
            size_t len = strcspn(path, ".[");
            v = member(v, path, len);
            path += len;
        }
        path += *path == '.';
    }
    return v;
}

static const orxaq_value *first_of(const orxaq_value *v) {
    return v ? v->first : NULL;
}

static const orxaq_value *next_of(const orxaq_value *v) {
    return v ? v->next : NULL;
}

static uint32_t count_of(const orxaq_value *v) {
    uint32_t n = 0;
    for (const orxaq_value *m = first_of(v); m; m = m->next)
        n++;
    return n;
}

static orxaq_view name_of(const orxaq_value *v) {
    return v ? orxaq_view_of(v->name, v->name_len) : orxaq_str(NULL);
}

static orxaq_view text_of(const orxaq_value *v, orxaq_view otherwise) {
    return kind_of(v) == ORXAQ_VALUE_STRING ? orxaq_view_of(v->text, v->text_len) : otherwise;
}

static int64_t integer_of(const orxaq_value *v, int64_t otherwise) {
    return kind_of(v) == ORXAQ_VALUE_INTEGER ? v->integer : otherwise;
}

static double number_of(const orxaq_value *v, double otherwise) {
    int32_t kind = kind_of(v);
    return kind == ORXAQ_VALUE_INTEGER || kind == ORXAQ_VALUE_NUMBER ? v->number : otherwise;
}

static int32_t boolean_of(const orxaq_value *v, int32_t otherwise) {
    return kind_of(v) == ORXAQ_VALUE_BOOLEAN ? (int32_t)v->integer : otherwise;
}

/* ---- Writing --------------------------------------------------------------------------------- */

struct orxaq_writer {
    char *text;
    uint64_t len, cap;
    int32_t depth;
    int comma; /* the next value is not the first of its map or list */
    orxaq_writer *next;
};

orxaq_writer *orxaq_test_json_writer(orxaq_test_json *json) {
    orxaq_writer *w = calloc(1, sizeof *w);
    if (!w)
        abort();
    w->next = json->writers;
    json->writers = w;
    return w;
}

static void add(orxaq_writer *w, const char *bytes, uint64_t len) {
    if (w->len + len + 1 > w->cap) {
        w->cap = (w->len + len + 1) * 2;
        char *grown = realloc(w->text, (size_t)w->cap);
        if (!grown)
            abort();
        w->text = grown;
    }
    memcpy(w->text + w->len, bytes, (size_t)len);
    w->len += len;
    w->text[w->len] = '\0';
}

static void add_word(orxaq_writer *w, const char *word) {
    if (w->comma)
        add(w, ",", 1);
    add(w, word, strlen(word));
    w->comma = 1;
}

static void begin(orxaq_writer *w, const char *bracket) {
    add_word(w, bracket);
    w->comma = 0;
    w->depth++;
}

static void end(orxaq_writer *w, const char *bracket) {
    w->comma = 0;
    add_word(w, bracket);
    w->depth--;
}

static void begin_map(orxaq_writer *w) {
    begin(w, "{");
}

static void end_map(orxaq_writer *w) {
    end(w, "}");
}

static void begin_list(orxaq_writer *w) {
    begin(w, "[");
}

static void end_list(orxaq_writer *w) {
    end(w, "]");
}

static void put_text(orxaq_writer *w, orxaq_view text) {
    add_word(w, "\"");
    for (uint64_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.data[i];
        char escaped[8];
        if (c < 0x20 || c == '"' || c == '\\') {
            (void)snprintf(escaped, sizeof escaped, "\\u%04x", c);
            add(w, escaped, 6);
        } else {
            add(w, text.data + i, 1);
        }
    }
    add(w, "\"", 1);
}

static void put_key(orxaq_writer *w, orxaq_view name) {
    put_text(w, name);
    add(w, ":", 1);
    w->comma = 0;
}

static void put_integer(orxaq_writer *w, int64_t value) {
    char digits[32];
    (void)snprintf(digits, sizeof digits, "%lld", (long long)value);
    add_word(w, digits);
}

static void put_number(orxaq_writer *w, double value) {
    char digits[32];
    (void)snprintf(digits, sizeof digits, "%.17g", value);
    add_word(w, digits);
}

static void put_boolean(orxaq_writer *w, int32_t value) {
    add_word(w, value ? "true" : "false");
}

static void put_null(orxaq_writer *w) {
    add_word(w, "null");
}

static void put_value(orxaq_writer *w, const orxaq_value *v) {
    int32_t kind = kind_of(v);
    if (kind == ORXAQ_VALUE_STRING)
        put_text(w, orxaq_view_of(v->text, v->text_len));
    else if (kind == ORXAQ_VALUE_INTEGER)
        put_integer(w, v->integer);
    else if (kind == ORXAQ_VALUE_NUMBER)
        put_number(w, v->number);
    else if (kind == ORXAQ_VALUE_BOOLEAN)
        put_boolean(w, (int32_t)v->integer);
    if (kind < ORXAQ_VALUE_LIST) {
        if (kind == ORXAQ_VALUE_NULL)
            put_null(w);
        return;
    }
    begin(w, kind == ORXAQ_VALUE_MAP ? "{" : "[");
    for (const orxaq_value *m = v->first; m; m = m->next) {
        if (kind == ORXAQ_VALUE_MAP)
            put_key(w, name_of(m));
        put_value(w, m);
    }
    end(w, kind == ORXAQ_VALUE_MAP ? "}" : "]");
}

static int32_t finish(orxaq_writer *w, orxaq_view *ret_text) {
    if (w->depth != 0 || w->len == 0)
        return ORXAQ_E_INVALID;
    *ret_text = orxaq_view_of(w->text, w->len);
    return ORXAQ_OK;
}

void orxaq_test_json_forget(orxaq_test_json *json) {
    while (json->trees) {
        orxaq_value *older = json->trees->older;
        orxaq_test_json_free(json->trees);
        json->trees = older;
    }
    while (json->writers) {
        orxaq_writer *next = json->writers->next;
        free(json->writers->text);
        free(json->writers);
        json->writers = next;
    }
}

void orxaq_test_json_init(orxaq_test_json *json) {
    json->service = (orxaq_json_service){.struct_size = sizeof json->service,
                                         .kind = kind_of,
                                         .get = get,
                                         .count = count_of,
                                         .first = first_of,
                                         .next = next_of,
                                         .name = name_of,
                                         .text = text_of,
                                         .integer = integer_of,
                                         .number = number_of,
                                         .boolean = boolean_of,
                                         .begin_map = begin_map,
                                         .end_map = end_map,
                                         .begin_list = begin_list,
                                         .end_list = end_list,
                                         .key = put_key,
                                         .put_text = put_text,
                                         .put_integer = put_integer,
                                         .put_number = put_number,
                                         .put_boolean = put_boolean,
                                         .put_null = put_null,
                                         .put_value = put_value,
                                         .finish = finish};
}

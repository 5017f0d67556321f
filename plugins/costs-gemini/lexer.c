/* CSV (RFC 4180) and JSON, one record after the other. */
#include "export.h"

#include <stdlib.h>

static int is_any(int ch, const char *any) {
    return ch > 0 && strchr(any, ch) != NULL;
}

int export_open(export_reader *r, orxaq_view bytes) {
    static const char mark[] = "\xEF\xBB\xBF";
    if (bytes.len >= 3 && memcmp(bytes.data, mark, 3) == 0)
        bytes = orxaq_view_of(bytes.data + 3, bytes.len - 3);
    *r = (export_reader){.bytes = bytes, .line = 1};
    r->fields = calloc(EXPORT_FIELDS_MAX, sizeof *r->fields);
    r->text = malloc(EXPORT_RECORD_MAX);
    if (!r->fields || !r->text) {
        export_close(r);
        return -1;
    }
    uint64_t at = 0;
    while (at < bytes.len && is_any(bytes.data[at], " \t\r\n"))
        at++;
    r->json = at < bytes.len && (bytes.data[at] == '{' || bytes.data[at] == '[');
    return 0;
}

void export_close(export_reader *r) {
    free(r->fields);
    free(r->text);
    *r = (export_reader){0};
}

static int bad(export_reader *r, const char *problem) {
    if (!r->problem)
        r->problem = problem;
    return -1;
}

/* ---- Bytes ----------------------------------------------------------------------------------- */

/* The byte at hand, -1 at the end. */
static int peek(const export_reader *r) {
    return r->at < r->bytes.len ? (unsigned char)r->bytes.data[r->at] : -1;
}

static void step(export_reader *r) {
    if (r->bytes.data[r->at] == '\n')
        r->line++;
    r->at++;
}

static int put(export_reader *r, char ch) {
    if (r->text_len == EXPORT_RECORD_MAX)
        return bad(r, "a record of more than 1 MiB");
    r->text[r->text_len++] = ch;
    return 0;
}

static orxaq_view since(const export_reader *r, uint64_t start) {
    return orxaq_view_of(r->text + start, r->text_len - start);
}

/* The bytes of the record, without the end of its line. */
static void take_record(export_reader *r, uint64_t start) {
    uint64_t end = r->at;
    while (end > start && is_any(r->bytes.data[end - 1], " \t\r\n"))
        end--;
    r->record = orxaq_view_of(r->bytes.data + start, end - start);
}

/* ---- Names ----------------------------------------------------------------------------------- */

static char plain(char ch) {
    if (ch >= 'A' && ch <= 'Z')
        return (char)(ch - 'A' + 'a');
    return ch == '.' || ch == ' ' ? '_' : ch;
}

/* Appends a part to a name of `len` bytes. The new length; what does not fit is cut, and then is no
 * name that anybody looks for. */
static uint64_t add_name(char name[EXPORT_NAME_MAX], uint64_t len, orxaq_view part) {
    if (len && len < EXPORT_NAME_MAX - 1)
        name[len++] = '_';
    for (uint64_t i = 0; i < part.len && len < EXPORT_NAME_MAX - 1; i++)
        name[len++] = plain(part.data[i]);
    name[len] = 0;
    return len;
}

const export_field *export_get(const export_reader *r, const char *name,
                               const export_field *after) {
    for (const export_field *f = after ? after + 1 : r->fields; f < r->fields + r->count; f++)
        if (strcmp(f->name, name) == 0)
            return f;
    return NULL;
}

/* ---- CSV ------------------------------------------------------------------------------------- */

static int quoted(export_reader *r) {
    step(r);
    for (;;) {
        int ch = peek(r);
        if (ch < 0) {
            r->fatal = 1;
            return bad(r, "a quote that is never closed");
        }
        step(r);
        if (ch == '"' && peek(r) != '"')
            return 0;
        if (ch == '"')
            step(r);
        (void)put(r, (char)ch); /* what is too long is read to its end, too */
    }
}

/* One value, and the comma or the end of the line behind it. 1 = there is another on this line. */
static int csv_value(export_reader *r, uint32_t index) {
    uint64_t start = r->text_len;
    if (peek(r) == '"')
        (void)quoted(r);
    while (peek(r) >= 0 && peek(r) != ',' && peek(r) != '\n') {
        if (peek(r) != '\r')
            (void)put(r, r->bytes.data[r->at]);
        step(r);
    }
    if (index < EXPORT_FIELDS_MAX) {
        r->fields[index].text = since(r, start);
        r->fields[index].column = index + 1;
    }
    int more = peek(r) == ',';
    if (peek(r) >= 0)
        step(r);
    return more;
}

static uint32_t csv_line(export_reader *r) {
    uint32_t n = 0;
    r->text_len = 0;
    r->problem = NULL;
    r->record_line = r->line;
    uint64_t start = r->at;
    while (csv_value(r, n++) && n < UINT32_MAX)
        ;
    take_record(r, start);
    return n;
}

static int csv_names(export_reader *r) {
    uint32_t n = csv_line(r);
    if (!r->problem && n > EXPORT_FIELDS_MAX)
        (void)bad(r, "a first line of more than 256 names");
    if (r->problem) {
        r->fatal = 1;
        return -1;
    }
    for (uint32_t i = 0; i < n; i++)
        (void)add_name(r->fields[i].name, 0, r->fields[i].text);
    r->columns = n;
    return 0;
}

static int csv_next(export_reader *r) {
    r->count = 0;
    if (!r->columns && peek(r) >= 0 && csv_names(r) < 0)
        return -1;
    while (peek(r) == '\n' || peek(r) == '\r')
        step(r);
    if (peek(r) < 0)
        return 0;
    uint32_t n = csv_line(r);
    if (!r->problem && n != r->columns)
        (void)bad(r, "not as many values as the first line has names");
    if (r->problem)
        return -1;
    r->count = n;
    return 1;
}

/* ---- JSON ------------------------------------------------------------------------------------ */

typedef struct json_name {
    char text[EXPORT_NAME_MAX];
    uint64_t len;
} json_name;

static void blanks(export_reader *r) {
    while (peek(r) >= 0 && is_any(peek(r), " \t\r\n"))
        step(r);
}

static int json_bad(export_reader *r) {
    r->fatal = 1;
    return bad(r, "this is no JSON");
}

static int hex4(export_reader *r, uint32_t *ret) {
    uint32_t n = 0;
    for (int i = 0; i < 4; i++) {
        int ch = peek(r), low = ch | 0x20;
        if (ch >= '0' && ch <= '9')
            n = n * 16 + (uint32_t)(ch - '0');
        else if (low >= 'a' && low <= 'f')
            n = n * 16 + (uint32_t)(low - 'a' + 10);
        else
            return json_bad(r);
        step(r);
    }
    *ret = n;
    return 0;
}

/* UTF-8; half a surrogate pair becomes U+FFFD, nothing that is looked for has one. */
static int put_code(export_reader *r, uint32_t code) {
    if (code >= 0xD800 && code <= 0xDFFF)
        code = 0xFFFD;
    if (code < 0x80)
        return put(r, (char)code);
    if (code >= 0x800) {
        if (put(r, (char)(0xE0 | code >> 12)) < 0 || put(r, (char)(0x80 | (code >> 6 & 0x3F))) < 0)
            return -1;
    } else if (put(r, (char)(0xC0 | code >> 6)) < 0) {
        return -1;
    }
    return put(r, (char)(0x80 | (code & 0x3F)));
}

static int json_escape(export_reader *r) {
    static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
    int ch = peek(r);
    uint32_t code;
    if (ch < 0)
        return json_bad(r);
    step(r);
    if (ch == 'u')
        return hex4(r, &code) < 0 ? -1 : put_code(r, code);
    const char *found = ch ? strchr(from, ch) : NULL;
    return found ? put(r, to[found - from]) : json_bad(r);
}

static int json_string(export_reader *r, orxaq_view *ret) {
    uint64_t start = r->text_len;
    step(r);
    for (;;) {
        int ch = peek(r), rc = 0;
        if (ch < 0x20)
            return json_bad(r);
        step(r);
        if (ch == '"')
            break;
        rc = ch == '\\' ? json_escape(r) : put(r, (char)ch);
        if (rc < 0) {
            r->fatal = 1;
            return -1;
        }
    }
    *ret = since(r, start);
    return 0;
}

/* Labels and tags without end stand in an export, too; only what is asked for is kept. */
static int is_wanted(const char *name) {
    static const char *const wanted[] = {EXPORT_WANTED};
    for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++)
        if (strcmp(name, wanted[i]) == 0)
            return 1;
    return 0;
}

static int add_field(export_reader *r, const json_name *name, orxaq_view text) {
    if (!is_wanted(name->text))
        return 0;
    if (r->count == EXPORT_FIELDS_MAX) {
        r->fatal = 1;
        return bad(r, "a record of more than 256 values");
    }
    export_field *f = &r->fields[r->count++];
    memcpy(f->name, name->text, (size_t)name->len + 1);
    f->text = text;
    f->column = 0;
    return 0;
}

/* A number, true, false or null: what is of them is for those who read the field to judge. */
static int json_word(export_reader *r, const json_name *name) {
    uint64_t start = r->text_len;
    while (peek(r) > ' ' && !is_any(peek(r), ",]}:\"[{")) {
        if (put(r, r->bytes.data[r->at]) < 0)
            return json_bad(r);
        step(r);
    }
    orxaq_view text = since(r, start);
    if (!text.len)
        return json_bad(r);
    if (orxaq_view_is(text, "null"))
        text.len = 0;
    return add_field(r, name, text);
}

static int json_value(export_reader *r, const json_name *name, int depth);

/* `name`: of the map it is in. */
static int json_member(export_reader *r, const json_name *name, int depth) {
    json_name full = *name;
    orxaq_view key;
    if (peek(r) != '"')
        return json_bad(r);
    if (json_string(r, &key) < 0)
        return -1;
    full.len = add_name(full.text, full.len, key);
    blanks(r);
    if (peek(r) != ':')
        return json_bad(r);
    step(r);
    return json_value(r, &full, depth);
}

/* A map or a list, whose elements all have the list's name. */
static int json_children(export_reader *r, const json_name *name, int depth) {
    int map = peek(r) == '{', end = map ? '}' : ']';
    if (depth == EXPORT_DEPTH_MAX)
        return json_bad(r);
    step(r);
    blanks(r);
    if (peek(r) == end) {
        step(r);
        return 0;
    }
    for (;;) {
        blanks(r);
        if ((map ? json_member(r, name, depth + 1) : json_value(r, name, depth + 1)) < 0)
            return -1;
        blanks(r);
        int ch = peek(r);
        if (ch != ',' && ch != end)
            return json_bad(r);
        step(r);
        if (ch == end)
            return 0;
    }
}

static int json_value(export_reader *r, const json_name *name, int depth) {
    orxaq_view text;
    blanks(r);
    switch (peek(r)) {
    case '{':
    case '[':
        return json_children(r, name, depth);
    case '"':
        return json_string(r, &text) < 0 ? -1 : add_field(r, name, text);
    default:
        return json_word(r, name);
    }
}

/* Between records there may be blanks, the list around them and its commas. */
static int json_next(export_reader *r) {
    const json_name none = {{0}, 0};
    while (peek(r) >= 0 && is_any(peek(r), " \t\r\n,[]"))
        step(r);
    r->count = 0;
    r->text_len = 0;
    r->problem = NULL;
    r->record_line = r->line;
    if (peek(r) < 0)
        return 0;
    if (peek(r) != '{')
        return json_bad(r);
    uint64_t start = r->at;
    if (json_children(r, &none, 0) < 0)
        return -1;
    take_record(r, start);
    return 1;
}

int export_next(export_reader *r) {
    if (r->fatal)
        return 0;
    return r->json ? json_next(r) : csv_next(r);
}

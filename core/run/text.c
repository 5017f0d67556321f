#include "run/text.h"

#define SUMMARY_MAX    800
#define ERROR_MAX      2400
#define ERROR_LINES    120
#define ERROR_LINE_MAX 360
#define MARKER_OFFSET  300
#define CUT_NOTE       "...[truncated]"

static bool is_space(char c) {
    return c == ' ' || (c >= '\t' && c <= '\r');
}

/* Cuts a valid UTF-8 buffer at max bytes on a character boundary. */
static bool cut(orx_str *s, size_t max) {
    if (s->len <= max)
        return false;
    while (max && ((unsigned char)s->buf[max] & 0xC0) == 0x80)
        max--;
    orx_str_truncate(s, max);
    return true;
}

/* Valid UTF-8, white space runs as one space. */
static void one_line(orx_view text, orx_str *line) {
    ORX_CLEANUP(orx_str_free) orx_str clean = {0};
    orx_str_add_utf8(&clean, orx_view_trim(text));
    for (size_t i = 0; i < clean.len; i++) {
        char c = clean.buf[i];
        if (is_space(c))
            c = ' ';
        if (c != ' ' || (line->len && line->buf[line->len - 1] != ' '))
            orx_str_addc(line, c ? c : ' ');
    }
}

void orx_text_summary(orx_view text, orx_str *out) {
    ORX_CLEANUP(orx_str_free) orx_str line = {0};
    one_line(text, &line);
    if (cut(&line, SUMMARY_MAX))
        orx_str_adds(&line, "\n" CUT_NOTE);
    orx_str_addv(out, orx_str_view(&line));
}

void orx_text_line(orx_view text, size_t max, orx_str *out) {
    ORX_CLEANUP(orx_str_free) orx_str line = {0};
    one_line(text, &line);
    size_t end = 0;
    for (size_t n = 0; n < max && end < line.len; n++)
        end += orx_utf8_len(line.buf + end, line.len - end);
    orx_str_add(out, orx_str_cstr(&line), end);
}

/* Where the bytes that stand for themselves end. */
static size_t printed_until(orx_view text, size_t i) {
    while (i < text.len &&
           ((unsigned char)text.p[i] >= ' ' || text.p[i] == '\n' || text.p[i] == '\t'))
        i++;
    return i;
}

/* Behind an escape character: where the sequence ends. */
static size_t skip_sequence(orx_view text, size_t i) {
    char kind = text.p[i++];
    if (kind != '[' && kind != ']')
        return i;
    while (i < text.len && (kind == '[' ? !(text.p[i] >= '@' && text.p[i] <= '~')
                                        : text.p[i] != '\a' && text.p[i] != '\x1b'))
        i++;
    return i + 1;
}

/* Copies text without ANSI escape sequences (ECMA-48 CSI, OSC and two-byte ones), CR, and other
 * control characters. */
static void strip(orx_view text, orx_str *out) {
    ORX_CLEANUP(orx_str_free) orx_str plain = {0};
    size_t end = printed_until(text, 0);
    orx_str_add(&plain, text.p, end < text.len ? end : 0);
    for (size_t i = end; i < text.len;) {
        char c = text.p[i++];
        if (c == '\x1b' && i < text.len)
            i = skip_sequence(text, i);
        else if (c == '\r' && (i >= text.len || text.p[i] != '\n'))
            orx_str_addc(&plain, '\n');
        size_t from = i;
        i = printed_until(text, i);
        if (i > from)
            orx_str_add(&plain, text.p + from, i - from);
    }
    orx_str_add_utf8(out, end < text.len ? orx_str_view(&plain) : text);
}

/* Where an echoed prompt begins: the first of these whose first occurrence is far enough in. */
static size_t prompt_start(orx_view text) {
    static const char *const markers[] = {"\nuser\n",
                                          "Current autonomous task:", "Execution requirements:",
                                          "Autonomy skill protocol:", "# Task\n"};
    for (size_t i = 0; i < ORX_ARRAY_LEN(markers); i++) {
        int64_t at = orx_view_find(text, markers[i]);
        if (at >= MARKER_OFFSET)
            return (size_t)at;
    }
    return text.len;
}

static void add_lines(orx_view text, orx_str *out) {
    orx_view previous = {0};
    orx_view line;
    int lines = 0;
    while (lines < ERROR_LINES && orx_view_split(&text, '\n', &line)) {
        while (line.len && is_space(line.p[line.len - 1]))
            line.len--;
        if (!orx_view_trim(line).len || orx_view_eq(line, previous))
            continue;
        previous = line;
        ORX_CLEANUP(orx_str_free) orx_str one = {0};
        orx_str_addv(&one, line);
        if (cut(&one, ERROR_LINE_MAX))
            orx_str_adds(&one, CUT_NOTE);
        if (lines++)
            orx_str_addc(out, '\n');
        orx_str_addv(out, orx_str_view(&one));
    }
}

void orx_text_error(orx_view text, orx_str *out) {
    ORX_CLEANUP(orx_str_free) orx_str clean = {0};
    ORX_CLEANUP(orx_str_free) orx_str kept = {0};
    strip(text, &clean);
    size_t end = prompt_start(orx_str_view(&clean));
    add_lines((orx_view){orx_str_cstr(&clean), end}, &kept);
    if (end < clean.len)
        orx_str_adds(&kept, "\n[echoed prompt left out]");
    if (cut(&kept, ERROR_MAX))
        orx_str_adds(&kept, "\n" CUT_NOTE);
    orx_str_addv(out, orx_str_view(&kept));
}

void orx_text_tail(orx_view text, size_t max, orx_str *out) {
    if (text.len > max) {
        text.p += text.len - max;
        text.len = max;
        const char *nl = memchr(text.p, '\n', text.len);
        if (nl && (size_t)(nl - text.p) < max / 2) {
            text.len -= (size_t)(nl + 1 - text.p);
            text.p = nl + 1;
        }
    }
    strip(text, out);
}

/* Of UTF-8: all bytes but those that go on with a character. */
static size_t characters(orx_view text) {
    size_t n = 0;
    for (size_t i = 0; i < text.len; i++)
        n += ((unsigned char)text.p[i] & 0xC0) != 0x80;
    return n;
}

int64_t orx_text_tokens(orx_view text) {
    size_t length = characters(orx_view_trim(text));
    if (!length)
        return 0;
    int64_t q = (int64_t)(length / 4);
    size_t r = length % 4;
    if (r == 3 || (r == 2 && q % 2))
        q++;
    return q ? q : 1;
}

static bool holds(orx_view text, const char *phrase) {
    size_t n = strlen(phrase);
    for (size_t i = 0; i + n <= text.len; i++)
        if (orx_view_ieq((orx_view){text.p + i, n}, (orx_view){phrase, n}))
            return true;
    return false;
}

bool orx_text_is_transient(orx_view text) {
    static const char *const phrases[] = {
        "timed out",
        "network timeout",
        "connection timeout",
        "gateway timeout",
        "connection reset",
        "connection aborted",
        "connection refused",
        "network error",
        "network is unreachable",
        "could not resolve host",
        "temporary failure in name resolution",
        "tls handshake",
        "ssl handshake",
        "http 429",
        "429 too many requests",
        "status 429",
        "rate limit",
        "too many requests",
        "quota exceeded",
        "service unavailable",
        "http 500",
        "http 502",
        "http 503",
        "http 504",
        "status 500",
        "status 502",
        "status 503",
        "status 504",
        "status 529",
        "internal server error",
        "bad gateway",
        "overloaded",
        "index.lock",
        "another git process seems to be running",
    };
    if (text.len > 65536)
        text = (orx_view){text.p + text.len - 65536, 65536};
    for (size_t i = 0; i < ORX_ARRAY_LEN(phrases); i++)
        if (holds(text, phrases[i]))
            return true;
    return false;
}

static bool is_name_char(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '-' || c == '.';
}

void orx_text_file_name(const char *task, orx_str *out) {
    for (const char *c = task; *c; c++)
        orx_str_addc(out, is_name_char(*c) && !(c == task && *c == '.') ? *c : '-');
}

/* Reading what git says when it fails. LC_ALL=C keeps the words stable. */
#include "git/cli.h"

enum { LINE_MAX_BYTES = 300 };

bool orx_git_says(orx_view errs, const char *phrase) {
    size_t n = strlen(phrase);
    for (size_t i = 0; i + n <= errs.len; i++)
        if (orx_view_ieq((orx_view){errs.p + i, n}, (orx_view){phrase, n}))
            return true;
    return false;
}

int orx_git_code_of(orx_view errs) {
    static const struct {
        const char *phrase;
        int code;
    } known[] = {
        {"not a git repository", ORX_E_NOT_FOUND},
        {"unknown revision", ORX_E_NOT_FOUND},
        {"bad revision", ORX_E_NOT_FOUND},
        {"bad object", ORX_E_NOT_FOUND},
        {"not a valid object name", ORX_E_NOT_FOUND},
        {"not a valid commit name", ORX_E_NOT_FOUND},
        {"invalid object name", ORX_E_NOT_FOUND},
        {"invalid reference", ORX_E_NOT_FOUND},
        {"nonexistent object", ORX_E_NOT_FOUND},
        {"no space left on device", ORX_E_NO_SPACE},
        {"disk quota exceeded", ORX_E_NO_SPACE},
        {".lock': file exists", ORX_E_BUSY},
        {"could not lock config file", ORX_E_BUSY},
        {"dubious ownership", ORX_E_DENIED},
    };
    for (size_t i = 0; i < ORX_ARRAY_LEN(known); i++)
        if (orx_git_says(errs, known[i].phrase))
            return known[i].code;
    return ORX_E_CHILD;
}

/* Lines that explain, advise or decorate. */
static bool is_noise(orx_view line) {
    return line.len == 0 || orx_view_starts(line, "hint:") || orx_view_is(line, "remote:") ||
           orx_view_starts(line, "Another git process seems") ||
           orx_view_starts(line, "an editor opened by") ||
           orx_view_starts(line, "are terminated then") ||
           orx_view_starts(line, "may have crashed");
}

/* Where the user information of a URL at text ends (behind '@'), or 0. */
static size_t user_info(orx_view text) {
    if (!orx_view_starts(text, "://"))
        return 0;
    for (size_t i = 3; i < text.len; i++) {
        char c = text.p[i];
        if (c == '@')
            return i + 1;
        if (c == '/' || c == ' ' || c == '\'' || c == '"')
            return 0;
    }
    return 0;
}

static void add_clean(orx_view line, orx_str *out) {
    ORX_CLEANUP(orx_str_free) orx_str text = {0};
    for (size_t i = 0; i < line.len;) {
        size_t skip = user_info((orx_view){line.p + i, line.len - i});
        if (skip)
            orx_str_adds(&text, "://");
        else
            orx_str_addc(&text,
                         (unsigned char)line.p[i] < ' ' || line.p[i] == 0x7f ? ' ' : line.p[i]);
        i += skip ? skip : 1;
    }
    size_t n = text.len < LINE_MAX_BYTES ? text.len : LINE_MAX_BYTES;
    orx_str_add_utf8(out, (orx_view){text.buf, n});
}

void orx_git_last_line(orx_view errs, orx_str *out) {
    orx_view kept[2] = {{0}, {0}};
    orx_view line;
    while (errs.len && orx_view_split(&errs, '\n', &line)) {
        line = orx_view_trim(line);
        if (is_noise(line))
            continue;
        kept[0] = kept[1];
        kept[1] = line;
    }
    if (!kept[1].len) {
        orx_str_adds(out, "it said nothing");
        return;
    }
    if (kept[0].len) {
        add_clean(kept[0], out);
        orx_str_adds(out, " | ");
    }
    add_clean(kept[1], out);
}

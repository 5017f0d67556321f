/* Trailers as git-interpret-trailers(1) sees them, for the one form we write: a last paragraph of
 * "Token: value" lines. */
#include "git/internal.h"

static bool is_token_char(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-';
}

/* Splits "Token: value"; false for any other line. */
static bool split_trailer(orx_view line, orx_view *ret_key, orx_view *ret_value) {
    size_t n = 0;
    while (n < line.len && is_token_char(line.p[n]))
        n++;
    if (n == 0 || n == line.len || line.p[n] != ':')
        return false;
    *ret_key = (orx_view){line.p, n};
    *ret_value = orx_view_trim((orx_view){line.p + n + 1, line.len - n - 1});
    return true;
}

/* The last paragraph when it is not the first, else the empty view. */
static orx_view last_paragraph(orx_view message) {
    orx_view text = orx_view_trim(message);
    size_t start = 0;
    for (size_t i = 1; i < text.len; i++)
        if (text.p[i] == '\n' && text.p[i - 1] == '\n')
            start = i + 1;
    return start ? (orx_view){text.p + start, text.len - start} : (orx_view){0};
}

static bool all_trailers(orx_view paragraph) {
    orx_view line;
    orx_view key;
    orx_view value;
    if (!paragraph.len)
        return false;
    while (orx_view_split(&paragraph, '\n', &line))
        if (!split_trailer(line, &key, &value))
            return false;
    return true;
}

/* Calls for each value of a trailer: keeps the last in *last, notes an exact match in *found. */
static size_t walk(orx_view message, const char *key, orx_view want, orx_view *last, bool *found) {
    orx_view rest = last_paragraph(message);
    size_t count = 0;
    orx_view line;
    while (rest.len && orx_view_split(&rest, '\n', &line)) {
        orx_view k;
        orx_view value;
        if (!split_trailer(line, &k, &value) || !orx_view_ieq(k, orx_view_of(key)))
            continue;
        *last = value;
        *found = *found || orx_view_eq(value, want);
        count++;
    }
    return count;
}

bool orx_git_trailer(orx_view message, const char *key, orx_view *ret_value) {
    orx_view last = {0};
    bool found = false;
    if (!walk(message, key, (orx_view){0}, &last, &found))
        return false;
    *ret_value = last;
    return true;
}

bool orx_git_has_trailer(orx_view message, const char *key, const char *value) {
    orx_view last;
    bool found = false;
    walk(message, key, orx_view_of(value), &last, &found);
    return found;
}

orx_view orx_git_subject(orx_view message) {
    orx_view rest = orx_view_trim(message);
    orx_view line = {0};
    if (rest.len)
        orx_view_split(&rest, '\n', &line);
    return orx_view_trim(line);
}

static int check(const orx_git_delivery *d, orx_view text, orx_err *err) {
    if (text.len == 0 || d->message.len > ORX_GIT_MESSAGE_MAX)
        return orx_err_set(err, ORX_E_INVALID,
                           "the commit message has %zu bytes; expected 1 to %zu that are not all "
                           "white space",
                           d->message.len, ORX_GIT_MESSAGE_MAX);
    if (memchr(text.p, 0, text.len))
        return orx_err_set(err, ORX_E_INVALID, "the commit message holds a NUL byte");
    int rc = d->task ? orx_git_check_line(d->task, "the task id of a commit", err) : 0;
    if (rc == 0 && d->attempt)
        rc = orx_git_check_line(d->attempt, "the attempt id of a commit", err);
    return rc;
}

int orx_git_message(const orx_git_delivery *d, orx_str *out, orx_err *err) {
    orx_view text = orx_view_trim(d->message);
    int rc = check(d, text, err);
    if (rc < 0)
        return rc;
    orx_str_addv(out, text);
    orx_str_addc(out, '\n');
    if ((d->task || d->attempt) && !all_trailers(last_paragraph(text)))
        orx_str_addc(out, '\n');
    if (d->task)
        orx_str_addf(out, "%s: %s\n", ORX_GIT_TASK, d->task);
    if (d->attempt)
        orx_str_addf(out, "%s: %s\n", ORX_GIT_ATTEMPT, d->attempt);
    return 0;
}

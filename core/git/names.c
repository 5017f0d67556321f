#include "git/internal.h"

static bool is_hex(char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
}

bool orx_git_is_sha(orx_view v) {
    if (v.len != 40 && v.len != 64)
        return false;
    for (size_t i = 0; i < v.len; i++)
        if (!is_hex(v.p[i]))
            return false;
    return true;
}

/* One character that may not be anywhere in a ref name. */
static bool is_bad_char(unsigned char c) {
    return c <= ' ' || c == 0x7f || strchr("~^:?*[\\", c) != NULL;
}

/* One part between slashes. */
static bool part_ok(orx_view part) {
    return part.len > 0 && part.p[0] != '.' && !orx_view_ends(part, ".lock") &&
           part.p[part.len - 1] != '.';
}

bool orx_git_branch_ok(const char *name) {
    orx_view v = orx_view_of(name);
    if (v.len == 0 || v.len > ORX_GIT_NAME_MAX || name[0] == '-' || orx_view_is(v, "HEAD") ||
        orx_view_is(v, "@") || orx_view_find(v, "..") >= 0 || orx_view_find(v, "@{") >= 0)
        return false;
    for (size_t i = 0; i < v.len; i++)
        if (is_bad_char((unsigned char)v.p[i]))
            return false;
    orx_view part;
    size_t last = 0;
    for (orx_view rest = v; orx_view_split(&rest, '/', &part); last = part.len)
        if (!part_ok(part))
            return false;
    return last > 0 && v.p[v.len - 1] != '/';
}

int orx_git_check_branch(const char *name, orx_err *err) {
    if (!name || !orx_git_branch_ok(name))
        return orx_err_set(err, ORX_E_INVALID,
                           "\"%.80s\" is no branch name git accepts: use letters, digits, dashes "
                           "and slashes, at most %d bytes",
                           name ? name : "", ORX_GIT_NAME_MAX);
    return 0;
}

int orx_git_check_rev(const char *rev, const char *what, orx_err *err) {
    orx_view v = orx_view_of(rev);
    bool ok = v.len > 0 && v.len <= 512 && v.p[0] != '-' && orx_view_find(v, "..") < 0;
    for (size_t i = 0; ok && i < v.len; i++)
        ok = (unsigned char)v.p[i] > ' ' && v.p[i] != 0x7f;
    if (!ok)
        return orx_err_set(err, ORX_E_INVALID,
                           "%s \"%.80s\" is no revision: expected a commit id or a branch", what,
                           rev ? rev : "");
    return 0;
}

int orx_git_check_line(const char *value, const char *what, orx_err *err) {
    orx_view v = orx_view_of(value);
    bool ok = v.len > 0 && v.len <= ORX_GIT_TRAILER_MAX && v.p[0] != ' ' && v.p[v.len - 1] != ' ';
    for (size_t i = 0; ok && i < v.len; i++)
        ok = (unsigned char)v.p[i] >= ' ' && v.p[i] != 0x7f;
    if (!ok)
        return orx_err_set(err, ORX_E_INVALID,
                           "%s \"%.60s\" must be one line of 1 to %d bytes without spaces at its "
                           "ends",
                           what, value ? value : "", ORX_GIT_TRAILER_MAX);
    return 0;
}

static char safe_char(char c) {
    if (c >= 'A' && c <= 'Z')
        return (char)(c - 'A' + 'a');
    bool keep = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '_';
    return keep ? c : '-';
}

/* Takes dashes and dots off the end, and ".lock", until nothing of it is left. */
static void trim_end(orx_str *s, size_t start) {
    for (;;) {
        orx_view part = {s->buf + start, s->len - start};
        if (part.len && (part.p[part.len - 1] == '-' || part.p[part.len - 1] == '.'))
            orx_str_truncate(s, s->len - 1);
        else if (orx_view_ends(part, ".lock"))
            orx_str_truncate(s, s->len - 5);
        else
            return;
    }
}

void orx_git_safe_name(orx_view text, const char *fallback, orx_str *out) {
    orx_str_reserve(out, 1);
    size_t start = out->len;
    for (size_t i = 0; i < text.len && out->len - start < 100; i++) {
        char c = safe_char(text.p[i]);
        char before = out->len > start ? out->buf[out->len - 1] : '-';
        bool again = (c == '-' || c == '.') && (before == '-' || before == '.');
        if (!again)
            orx_str_addc(out, c);
    }
    trim_end(out, start);
    if (out->len == start)
        orx_str_adds(out, fallback);
}

void orx_git_parked_branch(orx_view attempt, orx_str *out) {
    ORX_CLEANUP(orx_str_free) orx_str name = {0};
    orx_str_addv(&name, attempt);
    bool plain = !memchr(attempt.p ? attempt.p : "", 0, attempt.len) && name.len <= 100 &&
                 orx_git_branch_ok(orx_str_cstr(&name)) && !strchr(orx_str_cstr(&name), '/');
    orx_str_adds(out, "orxaq/parked/");
    if (plain) {
        orx_str_addv(out, attempt);
        return;
    }
    char hex[ORX_SHA256_HEX];
    orx_sha256_hex(attempt, hex);
    orx_git_safe_name(attempt, "attempt", out);
    orx_str_addf(out, "-%.8s", hex);
}

const char *orx_git_kind_name(orx_git_kind kind) {
    static const char *const names[] = {"added",   "modified",  "deleted",
                                        "renamed", "untracked", "conflicted"};
    return (size_t)kind < ORX_ARRAY_LEN(names) ? names[kind] : "unknown";
}

/* The subset of gitignore(5) the twin knows. */
#include "git/sim/internal.h"

/* '*' and '?' within one name. */
static bool glob(orx_view pattern, orx_view text) {
    size_t i = 0;
    size_t j = 0;
    size_t star = SIZE_MAX;
    size_t mark = 0;
    while (j < text.len) {
        if (i < pattern.len && pattern.p[i] == '*') {
            star = i++;
            mark = j;
        } else if (i < pattern.len && (pattern.p[i] == '?' || pattern.p[i] == text.p[j]) &&
                   (text.p[j] != '/' || pattern.p[i] == '/')) {
            i++;
            j++;
        } else if (star != SIZE_MAX && text.p[mark] != '/') {
            i = star + 1;
            j = ++mark;
        } else {
            return false;
        }
    }
    while (i < pattern.len && pattern.p[i] == '*')
        i++;
    return i == pattern.len;
}

static bool matches(orx_view pattern, const char *path, bool is_dir) {
    const char *slash = strrchr(path, '/');
    orx_view name = orx_view_of(slash ? slash + 1 : path);
    if (pattern.p[pattern.len - 1] == '/') {
        if (!is_dir)
            return false;
        pattern.len--;
    }
    if (pattern.len && pattern.p[0] == '/')
        return glob((orx_view){pattern.p + 1, pattern.len - 1}, orx_view_of(path));
    bool anchored = pattern.len && memchr(pattern.p, '/', pattern.len);
    return glob(pattern, anchored ? orx_view_of(path) : name);
}

bool orx_twin_ignored(orx_view patterns, const char *path, bool is_dir) {
    orx_view line;
    while (patterns.len && orx_view_split(&patterns, '\n', &line)) {
        line = orx_view_trim(line);
        if (line.len && line.p[0] != '#' && matches(line, path, is_dir))
            return true;
    }
    return false;
}

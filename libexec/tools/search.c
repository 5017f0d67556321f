/* search: lines that hold a text or match a regular expression, without any program. It runs in a
 * child of its own, because a regular expression can take as long and as much as it likes, to be
 * compiled already. */
#include "tools.h"

#include "base/vec.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <regex.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum {
    MATCHES_MAX = 500,
    LINE_SHOWN = 300,
    PATTERN_MAX = 512,
    NAMES_MAX = 100000, /* of one folder */
    DEPTH_MAX = 64,
    TIMEOUT_MS = 60000,
    CPU_SECONDS = 20,
    MEMORY_BYTES = 512 << 20
};

enum { CODE_BAD_PATTERN = 2 };

typedef struct search {
    const tools *t;
    tools_path start;
    char pattern[PATTERN_MAX + 1];
    char glob[PATTERN_MAX + 1];
    bool regular;
    regex_t regex;
    int fd; /* where matches go */
    int matches;
    int too_large;
    int depth;
} search;

typedef ORX_VEC(char *) names;

static int by_name(const void *a, const void *b) {
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* ---- Lines ----------------------------------------------------------------------------------- */

static bool matches(const search *s, const char *line, size_t len) {
    if (!s->regular)
        return orx_view_find(orx_view_mem(line, len), s->pattern) >= 0;
    regmatch_t m[1] = {{.rm_so = 0, .rm_eo = (regoff_t)len}};
    return regexec(&s->regex, line, 0, m, REG_STARTEND) == 0;
}

static void tell(search *s, const char *path, int64_t number, const char *line, size_t len) {
    size_t shown = len < LINE_SHOWN ? len : LINE_SHOWN;
    while (shown < len && shown && ((unsigned char)line[shown] & 0xC0) == 0x80)
        shown--;
    s->matches++;
    (void)dprintf(s->fd, "%s:%lld: %.*s%s\n", path, (long long)number, (int)shown, line,
                  shown < len ? " [...]" : "");
}

static void search_text(search *s, const char *path, const orx_str *text) {
    int64_t number = 0;
    for (size_t at = 0; at < text->len && s->matches < MATCHES_MAX;) {
        const char *nl = memchr(text->buf + at, '\n', text->len - at);
        size_t end = nl ? (size_t)(nl - text->buf) : text->len;
        number++;
        if (matches(s, text->buf + at, end - at))
            tell(s, path, number, text->buf + at, end - at);
        at = end + 1;
    }
}

static void search_file(search *s, int dir, const char *name, const char *path) {
    ORX_CLEANUP(orx_str_free) orx_str text = {0};
    ORX_CLEANUP(orx_str_free) orx_str why = {0};
    if (*s->glob && fnmatch(s->glob, name, 0) != 0 && fnmatch(s->glob, path, 0) != 0)
        return;
    if (!tools_load(dir, name, &text, NULL, &why))
        s->too_large += orx_view_find(orx_str_view(&why), "at most") >= 0;
    else if (tools_is_text(orx_str_view(&text)))
        search_text(s, path, &text);
}

/* ---- Folders --------------------------------------------------------------------------------- */

static void search_folder(search *s, int fd, const char *above);

static void search_entry(search *s, int dir, const char *name, const char *above) {
    ORX_CLEANUP(orx_str_free) orx_str path = {0};
    struct stat st;
    orx_str_addf(&path, "%s%s", above, name);
    if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) != 0)
        return;
    if (S_ISREG(st.st_mode)) {
        search_file(s, dir, name, orx_str_cstr(&path));
    } else if (S_ISDIR(st.st_mode) && strcmp(name, ".git") != 0 && s->depth < DEPTH_MAX) {
        int fd = tools_open(dir, name, O_RDONLY | O_DIRECTORY);
        orx_str_addc(&path, '/');
        s->depth++;
        if (fd >= 0)
            search_folder(s, fd, orx_str_cstr(&path));
        s->depth--;
    }
}

/* Takes over fd. */
static void search_folder(search *s, int fd, const char *above) {
    names all = {0};
    int dir = dup(fd);
    DIR *d = fdopendir(fd);
    const struct dirent *e;
    while (d && (e = readdir(d)) && all.len < NAMES_MAX)
        if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0)
            orx_vec_push(&all, orx_xstrdup(e->d_name));
    if (d)
        (void)closedir(d);
    if (all.len)
        qsort(all.items, all.len, sizeof *all.items, by_name);
    for (size_t i = 0; i < all.len; i++) {
        if (dir >= 0 && s->matches < MATCHES_MAX)
            search_entry(s, dir, all.items[i], above);
        free(all.items[i]);
    }
    orx_vec_free(&all);
    if (dir >= 0)
        (void)close(dir);
}

/* A path is a folder or one file. */
static void search_start(search *s) {
    bool whole = strcmp(s->start.text, ".") == 0;
    int fd = tools_open(s->t->root, s->start.text, O_RDONLY | O_DIRECTORY);
    ORX_CLEANUP(orx_str_free) orx_str above = {0};
    if (!whole)
        orx_str_addf(&above, "%s/", s->start.text);
    if (fd >= 0)
        search_folder(s, fd, orx_str_cstr(&above));
    else if (errno == ENOTDIR)
        search_file(s, s->t->root, s->start.text, s->start.text);
    else
        (void)dprintf(s->fd, "%s: %s\n", s->start.text, strerror(errno));
}

static int work(void *user, int fd) {
    search *s = user;
    char why[200];
    s->fd = fd;
    int rc = s->regular ? regcomp(&s->regex, s->pattern, REG_EXTENDED | REG_NOSUB) : 0;
    if (rc != 0) {
        (void)regerror(rc, &s->regex, why, sizeof why);
        (void)dprintf(fd, "the pattern is no extended regular expression: %s", why);
        return CODE_BAD_PATTERN;
    }
    search_start(s);
    if (s->matches == 0)
        (void)dprintf(fd, "[no match]\n");
    if (s->matches == MATCHES_MAX)
        (void)dprintf(fd, "[more than %d matches; narrow the search]\n", MATCHES_MAX);
    if (s->too_large)
        (void)dprintf(fd, "[%d files of more than 8 MiB were not searched]\n", s->too_large);
    return 0;
}

/* ---- The request ----------------------------------------------------------------------------- */

static bool take(orx_view field, const char *what, char to[PATTERN_MAX + 1], orx_str *out) {
    if (field.len > PATTERN_MAX || (field.len && memchr(field.p, '\0', field.len)))
        return tools_fail(out, "%s: at most %d bytes and no NUL", what, PATTERN_MAX);
    memcpy(to, field.len ? field.p : "", field.len);
    to[field.len] = '\0';
    return true;
}

static bool run(search *s, orx_str *out) {
    tools_capture c = {.t = (tools *)s->t, .fd = -1};
    tools_ended e;
    const tools_child child = {.work = work,
                               .user = s,
                               .timeout_ms = TIMEOUT_MS,
                               .cpu_seconds = CPU_SECONDS,
                               .memory_bytes = MEMORY_BYTES};
    bool good = tools_run_child(&child, &c, &e, out);
    ORX_CLEANUP(orx_str_free) orx_str said = {0};
    tools_capture_end(&c, &said);
    if (good && e.end != TOOLS_EXITED)
        return tools_fail(out, "the search took too long; use a simpler pattern or a smaller part");
    orx_str_addv(out, orx_str_view(&said));
    return good && e.code == 0;
}

bool tools_search(tools *t, const tools_request *r, orx_str *out) {
    search s = {.t = t, .fd = -1};
    s.regular = orx_view_is(tools_field(r, 3), "1");
    if (!take(tools_field(r, 0), "the pattern", s.pattern, out) ||
        !take(tools_field(r, 2), "the glob", s.glob, out))
        return false;
    if (!*s.pattern)
        return tools_fail(out, "the pattern is empty");
    return tools_path_of(t, tools_field(r, 1), &s.start, out) && run(&s, out);
}

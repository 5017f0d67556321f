/* orxaq logs: what a unit printed, from its rotated files. */
#include "cli/supervised.h"

#include "base/units.h"
#include "platform/loop.h"
#include "unit/log.h"

#include <stdio.h>

#define DEFAULT_LINES 200
#define CHUNK         ((size_t)64 << 10)
#define FOLLOW_NS     (200 * ORX_MS)
#define OLD_FILES_MAX 1001
#define LOST_LOOKS    10

typedef struct logs {
    orx_cli *c;
    const char *path;
    int64_t since_ns; /* wall; INT64_MIN = all */
    int64_t lines;    /* the last so many; -1 = all */
    bool shown;       /* a line late enough was found: the rest is, too */
    bool stopped;
    orx_file *file; /* followed */
    int lost;       /* looks at which its name was not found */
    uint64_t inode;
    int64_t at;
    orx_str rest; /* of a line */
} logs;

static const char *file_at(logs *g, int64_t n) {
    return n ? orx_arena_printf(&g->c->arena, "%s.%lld", g->path, (long long)n) : g->path;
}

/* ---- Where to begin -------------------------------------------------------------------------- */

/* Where the last *lines lines of the file begin; *lines is then what was not found in it. Reads
 * from the end, so that the size of a log costs nothing. */
static int64_t find_tail(logs *g, orx_file *f, int64_t size, int64_t *lines, orx_err *err) {
    char buf[4096];
    int64_t at = size;
    while (at > 0 && *lines > 0) {
        size_t n = at < (int64_t)sizeof buf ? (size_t)at : sizeof buf;
        int64_t got = orx_file_read(g->c->p, f, at - (int64_t)n, buf, n, err);
        if (got < (int64_t)n)
            return got < 0 ? got : at;
        for (size_t i = n; i > 0; i--)
            if (buf[i - 1] == '\n' && at - (int64_t)(n - i) < size && --*lines <= 0)
                return at - (int64_t)(n - i);
        at -= (int64_t)n;
    }
    *lines -= at == 0 && size > 0;
    return at;
}

/* ---- Showing --------------------------------------------------------------------------------- */

static void show_line(logs *g, orx_view line) {
    int64_t at;
    if (!g->shown && g->since_ns != INT64_MIN && (!orx_log_time(line, &at) || at < g->since_ns))
        return;
    g->shown = true;
    orx_cli_print(line);
}

static void show_bytes(logs *g, orx_view bytes) {
    orx_str_addv(&g->rest, bytes);
    size_t at = 0;
    const char *end;
    while (at < g->rest.len && (end = memchr(g->rest.buf + at, '\n', g->rest.len - at))) {
        size_t n = (size_t)(end - g->rest.buf) + 1 - at;
        show_line(g, (orx_view){g->rest.buf + at, n});
        at += n;
    }
    orx_str_drop(&g->rest, at);
}

/* Shows the open file from g->at to its end. */
static int show_rest(logs *g, orx_file *f, orx_err *err) {
    ORX_CLEANUP(orx_str_free) orx_str buf = {0};
    for (;;) {
        char *to = orx_str_reserve(&buf, CHUNK);
        int64_t n = orx_file_read(g->c->p, f, g->at, to, CHUNK, err);
        if (n <= 0)
            return (int)n;
        g->at += n;
        show_bytes(g, (orx_view){to, (size_t)n});
    }
}

/* The oldest file that holds a line to be shown, and where in it. */
static int find_begin(logs *g, int64_t *ret_file, int64_t *ret_at, orx_err *err) {
    int64_t lines = g->lines;
    *ret_file = 0;
    *ret_at = 0;
    for (int64_t n = 0; n < OLD_FILES_MAX; n++) {
        orx_file *f = NULL;
        orx_file_info info = {0};
        int rc = orx_file_open(g->c->p, file_at(g, n), ORX_OPEN_READ, 0, &f, err);
        if (rc == ORX_E_NOT_FOUND)
            return 0;
        if (rc == 0)
            rc = orx_file_info_of(g->c->p, f, &info, err);
        int64_t at = 0;
        if (rc == 0 && lines >= 0)
            at = find_tail(g, f, info.size, &lines, err);
        orx_file_close(g->c->p, f);
        if (rc < 0 || at < 0)
            return rc < 0 ? rc : (int)at;
        if (n > 0 && info.mtime_ns < g->since_ns)
            return 0;
        *ret_file = n;
        *ret_at = at;
        if (g->lines >= 0 && lines <= 0)
            return 0;
    }
    return 0;
}

/* Shows the files from number n to the newest, which stays open to be followed. */
static int show_from(logs *g, int64_t n, orx_err *err) {
    int rc = 0;
    for (; rc == 0 && n >= 0; n--) {
        orx_file_info info = {0};
        orx_file *f = NULL;
        rc = orx_file_open(g->c->p, file_at(g, n), ORX_OPEN_READ, 0, &f, err);
        if (rc == ORX_E_NOT_FOUND)
            return 0; /* nothing yet, or it was rotated just now */
        if (rc == 0)
            rc = orx_file_info_of(g->c->p, f, &info, err);
        if (rc == 0)
            rc = show_rest(g, f, err);
        if (n == 0) {
            g->file = f;
            g->inode = info.inode;
            return rc;
        }
        orx_file_close(g->c->p, f);
        g->at = 0;
    }
    return rc;
}

static int show_all(logs *g, orx_err *err) {
    int64_t n;
    int rc = find_begin(g, &n, &g->at, err);
    return rc < 0 ? rc : show_from(g, n, err);
}

/* ---- Following ------------------------------------------------------------------------------- */

static bool is_at(logs *g, int64_t n) {
    orx_file_info info;
    return orx_stat(g->c->p, file_at(g, n), &info, NULL) == 0 && info.inode == g->inode;
}

/* The number that the file we read has by now; -1 = not found: it is gone, or being renamed. */
static int64_t number_of(logs *g) {
    for (int64_t n = 0; n < OLD_FILES_MAX; n++) {
        if (is_at(g, n))
            return n;
        if (n && !orx_exists(g->c->p, file_at(g, n)))
            break;
    }
    return -1;
}

/* Turns to the file with number n, unless ours got another number meanwhile: files are renamed from
 * the oldest on, so while ours has its number its successor has, too. 1 = it did. */
static int turn_to(logs *g, int64_t n, orx_err *err) {
    orx_file_info info = {0};
    orx_file *f = NULL;
    int rc = orx_file_open(g->c->p, file_at(g, n), ORX_OPEN_READ, 0, &f, err);
    if (rc == 0)
        rc = orx_file_info_of(g->c->p, f, &info, err);
    if (rc < 0 || (g->file && !g->lost && !is_at(g, n + 1))) {
        orx_file_close(g->c->p, f);
        return rc == ORX_E_NOT_FOUND ? 0 : rc;
    }
    rc = g->file ? show_rest(g, g->file, err) : 0;
    orx_file_close(g->c->p, g->file);
    g->file = f;
    g->inode = info.inode;
    g->at = 0;
    g->lost = 0;
    return rc < 0 ? rc : 1;
}

/* The oldest file there is, after ours was removed or when there was none. */
static int64_t oldest(logs *g) {
    int64_t n = 0;
    while (n + 1 < OLD_FILES_MAX && orx_exists(g->c->p, file_at(g, n + 1)))
        n++;
    return n;
}

/* Shows what is new in our file, then in its successors, one after the other. */
static int look_again(logs *g, orx_err *err) {
    for (;;) {
        int rc = g->file ? show_rest(g, g->file, err) : 0;
        int64_t n = g->file ? number_of(g) : -1;
        if (rc < 0 || n == 0)
            return rc;
        if (n > 0)
            g->lost = 0;
        /* Not found: it may be between two names. */
        if (n < 0 && g->file && ++g->lost < LOST_LOOKS)
            return 0;
        rc = turn_to(g, n > 0 ? n - 1 : oldest(g), err);
        if (rc <= 0)
            return rc;
    }
}

static void on_signal(int signum ORX_UNUSED, void *user) {
    ((logs *)user)->stopped = true;
}

static int follow(logs *g, orx_err *err) {
    int rc = orx_watch_signals(g->c->p, on_signal, g, err);
    while (rc == 0 && !g->stopped) {
        (void)fflush(stdout);
        orx_loop_step(g->c->p, FOLLOW_NS);
        rc = look_again(g, err);
    }
    (void)orx_watch_signals(g->c->p, NULL, NULL, NULL);
    return rc;
}

/* ---- The command ------------------------------------------------------------------------------
 */

/* A time, or how long ago: 90s, 10m, 2h, 1d. */
static int read_since(logs *g, orx_err *err) {
    const char *text = orx_cli_option(g->c, "since");
    int64_t ago = 0;
    g->since_ns = INT64_MIN;
    if (!text || orx_iso_parse(orx_view_of(text), &g->since_ns))
        return 0;
    if (!orx_duration_parse(orx_view_of(text), &ago))
        return orx_err_set(err, ORX_E_USAGE,
                           "--since needs a time like 2026-01-31T12:00:00 (UTC) or how long ago "
                           "like 90s, 10m, 2h or 1d, not \"%s\"",
                           text);
    g->since_ns = orx_wall_ns(g->c->p) - ago;
    return 0;
}

static int read_lines(logs *g, orx_err *err) {
    const char *text = orx_cli_option(g->c, "last");
    g->lines = g->since_ns == INT64_MIN ? DEFAULT_LINES : -1;
    if (!text)
        return 0;
    if (!orx_view_to_i64(orx_view_of(text), &g->lines) || g->lines < 0)
        return orx_err_set(err, ORX_E_USAGE, "--last needs a number, not \"%s\"", text);
    return 0;
}

int orx_cmd_logs(orx_cli *c, orx_err *err) {
    const char *unit = c->arg_count ? c->args[0] : "primary";
    logs g = {.c = c};
    int rc = read_since(&g, err);
    if (rc == 0)
        rc = read_lines(&g, err);
    if (rc == 0)
        rc = orx_cli_config(c, err);
    if (rc < 0)
        return rc;
    g.path = orx_cli_unit_log(c, unit);
    if (!g.path)
        return orx_err_set(err, ORX_E_NOT_FOUND,
                           "no unit is called \"%.*s\"; logs are kept of primary, supervisor, "
                           "every lane and every service",
                           ORX_UNIT_NAME_MAX, unit);
    rc = show_all(&g, err);
    if (rc == 0 && orx_cli_option(c, "follow"))
        rc = follow(&g, err);
    if (g.rest.len)
        show_line(&g, orx_str_view(&g.rest));
    orx_str_free(&g.rest);
    orx_file_close(c->p, g.file);
    return rc < 0 ? rc : ORX_EXIT_OK;
}

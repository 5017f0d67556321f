#include "unit/log.h"

#include "platform/files.h"

#include <stdlib.h>

struct orx_log {
    orx_platform *p;
    char *path;
    orx_log_limits limits;
    const orx_secrets *secrets;
    orx_file *file; /* NULL: not open */
    int64_t size;
    int64_t begun_ns; /* wall time of its first line */
    int64_t missing;  /* lines that could not be written */
    orx_str rest[2];  /* the unfinished line of each stream */
};

orx_log *orx_log_new(orx_platform *p, const char *path, const orx_log_limits *limits,
                     const orx_secrets *secrets) {
    orx_log *log = orx_xcalloc(1, sizeof *log);
    log->p = p;
    log->path = orx_xstrdup(path);
    log->limits = *limits;
    log->secrets = secrets;
    return log;
}

bool orx_log_time(orx_view line, int64_t *ret_ns) {
    size_t most = line.len < ORX_LOG_STAMP_MAX ? line.len : ORX_LOG_STAMP_MAX;
    if (!most || line.p[0] != '[')
        return false;
    const char *end = memchr(line.p, ']', most);
    return end && orx_iso_parse((orx_view){line.p + 1, (size_t)(end - line.p) - 1}, ret_ns);
}

/* ---- The file ------------------------------------------------------------------------------ */

static int make_folder(orx_log *log, orx_err *err) {
    ORX_CLEANUP(orx_str_free) orx_str dir = {0};
    const char *slash = strrchr(log->path, '/');
    if (!slash || slash == log->path)
        return 0;
    orx_str_add(&dir, log->path, (size_t)(slash - log->path));
    return orx_mkdirs_unsynced(log->p, orx_str_cstr(&dir), false, err);
}

/* When the file that is there was begun: the time of its first line, or else of its last change. */
static int64_t begun_of(orx_log *log, const orx_file_info *info) {
    char head[ORX_LOG_STAMP_MAX];
    int64_t at;
    int64_t n = orx_file_read(log->p, log->file, 0, head, sizeof head, NULL);
    if (info->size == 0)
        return orx_wall_ns(log->p);
    return n > 0 && orx_log_time((orx_view){head, (size_t)n}, &at) ? at : info->mtime_ns;
}

static int open_file(orx_log *log, orx_err *err) {
    if (log->file)
        return 0;
    orx_file_info info = {0};
    int rc = make_folder(log, err);
    if (rc == 0)
        rc = orx_file_open(log->p, log->path,
                           ORX_OPEN_READ | ORX_OPEN_WRITE | ORX_OPEN_CREATE | ORX_OPEN_APPEND, 0600,
                           &log->file, err);
    if (rc == 0)
        rc = orx_file_info_of(log->p, log->file, &info, err);
    if (rc < 0) {
        orx_file_close(log->p, log->file);
        log->file = NULL;
        return rc;
    }
    log->size = info.size;
    log->begun_ns = begun_of(log, &info);
    return 0;
}

static void numbered(const orx_log *log, int64_t n, orx_str *out) {
    orx_str_clear(out);
    orx_str_addf(out, "%s.%lld", log->path, (long long)n);
}

/* The first number that is not in use, or the last one there may be. */
static int64_t first_free(const orx_log *log) {
    ORX_CLEANUP(orx_str_free) orx_str name = {0};
    int64_t n = log->limits.keep > 0 ? 1 : 0;
    for (; n > 0 && n < log->limits.keep; n++) {
        numbered(log, n, &name);
        if (!orx_exists(log->p, name.buf))
            break;
    }
    return n;
}

/* Each file takes the next number; the last one goes. */
static void rotate(orx_log *log) {
    ORX_CLEANUP(orx_str_free) orx_str from = {0};
    ORX_CLEANUP(orx_str_free) orx_str to = {0};
    orx_file_close(log->p, log->file);
    log->file = NULL;
    for (int64_t n = first_free(log); n > 0; n--) {
        numbered(log, n, &to);
        numbered(log, n - 1, &from);
        (void)orx_rename(log->p, n > 1 ? from.buf : log->path, to.buf, NULL);
    }
    if (log->limits.keep <= 0)
        (void)orx_unlink(log->p, log->path, NULL);
}

/* A clock that was set back makes a file young again, never old. */
static bool is_full(const orx_log *log, size_t more) {
    const orx_log_limits *l = &log->limits;
    if (!log->file || log->size == 0)
        return false;
    if (l->max_bytes && log->size + (int64_t)more > l->max_bytes)
        return true;
    return l->max_age_ns && orx_wall_ns(log->p) - log->begun_ns > l->max_age_ns;
}

/* ---- Lines --------------------------------------------------------------------------------- */

static void stamp(orx_log *log, orx_str *line) {
    char now[ORX_ISO_MAX];
    orx_iso_time(orx_wall_ns(log->p), now);
    orx_str_addf(line, "[%s] ", now);
}

static int put(orx_log *log, orx_view line, orx_err *err) {
    int rc = open_file(log, err);
    if (rc == 0 && is_full(log, line.len)) {
        rotate(log);
        rc = open_file(log, err);
    }
    if (rc == 0)
        rc = orx_file_write(log->p, log->file, log->size, line.p, line.len, err);
    if (rc == 0)
        log->size += (int64_t)line.len;
    return rc;
}

static void put_missing(orx_log *log) {
    if (!log->missing)
        return;
    ORX_CLEANUP(orx_str_free) orx_str line = {0};
    stamp(log, &line);
    orx_str_addf(&line, "supervisor: %lld lines could not be written here\n",
                 (long long)log->missing);
    if (put(log, orx_str_view(&line), NULL) == 0)
        log->missing = 0;
}

static void write_line(orx_log *log, orx_view text) {
    ORX_CLEANUP(orx_str_free) orx_str line = {0};
    put_missing(log);
    stamp(log, &line);
    size_t at = line.len;
    orx_str_addv(&line, text);
    if (log->secrets)
        orx_secrets_mask(log->secrets, line.buf + at, line.len - at);
    orx_str_addc(&line, '\n');
    if (log->missing || put(log, orx_str_view(&line), NULL) < 0)
        log->missing++;
}

/* Takes whole lines off the front. What is too long for one is cut, but not inside a secret. */
static void take_lines(orx_log *log, orx_str *rest) {
    size_t at = 0;
    for (;;) {
        orx_view left = {rest->buf + at, rest->len - at};
        const char *end = left.len ? memchr(left.p, '\n', left.len) : NULL;
        size_t n = end ? (size_t)(end - left.p) : left.len;
        if (!end && n < ORX_LOG_LINE_MAX)
            break;
        if (n > ORX_LOG_LINE_MAX || !end) {
            end = NULL;
            n = ORX_LOG_LINE_MAX;
            if (log->secrets)
                n -= orx_secrets_partial(log->secrets, (orx_view){left.p, n});
            n = n ? n : ORX_LOG_LINE_MAX;
        }
        write_line(log, (orx_view){left.p, n});
        at += n + (end != NULL);
    }
    orx_str_drop(rest, at);
}

void orx_log_add(orx_log *log, int stream, orx_view bytes) {
    orx_str *rest = &log->rest[stream == 2];
    while (bytes.len) {
        size_t n = bytes.len < ORX_LOG_LINE_MAX ? bytes.len : ORX_LOG_LINE_MAX;
        orx_str_add(rest, bytes.p, n);
        take_lines(log, rest);
        bytes.p += n;
        bytes.len -= n;
    }
}

void orx_log_say(orx_log *log, const char *fmt, ...) {
    ORX_CLEANUP(orx_str_free) orx_str line = {0};
    va_list ap;
    va_start(ap, fmt);
    orx_str_vaddf(&line, fmt, ap);
    va_end(ap);
    write_line(log, orx_str_view(&line));
}

void orx_log_flush(orx_log *log) {
    for (int i = 0; i < 2; i++) {
        if (log->rest[i].len)
            write_line(log, orx_str_view(&log->rest[i]));
        orx_str_clear(&log->rest[i]);
    }
}

void orx_log_free(orx_log *log) {
    if (!log)
        return;
    orx_log_flush(log);
    orx_file_close(log->p, log->file);
    orx_str_free(&log->rest[0]);
    orx_str_free(&log->rest[1]);
    free(log->path);
    free(log);
}

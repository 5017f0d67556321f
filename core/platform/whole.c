/* Whole-file operations, made of the primitives so that the fault tests see every step. */
#include "platform/files.h"

enum { CHUNK = 64 * 1024, TEMP_NAME_PART = 100 };

/* What fits one buffer, whatever the caller allows. */
#define READ_MAX (ORX_ALLOC_MAX / 2)

static const char *base_of(const char *path) {
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

/* The directory part of path: "." without a slash, "/" for names in the root. */
static void dir_of(const char *path, orx_str *out) {
    size_t n = (size_t)(base_of(path) - path);
    orx_str_clear(out);
    if (n == 0)
        orx_str_adds(out, ".");
    else
        orx_str_add(out, path, n > 1 ? n - 1 : n);
}

static int sync_parent(orx_platform *p, const char *path, orx_err *err) {
    ORX_CLEANUP(orx_str_free) orx_str dir = {0};
    dir_of(path, &dir);
    return orx_sync_dir(p, orx_str_cstr(&dir), err);
}

static int check_readable(const char *path, const orx_file_info *info, size_t max, orx_err *err) {
    if (info->kind == ORX_FILE_DIRECTORY)
        return orx_err_set(err, ORX_E_INVALID, "%s: expected a file, found a directory", path);
    if (info->kind != ORX_FILE_REGULAR)
        return orx_err_set(err, ORX_E_INVALID,
                           "%s: expected a regular file, found a FIFO, socket or device", path);
    if (info->size > 0 && (uint64_t)info->size > max)
        return orx_err_set(err, ORX_E_LIMIT, "%s: %lld bytes, at most %zu are read", path,
                           (long long)info->size, max);
    return 0;
}

/* Reads to the end rather than to the size the file had: it may grow, and files of /proc say 0. But
 * memory is first taken for that size only, as most files are small. */
static int read_rest(orx_platform *p, orx_file *f, const char *path, size_t size, size_t max,
                     orx_str *out, orx_err *err) {
    for (;;) {
        size_t left = max - out->len;
        size_t want = size > 0 && out->len <= size ? size - out->len + 1 : CHUNK;
        if (want > left)
            want = left + 1;
        char *to = orx_str_reserve(out, want);
        int64_t n = orx_file_read(p, f, (int64_t)out->len, to, want, err);
        if (n < 0)
            return (int)n;
        if ((size_t)n > left)
            return orx_err_set(err, ORX_E_LIMIT, "%s: more than %zu bytes, the most that is read",
                               path, max);
        orx_str_commit(out, (size_t)n);
        if (n == 0)
            return 0;
    }
}

int orx_read_file(orx_platform *p, const char *path, size_t max, orx_str *out, orx_err *err) {
    orx_file *f = NULL;
    int rc = orx_file_open(p, path, ORX_OPEN_READ, 0, &f, err);
    if (rc < 0)
        return rc;
    orx_file_info info;
    orx_str text = {0};
    if (max > READ_MAX)
        max = READ_MAX;
    rc = orx_file_info_of(p, f, &info, err);
    if (rc >= 0)
        rc = check_readable(path, &info, max, err);
    if (rc >= 0) {
        (void)orx_str_reserve(&text, (size_t)info.size + 1);
        rc = read_rest(p, f, path, (size_t)info.size, max, &text, err);
    }
    orx_file_close(p, f);
    if (rc < 0) {
        orx_str_free(&text);
        return rc;
    }
    orx_str_free(out);
    *out = text;
    return 0;
}

/* Where the first line begins in the end of a file that was cut off in front. */
static size_t first_line(orx_view tail) {
    const char *nl = tail.len > 1 ? memchr(tail.p, '\n', tail.len - 1) : NULL;
    return nl ? (size_t)(nl - tail.p) + 1 : 0;
}

int orx_read_tail(orx_platform *p, const char *path, size_t max, orx_str *out, orx_err *err) {
    ORX_CLEANUP(orx_str_free) orx_str text = {0};
    orx_file *f = NULL;
    orx_file_info info;
    int64_t rc = orx_file_open(p, path, ORX_OPEN_READ, 0, &f, err);
    if (rc < 0)
        return (int)rc;
    rc = orx_file_info_of(p, f, &info, err);
    if (rc >= 0)
        rc = check_readable(path, &info, SIZE_MAX, err);
    int64_t at = rc >= 0 && info.size > (int64_t)max ? info.size - (int64_t)max : 0;
    if (rc >= 0)
        rc = orx_file_read(p, f, at, orx_str_reserve(&text, max), max, err);
    orx_file_close(p, f);
    if (rc < 0)
        return (int)rc;
    orx_str_commit(&text, (size_t)rc);
    if (at)
        orx_str_drop(&text, first_line(orx_str_view(&text)));
    orx_str_clear(out);
    orx_str_addv(out, orx_str_view(&text));
    return 0;
}

/* Makes path with O_EXCL, fills it and syncs it when asked; removes it again when that fails. */
static int create_filled(orx_platform *p, const char *path, orx_view bytes, uint32_t mode,
                         bool sync, orx_err *err) {
    orx_file *f = NULL;
    int rc =
        orx_file_open(p, path, ORX_OPEN_WRITE | ORX_OPEN_CREATE | ORX_OPEN_EXCL | ORX_OPEN_NOFOLLOW,
                      mode, &f, err);
    if (rc < 0)
        return rc;
    if (bytes.len)
        rc = orx_file_write(p, f, 0, bytes.p, bytes.len, err);
    if (rc >= 0 && sync)
        rc = orx_file_sync(p, f, err);
    orx_file_close(p, f);
    if (rc < 0)
        (void)orx_unlink(p, path, NULL);
    return rc < 0 ? rc : 0;
}

/* A hidden name beside path that nobody else uses: .NAME.RANDOM.tmp */
static void temp_name(orx_platform *p, const char *path, orx_str *out) {
    uint64_t salt;
    orx_random(p, &salt, sizeof salt);
    const char *base = base_of(path);
    orx_str_add(out, path, (size_t)(base - path));
    orx_str_addf(out, ".%.*s.%016llx.tmp", TEMP_NAME_PART, base, (unsigned long long)salt);
}

static int replace(orx_platform *p, const char *path, orx_view bytes, uint32_t mode, bool sync,
                   orx_err *err) {
    ORX_CLEANUP(orx_str_free) orx_str temp = {0};
    temp_name(p, path, &temp);
    int rc = create_filled(p, orx_str_cstr(&temp), bytes, mode, sync, err);
    if (rc < 0)
        return rc;
    rc = orx_rename(p, orx_str_cstr(&temp), path, err);
    if (rc < 0) {
        (void)orx_unlink(p, orx_str_cstr(&temp), NULL);
        return rc;
    }
    return sync ? sync_parent(p, path, err) : 0;
}

int orx_write_atomic(orx_platform *p, const char *path, orx_view bytes, uint32_t mode,
                     orx_err *err) {
    return replace(p, path, bytes, mode, true, err);
}

int orx_write_replace(orx_platform *p, const char *path, orx_view bytes, uint32_t mode,
                      orx_err *err) {
    return replace(p, path, bytes, mode, false, err);
}

int orx_write_new(orx_platform *p, const char *path, orx_view bytes, uint32_t mode, orx_err *err) {
    int rc = create_filled(p, path, bytes, mode, true, err);
    return rc < 0 ? rc : sync_parent(p, path, err);
}

int orx_append_file(orx_platform *p, const char *path, orx_view bytes, bool sync, orx_err *err) {
    int flags = ORX_OPEN_WRITE | ORX_OPEN_APPEND;
    orx_file *f = NULL;
    int rc = orx_file_open(p, path, flags, 0, &f, NULL);
    /* Opened without CREATE first to know whether the name is new and must be made durable too. */
    bool is_new = rc == ORX_E_NOT_FOUND;
    if (rc < 0)
        rc = orx_file_open(p, path, flags | ORX_OPEN_CREATE, 0644, &f, err);
    if (rc < 0)
        return rc;
    if (bytes.len)
        rc = orx_file_write(p, f, 0, bytes.p, bytes.len, err);
    if (rc >= 0 && sync)
        rc = orx_file_sync(p, f, err);
    orx_file_close(p, f);
    if (rc >= 0 && sync && is_new)
        rc = sync_parent(p, path, err);
    return rc < 0 ? rc : 0;
}

/* The append effect: bytes for the end of an operator's file, with rotation.
 *
 * Bytes that end a line begin one: when a crash tore the line before, a line end goes between, so
 * that it spoils no other. A synced append makes the file's name durable too, which a process has
 * to do once for each file, whoever made it. */
#include "platform/files.h"

#include "plugin/job_state.h"
#include "plugin/services.h"

#define KEEP_MAX 1000

static const char *numbered(orx_arena *arena, const char *path, uint32_t number) {
    return orx_arena_printf(arena, "%s.%u", path, number);
}

/* Not every file system keeps renames in their order over a loss of power: a later one that
 * survives an earlier one would put one file over another that has nowhere else to be. */
static int move(orx_platform *p, const char *from, const char *to, bool sync, orx_err *err) {
    ORX_CLEANUP(orx_arena_free) orx_arena arena = {0};
    const char *slash = strrchr(to, '/');
    int rc = orx_rename(p, from, to, err);
    if (rc < 0 || !sync || slash == to)
        return rc;
    return orx_sync_dir(p, orx_arena_dup(&arena, orx_view_mem(to, (size_t)(slash - to))), err);
}

/* path -> path.1 -> path.2 ... -> gone, from the oldest on, so that a crash between two steps loses
 * nothing that would have been kept. */
static int rotate(orx_platform *p, const char *path, const orxaq_append *a, orx_err *err) {
    ORX_CLEANUP(orx_arena_free) orx_arena arena = {0};
    if (a->keep == 0)
        return orx_unlink(p, path, err);
    uint32_t last = 1;
    while (last < a->keep && orx_exists(p, numbered(&arena, path, last)))
        last++;
    for (uint32_t i = last; i > 1; i--) {
        const char *from = numbered(&arena, path, i - 1);
        int rc = move(p, from, numbered(&arena, path, i), a->sync != 0, err);
        if (rc < 0)
            return rc;
    }
    return move(p, path, numbered(&arena, path, 1), a->sync != 0, err);
}

static int make_room(orx_job *job, const char *path, const orxaq_append *a, orx_err *err) {
    orx_file_info info;
    if (a->rotate_bytes == 0 || orx_stat(job->p, path, &info, NULL) < 0 || info.size == 0 ||
        (uint64_t)info.size + a->bytes.len <= a->rotate_bytes)
        return 0;
    (void)orx_map_remove(&job->instance->settled, orx_view_of(path));
    return rotate(job->p, path, a, err);
}

static int make_parent(orx_platform *p, const char *path, orx_arena *arena, orx_err *err) {
    const char *slash = strrchr(path, '/');
    if (!slash || slash == path)
        return 0;
    return orx_mkdirs(p, orx_arena_dup(arena, orx_view_mem(path, (size_t)(slash - path))), false,
                      err);
}

/* 1 = the file ends inside a line. */
static int is_torn(orx_platform *p, const char *path, orx_err *err) {
    orx_file_info info;
    orx_file *f = NULL;
    char last = '\n';
    if (orx_stat(p, path, &info, NULL) < 0 || info.kind != ORX_FILE_REGULAR || info.size == 0)
        return 0;
    int rc = orx_file_open(p, path, ORX_OPEN_READ, 0, &f, err);
    if (rc < 0)
        return rc;
    int64_t n = orx_file_read(p, f, info.size - 1, &last, 1, err);
    orx_file_close(p, f);
    return n < 0 ? (int)n : last != '\n';
}

static int write_bytes(orx_platform *p, const char *path, const orxaq_append *a, orx_err *err) {
    orx_view bytes = orx_view_in(a->bytes);
    int torn = orx_view_ends(bytes, "\n") ? is_torn(p, path, err) : 0;
    if (torn < 0)
        return torn;
    if (!torn)
        return orx_append_file(p, path, bytes, a->sync != 0, err);
    ORX_CLEANUP(orx_str_free) orx_str whole = {0};
    orx_str_addc(&whole, '\n');
    orx_str_addv(&whole, bytes);
    return orx_append_file(p, path, orx_str_view(&whole), a->sync != 0, err);
}

/* Syncs every folder above; one that we may not open was not made by us. */
static int settle_name(orx_instance *instance, orx_platform *p, const char *path, orx_err *err) {
    if (orx_map_get(&instance->settled, orx_view_of(path)))
        return 0;
    ORX_CLEANUP(orx_freep) char *at = orx_xstrdup(path);
    for (char *slash; (slash = strrchr(at, '/'));) {
        slash[slash == at] = '\0';
        int rc = orx_sync_dir(p, at, err);
        if (rc < 0 && rc != ORX_E_DENIED)
            return rc;
        if (slash == at)
            break;
    }
    (void)orx_map_put(&instance->settled, orx_view_of(path), instance);
    return 0;
}

int orx_job_append(orx_job *job, const orxaq_append *append, orx_err *err) {
    ORX_CLEANUP(orx_arena_free) orx_arena arena = {0};
    if (!orx_view_sane(append->path, 4096, false) ||
        !orx_view_sane(append->bytes, ORX_JOB_BYTES_MAX, true) || append->keep > KEEP_MAX)
        return orx_err_set(err, ORX_E_LIMIT,
                           "append: expected a path, at most 64 MiB and at most %d old files",
                           KEEP_MAX);
    orx_view wanted = orx_view_in(append->path);
    if (!orx_instance_may_append(job->instance, wanted))
        return orx_err_set(err, ORX_E_DENIED,
                           "append: the settings of %s name no such file to write to: %.*s",
                           orx_instance_name(job->instance), ORX_VIEW_ARG(wanted));
    const char *path = orx_arena_dup(&arena, wanted);
    int rc = make_parent(job->p, path, &arena, err);
    if (rc >= 0)
        rc = make_room(job, path, append, err);
    if (rc >= 0)
        rc = write_bytes(job->p, path, append, err);
    if (rc >= 0 && append->sync)
        rc = settle_name(job->instance, job->p, path, err);
    return rc;
}

/* The append effect: bytes for the end of an operator's file, with rotation. */
#include "platform/files.h"

#include "plugin/job_state.h"

#define KEEP_MAX 1000

static const char *numbered(orx_arena *arena, const char *path, uint32_t number) {
    return orx_arena_printf(arena, "%s.%u", path, number);
}

/* path -> path.1 -> path.2 ... -> gone, from the oldest on, so that a crash between two steps loses
 * nothing that would have been kept. */
static int rotate(orx_platform *p, const char *path, uint32_t keep, orx_err *err) {
    ORX_CLEANUP(orx_arena_free) orx_arena arena = {0};
    if (keep == 0)
        return orx_unlink(p, path, err);
    uint32_t last = 1;
    while (last < keep && orx_exists(p, numbered(&arena, path, last)))
        last++;
    for (uint32_t i = last; i > 1; i--) {
        const char *from = numbered(&arena, path, i - 1);
        int rc = orx_rename(p, from, numbered(&arena, path, i), err);
        if (rc < 0)
            return rc;
    }
    return orx_rename(p, path, numbered(&arena, path, 1), err);
}

static int make_room(orx_platform *p, const char *path, const orxaq_append *a, orx_err *err) {
    orx_file_info info;
    if (a->rotate_bytes == 0 || orx_stat(p, path, &info, NULL) < 0 || info.size == 0)
        return 0;
    return (uint64_t)info.size + a->bytes.len > a->rotate_bytes ? rotate(p, path, a->keep, err) : 0;
}

static int make_parent(orx_platform *p, const char *path, orx_arena *arena, orx_err *err) {
    const char *slash = strrchr(path, '/');
    if (!slash || slash == path)
        return 0;
    return orx_mkdirs(p, orx_arena_dup(arena, orx_view_mem(path, (size_t)(slash - path))), false,
                      err);
}

int orx_job_append(orx_job *job, const orxaq_append *append, orx_err *err) {
    ORX_CLEANUP(orx_arena_free) orx_arena arena = {0};
    if (!orx_view_sane(append->path, 4096, false) ||
        !orx_view_sane(append->bytes, ORX_JOB_BYTES_MAX, true) || append->keep > KEEP_MAX)
        return orx_err_set(err, ORX_E_LIMIT,
                           "append: expected a path, at most 64 MiB and at most %d old files",
                           KEEP_MAX);
    orx_view wanted = {append->path.data, (size_t)append->path.len};
    if (!orx_instance_may_append(job->instance, wanted))
        return orx_err_set(err, ORX_E_DENIED,
                           "append: the settings of %s name no such file to write to: %.*s",
                           orx_instance_name(job->instance), ORX_VIEW_ARG(wanted));
    const char *path = orx_arena_dup(&arena, wanted);
    int rc = make_parent(job->p, path, &arena, err);
    if (rc >= 0)
        rc = make_room(job->p, path, append, err);
    if (rc >= 0)
        rc = orx_append_file(job->p, path,
                             orx_view_mem(append->bytes.data, (size_t)append->bytes.len),
                             append->sync != 0, err);
    return rc;
}

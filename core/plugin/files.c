/* Files of the job's private folder, written before a program and read after it.
 *
 * The program may have put symbolic links there. Parents are therefore checked part by part before
 * anything is written or read through them, and the last part is replaced or read as itself. */
#include "platform/files.h"

#include "plugin/job_state.h"
#include "plugin/view.h"

/* The absolute path in the arena; every folder between files_dir and the file is a plain one.
 * make: missing folders are made. */
static int resolve(orx_job *job, orxaq_view path, bool make, orx_arena *arena,
                   const char **ret_path, orx_err *err) {
    orx_view rest = orx_view_in(path), part;
    const char *at = job->spec.files_dir;
    while (orx_view_split(&rest, '/', &part)) {
        orx_file_info info;
        if (strcmp(at, job->spec.files_dir) != 0) {
            int rc = make ? orx_mkdirs_unsynced(job->p, at, true, err) : 0;
            if (rc >= 0)
                rc = orx_lstat(job->p, at, &info, err);
            if (rc < 0)
                return rc;
            if (info.kind != ORX_FILE_DIRECTORY)
                return orx_err_set(err, ORX_E_DENIED, "%s: expected a plain folder", at);
        }
        at = orx_arena_printf(arena, "%s/%.*s", at, ORX_VIEW_ARG(part));
    }
    *ret_path = at;
    return 0;
}

int orx_job_write_before(orx_job *job, const orxaq_exec *exec, orx_err *err) {
    for (uint32_t i = 0; i < exec->before_count; i++) {
        ORX_CLEANUP(orx_arena_free) orx_arena arena = {0};
        const orxaq_file *f = ORXAQ_AT(orxaq_file, exec->before, i);
        const char *path;
        int rc = resolve(job, f->path, true, &arena, &path, err);
        if (rc >= 0)
            rc = orx_write_replace(job->p, path, orx_view_in(f->bytes), 0600, err);
        if (rc < 0)
            return rc;
    }
    return 0;
}

/* Reads at most max bytes of a plain file; *ret_cut when there is more. */
static int read_head(orx_platform *p, const char *path, size_t max, orx_str *out, bool *ret_cut) {
    orx_file *f = NULL;
    orx_file_info info;
    int rc = orx_file_open(p, path, ORX_OPEN_READ | ORX_OPEN_NOFOLLOW, 0, &f, NULL);
    if (rc < 0)
        return rc;
    rc = orx_file_info_of(p, f, &info, NULL);
    if (rc >= 0 && info.kind != ORX_FILE_REGULAR)
        rc = ORX_E_INVALID;
    if (rc >= 0) {
        *ret_cut = info.size > 0 && (uint64_t)info.size > max;
        size_t want = *ret_cut ? max : (size_t)info.size;
        int64_t n = orx_file_read(p, f, 0, orx_str_reserve(out, want + 1), want, NULL);
        rc = n < 0 ? (int)n : 0;
        if (n > 0)
            orx_str_commit(out, (size_t)n);
    }
    orx_file_close(p, f);
    return rc;
}

static void feed_file(orx_run *run, const orxaq_file *file) {
    orx_job *job = run->job;
    ORX_CLEANUP(orx_arena_free) orx_arena arena = {0};
    ORX_CLEANUP(orx_str_free) orx_str bytes = {0};
    bool cut = false;
    const char *path = NULL;
    uint64_t max = file->max_bytes && file->max_bytes < ORX_JOB_BYTES_MAX ? file->max_bytes
                   : file->max_bytes                                      ? ORX_JOB_BYTES_MAX
                                                                          : ORXAQ_FRAME_MAX;
    int rc = resolve(job, file->path, false, &arena, &path, NULL);
    if (rc >= 0)
        rc = read_head(job->p, path, (size_t)max, &bytes, &cut);
    orxaq_feed feed = {.kind = ORXAQ_FEED_FILE,
                       .effect = run->id,
                       .flags = rc < 0 ? ORXAQ_FEED_MISSING
                                : cut  ? ORXAQ_FEED_CUT
                                       : 0,
                       .name = file->path,
                       .elapsed_ns = orx_mono_ns(job->p) - run->started};
    if (rc >= 0)
        feed.data = (orxaq_view){bytes.buf, bytes.len};
    orx_job_feed(job, &feed);
}

void orx_job_feed_after(orx_run *run) {
    for (uint32_t i = 0; i < run->after_count && orx_job_is_running(run->job); i++)
        feed_file(run, &run->after[i]);
}

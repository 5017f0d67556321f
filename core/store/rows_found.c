/* rows_found.c: an NDJSON projection's file as it is found before an append.
 *
 * A surplus behind the recorded size that is a beginning of the text about to be appended (a loss
 * of power may leave zeros in it) is our own append that was not committed, and cut off. Any other
 * was written by somebody else and is kept aside as a file of its own.
 */
#include "store/rows.h"

int orx_rows_tail(orx_store *s, const char *path, int64_t size, uint8_t ret_sha[ORX_SHA256_LEN],
                  orx_err *err) {
    char buf[ORX_ROWS_TAIL];
    size_t len = size < ORX_ROWS_TAIL ? (size_t)size : ORX_ROWS_TAIL;
    orx_file *f;
    int rc = orx_file_open(s->p, path, ORX_OPEN_READ, 0, &f, err);
    if (rc < 0)
        return rc;
    int64_t n = orx_file_read(s->p, f, size - (int64_t)len, buf, len, err);
    orx_file_close(s->p, f);
    if (n < 0)
        return (int)n;
    orx_sha256_of(orx_view_mem(buf, (size_t)n), ret_sha);
    return 0;
}

int orx_rows_report(orx_store *s, const orx_shown *item, const char *note, const char *kept,
                    orx_err *err) {
    int rc = orx_tx_begin(s, err);
    if (rc < 0)
        return rc;
    rc = orx_foreign_report(s, item, note, kept, err);
    if (rc == 0)
        return orx_tx_commit(s, err);
    orx_tx_rollback(s);
    return rc;
}

/* Whether the first row->size bytes still end as we left them. */
static int is_ours(orx_store *s, const orx_shown *item, const orx_shown_row *row,
                   const orx_file_info *info, bool *ret_ours, orx_err *err) {
    uint8_t sha[ORX_SHA256_LEN];
    *ret_ours = row->size == 0 || (row->size == info->size && row->mtime_ns == info->mtime_ns &&
                                   row->inode == (int64_t)info->inode);
    if (*ret_ours || info->size < row->size || !row->has_sha)
        return 0;
    int rc = orx_rows_tail(s, item->path, row->size, sha, err);
    if (rc == 0)
        *ret_ours = memcmp(sha, row->sha, sizeof sha) == 0;
    return rc;
}

/* Whether found is what may be left of appending `expected`: a beginning of it, in which a loss of
 * power turned parts into zeros. */
static bool is_torn_append(orx_view found, orx_view expected) {
    if (found.len > expected.len)
        return false;
    for (size_t i = 0; i < found.len; i++)
        if (found.p[i] != expected.p[i] && found.p[i] != '\0')
            return false;
    return true;
}

/* Deals with bytes behind the recorded size. */
static int cut_surplus(orx_store *s, const orx_shown *item, int64_t size, int64_t surplus,
                       orx_view expected, orx_err *err) {
    orx_file *f;
    int rc = orx_file_open(s->p, item->path, ORX_OPEN_READ | ORX_OPEN_WRITE, 0, &f, err);
    if (rc < 0)
        return rc;
    ORX_CLEANUP(orx_str_free) orx_str found = {0};
    ORX_CLEANUP(orx_freep) char *kept = NULL;
    size_t most = surplus < (int64_t)ORX_BODY_MAX ? (size_t)surplus : ORX_BODY_MAX;
    int64_t n = orx_file_read(s->p, f, size, orx_str_reserve(&found, most), most, err);
    rc = n < 0 ? (int)n : 0;
    if (rc == 0) {
        orx_str_commit(&found, (size_t)n);
        if (!is_torn_append(orx_str_view(&found), expected)) {
            kept = orx_foreign_name(s, item->path);
            rc = orx_write_atomic(s->p, kept, orx_str_view(&found), 0644, err);
            if (rc == 0)
                rc = orx_rows_report(s, item, "rows appended by somebody else", kept, err);
        }
    }
    if (rc == 0)
        rc = orx_file_truncate(s->p, f, size, err);
    orx_file_close(s->p, f);
    return rc;
}

/* Commits what the file is before the first row goes to it: without that, a crash behind the
 * append would leave our own rows looking like somebody else's. */
static int begin_file(orx_store *s, orx_shown *item, orx_shown_row *row, const orx_file_info *info,
                      const char *note, orx_err *err) {
    row->known = true;
    row->has_sha = false;
    row->size = row->base = info ? info->size : 0;
    row->mtime_ns = info ? info->mtime_ns : 0;
    row->inode = info ? (int64_t)info->inode : 0;
    int rc = 0;
    if (info) {
        row->has_sha = true;
        rc = orx_rows_tail(s, item->path, info->size, row->sha, err);
    }
    return rc < 0 ? rc : orx_rows_commit(s, item, row, note, err);
}

/* A file that was there before us: rows follow what it holds. */
static int adopt(orx_store *s, orx_shown *item, orx_shown_row *row, orx_file_info *info,
                 orx_err *err) {
    char last = '\n';
    orx_file *f;
    int rc = orx_file_open(s->p, item->path, ORX_OPEN_READ, 0, &f, err);
    if (rc < 0)
        return rc;
    int64_t n = info->size ? orx_file_read(s->p, f, info->size - 1, &last, 1, err) : 0;
    orx_file_close(s->p, f);
    if (n < 0)
        return (int)n;
    if (last != '\n') { /* its last line was torn: end it */
        rc = orx_append_file(s->p, item->path, orx_view_of("\n"), true, err);
        if (rc == 0)
            rc = orx_stat(s->p, item->path, info, err);
    }
    return rc < 0 ? rc : begin_file(s, item, row, info, NULL, err);
}

int orx_rows_reconcile(orx_store *s, orx_shown *item, orx_shown_row *row, orx_view expected,
                       orx_rows_state *ret_state, orx_err *err) {
    orx_file_info info;
    *ret_state = ORX_ROWS_READY;
    int rc = orx_there(s, item->path, true, &info, err);
    if (rc < 0)
        return rc;
    if (rc == 0) {
        if (row->known && row->size == 0)
            return 0;
        return begin_file(s, item, row, NULL, row->known ? "removed by somebody else" : NULL, err);
    }
    if (info.kind != ORX_FILE_REGULAR)
        return orx_err_set(err, ORX_E_INVALID, "%s: expected a regular file to append to",
                           item->path);
    if (!row->known)
        return adopt(s, item, row, &info, err);
    bool ours;
    rc = is_ours(s, item, row, &info, &ours, err);
    if (rc < 0)
        return rc;
    if (!ours)
        *ret_state = ORX_ROWS_FOREIGN;
    else if (info.size > row->size)
        return cut_surplus(s, item, row->size, info.size - row->size, expected, err);
    return 0;
}

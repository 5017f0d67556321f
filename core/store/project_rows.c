/* project_rows.c: projections that grow by rows.
 *
 * Rows are appended and synced first; then cursor, size and a digest of the file's end are
 * committed. A crash between the two leaves a surplus behind the recorded size. The next append
 * renders the same events again: a surplus that is a beginning of that text (a loss of power may
 * leave zeros in it) is our own, and cut off; anything else was written by somebody else and is
 * kept aside as a file of its own. So rows are neither lost nor doubled, and nothing foreign
 * disappears.
 *
 * A file that was there before the first append is kept as it is; rows follow it (`base` is its
 * length). A file that was removed (rotated away) starts anew with the next row. A file whose
 * recorded part no longer is what we wrote is kept aside and written anew from the journal.
 */
#include "store/rows.h"

#define BATCH_EVENTS 4096
#define BATCH_BYTES  ((size_t)1 << 20)

/* ---- Rendering ------------------------------------------------------------------------------ */

typedef struct gather {
    orx_store *s;
    orx_shown *item;
    orx_str text;
    int64_t cursor; /* newest event looked at */
    int64_t events;
    bool more; /* stopped before the end of the journal */
    int rc;
    orx_err *err;
} gather;

static bool gather_row(const orx_event_row *row, void *user) {
    gather *g = user;
    g->rc = g->item->def->row(g->s, g->item->user, row, &g->text, g->err);
    if (g->rc < 0)
        return false;
    g->cursor = row->seq;
    g->events++;
    g->more = g->events == BATCH_EVENTS || g->text.len >= BATCH_BYTES;
    return !g->more;
}

static int gather_from(gather *g, int64_t cursor) {
    g->cursor = cursor;
    g->events = 0;
    g->more = false;
    orx_str_clear(&g->text);
    orx_event_filter f = {.after_seq = cursor};
    int rc = orx_event_each(g->s, &f, gather_row, g, g->err);
    return rc < 0 ? rc : g->rc;
}

/* ---- The file as it is found ---------------------------------------------------------------- */

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

typedef enum found { FOUND_READY, FOUND_FOREIGN } found;

/* Makes the file end where the next row belongs. */
static int reconcile(orx_store *s, orx_shown *item, orx_shown_row *row, orx_view expected,
                     found *ret_found, orx_err *err) {
    orx_file_info info;
    *ret_found = FOUND_READY;
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
        *ret_found = FOUND_FOREIGN;
    else if (info.size > row->size)
        return cut_surplus(s, item, row->size, info.size - row->size, expected, err);
    return 0;
}

/* ---- Appending ------------------------------------------------------------------------------ */

static int append(orx_store *s, const orx_shown *item, orx_view text, orx_shown_row *row,
                  orx_err *err) {
    int rc = orx_there(s, item->path, true, NULL, err);
    if (rc < 0)
        return rc;
    /* A file that no commit knows may be there without a durable name: its maker died. */
    bool fresh = rc == 0 || row->size == 0;
    rc = fresh ? orx_folder_make_for(s, item->path, err) : 0;
    if (rc == 0)
        rc = orx_append_file(s->p, item->path, text, true, err);
    if (rc == 0 && fresh)
        rc = orx_folder_sync_for(s, item->path, err);
    orx_file_info info = {0};
    if (rc == 0)
        rc = orx_stat(s->p, item->path, &info, err);
    if (rc == 0)
        rc = orx_rows_tail(s, item->path, info.size, row->sha, err);
    if (rc < 0)
        return rc;
    row->known = true;
    row->has_sha = true;
    row->size = info.size;
    row->mtime_ns = info.mtime_ns;
    row->inode = (int64_t)info.inode;
    return 0;
}

int orx_rows_commit(orx_store *s, orx_shown *item, const orx_shown_row *row, const char *note,
                    orx_err *err) {
    int rc = orx_tx_begin(s, err);
    if (rc < 0)
        return rc;
    rc = orx_lease_verify(s, err);
    if (rc == 0)
        rc = orx_err_set(err, ORX_E_BUSY, "%s: another process writes the projections now",
                         s->db_path);
    if (rc == 1)
        rc = orx_shown_save(s, item, row, err);
    if (rc == 0 && note)
        rc = orx_foreign_report(s, item, note, NULL, err);
    if (rc < 0) {
        orx_tx_rollback(s);
        return rc;
    }
    rc = orx_tx_commit(s, err);
    if (rc == 0)
        item->cursor = row->cursor;
    return rc;
}

/* Only the cursor moved: no row came of those events. */
static int commit_cursor(orx_store *s, orx_shown *item, int64_t cursor, orx_err *err) {
    orx_sql *q;
    int rc = orx_tx_begin(s, err);
    if (rc < 0)
        return rc;
    rc = orx_sql_get(s, "UPDATE store_projection SET cursor = ?2 WHERE name = ?1 AND cursor < ?2",
                     &q, err);
    if (rc == 0) {
        orx_sql_str(q, 1, item->def->name);
        orx_sql_int(q, 2, cursor);
        rc = orx_store_done(q, err);
    }
    if (rc == 0)
        return orx_tx_commit(s, err);
    orx_tx_rollback(s);
    return rc;
}

/* One batch. 1 = there is more. */
static int append_batch(orx_store *s, orx_shown *item, gather *g, bool last_call, orx_err *err) {
    orx_shown_row row;
    int rc = orx_shown_load(s, item, &row, err);
    if (rc < 0)
        return rc;
    int64_t from = row.cursor > item->cursor ? row.cursor : item->cursor;
    rc = gather_from(g, from);
    if (rc < 0)
        return rc;
    if (g->text.len == 0) {
        item->cursor = g->cursor;
        bool far = g->cursor - row.cursor >= BATCH_EVENTS;
        rc = far || (last_call && g->cursor > row.cursor) ? commit_cursor(s, item, g->cursor, err)
                                                          : 0;
        return rc < 0 ? rc : g->more;
    }
    found state;
    rc = reconcile(s, item, &row, orx_str_view(&g->text), &state, err);
    if (rc == 0 && state == FOUND_FOREIGN)
        return orx_project_rows_rebuild(s, item, NULL, err);
    if (rc == 0)
        rc = append(s, item, orx_str_view(&g->text), &row, err);
    row.cursor = g->cursor;
    if (rc == 0)
        rc = orx_rows_commit(s, item, &row, NULL, err);
    return rc < 0 ? rc : g->more;
}

static int append_all(orx_store *s, orx_shown *item, bool last_call, orx_err *err) {
    gather g = {.s = s, .item = item, .err = err};
    int rc = orx_rows_finish(s, item, err);
    while (rc >= 0) {
        rc = append_batch(s, item, &g, last_call, err);
        if (rc <= 0)
            break;
    }
    orx_str_free(&g.text);
    return rc;
}

int orx_project_rows(orx_store *s, bool all, orx_err *err) {
    int result = 0;
    for (size_t i = 0; i < s->projector.count; i++) {
        orx_shown *item = &s->projector.items[i];
        if (item->def->kind != ORX_PROJECTION_NDJSON || (!all && item->due_ns > orx_mono_ns(s->p)))
            continue;
        orx_err why = ORX_ERR_INIT;
        int rc = append_all(s, item, all, &why);
        item->due_ns = orx_mono_ns(s->p) + ORX_PROJECT_EVERY;
        if (rc != ORX_E_BUSY)
            orx_projection_result(s, item, rc, &why);
        if (rc < 0 && result == 0) {
            result = rc;
            if (err)
                *err = why;
        }
    }
    return result;
}

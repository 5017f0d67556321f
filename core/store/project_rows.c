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
    orx_rows_state state;
    rc = orx_rows_reconcile(s, item, &row, orx_str_view(&g->text), &state, err);
    if (rc == 0 && state == ORX_ROWS_FOREIGN)
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

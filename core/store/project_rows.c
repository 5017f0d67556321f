/* project_rows.c: projections that grow by rows.
 *
 * Rows are appended and synced first; then cursor, size and a digest of the file's end are
 * committed. A crash between the two leaves a surplus behind the recorded size. The next append
 * renders the same events again: a surplus that is a beginning of that text (a loss of power may
 * leave zeros in it) is our own, and cut off; anything else was written by somebody else and is
 * kept aside as a file of its own. So rows are neither lost nor doubled, and nothing foreign
 * disappears.
 *
 * A file that several lanes append to is another matter: rows_shared.c.
 *
 * Projections that are due are appended to together: the journal is read once for all of them, and
 * one transaction says what they hold.
 *
 * A file that was there before the first append is kept as it is; rows follow it (`base` is its
 * length). A file that was removed (rotated away) starts anew with the next row. A file whose
 * recorded part no longer is what we wrote is kept aside and written anew from the journal.
 */
#include "store/rows.h"

#define BATCH_EVENTS 4096
#define BATCH_BYTES  ((size_t)1 << 20)

/* What one projection gets. */
typedef struct growth {
    orx_shown *item;
    orx_shown_row row; /* as loaded; later as it will be stored */
    int64_t cursor;    /* newest event looked at */
    orx_str text;      /* rows to append */
    bool appended;
    int rc;
    orx_err why;
} growth;

typedef struct batch {
    orx_store *s;
    growth *all;
    size_t count;
    int64_t cursor; /* newest event looked at */
    int64_t events;
    bool more; /* stopped before the end of the journal */
} batch;

static int64_t later(int64_t a, int64_t b) {
    return a > b ? a : b;
}

/* ---- Rendering ------------------------------------------------------------------------------ */

static bool gather_row(const orx_event_row *row, void *user) {
    batch *b = user;
    bool full = false;
    for (size_t i = 0; i < b->count; i++) {
        growth *g = &b->all[i];
        if (g->rc == 0 && row->seq > g->cursor && orx_projector_sees(b->s, row))
            g->rc = g->item->def->row(b->s, g->item->user, row, &g->text, &g->why);
        full = full || g->text.len >= BATCH_BYTES;
    }
    b->cursor = row->seq;
    b->events++;
    b->more = full || b->events == BATCH_EVENTS;
    return !b->more;
}

/* The next events for those that have not seen them. */
static int gather(batch *b, orx_err *err) {
    orx_event_filter f = {.after_seq = INT64_MAX};
    for (size_t i = 0; i < b->count; i++)
        if (b->all[i].rc == 0 && b->all[i].cursor < f.after_seq)
            f.after_seq = b->all[i].cursor;
    b->cursor = f.after_seq;
    b->events = 0;
    b->more = false;
    int rc = f.after_seq == INT64_MAX ? 0 : orx_event_each(b->s, &f, gather_row, b, err);
    for (size_t i = 0; rc == 0 && i < b->count; i++)
        b->all[i].cursor = later(b->all[i].cursor, b->cursor);
    return rc;
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

static int reload(orx_store *s, growth *g) {
    int rc = orx_shown_see(s, g->item, &g->row, &g->why);
    g->cursor = later(g->row.cursor, g->item->cursor);
    return rc;
}

static int append_rows(orx_store *s, growth *g) {
    orx_rows_state state = ORX_ROWS_READY;
    orx_view text = orx_str_view(&g->text);
    if (text.len == 0)
        return 0;
    if (g->item->def->shared) {
        int joined = orx_rows_join(s, g->item, text, &g->row, &g->why);
        g->appended = joined == 0;
        return joined;
    }
    int rc = orx_rows_reconcile(s, g->item, &g->row, text, &state, &g->why);
    if (rc == 0 && state == ORX_ROWS_FOREIGN) {
        rc = orx_project_rows_rebuild(s, g->item, NULL, &g->why);
        return rc < 0 ? rc : reload(s, g);
    }
    if (rc == 0)
        rc = append(s, g->item, text, &g->row, &g->why);
    g->appended = rc == 0;
    return rc;
}

/* ---- Committing ----------------------------------------------------------------------------- */

static int begin(orx_store *s, orx_err *err) {
    int rc = orx_tx_begin(s, err);
    if (rc < 0)
        return rc;
    rc = orx_lease_verify(s, err);
    if (rc == 0)
        rc = orx_err_set(err, ORX_E_BUSY, "%s: another process writes the projections now",
                         s->db_path);
    if (rc < 0)
        orx_tx_rollback(s);
    return rc < 0 ? rc : 0;
}

static int end(orx_store *s, int rc, orx_err *err) {
    if (rc == 0)
        return orx_tx_commit(s, err);
    orx_tx_rollback(s);
    return rc;
}

int orx_rows_commit(orx_store *s, orx_shown *item, const orx_shown_row *row, const char *note,
                    orx_err *err) {
    int rc = begin(s, err);
    if (rc < 0)
        return rc;
    rc = orx_shown_save(s, item, row, err);
    if (rc == 0 && note)
        rc = orx_foreign_report(s, item, note, NULL, err);
    rc = end(s, rc, err);
    if (rc == 0)
        item->cursor = row->cursor;
    return rc;
}

/* Where no row came of the events the stored cursor may lag behind, but not far. */
static bool must_store(const growth *g, bool last_call) {
    int64_t lag = g->cursor - g->row.cursor;
    return g->rc == 0 && (g->appended || lag >= BATCH_EVENTS || (last_call && lag > 0));
}

static int store(orx_store *s, growth *g, bool last_call, orx_err *err) {
    if (!must_store(g, last_call))
        return 0;
    if (!g->appended)
        return orx_shown_move(s, g->item, g->cursor, err);
    g->row.cursor = g->cursor;
    return orx_shown_save(s, g->item, &g->row, err);
}

static int commit(batch *b, bool last_call, orx_err *err) {
    bool any = false;
    for (size_t i = 0; i < b->count; i++)
        any = any || must_store(&b->all[i], last_call);
    if (!any)
        return 0;
    int rc = begin(b->s, err);
    if (rc < 0)
        return rc;
    for (size_t i = 0; rc == 0 && i < b->count; i++)
        rc = store(b->s, &b->all[i], last_call, err);
    return end(b->s, rc, err);
}

/* ---- The flush ------------------------------------------------------------------------------ */

static void fail_all(batch *b, int rc, const orx_err *why) {
    for (size_t i = 0; i < b->count; i++)
        if (b->all[i].rc == 0) {
            b->all[i].rc = rc;
            b->all[i].why = *why;
        }
}

/* One round for all that have not failed: events, files, one commit. */
static void step(batch *b, bool last_call) {
    orx_err why = ORX_ERR_INIT;
    int rc = gather(b, &why);
    for (size_t i = 0; rc == 0 && i < b->count; i++)
        if (b->all[i].rc == 0)
            b->all[i].rc = append_rows(b->s, &b->all[i]);
    if (rc == 0)
        rc = commit(b, last_call, &why);
    if (rc < 0) {
        fail_all(b, rc, &why);
        b->more = false;
    }
    for (size_t i = 0; i < b->count; i++) {
        growth *g = &b->all[i];
        if (g->rc == 0)
            g->item->cursor = g->cursor;
        g->appended = false;
        orx_str_clear(&g->text);
    }
}

/* While the lease is ours nobody else can have left a rewriting half done. */
static int finish(orx_store *s, growth *g) {
    int rc = g->item->finished ? 0 : orx_rows_finish(s, g->item, &g->why);
    g->item->finished = rc == 0;
    return rc < 0 ? rc : reload(s, g);
}

static bool is_due(const orx_shown *item, bool all, int64_t now) {
    return item->def->kind == ORX_PROJECTION_NDJSON && (all || item->due_ns <= now);
}

static void collect(batch *b, bool all) {
    orx_store *s = b->s;
    int64_t now = orx_mono_ns(s->p);
    size_t due = 0;
    for (size_t i = 0; i < s->projector.count; i++)
        due += is_due(&s->projector.items[i], all, now);
    b->all = due ? orx_xcalloc(due, sizeof(growth)) : NULL;
    for (size_t i = 0; i < s->projector.count && b->count < due; i++) {
        if (!is_due(&s->projector.items[i], all, now))
            continue;
        growth *g = &b->all[b->count++];
        g->item = &s->projector.items[i];
        g->rc = finish(s, g);
    }
}

static int settle(orx_store *s, growth *g) {
    g->item->due_ns = orx_mono_ns(s->p) + ORX_PROJECT_EVERY;
    if (g->rc != ORX_E_BUSY)
        orx_projection_result(s, g->item, g->rc, &g->why);
    orx_str_free(&g->text);
    return g->rc;
}

int orx_project_rows(orx_store *s, bool all, orx_err *err) {
    batch b = {.s = s};
    int result = 0;
    collect(&b, all);
    do
        step(&b, all);
    while (b.more);
    for (size_t i = 0; i < b.count; i++) {
        int rc = settle(s, &b.all[i]);
        if (rc < 0 && result == 0) {
            result = rc;
            if (err)
                *err = b.all[i].why;
        }
    }
    free(b.all);
    return result;
}

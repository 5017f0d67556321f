/* project_folder.c: projections that are a folder with a small file per event.
 *
 * The cursor is stored only now and then and at the end, so a crash writes some files again; as a
 * name means one content, that changes nothing. A file that is there stays as it is, also when
 * somebody else made or edited it. An empty one is what a loss of power left of ours.
 */
#include "store/internal.h"

#define BATCH_EVENTS 4096
#define BATCH_PAGES  64

/* How far the stored cursor may lag behind, and how far when all is to be written down. */
#define LAG_MAX      512
#define LAG_LAST_MAX 64

typedef struct sheet {
    orx_str name;
    orx_str text;
} sheet;

typedef struct pile {
    orx_store *s;
    orx_shown *item;
    sheet sheets[BATCH_PAGES];
    int count;
    int64_t cursor; /* newest event looked at */
    int64_t events;
    bool more; /* stopped before the end of the journal */
    int written;
    int rc;
    orx_err *err;
} pile;

static void clear(pile *p) {
    for (int i = 0; i < BATCH_PAGES; i++) {
        orx_str_free(&p->sheets[i].name);
        orx_str_free(&p->sheets[i].text);
    }
    p->count = 0;
}

/* ---- Rendering ------------------------------------------------------------------------------ */

static int take(pile *p, const orx_event_row *row) {
    sheet *x = &p->sheets[p->count];
    int rc = 0;
    if (orx_projector_sees(p->s, row))
        rc = p->item->def->page(p->s, p->item->user, row, &x->name, &x->text, p->err);
    if (rc < 0)
        return rc;
    p->cursor = row->seq;
    p->events++;
    p->count += x->name.len > 0;
    return 0;
}

static bool take_kept(const orx_event_row *row, void *user) {
    pile *p = user;
    p->rc = take(p, row);
    p->more = p->count == BATCH_PAGES || p->events == BATCH_EVENTS;
    return p->rc == 0 && !p->more;
}

static int gather_from(pile *p, int64_t cursor) {
    const orx_event_filter after = {.after_seq = cursor};
    clear(p);
    p->cursor = cursor;
    p->events = 0;
    p->more = false;
    p->rc = 0;
    int rc = orx_event_each(p->s, &after, take_kept, p, p->err);
    return rc < 0 ? rc : p->rc;
}

/* ---- Writing -------------------------------------------------------------------------------- */

static int write_sheet(pile *p, const sheet *x) {
    ORX_CLEANUP(orx_arena_free) orx_arena a = {0};
    orx_file_info info;
    const char *path = orx_path_join(&a, p->item->path, x->name.buf);
    int rc = orx_there(p->s, path, false, &info, p->err);
    if (rc < 0 || (rc == 1 && (info.kind != ORX_FILE_REGULAR || info.size > 0)))
        return rc < 0 ? rc : 0;
    rc = orx_write_replace(p->s->p, path, orx_str_view(&x->text), 0644, p->err);
    p->written += rc == 0;
    return rc;
}

static int write_sheets(pile *p) {
    int rc = p->count ? orx_folder_make(p->s, p->item->path, p->err) : 0;
    for (int i = 0; rc == 0 && i < p->count; i++)
        rc = write_sheet(p, &p->sheets[i]);
    return rc;
}

static int store_cursor(pile *p) {
    int rc = orx_tx_begin(p->s, p->err);
    if (rc < 0)
        return rc;
    rc = orx_shown_move(p->s, p->item, p->cursor, p->err);
    if (rc == 0)
        return orx_tx_commit(p->s, p->err);
    orx_tx_rollback(p->s);
    return rc;
}

/* One batch. 1 = there is more. */
static int write_batch(pile *p, bool last_call) {
    orx_shown_row row;
    int rc = orx_shown_see(p->s, p->item, &row, p->err);
    if (rc < 0)
        return rc;
    rc = gather_from(p, row.cursor > p->item->cursor ? row.cursor : p->item->cursor);
    if (rc == 0)
        rc = write_sheets(p);
    if (rc < 0)
        return rc;
    p->item->cursor = p->cursor;
    if (p->cursor - row.cursor >= (last_call ? LAG_LAST_MAX : LAG_MAX))
        rc = store_cursor(p);
    return rc < 0 ? rc : p->more;
}

static int write_all(orx_store *s, orx_shown *item, bool last_call, orx_err *err) {
    pile p = {.s = s, .item = item, .err = err};
    int rc;
    do
        rc = write_batch(&p, last_call);
    while (rc == 1);
    clear(&p);
    return rc;
}

int orx_project_folders(orx_store *s, bool all, orx_err *err) {
    int result = 0;
    for (size_t i = 0; i < s->projector.count; i++) {
        orx_shown *item = &s->projector.items[i];
        if (item->def->kind != ORX_PROJECTION_FOLDER || (!all && item->due_ns > orx_mono_ns(s->p)))
            continue;
        orx_err why = ORX_ERR_INIT;
        int rc = write_all(s, item, all, &why);
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

/* ---- Anew ----------------------------------------------------------------------------------- */

static int add_old(const orx_event_row *row, void *user, orx_err *err) {
    pile *p = user;
    p->err = err;
    p->count = 0;
    orx_str_clear(&p->sheets[0].name);
    orx_str_clear(&p->sheets[0].text);
    int rc = take(p, row);
    return rc < 0 ? rc : write_sheets(p);
}

int orx_project_folder_rebuild(orx_store *s, orx_shown *item, orx_rebuild_report *report,
                               orx_err *err) {
    pile p = {.s = s, .item = item, .err = err};
    int rc = orx_segment_each(s, add_old, &p, err);
    p.err = err;
    int64_t cursor = 0;
    while (rc == 0 && (rc = gather_from(&p, cursor)) == 0 && (rc = write_sheets(&p)) == 0) {
        cursor = p.cursor;
        if (!p.more)
            break;
    }
    clear(&p);
    if (rc == 0 && cursor > item->cursor)
        rc = store_cursor(&p);
    if (rc < 0)
        return rc;
    item->cursor = cursor > item->cursor ? cursor : item->cursor;
    if (report)
        report->written += p.written;
    return 0;
}

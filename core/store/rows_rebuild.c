/* rows_rebuild.c: an NDJSON projection written anew: what was there before us, then the exported
 * segments, then the journal.
 *
 * One that several lanes append to is written anew only when it is missing, then with the rows of
 * all.
 *
 * The new file is complete and durable under its temporary name before it is committed; what the
 * commit recorded (inode, size) tells the next start which temporary file to move into place after
 * a crash. The file it replaces is dropped when the new one begins with all of it, else kept aside.
 */
#include "store/rows.h"

#define CHUNK ((size_t)1 << 16)

typedef struct writer {
    orx_store *s;
    orx_shown *item;
    orx_file *f;
    int64_t at;
    orx_str buf;
    int64_t cursor;
    int rc;
    orx_err *err;
} writer;

static char *temp_name(const orx_shown *item) {
    orx_str name = {0};
    orx_str_addf(&name, "%s.orxaq-tmp", item->path);
    return orx_str_steal(&name);
}

static int drain(writer *w, size_t keep) {
    if (w->buf.len <= keep)
        return 0;
    int rc = orx_file_write(w->s->p, w->f, w->at, w->buf.buf, w->buf.len, w->err);
    if (rc < 0)
        return rc;
    w->at += (int64_t)w->buf.len;
    orx_str_clear(&w->buf);
    return 0;
}

static int add_row(const orx_event_row *row, void *user, orx_err *err) {
    writer *w = user;
    int rc = 0;
    if (w->item->def->shared || orx_projector_sees(w->s, row))
        rc = w->item->def->row(w->s, w->item->user, row, &w->buf, err);
    w->cursor = row->seq;
    return rc < 0 ? rc : drain(w, CHUNK);
}

static bool add_kept_row(const orx_event_row *row, void *user) {
    writer *w = user;
    w->rc = add_row(row, w, w->err);
    return w->rc == 0;
}

/* How many bytes at the front of the present file were there before the first row. */
static int64_t base_length(orx_store *s, const orx_shown *item, const orx_shown_row *row,
                           orx_err *err) {
    orx_file_info info;
    int rc = orx_there(s, item->path, true, &info, err);
    if (rc <= 0 || info.kind != ORX_FILE_REGULAR)
        return rc < 0 ? rc : 0;
    if (!row->known)
        return info.size; /* nothing of it is ours yet */
    return info.size < row->base ? 0 : row->base;
}

static int copy_base(writer *w, int64_t base) {
    if (base == 0)
        return 0;
    orx_file *f;
    int rc = orx_file_open(w->s->p, w->item->path, ORX_OPEN_READ, 0, &f, w->err);
    if (rc < 0)
        return rc;
    for (int64_t at = 0; rc == 0 && at < base;) {
        size_t want = base - at < (int64_t)CHUNK ? (size_t)(base - at) : CHUNK;
        int64_t n = orx_file_read(w->s->p, f, at, orx_str_reserve(&w->buf, want), want, w->err);
        if (n <= 0) {
            rc = (int)n;
            break;
        }
        orx_str_commit(&w->buf, (size_t)n);
        at += n;
        if (at == base && w->buf.buf[w->buf.len - 1] != '\n')
            orx_str_addc(&w->buf, '\n');
        rc = drain(w, 0);
    }
    orx_file_close(w->s->p, f);
    return rc;
}

static int write_rows(writer *w, orx_shown_row *row) {
    int64_t base = base_length(w->s, w->item, row, w->err);
    int rc = base < 0 ? (int)base : copy_base(w, base);
    row->base = w->at;
    if (rc == 0)
        rc = orx_segment_each(w->s, add_row, w, w->err);
    orx_event_filter everything = {.after_seq = 0};
    if (rc == 0)
        rc = orx_event_each(w->s, &everything, add_kept_row, w, w->err);
    if (rc == 0)
        rc = w->rc;
    return rc < 0 ? rc : drain(w, 0);
}

/* Writes the temporary file and fills row as it will be stored. */
static int write_temp(orx_store *s, orx_shown *item, const char *temp, orx_shown_row *row,
                      orx_err *err) {
    writer w = {.s = s, .item = item, .err = err};
    int rc = orx_folder_make_for(s, item->path, err);
    if (rc == 0)
        rc = orx_file_open(s->p, temp, ORX_OPEN_WRITE | ORX_OPEN_CREATE | ORX_OPEN_TRUNCATE, 0644,
                           &w.f, err);
    if (rc < 0)
        return rc;
    orx_file_info info = {0};
    rc = write_rows(&w, row);
    if (rc == 0)
        rc = orx_file_sync(s->p, w.f, err);
    if (rc == 0)
        rc = orx_file_info_of(s->p, w.f, &info, err);
    orx_file_close(s->p, w.f);
    orx_str_free(&w.buf);
    if (rc == 0)
        rc = orx_rows_tail(s, temp, info.size, row->sha, err);
    if (rc == 0)
        rc = orx_folder_sync_for(s, temp, err);
    if (rc < 0)
        return rc;
    row->known = row->has_sha = true;
    row->size = info.size;
    row->mtime_ns = info.mtime_ns;
    row->inode = (int64_t)info.inode;
    row->cursor = w.cursor > row->cursor ? w.cursor : row->cursor;
    return 0;
}

/* Whether the new file begins with all of the old one. */
static int continues(orx_store *s, const char *old, const char *fresh, bool *ret_yes,
                     orx_err *err) {
    uint8_t a[ORX_SHA256_LEN];
    uint8_t b[ORX_SHA256_LEN];
    orx_file_info was = {0};
    orx_file_info is = {0};
    *ret_yes = false;
    int rc = orx_stat(s->p, old, &was, err);
    if (rc == 0)
        rc = orx_stat(s->p, fresh, &is, err);
    if (rc < 0 || was.kind != ORX_FILE_REGULAR || was.size > is.size)
        return rc;
    rc = orx_digest_file(s, old, was.size, a, err);
    if (rc == 0)
        rc = orx_digest_file(s, fresh, was.size, b, err);
    if (rc == 0)
        *ret_yes = memcmp(a, b, sizeof a) == 0;
    return rc;
}

/* Moves the temporary file into place; *ret_kept names what was kept aside (NULL = nothing). */
static int place(orx_store *s, orx_shown *item, const char *temp, char **ret_kept, orx_err *err) {
    bool same = true;
    int rc = orx_there(s, item->path, true, NULL, err);
    if (rc == 1)
        rc = continues(s, item->path, temp, &same, err);
    if (rc == 0 && !same) {
        ORX_CLEANUP(orx_freep) char *kept = orx_foreign_name(s, item->path);
        rc = orx_rows_report(s, item, "changed by somebody else", kept, err);
        if (rc == 0)
            rc = orx_rename(s->p, item->path, kept, err);
        if (rc == 0)
            *ret_kept = ORX_STEAL(kept);
    }
    if (rc == 0)
        rc = orx_rename(s->p, temp, item->path, err);
    return rc < 0 ? rc : orx_folder_sync_for(s, item->path, err);
}

int orx_rows_finish(orx_store *s, orx_shown *item, orx_err *err) {
    ORX_CLEANUP(orx_freep) char *temp = temp_name(item);
    ORX_CLEANUP(orx_freep) char *kept = NULL;
    orx_file_info info;
    orx_shown_row row;
    /* Of a shared one, only the root's projector writes anew. */
    if (item->def->shared && *s->scope)
        return 0;
    int rc = orx_there(s, temp, false, &info, err);
    if (rc <= 0)
        return rc;
    rc = orx_shown_load(s, item, &row, err);
    if (rc < 0)
        return rc;
    if (!row.known || row.inode != (int64_t)info.inode || row.size != info.size)
        return orx_unlink(s->p, temp, err); /* left by a rewriting that was never committed */
    return place(s, item, temp, &kept, err);
}

int orx_project_rows_rebuild(orx_store *s, orx_shown *item, orx_rebuild_report *report,
                             orx_err *err) {
    ORX_CLEANUP(orx_freep) char *temp = temp_name(item);
    ORX_CLEANUP(orx_freep) char *kept = NULL;
    orx_shown_row row;
    item->finished = false;
    int rc = item->def->shared ? orx_there(s, item->path, true, NULL, err) : 0;
    if (rc != 0)
        return rc < 0 ? rc : 0; /* others append to it */
    rc = orx_shown_load(s, item, &row, err);
    if (rc == 0)
        rc = write_temp(s, item, temp, &row, err);
    if (rc == 0)
        rc = orx_rows_commit(s, item, &row, NULL, err);
    if (rc == 0)
        rc = place(s, item, temp, &kept, err);
    if (rc < 0 || !report)
        return rc;
    report->written++;
    if (kept && report->fn)
        report->fn(item->path, kept, report->user);
    return 0;
}

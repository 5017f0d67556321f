/* project_file.c: projections that are whole files.
 *
 * All that are due are written as one batch, in an order in which a crash anywhere leaves a file
 * that is either the old or the new one, known as ours, and due again:
 *
 *   1. render all contents in one consistent view
 *   2. write each to PATH.orxaq-tmp, durably
 *   3. commit digests, sizes and inodes of the new files, beside the digest of the old ones
 *   4. move what somebody else wrote aside, then the temporary file into place
 *
 * A file at PATH is ours when its size, time and inode are the recorded ones, or its content has
 * the recorded digest or the one before it.
 */
#include "store/internal.h"

/* A file that takes long (the state of 100,000 tasks) is written less often: at most this part of
 * the time goes into it, but it is never older than a minute. */
#define SHARE    40
#define WAIT_MAX (60 * ORX_SEC)

typedef struct page {
    orx_shown *item;
    orx_shown_row row; /* as loaded; later as it will be stored */
    orx_str content;
    char *temp;
    char *aside;  /* where a foreign file goes */
    bool changed; /* the row must be stored */
    bool write;   /* the file must be replaced */
    int64_t took; /* to render and write it */
    int rc;
    orx_err why;
} page;

typedef struct batch {
    page *pages;
    size_t count;
    size_t room;
} batch;

/* Few of the files are due at a time. */
static page *add_page(batch *b, orx_shown *item, const orx_shown_row *row) {
    if (b->count == b->room) {
        b->room = b->room ? b->room * 2 : 4;
        b->pages = orx_xrealloc(b->pages, b->room * sizeof *b->pages);
    }
    page *g = &b->pages[b->count++];
    *g = (page){.item = item, .row = *row};
    return g;
}

static void batch_free(batch *b) {
    for (size_t i = 0; i < b->count; i++) {
        orx_str_free(&b->pages[i].content);
        free(b->pages[i].temp);
        free(b->pages[i].aside);
    }
    free(b->pages);
}

/* ---- 1. Render ------------------------------------------------------------------------------ */

static void render(orx_store *s, page *g, int64_t last) {
    g->item->marked = false;
    g->row.done = g->row.dirty;
    g->row.shown_seq = last;
    int64_t begun = orx_mono_ns(s->p);
    g->rc = g->item->def->render(s, g->item->user, &g->content, &g->why);
    g->took = orx_mono_ns(s->p) - begun;
}

static int collect(orx_store *s, bool all, bool every, batch *b, orx_err *err) {
    int64_t now = orx_mono_ns(s->p);
    for (size_t i = 0; i < s->projector.count; i++) {
        orx_shown *item = &s->projector.items[i];
        if (item->def->kind != ORX_PROJECTION_FILE || (!all && item->due_ns > now))
            continue;
        orx_shown_row row;
        int rc = orx_shown_see(s, item, &row, err);
        if (rc < 0)
            return rc;
        if (every || item->marked || row.dirty > row.done)
            render(s, add_page(b, item, &row), s->projector.last);
    }
    return 0;
}

/* ---- 2. Compare and write ------------------------------------------------------------------- */

static bool same_stat(const orx_shown_row *row, const orx_file_info *info) {
    return row->known && row->size == info->size && row->mtime_ns == info->mtime_ns &&
           row->inode == (int64_t)info->inode;
}

/* Whose file lies at the path: *ret_ours, and its digest when it is ours. */
static int inspect(orx_store *s, const page *g, bool closely, const orx_file_info *info,
                   bool *ret_ours, uint8_t sha[ORX_SHA256_LEN], orx_err *err) {
    *ret_ours = false;
    if (info->kind != ORX_FILE_REGULAR)
        return 0;
    if (!closely && g->row.has_sha && same_stat(&g->row, info)) {
        memcpy(sha, g->row.sha, ORX_SHA256_LEN);
        *ret_ours = true;
        return 0;
    }
    int rc = orx_digest_file(s, g->item->path, -1, sha, err);
    if (rc < 0)
        return rc;
    *ret_ours = (g->row.has_sha && memcmp(sha, g->row.sha, ORX_SHA256_LEN) == 0) ||
                (g->row.has_previous && memcmp(sha, g->row.previous, ORX_SHA256_LEN) == 0);
    return 0;
}

static void fill_row(page *g, const orx_file_info *info) {
    g->row.size = info->size;
    g->row.mtime_ns = info->mtime_ns;
    g->row.inode = (int64_t)info->inode;
}

static int write_temp(orx_store *s, page *g, orx_err *err) {
    orx_str name = {0};
    orx_str_addf(&name, "%s.orxaq-tmp", g->item->path);
    g->temp = orx_str_steal(&name);
    int rc = orx_folder_make_for(s, g->item->path, err);
    if (rc < 0)
        return rc;
    orx_file *f;
    rc = orx_file_open(s->p, g->temp, ORX_OPEN_WRITE | ORX_OPEN_CREATE | ORX_OPEN_TRUNCATE, 0644,
                       &f, err);
    if (rc < 0)
        return rc;
    orx_file_info info;
    rc = orx_file_write(s->p, f, 0, g->content.buf, g->content.len, err);
    if (rc == 0)
        rc = orx_file_sync(s->p, f, err);
    if (rc == 0)
        rc = orx_file_info_of(s->p, f, &info, err);
    orx_file_close(s->p, f);
    if (rc == 0)
        fill_row(g, &info);
    return rc;
}

static int prepare(orx_store *s, page *g, bool closely, orx_err *err) {
    uint8_t fresh[ORX_SHA256_LEN];
    uint8_t have[ORX_SHA256_LEN];
    bool ours = false;
    orx_file_info info;
    orx_sha256_of(orx_str_view(&g->content), fresh);
    int rc = orx_there(s, g->item->path, false, &info, err);
    bool there = rc == 1;
    if (there)
        rc = inspect(s, g, closely, &info, &ours, have, err);
    if (rc < 0)
        return rc;
    g->changed = true;
    g->write = !ours || closely || memcmp(have, fresh, sizeof fresh) != 0;
    g->row.known = true;
    g->row.has_previous = ours;
    if (ours)
        memcpy(g->row.previous, have, sizeof have);
    g->row.has_sha = true;
    memcpy(g->row.sha, fresh, sizeof fresh);
    if (there && !ours)
        g->aside = orx_foreign_name(s, g->item->path);
    if (g->write)
        return write_temp(s, g, err);
    fill_row(g, &info);
    /* It may have got its name by somebody who died before the name was durable. */
    return orx_folder_sync_for(s, g->item->path, err);
}

/* ---- 3. Commit ------------------------------------------------------------------------------ */

static int store_rows(orx_store *s, batch *b, orx_err *err) {
    for (size_t i = 0; i < b->count; i++) {
        page *g = &b->pages[i];
        if (g->rc < 0 || !g->changed)
            continue;
        int rc = orx_shown_save(s, g->item, &g->row, err);
        if (rc == 0 && g->aside)
            rc = orx_foreign_report(s, g->item, "changed by somebody else", g->aside, err);
        if (rc < 0)
            return rc;
    }
    return 0;
}

/* 1 = committed, 0 = the lease is gone. */
static int commit(orx_store *s, batch *b, orx_err *err) {
    int rc = orx_tx_begin(s, err);
    if (rc < 0)
        return rc;
    rc = orx_lease_verify(s, err);
    int held = rc;
    if (rc == 1)
        rc = store_rows(s, b, err);
    if (rc < 0 || !held) {
        orx_tx_rollback(s);
        return rc;
    }
    rc = orx_tx_commit(s, err);
    return rc < 0 ? rc : 1;
}

/* ---- 4. Into place -------------------------------------------------------------------------- */

static int publish(orx_store *s, page *g, orx_rebuild_report *report, orx_err *err) {
    int rc = g->aside ? orx_rename(s->p, g->item->path, g->aside, err) : 0;
    if (rc == 0)
        rc = orx_rename(s->p, g->temp, g->item->path, err);
    if (rc == 0)
        rc = orx_folder_sync_for(s, g->item->path, err);
    if (rc < 0 || !report)
        return rc;
    report->written++;
    if (g->aside && report->fn)
        report->fn(g->item->path, g->aside, report->user);
    return 0;
}

/* What is true after the batch for one page; returns its result. */
static int settle(orx_store *s, page *g) {
    int64_t wait = g->item->def->interval_ns;
    if (wait && g->took > wait / SHARE)
        wait = g->took < WAIT_MAX / SHARE ? g->took * SHARE : WAIT_MAX;
    if (g->rc < 0) {
        g->item->marked = true;
        wait = wait > ORX_PROJECT_EVERY ? wait : ORX_PROJECT_EVERY;
        if (g->temp)
            (void)orx_unlink(s->p, g->temp, NULL);
    }
    g->item->due_ns = orx_mono_ns(s->p) + wait;
    if (g->rc != ORX_E_BUSY)
        orx_projection_result(s, g->item, g->rc, &g->why);
    return g->rc;
}

static void fail_all(batch *b, int rc, const orx_err *why) {
    for (size_t i = 0; i < b->count; i++)
        if (b->pages[i].rc == 0) {
            b->pages[i].rc = rc;
            b->pages[i].why = *why;
        }
}

static void write_all(orx_store *s, batch *b, orx_rebuild_report *report) {
    orx_err why = ORX_ERR_INIT;
    bool any = false;
    for (size_t i = 0; i < b->count; i++) {
        page *g = &b->pages[i];
        int64_t begun = orx_mono_ns(s->p);
        if (g->rc == 0)
            g->rc = prepare(s, g, report != NULL, &g->why);
        g->took += orx_mono_ns(s->p) - begun;
        orx_str_free(&g->content);
        any = any || (g->rc == 0 && g->changed);
    }
    int rc = any ? commit(s, b, &why) : 1;
    if (rc == 0)
        rc = orx_err_set(&why, ORX_E_BUSY, "%s: another process writes the projections now",
                         s->db_path);
    if (rc < 0)
        fail_all(b, rc, &why);
    for (size_t i = 0; i < b->count; i++)
        if (b->pages[i].rc == 0 && b->pages[i].write)
            b->pages[i].rc = publish(s, &b->pages[i], report, &b->pages[i].why);
}

static bool any_due(const orx_store *s) {
    int64_t now = orx_mono_ns(s->p);
    for (size_t i = 0; i < s->projector.count; i++) {
        const orx_shown *item = &s->projector.items[i];
        if (item->def->kind == ORX_PROJECTION_FILE && item->due_ns <= now)
            return true;
    }
    return false;
}

int orx_project_files(orx_store *s, bool all, orx_rebuild_report *report, orx_err *err) {
    if (!all && !report && !any_due(s))
        return 0;
    batch b = {0};
    orx_err why = ORX_ERR_INIT;
    int rc = orx_read_begin(s, &why);
    if (rc == 0)
        rc = collect(s, all || report, report != NULL, &b, &why);
    orx_read_end(s);
    if (rc == 0)
        write_all(s, &b, report);
    else
        fail_all(&b, rc, &why);
    for (size_t i = 0; i < b.count; i++) {
        int one = settle(s, &b.pages[i]);
        if (rc == 0 && one < 0) {
            rc = one;
            why = b.pages[i].why;
        }
    }
    batch_free(&b);
    if (rc < 0 && err)
        *err = why;
    return rc;
}

/* rows_shared.c: an NDJSON projection whose file the runners of several lanes append to.
 *
 * What others append cannot be told from what a stranger does, so nothing is kept aside, cut off or
 * written anew while the file is there. Each writer knows how long the file was after its own last
 * append. Its rows that a crash left behind that point, appended and not committed, are looked for
 * there and not appended again. A line that a loss of power tore is ended, and its row follows
 * whole.
 */
#include "store/rows.h"

#include "base/map.h"

/* Further back nothing is looked for: so much is not appended between two appends of one writer. */
#define LOOK_MAX ((int64_t)4 << 20)

/* Where the rows that may be ours begin. A file that is another one is looked at whole. */
static int64_t look_from(const orx_shown_row *row, const orx_file_info *info) {
    bool same = row->known && row->inode == (int64_t)info->inode && row->size <= info->size;
    int64_t from = same ? row->size : 0;
    return info->size - from > LOOK_MAX ? info->size - LOOK_MAX : from;
}

/* Appends the end of the file to found; *ret_torn: its last line is not complete. */
static int read_end(orx_store *s, const char *path, int64_t from, int64_t size, orx_str *found,
                    bool *ret_torn, orx_err *err) {
    orx_file *f;
    char last = '\n';
    size_t len = (size_t)(size - from);
    int rc = orx_file_open(s->p, path, ORX_OPEN_READ, 0, &f, err);
    if (rc < 0)
        return rc;
    int64_t n = len ? orx_file_read(s->p, f, from, orx_str_reserve(found, len), len, err) : 0;
    if (n > 0)
        orx_str_commit(found, (size_t)n);
    if (n >= 0 && size > 0)
        n = orx_file_read(s->p, f, size - 1, &last, 1, err);
    orx_file_close(s->p, f);
    *ret_torn = last != '\n';
    return n < 0 ? (int)n : 0;
}

/* The lines of text that are not among those found. */
static void add_missing(orx_view text, orx_view found, orx_str *out) {
    ORX_CLEANUP(orx_map_free) orx_map there = {0};
    orx_view line;
    while (orx_view_split(&found, '\n', &line))
        if (line.len)
            (void)orx_map_put(&there, line, &there);
    while (orx_view_split(&text, '\n', &line))
        if (line.len && !orx_map_get(&there, line))
            orx_str_addf(out, "%.*s\n", ORX_VIEW_ARG(line));
}

static int append_missing(orx_store *s, const orx_shown *item, orx_view text, int64_t from,
                          int64_t size, orx_err *err) {
    ORX_CLEANUP(orx_str_free) orx_str found = {0};
    ORX_CLEANUP(orx_str_free) orx_str out = {0};
    bool torn = false;
    int rc = size ? read_end(s, item->path, from, size, &found, &torn, err) : 0;
    if (rc < 0)
        return rc;
    if (torn)
        orx_str_addc(&out, '\n');
    add_missing(text, orx_str_view(&found), &out);
    return orx_append_file(s->p, item->path, orx_str_view(&out), true, err);
}

int orx_rows_join(orx_store *s, const orx_shown *item, orx_view text, orx_shown_row *row,
                  orx_err *err) {
    orx_file_info info = {0};
    int rc = orx_there(s, item->path, true, &info, err);
    if (rc < 0)
        return rc;
    if (rc == 1 && info.kind != ORX_FILE_REGULAR)
        return orx_err_set(err, ORX_E_INVALID, "%s: expected a regular file to append to",
                           item->path);
    bool fresh = rc == 0;
    rc = fresh ? orx_folder_make_for(s, item->path, err) : 0;
    if (rc == 0)
        rc = append_missing(s, item, text, look_from(row, &info), info.size, err);
    if (rc == 0 && fresh)
        rc = orx_folder_sync_for(s, item->path, err);
    /* What others append from here on is behind our rows, wherever exactly. */
    if (rc == 0)
        rc = orx_stat(s->p, item->path, &info, err);
    if (rc < 0)
        return rc;
    row->known = true;
    row->has_sha = false;
    row->size = info.size;
    row->mtime_ns = info.mtime_ns;
    row->inode = (int64_t)info.inode;
    return 0;
}

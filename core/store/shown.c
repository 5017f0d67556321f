/* shown.c: what the journal knows about one projection's file. */
#include "store/internal.h"

static bool copy_sha(orx_view v, uint8_t out[ORX_SHA256_LEN]) {
    if (v.len != ORX_SHA256_LEN)
        return false;
    memcpy(out, v.p, ORX_SHA256_LEN);
    return true;
}

int orx_shown_load(orx_store *s, const orx_shown *item, orx_shown_row *ret_row, orx_err *err) {
    orx_sql *q;
    int rc = orx_sql_get(s,
                         "SELECT dirty, done, cursor, path, size, mtime_ns, inode, base, sha256,"
                         " previous FROM store_projection WHERE name = ?1",
                         &q, err);
    if (rc < 0)
        return rc;
    orx_sql_str(q, 1, item->name);
    rc = orx_sql_step(q, err);
    if (rc < 0)
        return rc;
    *ret_row = (orx_shown_row){0};
    if (rc == 0)
        return 0;
    ret_row->dirty = orx_sql_col_int(q, 0);
    ret_row->done = orx_sql_col_int(q, 1);
    ret_row->cursor = orx_sql_col_int(q, 2);
    if (orx_view_is(orx_sql_col_text(q, 3), item->path)) {
        ret_row->known = true;
        ret_row->size = orx_sql_col_int(q, 4);
        ret_row->mtime_ns = orx_sql_col_int(q, 5);
        ret_row->inode = orx_sql_col_int(q, 6);
        ret_row->base = orx_sql_col_int(q, 7);
        ret_row->has_sha = copy_sha(orx_sql_col_blob(q, 8), ret_row->sha);
        ret_row->has_previous = copy_sha(orx_sql_col_blob(q, 9), ret_row->previous);
    }
    orx_sql_reset(q);
    return 0;
}

int orx_shown_see(orx_store *s, orx_shown *item, orx_shown_row *ret_row, orx_err *err) {
    int rc = item->fresh ? 0 : orx_shown_load(s, item, &item->row, err);
    if (rc < 0)
        return rc;
    item->fresh = true;
    *ret_row = item->row;
    return 0;
}

static void bind_sha(orx_sql *q, int index, bool has, const uint8_t *sha) {
    if (has)
        orx_sql_blob(q, index, orx_view_mem(sha, ORX_SHA256_LEN));
}

int orx_shown_save(orx_store *s, orx_shown *item, const orx_shown_row *row, orx_err *err) {
    orx_sql *q;
    item->fresh = false;
    int rc = orx_sql_get(s,
                         "UPDATE store_projection SET done = max(done, ?2), cursor = ?3, path = ?4,"
                         " size = ?5, mtime_ns = ?6, inode = ?7, base = ?8, sha256 = ?9,"
                         " previous = ?10, shown_seq = ?11 WHERE name = ?1",
                         &q, err);
    if (rc < 0)
        return rc;
    orx_sql_str(q, 1, item->name);
    orx_sql_int(q, 2, row->done);
    orx_sql_int(q, 3, row->cursor);
    orx_sql_str(q, 4, item->path);
    orx_sql_int(q, 5, row->size);
    orx_sql_int(q, 6, row->mtime_ns);
    orx_sql_int(q, 7, row->inode);
    orx_sql_int(q, 8, row->base);
    bind_sha(q, 9, row->has_sha, row->sha);
    bind_sha(q, 10, row->has_previous, row->previous);
    orx_sql_int(q, 11, row->shown_seq);
    return orx_store_done(q, err);
}

int orx_shown_move(orx_store *s, orx_shown *item, int64_t cursor, orx_err *err) {
    orx_sql *q;
    item->fresh = false;
    int rc = orx_sql_get(
        s, "UPDATE store_projection SET cursor = ?2 WHERE name = ?1 AND cursor < ?2", &q, err);
    if (rc < 0)
        return rc;
    orx_sql_str(q, 1, item->name);
    orx_sql_int(q, 2, cursor);
    return orx_store_done(q, err);
}

/* body.c: bodies too large for the event table.
 *
 * A body above ORX_BODY_INLINE bytes of canonical JSON becomes the file state/bodies/<sha256>,
 * durable before the event that names it; the event holds {"bytes":N,"sha256":"..."} instead, so
 * the chain covers the content. One body may serve many events. store_body knows the newest event
 * that refers to each; when retention has pruned that one, the file moves to state/segments/bodies
 * with the exported segment. A crash can leave a file without an event, never an event without its
 * file.
 */
#include "store/internal.h"

static char *body_path(orx_store *s, orx_arena *a, const char *folder, const char *name) {
    return orx_arena_printf(a, "%s/%s/%s", s->dir, folder, name);
}

/* A file of that name and length is complete: it got its name only after it was synced. Whoever
 * gave it may have died before the name was durable, too. */
static int ensure_file(orx_store *s, const char *hex, orx_view body, orx_err *err) {
    ORX_CLEANUP(orx_arena_free) orx_arena a = {0};
    char *folder = orx_arena_printf(&a, "%s/bodies", s->dir);
    char *path = body_path(s, &a, "bodies", hex);
    orx_file_info info;
    int rc = orx_folder_make(s, folder, err);
    if (rc < 0)
        return rc;
    if (orx_there(s, path, true, &info, NULL) == 1 && info.size == (int64_t)body.len)
        return orx_sync_dir(s->p, folder, err);
    return orx_write_atomic(s->p, path, body, 0644, err);
}

/* {"bytes":N,"sha256":"<64 hex>"} exactly as written above. */
static bool is_reference(orx_view body, char hex[ORX_SHA256_HEX], int64_t *ret_bytes) {
    static const char middle[] = ",\"sha256\":\"";
    if (!orx_view_starts(body, "{\"bytes\":") || !orx_view_ends(body, "\"}"))
        return false;
    orx_view rest = orx_view_mem(body.p + 9, body.len - 9);
    int64_t at = orx_view_find(rest, middle);
    size_t tail = sizeof middle - 1;
    if (at < 0 || rest.len != (size_t)at + tail + 64 + 2)
        return false;
    memcpy(hex, rest.p + at + tail, 64);
    hex[64] = '\0';
    return strspn(hex, "0123456789abcdef") == 64 &&
           orx_view_to_i64(orx_view_mem(rest.p, (size_t)at), ret_bytes);
}

bool orx_body_must_leave(orx_view body) {
    char hex[ORX_SHA256_HEX];
    int64_t bytes;
    return body.len > ORX_BODY_INLINE || is_reference(body, hex, &bytes);
}

int orx_body_externalize(orx_store *s, orx_view body, int64_t seq, orx_str *ret_reference,
                         orx_err *err) {
    char hex[ORX_SHA256_HEX];
    orx_sha256_hex(body, hex);
    int rc = ensure_file(s, hex, body, err);
    if (rc < 0)
        return rc;
    orx_sql *q;
    rc = orx_sql_get(s,
                     "INSERT INTO store_body(sha256, bytes, last_seq) VALUES(?1, ?2, ?3)"
                     " ON CONFLICT(sha256) DO UPDATE SET last_seq = excluded.last_seq",
                     &q, err);
    if (rc < 0)
        return rc;
    orx_sql_str(q, 1, hex);
    orx_sql_int(q, 2, (int64_t)body.len);
    orx_sql_int(q, 3, seq);
    rc = orx_store_done(q, err);
    if (rc < 0)
        return rc;
    orx_str_clear(ret_reference);
    orx_str_addf(ret_reference, "{\"bytes\":%zu,\"sha256\":\"%s\"}", body.len, hex);
    return 0;
}

/* ---- Reading -------------------------------------------------------------------------------- */

static int read_file(orx_store *s, const char *hex, int64_t bytes, orx_str *out, orx_err *err) {
    ORX_CLEANUP(orx_arena_free) orx_arena a = {0};
    char *path = body_path(s, &a, "bodies", hex);
    int rc = orx_there(s, path, true, NULL, err);
    if (rc < 0)
        return rc;
    if (rc == 0)
        path = body_path(s, &a, "segments/bodies", hex);
    ORX_CLEANUP(orx_str_free) orx_str content = {0};
    rc = orx_read_file(s->p, path, ORX_BODY_MAX, &content, err);
    if (rc < 0)
        return orx_err_wrap(err, "the body of an event");
    char found[ORX_SHA256_HEX];
    orx_sha256_hex(orx_str_view(&content), found);
    if ((int64_t)content.len != bytes || strcmp(found, hex) != 0)
        return orx_err_set(err, ORX_E_CORRUPT,
                           "%s: expected %lld bytes with the digest in its name, found %zu bytes "
                           "with %s: restore this file from a backup",
                           path, (long long)bytes, content.len, found);
    orx_str_addv(out, orx_str_view(&content));
    return 0;
}

int orx_event_body(orx_store *s, const orx_event_row *row, orx_str *out, orx_err *err) {
    char hex[ORX_SHA256_HEX];
    int64_t bytes;
    if (is_reference(row->body, hex, &bytes))
        return read_file(s, hex, bytes, out, err);
    orx_str_addv(out, row->body);
    return 0;
}

int orx_body_check(orx_store *s, orx_err *err) {
    orx_sql *q;
    int rc = orx_sql_get(s, "SELECT sha256, bytes FROM store_body", &q, err);
    if (rc < 0)
        return rc;
    ORX_CLEANUP(orx_str_free) orx_str content = {0};
    while ((rc = orx_sql_step(q, err)) == 1) {
        char hex[ORX_SHA256_HEX];
        orx_view name = orx_sql_col_text(q, 0);
        if (name.len != ORX_SHA256_HEX - 1)
            rc = orx_err_set(err, ORX_E_CORRUPT, "%s: a body is named \"%.*s\"", s->db_path,
                             ORX_VIEW_ARG(name));
        else {
            memcpy(hex, name.p, name.len);
            hex[name.len] = '\0';
            orx_str_clear(&content);
            rc = read_file(s, hex, orx_sql_col_int(q, 1), &content, err);
        }
        if (rc < 0)
            break;
    }
    orx_sql_reset(q);
    return rc < 0 ? rc : 0;
}

/* ---- Retention ------------------------------------------------------------------------------ */

static int move_out(orx_store *s, orx_view name, orx_err *err) {
    ORX_CLEANUP(orx_arena_free) orx_arena a = {0};
    char *hex = orx_arena_dup(&a, name);
    char *from = body_path(s, &a, "bodies", hex);
    int rc = orx_there(s, from, true, NULL, err);
    if (rc <= 0)
        return rc; /* 0: moved before a crash */
    return orx_rename(s->p, from, body_path(s, &a, "segments/bodies", hex), err);
}

int orx_body_archive(orx_store *s, int64_t seq, orx_err *err) {
    ORX_CLEANUP(orx_arena_free) orx_arena a = {0};
    char *folder = orx_arena_printf(&a, "%s/segments/bodies", s->dir);
    orx_sql *q;
    int rc = orx_sql_get(s, "SELECT sha256 FROM store_body WHERE last_seq <= ?1", &q, err);
    if (rc < 0)
        return rc;
    orx_sql_int(q, 1, seq);
    int moved = 0;
    while ((rc = orx_sql_step(q, err)) == 1) {
        rc = moved++ ? 0 : orx_folder_make(s, folder, err);
        if (rc == 0)
            rc = move_out(s, orx_sql_col_text(q, 0), err);
        if (rc < 0)
            break;
    }
    orx_sql_reset(q);
    if (rc == 0 && moved)
        rc = orx_sync_dir(s->p, folder, err);
    if (rc < 0 || !moved)
        return rc;
    rc = orx_sql_get(s, "DELETE FROM store_body WHERE last_seq <= ?1", &q, err);
    if (rc < 0)
        return rc;
    orx_sql_int(q, 1, seq);
    return orx_store_done(q, err);
}

/* segment_write.c: exporting a segment.
 *
 * state/segments/<first seq>-<last seq>.ndjson. The first line describes the segment, with the hash
 * each chain had before its first and has after its last event here:
 *
 *   {"segment":1,"first_seq":1,"last_seq":4096,
 *    "origins":[{"name":"primary","first":1,"last":4096,"start":"<hex>","end":"<hex>"}]}
 *
 * then one line per event with every column (hash in hex, body as the text that was hashed), so
 * that the chains can be recomputed from these files alone. Bodies in files lie in
 * state/segments/bodies.
 */
#include "store/internal.h"

#include "data/json.h"

#include <stdio.h>

#define CHUNK ((size_t)1 << 16)

typedef struct out {
    orx_store *s;
    orx_file *f;
    int64_t at;
    orx_str buf;
    orx_sha256 digest;
    orx_err *err;
} out;

static int drain(out *o, size_t keep) {
    if (o->buf.len <= keep)
        return 0;
    int rc = orx_file_write(o->s->p, o->f, o->at, o->buf.buf, o->buf.len, o->err);
    if (rc < 0)
        return rc;
    orx_sha256_add(&o->digest, o->buf.buf, o->buf.len);
    o->at += (int64_t)o->buf.len;
    orx_str_clear(&o->buf);
    return 0;
}

static void put_hash(orx_str *buf, const char *key, orx_view hash) {
    char hex[2 * ORX_SHA256_LEN + 1] = "";
    if (hash.len == ORX_SHA256_LEN)
        orx_hex((const uint8_t *)hash.p, hash.len, hex);
    orx_str_addf(buf, ",\"%s\":\"%s\"", key, hex);
}

static void put_text(orx_str *buf, const char *key, orx_view text) {
    if (!text.p)
        return;
    orx_str_addf(buf, ",\"%s\":", key);
    orx_json_quote(buf, text, false);
}

static void put_row(orx_str *buf, const orx_event_row *row) {
    orx_str_addf(buf, "{\"seq\":%lld", (long long)row->seq);
    put_text(buf, "origin", row->origin);
    orx_str_addf(buf, ",\"origin_seq\":%lld,\"hlc\":%lld,\"wall_ns\":%lld,\"mono_ns\":%lld",
                 (long long)row->origin_seq, (long long)row->hlc, (long long)row->wall_ns,
                 (long long)row->mono_ns);
    put_text(buf, "boot", row->boot);
    put_text(buf, "kind", row->kind);
    orx_str_addf(buf, ",\"schema\":%d", row->schema);
    put_text(buf, "task", row->task);
    orx_str_addf(buf, ",\"attempt\":%lld,\"call\":%lld,\"cause\":%lld", (long long)row->attempt,
                 (long long)row->call, (long long)row->cause);
    put_text(buf, "body", row->body);
    put_hash(buf, "hash", row->hash);
    orx_str_adds(buf, "}\n");
}

/* The chains that run through the segment. The hash before the first event here is the base: older
 * events are pruned already. */
static int put_header(out *o, const orx_segment *g) {
    orx_sql *q;
    int rc = orx_sql_get(o->s,
                         "SELECT o.name, min(e.origin_seq), o.base_hash, max(e.origin_seq), e.hash"
                         " FROM event AS e JOIN origin AS o ON o.id = e.origin"
                         " WHERE e.seq BETWEEN ?1 AND ?2 GROUP BY e.origin ORDER BY o.name",
                         &q, o->err);
    if (rc < 0)
        return rc;
    orx_sql_int(q, 1, g->first_seq);
    orx_sql_int(q, 2, g->last_seq);
    orx_str_addf(&o->buf, "{\"segment\":1,\"first_seq\":%lld,\"last_seq\":%lld,\"origins\":[",
                 (long long)g->first_seq, (long long)g->last_seq);
    for (int n = 0; (rc = orx_sql_step(q, o->err)) == 1; n++) {
        orx_str_addf(&o->buf, "%s{\"first\":%lld,\"last\":%lld", n ? "," : "",
                     (long long)orx_sql_col_int(q, 1), (long long)orx_sql_col_int(q, 3));
        put_text(&o->buf, "name", orx_sql_col_text(q, 0));
        put_hash(&o->buf, "start", orx_sql_col_blob(q, 2));
        put_hash(&o->buf, "end", orx_sql_col_blob(q, 4));
        orx_str_addc(&o->buf, '}');
    }
    orx_str_adds(&o->buf, "]}\n");
    return rc;
}

static int put_events(out *o, const orx_segment *g) {
    orx_sql *q;
    int rc = orx_sql_get(
        o->s, ORX_EVENT_SELECT ORX_EVENT_JOIN " WHERE e.seq BETWEEN ?1 AND ?2 ORDER BY e.seq", &q,
        o->err);
    if (rc < 0)
        return rc;
    orx_sql_int(q, 1, g->first_seq);
    orx_sql_int(q, 2, g->last_seq);
    while ((rc = orx_sql_step(q, o->err)) == 1) {
        orx_event_row row;
        orx_event_row_read(q, &row);
        put_row(&o->buf, &row);
        rc = drain(o, CHUNK);
        if (rc < 0)
            break;
    }
    orx_sql_reset(q);
    return rc < 0 ? rc : drain(o, 0);
}

static int write_file(orx_store *s, const orx_segment *g, const char *path, uint8_t *ret_sha,
                      orx_err *err) {
    out o = {.s = s, .err = err};
    int rc = orx_file_open(s->p, path, ORX_OPEN_WRITE | ORX_OPEN_CREATE | ORX_OPEN_TRUNCATE, 0644,
                           &o.f, err);
    if (rc < 0)
        return rc;
    orx_sha256_begin(&o.digest);
    rc = put_header(&o, g);
    if (rc == 0)
        rc = put_events(&o, g);
    if (rc == 0)
        rc = orx_file_sync(s->p, o.f, err);
    orx_sha256_end(&o.digest, rc < 0 ? NULL : ret_sha);
    orx_file_close(s->p, o.f);
    orx_str_free(&o.buf);
    return rc;
}

int orx_segment_write(orx_store *s, const orx_segment *g, char **ret_name,
                      uint8_t ret_sha[ORX_SHA256_LEN], orx_err *err) {
    ORX_CLEANUP(orx_arena_free) orx_arena a = {0};
    char *folder = orx_arena_printf(&a, "%s/segments", s->dir);
    char *name = orx_arena_printf(&a, "%012lld-%012lld.ndjson", (long long)g->first_seq,
                                  (long long)g->last_seq);
    char *path = orx_arena_printf(&a, "%s/%s", folder, name);
    char *temp = orx_arena_printf(&a, "%s.orxaq-tmp", path);
    int rc = orx_folder_make(s, folder, err);
    if (rc == 0)
        rc = write_file(s, g, temp, ret_sha, err);
    if (rc == 0)
        rc = orx_rename(s->p, temp, path, err);
    if (rc == 0)
        rc = orx_sync_dir(s->p, folder, err);
    if (rc < 0)
        return orx_err_wrap(err, "exporting events %lld to %lld", (long long)g->first_seq,
                            (long long)g->last_seq);
    *ret_name = orx_xstrdup(name);
    return 0;
}

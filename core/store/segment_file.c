/* segment_file.c: exported segments.
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

/* ---- Writing -------------------------------------------------------------------------------- */

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

/* ---- Reading -------------------------------------------------------------------------------- */

static orx_view text_of(const orx_node *n, const char *key) {
    const orx_node *m = orx_node_get(n, key);
    return m && m->kind == ORX_STRING ? m->u.s : (orx_view){0};
}

static int64_t int_of(const orx_node *n, const char *key) {
    return orx_node_int(orx_node_get(n, key), 0);
}

static orx_view hash_of(orx_arena *a, const orx_node *n) {
    orx_view hex = text_of(n, "hash");
    if (hex.len != (size_t)2 * ORX_SHA256_LEN)
        return (orx_view){0};
    static const char digits[16] = "0123456789abcdef"; /* without an end */
    uint8_t *raw = orx_arena_zalloc(a, ORX_SHA256_LEN, 1);
    for (size_t i = 0; i < hex.len; i++) {
        const char *d = memchr(digits, hex.p[i], sizeof digits);
        if (!d)
            return (orx_view){0};
        raw[i / 2] = (uint8_t)(raw[i / 2] << 4 | (uint8_t)(d - digits));
    }
    return orx_view_mem(raw, ORX_SHA256_LEN);
}

static orx_event_row row_of(orx_arena *a, const orx_node *n) {
    return (orx_event_row){
        .seq = int_of(n, "seq"),
        .origin = text_of(n, "origin"),
        .origin_seq = int_of(n, "origin_seq"),
        .hlc = int_of(n, "hlc"),
        .wall_ns = int_of(n, "wall_ns"),
        .mono_ns = int_of(n, "mono_ns"),
        .boot = text_of(n, "boot"),
        .kind = text_of(n, "kind"),
        .schema = (int)int_of(n, "schema"),
        .task = text_of(n, "task"),
        .attempt = int_of(n, "attempt"),
        .call = int_of(n, "call"),
        .cause = int_of(n, "cause"),
        .body = text_of(n, "body"),
        .hash = hash_of(a, n),
    };
}

typedef int (*row_fn)(const orx_event_row *row, void *user, orx_err *err);

static int each_in_text(const char *path, orx_view text, row_fn fn, void *user, orx_err *err) {
    orx_view line;
    bool header = true;
    while (text.len && orx_view_split(&text, '\n', &line)) {
        ORX_CLEANUP(orx_arena_free) orx_arena a = {0};
        const orx_node *n;
        int rc = orx_json_parse(&a, path, line, &orx_limits_config, &n, err);
        if (rc < 0)
            return rc;
        orx_event_row row = row_of(&a, n);
        if (!header)
            rc = fn(&row, user, err);
        if (rc < 0)
            return rc;
        header = false;
    }
    return 0;
}

/* A segment has at most ORX_SEGMENT_EVENTS lines of a few KiB. */
#define SEGMENT_MAX ((size_t)ORX_SEGMENT_EVENTS * 16384)

static int load(orx_store *s, const char *path, orx_view sha, orx_str *ret_text, orx_err *err) {
    uint8_t found[ORX_SHA256_LEN];
    int rc = orx_read_file(s->p, path, SEGMENT_MAX, ret_text, err);
    if (rc < 0)
        return rc;
    orx_sha256_of(orx_str_view(ret_text), found);
    if (sha.len != sizeof found || memcmp(found, sha.p, sizeof found) != 0)
        return orx_err_set(err, ORX_E_CORRUPT,
                           "%s: expected the content that was exported, found another digest: "
                           "restore this file from a backup",
                           path);
    return 0;
}

/* fn == NULL only checks the digests. Files that were taken away are left out. */
static int walk(orx_store *s, row_fn fn, void *user, orx_err *err) {
    int64_t after = 0;
    for (;;) {
        ORX_CLEANUP(orx_arena_free) orx_arena a = {0};
        ORX_CLEANUP(orx_str_free) orx_str text = {0};
        orx_sql *q;
        int rc = orx_sql_get(s,
                             "SELECT first_seq, file, sha256 FROM store_segment WHERE file IS NOT"
                             " NULL AND first_seq > ?1 ORDER BY first_seq LIMIT 1",
                             &q, err);
        if (rc < 0)
            return rc;
        orx_sql_int(q, 1, after);
        rc = orx_sql_step(q, err);
        if (rc <= 0)
            return rc;
        after = orx_sql_col_int(q, 0);
        char *path =
            orx_arena_printf(&a, "%s/segments/%.*s", s->dir, ORX_VIEW_ARG(orx_sql_col_text(q, 1)));
        orx_view sha = orx_arena_view(&a, orx_sql_col_blob(q, 2));
        orx_sql_reset(q);
        rc = orx_there(s, path, true, NULL, err);
        if (rc < 0)
            return rc;
        if (rc == 0)
            continue;
        rc = load(s, path, sha, &text, err);
        if (rc == 0 && fn)
            rc = each_in_text(path, orx_str_view(&text), fn, user, err);
        if (rc < 0)
            return rc;
    }
}

int orx_segment_each(orx_store *s, int (*fn)(const orx_event_row *row, void *user, orx_err *err),
                     void *user, orx_err *err) {
    return walk(s, fn, user, err);
}

int orx_segment_check(orx_store *s, orx_err *err) {
    return walk(s, NULL, NULL, err);
}

/* segment_read.c: reading exported segments back (segment_write.c says what is in them). */
#include "store/internal.h"

#include "data/json.h"

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

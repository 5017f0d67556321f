/* segment.c: retention.
 *
 * Events are closed into segments of ORX_SEGMENT_EVENTS by number; a closed segment's size and
 * newest time are noted once, so deciding what is due reads no event. A segment that is due is
 * written to state/segments/ durably (segment_file.c) and then, in one transaction, its events are
 * deleted, the base of each chain moves behind them, and the event journal.pruned records file and
 * digest. A crash in between writes the same file again.
 *
 * The newest event is never pruned (it carries seq and clock on), nor one that an NDJSON projection
 * has not shown. The database file does not shrink; its free pages are used again.
 */
#include "store/internal.h"

/* What a row costs beside its texts: numbers, hash, index entries. */
#define ROW_BYTES "160 + length(kind) + 2 * coalesce(length(task), 0) + coalesce(length(body), 0)"

/* ---- Closing -------------------------------------------------------------------------------- */

static int measure(orx_store *s, int64_t first, int64_t last, orx_segment *ret_g, orx_err *err) {
    orx_sql *q;
    int rc = orx_sql_get(s,
                         "SELECT coalesce(sum(" ROW_BYTES "), 0), coalesce(max(wall_ns), 0)"
                         " FROM event WHERE seq BETWEEN ?1 AND ?2",
                         &q, err);
    if (rc < 0)
        return rc;
    orx_sql_int(q, 1, first);
    orx_sql_int(q, 2, last);
    rc = orx_sql_step(q, err);
    if (rc < 0)
        return rc;
    *ret_g = (orx_segment){first, last, orx_sql_col_int(q, 0), orx_sql_col_int(q, 1)};
    orx_sql_reset(q);
    return 0;
}

static int note_segment(orx_store *s, const orx_segment *g, orx_err *err) {
    orx_sql *q;
    int rc = orx_sql_get(s,
                         "INSERT OR IGNORE INTO store_segment(first_seq, last_seq, bytes,"
                         " last_wall_ns) VALUES(?1, ?2, ?3, ?4)",
                         &q, err);
    if (rc < 0)
        return rc;
    orx_sql_int(q, 1, g->first_seq);
    orx_sql_int(q, 2, g->last_seq);
    orx_sql_int(q, 3, g->bytes);
    orx_sql_int(q, 4, g->last_wall_ns);
    return orx_store_done(q, err);
}

static int close_segment(orx_store *s, const orx_segment *g, orx_err *err) {
    int rc = orx_tx_begin(s, err);
    if (rc < 0)
        return rc;
    rc = note_segment(s, g, err);
    if (rc == 0)
        return orx_tx_commit(s, err);
    orx_tx_rollback(s);
    return rc;
}

/* Closes all full segments. */
static int close_full(orx_store *s, orx_err *err) {
    for (;;) {
        int64_t closed;
        int rc = orx_store_int(s, "SELECT max(last_seq) FROM store_segment", 0, &closed, err);
        if (rc < 0 || orx_event_last(s) - closed <= ORX_SEGMENT_EVENTS)
            return rc;
        orx_segment g;
        rc = measure(s, closed + 1, closed + ORX_SEGMENT_EVENTS, &g, err);
        if (rc == 0)
            rc = close_segment(s, &g, err);
        if (rc < 0)
            return rc;
    }
}

/* What all events take that are still in the database. */
static int total_bytes(orx_store *s, int64_t *ret_bytes, orx_err *err) {
    int64_t noted;
    int64_t closed;
    orx_segment tail;
    int rc =
        orx_store_int(s, "SELECT sum(bytes) FROM store_segment WHERE file IS NULL", 0, &noted, err);
    if (rc == 0)
        rc = orx_store_int(s, "SELECT max(last_seq) FROM store_segment", 0, &closed, err);
    if (rc == 0)
        rc = measure(s, closed + 1, orx_event_last(s), &tail, err);
    if (rc == 0)
        *ret_bytes = noted + tail.bytes;
    return rc;
}

/* ---- Pruning -------------------------------------------------------------------------------- */

static int move_bases(orx_store *s, const orx_segment *g, orx_err *err) {
    orx_sql *q;
    /* Bare columns beside max() come from the row that holds the maximum. */
    int rc = orx_sql_get(s,
                         "UPDATE origin SET base_seq = cut.seq, base_hash = cut.hash FROM"
                         " (SELECT origin, max(origin_seq) AS seq, hash FROM event"
                         "  WHERE seq BETWEEN ?1 AND ?2 GROUP BY origin) AS cut"
                         " WHERE origin.id = cut.origin",
                         &q, err);
    if (rc < 0)
        return rc;
    orx_sql_int(q, 1, g->first_seq);
    orx_sql_int(q, 2, g->last_seq);
    return orx_store_done(q, err);
}

static int delete_events(orx_store *s, const orx_segment *g, orx_err *err) {
    orx_sql *q;
    int rc = orx_sql_get(s, "DELETE FROM event WHERE seq BETWEEN ?1 AND ?2", &q, err);
    if (rc < 0)
        return rc;
    orx_sql_int(q, 1, g->first_seq);
    orx_sql_int(q, 2, g->last_seq);
    return orx_store_done(q, err);
}

static int note_file(orx_store *s, const orx_segment *g, const char *name, const uint8_t *sha,
                     orx_err *err) {
    orx_sql *q;
    int rc = orx_sql_get(s, "UPDATE store_segment SET file = ?2, sha256 = ?3 WHERE first_seq = ?1",
                         &q, err);
    if (rc < 0)
        return rc;
    orx_sql_int(q, 1, g->first_seq);
    orx_sql_str(q, 2, name);
    orx_sql_blob(q, 3, orx_view_mem(sha, ORX_SHA256_LEN));
    return orx_store_done(q, err);
}

static int record_prune(orx_store *s, const orx_segment *g, const char *name, const uint8_t *sha,
                        orx_err *err) {
    ORX_CLEANUP(orx_arena_free) orx_arena a = {0};
    char hex[ORX_SHA256_HEX];
    orx_hex(sha, ORX_SHA256_LEN, hex);
    orx_node *body = orx_node_new(&a, ORX_OBJECT);
    orx_node_set_int(&a, body, "first_seq", g->first_seq);
    orx_node_set_int(&a, body, "last_seq", g->last_seq);
    orx_node_set_str(&a, body, "file", name);
    orx_node_set_str(&a, body, "sha256", hex);
    orx_event e = {.kind = "journal.pruned", .schema = 1, .body = body};
    return orx_event_append(s, &e, NULL, err);
}

static int prune(orx_store *s, const orx_segment *g, const char *name, const uint8_t *sha,
                 orx_err *err) {
    int rc = orx_tx_begin(s, err);
    if (rc < 0)
        return rc;
    rc = orx_body_archive(s, g->last_seq, err);
    if (rc == 0)
        rc = move_bases(s, g, err);
    if (rc == 0)
        rc = delete_events(s, g, err);
    if (rc == 0)
        rc = note_file(s, g, name, sha, err);
    if (rc == 0)
        rc = record_prune(s, g, name, sha, err);
    if (rc == 0)
        return orx_tx_commit(s, err);
    orx_tx_rollback(s);
    return rc;
}

/* ---- Deciding ------------------------------------------------------------------------------- */

/* Up to which event every NDJSON projection has been written. */
static int shown_until(orx_store *s, int64_t *ret_seq, orx_err *err) {
    *ret_seq = INT64_MAX;
    for (size_t i = 0; i < s->projector.count; i++) {
        const orx_shown *item = &s->projector.items[i];
        orx_shown_row row;
        if (item->def->kind != ORX_PROJECTION_NDJSON)
            continue;
        int rc = orx_shown_load(s, item, &row, err);
        if (rc < 0)
            return rc;
        if (row.cursor < *ret_seq)
            *ret_seq = row.cursor;
    }
    return 0;
}

/* The oldest closed segment that is still in the database: 1 = there is one. */
static int oldest(orx_store *s, orx_segment *ret_g, orx_err *err) {
    orx_sql *q;
    int rc = orx_sql_get(s,
                         "SELECT first_seq, last_seq, bytes, last_wall_ns FROM store_segment"
                         " WHERE file IS NULL ORDER BY first_seq LIMIT 1",
                         &q, err);
    if (rc == 0)
        rc = orx_sql_step(q, err);
    if (rc <= 0)
        return rc;
    *ret_g = (orx_segment){orx_sql_col_int(q, 0), orx_sql_col_int(q, 1), orx_sql_col_int(q, 2),
                           orx_sql_col_int(q, 3)};
    orx_sql_reset(q);
    return 1;
}

static int export_and_prune(orx_store *s, const orx_segment *g, orx_err *err) {
    ORX_CLEANUP(orx_freep) char *name = NULL;
    uint8_t sha[ORX_SHA256_LEN];
    int rc = orx_segment_write(s, g, &name, sha, err);
    return rc < 0 ? rc : prune(s, g, name, sha, err);
}

int orx_event_retain(orx_store *s, int64_t keep_ns, int64_t keep_bytes, orx_err *err) {
    int64_t total = 0;
    int64_t shown = 0;
    orx_segment g;
    int rc = close_full(s, err);
    /* Only a closed segment can go. Before there is one the open rest, which has to be read to be
     * measured, does not matter. */
    if (rc == 0 && (rc = oldest(s, &g, err)) == 0)
        return 0;
    if (rc > 0)
        rc = shown_until(s, &shown, err);
    if (rc == 0 && keep_bytes > 0)
        rc = total_bytes(s, &total, err);
    int64_t horizon = orx_wall_ns(s->p) - keep_ns;
    while (rc == 0 && (rc = oldest(s, &g, err)) == 1) {
        bool due =
            (keep_ns > 0 && g.last_wall_ns < horizon) || (keep_bytes > 0 && total > keep_bytes);
        if (!due || g.last_seq > shown)
            return 0;
        rc = export_and_prune(s, &g, err);
        total -= g.bytes;
    }
    return rc;
}

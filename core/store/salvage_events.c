/* salvage_events.c: events that were read from a damaged journal, sorted out.
 *
 * Each origin's chain is walked. An event whose predecessor is there must have the right hash, or
 * it was damaged itself and is left out. One whose predecessor is missing cannot be checked: it is
 * kept, and everything up to it goes to state/segments, so that the chain of what stays can be
 * recomputed from its base as always.
 */
#include "store/salvaging.h"

#include "data/json.h"

#include <stdio.h>

/* One chain while it is walked. */
typedef struct head {
    char *name;
    int64_t seq;
    uint8_t hash[ORX_SHA256_LEN];
    bool known; /* hash is that of the event seq */
} head;

typedef struct sorting {
    orx_salvage *sv;
    orx_store *s;
    ORX_VEC(head) heads;
    ORX_VEC(int64_t) wrong; /* numbers of events that are left out */
    int64_t cut;            /* events up to here are exported */
    orx_sha256 digest;
    orx_str scratch;
} sorting;

static int run_sql(orx_store *s, const char *text, orx_err *err) {
    orx_sql *q;
    int rc = orx_sql_get(s, text, &q, err);
    return rc < 0 ? rc : orx_store_done(q, err);
}

/* ---- Chains ---------------------------------------------------------------------------------- */

/* Origins and boots whose names were lost get one, so that their events can be kept. */
static int name_the_nameless(orx_store *s, orx_err *err) {
    int rc = run_sql(s,
                     "INSERT INTO origin(id, name, last_seq, last_hash, base_seq, base_hash)"
                     " SELECT DISTINCT origin, 'lost-' || origin, 0, zeroblob(32), 0, zeroblob(32)"
                     " FROM event WHERE origin NOT IN (SELECT id FROM origin)",
                     err);
    return rc < 0 ? rc
                  : run_sql(s,
                            "INSERT INTO store_boot(id, name) SELECT DISTINCT boot, 'lost-' || boot"
                            " FROM event WHERE boot NOT IN (SELECT id FROM store_boot)",
                            err);
}

/* A chain begins where the origin's row says, or with its first event. */
static int load_heads(sorting *g, orx_err *err) {
    orx_sql *q;
    int rc = orx_sql_get(g->s, "SELECT name, base_seq, base_hash FROM origin", &q, err);
    while (rc >= 0 && (rc = orx_sql_step(q, err)) == 1) {
        head h = {.name = orx_arena_dup(&g->sv->arena, orx_sql_col_text(q, 0)),
                  .seq = orx_sql_col_int(q, 1)};
        orx_view base = orx_sql_col_blob(q, 2);
        h.known = base.len == ORX_SHA256_LEN;
        if (h.known)
            memcpy(h.hash, base.p, ORX_SHA256_LEN);
        orx_vec_push(&g->heads, h);
    }
    return rc;
}

static head *head_of(sorting *g, orx_view name) {
    for (size_t i = 0; i < g->heads.len; i++)
        if (orx_view_is(name, g->heads.items[i].name))
            return &g->heads.items[i];
    return NULL;
}

static void follow(head *h, const orx_event_row *row) {
    h->seq = row->origin_seq;
    h->known = row->hash.len == ORX_SHA256_LEN;
    if (h->known)
        memcpy(h->hash, row->hash.p, ORX_SHA256_LEN);
}

static void sort_row(sorting *g, const orx_event_row *row) {
    head *h = head_of(g, row->origin);
    bool next = h && h->known && row->origin_seq == h->seq + 1;
    bool named = orx_view_find(row->origin, "lost-") != 0 && orx_view_find(row->boot, "lost-") != 0;
    if (next && named) {
        uint8_t hash[ORX_SHA256_LEN];
        orx_chain_hash(&g->digest, &g->scratch, h->hash, row, hash);
        if (!orx_view_eq(row->hash, orx_view_mem(hash, sizeof hash))) {
            orx_vec_push(&g->wrong, row->seq);
            h->known = false;
            return;
        }
    } else {
        g->cut = row->seq;
    }
    if (h)
        follow(h, row);
}

static int sort_rows(sorting *g, orx_err *err) {
    orx_sql *q;
    int rc = orx_sql_get(g->s, ORX_EVENT_SELECT ORX_EVENT_JOIN " ORDER BY e.seq", &q, err);
    while (rc >= 0 && (rc = orx_sql_step(q, err)) == 1) {
        orx_event_row row;
        orx_event_row_read(q, &row);
        sort_row(g, &row);
    }
    return rc;
}

static int drop_wrong(sorting *g, orx_err *err) {
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < g->wrong.len; i++) {
        orx_sql *q;
        rc = orx_sql_get(g->s, "DELETE FROM event WHERE seq = ?1", &q, err);
        if (rc < 0)
            break;
        orx_sql_int(q, 1, g->wrong.items[i]);
        rc = orx_store_done(q, err);
    }
    g->sv->report.wrong = (int64_t)g->wrong.len;
    return rc;
}

/* The chains go on from the newest event of each that is left; one of which no event is left goes
 * on from where its row says that it was. */
static int set_ends(orx_store *s, orx_err *err) {
    static const char *const steps[] = {
        ("UPDATE origin SET last_seq = cut.seq, last_hash = cut.hash FROM"
         " (SELECT origin, max(origin_seq) AS seq, hash FROM event GROUP BY origin) AS"
         " cut WHERE origin.id = cut.origin"),
        "UPDATE origin SET last_hash = zeroblob(32) WHERE length(last_hash) <> 32",
        "UPDATE origin SET base_hash = zeroblob(32) WHERE length(base_hash) <> 32",
        ("UPDATE origin SET base_seq = last_seq, base_hash = last_hash"
         " WHERE NOT EXISTS(SELECT 1 FROM event WHERE event.origin = origin.id)"),
    };
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < ORX_ARRAY_LEN(steps); i++)
        rc = run_sql(s, steps[i], err);
    return rc;
}

/* ---- Segments -------------------------------------------------------------------------------- */

/* The events from `after` on that follow each other without a hole: 1 = there are some. */
static int next_range(orx_store *s, int64_t after, int64_t cut, orx_segment *ret_g, orx_err *err) {
    orx_sql *q;
    int rc = orx_sql_get(s,
                         "SELECT seq, length(coalesce(body, '')) + 160, wall_ns FROM event"
                         " WHERE seq > ?1 AND seq <= ?2 ORDER BY seq",
                         &q, err);
    if (rc < 0)
        return rc;
    orx_sql_int(q, 1, after);
    orx_sql_int(q, 2, cut);
    orx_segment g = {0};
    while ((rc = orx_sql_step(q, err)) == 1) {
        int64_t seq = orx_sql_col_int(q, 0);
        if (g.first_seq && (seq != g.last_seq + 1 || seq - g.first_seq >= ORX_SEGMENT_EVENTS))
            break;
        g.first_seq = g.first_seq ? g.first_seq : seq;
        g.last_seq = seq;
        g.bytes += orx_sql_col_int(q, 1);
        if (orx_sql_col_int(q, 2) > g.last_wall_ns)
            g.last_wall_ns = orx_sql_col_int(q, 2);
    }
    orx_sql_reset(q);
    *ret_g = g;
    return rc < 0 ? rc : g.first_seq > 0;
}

static int note_segment(orx_store *s, const orx_segment *g, const char *file, const uint8_t *sha,
                        orx_err *err) {
    orx_sql *q;
    int rc = orx_sql_get(s,
                         "INSERT OR REPLACE INTO store_segment(first_seq, last_seq, bytes,"
                         " last_wall_ns, file, sha256) VALUES(?1, ?2, ?3, ?4, ?5, ?6)",
                         &q, err);
    if (rc < 0)
        return rc;
    orx_sql_int(q, 1, g->first_seq);
    orx_sql_int(q, 2, g->last_seq);
    orx_sql_int(q, 3, g->bytes);
    orx_sql_int(q, 4, g->last_wall_ns);
    orx_sql_str(q, 5, file);
    orx_sql_blob(q, 6, orx_view_mem(sha, ORX_SHA256_LEN));
    return orx_store_done(q, err);
}

static int export_range(sorting *g, const orx_segment *range, orx_err *err) {
    ORX_CLEANUP(orx_freep) char *name = NULL;
    uint8_t sha[ORX_SHA256_LEN];
    int rc = orx_segment_write(g->s, range, &name, sha, err);
    if (rc == 0)
        rc = note_segment(g->s, range, name, sha, err);
    g->sv->report.exported += range->last_seq - range->first_seq + 1;
    return rc;
}

static int export_until_cut(sorting *g, orx_err *err) {
    orx_segment range = {0};
    int rc = 0;
    while ((rc = next_range(g->s, range.last_seq, g->cut, &range, err)) == 1)
        if ((rc = export_range(g, &range, err)) < 0)
            return rc;
    if (rc < 0 || !g->cut)
        return rc;
    orx_sql *q;
    rc = orx_sql_get(g->s,
                     "UPDATE origin SET base_seq = cut.seq, base_hash = cut.hash FROM"
                     " (SELECT origin, max(origin_seq) AS seq, hash FROM event WHERE seq <= ?1"
                     "  GROUP BY origin) AS cut WHERE origin.id = cut.origin",
                     &q, err);
    if (rc < 0)
        return rc;
    orx_sql_int(q, 1, g->cut);
    rc = orx_store_done(q, err);
    if (rc == 0)
        rc = orx_sql_get(g->s, "DELETE FROM event WHERE seq <= ?1", &q, err);
    if (rc < 0)
        return rc;
    orx_sql_int(q, 1, g->cut);
    return orx_store_done(q, err);
}

/* "000000000001-000000004096.ndjson" */
static bool range_of(const char *name, orx_segment *ret_g) {
    orx_view v = orx_view_of(name);
    return v.len == 32 && v.p[12] == '-' && orx_view_ends(v, ".ndjson") &&
           orx_view_to_i64(orx_view_mem(v.p, 12), &ret_g->first_seq) &&
           orx_view_to_i64(orx_view_mem(v.p + 13, 12), &ret_g->last_seq);
}

static int is_noted(orx_store *s, int64_t first, orx_err *err) {
    orx_sql *q;
    int rc = orx_sql_get(s, "SELECT 1 FROM store_segment WHERE first_seq = ?1", &q, err);
    if (rc < 0)
        return rc;
    orx_sql_int(q, 1, first);
    rc = orx_sql_step(q, err);
    orx_sql_reset(q);
    return rc;
}

/* Segments that were exported long ago, of which the damaged tables may not tell any more. */
static int find_segments(orx_salvage *sv, orx_err *err) {
    orx_store *s = sv->fresh;
    const char *folder = orx_arena_printf(&sv->arena, "%s/segments", s->dir);
    char **names = NULL;
    int rc = run_sql(s, "DELETE FROM store_segment WHERE file IS NULL", err);
    if (rc < 0 || !orx_exists(sv->p, folder))
        return rc;
    rc = orx_list_dir(sv->p, folder, &sv->arena, &names, err);
    for (; rc >= 0 && *names; names++) {
        orx_segment g = {0};
        orx_file_info info;
        uint8_t sha[ORX_SHA256_LEN];
        const char *path = orx_arena_printf(&sv->arena, "%s/%s", folder, *names);
        if (!range_of(*names, &g) || (rc = is_noted(s, g.first_seq, err)) != 0)
            continue;
        rc = orx_stat(sv->p, path, &info, err);
        if (rc == 0)
            rc = orx_digest_file(s, path, -1, sha, err);
        g.bytes = rc == 0 ? info.size : 0;
        if (rc == 0)
            rc = note_segment(s, &g, *names, sha, err);
    }
    return rc < 0 ? rc : 0;
}

/* ---- What is lost ---------------------------------------------------------------------------- */

/* Numbers that are neither in the journal nor in a segment. */
static int find_lost(orx_salvage *sv, orx_err *err) {
    orx_sql *q;
    int64_t next = 1;
    int rc = orx_sql_get(sv->fresh,
                         "SELECT first_seq, last_seq FROM store_segment UNION ALL"
                         " SELECT seq, seq FROM event ORDER BY 1",
                         &q, err);
    while (rc >= 0 && (rc = orx_sql_step(q, err)) == 1) {
        int64_t first = orx_sql_col_int(q, 0);
        int64_t last = orx_sql_col_int(q, 1);
        if (first > next)
            orx_vec_push(&sv->report.lost, ((orx_salvage_range){next, first - 1}));
        next = last >= next ? last + 1 : next;
    }
    sv->report.last = next - 1;
    if (rc == 0 && sv->report.committed >= next)
        orx_vec_push(&sv->report.lost, ((orx_salvage_range){next, sv->report.committed}));
    return rc;
}

int orx_salvage_events(orx_salvage *sv, orx_err *err) {
    sorting g = {.sv = sv, .s = sv->fresh};
    orx_sha256_begin(&g.digest);
    int rc = name_the_nameless(g.s, err);
    if (rc == 0)
        rc = load_heads(&g, err);
    if (rc == 0)
        rc = sort_rows(&g, err);
    if (rc == 0)
        rc = drop_wrong(&g, err);
    if (rc == 0)
        rc = set_ends(g.s, err);
    if (rc == 0)
        rc = find_segments(sv, err);
    if (rc == 0)
        rc = export_until_cut(&g, err);
    if (rc == 0)
        rc = find_lost(sv, err);
    orx_sha256_end(&g.digest, NULL);
    orx_str_free(&g.scratch);
    orx_vec_free(&g.heads);
    orx_vec_free(&g.wrong);
    return rc;
}

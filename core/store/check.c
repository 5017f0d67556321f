/* check.c: looking for damage: pages, chains, bodies, segments. */
#include "store/internal.h"

/* A finding: nothing more is written, and the next start looks for itself. */
static int found(orx_store *s, int rc) {
    if (rc == ORX_E_CORRUPT) {
        s->damaged = true;
        (void)orx_guard_mark(s, ORX_GUARD_SUSPECT);
    }
    return rc;
}

/* ---- Pages ---------------------------------------------------------------------------------- */

/* integrity_check lists a page that could not be read among its findings, with SQLite's number for
 * the reason; only "corrupt" is damage. */
static int meaning_of(orx_store *s, orx_view finding, orx_err *err) {
    static const char words[] = "error code=";
    int64_t at = orx_view_find(finding, words);
    if (at < 0)
        return orx_err_set(err, ORX_E_CORRUPT, "%s: %.*s", s->db_path, ORX_VIEW_ARG(finding));
    orx_view number = orx_view_mem(finding.p + at + sizeof words - 1,
                                   finding.len - (size_t)at - (sizeof words - 1));
    int64_t rc = SQLITE_CORRUPT;
    size_t digits = 0;
    while (digits < number.len && number.p[digits] >= '0' && number.p[digits] <= '9')
        digits++;
    (void)orx_view_to_i64(orx_view_mem(number.p, digits), &rc);
    if ((rc & 0xff) == SQLITE_CORRUPT || (rc & 0xff) == SQLITE_NOTADB)
        return orx_err_set(err, ORX_E_CORRUPT, "%s: %.*s", s->db_path, ORX_VIEW_ARG(finding));
    return orx_err_set(err, ORX_E_IO, "%s cannot be read: %.*s", s->db_path, ORX_VIEW_ARG(finding));
}

int orx_check_pages(orx_store *s, orx_err *err) {
    orx_sql *q;
    int rc = orx_sql_get(s, "PRAGMA integrity_check(1)", &q, err);
    if (rc == 0)
        rc = orx_sql_step(q, err);
    if (rc < 0)
        return rc;
    orx_view first = orx_sql_col_text(q, 0);
    rc = rc == 1 && !orx_view_is(first, "ok") ? meaning_of(s, first, err) : 0;
    orx_sql_reset(q);
    return found(s, rc);
}

/* ---- Chains --------------------------------------------------------------------------------- */

/* One origin while its chain is walked. */
typedef struct head {
    char *name;
    int64_t seq;
    uint8_t hash[ORX_SHA256_LEN];
    int64_t last_seq;
    uint8_t last_hash[ORX_SHA256_LEN];
} head;

typedef struct walk {
    orx_store *s;
    ORX_VEC(head) heads;
    orx_arena arena;
    orx_sha256 digest;
    orx_str scratch;
    int64_t count;
} walk;

static int broken(walk *w, orx_view origin, int64_t origin_seq, const char *what, orx_err *err) {
    return orx_err_set(err, ORX_E_CORRUPT,
                       "%s: event %lld of origin \"%.*s\" %s: the journal was changed behind our "
                       "back or is damaged. %s",
                       w->s->db_path, (long long)origin_seq, ORX_VIEW_ARG(origin), what,
                       ORX_DAMAGE_ADVICE);
}

static int load_heads(walk *w, orx_err *err) {
    orx_sql *q;
    int rc = orx_sql_get(w->s, "SELECT name, base_seq, base_hash, last_seq, last_hash FROM origin",
                         &q, err);
    if (rc < 0)
        return rc;
    while ((rc = orx_sql_step(q, err)) == 1) {
        head h = {.name = orx_arena_dup(&w->arena, orx_sql_col_text(q, 0)),
                  .seq = orx_sql_col_int(q, 1),
                  .last_seq = orx_sql_col_int(q, 3)};
        orx_view base = orx_sql_col_blob(q, 2);
        orx_view last = orx_sql_col_blob(q, 4);
        if (base.len != ORX_SHA256_LEN || last.len != ORX_SHA256_LEN) {
            orx_sql_reset(q);
            return broken(w, orx_view_of(h.name), h.last_seq, "has no valid head", err);
        }
        memcpy(h.hash, base.p, ORX_SHA256_LEN);
        memcpy(h.last_hash, last.p, ORX_SHA256_LEN);
        orx_vec_push(&w->heads, h);
    }
    return rc;
}

static head *head_of(walk *w, orx_view name) {
    for (size_t i = 0; i < w->heads.len; i++)
        if (orx_view_is(name, w->heads.items[i].name))
            return &w->heads.items[i];
    return NULL;
}

static int check_row(walk *w, const orx_event_row *row, orx_err *err) {
    head *h = head_of(w, row->origin);
    if (!h)
        return broken(w, row->origin, row->origin_seq, "belongs to no known origin", err);
    if (row->origin_seq != h->seq + 1)
        return broken(w, row->origin, h->seq + 1, "is missing", err);
    uint8_t hash[ORX_SHA256_LEN];
    orx_chain_hash(&w->digest, &w->scratch, h->hash, row, hash);
    if (!orx_view_eq(row->hash, orx_view_mem(hash, sizeof hash)))
        return broken(w, row->origin, row->origin_seq, "does not match its hash", err);
    h->seq++;
    memcpy(h->hash, hash, sizeof hash);
    w->count++;
    return 0;
}

static int check_ends(walk *w, orx_err *err) {
    for (size_t i = 0; i < w->heads.len; i++) {
        const head *h = &w->heads.items[i];
        if (h->seq != h->last_seq)
            return broken(w, orx_view_of(h->name), h->seq + 1, "is missing", err);
        if (memcmp(h->hash, h->last_hash, ORX_SHA256_LEN) != 0)
            return broken(w, orx_view_of(h->name), h->last_seq, "is not the recorded head", err);
    }
    return 0;
}

static int walk_rows(walk *w, orx_err *err) {
    orx_sql *q;
    int rc = orx_sql_get(w->s, ORX_EVENT_SELECT ORX_EVENT_JOIN " ORDER BY e.seq", &q, err);
    if (rc < 0)
        return rc;
    while ((rc = orx_sql_step(q, err)) == 1) {
        orx_event_row row;
        orx_event_row_read(q, &row);
        rc = check_row(w, &row, err);
        if (rc < 0)
            break;
    }
    orx_sql_reset(q);
    return rc;
}

int orx_event_verify(orx_store *s, int64_t *ret_count, orx_err *err) {
    walk w = {.s = s};
    orx_sha256_begin(&w.digest);
    /* One view for heads and rows, or a writer between the two would look like damage. */
    int rc = orx_read_begin(s, err);
    if (rc == 0)
        rc = load_heads(&w, err);
    if (rc == 0)
        rc = walk_rows(&w, err);
    if (rc == 0)
        rc = check_ends(&w, err);
    orx_read_end(s);
    orx_sha256_end(&w.digest, NULL);
    orx_str_free(&w.scratch);
    orx_arena_free(&w.arena);
    orx_vec_free(&w.heads);
    if (rc == 0 && ret_count)
        *ret_count = w.count;
    return found(s, rc);
}

int orx_store_check(orx_store *s, orx_err *err) {
    int rc = orx_check_pages(s, err);
    if (rc == 0)
        rc = orx_event_verify(s, NULL, err);
    if (rc == 0)
        rc = orx_body_check(s, err);
    return rc < 0 ? rc : orx_segment_check(s, err);
}

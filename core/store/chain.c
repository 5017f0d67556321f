/* chain.c: the hash chain of an origin.
 *
 * hash = SHA-256(previous hash, 32 bytes (zeros before the first event)
 *                seq, origin_seq, hlc, wall_ns, mono_ns, schema, attempt, call, cause: 8 bytes each
 *                origin, boot, kind, task, body: length in 4 bytes (all ones = NULL), bytes)
 * with all numbers little endian. Lengths stand before the bytes, so no two different events give
 * the same input. The head of each chain lies in the origin table, so that a cut tail shows too.
 *
 * hlc is a hybrid logical clock (Kulkarni et al. 2014) reduced to one store: wall milliseconds,
 * or the last value plus one when the wall clock stands still or went back.
 */
#include "store/internal.h"

static void put(orx_str *out, uint64_t value, int bytes) {
    char raw[8];
    for (int i = 0; i < bytes; i++)
        raw[i] = (char)(uint8_t)(value >> (8 * i));
    orx_str_add(out, raw, (size_t)bytes);
}

static void put_text(orx_str *out, orx_view v) {
    put(out, v.p ? v.len : UINT32_MAX, 4);
    if (v.p)
        orx_str_add(out, v.p, v.len);
}

void orx_chain_hash(orx_sha256 *digest, orx_str *scratch, const uint8_t *previous,
                    const orx_event_row *row, uint8_t out[ORX_SHA256_LEN]) {
    const int64_t numbers[] = {row->seq,    row->origin_seq, row->hlc,  row->wall_ns, row->mono_ns,
                               row->schema, row->attempt,    row->call, row->cause};
    orx_str_clear(scratch);
    orx_str_add(scratch, previous, ORX_SHA256_LEN);
    for (size_t i = 0; i < ORX_ARRAY_LEN(numbers); i++)
        put(scratch, (uint64_t)numbers[i], 8);
    put_text(scratch, row->origin);
    put_text(scratch, row->boot);
    put_text(scratch, row->kind);
    put_text(scratch, row->task);
    put_text(scratch, row->body);
    orx_sha256_add(digest, scratch->buf, scratch->len);
    orx_sha256_next(digest, out);
}

/* ---- The head ------------------------------------------------------------------------------- */

static int load_end(orx_store *s, orx_err *err) {
    orx_sql *q;
    int rc = orx_sql_get(s, "SELECT seq, hlc FROM event ORDER BY seq DESC LIMIT 1", &q, err);
    if (rc == 0)
        rc = orx_sql_step(q, err);
    if (rc < 0)
        return rc;
    s->chain.seq = rc ? orx_sql_col_int(q, 0) : 0;
    s->chain.hlc = rc ? orx_sql_col_int(q, 1) : 0;
    orx_sql_reset(q);
    return 0;
}

static int load_origin(orx_store *s, orx_err *err) {
    orx_sql *q;
    int rc = orx_sql_get(s, "SELECT id, last_seq, last_hash FROM origin WHERE name = ?1", &q, err);
    if (rc < 0)
        return rc;
    orx_sql_str(q, 1, s->origin);
    rc = orx_sql_step(q, err);
    if (rc < 0)
        return rc;
    orx_view hash = rc ? orx_sql_col_blob(q, 2) : (orx_view){0};
    if (hash.len != ORX_SHA256_LEN) {
        orx_sql_reset(q);
        return orx_err_set(err, ORX_E_CORRUPT, "%s: the table origin has no valid row for \"%s\"",
                           s->db_path, s->origin);
    }
    s->chain.origin_id = orx_sql_col_int(q, 0);
    s->chain.origin_seq = orx_sql_col_int(q, 1);
    memcpy(s->chain.hash, hash.p, ORX_SHA256_LEN);
    orx_sql_reset(q);
    return 0;
}

/* Another process may have written since the last transaction, so the head is read in each. */
static int load_head(orx_store *s, orx_err *err) {
    if (s->chain.loaded)
        return 0;
    int rc = load_end(s, err);
    if (rc == 0)
        rc = load_origin(s, err);
    s->chain.loaded = rc == 0;
    return rc;
}

int orx_chain_skip(orx_store *s, int64_t seq, orx_err *err) {
    int rc = load_head(s, err);
    if (rc == 0 && s->chain.seq < seq)
        s->chain.seq = seq;
    return rc;
}

int orx_chain_save(orx_store *s, orx_err *err) {
    if (!s->chain.moved)
        return 0;
    orx_sql *q;
    int rc =
        orx_sql_get(s, "UPDATE origin SET last_seq = ?2, last_hash = ?3 WHERE id = ?1", &q, err);
    if (rc < 0)
        return rc;
    orx_sql_int(q, 1, s->chain.origin_id);
    orx_sql_int(q, 2, s->chain.origin_seq);
    orx_sql_blob(q, 3, orx_view_mem(s->chain.hash, ORX_SHA256_LEN));
    return orx_store_done(q, err);
}

/* ---- Appending ------------------------------------------------------------------------------ */

static int64_t next_hlc(const orx_chain *c, int64_t wall_ns) {
    int64_t now = wall_ns > 0 ? (wall_ns / ORX_MS) << 16 : 0;
    return now > c->hlc ? now : c->hlc + 1;
}

/* Bound in place: the views outlive the step. */
static void bind_text(orx_sql *q, int index, orx_view v) {
    if (v.p)
        (void)sqlite3_bind_text64(q->stmt, index, v.p, v.len, SQLITE_STATIC, SQLITE_UTF8);
}

static void bind_nonzero(orx_sql *q, int index, int64_t value) {
    if (value)
        orx_sql_int(q, index, value);
}

static int insert(orx_store *s, const orx_event_row *row, orx_err *err) {
    orx_sql *q;
    int rc = orx_sql_get(s,
                         "INSERT INTO event(seq, origin, origin_seq, hlc, wall_ns, mono_ns, boot,"
                         " kind, schema, task, attempt, call, cause, body, hash)"
                         " VALUES(?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,?11,?12,?13,?14,?15)",
                         &q, err);
    if (rc < 0)
        return rc;
    orx_sql_int(q, 1, row->seq);
    orx_sql_int(q, 2, s->chain.origin_id);
    orx_sql_int(q, 3, row->origin_seq);
    orx_sql_int(q, 4, row->hlc);
    orx_sql_int(q, 5, row->wall_ns);
    orx_sql_int(q, 6, row->mono_ns);
    orx_sql_int(q, 7, s->boot_id);
    bind_text(q, 8, row->kind);
    orx_sql_int(q, 9, row->schema);
    bind_text(q, 10, row->task);
    bind_nonzero(q, 11, row->attempt);
    bind_nonzero(q, 12, row->call);
    bind_nonzero(q, 13, row->cause);
    bind_text(q, 14, row->body);
    (void)sqlite3_bind_blob(q->stmt, 15, row->hash.p, ORX_SHA256_LEN, SQLITE_STATIC);
    return orx_store_done(q, err);
}

int orx_chain_append(orx_store *s, orx_event_row *row, orx_err *err) {
    orx_chain *c = &s->chain;
    int rc = load_head(s, err);
    if (rc < 0)
        return rc;
    uint8_t hash[ORX_SHA256_LEN];
    row->seq = c->seq + 1;
    row->origin = orx_view_of(s->origin);
    row->origin_seq = c->origin_seq + 1;
    row->hlc = next_hlc(c, row->wall_ns);
    row->boot = orx_view_of(s->boot);
    if (orx_body_must_leave(row->body)) {
        rc = orx_body_externalize(s, row->body, row->seq, &c->reference, err);
        if (rc < 0)
            return rc;
        row->body = orx_str_view(&c->reference);
    }
    orx_chain_hash(&c->digest, &c->record, c->hash, row, hash);
    row->hash = orx_view_mem(hash, sizeof hash);
    rc = insert(s, row, err);
    row->hash = (orx_view){0};
    if (rc < 0)
        return rc;
    c->seq = row->seq;
    c->hlc = row->hlc;
    c->origin_seq = row->origin_seq;
    memcpy(c->hash, hash, sizeof hash);
    c->moved = true;
    return 0;
}

#include "run/vectors.h"

#include "base/digest.h"

#define KEPT "100000" /* ORX_VECTORS_MAX */

void orx_vector_bytes(const orx_vector *v, orx_str *out) {
    for (uint32_t i = 0; i < v->count; i++) {
        uint32_t bits;
        memcpy(&bits, &v->values[i], sizeof bits);
        for (int shift = 0; shift < 32; shift += 8)
            orx_str_addc(out, (char)(bits >> shift));
    }
}

void orx_vector_base64(const orx_vector *v, orx_str *out) {
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    ORX_CLEANUP(orx_str_free) orx_str bytes = {0};
    orx_vector_bytes(v, &bytes);
    for (size_t i = 0; i < bytes.len; i += 3) {
        size_t left = bytes.len - i;
        uint32_t three = 0;
        for (size_t j = 0; j < 3; j++)
            three = three << 8 | (j < left ? (unsigned char)bytes.buf[i + j] : 0U);
        for (size_t j = 0; j < 4; j++)
            orx_str_addc(out, j <= left ? digits[three >> (18 - 6 * j) & 63] : '=');
    }
}

static orx_vector floats_of(orx_arena *arena, orx_view bytes) {
    uint32_t count =
        bytes.len % 4 || bytes.len / 4 > ORX_VECTOR_MAX ? 0 : (uint32_t)(bytes.len / 4);
    float *values = orx_arena_zalloc(arena, (size_t)count + 1, sizeof *values);
    for (uint32_t i = 0; i < count; i++) {
        const unsigned char *b = (const unsigned char *)bytes.p + (size_t)4 * i;
        uint32_t bits =
            (uint32_t)b[0] | (uint32_t)b[1] << 8 | (uint32_t)b[2] << 16 | (uint32_t)b[3] << 24;
        memcpy(&values[i], &bits, sizeof bits);
    }
    return (orx_vector){values, count};
}

int orx_vectors_find(orx_store *s, const char *source, orx_view text, orx_arena *arena,
                     orx_vector *ret_vector, orx_err *err) {
    char digest[ORX_SHA256_HEX];
    orx_vector found = {0};
    orx_sql *q;
    int rc = orx_sql_get(s, "SELECT floats FROM vector WHERE source = ?1 AND sha256 = ?2", &q, err);
    if (rc < 0)
        return rc;
    orx_sha256_hex(text, digest);
    orx_sql_str(q, 1, source);
    orx_sql_str(q, 2, digest);
    rc = orx_sql_step(q, err);
    if (rc == 1)
        found = floats_of(arena, orx_sql_col_blob(q, 0));
    orx_sql_reset(q);
    if (rc == 1 && found.count)
        *ret_vector = found;
    return rc < 0 ? rc : found.count > 0;
}

static int put_one(orx_store *s, const char *source, orx_view text, const orx_vector *v,
                   orx_err *err) {
    ORX_CLEANUP(orx_str_free) orx_str bytes = {0};
    char digest[ORX_SHA256_HEX];
    orx_sql *q;
    int rc = orx_sql_get(s,
                         "INSERT INTO vector(source, sha256, floats) VALUES(?1, ?2, ?3)"
                         " ON CONFLICT(source, sha256) DO UPDATE SET floats = excluded.floats",
                         &q, err);
    if (rc < 0)
        return rc;
    orx_sha256_hex(text, digest);
    orx_vector_bytes(v, &bytes);
    orx_sql_str(q, 1, source);
    orx_sql_str(q, 2, digest);
    orx_sql_blob(q, 3, orx_str_view(&bytes));
    int64_t n = orx_sql_run(q, err);
    return n < 0 ? (int)n : 0;
}

static int drop_oldest(orx_store *s, orx_err *err) {
    orx_sql *q;
    int rc = orx_sql_get(s, "DELETE FROM vector WHERE id <= (SELECT max(id) FROM vector) - " KEPT,
                         &q, err);
    int64_t n = rc < 0 ? rc : orx_sql_run(q, err);
    return n < 0 ? (int)n : 0;
}

int orx_vectors_put(orx_store *s, const char *source, const orx_view *texts,
                    const orx_vector *vectors, size_t count, orx_err *err) {
    int rc = orx_tx_begin(s, err);
    if (rc < 0)
        return rc;
    for (size_t i = 0; rc == 0 && i < count; i++)
        if (vectors[i].count)
            rc = put_one(s, source, texts[i], &vectors[i], err);
    if (rc == 0)
        rc = drop_oldest(s, err);
    if (rc == 0)
        return orx_tx_commit(s, err);
    orx_tx_rollback(s);
    return rc;
}

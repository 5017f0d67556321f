/* salvage_read.c: reading a damaged database.
 *
 * SQLite reads around damage by itself as long as it is not asked for the damaged page: a walk by
 * rowid that fails is taken up again behind, at the nearest rowid that can be found, and from there
 * also backwards. Tables without rowid are read from both ends.
 */
#include "store/salvaging.h"

#include <stdio.h>

#define CHUNK  ((size_t)1 << 20)
#define HEADER 100

/* ---- The copy -------------------------------------------------------------------------------- */

static int copy_file(orx_salvage *sv, const char *from, const char *to, orx_err *err) {
    orx_platform *p = sv->p;
    orx_file *in = NULL;
    orx_file *out = NULL;
    ORX_CLEANUP(orx_freep) char *buf = orx_xmalloc(CHUNK);
    int rc = orx_file_open(p, from, ORX_OPEN_READ, 0, &in, err);
    if (rc == 0)
        rc = orx_file_open(p, to, ORX_OPEN_WRITE | ORX_OPEN_CREATE | ORX_OPEN_TRUNCATE, 0600, &out,
                           err);
    int64_t n = rc < 0 ? rc : 1;
    for (int64_t at = 0; n > 0; at += n) {
        n = orx_file_read(p, in, at, buf, CHUNK, err);
        if (n > 0 && (rc = orx_file_write(p, out, at, buf, (size_t)n, err)) < 0)
            break;
    }
    orx_file_close(p, in);
    orx_file_close(p, out);
    return n < 0 ? (int)n : rc;
}

static void put32(uint8_t *to, int64_t value) {
    for (int i = 0; i < 4; i++)
        to[i] = (uint8_t)(value >> (24 - 8 * i));
}

static bool is_header(const uint8_t h[HEADER], int64_t size) {
    uint32_t page = (uint32_t)h[16] << 8 | h[17];
    bool page_ok = page == 1 || (page >= 512 && (page & (page - 1)) == 0);
    return memcmp(h, "SQLite format 3", 16) == 0 && page_ok && h[18] <= 2 && h[19] <= 2 &&
           h[20] == 0 && h[21] == 64 && h[22] == 32 && h[23] == 32 && size > HEADER;
}

/* The first 100 bytes say how to read the rest. A broken header gets that of the new journal, which
 * was made the same way, with the number of pages that are there and no free ones. */
static int mend_header(orx_salvage *sv, const char *copy, orx_err *err) {
    enum { PAGE = 4096 };
    uint8_t have[HEADER] = {0};
    uint8_t good[HEADER];
    orx_file *f = NULL;
    orx_file_info info;
    int rc = orx_file_open(sv->p, copy, ORX_OPEN_READ | ORX_OPEN_WRITE, 0, &f, err);
    if (rc < 0)
        return rc;
    rc = orx_file_info_of(sv->p, f, &info, err);
    if (rc == 0)
        rc = (int)orx_file_read(sv->p, f, 0, have, HEADER, err);
    if (rc >= 0 && !is_header(have, info.size) && info.size >= PAGE) {
        static const uint8_t model[24] = "SQLite format 3\0\x10\0\2\2\0\x40\x20\x20";
        memset(good, 0, sizeof good);
        memcpy(good, model, sizeof model);
        put32(good + 24, 1);                /* change counter */
        put32(good + 28, info.size / PAGE); /* pages */
        put32(good + 40, 1);                /* schema cookie */
        put32(good + 44, 4);                /* schema format */
        put32(good + 56, 1);                /* UTF-8 */
        put32(good + 92, 1);                /* the change counter the pages were counted at */
        put32(good + 96, sqlite3_libversion_number());
        rc = orx_file_write(sv->p, f, 0, good, HEADER, err);
    }
    orx_file_close(sv->p, f);
    return rc < 0 ? rc : 0;
}

static bool run(sqlite3 *db, const char *sql) {
    return sqlite3_exec(db, sql, NULL, NULL, NULL) == SQLITE_OK;
}

/* With writable_schema SQLite reads on where it would give up on a file that is too short or a
 * schema that is not whole. */
static void open_copy(orx_salvage *sv, const char *copy) {
    const char *vfs = sv->vfs ? orx_vfs_name(sv->vfs) : NULL;
    if (sqlite3_open_v2(copy, &sv->old, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, vfs) !=
            SQLITE_OK ||
        !run(sv->old, "PRAGMA writable_schema = ON; PRAGMA cell_size_check = ON;"
                      "PRAGMA temp_store = MEMORY; SELECT count(*) FROM sqlite_schema;")) {
        (void)sqlite3_close(sv->old);
        sv->old = NULL;
    }
}

int orx_salvage_open_copy(orx_salvage *sv, orx_err *err) {
    const char *copy = orx_arena_printf(&sv->arena, "%s/copy.db", sv->scratch);
    const char *wal = orx_arena_printf(&sv->arena, "%s-wal", sv->report.source);
    int rc = copy_file(sv, sv->report.source, copy, err);
    if (rc == 0 && orx_exists(sv->p, wal))
        rc = copy_file(sv, wal, orx_arena_printf(&sv->arena, "%s-wal", copy), err);
    if (rc == 0)
        rc = mend_header(sv, copy, err);
    if (rc < 0)
        return rc;
    sv->vfs = sv->p->simulated ? orx_vfs_new(sv->p, sv->scratch) : NULL;
    open_copy(sv, copy);
    return 0;
}

/* ---- Columns --------------------------------------------------------------------------------- */

typedef struct table {
    orx_salvage *sv;
    const char *name;
    orx_str columns; /* those that both have, "a, b" */
    orx_str key;     /* of a table without rowid: "a, b" */
    orx_str key_down;
    int count;
    bool rowid;
    sqlite3_stmt *insert;
    int64_t rows;
    bool damaged;
} table;

static bool has_column(sqlite3 *db, const char *name, const char *column) {
    sqlite3_stmt *q = NULL;
    bool found = false;
    if (sqlite3_prepare_v2(db, "SELECT 1 FROM pragma_table_info(?1) WHERE name = ?2", -1, &q,
                           NULL) == SQLITE_OK) {
        (void)sqlite3_bind_text(q, 1, name, -1, SQLITE_STATIC);
        (void)sqlite3_bind_text(q, 2, column, -1, SQLITE_STATIC);
        found = sqlite3_step(q) == SQLITE_ROW;
    }
    (void)sqlite3_finalize(q);
    return found;
}

static void add_name(orx_str *list, const char *name, const char *behind) {
    orx_str_addf(list, "%s\"%s\"%s", list->len ? ", " : "", name, behind);
}

static bool read_columns(table *t) {
    sqlite3_stmt *q = NULL;
    const char *sql = "SELECT name, pk FROM pragma_table_info(?1) ORDER BY pk";
    if (sqlite3_prepare_v2(t->sv->fresh->db, sql, -1, &q, NULL) != SQLITE_OK)
        return false;
    (void)sqlite3_bind_text(q, 1, t->name, -1, SQLITE_STATIC);
    while (sqlite3_step(q) == SQLITE_ROW) {
        const char *column = (const char *)sqlite3_column_text(q, 0);
        if (!has_column(t->sv->old, t->name, column))
            continue;
        add_name(&t->columns, column, "");
        t->count++;
        if (sqlite3_column_int(q, 1) > 0) {
            add_name(&t->key, column, "");
            add_name(&t->key_down, column, " DESC");
        }
    }
    (void)sqlite3_finalize(q);
    return t->count > 0;
}

static bool prepare_insert(table *t) {
    ORX_CLEANUP(orx_str_free) orx_str sql = {0};
    orx_str_addf(&sql, "INSERT OR %s INTO \"%s\"(%s) VALUES(",
                 strcmp(t->name, "store_projection") == 0 ? "REPLACE" : "IGNORE", t->name,
                 orx_str_cstr(&t->columns));
    for (int i = 0; i < t->count; i++)
        orx_str_adds(&sql, i ? ",?" : "?");
    orx_str_adds(&sql, ")");
    return sqlite3_prepare_v2(t->sv->fresh->db, orx_str_cstr(&sql), -1, &t->insert, NULL) ==
           SQLITE_OK;
}

/* A row that breaks a rule of its table is damage that SQLite did not see. */
static void take_row(table *t, sqlite3_stmt *q, int first) {
    (void)sqlite3_reset(t->insert);
    for (int i = 0; i < t->count; i++)
        (void)sqlite3_bind_value(t->insert, i + 1, sqlite3_column_value(q, first + i));
    if (sqlite3_step(t->insert) != SQLITE_DONE)
        t->damaged = true;
    else
        t->rows += sqlite3_changes(t->sv->fresh->db);
    (void)sqlite3_reset(t->insert);
}

/* ---- Walking --------------------------------------------------------------------------------- */

static sqlite3_stmt *prepare(table *t, const char *where, int64_t a, int64_t b) {
    ORX_CLEANUP(orx_str_free) orx_str sql = {0};
    sqlite3_stmt *q = NULL;
    orx_str_addf(&sql, "SELECT %s%s FROM \"%s\" %s", t->rowid ? "rowid, " : "",
                 orx_str_cstr(&t->columns), t->name, where);
    if (sqlite3_prepare_v2(t->sv->old, orx_str_cstr(&sql), -1, &q, NULL) != SQLITE_OK)
        return NULL;
    if (t->rowid) {
        (void)sqlite3_bind_int64(q, 1, a);
        (void)sqlite3_bind_int64(q, 2, b);
    }
    return q;
}

/* Takes rows until the end (true) or damage (false); *at is the last rowid that was read. */
static bool walk(table *t, const char *where, int64_t a, int64_t b, int64_t *at) {
    sqlite3_stmt *q = prepare(t, where, a, b);
    int rc = SQLITE_CORRUPT;
    while (q && (rc = sqlite3_step(q)) == SQLITE_ROW) {
        if (at)
            *at = sqlite3_column_int64(q, 0);
        take_row(t, q, t->rowid ? 1 : 0);
    }
    (void)sqlite3_finalize(q);
    return rc == SQLITE_DONE;
}

/* The first row at or behind a rowid: 1 = found, 0 = there is none, -1 = damage. */
static int find(table *t, int64_t from, int64_t *ret_rowid) {
    sqlite3_stmt *q = prepare(t, "WHERE rowid >= ?1 AND ?2 = 0 ORDER BY rowid LIMIT 1", from, 0);
    int rc = q ? sqlite3_step(q) : SQLITE_CORRUPT;
    if (rc == SQLITE_ROW)
        *ret_rowid = sqlite3_column_int64(q, 0);
    (void)sqlite3_finalize(q);
    return rc == SQLITE_ROW ? 1 : rc == SQLITE_DONE ? 0 : -1;
}

/* The nearest row behind the damage, looked for in steps that double. */
static bool find_behind(table *t, int64_t at, int64_t *ret_rowid) {
    for (int64_t step = 1; step < INT64_C(1) << 40; step *= 2) {
        int rc = find(t, at + step, ret_rowid);
        if (rc >= 0)
            return rc == 1;
    }
    return false;
}

/* A walk that begins at a row which was found does not touch the page before it. */
static void walk_rowids(table *t) {
    int64_t at = -1; /* the last one that was read */
    int64_t from = 0;
    while (!walk(t, "WHERE rowid >= ?1 AND ?2 = 0 ORDER BY rowid", from, 0, &at)) {
        int64_t behind = 0;
        t->damaged = true;
        at = at < from ? from : at;
        if (!find_behind(t, at, &behind))
            return;
        /* The steps may have passed some. */
        (void)walk(t, "WHERE rowid > ?1 AND rowid < ?2 ORDER BY rowid DESC", at, behind, NULL);
        from = behind;
    }
}

static void walk_keys(table *t) {
    ORX_CLEANUP(orx_str_free) orx_str up = {0};
    ORX_CLEANUP(orx_str_free) orx_str down = {0};
    orx_str_addf(&up, "ORDER BY %s", orx_str_cstr(&t->key));
    orx_str_addf(&down, "ORDER BY %s", orx_str_cstr(&t->key_down));
    if (walk(t, orx_str_cstr(&up), 0, 0, NULL))
        return;
    t->damaged = true;
    (void)walk(t, orx_str_cstr(&down), 0, 0, NULL);
}

/* ---- Tables ---------------------------------------------------------------------------------- */

static bool has_rowid(const table *t) {
    ORX_CLEANUP(orx_str_free) orx_str sql = {0};
    sqlite3_stmt *q = NULL;
    orx_str_addf(&sql, "SELECT rowid FROM \"%s\"", t->name);
    int rc = sqlite3_prepare_v2(t->sv->fresh->db, orx_str_cstr(&sql), -1, &q, NULL);
    (void)sqlite3_finalize(q);
    return rc == SQLITE_OK;
}

static void copy_table(orx_salvage *sv, const char *name) {
    table t = {.sv = sv, .name = name};
    bool there = sv->old && read_columns(&t) && prepare_insert(&t);
    t.rowid = has_rowid(&t);
    if (there && t.rowid)
        walk_rowids(&t);
    else if (there)
        walk_keys(&t);
    if (!there || t.damaged)
        orx_vec_push(&sv->report.tables, ((orx_salvage_table){name, t.rows, !there}));
    if (strcmp(name, "event") == 0)
        sv->report.events = t.rows;
    (void)sqlite3_finalize(t.insert);
    orx_str_free(&t.columns);
    orx_str_free(&t.key);
    orx_str_free(&t.key_down);
}

int orx_salvage_copy_tables(orx_salvage *sv, orx_err *err) {
    /* The rest of the store's own tables is about processes that are gone. */
    static const char all[] =
        "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
        " AND name NOT IN ('store_room', 'store_writer', 'store_lease') ORDER BY name";
    orx_sql *q;
    ORX_VEC(const char *) names = {0};
    int rc = orx_sql_get(sv->fresh, all, &q, err);
    while (rc >= 0 && (rc = orx_sql_step(q, err)) == 1)
        orx_vec_push(&names, orx_arena_dup(&sv->arena, orx_sql_col_text(q, 0)));
    for (size_t i = 0; rc == 0 && i < names.len; i++)
        copy_table(sv, names.items[i]);
    orx_vec_free(&names);
    return rc;
}

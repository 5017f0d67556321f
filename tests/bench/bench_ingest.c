/* bench_ingest.c: how quickly a bill gets into the books, against SQLite alone.
 *
 * Both write the same rows into the same table (its text is read from the journal that has just
 * been made), a thousand in one durable transaction, page by page and turn about, with the same
 * settings of the database:
 *
 *   ingest   what a driver tells its sink (money/ingest_fetch.h): each row is checked, its
 *            dimensions become one text, its amount a number, its identity a digest, and the page
 * is written with the state of the source and an event SQLite   one prepared INSERT per row, all
 * values of which are there already
 *
 * ingest_share is what ingest reaches of SQLite's rows a second, over all pages; ingest_share_late
 * over the last tenth of them, when the table is largest.
 *
 * The files that show bills are no part of it: they are written between pages and at the end, from
 * all rows.
 *
 * `bench_ingest N` writes N rows instead of a million; 10000000 is what the bar speaks of.
 */
#include "bench.h"

#include "money/ingest_fetch.h"
#include "platform/files.h"

#include <sqlite3.h>
#include <string.h>

enum { ROWS = 1000000, PAGE = 1000, PROVIDERS = 3, MODELS = 8, DIMS = 3, COLUMNS = 24 };

#define HOUR  (3600 * ORX_SEC)
#define BEGIN (INT64_C(1704067200) * ORX_SEC) /* 2024-01-01 */

static void die(const char *what) {
    (void)fprintf(stderr, "bench_ingest: %s\n", what);
    exit(1);
}

static void check(int rc, const orx_err *err) {
    if (rc < 0)
        die(err->msg);
}

/* ---- Rows ------------------------------------------------------------------------------------ */

/* Line `at` of page `page`: one hour of one provider is a page. */
typedef struct line {
    char provider[16];
    char model[16];
    char project[24];
    char item[24];
    char amount[24];
    char dims[128]; /* as the journal has them */
    int64_t start;
    int64_t nano;
    uint8_t id[ORX_BILLED_ID_LEN];
} line;

static void make_line(line *l, int page, int at) {
    (void)snprintf(l->provider, sizeof l->provider, "p%d", page % PROVIDERS);
    (void)snprintf(l->model, sizeof l->model, "model-%d", at % MODELS);
    (void)snprintf(l->project, sizeof l->project, "proj_%08d", at / MODELS % 25);
    (void)snprintf(l->item, sizeof l->item, "item %d", at / MODELS / 25);
    l->nano = INT64_C(1000003) * (at + 1) + page;
    (void)snprintf(l->amount, sizeof l->amount, "0.%09lld", (long long)l->nano);
    (void)snprintf(l->dims, sizeof l->dims, "{\"item\":\"%s\",\"key\":\"\",\"project\":\"%s\"}",
                   l->item, l->project);
    l->start = BEGIN + page / PROVIDERS * HOUR;
    const orx_billed row = {.instance = orx_view_of("bench"),
                            .source = orx_view_of("costs"),
                            .provider = orx_view_of(l->provider),
                            .model = orx_view_of(l->model),
                            .dims = orx_view_of(l->dims),
                            .start_ns = l->start,
                            .end_ns = l->start + HOUR};
    orx_billed_identity(&row, l->id);
}

static void make_page(line *lines, int page) {
    for (int i = 0; i < PAGE; i++)
        make_line(&lines[i], page, i);
}

/* ---- Ingest ---------------------------------------------------------------------------------- */

static orxaq_view text(const char *s) {
    return (orxaq_view){s, strlen(s)};
}

static double ingest_page(orx_ingest_fetch *f, const line *lines) {
    double begun = bench_now();
    for (int i = 0; i < PAGE; i++) {
        const line *l = &lines[i];
        const orxaq_dimension dims[DIMS] = {
            {.struct_size = sizeof *dims, .name = text("project"), .value = text(l->project)},
            {.struct_size = sizeof *dims, .name = text("item"), .value = text(l->item)},
            {.struct_size = sizeof *dims, .name = text("key"), .value = text("")}};
        const orxaq_cost_row row = {.struct_size = sizeof row,
                                    .start_ns = l->start,
                                    .end_ns = l->start + HOUR,
                                    .source = text("costs"),
                                    .provider = text(l->provider),
                                    .model = text(l->model),
                                    .dimensions = dims,
                                    .dimension_count = DIMS,
                                    .amount = text(l->amount),
                                    .currency = text("usd"),
                                    .input_tokens = 1000,
                                    .cache_read_tokens = -1,
                                    .cache_write_5m_tokens = -1,
                                    .cache_write_1h_tokens = -1,
                                    .output_tokens = 100,
                                    .audio_input_tokens = -1,
                                    .audio_output_tokens = -1,
                                    .total_tokens = -1,
                                    .requests = 1};
        if (f->table.row(&f->table, &row) < 0)
            die("a row was refused");
    }
    if (f->table.page(&f->table, text("next")) < 0)
        die(f->err.msg);
    return bench_now() - begun;
}

/* ---- SQLite ---------------------------------------------------------------------------------- */

typedef struct raw {
    sqlite3 *db;
    sqlite3_stmt *begin;
    sqlite3_stmt *insert;
    sqlite3_stmt *commit;
} raw;

static void must(const raw *r, int rc) {
    if (rc != SQLITE_OK && rc != SQLITE_DONE && rc != SQLITE_ROW)
        die(sqlite3_errmsg(r->db));
}

static void once(const raw *r, sqlite3_stmt *q) {
    must(r, sqlite3_step(q));
    must(r, sqlite3_reset(q));
}

/* The table as the journal has it, and the settings that a journal is written with. */
static void raw_open(raw *r, orx_store *s, const char *path) {
    orx_err err = ORX_ERR_INIT;
    orx_sql *q = NULL;
    ORX_CLEANUP(orx_str_free) orx_str script = {0};
    check(orx_sql_get(s, "SELECT sql FROM sqlite_schema WHERE name = 'billed'", &q, &err), &err);
    check(orx_sql_step(q, &err), &err);
    orx_str_adds(&script, "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA cache_size "
                          "= -2000; PRAGMA mmap_size = 0; PRAGMA journal_size_limit = 16777216;");
    orx_str_addv(&script, orx_sql_col_text(q, 0));
    orx_sql_reset(q);
    must(r, sqlite3_open(path, &r->db));
    must(r, sqlite3_exec(r->db, orx_str_cstr(&script), NULL, NULL, NULL));
    must(r, sqlite3_prepare_v2(r->db, "BEGIN IMMEDIATE", -1, &r->begin, NULL));
    must(r, sqlite3_prepare_v2(r->db, "COMMIT", -1, &r->commit, NULL));
    must(r, sqlite3_prepare_v2(r->db,
                               "INSERT INTO billed VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10,"
                               " ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21, ?22, ?23,"
                               " ?24)",
                               -1, &r->insert, NULL));
}

static void raw_close(raw *r) {
    (void)sqlite3_finalize(r->begin);
    (void)sqlite3_finalize(r->insert);
    (void)sqlite3_finalize(r->commit);
    (void)sqlite3_close(r->db);
}

static double raw_page(const raw *r, const line *lines) {
    static const int64_t numbers[] = {0, 0, 1000, -1, -1, -1, 100, -1, -1, -1, 1, -1, -1, 1, 1};
    double begun = bench_now();
    once(r, r->begin);
    for (int i = 0; i < PAGE; i++) {
        const line *l = &lines[i];
        const char *const texts[] = {"bench", "costs", l->model, l->dims};
        must(r, sqlite3_bind_text(r->insert, 1, l->provider, -1, SQLITE_STATIC));
        must(r, sqlite3_bind_int64(r->insert, 2, l->start));
        must(r, sqlite3_bind_blob(r->insert, 3, l->id, sizeof l->id, SQLITE_STATIC));
        must(r, sqlite3_bind_int64(r->insert, 4, l->start + HOUR));
        for (int k = 0; k < 4; k++)
            must(r, sqlite3_bind_text(r->insert, 5 + k, texts[k], -1, SQLITE_STATIC));
        must(r, sqlite3_bind_int64(r->insert, 9, l->nano));
        for (int k = 0; k < (int)ORX_ARRAY_LEN(numbers); k++)
            must(r, sqlite3_bind_int64(r->insert, 10 + k, numbers[k]));
        once(r, r->insert);
    }
    once(r, r->commit);
    return bench_now() - begun;
}

/* ---- Both ------------------------------------------------------------------------------------ */

static int64_t sum_of(orx_store *s) {
    orx_err err = ORX_ERR_INIT;
    orx_sql *q = NULL;
    check(orx_sql_get(s, "SELECT count(*) FROM billed WHERE nano > 0 AND input = 1000", &q, &err),
          &err);
    check(orx_sql_step(q, &err), &err);
    int64_t n = orx_sql_col_int(q, 0);
    orx_sql_reset(q);
    return n;
}

static bool measure(orx_platform *p, orx_store *s, const char *other, int rows) {
    const orx_ingest_spec spec = {.max_pages = INT64_MAX};
    orx_ingest_fetch f = {.table = orx_ingest_sink,
                          .p = p,
                          .s = s,
                          .spec = &spec,
                          .state = {.instance = "bench",
                                    .provider = "p0",
                                    .endpoint = "",
                                    .fetch = 1,
                                    .checkpoint = "",
                                    .open = true,
                                    .reasons = "[]",
                                    .status = "",
                                    .message = "",
                                    .covers = "[]"}};
    line *lines = orx_xcalloc(PAGE, sizeof *lines);
    double took[2] = {0};
    double late[2] = {0};
    raw r = {0};
    raw_open(&r, s, other);
    for (int page = 0; page < rows / PAGE; page++) {
        make_page(lines, page);
        double plain = raw_page(&r, lines);
        double ours = ingest_page(&f, lines);
        bool is_late = page >= rows / PAGE - rows / PAGE / 10;
        took[0] += plain;
        took[1] += ours;
        late[0] += is_late ? plain : 0;
        late[1] += is_late ? ours : 0;
    }
    if (sum_of(s) != rows)
        die("rows are missing");
    (void)fprintf(stderr, "bench_ingest: %d rows, SQLite %.0f/s, ingest %.0f/s\n", rows,
                  rows / took[0], rows / took[1]);
    raw_close(&r);
    orx_ingest_forget(&f);
    orx_arena_free(&f.arena);
    free(lines);
    bool good = bench_at_least("ingest_share", 100 * took[0] / took[1], "%", 60);
    return bench_at_least("ingest_share_late", 100 * late[0] / late[1], "%", 60) && good;
}

int main(int argc, char **argv) {
    orx_store_room room = orx_ingest_room;
    const orx_store_room *const rooms[] = {&room, NULL};
    ORX_CLEANUP(orx_arena_free) orx_arena arena = {0};
    char dir[] = "/var/tmp/orxaq-bench.XXXXXX";
    orx_err err = ORX_ERR_INIT;
    orx_platform *p = NULL;
    orx_store *s = NULL;
    int rows = argc > 1 ? (int)strtol(argv[1], NULL, 10) : ROWS;
    if (rows < 10 * PAGE) {
        (void)fprintf(stderr, "bench_ingest: expected a number of rows, at least %d\n", 10 * PAGE);
        return 2;
    }
    room.projection_count = 0;
    if (!mkdtemp(dir))
        return 1;
    check(orx_platform_uv_new(&p, &err), &err);
    check(orx_store_open(p, dir, "primary", rooms, ORX_STORE_CREATE, &s, &err), &err);
    bool good = measure(p, s, orx_path_join(&arena, dir, "raw.db"), rows);
    orx_store_close(s);
    (void)orx_remove_tree(p, dir, NULL);
    orx_platform_free(p);
    return good ? 0 : 1;
}

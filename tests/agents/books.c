/* books.c: reads the journal for tests/agents: what a call came to, to the token.
 *
 *   agents_books DB sums      the sums over all calls, in the counting of the model servers: input,
 * of it read from and written to a cache, output, of it reasoning agents_books DB FIELD N   a field
 * of the N-th call (0 = the last); the fields are listed below
 */
#include <sqlite3.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const kinds[] = {
    "ok",          "auth",      "rate_limit",       "quota",   "overloaded", "network", "timeout",
    "no_progress", "bad_model", "context_too_long", "refused", "crashed",    "killed",  "protocol"};

static const char sums[] =
    "SELECT coalesce(sum(coalesce(input_tokens, 0) + coalesce(cache_read_tokens, 0)"
    " + coalesce(cache_write_tokens, 0)), 0) || ' ' || coalesce(sum(cache_read_tokens), 0) || ' '"
    " || coalesce(sum(cache_write_tokens), 0) || ' '"
    " || coalesce(sum(coalesce(output_tokens, 0) + coalesce(reasoning_tokens, 0)), 0) || ' '"
    " || coalesce(sum(reasoning_tokens), 0) FROM call";

static const struct {
    const char *name;
    const char *column;
} fields[] = {
    {"kind", "kind"},
    {"message", "message"},
    {"session", "session"},
    {"model", "model_answered"},
    {"retry_after_ms", "retry_after_ms"},
    {"requests", "requests"},
    {"provenance", "provenance"},
    {"exit_code", "exit_code"},
};

static int query_of(const char *what, const char *nth, char *out, size_t size) {
    if (strcmp(what, "sums") == 0) {
        (void)snprintf(out, size, "%s", sums);
        return 0;
    }
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++)
        if (strcmp(what, fields[i].name) == 0) {
            long n = strtol(nth, NULL, 10);
            (void)snprintf(out, size, "SELECT %s FROM call ORDER BY id %s LIMIT 1 OFFSET %ld",
                           fields[i].column, n ? "ASC" : "DESC", n ? n - 1 : 0);
            return 0;
        }
    return -1;
}

int main(int argc, char **argv) {
    char query[1024];
    sqlite3 *db = NULL;
    sqlite3_stmt *q = NULL;
    if (argc < 3 || query_of(argv[2], argc > 3 ? argv[3] : "0", query, sizeof query) < 0) {
        (void)fprintf(stderr, "usage: agents_books DB sums|FIELD [N]\n");
        return 2;
    }
    if (sqlite3_open_v2(argv[1], &db, SQLITE_OPEN_READONLY, NULL) != SQLITE_OK ||
        sqlite3_prepare_v2(db, query, -1, &q, NULL) != SQLITE_OK) {
        (void)fprintf(stderr, "%s: %s\n", argv[1], sqlite3_errmsg(db));
        return 1;
    }
    if (sqlite3_step(q) == SQLITE_ROW) {
        int kind = sqlite3_column_int(q, 0);
        int known = kind >= 0 && kind < (int)(sizeof kinds / sizeof *kinds);
        const char *text = (const char *)sqlite3_column_text(q, 0);
        if (strcmp(argv[2], "kind") == 0)
            text = known ? kinds[kind] : "none";
        (void)printf("%s\n", text ? text : "");
    }
    sqlite3_finalize(q);
    return sqlite3_close(db) == SQLITE_OK ? 0 : 1;
}

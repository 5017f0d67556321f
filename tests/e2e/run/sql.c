/* sql FILE STATEMENT: changes a database behind everybody's back, for tests in which time has
 * passed. */
#include <sqlite3.h>
#include <stdio.h>

int main(int argc, char **argv) {
    sqlite3 *db = NULL;
    char *why = NULL;
    if (argc != 3 || sqlite3_open_v2(argv[1], &db, SQLITE_OPEN_READWRITE, NULL) != SQLITE_OK ||
        sqlite3_exec(db, argv[2], NULL, NULL, &why) != SQLITE_OK) {
        (void)fprintf(stderr, "sql: %s\n", why ? why : "expected FILE STATEMENT");
        return 1;
    }
    sqlite3_close(db);
    return 0;
}

/* run_pages DB TABLE: the numbers of the pages that hold the table's rows, in the order of the
 * rows. For tests that damage exactly those. Format: https://www.sqlite.org/fileformat2.html, 1.6.
 */
#include <sqlite3.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

typedef struct file {
    uint8_t *data;
    long size;
    long page;
} file;

static unsigned number(const uint8_t *p, int bytes) {
    unsigned n = 0;
    for (int i = 0; i < bytes; i++)
        n = n << 8 | p[i];
    return n;
}

/* Interior pages have the left child in each cell and the rightmost one in the header. */
static void walk(const file *f, unsigned page, int depth) {
    const uint8_t *p = f->data + (long)(page - 1) * f->page;
    const uint8_t *h = p + (page == 1 ? 100 : 0);
    if (page == 0 || (long)page * f->page > f->size || depth > 20)
        return;
    if (h[0] == 13 || h[0] == 10) {
        printf("%u\n", page);
        return;
    }
    for (unsigned i = 0; i < number(h + 3, 2); i++)
        walk(f, number(p + number(h + 12 + (size_t)2 * i, 2), 4), depth + 1);
    walk(f, number(h + 8, 4), depth + 1);
}

static int read_all(const char *path, file *f) {
    FILE *in = fopen(path, "rb");
    if (!in || fseek(in, 0, SEEK_END) != 0 || (f->size = ftell(in)) < 100)
        return -1;
    f->data = malloc((size_t)f->size);
    rewind(in);
    size_t n = fread(f->data, 1, (size_t)f->size, in);
    (void)fclose(in);
    f->page = number(f->data + 16, 2);
    return n == (size_t)f->size && f->page >= 512 ? 0 : -1;
}

static unsigned root_of(const char *path, const char *table) {
    sqlite3 *db = NULL;
    sqlite3_stmt *q = NULL;
    unsigned root = 0;
    if (sqlite3_open_v2(path, &db, SQLITE_OPEN_READONLY, NULL) == SQLITE_OK &&
        sqlite3_prepare_v2(db, "SELECT rootpage FROM sqlite_schema WHERE name = ?1", -1, &q,
                           NULL) == SQLITE_OK &&
        sqlite3_bind_text(q, 1, table, -1, SQLITE_STATIC) == SQLITE_OK &&
        sqlite3_step(q) == SQLITE_ROW)
        root = (unsigned)sqlite3_column_int(q, 0);
    (void)sqlite3_finalize(q);
    (void)sqlite3_close(db);
    return root;
}

int main(int argc, char **argv) {
    file f = {0};
    if (argc != 3)
        return 2;
    unsigned root = root_of(argv[1], argv[2]);
    if (!root || read_all(argv[1], &f) < 0)
        return 1;
    walk(&f, root, 0);
    free(f.data);
    return 0;
}

/* The tail of a file, read backwards by blocks, is the end of what reading it forwards gives.
 *
 * The first byte of the input says how much filler (in KiB, modulo 144) goes into the text, the
 * second where, so that small inputs reach across blocks; the rest is the file. */
#include "data/json.h"
#include "data/ndjson.h"
#include "platform/files.h"

#include "base/vec.h"
#include "fuzz.h"

typedef struct memory_disk {
    orx_platform base;
    orx_view text;
} memory_disk;

static int disk_open(orx_platform *p, ORX_UNUSED const char *path, ORX_UNUSED int flags,
                     ORX_UNUSED uint32_t mode, orx_file **ret_f, ORX_UNUSED orx_err *err) {
    *ret_f = (orx_file *)(void *)p;
    return 0;
}

static void disk_close(ORX_UNUSED orx_platform *p, ORX_UNUSED orx_file *f) {}

static int64_t disk_read(orx_platform *p, ORX_UNUSED orx_file *f, int64_t offset, void *buf,
                         size_t len, ORX_UNUSED orx_err *err) {
    const memory_disk *d = (const memory_disk *)(void *)p;
    FUZZ_CHECK(offset >= 0 && (size_t)offset + len <= d->text.len);
    if (len)
        memcpy(buf, d->text.p + offset, len);
    return (int64_t)len;
}

static int disk_info(orx_platform *p, ORX_UNUSED orx_file *f, orx_file_info *ret_info,
                     ORX_UNUSED orx_err *err) {
    const memory_disk *d = (const memory_disk *)(void *)p;
    *ret_info = (orx_file_info){.kind = ORX_FILE_REGULAR, .size = (int64_t)d->text.len};
    return 0;
}

typedef struct rows {
    ORX_VEC(char *) items;
    int64_t line;
} rows;

static bool keep(int64_t line, const orx_node *row, const char *problem, void *user) {
    rows *r = user;
    FUZZ_CHECK(line > r->line);
    FUZZ_CHECK((row == NULL) == (problem != NULL));
    r->line = line;
    if (!row)
        return true;
    FUZZ_CHECK(row->kind == ORX_OBJECT && row->line == line);
    orx_str text = {0};
    orx_json_write(&text, row, ORX_JSON_OURS);
    orx_vec_push(&r->items, orx_str_steal(&text));
    return true;
}

static void check_tail(memory_disk *d, const rows *all, int count) {
    ORX_CLEANUP(orx_arena_free) orx_arena arena = {0};
    const orx_node **tail = NULL;
    orx_err err = ORX_ERR_INIT;
    int n = orx_ndjson_tail(&d->base, "fuzz", count, &arena, &tail, &err);
    size_t expected = all->items.len < (size_t)count ? all->items.len : (size_t)count;
    FUZZ_CHECK(n >= 0 && (size_t)n == expected && !tail[n]);
    for (size_t i = 0; i < expected; i++) {
        ORX_CLEANUP(orx_str_free) orx_str text = {0};
        orx_json_write(&text, tail[i], ORX_JSON_OURS);
        FUZZ_CHECK(strcmp(text.buf, all->items.items[all->items.len - expected + i]) == 0);
    }
}

static void make_text(orx_str *out, const uint8_t *data, size_t size) {
    if (size < 2)
        return;
    size_t rest = size - 2;
    size_t cut = data[1] < rest ? data[1] : rest;
    orx_str_add(out, data + 2, cut);
    size_t filler = (size_t)(data[0] % 144) * 1024;
    memset(orx_str_reserve(out, filler), 'x', filler);
    orx_str_commit(out, filler);
    orx_str_add(out, data + 2 + cut, rest - cut);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    ORX_CLEANUP(orx_arena_free) orx_arena arena = {0};
    ORX_CLEANUP(orx_str_free) orx_str text = {0};
    make_text(&text, data, size);
    const struct orx_file_ops ops = {
        .open = disk_open, .close = disk_close, .read = disk_read, .info = disk_info};
    memory_disk disk = {.base = {.files = &ops}, .text = orx_str_view(&text)};
    rows all = {0};
    int good = orx_ndjson_each(&arena, "fuzz", disk.text, keep, &all, NULL);
    FUZZ_CHECK((size_t)good == all.items.len);
    check_tail(&disk, &all, 1);
    check_tail(&disk, &all, 3);
    check_tail(&disk, &all, good + 1);
    for (size_t i = 0; i < all.items.len; i++)
        free(all.items.items[i]);
    orx_vec_free(&all.items);
    return 0;
}

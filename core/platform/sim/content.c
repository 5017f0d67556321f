/* Content of files, with the journal that leads back to what is durable. */
#include "platform/sim/disk.h"

#include <errno.h>
#include <stdlib.h>

/* Bounds of one file's journal. */
#define CHANGES_MAX       ((size_t)1 << 16)
#define CHANGES_BYTES_MAX ((size_t)32 << 20)

/* A journal of a database keeps and drops pages all the time, which malloc would join and split
 * each time. */
#define SPARE_MAX 64

static bool is_page(size_t len) {
    return len > ORX_SIM_PAGE / 2 && len <= ORX_SIM_PAGE;
}

static char *old_new(orx_sim_disk *d, size_t len) {
    char *page = d->spare;
    if (!is_page(len))
        return orx_xmalloc(len);
    if (!page)
        return orx_xmalloc(ORX_SIM_PAGE);
    memcpy(&d->spare, page, sizeof d->spare);
    d->spare_count--;
    return page;
}

static void old_free(orx_sim_disk *d, char *old, size_t len) {
    if (!is_page(len) || d->spare_count == SPARE_MAX) {
        free(old);
        return;
    }
    memcpy(old, &d->spare, sizeof d->spare);
    d->spare = old;
    d->spare_count++;
}

void orx_sim_content_free_spare(orx_sim_disk *d) {
    while (d->spare) {
        char *page = d->spare;
        memcpy(&d->spare, page, sizeof d->spare);
        free(page);
    }
    d->spare_count = 0;
}

/* The first `count` changes are durable now. */
static void drop_changes(orx_sim_inode *n, size_t count) {
    for (size_t i = 0; i < count; i++) {
        n->changes_bytes -= n->changes.items[i].old_len;
        old_free(n->disk, n->changes.items[i].old, n->changes.items[i].old_len);
    }
    n->changes.len -= count;
    if (n->changes.len)
        memmove(n->changes.items, n->changes.items + count,
                n->changes.len * sizeof *n->changes.items);
    else
        orx_list_remove(&n->dirty_link);
}

static void add_change(orx_sim_inode *n, orx_sim_change c) {
    if (!n->changes.len)
        orx_list_append(&n->disk->dirty, &n->dirty_link);
    orx_vec_push(&n->changes, c);
    n->changes_bytes += c.old_len;
    if (n->changes.len > CHANGES_MAX || n->changes_bytes > CHANGES_BYTES_MAX)
        drop_changes(n, (n->changes.len + 1) / 2);
}

/* Keeps what lies between begin and end, as far as the file goes. */
static void save_old(const orx_sim_inode *n, orx_sim_change *c, int64_t begin, int64_t end) {
    if (end > n->bytes.size)
        end = n->bytes.size;
    if (begin >= end)
        return;
    c->old_len = (size_t)(end - begin);
    c->old = old_new(n->disk, c->old_len);
    (void)orx_sim_bytes_read(&n->bytes, begin, c->old, c->old_len);
}

/* Counts the pages that came or went. */
static void count_pages(orx_sim_inode *n, uint64_t before) {
    n->disk->pages += n->bytes.pages - before;
}

int orx_sim_content_write(orx_sim_inode *n, int64_t offset, const void *buf, size_t len) {
    orx_sim_disk *d = n->disk;
    if (offset < 0 || len > ORX_ALLOC_MAX || offset > ORX_SIM_FILE_MAX - (int64_t)len)
        return EFBIG;
    if (d->capacity && d->pages + orx_sim_bytes_missing(&n->bytes, offset, len) > d->capacity)
        return ENOSPC;
    if (!len)
        return 0;
    orx_sim_change c = {.offset = offset, .len = (int64_t)len, .old_size = n->bytes.size};
    save_old(n, &c, offset, offset + (int64_t)len);
    uint64_t before = n->bytes.pages;
    orx_sim_bytes_write(&n->bytes, offset, buf, len);
    count_pages(n, before);
    add_change(n, c);
    return 0;
}

int orx_sim_content_truncate(orx_sim_inode *n, int64_t size) {
    if (size < 0)
        return EINVAL;
    if (size > ORX_SIM_FILE_MAX)
        return EFBIG;
    if (size == n->bytes.size)
        return 0;
    orx_sim_change c = {.offset = size, .len = -1, .old_size = n->bytes.size};
    save_old(n, &c, size, n->bytes.size);
    uint64_t before = n->bytes.pages;
    orx_sim_bytes_resize(&n->bytes, size);
    count_pages(n, before);
    add_change(n, c);
    return 0;
}

void orx_sim_content_sync(orx_sim_inode *n) {
    if (n->changes.len)
        drop_changes(n, n->changes.len);
}

/* ---- Power loss --------------------------------------------------------------------------- */

/* Takes one change back and returns what it had written (NULL for a truncation). */
static char *undo(orx_sim_inode *n, const orx_sim_change *c) {
    char *bytes = NULL;
    if (c->len >= 0) {
        bytes = orx_xmalloc((size_t)c->len);
        (void)orx_sim_bytes_read(&n->bytes, c->offset, bytes, (size_t)c->len);
    }
    orx_sim_bytes_resize(&n->bytes, c->old_size);
    orx_sim_bytes_write(&n->bytes, c->offset, c->old, c->old_len);
    return bytes;
}

static void redo(orx_sim_inode *n, const orx_sim_change *c, const char *bytes) {
    if (c->len >= 0)
        orx_sim_bytes_write(&n->bytes, c->offset, bytes, (size_t)c->len);
    else
        orx_sim_bytes_resize(&n->bytes, c->offset);
}

/* Drawn sectors of a write reach the disk. The new length may without its bytes: zeros then. */
static void redo_torn(orx_sim_inode *n, const orx_sim_change *c, const char *bytes,
                      orx_sim_rng *r) {
    int64_t end = c->offset + c->len;
    for (int64_t at = c->offset; at < end;) {
        int64_t next = (at / ORX_SIM_SECTOR + 1) * ORX_SIM_SECTOR;
        if (next > end)
            next = end;
        if (orx_sim_below(r, 2))
            orx_sim_bytes_write(&n->bytes, at, bytes + (at - c->offset), (size_t)(next - at));
        at = next;
    }
    if (end > n->bytes.size && orx_sim_below(r, 2))
        orx_sim_bytes_resize(&n->bytes, end);
}

typedef enum fate { DROPPED, KEPT, TORN } fate;

/* How the changes of one file fare together: drawn once per crash and file, so that the extremes
 * and the plain order occur often enough. */
typedef enum weather_kind { NOTHING, EVERYTHING, PREFIX, EACH } weather_kind;
typedef struct weather {
    weather_kind kind;
    size_t cut;
} weather;

static fate fate_of(const weather *w, size_t i, orx_sim_rng *r) {
    switch (w->kind) {
    case NOTHING:
        return DROPPED;
    case EVERYTHING:
        return KEPT;
    case PREFIX:
        return i < w->cut ? KEPT : i == w->cut ? TORN : DROPPED;
    default:
        return (fate)orx_sim_below(r, 3);
    }
}

void orx_sim_content_crash(orx_sim_inode *n, orx_sim_rng *r) {
    size_t count = n->changes.len;
    uint64_t before = n->bytes.pages;
    char **written = orx_xcalloc(count, sizeof *written);
    for (size_t i = count; i-- > 0;)
        written[i] = undo(n, &n->changes.items[i]);
    weather w = {.kind = (weather_kind)orx_sim_below(r, 4), .cut = orx_sim_below(r, count)};
    for (size_t i = 0; i < count; i++) {
        const orx_sim_change *c = &n->changes.items[i];
        fate f = fate_of(&w, i, r);
        if (f == TORN && c->len >= 0)
            redo_torn(n, c, written[i], r);
        else if (f == KEPT)
            redo(n, c, written[i]);
        free(written[i]);
    }
    free(written);
    count_pages(n, before);
    orx_sim_content_sync(n);
}

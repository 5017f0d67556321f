#include "platform/sim/bytes.h"

#include <string.h>

static char *page_at(const orx_sim_bytes *b, size_t page) {
    size_t g = page / ORX_SIM_GROUP;
    if (g >= b->groups.len || !b->groups.items[g])
        return NULL;
    return b->groups.items[g]->pages[page % ORX_SIM_GROUP];
}

/* The page that `n` bytes at `in` are about to be written to; a new one is zero around them. */
static char *make_page(orx_sim_bytes *b, size_t page, size_t in, size_t n) {
    size_t g = page / ORX_SIM_GROUP;
    while (b->groups.len <= g)
        orx_vec_push(&b->groups, NULL);
    if (!b->groups.items[g])
        b->groups.items[g] = orx_xcalloc(1, sizeof(orx_sim_group));
    orx_sim_group *group = b->groups.items[g];
    char **slot = &group->pages[page % ORX_SIM_GROUP];
    if (!*slot) {
        *slot = orx_xmalloc(ORX_SIM_PAGE);
        memset(*slot, 0, in);
        memset(*slot + in + n, 0, ORX_SIM_PAGE - in - n);
        group->used++;
        b->pages++;
    }
    return *slot;
}

static void drop_page(orx_sim_bytes *b, size_t page) {
    orx_sim_group *group = b->groups.items[page / ORX_SIM_GROUP];
    char **slot = &group->pages[page % ORX_SIM_GROUP];
    if (!*slot)
        return;
    free(*slot);
    *slot = NULL;
    group->used--;
    b->pages--;
}

/* Removes the pages from `first` on. */
static void drop_from(orx_sim_bytes *b, size_t first) {
    size_t whole = (first + ORX_SIM_GROUP - 1) / ORX_SIM_GROUP;
    for (size_t page = first; page < whole * ORX_SIM_GROUP; page++)
        if (page / ORX_SIM_GROUP < b->groups.len && b->groups.items[page / ORX_SIM_GROUP])
            drop_page(b, page);
    for (size_t g = whole; g < b->groups.len; g++) {
        orx_sim_group *group = b->groups.items[g];
        for (size_t i = 0; group && group->used; i++)
            drop_page(b, g * ORX_SIM_GROUP + i);
        free(group);
    }
    if (whole < b->groups.len)
        b->groups.len = whole;
}

void orx_sim_bytes_free(orx_sim_bytes *b) {
    drop_from(b, 0);
    orx_vec_free(&b->groups);
    b->size = 0;
}

size_t orx_sim_bytes_read(const orx_sim_bytes *b, int64_t offset, void *buf, size_t len) {
    if (offset >= b->size)
        return 0;
    if ((int64_t)len > b->size - offset)
        len = (size_t)(b->size - offset);
    size_t at = (size_t)offset;
    char *out = buf;
    for (size_t left = len; left;) {
        size_t in = at % ORX_SIM_PAGE;
        size_t n = left < ORX_SIM_PAGE - in ? left : ORX_SIM_PAGE - in;
        const char *page = page_at(b, at / ORX_SIM_PAGE);
        if (page)
            memcpy(out, page + in, n);
        else
            memset(out, 0, n);
        out += n;
        at += n;
        left -= n;
    }
    return len;
}

void orx_sim_bytes_write(orx_sim_bytes *b, int64_t offset, const void *buf, size_t len) {
    size_t at = (size_t)offset;
    const char *from = buf;
    for (size_t left = len; left;) {
        size_t in = at % ORX_SIM_PAGE;
        size_t n = left < ORX_SIM_PAGE - in ? left : ORX_SIM_PAGE - in;
        memcpy(make_page(b, at / ORX_SIM_PAGE, in, n) + in, from, n);
        from += n;
        at += n;
        left -= n;
    }
    if ((int64_t)at > b->size && len)
        b->size = (int64_t)at;
}

void orx_sim_bytes_resize(orx_sim_bytes *b, int64_t size) {
    if (size < b->size) {
        size_t in = (size_t)size % ORX_SIM_PAGE;
        char *page = in ? page_at(b, (size_t)size / ORX_SIM_PAGE) : NULL;
        if (page)
            memset(page + in, 0, ORX_SIM_PAGE - in);
        drop_from(b, ((size_t)size + ORX_SIM_PAGE - 1) / ORX_SIM_PAGE);
    }
    b->size = size;
}

uint64_t orx_sim_bytes_missing(const orx_sim_bytes *b, int64_t offset, size_t len) {
    uint64_t n = 0;
    if (!len)
        return 0;
    size_t last = ((size_t)offset + len - 1) / ORX_SIM_PAGE;
    for (size_t page = (size_t)offset / ORX_SIM_PAGE; page <= last; page++)
        n += !page_at(b, page);
    return n;
}

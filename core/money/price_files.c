#include "money/price_files.h"

#define BYTES_MAX ((size_t)1 << 20)

/* All zero for a file that is not there. */
static orx_file_info look(orx_platform *p, const char *path) {
    orx_file_info info = {0};
    if (orx_stat(p, path, &info, NULL) < 0)
        info = (orx_file_info){0};
    return info;
}

static bool same(const orx_file_info *a, const orx_file_info *b) {
    return a->device == b->device && a->inode == b->inode && a->size == b->size &&
           a->mtime_ns == b->mtime_ns && a->ctime_ns == b->ctime_ns;
}

static const char *relative(const char *root, const char *path) {
    size_t n = strlen(root);
    return strncmp(root, path, n) == 0 && path[n] == '/' ? path + n + 1 : path;
}

static int take(orx_platform *p, const char *root, const char *path,
                int (*fn)(orx_prices *, const char *, orx_view, orx_err *), orx_prices *t,
                orx_err *err) {
    ORX_CLEANUP(orx_str_free) orx_str bytes = {0};
    if (!orx_exists(p, path))
        return 0;
    int rc = orx_read_file(p, path, BYTES_MAX, &bytes, err);
    return rc < 0 ? rc : fn(t, relative(root, path), orx_str_view(&bytes), err);
}

int orx_price_files_read(orx_platform *p, const char *root, const char *pricing, const char *dated,
                         orx_price_files *f, orx_err *err) {
    orx_file_info plain = look(p, pricing);
    orx_file_info ours = look(p, dated);
    if (f->prices && same(&plain, &f->pricing) && same(&ours, &f->dated))
        return 0;
    f->pricing = plain;
    f->dated = ours;
    orx_prices *t = orx_prices_new();
    int rc = take(p, root, pricing, orx_prices_take_pricing, t, err);
    if (rc == 0)
        rc = take(p, root, dated, orx_prices_take_dated, t, err);
    if (rc < 0) {
        orx_prices_free(t);
        return rc;
    }
    orx_prices_free(f->prices);
    f->prices = t;
    return 1;
}

void orx_price_files_free(orx_price_files *f) {
    orx_prices_free(f->prices);
    f->prices = NULL;
}

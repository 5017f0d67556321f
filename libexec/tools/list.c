/* list_dir: names, kinds and sizes, in order, some levels deep. */
#include "tools.h"

#include "base/vec.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

enum { ENTRIES_MAX = 5000, DEPTH_MAX = 16 };

typedef ORX_VEC(char *) names;

static int by_name(const void *a, const void *b) {
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static void free_names(names *n) {
    for (size_t i = 0; i < n->len; i++)
        free(n->items[i]);
    orx_vec_free(n);
}

/* The names in a folder, sorted, without "." and "..". Takes over fd. */
static bool read_names(int fd, names *out) {
    DIR *d = fdopendir(fd);
    if (!d) {
        (void)close(fd);
        return false;
    }
    const struct dirent *e;
    while ((e = readdir(d)) && out->len <= ENTRIES_MAX)
        if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0)
            orx_vec_push(out, orx_xstrdup(e->d_name));
    (void)closedir(d);
    if (out->len)
        qsort(out->items, out->len, sizeof *out->items, by_name);
    return true;
}

typedef struct listing {
    orx_str *out;
    int left;
} listing;

static void list_folder(listing *l, int fd, const char *above, int depth);

static void list_below(listing *l, int dir, const char *name, const char *above, int depth) {
    ORX_CLEANUP(orx_str_free) orx_str path = {0};
    int fd = tools_open(dir, name, O_RDONLY | O_DIRECTORY);
    orx_str_addf(&path, "%s%s/", above, name);
    if (fd >= 0)
        list_folder(l, fd, orx_str_cstr(&path), depth);
}

static void list_one(listing *l, int dir, const char *name, const char *above, int depth) {
    struct stat st;
    if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) != 0)
        return;
    l->left--;
    orx_str_addf(l->out, "%s%s", above, name);
    if (S_ISDIR(st.st_mode))
        orx_str_adds(l->out, "/\n");
    else if (S_ISREG(st.st_mode))
        orx_str_addf(l->out, "  %lld bytes\n", (long long)st.st_size);
    else
        orx_str_adds(l->out, S_ISLNK(st.st_mode) ? "  symbolic link\n" : "  special file\n");
    if (S_ISDIR(st.st_mode) && depth > 1 && strcmp(name, ".git") != 0)
        list_below(l, dir, name, above, depth - 1);
}

/* Takes over fd. */
static void list_folder(listing *l, int fd, const char *above, int depth) {
    names all = {0};
    int dir = dup(fd);
    if (read_names(fd, &all) && dir >= 0)
        for (size_t i = 0; i < all.len && l->left > 0; i++)
            list_one(l, dir, all.items[i], above, depth);
    if (dir >= 0)
        (void)close(dir);
    free_names(&all);
}

bool tools_list(tools *t, const tools_request *r, orx_str *out) {
    tools_path path;
    int64_t depth = tools_number(r, 1, 1);
    if (!tools_path_of(t, tools_field(r, 0), &path, out))
        return false;
    int fd = tools_open(t->root, path.text, O_RDONLY | O_DIRECTORY);
    if (fd < 0)
        return tools_fail_errno(out, errno, path.text);
    listing l = {out, ENTRIES_MAX};
    depth = depth < 1 ? 1 : depth > DEPTH_MAX ? DEPTH_MAX : depth;
    list_folder(&l, fd, "", (int)depth);
    if (l.left <= 0)
        orx_str_addf(out, "[more than %d entries; list a smaller part]\n", ENTRIES_MAX);
    if (!out->len)
        orx_str_adds(out, "[the folder is empty]\n");
    return true;
}

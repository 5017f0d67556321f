/* From a path to an inode. */
#include "platform/sim/disk.h"

#include <errno.h>

enum { LINKS_MAX = 40 };

typedef struct walk {
    orx_sim_disk *disk;
    orx_sim_spot spot;
    orx_str *canon; /* NULL = not wanted */
    int links;
    char rest[2 * ORX_SIM_PATH_MAX]; /* what is still to be followed */
} walk;

static void canon_down(walk *w, const char *name) {
    if (w->canon)
        orx_str_addf(w->canon, "/%s", name);
}

static void canon_up(walk *w) {
    if (!w->canon)
        return;
    size_t n = w->canon->len;
    while (n && w->canon->buf[n - 1] != '/')
        n--;
    orx_str_truncate(w->canon, n ? n - 1 : 0);
}

static void to_root(walk *w) {
    w->spot.dir = w->spot.node = w->disk->root;
    w->spot.name[0] = '\0';
    if (w->canon)
        orx_str_clear(w->canon);
}

/* Puts a link's target before what is left of the path. */
static int follow_link(walk *w, const orx_sim_inode *link, const char *rest) {
    if (++w->links > LINKS_MAX)
        return ELOOP;
    size_t target = strlen(link->target);
    size_t left = strlen(rest);
    if (target + left + 2 > sizeof w->rest)
        return ENAMETOOLONG;
    memmove(w->rest + target + 1, rest, left + 1);
    memcpy(w->rest, link->target, target);
    w->rest[target] = '/';
    if (!left)
        w->rest[target] = '\0';
    w->spot.node = w->spot.dir;
    if (link->target[0] == '/')
        to_root(w);
    return 0;
}

/* Enters one component of the path into the directory where the walk stands. */
static int enter(walk *w, const char *name, size_t len) {
    orx_sim_inode *dir = w->spot.node;
    if (len > ORX_SIM_NAME_MAX)
        return ENAMETOOLONG;
    w->spot.name[0] = '\0';
    if (len == 1 && name[0] == '.')
        return 0;
    if (len == 2 && name[0] == '.' && name[1] == '.') {
        w->spot.node = w->spot.dir = dir->parent ? dir->parent : dir;
        canon_up(w);
        return 0;
    }
    memcpy(w->spot.name, name, len);
    w->spot.name[len] = '\0';
    w->spot.dir = dir;
    w->spot.node = orx_map_get(&dir->names, orx_view_mem(name, len));
    return 0;
}

/* One step; false in *again when the path is used up. */
static int step(walk *w, const char **path, bool follow, bool *again) {
    const char *name = *path;
    while (*name == '/')
        name++;
    const char *rest = name;
    while (*rest && *rest != '/')
        rest++;
    size_t len = (size_t)(rest - name);
    *again = len > 0;
    if (!len)
        return 0;
    if (!w->spot.node)
        return ENOENT;
    if (w->spot.node->kind != ORX_FILE_DIRECTORY)
        return ENOTDIR;
    int e = enter(w, name, len);
    if (e)
        return e;
    const orx_sim_inode *node = w->spot.node;
    if (node && node->kind == ORX_FILE_SYMLINK && (follow || *rest)) {
        e = follow_link(w, node, rest);
        *path = w->rest;
        return e;
    }
    if (w->spot.name[0])
        canon_down(w, w->spot.name);
    *path = rest;
    return 0;
}

static int walk_path(walk *w, const char *path, bool follow) {
    bool again = true;
    if (!path[0])
        return ENOENT;
    size_t all = strlen(path);
    if (all >= ORX_SIM_PATH_MAX)
        return ENAMETOOLONG;
    bool slash = path[all - 1] == '/';
    if (path[0] == '/')
        to_root(w);
    while (again) {
        int e = step(w, &path, follow || slash, &again);
        if (e)
            return e;
    }
    if (slash && w->spot.node && w->spot.node->kind != ORX_FILE_DIRECTORY)
        return ENOTDIR;
    return 0;
}

/* ---- Directories found before --------------------------------------------------------------- */

/* Most paths lead into few directories, which the same path leads to until a directory or a link
 * comes or goes anywhere. Cuts an absolute path into directory and name; false when its last part
 * is no name. */
static bool cut(const char *path, orx_view *ret_dir, orx_view *ret_name) {
    size_t len = strlen(path);
    size_t at = len;
    if (path[0] != '/' || len >= ORX_SIM_PATH_MAX)
        return false;
    while (path[at - 1] != '/')
        at--;
    *ret_dir = orx_view_mem(path, at);
    *ret_name = orx_view_mem(path + at, len - at);
    return ret_name->len && ret_name->len <= ORX_SIM_NAME_MAX && !orx_view_is(*ret_name, ".") &&
           !orx_view_is(*ret_name, "..");
}

static orx_sim_near *slot_of(orx_sim_disk *d, orx_view dir) {
    uint32_t h = 2166136261U;
    for (size_t i = 0; i < dir.len; i++)
        h = (h ^ (unsigned char)dir.p[i]) * 16777619U;
    return &d->near[(h ^ (h >> 16)) % ORX_SIM_NEAR];
}

static bool find_near(orx_sim_disk *d, orx_view dir, orx_view name, bool follow,
                      orx_sim_spot *ret_spot) {
    const orx_sim_near *n = slot_of(d, dir);
    if (n->shape != d->shape || !n->dir || !orx_view_eq(orx_str_view(&n->path), dir))
        return false;
    orx_sim_inode *node = orx_map_get(&n->dir->names, name);
    if (follow && node && node->kind == ORX_FILE_SYMLINK)
        return false;
    ret_spot->dir = n->dir;
    ret_spot->node = node;
    memcpy(ret_spot->name, name.p, name.len);
    ret_spot->name[name.len] = '\0';
    return true;
}

static void keep_near(orx_sim_disk *d, orx_view dir, const walk *w) {
    if (w->links)
        return;
    orx_sim_near *n = slot_of(d, dir);
    orx_str_clear(&n->path);
    orx_str_addv(&n->path, dir);
    n->dir = w->spot.dir;
    n->shape = d->shape;
}

void orx_sim_near_free(orx_sim_disk *d) {
    for (size_t i = 0; i < ORX_SIM_NEAR; i++) {
        orx_str_free(&d->near[i].path);
        d->near[i].dir = NULL;
    }
}

/* ---- The whole way -------------------------------------------------------------------------- */

int orx_sim_lookup(orx_sim_disk *d, const char *cwd, const char *path, bool follow,
                   orx_sim_spot *ret_spot, orx_str *canon) {
    walk w;
    orx_view dir = {0};
    orx_view name = {0};
    bool near = !canon && cut(path, &dir, &name);
    if (near && find_near(d, dir, name, follow, ret_spot))
        return 0;
    w.disk = d;
    w.canon = canon;
    w.links = 0;
    to_root(&w);
    if (path[0] != '/') {
        int e = walk_path(&w, cwd, true);
        if (!e && !w.spot.node)
            e = ENOENT;
        if (e)
            return e;
    }
    int e = walk_path(&w, path, follow);
    if (e)
        return e;
    *ret_spot = w.spot;
    if (near)
        keep_near(d, dir, &w);
    if (canon && !canon->len)
        orx_str_addc(canon, '/');
    return 0;
}

/* Making and removing directory trees. */
#include "platform/files.h"

/* Longer paths are shortened by moving the subtree up before it is entered, so that a tree deeper
 * than the system's PATH_MAX (an agent can make one with chdir) is still removed. */
enum { PATH_LONG = 2000, MOVE_TRIES = 1000 };

static int require_dir(orx_platform *p, const char *path, orx_err *err) {
    orx_file_info info;
    int rc = orx_stat(p, path, &info, err);
    if (rc < 0)
        return rc;
    if (info.kind != ORX_FILE_DIRECTORY)
        return orx_err_set(err, ORX_E_INVALID, "%s: expected a directory, found a file", path);
    return 0;
}

/* The directory that holds the last part of path. */
static int sync_above(orx_platform *p, const char *path, orx_err *err) {
    ORX_CLEANUP(orx_str_free) orx_str dir = {0};
    const char *slash = strrchr(path, '/');
    if (!slash)
        orx_str_adds(&dir, ".");
    else
        orx_str_add(&dir, path, slash == path ? 1 : (size_t)(slash - path));
    orx_err why = ORX_ERR_INIT;
    int rc = orx_sync_dir(p, orx_str_cstr(&dir), &why);
    /* One that may be written but not read cannot be opened for it. */
    if (rc == ORX_E_DENIED)
        return 0;
    return rc < 0 ? orx_err_set(err, rc, "%s", why.msg) : 0;
}

static int make_one(orx_platform *p, const char *path, uint32_t mode, bool sync, orx_err *err) {
    if (orx_exists(p, path))
        return 0;
    int made = p->files->mkdir(p, path, mode, err);
    /* Somebody else may make it at the same time; who syncs first is not known. */
    if (made < 0 && made != ORX_E_EXISTS)
        return made;
    int rc = sync ? sync_above(p, path, err) : 0;
    if (rc < 0 && made >= 0)
        (void)p->files->rmdir(p, path, NULL);
    return rc;
}

static int make(orx_platform *p, const char *path, bool private_, bool sync, orx_err *err) {
    uint32_t mode = private_ ? 0700 : 0755;
    if (orx_exists(p, path))
        return require_dir(p, path, err);
    ORX_CLEANUP(orx_str_free) orx_str part = {0};
    size_t len = strlen(path);
    for (size_t i = 0; i <= len; i++) {
        bool end = i == len || path[i] == '/';
        int rc = 0;
        if (end && part.len && part.buf[part.len - 1] != '/')
            rc = make_one(p, orx_str_cstr(&part), mode, sync, err);
        if (rc < 0)
            return rc;
        if (i < len)
            orx_str_addc(&part, path[i]);
    }
    return require_dir(p, path, err);
}

int orx_mkdirs(orx_platform *p, const char *path, bool private_, orx_err *err) {
    return make(p, path, private_, true, err);
}

int orx_mkdirs_unsynced(orx_platform *p, const char *path, bool private_, orx_err *err) {
    return make(p, path, private_, false, err);
}

typedef struct removal {
    orx_platform *p;
    const char *root;
    unsigned moved; /* subtrees moved up so far, for unused names */
} removal;

static int remove_dir(removal *r, const char *path, orx_err *err);

/* Moves a directory whose path grew too long to the top of the tree, where it is found later. */
static int move_up(removal *r, const char *path, orx_err *err) {
    orx_arena arena = {0};
    int rc = ORX_E_EXISTS;
    for (int i = 0; i < MOVE_TRIES && rc == ORX_E_EXISTS; i++) {
        char *to = orx_arena_printf(&arena, "%s/.orx-deep-%u", r->root, r->moved++);
        rc = orx_rename(r->p, path, to, err);
    }
    orx_arena_free(&arena);
    return rc;
}

static int remove_entry(removal *r, const char *path, orx_err *err) {
    orx_file_info info;
    int rc = orx_lstat(r->p, path, &info, err);
    if (rc == ORX_E_NOT_FOUND)
        return 0;
    if (rc < 0)
        return rc;
    if (info.kind != ORX_FILE_DIRECTORY)
        return orx_unlink(r->p, path, err);
    if (strlen(path) - strlen(r->root) > PATH_LONG)
        return move_up(r, path, err);
    return remove_dir(r, path, err);
}

static int remove_listed(removal *r, const char *path, orx_err *err) {
    orx_arena arena = {0};
    char **names = NULL;
    int rc = orx_list_dir(r->p, path, &arena, &names, err);
    for (size_t i = 0; rc >= 0 && names[i]; i++)
        rc = remove_entry(r, orx_path_join(&arena, path, names[i]), err);
    orx_arena_free(&arena);
    return rc;
}

static int remove_dir(removal *r, const char *path, orx_err *err) {
    unsigned before;
    /* The root is listed again when subtrees were moved there meanwhile. */
    do {
        before = r->moved;
        int rc = remove_listed(r, path, err);
        if (rc < 0)
            return rc;
    } while (path == r->root && r->moved != before);
    int rc = r->p->files->rmdir(r->p, path, err);
    return rc == ORX_E_NOT_FOUND ? 0 : rc;
}

int orx_remove_tree(orx_platform *p, const char *path, orx_err *err) {
    removal r = {p, path, 0};
    orx_err local = ORX_ERR_INIT;
    int rc = remove_entry(&r, path, &local);
    return rc < 0 ? orx_err_set(err, rc, "%s", local.msg) : 0;
}

/* Making a part of the worktree durable. Neither agents nor git sync the files they write there; a
 * loss of power could give back what was parked, or take what was delivered, after the journal says
 * that the attempt is settled, and every later attempt would be refused for a dirty worktree. */
#include "base/map.h"
#include "git/internal.h"

/* Whether a failed look means that there is nothing to make durable: gone meanwhile, or out of our
 * reach, and then git did not write it either. Anything else (an error of the disk, no descriptor
 * left) is a file that may be there and is not durable. */
static bool is_nothing(int rc) {
    return rc == ORX_E_NOT_FOUND || rc == ORX_E_INVALID || rc == ORX_E_DENIED;
}

/* 1 when something of that kind lies there. */
static int is_kind(orx_git *g, const char *path, orx_file_kind kind, orx_err *err) {
    orx_file_info info;
    orx_err why = ORX_ERR_INIT;
    int rc = orx_lstat(g->p, path, &info, &why);
    if (rc < 0)
        return is_nothing(rc) ? 0 : orx_err_set(err, rc, "%s", why.msg);
    return info.kind == kind;
}

static int sync_file(orx_git *g, const char *path, orx_err *err) {
    orx_file *f = NULL;
    orx_err why = ORX_ERR_INIT;
    int rc = is_kind(g, path, ORX_FILE_REGULAR, err);
    if (rc <= 0)
        return rc;
    rc = orx_file_open(g->p, path, ORX_OPEN_READ, 0, &f, &why);
    if (rc < 0)
        return is_nothing(rc) ? 0 : orx_err_set(err, rc, "%s", why.msg);
    rc = orx_file_sync(g->p, f, err);
    orx_file_close(g->p, f);
    return rc;
}

/* Something else may lie there now: then its name in the directory above is what counts. */
static int sync_directory(orx_git *g, const char *path, orx_err *err) {
    int rc = is_kind(g, path, ORX_FILE_DIRECTORY, err);
    return rc <= 0 ? rc : orx_sync_dir(g->p, path, err);
}

/* The directories from that of path (which is cut up) to the root, each once. */
static int sync_above(orx_git *g, orx_map *seen, char *path, orx_err *err) {
    size_t root = strlen(g->root);
    for (char *slash = strrchr(path, '/'); slash && (size_t)(slash - path) >= root && slash != path;
         slash = strrchr(path, '/')) {
        *slash = '\0';
        if (orx_map_get(seen, orx_view_of(path)))
            return 0;
        orx_map_put(seen, orx_view_of(path), g);
        int rc = sync_directory(g, path, err);
        if (rc < 0)
            return rc;
    }
    return 0;
}

int orx_git_sync_files(orx_git *g, const orx_git_entry *entries, size_t count, orx_err *err) {
    ORX_CLEANUP(orx_map_free) orx_map seen = {0};
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < count; i++) {
        ORX_CLEANUP(orx_arena_free) orx_arena a = {0};
        if (orx_git_is_nested(&entries[i]) || entries[i].mode == ORX_GIT_MODE_GITLINK)
            continue;
        char *path = orx_path_join(&a, g->root, entries[i].path);
        rc = sync_file(g, path, err);
        if (rc == 0)
            rc = sync_above(g, &seen, path, err);
    }
    return rc < 0 ? orx_err_wrap(err, "%s: making files durable", g->root) : 0;
}

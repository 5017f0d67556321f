/* Lock files that a killed git left behind. */
#include "git/internal.h"

enum { REFS_MAX = 100000, REFS_DEPTH = 12 };

typedef struct healer {
    orx_git *g;
    orx_arena *arena;
    int64_t limit_ns;
    const char **trees; /* every directory of this repository */
    size_t tree_count;
    size_t seen;
    ORX_VEC(orx_git_lock) locks;
} healer;

/* Takes the lock away when it is still the file that was examined: between looking and removing,
 * its owner may have ended and another one begun. */
static int take_away(healer *h, orx_git_lock *lock, const orx_file_info *examined, orx_err *err) {
    orx_file_info now;
    if (orx_lstat(h->g->p, lock->path, &now, NULL) < 0 || now.inode != examined->inode ||
        now.mtime_ns != examined->mtime_ns) {
        lock->why = "changed while it was examined";
        return 0;
    }
    int rc = orx_unlink(h->g->p, lock->path, err);
    lock->removed = rc == 0;
    return rc;
}

/* Without a limit only the owner counts: a lock may also be dated in the future, when the clock was
 * set back since. */
static bool is_young(const healer *h, int64_t age_ns) {
    return h->limit_ns > 0 && age_ns < h->limit_ns;
}

static int examine(healer *h, const char *path, orx_err *err) {
    orx_file_info info;
    orx_git_lock lock = {.path = path, .why = ""};
    char who[96];
    if (orx_lstat(h->g->p, path, &info, NULL) < 0 || info.kind != ORX_FILE_REGULAR)
        return 0;
    lock.age_ns = orx_wall_ns(h->g->p) - info.mtime_ns;
    int held = 0;
    int rc = 0;
    if (is_young(h, lock.age_ns))
        lock.why =
            orx_arena_printf(h->arena, "younger than %lld s", (long long)(h->limit_ns / ORX_SEC));
    else if ((held = h->g->v->lock_held(h->g, path, h->trees, who, NULL)) > 0)
        lock.why = orx_arena_printf(h->arena, "held by %s", who);
    else if (held < 0)
        lock.why = "processes cannot be looked at here";
    else
        rc = take_away(h, &lock, &info, err);
    orx_vec_push(&h->locks, lock);
    return rc;
}

static int examine_names(healer *h, const char *dir, orx_err *err) {
    static const char *const names[] = {"index.lock",       "HEAD.lock",    "config.lock",
                                        "packed-refs.lock", "shallow.lock", "config.worktree.lock"};
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < ORX_ARRAY_LEN(names); i++)
        rc = examine(h, orx_path_join(h->arena, dir, names[i]), err);
    return rc;
}

/* The folder of parked branches has no folders in it. It may hold thousands, and each attempt heals
 * first, so what is in there is not looked at one by one, and no more at all once no lock was found
 * in it: a later one hinders nobody but the attempt of that name, which is parked again only by a
 * process that recovers it, with a handle of its own. */
static bool is_flat(const char *dir) {
    return orx_view_ends(orx_view_of(dir), "/refs/heads/orxaq/parked");
}

static int examine_refs(healer *h, const char *dir, int depth, orx_err *err) {
    ORX_CLEANUP(orx_arena_free) orx_arena a = {0};
    char **names = NULL;
    orx_file_info info;
    bool flat = is_flat(dir);
    if ((flat && h->g->parked_healed) || depth > REFS_DEPTH ||
        orx_list_dir(h->g->p, dir, &a, &names, NULL) < 0)
        return 0;
    int rc = 0;
    size_t locks = h->locks.len;
    for (size_t i = 0; rc == 0 && names[i] && h->seen < REFS_MAX; i++, h->seen++) {
        bool lock = orx_view_ends(orx_view_of(names[i]), ".lock");
        if (flat && !lock)
            continue;
        const char *path = orx_path_join(&a, dir, names[i]);
        if (lock)
            rc = examine(h, orx_arena_strdup(h->arena, path), err);
        else if (orx_lstat(h->g->p, path, &info, NULL) == 0 && info.kind == ORX_FILE_DIRECTORY)
            rc = examine_refs(h, path, depth + 1, err);
    }
    if (flat && rc == 0 && h->locks.len == locks)
        h->g->parked_healed = true;
    return rc;
}

static void add_tree(healer *h, const char *path) {
    if (path)
        h->trees[h->tree_count++] = path;
}

/* The worktree that a linked git directory belongs to: its file gitdir names TREE/.git. */
static const char *tree_of(healer *h, const char *admin) {
    ORX_CLEANUP(orx_str_free) orx_str text = {0};
    const char *file = orx_path_join(h->arena, admin, "gitdir");
    if (orx_read_file(h->g->p, file, 4096, &text, NULL) < 0)
        return NULL;
    orx_view v = orx_view_trim(orx_str_view(&text));
    if (!orx_view_ends(v, "/.git"))
        return NULL;
    return orx_arena_dup(h->arena, (orx_view){v.p, v.len - strlen("/.git")});
}

/* All git directories of the linked worktrees, and all trees to look for processes in. */
static char **survey(healer *h, const char *worktrees) {
    char **names = NULL;
    size_t n = 0;
    if (orx_list_dir(h->g->p, worktrees, h->arena, &names, NULL) < 0)
        names = orx_arena_zalloc(h->arena, 1, sizeof *names);
    while (names[n])
        n++;
    h->trees = orx_arena_zalloc(h->arena, n + 4, sizeof *h->trees);
    add_tree(h, h->g->root);
    add_tree(h, h->g->dir);
    add_tree(h, h->g->common);
    for (size_t i = 0; i < n; i++)
        add_tree(h, tree_of(h, orx_path_join(h->arena, worktrees, names[i])));
    return names;
}

int orx_git_heal(orx_git *g, int64_t limit_ns, orx_arena *arena, orx_git_locks *ret_locks,
                 orx_err *err) {
    healer h = {.g = g, .arena = arena, .limit_ns = limit_ns};
    const char *worktrees = orx_path_join(arena, g->common, "worktrees");
    char **names = survey(&h, worktrees);
    int rc = examine_names(&h, g->common, err);
    for (size_t i = 0; rc == 0 && names[i]; i++)
        rc = examine_names(&h, orx_path_join(arena, worktrees, names[i]), err);
    if (rc == 0)
        rc = examine_refs(&h, orx_path_join(arena, g->common, "refs"), 0, err);
    if (rc == 0) {
        orx_git_locks found = {.count = h.locks.len};
        found.items = orx_arena_zalloc(arena, h.locks.len + 1, sizeof *found.items);
        for (size_t i = 0; i < h.locks.len; i++) {
            found.items[i] = h.locks.items[i];
            found.removed += h.locks.items[i].removed;
        }
        *ret_locks = found;
    }
    orx_vec_free(&h.locks);
    return rc;
}

/* Lock files, refs and HEAD of the twin. */
#include "git/sim/internal.h"
#include "platform/proc.h"

#include <stdio.h>

/* ---- Locks -------------------------------------------------------------------------------- */

typedef enum owner { OWNER_ALIVE, OWNER_KILLED, OWNER_LOST } owner;

/* A lock's text: "PID START BOOT". A text that a crash left torn tells nothing. */
static owner owner_of(orx_git *g, const char *path, int64_t *ret_pid) {
    ORX_CLEANUP(orx_str_free) orx_str text = {0};
    orx_view pid_text;
    orx_view start_text;
    int64_t start = 0;
    if (orx_read_file(g->p, path, 256, &text, NULL) < 0)
        return OWNER_ALIVE; /* just released */
    orx_view rest = orx_view_trim(orx_str_view(&text));
    if (!rest.len || !orx_view_split(&rest, ' ', &pid_text) ||
        !orx_view_to_i64(pid_text, ret_pid) || !rest.len ||
        !orx_view_split(&rest, ' ', &start_text) || !orx_view_to_i64(start_text, &start) ||
        !orx_view_is(rest, orx_boot_id(g->p)))
        return OWNER_LOST;
    return orx_pid_state_of(g->p, *ret_pid, start) == ORX_PID_ALIVE ? OWNER_ALIVE : OWNER_KILLED;
}

static int create(orx_git *g, const char *path, orx_err *err) {
    char text[160];
    int64_t pid = 0;
    int64_t start = 0;
    orx_file *f = NULL;
    orx_pid_self(g->p, &pid, &start);
    int n = snprintf(text, sizeof text, "%lld %lld %s\n", (long long)pid, (long long)start,
                     orx_boot_id(g->p));
    int rc =
        orx_file_open(g->p, path, ORX_OPEN_WRITE | ORX_OPEN_CREATE | ORX_OPEN_EXCL, 0644, &f, err);
    if (rc == 0)
        rc = orx_file_write(g->p, f, 0, text, (size_t)n, err);
    orx_file_close(g->p, f);
    return rc;
}

int orx_twin_lock(orx_git *g, const char *path, orx_err *err) {
    int64_t pid = 0;
    orx_err why = ORX_ERR_INIT;
    int rc = create(g, path, &why);
    if (rc == ORX_E_EXISTS && owner_of(g, path, &pid) == OWNER_KILLED) {
        (void)orx_unlink(g->p, path, NULL);
        rc = create(g, path, &why);
    }
    if (rc == ORX_E_EXISTS)
        return orx_err_set(err, ORX_E_BUSY, "%s: Unable to create '%s': File exists",
                           orx_git_where(g), path);
    return rc < 0 ? orx_err_set(err, rc, "%s", why.msg) : 0;
}

void orx_twin_unlock(orx_git *g, const char *path) {
    (void)orx_unlink(g->p, path, NULL);
}

int orx_twin_lock_held(orx_git *g, const char *path, const char *const *trees, char who[96],
                       orx_err *err) {
    int64_t pid = 0;
    (void)trees;
    (void)err;
    if (owner_of(g, path, &pid) != OWNER_ALIVE)
        return 0;
    snprintf(who, 96, "process %lld", (long long)pid);
    return 1;
}

/* ---- Refs --------------------------------------------------------------------------------- */

static int write_ref(orx_git *g, const char *path, const char *id, bool fresh, orx_err *err) {
    ORX_CLEANUP(orx_arena_free) orx_arena a = {0};
    if (fresh && orx_exists(g->p, path))
        return orx_err_set(err, ORX_E_EXISTS, "%s exists already", path);
    if (!*id)
        return orx_unlink(g->p, path, err);
    return orx_write_atomic(g->p, path, orx_view_of(orx_arena_printf(&a, "%s\n", id)), 0644, err);
}

int orx_twin_set_ref(orx_git *g, const char *ref, const char *id, bool fresh, orx_err *err) {
    ORX_CLEANUP(orx_arena_free) orx_arena a = {0};
    const char *path = orx_path_join(&a, g->common, ref);
    const char *lock = orx_arena_printf(&a, "%s.lock", path);
    const char *slash = strrchr(path, '/');
    const char *dir = orx_arena_dup(&a, (orx_view){path, (size_t)(slash - path)});
    int rc = orx_mkdirs(g->p, dir, false, err);
    if (rc == 0)
        rc = orx_twin_lock(g, lock, err);
    if (rc < 0)
        return rc;
    rc = write_ref(g, path, id, fresh, err);
    orx_twin_unlock(g, lock);
    return rc;
}

int orx_twin_set_head(orx_git *g, const char *id, orx_err *err) {
    ORX_CLEANUP(orx_arena_free) orx_arena a = {0};
    ORX_CLEANUP(orx_str_free) orx_str ref = {0};
    char sha[ORX_GIT_SHA];
    int rc = orx_git_read_head(g, &ref, sha, err);
    if (rc < 0)
        return rc;
    if (ref.len)
        return orx_twin_set_ref(g, orx_str_cstr(&ref), id, false, err);
    return orx_write_atomic(g->p, orx_git_in_dir(g, &a, "HEAD"),
                            orx_view_of(orx_arena_printf(&a, "%s\n", id)), 0644, err);
}

static int resolve_head(orx_git *g, char ret_sha[ORX_GIT_SHA], orx_err *err) {
    ORX_CLEANUP(orx_str_free) orx_str ref = {0};
    int rc = orx_git_read_head(g, &ref, ret_sha, err);
    if (rc < 0 || ret_sha[0])
        return rc < 0 ? rc : 1;
    return orx_git_read_ref(g, orx_str_cstr(&ref), ret_sha, err);
}

/* A full ref name, or a branch, or a remote's branch as it was last seen. */
static int resolve_name(orx_git *g, const char *rev, char ret_sha[ORX_GIT_SHA], orx_err *err) {
    ORX_CLEANUP(orx_arena_free) orx_arena a = {0};
    if (orx_view_starts(orx_view_of(rev), "refs/"))
        return orx_git_read_ref(g, rev, ret_sha, err);
    int rc = orx_git_read_ref(g, orx_arena_printf(&a, "refs/heads/%s", rev), ret_sha, err);
    if (rc == 0)
        rc = orx_git_read_ref(g, orx_arena_printf(&a, "refs/remotes/%s", rev), ret_sha, err);
    return rc;
}

int orx_twin_resolve(orx_git *g, const char *rev, char ret_sha[ORX_GIT_SHA], orx_err *err) {
    ORX_CLEANUP(orx_arena_free) orx_arena a = {0};
    char sha[ORX_GIT_SHA] = "";
    if (orx_git_is_sha(orx_view_of(rev)) && orx_exists(g->p, orx_twin_object_path(g, &a, rev))) {
        memcpy(ret_sha, rev, strlen(rev) + 1);
        return 0;
    }
    int rc = strcmp(rev, "HEAD") == 0 ? resolve_head(g, sha, err) : resolve_name(g, rev, sha, err);
    if (rc < 0)
        return rc;
    if (rc == 0)
        return orx_err_set(err, ORX_E_NOT_FOUND, "%s has no commit \"%.100s\"", orx_git_where(g),
                           rev);
    memcpy(ret_sha, sha, sizeof sha);
    return 0;
}

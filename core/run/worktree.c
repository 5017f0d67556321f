/* Where a provider's work happens: in the operator's checkout, or in a worktree of the lane's own.
 *
 * git.isolation: worktree gives each lane one linked worktree per repository, below
 * paths.worktrees_dir, on the branch orxaq/LANE. The operator's checkout is then never touched: it
 * may be dirty, on any branch, in use. Tasks of a lane build on each other, so the worktree is kept
 * from attempt to attempt; what an attempt left unproven is parked as always. Deliveries stay on
 * the lane's branch until they are merged (lane/merge.h), and then the lane goes on from there: at
 * each start, and before each task when the base has moved, a branch that has nothing of its own is
 * moved to git.base, by default the checkout's commit. Commits that the merge queue wrote anew
 * count as merged. A branch that has others is left as it is.
 *
 * A worktree that stands on another branch (somebody switched it, or a predecessor made it) goes
 * back to the lane's: what is delivered there is what is merged. What it held is kept. */
#include "run/runner.h"

#include "base/digest.h"
#include "run/base.h"
#include "run/merges.h"

static bool is_at(orx_runner *r, const char *path, const char *root) {
    ORX_CLEANUP(orx_str_free) orx_str real = {0};
    return orx_realpath(r->p, path, &real, NULL) == 0 && strcmp(orx_str_cstr(&real), root) == 0;
}

/* [K] What a lane's worktree is called: by the part that its repository plays; NULL = none. */
static const char *role_of(orx_runner *r, const char *root) {
    bool impl = is_at(r, r->cfg->repos.impl, root);
    bool test = is_at(r, r->cfg->repos.test, root);
    return impl && test ? "shared" : impl ? "impl" : test ? "test" : NULL;
}

/* "widget-1a2b3c4d": two repositories of the same name do not share a folder. */
static const char *folder_of(orx_runner *r, const orx_git *git, orx_arena *arena) {
    ORX_CLEANUP(orx_str_free) orx_str lane = {0};
    ORX_CLEANUP(orx_str_free) orx_str name = {0};
    char digest[ORX_SHA256_HEX];
    const char *root = orx_git_root(git);
    const char *slash = strrchr(root, '/');
    const char *role = r->cfg->lane_spec ? role_of(r, root) : NULL;
    if (role)
        return orx_path_join(arena, r->cfg->paths.worktrees_dir, role);
    orx_sha256_hex(orx_view_of(root), digest);
    orx_git_safe_name(orx_view_of(r->lane), "lane", &lane);
    orx_git_safe_name(orx_view_of(slash ? slash + 1 : root), "repo", &name);
    return orx_arena_printf(arena, "%s/%s/%s-%.8s", r->cfg->paths.worktrees_dir,
                            orx_str_cstr(&lane), orx_str_cstr(&name), digest);
}

const char *orx_run_lane_branch(const char *lane, orx_arena *arena) {
    ORX_CLEANUP(orx_str_free) orx_str name = {0};
    orx_git_safe_name(orx_view_of(lane), "lane", &name);
    return orx_arena_printf(arena, "orxaq/%s", orx_str_cstr(&name));
}

/* ---- The base -------------------------------------------------------------------------------- */

/* The local branch behind origin/NAME, when it is ahead of it: what was merged here and not pushed
 * yet counts too. */
static int prefer_local(orx_git *main, const char *name, char sha[ORX_GIT_SHA], orx_err *err) {
    char local[ORX_GIT_SHA];
    if (strncmp(name, "origin/", 7) != 0)
        return 0;
    int rc = orx_git_resolve(main, name + 7, local, NULL);
    if (rc < 0)
        return 0;
    rc = orx_git_is_ancestor(main, sha, local, err);
    if (rc == 1)
        memcpy(sha, local, ORX_GIT_SHA);
    return rc < 0 ? rc : 0;
}

int orx_run_base(const orx_config *cfg, orx_git *main, char sha[ORX_GIT_SHA], const char **ret_name,
                 orx_err *err) {
    const char *const names[] = {cfg->git.base, "origin/main", "origin/master", "main", "master"};
    for (size_t i = 0; cfg->git.base && i < ORX_ARRAY_LEN(names); i++) {
        if (orx_git_resolve(main, names[i], sha, NULL) < 0)
            continue;
        if (ret_name)
            *ret_name = names[i];
        int rc = prefer_local(main, names[i], sha, err);
        return rc < 0 ? rc : 1;
    }
    if (ret_name)
        *ret_name = "HEAD";
    return orx_git_head(main, sha, err);
}

/* Makes the worktree unless it is there. */
static int ensure(orx_runner *r, orx_git *main, const char *path, const char *branch,
                  orx_err *err) {
    char head[ORX_GIT_SHA];
    ORX_CLEANUP(orx_arena_free) orx_arena arena = {0};
    int rc = orx_run_base(r->cfg, main, head, NULL, err);
    if (rc == 0)
        return orx_err_set(err, ORX_E_CONFLICT,
                           "%s: git.isolation: worktree needs a first commit to begin from; make "
                           "one, or use in-place",
                           orx_git_root(main));
    char *dir = orx_arena_strdup(&arena, path);
    *strrchr(dir, '/') = '\0';
    if (rc > 0)
        rc = orx_mkdirs(r->p, dir, false, err);
    if (rc >= 0)
        rc = orx_git_worktree_add(main, path, branch, head, err);
    return rc == ORX_E_EXISTS ? 0 : rc;
}

/* Whether all of a lane's branch, which stands at head, is in the base under other names. */
static int is_merged_anew(orx_runner *r, orx_git *lane, const char *head, const char *base,
                          orx_err *err) {
    ORX_CLEANUP(orx_arena_free) orx_arena arena = {0};
    orx_merge_mark mark;
    int rc = orx_merges_mark(r->s, orx_git_common(lane), r->lane, &arena, &mark, err);
    if (rc <= 0 || strcmp(mark.merged_tip, head) != 0)
        return rc < 0 ? rc : 0;
    return orx_git_is_ancestor(lane, mark.merged_as, base, err);
}

/* An attempt that was cut off is judged by where it began. */
static int is_interrupted(orx_runner *r, orx_err *err) {
    ORX_CLEANUP(orx_arena_free) orx_arena arena = {0};
    orx_attempt_row *rows = NULL;
    return orx_attempt_unsettled(r->s, r->lane, &arena, &rows, err);
}

static int move_lane(orx_runner *r, orx_git *lane, const orx_git_status *now, const char *base,
                     orx_err *err) {
    const char *name = now->branch ? now->branch : "the lane";
    int behind = orx_git_is_ancestor(lane, now->head, base, err);
    int anew = behind ? 0 : is_merged_anew(r, lane, now->head, base, err);
    if (behind < 0 || anew < 0)
        return behind < 0 ? behind : anew;
    if (now->count || (!behind && !anew)) {
        orx_run_tell(r, ORX_NOTE_STARTED, NULL, true, "%s goes on from %.12s; it is not merged yet",
                     name, now->head);
        return 0;
    }
    int rc = anew ? orx_git_adopt(lane, now->head, base, err) : orx_git_forward(lane, base, err);
    if (rc == 0)
        orx_run_tell(r, ORX_NOTE_STARTED, NULL, true, "%s moved forward to %.12s", name, base);
    return rc;
}

/* Moves a lane without deliveries of its own to where its base is. */
static int refresh(orx_runner *r, orx_git *main, orx_git *lane, orx_err *err) {
    ORX_CLEANUP(orx_arena_free) orx_arena arena = {0};
    char base[ORX_GIT_SHA];
    orx_git_status now = {0};
    int interrupted = is_interrupted(r, err);
    if (interrupted)
        return interrupted < 0 ? interrupted : 0;
    int rc = orx_run_base(r->cfg, main, base, NULL, err);
    if (rc > 0)
        rc = orx_git_status_of(lane, &arena, &now, err);
    if (rc < 0 || !base[0] || strcmp(now.head, base) == 0)
        return rc < 0 ? rc : 0;
    return move_lane(r, lane, &now, base, err);
}

/* ---- The branch ------------------------------------------------------------------------------ */

static int refuse_twice(orx_git *main, orx_git *lane, const char *branch, orx_err *err) {
    ORX_CLEANUP(orx_arena_free) orx_arena arena = {0};
    orx_git_worktrees list = {0};
    int rc = orx_git_worktree_list(main, &arena, &list, err);
    for (size_t i = 0; rc == 0 && i < list.count; i++) {
        const orx_git_worktree *w = &list.items[i];
        if (w->branch && strcmp(w->branch, branch) == 0 && !w->missing)
            return orx_err_set(err, ORX_E_CONFLICT,
                               "%s is not on its branch %s, which %s has checked out; switch that "
                               "one to another branch",
                               orx_git_root(lane), branch, w->path);
    }
    return rc;
}

/* Where the branch stands, or is to begin. */
static int tip_of(orx_runner *r, orx_git *main, const char *branch, char sha[ORX_GIT_SHA],
                  orx_err *err) {
    ORX_CLEANUP(orx_arena_free) orx_arena arena = {0};
    orx_err why = ORX_ERR_INIT;
    int rc = orx_git_resolve(main, orx_arena_printf(&arena, "refs/heads/%s", branch), sha, &why);
    if (rc == ORX_E_NOT_FOUND)
        return orx_run_base(r->cfg, main, sha, NULL, err);
    return rc < 0 ? orx_err_set(err, rc, "%s", why.msg) : 0;
}

static int go_home(orx_runner *r, orx_git *main, orx_git *lane, const char *branch, orx_err *err) {
    ORX_CLEANUP(orx_arena_free) orx_arena arena = {0};
    char tip[ORX_GIT_SHA];
    orx_git_status now = {0};
    orx_git_parked parked = {0};
    int rc = orx_git_status_of(lane, &arena, &now, err);
    if (rc < 0 || (now.branch && strcmp(now.branch, branch) == 0))
        return rc;
    rc = refuse_twice(main, lane, branch, err);
    if (rc == 0)
        rc = tip_of(r, main, branch, tip, err);
    const orx_git_park_spec spec = {
        .attempt = orx_arena_printf(&arena, "lane-%s", r->lane),
        .base = tip,
        .branch = branch,
        .reason = orx_arena_printf(&arena, "Found in the worktree of lane %s", r->lane)};
    if (rc >= 0)
        rc = orx_git_park(lane, &spec, &arena, &parked, err);
    if (rc == 0)
        orx_run_tell(r, ORX_NOTE_STARTED, NULL, true, "%s was on %s and is on %s again%s%s",
                     orx_git_root(lane), now.branch ? now.branch : "no branch", branch,
                     parked.parked ? "; what it held is kept on " : "",
                     parked.parked ? parked.branch : "");
    return rc;
}

/* An attempt that was cut off is put right by recovery, which knows where it was. */
static int return_home(orx_runner *r, orx_git *main, orx_git *lane, const char *branch,
                       orx_err *err) {
    int interrupted = is_interrupted(r, err);
    return interrupted ? (interrupted < 0 ? interrupted : 0) : go_home(r, main, lane, branch, err);
}

/* ---- Between tasks --------------------------------------------------------------------------- */

/* A digest of where the refs stand that the base may be: as long as it stays, the base does. */
static int look_at_base(orx_runner *r, orx_git *git, char ret_hex[ORX_SHA256_HEX], orx_err *err) {
    static const char *const folders[] = {"refs/heads/", "refs/remotes/"};
    const char *const names[] = {r->cfg->git.base, "origin/main", "origin/master", "main",
                                 "master"};
    ORX_CLEANUP(orx_str_free) orx_str refs = {0};
    int rc = 0;
    for (size_t i = 0; rc >= 0 && i < 2 * ORX_ARRAY_LEN(names); i++) {
        ORX_CLEANUP(orx_arena_free) orx_arena a = {0};
        char sha[ORX_GIT_SHA] = "";
        const char *name = names[i / 2] ? names[i / 2] : "";
        const char *local = strncmp(name, "origin/", 7) == 0 && i % 2 == 0 ? name + 7 : name;
        if (!*local || strstr(local, ".."))
            continue;
        rc = orx_git_peek(git, orx_arena_printf(&a, "%s%s", folders[i % 2], local), sha, err);
        orx_str_addf(&refs, "%s\n", sha);
    }
    orx_sha256_hex(orx_str_view(&refs), ret_hex);
    return rc < 0 ? rc : 0;
}

int orx_run_refresh(orx_runner *r, orx_provider *v, orx_err *err) {
    char seen[ORX_SHA256_HEX];
    if (r->cfg->git.isolation != ORX_ISOLATION_WORKTREE || !r->cfg->git.base)
        return 0;
    int rc = look_at_base(r, v->git, seen, err);
    if (rc < 0 || strcmp(seen, v->base_seen) == 0)
        return rc;
    if (*v->base_seen)
        rc = refresh(r, v->git, v->git, err);
    if (rc == 0)
        memcpy(v->base_seen, seen, sizeof seen);
    return rc;
}

/* ---- Opening --------------------------------------------------------------------------------- */

int orx_run_worktree(orx_runner *r, orx_git **git, const orx_git_options *options, orx_err *err) {
    ORX_CLEANUP(orx_arena_free) orx_arena arena = {0};
    if (r->cfg->git.isolation != ORX_ISOLATION_WORKTREE)
        return 0;
    const char *path = folder_of(r, *git, &arena);
    const char *branch = orx_run_lane_branch(r->lane, &arena);
    orx_git *lane = NULL;
    int rc = ensure(r, *git, path, branch, err);
    if (rc == 0)
        rc = orx_git_open(r->p, path, options, &lane, err);
    if (rc == 0)
        rc = return_home(r, *git, lane, branch, err);
    if (rc == 0)
        rc = refresh(r, *git, lane, err);
    if (rc < 0) {
        orx_git_close(lane);
        return orx_err_wrap(err, "git.isolation: worktree");
    }
    orx_git_close(*git);
    *git = lane;
    return 0;
}

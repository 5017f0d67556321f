/* What the layout of a git directory tells without git: gitrepository-layout(5). Only answers that
 * the files give for certain are used; for the rest callers ask the backend. */
#include "git/internal.h"

static int read_small(orx_git *g, const char *dir, const char *name, orx_str *out, orx_err *err) {
    ORX_CLEANUP(orx_arena_free) orx_arena a = {0};
    return orx_read_file(g->p, orx_path_join(&a, dir, name), 4096, out, err);
}

int orx_git_read_head(orx_git *g, orx_str *ret_ref, char ret_sha[ORX_GIT_SHA], orx_err *err) {
    ORX_CLEANUP(orx_str_free) orx_str text = {0};
    int rc = read_small(g, g->dir, "HEAD", &text, err);
    if (rc < 0)
        return orx_err_wrap(err, "%s: cannot read HEAD", orx_git_where(g));
    orx_view v = orx_view_trim(orx_str_view(&text));
    if (orx_view_starts(v, "ref:")) {
        orx_str_clear(ret_ref);
        orx_str_addv(ret_ref, orx_view_trim((orx_view){v.p + 4, v.len - 4}));
        ret_sha[0] = '\0';
        return 0;
    }
    if (!orx_git_is_sha(v))
        return orx_err_set(err, ORX_E_CORRUPT, "%s: HEAD holds neither a branch nor a commit id",
                           orx_git_where(g));
    orx_str_clear(ret_ref);
    memcpy(ret_sha, v.p, v.len);
    ret_sha[v.len] = '\0';
    return 0;
}

int orx_git_read_ref(orx_git *g, const char *ref, char ret_sha[ORX_GIT_SHA], orx_err *err) {
    ORX_CLEANUP(orx_str_free) orx_str text = {0};
    orx_err why = ORX_ERR_INIT;
    int rc = read_small(g, g->common, ref, &text, &why);
    /* A directory there means that only longer names exist. */
    if (rc == ORX_E_NOT_FOUND || rc == ORX_E_INVALID)
        return 0;
    if (rc < 0)
        return orx_err_set(err, rc, "%s: cannot read %s: %s", orx_git_where(g), ref, why.msg);
    orx_view v = orx_view_trim(orx_str_view(&text));
    if (!orx_git_is_sha(v))
        return 0;
    memcpy(ret_sha, v.p, v.len);
    ret_sha[v.len] = '\0';
    return 1;
}

int orx_git_peek(orx_git *g, const char *ref, char ret_sha[ORX_GIT_SHA], orx_err *err) {
    if (strncmp(ref, "refs/", 5) != 0 || strstr(ref, ".."))
        return orx_err_set(err, ORX_E_INVALID, "%s: \"%.200s\" is no full name of a ref",
                           orx_git_where(g), ref);
    return orx_git_read_ref(g, ref, ret_sha, err);
}

int orx_git_head(orx_git *g, char ret_sha[ORX_GIT_SHA], orx_err *err) {
    ORX_CLEANUP(orx_str_free) orx_str ref = {0};
    char sha[ORX_GIT_SHA] = "";
    int rc = orx_git_read_head(g, &ref, sha, err);
    if (rc < 0)
        return rc;
    rc = sha[0] ? 1 : orx_git_read_ref(g, orx_str_cstr(&ref), sha, err);
    if (rc < 0)
        return rc;
    if (rc == 0) { /* packed, stored otherwise, or unborn */
        orx_err why = ORX_ERR_INIT;
        rc = g->v->resolve(g, "HEAD", sha, &why);
        if (rc == ORX_E_NOT_FOUND)
            sha[0] = '\0';
        else if (rc < 0)
            return orx_err_set(err, rc, "%s", why.msg);
    }
    memcpy(ret_sha, sha, sizeof sha);
    return sha[0] ? 1 : 0;
}

int orx_git_branch(orx_git *g, orx_str *ret_name, orx_err *err) {
    ORX_CLEANUP(orx_str_free) orx_str ref = {0};
    char sha[ORX_GIT_SHA];
    int rc = orx_git_read_head(g, &ref, sha, err);
    if (rc < 0)
        return rc;
    orx_str_clear(ret_name);
    if (!orx_view_starts(orx_str_view(&ref), "refs/heads/"))
        return 0;
    orx_str_adds(ret_name, ref.buf + strlen("refs/heads/"));
    return 1;
}

unsigned orx_git_in_progress(orx_git *g) {
    static const struct {
        const char *name;
        unsigned flag;
    } marks[] = {{"MERGE_HEAD", ORX_GIT_IN_MERGE},    {"rebase-merge", ORX_GIT_IN_REBASE},
                 {"rebase-apply", ORX_GIT_IN_REBASE}, {"CHERRY_PICK_HEAD", ORX_GIT_IN_CHERRY_PICK},
                 {"REVERT_HEAD", ORX_GIT_IN_REVERT},  {"BISECT_LOG", ORX_GIT_IN_BISECT}};
    ORX_CLEANUP(orx_arena_free) orx_arena a = {0};
    unsigned flags = 0;
    for (size_t i = 0; i < ORX_ARRAY_LEN(marks); i++)
        if (orx_exists(g->p, orx_path_join(&a, g->dir, marks[i].name)))
            flags |= marks[i].flag;
    return flags;
}

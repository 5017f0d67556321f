/* The root: journal, locks, repositories. */
#include "cli/doctor.h"

#include "git/git.h"
#include "platform/files.h"

/* ---- Journal and locks ----------------------------------------------------------------------- */

static void journal(orx_doctor *d) {
    orx_err err = ORX_ERR_INIT;
    const char *db = orx_path_join(&d->c->arena, d->c->cfg->paths.state_dir, "orxaq.db");
    if (!orx_exists(d->c->p, db))
        orx_doctor_add(d, ORX_HEALTH_OK, "journal", "", "none yet: nothing was run here");
    else if (orx_cli_store(d->c, ORX_STORE_READ_ONLY, &err) < 0)
        orx_doctor_add(d, ORX_HEALTH_FAIL, "journal", "", "%s", err.msg);
    else
        orx_doctor_add(d, ORX_HEALTH_OK, "journal", "", "%lld events",
                       (long long)orx_event_last(d->c->store));
}

/* A file alone proves nothing; who runs holds its lock. */
static void locks(orx_doctor *d) {
    char **names = NULL;
    int held = orx_file_is_locked(d->c->p, d->c->cfg->paths.lock_file);
    ORX_CLEANUP(orx_str_free) orx_str lanes = {0};
    if (held)
        orx_str_adds(&lanes, "primary");
    if (orx_list_dir(d->c->p, d->c->cfg->paths.state_dir, &d->c->arena, &names, NULL) < 0)
        names = NULL;
    for (size_t i = 0; names && names[i]; i++) {
        orx_view name = orx_view_of(names[i]);
        if (!orx_view_starts(name, "lane-") || !orx_view_ends(name, ".lock") ||
            !orx_file_is_locked(d->c->p,
                                orx_path_join(&d->c->arena, d->c->cfg->paths.state_dir, names[i])))
            continue;
        orx_str_addf(&lanes, "%s%.*s", lanes.len ? ", " : "", (int)name.len - 10, name.p + 5);
        held++;
    }
    if (held)
        orx_doctor_add(d, ORX_HEALTH_OK, "runs", "", "in progress: %s", lanes.buf);
    else
        orx_doctor_add(d, ORX_HEALTH_OK, "runs", "", "none in progress");
}

/* ---- Repositories ---------------------------------------------------------------------------- */

static void working_tree(orx_doctor *d, orx_git *g, const char *what) {
    orx_git_status s;
    orx_err err = ORX_ERR_INIT;
    if (orx_git_is_bare(g)) {
        orx_doctor_add(d, ORX_HEALTH_FAIL, what, "name a clone with a working tree",
                       "it is a bare repository");
        return;
    }
    if (orx_git_status_of(g, &d->c->arena, &s, &err) < 0) {
        orx_doctor_add(d, ORX_HEALTH_FAIL, what, "", "%s", err.msg);
        return;
    }
    const char *branch = s.branch ? s.branch : "(no branch)";
    if (s.count && d->c->cfg->git.isolation == ORX_ISOLATION_IN_PLACE)
        orx_doctor_add(d, ORX_HEALTH_WARN, what,
                       "commit or stash them, or set `git: {isolation: worktree}`",
                       "%s, %zu uncommitted change%s: no attempt begins", branch, s.count,
                       s.count == 1 ? "" : "s");
    else
        orx_doctor_add(d, ORX_HEALTH_OK, what, "", "%s, %s", branch,
                       s.count ? "with changes that stay untouched" : "clean");
}

static void repository(orx_doctor *d, const char *path) {
    orx_err err = ORX_ERR_INIT;
    orx_git *g = NULL;
    const char *const *env = NULL;
    const orx_child_env child = {0};
    const char *what = orx_arena_printf(&d->c->arena, "repository %s", path);
    int rc = orx_config_env_for_child(d->c->cfg, &child, &d->c->arena, &env, &err);
    const orx_git_options options = {.env = env};
    if (rc == 0)
        rc = orx_git_open(d->c->p, path, &options, &g, &err);
    if (rc < 0)
        orx_doctor_add(d, ORX_HEALTH_FAIL, what, "clone it there, or set `repos` in orxaq.yaml",
                       "%s", err.msg);
    else
        working_tree(d, g, what);
    orx_git_close(g);
}

static bool seen_before(const orx_config *cfg, size_t i) {
    for (size_t k = 0; k < i; k++)
        if (cfg->providers[k].enabled &&
            strcmp(cfg->providers[k].repo, cfg->providers[i].repo) == 0)
            return true;
    return false;
}

void orx_doctor_root(orx_doctor *d) {
    const orx_config *cfg = d->c->cfg;
    if (!cfg->root_found)
        orx_doctor_add(d, ORX_HEALTH_WARN, "root", "`orxaq init` makes one",
                       "%s does not look like a root", cfg->root);
    journal(d);
    locks(d);
    for (size_t i = 0; i < cfg->provider_count; i++)
        if (cfg->providers[i].enabled && !seen_before(cfg, i))
            repository(d, cfg->providers[i].repo);
}

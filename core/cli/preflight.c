#include "cli/preflight.h"

#include "cli/probe.h"
#include "config/local.h"
#include "data/json.h"
#include "git/git.h"
#include "platform/files.h"

typedef struct preflight {
    orx_cli *c;
    orx_arena *a;
    bool allow_dirty;
    const char *const *owners;
    orx_node *runtime;         /* checks */
    orx_node *errors;          /* texts */
    orx_node *recommendations; /* likewise, each once */
    orx_node *repos;           /* checks */
    bool repos_ok;
} preflight;

/* ---- Checks ---------------------------------------------------------------------------------- */

static void push_text(preflight *f, orx_node *list, const char *text) {
    ORX_NODE_EACH(list, n)
    if (strcmp(orx_node_str(n, ""), text) == 0)
        return;
    orx_node_push(list, orx_node_new_str(f->a, orx_view_of(text)));
}

static void check(preflight *f, const char *name, bool ok, const char *message,
                  const char *advice) {
    orx_node *n = orx_node_new(f->a, ORX_OBJECT);
    orx_node_set_str(f->a, n, "name", name);
    orx_node_set_bool(f->a, n, "ok", ok);
    orx_node_set_str(f->a, n, "message", message);
    orx_node_push(f->runtime, n);
    if (ok)
        return;
    orx_node_push(f->errors, orx_node_new_str(f->a, orx_view_of(message)));
    if (*advice)
        push_text(f, f->recommendations, advice);
}

static const char *named(preflight *f, const orx_provider_config *p, const char *what) {
    return orx_arena_printf(f->a, "%s_%s", p->name, what);
}

/* ---- Providers ------------------------------------------------------------------------------- */

static bool is_needed(const preflight *f, const orx_provider_config *p) {
    for (const char *const *o = f->owners; *o; o++)
        if (orx_config_provider(f->c->cfg, *o) == p)
            return true;
    return false;
}

static void tell_probed(preflight *f, const orx_provider_config *p, const orx_probed *found) {
    const char *program = orx_arena_printf(
        f->a, "%s%s%s", found->told && *found->program ? found->program : p->plugin,
        *found->version ? " " : "", found->version);
    const char *why =
        *found->message ? found->message : orx_arena_printf(f->a, "%s is not ready", p->name);
    if (!found->ready && !found->forbidden) {
        check(f, named(f, p, "cli"), false, why,
              orx_arena_printf(f->a,
                               "install the program of provider %s, or name it in "
                               "providers.%s.settings; `orxaq doctor` shows more",
                               p->name, p->name));
        return;
    }
    check(f, named(f, p, "cli"), true, program, "");
    check(f, named(f, p, "auth"), found->ready,
          found->ready ? (*found->account ? found->account : "it can work") : why,
          p->secret ? orx_arena_printf(f->a, "log in with the program of provider %s, or set %s",
                                       p->name, p->secret)
                    : orx_arena_printf(f->a, "log in with the program of provider %s", p->name));
}

static void check_provider(preflight *f, const orx_provider_config *p) {
    orx_err err = ORX_ERR_INIT;
    orx_instance *instance = NULL;
    orx_probed found;
    if (!is_needed(f, p)) {
        check(f, named(f, p, "cli"), true, "no task needs it", "");
        return;
    }
    const char *forbidden = orx_config_forbidden(f->c->cfg, p, f->a);
    if (forbidden) {
        check(f, named(f, p, "cli"), false, forbidden,
              "give its tasks to a local provider, or switch run.local_only off");
        return;
    }
    int rc = orx_run_make_instance(f->c->cfg, f->c->plugins, p, NULL, &instance, &err);
    if (rc == 0 && !orx_cli_can_probe(instance))
        check(f, named(f, p, "cli"), true,
              orx_arena_printf(f->a, "plugin %s loads; its program shows with the first task",
                               p->plugin),
              "");
    else if (rc == 0 && (rc = orx_cli_probe(f->c, p, instance, &found, &err)) == 0)
        tell_probed(f, p, &found);
    if (rc < 0)
        check(f, named(f, p, "cli"), false, orx_arena_strdup(f->a, err.msg),
              "`orxaq plugin list` and `orxaq doctor` show more");
    orx_instance_free(instance);
}

static void check_owners(preflight *f) {
    for (const char *const *o = f->owners; *o; o++)
        if (!orx_config_provider(f->c->cfg, *o))
            check(f, "owner", false, orx_arena_printf(f->a, "no provider serves the owner %s", *o),
                  orx_arena_printf(f->a, "configure providers.%s, or change the tasks", *o));
}

static void check_providers(preflight *f, orx_err *err) {
    const orx_config *cfg = f->c->cfg;
    if (orx_cli_plugins(f->c, err) < 0)
        return;
    check_owners(f);
    for (size_t i = 0; i < cfg->provider_count; i++)
        if (cfg->providers[i].enabled)
            check_provider(f, &cfg->providers[i]);
}

/* ---- core.bare ------------------------------------------------------------------------------- */

/* [K] written only when something was tried. */
static void note_remedy(preflight *f, const char *repo, const char *error) {
    ORX_CLEANUP(orx_str_free) orx_str text = {0};
    char now[ORX_ISO_MAX];
    orx_node *n = orx_node_new(f->a, ORX_OBJECT);
    orx_iso_time(orx_wall_ns(f->c->p), now);
    orx_node_set_str(f->a, n, "generated_at_utc", now);
    orx_node_set_str(f->a, n, "repo_root", repo);
    orx_node_set_str(f->a, n, "local_core_bare_before", "true");
    orx_node_set_str(f->a, n, "local_core_bare_after", *error ? "true" : "false");
    orx_node_set_bool(f->a, n, "remediation_applied", !*error);
    orx_node_set_str(f->a, n, "set_error", error);
    orx_node_set_bool(f->a, n, "fixed", !*error);
    orx_json_write(&text, n, ORX_JSON_PY_INDENT);
    orx_str_addc(&text, '\n');
    const char *dir = f->c->cfg->paths.artifacts_dir;
    if (orx_mkdirs(f->c->p, dir, false, NULL) == 0)
        (void)orx_write_replace(
            f->c->p, orx_path_join(f->a, dir, "git_worktree_common_config_remediation.json"),
            orx_str_view(&text), 0644, NULL);
}

static void mend_bare(preflight *f, const char *path) {
    orx_git *g = NULL;
    orx_err err = ORX_ERR_INIT;
    if (orx_cli_open_repo(f->c, path, &g, NULL) < 0)
        return; /* that it cannot be opened is said elsewhere, if it matters */
    int rc = orx_git_unbare(g, &err);
    orx_git_close(g);
    if (rc == 0)
        return;
    note_remedy(f, path, rc < 0 ? err.msg : "");
    if (rc < 0)
        check(
            f, "git_worktree_common_nonbare", false,
            orx_arena_printf(f->a, "%s: core.bare is set and cannot be cleared: %s", path, err.msg),
            orx_arena_printf(f->a, "git -C %s config core.bare false", path));
    else
        check(f, "git_worktree_common_nonbare", true,
              orx_arena_printf(f->a, "%s: core.bare was set and has been cleared", path), "");
}

static void check_bare(preflight *f) {
    const orx_config *cfg = f->c->cfg;
    size_t before = f->runtime->count;
    mend_bare(f, cfg->root);
    if (strcmp(cfg->repos.impl, cfg->root) != 0)
        mend_bare(f, cfg->repos.impl);
    if (strcmp(cfg->repos.test, cfg->root) != 0 && strcmp(cfg->repos.test, cfg->repos.impl) != 0)
        mend_bare(f, cfg->repos.test);
    if (f->runtime->count == before)
        check(f, "git_worktree_common_nonbare", true, "no repository is marked bare by mistake",
              "");
}

/* ---- Repositories ---------------------------------------------------------------------------- */

static bool is_repo_needed(const preflight *f, const char *repo) {
    const orx_config *cfg = f->c->cfg;
    if (strcmp(repo, cfg->repos.impl) == 0)
        return true;
    for (size_t i = 0; i < cfg->provider_count; i++)
        if (strcmp(cfg->providers[i].repo, repo) == 0 && is_needed(f, &cfg->providers[i]))
            return true;
    return false;
}

static orx_node *tell_repo(preflight *f, const char *repo, bool ok, const char *message) {
    orx_node *n = orx_node_new(f->a, ORX_OBJECT);
    orx_node_set_str(f->a, n, "repo", repo);
    orx_node_set_bool(f->a, n, "ok", ok);
    orx_node_set_str(f->a, n, "message", message);
    orx_node_push(f->repos, n);
    f->repos_ok = f->repos_ok && ok;
    return n;
}

static void check_tree(preflight *f, const char *repo, orx_git *g) {
    orx_git_status s;
    orx_err err = ORX_ERR_INIT;
    if (orx_git_is_bare(g))
        (void)tell_repo(f, repo, false, "a bare repository: name a clone with a working tree");
    else if (orx_git_status_of(g, f->a, &s, &err) < 0)
        (void)tell_repo(f, repo, false, orx_arena_strdup(f->a, err.msg));
    else if (s.count && !f->allow_dirty)
        (void)tell_repo(f, repo, false,
                        orx_arena_printf(f->a,
                                         "%zu uncommitted change%s: commit or stash them, or pass "
                                         "--allow-dirty",
                                         s.count, s.count == 1 ? "" : "s"));
    else
        orx_node_set_int(
            f->a, tell_repo(f, repo, true, s.count ? "uncommitted changes are allowed" : "clean"),
            "changes", (int64_t)s.count);
}

static void check_repo(preflight *f, const char *repo) {
    orx_err err = ORX_ERR_INIT;
    orx_git *g = NULL;
    orx_file_info info;
    if (orx_stat(f->c->p, repo, &info, NULL) < 0) {
        bool needed = is_repo_needed(f, repo);
        (void)tell_repo(f, repo, !needed,
                        orx_arena_printf(f->a, "missing repository: %s%s", repo,
                                         needed ? "" : "; no task needs it"));
    } else if (orx_cli_open_repo(f->c, repo, &g, &err) < 0) {
        (void)tell_repo(f, repo, !is_repo_needed(f, repo), orx_arena_strdup(f->a, err.msg));
    } else {
        check_tree(f, repo, g);
    }
    orx_git_close(g);
}

/* ---- All of it ------------------------------------------------------------------------------- */

static orx_node *document(preflight *f) {
    orx_node *n = orx_node_new(f->a, ORX_OBJECT);
    bool runtime_ok = f->errors->count == 0;
    orx_node_set_str(f->a, n, "runtime", runtime_ok ? "ok" : "error");
    orx_node_set(f->a, n, "runtime_checks", f->runtime);
    orx_node_set(f->a, n, "runtime_errors", f->errors);
    orx_node_set(f->a, n, "runtime_recommendations", f->recommendations);
    orx_node_set_str(f->a, n, "impl_repo", f->c->cfg->repos.impl);
    orx_node_set_str(f->a, n, "test_repo", f->c->cfg->repos.test);
    orx_node_set_bool(f->a, n, "clean", runtime_ok && f->repos_ok);
    orx_node_set(f->a, n, "checks", f->repos);
    return n;
}

int orx_cli_preflight(orx_cli *c, bool allow_dirty, orx_node **ret_doc, orx_err *err) {
    orx_arena *a = &c->arena;
    preflight f = {.c = c,
                   .a = a,
                   .allow_dirty = allow_dirty,
                   .runtime = orx_node_new(a, ORX_ARRAY),
                   .errors = orx_node_new(a, ORX_ARRAY),
                   .recommendations = orx_node_new(a, ORX_ARRAY),
                   .repos = orx_node_new(a, ORX_ARRAY),
                   .repos_ok = true};
    const char *problem = "";
    if (!c->store)
        (void)orx_cli_store(c, ORX_STORE_READ_ONLY, NULL);
    f.owners = orx_cli_owners_in_use(c, &problem);
    check_bare(&f);
    if (*problem)
        check(&f, "tasks_file", false, problem, "`orxaq config check` names the place");
    check_providers(&f, err);
    check_repo(&f, c->cfg->repos.impl);
    check_repo(&f, c->cfg->repos.test);
    *ret_doc = document(&f);
    return 0;
}

static void print_check(orx_cli *c, const orx_node *n, const char *what) {
    bool ok = orx_node_bool(orx_node_get(n, "ok"), false);
    orx_cli_printf("%s  %s: %s\n", orx_cli_paint(c, ok ? "32" : "31", ok ? "ok  " : "fail"),
                   orx_node_str(orx_node_get(n, what), ""),
                   orx_node_str(orx_node_get(n, "message"), ""));
}

void orx_cli_preflight_print(orx_cli *c, const orx_node *doc) {
    ORX_NODE_EACH(orx_node_get(doc, "runtime_checks"), n)
    print_check(c, n, "name");
    ORX_NODE_EACH(orx_node_get(doc, "checks"), n)
    print_check(c, n, "repo");
    ORX_NODE_EACH(orx_node_get(doc, "runtime_recommendations"), n)
    orx_cli_printf("      -> %s\n", orx_node_str(n, ""));
    orx_cli_printf("%s\n", orx_node_bool(orx_node_get(doc, "clean"), false)
                               ? "everything that the tasks need is there"
                               : "not everything that the tasks need is there");
}

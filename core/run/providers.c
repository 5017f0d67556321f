/* Providers put to use: plugin loaded, instance created, repository opened, role text read. Made
 * when the first task needs one, so that a missing program holds up only the tasks of its owner. */
#include "config/local.h"
#include "run/confine.h"
#include "run/deployments.h"
#include "run/local_plan.h"
#include "run/relaying.h"
#include "run/runner.h"

#include <stdio.h>
#include <stdlib.h>

#define ROLE_TEXT_MAX ((size_t)1 << 20)

int orx_run_env(orx_runner *r, const orx_provider_config *provider, orx_arena *arena,
                const char *const **ret_env, orx_err *err) {
    const orx_child_env what = {.provider = provider};
    return orx_config_env_for_child(r->cfg, &what, arena, ret_env, err);
}

/* Where a configured plugin with this name lives, if the operator gave it a path or a pin. */
static orx_plugin_ref reference(const orx_config *cfg, const char *name) {
    for (size_t i = 0; i < cfg->plugin_count; i++) {
        const orx_plugin_config *c = &cfg->plugins[i];
        const char *base = c->path ? strrchr(c->path, '/') : NULL;
        size_t n = strlen(name);
        bool same = c->name ? strcmp(c->name, name) == 0
                            : base && strncmp(base + 1, name, n) == 0 && base[1 + n] == '.';
        if (same)
            return (orx_plugin_ref){.name = c->path ? NULL : c->name,
                                    .path = c->path,
                                    .sha256 = c->sha256,
                                    .where = c->where};
    }
    return (orx_plugin_ref){.name = name};
}

static bool switched_off(const orx_config *cfg, const char *name) {
    for (size_t i = 0; i < cfg->plugin_count; i++)
        if (!cfg->plugins[i].enabled && cfg->plugins[i].name &&
            strcmp(cfg->plugins[i].name, name) == 0)
            return true;
    return false;
}

static int load_plugin(const orx_config *cfg, orx_plugins *plugins, const char *name,
                       const orx_plugin **ret_plugin, orx_err *err) {
    if (switched_off(cfg, name))
        return orx_err_set(
            err, ORX_E_DENIED,
            "plugin \"%s\" is switched off in the configuration (plugins: enabled: false)", name);
    orx_plugin_ref ref = reference(cfg, name);
    return orx_plugins_load(plugins, &ref, ret_plugin, err);
}

int orx_run_load_plugin(orx_runner *r, const char *name, const orx_plugin **ret_plugin,
                        orx_err *err) {
    return load_plugin(r->cfg, r->setup.plugins, name, ret_plugin, err);
}

static const orx_node *settings_at(const orx_provider_config *provider, const char *endpoint,
                                   orx_arena *arena) {
    if (!endpoint)
        return provider->settings;
    orx_node *changed = orx_node_copy(arena, provider->settings);
    orx_node_set_str(arena, changed, "base_url", endpoint);
    return changed;
}

int orx_run_make_instance(const orx_config *cfg, orx_plugins *plugins,
                          const orx_provider_config *provider, const char *endpoint,
                          orx_instance **ret_instance, orx_err *err) {
    ORX_CLEANUP(orx_arena_free) orx_arena arena = {0};
    const orx_plugin *plugin = NULL;
    int rc = load_plugin(cfg, plugins, provider->plugin, &plugin, err);
    if (rc < 0)
        return rc;
    if (!orx_plugin_provider(plugin))
        return orx_err_set(err, ORX_E_INVALID, "plugin \"%s\" is no provider", provider->plugin);
    char path[160];
    char secret[160] = "";
    (void)snprintf(path, sizeof path, "providers.%s.settings", provider->name);
    /* One that is not set is none: the program may have a login of its own. */
    if (orx_config_secret(cfg, provider))
        (void)snprintf(secret, sizeof secret, "env:%s", provider->secret);
    const orx_instance_spec spec = {.plugin = plugin,
                                    .name = provider->name,
                                    .settings = settings_at(provider, endpoint, &arena),
                                    .file = provider->file,
                                    .path = path,
                                    .secret = *secret ? secret : NULL};
    return orx_instance_new(plugins, &spec, ret_instance, err);
}

static const orx_router_config *router_called(const orx_config *cfg, const char *name) {
    for (size_t i = 0; i < cfg->router_count; i++)
        if (strcmp(cfg->routers[i].name, name) == 0)
            return &cfg->routers[i];
    return NULL;
}

int orx_run_make_router(const orx_config *cfg, orx_plugins *plugins, const char *name,
                        orx_instance **ret_router, orx_err *err) {
    ORX_CLEANUP(orx_arena_free) orx_arena arena = {0};
    const orx_router_config *c = router_called(cfg, name);
    const orx_plugin *plugin = NULL;
    if (!c)
        return orx_err_set(err, ORX_E_NOT_FOUND,
                           "there is no router %s: expected an entry routers.%s", name, name);
    int rc = load_plugin(cfg, plugins, c->plugin, &plugin, err);
    if (rc < 0)
        return rc;
    if (!orx_plugin_router(plugin))
        return orx_err_set(err, ORX_E_INVALID, "routers.%s: plugin \"%s\" is no router", c->name,
                           c->plugin);
    const orx_instance_spec spec = {
        .plugin = plugin,
        .name = c->name,
        .settings = c->settings,
        .file = cfg->config_file,
        .path = orx_arena_printf(&arena, "routers.%s.settings", c->name),
    };
    return orx_instance_new(plugins, &spec, ret_router, err);
}

static int open_repository(orx_runner *r, orx_provider *v, orx_err *err) {
    ORX_CLEANUP(orx_arena_free) orx_arena arena = {0};
    const char *const *env = NULL;
    int rc = orx_run_env(r, NULL, &arena, &env, err);
    if (rc < 0)
        return rc;
    static const char *const none[] = {NULL};
    const char *const *spared = r->cfg->git.protected_branches.items;
    const orx_git_options options = {.env = env, .protected_branches = spared ? spared : none};
    rc = orx_git_open(r->p, v->cfg->repo, &options, &v->git, err);
    if (rc < 0)
        return orx_err_wrap(err, "providers.%s.repo", v->cfg->name);
    if (orx_git_is_bare(v->git))
        return orx_err_set(err, ORX_E_INVALID,
                           "providers.%s.repo: %s is a bare repository; a working tree is needed",
                           v->cfg->name, v->cfg->repo);
    rc = orx_run_worktree(r, &v->git, &options, err);
    return rc < 0 ? rc : orx_run_refresh(r, v, err);
}

static int read_role(orx_runner *r, orx_provider *v, orx_err *err) {
    if (!v->cfg->prompt_file || !orx_exists(r->p, v->cfg->prompt_file))
        return 0;
    ORX_CLEANUP(orx_str_free) orx_str text = {0};
    int rc = orx_read_file(r->p, v->cfg->prompt_file, ROLE_TEXT_MAX, &text, err);
    if (rc == 0)
        v->role_text = orx_arena_dup(&r->arena, orx_str_view(&text));
    return rc;
}

static void count_secret(void *user, orx_view value) {
    int *count = user;
    *count += value.len > 0;
}

/* A key is what a relay can keep; what a program brings itself goes past it. */
static int make_relayed(orx_runner *r, orx_provider *v, orx_err *err) {
    const orx_plugin *plugin = NULL;
    int secrets = 0;
    int rc = load_plugin(r->cfg, r->setup.plugins, v->cfg->plugin, &plugin, err);
    if (rc == 0)
        rc = orx_relaying_open(r->p, r->cfg, v->cfg, plugin, &v->relay, err);
    if (rc == 0)
        rc = orx_run_make_instance(r->cfg, r->setup.plugins, v->cfg,
                                   v->relay ? orx_relay_url(v->relay) : NULL, &v->instance, err);
    if (rc < 0 || !v->relay)
        return rc;
    orx_instance_each_secret(v->instance, count_secret, &secrets);
    if (secrets == 0)
        return orx_err_set(err, ORX_E_INVALID,
                           "providers.%s.relay: there is no key that the relay could send; name "
                           "its variable (secret: NAME) and set it, or take relay out: a login of "
                           "the program's own cannot go through a relay",
                           v->cfg->name);
    return 0;
}

static void provider_free(orx_provider *v) {
    if (!v)
        return;
    orx_run_served_free(v->served);
    orx_instance_free(v->instance);
    orx_relay_close(v->relay);
    orx_git_close(v->git);
    orx_vec_free(&v->delivered);
    orx_vec_free(&v->unpaid);
    free(v);
}

static int provider_make(orx_runner *r, orx_provider *v, const char *owner, orx_err *err) {
    v->cfg = orx_config_provider(r->cfg, owner);
    if (!v->cfg)
        return orx_err_set(err, ORX_E_NOT_FOUND, "no enabled provider serves the owner \"%s\"",
                           owner);
    int rc = open_repository(r, v, err);
    if (rc == 0)
        rc = read_role(r, v, err);
    v->forbidden = orx_config_forbidden(r->cfg, v->cfg, &r->arena);
    if (rc == 0 && !v->forbidden)
        rc = make_relayed(r, v, err);
    return rc;
}

orx_provider *orx_run_provider(orx_runner *r, const char *owner) {
    orx_provider *v = orx_map_get(&r->providers, orx_view_of(owner));
    if (!v) {
        orx_err err = ORX_ERR_INIT;
        v = orx_xcalloc(1, sizeof *v);
        orx_map_put(&r->providers, orx_view_of(owner), v);
        if (provider_make(r, v, owner, &err) < 0) {
            memcpy(v->problem, err.msg, sizeof v->problem);
            orx_run_tell(r, ORX_NOTE_PROBLEM, NULL, false, "tasks of %s wait: %s", owner, err.msg);
        }
    }
    return *v->problem ? NULL : v;
}

void orx_run_hold(orx_try *t) {
    (void)snprintf(t->provider->problem, sizeof t->provider->problem, "%s",
                   *t->problem ? t->problem : "its program cannot be started");
    orx_run_tell(t->r, ORX_NOTE_PROBLEM, t, false, "tasks of %s wait: %s", t->task.owner,
                 t->provider->problem);
}

void orx_run_providers_free(orx_runner *r) {
    size_t i = 0;
    const orx_map_entry *e;
    while ((e = orx_map_next(&r->providers, &i)))
        provider_free(e->value);
    orx_map_free(&r->providers);
}

const char *const *orx_run_unserved(orx_runner *r, orx_arena *arena) {
    const char **list = orx_arena_zalloc(arena, r->providers.count + 1, sizeof *list);
    size_t n = 0;
    size_t i = 0;
    const orx_map_entry *e;
    while ((e = orx_map_next(&r->providers, &i)))
        if (orx_run_is_held(r, e->value) || *((const orx_provider *)e->value)->problem ||
            orx_run_is_unpaid(r, e->value))
            list[n++] = orx_arena_strdup(arena, e->key);
    return n ? list : NULL;
}

void orx_run_tell_lacking(orx_runner *r) {
    size_t i = 0;
    const orx_map_entry *e;
    while ((e = orx_map_next(&r->providers, &i))) {
        ORX_CLEANUP(orx_str_free) orx_str note = {0};
        const orx_provider *v = e->value;
        if (!v->cfg || strchr(v->cfg->repo, '\n') || orx_git_there(r->p, v->cfg->repo))
            continue;
        orx_str_addf(&note, "REPOSITORY_MISSING=%s\n", v->cfg->repo);
        orx_tell_starter(r->p, orx_str_view(&note));
        return;
    }
}

const char *orx_run_first_problem(orx_runner *r) {
    size_t i = 0;
    const orx_map_entry *e;
    while ((e = orx_map_next(&r->providers, &i))) {
        const orx_provider *v = e->value;
        if (*v->problem)
            return v->problem;
    }
    return NULL;
}

void orx_run_confine(orx_runner *r, const orx_provider_config *provider, const orx_git *git,
                     const char *const *own, orx_arena *arena, orx_confine *ret_confine) {
    orx_confine_to(r->p, r->cfg, provider, git, own, arena, ret_confine);
}

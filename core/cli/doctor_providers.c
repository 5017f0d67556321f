/* Every configured provider, router and plugin: loaded, and asked whether it could work now. */
#include "cli/doctor.h"

#include "cli/probe.h"
#include "config/local.h"
#include "run/relaying.h"

/* ---- Probing --------------------------------------------------------------------------------- */

static void tell_probe(orx_doctor *d, const char *what, const orx_probed *found) {
    orx_str text = {0};
    if (found->told)
        orx_str_addf(&text, "%s%s%s%s%s", found->program, *found->version ? " " : "",
                     found->version, *found->account ? ", " : "", found->account);
    const char *why = *found->message ? found->message : "it is not ready";
    if (found->ready)
        orx_doctor_add(d, ORX_HEALTH_OK, what, "", "%s", orx_str_cstr(&text));
    else
        orx_doctor_add(d, ORX_HEALTH_FAIL, what, "", "%s%s%s", orx_str_cstr(&text),
                       text.len ? ": " : "", why);
    orx_str_free(&text);
}

static void probe(orx_doctor *d, const orx_provider_config *p, orx_instance *instance,
                  const char *what) {
    orx_err err = ORX_ERR_INIT;
    orx_probed found;
    if (!orx_cli_can_probe(instance)) {
        orx_doctor_add(d, ORX_HEALTH_OK, what, "",
                       "its plugin %s loads; whether its program starts shows with the first task",
                       p->plugin);
        return;
    }
    if (orx_cli_probe(d->c, p, instance, &found, &err) < 0)
        orx_doctor_add(d, ORX_HEALTH_FAIL, what, "", "%s", err.msg);
    else
        tell_probe(d, what, &found);
}

/* ---- Providers ------------------------------------------------------------------------------- */

/* The name only. A program may have a login of its own, so a missing key alone is no failure. */
static void secret(orx_doctor *d, const orx_provider_config *p, const char *what) {
    if (!p->secret)
        return;
    if (orx_config_secret(d->c->cfg, p))
        orx_doctor_add(d, ORX_HEALTH_OK, what, "", "its key %s is set", p->secret);
    else
        orx_doctor_add(d, ORX_HEALTH_WARN, what,
                       orx_arena_printf(&d->c->arena,
                                        "set %s in .env.autonomy or in the environment, unless the "
                                        "program has a login of its own",
                                        p->secret),
                       "its key %s is not set", p->secret);
}

/* Whether its relay could be opened. */
static int try_relay(const orx_doctor *d, const orx_provider_config *p,
                     const orx_instance *instance, orx_err *err) {
    orx_relay *relay = NULL;
    int rc = orx_relaying_open(d->c->p, d->c->cfg, p, orx_instance_plugin(instance), &relay, err);
    orx_relay_close(relay);
    return rc;
}

/* One that may not be called is not asked whether it is there either. */
static bool is_forbidden(orx_doctor *d, const orx_provider_config *p, const char *what) {
    const char *why = orx_config_forbidden(d->c->cfg, p, &d->c->arena);
    size_t others = orx_config_stand_ins(d->c->cfg, p);
    if (why && others)
        orx_doctor_add(d, ORX_HEALTH_OK, what, "",
                       "%s; its tasks are done by %zu endpoint%s of your own", why, others,
                       others == 1 ? "" : "s");
    else if (why)
        orx_doctor_add(d, ORX_HEALTH_WARN, what,
                       "its tasks are blocked, unless run.router finds a local provider for them",
                       "%s", why);
    return why != NULL;
}

static void local_only(orx_doctor *d) {
    orx_err err = ORX_ERR_INIT;
    if (orx_config_local_check(d->c->cfg, &err) < 0)
        orx_doctor_add(d, ORX_HEALTH_FAIL, "local-only", "", "%s", err.msg);
    else if (d->c->cfg->run.local_only)
        orx_doctor_add(d, ORX_HEALTH_OK, "local-only", "", "no hosted model is called");
}

static void provider(orx_doctor *d, const orx_provider_config *p) {
    orx_err err = ORX_ERR_INIT;
    orx_instance *instance = NULL;
    const char *what = orx_arena_printf(&d->c->arena, "provider %s", p->name);
    if (is_forbidden(d, p, what))
        return;
    secret(d, p, what);
    if (orx_run_make_instance(d->c->cfg, d->c->plugins, p, NULL, &instance, &err) < 0 ||
        try_relay(d, p, instance, &err) < 0)
        orx_doctor_add(d, ORX_HEALTH_FAIL, what, "", "%s", err.msg);
    else
        probe(d, p, instance, what);
    orx_instance_free(instance);
}

/* ---- What else is configured ----------------------------------------------------------------- */

static void module(orx_doctor *d, const char *what, const orx_plugin_ref *ref) {
    orx_err err = ORX_ERR_INIT;
    const orx_plugin *plugin = NULL;
    if (orx_plugins_load(d->c->plugins, ref, &plugin, &err) < 0)
        orx_doctor_add(d, ORX_HEALTH_FAIL, what, "", "%s", err.msg);
    else
        orx_doctor_add(d, ORX_HEALTH_OK, what, "", "%s loads", orx_plugin_path(plugin));
}

void orx_doctor_providers(orx_doctor *d) {
    const orx_config *cfg = d->c->cfg;
    orx_err err = ORX_ERR_INIT;
    if (orx_cli_plugins(d->c, &err) < 0) {
        orx_doctor_add(d, ORX_HEALTH_FAIL, "plugins", "", "%s", err.msg);
        return;
    }
    local_only(d);
    for (size_t i = 0; i < cfg->provider_count; i++)
        if (cfg->providers[i].enabled)
            provider(d, &cfg->providers[i]);
    for (size_t i = 0; i < cfg->plugin_count; i++) {
        const orx_plugin_config *p = &cfg->plugins[i];
        const orx_plugin_ref ref = {p->path ? NULL : p->name, p->path, p->sha256, p->where};
        if (p->enabled)
            module(d, orx_arena_printf(&d->c->arena, "plugin %s", p->path ? p->path : p->name),
                   &ref);
    }
    for (size_t i = 0; i < cfg->router_count; i++) {
        const orx_plugin_ref ref = {.name = cfg->routers[i].plugin};
        bool used = cfg->run.router && strcmp(cfg->run.router, cfg->routers[i].name) == 0;
        if (used)
            module(d, orx_arena_printf(&d->c->arena, "router %s", cfg->routers[i].name), &ref);
    }
}

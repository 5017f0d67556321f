#include "config/local.h"

#include "base/address.h"

static bool is_any(const char *plugin, const char *const *list) {
    for (; *list; list++)
        if (strcmp(plugin, *list) == 0)
            return true;
    return false;
}

bool orx_config_is_local(const orx_provider_config *p) {
    static const char *const here[] = {"lmstudio", NULL};
    static const char *const vendors[] = {"codex", "claude", "gemini", NULL};
    const char *url = orx_node_str(orx_node_get(p->settings, "base_url"), "");
    if (!orx_node_bool(orx_node_get(p->settings, "local"), true))
        return false;
    if (*url)
        return orx_address_is_private(orx_view_of(url));
    return is_any(p->plugin, here) || (p->watts > 0 && !is_any(p->plugin, vendors));
}

static const char *set_at(const orx_config *cfg) {
    const orx_config_value *v = orx_config_get(cfg, "run.local_only");
    return v ? v->where : "default";
}

const char *orx_config_forbidden(const orx_config *cfg, const orx_provider_config *p,
                                 orx_arena *arena) {
    if (!cfg->run.local_only || orx_config_is_local(p))
        return NULL;
    return orx_arena_printf(arena,
                            "providers.%s may not be called: its models are hosted, and "
                            "run.local_only (set at %s) forbids those",
                            p->name, set_at(cfg));
}

size_t orx_config_stand_ins(const orx_config *cfg, const orx_provider_config *p) {
    size_t n = 0;
    for (size_t i = 0; i < cfg->provider_count; i++) {
        const char *owner = cfg->providers[i].stands_for;
        n += owner && strcmp(owner, p->name) == 0;
    }
    return n;
}

int orx_config_local_check(const orx_config *cfg, orx_err *err) {
    ORX_CLEANUP(orx_str_free) orx_str hosted = {0};
    if (!cfg->run.local_only)
        return 0;
    for (size_t i = 0; i < cfg->provider_count; i++) {
        const orx_provider_config *p = &cfg->providers[i];
        if (!p->enabled)
            continue;
        if (orx_config_is_local(p))
            return 0;
        orx_str_addf(&hosted, "%s%s", hosted.len ? ", " : "", p->name);
    }
    return orx_err_set(
        err, ORX_E_INVALID,
        "run.local_only (set at %s) forbids hosted models, and no other provider is "
        "enabled (hosted: %s). Configure a model server of your own: local.base_urls "
        "for the tasks of codex, or a provider like providers.local: {plugin: lmstudio, model: "
        "NAME, settings: {base_url: "
        "\"http://127.0.0.1:1234/v1\"}}, or switch run.local_only off",
        set_at(cfg), hosted.len ? hosted.buf : "none");
}

#include "config/load.h"

const orx_config_value *orx_config_get(const orx_config *cfg, const char *path) {
    return orx_map_get(&cfg->state->by_path, orx_view_of(path));
}

const orx_config_value *orx_config_value_at(const orx_config *cfg, size_t i) {
    return i < cfg->state->listed.len ? cfg->state->listed.items[i] : NULL;
}

const orx_provider_config *orx_config_provider(const orx_config *cfg, const char *owner) {
    for (size_t i = 0; i < cfg->provider_count; i++)
        if (cfg->providers[i].enabled && !strcmp(cfg->providers[i].name, owner))
            return &cfg->providers[i];
    for (size_t i = 0; i < cfg->provider_count; i++) {
        const orx_provider_config *p = &cfg->providers[i];
        for (size_t k = 0; p->enabled && k < p->owners.count; k++)
            if (!strcmp(p->owners.items[k], owner))
                return p;
    }
    return NULL;
}

orx_strategy orx_config_strategy(const orx_config *cfg, const orx_provider_config *p) {
    return p->strategy == ORX_STRATEGY_INHERIT ? cfg->route.strategy : p->strategy;
}

const char *const *orx_config_owners(const orx_config *cfg) {
    return cfg->state->owners;
}

const char *orx_config_env(const orx_config *cfg, const char *name) {
    const char *process = orx_map_get(&cfg->state->process, orx_view_of(name));
    if (process && *process)
        return process;
    const orx_envvar *file = orx_map_get(&cfg->state->file, orx_view_of(name));
    return file ? file->value : process;
}

bool orx_secret_is_set(const char *value) {
    return value && *value && !orx_view_starts(orx_view_of(value), "replace_me");
}

const char *orx_config_secret(const orx_config *cfg, const orx_provider_config *provider) {
    const char *value = provider->secret ? orx_config_env(cfg, provider->secret) : NULL;
    return orx_secret_is_set(value) ? value : NULL;
}

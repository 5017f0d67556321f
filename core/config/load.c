#include "config/load.h"

/* Rows that are neither of an instance nor of a list. */
static bool is_plain(const orx_config_key *key) {
    return !strpbrk(key->path, "*[");
}

static void resolve_plain_keys(orx_loader *l) {
    for (size_t i = 0; i < orx_config_key_count; i++) {
        const orx_config_key *key = &orx_config_keys[i];
        if (!is_plain(key))
            continue;
        const orx_layers from = {.fallback = key->fallback,
                                 .env = key->env,
                                 .env_old = key->env_old,
                                 .flag = key->flag,
                                 .node = orx_node_path(l->doc, key->path)};
        orx_config_value *v = orx_loader_resolve(l, key, key->path, &from);
        orx_loader_register(l, v, true);
        orx_value_fill(v, l->cfg);
    }
}

static void load_all(orx_loader *l) {
    orx_loader_read_env_file(l);
    orx_loader_read_document(l);
    orx_loader_unknown_keys(l);
    orx_loader_read_overlay(l);
    resolve_plain_keys(l);
    orx_loader_litellm(l);
    orx_loader_providers(l);
    orx_loader_plugins(l);
    orx_loader_routers(l);
    orx_loader_caps(l);
    orx_loader_services(l);
    orx_loader_check_overlay(l);
    orx_loader_derive(l);
    orx_loader_check(l);
    orx_loader_local(l);
    orx_loader_unknown_flags(l);
    orx_loader_unknown_variables(l);
}

/* The result for the caller: a wrong flag is a wrong command line. */
static int verdict(const orx_diags *d, orx_err *err) {
    orx_err first = ORX_ERR_INIT;
    int rc = orx_diags_result(d, &first);
    if (rc < 0 && !strncmp(first.msg, "--", 2))
        rc = ORX_E_USAGE;
    return rc < 0 ? orx_err_set(err, rc, "%s", first.msg) : 0;
}

int orx_config_load(orx_platform *p, const orx_config_options *options, orx_config **ret_cfg,
                    orx_diags *diags, orx_err *err) {
    static const orx_config_options none = {0};
    ORX_CLEANUP(orx_diags_free) orx_diags own = {0};
    ORX_CLEANUP(orx_config_freep) orx_config *cfg = orx_xcalloc(1, sizeof *cfg);
    cfg->state = orx_xcalloc(1, sizeof *cfg->state);
    orx_loader l = {.p = p,
                    .options = options ? options : &none,
                    .cfg = cfg,
                    .st = cfg->state,
                    .diags = diags ? diags : &own,
                    .scope = {.arena = &cfg->state->arena, .cfg = cfg}};
    l.flag_used = orx_arena_zalloc(l.scope.arena, l.options->flag_count + 1, sizeof *l.flag_used);
    orx_err problem = ORX_ERR_INIT;
    int rc = orx_loader_find_world(&l, &problem);
    if (rc < 0) {
        orx_diag_add(l.diags, ORX_DIAG_ERROR, "", "%s", problem.msg);
        return orx_err_set(err, rc, "%s", problem.msg);
    }
    load_all(&l);
    rc = verdict(l.diags, err);
    if (rc == 0)
        *ret_cfg = ORX_STEAL(cfg);
    return rc;
}

void orx_config_free(orx_config *cfg) {
    if (!cfg)
        return;
    orx_map_free(&cfg->state->process);
    orx_map_free(&cfg->state->file);
    orx_map_free(&cfg->state->by_path);
    orx_vec_free(&cfg->state->listed);
    orx_arena_free(&cfg->state->arena);
    free(cfg->state);
    free(cfg);
}

void orx_config_freep(orx_config **cfg) {
    orx_config_free(*cfg);
}

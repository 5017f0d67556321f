/* The registry: what one root uses. */
#include "platform/files.h"
#include "plugin/registry.h"

#include <stdio.h>
#include <stdlib.h>

orx_plugins *orx_plugins_new(orx_platform *p, const orx_plugin_setup *setup) {
    orx_plugins *all = orx_xcalloc(1, sizeof *all);
    all->p = p;
    if (setup)
        all->setup = *setup;
    return all;
}

static void free_kv(orx_map *kv) {
    const orx_map_entry *e;
    for (size_t i = 0; (e = orx_map_next(kv, &i));) {
        orx_str_free(e->value);
        free(e->value);
    }
    orx_map_free(kv);
}

void orx_plugins_free(orx_plugins *all) {
    if (!all)
        return;
    orx_verdicts_free(all->proofs);
    orx_map_free(&all->by_id);
    orx_map_free(&all->by_path);
    free_kv(&all->kv);
    orx_arena_free(&all->arena);
    free(all);
}

void orx_plugins_log(orx_plugins *all, int level, const char *instance, const char *fmt, ...) {
    if (!all->setup.log)
        return;
    ORX_CLEANUP(orx_str_free) orx_str text = {0};
    va_list ap;
    va_start(ap, fmt);
    orx_str_vaddf(&text, fmt, ap);
    va_end(ap);
    all->setup.log(all->setup.user, level, instance, orx_str_view(&text));
}

/* ---- Secrets without a caller who keeps them ------------------------------------------------ */

static int secret_from_file(orx_platform *p, const char *path, orx_str *out, orx_err *err) {
    ORX_CLEANUP(orx_str_free) orx_str text = {0};
    int rc = orx_read_file(p, path, 65536, &text, err);
    if (rc < 0)
        return rc;
    orx_view value = orx_str_view(&text);
    if (orx_view_ends(value, "\n"))
        value.len--;
    orx_str_addv(out, value);
    return 0;
}

int orx_plugins_secret(orx_plugins *all, const char *reference, orx_str *out, orx_err *err) {
    if (all->setup.secret)
        return all->setup.secret(all->setup.user, reference, out, err);
    orx_view r = orx_view_of(reference);
    if (orx_view_starts(r, "file:"))
        return secret_from_file(all->p, reference + 5, out, err);
    if (!orx_view_starts(r, "env:"))
        return orx_err_set(err, ORX_E_INVALID,
                           "a secret's reference must begin with env: or file:");
    const char *value = orx_env(all->p, reference + 4);
    if (!value || !*value)
        return orx_err_set(err, ORX_E_NOT_FOUND,
                           "the variable %s, which holds a secret, is not set", reference + 4);
    orx_str_adds(out, value);
    return 0;
}

/* ---- One plugin ---------------------------------------------------------------------------- */

const orx_plugin *orx_plugins_get(const orx_plugins *all, const char *id) {
    return orx_map_get(&all->by_id, orx_view_of(id));
}

const orxaq_plugin *orx_plugin_descriptor(const orx_plugin *plugin) {
    return &plugin->view.descriptor;
}

const char *orx_plugin_path(const orx_plugin *plugin) {
    return plugin->path;
}

const char *orx_plugin_sha256(const orx_plugin *plugin) {
    return plugin->sha256;
}

const orxaq_provider *orx_plugin_provider(const orx_plugin *plugin) {
    return plugin->view.provider.struct_size ? &plugin->view.provider : NULL;
}

const orxaq_router *orx_plugin_router(const orx_plugin *plugin) {
    return plugin->view.router.struct_size ? &plugin->view.router : NULL;
}

const orxaq_sink *orx_plugin_sink(const orx_plugin *plugin) {
    return plugin->view.sink.struct_size ? &plugin->view.sink : NULL;
}

const orxaq_ingest *orx_plugin_ingest(const orx_plugin *plugin) {
    return plugin->view.ingest.struct_size ? &plugin->view.ingest : NULL;
}

const orxaq_responder *orx_plugin_responder(const orx_plugin *plugin) {
    return plugin->view.responder.struct_size ? &plugin->view.responder : NULL;
}

const orxaq_config_key *orx_plugin_key(const orx_plugin *plugin, uint32_t i) {
    return i < plugin->view.descriptor.config_count ? &plugin->view.keys[i] : NULL;
}

/* Letting a module in. */
#include "base/vec.h"
#include "plugin/registry.h"

#include <stdio.h>

static orx_verdicts *proofs(orx_plugins *all) {
    if (!all->proofs)
        all->proofs = orx_verdicts_new(all->p, all->setup.cache_file,
                                       all->setup.build ? all->setup.build : ORXAQ_SDK_VERSION);
    return all->proofs;
}

static int find_trusted(orx_plugins *all, const orx_plugin_ref *ref, orx_arena *arena,
                        orx_trusted_file *ret_file, orx_err *err) {
    const char *path;
    int rc = orx_plugins_find(all, ref, arena, &path, err);
    if (rc < 0)
        return rc;
    orx_trusted_file file;
    rc = orx_trust_look(all->p, path, arena, &file, err);
    /* A pin is held against the bytes themselves. */
    bool known =
        rc >= 0 && !ref->sha256 && all->setup.probe && orx_verdicts_digest(proofs(all), &file);
    if (rc >= 0 && !known)
        rc = orx_trust_digest(all->p, ref->sha256, &file, err);
    if (rc >= 0 && !known && all->setup.probe)
        orx_verdicts_settle(proofs(all), &file);
    if (rc >= 0)
        *ret_file = file;
    return rc < 0 && ref->where ? orx_err_wrap(err, "%s", ref->where) : rc;
}

void orx_plugins_prepare(orx_plugins *all, const orx_plugin_ref *refs, size_t count) {
    if (!all->setup.probe)
        return;
    ORX_CLEANUP(orx_arena_free) orx_arena arena = {0};
    ORX_VEC(orx_trusted_file) files = {0};
    for (size_t i = 0; i < count; i++) {
        orx_trusted_file file;
        if (find_trusted(all, &refs[i], &arena, &file, NULL) >= 0 &&
            !orx_verdicts_get(proofs(all), &file))
            orx_vec_push(&files, file);
    }
    if (files.len)
        (void)orx_verdicts_prove(proofs(all), all->setup.probe, files.items, files.len, NULL);
    orx_vec_free(&files);
}

/* 0 when the file passed, now or earlier. */
static int prove(orx_plugins *all, const orx_trusted_file *file, orx_err *err) {
    if (!all->setup.probe)
        return 0;
    const char *reason = orx_verdicts_get(proofs(all), file);
    if (!reason) {
        int rc = orx_verdicts_prove(proofs(all), all->setup.probe, file, 1, err);
        if (rc < 0)
            return rc;
        reason = orx_verdicts_get(proofs(all), file);
    }
    if (reason && !*reason)
        return 0;
    return orx_err_set(err, ORX_E_UNSUPPORTED, "%s", reason ? reason : "the probe said nothing");
}

static int admit(orx_plugins *all, const orx_trusted_file *file, const orx_plugin **ret_plugin,
                 orx_err *err) {
    orx_plugin *plugin = ORX_ARENA_NEW(&all->arena, orx_plugin);
    int rc = orx_module_view_open(all->p, file->path, true, &all->arena, &plugin->view, err);
    if (rc < 0)
        return rc;
    const char *id = plugin->view.descriptor.id;
    const orx_plugin *other = orx_plugins_get(all, id);
    if (other)
        return orx_err_set(err, ORX_E_EXISTS,
                           "%s: its id \"%s\" is taken by %s; only one of the two can be used",
                           file->path, id, other->path);
    plugin->all = all;
    plugin->path = orx_arena_strdup(&all->arena, file->path);
    snprintf(plugin->sha256, sizeof plugin->sha256, "%s", file->sha256);
    orx_map_put(&all->by_id, orx_view_of(id), plugin);
    orx_map_put(&all->by_path, orx_view_of(plugin->path), plugin);
    *ret_plugin = plugin;
    return 0;
}

int orx_plugins_load(orx_plugins *all, const orx_plugin_ref *ref, const orx_plugin **ret_plugin,
                     orx_err *err) {
    ORX_CLEANUP(orx_arena_free) orx_arena arena = {0};
    orx_trusted_file file;
    int rc = find_trusted(all, ref, &arena, &file, err);
    if (rc < 0)
        return rc;
    const orx_plugin *loaded = orx_map_get(&all->by_path, orx_view_of(file.path));
    if (loaded) {
        *ret_plugin = loaded;
        return 0;
    }
    rc = prove(all, &file, err);
    if (rc >= 0)
        rc = admit(all, &file, ret_plugin, err);
    return rc < 0 && ref->where ? orx_err_wrap(err, "%s", ref->where) : rc;
}

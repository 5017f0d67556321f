/* Where plugins are. */
#include "platform/files.h"
#include "plugin/registry.h"

#include <stdlib.h>

#define NAME_MAX_LEN 64

/* Set by the build: the plugin folder below an installation prefix. */
#ifndef ORX_PLUGIN_LIBDIR
#define ORX_PLUGIN_LIBDIR "lib"
#endif

static int bad_ref(const orx_plugin_ref *ref, orx_err *err, const char *what) {
    return orx_err_set(err, ORX_E_INVALID, "%s%s%s", ref->where ? ref->where : "",
                       ref->where ? ": " : "", what);
}

static bool plain_name(const char *name) {
    size_t len = strnlen(name, NAME_MAX_LEN + 1);
    if (len == 0 || len > NAME_MAX_LEN || name[0] == '.')
        return false;
    for (const char *c = name; *c; c++)
        if (!((*c >= 'a' && *c <= 'z') || (*c >= 'A' && *c <= 'Z') || (*c >= '0' && *c <= '9') ||
              strchr("-_.", *c)))
            return false;
    return true;
}

static int not_found(orx_plugins *all, const orx_plugin_ref *ref, orx_err *err) {
    ORX_CLEANUP(orx_str_free) orx_str dirs = {0};
    for (const char *const *d = all->setup.dirs; d && *d; d++)
        orx_str_addf(&dirs, "%s%s", dirs.len ? ", " : "", *d);
    return orx_err_set(err, ORX_E_NOT_FOUND, "%s%sno plugin \"%s\": expected %s.so in %s",
                       ref->where ? ref->where : "", ref->where ? ": " : "", ref->name, ref->name,
                       dirs.len ? orx_str_cstr(&dirs) : "a plugin folder, but none is known");
}

int orx_plugins_find(orx_plugins *all, const orx_plugin_ref *ref, orx_arena *arena,
                     const char **ret_path, orx_err *err) {
    if (!ref->name == !ref->path)
        return bad_ref(ref, err, "a plugin needs exactly one of name and path");
    if (ref->path) {
        if (ref->path[0] != '/')
            return bad_ref(ref, err, "the path of a plugin must be absolute");
        *ret_path = orx_arena_strdup(arena, ref->path);
        return 0;
    }
    if (!plain_name(ref->name))
        return bad_ref(ref, err,
                       "the name of a plugin has 1 to 64 letters, digits, '-', '_' or '.'; "
                       "use path for a file elsewhere");
    for (const char *const *d = all->setup.dirs; d && *d; d++) {
        const char *path = orx_arena_printf(arena, "%s/%s.so", *d, ref->name);
        if (orx_exists(all->p, path)) {
            *ret_path = path;
            return 0;
        }
    }
    return not_found(all, ref, err);
}

static int compare_names(const void *a, const void *b) {
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static void add_names(char **names, orx_arena *arena, orx_map *seen) {
    for (; *names; names++) {
        orx_view name = orx_view_of(*names);
        if (name.len <= 3 || !orx_view_ends(name, ".so"))
            continue;
        name.len -= 3;
        if (!orx_map_get(seen, name))
            orx_map_put(seen, name, orx_arena_dup(arena, name));
    }
}

int orx_plugins_available(orx_plugins *all, orx_arena *arena, char ***ret_names, orx_err *err) {
    ORX_CLEANUP(orx_map_free) orx_map seen = {0};
    for (const char *const *d = all->setup.dirs; d && *d; d++) {
        char **names = NULL;
        if (!orx_exists(all->p, *d))
            continue;
        int rc = orx_list_dir(all->p, *d, arena, &names, err);
        if (rc < 0)
            return rc;
        add_names(names, arena, &seen);
    }
    char **list = orx_arena_zalloc(arena, seen.count + 1, sizeof *list);
    const orx_map_entry *e;
    size_t n = 0;
    for (size_t i = 0; (e = orx_map_next(&seen, &i));)
        list[n++] = e->value;
    qsort(list, n, sizeof *list, compare_names);
    *ret_names = list;
    return 0;
}

/* path without its last part; "/" when nothing is left. */
static const char *parent(orx_arena *arena, const char *path) {
    const char *slash = strrchr(path, '/');
    if (!slash || slash == path)
        return "/";
    return orx_arena_dup(arena, orx_view_mem(path, (size_t)(slash - path)));
}

const char *const *orx_plugin_dirs(orx_arena *arena, const char *exe) {
    const char *prefix = parent(arena, parent(arena, exe));
    const char *slash = strcmp(prefix, "/") == 0 ? "" : prefix;
    const char **dirs = orx_arena_zalloc(arena, 4, sizeof *dirs);
    dirs[0] = orx_arena_printf(arena, "%s/plugins", slash);
    dirs[1] = orx_arena_printf(arena, "%s/%s/orxaq/plugins", slash, ORX_PLUGIN_LIBDIR);
    if (strcmp(ORX_PLUGIN_LIBDIR, "lib") != 0)
        dirs[2] = orx_arena_printf(arena, "%s/lib/orxaq/plugins", slash);
    return dirs;
}

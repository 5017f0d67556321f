#include "config/load.h"

#include "platform/files.h"

/* Files that mark a directory as a root: ours, then the predecessor's. */
static const char *const markers[] = {
    "orxaq.yaml",    "orxaq.json",        "config/orxaq.yaml", "config/orxaq.json",
    ".env.autonomy", "config/tasks.json", "config/lanes.json", "config/skill_protocol.json"};
#define MARKERS_AT_TOP 2 /* config/orxaq.yaml, seen from config/, marks the directory above */

static bool is_root(orx_platform *p, orx_arena *arena, const char *dir) {
    size_t first = orx_view_ends(orx_view_of(dir), "/config") ? MARKERS_AT_TOP : 0;
    for (size_t i = first; i < ORX_ARRAY_LEN(markers); i++)
        if (orx_exists(p, orx_path_join(arena, dir, markers[i])))
            return true;
    return false;
}

/* Cuts the last part off an absolute path; false at the top. */
static bool parent(char *dir) {
    char *slash = strrchr(dir, '/');
    if (!slash || !dir[1])
        return false;
    slash[slash == dir] = 0;
    return true;
}

static int named_root(orx_platform *p, const char *path, const char *how, orx_arena *arena,
                      const char **ret_root, orx_err *err) {
    ORX_CLEANUP(orx_str_free) orx_str real = {0};
    orx_file_info info = {0};
    int rc = orx_realpath(p, path, &real, err);
    if (!rc)
        rc = orx_stat(p, orx_str_cstr(&real), &info, err);
    if (rc < 0)
        return orx_err_wrap(err, "%s: the root directory cannot be used", how);
    if (info.kind != ORX_FILE_DIRECTORY)
        return orx_err_set(err, ORX_E_INVALID, "%s: expected a directory, found a file: %s", how,
                           orx_str_cstr(&real));
    *ret_root = orx_arena_dup(arena, orx_str_view(&real));
    return 0;
}

int orx_config_find_root(orx_platform *p, const char *given, const char *cwd, orx_arena *arena,
                         const char **ret_root, bool *ret_found, orx_err *err) {
    const char *how = given ? "--root" : "ORXAQ_ROOT", *root = NULL;
    if (!given)
        given = orx_env(p, "ORXAQ_ROOT");
    if (given && *given) {
        int rc = named_root(p, orx_path_join(arena, cwd, given), how, arena, &root, err);
        if (rc < 0)
            return rc;
        *ret_found = is_root(p, arena, root);
        *ret_root = root;
        return 0;
    }
    int rc = named_root(p, cwd, "working directory", arena, &root, err);
    if (rc < 0)
        return rc;
    char *dir = orx_arena_strdup(arena, root);
    bool found = is_root(p, arena, dir);
    while (!found && parent(dir))
        found = is_root(p, arena, dir);
    *ret_root = found ? dir : root;
    *ret_found = found;
    return 0;
}

/* A copy, so that the values stay valid whatever happens to the process's own environment. */
static void copy_environment(orx_loader *l) {
    const char *const *env = orx_environ(l->p);
    for (; env && *env; env++) {
        const char *equals = strchr(*env, '=');
        if (!equals || equals == *env)
            continue;
        orx_view name = {*env, (size_t)(equals - *env)};
        orx_map_put(&l->st->process, name, orx_arena_strdup(&l->st->arena, equals + 1));
    }
}

/* The environment as the lane sees it. */
static void take_lane(orx_loader *l) {
    const orx_config_lane *lane = l->options->lane;
    if (!lane)
        return;
    l->cfg->lane_spec = true;
    l->cfg->lane_after = lane->after;
    l->cfg->lane_env = lane->env;
    ORX_NODE_EACH(lane->env, it)
    if (it->kind == ORX_STRING)
        orx_map_put(&l->st->process, it->key, orx_arena_dup(&l->st->arena, it->u.s));
}

static const char *working_directory(orx_loader *l) {
    if (l->options->cwd)
        return orx_arena_strdup(&l->st->arena, l->options->cwd);
    ORX_CLEANUP(orx_str_free) orx_str here = {0};
    if (orx_realpath(l->p, ".", &here, NULL) < 0)
        return "/";
    return orx_arena_dup(&l->st->arena, orx_str_view(&here));
}

int orx_loader_find_world(orx_loader *l, orx_err *err) {
    copy_environment(l);
    take_lane(l);
    l->scope.cwd = working_directory(l);
    const char *home = orx_map_get(&l->st->process, orx_view_of("HOME"));
    l->scope.home = home && home[0] == '/' ? home : NULL;
    return orx_config_find_root(l->p, l->options->root, l->scope.cwd, &l->st->arena, &l->cfg->root,
                                &l->cfg->root_found, err);
}

const char *orx_loader_label(orx_loader *l, const char *path) {
    size_t n = strlen(l->cfg->root);
    if (n > 1 && !strncmp(path, l->cfg->root, n) && path[n] == '/')
        return path + n + 1;
    return path;
}

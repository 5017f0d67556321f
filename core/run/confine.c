#include "run/confine.h"

#include "platform/files.h"
#include "run/privilege.h"

void orx_confine_to(orx_platform *p, const orx_config *cfg, const orx_provider_config *provider,
                    const orx_git *git, const char *const *own, orx_arena *arena,
                    orx_confine *ret_confine) {
    *ret_confine = (orx_confine){0};
    if (provider->sandbox != ORX_SANDBOX_HOST)
        return;
    const char *tmp = orx_config_env(cfg, "TMPDIR");
    size_t own_count = 0;
    while (own && own[own_count])
        own_count++;
    const char **writable = orx_arena_zalloc(arena, 5 + own_count, sizeof *writable);
    size_t n = 0;
    writable[n++] = orx_git_root(git);
    /* A linked worktree keeps its own git files elsewhere; objects and refs are shared. */
    if (strncmp(orx_git_common(git), orx_git_root(git), strlen(orx_git_root(git))) != 0) {
        writable[n++] = orx_git_dir(git);
        writable[n++] = orx_path_join(arena, orx_git_common(git), "objects");
    }
    for (size_t i = 0; i < own_count; i++)
        writable[n++] = own[i];
    writable[n++] = tmp && *tmp == '/' ? tmp : "/tmp";
    ret_confine->landlock = true;
    ret_confine->hidden = orx_operator_hidden(p, cfg, arena);
    ret_confine->writable = writable;
}

/* Whether there is a repository at all, without git. */
#include "git/git.h"

#include "platform/files.h"

static bool is_folder(orx_platform *p, const char *path) {
    orx_file_info info;
    return orx_stat(p, path, &info, NULL) == 0 && info.kind == ORX_FILE_DIRECTORY;
}

static bool has(orx_platform *p, const char *path, const char *name) {
    ORX_CLEANUP(orx_arena_free) orx_arena a = {0};
    return orx_exists(p, orx_path_join(&a, path, name));
}

/* A folder's own .git: a file that points elsewhere, or a folder with a HEAD. Empty ones are left
 * behind where sandboxes of agents bind something over the name. */
static bool has_git(orx_platform *p, const char *path) {
    ORX_CLEANUP(orx_arena_free) orx_arena a = {0};
    const char *git = orx_path_join(&a, path, ".git");
    return is_folder(p, git) ? has(p, git, "HEAD") : orx_exists(p, git);
}

bool orx_git_there(orx_platform *p, const char *path) {
    ORX_CLEANUP(orx_str_free) orx_str at = {0};
    if (!is_folder(p, path))
        return false;
    if (has(p, path, "HEAD") && has(p, path, "objects"))
        return true; /* a bare one, or the inside of one */
    orx_str_adds(&at, path);
    for (;;) {
        if (has_git(p, orx_str_cstr(&at)))
            return true;
        const char *slash = strrchr(orx_str_cstr(&at), '/');
        if (!slash || at.len <= 1)
            return false;
        orx_str_truncate(&at, slash == at.buf ? 1 : (size_t)(slash - at.buf));
    }
}

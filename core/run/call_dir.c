/* The private folder of a call.
 *
 * One that is empty when its call ends, as most are, gets the name of the next: a file system that
 * makes and forgets a folder for each of many short calls spends more on that than we do on a call.
 */
#include "run/runner.h"

/* Still as we made it, and nothing in it. */
static bool is_fresh(orx_platform *p, const char *dir) {
    ORX_CLEANUP(orx_arena_free) orx_arena arena = {0};
    orx_file_info info;
    char **names = NULL;
    return orx_lstat(p, dir, &info, NULL) == 0 && info.kind == ORX_FILE_DIRECTORY &&
           info.mode == 0700 && orx_list_dir(p, dir, &arena, &names, NULL) >= 0 && !names[0];
}

/* False: there is none, or it cannot be used. */
static bool take_spare(orx_runner *r, const char *dir) {
    bool taken = r->spare_dir.len && orx_rename(r->p, orx_str_cstr(&r->spare_dir), dir, NULL) == 0;
    orx_str_clear(&r->spare_dir);
    return taken;
}

int orx_run_call_dir(orx_runner *r, int64_t call, orx_arena *arena, const char **ret_dir,
                     orx_err *err) {
    const char *dir =
        orx_arena_printf(arena, "%s/calls/%lld", r->cfg->paths.state_dir, (long long)call);
    int rc = orx_remove_tree(r->p, dir, err);
    if (rc == 0 && !take_spare(r, dir))
        rc = orx_mkdirs_unsynced(r->p, dir, true, err);
    if (rc == 0)
        *ret_dir = dir;
    return rc;
}

void orx_run_call_dir_end(orx_runner *r, const char *dir) {
    orx_run_call_dir_forget(r);
    if (is_fresh(r->p, dir))
        orx_str_adds(&r->spare_dir, dir);
    else
        (void)orx_remove_tree(r->p, dir, NULL);
}

void orx_run_call_dir_forget(orx_runner *r) {
    if (r->spare_dir.len)
        (void)orx_remove_tree(r->p, orx_str_cstr(&r->spare_dir), NULL);
    orx_str_clear(&r->spare_dir);
}

#include "support.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>

int fixture_setup(void **state) {
    fixture *fx = orx_xcalloc(1, sizeof *fx);
    *state = fx;
    assert_ok(orx_platform_uv_new(&fx->p, &fx->err), &fx->err);
    const char *tmp = getenv("TMPDIR");
    char *name = orx_arena_printf(&fx->arena, "%s/orx-platform-XXXXXX", tmp ? tmp : "/tmp");
    assert_non_null(mkdtemp(name));
    ORX_CLEANUP(orx_str_free) orx_str real = {0};
    assert_ok(orx_realpath(fx->p, name, &real, &fx->err), &fx->err);
    fx->dir = orx_arena_strdup(&fx->arena, orx_str_cstr(&real));
    return 0;
}

int fixture_teardown(void **state) {
    fixture *fx = *state;
    int rc = orx_remove_tree(fx->p, fx->dir, &fx->err);
    if (rc < 0)
        print_error("%s\n", fx->err.msg);
    orx_platform_free(fx->p);
    orx_arena_free(&fx->arena);
    free(fx);
    return rc;
}

char *in_dir(fixture *fx, const char *name) {
    return orx_path_join(&fx->arena, fx->dir, name);
}

const char *slurp(fixture *fx, const char *path) {
    ORX_CLEANUP(orx_str_free) orx_str s = {0};
    assert_ok(orx_read_file(fx->p, path, (size_t)1 << 24, &s, &fx->err), &fx->err);
    return orx_arena_dup(&fx->arena, orx_str_view(&s));
}

void spit(fixture *fx, const char *path, const char *text) {
    assert_ok(orx_write_replace(fx->p, path, orx_view_of(text), 0644, &fx->err), &fx->err);
}

int count_fds(void) {
    DIR *d = opendir("/proc/self/fd");
    assert_non_null(d);
    int n = 0;
    while (readdir(d))
        n++;
    (void)closedir(d);
    return n;
}

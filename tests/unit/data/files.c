#include "files.h"

#include <stdlib.h>

int fixture_setup(void **state) {
    fixture *fx = orx_xcalloc(1, sizeof *fx);
    *state = fx;
    assert_ok(orx_platform_uv_new(&fx->p, &fx->err), &fx->err);
    const char *tmp = getenv("TMPDIR");
    char *dir = orx_arena_printf(&fx->arena, "%s/orx-data-XXXXXX", tmp ? tmp : "/tmp");
    assert_non_null(mkdtemp(dir));
    fx->dir = dir;
    fx->path = orx_path_join(&fx->arena, dir, "rows.ndjson");
    return 0;
}

int fixture_teardown(void **state) {
    fixture *fx = *state;
    int rc = orx_remove_tree(fx->p, fx->dir, &fx->err);
    orx_platform_free(fx->p);
    orx_arena_free(&fx->arena);
    free(fx);
    return rc;
}

void put_file(fixture *fx, orx_view bytes) {
    assert_ok(orx_write_replace(fx->p, fx->path, bytes, 0644, &fx->err), &fx->err);
}

orx_view get_file(fixture *fx) {
    ORX_CLEANUP(orx_str_free) orx_str s = {0};
    assert_ok(orx_read_file(fx->p, fx->path, (size_t)1 << 28, &s, &fx->err), &fx->err);
    return orx_arena_view(&fx->arena, orx_str_view(&s));
}

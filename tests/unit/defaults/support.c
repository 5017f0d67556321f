#include "support.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

orx_view shipped_text(orx_arena *a, const char *path) {
    const char *top = getenv("ORX_SOURCE_DIR");
    FILE *f = fopen(orx_arena_printf(a, "%s/%s", top ? top : ".", path), "rb");
    if (!f)
        fail_msg("%s cannot be opened", path);
    size_t size = (size_t)1 << 20;
    char *text = orx_arena_alloc(a, size);
    size_t len = fread(text, 1, size, f);
    fclose(f);
    assert_true(len < size);
    return orx_view_mem(text, len);
}

const orx_node *shipped_json(orx_arena *a, const char *path) {
    orx_err err = ORX_ERR_INIT;
    const orx_node *root = NULL;
    assert_ok(orx_json_parse(a, path, shipped_text(a, path), &orx_limits_config, &root, &err),
              &err);
    return root;
}

void assert_texts(const orx_node *list, const char *const *expected) {
    assert_non_null(list);
    uint32_t n = 0;
    for (; expected[n]; n++)
        assert_string_equal(orx_node_str(orx_node_at(list, n), "(none)"), expected[n]);
    assert_int_equal(list->count, n);
}

#include "support.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const orx_node *must_parse(parse_fn parse, orx_arena *a, const char *text) {
    orx_err err = ORX_ERR_INIT;
    const orx_node *root = NULL;
    assert_ok(parse(a, "test", orx_view_of(text), &orx_limits_config, &root, &err), &err);
    assert_non_null(root);
    assert_int_equal(err.code, 0);
    return root;
}

void must_refuse(parse_fn parse, orx_view text, const orx_doc_limits *limits, int code, ...) {
    ORX_CLEANUP(orx_arena_free) orx_arena a = {0};
    orx_err err = ORX_ERR_INIT;
    const orx_node *untouched = (const orx_node *)&a;
    const orx_node *root = untouched;
    int rc = parse(&a, "test", text, limits, &root, &err);
    if (rc >= 0)
        fail_msg("accepted: %.*s", (int)(text.len < 200 ? text.len : 200), text.p);
    assert_ptr_equal(root, untouched);
    assert_int_equal(rc, err.code);
    va_list ap;
    va_start(ap, code);
    for (const char *part = va_arg(ap, const char *); part; part = va_arg(ap, const char *))
        assert_contains(err.msg, part);
    va_end(ap);
    if (rc != code)
        fail_msg("code %d instead of %d: %s", rc, code, err.msg);
    /* The caller may want the code alone. */
    assert_int_equal(parse(&a, "test", text, limits, &root, NULL), code);
}

void assert_json(const orx_node *n, orx_json_style style, const char *expected) {
    ORX_CLEANUP(orx_str_free) orx_str out = {0};
    orx_json_write(&out, n, style);
    assert_string_equal(orx_str_cstr(&out), expected);
}

char *repeat(const char *text, size_t count) {
    size_t len = strlen(text);
    char *p = orx_xmalloc(len * count + 1);
    for (size_t i = 0; i < count; i++)
        memcpy(p + i * len, text, len);
    p[len * count] = '\0';
    return p;
}

void read_golden(const char *name, orx_str *out) {
    char path[1024];
    (void)snprintf(path, sizeof path, "%s/tests/unit/data/golden/%s", getenv("ORX_SOURCE_DIR"),
                   name);
    FILE *f = fopen(path, "rb");
    if (!f)
        fail_msg("cannot open %s", path);
    for (;;) {
        size_t n = fread(orx_str_reserve(out, 65536), 1, 65536, f);
        orx_str_commit(out, n);
        if (!n)
            break;
    }
    (void)fclose(f);
}

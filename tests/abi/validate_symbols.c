/* The reader of dynamic symbols: what a real module says, and that no broken file harms it. */
#include "test.h"

#include "base/str.h"
#include "platform/files.h"
#include "platform/symbols.h"

#include <stdio.h>
#include <stdlib.h>

typedef struct seen {
    int defined;
    int wanted;
    bool entry;
} seen;

static void note(void *user, const char *name, bool defined) {
    seen *s = user;
    s->defined += defined;
    s->wanted += !defined;
    s->entry = s->entry || (defined && strcmp(name, "orxaq_plugin_query") == 0);
}

static void read_module(orx_str *out) {
    char path[4096];
    orx_platform *p = NULL;
    (void)snprintf(path, sizeof path, "%s/tests/abi-modules/good.so", getenv("ORX_BUILD_DIR"));
    assert_int_equal(orx_platform_uv_new(&p, NULL), 0);
    assert_true(orx_read_file(p, path, (size_t)64 << 20, out, NULL) >= 0);
    orx_platform_free(p);
}

static void test_real(void **state) {
    (void)state;
    ORX_CLEANUP(orx_str_free) orx_str bytes = {0};
    seen s = {0};
    read_module(&bytes);
    assert_int_equal(orx_symbols_each(orx_str_view(&bytes), note, &s, NULL), 0);
    assert_true(s.entry);
    assert_true(s.defined >= 1 && s.wanted >= 1);
}

static void test_cut(void **state) {
    (void)state;
    ORX_CLEANUP(orx_str_free) orx_str bytes = {0};
    read_module(&bytes);
    for (size_t len = 0; len < bytes.len; len += len < 256 ? 1 : 97) {
        ORX_CLEANUP(orx_freep) char *copy = orx_xmemdup0(bytes.buf, len);
        orx_err err = ORX_ERR_INIT;
        seen s = {0};
        assert_int_equal(orx_symbols_each(orx_view_mem(copy, len), note, &s, &err), ORX_E_INVALID);
        assert_non_null(strstr(err.msg, "expected a complete ELF shared object"));
    }
}

/* Every byte of the header and of the section headers set to extremes: any answer will do. */
static void test_damaged(void **state) {
    (void)state;
    ORX_CLEANUP(orx_str_free) orx_str bytes = {0};
    read_module(&bytes);
    for (size_t i = 0; i < bytes.len; i += i < 64 || i + 4096 > bytes.len ? 1 : 53) {
        char was = bytes.buf[i];
        seen s = {0};
        bytes.buf[i] = (char)0xff;
        (void)orx_symbols_each(orx_str_view(&bytes), note, &s, NULL);
        bytes.buf[i] = was;
    }
    assert_int_equal(orx_symbols_each(orx_view_of("hello"), note, NULL, NULL), ORX_E_INVALID);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_real), cmocka_unit_test(test_cut),
                                       cmocka_unit_test(test_damaged)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

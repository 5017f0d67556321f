#include "support.h"

#include "platform/module.h"
#include "platform/uv/elf.h"

#include <elf.h>
#include <link.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

typedef int (*int_fn)(void);

static char *built(fixture *fx, const char *name) {
    const char *build = getenv("ORX_BUILD_DIR");
    assert_non_null(build);
    return orx_arena_printf(&fx->arena, "%s/tests/modules/%s.so", build, name);
}

static orx_module *load(fixture *fx, const char *path, bool resident) {
    orx_module *m = NULL;
    assert_ok(orx_module_open(fx->p, path, resident, &m, &fx->err), &fx->err);
    return m;
}

static int call(fixture *fx, orx_module *m, const char *name) {
    int_fn fn = (int_fn)(void *)orx_module_function(fx->p, m, name);
    assert_non_null(fn);
    return fn();
}

static void refused(fixture *fx, const char *path, int code, const char *says) {
    orx_module *m = (orx_module *)(void *)fx;
    fx->err = (orx_err)ORX_ERR_INIT;
    int rc = orx_module_open(fx->p, path, true, &m, &fx->err);
    if (rc != code)
        fail_msg("%s: expected %s, got %s: %s", path, orx_err_name(code), orx_err_name(rc),
                 fx->err.msg);
    assert_contains(fx->err.msg, says);
    assert_contains(fx->err.msg, path);
    assert_ptr_equal(m, fx);
}

static void loads_and_calls(void **state) {
    fixture *fx = *state;
    orx_module *m = load(fx, built(fx, "good"), false);
    assert_int_equal(call(fx, m, "good_answer"), 42);
    assert_null(orx_module_function(fx->p, m, "no_such_function"));
    orx_module_close(fx->p, m);
    orx_module_close(fx->p, NULL);
}

/* Symbols stay with the module: the process does not see them. */
static void symbols_are_local(void **state) {
    fixture *fx = *state;
    orx_module *m = load(fx, built(fx, "good"), false);
    refused(fx, built(fx, "needs-good"), ORX_E_UNSUPPORTED, "good_answer");
    orx_module_close(fx->p, m);
}

static void resident_modules_stay(void **state) {
    fixture *fx = *state;
    char *copy = in_dir(fx, "resident.so");
    ORX_CLEANUP(orx_str_free) orx_str bytes = {0};
    assert_ok(orx_read_file(fx->p, built(fx, "good"), (size_t)1 << 24, &bytes, &fx->err), &fx->err);
    assert_ok(orx_write_replace(fx->p, copy, orx_str_view(&bytes), 0755, &fx->err), &fx->err);
    /* Not resident: each opening starts afresh. */
    for (int i = 0; i < 2; i++) {
        orx_module *m = load(fx, copy, false);
        assert_int_equal(call(fx, m, "good_bump"), 1);
        orx_module_close(fx->p, m);
    }
    for (int i = 1; i <= 3; i++) {
        orx_module *m = load(fx, copy, true);
        assert_int_equal(call(fx, m, "good_bump"), i);
        orx_module_close(fx->p, m);
    }
}

static void modules_left_open_go_with_the_platform(void **state) {
    fixture *fx = *state;
    orx_platform *other = NULL;
    orx_module *m = NULL;
    assert_ok(orx_platform_uv_new(&other, &fx->err), &fx->err);
    assert_ok(orx_module_open(other, built(fx, "good"), false, &m, &fx->err), &fx->err);
    orx_module *mine = load(fx, built(fx, "good"), false);
    orx_platform_free(other);
    assert_int_equal(call(fx, mine, "good_answer"), 42);
    orx_module_close(fx->p, mine);
}

static void paths_that_are_not_taken(void **state) {
    fixture *fx = *state;
    refused(fx, "good.so", ORX_E_INVALID, "absolute path");
    refused(fx, "", ORX_E_INVALID, "absolute path");
    refused(fx, in_dir(fx, "x.la"), ORX_E_INVALID, "libtool archive");
    refused(fx, in_dir(fx, "x.so.1"), ORX_E_INVALID, ".so");
    refused(fx, in_dir(fx, "none.so"), ORX_E_NOT_FOUND, "none.so");
}

static void things_that_are_no_modules(void **state) {
    fixture *fx = *state;
    char *path = in_dir(fx, "x.so");
    assert_int_equal(mkdir(path, 0755), 0);
    refused(fx, path, ORX_E_INVALID, "directory");
    assert_int_equal(rmdir(path), 0);
    assert_int_equal(mkfifo(path, 0644), 0);
    refused(fx, path, ORX_E_INVALID, "FIFO");
    assert_int_equal(unlink(path), 0);
    spit(fx, path, "");
    refused(fx, path, ORX_E_INVALID, "empty");
    spit(fx, path, "# just a text\n");
    refused(fx, path, ORX_E_INVALID, "text file");
    spit(fx, path, "\x7f");
    refused(fx, path, ORX_E_INVALID, "no ELF file");
    spit(fx, path,
         "\x7f"
         "ELF");
    refused(fx, path, ORX_E_INVALID, "cut short");
    char *self = in_dir(fx, "self.so");
    assert_int_equal(symlink("/proc/self/exe", self), 0);
    refused(fx, self, ORX_E_UNSUPPORTED, "program");
}

/* The good module with one field of its header changed. */
static void altered(fixture *fx, size_t offset, const void *bytes, size_t len, int code,
                    const char *says) {
    ORX_CLEANUP(orx_str_free) orx_str file = {0};
    assert_ok(orx_read_file(fx->p, built(fx, "good"), (size_t)1 << 24, &file, &fx->err), &fx->err);
    assert_true(offset + len <= file.len);
    memcpy(file.buf + offset, bytes, len);
    char *path = in_dir(fx, "altered.so");
    assert_ok(orx_write_replace(fx->p, path, orx_str_view(&file), 0755, &fx->err), &fx->err);
    refused(fx, path, code, says);
}

#define ALTER(field, type, value, code, says)                                                      \
    do {                                                                                           \
        type v_ = (type)(value);                                                                   \
        altered(*state, offsetof(ElfW(Ehdr), field), &v_, sizeof v_, code, says);                  \
    } while (0)

static void headers_that_lie(void **state) {
    unsigned char other_class = ELFCLASS64 + ELFCLASS32 - sizeof(void *) / 4;
    altered(*state, EI_CLASS, &other_class, 1, ORX_E_UNSUPPORTED, "word size");
    ALTER(e_machine, ElfW(Half), EM_S390, ORX_E_UNSUPPORTED, "S/390");
    ALTER(e_machine, ElfW(Half), 0xfff0, ORX_E_UNSUPPORTED, "another machine");
    ALTER(e_type, ElfW(Half), ET_REL, ORX_E_INVALID, "-shared");
    ALTER(e_type, ElfW(Half), ET_EXEC, ORX_E_INVALID, "-shared");
    ALTER(e_phnum, ElfW(Half), 0, ORX_E_INVALID, "program headers");
    ALTER(e_phnum, ElfW(Half), 0xffff, ORX_E_INVALID, "program headers");
    ALTER(e_phentsize, ElfW(Half), 1, ORX_E_INVALID, "program headers");
    ALTER(e_phoff, ElfW(Off), UINT64_MAX - 8, ORX_E_INVALID, "cut short");
    ALTER(e_shoff, ElfW(Off), UINT64_MAX, ORX_E_INVALID, "cut short");
}

static void truncated_anywhere(void **state) {
    fixture *fx = *state;
    ORX_CLEANUP(orx_str_free) orx_str file = {0};
    assert_ok(orx_read_file(fx->p, built(fx, "good"), (size_t)1 << 24, &file, &fx->err), &fx->err);
    char *path = in_dir(fx, "cut.so");
    size_t step = file.len / 97;
    for (size_t n = 1; n < file.len; n += n < 600 ? 13 : step) {
        assert_ok(orx_write_replace(fx->p, path, orx_view_mem(file.buf, n), 0755, &fx->err),
                  &fx->err);
        orx_module *m = NULL;
        assert_int_equal(orx_module_open(fx->p, path, true, &m, &fx->err), ORX_E_INVALID);
        assert_contains(fx->err.msg, path);
    }
}

/* Random damage to the headers: whatever the verdict, no crash and no hang. Whatever passes the
 * look is not loaded here, because such a file may be anything. */
static void damaged_headers_are_survived(void **state) {
    fixture *fx = *state;
    ORX_CLEANUP(orx_str_free) orx_str file = {0};
    assert_ok(orx_read_file(fx->p, built(fx, "lazy"), (size_t)1 << 24, &file, &fx->err), &fx->err);
    char *path = in_dir(fx, "damaged.so");
    uint32_t seed = 7;
    for (int i = 0; i < 400; i++) {
        ORX_CLEANUP(orx_str_free) orx_str bad = {0};
        orx_str_addv(&bad, orx_str_view(&file));
        for (int k = 0; k < 4; k++) {
            seed = seed * 1664525 + 1013904223;
            bad.buf[16 + (seed >> 8) % 700] = (char)(seed >> 24);
        }
        assert_ok(orx_write_replace(fx->p, path, orx_str_view(&bad), 0755, &fx->err), &fx->err);
        assert_true(orx_uv_elf_check(fx->p, path, &fx->err) <= 0);
    }
}

static void lazily_linked_modules_are_refused(void **state) {
    fixture *fx = *state;
    refused(fx, built(fx, "lazy"), ORX_E_UNSUPPORTED, "-Wl,-z,now");
}

static void the_loaders_words_are_passed_on(void **state) {
    fixture *fx = *state;
    refused(fx, built(fx, "undefined"), ORX_E_UNSUPPORTED, "function_that_nobody_has");
}

/* A search path from outside is not followed; the variable is gone after the first loading. */
static void search_variables_are_cleared(void **state) {
    fixture *fx = *state;
    assert_int_equal(setenv("LTDL_LIBRARY_PATH", fx->dir, 1), 0);
    orx_module *m = load(fx, built(fx, "good"), false);
    assert_null(getenv("LTDL_LIBRARY_PATH"));
    orx_module_close(fx->p, m);
}

static void no_descriptor_is_left(void **state) {
    fixture *fx = *state;
    orx_module_close(fx->p, load(fx, built(fx, "good"), false));
    int before = count_fds();
    for (int i = 0; i < 10; i++)
        orx_module_close(fx->p, load(fx, built(fx, "good"), false));
    things_that_are_no_modules(state);
    refused(fx, built(fx, "lazy"), ORX_E_UNSUPPORTED, "now");
    refused(fx, built(fx, "undefined"), ORX_E_UNSUPPORTED, "nobody");
    assert_int_equal(count_fds(), before);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(loads_and_calls),
        TEST(symbols_are_local),
        TEST(resident_modules_stay),
        TEST(modules_left_open_go_with_the_platform),
        TEST(paths_that_are_not_taken),
        TEST(things_that_are_no_modules),
        TEST(headers_that_lie),
        TEST(truncated_anywhere),
        TEST(damaged_headers_are_survived),
        TEST(lazily_linked_modules_are_refused),
        TEST(the_loaders_words_are_passed_on),
        TEST(search_variables_are_cleared),
        TEST(no_descriptor_is_left),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

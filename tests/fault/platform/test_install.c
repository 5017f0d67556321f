/* Where orxaq-exec is looked for: this test copies itself to other places and runs there. */
#include "support.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* The copy: runs a program and says how that went. */
static int as_copy(void) {
    orx_platform *p = NULL;
    orx_err err = ORX_ERR_INIT;
    if (orx_platform_uv_new(&p, &err) < 0)
        return 1;
    const char *argv[] = {"/bin/true", NULL};
    orx_proc_spec spec = {.argv = argv};
    orx_proc_result result = {0};
    int rc = orx_proc_run(p, &spec, NULL, NULL, &result, &err);
    if (rc < 0)
        (void)printf("%s: %s\n", orx_err_name(rc), err.msg);
    else
        (void)printf("ran: end %d code %d\n", (int)result.end, result.code);
    orx_platform_free(p);
    return 0;
}

static void copy(fixture *fx, const char *from, const char *to) {
    ORX_CLEANUP(orx_str_free) orx_str bytes = {0};
    assert_ok(orx_read_file(fx->p, from, (size_t)1 << 28, &bytes, &fx->err), &fx->err);
    assert_ok(orx_write_replace(fx->p, to, orx_str_view(&bytes), 0755, &fx->err), &fx->err);
}

static const char *run_copy(fixture *fx, const char *path) {
    run r;
    prepare(&r, fx, path, "--copy", NULL);
    run_it(&r);
    const char *text = out_of(&r);
    assert_int_equal(r.result.code, 0);
    run_close(&r);
    return text;
}

static void found_or_named(void **state) {
    fixture *fx = *state;
    ORX_CLEANUP(orx_str_free) orx_str self = {0};
    assert_ok(orx_realpath(fx->p, "/proc/self/exe", &self, &fx->err), &fx->err);
    const char *exec =
        orx_arena_printf(&fx->arena, "%s/libexec/orxaq-exec", getenv("ORX_BUILD_DIR"));
    assert_ok(orx_mkdirs(fx->p, in_dir(fx, "prefix/bin"), false, &fx->err), &fx->err);
    assert_ok(orx_mkdirs(fx->p, in_dir(fx, "prefix/libexec/orxaq"), false, &fx->err), &fx->err);
    char *program = in_dir(fx, "prefix/bin/orxaq");
    copy(fx, orx_str_cstr(&self), program);
    const char *said = run_copy(fx, program);
    assert_contains(said, "not-found: orxaq-exec is missing");
    assert_contains(said, "prefix/bin/../libexec/orxaq/");
    char *installed = in_dir(fx, "prefix/libexec/orxaq/orxaq-exec");
    copy(fx, exec, installed);
    assert_string_equal(run_copy(fx, program), "ran: end 0 code 0\n");
    /* A build tree has it one directory higher, and that one comes first. */
    copy(fx, "/bin/false", in_dir(fx, "prefix/libexec/orxaq-exec"));
    said = run_copy(fx, program);
    assert_contains(said, "ran: end 6 code 126");
}

int main(int argc, char **argv) {
    if (argc > 1 && strcmp(argv[1], "--copy") == 0)
        return as_copy();
    const struct CMUnitTest tests[] = {TEST(found_or_named)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#include "box.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#define PATIENCE_NS (120 * ORX_SEC)

bool have_landlock(void) {
    return syscall(444, NULL, 0, 1) >= 1;
}

static bool stopped(void *user) {
    return ((box *)user)->stop;
}

static int spawned(void *user, int64_t pid, int64_t start, const char *const *argv, orx_err *err) {
    box *b = user;
    (void)err;
    assert_true(pid > 1 && start > 0);
    assert_contains(argv[0], "orxaq-tools");
    b->spawned++;
    return 0;
}

char *at(box *b, const char *path) {
    return orx_arena_printf(&b->arena, "%s/%s", b->dir, path);
}

void spit(box *b, const char *path, const char *text) {
    char *full = at(b, path);
    char *folder = orx_arena_strdup(&b->arena, full);
    *strrchr(folder, '/') = '\0';
    assert_ok(orx_mkdirs_unsynced(b->p, folder, false, &b->err), &b->err);
    FILE *f = fopen(full, "w");
    assert_non_null(f);
    assert_int_equal(fwrite(text, 1, strlen(text), f), strlen(text));
    assert_int_equal(fclose(f), 0);
}

const char *slurp(box *b, const char *path) {
    orx_str text = {0};
    assert_ok(orx_read_file(b->p, at(b, path), (size_t)128 << 20, &text, &b->err), &b->err);
    const char *kept = orx_arena_dup(&b->arena, orx_str_view(&text));
    orx_str_free(&text);
    return kept;
}

bool there(box *b, const char *path) {
    return orx_exists(b->p, at(b, path));
}

char *many(box *b, char c, size_t n) {
    char *text = orx_arena_alloc(&b->arena, n + 1);
    memset(text, c, n);
    text[n] = '\0';
    return text;
}

static void start(box *b) {
    static const char *const env[] = {"PATH=/usr/local/bin:/usr/bin:/bin", NULL};
    const char **writable = orx_arena_zalloc(&b->arena, 3, sizeof *writable);
    writable[0] = b->tree;
    writable[1] = b->outputs;
    b->spec.env = env;
    b->spec.tree = b->tree;
    b->spec.outputs = b->outputs;
    b->spec.confine.landlock = have_landlock();
    b->spec.confine.writable = writable;
    b->spec.grace_ns = ORX_SEC;
    b->spec.spawned = spawned;
    b->spec.stopped = stopped;
    b->spec.user = b;
    assert_ok(orx_toolbox_new(b->p, &b->spec, &b->tools, &b->err), &b->err);
}

void box_restart(box *b) {
    orx_toolbox_free(b->tools);
    start(b);
}

int box_setup(void **state) {
    box *b = calloc(1, sizeof *b);
    const char *build = getenv("ORX_BUILD_DIR");
    const char *tmp = getenv("TMPDIR");
    char name[256];
    assert_non_null(build);
    (void)snprintf(name, sizeof name, "%s/orxaq-box.XXXXXX", tmp ? tmp : "/tmp");
    assert_non_null(mkdtemp(name));
    b->dir = orx_arena_strdup(&b->arena, name);
    b->tree = at(b, "tree");
    b->outputs = at(b, "outputs");
    b->outside = at(b, "outside");
    b->spec.program = orx_arena_printf(&b->arena, "%s/libexec/orxaq-tools", build);
    assert_ok(orx_platform_uv_new(&b->p, &b->err), &b->err);
    spit(b, "outside/secret.txt", "secret\n");
    assert_ok(orx_mkdirs_unsynced(b->p, b->tree, false, &b->err), &b->err);
    assert_ok(orx_mkdirs_unsynced(b->p, b->outputs, false, &b->err), &b->err);
    start(b);
    *state = b;
    return 0;
}

int box_teardown(void **state) {
    box *b = *state;
    orx_toolbox_free(b->tools);
    assert_string_equal(slurp(b, "outside/secret.txt"), "secret\n");
    (void)orx_remove_tree(b->p, b->dir, NULL);
    orx_platform_free(b->p);
    orx_arena_free(&b->arena);
    free(b);
    return 0;
}

static const char *use(box *b, int expected, uint32_t op, va_list ap) {
    orx_view fields[64];
    size_t n = 0;
    const char *word;
    while ((word = va_arg(ap, const char *)))
        fields[n++] = orx_view_of(word);
    orx_str out = {0};
    int rc = orx_toolbox_use(b->tools, op, fields, n, PATIENCE_NS, &out, &b->err);
    const char *text = orx_arena_dup(&b->arena, orx_str_view(&out));
    orx_str_free(&out);
    if (rc != expected)
        fail_msg("%d instead of %d: %s", rc, expected, rc < 0 ? b->err.msg : text);
    return text;
}

const char *ok(box *b, uint32_t op, ...) {
    va_list ap;
    va_start(ap, op);
    const char *text = use(b, 1, op, ap);
    va_end(ap);
    return text;
}

const char *no(box *b, uint32_t op, ...) {
    va_list ap;
    va_start(ap, op);
    const char *text = use(b, 0, op, ap);
    va_end(ap);
    return text;
}

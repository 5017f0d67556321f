#include "support.h"

#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

static size_t entries(fixture *fx) {
    char **list = NULL;
    assert_ok(orx_list_dir(fx->p, fx->dir, &fx->arena, &list, &fx->err), &fx->err);
    size_t n = 0;
    while (list[n])
        n++;
    return n;
}

static void reads_exactly_up_to_max(void **state) {
    fixture *fx = *state;
    char *path = in_dir(fx, "f");
    spit(fx, path, "0123456789");
    ORX_CLEANUP(orx_str_free) orx_str out = {0};
    orx_str_adds(&out, "old");
    assert_int_equal(orx_read_file(fx->p, path, 9, &out, &fx->err), ORX_E_LIMIT);
    assert_contains(fx->err.msg, path);
    assert_string_equal(orx_str_cstr(&out), "old");
    assert_ok(orx_read_file(fx->p, path, 10, &out, &fx->err), &fx->err);
    assert_string_equal(orx_str_cstr(&out), "0123456789");
    spit(fx, path, "");
    assert_ok(orx_read_file(fx->p, path, 0, &out, &fx->err), &fx->err);
    assert_int_equal(out.len, 0);
}

static void reads_big_and_binary(void **state) {
    fixture *fx = *state;
    ORX_CLEANUP(orx_str_free) orx_str big = {0};
    for (int i = 0; i < 300000; i++)
        orx_str_addc(&big, (char)(i * 7));
    char *path = in_dir(fx, "big");
    assert_ok(orx_write_replace(fx->p, path, orx_str_view(&big), 0600, &fx->err), &fx->err);
    ORX_CLEANUP(orx_str_free) orx_str out = {0};
    assert_ok(orx_read_file(fx->p, path, SIZE_MAX, &out, &fx->err), &fx->err);
    assert_int_equal(out.len, big.len);
    assert_memory_equal(out.buf, big.buf, big.len);
}

/* Files of /proc claim to be empty; the limit must hold for them too. */
static void reads_files_without_a_size(void **state) {
    fixture *fx = *state;
    ORX_CLEANUP(orx_str_free) orx_str out = {0};
    assert_ok(orx_read_file(fx->p, "/proc/self/status", 1 << 20, &out, &fx->err), &fx->err);
    assert_contains(orx_str_cstr(&out), "Pid:");
    assert_int_equal(orx_read_file(fx->p, "/proc/self/status", 10, &out, &fx->err), ORX_E_LIMIT);
}

static void a_tail_begins_with_a_line(void **state) {
    fixture *fx = *state;
    char *path = in_dir(fx, "log");
    static const struct {
        const char *text;
        size_t max;
        const char *want;
    } cases[] = {
        {"one\ntwo\nthree\n", 100, "one\ntwo\nthree\n"},
        {"one\ntwo\nthree\n", 14, "one\ntwo\nthree\n"},
        {"one\ntwo\nthree\n", 13, "two\nthree\n"},
        {"one\ntwo\nthree\n", 11, "two\nthree\n"},
        {"one\ntwo\nthr", 8, "two\nthr"},
        {"one\ntwo\nthr", 6, "thr"},
        {"one\nlonger than that\n", 6, " that\n"}, /* no line begins in there */
        {"", 5, ""},
    };
    ORX_CLEANUP(orx_str_free) orx_str out = {0};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        spit(fx, path, cases[i].text);
        assert_ok(orx_read_tail(fx->p, path, cases[i].max, &out, &fx->err), &fx->err);
        assert_string_equal(orx_str_cstr(&out), cases[i].want);
    }
    orx_str_adds(&out, "old");
    assert_int_equal(orx_read_tail(fx->p, in_dir(fx, "none"), 9, &out, &fx->err), ORX_E_NOT_FOUND);
    assert_int_equal(orx_read_tail(fx->p, fx->dir, 9, &out, &fx->err), ORX_E_INVALID);
    assert_contains(fx->err.msg, fx->dir);
    assert_string_equal(orx_str_cstr(&out), "old");
}

static void refuses_what_is_no_file(void **state) {
    fixture *fx = *state;
    ORX_CLEANUP(orx_str_free) orx_str out = {0};
    char *fifo = in_dir(fx, "fifo");
    assert_int_equal(mkfifo(fifo, 0600), 0);
    assert_int_equal(orx_read_file(fx->p, fifo, 100, &out, &fx->err), ORX_E_INVALID);
    assert_contains(fx->err.msg, fifo);
    assert_int_equal(orx_read_file(fx->p, fx->dir, 100, &out, &fx->err), ORX_E_INVALID);
    assert_contains(fx->err.msg, "directory");
    assert_int_equal(orx_read_file(fx->p, "/dev/zero", 100, &out, &fx->err), ORX_E_INVALID);
    assert_int_equal(orx_read_file(fx->p, in_dir(fx, "no"), 100, &out, &fx->err), ORX_E_NOT_FOUND);
}

static void atomic_replaces_and_leaves_nothing(void **state) {
    fixture *fx = *state;
    char *path = in_dir(fx, "state.json");
    assert_ok(orx_write_atomic(fx->p, path, orx_view_of("one"), 0600, &fx->err), &fx->err);
    orx_file_info first;
    assert_ok(orx_stat(fx->p, path, &first, &fx->err), &fx->err);
    assert_int_equal(first.mode, 0600);
    assert_ok(orx_write_atomic(fx->p, path, orx_view_of("two"), 0600, &fx->err), &fx->err);
    orx_file_info second;
    assert_ok(orx_stat(fx->p, path, &second, &fx->err), &fx->err);
    assert_string_equal(slurp(fx, path), "two");
    /* A new file took the name: a reader of the old one still has it whole. */
    assert_true(first.inode != second.inode);
    assert_int_equal(entries(fx), 1);
}

static void failed_writes_leave_the_old_file(void **state) {
    fixture *fx = *state;
    char *dir = in_dir(fx, "target");
    assert_ok(orx_mkdirs(fx->p, in_dir(fx, "target/full"), false, &fx->err), &fx->err);
    /* The rename fails because a directory has the name. */
    assert_true(orx_write_atomic(fx->p, dir, orx_view_of("x"), 0600, &fx->err) < 0);
    assert_contains(fx->err.msg, dir);
    assert_int_equal(entries(fx), 1);
    char *lost = in_dir(fx, "no/such/dir/f");
    assert_int_equal(orx_write_atomic(fx->p, lost, orx_view_of("x"), 0600, &fx->err),
                     ORX_E_NOT_FOUND);
    assert_contains(fx->err.msg, "no/such/dir");
}

/* The disk is full in the middle of a write (a limit on file sizes stands for it). */
static void a_full_disk_loses_nothing(void **state) {
    fixture *fx = *state;
    char *path = in_dir(fx, "state.json");
    char *fresh = in_dir(fx, "fresh");
    spit(fx, path, "the old content");
    struct rlimit before;
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    struct rlimit small = {1000, before.rlim_max};
    char bytes[5000];
    memset(bytes, 'x', sizeof bytes);
    orx_view big = orx_view_mem(bytes, sizeof bytes);
    void (*old)(int) = signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    int atomic = orx_write_atomic(fx->p, path, big, 0600, &fx->err);
    int replace = orx_write_replace(fx->p, path, big, 0600, NULL);
    int new = orx_write_new(fx->p, fresh, big, 0600, NULL);
    (void)setrlimit(RLIMIT_FSIZE, &before);
    (void)signal(SIGXFSZ, old);
    assert_int_equal(atomic, ORX_E_NO_SPACE);
    assert_int_equal(replace, ORX_E_NO_SPACE);
    assert_int_equal(new, ORX_E_NO_SPACE);
    assert_contains(fx->err.msg, "state.json");
    assert_string_equal(slurp(fx, path), "the old content");
    assert_int_equal(entries(fx), 1);
}

static void atomic_takes_long_and_relative_names(void **state) {
    fixture *fx = *state;
    char name[256];
    memset(name, 'n', sizeof name - 1);
    name[255] = '\0';
    char *path = in_dir(fx, name);
    assert_ok(orx_write_atomic(fx->p, path, orx_view_of("long"), 0600, &fx->err), &fx->err);
    assert_string_equal(slurp(fx, path), "long");
    char cwd[4096];
    assert_non_null(getcwd(cwd, sizeof cwd));
    assert_int_equal(chdir(fx->dir), 0);
    int rc = orx_write_atomic(fx->p, "relative", orx_view_of("r"), 0600, &fx->err);
    assert_int_equal(chdir(cwd), 0);
    assert_ok(rc, &fx->err);
    assert_string_equal(slurp(fx, in_dir(fx, "relative")), "r");
}

static void write_new_never_overwrites(void **state) {
    fixture *fx = *state;
    char *path = in_dir(fx, "f");
    assert_ok(orx_write_new(fx->p, path, orx_view_of("first"), 0640, &fx->err), &fx->err);
    assert_int_equal(orx_write_new(fx->p, path, orx_view_of("second"), 0640, &fx->err),
                     ORX_E_EXISTS);
    assert_contains(fx->err.msg, path);
    assert_string_equal(slurp(fx, path), "first");
    /* Also not through a dangling link. */
    char *link = in_dir(fx, "link");
    assert_int_equal(symlink("elsewhere", link), 0);
    assert_int_equal(orx_write_new(fx->p, link, orx_view_of("x"), 0640, &fx->err), ORX_E_EXISTS);
    assert_false(orx_exists(fx->p, in_dir(fx, "elsewhere")));
}

static void append_makes_and_extends(void **state) {
    fixture *fx = *state;
    char *path = in_dir(fx, "log.ndjson");
    assert_ok(orx_append_file(fx->p, path, orx_view_of("1\n"), true, &fx->err), &fx->err);
    assert_ok(orx_append_file(fx->p, path, orx_view_of("2\n"), false, &fx->err), &fx->err);
    assert_ok(orx_append_file(fx->p, path, orx_view_of(""), true, &fx->err), &fx->err);
    assert_string_equal(slurp(fx, path), "1\n2\n");
    assert_true(orx_append_file(fx->p, fx->dir, orx_view_of("x"), true, &fx->err) < 0);
    assert_contains(fx->err.msg, fx->dir);
}

static void no_descriptor_is_left(void **state) {
    fixture *fx = *state;
    int before = count_fds();
    reads_exactly_up_to_max(state);
    a_tail_begins_with_a_line(state);
    refuses_what_is_no_file(state);
    (void)orx_write_atomic(fx->p, in_dir(fx, "x/y"), orx_view_of("x"), 0600, NULL);
    (void)orx_write_new(fx->p, in_dir(fx, "f"), orx_view_of("x"), 0600, NULL);
    assert_int_equal(count_fds(), before);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(reads_exactly_up_to_max),
        TEST(reads_big_and_binary),
        TEST(reads_files_without_a_size),
        TEST(a_tail_begins_with_a_line),
        TEST(refuses_what_is_no_file),
        TEST(atomic_replaces_and_leaves_nothing),
        TEST(failed_writes_leave_the_old_file),
        TEST(a_full_disk_loses_nothing),
        TEST(atomic_takes_long_and_relative_names),
        TEST(write_new_never_overwrites),
        TEST(append_makes_and_extends),
        TEST(no_descriptor_is_left),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

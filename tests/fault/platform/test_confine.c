/* Confinement: limits, and writes kept to the trees that were named. */
#include "support.h"

#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define LANDLOCK_TEST()                                                                            \
    do {                                                                                           \
        if (!have_landlock())                                                                      \
            skip();                                                                                \
    } while (0)

static void limits_are_set(void **state) {
    run r;
    prepare(&r, *state, "print-limits", NULL);
    r.spec.confine.max_file_bytes = 1 << 20;
    r.spec.confine.max_memory_bytes = (uint64_t)1 << 40;
    r.spec.confine.max_cpu_seconds = 77;
    r.spec.confine.max_processes = 55;
    r.spec.confine.max_open_files = 99;
    r.spec.confine.max_data_bytes = (uint64_t)1 << 39;
    run_it(&r);
    assert_string_equal(out_of(&r), "1048576 1099511627776 77 55 99 549755813888 ");
    run_close(&r);
}

static void limits_never_go_up(void **state) {
    run r;
    prepare(&r, *state, "print-limits", NULL);
    r.spec.confine.max_open_files = (uint64_t)1 << 62;
    run_it(&r);
    assert_int_equal(r.result.end, ORX_PROC_EXITED);
    assert_null(strstr(out_of(&r), "4611686018427387904"));
    run_close(&r);
}

static void cpu_time_is_limited(void **state) {
    run r;
    prepare(&r, *state, "spin", NULL);
    r.spec.confine.max_cpu_seconds = 1;
    run_it(&r);
    assert_int_equal(r.result.end, ORX_PROC_EXITED);
    assert_int_equal(r.result.signal, SIGXCPU);
    run_close(&r);
}

/* Two trees, each with a file and a directory: only one may be changed. */
typedef struct trees {
    char *open;
    char *closed;
} trees;

static trees make_trees(fixture *fx) {
    trees t = {in_dir(fx, "open"), in_dir(fx, "closed")};
    static const char *const names[] = {"open", "closed"};
    for (int i = 0; i < 2; i++) {
        char *dir = in_dir(fx, names[i]);
        assert_ok(orx_mkdirs(fx->p, orx_path_join(&fx->arena, dir, "dir"), false, &fx->err),
                  &fx->err);
        spit(fx, orx_path_join(&fx->arena, dir, "file"), "content");
    }
    return t;
}

static void writes_stay_in_the_named_trees(void **state) {
    LANDLOCK_TEST();
    fixture *fx = *state;
    trees t = make_trees(fx);
    run r;
    prepare(&r, fx, "write-file", orx_path_join(&fx->arena, t.open, "dir/new"),
            orx_path_join(&fx->arena, t.open, "file"), orx_path_join(&fx->arena, t.closed, "file"),
            orx_path_join(&fx->arena, t.closed, "dir/new"), "/dev/null", NULL);
    r.spec.confine.landlock = true;
    r.spec.confine.writable = (const char *[]){t.open, NULL};
    run_it(&r);
    assert_string_equal(out_of(&r), "written written refused refused written ");
    assert_string_equal(slurp(fx, orx_path_join(&fx->arena, t.closed, "file")), "content");
    run_close(&r);
}

static void single_files_can_be_named(void **state) {
    LANDLOCK_TEST();
    fixture *fx = *state;
    trees t = make_trees(fx);
    char *file = orx_path_join(&fx->arena, t.closed, "file");
    run r;
    prepare(&r, fx, "write-file", file, orx_path_join(&fx->arena, t.closed, "other"), NULL);
    r.spec.confine.landlock = true;
    r.spec.confine.writable = (const char *[]){file, NULL};
    run_it(&r);
    assert_string_equal(out_of(&r), "written refused ");
    run_close(&r);
}

static void no_way_around_it(void **state) {
    LANDLOCK_TEST();
    fixture *fx = *state;
    trees t = make_trees(fx);
    run r;
    /* Every kind of change outside fails; reading works. */
    prepare(&r, fx, "change", t.closed, NULL);
    r.spec.confine.landlock = true;
    r.spec.confine.writable = (const char *[]){t.open, NULL};
    run_it(&r);
    assert_string_equal(out_of(&r), "read");
    run_close(&r);
    /* Through a link that lies inside and points outside. */
    char *link = orx_path_join(&fx->arena, t.open, "link");
    assert_int_equal(symlink(orx_path_join(&fx->arena, t.closed, "file"), link), 0);
    prepare(&r, fx, "write-file", link, NULL);
    r.spec.confine.landlock = true;
    r.spec.confine.writable = (const char *[]){t.open, NULL};
    run_it(&r);
    assert_string_equal(out_of(&r), "refused ");
    run_close(&r);
}

static void everything_works_inside(void **state) {
    LANDLOCK_TEST();
    fixture *fx = *state;
    trees t = make_trees(fx);
    run r;
    prepare(&r, fx, "change", t.open, NULL);
    r.spec.confine.landlock = true;
    r.spec.confine.writable = (const char *[]){t.open, NULL};
    run_it(&r);
    assert_string_equal(out_of(&r), "truncate rename symlink mkdir mkfifo rmdir ");
    run_close(&r);
}

static void without_a_list_nothing_is_writable(void **state) {
    LANDLOCK_TEST();
    fixture *fx = *state;
    trees t = make_trees(fx);
    run r;
    prepare(&r, fx, "write-file", orx_path_join(&fx->arena, t.open, "file"), "/dev/null", NULL);
    r.spec.confine.landlock = true;
    run_it(&r);
    assert_string_equal(out_of(&r), "refused written ");
    run_close(&r);
}

static void a_missing_tree_is_no_reason_to_run_anyway(void **state) {
    LANDLOCK_TEST();
    fixture *fx = *state;
    run r;
    char *file = in_dir(fx, "written");
    prepare(&r, fx, "write-file", file, NULL);
    r.spec.confine.landlock = true;
    r.spec.confine.writable = (const char *[]){in_dir(fx, "missing"), NULL};
    run_it(&r);
    assert_int_equal(r.result.end, ORX_PROC_NOT_STARTED);
    assert_int_equal(r.result.code, 126);
    assert_contains(r.result.message, "missing");
    assert_false(orx_exists(fx->p, file));
    run_close(&r);
}

/* With Landlock of Linux 6.12 and later the tree cannot signal its supervisor. */
/* Where keys are: whoever may look into this process has them. As root, too. */
static void other_environments_cannot_be_read(void **state) {
    LANDLOCK_TEST();
    fixture *fx = *state;
    char *ours = orx_arena_printf(&fx->arena, "/proc/%d/environ", (int)getpid());
    run r;
    prepare(&r, fx, "read-byte", ours, "/proc/self/environ", NULL);
    run_it(&r);
    assert_string_equal(out_of(&r), "readable readable ");
    run_close(&r);
    prepare(&r, fx, "read-byte", ours, "/proc/self/environ", NULL);
    r.spec.confine.landlock = true;
    run_it(&r);
    assert_string_equal(out_of(&r), "refused readable ");
    run_close(&r);
}

static void the_supervisor_is_out_of_reach(void **state) {
    LANDLOCK_TEST();
    run r;
    prepare(&r, *state, "kill-supervisor", NULL);
    r.spec.confine.landlock = true;
    r.spec.total_timeout_ns = 3 * ORX_SEC;
    run_it(&r);
    if (landlock_abi() >= 6) {
        assert_contains(out_of(&r), "refused");
        assert_int_equal(r.result.end, ORX_PROC_TIMEOUT);
        assert_true(r.result.empty);
    } else {
        print_message("SKIPPED: this kernel's Landlock does not confine signals\n");
        await_none_marked(r.marker);
    }
    run_close(&r);
}

/* One line per attempt that read the secret, and one per thing that has to work. */
static const char burglar[] =
    "cd \"$1\"\n"
    "read_it() { x=$(cat \"$2\" 2>/dev/null) && [ -n \"$x\" ] && echo \"$1\"; }\n"
    "read_it direct vault/key\n"
    "read_it deeper vault/dir/key\n"
    "read_it proc /proc/self/root$1/vault/key\n"
    "read_it link link/key\n"
    "ln vault/key open/hard 2>/dev/null; read_it hard open/hard\n"
    "ln -s ../vault open/soft; read_it soft open/soft/key\n"
    "mv vault/key open/moved 2>/dev/null; read_it moved open/moved\n"
    "mv vault open/vault 2>/dev/null; read_it around open/vault/key\n"
    "echo mine >open/new && read_it works-new open/new\n"
    "read_it works-beside beside\n"
    "read_it works-closed closed/file\n"
    "read_it works-above /etc/passwd >/dev/null && echo works-above\n";

static void run_burglar(fixture *fx, const char *const *writable, const char *found) {
    run r;
    prepare(&r, fx, "exit", "0", NULL);
    r.spec.argv = (const char *[]){"/bin/sh", "-c", burglar, "sh", fx->dir, NULL};
    r.spec.env = (const char *[]){"PATH=/usr/bin:/bin", NULL};
    r.spec.confine.landlock = true;
    r.spec.confine.writable = writable;
    r.spec.confine.hidden = in_dir(fx, "vault");
    run_it(&r);
    assert_string_equal(out_of(&r), found);
    assert_string_equal(slurp(fx, in_dir(fx, "vault/key")), "secret");
    run_close(&r);
}

static void make_vault(fixture *fx) {
    (void)make_trees(fx);
    assert_ok(orx_mkdirs(fx->p, in_dir(fx, "vault/dir"), true, &fx->err), &fx->err);
    spit(fx, in_dir(fx, "vault/key"), "secret");
    spit(fx, in_dir(fx, "vault/dir/key"), "secret");
    spit(fx, in_dir(fx, "beside"), "content");
    assert_int_equal(symlink("vault", in_dir(fx, "link")), 0);
}

static void a_hidden_tree_cannot_be_read(void **state) {
    LANDLOCK_TEST();
    fixture *fx = *state;
    make_vault(fx);
    run_burglar(fx, (const char *[]){in_dir(fx, "open"), NULL},
                "works-new\nworks-beside\nworks-closed\nworks-above\n");
}

/* ... also not where everything may be written. */
static void a_writable_tree_does_not_open_the_hidden_one(void **state) {
    LANDLOCK_TEST();
    fixture *fx = *state;
    make_vault(fx);
    run_burglar(fx, (const char *[]){"/", NULL},
                "works-new\nworks-beside\nworks-closed\nworks-above\n");
}

static void hiding_nothing_changes_nothing(void **state) {
    LANDLOCK_TEST();
    run r;
    prepare(&r, *state, "exit", "7", NULL);
    r.spec.confine.landlock = true;
    r.spec.confine.hidden = in_dir(*state, "nowhere");
    run_it(&r);
    assert_int_equal(r.result.code, 7);
    run_close(&r);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(limits_are_set),
        TEST(limits_never_go_up),
        TEST(cpu_time_is_limited),
        TEST(writes_stay_in_the_named_trees),
        TEST(single_files_can_be_named),
        TEST(no_way_around_it),
        TEST(everything_works_inside),
        TEST(without_a_list_nothing_is_writable),
        TEST(a_missing_tree_is_no_reason_to_run_anyway),
        TEST(a_hidden_tree_cannot_be_read),
        TEST(a_writable_tree_does_not_open_the_hidden_one),
        TEST(hiding_nothing_changes_nothing),
        TEST(other_environments_cannot_be_read),
        TEST(the_supervisor_is_out_of_reach),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

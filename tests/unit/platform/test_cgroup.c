#include "platform/cgroup.h"

#include "support.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* ---- Where it is ----------------------------------------------------------------------------- */

static void the_group_of_a_process(void **state) {
    (void)state;
    static const struct {
        const char *text;
        const char *path; /* NULL = none */
    } cases[] = {
        {"0::/\n", "/"},
        {"0::/user.slice/a.scope\n", "/user.slice/a.scope"},
        {"9:name=systemd:/\n8:pids:/x\n4:memory:/0::/y\n0::/z\n", "/z"},
        {"0::/with space:and colon\n", "/with space:and colon"},
        {"0::/last line without end", "/last line without end"},
        {"9:name=systemd:/\n8:pids:/\n", NULL},
        {"0::/gone (deleted)\n", NULL},
        {"0::\n", NULL},
        {"0::relative\n", NULL},
        {"10::/\n", NULL},
        {"", NULL},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        orx_view path = {NULL, 0};
        bool found = orx_cgroup_path(orx_view_of(cases[i].text), &path);
        assert_int_equal(found, cases[i].path != NULL);
        if (cases[i].path)
            assert_true(orx_view_is(path, cases[i].path));
    }
}

#define V1   "32 31 0:29 / /sys/fs/cgroup/cpu rw,relatime - cgroup cgroup rw,cpu\n"
#define TOP  "41 31 0:38 / /sys/fs/cgroup/unified rw,relatime - cgroup2 cgroup2 rw\n"
#define TAGS "41 31 0:38 / /sys/fs/cgroup rw shared:9 master:3 - cgroup2 cgroup2 rw,nsdelegate\n"
#define PART "50 31 0:38 /pod/a\\040b /mnt/my\\134groups rw - cgroup2 none rw\n"

static void the_directory_of_a_group(void **state) {
    (void)state;
    static const struct {
        const char *mounts;
        const char *path;
        const char *dir; /* NULL = none */
    } cases[] = {
        {V1 TOP, "/", "/sys/fs/cgroup/unified"},
        {V1 TOP, "/a/b.scope", "/sys/fs/cgroup/unified/a/b.scope"},
        {TAGS, "/a", "/sys/fs/cgroup/a"},
        {PART, "/pod/a b", "/mnt/my\\groups"},
        {PART, "/pod/a b/c", "/mnt/my\\groups/c"},
        {PART, "/pod/a bc", NULL},
        {PART, "/pod", NULL},
        {PART TOP, "/other", "/sys/fs/cgroup/unified/other"},
        {TOP, "/../outside", NULL},
        {V1, "/", NULL},
        {"", "/", NULL},
        /* What only looks like one, or is cut short. */
        {"41 31 0:38 / /mnt rw - ext4 cgroup2 rw\n", "/", NULL},
        {"41 31 0:38 / /mnt rw cgroup2 cgroup2 rw\n", "/", NULL},
        {"41 31 0:38 / /mnt rw -", "/", NULL},
        {"41 31 0:38", "/", NULL},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        ORX_CLEANUP(orx_str_free) orx_str dir = {0};
        bool found =
            orx_cgroup_place(orx_view_of(cases[i].mounts), orx_view_of(cases[i].path), &dir);
        assert_int_equal(found, cases[i].dir != NULL);
        assert_string_equal(orx_str_cstr(&dir), cases[i].dir ? cases[i].dir : "");
    }
}

static void every_cut_of_a_mount_table_is_survived(void **state) {
    (void)state;
    static const char text[] = V1 PART TOP;
    for (size_t n = 0; n < sizeof text; n++) {
        ORX_CLEANUP(orx_str_free) orx_str dir = {0};
        (void)orx_cgroup_place(orx_view_mem(text, n), orx_view_of("/pod/a b/c"), &dir);
    }
}

/* ---- Groups that are only files -------------------------------------------------------------- */

static void what_lives_in_it_is_read(void **state) {
    fixture *fx = *state;
    bool populated = true;
    char *dir = in_dir(fx, "group");
    assert_ok(orx_cgroup_populated(fx->p, dir, &populated, &fx->err), &fx->err);
    assert_false(populated); /* not there: nobody in it */
    assert_ok(orx_cgroup_make(fx->p, dir, &fx->err), &fx->err);
    assert_ok(orx_cgroup_make(fx->p, dir, &fx->err), &fx->err); /* again */
    spit(fx, in_dir(fx, "group/cgroup.events"), "populated 1\nfrozen 0\n");
    assert_ok(orx_cgroup_populated(fx->p, dir, &populated, &fx->err), &fx->err);
    assert_true(populated);
    spit(fx, in_dir(fx, "group/cgroup.events"), "frozen 0\npopulated 0\n");
    assert_ok(orx_cgroup_populated(fx->p, dir, &populated, &fx->err), &fx->err);
    assert_false(populated);
    spit(fx, in_dir(fx, "group/cgroup.events"), "frozen 0\n");
    assert_int_equal(orx_cgroup_populated(fx->p, dir, &populated, &fx->err), ORX_E_CORRUPT);
    assert_non_null(strstr(fx->err.msg, "group/cgroup.events"));
    assert_ok(orx_unlink(fx->p, in_dir(fx, "group/cgroup.events"), &fx->err), &fx->err);
    assert_int_equal(orx_cgroup_populated(fx->p, dir, &populated, &fx->err), ORX_E_NOT_FOUND);
}

static pid_t sleeper(void) {
    pid_t pid = fork();
    if (pid == 0) {
        (void)pause();
        _exit(0);
    }
    return pid;
}

static void without_cgroup_kill_each_is_killed(void **state) {
    fixture *fx = *state;
    char text[64];
    int status = 0;
    pid_t one = sleeper();
    pid_t below = sleeper();
    assert_true(one > 0 && below > 0);
    assert_ok(orx_mkdirs(fx->p, in_dir(fx, "group/below"), false, &fx->err), &fx->err);
    (void)snprintf(text, sizeof text, "0\n1\n%d\n", (int)one);
    spit(fx, in_dir(fx, "group/cgroup.procs"), text);
    (void)snprintf(text, sizeof text, "%d\n", (int)below);
    spit(fx, in_dir(fx, "group/below/cgroup.procs"), text);
    assert_ok(orx_cgroup_kill(fx->p, in_dir(fx, "group"), &fx->err), &fx->err);
    assert_int_equal(waitpid(one, &status, 0), one);
    assert_int_equal(WTERMSIG(status), SIGKILL);
    assert_int_equal(waitpid(below, &status, 0), below);
    assert_int_equal(WTERMSIG(status), SIGKILL);
    assert_ok(orx_cgroup_kill(fx->p, in_dir(fx, "no-group"), &fx->err), &fx->err);
}

/* ---- Controllers, as files ------------------------------------------------------------------- */

/* A group whose files say what the kernel would; this process lives in it, with `others`. */
static char *fake_group(fixture *fx, const char *controllers, const char *others) {
    char text[64];
    char *dir = in_dir(fx, "own");
    assert_ok(orx_mkdirs(fx->p, in_dir(fx, "own/leaf"), false, &fx->err), &fx->err);
    assert_ok(fx->p->files->rmdir(fx->p, in_dir(fx, "own/leaf"), &fx->err), &fx->err);
    (void)snprintf(text, sizeof text, "%d\n%s", (int)getpid(), others);
    spit(fx, in_dir(fx, "own/cgroup.procs"), text);
    spit(fx, in_dir(fx, "own/cgroup.controllers"), controllers);
    return dir;
}

static void what_is_not_delegated_cannot_be_handed_down(void **state) {
    fixture *fx = *state;
    char *dir = fake_group(fx, "cpu pids\n", "");
    char *leaf = in_dir(fx, "own/leaf");
    spit(fx, in_dir(fx, "own/cgroup.subtree_control"), "pids\n");
    assert_true(orx_cgroup_has(fx->p, dir, "pids") && orx_cgroup_has(fx->p, dir, "cpu"));
    assert_false(orx_cgroup_has(fx->p, dir, "pid") || orx_cgroup_has(fx->p, dir, "memory"));
    assert_int_equal(orx_cgroup_hand_down(fx->p, dir, leaf, "memory", &fx->err), ORX_E_UNSUPPORTED);
    assert_non_null(strstr(fx->err.msg, "the controller memory is not delegated to "));
    assert_non_null(strstr(fx->err.msg, "/own"));
    /* Somebody did it before: nobody has to move. */
    assert_ok(orx_cgroup_hand_down(fx->p, dir, leaf, "pids", &fx->err), &fx->err);
    assert_string_equal(slurp(fx, in_dir(fx, "own/cgroup.subtree_control")), "pids\n");
    assert_false(orx_exists(fx->p, leaf));
}

/* Files of a kernel that refuses: nothing can be written to a directory. */
static void where_others_live_nobody_moves(void **state) {
    fixture *fx = *state;
    char *dir = fake_group(fx, "memory pids\n", "1\n");
    char *leaf = in_dir(fx, "own/leaf");
    assert_ok(orx_cgroup_make(fx->p, in_dir(fx, "own/cgroup.subtree_control"), &fx->err), &fx->err);
    assert_int_equal(orx_cgroup_hand_down(fx->p, dir, leaf, "memory", &fx->err), ORX_E_BUSY);
    assert_non_null(strstr(fx->err.msg, "while other processes live in it"));
    assert_false(orx_exists(fx->p, leaf));
    /* Alone, but the leaf takes nobody: it does not stay. */
    (void)fake_group(fx, "memory pids\n", "");
    assert_true(orx_cgroup_hand_down(fx->p, dir, leaf, "memory", &fx->err) < 0);
    assert_false(orx_exists(fx->p, leaf));
}

static void a_controller_is_handed_down_by_its_name(void **state) {
    fixture *fx = *state;
    char *dir = fake_group(fx, "cpu memory pids\n", "1\n");
    spit(fx, in_dir(fx, "own/cgroup.subtree_control"), "");
    assert_ok(orx_cgroup_hand_down(fx->p, dir, in_dir(fx, "own/leaf"), "memory", &fx->err),
              &fx->err);
    assert_string_equal(slurp(fx, in_dir(fx, "own/cgroup.subtree_control")), "+memory");
}

static void limits_are_written_and_counters_read(void **state) {
    fixture *fx = *state;
    char *dir = in_dir(fx, "group");
    char *file = in_dir(fx, "group/memory.max");
    assert_ok(orx_cgroup_make(fx->p, dir, &fx->err), &fx->err);
    assert_int_equal(orx_cgroup_limit(fx->p, dir, "memory.max", 5, &fx->err), ORX_E_NOT_FOUND);
    spit(fx, file, "max\n");
    assert_ok(orx_cgroup_limit(fx->p, dir, "memory.max", INT64_C(8) << 30, &fx->err), &fx->err);
    assert_string_equal(slurp(fx, file), "8589934592");
    assert_ok(orx_cgroup_limit(fx->p, dir, "memory.max", 0, &fx->err), &fx->err);
    assert_string_equal(slurp(fx, file), "max");
    assert_int_equal(orx_cgroup_count(fx->p, dir, "memory.events", "oom_kill"), 0);
    spit(fx, in_dir(fx, "group/memory.events"),
         "low 1\nhigh 2\nmax 3\noom 4\noom_kill 5\noom_group_kill 6\n");
    assert_int_equal(orx_cgroup_count(fx->p, dir, "memory.events", "oom_kill"), 5);
    assert_int_equal(orx_cgroup_count(fx->p, dir, "memory.events", "oom"), 4);
    assert_int_equal(orx_cgroup_count(fx->p, dir, "memory.events", "oom_"), 0);
    spit(fx, in_dir(fx, "group/pids.events"), "max many\n");
    assert_int_equal(orx_cgroup_count(fx->p, dir, "pids.events", "max"), 0);
}

/* ---- Real ones ------------------------------------------------------------------------------- */

/* Without making it: the files of a group are the kernel's. */
static void spit_over(fixture *fx, const char *path, const char *text) {
    orx_file *f = NULL;
    assert_ok(orx_file_open(fx->p, path, ORX_OPEN_WRITE, 0, &f, &fx->err), &fx->err);
    assert_ok(orx_file_write(fx->p, f, 0, text, strlen(text), &fx->err), &fx->err);
    orx_file_close(fx->p, f);
}

/* A group of this test below that of this process; false where none is delegated. */
static bool real_group(fixture *fx, orx_str *dir) {
    char name[64];
    if (orx_cgroup_own(fx->p, dir, &fx->err) < 0) {
        print_message("skipped: %s\n", fx->err.msg);
        return false;
    }
    (void)snprintf(name, sizeof name, "/orxaq-unit-test.%d", (int)getpid());
    orx_str_adds(dir, name);
    if (orx_cgroup_make(fx->p, orx_str_cstr(dir), &fx->err) == 0)
        return true;
    print_message("skipped, no cgroup is delegated: %s\n", fx->err.msg);
    return false;
}

static bool is_populated(fixture *fx, const char *dir) {
    bool populated = false;
    assert_ok(orx_cgroup_populated(fx->p, dir, &populated, &fx->err), &fx->err);
    return populated;
}

static void await_empty(fixture *fx, const char *dir) {
    for (int i = 0; i < 3000 && is_populated(fx, dir); i++)
        orx_loop_sleep(fx->p, 10 * ORX_MS);
    assert_false(is_populated(fx, dir));
}

static void a_program_begins_in_its_group(void **state) {
    fixture *fx = *state;
    ORX_CLEANUP(orx_str_free) orx_str dir = {0};
    run r;
    if (!real_group(fx, &dir))
        return;
    const char *path = orx_str_cstr(&dir);
    prepare(&r, fx, "/bin/cat", "/proc/self/cgroup", NULL);
    r.spec.group = path;
    r.spec.hold = true;
    begin(&r);
    assert_false(orx_proc_grouped(r.proc));
    assert_false(is_populated(fx, path)); /* what supervises it is not in it */
    assert_ok(orx_proc_release(r.proc, &fx->err), &fx->err);
    finish(&r);
    assert_int_equal(r.result.code, 0);
    assert_non_null(strstr(out_of(&r), strrchr(path, '/')));
    assert_true(r.result.empty);
    run_close(&r);
    assert_false(is_populated(fx, path));
    assert_ok(orx_cgroup_remove(fx->p, path, &fx->err), &fx->err);
    assert_false(orx_exists(fx->p, path));
}

static void a_group_is_killed_with_those_below(void **state) {
    fixture *fx = *state;
    ORX_CLEANUP(orx_str_free) orx_str dir = {0};
    run r;
    if (!real_group(fx, &dir))
        return;
    const char *path = orx_str_cstr(&dir);
    prepare(&r, fx, "/bin/sh", "-c",
            "mkdir \"$1/below\" && echo $$ >\"$1/below/cgroup.procs\" && echo ready && "
            "while :; do sleep 600; done",
            "sh", path, NULL);
    r.spec.group = path;
    begin(&r);
    await_ready(&r);
    assert_true(orx_proc_grouped(r.proc));
    assert_true(is_populated(fx, path));
    assert_true(orx_cgroup_remove(fx->p, path, &fx->err) < 0); /* it is in use */
    assert_ok(orx_cgroup_kill(fx->p, path, &fx->err), &fx->err);
    finish(&r);
    assert_int_equal(r.result.signal, SIGKILL);
    run_close(&r);
    await_empty(fx, path);
    assert_ok(orx_cgroup_remove(fx->p, path, &fx->err), &fx->err);
    assert_false(orx_exists(fx->p, path));
    assert_ok(orx_cgroup_remove(fx->p, path, &fx->err), &fx->err);
}

/* ---- Controllers of this machine --------------------------------------------------------------
 */

static void enter_group(fixture *fx, const char *dir) {
    char text[32];
    (void)snprintf(text, sizeof text, "%d", (int)getpid());
    spit_over(fx, orx_path_join(&fx->arena, dir, "cgroup.procs"), text);
}

static bool is_in(fixture *fx, const char *name) {
    return strstr(slurp(fx, "/proc/self/cgroup"), name) != NULL;
}

/* Makes a controller of our own group count for the test's; "" where that cannot be. undo: it did
 * not before. */
static const char *a_controller(fixture *fx, const char *own, bool *undo) {
    static const char *const kinds[] = {"memory", "pids", "cpu", "io", "hugetlb", "rdma", "misc"};
    const char *leaf = orx_path_join(&fx->arena, own, "orxaq-unit-test.none");
    const char *before = slurp(fx, orx_path_join(&fx->arena, own, "cgroup.subtree_control"));
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        if (orx_cgroup_hand_down(fx->p, own, leaf, kinds[i], &fx->err) < 0)
            continue;
        orx_cgroup_take_back(fx->p, own, leaf);
        *undo = strstr(before, kinds[i]) == NULL;
        return kinds[i];
    }
    print_message("skipped, no controller can be handed down here: %s\n", fx->err.msg);
    return "";
}

static void whoever_hands_down_moves_to_a_leaf_and_back(void **state) {
    fixture *fx = *state;
    ORX_CLEANUP(orx_str_free) orx_str own = {0};
    ORX_CLEANUP(orx_str_free) orx_str dir = {0};
    bool undo = false;
    if (!real_group(fx, &dir) || orx_cgroup_own(fx->p, &own, &fx->err) < 0)
        return;
    const char *path = orx_str_cstr(&dir);
    const char *controller = a_controller(fx, orx_str_cstr(&own), &undo);
    const char *leaf = orx_path_join(&fx->arena, path, "leaf");
    const char *unit = orx_path_join(&fx->arena, path, "unit");
    if (*controller) {
        enter_group(fx, path);
        assert_ok(orx_cgroup_make(fx->p, unit, &fx->err), &fx->err);
        pid_t other = sleeper();
        assert_int_equal(orx_cgroup_hand_down(fx->p, path, leaf, controller, &fx->err), ORX_E_BUSY);
        assert_false(is_in(fx, "/leaf"));
        (void)kill(other, SIGKILL);
        (void)waitpid(other, NULL, 0);
        assert_ok(orx_cgroup_hand_down(fx->p, path, leaf, controller, &fx->err), &fx->err);
        assert_true(is_in(fx, "/leaf"));
        assert_non_null(
            strstr(slurp(fx, orx_path_join(&fx->arena, unit, "cgroup.controllers")), controller));
        /* Again, from where it is now. */
        assert_ok(orx_cgroup_hand_down(fx->p, path, leaf, controller, &fx->err), &fx->err);
        orx_cgroup_take_back(fx->p, path, leaf);
        assert_false(orx_exists(fx->p, leaf));
        assert_true(is_in(fx, strrchr(path, '/')));
        orx_cgroup_take_back(fx->p, path, leaf);
        enter_group(fx, orx_str_cstr(&own));
    }
    if (undo)
        spit_over(fx, orx_path_join(&fx->arena, orx_str_cstr(&own), "cgroup.subtree_control"),
                  orx_arena_printf(&fx->arena, "-%s", controller));
    assert_ok(orx_cgroup_remove(fx->p, path, &fx->err), &fx->err);
}

static void a_group_that_vanished_stops_nobody(void **state) {
    fixture *fx = *state;
    run r;
    prepare(&r, fx, "/bin/cat", "/proc/self/cgroup", NULL);
    r.spec.group = in_dir(fx, "no-group");
    begin(&r);
    finish(&r);
    assert_int_equal(r.result.end, ORX_PROC_EXITED);
    assert_int_equal(r.result.code, 0);
    run_close(&r);
    prepare(&r, fx, "/bin/sh", "-c", "echo ready; sleep 600", NULL);
    r.spec.group = in_dir(fx, "no-group");
    begin(&r);
    await_ready(&r);
    assert_false(orx_proc_grouped(r.proc));
    orx_proc_stop(r.proc, false);
    finish(&r);
    run_close(&r);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_group_of_a_process),
        cmocka_unit_test(the_directory_of_a_group),
        cmocka_unit_test(every_cut_of_a_mount_table_is_survived),
        TEST(what_lives_in_it_is_read),
        TEST(without_cgroup_kill_each_is_killed),
        TEST(what_is_not_delegated_cannot_be_handed_down),
        TEST(where_others_live_nobody_moves),
        TEST(a_controller_is_handed_down_by_its_name),
        TEST(limits_are_written_and_counters_read),
        TEST(whoever_hands_down_moves_to_a_leaf_and_back),
        TEST(a_program_begins_in_its_group),
        TEST(a_group_is_killed_with_those_below),
        TEST(a_group_that_vanished_stops_nobody),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

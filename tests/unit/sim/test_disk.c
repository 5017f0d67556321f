/* The simulated file system behaves as a real one where nothing crashes. */
#include "support.h"

#include <stdio.h>
#include <stdlib.h>

static void bytes_come_back(void **state) {
    (void)state;
    world w = world_new(1);
    orx_err err = ORX_ERR_INIT;
    orx_file *f = open_file(w.p, "/f", RW);
    char buf[32] = {0};
    assert_int_equal(orx_file_read(w.p, f, 0, buf, sizeof buf, &err), 0);
    write_at(w.p, f, 0, "hello world");
    write_at(w.p, f, 6, "there");
    assert_int_equal(orx_file_read(w.p, f, 3, buf, sizeof buf, &err), 8);
    assert_memory_equal(buf, "lo there", 8);
    assert_int_equal(orx_file_read(w.p, f, 11, buf, sizeof buf, &err), 0);
    assert_int_equal(orx_file_read(w.p, f, 1000, buf, sizeof buf, &err), 0);
    orx_file_info info;
    assert_ok(orx_file_info_of(w.p, f, &info, &err), &err);
    assert_int_equal(info.size, 11);
    assert_int_equal(info.kind, ORX_FILE_REGULAR);
    assert_int_equal(info.mode, 0644);
    assert_true(info.mtime_ns == orx_wall_ns(w.p));
    orx_file_close(w.p, f);
    orx_sim_free(w.sim);
}

/* Against a plain array: writes, holes and cuts at every kind of page border. */
static void content_equals_a_plain_array(void **state) {
    (void)state;
    enum { SIZE = 40000 };
    world w = world_new(7);
    orx_err err = ORX_ERR_INIT;
    orx_file *f = open_file(w.p, "/f", RW);
    char *model = orx_xcalloc(1, SIZE);
    char *buf = orx_xcalloc(1, SIZE);
    size_t size = 0;
    for (int round = 0; round < 3000; round++) {
        size_t at = (size_t)orx_sim_draw(w.sim, SIZE);
        size_t len = (size_t)orx_sim_draw(w.sim, orx_sim_draw(w.sim, 2) ? 64 : 9000);
        if (orx_sim_draw(w.sim, 8) == 0) {
            memset(model + (at < size ? at : size), 0, SIZE - (at < size ? at : size));
            size = at;
            assert_ok(orx_file_truncate(w.p, f, (int64_t)at, &err), &err);
        } else {
            if (at + len > SIZE)
                len = SIZE - at;
            memset(buf, 'a' + round % 26, len);
            memcpy(model + at, buf, len);
            size = len && at + len > size ? at + len : size;
            assert_ok(orx_file_write(w.p, f, (int64_t)at, buf, len, &err), &err);
        }
        assert_int_equal(orx_file_read(w.p, f, 0, buf, SIZE, &err), size);
        assert_memory_equal(buf, model, size);
    }
    orx_file_close(w.p, f);
    free(model);
    free(buf);
    orx_sim_free(w.sim);
}

static void a_hole_costs_nothing(void **state) {
    (void)state;
    world w = world_new(1);
    orx_err err = ORX_ERR_INIT;
    orx_file *f = open_file(w.p, "/f", RW);
    int64_t far = (int64_t)1 << 39;
    char byte = 'x';
    write_at(w.p, f, far, "end");
    assert_int_equal(orx_sim_used_bytes(w.host), 4096);
    assert_int_equal(orx_file_read(w.p, f, far - 10, &byte, 1, &err), 1);
    assert_int_equal(byte, 0);
    assert_int_equal(orx_file_write(w.p, f, (int64_t)1 << 41, "x", 1, &err), ORX_E_NO_SPACE);
    assert_int_equal(orx_file_write(w.p, f, -1, "x", 1, &err), ORX_E_NO_SPACE);
    assert_int_equal(orx_file_truncate(w.p, f, -1, &err), ORX_E_INVALID);
    orx_file_close(w.p, f);
    assert_ok(orx_unlink(w.p, "/f", &err), &err);
    orx_sim_settle(w.host);
    assert_int_equal(orx_sim_used_bytes(w.host), 0);
    orx_sim_free(w.sim);
}

static void open_flags_mean_what_they_say(void **state) {
    (void)state;
    world w = world_new(1);
    orx_err err = ORX_ERR_INIT;
    orx_file *f = NULL;
    assert_int_equal(orx_file_open(w.p, "/f", ORX_OPEN_READ, 0, &f, &err), ORX_E_NOT_FOUND);
    assert_contains(err.msg, "/f");
    assert_null(f);
    put(w.p, "/f", "old");
    int excl = ORX_OPEN_WRITE | ORX_OPEN_CREATE | ORX_OPEN_EXCL;
    assert_int_equal(orx_file_open(w.p, "/f", excl, 0644, &f, &err), ORX_E_EXISTS);
    orx_file_close(w.p, open_file(w.p, "/f", ORX_OPEN_WRITE | ORX_OPEN_TRUNCATE));
    assert_file(w.p, "/f", "");
    f = open_file(w.p, "/g", excl);
    char buf[4];
    assert_true(orx_file_read(w.p, f, 0, buf, 1, &err) < 0);
    assert_contains(err.msg, "/g");
    orx_file_close(w.p, f);
    f = open_file(w.p, "/g", ORX_OPEN_READ);
    assert_true(orx_file_write(w.p, f, 0, "x", 1, &err) < 0);
    assert_true(orx_file_truncate(w.p, f, 0, &err) < 0);
    orx_file_close(w.p, f);
    assert_int_equal(orx_file_open(w.p, "/f/x", RW, 0644, &f, &err), ORX_E_NOT_FOUND);
    assert_int_equal(orx_file_open(w.p, "/none/x", RW, 0644, &f, &err), ORX_E_NOT_FOUND);
    assert_true(orx_file_open(w.p, "/f", ORX_OPEN_READ | ORX_OPEN_DIRECTORY, 0, &f, &err) < 0);
    assert_int_equal(orx_file_open(w.p, "/", ORX_OPEN_WRITE, 0, &f, &err), ORX_E_INVALID);
    assert_int_equal(orx_file_open(w.p, "", ORX_OPEN_READ, 0, &f, &err), ORX_E_NOT_FOUND);
    f = open_file(w.p, "/", ORX_OPEN_READ | ORX_OPEN_DIRECTORY);
    assert_int_equal(orx_file_read(w.p, f, 0, buf, 1, &err), ORX_E_INVALID);
    orx_file_close(w.p, f);
    orx_file_close(w.p, NULL);
    orx_sim_free(w.sim);
}

static void appenders_never_overwrite_each_other(void **state) {
    (void)state;
    world w = world_new(1);
    int flags = ORX_OPEN_WRITE | ORX_OPEN_CREATE | ORX_OPEN_APPEND;
    orx_file *a = open_file(w.p, "/log", flags);
    orx_file *b = open_file(w.p, "/log", flags);
    write_at(w.p, a, 0, "one ");
    write_at(w.p, b, 0, "two ");
    write_at(w.p, a, 0, "three");
    orx_file_close(w.p, a);
    orx_file_close(w.p, b);
    assert_file(w.p, "/log", "one two three");
    orx_sim_free(w.sim);
}

static void an_open_file_outlives_its_name(void **state) {
    (void)state;
    world w = world_new(1);
    orx_err err = ORX_ERR_INIT;
    put(w.p, "/f", "still here");
    orx_file *f = open_file(w.p, "/f", ORX_OPEN_READ);
    assert_ok(orx_unlink(w.p, "/f", &err), &err);
    assert_ok(orx_unlink(w.p, "/f", &err), &err);
    assert_false(orx_exists(w.p, "/f"));
    put(w.p, "/f", "another");
    char buf[16] = {0};
    assert_int_equal(orx_file_read(w.p, f, 0, buf, sizeof buf, &err), 10);
    assert_string_equal(buf, "still here");
    orx_file_close(w.p, f);
    orx_sim_free(w.sim);
}

static void directories(void **state) {
    (void)state;
    world w = world_new(1);
    orx_err err = ORX_ERR_INIT;
    assert_ok(orx_mkdirs(w.p, "/a/b/c", true, &err), &err);
    orx_file_info info;
    assert_ok(orx_stat(w.p, "/a/b", &info, &err), &err);
    assert_int_equal(info.kind, ORX_FILE_DIRECTORY);
    assert_int_equal(info.mode, 0700);
    assert_int_equal(w.p->files->mkdir(w.p, "/a", 0755, &err), ORX_E_EXISTS);
    assert_int_equal(w.p->files->mkdir(w.p, "/", 0755, &err), ORX_E_EXISTS);
    assert_int_equal(w.p->files->mkdir(w.p, "/x/y", 0755, &err), ORX_E_NOT_FOUND);
    assert_int_equal(w.p->files->rmdir(w.p, "/a/b", &err), ORX_E_EXISTS);
    assert_int_equal(w.p->files->rmdir(w.p, "/none", &err), ORX_E_NOT_FOUND);
    put(w.p, "/a/b/zeta", "1");
    put(w.p, "/a/b/alpha", "2");
    assert_int_equal(w.p->files->rmdir(w.p, "/a/b/zeta", &err), ORX_E_NOT_FOUND);
    assert_int_equal(w.p->files->unlink(w.p, "/a/b", &err), ORX_E_INVALID);
    orx_arena arena = {0};
    char **names = NULL;
    assert_ok(orx_list_dir(w.p, "/a/b", &arena, &names, &err), &err);
    assert_string_equal(names[0], "alpha");
    assert_string_equal(names[1], "c");
    assert_string_equal(names[2], "zeta");
    assert_null(names[3]);
    assert_int_equal(orx_list_dir(w.p, "/a/b/zeta", &arena, &names, &err), ORX_E_NOT_FOUND);
    orx_arena_free(&arena);
    assert_ok(orx_remove_tree(w.p, "/a", &err), &err);
    assert_false(orx_exists(w.p, "/a"));
    orx_sim_free(w.sim);
}

static void a_removed_directory_takes_nothing_in(void **state) {
    (void)state;
    world w = world_new(1);
    orx_err err = ORX_ERR_INIT;
    assert_ok(orx_mkdirs(w.p, "/a", false, &err), &err);
    orx_file *dir = open_file(w.p, "/a", ORX_OPEN_READ | ORX_OPEN_DIRECTORY);
    assert_ok(w.p->files->rmdir(w.p, "/a", &err), &err);
    orx_file *f = NULL;
    assert_int_equal(orx_file_open(w.p, "/a/x", RW, 0644, &f, &err), ORX_E_NOT_FOUND);
    orx_file_close(w.p, dir);
    orx_sim_free(w.sim);
}

static int rename_rc(const world *w, const char *from, const char *to) {
    return orx_rename(w->p, from, to, NULL);
}

static void rename_follows_the_rules(void **state) {
    (void)state;
    world w = world_new(1);
    orx_err err = ORX_ERR_INIT;
    assert_ok(orx_mkdirs(w.p, "/a/b", false, &err), &err);
    assert_ok(orx_mkdirs(w.p, "/full/x", false, &err), &err);
    assert_ok(orx_mkdirs(w.p, "/empty", false, &err), &err);
    put(w.p, "/f", "f");
    put(w.p, "/g", "g");
    assert_ok(orx_rename(w.p, "/f", "/g", &err), &err);
    assert_file(w.p, "/g", "f");
    assert_false(orx_exists(w.p, "/f"));
    assert_ok(orx_rename(w.p, "/g", "/g", &err), &err);
    assert_ok(orx_rename(w.p, "/g", "/a/b/g", &err), &err);
    assert_file(w.p, "/a/b/g", "f");
    assert_int_equal(rename_rc(&w, "/none", "/x"), ORX_E_NOT_FOUND);
    assert_int_equal(rename_rc(&w, "/a", "/a/b/a"), ORX_E_INVALID);
    assert_int_equal(rename_rc(&w, "/a", "/full"), ORX_E_EXISTS);
    assert_int_equal(rename_rc(&w, "/a/b/g", "/empty"), ORX_E_INVALID);
    assert_int_equal(rename_rc(&w, "/a", "/a/b/g"), ORX_E_INVALID);
    assert_int_equal(rename_rc(&w, "/empty", "/a/b/g"), ORX_E_NOT_FOUND);
    assert_true(rename_rc(&w, "/", "/x") < 0);
    assert_true(rename_rc(&w, "/a/.", "/x") < 0);
    assert_ok(orx_rename(w.p, "/a", "/empty", &err), &err);
    assert_file(w.p, "/empty/b/g", "f");
    assert_ok(orx_rename(w.p, "/empty/b", "/full/x", &err), &err);
    assert_file(w.p, "/full/x/../x/g", "f");
    orx_sim_free(w.sim);
}

static void symbolic_links(void **state) {
    (void)state;
    world w = world_new(1);
    orx_err err = ORX_ERR_INIT;
    assert_ok(orx_mkdirs(w.p, "/real/deep", false, &err), &err);
    put(w.p, "/real/deep/f", "text");
    orx_sim_symlink(w.host, "/real", "/links/abs");
    orx_sim_symlink(w.host, "../real/deep", "/links/rel");
    orx_sim_symlink(w.host, "f2", "/real/deep/dangling");
    orx_sim_symlink(w.host, "loop", "/links/loop");
    assert_file(w.p, "/links/abs/deep/f", "text");
    assert_file(w.p, "/links/rel/f", "text");
    assert_file(w.p, "/links/rel/../deep/./f", "text");
    orx_file_info info;
    assert_ok(orx_lstat(w.p, "/links/rel", &info, &err), &err);
    assert_int_equal(info.kind, ORX_FILE_SYMLINK);
    assert_int_equal(info.size, strlen("../real/deep"));
    assert_ok(orx_stat(w.p, "/links/rel", &info, &err), &err);
    assert_int_equal(info.kind, ORX_FILE_DIRECTORY);
    assert_ok(orx_lstat(w.p, "/links/rel/", &info, &err), &err);
    assert_int_equal(info.kind, ORX_FILE_DIRECTORY);
    assert_int_equal(orx_stat(w.p, "/links/loop", &info, &err), ORX_E_INVALID);
    orx_file *f = NULL;
    int nofollow = ORX_OPEN_READ | ORX_OPEN_NOFOLLOW;
    assert_int_equal(orx_file_open(w.p, "/links/rel", nofollow, 0, &f, &err), ORX_E_INVALID);
    f = open_file(w.p, "/real/deep/dangling", RW);
    write_at(w.p, f, 0, "made through the link");
    orx_file_close(w.p, f);
    assert_file(w.p, "/real/deep/f2", "made through the link");
    int excl = RW | ORX_OPEN_EXCL;
    assert_int_equal(orx_file_open(w.p, "/links/loop", excl, 0644, &f, &err), ORX_E_EXISTS);
    orx_str real = {0};
    assert_ok(orx_realpath(w.p, "/links/abs/../real/./deep//dangling", &real, &err), &err);
    assert_string_equal(orx_str_cstr(&real), "/real/deep/f2");
    assert_ok(orx_realpath(w.p, "/links/..", &real, &err), &err);
    assert_string_equal(orx_str_cstr(&real), "/");
    assert_int_equal(orx_realpath(w.p, "/links/none", &real, &err), ORX_E_NOT_FOUND);
    assert_string_equal(orx_str_cstr(&real), "/");
    orx_str_free(&real);
    /* The link goes, not what it points to. */
    assert_ok(orx_remove_tree(w.p, "/links", &err), &err);
    assert_file(w.p, "/real/deep/f", "text");
    orx_sim_free(w.sim);
}

static void names_have_limits(void **state) {
    (void)state;
    world w = world_new(1);
    orx_err err = ORX_ERR_INIT;
    orx_file_info info;
    char name[302];
    memset(name, 'n', sizeof name);
    name[0] = '/';
    name[301] = '\0';
    assert_int_equal(orx_stat(w.p, name, &info, &err), ORX_E_INVALID);
    name[256] = '\0';
    put(w.p, name, "longest");
    assert_file(w.p, name, "longest");
    orx_str path = {0};
    while (path.len < 5000)
        orx_str_adds(&path, "/.");
    assert_int_equal(orx_stat(w.p, orx_str_cstr(&path), &info, &err), ORX_E_INVALID);
    orx_str_free(&path);
    orx_sim_free(w.sim);
}

static void a_read_only_tree_refuses_changes(void **state) {
    (void)state;
    world w = world_new(1);
    orx_err err = ORX_ERR_INIT;
    assert_ok(orx_mkdirs(w.p, "/top/sub", false, &err), &err);
    put(w.p, "/top/sub/f", "text");
    put(w.p, "/other", "text");
    orx_sim_set_read_only(w.host, "/top", true);
    orx_file *f = NULL;
    assert_int_equal(orx_file_open(w.p, "/top/sub/f", RW, 0644, &f, &err), ORX_E_DENIED);
    assert_contains(err.msg, "EROFS");
    assert_int_equal(orx_file_open(w.p, "/top/new", RW, 0644, &f, &err), ORX_E_DENIED);
    assert_int_equal(orx_mkdirs(w.p, "/top/d", false, &err), ORX_E_DENIED);
    assert_int_equal(orx_unlink(w.p, "/top/sub/f", &err), ORX_E_DENIED);
    assert_int_equal(w.p->files->rmdir(w.p, "/top/sub", &err), ORX_E_DENIED);
    assert_int_equal(orx_rename(w.p, "/other", "/top/other", &err), ORX_E_DENIED);
    assert_int_equal(orx_rename(w.p, "/top/sub/f", "/other", &err), ORX_E_DENIED);
    assert_file(w.p, "/top/sub/f", "text");
    put(w.p, "/other", "fine");
    orx_sim_set_read_only(w.host, "/top", false);
    put(w.p, "/top/sub/f", "fine");
    orx_sim_free(w.sim);
}

static void network_file_systems_are_known(void **state) {
    (void)state;
    world w = world_new(1);
    orx_err err = ORX_ERR_INIT;
    bool network = true;
    assert_ok(orx_mkdirs(w.p, "/net/deep", false, &err), &err);
    put(w.p, "/net/deep/f", "");
    assert_ok(orx_is_network_fs(w.p, "/net/deep/f", &network, &err), &err);
    assert_false(network);
    orx_sim_set_network(w.host, "/net", true);
    assert_ok(orx_is_network_fs(w.p, "/net/deep/f", &network, &err), &err);
    assert_true(network);
    assert_ok(orx_is_network_fs(w.p, "/net/deep", &network, &err), &err);
    assert_true(network);
    assert_ok(orx_is_network_fs(w.p, "/", &network, &err), &err);
    assert_false(network);
    assert_int_equal(orx_is_network_fs(w.p, "/none", &network, &err), ORX_E_NOT_FOUND);
    orx_sim_free(w.sim);
}

static void a_full_disk_refuses_and_keeps_what_it_has(void **state) {
    (void)state;
    world w = world_new(1);
    orx_err err = ORX_ERR_INIT;
    char big[20000];
    memset(big, 'b', sizeof big);
    orx_sim_set_capacity(w.host, 12288);
    put(w.p, "/f", "first");
    orx_file *f = open_file(w.p, "/g", RW);
    assert_int_equal(orx_file_write(w.p, f, 0, big, sizeof big, &err), ORX_E_NO_SPACE);
    assert_contains(err.msg, "/g");
    assert_ok(orx_file_write(w.p, f, 0, big, 8192, &err), &err);
    assert_ok(orx_file_write(w.p, f, 0, big, 8192, &err), &err);
    assert_int_equal(orx_file_write(w.p, f, 8192, big, 1, &err), ORX_E_NO_SPACE);
    assert_int_equal(orx_write_atomic(w.p, "/f", orx_view_of("second"), 0644, &err),
                     ORX_E_NO_SPACE);
    assert_file(w.p, "/f", "first");
    assert_ok(orx_file_truncate(w.p, f, 4096, &err), &err);
    assert_ok(orx_write_atomic(w.p, "/f", orx_view_of("second"), 0644, &err), &err);
    assert_file(w.p, "/f", "second");
    orx_file_close(w.p, f);
    orx_sim_free(w.sim);
}

static void hosts_have_disks_of_their_own(void **state) {
    (void)state;
    world w = world_new(1);
    orx_platform *other = orx_sim_platform(orx_sim_add_host(w.sim, "beta"));
    put(w.p, "/f", "alpha's");
    assert_false(orx_exists(other, "/f"));
    put(other, "/f", "beta's");
    assert_file(w.p, "/f", "alpha's");
    orx_file_info a;
    orx_file_info b;
    assert_ok(orx_stat(w.p, "/f", &a, NULL), &(orx_err){0});
    assert_ok(orx_stat(other, "/f", &b, NULL), &(orx_err){0});
    assert_true(a.device != b.device);
    assert_file(orx_sim_add_process(w.host), "/f", "alpha's");
    orx_sim_free(w.sim);
}

/* Appending must cost the same however long the file and its unsynced part are: 200,000 appends
 * would take hours when each looked at all that came before. */
static void long_unsynced_files_stay_cheap(void **state) {
    (void)state;
    world w = world_new(1);
    orx_file *f = open_file(w.p, "/log", ORX_OPEN_WRITE | ORX_OPEN_CREATE | ORX_OPEN_APPEND);
    for (int i = 0; i < 200000; i++)
        write_at(w.p, f, 0, "one more line\n");
    orx_file_info info;
    assert_ok(orx_file_info_of(w.p, f, &info, NULL), &(orx_err){0});
    assert_int_equal(info.size, 200000 * 14);
    orx_file_close(w.p, f);
    for (int i = 0; i < 100000; i++) {
        orx_file_close(w.p, open_file(w.p, "/temp", RW));
        assert_ok(orx_rename(w.p, "/temp", "/kept", NULL), &(orx_err){0});
    }
    orx_sim_free(w.sim);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bytes_come_back),
        cmocka_unit_test(content_equals_a_plain_array),
        cmocka_unit_test(a_hole_costs_nothing),
        cmocka_unit_test(open_flags_mean_what_they_say),
        cmocka_unit_test(appenders_never_overwrite_each_other),
        cmocka_unit_test(an_open_file_outlives_its_name),
        cmocka_unit_test(directories),
        cmocka_unit_test(a_removed_directory_takes_nothing_in),
        cmocka_unit_test(rename_follows_the_rules),
        cmocka_unit_test(symbolic_links),
        cmocka_unit_test(names_have_limits),
        cmocka_unit_test(a_read_only_tree_refuses_changes),
        cmocka_unit_test(network_file_systems_are_known),
        cmocka_unit_test(a_full_disk_refuses_and_keeps_what_it_has),
        cmocka_unit_test(hosts_have_disks_of_their_own),
        cmocka_unit_test(long_unsynced_files_stay_cheap),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

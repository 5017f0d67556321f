#include "support.h"

#include "platform/uv/file.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static orx_file *open_ok(fixture *fx, const char *path, int flags) {
    orx_file *f = NULL;
    assert_ok(orx_file_open(fx->p, path, flags, 0644, &f, &fx->err), &fx->err);
    return f;
}

static int open_rc(fixture *fx, const char *path, int flags) {
    orx_file *f = (orx_file *)(void *)fx;
    int rc = orx_file_open(fx->p, path, flags, 0644, &f, &fx->err);
    if (rc >= 0)
        orx_file_close(fx->p, f);
    else
        assert_ptr_equal(f, fx); /* untouched */
    return rc;
}

static void reads_and_writes_at_offsets(void **state) {
    fixture *fx = *state;
    char *path = in_dir(fx, "f");
    orx_file *f = open_ok(fx, path, ORX_OPEN_READ | ORX_OPEN_WRITE | ORX_OPEN_CREATE);
    assert_ok(orx_file_write(fx->p, f, 0, "hello world", 11, &fx->err), &fx->err);
    assert_ok(orx_file_write(fx->p, f, 6, "THERE", 5, &fx->err), &fx->err);
    char buf[32] = {0};
    assert_int_equal(orx_file_read(fx->p, f, 0, buf, sizeof buf, &fx->err), 11);
    assert_string_equal(buf, "hello THERE");
    assert_int_equal(orx_file_read(fx->p, f, 9, buf, sizeof buf, &fx->err), 2);
    assert_int_equal(orx_file_read(fx->p, f, 99, buf, sizeof buf, &fx->err), 0);
    /* A hole reads as zeros. */
    assert_ok(orx_file_write(fx->p, f, 20, "x", 1, &fx->err), &fx->err);
    assert_int_equal(orx_file_read(fx->p, f, 11, buf, sizeof buf, &fx->err), 10);
    assert_memory_equal(buf, "\0\0\0\0\0\0\0\0\0x", 10);
    assert_ok(orx_file_truncate(fx->p, f, 5, &fx->err), &fx->err);
    assert_ok(orx_file_sync(fx->p, f, &fx->err), &fx->err);
    orx_file_info info;
    assert_ok(orx_file_info_of(fx->p, f, &info, &fx->err), &fx->err);
    assert_int_equal(info.size, 5);
    orx_file_close(fx->p, f);
    orx_file_close(fx->p, NULL);
    assert_string_equal(slurp(fx, path), "hello");
}

static void open_flags(void **state) {
    fixture *fx = *state;
    char *path = in_dir(fx, "f");
    assert_int_equal(open_rc(fx, path, ORX_OPEN_READ), ORX_E_NOT_FOUND);
    assert_contains(fx->err.msg, path);
    int create = ORX_OPEN_WRITE | ORX_OPEN_CREATE | ORX_OPEN_EXCL;
    assert_int_equal(open_rc(fx, path, create), 0);
    assert_int_equal(open_rc(fx, path, create), ORX_E_EXISTS);
    spit(fx, path, "content");
    assert_int_equal(open_rc(fx, path, ORX_OPEN_WRITE | ORX_OPEN_TRUNCATE), 0);
    assert_string_equal(slurp(fx, path), "");
    char *link = in_dir(fx, "link");
    assert_int_equal(symlink(path, link), 0);
    assert_int_equal(open_rc(fx, link, ORX_OPEN_READ), 0);
    assert_int_equal(open_rc(fx, link, ORX_OPEN_READ | ORX_OPEN_NOFOLLOW), ORX_E_INVALID);
    assert_int_equal(open_rc(fx, fx->dir, ORX_OPEN_READ | ORX_OPEN_DIRECTORY), 0);
    assert_int_equal(open_rc(fx, path, ORX_OPEN_READ | ORX_OPEN_DIRECTORY), ORX_E_NOT_FOUND);
    /* A read-only handle does not write. */
    orx_file *f = open_ok(fx, path, ORX_OPEN_READ);
    assert_true(orx_file_write(fx->p, f, 0, "x", 1, &fx->err) < 0);
    assert_contains(fx->err.msg, path);
    orx_file_close(fx->p, f);
}

static void created_files_get_the_mode(void **state) {
    fixture *fx = *state;
    char *path = in_dir(fx, "secret");
    orx_file *f = NULL;
    assert_ok(orx_file_open(fx->p, path, ORX_OPEN_WRITE | ORX_OPEN_CREATE, 0600, &f, &fx->err),
              &fx->err);
    orx_file_close(fx->p, f);
    orx_file_info info;
    assert_ok(orx_stat(fx->p, path, &info, &fx->err), &fx->err);
    assert_int_equal(info.mode, 0600);
    assert_int_equal(info.uid, geteuid());
    assert_int_equal(orx_user_id(fx->p), geteuid());
}

static void handles_are_closed_on_exec(void **state) {
    fixture *fx = *state;
    orx_file *f = open_ok(fx, "/dev/null", ORX_OPEN_READ);
    int fd = f->fd;
    assert_true((fcntl(fd, F_GETFD) & FD_CLOEXEC) != 0);
    orx_file_close(fx->p, f);
    assert_int_equal(fcntl(fd, F_GETFD), -1);
}

static void appends_go_to_the_end(void **state) {
    fixture *fx = *state;
    char *path = in_dir(fx, "log");
    int flags = ORX_OPEN_WRITE | ORX_OPEN_CREATE | ORX_OPEN_APPEND;
    orx_file *a = open_ok(fx, path, flags);
    orx_file *b = open_ok(fx, path, flags);
    assert_ok(orx_file_write(fx->p, a, 0, "one\n", 4, &fx->err), &fx->err);
    assert_ok(orx_file_write(fx->p, b, 0, "two\n", 4, &fx->err), &fx->err);
    assert_ok(orx_file_write(fx->p, a, 0, "three\n", 6, &fx->err), &fx->err);
    orx_file_close(fx->p, a);
    orx_file_close(fx->p, b);
    assert_string_equal(slurp(fx, path), "one\ntwo\nthree\n");
}

static void a_full_disk_is_said_so(void **state) {
    fixture *fx = *state;
    orx_file *f = open_ok(fx, "/dev/full", ORX_OPEN_WRITE);
    assert_int_equal(orx_file_write(fx->p, f, 0, "x", 1, &fx->err), ORX_E_NO_SPACE);
    assert_contains(fx->err.msg, "/dev/full");
    orx_file_close(fx->p, f);
}

static void opening_a_fifo_does_not_hang(void **state) {
    fixture *fx = *state;
    char *path = in_dir(fx, "fifo");
    assert_int_equal(mkfifo(path, 0600), 0);
    assert_int_equal(open_rc(fx, path, ORX_OPEN_READ), 0);
    assert_true(open_rc(fx, path, ORX_OPEN_WRITE) < 0); /* nobody reads */
}

static void tells_kinds_apart(void **state) {
    fixture *fx = *state;
    char *file = in_dir(fx, "file");
    char *link = in_dir(fx, "link");
    char *fifo = in_dir(fx, "fifo");
    spit(fx, file, "12345");
    assert_int_equal(symlink("file", link), 0);
    assert_int_equal(mkfifo(fifo, 0600), 0);
    orx_file_info a;
    orx_file_info b;
    assert_ok(orx_stat(fx->p, file, &a, &fx->err), &fx->err);
    assert_int_equal(a.kind, ORX_FILE_REGULAR);
    assert_int_equal(a.size, 5);
    assert_true(llabs(a.mtime_ns - orx_wall_ns(fx->p)) < 3600 * ORX_SEC);
    assert_ok(orx_stat(fx->p, link, &b, &fx->err), &fx->err);
    assert_int_equal(b.kind, ORX_FILE_REGULAR);
    assert_true(a.inode == b.inode && a.device == b.device);
    assert_ok(orx_lstat(fx->p, link, &b, &fx->err), &fx->err);
    assert_int_equal(b.kind, ORX_FILE_SYMLINK);
    assert_ok(orx_stat(fx->p, fx->dir, &b, &fx->err), &fx->err);
    assert_int_equal(b.kind, ORX_FILE_DIRECTORY);
    assert_ok(orx_stat(fx->p, fifo, &b, &fx->err), &fx->err);
    assert_int_equal(b.kind, ORX_FILE_OTHER);
    assert_int_equal(orx_stat(fx->p, in_dir(fx, "none"), &b, &fx->err), ORX_E_NOT_FOUND);
    assert_true(orx_exists(fx->p, link));
    assert_int_equal(unlink(file), 0);
    assert_false(orx_exists(fx->p, link)); /* dangling */
}

static void rename_and_unlink(void **state) {
    fixture *fx = *state;
    char *a = in_dir(fx, "a");
    char *b = in_dir(fx, "b");
    spit(fx, a, "A");
    spit(fx, b, "B");
    assert_ok(orx_rename(fx->p, a, b, &fx->err), &fx->err);
    assert_string_equal(slurp(fx, b), "A");
    assert_int_equal(orx_rename(fx->p, a, b, &fx->err), ORX_E_NOT_FOUND);
    assert_contains(fx->err.msg, a);
    assert_contains(fx->err.msg, b);
    assert_ok(orx_unlink(fx->p, b, &fx->err), &fx->err);
    orx_err untouched = ORX_ERR_INIT;
    assert_int_equal(orx_unlink(fx->p, b, &untouched), 0);
    assert_int_equal(untouched.code, 0);
    assert_true(orx_unlink(fx->p, fx->dir, &fx->err) < 0);
    assert_contains(fx->err.msg, fx->dir);
}

static void lists_sorted_by_bytes(void **state) {
    fixture *fx = *state;
    static const char *const names[] = {"b", "a", "\xC3\xA9", "A", ".hidden", "a.b", "10", "9"};
    static const char *const sorted[] = {".hidden", "10", "9", "A", "a", "a.b", "b", "\xC3\xA9"};
    for (size_t i = 0; i < ORX_ARRAY_LEN(names); i++)
        spit(fx, in_dir(fx, names[i]), "");
    char **list = NULL;
    assert_ok(orx_list_dir(fx->p, fx->dir, &fx->arena, &list, &fx->err), &fx->err);
    for (size_t i = 0; i < ORX_ARRAY_LEN(sorted); i++)
        assert_string_equal(list[i], sorted[i]);
    assert_null(list[ORX_ARRAY_LEN(sorted)]);
    char **untouched = list;
    char *none = in_dir(fx, "none");
    assert_int_equal(orx_list_dir(fx->p, none, &fx->arena, &untouched, &fx->err), ORX_E_NOT_FOUND);
    assert_ptr_equal(untouched, list);
    assert_true(orx_list_dir(fx->p, in_dir(fx, "a"), &fx->arena, &untouched, &fx->err) < 0);
}

static void realpath_resolves(void **state) {
    fixture *fx = *state;
    assert_int_equal(mkdir(in_dir(fx, "d"), 0700), 0);
    assert_int_equal(symlink("d", in_dir(fx, "l")), 0);
    ORX_CLEANUP(orx_str_free) orx_str out = {0};
    assert_ok(orx_realpath(fx->p, in_dir(fx, "l/../l/."), &out, &fx->err), &fx->err);
    assert_string_equal(orx_str_cstr(&out), in_dir(fx, "d"));
    assert_int_equal(orx_realpath(fx->p, in_dir(fx, "none"), &out, &fx->err), ORX_E_NOT_FOUND);
    assert_string_equal(orx_str_cstr(&out), in_dir(fx, "d"));
}

static void local_disks_are_not_network(void **state) {
    fixture *fx = *state;
    bool network = true;
    assert_ok(orx_is_network_fs(fx->p, fx->dir, &network, &fx->err), &fx->err);
    assert_false(network);
    char *none = in_dir(fx, "none");
    network = true;
    assert_int_equal(orx_is_network_fs(fx->p, none, &network, &fx->err), ORX_E_NOT_FOUND);
    assert_contains(fx->err.msg, none);
    assert_true(network);
}

static void network_kinds(void **state) {
    (void)state;
    static const char table[] =
        "22 1 253:0 / / rw,relatime shared:1 - ext4 /dev/vda rw\n"
        "40 22 0:44 / /mnt/ntfs rw shared:9 master:1 - fuseblk /dev/sda1 rw\n"
        "41 22 0:45 / /mnt/far rw - fuse.sshfs me@far:/ rw\n"
        "42 22 0:46 / /mnt/layers rw - fuse.fuse-overlayfs fuse-overlayfs rw\n"
        "43 22 0:4 / /broken\n";
    static const struct {
        uint32_t magic;
        unsigned dev;
        bool network;
    } cases[] = {
        {0xEF53, 0, false},     /* ext4 */
        {0x01021994, 0, false}, /* tmpfs */
        {0x9123683E, 0, false}, /* btrfs */
        {0x6969, 0, true},      /* NFS */
        {0xFF534D42, 0, true},  /* CIFS */
        {0x01021997, 0, true},  /* 9p */
        {0x65735546, 44, false}, {0x65735546, 45, true},
        {0x65735546, 46, false}, {0x65735546, 4, true}, /* a line that ends early */
        {0x65735546, 99, true},                         /* not in the table */
    };
    for (size_t i = 0; i < ORX_ARRAY_LEN(cases); i++)
        assert_int_equal(orx_uv_network_kind(cases[i].magic, orx_view_of(table), 0, cases[i].dev),
                         cases[i].network);
    assert_true(orx_uv_network_kind(0x65735546, (orx_view){NULL, 0}, 0, 44));
}

static void sync_dir_needs_a_directory(void **state) {
    fixture *fx = *state;
    assert_ok(orx_sync_dir(fx->p, fx->dir, &fx->err), &fx->err);
    char *file = in_dir(fx, "f");
    spit(fx, file, "");
    assert_true(orx_sync_dir(fx->p, file, &fx->err) < 0);
    assert_contains(fx->err.msg, file);
}

static void joins_paths(void **state) {
    fixture *fx = *state;
    assert_string_equal(orx_path_join(&fx->arena, "/a", "b/c"), "/a/b/c");
    assert_string_equal(orx_path_join(&fx->arena, "/a/", "b"), "/a/b");
    assert_string_equal(orx_path_join(&fx->arena, "/", "b"), "/b");
    assert_string_equal(orx_path_join(&fx->arena, "", "b"), "b");
    assert_string_equal(orx_path_join(&fx->arena, "/a", "/b"), "/b");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(reads_and_writes_at_offsets),
        TEST(open_flags),
        TEST(created_files_get_the_mode),
        TEST(handles_are_closed_on_exec),
        TEST(appends_go_to_the_end),
        TEST(a_full_disk_is_said_so),
        TEST(opening_a_fifo_does_not_hang),
        TEST(tells_kinds_apart),
        TEST(rename_and_unlink),
        TEST(lists_sorted_by_bytes),
        TEST(realpath_resolves),
        TEST(local_disks_are_not_network),
        TEST(network_kinds),
        TEST(sync_dir_needs_a_directory),
        TEST(joins_paths),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

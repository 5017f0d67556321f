/* Ways out of the tree. After every test the folder beside it is as it was (box_teardown looks). */
#include "box.h"

#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <threads.h>
#include <unistd.h>

#define SH    "/bin/sh", "-c"
#define PATCH "--- a/%s\n+++ b/%s\n@@ -1 +1 @@\n-secret\n+gone\n"

/* Neither read, listed, searched, written, patched nor removed. */
static void is_closed(box *b, const char *path, const char *folder) {
    const char *patch = orx_arena_printf(&b->arena, PATCH, path, path);
    const char *removal =
        orx_arena_printf(&b->arena, "--- a/%s\n+++ /dev/null\n@@ -1 +0,0 @@\n-secret\n", path);
    const char *fresh = orx_arena_printf(&b->arena, "%s/new.txt", folder);
    assert_null(strstr(no(b, ORX_TOOLS_READ, path, NULL), "secret\n"));
    (void)no(b, ORX_TOOLS_WRITE, path, "gone", NULL);
    (void)no(b, ORX_TOOLS_WRITE, fresh, "new", NULL);
    (void)no(b, ORX_TOOLS_PATCH, patch, NULL);
    (void)no(b, ORX_TOOLS_PATCH, removal, NULL);
    (void)no(b, ORX_TOOLS_LIST, folder, NULL);
    assert_false(there(b, "outside/new.txt"));
    assert_string_equal(slurp(b, "outside/secret.txt"), "secret\n");
}

static void dots_and_absolute_names(void **state) {
    box *b = *state;
    spit(b, "tree/sub/x", "x");
    is_closed(b, "../outside/secret.txt", "../outside");
    is_closed(b, "sub/../../outside/secret.txt", "sub/../../outside");
    is_closed(b, "./.././outside/secret.txt", "..");
    is_closed(b, at(b, "outside/secret.txt"), b->outside);
    is_closed(b, orx_arena_printf(&b->arena, "%s/../outside/secret.txt", b->tree), "/");
    /* A name that only begins like the tree's. */
    spit(b, "tree2/y", "secret\n");
    is_closed(b, at(b, "tree2/y"), at(b, "tree2"));
    assert_contains(no(b, ORX_TOOLS_READ, "/etc/passwd", NULL), "outside the working tree");
}

static void symbolic_links(void **state) {
    box *b = *state;
    assert_int_equal(symlink("../outside", at(b, "tree/folder")), 0);
    assert_int_equal(symlink("../outside/secret.txt", at(b, "tree/file")), 0);
    assert_int_equal(symlink(b->outside, at(b, "tree/absolute")), 0);
    assert_int_equal(symlink("loop", at(b, "tree/loop")), 0);
    is_closed(b, "folder/secret.txt", "folder");
    is_closed(b, "absolute/secret.txt", "absolute");
    assert_contains(no(b, ORX_TOOLS_READ, "file", NULL), "symbolic link");
    assert_contains(no(b, ORX_TOOLS_WRITE, "file", "gone", NULL), "symbolic link");
    assert_contains(no(b, ORX_TOOLS_READ, "loop", NULL), "symbolic link");
    assert_contains(no(b, ORX_TOOLS_READ, "/proc/self/cwd/file", NULL), "outside");
    /* A search neither follows them nor is led out by one it begins with. */
    assert_contains(ok(b, ORX_TOOLS_SEARCH, "secret", NULL), "no match");
    assert_null(strstr(ok(b, ORX_TOOLS_SEARCH, "secret", "folder", NULL), "secret.txt"));
}

static void a_hard_link_is_replaced_not_written_through(void **state) {
    box *b = *state;
    assert_int_equal(link(at(b, "outside/secret.txt"), at(b, "tree/hard")), 0);
    (void)ok(b, ORX_TOOLS_WRITE, "hard", "mine\n", NULL);
    assert_string_equal(slurp(b, "tree/hard"), "mine\n");
}

static void fifos_and_devices(void **state) {
    box *b = *state;
    assert_int_equal(mkfifo(at(b, "tree/fifo"), 0600), 0);
    assert_contains(no(b, ORX_TOOLS_READ, "fifo", NULL), "no regular file");
    assert_contains(no(b, ORX_TOOLS_WRITE, "fifo", "x", NULL), "no regular file");
    assert_contains(ok(b, ORX_TOOLS_SEARCH, "x", NULL), "no match");
    if (mknod(at(b, "tree/device"), S_IFCHR | 0666, 0x105 /* /dev/zero */) == 0) {
        assert_contains(no(b, ORX_TOOLS_READ, "device", NULL), "no regular file");
        assert_contains(no(b, ORX_TOOLS_WRITE, "device", "x", NULL), "no regular file");
        assert_contains(ok(b, ORX_TOOLS_SEARCH, "x", NULL), "no match");
    }
}

static void huge_files(void **state) {
    box *b = *state;
    spit(b, "tree/huge", "");
    assert_int_equal(truncate(at(b, "tree/huge"), (off_t)1 << 40), 0);
    assert_contains(no(b, ORX_TOOLS_READ, "huge", NULL), "1099511627776 bytes, at most");
    assert_contains(no(b, ORX_TOOLS_PATCH, "--- huge\n+++ huge\n@@ @@\n-a\n+b\n", NULL), "at most");
    assert_contains(ok(b, ORX_TOOLS_SEARCH, "x", NULL), "1 files of more than 8 MiB");
}

static void git_is_not_written(void **state) {
    box *b = *state;
    spit(b, "tree/.git/config", "secret\n");
    static const char *const paths[] = {".git/config",        ".git/hooks/pre-commit",
                                        "sub/../.git/config", ".GIT/config",
                                        "deep/.git/config",   ".git"};
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
        assert_contains(no(b, ORX_TOOLS_WRITE, paths[i], "[core]\nfsmonitor = ./evil\n", NULL),
                        "nothing named .git");
        (void)no(b, ORX_TOOLS_PATCH, orx_arena_printf(&b->arena, PATCH, paths[i], paths[i]), NULL);
    }
    assert_string_equal(slurp(b, "tree/.git/config"), "secret\n");
    assert_false(there(b, "tree/deep"));
    (void)ok(b, ORX_TOOLS_WRITE, ".gitignore", "x", NULL);
}

static void odd_names(void **state) {
    box *b = *state;
    orx_str out = {0};
    const orx_view nul[] = {{"a\0/../../outside/new.txt", 24}, orx_view_of("x")};
    assert_int_equal(
        orx_toolbox_use(b->tools, ORX_TOOLS_WRITE, nul, 2, 60 * ORX_SEC, &out, &b->err), 0);
    assert_contains(orx_str_cstr(&out), "NUL");
    const orx_view run_nul[] = {orx_view_of("1000"), {"sh\0x", 4}};
    orx_str_clear(&out);
    assert_int_equal(
        orx_toolbox_use(b->tools, ORX_TOOLS_RUN, run_nul, 2, 60 * ORX_SEC, &out, &b->err), 0);
    orx_str_free(&out);
    (void)no(b, ORX_TOOLS_READ, many(b, 'a', 5000), NULL);
    (void)no(b, ORX_TOOLS_WRITE, many(b, 'a', 300), "x", NULL);
    /* Names are names, whatever a shell would make of them. */
    (void)ok(b, ORX_TOOLS_WRITE, "$(touch evil);`touch evil`|&\n*", "x", NULL);
    (void)ok(b, ORX_TOOLS_SEARCH, "'; touch evil; '", "$(touch evil);`touch evil`|&\n*",
             "; touch evil", NULL);
    assert_false(there(b, "tree/evil"));
}

static void a_pattern_that_takes_for_ever_ends(void **state) {
    box *b = *state;
    spit(b, "tree/a", many(b, 'a', 200));
    /* It compiles or not, matches or not; what counts is that the server goes on. */
    orx_str out = {0};
    const orx_view fields[] = {orx_view_of("(((a{1,100}){1,100}){1,100}){1,100}b"), orx_view_of(""),
                               orx_view_of(""), orx_view_of("1")};
    assert_true(
        orx_toolbox_use(b->tools, ORX_TOOLS_SEARCH, fields, 4, 110 * ORX_SEC, &out, &b->err) >= 0);
    orx_str_free(&out);
    assert_contains(ok(b, ORX_TOOLS_LIST, "", NULL), "200 bytes");
}

/* ---- Races ----------------------------------------------------------------------------------- */

typedef struct racer {
    box *b;
    atomic_bool over;
} racer;

/* Exchanges a folder and a link to the outside under one name, as fast as it can. */
static int swap_for_ever(void *user) {
    racer *r = user;
    const char *link_name = at(r->b, "tree/race");
    const char *other = at(r->b, "tree/other");
    while (!atomic_load(&r->over))
        (void)syscall(SYS_renameat2, AT_FDCWD, link_name, AT_FDCWD, other, 2U /* EXCHANGE */);
    return 0;
}

static void a_folder_swapped_for_a_link(void **state) {
    box *b = *state;
    racer r = {.b = b};
    thrd_t thread;
    spit(b, "tree/race/secret.txt", "mine\n");
    assert_int_equal(symlink(b->outside, at(b, "tree/other")), 0);
    assert_int_equal(thrd_create(&thread, swap_for_ever, &r), thrd_success);
    const orx_view write_it[] = {orx_view_of("race/secret.txt"), orx_view_of("mine\n")};
    int worked = 0;
    for (int i = 0; i < 3000; i++) {
        orx_str out = {0};
        bool reading = i % 2;
        int rc = orx_toolbox_use(b->tools, reading ? ORX_TOOLS_READ : ORX_TOOLS_WRITE, write_it,
                                 reading ? 1 : 2, 60 * ORX_SEC, &out, &b->err);
        assert_true(rc >= 0);
        worked += rc;
        if (reading && rc)
            assert_string_equal(orx_str_cstr(&out), "mine\n");
        orx_str_free(&out);
    }
    atomic_store(&r.over, true);
    assert_int_equal(thrd_join(thread, NULL), thrd_success);
    assert_true(worked > 0);
    assert_false(there(b, "outside/.secret.txt.orxaq-new"));
}

/* ---- Commands -------------------------------------------------------------------------------- */

static void commands_write_in_the_tree_only(void **state) {
    box *b = *state;
    if (!have_landlock())
        skip();
    const char *line = orx_arena_printf(
        &b->arena,
        "cd %s; echo gone > secret.txt; rm -f secret.txt; mv secret.txt ../tree/x; touch new.txt;"
        " ln -f ../tree/y secret.txt; : > %s/secret.txt; mkdir d; chdir /; touch %s/new.txt",
        b->outside, b->outside, b->dir);
    (void)ok(b, ORX_TOOLS_RUN, "60000", SH, line, NULL);
    assert_false(there(b, "outside/new.txt"));
    assert_false(there(b, "outside/d"));
    assert_false(there(b, "new.txt"));
    assert_string_equal(slurp(b, "outside/secret.txt"), "secret\n");
}

static const char *const connect_line =
    "import socket,sys\n"
    "for f in (socket.AF_INET, socket.AF_INET6, socket.AF_UNIX, socket.AF_NETLINK):\n"
    "    try:\n"
    "        socket.socket(f, socket.SOCK_RAW if f == socket.AF_NETLINK else socket.SOCK_STREAM)\n"
    "        print('open', f)\n"
    "    except PermissionError:\n"
    "        print('closed', f)\n"
    "socket.socketpair()\n"
    "print('pair')\n";

/* Port 9 of this machine: refused by somebody who was asked, or by the filter. */
static const char *dial(box *b) {
    return ok(b, ORX_TOOLS_RUN, "60000", "bash", "-c", "exec 3<>/dev/tcp/127.0.0.1/9", NULL);
}

static void commands_have_no_network_unless_allowed(void **state) {
    box *b = *state;
    assert_contains(dial(b), "ermission denied");
    b->spec.network = true;
    box_restart(b);
    assert_null(strstr(dial(b), "ermission denied"));
}

static void no_family_of_sockets_is_open(void **state) {
    box *b = *state;
    const char *said = ok(b, ORX_TOOLS_RUN, "60000", "python3", "-c", connect_line, NULL);
    if (strstr(said, "[exit code 127]"))
        skip();
    assert_null(strstr(said, "open"));
    assert_contains(said, "closed 2\n");
    assert_contains(said, "pair\n");
    b->spec.network = true;
    box_restart(b);
    said = ok(b, ORX_TOOLS_RUN, "60000", "python3", "-c", connect_line, NULL);
    assert_null(strstr(said, "closed"));
}

/* A command cannot answer in the server's place. */
static void commands_do_not_reach_the_server(void **state) {
    box *b = *state;
    const char *said =
        ok(b, ORX_TOOLS_RUN, "60000", SH,
           "cat /proc/$PPID/environ; echo x > /proc/$PPID/fd/1; ls /proc/self/fd", NULL);
    assert_contains(said, "ermission denied");
    assert_contains(said, "0\n1\n2\n");
    assert_contains(ok(b, ORX_TOOLS_LIST, "", NULL), "empty");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(dots_and_absolute_names),
        TEST(symbolic_links),
        TEST(a_hard_link_is_replaced_not_written_through),
        TEST(fifos_and_devices),
        TEST(huge_files),
        TEST(git_is_not_written),
        TEST(odd_names),
        TEST(a_pattern_that_takes_for_ever_ends),
        TEST(a_folder_swapped_for_a_link),
        TEST(commands_write_in_the_tree_only),
        TEST(commands_have_no_network_unless_allowed),
        TEST(no_family_of_sockets_is_open),
        TEST(commands_do_not_reach_the_server),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

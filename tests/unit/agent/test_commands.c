/* run_command: what is told, what is kept, how it ends; and the server's own end. */
#include "box.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SH "/bin/sh", "-c"

static void output_and_exit_code_are_told(void **state) {
    box *b = *state;
    assert_string_equal(ok(b, ORX_TOOLS_RUN, "60000", SH, "echo out; echo err >&2; exit 3", NULL),
                        "out\nerr\n[exit code 3]\n");
    assert_string_equal(ok(b, ORX_TOOLS_RUN, "60000", "printf", "%s|", "a b", "$(id)", "'", NULL),
                        "a b|$(id)|'|\n[exit code 0]\n");
    assert_contains(ok(b, ORX_TOOLS_RUN, "60000", "no-such-program", NULL),
                    "no-such-program: No such file or directory\n[exit code 127]\n");
    assert_contains(ok(b, ORX_TOOLS_RUN, "60000", SH, "kill -9 $$", NULL), "[ended by signal 9]");
    assert_contains(no(b, ORX_TOOLS_RUN, "0", "true", NULL), "time limit");
    assert_contains(no(b, ORX_TOOLS_RUN, "60000", NULL), "no command");
}

static void it_runs_in_the_tree_with_nothing_to_read(void **state) {
    box *b = *state;
    const char *said = ok(b, ORX_TOOLS_RUN, "60000", SH, "pwd; cat; echo made > file; env", NULL);
    assert_contains(said, b->tree);
    assert_contains(said, "PATH=/usr/local/bin:/usr/bin:/bin\n");
    assert_null(strstr(said, "HOME="));
    assert_string_equal(slurp(b, "tree/file"), "made\n");
}

static void a_long_output_is_told_at_both_ends_and_kept(void **state) {
    box *b = *state;
    const char *said =
        ok(b, ORX_TOOLS_RUN, "60000", SH, "echo first; seq 1 20000; echo last", NULL);
    assert_true(strlen(said) <= ORX_TOOLS_RESULT_MAX);
    assert_memory_equal(said, "first\n1\n2\n", 10);
    assert_contains(said, "bytes left out; read_file \"output:1\" has all of it]");
    assert_contains(said, "19999\n20000\nlast\n[exit code 0]\n");
    const char *all = slurp(b, "outputs/1.txt");
    assert_int_equal(strlen(all), 6 + 108894 + 5);
    assert_contains(ok(b, ORX_TOOLS_READ, "output:1", "10002", "1", NULL), "10001\n");
    assert_contains(ok(b, ORX_TOOLS_SEARCH, "12345", NULL), "no match");
    assert_contains(no(b, ORX_TOOLS_READ, "output:2", NULL), "no such file");
    assert_contains(no(b, ORX_TOOLS_READ, "output:../tree/x", NULL), "a number");
    /* Characters are not cut in two. */
    said =
        ok(b, ORX_TOOLS_RUN, "60000", SH,
           "printf x; i=0; while [ $i -lt 9000 ]; do printf '\\303\\244'; i=$((i+1)); done", NULL);
    assert_null(strstr(said, "\xef\xbf\xbd"));
    assert_contains(said, "output:2");
}

/* Commands may write into the folder of outputs, but not make us write through what they put there.
 */
static void a_long_output_is_always_a_new_file(void **state) {
    box *b = *state;
    assert_int_equal(link(at(b, "outside/secret.txt"), at(b, "outputs/1.txt")), 0);
    assert_int_equal(symlink(at(b, "outside/new.txt"), at(b, "outputs/2.txt")), 0);
    const char *said = ok(b, ORX_TOOLS_RUN, "60000", SH, "seq 1 20000", NULL);
    assert_contains(said, "read_file \"output:3\" has all of it]");
    assert_false(there(b, "outside/new.txt"));
    assert_contains(no(b, ORX_TOOLS_READ, "output:2", NULL), "symbolic link");
}

static void what_is_kept_of_one_output_is_bounded(void **state) {
    box *b = *state;
    const char *said = ok(b, ORX_TOOLS_RUN, "60000", SH,
                          "head -c 70000000 /dev/zero | tr '\\0' x; echo; echo end", NULL);
    assert_contains(said, "has the first 67108864]");
    assert_contains(said, "\nend\n");
}

static void a_late_command_is_ended_with_all_it_started(void **state) {
    box *b = *state;
    const char *said =
        ok(b, ORX_TOOLS_RUN, "300", SH,
           "echo begun; (trap '' TERM; setsid sleep 1000 & sleep 1000); echo no", NULL);
    assert_contains(said, "begun\n[ended after 1 s, its time limit]");
    assert_null(strstr(said, "cannot be ended"));
    said =
        ok(b, ORX_TOOLS_RUN, "60000", SH, "ps -e -o args | grep '[s]leep 1000' || echo none", NULL);
    assert_contains(said, "none\n");
}

static void nothing_goes_on_in_the_background(void **state) {
    box *b = *state;
    const char *said =
        ok(b, ORX_TOOLS_RUN, "60000", SH,
           "setsid sh -c 'sleep 1001; echo late > late' & sleep 1001 & echo done", NULL);
    assert_contains(said, "done\n[exit code 0]\n");
    assert_contains(said, "processes left in the background were ended");
    assert_contains(
        ok(b, ORX_TOOLS_RUN, "60000", SH, "ps -e -o args | grep '[s]leep 1001' || echo none", NULL),
        "none\n");
}

static void limits_hold(void **state) {
    box *b = *state;
    assert_contains(ok(b, ORX_TOOLS_RUN, "60000", SH, "ulimit -c; ulimit -n; ulimit -f", NULL),
                    "0\n4096\n");
    assert_contains(ok(b, ORX_TOOLS_RUN, "60000", SH,
                       "dd if=/dev/zero of=big bs=1M seek=1023 count=2 2>&1; ls -l big", NULL),
                    "1073741824");
}

static void a_server_that_was_killed_is_started_again(void **state) {
    box *b = *state;
    orx_str out = {0};
    /* Its pid, as the parent of the command. */
    const orx_view kill_it[] = {orx_view_of("60000"), orx_view_of("/bin/sh"), orx_view_of("-c"),
                                orx_view_of("kill -9 $PPID; sleep 1002")};
    for (int i = 0; i < 4; i++) {
        assert_int_equal(
            orx_toolbox_use(b->tools, ORX_TOOLS_RUN, kill_it, 4, 60 * ORX_SEC, &out, &b->err),
            ORX_E_CHILD);
        assert_contains(b->err.msg, "the tool server ended");
        assert_contains(ok(b, ORX_TOOLS_RUN, "60000", "echo", "back", NULL), "back");
    }
    assert_int_equal(b->spawned, 5);
    (void)orx_toolbox_use(b->tools, ORX_TOOLS_RUN, kill_it, 4, 60 * ORX_SEC, &out, &b->err);
    assert_int_equal(
        orx_toolbox_use(b->tools, ORX_TOOLS_RUN, kill_it, 4, 60 * ORX_SEC, &out, &b->err),
        ORX_E_CHILD);
    assert_contains(b->err.msg, "ended 5 times");
    orx_str_free(&out);
}

static void stopping_ends_the_wait_and_the_command(void **state) {
    box *b = *state;
    orx_str out = {0};
    const orx_view sleep_long[] = {orx_view_of("3600000"), orx_view_of("sleep"),
                                   orx_view_of("1003")};
    b->stop = true;
    assert_int_equal(
        orx_toolbox_use(b->tools, ORX_TOOLS_RUN, sleep_long, 3, 3600 * ORX_SEC, &out, &b->err),
        ORX_E_CANCELLED);
    b->stop = false;
    assert_contains(
        ok(b, ORX_TOOLS_RUN, "60000", SH, "ps -e -o args | grep '[s]leep 1003' || echo none", NULL),
        "none\n");
    orx_str_free(&out);
}

static void a_request_that_is_too_big_is_not_sent(void **state) {
    box *b = *state;
    orx_str out = {0};
    const orx_view fields[] = {orx_view_of("a"), {many(b, 'x', (size_t)9 << 20), (size_t)9 << 20}};
    assert_int_equal(
        orx_toolbox_use(b->tools, ORX_TOOLS_WRITE, fields, 2, 60 * ORX_SEC, &out, &b->err),
        ORX_E_LIMIT);
    assert_contains(ok(b, ORX_TOOLS_LIST, "", NULL), "empty");
    orx_str_free(&out);
}

static void a_server_that_cannot_work_says_why(void **state) {
    box *b = *state;
    orx_toolbox *none = NULL;
    orx_toolbox_spec spec = b->spec;
    spec.outputs = at(b, "no-such-folder");
    assert_int_equal(orx_toolbox_new(b->p, &spec, &none, &b->err), ORX_E_CHILD);
    assert_contains(b->err.msg, "no-such-folder cannot be opened");
    spec = b->spec;
    spec.spawned = NULL;
    spec.program = at(b, "no-such-program");
    assert_int_equal(orx_toolbox_new(b->p, &spec, &none, &b->err), ORX_E_CHILD);
    assert_contains(b->err.msg, "did not start");
    spec.program = "/bin/echo";
    assert_int_equal(orx_toolbox_new(b->p, &spec, &none, &b->err), ORX_E_CHILD);
    assert_null(none);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(output_and_exit_code_are_told),
        TEST(it_runs_in_the_tree_with_nothing_to_read),
        TEST(a_long_output_is_told_at_both_ends_and_kept),
        TEST(a_long_output_is_always_a_new_file),
        TEST(what_is_kept_of_one_output_is_bounded),
        TEST(a_late_command_is_ended_with_all_it_started),
        TEST(nothing_goes_on_in_the_background),
        TEST(limits_hold),
        TEST(a_server_that_was_killed_is_started_again),
        TEST(stopping_ends_the_wait_and_the_command),
        TEST(a_request_that_is_too_big_is_not_sent),
        TEST(a_server_that_cannot_work_says_why),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* The control socket for real: who may connect, how it is talked to, what misbehaves; and the
 * datagrams for a service manager. */
#include "platform/files.h"
#include "platform/local.h"
#include "platform/loop.h"
#include "unit/server.h"

#include "test.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

typedef struct fixture {
    orx_platform *p;
    orx_control_server *s;
    orx_arena arena;
    char dir[128];
    char path[200];
    orx_err err;
    int asks;
} fixture;

static int on_ask(const char *unit, orx_unit_event wish, void *user, orx_err *err) {
    (void)wish;
    ((fixture *)user)->asks++;
    return strcmp(unit, "one") == 0 ? 0 : orx_err_set(err, ORX_E_CONFLICT, "not that one");
}

static void on_each(void (*fn)(const orx_unit_view *unit, void *user), void *fn_user, void *user) {
    (void)fn;
    (void)fn_user;
    (void)user;
}

static void on_ask_all(orx_unit_kind kind, orx_unit_event wish, orx_keeper_done_fn *done,
                       void *done_user, void *user) {
    (void)kind;
    (void)wish;
    (void)done;
    (void)done_user;
    (void)user;
}

static void on_look(void *user) {
    (void)user;
}

static void on_shutdown(bool now, void *user) {
    (void)now;
    (void)user;
}

static int setup(void **state) {
    fixture *f = orx_xcalloc(1, sizeof *f);
    *state = f;
    (void)snprintf(f->dir, sizeof f->dir, "%s/orx-server-XXXXXX",
                   getenv("TMPDIR") ? getenv("TMPDIR") : "/tmp");
    assert_non_null(mkdtemp(f->dir));
    (void)snprintf(f->path, sizeof f->path, "%s/s.sock", f->dir);
    assert_ok(orx_platform_uv_new(&f->p, &f->err), &f->err);
    const orx_control control = {.ask = on_ask,
                                 .each = on_each,
                                 .ask_all = on_ask_all,
                                 .look = on_look,
                                 .shutdown = on_shutdown,
                                 .user = f,
                                 .pid = 4711};
    assert_ok(orx_control_server_new(f->p, f->path, &control, &f->s, &f->err), &f->err);
    return 0;
}

static int teardown(void **state) {
    fixture *f = *state;
    orx_control_server_free(f->s);
    (void)orx_remove_tree(f->p, f->dir, NULL);
    orx_platform_free(f->p);
    orx_arena_free(&f->arena);
    free(f);
    return 0;
}

/* One call on the same loop: the server answers while the client waits. */
static int call(fixture *f, const char *op, const char *unit, const orx_node **ret_answer) {
    orx_node *request = orx_node_new(&f->arena, ORX_OBJECT);
    orx_node_set_str(&f->arena, request, "op", op);
    if (unit)
        orx_node_set_str(&f->arena, request, "unit", unit);
    return orx_control_call(f->p, f->path, request, 20 * ORX_SEC, &f->arena, ret_answer, &f->err);
}

static void a_client_is_answered(void **state) {
    fixture *f = *state;
    const orx_node *answer = NULL;
    assert_ok(call(f, "ping", NULL, &answer), &f->err);
    assert_int_equal(orx_node_int(orx_node_get(answer, "pid"), 0), 4711);
    assert_ok(call(f, "stop", "one", NULL), &f->err);
    assert_int_equal(f->asks, 1);
    /* An error comes back as the same error. */
    assert_int_equal(call(f, "stop", "two", NULL), ORX_E_CONFLICT);
    assert_string_equal(f->err.msg, "not that one");
}

static void only_the_owner_may_touch_the_socket(void **state) {
    fixture *f = *state;
    struct stat st;
    assert_int_equal(stat(f->path, &st), 0);
    assert_true(S_ISSOCK(st.st_mode));
    assert_int_equal(st.st_mode & 0777, 0600);
    orx_control_server_free(f->s);
    f->s = NULL;
    assert_int_equal(stat(f->path, &st), -1);
    assert_int_equal(call(f, "ping", NULL, NULL), ORX_E_NOT_FOUND);
}

static void what_a_dead_server_left_is_replaced(void **state) {
    fixture *f = *state;
    orx_control_server *second = NULL;
    const orx_control control = {.ask = on_ask,
                                 .each = on_each,
                                 .ask_all = on_ask_all,
                                 .look = on_look,
                                 .shutdown = on_shutdown,
                                 .user = f,
                                 .pid = 815};
    const orx_node *answer = NULL;
    assert_ok(orx_control_server_new(f->p, f->path, &control, &second, &f->err), &f->err);
    assert_ok(call(f, "ping", NULL, &answer), &f->err);
    assert_int_equal(orx_node_int(orx_node_get(answer, "pid"), 0), 815);
    orx_control_server_free(second);
}

static void a_path_may_be_longer_than_an_address(void **state) {
    fixture *f = *state;
    char dir[1000];
    orx_control_server *far = NULL;
    const orx_control control = {.ask = on_ask,
                                 .each = on_each,
                                 .ask_all = on_ask_all,
                                 .look = on_look,
                                 .shutdown = on_shutdown,
                                 .user = f,
                                 .pid = 99};
    const orx_node *answer = NULL;
    (void)snprintf(dir, sizeof dir, "%s/%0200d/%0200d", f->dir, 1, 2);
    assert_ok(orx_mkdirs(f->p, dir, true, &f->err), &f->err);
    char *path = orx_path_join(&f->arena, dir, "supervisor.sock");
    assert_ok(orx_control_server_new(f->p, path, &control, &far, &f->err), &f->err);
    orx_node *request = orx_node_new(&f->arena, ORX_OBJECT);
    orx_node_set_str(&f->arena, request, "op", "ping");
    assert_ok(orx_control_call(f->p, path, request, 20 * ORX_SEC, &f->arena, &answer, &f->err),
              &f->err);
    assert_int_equal(orx_node_int(orx_node_get(answer, "pid"), 0), 99);
    orx_control_server_free(far);
    assert_false(orx_exists(f->p, path));
}

/* ---- Clients that misbehave ------------------------------------------------------------------ */

static int raw_connect(fixture *f) {
    struct sockaddr_un to = {.sun_family = AF_UNIX};
    (void)snprintf(to.sun_path, sizeof to.sun_path, "%s", f->path);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
    assert_true(fd >= 0);
    assert_int_equal(connect(fd, (struct sockaddr *)&to, sizeof to), 0);
    return fd;
}

/* Goes on until the server hung up on fd; what came before is thrown away. */
static void await_hangup(fixture *f, int fd) {
    char buf[4096];
    int64_t until = orx_mono_ns(f->p) + 20 * ORX_SEC;
    for (;;) {
        ssize_t n = recv(fd, buf, sizeof buf, 0);
        if (n == 0 || (n < 0 && errno != EAGAIN))
            break;
        assert_true(orx_mono_ns(f->p) < until);
        (void)orx_loop_step(f->p, 5 * ORX_MS);
    }
    (void)close(fd);
}

static void a_broken_frame_ends_the_conversation(void **state) {
    fixture *f = *state;
    int fd = raw_connect(f);
    assert_int_equal(send(fd, "GET / HTTP/1.1\r\n\r\n", 18, 0), 18);
    await_hangup(f, fd);
    assert_ok(call(f, "ping", NULL, NULL), &f->err);
}

static void several_requests_at_once_are_answered_in_order(void **state) {
    fixture *f = *state;
    int fd = raw_connect(f);
    orx_str all = {0};
    char got[400] = "";
    size_t n = 0;
    for (int i = 0; i < 3; i++)
        orx_frame_add(&all, orx_view_of(i == 1 ? "nonsense" : "{\"op\":\"ping\"}"));
    for (size_t i = 0; i < all.len; i += 5) {
        size_t part = all.len - i < 5 ? all.len - i : 5;
        assert_int_equal(send(fd, all.buf + i, part, 0), part);
        (void)orx_loop_step(f->p, ORX_MS);
    }
    int64_t until = orx_mono_ns(f->p) + 20 * ORX_SEC;
    while (n < 4 + 22 && orx_mono_ns(f->p) < until) {
        (void)orx_loop_step(f->p, 5 * ORX_MS);
        ssize_t more = recv(fd, got + n, sizeof got - 1 - n, 0);
        n += more > 0 ? (size_t)more : 0;
    }
    for (size_t i = 0; i < n; i++)
        got[i] = got[i] ? got[i] : '.';
    assert_contains(got, "{\"ok\":true,\"pid\":4711}");
    orx_str_free(&all);
    (void)close(fd);
    assert_ok(call(f, "ping", NULL, NULL), &f->err);
}

static void too_many_connections_are_turned_away(void **state) {
    fixture *f = *state;
    static int fds[ORX_CONTROL_CONNS];
    for (int i = 0; i < ORX_CONTROL_CONNS; i++) {
        fds[i] = raw_connect(f);
        (void)orx_loop_step(f->p, ORX_MS);
    }
    int extra = raw_connect(f);
    await_hangup(f, extra);
    for (int i = 0; i < ORX_CONTROL_CONNS; i++)
        (void)close(fds[i]);
    int rc = ORX_E_CHILD;
    for (int i = 0; i < 100 && rc < 0; i++)
        rc = call(f, "ping", NULL, NULL);
    assert_ok(rc, &f->err);
}

static void a_client_that_leaves_in_the_middle_is_forgotten(void **state) {
    fixture *f = *state;
    for (int i = 0; i < 50; i++) {
        int fd = raw_connect(f);
        assert_int_equal(send(fd, "\0\0\0\x0d{\"op\":", 10, 0), 10);
        (void)orx_loop_step(f->p, ORX_MS);
        (void)close(fd);
    }
    assert_ok(call(f, "ping", NULL, NULL), &f->err);
}

/* ---- The service manager --------------------------------------------------------------------- */

static void the_service_manager_is_told(void **state) {
    fixture *f = *state;
    char got[64] = "";
    struct sockaddr_un at = {.sun_family = AF_UNIX};
    (void)snprintf(at.sun_path, sizeof at.sun_path, "%s/notify", f->dir);
    int fd = socket(AF_UNIX, SOCK_DGRAM, 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&at, sizeof at), 0);
    orx_service_notify(f->p, orx_view_of("to nobody"));
    assert_int_equal(setenv("NOTIFY_SOCKET", at.sun_path, 1), 0);
    orx_service_notify(f->p, orx_view_of("READY=1\n"));
    assert_int_equal(recv(fd, got, sizeof got, 0), 8);
    assert_string_equal(got, "READY=1\n");
    (void)close(fd);
    orx_service_notify(f->p, orx_view_of("to one that is gone"));
    /* In the abstract space. */
    struct sockaddr_un hidden = {.sun_family = AF_UNIX};
    char name[100];
    int n = snprintf(name, sizeof name, "@orx-test-%d", (int)getpid());
    memcpy(hidden.sun_path + 1, name + 1, (size_t)n - 1);
    fd = socket(AF_UNIX, SOCK_DGRAM, 0);
    socklen_t len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + (size_t)n);
    assert_int_equal(bind(fd, (struct sockaddr *)&hidden, len), 0);
    assert_int_equal(setenv("NOTIFY_SOCKET", name, 1), 0);
    orx_service_notify(f->p, orx_view_of("STOPPING=1\n"));
    assert_int_equal(recv(fd, got, sizeof got, 0), 11);
    (void)close(fd);
    assert_int_equal(unsetenv("NOTIFY_SOCKET"), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(a_client_is_answered),
        TEST(only_the_owner_may_touch_the_socket),
        TEST(what_a_dead_server_left_is_replaced),
        TEST(a_path_may_be_longer_than_an_address),
        TEST(a_broken_frame_ends_the_conversation),
        TEST(several_requests_at_once_are_answered_in_order),
        TEST(too_many_connections_are_turned_away),
        TEST(a_client_that_leaves_in_the_middle_is_forgotten),
        TEST(the_service_manager_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

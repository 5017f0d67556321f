/* orxaq-exec driven by hand over its socket: what it says and in which order, and what it makes of
 * orders that are torn, mixed up or nonsense. The rule for all of these: it ends, and runs nothing
 * it was not clearly told to. */
#include "support.h"

#include "platform/exec_protocol.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

typedef struct session {
    fixture *fx;
    pid_t pid;
    int fd;
    int status;
    orx_exec_frame frame; /* the last one received */
    char payload[1024];
} session;

static char *exec_path(fixture *fx) {
    const char *build = getenv("ORX_BUILD_DIR");
    assert_non_null(build);
    return orx_arena_printf(&fx->arena, "%s/libexec/orxaq-exec", build);
}

/* Starts orxaq-exec with fd 3 as its end of a socket pair (or nothing there at all). */
static session open_session(fixture *fx, bool with_socket) {
    session s = {.fx = fx};
    int fds[2];
    char *path = exec_path(fx);
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0);
    s.pid = fork();
    assert_true(s.pid >= 0);
    if (s.pid == 0) {
        int null = open("/dev/null", O_RDWR | O_CLOEXEC);
        for (int fd = 0; fd <= 2; fd++)
            (void)dup2(null, fd);
        if (!with_socket)
            (void)close(3);
        else if (fds[1] == 3)
            (void)fcntl(3, F_SETFD, 0);
        else
            (void)dup2(fds[1], 3);
        char *argv[] = {path, NULL};
        char *env[] = {NULL};
        (void)execve(path, argv, env);
        _exit(99);
    }
    (void)close(fds[1]);
    s.fd = fds[0];
    return s;
}

static void put(session *s, const void *bytes, size_t len) {
    for (size_t done = 0; done < len;) {
        ssize_t n = send(s->fd, (const char *)bytes + done, len - done, MSG_NOSIGNAL);
        if (n < 0)
            return; /* it has ended: what it said before counts */
        done += (size_t)n;
    }
}

static void put_frame(session *s, uint32_t type, const void *payload, uint32_t len) {
    orx_exec_frame f = {type, len};
    put(s, &f, sizeof f);
    put(s, payload, len);
}

static bool get(session *s, void *to, size_t len) {
    for (size_t done = 0; done < len;) {
        struct pollfd p = {s->fd, POLLIN, 0};
        assert_true(poll(&p, 1, 60000) == 1);
        ssize_t n = read(s->fd, (char *)to + done, len - done);
        if (n <= 0)
            return false;
        done += (size_t)n;
    }
    return true;
}

/* The type of the next frame, or 0 at the end. */
static uint32_t next(session *s) {
    if (!get(s, &s->frame, sizeof s->frame))
        return 0;
    assert_true(s->frame.len <= sizeof s->payload);
    assert_true(get(s, s->payload, s->frame.len));
    return s->frame.type;
}

/* Waits for the end of the process; its exit code. */
static int close_session(session *s) {
    (void)close(s->fd);
    assert_int_equal(waitpid(s->pid, &s->status, 0), s->pid);
    return WIFEXITED(s->status) ? WEXITSTATUS(s->status) : -WTERMSIG(s->status);
}

/* The payload of a spec that runs `hostile exit 5`. */
static void spec_payload(fixture *fx, orx_exec_spec *head, orx_str *out) {
    *head = (orx_exec_spec){.magic = ORX_EXEC_MAGIC,
                            .version = ORX_EXEC_VERSION,
                            .first_signal = SIGTERM,
                            .grace_ns = 100 * ORX_MS,
                            .argc = 3};
    orx_str_add(out, head, sizeof *head);
    const char *words[] = {hostile_path(fx), "exit", "5"};
    for (int i = 0; i < 3; i++)
        orx_str_add(out, words[i], strlen(words[i]) + 1);
}

static void expect_run(session *s, int code) {
    assert_int_equal(next(s), ORX_EXEC_STARTED);
    orx_exec_started started;
    assert_int_equal(s->frame.len, sizeof started);
    memcpy(&started, s->payload, sizeof started);
    assert_true(started.pid > 0);
    assert_int_equal(next(s), ORX_EXEC_EXITED);
    orx_exec_exited exited;
    assert_int_equal(s->frame.len, sizeof exited);
    memcpy(&exited, s->payload, sizeof exited);
    assert_int_equal(exited.code, code);
    assert_int_equal(next(s), ORX_EXEC_EMPTY);
    assert_int_equal(s->frame.len, sizeof(orx_exec_usage));
    assert_int_equal(next(s), 0);
}

static void the_order_of_messages(void **state) {
    session s = open_session(*state, true);
    orx_exec_spec head;
    ORX_CLEANUP(orx_str_free) orx_str spec = {0};
    spec_payload(*state, &head, &spec);
    put_frame(&s, ORX_EXEC_SPEC, spec.buf, (uint32_t)spec.len);
    expect_run(&s, 5);
    assert_int_equal(close_session(&s), 0);
}

static void what_could_not_start(void **state) {
    session s = open_session(*state, true);
    orx_exec_spec head;
    ORX_CLEANUP(orx_str_free) orx_str spec = {0};
    spec_payload(*state, &head, &spec);
    spec.buf[sizeof head] = '_'; /* not a path any more */
    put_frame(&s, ORX_EXEC_SPEC, spec.buf, (uint32_t)spec.len);
    assert_int_equal(next(&s), ORX_EXEC_NOT_STARTED);
    orx_exec_not_started why;
    memcpy(&why, s.payload, sizeof why);
    assert_int_equal(why.code, 127);
    assert_int_equal(next(&s), ORX_EXEC_EMPTY);
    assert_int_equal(next(&s), 0);
    assert_int_equal(close_session(&s), 0);
}

static void held_until_released(void **state) {
    orx_exec_spec head;
    ORX_CLEANUP(orx_str_free) orx_str spec = {0};
    spec_payload(*state, &head, &spec);
    head.flags = ORX_EXEC_HOLD;
    memcpy(spec.buf, &head, sizeof head);
    session s = open_session(*state, true);
    put_frame(&s, ORX_EXEC_SPEC, spec.buf, (uint32_t)spec.len);
    put_frame(&s, ORX_EXEC_RELEASE, NULL, 0);
    put_frame(&s, ORX_EXEC_RELEASE, NULL, 0);
    expect_run(&s, 5);
    assert_int_equal(close_session(&s), 0);
    /* Stopped instead: EMPTY alone. */
    s = open_session(*state, true);
    put_frame(&s, ORX_EXEC_SPEC, spec.buf, (uint32_t)spec.len);
    orx_exec_stop stop = {0};
    put_frame(&s, ORX_EXEC_STOP, &stop, sizeof stop);
    assert_int_equal(next(&s), ORX_EXEC_EMPTY);
    assert_int_equal(next(&s), 0);
    assert_int_equal(close_session(&s), 0);
    /* Left alone instead. */
    s = open_session(*state, true);
    put_frame(&s, ORX_EXEC_SPEC, spec.buf, (uint32_t)spec.len);
    assert_int_equal(close_session(&s), 0);
}

static void bytes_may_come_one_by_one(void **state) {
    session s = open_session(*state, true);
    orx_exec_spec head;
    ORX_CLEANUP(orx_str_free) orx_str spec = {0};
    spec_payload(*state, &head, &spec);
    head.flags = ORX_EXEC_HOLD;
    memcpy(spec.buf, &head, sizeof head);
    orx_exec_frame frame = {ORX_EXEC_SPEC, (uint32_t)spec.len};
    orx_exec_frame unknown = {77, 5};
    orx_exec_frame release = {ORX_EXEC_RELEASE, 0};
    ORX_CLEANUP(orx_str_free) orx_str all = {0};
    orx_str_add(&all, &frame, sizeof frame);
    orx_str_addv(&all, orx_str_view(&spec));
    orx_str_add(&all, &unknown, sizeof unknown); /* passed over */
    orx_str_adds(&all, "hello");
    orx_str_add(&all, &release, sizeof release);
    for (size_t i = 0; i < all.len; i++)
        put(&s, all.buf + i, 1);
    expect_run(&s, 5);
    assert_int_equal(close_session(&s), 0);
}

static void without_a_socket_it_declines(void **state) {
    session s = open_session(*state, false);
    assert_int_equal(next(&s), 0);
    assert_int_equal(close_session(&s), 2);
}

/* Nothing is said and nothing run: exit code 3. */
static void refused(fixture *fx, const void *bytes, size_t len) {
    session s = open_session(fx, true);
    put(&s, bytes, len);
    (void)shutdown(s.fd, SHUT_WR);
    assert_int_equal(next(&s), 0);
    assert_int_equal(close_session(&s), 3);
}

static void refused_spec(fixture *fx, const orx_exec_spec *head, orx_view strings) {
    ORX_CLEANUP(orx_str_free) orx_str all = {0};
    orx_exec_frame frame = {ORX_EXEC_SPEC, (uint32_t)(sizeof *head + strings.len)};
    orx_str_add(&all, &frame, sizeof frame);
    orx_str_add(&all, head, sizeof *head);
    orx_str_addv(&all, strings);
    refused(fx, all.buf, all.len);
}

static void nonsense_runs_nothing(void **state) {
    fixture *fx = *state;
    refused(fx, "", 0);
    refused(fx, "GET / HTTP/1.0\r\n\r\n", 18);
    orx_exec_frame wrong = {ORX_EXEC_RELEASE, 0};
    refused(fx, &wrong, sizeof wrong);
    orx_exec_frame huge = {ORX_EXEC_SPEC, UINT32_MAX};
    refused(fx, &huge, sizeof huge);
    orx_exec_frame small = {ORX_EXEC_SPEC, 3};
    refused(fx, &small, sizeof small);
}

static void every_torn_spec_runs_nothing(void **state) {
    fixture *fx = *state;
    orx_exec_spec head;
    ORX_CLEANUP(orx_str_free) orx_str spec = {0};
    spec_payload(fx, &head, &spec);
    orx_exec_frame frame = {ORX_EXEC_SPEC, (uint32_t)spec.len};
    ORX_CLEANUP(orx_str_free) orx_str all = {0};
    orx_str_add(&all, &frame, sizeof frame);
    orx_str_addv(&all, orx_str_view(&spec));
    for (size_t n = 1; n < all.len; n += 17)
        refused(fx, all.buf, n);
    refused(fx, all.buf, all.len - 1);
}

static void specs_that_do_not_add_up(void **state) {
    fixture *fx = *state;
    orx_exec_spec good;
    ORX_CLEANUP(orx_str_free) orx_str spec = {0};
    spec_payload(fx, &good, &spec);
    orx_view strings = {spec.buf + sizeof good, spec.len - sizeof good};
    orx_exec_spec bad = good;
    bad.magic++;
    refused_spec(fx, &bad, strings);
    bad = good;
    bad.version++;
    refused_spec(fx, &bad, strings);
    bad = good;
    bad.argc = 0;
    refused_spec(fx, &bad, strings);
    bad = good;
    bad.argc = 4; /* more than there are */
    refused_spec(fx, &bad, strings);
    bad.argc = 2; /* fewer */
    refused_spec(fx, &bad, strings);
    bad.argc = UINT32_MAX;
    refused_spec(fx, &bad, strings);
    bad = good;
    bad.envc = 1;
    refused_spec(fx, &bad, strings);
    bad = good;
    bad.writable_count = UINT32_MAX;
    refused_spec(fx, &bad, strings);
    bad = good;
    bad.flags = ORX_EXEC_CWD; /* takes the program's name for it */
    refused_spec(fx, &bad, strings);
}

/* Once the program runs, an order that makes no sense is taken as the core's death: the tree ends.
 */
static void nonsense_later_ends_the_tree(void **state) {
    fixture *fx = *state;
    const orx_exec_frame bad[] = {{ORX_EXEC_STOP, 0}, {ORX_EXEC_STOP, 8}, {9, UINT32_MAX}};
    for (size_t i = 0; i < ORX_ARRAY_LEN(bad); i++) {
        session s = open_session(fx, true);
        ORX_CLEANUP(orx_str_free) orx_str spec = {0};
        orx_exec_spec head = {.magic = ORX_EXEC_MAGIC,
                              .version = ORX_EXEC_VERSION,
                              .first_signal = SIGTERM,
                              .grace_ns = 100 * ORX_MS,
                              .argc = 2};
        orx_str_add(&spec, &head, sizeof head);
        orx_str_add(&spec, hostile_path(fx), strlen(hostile_path(fx)) + 1);
        orx_str_add(&spec, "hang", 5);
        put_frame(&s, ORX_EXEC_SPEC, spec.buf, (uint32_t)spec.len);
        assert_int_equal(next(&s), ORX_EXEC_STARTED);
        orx_exec_started started;
        memcpy(&started, s.payload, sizeof started);
        put(&s, &bad[i], sizeof bad[i]);
        put(&s, "12345678", 8);
        assert_int_equal(next(&s), 0);
        assert_int_equal(close_session(&s), 0);
        assert_int_equal(orx_pid_state_of(fx->p, started.pid, started.start), ORX_PID_GONE);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(the_order_of_messages),        TEST(what_could_not_start),
        TEST(held_until_released),          TEST(bytes_may_come_one_by_one),
        TEST(without_a_socket_it_declines), TEST(nonsense_runs_nothing),
        TEST(every_torn_spec_runs_nothing), TEST(specs_that_do_not_add_up),
        TEST(nonsense_later_ends_the_tree),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* bench_control.c: how many requests a second the supervisor's control socket answers.
 *
 * A real supervisor with 16 idle lanes; the request is `ping`, the smallest there is, so that what
 * is measured is the way to the supervisor and back. Three kinds of clients:
 *
 *   control_one_by_one   one connection, the next request after the answer to the last
 *   control_pipelined    one connection, 64 requests under way
 *   control_8_clients    eight connections at a time, each with one request under way
 *
 * `units`, about all 16 lanes, is told on stderr; it has no bar.
 */
#include "bench.h"

#include "platform/files.h"
#include "unit/control.h"

#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

enum { LANES = 16, CLIENTS = 8, PIPE = 64, REQUESTS = 20000, ROUNDS = 7, TRIES = 3000 };

static void die(const char *what) {
    (void)fprintf(stderr, "bench_control: %s\n", what);
    exit(1);
}

static void check(int rc, const orx_err *err) {
    if (rc < 0)
        die(err->msg);
}

/* ---- The supervisor -------------------------------------------------------------------------- */

static void place(orx_platform *p, orx_arena *a, const char *root, const char *name,
                  const char *text) {
    orx_err err = ORX_ERR_INIT;
    check(orx_write_atomic(p, orx_path_join(a, root, name), orx_view_of(text), 0644, &err), &err);
}

static void make_root(orx_platform *p, orx_arena *a, const char *root) {
    ORX_CLEANUP(orx_str_free) orx_str lanes = {0};
    orx_err err = ORX_ERR_INIT;
    check(orx_mkdirs(p, orx_path_join(a, root, "config"), false, &err), &err);
    check(orx_mkdirs(p, orx_path_join(a, root, "repo/.git"), false, &err), &err);
    for (int i = 1; i <= LANES; i++)
        orx_str_addf(&lanes,
                     "%s{\"id\": \"lane-%d\", \"owner\": \"worker\", "
                     "\"tasks_file\": \"config/tasks.json\"}",
                     i > 1 ? "," : "[", i);
    orx_str_adds(&lanes, "]\n");
    place(p, a, root, "config/lanes.json", orx_str_cstr(&lanes));
    place(p, a, root, "config/tasks.json", "[]\n");
    place(p, a, root, "orxaq.yaml",
          "version: 1\nrepos: {impl: repo, test: repo}\nproviders:\n"
          "  worker: {plugin: command, settings: {argv: [\"true\"]}}\n");
}

static pid_t begin(const char *orxaq, const char *root) {
    const char *const argv[] = {orxaq, "--root", root, "--quiet", "supervise", NULL};
    pid_t pid;
    if (posix_spawn(&pid, orxaq, NULL, NULL, (char *const *)argv, environ) != 0)
        die("orxaq cannot be started");
    return pid;
}

/* ---- A client -------------------------------------------------------------------------------- */

typedef struct client {
    int fd;
    orx_str in;
} client;

static client connect_to(const char *path) {
    struct sockaddr_un to = {.sun_family = AF_UNIX};
    const struct timespec pause = {0, 10000000};
    client c = {.fd = -1};
    (void)snprintf(to.sun_path, sizeof to.sun_path, "%s", path);
    for (int i = 0; i < TRIES; i++) {
        c.fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
        if (c.fd >= 0 && connect(c.fd, (struct sockaddr *)&to, sizeof to) == 0)
            return c;
        if (c.fd >= 0)
            (void)close(c.fd);
        (void)nanosleep(&pause, NULL);
    }
    die("the supervisor does not answer");
    return c;
}

static void end(client *c) {
    (void)close(c->fd);
    orx_str_free(&c->in);
}

static void say(const client *c, const orx_str *frames) {
    if (write(c->fd, frames->buf, frames->len) != (ssize_t)frames->len)
        die("a request was not taken");
}

/* Reads what is there; how many whole answers it was. */
static int hear(client *c) {
    orx_view answer;
    orx_err err = ORX_ERR_INIT;
    size_t at = 0;
    int count = 0;
    char *to = orx_str_reserve(&c->in, (size_t)64 << 10);
    ssize_t n = read(c->fd, to, (size_t)64 << 10);
    if (n <= 0)
        die("the supervisor hung up");
    c->in.len += (size_t)n;
    while (orx_frame_at((orx_view){c->in.buf + at, c->in.len - at}, ORX_CONTROL_ANSWER_MAX, &answer,
                        &err) == 1) {
        if (!orx_view_starts(answer, "{\"ok\":true"))
            die("a request was refused");
        at += 4 + answer.len;
        count++;
    }
    orx_str_drop(&c->in, at);
    return count;
}

/* ---- Rates ----------------------------------------------------------------------------------- */

/* Requests a second over one connection, so many of them under way. */
static double rate(const char *path, const char *op, int under_way, int requests) {
    ORX_CLEANUP(orx_str_free) orx_str batch = {0};
    ORX_CLEANUP(orx_str_free) orx_str text = {0};
    client c = connect_to(path);
    orx_str_addf(&text, "{\"op\":\"%s\"}", op);
    for (int i = 0; i < under_way; i++)
        orx_frame_add(&batch, orx_str_view(&text));
    double begun = bench_now();
    for (int done = 0; done < requests; done += under_way) {
        say(&c, &batch);
        for (int heard = 0; heard < under_way;)
            heard += hear(&c);
    }
    double took = bench_now() - begun;
    end(&c);
    return requests / took;
}

/* ... and over eight, each of which asks again when it has its answer. */
static double rate_of_clients(const char *path) {
    ORX_CLEANUP(orx_str_free) orx_str ping = {0};
    client clients[CLIENTS];
    struct pollfd fds[CLIENTS];
    int heard = 0;
    orx_frame_add(&ping, orx_view_of("{\"op\":\"ping\"}"));
    for (int i = 0; i < CLIENTS; i++) {
        clients[i] = connect_to(path);
        fds[i] = (struct pollfd){.fd = clients[i].fd, .events = POLLIN};
    }
    double begun = bench_now();
    for (int i = 0; i < CLIENTS; i++)
        say(&clients[i], &ping);
    while (heard < REQUESTS) {
        if (poll(fds, CLIENTS, -1) < 0)
            die("poll");
        for (int i = 0; i < CLIENTS; i++) {
            if (!fds[i].revents)
                continue;
            heard += hear(&clients[i]);
            say(&clients[i], &ping);
        }
    }
    double took = bench_now() - begun;
    for (int i = 0; i < CLIENTS; i++)
        end(&clients[i]);
    return heard / took;
}

static bool measure(const char *path) {
    double one[ROUNDS];
    double piped[ROUNDS];
    double eight[ROUNDS];
    for (int i = 0; i < ROUNDS; i++) {
        one[i] = rate(path, "ping", 1, REQUESTS);
        piped[i] = rate(path, "ping", PIPE, REQUESTS);
        eight[i] = rate_of_clients(path);
    }
    bool good = bench_at_least("control_one_by_one", bench_median(one, ROUNDS), "1/s", 10000);
    good = bench_at_least("control_pipelined", bench_median(piped, ROUNDS), "1/s", 10000) && good;
    good = bench_at_least("control_8_clients", bench_median(eight, ROUNDS), "1/s", 10000) && good;
    (void)fprintf(stderr, "bench_control: units of %d lanes, one by one: %.0f/s\n", LANES,
                  rate(path, "units", 1, REQUESTS / 10));
    return good;
}

int main(void) {
    ORX_CLEANUP(orx_arena_free) orx_arena arena = {0};
    orx_err err = ORX_ERR_INIT;
    orx_platform *p = NULL;
    char root[] = "/tmp/orxaq-bench.XXXXXX";
    const char *orxaq = orx_path_join(&arena, bench_env("ORX_BUILD_DIR"), "bin/orxaq");
    if (!mkdtemp(root))
        return 1;
    check(orx_platform_uv_new(&p, &err), &err);
    make_root(p, &arena, root);
    pid_t supervisor = begin(orxaq, root);
    bool good = measure(orx_path_join(&arena, root, "state/supervisor.sock"));
    (void)kill(supervisor, SIGTERM);
    (void)waitpid(supervisor, NULL, 0);
    (void)orx_remove_tree(p, root, NULL);
    orx_platform_free(p);
    return good ? 0 : 1;
}

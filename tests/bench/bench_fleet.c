/* Fifty endpoints that take connections and then say nothing: the report takes as long as one of
 * them may take, and hardly longer. */
#include "bench.h"

#include "fleet/connectivity.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

enum { ENDPOINTS = 50, ROUNDS = 3 };

/* Connections are made by the kernel; nobody ever reads from them. */
static int silent_server(int *ret_port) {
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof a;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0 || bind(fd, (struct sockaddr *)&a, size) < 0 || listen(fd, 4 * ENDPOINTS) < 0 ||
        getsockname(fd, (struct sockaddr *)&a, &size) < 0)
        exit(1);
    *ret_port = ntohs(a.sin_port);
    return fd;
}

static void make_list(orx_endpoints *list, int port, orx_arena *a) {
    for (int i = 0; i < ENDPOINTS; i++) {
        const orx_endpoint e = {.id = orx_arena_printf(a, "e%02d", i),
                                .provider = "openai_compatible",
                                .base = orx_arena_printf(a, "http://127.0.0.1:%d", port),
                                .path = "/v1/models",
                                .key_env = "",
                                .auth_word = "none",
                                .required = true,
                                .models = orx_node_new(a, ORX_ARRAY)};
        orx_vec_push(list, e);
    }
}

static double once(orx_platform *p, int port) {
    ORX_CLEANUP(orx_arena_free) orx_arena a = {0};
    orx_endpoints list = {0};
    orx_connectivity_sum sum = {0};
    make_list(&list, port, &a);
    double begun = bench_now();
    (void)orx_connectivity_check(p, "bench", &list, ORX_SEC, &a, &sum);
    double took = bench_now() - begun;
    orx_vec_free(&list);
    if (sum.required_down != ENDPOINTS)
        exit(1);
    return took;
}

int main(void) {
    orx_err err = ORX_ERR_INIT;
    orx_platform *p = NULL;
    double took[ROUNDS];
    int port = 0;
    int fd = silent_server(&port);
    if (orx_platform_uv_new(&p, &err) < 0) {
        (void)fprintf(stderr, "platform: %s\n", err.msg);
        return 1;
    }
    for (int i = 0; i < ROUNDS; i++)
        took[i] = once(p, port);
    bool good = bench_at_most("connectivity_50_silent", bench_median(took, ROUNDS), "s", 1.1);
    orx_platform_free(p);
    (void)close(fd);
    return good ? 0 : 1;
}

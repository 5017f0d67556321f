/* bench_route.c: what a decision costs.
 *
 * scorecard_p99: one plan for a task among 20 candidates that the policy knows, a million times,
 * each measured alone; nothing is written as JSON. route_share: requests a second that the routing
 * service answers about a prompt of 1 KB, as a share of what the same server does when it answers a
 * constant; both listen in one child process, and are asked turn and turn about over one connection
 * each.
 */
#include "decisions.h"

#include "platform/files.h"
#include "platform/http_server.h"
#include "platform/loop.h"
#include "run/route_service.h"

#include <arpa/inet.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum { ROUNDS = 7, REQUESTS = 4000 };

static void check(int rc, const orx_err *err, const char *what) {
    if (rc >= 0)
        return;
    (void)fprintf(stderr, "bench_route: %s: %s\n", what, err->msg);
    exit(1);
}

static const orx_plugin *load(orx_plugins *all, orx_arena *arena) {
    orx_err err = ORX_ERR_INIT;
    const orx_plugin *plugin = NULL;
    const orx_plugin_ref ref = {
        .path = orx_path_join(arena, bench_env("ORX_BUILD_DIR"), "plugins/scorecard.so")};
    check(orx_plugins_load(all, &ref, &plugin, &err), &err, "scorecard.so");
    return plugin;
}

/* A policy of one provider with 20 models. */
static orx_node *policy_node(orx_arena *a) {
    orx_node *policy = orx_node_new(a, ORX_OBJECT);
    orx_node *providers = orx_node_new(a, ORX_OBJECT);
    orx_node *codex = orx_node_new(a, ORX_OBJECT);
    orx_node *list = orx_node_new(a, ORX_ARRAY);
    orx_node *catalogue = orx_node_new(a, ORX_OBJECT);
    for (int i = 0; i < BENCH_CANDIDATES; i++) {
        const char *name = orx_arena_printf(a, "vendor/model-%d", i);
        orx_node *row = orx_node_new(a, ORX_OBJECT);
        orx_node_push(list, orx_node_new_str(a, orx_view_of(name)));
        orx_node_set_int(a, row, "input_per_million", i * 7 % 19);
        orx_node_set_int(a, row, "speed_tps", i * 11 % 23);
        orx_node_set_int(a, row, "quality_score", i * 3 % 17);
        orx_node_set(a, catalogue, name, row);
    }
    orx_node_set(a, codex, "allowed_models", list);
    orx_node_set(a, providers, "codex", codex);
    orx_node_set(a, policy, "providers", providers);
    orx_node_set(a, policy, "model_catalog", catalogue);
    return policy;
}

/* ---- A decision ------------------------------------------------------------------------------ */

static orx_instance *make_router(orx_plugins *all, orx_arena *arena) {
    orx_err err = ORX_ERR_INIT;
    orx_instance *router = NULL;
    orx_node *settings = orx_node_new(arena, ORX_OBJECT);
    orx_node_set(arena, settings, "policy", policy_node(arena));
    const orx_instance_spec spec = {
        .plugin = load(all, arena), .name = "bench", .settings = settings, .path = "settings"};
    check(orx_instance_new(all, &spec, &router, &err), &err, "instance");
    return router;
}

static double decide_all(orx_platform *p) {
    ORX_CLEANUP(orx_arena_free) orx_arena arena = {0};
    orx_plugins *all = orx_plugins_new(p, NULL);
    orx_instance *router = make_router(all, &arena);
    orxaq_candidate list[BENCH_CANDIDATES];
    for (int i = 0; i < BENCH_CANDIDATES; i++)
        list[i] = (orxaq_candidate){.struct_size = sizeof list[i],
                                    .provider = orxaq_str("codex"),
                                    .model = orxaq_str(orx_arena_printf(&arena, "vendor/model-%d",
                                                                        BENCH_CANDIDATES - 1 - i))};
    double p99 = bench_decide_p99(router, list);
    orx_instance_free(router);
    orx_plugins_free(all);
    return p99;
}

/* ---- The service ----------------------------------------------------------------------------- */

static void on_request(orx_exchange *x, const orx_served *request, void *user) {
    static const orx_http_header type = {{"Content-Type", 12}, {"application/json", 16}};
    (void)request;
    (void)user;
    orx_exchange_answer(x, 200, &type, 1, orx_view_of("{\"ok\":true}"));
}

/* In the child: tells both ports and serves until it is killed. */
static void serve(int out, const char *policy) {
    ORX_CLEANUP(orx_arena_free) orx_arena arena = {0};
    orx_err err = ORX_ERR_INIT;
    orx_platform *p = NULL;
    orx_server *constant = NULL;
    orx_route_service *service = NULL;
    check(orx_platform_uv_new(&p, &err), &err, "platform");
    orx_plugins *all = orx_plugins_new(p, NULL);
    const orx_server_spec plain = {.on_request = on_request};
    const orx_route_service_spec spec = {
        .plugins = all, .plugin = load(all, &arena), .policy_file = policy, .profile = "fast"};
    check(orx_server_start(p, &plain, &constant, &err), &err, "server");
    check(orx_route_service_open(p, &spec, &service, &err), &err, "service");
    const int ports[2] = {orx_server_port(constant), orx_route_service_port(service)};
    if (write(out, ports, sizeof ports) != (ssize_t)sizeof ports)
        exit(1);
    for (;;)
        (void)orx_loop_step(p, -1);
}

static int connect_to(int port) {
    struct sockaddr_in to = {.sin_family = AF_INET,
                             .sin_port = htons((uint16_t)port),
                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    if (fd < 0 || connect(fd, (struct sockaddr *)&to, sizeof to) < 0)
        exit(1);
    return fd;
}

/* Sends a request and reads its answer, whose length is stated. */
static void ask(int fd, const char *request, size_t size) {
    char answer[16384];
    size_t got = 0;
    size_t whole = sizeof answer - 1;
    if (write(fd, request, size) != (ssize_t)size)
        exit(1);
    while (got < whole) {
        ssize_t n = read(fd, answer + got, sizeof answer - 1 - got);
        if (n <= 0)
            exit(1);
        got += (size_t)n;
        answer[got] = 0;
        const char *length = strstr(answer, "Content-Length: ");
        const char *body = strstr(answer, "\r\n\r\n");
        if (length && body)
            whole = (size_t)(body + 4 - answer) + strtoul(length + 16, NULL, 10);
    }
}

/* Requests a second. */
static double rate(int fd, const char *request, size_t size) {
    double begun = bench_now();
    for (int i = 0; i < REQUESTS; i++)
        ask(fd, request, size);
    return REQUESTS / (bench_now() - begun);
}

/* A question about a prompt of 1 KB; its length. */
static size_t make_request(char *request, size_t max) {
    static const char words[] = "read the file and change what it says ";
    char body[1200];
    size_t n = (size_t)snprintf(body, sizeof body,
                                "{\"provider\": \"codex\", \"prompt_difficulty_score\": 50, "
                                "\"prompt_tokens_est\": 256, \"prompt\": \"");
    for (size_t i = 0; i < 1024; i++)
        body[n++] = words[i % (sizeof words - 1)];
    memcpy(body + n, "\"}", 3);
    return (size_t)snprintf(request, max,
                            "POST /route HTTP/1.1\r\nHost: x\r\nContent-Length: %zu\r\n\r\n%s",
                            n + 2, body);
}

static double share_of_constant(const char *policy) {
    char request[2048];
    int channel[2];
    int ports[2];
    double shares[ROUNDS];
    size_t size = make_request(request, sizeof request);
    if (pipe(channel) < 0)
        exit(1);
    pid_t child = fork();
    if (child == 0)
        serve(channel[1], policy);
    if (read(channel[0], ports, sizeof ports) != (ssize_t)sizeof ports)
        exit(1);
    int plain = connect_to(ports[0]);
    int route = connect_to(ports[1]);
    for (int i = 0; i < ROUNDS; i++) {
        double constant = rate(plain, request, size);
        shares[i] = 100 * rate(route, request, size) / constant;
    }
    close(plain);
    close(route);
    kill(child, SIGKILL);
    (void)waitpid(child, NULL, 0);
    return bench_median(shares, ROUNDS);
}

int main(void) {
    ORX_CLEANUP(orx_arena_free) orx_arena arena = {0};
    orx_err err = ORX_ERR_INIT;
    orx_platform *p = NULL;
    (void)bench_env("ORX_BUILD_DIR"); /* before the servers are started, which need it */
    const char *policy =
        orx_path_join(&arena, bench_env("ORX_SOURCE_DIR"), "config/routellm_policy.json");
    double share = share_of_constant(policy);
    check(orx_platform_uv_new(&p, &err), &err, "platform");
    bool good = bench_at_most("scorecard_p99", decide_all(p), "us", 5);
    good = bench_at_least("route_share", share, "%", 50) && good;
    orx_platform_free(p);
    return good ? 0 : 1;
}

/* Whatever comes in over a socket, and however it is cut, the HTTP server tells its caller only of
 * requests that keep the promises of its header, answers nothing but HTTP, and lets go of the
 * connection. The server is linked in instead of being loaded, so that its paths are seen. The
 * first byte of the input is the size of the pieces that the rest is sent in. */
#include "platform/http_server.h"

#include "base/str.h"
#include "platform/http_server/door.h"
#include "platform/loop.h"
#include "platform/uv/internal.h"

#include "fuzz.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define BODY_MAX   4096
#define HEAD_MAX   2048
#define RECEIVE_NS (20 * ORX_MS)
#define PATIENCE   (10 * ORX_SEC)

/* One server for all inputs. */
static struct {
    orx_platform *p;
    orx_server_engine *engine;
    orx_server *server;
} world;

/* ---- What the caller is told ----------------------------------------------------------------- */

static void check_text(orx_view text, bool lower) {
    for (size_t i = 0; i < text.len; i++) {
        char c = text.p[i];
        FUZZ_CHECK(c != '\r' && c != '\n' && c != 0);
        FUZZ_CHECK(!lower || !(c >= 'A' && c <= 'Z'));
    }
}

static void on_request(orx_exchange *x, const orx_served *r, void *user) {
    int lengths = 0;
    (void)user;
    FUZZ_CHECK(r->method[0] && r->target.len && r->target.p[0] == '/');
    check_text(r->target, false);
    FUZZ_CHECK(r->path.len && !memchr(r->path.p, '?', r->path.len));
    FUZZ_CHECK(r->path.len + r->query.len <= r->target.len);
    FUZZ_CHECK(r->body.len <= BODY_MAX && r->header_count <= ORX_HTTP_HEADERS_MAX);
    for (size_t i = 0; i < r->header_count; i++) {
        check_text(r->headers[i].name, true);
        check_text(r->headers[i].value, false);
        lengths += orx_view_is(r->headers[i].name, "content-length") ||
                   orx_view_is(r->headers[i].name, "transfer-encoding");
    }
    FUZZ_CHECK(lengths <= 1);
    orx_exchange_answer_text(x, 200, "fine\n");
}

/* ---- The world ------------------------------------------------------------------------------- */

static int start(orx_platform *p, const orx_server_spec *spec, orx_server **ret_server,
                 orx_err *err) {
    const orx_server_door door = {.size = sizeof door,
                                  .spec_size = sizeof(orx_server_spec),
                                  .platform = p,
                                  .sockets = orx_uv_watches};
    int rc = orx_server_module(&door, &world.engine, err);
    return rc < 0 ? rc : world.engine->start(world.engine, spec, ret_server, err);
}

static const struct orx_server_ops linked = {.start = start};

static void set_up(void) {
    const orx_server_spec spec = {.body_max = BODY_MAX,
                                  .head_max = HEAD_MAX,
                                  .receive_ns = RECEIVE_NS,
                                  .idle_ns = ORX_SEC,
                                  .on_request = on_request};
    if (world.p)
        return;
    FUZZ_CHECK(orx_platform_uv_new(&world.p, NULL) == 0);
    world.p->servers = &linked;
    FUZZ_CHECK(orx_server_start(world.p, &spec, &world.server, NULL) == 0);
}

static int dial(void) {
    const struct sockaddr_in to = {.sin_family = AF_INET,
                                   .sin_port = htons((uint16_t)orx_server_port(world.server)),
                                   .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    FUZZ_CHECK(fd >= 0 && connect(fd, (const struct sockaddr *)&to, sizeof to) == 0);
    FUZZ_CHECK(fcntl(fd, F_SETFL, O_NONBLOCK) == 0);
    return fd;
}

/* Takes what there is; false at the end. */
static bool hear(int fd, orx_str *heard) {
    char bytes[4096];
    ssize_t n = 1;
    while (n > 0) {
        n = recv(fd, bytes, sizeof bytes, 0);
        if (n > 0)
            orx_str_add(heard, bytes, (size_t)n);
    }
    return n < 0 && (errno == EAGAIN || errno == EINTR);
}

static void talk(int fd, const uint8_t *data, size_t size, size_t piece, orx_str *heard) {
    bool open = true;
    for (size_t at = 0; at < size && open; at += piece) {
        size_t n = size - at < piece ? size - at : piece;
        open = send(fd, data + at, n, MSG_NOSIGNAL) == (ssize_t)n;
        (void)orx_loop_step(world.p, 0);
        open = open && hear(fd, heard);
    }
    (void)shutdown(fd, SHUT_WR);
    int64_t until = orx_mono_ns(world.p) + PATIENCE;
    while (hear(fd, heard)) {
        (void)orx_loop_step(world.p, ORX_MS);
        FUZZ_CHECK(orx_mono_ns(world.p) < until);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    ORX_CLEANUP(orx_str_free) orx_str heard = {0};
    if (size < 2 || size > 65536)
        return 0;
    set_up();
    int fd = dial();
    talk(fd, data + 1, size - 1, (size_t)data[0] + size / 64 + 1, &heard);
    close(fd);
    FUZZ_CHECK(!heard.len || orx_view_starts(orx_str_view(&heard), "HTTP/1."));
    int64_t until = orx_mono_ns(world.p) + PATIENCE;
    while (orx_server_connections(world.server) > 0) {
        (void)orx_loop_step(world.p, ORX_MS);
        FUZZ_CHECK(orx_mono_ns(world.p) < until);
    }
    return 0;
}

#include "http_server.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

enum { REQUEST_MAX = 1 << 20, CONNECTIONS_MAX = 512 };

struct server {
    int fd;
    int port;
    pthread_t acceptor;
    pthread_mutex_t lock;
    pthread_cond_t gone;
    int fds[CONNECTIONS_MAX]; /* open connections, -1 = free */
    int open;
    bool stopping;
    char *last;
    atomic_int connections, requests;
    atomic_llong sent;
};

typedef struct conn {
    server *s;
    int fd;
    int slot;
    char *request;
    size_t len;
} conn;

/* ---- Reading --------------------------------------------------------------------------------- */

static size_t body_length(const char *head) {
    for (const char *line = head; line; line = strchr(line, '\n') ? strchr(line, '\n') + 1 : NULL)
        if (strncasecmp(line, "content-length:", 15) == 0)
            return (size_t)strtoul(line + 15, NULL, 10);
    return 0;
}

/* Reads one request; false at the end. */
static bool read_request(conn *c) {
    c->len = 0;
    for (;;) {
        c->request[c->len] = '\0';
        const char *end = strstr(c->request, "\r\n\r\n");
        if (end && c->len >= (size_t)(end + 4 - c->request) + body_length(c->request))
            return true;
        if (c->len == REQUEST_MAX)
            return false;
        ssize_t n = recv(c->fd, c->request + c->len, REQUEST_MAX - c->len, 0);
        if (n <= 0)
            return false;
        c->len += (size_t)n;
    }
}

/* ---- Writing --------------------------------------------------------------------------------- */

static bool put(conn *c, const void *bytes, size_t len) {
    const char *at = bytes;
    while (len) {
        ssize_t n = send(c->fd, at, len, MSG_NOSIGNAL);
        if (n <= 0)
            return false;
        at += n;
        len -= (size_t)n;
        atomic_fetch_add(&c->s->sent, n);
    }
    return true;
}

static bool say(conn *c, const char *text) {
    return put(c, text, strlen(text));
}

static bool answer(conn *c, int status, const char *more, const void *body, size_t len) {
    char head[512];
    (void)snprintf(head, sizeof head,
                   "HTTP/1.1 %d Word\r\nContent-Type: text/plain\r\n%sContent-Length: %zu\r\n\r\n",
                   status, more, len);
    return say(c, head) && (strncmp(c->request, "HEAD", 4) == 0 || put(c, body, len));
}

static bool answer_bytes(conn *c, size_t count) {
    char head[128];
    char block[26 * 1024];
    for (size_t i = 0; i < sizeof block; i++)
        block[i] = (char)('a' + i % 26);
    (void)snprintf(head, sizeof head, "HTTP/1.1 200 OK\r\nContent-Length: %zu\r\n\r\n", count);
    bool good = say(c, head);
    for (size_t n; good && count; count -= n) {
        n = count < sizeof block ? count : sizeof block;
        good = put(c, block, n);
    }
    return good;
}

static bool answer_headers(conn *c, int count) {
    char line[64];
    bool good = say(c, "HTTP/1.1 200 OK\r\n");
    for (int i = 0; i < count && good; i++) {
        (void)snprintf(line, sizeof line, "X-%d: %d\r\n", i, i);
        good = say(c, line);
    }
    return good && say(c, "Content-Length: 0\r\n\r\n");
}

static bool answer_head(conn *c, size_t bytes) {
    char *line = malloc(bytes + 1);
    memset(line, 'x', bytes);
    line[bytes] = '\0';
    bool good = say(c, "HTTP/1.1 200 OK\r\nX-Long: ") && put(c, line, bytes) &&
                say(c, "\r\nContent-Length: 0\r\n\r\n");
    free(line);
    return good;
}

static bool drip(conn *c, int count) {
    char head[128];
    (void)snprintf(head, sizeof head, "HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n", count);
    bool good = say(c, head);
    for (int i = 0; i < count && good; i++) {
        (void)usleep(5000);
        good = say(c, "d");
    }
    return good;
}

/* Waits until the client has gone. */
static bool hold(conn *c) {
    char byte;
    while (recv(c->fd, &byte, 1, 0) > 0)
        continue;
    return false;
}

static bool reset(conn *c) {
    const struct linger now = {1, 0};
    (void)setsockopt(c->fd, SOL_SOCKET, SO_LINGER, &now, sizeof now);
    return false;
}

/* ---- Choosing -------------------------------------------------------------------------------- */

#define LENGTH_10 "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc"
#define CHUNKED   "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"

typedef struct fixed {
    const char *path;
    const char *text;
    enum { KEEP, CLOSE, HOLD, RESET } then;
} fixed;

static const fixed fixed_answers[] = {
    {"/chunks", CHUNKED "3\r\none\r\n3\r\ntwo\r\n5\r\nthree\r\n0\r\nX-Trailer: t\r\n\r\n", KEEP},
    {"/interim",
     "HTTP/1.1 100 Continue\r\nX-Early: 1\r\n\r\nHTTP/1.1 103 Early Hints\r\nX-Early: 2\r\n\r\n"
     "HTTP/1.1 200 OK\r\nX-Real: 1\r\nContent-Length: 4\r\n\r\nlate",
     KEEP},
    {"/once", "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nonce", CLOSE},
    {"/silent", "", HOLD},
    {"/stall", LENGTH_10, HOLD},
    {"/cut-chunk", CHUNKED "a\r\nabc", CLOSE},
    {"/cut", LENGTH_10, CLOSE},
    {"/reset", "", RESET},
    {"/empty", "", CLOSE},
    {"/bad-chunk", CHUNKED "3\r\none\r\nzz\r\n", HOLD},
    {"/garbage", "SSH-2.0-OpenSSH_9.2\r\n\r\n", CLOSE},
    {"/old", "<html>hello</html>", CLOSE},
};

static bool say_fixed(conn *c, const fixed *f) {
    bool good = say(c, f->text);
    switch (f->then) {
    case HOLD:
        return hold(c);
    case RESET:
        return reset(c);
    case CLOSE:
        return false;
    default:
        return good;
    }
}

/* The number behind a path, or -1 when it does not begin so. */
static long number_behind(const char *path, const char *prefix) {
    size_t n = strlen(prefix);
    return strncmp(path, prefix, n) == 0 ? strtol(path + n, NULL, 10) : -1;
}

static bool serve(conn *c) {
    char text[256];
    const char *path = strchr(c->request, ' ');
    path = path ? path + 1 : "";
    for (size_t i = 0; i < sizeof fixed_answers / sizeof *fixed_answers; i++)
        if (strncmp(path, fixed_answers[i].path, strlen(fixed_answers[i].path)) == 0)
            return say_fixed(c, &fixed_answers[i]);
    long n = number_behind(path, "/status/");
    if (n >= 0) {
        (void)snprintf(text, sizeof text, "status %ld", n);
        return answer(c, (int)n, "Retry-After: 7\r\n", text, n == 204 ? 0 : strlen(text));
    }
    if ((n = number_behind(path, "/bytes/")) >= 0)
        return answer_bytes(c, (size_t)n);
    if ((n = number_behind(path, "/headers/")) >= 0)
        return answer_headers(c, (int)n);
    if ((n = number_behind(path, "/head/")) >= 0)
        return answer_head(c, (size_t)n);
    if ((n = number_behind(path, "/drip/")) >= 0)
        return drip(c, (int)n);
    if ((n = number_behind(path, "/redirect/")) >= 0) {
        (void)snprintf(text, sizeof text, "Location: http://127.0.0.1:%ld/echo\r\n", n);
        return answer(c, 302, text, "elsewhere", 9);
    }
    return answer(c, 200, "", c->request, c->len);
}

/* ---- Threads --------------------------------------------------------------------------------- */

static void *run_connection(void *arg) {
    conn *c = arg;
    server *s = c->s;
    c->request = malloc(REQUEST_MAX + 1);
    while (read_request(c)) {
        (void)pthread_mutex_lock(&s->lock);
        free(s->last);
        s->last = strndup(c->request, c->len);
        (void)pthread_mutex_unlock(&s->lock);
        atomic_fetch_add(&s->requests, 1);
        if (!serve(c))
            break;
    }
    (void)pthread_mutex_lock(&s->lock);
    (void)close(c->fd);
    s->fds[c->slot] = -1;
    s->open--;
    (void)pthread_cond_signal(&s->gone);
    (void)pthread_mutex_unlock(&s->lock);
    free(c->request);
    free(c);
    return NULL;
}

static void accepted(server *s, int fd) {
    conn *c = calloc(1, sizeof *c);
    pthread_t thread;
    *c = (conn){.s = s, .fd = fd, .slot = -1};
    const int on = 1;
    (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    (void)pthread_mutex_lock(&s->lock);
    for (int i = 0; i < CONNECTIONS_MAX && c->slot < 0 && !s->stopping; i++)
        if (s->fds[i] < 0)
            c->slot = i;
    if (c->slot >= 0 && pthread_create(&thread, NULL, run_connection, c) == 0) {
        atomic_fetch_add(&s->connections, 1);
        s->fds[c->slot] = fd;
        s->open++;
        (void)pthread_detach(thread);
    } else {
        (void)close(fd);
        free(c);
    }
    (void)pthread_mutex_unlock(&s->lock);
}

static void *run_acceptor(void *arg) {
    server *s = arg;
    for (;;) {
        int fd = accept(s->fd, NULL, NULL);
        if (fd >= 0)
            accepted(s, fd);
        else if (errno != EINTR && errno != ECONNABORTED)
            return NULL;
    }
}

server *server_start(void) {
    server *s = calloc(1, sizeof *s);
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof a;
    for (int i = 0; i < CONNECTIONS_MAX; i++)
        s->fds[i] = -1;
    (void)pthread_mutex_init(&s->lock, NULL);
    (void)pthread_cond_init(&s->gone, NULL);
    s->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (bind(s->fd, (struct sockaddr *)&a, len) != 0 || listen(s->fd, 128) != 0 ||
        getsockname(s->fd, (struct sockaddr *)&a, &len) != 0 ||
        pthread_create(&s->acceptor, NULL, run_acceptor, s) != 0) {
        perror("http_server");
        abort();
    }
    s->port = ntohs(a.sin_port);
    return s;
}

void server_stop(server *s) {
    (void)shutdown(s->fd, SHUT_RDWR);
    (void)pthread_join(s->acceptor, NULL);
    (void)pthread_mutex_lock(&s->lock);
    s->stopping = true;
    for (int i = 0; i < CONNECTIONS_MAX; i++)
        if (s->fds[i] >= 0)
            (void)shutdown(s->fds[i], SHUT_RDWR);
    while (s->open)
        (void)pthread_cond_wait(&s->gone, &s->lock);
    (void)pthread_mutex_unlock(&s->lock);
    (void)close(s->fd);
    free(s->last);
    free(s);
}

int server_port(const server *s) {
    return s->port;
}

int server_connections(server *s) {
    return atomic_load(&s->connections);
}

int server_requests(server *s) {
    return atomic_load(&s->requests);
}

long long server_sent(server *s) {
    return atomic_load(&s->sent);
}

char *server_last(server *s) {
    (void)pthread_mutex_lock(&s->lock);
    char *copy = strdup(s->last ? s->last : "");
    (void)pthread_mutex_unlock(&s->lock);
    return copy;
}

/* endpoint.c: a model server for relay.sh that says one thing.
 *
 *   run_endpoint DIR    listens on a free port of 127.0.0.1 and writes it to DIR/port. Each request
 *                       is appended to DIR/requests and answered with the bytes of DIR/answer;
 *                       without that file it is never answered
 */
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { MOST = 65536 };

/* Reads a head and as much of the body as its length says. */
static size_t read_request(int fd, char *text) {
    size_t len = 0;
    ssize_t n;
    while ((n = read(fd, text + len, MOST - 1 - len)) > 0) {
        len += (size_t)n;
        text[len] = '\0';
        const char *end = strstr(text, "\r\n\r\n");
        const char *length = strcasestr(text, "content-length:");
        if (end && (!length || text + len >= end + 4 + strtoul(length + 15, NULL, 10)))
            break;
    }
    return len;
}

static void append(const char *name, const char *text, size_t len) {
    int fd = open(name, O_WRONLY | O_CREAT | O_APPEND, 0600);
    if (fd < 0 || write(fd, text, len) != (ssize_t)len)
        exit(1);
    (void)close(fd);
}

static void answer(int fd) {
    char text[MOST];
    size_t len = read_request(fd, text);
    append("requests", text, len);
    int from = open("answer", O_RDONLY);
    if (from < 0) {
        /* Until the other side gives up. */
        while (read(fd, text, sizeof text) > 0) {
        }
        exit(0);
    }
    ssize_t n = read(from, text, sizeof text);
    if (n < 0 || write(fd, text, (size_t)n) != n)
        exit(1);
    exit(0);
}

int main(int argc, char **argv) {
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof a;
    char port[16];
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (argc != 2 || chdir(argv[1]) != 0 || fd < 0 || bind(fd, (struct sockaddr *)&a, size) < 0 ||
        listen(fd, 8) < 0 || getsockname(fd, (struct sockaddr *)&a, &size) < 0) {
        (void)fprintf(stderr, "usage: run_endpoint DIR\n");
        return 2;
    }
    (void)signal(SIGCHLD, SIG_IGN);
    (void)snprintf(port, sizeof port, "%d", ntohs(a.sin_port));
    append("port", port, strlen(port));
    for (;;) {
        int one = accept4(fd, NULL, NULL, SOCK_CLOEXEC);
        if (one >= 0 && fork() == 0)
            answer(one);
        (void)close(one);
    }
}

#include "exec.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

bool orx_exec_read(int fd, void *to, size_t len) {
    size_t done = 0;
    while (done < len) {
        ssize_t n = read(fd, (char *)to + done, len - done);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return false;
        done += (size_t)n;
    }
    return true;
}

/* Sends everything; the socket blocks, and its buffer is far larger than all our frames. */
static void send_all(int fd, const void *bytes, size_t len) {
    size_t done = 0;
    while (done < len) {
        ssize_t n = send(fd, (const char *)bytes + done, len - done, MSG_NOSIGNAL);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return;
        done += (size_t)n;
    }
}

void orx_exec_send(int fd, uint32_t type, const void *a, size_t a_len, const void *b,
                   size_t b_len) {
    if (fd < 0)
        return;
    orx_exec_frame frame = {type, (uint32_t)(a_len + b_len)};
    send_all(fd, &frame, sizeof frame);
    send_all(fd, a, a_len);
    send_all(fd, b, b_len);
}

/* fake_exec: stands in orxaq-exec's place and lies to the core. Which lie is told by the name under
 * which it was started (a symbolic link made by the test). */
#include "platform/exec_protocol.h"

#include <string.h>
#include <sys/auxv.h>
#include <sys/socket.h>
#include <unistd.h>

static void put(const void *bytes, size_t len) {
    (void)!send(ORX_EXEC_FD, bytes, len, MSG_NOSIGNAL);
}

static void put_frame(uint32_t type, const void *payload, uint32_t len) {
    orx_exec_frame f = {type, len};
    put(&f, sizeof f);
    put(payload, len);
}

static void started(void) {
    orx_exec_started s = {.pid = 1, .start = 1};
    put_frame(ORX_EXEC_STARTED, &s, sizeof s);
}

static void exited(int code) {
    orx_exec_exited e = {.code = code};
    put_frame(ORX_EXEC_EXITED, &e, sizeof e);
}

/* A frame that claims to be longer than any. */
static int huge(void) {
    orx_exec_frame f = {ORX_EXEC_EXITED, 0x7fffffff};
    put(&f, sizeof f);
    return pause();
}

/* Right types, wrong lengths; then it ends as if all were well. */
static int short_frames(void) {
    started();
    put_frame(ORX_EXEC_NOT_STARTED, "x", 1);
    put_frame(ORX_EXEC_EXITED, "x", 1);
    put_frame(ORX_EXEC_EMPTY, "x", 1);
    put_frame(200, "unknown", 7);
    return 0;
}

/* The program ended, but the end of the tree is not vouched for. */
static int no_empty(void) {
    started();
    exited(0);
    return 0;
}

/* All of it in single bytes. */
static int slow(void) {
    orx_exec_exited e = {.code = 9};
    orx_exec_frame f = {ORX_EXEC_EXITED, sizeof e};
    char bytes[sizeof f + sizeof e];
    memcpy(bytes, &f, sizeof f);
    memcpy(bytes + sizeof f, &e, sizeof e);
    started();
    for (size_t i = 0; i < sizeof bytes; i++) {
        put(bytes + i, 1);
        (void)usleep(1000);
    }
    orx_exec_usage u = {0};
    put_frame(ORX_EXEC_EMPTY, &u, sizeof u);
    return 0;
}

/* A reason without end of string and as long as it gets. */
static int long_reason(void) {
    char payload[sizeof(orx_exec_not_started) + 900];
    orx_exec_not_started head = {126, 0};
    memset(payload, 'r', sizeof payload);
    memcpy(payload, &head, sizeof head);
    put_frame(ORX_EXEC_NOT_STARTED, payload, sizeof payload);
    return 0;
}

int main(void) {
    /* The kernel hands addresses over as numbers. */
    const char *path = (const char *)getauxval(AT_EXECFN); /* NOLINT(performance-no-int-to-ptr) */
    const char *name = path ? strrchr(path, '/') : NULL;
    if (!name)
        return 4;
    if (strcmp(name, "/huge") == 0)
        return huge();
    if (strcmp(name, "/short") == 0)
        return short_frames();
    if (strcmp(name, "/no-empty") == 0)
        return no_empty();
    if (strcmp(name, "/slow") == 0)
        return slow();
    if (strcmp(name, "/long-reason") == 0)
        return long_reason();
    return 5; /* at once, without a word */
}

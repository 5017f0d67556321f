/* volume_agent.c: an agent that does next to nothing and says very much: as many GB (10^9 bytes) of
 * JSON lines as its argument asks for, then the result. */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define BLOCK ((size_t)1 << 16)

static int put(const char *bytes, size_t len) {
    while (len) {
        ssize_t n = write(1, bytes, len);
        if (n <= 0)
            return 0;
        bytes += n;
        len -= (size_t)n;
    }
    return 1;
}

/* Fills the block with whole lines; returns their length. */
static size_t fill(char *block) {
    static const char head[] = "{\"note\":\"";
    static const char tail[] = "\"}\n";
    size_t len = 0;
    while (len + 2048 <= BLOCK) {
        memcpy(block + len, head, sizeof head - 1);
        memset(block + len + sizeof head - 1, 'x', 2000);
        len += sizeof head - 1 + 2000;
        memcpy(block + len, tail, sizeof tail - 1);
        len += sizeof tail - 1;
    }
    return len;
}

int main(int argc, char **argv) {
    static char block[BLOCK];
    static const char result[] = "{\"status\": \"done\", \"summary\": \"much was said\"}\n";
    long long left = argc > 1 ? strtoll(argv[1], NULL, 10) * 1000000000 : 0;
    char buf[4096];
    while (read(0, buf, sizeof buf) > 0)
        ;
    int fd = open("said.txt", O_WRONLY | O_CREAT | O_APPEND, 0644);
    if (fd < 0 || write(fd, "much\n", 5) != 5)
        return 1;
    size_t len = fill(block);
    for (; left > 0; left -= (long long)len)
        if (!put(block, len))
            return 1;
    return put(result, sizeof result - 1) ? 0 : 1;
}

/* noop_agent.c: an agent that does nothing but what makes an attempt whole: it reads its prompt,
 * adds one byte to the file named by its argument, and says that it is done. */
#include <fcntl.h>
#include <unistd.h>

int main(int argc, char **argv) {
    static const char result[] = "{\"status\": \"done\", \"summary\": \"nothing\"}\n";
    char buf[65536];
    while (read(0, buf, sizeof buf) > 0)
        ;
    int fd = argc > 1 ? open(argv[1], O_WRONLY | O_CREAT | O_APPEND, 0644) : -1;
    if (fd < 0 || write(fd, "x", 1) != 1)
        return 1;
    return write(1, result, sizeof result - 1) == (ssize_t)sizeof result - 1 ? 0 : 1;
}

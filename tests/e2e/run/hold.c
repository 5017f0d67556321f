/* run_hold FILE: locks a file as orxaq does, says "held", and keeps it until its standard input
 * ends. */
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

int main(int argc, char **argv) {
    const struct flock whole = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    char byte;
    int fd = argc == 2 ? open(argv[1], O_RDWR | O_CREAT | O_CLOEXEC, 0644) : -1;
    if (fd < 0 || fcntl(fd, F_OFD_SETLK, &whole) != 0) {
        (void)fprintf(stderr, "run_hold: cannot lock %s\n", argc == 2 ? argv[1] : "nothing");
        return 1;
    }
    (void)puts("held");
    (void)fflush(stdout);
    while (read(STDIN_FILENO, &byte, 1) > 0)
        continue;
    return 0;
}

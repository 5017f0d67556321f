#include "platform/terminal.h"

#include <fcntl.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

bool orx_stdout_is_terminal(void) {
    return isatty(STDOUT_FILENO) == 1;
}

/* ---- Asking ---------------------------------------------------------------------------------- */

#define CTRL_C 3
#define CTRL_D 4

static bool put(int fd, const char *text) {
    size_t n = strlen(text);
    return write(fd, text, n) == (ssize_t)n;
}

/* Byte for byte, so that nothing stays behind in a buffer. */
static bool read_line(int fd, size_t max, orx_str *out) {
    char c;
    while (read(fd, &c, 1) == 1) {
        if (c == '\n' || c == '\r')
            return true;
        if (c == CTRL_C || c == CTRL_D || out->len >= max)
            return false;
        orx_str_addc(out, c);
    }
    return false;
}

bool orx_terminal_ask_hidden(const char *prompt, size_t max, orx_str *out) {
    struct termios was;
    int fd = open("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC);
    if (fd < 0)
        return false;
    bool ok = tcgetattr(fd, &was) == 0;
    if (ok) {
        struct termios quiet = was;
        /* Ctrl-C as a character: a process that ends here would leave the terminal without echo. */
        quiet.c_lflag &= ~(tcflag_t)(ECHO | ISIG);
        ok = put(fd, prompt) && tcsetattr(fd, TCSAFLUSH, &quiet) == 0 && read_line(fd, max, out);
        (void)tcsetattr(fd, TCSAFLUSH, &was);
        (void)put(fd, "\n");
    }
    (void)close(fd);
    return ok;
}

bool orx_terminal_ask(const char *prompt, size_t max, orx_str *out) {
    int fd = open("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC);
    if (fd < 0)
        return false;
    bool ok = put(fd, prompt) && read_line(fd, max, out);
    (void)close(fd);
    return ok;
}

bool orx_stdin_read(size_t max, orx_str *out) {
    char piece[4096];
    ssize_t n;
    if (isatty(STDIN_FILENO) == 1)
        return false;
    while ((n = read(STDIN_FILENO, piece, sizeof piece)) > 0 && out->len <= max)
        orx_str_add(out, piece, (size_t)n);
    explicit_bzero(piece, sizeof piece);
    return n == 0 && out->len <= max;
}

void orx_self_path(orx_str *out) {
    char path[4096];
    ssize_t n = readlink("/proc/self/exe", path, sizeof path);
    if (n > 0 && (size_t)n < sizeof path)
        orx_str_add(out, path, (size_t)n);
}

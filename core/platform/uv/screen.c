#include "platform/screen.h"

#include "base/mem.h"
#include "base/str.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#define ROWS_MAX 1000
#define COLS_MAX 1000

/* The other screen, no cursor, no wrapping; and back. */
#define ENTER "\x1b[?1049h\x1b[?25l\x1b[?7l\x1b[2J"
#define LEAVE "\x1b[0m\x1b[?7h\x1b[?25h\x1b[?1049l"

/* A terminal that knows these shows what is between them at once. */
#define BEGIN "\x1b[?2026h\x1b[H"
#define END   "\x1b[J\x1b[?2026l"

struct orx_screen {
    struct termios was;
};

/* A terminal that somebody made not to wait takes what it can; the rest has to wait for it. */
static int put(const char *p, size_t len) {
    while (len) {
        ssize_t n = write(STDOUT_FILENO, p, len);
        struct pollfd fd = {.fd = STDOUT_FILENO, .events = POLLOUT};
        if (n < 0 && errno == EAGAIN)
            n = poll(&fd, 1, -1) < 0 && errno != EINTR ? -1 : 0;
        else if (n < 0 && errno == EINTR)
            n = 0;
        if (n < 0)
            return ORX_E_IO;
        p += n;
        len -= (size_t)n;
    }
    return 0;
}

/* A process in the background that touches the terminal is stopped, without a word. */
static bool is_in_front(void) {
    return tcgetpgrp(STDOUT_FILENO) == getpgrp();
}

/* Also from the background, where we may be when it is time to end. */
static int set_modes(const struct termios *modes) {
    sigset_t stop;
    sigset_t before;
    (void)sigemptyset(&stop);
    (void)sigaddset(&stop, SIGTTOU);
    (void)pthread_sigmask(SIG_BLOCK, &stop, &before);
    int rc = tcsetattr(STDOUT_FILENO, TCSANOW, modes);
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    return rc;
}

int orx_screen_open(orx_screen **ret_screen, orx_err *err) {
    struct termios was;
    if (tcgetattr(STDOUT_FILENO, &was) != 0 || !is_in_front())
        return orx_err_set(err, ORX_E_UNSUPPORTED,
                           "standard output is no terminal, or this process is in its background");
    struct termios now = was;
    now.c_lflag &= ~(tcflag_t)(ECHO | ICANON);
    now.c_cc[VSUSP] = _POSIX_VDISABLE;
    now.c_cc[VMIN] = 0;
    now.c_cc[VTIME] = 0;
    if (set_modes(&now) != 0 || put(ENTER, sizeof ENTER - 1) < 0) {
        (void)set_modes(&was);
        return orx_err_set(err, ORX_E_IO, "the terminal cannot be drawn on: %s", strerror(errno));
    }
    orx_screen *s = orx_xcalloc(1, sizeof *s);
    s->was = was;
    *ret_screen = s;
    return 0;
}

static int bounded(unsigned short n, int otherwise, int max) {
    return n == 0 ? otherwise : n > max ? max : n;
}

void orx_screen_size(const orx_screen *s ORX_UNUSED, int *ret_rows, int *ret_cols) {
    struct winsize w = {0};
    (void)ioctl(STDOUT_FILENO, TIOCGWINSZ, &w);
    *ret_rows = bounded(w.ws_row, 24, ROWS_MAX);
    *ret_cols = bounded(w.ws_col, 80, COLS_MAX);
}

int orx_screen_draw(orx_screen *s ORX_UNUSED, orx_view page) {
    ORX_CLEANUP(orx_str_free) orx_str out = {0};
    orx_view line;
    const char *before = "";
    orx_str_adds(&out, BEGIN);
    while (page.len && orx_view_split(&page, '\n', &line)) {
        orx_str_adds(&out, before);
        orx_str_addv(&out, line);
        orx_str_adds(&out, "\x1b[K");
        before = "\r\n"; /* not behind the last line, which would move the page up */
    }
    orx_str_adds(&out, END);
    return put(out.buf, out.len);
}

int orx_screen_key(orx_screen *s ORX_UNUSED) {
    unsigned char key;
    return is_in_front() && read(STDOUT_FILENO, &key, 1) == 1 ? key : -1;
}

void orx_screen_close(orx_screen *s) {
    if (!s)
        return;
    (void)put(LEAVE, sizeof LEAVE - 1);
    (void)set_modes(&s->was);
    free(s);
}
